"""Consultations of a served demo service, each made to order: for tests that ask every route about a case.
Made before anything else is asked: what is asked may suspend people and end sessions.

cases = ServedCases(served, patient="pt_…", hospital="in_…")
names = cases.names("/consultations/{id}/acknowledge")    a signed case, with a file and a consent
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Final

import requests

from signaling.auth.demo_people import DEMO_PASSWORD
from tests.support.served_service import ServedService
from tests.support.waiting import HANG_S

INVITER, EXPERT, ADMINISTRATOR = "zhoulan", "wangmin", "sunli"
_FAR_MS: Final = 4_000_000_000_000
_STATES: Final[Mapping[str, str]] = {
    "": "drafted",
    "/invite": "drafted",
    "/accept": "ringing",
    "/decline": "ringing",
    "/pass": "ringing",
    "/opinion/sign": "active",
    "/opinion/check": "signed",
    "/opinion.pdf": "signed",
    "/acknowledge": "signed",
}
"""Which state a route is about, by what follows the case's id; where nothing is said: active."""
_WITHOUT_ROOM: Final = ("active", "signed")


class ServedCases:
    """Makes cases by the API itself."""

    def __init__(self, served: ServedService, *, patient: str, hospital: str) -> None:
        self._served = served
        self._patient = patient
        self._hospital = hospital
        self._headers = {login: dict(served.headers_of(login)) for login in (INVITER, EXPERT, ADMINISTRATOR)}
        people = self._ask(ADMINISTRATOR, "GET", "/people")["people"]
        expert = next(one["id"] for one in people if (one["account"] or {}).get("login") == EXPERT)
        licence = {"number": "110-SERVED", "kind": "physician", "valid_until_ms": _FAR_MS}
        self._ask(ADMINISTRATOR, "POST", f"/people/{expert}/licences", licence)

    def names(self, path: str) -> Mapping[str, str]:
        """Ids of a new case in the state that a path is about, and of what is kept with it; none for a path
        that is about no case.
        """
        _, is_about_one, after = path.partition("/consultations/{id}")
        if not is_about_one:
            return {}
        case = self._make(_STATES.get(after, "accepted" if _is_of_room(after) else "active"))
        return {"consultations": case, **self._kept(case)}

    def _make(self, state: str) -> str:
        request = {
            "patient": self._patient,
            "institution": self._hospital,
            "kind": "offline" if state in _WITHOUT_ROOM else "live",
            "urgency": "urgent",
            "specialty": "cardiology",
            "wanted_title": "any",
            "reason": "胸闷",
            "purpose": "诊断",
            "summary": "61 岁",
        }
        case = str(self._ask(INVITER, "POST", "/consultations", request)["id"])
        if state == "drafted":
            return case
        self._consent(case)
        self._ask(INVITER, "POST", f"/consultations/{case}/invite")
        if state == "ringing":
            return case
        self._ask(EXPERT, "POST", f"/consultations/{case}/accept")
        opinion = {"findings": "疑似缺血", "advice": ["转诊"], "critical_value": False, "template": ""}
        if state in _WITHOUT_ROOM:
            self._ask(EXPERT, "PUT", f"/consultations/{case}/opinion", opinion)
        if state == "signed":
            self._ask(EXPERT, "POST", f"/consultations/{case}/opinion/sign", {"password": DEMO_PASSWORD})
        return case

    def _consent(self, case: str) -> str:
        texts = self._ask(INVITER, "GET", "/consents/texts")["texts"]
        text = next(one for one in texts if (one["purpose"], one["language"]) == ("consultation", "zh"))
        answer = {"purpose": "consultation", "is_granted": True, "text_version": text["version"]}
        body = {
            "patient": self._patient,
            "case": case,
            "answers": [answer | {"text_sha256": text["sha256"]}],
            "how": "screen_signature",
            "given_by": "patient",
            "evidence_sha256": "cd" * 32,
        }
        standing = self._ask(INVITER, "POST", "/consents", body)["standing"]
        return str(next(one["consent"] for one in standing if one["purpose"] == "consultation"))

    def _kept(self, case: str) -> Mapping[str, str]:
        body = {
            "kind": "document",
            "name": "摘要.txt",
            "media_type": "text/plain",
            "content_base64": base64.b64encode("血压 152/94".encode()).decode(),
        }
        added = self._ask(INVITER, "POST", f"/consultations/{case}/attachments", body)
        return {"attachments": str(added["id"])}

    def _ask(self, login: str, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(
            method,
            f"{self._served.url}/api/v1{path}",
            json=body,
            headers=self._headers[login],
            timeout=HANG_S,
        )
        assert answer.status_code < 300, (login, method, path, answer.text)
        return answer.json()


def _is_of_room(after: str) -> bool:
    return after.startswith(("/room", "/parties", "/host"))
