"""What can go wrong while recording, told by whose fault it is.

RecordingError
├── MisuseError          our own bug: raised, never hidden
│   └── UnknownRecording an id that is not being recorded (any more)
├── Unavailable          the machine cannot do it now; the call goes on
│   ├── FolderUnwritable the data folder cannot be written
│   ├── FolderInUse      another process records into the data folder
│   ├── LedgerUnavailable the ledger's database cannot be written
│   └── RecorderStopped  the recorder was closed
├── BadMedia             frames that are not what their codec says
└── BadRecording         files that are not a recording of ours
    └── UnusableKey      a key file that holds no Ed25519 key
"""

# ruff: noqa: N818  (the shapes NotPermitted, Unavailable … are named so in every package)

from __future__ import annotations


class RecordingError(Exception):
    """Base of everything this package raises on purpose; ``code`` is stable and fit for the wire."""

    code = "recording_error"


class MisuseError(RecordingError):
    """The caller broke the contract: our bug."""

    code = "recording_misuse"

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


class UnknownRecording(MisuseError):
    """No recording of this id is open (or, for details, none exists)."""

    code = "unknown_recording"

    def __init__(self, recording_id: str) -> None:
        super().__init__("unknown recording")
        self.recording_id = recording_id


class Unavailable(RecordingError):
    """The machine cannot do it now; trying again later may help."""

    code = "recording_unavailable"


class FolderUnwritable(Unavailable):
    """The data folder cannot be written; ``errno`` says why."""

    code = "folder_unwritable"

    def __init__(self, errno: int | None) -> None:
        super().__init__(errno)
        self.errno = errno

    def __str__(self) -> str:
        return f"the recording folder cannot be written (errno {self.errno})"


class FolderInUse(Unavailable):
    """Another process records into the data folder: two recorders would seal each other's open recordings."""

    code = "folder_in_use"

    def __str__(self) -> str:
        return "another process is recording into this data folder"


class LedgerUnavailable(Unavailable):
    """The ledger's database refused a transaction; nothing of it was stored."""

    code = "ledger_unavailable"

    def __str__(self) -> str:
        return "the event ledger cannot be written"


class RecorderStopped(Unavailable):
    """The recorder was closed or its thread ended."""

    code = "recorder_stopped"

    def __str__(self) -> str:
        return "the recorder is stopped"


class BadRecording(RecordingError):
    """A folder that is not a sealed recording; ``fault`` names what is wrong with it."""

    code = "bad_recording"

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault


class UnusableKey(BadRecording):
    """A key file that cannot be read as an Ed25519 key in PEM; ``fault`` is its name."""

    code = "unusable_key"


class BadMedia(RecordingError):
    """Frames that a muxer refuses: they are not what their codec says."""

    code = "bad_media"
