"""The notice board of rooms."""

from __future__ import annotations

from media_server.ids import RoomName
from signaling import room_journal
from signaling.room_journal import RoomJournal

WARD = RoomName("ward")


class _Clock:
    def monotonic_ns(self) -> int:
        return 0

    def wall_ns(self) -> int:
        return 1_800_000_000_123_456_789


def test_events_are_numbered_and_read_from_a_number_on() -> None:
    journal, heard = RoomJournal(_Clock()), []
    journal.follow(lambda room, event: heard.append((room, event.sequence)))
    for text in "abc":
        journal.note(WARD, "mark", actor_name="Zhou", text=text)
    assert [(e.sequence, e.text) for e in journal.after(WARD, 1)] == [(2, "b"), (3, "c")]
    assert journal.after(WARD, 0)[0].at_ms == 1_800_000_000_123
    assert journal.after(RoomName("other"), 0) == []
    assert heard == [(WARD, 1), (WARD, 2), (WARD, 3)]


def test_journals_are_bounded(monkeypatch) -> None:
    monkeypatch.setattr(room_journal, "MAX_ROOMS", 2)
    journal = RoomJournal(_Clock())
    for number in range(room_journal.MAX_EVENTS + 5):
        journal.note(WARD, "mark", text=str(number))
    assert journal.after(WARD, 0)[0].sequence == 6
    for name in ("b", "c"):
        journal.note(RoomName(name), "mark")
    assert journal.after(WARD, 0) == []
