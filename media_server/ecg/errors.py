"""What can be wrong with an ECG from outside: the sender's fault, refused, and nothing is changed."""

from __future__ import annotations

from media_server.errors import PeerProtocolError


class MalformedFrame(PeerProtocolError):  # noqa: N818
    """Bytes that are no frame. ``code`` says why: frame_truncated, frame_foreign, frame_version_unknown,
    frame_size_wrong or frame_altered.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class MalformedDescriptor(PeerProtocolError):  # noqa: N818
    """What a device says of itself cannot be: ``field`` is the first at fault."""

    code = "descriptor_malformed"

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field
