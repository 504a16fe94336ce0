"""Fetching files: within limits, and nowhere that a user's address could lead us."""

from __future__ import annotations

import gzip
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from bot.envelope import FileRequest
from bot.errors import DeliverLater
from bot.fetch import PART, Fetcher, FileLost, PublicOnly
from bot.storage.sqlite import SqliteStore

LIMIT = 3 * PART


class Seen:
    """A server of one file in many ways; `headers` of what was asked."""

    def __init__(self) -> None:
        self.url = ""
        self.headers: list[dict[str, str]] = []

    async def get(self, request: web.Request) -> web.StreamResponse:
        """By the path."""
        self.headers.append(dict(request.headers))
        what, url = request.match_info["what"], f"http://127.0.0.1:{request.url.port}"
        if what == "lies":  # more than it says: nothing is said
            response = web.StreamResponse()
            response.enable_chunked_encoding()
            await response.prepare(request)
            for _ in range(5):
                await response.write(b"x" * PART)
            return response
        if what == "bomb":
            return web.Response(body=gzip.compress(b"x" * LIMIT * 9), headers={"Content-Encoding": "gzip"})
        if what == "slow":
            response = web.StreamResponse()
            await response.prepare(request)
            await response.write(b"x")
            await request.content.readany()
            raise ConnectionResetError
        if what.startswith("to-"):
            raise web.HTTPFound(f"{url}/{what[3:]}")
        if what == "loop":
            raise web.HTTPFound(f"{url}/loop")
        if what.isdecimal():
            return web.Response(status=int(what))
        return web.Response(body=what.encode() * 2, content_type="text/html")


@pytest.fixture
async def seen() -> AsyncIterator[Seen]:
    """The server on loopback."""
    made, app = Seen(), web.Application()
    app.router.add_get("/{what}", made.get)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


@pytest.fixture
async def store() -> AsyncIterator[SqliteStore]:
    """A database."""
    made = SqliteStore(":memory:")
    await made.open()
    yield made
    await made.close()


@pytest.fixture
async def fetcher(store: SqliteStore) -> AsyncIterator[Fetcher]:
    """It fetches into that database."""
    made = Fetcher(store, limit=LIMIT, clock=lambda: 5.0, seconds=1.0)
    yield made
    await made.close()


async def test_a_redirect_gets_no_token(seen: Seen, fetcher: Fetcher, store: SqliteStore) -> None:
    """A redirect is followed where the channel allows it, and then without the token."""
    request = FileRequest(
        f"{seen.url}/to-file", {"Authorization": "Bearer t"}, follow=lambda url: url.endswith("/file")
    )
    assert await fetcher.fetch(request, "b") == (8, "application/octet-stream")
    assert await store.file_part("b", 0) == b"filefile"
    assert [headers.get("Authorization") for headers in seen.headers] == ["Bearer t", None]


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("lies", "size"),
        ("404", "gone"),
        ("403", "gone"),
        ("to-file", "elsewhere"),
        ("loop", "elsewhere"),
        ("bomb", "gone"),
    ],
)
async def test_what_is_lost(what: str, reason: str, seen: Seen, fetcher: Fetcher, store: SqliteStore) -> None:
    """Too large whatever was said before, gone, redirected elsewhere or for ever, packed: lost, and nothing is left."""
    follow = (lambda url: url.endswith("/loop")) if what == "loop" else (lambda url: False)
    with pytest.raises(FileLost) as caught:
        await fetcher.fetch(FileRequest(f"{seen.url}/{what}", follow=follow), "b")
    assert caught.value.reason == reason
    assert await store.file_part("b", 0) is None


@pytest.mark.parametrize("what", ["500", "429", "401", "slow"])
async def test_what_may_come_later(what: str, seen: Seen, fetcher: Fetcher, store: SqliteStore) -> None:
    """A server that has trouble, or breaks off, is tried again; nothing is left of this time."""
    with pytest.raises(DeliverLater):
        await fetcher.fetch(FileRequest(f"{seen.url}/{what}"), "b")
    assert await store.file_part("b", 0) is None


async def test_nobody_there(fetcher: Fetcher) -> None:
    """A server that is not there may be there later."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(DeliverLater):
        await fetcher.fetch(FileRequest(f"http://127.0.0.1:{port}/x"), "b")


class Names(AbstractResolver):
    """Gives the same addresses for every name."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses

    async def resolve(self, host: str, port: int = 0, family: Any = socket.AF_INET) -> list[ResolveResult]:
        """These."""
        return [
            {"hostname": host, "host": a, "port": port, "family": family, "proto": 0, "flags": 0}
            for a in self.addresses
        ]

    async def close(self) -> None:
        """Nothing."""


PRIVATE = (
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "::1",
    "::",
    "fe80::1%eth0",
    "fd00::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "2002:7f00:1::",
    "64:ff9b::a00:1",
    "2001:0:7f00:1::",
)


@pytest.mark.parametrize("address", PRIVATE)
async def test_no_name_leads_into_a_private_network(address: str) -> None:
    """A name that stands for an address of ours, or of the cloud's metadata, is not found."""
    with pytest.raises(OSError, match="no public address"):
        await PublicOnly(Names(address)).resolve("files.example", 443)


async def test_public_addresses_are_found() -> None:
    """Of several the public ones."""
    found = await PublicOnly(Names("10.0.0.1", "8.8.8.8", "2606:4700::1")).resolve("files.example", 443)
    assert [each["host"] for each in found] == ["8.8.8.8", "2606:4700::1"]
