"""Turns an open recording into a sealed one: sidecar, signature and manifest, each whole or absent, in this
order.

A folder is sealed when it has a manifest and no journal. A kill at any point in here leaves the journal, and
the next start does it all again from the same facts.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

from recording.book import RecordingBook
from recording.event_chain import ChainHead, NewEvent
from recording.event_kinds import ACTOR_RECORDER, MANIFEST_SEALED
from recording.files import sync_folder, write_atomically
from recording.journal import JOURNAL_FILE
from recording.ledger import NODE_STREAM, Ledger
from recording.manifest import (
    FRAGMENTS_FILE,
    MANIFEST_FILE,
    SIGNATURE_FILE,
    build_manifest,
    fragment_index,
    sign_manifest,
)
from recording.signing import Signer


def seal_folder(
    folder: Path,
    book: RecordingBook,
    *,
    state: Literal["sealed", "interrupted"],
    end_ms: int,
    end_cause: str,
    events: ChainHead,
    ledger: Ledger,
    signer: Signer,
    wall_ms: int,
) -> None:
    """Writes and signs the manifest of a folder whose segments and events are complete, and ends its journal.

    Raises OSError, LedgerUnavailable: the recording stays open on disk and may be sealed again.
    """
    fragments = fragment_index(book)
    manifest = build_manifest(
        book,
        state=state,
        end_ms=end_ms,
        end_cause=end_cause,
        events=events,
        fragments=fragments,
        signer=signer,
    )
    write_atomically(folder / FRAGMENTS_FILE, fragments)
    write_atomically(folder / SIGNATURE_FILE, sign_manifest(manifest, signer))
    write_atomically(folder / MANIFEST_FILE, manifest)
    digest = hashlib.sha256(manifest).hexdigest()
    facts = NewEvent(
        MANIFEST_SEALED,
        ACTOR_RECORDER,
        end_ms,
        wall_ms,
        {"recording": book.begun.recording, "state": state, "manifest_sha256": digest},
    )
    ledger.append(NODE_STREAM, [facts])
    (folder / JOURNAL_FILE).unlink()
    sync_folder(folder)
