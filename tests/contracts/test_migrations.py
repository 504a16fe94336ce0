"""How a database is brought up to date: by one process at a time, and never backwards."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys

import asyncpg
import pytest

from bot.errors import DatabaseTooNew, StoreUnavailable
from bot.storage.migrations import MIGRATIONS, NEWEST
from bot.storage.registry import make_store

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


async def _set_number(url: str, number: int) -> None:
    if url.startswith("sqlite"):
        await asyncio.to_thread(_set_sqlite, url.removeprefix("sqlite:///"), number)
        return
    connection = await asyncpg.connect(url)
    await connection.execute("INSERT INTO helpbot_schema (number) VALUES ($1)", number)
    await connection.close()


def _set_sqlite(path: str, number: int) -> None:
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {number}")
    connection.close()
