"""The same activity again and again, and many at once in one conversation, to real processes."""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections import Counter
from pathlib import Path

import pytest

from bot.channels.teams_render import message as payload_of
from dialogs.engine import Engine
from dialogs.turn import Incoming, Outcome, State
from tests.postgres import PostgresServer
from tests.soak.scale import Say, chance, scaled
from tests.soak.stored import check_stored, schema
from tests.soak.users import OPENING, User, arrived, copies, turn_in
from tests.soak.world import Json, World, world
from tests.stand import finder, library

pytestmark = pytest.mark.soak
ACTS = 60  # of each user
USERS = 10
CROWDS = 40  # conversations
AT_ONCE = 10  # of them
WORDS = ("yes", "back", "no idea", "start over")
EACH = 5  # times each of these words: twenty messages
_TURN = re.compile(r'"turn": (\d+)')


class Insistent(World):
    """Delivers everything three times at once. `past`: what was acknowledged, with its answer."""

    past: list[tuple[Json, Json]]

    async def attempt(self, activity: Json) -> Json | None:
        """All three are answered alike."""
        answers = await asyncio.gather(*(World.attempt(self, activity) for _ in range(3)))
        known = [answer for answer in answers if answer is not None]
        assert all(answer == known[0] for answer in known), answers
        if known:
            self.past.append((activity, known[0]))
        return known[0] if known else None


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
async def test_same_activity_again(tmp_path: Path, store: str, postgres: PostgresServer, say: Say) -> None:
    """Three times at once, once more later, once more after a restart: one turn, one reply, one answer."""
    rng = chance(f"the same again, {store}", say)
    database = await schema(postgres, "again") if store == "postgres" else ""
    async with world(tmp_path, database, kind=Insistent) as w:
        assert isinstance(w, Insistent)
        w.past = []
        await asyncio.gather(*(w.begin() for _ in range(2 if database else 1)))
        users = [User(w, number, random.Random(rng.random())) for number in range(USERS)]
        await asyncio.gather(*(user.open() for user in users))
        await asyncio.gather(*(user.live_for(scaled(ACTS)) for user in users))
        for _ in range(2):
            for activity, answer in rng.sample(w.past, len(w.past) // 2):
                assert await World.attempt(w, activity) == answer
            await arrived(users)
            await w.end()
            await w.begin()
        await w.end()
        assert [twice for user in users for twice in copies(user)] == []
        await check_stored(w.database, users)
        say(f"  {len(w.past)} activities, each delivered three times and half of them again, twice")


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
async def test_twenty_messages_at_once(tmp_path: Path, store: str, postgres: PostgresServer, say: Say) -> None:
    """Twenty at once in one conversation: all that came is what the engine says in some order of the twenty.

    On PostgreSQL two replicas get them.
    """
    rng = chance(f"twenty at once, {store}", say)
    database = await schema(postgres, "crowd") if store == "postgres" else ""
    async with world(tmp_path, database) as w:
        await asyncio.gather(*(w.begin() for _ in range(2 if database else 1)))
        users = [User(w, number, rng) for number in range(scaled(CROWDS))]
        for start in range(0, len(users), AT_ONCE):
            crowd = users[start : start + AT_ONCE]
            await asyncio.gather(*(user.open() for user in crowd))
            await asyncio.gather(*(_all_at_once(w, user, rng) for user in crowd))
        await w.end()
        say(f"  {len(users)} conversations of {len(WORDS) * EACH} messages at once, {w.refused} refused for a while")


async def _all_at_once(w: World, user: User, rng: random.Random) -> None:
    words = list(WORDS) * EACH
    rng.shuffle(words)
    await asyncio.gather(*(w.deliver(user.says(text)) for text in words))
    engine = Engine(library(), finder())
    opening = await engine.run(None, Incoming(1_700_000_000.0, OPENING, locale="en-US"))
    first = min(turn_in(sent.body) for _, sent in user.came()[:1])
    await w.all_sent()
    came = [_shape(sent.body, first) for _, sent in user.came()]
    base = int(opening.state["turn"])
    assert came[:1] == _shapes(opening, base)
    assert await _some_order(engine, opening.state, base, came[1:], Counter(words), set()), came


async def _some_order(
    engine: Engine, state: State, base: int, came: list[str], left: Counter[str], tried: set[str]
) -> bool:
    """Whether the engine says all of `came` when it hears the words that are left, in some order."""
    if not left:
        return not came
    here = json.dumps([state, sorted(left.items()), len(came)], sort_keys=True)
    if here in tried:
        return False
    tried.add(here)
    for word in left:
        outcome = await engine.run(state, Incoming(1_700_000_001.0, word, locale="en-US"))
        said = _shapes(outcome, base)
        if came[: len(said)] == said and await _some_order(
            engine, outcome.state, base, came[len(said) :], left - Counter([word]), tried
        ):
            return True
    return False


def _shapes(outcome: Outcome, base: int) -> list[str]:
    """What an outcome sends: new cards, then the answered form of the one before."""
    cards = [reply.card for reply in outcome.replies] + ([outcome.replaced.card] if outcome.replaced else [])
    return [_shape(dict(payload_of(card)), base) for card in cards]


def _shape(body: Json, base: int) -> str:
    """A card with its turn counted from the conversation's first one."""
    card = json.dumps(body.get("attachments", body.get("text")), sort_keys=True)
    return _TURN.sub(lambda found: f'"turn": +{int(found[1]) - base}', card)
