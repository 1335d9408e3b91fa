"""Makes a data folder with many events and checks it; the last line is a JSON object.

    python -m load_tests.audit_verify --events 1000000

Making the events takes longer than checking them: `--keep FOLDER` uses a folder again. The check takes as
many processes as there are processors: `cpu_seconds` are of all of them, `load` says whether they had them to
themselves.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

from sqlalchemy import create_engine

from recording.audit.act import Act, DeviceTime
from recording.audit.chain import SALT_BYTES, chain, genesis
from recording.audit.checkpoint import signed_note
from recording.audit.data_folder import CHECKPOINTS_FOLDER, DATABASE_FILE
from recording.audit.folder_check import verify_data_folder
from recording.audit.notes_check import Trust
from recording.audit.suites import parse_public_key
from recording.files import make_private_folder
from recording.keys import KEYS_FOLDER, PUBLIC_KEY_FILE, load_or_create_signer
from signaling.store.ledger_rows import chain_rows, event_row, personal_rows
from signaling.store.migrate import upgrade

INSTITUTION = "in_" + "5" * 32
FIRST_MS = 1_800_000_000_000
EVENTS_PER_CHECKPOINT = 500
"""At most some 2 checkpoints a second are signed: this is a hospital at 1,000 events a second."""
PERSONAL_EVERY = 10
MOST_SECONDS = 10.0
"""The target: 10^6 events in 10 s on two cores with nothing else to do."""


def act_of(number: int) -> Act:
    """An act of the usual size."""
    return Act(
        institution=INSTITUTION,
        kind="annotation.added",
        actor=f"pe_{number % 200:032x}",
        at_ms=FIRST_MS + number,
        actor_role="specialist",
        device=f"dv_{number % 40:032x}",
        device_time=DeviceTime(FIRST_MS + number - 12, 12, 5),
        subject={"patient": f"pt_{number % 5000:032x}", "case": f"ca_{number % 20000:032x}"},
        before={"state": "open"},
        after={"state": "marked", "lead": "V3", "count": number % 7},
        personal={"note": f"第 {number} 条备注"} if number % PERSONAL_EVERY == 0 else {},
    )


def make_folder(folder: Path, count: int) -> None:
    """Fills a data folder with a chain of ``count`` events."""
    signer = load_or_create_signer(folder)
    file = folder / DATABASE_FILE
    engine = create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        upgrade(connection)
    engine.dispose()
    database = sqlite3.connect(file)
    database.execute("PRAGMA synchronous = OFF")
    head, previous_size, note = genesis(INSTITUTION), 0, ""
    for number in range(1, count + 1):
        chained = chain(head, act_of(number), new_salt=lambda: os.urandom(SALT_BYTES))
        head = chained.head
        database.execute(
            "INSERT INTO event VALUES (:institution, :sequence, :at_ms, :kind, :actor, :patient, :case_id,"
            " :line, :hash)",
            event_row(chained),
        )
        database.executemany(
            "INSERT INTO personal_field"
            " VALUES (:institution, :sequence, :name, :patient, :salt, :value, NULL)",
            personal_rows(chained),
        )
        if number % EVENTS_PER_CHECKPOINT == 0 or number == count:
            at_ms = FIRST_MS + number
            note = signed_note(INSTITUTION, head, at_ms=at_ms, previous_size=previous_size, signer=signer)
            database.execute("INSERT INTO checkpoint VALUES (?, ?, ?, ?)", (INSTITUTION, number, at_ms, note))
            previous_size = number
    rows = chain_rows({INSTITUTION: head}, [INSTITUTION])
    database.executemany("INSERT INTO chain VALUES (:institution, :size, :head, :frontier)", rows)
    database.commit()
    database.close()
    make_private_folder(folder / CHECKPOINTS_FOLDER)
    (folder / CHECKPOINTS_FOLDER / f"{INSTITUTION}.note").write_text(note)


def measure(folder: Path) -> dict[str, object]:
    """Checks the folder; returns what it took."""
    key = parse_public_key((folder / KEYS_FOLDER / PUBLIC_KEY_FILE).read_bytes(), PUBLIC_KEY_FILE)
    began_s, cpu_s = time.perf_counter(), _cpu_s()
    verdict = verify_data_folder(folder, Trust((key,)), {})
    took_s, took_cpu_s = time.perf_counter() - began_s, _cpu_s() - cpu_s
    (institution,) = verdict.institutions
    return {
        "events": institution.events,
        "checkpoints": institution.checkpoints,
        "personal": institution.personal,
        "is_sound": verdict.is_sound,
        "seconds": round(took_s, 2),
        "cpu_seconds": round(took_cpu_s, 2),
        "events_per_second": round(institution.events / took_s),
        "processors": os.cpu_count(),
        "load": [round(load, 1) for load in os.getloadavg()],
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _cpu_s() -> float:
    """Of this process and of those it has started and seen end."""
    uses = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(use.ru_utime + use.ru_stime for use in uses)


def main() -> int:
    """Makes, checks, prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--keep", default="", metavar="FOLDER")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(options.keep or scratch)
        if not (folder / DATABASE_FILE).exists():
            make_folder(folder, options.events)
        result = measure(folder)
    sys.stdout.write(json.dumps(result) + "\n")
    allowed_s = MOST_SECONDS * options.events / 1_000_000
    return 0 if result["is_sound"] and float(str(result["seconds"])) <= max(allowed_s, 1.0) else 1


if __name__ == "__main__":
    sys.exit(main())
