"""The time of day as a hospital writes it, and milliseconds since the Unix epoch.

China keeps one time, UTC+8, without summer time since 1992 (the tz database's Asia/Shanghai): a fixed offset
is right for every roster, and needs no tz files on the machine.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

HOSPITAL_ZONE: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
DAY_MS: Final = 24 * 3_600_000
_AHEAD_MS: Final = HOSPITAL_ZONE.utcoffset(None) // timedelta(milliseconds=1)
_WRITTEN: Final = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?[\sT]\s*(\d{1,2})[:：](\d{2})(?:[:：]00)?"
)
"""How people and spreadsheets write it: 2026-11-22 08:00, 2026/11/22 8:00:00, 2026年11月22日 8：00."""
_END_OF_DAY_HOUR: Final = 24
"""A night that ends at 24:00 ends at the next day's first moment."""


def read_time(text: str) -> int | None:
    """Returns the milliseconds of a local time, None where it is none."""
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        return None
    year, month, day, hour, minute = (int(digits) for digits in found.groups())
    is_end_of_day = hour == _END_OF_DAY_HOUR and minute == 0
    try:
        moment = datetime(year, month, day, 0 if is_end_of_day else hour, minute, tzinfo=HOSPITAL_ZONE)
        moment += timedelta(days=1 if is_end_of_day else 0)
    except (ValueError, OverflowError):
        return None
    return max(0, round(moment.timestamp())) * 1000


def write_time(at_ms: int) -> str:
    """Returns the local time to the minute, such as 2026-11-22 08:00."""
    return moment_of(at_ms).astimezone(HOSPITAL_ZONE).strftime("%Y-%m-%d %H:%M")


def day_began_ms(at_ms: int) -> int:
    """Returns the first moment of the hospital's day that a moment is in."""
    return (at_ms + _AHEAD_MS) // DAY_MS * DAY_MS - _AHEAD_MS


def moment_of(at_ms: int) -> datetime:
    """Returns the moment, in UTC."""
    return datetime.fromtimestamp(at_ms // 1000, UTC)


def milliseconds_of(moment: datetime) -> int:
    """Returns the milliseconds of a moment; one without a zone is meant as the hospital's own time."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=HOSPITAL_ZONE)
    return round(moment.timestamp()) * 1000
