"""kill -9 at random moments under load: what was acknowledged is never lost, and never done twice."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from pathlib import Path

import pytest

from tests.postgres import PostgresServer
from tests.soak.scale import Say, chance, scaled
from tests.soak.stored import check_stored, schema
from tests.soak.users import User, arrived, copies
from tests.soak.world import World, world

pytestmark = pytest.mark.soak
KILLS = 200
USERS = 12
PAUSE = 0.6  # seconds at most between what a user does


async def test_kill_on_sqlite(tmp_path: Path, say: Say) -> None:
    """SQLite: each acknowledged activity has its effect once, its reply comes, in order, copied only by a kill."""
    async with world(tmp_path) as w:
        await kill_many(w, chance("kill on SQLite", say), say)


async def test_kill_on_postgres(tmp_path: Path, postgres: PostgresServer, say: Say) -> None:
    """PostgreSQL: the same; what a dead process had in hand is taken over when its lease has ended."""
    async with world(tmp_path, await schema(postgres, "kill")) as w:
        await kill_many(w, chance("kill on PostgreSQL", say), say)


async def kill_many(w: World, rng: random.Random, say: Say) -> None:
    """Users act all the time; process after process is killed; the last one may finish the work."""
    kills = scaled(KILLS)
    users = [User(w, number, random.Random(rng.random())) for number in range(USERS)]
    over = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        first = tasks.create_task(w.begin())
        for user in users:
            await user.open()
        for user in users:
            tasks.create_task(user.live(over.is_set, PAUSE))
        server = await first
        kinds: Counter[str] = Counter()
        for _ in range(kills):
            kind = rng.choice(("starting", "any time", "any time", "delivering", "delivering"))
            kinds[kind] += 1
            if kind == "starting":
                await w.kill(server)
                server = await w.spawn()
                await asyncio.sleep(rng.uniform(0.0, 1.2))
            else:
                await asyncio.sleep(rng.uniform(0.0, 1.2))
            if kind == "delivering":
                # Behind the connector's acceptance, as near to our mark as can be: where a second copy comes from.
                await w.connector.wait_requests(w.connector.requests + rng.randrange(1, 10), seconds=120.0)
            await w.kill(server)
            server = await w.begin()
        over.set()
    await arrived(users)
    await w.end()
    again = check_copies(users)
    await check_stored(w.database, users)
    acknowledged = sum(user.done + 1 for user in users)
    say(
        f"  {kills} kills {dict(kinds)}, {len(w.started)} processes, {acknowledged} acknowledged,"
        f" {w.redelivered} deliveries again, {again} second copies"
    )


def check_copies(users: list[User]) -> int:
    """A second copy comes from another process than the first, at most one in a conversation for each that died.

    The token that a card was sent with tells the process: each fetches one of its own.
    """
    count = 0
    for user in users:
        twice = copies(user)
        count += len(twice)
        died = [one.authorization for one, _ in twice]
        assert len(set(died)) == len(died), f"{user.id}: two copies for one death"
        assert all(one.authorization != two.authorization for one, two in twice), f"{user.id}: a copy without a death"
    return count
