"""The HTTP server at its edges: bodies that come slowly or not at all, probes, what is counted and logged."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from structlog.testing import capture_logs

from bot.errors import StoreUnavailable
from bot.limits import RateLimit
from bot.metrics import Metrics
from bot.storage.base import Committed, Counts, Loaded, Turn
from bot.storage.sqlite import SqliteStore
from bot.web import Door, application
from tests.activities import message, press
from tests.stand import Stand, stand

HEAD = "POST /api/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


class Fragile(SqliteStore):
    """A database that is gone when it is told so."""

    def __init__(self) -> None:
        super().__init__(":memory:")
        self.gone = False
        self.hangs = False

    async def _check(self) -> None:
        if self.hangs:
            await asyncio.sleep(60)
        if self.gone:
            raise StoreUnavailable("the database is out of reach")

    async def ping(self) -> None:
        """Unless it is gone."""
        await self._check()
        await super().ping()

    async def load(self, key: str, event_id: str) -> Loaded:
        """Unless it is gone."""
        await self._check()
        return await super().load(key, event_id)

    async def commit(self, turn: Turn, holder: str, lease_until: float) -> Committed:
        """Unless it is gone."""
        await self._check()
        return await super().commit(turn, holder, lease_until)

    async def counts(self, now: float) -> Counts:
        """Unless it is gone."""
        await self._check()
        return await super().counts(now)


@asynccontextmanager
async def line(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A bare connection to a port."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


@asynccontextmanager
async def wire(s: Stand) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A bare connection to the server."""
    assert s.client.port
    async with line(s.client.port) as both:
        yield both


@asynccontextmanager
async def impatient(s: Stand) -> AsyncIterator[int]:
    """The port of a door to the same server that waits for nothing longer than 0.2 seconds."""
    door = Door(
        s.app.channels["teams"],
        s.app.reception,
        RateLimit(0, 0),
        Metrics(),
        clock=time.time,
        ids=lambda: "id",
        body_seconds=0.2,
        turn_seconds=0.2,
    )
    async with TestServer(application({"/api/messages": door}, s.app.probes)) as server:
        assert server.port
        yield server.port


async def test_slow_body_is_408() -> None:
    """A body that does not come in time is given up."""
    async with stand(local=True) as s, impatient(s) as port, line(port) as (reader, writer):
        writer.write(f"{HEAD}Content-Length: 100\r\n\r\n".encode() + b'{"type"')
        async with asyncio.timeout(5):
            assert (await reader.readline()).startswith(b"HTTP/1.1 408")


async def test_turn_that_takes_too_long_is_answered_in_time() -> None:
    """When the database does not answer, a message is a 503 and a press an apology, before the platform gives up."""
    store = Fragile()
    async with stand(local=True, store=store) as s, impatient(s) as port, ClientSession() as session:
        store.hangs = True
        url = f"http://127.0.0.1:{port}/api/messages"
        async with session.post(url, json=message(s.service, "hi")) as response:
            assert response.status == 503
        async with session.post(url, json=press(s.service, "answer", 1, "yes")) as response:
            assert response.status == 200
            assert '"value":"yes"' in await response.text()
        store.hangs = False
        async with session.post(url, json=message(s.service, "hi")) as response:
            assert response.status == 200


async def test_connection_lost_in_the_body_is_no_error_of_ours() -> None:
    """When a client goes away in the middle of a body, nothing is logged as our mistake."""
    with capture_logs() as events:
        async with stand(local=True) as s:
            async with wire(s) as (_, writer):
                writer.write(f"{HEAD}Content-Length: 100\r\n\r\n".encode() + b'{"type"')
                await writer.drain()
                await asyncio.sleep(0.1)
            await asyncio.sleep(0.1)
            assert (await s.send(message(s.service, "hi"))).status == 200
    assert "request_failed" not in [event["event"] for event in events]


