"""The hand-off in the large: a hundred claims at once, kill -9 during a relay, any order of events."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import seed

from bot.envelope import Person
from tests.handoff.inside import HELPDESK, house
from tests.handoff.test_invariants import HandOff, attempt, on_postgres
from tests.postgres import PostgresServer
from tests.soak.pairs import ADMIN, Pair, open_desk
from tests.soak.scale import Say, chance, scaled
from tests.soak.stored import left_of_relays, schema
from tests.soak.users import until
from tests.soak.world import World, world

pytestmark = pytest.mark.soak
ROUNDS = 50
CROWD = tuple(Person(f"id-{n}", f"Agent {n}") for n in range(100))
KILLS = 100
PAIRS = 6
PAUSE = 0.8  # seconds at most between what a pair says
ORDERS, ORDERS_ON_POSTGRES = 600, 60


async def test_claims_on_sqlite(tmp_path: Path, say: Say) -> None:
    """SQLite: of a hundred who claim one case at once, at two servers, one wins, time after time."""
    await claim_many(f"sqlite:///{tmp_path}/claims.db", say)


async def test_claims_on_postgres(postgres: PostgresServer, say: Say) -> None:
    """PostgreSQL: the same."""
    await claim_many(await schema(postgres, "claims"), say)


async def claim_many(url: str, say: Say) -> None:
    """Round after round with another user; the others read who has the case, and each side hears of one claim."""
    rng, rounds = chance("claims", say), scaled(ROUNDS)
    winners: Counter[str] = Counter()
    async with house(replicas=2, url=url) as home:
        await home.bind({"helpdesk": HELPDESK}, *CROWD)
        for number in range(rounds):
            user = f"user{number}"
            case = await home.open_case(user)
            start, crowd = home.mark, rng.sample(CROWD, len(CROWD))
            claims = [home.staff(who, "claim", case, at=rng.randrange(2), settle=False) for who in crowd]
            answers = await asyncio.gather(*claims)
            await home.settle()
            winner = (await home.case(case)).agent
            assert winner is not None
            assert sum(answer.endswith(f"{winner.name} has this case already.") for answer in answers) == 99
            assert home.seen(HELPDESK, start).count("has taken this case") == 1
            assert home.seen(user, start).count("from the helpdesk is here now") == 1
            winners[winner.name] += 1
            await home.staff(winner, "close", case, ending="solved")
    say(f"  {rounds} rounds of 100 claims, {len(winners)} different winners")


async def test_kill_during_a_relay_on_sqlite(tmp_path: Path, say: Say) -> None:
    """SQLite: whatever either side was acknowledged arrives on the other, in order, copied only by a kill."""
    async with world(tmp_path) as w:
        await kill_many(w, chance("kill during a relay on SQLite", say), say)


async def test_kill_during_a_relay_on_postgres(tmp_path: Path, postgres: PostgresServer, say: Say) -> None:
    """PostgreSQL: the same; what a dead process had in hand is taken over when its lease has ended."""
    async with world(tmp_path, await schema(postgres, "relays")) as w:
        await kill_many(w, chance("kill during a relay on PostgreSQL", say), say)


async def kill_many(w: World, rng: random.Random, say: Say) -> None:
    """Pairs write to each other all the time; process after process is killed; the last one may finish the work."""
    kills = scaled(KILLS)
    w.settings["ADMINS"] = ADMIN["aadObjectId"]
    pairs = [Pair(w, number, random.Random(rng.random())) for number in range(PAIRS)]
    over = asyncio.Event()
    server = await w.begin()
    await open_desk(w, pairs)
    async with asyncio.TaskGroup() as tasks:
        for pair in pairs:
            tasks.create_task(pair.live(over.is_set, PAUSE))
        for _ in range(kills):
            await asyncio.sleep(rng.uniform(0.0, 0.8))
            # Behind the connector's acceptance, as near to our mark as can be: where a second copy comes from.
            await w.connector.wait_requests(w.connector.requests + rng.randrange(1, 6), seconds=120.0)
            await w.kill(server)
            server = await w.begin()
        over.set()
    assert await until(lambda: all(pair.arrived() for pair in pairs), 150.0)
    await w.all_sent()
    await w.end()
    twice = [copy for pair in pairs for copy in pair.check()]
    assert all(one.authorization != two.authorization for one, two in twice), "a copy without a death"
    died = [(one.conversation, one.authorization) for one, _ in twice]
    assert len(set(died)) == len(died), "two copies in a conversation for one death"
    assert await left_of_relays(w.database) == 0
    counts = [sum(counts) for counts in zip(*((p.said, p.answered, p.noted) for p in pairs), strict=True)]
    say(f"  {kills} kills, (said, answered, noted) = {counts}, {w.redelivered} deliveries again, {len(twice)} copies")


def test_any_hand_off(say: Say) -> None:
    """Any order of what users, agents, timers, faults, redeliveries and restarts do keeps the hand-off's promises."""
    number = chance("any hand-off", say).getrandbits(32)
    attempt(seed(number)(type("Any", (HandOff,), {})), scaled(ORDERS), 40, again=False)


def test_any_hand_off_on_postgres(postgres: PostgresServer, say: Say) -> None:
    """So it does with two replicas on PostgreSQL."""
    number = chance("any hand-off on PostgreSQL", say).getrandbits(32)
    attempt(seed(number)(on_postgres(postgres, f"soak_{number}")), scaled(ORDERS_ON_POSTGRES), 40, again=False)
