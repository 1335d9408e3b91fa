"""RFC 3161 time stamps over a checkpoint's text, by rfc3161-client: a third party says when it existed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from cryptography.x509 import Certificate, load_pem_x509_certificates
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from recording.audit.notes_check import StampCheck
from recording.errors import BadRecording

REQUEST_TYPE: Final = "application/timestamp-query"
ANSWER_TYPE: Final = "application/timestamp-reply"
"""RFC 3161 §3.4."""


class BadStamp(BadRecording):
    """An answer that is no time stamp over what was asked by an authority we trust."""

    code = "bad_stamp"


def stamp(body: bytes, roots: Sequence[Certificate], send: Callable[[bytes], bytes]) -> tuple[bytes, int]:
    """Returns an authority's answer over ``body``, as it is stored, and its time in ms since the Unix epoch.

    ``send`` posts a request (DER, REQUEST_TYPE) and returns the answer's bytes. Raises BadStamp, and what
    ``send`` raises.
    """
    request = TimestampRequestBuilder().data(body).hash_algorithm(HashAlgorithm.SHA256).build()
    answer = send(request.as_bytes())
    at_ms = _stamped_at_ms(answer, body, roots, nonce=request.nonce)
    if at_ms is None:
        raise BadStamp("time_stamp")
    return answer, at_ms


def stamp_check(roots: Sequence[Certificate]) -> StampCheck:
    """Returns the check of stored stamps against these authorities' root certificates."""
    return lambda token, body: _stamped_at_ms(token, body, roots, nonce=None)


def parse_roots(content: bytes, file: str) -> list[Certificate]:
    """Returns the certificates in a PEM file's content. Raises BadStamp naming the file."""
    try:
        return load_pem_x509_certificates(content)
    except ValueError:
        raise BadStamp(file) from None


def _stamped_at_ms(
    answer: bytes, body: bytes, roots: Sequence[Certificate], *, nonce: int | None
) -> int | None:
    builder = VerifierBuilder(roots=list(roots), nonce=nonce)
    try:
        response = decode_timestamp_response(answer)
        builder.build().verify_message(response, body)
        # gen_time ends in whole seconds with most authorities.
        return round(response.tst_info.gen_time.timestamp() * 1000)
    except (VerificationError, ValueError, TypeError):
        return None
