"""A disk that is full for a while, and a clock that jumps, under load."""

from __future__ import annotations

import asyncio
import random
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.process import ROOT, Server
from tests.soak.scale import Say, chance, scaled
from tests.soak.stored import check_stored
from tests.soak.test_kill import PAUSE, USERS
from tests.soak.users import User, arrived, copies
from tests.soak.world import world

pytestmark = pytest.mark.soak
TIMES_FULL = 40
JUMPS = 60
HOUR, DAY = 3600.0, 86400.0


async def test_disk_full(tmp_path: Path, say: Say) -> None:
    """What was acknowledged is there when there is room again, sent once; /readyz says 503 as long as there is none."""
    rng = chance("disk full", say)
    times = scaled(TIMES_FULL, 3)
    async with world(tmp_path) as w, asyncio.TaskGroup() as tasks, aiohttp.ClientSession() as session:
        server = await w.begin()
        users = [User(w, number, random.Random(rng.random())) for number in range(USERS)]
        await asyncio.gather(*(user.open() for user in users))
        over = asyncio.Event()
        lives = [tasks.create_task(user.live(over.is_set, PAUSE)) for user in users]
        for number in range(times):
            await asyncio.sleep(rng.uniform(0.2, 2.0))
            # Nothing at all can be written, or only the first part of each file: what SQLite writes then is torn.
            with full(server, 0 if number % 2 else rng.randrange(0, 200_000)):
                await asyncio.sleep(rng.uniform(0.2, 3.0))
                if number % 2:
                    assert await ready(session, server) == 503
        over.set()
        await asyncio.gather(*lives)
        assert await ready(session, server) == 200
        await arrived(users)
        await w.end()
        assert [twice for user in users for twice in copies(user)] == []
        await check_stored(w.database, users)
        acknowledged = sum(user.done + 1 for user in users)
        say(f"  {times} times full, {acknowledged} acknowledged, {w.refused} refused, no second copy")


async def test_clock_jumps(tmp_path: Path, say: Say) -> None:
    """Set the clock by seconds or by years: no turn is lost, no reply sent twice, set aside, or held back for long.

    While it is far off, tokens look out of date and are refused, as they must be.
    """
    rng = chance("clock jumps", say)
    wrong, jumps = tmp_path / "clock", scaled(JUMPS)
    async with world(tmp_path) as w, asyncio.TaskGroup() as tasks:
        w.environment = {
            "PYTHONPATH": f"{Path(__file__).parent / 'clock'}:{ROOT}",
            "WRONG_CLOCK": str(wrong),
        }
        w.not_now = frozenset({401})
        await w.begin()
        users = [User(w, number, random.Random(rng.random())) for number in range(USERS)]
        await asyncio.gather(*(user.open() for user in users))
        over = asyncio.Event()
        lives = [tasks.create_task(user.live(over.is_set, PAUSE)) for user in users]
        for _ in range(jumps):
            far = rng.choice((250.0, 250.0, HOUR, DAY, 400 * DAY, 3000 * DAY))
            set_clock(wrong, rng.uniform(-far, far))
            await asyncio.sleep(rng.uniform(0.2, 2.0))
            set_clock(wrong, rng.choice((0.0, rng.uniform(-200.0, 200.0))))
            await asyncio.sleep(rng.uniform(0.2, 1.0))
        set_clock(wrong, 0.0)
        over.set()
        await asyncio.gather(*lives)
        await arrived(users)
        await w.end()
        assert [twice for user in users for twice in copies(user)] == []
        await check_stored(w.database, users)
        acknowledged = sum(user.done + 1 for user in users)
        say(f"  {jumps} jumps, {acknowledged} acknowledged, {w.redelivered} deliveries again, no second copy")


@contextmanager
def full(server: Server, beyond: int) -> Iterator[None]:
    """The server can write nothing beyond so many bytes of a file."""
    pid, most = server.process.pid, resource.RLIM_INFINITY
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (beyond, most))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, most))


async def ready(session: aiohttp.ClientSession, server: Server) -> int:
    """What /readyz says."""
    async with session.get(f"{server.url}/readyz") as response:
        return response.status


def set_clock(file: Path, seconds: float) -> None:
    """The server's clock is so much ahead (or behind) from now on."""
    new = file.with_suffix(".new")
    new.write_text(str(seconds))
    new.rename(file)
