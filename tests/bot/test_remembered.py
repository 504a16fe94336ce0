"""Remembered states: bounded, and put aside where they do not hold."""

from __future__ import annotations

from bot.remembered import Remembered
from bot.storage.base import Loaded


def test_newest_is_given() -> None:
    """What was kept last is given, until it is forgotten."""
    memory = Remembered()
    memory.keep("k", 1, {"n": 1}, trusted=False)
    memory.keep("k", 2, {"n": 2}, trusted=True)
    assert memory.get("k") == Loaded({"n": 2}, 2)
    memory.forget("k")
    assert memory.get("k") is None


def test_bounded() -> None:
    """The conversation used longest ago goes first."""
    memory = Remembered(most=2)
    for key in ("a", "b", "a", "c"):
        memory.keep(key, 1, {}, trusted=False)
    assert [memory.get(key) is not None for key in ("a", "b", "c")] == [True, False, True]


def test_put_aside_where_others_write_too_and_tried_again() -> None:
    """When what is remembered is often out of date it is not used for long, and then tried again."""
    memory = Remembered()
    for _ in range(3):
        memory.keep("k", 1, {}, trusted=False)
        memory.forget("k", stale=True)
    memory.keep("k", 1, {}, trusted=False)
    tries = 0
    while memory.get("k") is None:
        tries += 1
        assert tries < 10_000
    assert tries > 100


def test_good_ones_win_trust_back() -> None:
    """A rare miss among many hits changes nothing."""
    memory = Remembered()
    for number in range(1000):
        memory.keep("k", number, {}, trusted=True)
        assert memory.get("k") is not None
        if number % 20 == 0:
            memory.forget("k", stale=True)
