"""From a database URL to its Store: the one list of databases."""

from __future__ import annotations

from bot.errors import SettingsError
from bot.storage.base import Store
from bot.storage.postgres import PostgresStore
from bot.storage.sqlite import SqliteStore


def make_store(database_url: str) -> Store:
    """The store of a URL, not yet opened.

    `sqlite:///helpbot.db` (relative), `sqlite:////var/lib/helpbot.db` (absolute), `sqlite:///:memory:`,
    `postgresql://user:password@host/database`. Raises SettingsError for any other.
    """
    scheme, _, rest = database_url.partition("://")
    if scheme == "sqlite" and rest.startswith("/") and len(rest) > 1:
        return SqliteStore(rest[1:])
    if scheme in ("postgresql", "postgres"):
        return PostgresStore(database_url)
    raise SettingsError(
        f"HELPBOT_DATABASE_URL: {scheme or 'nothing'} is no database that the bot knows;"
        " write sqlite:///helpbot.db or postgresql://user:password@host/database"
    )
