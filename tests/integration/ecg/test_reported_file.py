"""An ECG that is stored and forwarded, through the composed service: brought as a file, signed by one,
reviewed by another after a restart between the two signatures, called back, given on paper.
"""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from signaling.auth.demo_people import DEMO_PASSWORD
from tests.support.ecg_files import MORTARA, one_file
from tests.support.served_service import ServedService, served_service
from tests.support.waiting import HANG_S

PASSWORD = {"password": DEMO_PASSWORD}


@dataclass(frozen=True)
class Person:
    """Somebody of the demo, signed in."""

    served: ServedService
    headers: Mapping[str, str]

    def raw(self, method: str, path: str, body: Any = None) -> bytes:
        request = urllib.request.Request(
            f"{self.served.url}/api/v1{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={**self.headers, "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=HANG_S) as response:
            return bytes(response.read())

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        return json.loads(self.raw(method, path, body))

    def refusal(self, method: str, path: str, body: Any = None) -> str:
        with pytest.raises(urllib.error.HTTPError) as refused:
            self.raw(method, path, body)
        return str(json.loads(refused.value.read())["code"])


def _person(served: ServedService, login: str) -> Person:
    return Person(served, served.headers_of(login))


def _brought(reader: Person) -> Any:
    patient = reader.ask("POST", "/patients", {"name": "张建国", "sex": "male", "birth_year": 1965})["id"]
    files = [
        {"name": name, "content_base64": base64.b64encode(content).decode()}
        for name, content in one_file(MORTARA).items()
    ]
    wanted = {"patient": patient, "urgency": "emergency", "format": "dicom", "files": files}
    return reader.ask("POST", "/ecgs/import", wanted)


def test_a_file_is_signed_by_two_with_a_restart_between_them(tmp_path: Path) -> None:
    with served_service(tmp_path) as served:
        wang = _person(served, "wangmin")
        ecg = _brought(wang)
        here = f"/ecgs/{ecg['id']}"
        (extent,) = ecg["epochs"]
        assert {"report", "sign", "mark_critical"} <= set(ecg["allowed"])
        assert [one["ecg"] for one in wang.ask("GET", "/ecg/work-list")["work"]] == [ecg["id"]]
        strip = {"epoch": extent["epoch"], "first_sample": extent["first"], "end_sample": extent["end"]}
        text = {
            "strips": [strip],
            "statements": ["SR"],
            "findings": "窦性心律",
            "conclusion": "未见异常",
            "critical_value": True,
        }
        beyond = {**text, "strips": [{**strip, "end_sample": extent["end"] + 500}]}
        shown = wang.ask("PUT", f"{here}/report", beyond)
        assert (shown["strips"][0]["missing_samples"], shown["shut_gates"]) == (500, ["ecg"])
        incomplete = wang.refusal("POST", f"{here}/report/sign", {**PASSWORD, "revision": 1})
        assert incomplete == "ecg_report_incomplete"
        assert wang.ask("PUT", f"{here}/report", text)["shut_gates"] == []
        wrong = {"password": "wrong horse", "revision": 2}
        assert wang.refusal("POST", f"{here}/report/sign", wrong) == "password_wrong"
        signed = wang.ask("POST", f"{here}/report/sign", {**PASSWORD, "revision": 2})
        assert (signed["state"], signed["critical"]["state"]) == ("reported", "calling")
        own = wang.refusal("POST", f"{here}/report/review", {**PASSWORD, "revision": 2})
        assert own == "ecg_report_same_person"

    # Between the two signatures the service ends and begins anew.
    with served_service(tmp_path) as served:
        wang, chen = _person(served, "wangmin"), _person(served, "chenzhiyuan")
        (waiting,) = chen.ask("GET", "/ecg/work-list")["work"]
        assert (waiting["step"], waiting["urgency"]) == ("review", "emergency")
        assert wang.ask("GET", "/ecg/work-list")["work"] == []
        reviewed = chen.ask("POST", f"{here}/report/review", {**PASSWORD, "revision": 2})
        assert (reviewed["state"], len(reviewed["signatures"])) == ("reviewed", 2)
        assert reviewed["signatures"][0] == signed["signatures"][0]
        (calling,) = chen.ask("GET", "/ecg/critical-values")["critical_values"]
        assert calling["ecg"] == ecg["id"]
        heard = chen.ask("POST", f"{here}/critical/acknowledge", {})
        assert heard["state"] == "acknowledged"
        assert chen.ask("GET", f"{here}/report/check")["faults"] == []
        seen = wang.ask("GET", here)
        assert (seen["report"]["state"], seen["critical"]["state"]) == ("reviewed", "acknowledged")
        document = pypdfium2.PdfDocument(chen.raw("GET", f"{here}/report.pdf"))
        words = "".join(page.get_textpage().get_text_bounded() for page in document)
        document.close()
        assert "审核医生" in words and "25 mm/s" in words
        stranger = _person(served, "zhoulan")
        assert stranger.refusal("GET", f"{here}/report") == "not_found"
