"""The served API keeps to its own description, whoever asks and whatever is sent (schemathesis, seeded)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import Failure, FailureGroup, not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from signaling.auth.rights import Assurance
from signaling.messages.field_names import FIELD_NAMES
from signaling.messages.route_sentences import ROUTE_SENTENCES
from tests.support.served_case import ServedCases
from tests.support.served_service import ServedService, served_service
from tests.support.waiting import HANG_S

MAX_URL_CHARACTERS = 8_000
"""Longer ones aiohttp refuses by itself, with 400 and a plain text."""
"""Verifying a chain starts a process, which takes its time on a busy machine."""
EXAMPLES = 5
"""For each operation: some 100 of them are to be done in a minute."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
LOGINS = ("zhoulan", "wangmin", "qianhui", "sunli", "hejing", "liuyang")
"""Clinic doctor, specialist on duty, supervisor, administrator, auditor, ambulance crew."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedService]:
    with served_service(tmp_path_factory.mktemp("served")) as service:
        yield service


def callers_of(served: ServedService) -> list[Mapping[str, str]]:
    """Nobody, then each kind of caller with fresh sessions: some operations end them."""
    return [
        {},
        {"Authorization": "Bearer a.b.c"},
        *served.headers_of_all(
            [("zhoulan", Assurance.PASSWORD), *((login, Assurance.TWO_FACTORS) for login in LOGINS)]
        ),
    ]


def known_names(served: ServedService) -> Mapping[str, str]:
    """Names of things that are there: by the word before an id in a path, or by a body's field."""

    def make(login: str, path: str, body: Any) -> Any:
        headers = dict(served.headers_of(login))
        answer = requests.post(f"{served.url}/api/v1{path}", json=body, headers=headers, timeout=HANG_S)
        assert answer.status_code == 201, answer.text
        return answer.json()

    people = requests.get(
        f"{served.url}/api/v1/people", headers=dict(served.headers_of("sunli")), timeout=HANG_S
    ).json()["people"]
    # One who asks nothing here: they may be suspended.
    colleague = next(person for person in people if (person["account"] or {}).get("login") == "zhaoqiming")
    patient = make("zhoulan", "/patients", {"name": "试 一", "card_number": "A1"})
    device = make("sunli", "/devices", {"name": "试机", "kind": "kiosk"})
    breakglass = make(
        "wangmin", "/breakglass", {"patient": patient["id"], "reason": "病人意识不清需要立即会诊"}
    )
    invited = {"room": "clinic-discussion", "guest_name": "客"}
    invitation = make("zhoulan", "/invitations", invited)
    names = {
        "people": colleague["id"],
        "person": colleague["id"],
        "institutions": colleague["institution"],
        "patients": patient["id"],
        "patient": patient["id"],
        "devices": device.get("id") or device["device"]["id"],
        "breakglass": breakglass["id"],
        "invitations": invitation.get("id") or invitation["invitation"]["id"],
        "rooms": "clinic-discussion",
        "room": "clinic-discussion",
    }
    return names


def test_every_answer_is_documented_and_none_is_a_failure(served: ServedService) -> None:
    schema = schemathesis.openapi.from_url(f"{served.url}/api/v1/openapi.json")
    names = known_names(served)
    cases = ServedCases(served, patient=names["patient"], hospital=names["institutions"])
    operations = [result.ok() for result in schema.get_all_operations()]
    own = {operation.label: cases.names(operation.path) for operation in operations}
    of_cases: Counter[int] = Counter()
    seen: Counter[int] = Counter()
    faults: dict[str, str] = {}
    for operation in operations:
        of_one = own[operation.label]
        try:
            known = Asking(served, {**names, **of_one}, callers_of(served))
            explore(operation, known, of_cases if of_one else seen)
        except (FailureGroup, Failure) as failure:
            faults[operation.label] = str(failure)
    seen += of_cases
    print(dict(sorted(seen.items())), "of cases:", dict(sorted(of_cases.items())))
    assert faults == {}
    assert of_cases[200] + of_cases[201] + of_cases[204] > 10, "no case is reached"
    assert seen[200] + seen[201] + seen[204] > 200, "hardly anything was allowed: is anything asked at all?"


@dataclass
class Asking:
    """Who asks next, and about what: everybody once, then those who were not turned away at the door."""

    served: ServedService
    names: Mapping[str, str]
    callers: list[Mapping[str, str]]
    able: list[Mapping[str, str]] = field(default_factory=list)
    asked: int = 0

    def ask(self, case: schemathesis.Case) -> Iterator[int]:
        """Sends a case by one caller, the first case by all; checks and yields each status."""
        if self.asked % 3:
            self._name_what_is_there(case)
        for caller in self.callers if not self.asked else [self._next()]:
            base_url = f"{self.served.url}/api/v1"
            response = case.call(
                base_url=base_url, headers=dict(caller), timeout=HANG_S, allow_redirects=False
            )
            if len(response.request.url or "") < MAX_URL_CHARACTERS:
                case.validate_response(response, checks=CHECKS)
            if response.status_code not in (401, 403):
                self.able.append(caller)
            yield response.status_code
        self.asked += 1

    def _next(self) -> Mapping[str, str]:
        callers = self.able or self.callers
        return callers[self.asked % len(callers)]

    def _name_what_is_there(self, case: schemathesis.Case) -> None:
        words = case.operation.path.split("/")
        for parameter in dict(case.path_parameters or {}):
            before = words[words.index(f"{{{parameter}}}") - 1]
            if before in self.names:
                case.path_parameters[parameter] = self.names[before]
        for part in (case.body, case.query):
            if isinstance(part, dict):
                part.update({name: self.names[name] for name in part if name in self.names})


def explore(operation: Any, asking: Asking, seen: Counter[int]) -> None:
    """Asks one operation with generated requests."""

    @given(
        case=operation.as_strategy()
        | operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE)
    )
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: schemathesis.Case) -> None:
        seen.update(asking.ask(case))

    ask()


def test_every_route_and_every_field_has_its_words_in_chinese(served: ServedService) -> None:
    document = requests.get(f"{served.url}/api/v1/openapi.json", timeout=HANG_S).json()
    silent = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if f"{method.upper()} {path}" not in ROUTE_SENTENCES:
                silent.append(f"{method.upper()} {path}")
            named = [parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "query"]
            if "requestBody" in operation:
                reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
                named += document["components"]["schemas"][reference.rpartition("/")[2]]["properties"]
            silent += [f"{method.upper()} {path}: {name}" for name in named if name not in FIELD_NAMES]
    assert silent == []
