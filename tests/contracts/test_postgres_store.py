"""What only the PostgreSQL store promises: it comes back, waits a bounded time, and groups what waits."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from bot.envelope import Address, Outgoing
from bot.errors import StoreUnavailable
from bot.storage.base import Turn
from bot.storage.postgres import PostgresStore
from tests.postgres import PostgresServer, make_schema

NOW = 1_700_000_000.0


def turn(conversation: object, version: int = 0, event: str = "") -> Turn:
    """A turn that sends one message."""
    out = (Outgoing("send", {"text": str(version)}),)
    return Turn(Address("teams", "t", str(conversation)), event or f"e{version}", version, {"n": version}, out, NOW)


@pytest.fixture(scope="module")
def own() -> Iterator[PostgresServer]:
    """A server that may be stopped without harm to other tests; what it acknowledged is on the disk."""
    with PostgresServer(durable=True) as server:
        yield server


@pytest.fixture
def url(own: PostgresServer, request: pytest.FixtureRequest) -> str:
    """An empty database on it."""
    return make_schema(own, request.node.name[:50])


@pytest.fixture
async def store(url: str) -> AsyncIterator[PostgresStore]:
    """An empty store that waits a second at most."""
    opened = PostgresStore(url, wait=1.0)
    await opened.open()
    yield opened
    await opened.close()


async def test_a_restarted_server_is_found_again(own: PostgresServer, store: PostgresStore) -> None:
    """While the server is away calls fail soon; when it is back they work, and nothing acknowledged is lost."""
    assert (await store.commit(turn(1), "me", NOW)).result == "done"
    await asyncio.to_thread(own.stop)
    started = time.monotonic()
    for _ in range(3):
        with pytest.raises(StoreUnavailable, match="HELPBOT_DATABASE_URL"):
            await store.load(turn(1).address.key, "e0")
        with pytest.raises(StoreUnavailable):
            await store.commit(turn(1, 1), "me", NOW)
    assert time.monotonic() - started < 3
    await asyncio.to_thread(own.start)
    assert (await store.load(turn(1).address.key, "e0")).seen
    assert (await store.commit(turn(1, 1), "me", NOW)).result == "done"


async def test_a_restart_between_two_calls_goes_unnoticed(own: PostgresServer, store: PostgresStore) -> None:
    """Connections that the server closed meanwhile are replaced without an error."""
    await asyncio.gather(*(store.commit(turn(number), "me", NOW) for number in range(50)))
    await asyncio.to_thread(own.stop)
    await asyncio.to_thread(own.start)
    assert (await store.commit(turn(1, 1), "me", NOW)).result == "done"


async def test_a_crash_loses_no_acknowledged_turn(own: PostgresServer, store: PostgresStore) -> None:
    """Turns committed while the server is killed: done is durable, and a failed one can be asked again."""
    acknowledged: list[int] = []
    stopping = asyncio.Event()

    async def talk(conversation: int) -> None:
        version = 0
        while not stopping.is_set():
            try:
                done = await store.commit(turn(conversation, version), "me", NOW)
            except StoreUnavailable:
                await asyncio.sleep(0.01)
                continue
            assert done.result in ("done", "duplicate")
            version += 1
        acknowledged.append((conversation << 32) + version)

    talks = [asyncio.create_task(talk(conversation)) for conversation in range(30)]
    for _ in range(3):
        await asyncio.sleep(0.15)
        await asyncio.to_thread(own.stop, signal.SIGQUIT)
        await asyncio.to_thread(own.start)
    await asyncio.sleep(0.15)
    stopping.set()
    await asyncio.gather(*talks)
    for packed in acknowledged:
        conversation, version = packed >> 32, packed & 0xFFFFFFFF
        assert version > 3
        assert (await store.load(turn(conversation).address.key, "")).version == version


async def test_waiting_is_bounded_and_what_failed_has_not_happened(store: PostgresStore, url: str) -> None:
    """A conversation that somebody holds locked costs its own callers a second, and leaves no half turn."""
    await store.commit(turn("locked"), "me", NOW)
    other = await asyncpg.connect(url)
    lock = other.transaction()
    await lock.start()
    await other.fetch("SELECT 1 FROM conversations FOR UPDATE")
    started = time.monotonic()
    with pytest.raises(StoreUnavailable, match="no answer in 1 s"):
        await store.commit(turn("locked", 1), "me", NOW)
    assert time.monotonic() - started < 2
    await lock.rollback()
    await other.close()
    assert not (await store.load(turn("locked").address.key, "e1")).seen
    assert (await store.commit(turn("locked", 1), "me", NOW)).result == "done"


async def test_turns_that_wait_together_share_a_statement(store: PostgresStore, url: str) -> None:
    """A hundred turns at the same moment cost a few transactions."""
    other = await asyncpg.connect(url)

    async def transactions() -> int:
        count = await other.fetchval("SELECT count(DISTINCT xmin::text) FROM conversations")
        assert isinstance(count, int)
        return count

    results = await asyncio.gather(*(store.commit(turn(number), "me", NOW) for number in range(100)))
    assert {result.result for result in results} == {"done"}
    assert await transactions() <= 5
    await other.close()


async def test_a_wrong_password_or_database_is_said(own: PostgresServer) -> None:
    """What the operator can mend is named, without the password."""
    store = PostgresStore(own.url().replace("/postgres?", "/nowhere?").replace("postgres@", "postgres:secret@"))
    with pytest.raises(StoreUnavailable, match="database in HELPBOT_DATABASE_URL") as caught:
        await store.open()
    assert "secret" not in str(caught.value)


async def test_plans_made_on_empty_tables_still_use_indexes(store: PostgresStore, url: str) -> None:
    """Statements that were planned when nothing was stored do not walk the tables when much is."""
    for number in range(10):
        (row,) = (await store.commit(turn("warm", number), "me", NOW)).rows
        await store.sent(row.address.key, row.seq, "id", "me", NOW)
    other = await asyncpg.connect(url)
    for statement in (
        "CREATE TABLE filler AS SELECT repeat('x', 100) AS x, n FROM generate_series(1, 20000) n",
        "INSERT INTO conversations SELECT x || n, '{}', 1, '[]', 1, 1, 1 FROM filler",
        "INSERT INTO inbox SELECT x || n, 'e', NULL, 1 FROM filler",
        "INSERT INTO outbox (key, seq, kind, payload, created) SELECT x || n, 1, 'send', '{}', 1 FROM filler",
        "INSERT INTO lanes SELECT x || n, '', 9e9, 1 FROM filler",
    ):
        await other.execute(statement)
    before = await _rows_walked(other)
    for number in range(10, 40):
        (row,) = (await store.commit(turn("warm", number), "me", NOW)).rows
        await store.load(row.address.key, "e")
        await store.sent(row.address.key, row.seq, "id", "me", NOW)
        await store.claim("me", NOW, NOW, 10)
    await store.close()
    assert await _rows_walked(other) - before < 5000
    await other.close()


async def _rows_walked(connection: asyncpg.Connection) -> int:
    """Rows read by sequential scans so far, in this schema; backends report when they end or rest."""
    await asyncio.sleep(0.1)
    await connection.execute("SELECT pg_stat_clear_snapshot()")
    walked = await connection.fetchval(
        "SELECT coalesce(sum(seq_tup_read), 0)::bigint FROM pg_stat_user_tables"
        " WHERE schemaname = current_schema() AND relname <> 'filler'"
    )
    assert isinstance(walked, int)
    return walked
