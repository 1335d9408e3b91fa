"""Errors carry facts and stable codes; their sentences name no person and no path."""

from __future__ import annotations

import inspect

from recording import errors


def test_every_error_has_a_code_of_its_own_and_one_base() -> None:
    kinds = [
        kind for _, kind in inspect.getmembers(errors, inspect.isclass) if kind.__module__ == errors.__name__
    ]
    assert all(issubclass(kind, errors.RecordingError) for kind in kinds)
    codes = [kind.code for kind in kinds]
    assert len(set(codes)) == len(codes)


def test_sentences_are_made_of_facts() -> None:
    assert str(errors.FolderUnwritable(28)) == "the recording folder cannot be written (errno 28)"
    assert "another process" in str(errors.FolderInUse())
    assert "ledger" in str(errors.LedgerUnavailable())
    assert "stopped" in str(errors.RecorderStopped())
    unknown = errors.UnknownRecording("RC_secret")
    assert (unknown.recording_id, "RC_secret" in str(unknown)) == ("RC_secret", False)
