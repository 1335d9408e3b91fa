"""A checkpoint: size and root of an institution's tree as a signed note, which a second key can sign too.

The note is a C2SP tlog-checkpoint in a C2SP signed-note, so that anybody's witness can read and cosign it:

    lianzhen/in_0123…            origin, and the name of the signing key
    412                          events in the tree
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=     root
    head 5f0c…                   hash of event 412: the end of the chain
    time 1800000000000           ms since the Unix epoch
    previous 409                 size of the checkpoint before, so that one taken out is missed; 0: none
    suite ed25519-sha256         what signs

    — lianzhen/in_0123… Az3g…    4 bytes of key id, then the signature over all above the empty line

A cosignature (C2SP tlog-cosignature/v1) is one more such line, with the cosigner's own time inside.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from recording.audit.merkle import frontier_root
from recording.audit.suites import SUITES, PublicKey, key_id
from recording.errors import MisuseError

if TYPE_CHECKING:
    # Not at run time: the offline verifier has neither orjson nor a private key.
    from recording.audit.chain import ChainHead
    from recording.signing import Signer

ORIGIN_PREFIX: Final = "lianzhen/"
MAX_NOTE_BYTES: Final = 16_384
"""A note has some 500 bytes, and a line for each cosigner."""

_BODY: Final = re.compile(
    rb"lianzhen/(?P<institution>[A-Za-z0-9_-]{1,40})\n"
    rb"(?P<size>0|[1-9][0-9]{0,17})\n"
    rb"(?P<root>[A-Za-z0-9+/]{43}=)\n"
    rb"head (?P<head>[0-9a-f]{64})\n"
    rb"time (?P<at_ms>0|[1-9][0-9]{0,17})\n"
    rb"previous (?P<previous>0|[1-9][0-9]{0,17})\n"
    rb"suite (?P<suite>[a-z0-9-]{1,40})\n"
)
_SIGNATURE: Final = re.compile("— (?P<name>[^\\s+]{1,100}) (?P<content>[A-Za-z0-9+/]{1,400}={0,2})\n")
_KEY_NAME: Final = re.compile(r"[^\s+]{1,100}")
_KEY_ID_BYTES: Final = 4
_COSIGNATURE_TIME_BYTES: Final = 8


class BadNote(ValueError):  # noqa: N818  (a fact about bytes)
    """Bytes that are no checkpoint as this module writes them."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a checkpoint says."""

    institution: str
    size: int
    root: bytes
    head: bytes
    at_ms: int
    previous_size: int
    suite: str

    @property
    def origin(self) -> str:
        """Names the log, and the key that signs for it."""
        return ORIGIN_PREFIX + self.institution

    def body(self) -> bytes:
        """Returns the bytes that are signed."""
        return (
            f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"
            f"head {self.head.hex()}\ntime {self.at_ms}\nprevious {self.previous_size}\nsuite {self.suite}\n"
        ).encode()


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line. ``signature`` of a cosignature begins with 8 bytes of time."""

    name: str
    key_id: bytes
    signature: bytes

    def line(self) -> str:
        """Returns the line with its end."""
        return f"— {self.name} {base64.b64encode(self.key_id + self.signature).decode()}\n"


@dataclass(frozen=True, slots=True)
class SignedNote:
    """A checkpoint and the signatures below it; none of them is checked yet."""

    checkpoint: Checkpoint
    signatures: tuple[NoteSignature, ...]

    def text(self) -> str:
        """Returns the whole note."""
        lines = "".join(signature.line() for signature in self.signatures)
        return f"{self.checkpoint.body().decode()}\n{lines}"


def checkpoint_at(
    institution: str, head: ChainHead, *, at_ms: int, previous_size: int, suite: str
) -> Checkpoint:
    """Returns the checkpoint of a chain that ends with ``head``; ``previous_size`` is that of the checkpoint
    before, or 0.
    """
    root = frontier_root(head.frontier)
    return Checkpoint(institution, head.size, root, head.head, at_ms, previous_size, suite)


def signed_note(institution: str, head: ChainHead, *, at_ms: int, previous_size: int, signer: Signer) -> str:
    """Returns the signed checkpoint of a chain that ends with ``head``, as it is stored.

    ``previous_size`` is the size of the institution's checkpoint before, or 0. Raises MisuseError: a suite
    that no verifier knows, or sizes out of order.
    """
    checkpoint = checkpoint_at(
        institution, head, at_ms=at_ms, previous_size=previous_size, suite=signer.suite
    )
    suite = SUITES.get(signer.suite)
    if suite is None or not 0 <= previous_size < head.size:
        raise MisuseError("a checkpoint is larger than the one before and of a known suite")
    signature = NoteSignature(
        checkpoint.origin,
        key_id(checkpoint.origin, suite, signer.public_key, is_cosigner=False),
        signer.sign(checkpoint.body()),
    )
    return SignedNote(checkpoint, (signature,)).text()


def parse_note(content: bytes) -> SignedNote:
    """Returns the note in these bytes. Raises BadNote unless they are exactly as this module writes it."""
    match = _BODY.match(content) if len(content) <= MAX_NOTE_BYTES else None
    if match is None or content[match.end() : match.end() + 1] != b"\n":
        raise BadNote
    checkpoint = Checkpoint(
        match["institution"].decode(),
        int(match["size"]),
        base64.b64decode(match["root"]),
        bytes.fromhex(match["head"].decode()),
        int(match["at_ms"]),
        int(match["previous"]),
        match["suite"].decode(),
    )
    try:
        lines = content[match.end() + 1 :].decode()
    except UnicodeDecodeError:
        raise BadNote from None
    signatures = tuple(parse_signature(line + "\n") for line in lines.split("\n")[:-1])
    note = SignedNote(checkpoint, signatures)
    if not signatures or note.text().encode() != content:
        raise BadNote
    return note


def parse_signature(line: str) -> NoteSignature:
    """Returns the signature in a line (with its end). Raises BadNote."""
    match = _SIGNATURE.fullmatch(line)
    if match is None:
        raise BadNote
    try:
        content = base64.b64decode(match["content"], validate=True)
    except binascii.Error:
        raise BadNote from None
    signature = NoteSignature(match["name"], content[:_KEY_ID_BYTES], content[_KEY_ID_BYTES:])
    if signature.line() != line:
        raise BadNote
    return signature


def is_signed_by(note: SignedNote, key: PublicKey) -> bool:
    """Whether the log's own key signed the note, once, first. Raises SuiteMissing."""
    checkpoint, signature = note.checkpoint, note.signatures[0]
    return (
        checkpoint.suite == key.suite.name
        and signature.name == checkpoint.origin
        and signature.key_id == key.id_as(checkpoint.origin)
        and key.is_signed(checkpoint.body(), signature.signature)
    )