@pytest.mark.parametrize(
    ("rest", "status"),
    [
        (b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", b"400"),
        (b"Content-Length: -1\r\n\r\n", b"400"),
        (b"Content-Length: 3\r\nContent-Length: 4\r\n\r\n", b"400"),
        (b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", b"400"),
        (b"Content-Length: 999999999\r\n\r\n" + b"x" * 300_000, b"413"),
    ],
)
async def test_broken_framing_is_a_4xx(rest: bytes, status: bytes) -> None:
    """A request whose framing is broken, or whose body is endless, is refused without waiting for it."""
    async with stand(local=True) as s, wire(s) as (reader, writer):
        writer.write(HEAD.encode() + rest)
        async with asyncio.timeout(5):
            assert (await reader.readline()).split()[1] == status


async def test_chunked_body_is_read() -> None:
    """A body in chunks is as good as one in a piece."""
    async with stand(local=True) as s, wire(s) as (reader, writer):
        body = json.dumps(message(s.service, "hi")).encode()
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:9], body[9:]))
        writer.write(f"{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode() + chunks + b"0\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")


async def test_database_gone() -> None:
    """With the database gone: 503 and Retry-After for a message, an apology with the same button for a press, not
    ready, but alive; when it is back, the same deliveries are taken in."""
    store = Fragile()
    async with stand(local=True, store=store) as s:
        await s.send(message(s.service, "hi"))
        store.gone = True
        said, pressed = message(s.service, "more", {"id": "a:2"}), press(s.service, "answer", 1, "yes")
        response = await s.send(said)
        assert (response.status, response.headers["Retry-After"]) == (503, "5")
        answer = await (await s.send(pressed)).json()
        assert '"value": "yes"' in json.dumps(answer["value"])
        ready = await s.client.get("/readyz")
        assert (ready.status, (await ready.json())["database"]) == (503, False)
        assert (await s.client.get("/healthz")).status == 200
        assert await s.metric('helpbot_turns_total{result="unavailable"}') == 2
        store.gone = False
        assert (await s.send(said)).status == 200
        assert (await (await s.send(pressed)).json())["value"]["speak"] == "pressed yes"


async def test_probes_do_not_hang_with_the_database() -> None:
    """A database that does not answer makes the server unready, not deaf."""
    store = Fragile()
    async with stand(local=True, store=store) as s:
        store.hangs = True
        async with asyncio.timeout(8):
            ready, metrics = await asyncio.gather(s.client.get("/readyz"), s.client.get("/metrics"))
        assert (ready.status, metrics.status) == (503, 200)


async def test_refusals_are_logged_once_and_counted_always() -> None:
    """A hundred refusals of one kind are one line in the log and a hundred in the metrics."""
    with capture_logs() as events:
        async with stand() as s:
            for _ in range(100):
                await s.send({**message(s.service, "hi"), "channelId": "slack"})
            assert await s.metric('helpbot_rejects_total{reason="channel"}') == 100
    assert len([event for event in events if event["event"] == "rejected"]) == 1


async def test_unexpected_mistake_does_not_show_its_text() -> None:
    """A mistake of ours outside of a turn is a 500 without a word of what it was about, and is logged."""

    class Broken(Fragile):
        async def load(self, key: str, event_id: str) -> Loaded:
            raise RuntimeError("secret words")

    with capture_logs() as events:
        async with stand(local=True, store=Broken()) as s:
            response = await s.send(message(s.service, "hi"))
            assert (response.status, await response.text()) == (500, "")
            answer = await s.send(press(s.service, "answer", 1, "yes"))
            assert answer.status == 200
    assert [event["event"] for event in events].count("request_failed") == 2


async def test_outbox_is_measured() -> None:
    """The metrics tell how much waits to be sent, and what was sent."""
    async with stand(local=True) as s:
        await s.send(message(s.service, "hi"))
        await s.connector.wait(1)
        async with asyncio.timeout(5):
            while await s.metric("helpbot_outbox_rows"):  # marked after the connector has it
                pass
        assert await s.metric('helpbot_outbox_events{event="sent"}') == 1
        assert await s.metric("helpbot_outbox_rows") == 0
        assert await s.metric("helpbot_turn_seconds_count") == 1
