"""Who reads a case's file is in both chains: once in a while for each person and thing, and before it is
shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from signaling.api.case_desk import CaseDesk
from signaling.api.route import Call
from signaling.auth.event_sight import LedgerEvent, sees
from signaling.consult.cases import cases_where
from signaling.consult.recent_looks import EVERY_MS
from signaling.store.store import Store, StoreUnavailable
from tests.support.consult_world import (
    CHEN,
    CLINIC,
    HOSPITAL,
    LI,
    QIAN,
    STRANGER,
    WANG,
    ConsultWorld,
    consult_world,
)
from tests.support.taken_case import taken_case
from tests.unit.signaling.consult.test_case_files import attach


async def looks(w: ConsultWorld, case: str, institution: str = HOSPITAL) -> list[tuple[str, str, str]]:
    """Who looked at what, and which file."""
    return [
        (act["actor"], act["after"]["what"], act["subject"].get("attachment", ""))
        for act in await w.acts(institution, case)
        if act["kind"] == "case.viewed"
    ]


async def test_a_case_that_is_read_again_and_again_is_chained_once_in_a_while(tmp_path: Path) -> None:
    async with consult_world(tmp_path) as w:
        case = await w.accepted()
        assert await looks(w, case) == []
        for _ in range(3):
            await w.show(case, WANG)
        await w.show(case, LI)
        seen = [("pe_wang", "record", ""), ("pe_li", "record", "")]
        assert await looks(w, case) == await looks(w, case, CLINIC) == seen
        w.clock.advance_ms(EVERY_MS)
        await w.show(case, WANG)
        assert await looks(w, case) == [*seen, ("pe_wang", "record", "")]


async def test_the_file_that_was_opened_is_named(tmp_path: Path) -> None:
    async with consult_world(tmp_path) as w:
        case = await w.accepted()
        text = {"media_type": "text/plain", "content": b"ok"}
        files = [(await attach(w, case, name=name, **text)).body["id"] for name in ("a.txt", "b.txt")]
        for file in (*files, *files):
            assert (await w.ask(WANG, "GET", f"/consultations/{case}/attachments/{file}")).status == 200
        assert await looks(w, case) == [("pe_wang", "attachment", file) for file in files]


async def test_who_is_shown_nothing_has_looked_at_nothing(tmp_path: Path) -> None:
    async with consult_world(tmp_path) as w:
        case = await w.accepted()
        assert (await w.ask(STRANGER, "GET", f"/consultations/{case}")).status == 404
        assert (await w.ask(CHEN, "GET", f"/consultations/{case}/attachments/at_none")).status == 404
        assert await looks(w, case) == []


async def test_a_read_opinion_is_chained_and_one_that_is_not_there_is_not(tmp_path: Path) -> None:
    async with taken_case(tmp_path) as world:
        assert (await world.get("opinion")).status == 404
        assert await world.acts(HOSPITAL, "case.viewed") == []
        await world.draft()
        assert (await world.get("opinion")).status == 200
        (seen,) = await world.acts(HOSPITAL, "case.viewed")
        assert (seen["actor"], seen["after"]) == ("pe_wang", {"what": "opinion"})


class _Failing:
    """A store that does not take the first write."""

    def __init__(self) -> None:
        self.asked = 0

    async def write(self, work: Any) -> None:
        self.asked += 1
        if self.asked == 1:
            raise StoreUnavailable


async def test_what_could_not_be_chained_is_not_shown_and_tried_again(tmp_path: Path) -> None:
    async with taken_case(tmp_path) as world:
        (case,) = await world.store.read(_cases)
    store = _Failing()
    desk = CaseDesk(cast(Store, store), is_recording=lambda _: False, changed=lambda _: None)
    call = Call(cast(Any, None), WANG, {}, None, None, 1, "zh", found=case)
    with pytest.raises(StoreUnavailable):
        await desk.note_look(call, "record")
    for _ in range(2):
        await desk.note_look(call, "record")
    assert store.asked == 2


async def _cases(connection: Any) -> list[Any]:
    return list(await cases_where(connection))


def test_looks_are_told_to_those_who_watch_and_not_to_colleagues() -> None:
    event = LedgerEvent(1, 1, "case.viewed", "pe_chen", "specialist", "", {"case": "ca_1", "patient": "pt_1"})
    assert sees(QIAN, event)
    assert not sees(WANG, event)
