"""Calls that share a statement."""

from __future__ import annotations

import asyncio

from bot.storage.postgres_link import Grouped


async def test_what_arrives_together_shares_one_statement() -> None:
    """All that wait when one begins are in it, each with its own result; what comes meanwhile is in the next one."""
    statements: list[list[int]] = []

    async def run(items: list[int]) -> list[int]:
        statements.append(items)
        await asyncio.sleep(0.01)
        return [-item for item in items]

    grouped = Grouped(run)

    async def later() -> int:
        await asyncio.sleep(0.005)
        return await grouped(4)

    found = await asyncio.gather(grouped(1), grouped(2), grouped(3), later())
    assert list(found) == [-1, -2, -3, -4]
    assert statements == [[1, 2, 3], [4]]


async def test_nobody_waits_for_a_call_that_never_comes() -> None:
    """Whoever calls again the moment the last statements have ended is served, though nobody else calls after them."""
    gate = asyncio.Event()

    async def run(items: list[int]) -> list[int]:
        await gate.wait()
        return items

    grouped = Grouped(run)

    async def caller(number: int) -> list[int]:
        return [await grouped(number), await grouped(-number)]

    callers = [asyncio.create_task(caller(number)) for number in range(1, 4)]
    await asyncio.sleep(0)
    gate.set()
    async with asyncio.timeout(5):
        found = await asyncio.gather(*callers)
    assert found == [[number, -number] for number in range(1, 4)]
    await grouped.drain()
