"""Looking at a database without changing it: one suite over both kinds."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import asyncpg
import pytest

from bot.envelope import Address
from bot.errors import StoreUnavailable
from bot.storage.cases import Desk
from bot.storage.migrations import NEWEST
from bot.storage.peek import Schema, desks, schema
from bot.storage.registry import make_store
from tests.postgres import PostgresServer, make_schema


def names(folder: Path) -> list[str]:
    """The files of a folder."""
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def not_ours(postgres: PostgresServer) -> str:
    """A schema that belongs to somebody else."""
    return make_schema(postgres, "not_ours")


async def test_an_empty_database_stays_empty(database_url: str, tmp_path: Path) -> None:
    """Nothing there is number 0, and looking makes no table and no file."""
    assert await schema(database_url) == Schema(0, may_write=True)
    assert await schema(database_url) == Schema(0, may_write=True)
    assert names(tmp_path) == []
    if database_url.startswith("postgresql"):
        connection = await asyncpg.connect(database_url)
        assert await connection.fetchval("SELECT to_regclass('helpbot_schema')") is None
        await connection.close()


async def test_a_migrated_database(database_url: str, tmp_path: Path) -> None:
    """The newest step's number is told while a bot has the database open, and afterwards; no file comes or goes."""
    store = make_store(database_url)
    await store.open()
    before = names(tmp_path)
    assert await schema(database_url) == Schema(NEWEST, may_write=True)
    assert names(tmp_path) == before
    await store.ping()
    await store.close()
    before = names(tmp_path)
    assert await schema(database_url) == Schema(NEWEST, may_write=True)
    assert names(tmp_path) == before


async def test_a_newer_database(database_url: str) -> None:
    """The number of a newer version of the bot is told as it is."""
    store = make_store(database_url)
    await store.open()
    await store.close()
    if database_url.startswith("sqlite"):
        with sqlite3.connect(database_url.removeprefix("sqlite:///")) as db:
            db.execute(f"PRAGMA user_version = {NEWEST + 1}")
        db.close()
    else:
        connection = await asyncpg.connect(database_url)
        await connection.execute("INSERT INTO helpbot_schema (number) VALUES ($1)", NEWEST + 1)
        await connection.close()
    assert await schema(database_url) == Schema(NEWEST + 1, may_write=True)


async def test_a_user_who_may_not_make_tables(not_ours: str) -> None:
    """Whether the bot's user may make tables in its schema is told before a migration fails for it."""
    connection = await asyncpg.connect(not_ours)
    await connection.execute("CREATE ROLE guest LOGIN; GRANT USAGE ON SCHEMA not_ours TO guest")
    await connection.close()
    assert await schema(not_ours.replace("postgres@", "guest@")) == Schema(0, may_write=False)


@pytest.mark.parametrize(
    ("name", "told"), [("none/helpbot.db", "there is no such folder"), ("notes.db", "file is not a database")]
)
async def test_no_database_of_sqlite(tmp_path: Path, name: str, told: str) -> None:
    """A folder that is not there, and a file that is no database, are told."""
    (tmp_path / "notes.db").write_text("Not a database, but long enough to be looked at as one by SQLite." * 20)
    with pytest.raises(StoreUnavailable, match=told):
        await schema(f"sqlite:///{tmp_path / name}")


async def test_no_server(tmp_path: Path) -> None:
    """A server that is away is told without the address, which may hold a password."""
    with pytest.raises(StoreUnavailable) as caught:
        await schema(f"postgresql://bot:not-to-be-seen@/helpbot?host={tmp_path}")
    assert "not-to-be-seen" not in str(caught.value)


async def test_desks_are_read_without_changing_anything(database_url: str) -> None:
    """None where nothing is there yet; else each queue's channel."""
    assert await desks(database_url) == {}
    store = make_store(database_url)
    await store.open()
    await store.bind_desk(Desk("q", Address("teams", "t", "19:x", True), "p", 1.0))
    await store.close()
    assert await desks(database_url) == {"q": "teams|t|19:x"}
