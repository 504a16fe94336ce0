"""What stands in a database at the end of a campaign, read past our own code."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import asyncpg

from tests.postgres import PostgresServer, make_schema
from tests.soak.users import User

_CONVERSATIONS = "SELECT key, state FROM conversations"
_UNDELIVERED = "SELECT count(*) FROM messages WHERE state NOT IN ('delivered', 'internal')"
_LEFT = "SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM aside)"


async def schema(server: PostgresServer, name: str) -> str:
    """The URL of a database of its own for a campaign."""
    return await asyncio.to_thread(make_schema, server, name)


async def check_stored(database: str, users: Sequence[User]) -> None:
    """Each conversation stands at the turn of its last card, and nothing waits or was set aside."""
    rows, left = await _read(database)
    stand = {key: (json.loads(state) if isinstance(state, str) else state)["turn"] for key, state in rows}
    assert stand == {user.key: user.turn for user in users}
    assert left == 0


async def left_of_relays(database: str) -> int:
    """Rows that wait or were set aside, and messages of cases that are neither delivered nor meant to stay inside."""
    _, rows = await _read(database)
    _, messages = await _read(database, _UNDELIVERED)
    return rows + messages


async def _read(database: str, count: str = _LEFT) -> tuple[list[tuple[str, Any]], int]:
    if database.startswith("sqlite:///"):
        with closing(sqlite3.connect(database.removeprefix("sqlite:///"))) as connection:
            return connection.execute(_CONVERSATIONS).fetchall(), connection.execute(count).fetchone()[0]
    link = await asyncpg.connect(database)
    try:
        return [tuple(row) for row in await link.fetch(_CONVERSATIONS)], await link.fetchval(count)
    finally:
        await link.close()
