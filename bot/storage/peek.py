"""What stands in a database, looked at without changing anything: for commands that only report."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bot.errors import StoreUnavailable
from bot.storage.codec import load_address
from bot.storage.postgres_link import Connection, Link

DESKS = "SELECT queue, address FROM desks ORDER BY queue"
DESKS_SINCE = 2  # the step of the schema that brought them
INSTALLED = "SELECT name FROM kept WHERE name LIKE 'slack/installed/%' ORDER BY name"
KEPT_SINCE = 3


@dataclass(frozen=True, slots=True)
class Schema:
    """number: the migration that was run last, 0 for none. may_write: whether we may make and change tables there."""

    number: int
    may_write: bool


async def schema(database_url: str) -> Schema:
    """The schema of a database whose address is as HELPBOT_DATABASE_URL has it. Raises StoreUnavailable."""
    scheme, _, rest = database_url.partition("://")
    if scheme == "sqlite":
        return await asyncio.to_thread(_sqlite, Path(rest[1:]))
    link = Link(database_url, size=1)
    await link.open()
    try:
        return await link.run(_postgres)
    finally:
        await link.close()


async def desks(database_url: str) -> dict[str, str]:
    """Queue -> the key of the channel where its staff sit; empty where the tables are not there yet."""
    if (await schema(database_url)).number < DESKS_SINCE:
        return {}
    scheme, _, rest = database_url.partition("://")
    if scheme == "sqlite":
        found = await asyncio.to_thread(_read, Path(rest[1:]), DESKS)
    else:
        link = Link(database_url, size=1)
        await link.open()
        try:
            found = await link.fetch(DESKS)
        finally:
            await link.close()
    return {queue: load_address(address).key for queue, address in found}


async def installed(database_url: str) -> list[str]:
    """The workspaces and organizations in which the Slack app is installed by sign-in."""
    if (await schema(database_url)).number < KEPT_SINCE:
        return []
    scheme, _, rest = database_url.partition("://")
    if scheme == "sqlite":
        found = await asyncio.to_thread(_read, Path(rest[1:]), INSTALLED)
    else:
        link = Link(database_url, size=1)
        await link.open()
        try:
            found = await link.fetch(INSTALLED)
        finally:
            await link.close()
    return [name.rpartition("/")[2] for (name,) in found]


async def _postgres(connection: Connection) -> Schema:
    """A user who does not own the schema `public` may not make tables there since PostgreSQL 15."""
    async with connection.transaction():
        await connection.execute("SET TRANSACTION READ ONLY")
        number = 0
        if await connection.fetchval("SELECT to_regclass('helpbot_schema') IS NOT NULL"):
            number = await connection.fetchval("SELECT max(number) FROM helpbot_schema")
        may = await connection.fetchval("SELECT has_schema_privilege(current_schema(), 'CREATE')")
    return Schema(number or 0, bool(may))


def _sqlite(path: Path) -> Schema:
    """A file that is not there yet is made at the start, if its folder lets us."""
    if str(path) == ":memory:":
        return Schema(0, may_write=True)
    may_write = os.access(path.parent, os.W_OK) and (not path.exists() or os.access(path, os.R_OK | os.W_OK))
    if not path.exists():
        if not path.parent.is_dir():
            raise StoreUnavailable(f"{path.parent}: there is no such folder; make it, writable for the bot")
        return Schema(0, may_write)
    return Schema(_read(path, "PRAGMA user_version", "SELECT count(*) FROM sqlite_schema")[0][0], may_write)


def _read(path: Path, statement: str, *others: str) -> list[Any]:
    """What a statement gives; the others are only tried."""
    # Without a log beside it nobody writes now, and the file is all there is; opened so, nothing is made beside it.
    mode = "mode=ro" if path.with_name(path.name + "-wal").exists() else "mode=ro&immutable=1"
    try:
        connection = sqlite3.connect(f"file:{quote(str(path))}?{mode}", uri=True, timeout=5)
        try:
            found = connection.execute(statement).fetchall()
            for other in others:
                connection.execute(other).fetchone()
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise StoreUnavailable(f"{path}: {error}; give another file, or restore a backup") from error
    return found
