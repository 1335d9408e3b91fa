"""What a file said besides its samples, as it is kept beside the frames: the device's numbers, its sentences
and marks. Theirs, never ours: each with its source.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from recording.exchange.recorded import Annotation, Measurement, Recorded


@dataclass(frozen=True, slots=True)
class Stated:
    """Measurements of the whole, and annotations: of the whole where ``at`` is None, else of that sample."""

    measurements: tuple[Measurement, ...] = ()
    annotations: tuple[Annotation, ...] = ()


def stated_to_json(recorded: Recorded) -> bytes:
    """Returns what ``stated_from_json`` takes."""
    kept = {
        "measurements": [asdict(each) for each in recorded.measurements],
        "annotations": [asdict(each) for each in recorded.annotations],
    }
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode()


def stated_from_json(content: bytes, limit: int) -> Stated:
    """Returns what was kept, of annotations the first ``limit``."""
    kept = json.loads(content)
    annotations: Sequence[dict[str, object]] = kept["annotations"][:limit]
    return Stated(
        tuple(Measurement(**each) for each in kept["measurements"]),
        tuple(Annotation(**each) for each in annotations),  # type: ignore[arg-type]
    )
