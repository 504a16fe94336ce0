"""What commands that look into the database have in common: the store opened for a moment, and who is asking."""

from __future__ import annotations

import asyncio
import os
import pwd
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from bot import log as logs
from bot.errors import StoreUnavailable
from bot.settings import Settings, from_environment
from bot.storage.base import Store
from bot.storage.registry import make_store

T = TypeVar("T")


def with_store(work: Callable[[Store, Settings], Awaitable[T]], new: bool = False) -> T:
    """Run `work` on the database of the settings; a server may be running on it. new: it may be made by this.

    What is logged goes to standard error, as JSON. Raises `SettingsError`, `StoreUnavailable`, `DatabaseTooNew`.
    """
    settings = from_environment()
    scheme, _, rest = settings.database_url.partition("://")
    if scheme == "sqlite" and not (new or Path(rest[1:]).exists()):
        raise StoreUnavailable(
            f"{rest[1:]}: there is no database here; run this in the server's folder, or set HELPBOT_DATABASE_URL"
        )
    logs.setup(time.time, as_json=True, level="info", stream=sys.stderr)

    async def opened() -> T:
        store = make_store(settings.database_url)
        await store.open()
        try:
            return await work(store, settings)
        finally:
            await store.close()

    return asyncio.run(opened())


def who() -> str:
    """The user of this machine who runs the command, as the system knows them: no variable changes that."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # in a container
        return f"user {os.getuid()}"