def cosignature(checkpoint: Checkpoint, key_name: str, signer: Signer, *, at_s: int) -> NoteSignature:
    """Returns a cosignature made at ``at_s`` (Unix seconds): the cosigner saw this checkpoint then.

    The cosigner must first have seen that the tree grew from the one it cosigned before. Raises MisuseError:
    a name that cannot stand in a note, or an unknown suite.
    """
    suite = SUITES.get(signer.suite)
    if suite is None or _KEY_NAME.fullmatch(key_name) is None or key_name == checkpoint.origin:
        raise MisuseError("a cosigner has a name without spaces of its own and a known suite")
    signature = signer.sign(_cosigned(checkpoint, at_s))
    identifier = key_id(key_name, suite, signer.public_key, is_cosigner=True)
    return NoteSignature(key_name, identifier, at_s.to_bytes(_COSIGNATURE_TIME_BYTES, "big") + signature)


def cosigned_at_s(checkpoint: Checkpoint, cosigned: NoteSignature, keys: Sequence[PublicKey]) -> int | None:
    """Returns when one of these cosigners cosigned the checkpoint, or None where none of them did.

    Raises SuiteMissing.
    """
    at_s = int.from_bytes(cosigned.signature[:_COSIGNATURE_TIME_BYTES], "big")
    signature = cosigned.signature[_COSIGNATURE_TIME_BYTES:]
    for key in keys:
        is_named = key.id_as(cosigned.name, is_cosigner=True) == cosigned.key_id
        if is_named and key.is_signed(_cosigned(checkpoint, at_s), signature):
            return at_s
    return None


def _cosigned(checkpoint: Checkpoint, at_s: int) -> bytes:
    """C2SP tlog-cosignature/v1: the time, then the note's text."""
    return f"cosignature/v1\ntime {at_s}\n".encode() + checkpoint.body()
