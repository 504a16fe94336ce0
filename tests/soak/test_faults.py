"""A connector that answers 429, 412, 5xx, hangs, or cuts the connection, also after it accepted."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from tests.soak.faulty import FaultyConnector
from tests.soak.scale import Say, chance, scaled
from tests.soak.stored import check_stored
from tests.soak.users import User, arrived, copies
from tests.soak.world import world

pytestmark = pytest.mark.soak
ACTS = 80  # of each user
HANGS = 10
SHARE = 0.35  # of all requests fail
USERS = 12


async def test_connector_faults(tmp_path: Path, say: Say) -> None:
    """Every owed reply arrives, in order; a second copy only where a fault hid that the first was accepted."""
    rng = chance("connector faults", say)
    connector = FaultyConnector(random.Random(rng.random()), SHARE, scaled(HANGS))
    async with world(tmp_path, connector=connector) as w:
        acts = scaled(ACTS)
        await w.begin()
        users = [User(w, number, random.Random(rng.random())) for number in range(USERS)]
        await asyncio.gather(*(user.open() for user in users))
        await asyncio.gather(*(user.live_for(acts) for user in users))
        await arrived(users, 60.0 + 6.0 * acts)
        again = 0
        for user in users:
            for one, _ in (twice := copies(user)):
                assert connector.forgiven[user.id, user.what(one)] == 1, f"{user.id}: a copy without a fault"
            again += len(twice)
        assert again == connector.forgiven.total()
        await w.end()
        await check_stored(w.database, users)
        acknowledged = sum(user.done + 1 for user in users)
        say(f"  {acknowledged} acknowledged, {dict(connector.given)}, {again} second copies")
