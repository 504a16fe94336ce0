"""Time limits."""

from __future__ import annotations

import asyncio

import pytest

from bot.patience import Patience


async def inside(patience: Patience, seconds: float) -> str:
    """Take so long, within its limit."""
    with patience:
        await asyncio.sleep(seconds)
    return "done"


async def test_who_takes_too_long_is_stopped_and_nobody_else() -> None:
    """Of many tasks at once exactly those that are inside too long hear of it, each by its own beginning."""
    patience = Patience(0.2)
    early = [asyncio.create_task(inside(patience, seconds)) for seconds in (5, 0, 0.01, 5)]
    await asyncio.sleep(0.1)
    late = [asyncio.create_task(inside(patience, seconds)) for seconds in (0.15, 5, 0)]
    ended = await asyncio.gather(*early, *late, return_exceptions=True)
    assert [type(each) if isinstance(each, BaseException) else each for each in ended] == [
        *(TimeoutError, "done", "done", TimeoutError),
        *("done", TimeoutError, "done"),
    ]


async def test_it_can_be_used_again() -> None:
    """After everybody has left, a later task is timed as the first was, and one that was stopped goes on after it."""
    patience = Patience(0.05)
    for _ in range(2):
        assert await inside(patience, 0) == "done"
        with pytest.raises(TimeoutError):
            await inside(patience, 5)
        await asyncio.sleep(0.06)
    assert not asyncio.current_task().cancelling()  # type: ignore[union-attr]  # a test runs in a task


def test_it_outlives_an_event_loop() -> None:
    """A loop that ends with somebody inside takes nobody's time limit along."""
    patience = Patience(0.05)
    asyncio.run(inside(patience, 0))
    with pytest.raises(TimeoutError):
        asyncio.run(inside(patience, 5))


async def test_a_cancellation_stays_one() -> None:
    """A task that is cancelled from elsewhere is not told that it took too long; nor is its error changed."""
    patience = Patience(5)
    task = asyncio.create_task(inside(patience, 5))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(KeyError), patience:
        raise KeyError


async def test_limits_within_each_other() -> None:
    """The inner one ends what is inside; the outer one is none the wiser."""
    outer, inner = Patience(5), Patience(0.01)
    with outer:
        with pytest.raises(TimeoutError):
            await inside(inner, 5)
        assert await inside(inner, 0) == "done"
