"""What a scenario's file says, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from load_tests.load.scenario import Picture, ScenarioError, picture_of, read_scenario

SCENARIOS = sorted((Path(__file__).parents[4] / "load_tests/scenarios").glob("*.toml"))
PLAIN = """
duration_s = 5
joining_s = 3
[[rooms]]
count = 2
people = [{ count = 2, voice = true, picture = "640x360@15:400" }, { voice = true }]
"""


def test_people_join_at_an_even_pace_the_rooms_in_turn() -> None:
    scenario = read_scenario(PLAIN)
    names = [(person.room, person.name, person.joins_at_s) for person in scenario.people]
    assert names == [
        ("load-1", "r1p1", 0.0),
        ("load-2", "r2p1", 0.6),
        ("load-1", "r1p2", 1.2),
        ("load-2", "r2p2", pytest.approx(1.8)),
        ("load-1", "r1p3", 2.4),
        ("load-2", "r2p3", 3.0),
    ]
    assert scenario.joining_s == 3.0


def test_everybody_receives_everything_but_their_own() -> None:
    # A room: five streams of three people, each heard by the two others.
    assert read_scenario(PLAIN).streams_expected() == 2 * (2 * 5)


def test_the_pictures_that_are_needed_are_told_once() -> None:
    assert read_scenario(PLAIN).pictures == {Picture(640, 360, 15, 400)}
    assert picture_of("640x360@15:400").name == "640x360@15:400"


def test_what_is_left_out_is_nothing() -> None:
    scenario = read_scenario("duration_s = 1\nrooms = [{ people = [{}] }]")
    assert (scenario.title, scenario.network, scenario.probe_s, scenario.targets) == ("", None, 0.0, {})
    assert scenario.joining_s == 0.0
    assert scenario.pictures == frozenset()
    assert scenario.streams_expected() == 0


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("duration_s =", "no TOML"),
        ("colour = 1", "nobody knows colour"),
        ("", "the scenario: duration_s"),
        ("duration_s = true", "duration_s"),
        ("duration_s = -1", "duration_s"),
        ("duration_s = 1", "1 to 1000 people"),
        ("duration_s = 0\nrooms = [{ people = [{}] }]", "a scenario lasts"),
        ("duration_s = 1\nrooms = [{ people = [{ count = 1001 }] }]", "1 to 1000 people"),
        ("duration_s = 1\nrooms = [{ count = 0 }]", "rooms: count"),
        ('duration_s = 1\nrooms = [{ people = [{ count = "2" }] }]', "rooms.people: count"),
        ('duration_s = 1\nnetwork = "carrier pigeon"', "no profile 'carrier pigeon'"),
        ("duration_s = 1\nrooms = [{ people = [{}] }]\nprobe = { seconds = '1' }", "probe: seconds"),
        ("duration_s = 1\nrooms = [{ people = [{}] }]\ntargets = { happiness = 1 }", "measures happiness"),
        ("duration_s = 1\nrooms = [{ people = [{}] }]\ntargets = { voice_loss = '1' }", "voice_loss"),
    ],
)
def test_what_cannot_be_done_is_said(text: str, sentence: str) -> None:
    with pytest.raises(ScenarioError, match=sentence):
        read_scenario(text)


@pytest.mark.parametrize("text", ["big", "640x360@15", "641x360@15:400", "640x361@15:400", "640x360@0:400"])
def test_a_picture_has_even_sides_frames_and_a_rate(text: str) -> None:
    with pytest.raises(ScenarioError, match=r"640|big|641"):
        picture_of(text)


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_the_scenarios_that_are_there_can_be_read_and_judge_something(path: Path) -> None:
    scenario = read_scenario(path.read_text())
    assert scenario.title and scenario.targets
    assert scenario.streams_expected()


def test_the_scenarios_that_were_asked_for_are_there() -> None:
    names = {path.stem for path in SCENARIOS}
    assert names >= {"ten_consultations", "thirty_rooms", "lecture", "rural_evening", "join_storm"}


def test_the_first_room_also_receives_the_probe() -> None:
    assert read_scenario(f"{PLAIN}\n[probe]\nseconds = 5").streams_expected() == 2 * (2 * 5) + 3
