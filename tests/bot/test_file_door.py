"""Links to files: who has one may fetch that file until it ends, and what comes can do nothing."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given
from hypothesis import strategies as st

from bot.file_door import ROUTE, FileDoor, disposition
from bot.handoff.case import Message
from bot.links import LINK_SECONDS, PATH, Links
from bot.storage.files import KeptFile
from bot.storage.registry import make_store
from bot.storage.sqlite import SqliteStore
from tests.contracts.cases import CASE, current, do, opened, step

BASE = "https://bot.example"
CONTENT = b"\x89PNG\xff\x00"
FILE = KeptFile("f1", CASE.id, 1, 'a "b" \u00e9.png', "image/png", 6, 5.0, "b1")


@dataclass
class Place:
    """A door to one kept file. now: Unix seconds, as they are passed."""

    store: SqliteStore
    links: Links
    client: TestClient[Any, Any] = field(init=False)
    now: float = 1000.0

    def link(self) -> str:
        """A fresh link to the file, without the host."""
        return self.links.link("f1", FILE.name, self.now).removeprefix(BASE)


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    """The door on loopback."""
    store = SqliteStore(":memory:")
    await store.open()
    await opened(store)
    await do(store, step(await current(store), messages=(Message(CASE.id, 1, 5.0, "user", "Ann", ""),)))
    await store.keep_part("b1", 0, CONTENT[:3], 5.0)
    await store.keep_part("b1", 1, CONTENT[3:], 5.0)
    assert await store.keep_file(FILE)
    made, app = Place(store, Links(store, BASE, os.urandom)), web.Application()
    await made.links.open()
    app.router.add_get(ROUTE, FileDoor(store, made.links, lambda: made.now).get)
    async with TestClient(TestServer(app)) as made.client:
        yield made
    await store.close()


async def test_who_has_the_link_gets_the_file(place: Place) -> None:
    """To the byte, to be saved; nothing in it can act, and nobody on the way keeps it."""
    answer = await place.client.get(place.link())
    assert (answer.status, await answer.read()) == (200, CONTENT)
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    head = await place.client.head(place.link())
    assert (head.status, head.headers["Content-Length"], await head.read()) == (200, "6", b"")


async def test_a_link_ends(place: Place) -> None:
    """After its time it is none, and says where to get another."""
    link = place.link()
    place.now += LINK_SECONDS - 1
    assert (await place.client.get(link)).status == 200
    place.now += 1
    answer = await place.client.get(link)
    assert (answer.status, "there is a button" in await answer.text()) == (410, True)


async def test_a_link_is_good_for_nothing_else(place: Place) -> None:
    """Another file, a later end, another signature or none: not found, whatever is there."""
    _, path, file, until, signature, name = place.link().split("/")
    for parts in (
        ("f2", until, signature),
        (file, str(int(until) + 1), signature),
        (file, "\u0663", signature),
        (file, until, signature[:-1]),
        (file, until, ""),
        (file, until, "%E9"),
        (file, "9" * 400, signature),
    ):
        assert (await place.client.get("/".join(("", path, *parts, name)))).status == 404
    assert (await place.client.get(f"/{path}/{file}/{until}/{signature}/any-name")).status == 200


async def test_what_is_gone_is_gone(place: Place) -> None:
    """A good link to a file that is not kept any more says so."""
    link = place.link()
    await place.store.drop_file("f1")
    assert (await place.client.get(link)).status == 410
    await place.store.forget(CASE.person.id, 9.0)
    assert (await place.client.get(link)).status == 410


async def test_a_database_that_is_away_is_not_the_end(place: Place) -> None:
    """The file may be asked for again soon."""
    link = place.link()
    await place.store.close()
    assert (await place.client.get(link)).status == 503


async def test_replicas_know_each_others_links(database_url: str) -> None:
    """Two that start at one moment have one secret."""
    stores = [make_store(database_url) for _ in range(2)]
    for store in stores:
        await store.open()
    one, two = (Links(store, BASE, os.urandom) for store in stores)
    await asyncio.gather(one.open(), two.open())
    made = one.link("f1", "a", 5.0)
    assert made == two.link("f1", "a", 5.0)
    file, until, signature, _ = made.removeprefix(BASE + PATH).split("/")
    assert two.check(file, until, signature, 6.0) is True
    for store in stores:
        await store.close()


async def test_without_an_address_there_are_no_links(place: Place) -> None:
    """None is given, and none is good."""
    links = Links(place.store, "", os.urandom)
    await links.open()
    assert links.link("f1", "a", 5.0) == ""
    assert links.check("f1", "9", "x", 5.0) is False


def test_a_name_is_given_in_both_ways() -> None:
    """The name to save it under can't end its header, and comes back whole."""
    assert disposition('a"b;c\r\n/x \u00e9.png') == (
        "attachment; filename=\"a_b_c _x _.png\"; filename*=UTF-8''a%22b%3Bc%20_x%20%C3%A9.png"
    )
    assert disposition("") == "attachment; filename=\"file\"; filename*=UTF-8''file"


@given(st.text())
def test_any_name_is_safe(name: str) -> None:
    """One line of printable ASCII with one file name of each kind, whatever the name."""
    made = disposition(name)
    assert made.isascii()
    assert made.isprintable()
    assert made.count('"') == 2
    assert "/" not in unquote(made.rpartition("''")[2])
