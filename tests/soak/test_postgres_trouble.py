"""PostgreSQL stopped and started under load; two replicas on one PostgreSQL, one of them killed again and again."""

from __future__ import annotations

import asyncio
import random
import signal
from pathlib import Path

import pytest

from tests.postgres import PostgresServer
from tests.soak.scale import Say, chance, scaled
from tests.soak.stored import check_stored, schema
from tests.soak.test_kill import PAUSE, USERS, check_copies
from tests.soak.users import User, arrived, copies
from tests.soak.world import world

pytestmark = pytest.mark.soak
STOPS = 30
KILLS = 30


async def test_postgres_stops_and_starts(tmp_path: Path, say: Say) -> None:
    """Nothing acknowledged is lost; and as the process lives, every reply is sent once."""
    rng = chance("PostgreSQL stops and starts", say)
    with PostgresServer() as postgres:
        async with world(tmp_path, await schema(postgres, "stops")) as w, asyncio.TaskGroup() as tasks:
            await w.begin()
            users = [User(w, number, random.Random(rng.random())) for number in range(USERS)]
            await asyncio.gather(*(user.open() for user in users))
            over = asyncio.Event()
            lives = [tasks.create_task(user.live(over.is_set, PAUSE)) for user in users]
            stops = scaled(STOPS)
            for _ in range(stops):
                await asyncio.sleep(rng.uniform(0.5, 3.0))
                await asyncio.to_thread(postgres.stop, rng.choice((signal.SIGINT, signal.SIGQUIT)))
                await asyncio.sleep(rng.uniform(0.0, 3.0))
                await asyncio.to_thread(postgres.start)
            over.set()
            await asyncio.gather(*lives)
            await arrived(users)
            await w.end()
            assert [twice for user in users for twice in copies(user)] == []
            await check_stored(w.database, users)
            acknowledged = sum(user.done + 1 for user in users)
            say(f"  {stops} stops, {acknowledged} acknowledged, {w.refused} refused, no second copy")


async def test_one_of_two_replicas_is_killed(tmp_path: Path, postgres: PostgresServer, say: Say) -> None:
    """The other takes over what the dead one had in hand; no turn is lost or done twice."""
    rng = chance("two replicas", say)
    async with world(tmp_path, await schema(postgres, "replicas")) as w, asyncio.TaskGroup() as tasks:
        await asyncio.gather(w.begin(), w.begin())
        users = [User(w, number, random.Random(rng.random())) for number in range(USERS)]
        await asyncio.gather(*(user.open() for user in users))
        over = asyncio.Event()
        lives = [tasks.create_task(user.live(over.is_set, PAUSE)) for user in users]
        kills = scaled(KILLS)
        for _ in range(kills):
            await asyncio.sleep(rng.uniform(0.5, 3.0))
            await w.connector.wait_requests(w.connector.requests + rng.randrange(1, 10), seconds=120.0)
            await w.kill(rng.choice(w.serving))
            await w.begin()
        over.set()
        await asyncio.gather(*lives)
        await w.kill(rng.choice(w.serving))  # the last one stays dead: the other one has to take over
        await arrived(users)
        await w.end()
        again = check_copies(users)
        await check_stored(w.database, users)
        acknowledged = sum(user.done + 1 for user in users)
        say(f"  {kills + 1} kills, {acknowledged} acknowledged, {w.redelivered} delivered again, {again} second copies")
