"""A store-and-forward consultation through the composed service: asked, taken, signed, decided, filed by both
sides; afterwards the papers and the ledger verify without the service.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from fhir.resources.R4B.bundle import Bundle

from signaling.auth.demo_people import DEMO_PASSWORD
from signaling.command_line import main
from tests.support.served_service import ServedService, served_service
from tests.support.waiting import HANG_S


@dataclass(frozen=True)
class Side:
    """One doctor, signed in."""

    served: ServedService
    login: str

    def raw(self, method: str, path: str, body: Any = None) -> bytes:
        request = urllib.request.Request(
            f"{self.served.url}/api/v1{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={**self.served.headers_of(self.login), "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=HANG_S) as response:
            return bytes(response.read())

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        return json.loads(self.raw(method, path, body))

    def refusal(self, method: str, path: str, body: Any = None) -> str:
        with pytest.raises(urllib.error.HTTPError) as refused:
            self.raw(method, path, body)
        return str(json.loads(refused.value.read())["code"])


@pytest.fixture
def served(tmp_path: Path) -> Iterator[ServedService]:
    with served_service(tmp_path) as made:
        yield made


def _asked(clinic: Side) -> str:
    hospital = next(
        each["id"]
        for each in clinic.ask("GET", "/institutions")["institutions"]
        if each["name"] == "青山县人民医院"
    )
    patient = clinic.ask("POST", "/patients", {"name": "张建国", "sex": "male", "birth_year": 1965})["id"]
    request = {
        "patient": patient,
        "institution": hospital,
        "kind": "offline",
        "urgency": "routine",
        "specialty": "cardiology",
        "wanted_title": "associate_chief",
        "reason": "胸闷 2 小时",
        "purpose": "明确诊断",
        "summary": "既往高血压 10 年",
    }
    case = str(clinic.ask("POST", "/consultations", request)["id"])
    texts = clinic.ask("GET", "/consents/texts")["texts"]
    text = next(each for each in texts if each["purpose"] == "consultation" and each["language"] == "zh")
    answer = {
        "purpose": "consultation",
        "is_granted": True,
        "text_version": text["version"],
        "text_sha256": text["sha256"],
    }
    consents = {"patient": patient, "case": case, "answers": [answer], "how": "voice", "given_by": "patient"}
    clinic.ask("POST", "/consents", consents)
    clinic.ask("POST", f"/consultations/{case}/invite")
    return case


def test_from_the_question_to_papers_that_verify_by_themselves(
    served: ServedService,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    clinic, expert = Side(served, "zhoulan"), Side(served, "wangmin")
    here = f"/consultations/{_asked(clinic)}"
    assert expert.ask("POST", f"{here}/accept")["state"] == "active"
    draft = {
        "findings": "ST 段压低",
        "advice": ["复查心电图", "转诊"],
        "critical_value": False,
        "template": "",
    }
    expert.ask("PUT", f"{here}/opinion", draft)
    assert expert.refusal("POST", f"{here}/opinion/sign", {"password": "wrong horse"}) == "password_wrong"
    signed = expert.ask("POST", f"{here}/opinion/sign", {"password": DEMO_PASSWORD})
    assert signed["state"] == "signed"
    items = [{"adopted": True}, {"adopted": False, "reason": "患者不愿转诊"}]
    assert (
        clinic.ask("POST", f"{here}/acknowledge", {"adoption": "part", "items": items})["state"] == "closed"
    )
    stranger = Side(served, "lijianping")
    assert stranger.refusal("GET", f"{here}/fhir") == "not_found"

    supervisor = Side(served, "qianhui")
    for reader in (clinic, expert, supervisor):
        assert reader.ask("GET", f"{here}/opinion/check")["faults"] == []
    paper = clinic.raw("GET", f"{here}/opinion.pdf")
    assert paper == expert.raw("GET", f"{here}/opinion.pdf")
    document = pypdfium2.PdfDocument(paper)
    text = "".join(page.get_textpage().get_text_bounded() for page in document)
    document.close()
    assert signed["opinion"]["fingerprint"] in text and "部分采纳（1 / 2）" in text

    bundle = tmp_path / "case.json"
    bundle.write_bytes(clinic.raw("GET", f"{here}/fhir"))
    Bundle.model_validate_json(bundle.read_bytes())
    kinds = [event["kind"] for event in clinic.ask("GET", f"{here}/timeline")["events"]]
    assert kinds[-8:] == [
        "session.started",
        "opinion.drafted",
        "opinion.signed",
        "opinion.acknowledged",
        "session.ended",
        "case.exported",
        "case.exported",
        "case.exported",
    ]

    monkeypatch.setenv("LIANZHEN_LANGUAGE", "en")
    data = tmp_path / "data"
    key = str(data / "keys" / "signing.pub")
    assert main(["opinion", "verify", str(bundle), "--key", key]) == 0
    assert signed["opinion"]["fingerprint"] in capsys.readouterr().out
    bundle.write_bytes(bundle.read_bytes().replace("ST 段压低".encode(), "ST 段正常".encode()))
    assert main(["opinion", "verify", str(bundle), "--key", key]) == 1
    assert main(["audit", "verify", str(data)]) == 0
