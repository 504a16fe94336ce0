"""How a database is brought up to date: by one process at a time, and never backwards."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Iterable

import asyncpg
import pytest

from bot.envelope import Address
from bot.errors import DatabaseTooNew, StoreUnavailable
from bot.storage.base import Loaded
from bot.storage.migrations import MIGRATIONS, NEWEST
from bot.storage.registry import make_store

ADDRESS = Address("teams", "t", "a:1", details={"serviceUrl": "https://x"})
# What a database of the first step may hold; `day` is PostgreSQL's alone.
FILLED = (
    """INSERT INTO conversations VALUES
        ('teams|t|a:1', '{"n": 1}', 3, '["teams","t","a:1",false,{"serviceUrl":"https://x"}]', 1, 5.0 DAY)""",
    """INSERT INTO outbox (key, seq, kind, payload, created)
        VALUES ('teams|t|a:1', 1, 'send', '{"text": "hi"}', 5.0)""",
    "INSERT INTO lanes (key, holder, wake, since) VALUES ('teams|t|a:1', '', 5.0, 5.0)",
)
OPEN = """
import asyncio, sys
from bot.storage.registry import make_store

async def main():
    store = make_store(sys.argv[1])
    sys.stdin.readline()
    await store.open()
    print((await store.load("k", "e")).version)
    await store.close()

asyncio.run(main())
"""


def test_steps_are_numbered_without_gaps() -> None:
    """Every step has the next number, and both dialects."""
    assert [step.number for step in MIGRATIONS] == list(range(1, len(MIGRATIONS) + 1))
    assert all(step.sqlite and step.postgres for step in MIGRATIONS)


def test_processes_that_start_together_migrate_once(database_url: str) -> None:
    """Four processes that open one empty database at the same moment all find it complete."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN, database_url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    assert [process.communicate(timeout=60)[0].strip() for process in processes] == ["0"] * 4
    assert [process.returncode for process in processes] == [0] * 4


async def test_a_newer_database_is_refused(database_url: str) -> None:
    """A schema that a newer bot made is left alone, and the error says both numbers and what to do."""
    store = make_store(database_url)
    await store.open()
    await store.close()
    await _set_number(database_url, NEWEST + 1)
    store = make_store(database_url)
    with pytest.raises(DatabaseTooNew, match=rf"version {NEWEST + 1}.* knows {NEWEST};.*newer bot"):
        await store.open()
    with pytest.raises(StoreUnavailable):
        await store.ping()


async def test_opening_again_changes_nothing(database_url: str) -> None:
    """A database that is up to date is opened as it is, many times."""
    for _ in range(3):
        store = make_store(database_url)
        await store.open()
        await store.close()


async def test_an_older_database_keeps_what_it_holds(database_url: str) -> None:
    """A database of the first step is brought up to date; conversations and waiting rows are as they were."""
    first = MIGRATIONS[0]
    if database_url.startswith("sqlite"):
        statements = (*first.sqlite, *(statement.replace("DAY", "") for statement in FILLED), "PRAGMA user_version = 1")
        await asyncio.to_thread(_run_sqlite, database_url.removeprefix("sqlite:///"), statements)
    else:
        connection = await asyncpg.connect(database_url)
        await connection.execute("CREATE TABLE helpbot_schema (number integer PRIMARY KEY, at timestamptz)")
        await connection.execute("INSERT INTO helpbot_schema (number) VALUES (1)")
        for statement in (first.postgres, *(statement.replace("DAY", ", 0") for statement in FILLED)):
            await connection.execute(statement)
        await connection.close()
    store = make_store(database_url)
    await store.open()
    assert await store.load(ADDRESS.key, "e") == Loaded({"n": 1}, 3)
    (row,) = await store.claim("me", 9.0, 39.0, 10)
    assert (row.address, row.payload, row.lane) == (ADDRESS, {"text": "hi"}, ADDRESS.key)
    assert await store.sent(row.lane, row.seq, "", "me", 9.0) == []
    assert await store.cases() == []
    await store.close()


async def _set_number(url: str, number: int) -> None:
    if url.startswith("sqlite"):
        statement = f"PRAGMA user_version = {number}"
        await asyncio.to_thread(_run_sqlite, url.removeprefix("sqlite:///"), (statement,))
        return
    connection = await asyncpg.connect(url)
    await connection.execute("INSERT INTO helpbot_schema (number) VALUES ($1)", number)
    await connection.close()


def _run_sqlite(path: str, statements: Iterable[str]) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()
