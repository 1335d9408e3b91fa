"""How a receiver checks an event, worked out by hand."""

from __future__ import annotations

import subprocess

from signaling.webhooks.deliverer import Outcome, outcome_of
from signaling.webhooks.outbox import FIRST_DELAY_MS, LONGEST_DELAY_MS, MAX_ATTEMPTS, delay_ms
from signaling.webhooks.signature import signature, signed_headers


def test_openssl_finds_the_same_signature() -> None:
    made = subprocess.run(
        ["openssl", "dgst", "-sha256", "-hmac", "whsec_test"],
        input=b'1800000000.{"sequence":1}',
        capture_output=True,
        check=True,
    )
    assert made.stdout.decode().split()[-1] == signature(b"whsec_test", 1_800_000_000, b'{"sequence":1}')


def test_the_headers_name_event_time_and_signature() -> None:
    headers = signed_headers(b"s", institution="in_a", sequence=7, at_s=5, body=b"{}")
    assert headers == {
        "Content-Type": "application/json",
        "Lianzhen-Event": "in_a/7",
        "Lianzhen-Timestamp": "5",
        "Lianzhen-Signature": f"v1={signature(b's', 5, b'{}')}",
    }


def test_another_time_or_body_has_another_signature() -> None:
    assert len({signature(b"s", 5, b"{}"), signature(b"s", 6, b"{}"), signature(b"s", 5, b"[]")}) == 3


def test_tries_become_rarer_and_last_over_a_night() -> None:
    delays = [delay_ms(attempts) for attempts in range(1, MAX_ATTEMPTS)]
    assert delays[0] == FIRST_DELAY_MS
    assert delays == sorted(delays)
    assert delays[-1] == LONGEST_DELAY_MS
    assert 12 * 3_600_000 < sum(delays) < 24 * 3_600_000


def test_a_status_says_whether_it_was_taken_refused_or_failed() -> None:
    assert [outcome_of(status) for status in (200, 204, 299)] == [Outcome.TAKEN] * 3
    assert [outcome_of(status) for status in (400, 404, 410)] == [Outcome.REFUSED] * 3
    assert [outcome_of(status) for status in (301, 408, 429, 500, 503)] == [Outcome.FAILED] * 5
