"""A roster as a spreadsheet: CSV (RFC 4180) with a Chinese header, as Excel and WPS open and save it.

    专科,线,姓名,开始,结束,人员编号
    心内科,一线,王敏,2026-11-22 08:00,2026-11-23 08:00,pe_4f…

The last column may stay away or empty: then the name has to be of one person only. Columns may stand in any
order, headers may be English, separators may be commas, semicolons or tabs, and a byte order mark may stand
before: what a spreadsheet makes of it on its way is no fault of the clerk.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Final

from clinical.specialties import specialty_of_words, specialty_words
from signaling.roster.hospital_time import read_time, write_time
from signaling.roster.roster_sheet import (
    LINE_WORDS,
    MAX_FAULTS,
    MAX_LINES,
    Fault,
    NamedShift,
    RosterLine,
    RosterSheet,
    fault,
    line_of_words,
)

_HEADER: Final = ("专科", "线", "姓名", "开始", "结束", "人员编号")
_COLUMNS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("专科", "科室", "specialty"), "specialty"),
    **dict.fromkeys(("线", "线次", "班次", "line"), "line"),
    **dict.fromkeys(("姓名", "医生", "name"), "name"),
    **dict.fromkeys(("开始", "开始时间", "from", "start"), "from"),
    **dict.fromkeys(("结束", "结束时间", "until", "end"), "until"),
    **dict.fromkeys(("人员编号", "编号", "person"), "person"),
}
_NEEDED: Final = {"specialty": "专科", "line": "线", "name": "姓名", "from": "开始", "until": "结束"}
_SEPARATORS: Final = ("\t", ";", ",")
BYTE_ORDER_MARK: Final = "\ufeff"
"""Excel takes a file without it for one in the local code page, and shows the Chinese as rubbish."""
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet runs a cell that starts so; an apostrophe before it makes it text (OWASP, CSV injection)."""


def write_csv(shifts: Iterable[NamedShift]) -> str:
    """Returns the file's text, byte order mark first."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_HEADER)
    for shift in shifts:
        writer.writerow(
            [
                specialty_words(shift.specialty).zh,
                LINE_WORDS[shift.line],
                _shielded(shift.name),
                write_time(shift.from_ms),
                write_time(shift.until_ms),
                shift.person,
            ]
        )
    return BYTE_ORDER_MARK + out.getvalue()


def read_csv(text: str) -> RosterSheet:
    """Returns what the file says. Nothing is raised for whatever it holds: its faults say what is wrong."""
    text = text.removeprefix(BYTE_ORDER_MARK)
    head, _, _ = text.lstrip("\r\n").partition("\n")
    separator = next((one for one in _SEPARATORS if one in head), ",")
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error:
        return RosterSheet(faults=[fault(0, "not_a_table")])
    numbered = [(number, row) for number, row in enumerate(rows, 1) if any(cell.strip() for cell in row)]
    if not numbered:
        return RosterSheet(faults=[fault(0, "empty")])
    if len(numbered) > MAX_LINES + 1:
        return RosterSheet(faults=[fault(0, "too_many_lines", str(MAX_LINES))])
    columns = [_COLUMNS.get(cell.strip().casefold(), "") for cell in numbered[0][1]]
    missing = [title for name, title in _NEEDED.items() if name not in columns]
    if missing:
        return RosterSheet(faults=[fault(numbered[0][0], "header_missing", "、".join(missing))])
    lines: list[RosterLine] = []
    faults: list[Fault] = []
    for number, row in numbered[1:]:
        read = _read_line(number, dict(zip(columns, (cell.strip() for cell in row), strict=False)))
        if isinstance(read, RosterLine):
            lines.append(read)
        else:
            faults.extend(read)
    if not lines and not faults:
        faults.append(fault(0, "empty"))
    return RosterSheet(lines, faults[:MAX_FAULTS])


def _read_line(number: int, cells: Mapping[str, str]) -> RosterLine | list[Fault]:
    specialty = specialty_of_words(cells.get("specialty", ""))
    line = line_of_words(cells.get("line", ""))
    from_ms, until_ms = (read_time(cells.get(name, "")) for name in ("from", "until"))
    name, person = _unshielded(cells.get("name", "")), cells.get("person", "")
    if specialty is None or line is None or from_ms is None or until_ms is None or not (name or person):
        checks = (
            ("specialty", "specialty_unknown", specialty is None),
            ("line", "line_unknown", line is None),
            ("from", "time_unreadable", from_ms is None),
            ("until", "time_unreadable", until_ms is None),
            ("name", "person_missing", not (name or person)),
        )
        return [fault(number, reason, cells.get(cell, "")) for cell, reason, is_wrong in checks if is_wrong]
    return RosterLine(number, specialty, line, name, person, from_ms, until_ms)


def _shielded(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell


def _unshielded(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA_STARTS) else cell
