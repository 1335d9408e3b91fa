"""What a browser is asked and must bring back soon."""

from __future__ import annotations

from signaling.auth.short_lived import ShortLived


def test_a_value_is_taken_once() -> None:
    kept: ShortLived[str] = ShortLived(life_ms=10)
    kept.put("a", "1", 0)
    assert kept.look("a", 9) == "1"
    assert (kept.take("a", 9), kept.take("a", 9)) == ("1", None)
    assert kept.look("a", 9) is None


def test_a_value_is_gone_when_its_time_is_over() -> None:
    kept: ShortLived[str] = ShortLived(life_ms=10)
    kept.put("a", "1", 0)
    assert (kept.look("a", 10), kept.take("a", 10)) == (None, None)


def test_the_last_value_of_a_key_counts() -> None:
    kept: ShortLived[str] = ShortLived(life_ms=10)
    kept.put("a", "1", 0)
    kept.put("a", "2", 5)
    assert (kept.take("a", 14), len(kept)) == ("2", 0)


def test_the_oldest_makes_room() -> None:
    kept: ShortLived[int] = ShortLived(max_kept=2)
    for number in range(3):
        kept.put(str(number), number, number)
    assert [kept.take(str(number), 3) for number in range(3)] == [None, 1, 2]
