"""When a file says that it began: most formats give a clock on the wall without its zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final

CHINA: Final = timezone(timedelta(hours=8))
"""What a clock without a zone is taken for unless the caller knows better: one zone, no summer time."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def to_unix_us(moment: datetime, zone: tzinfo) -> int | None:
    """Microseconds since the Unix epoch; None where a file's date is before it: then it hides another."""
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
    since = aware - _EPOCH
    return since // timedelta(microseconds=1) if since >= timedelta(0) else None


def from_unix_us(since_us: int, zone: tzinfo) -> datetime:
    """The moment on a clock of that zone, to the microsecond."""
    return (_EPOCH + timedelta(microseconds=since_us)).astimezone(zone)
