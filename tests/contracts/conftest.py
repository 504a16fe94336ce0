"""Stores for the contract suites, on a database of each kind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from bot.storage.base import Store
from bot.storage.registry import make_store
from tests.contracts.cases import Open


@pytest.fixture
async def open_store(database_url: str) -> AsyncIterator[Open]:
    """Opens one more store on the same database, as another replica would; all are closed at the end."""
    async with AsyncExitStack() as stack:

        async def opened() -> Store:
            store = make_store(database_url)
            await store.open()
            stack.push_async_callback(store.close)
            return store

        yield opened


@pytest.fixture
async def store(open_store: Open) -> Store:
    """An empty store."""
    return await open_store()
