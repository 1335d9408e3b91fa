"""RFC 3161 time stamps of a local authority: asked for, stored, checked; and every answer that is none."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from recording.audit.time_stamp import BadStamp, parse_roots, stamp, stamp_check
from tests.support.time_stamps import make_authority, run, sender
from tests.unit.recording.audit.memory_ledger import TRUST, made, verified

BODY = b"lianzhen/in_1\n412\n"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_authority(tmp_path_factory.mktemp("authority"))


def test_an_authority_says_when_a_checkpoint_existed(authority: Path) -> None:
    roots = parse_roots((authority / "root.pem").read_bytes(), "root.pem")
    answer, at_ms = stamp(BODY, roots, sender(authority))
    assert abs(at_ms - time.time() * 1000) < 60_000
    check = stamp_check(roots)
    assert check(answer, BODY) == at_ms
    assert check(answer, BODY + b"x") is None
    assert check(answer[:-1], BODY) is None
    assert check(b"", BODY) is None
    flipped = bytearray(answer)
    flipped[len(answer) // 2] ^= 1
    assert check(bytes(flipped), BODY) is None


def test_another_authority_proves_nothing(authority: Path, tmp_path: Path) -> None:
    roots = parse_roots((authority / "root.pem").read_bytes(), "root.pem")
    answer, _ = stamp(BODY, roots, sender(authority))
    new = "-newkey rsa:2048 -nodes -days 30"
    run(tmp_path, f"openssl req -x509 {new} -subj /CN=other -keyout o.key -out o.pem")
    others = parse_roots((tmp_path / "o.pem").read_bytes(), "o.pem")
    assert stamp_check(others)(answer, BODY) is None
    with pytest.raises(BadStamp):
        stamp(BODY, others, sender(authority))


def test_an_answer_to_another_question_is_refused(authority: Path) -> None:
    roots = parse_roots((authority / "root.pem").read_bytes(), "root.pem")
    earlier, _ = stamp(BODY, roots, sender(authority))
    with pytest.raises(BadStamp):
        stamp(BODY, roots, lambda _request: earlier)


def test_what_is_no_certificate_is_refused_by_name() -> None:
    with pytest.raises(BadStamp) as refusal:
        parse_roots(b"none", "root.pem")
    assert refusal.value.fault == "root.pem"


def test_a_stamped_checkpoint_says_so_in_the_verdict(authority: Path) -> None:
    roots = parse_roots((authority / "root.pem").read_bytes(), "root.pem")
    ledger = made(8, [3, 8])
    body = ledger.checkpoints[1][0].partition("\n\n")[0] + "\n"
    answer, at_ms = stamp(body.encode(), roots, sender(authority))
    trust = replace(TRUST, check_stamp=stamp_check(roots))
    verdict = verified(replace(ledger, stamps=((8, answer),)), trust=trust)
    assert verdict.is_sound and verdict.proven is not None
    assert verdict.proven.stamped_at_ms == at_ms
    wrong = verified(replace(ledger, stamps=((3, answer),)), trust=trust)
    assert wrong.integrity_fault is not None and wrong.integrity_fault.code == "stamp_invalid"
