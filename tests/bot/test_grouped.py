"""Calls that share a statement."""

from __future__ import annotations

import asyncio

from bot.storage.postgres_link import AT_ONCE, Grouped


async def test_nobody_waits_for_a_call_that_never_comes() -> None:
    """Whoever calls again the moment the last statements have ended is served, though nobody else calls after them."""
    gate = asyncio.Event()

    async def run(items: list[int]) -> list[int]:
        await gate.wait()
        return items

    grouped = Grouped(run)

    async def caller(number: int) -> list[int]:
        return [await grouped(number), await grouped(-number)]

    callers = [asyncio.create_task(caller(number)) for number in range(1, AT_ONCE + 3)]
    await asyncio.sleep(0)
    gate.set()
    async with asyncio.timeout(5):
        found = await asyncio.gather(*callers)
    assert found == [[number, -number] for number in range(1, AT_ONCE + 3)]
    await grouped.drain()
