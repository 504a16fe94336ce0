"""What stands in a database, looked at without changing anything: for commands that only report."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from bot.errors import StoreUnavailable
from bot.storage.postgres_link import Connection, Link


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
    # Without a log beside it nobody writes now, and the file is all there is; opened so, nothing is made beside it.
    mode = "mode=ro" if path.with_name(path.name + "-wal").exists() else "mode=ro&immutable=1"
    try:
        connection = sqlite3.connect(f"file:{quote(str(path))}?{mode}", uri=True, timeout=5)
        try:
            number = connection.execute("PRAGMA user_version").fetchone()[0]
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise StoreUnavailable(f"{path}: {error}; give another file, or restore a backup") from error
    return Schema(number, may_write)
