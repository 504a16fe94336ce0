"""The load: people who press buttons, and the connector that the cards arrive at."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp import web

from tests.activities import Json, message, press

PATIENCE = 30.0  # seconds for one turn; beyond that the bench ends with an error
SAID = "my partner can't accept the invitation I sent"
_TURN = re.compile(rb'"turn": ?(\d+)')


class Sink:
    """A connector that takes every message at once. An async context manager."""

    def __init__(self) -> None:
        self.last: dict[str, bytes] = {}
        self.count = 0  # of all messages that came
        self.url = ""
        self._expected: dict[str, asyncio.Future[float]] = {}

    async def __aenter__(self) -> Self:
        """Begin to listen on a free port."""
        app = web.Application(client_max_size=1024 * 1024)
        app.router.add_route("*", "/teams/v3/conversations/{conversation}/{rest:.*}", self._take)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/teams/"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        await self._runner.cleanup()

    def expect(self, conversation: str) -> asyncio.Future[float]:
        """Becomes the time when the next message of this conversation arrives."""
        future = self._expected[conversation] = asyncio.get_running_loop().create_future()
        return future

    async def _take(self, request: web.Request) -> web.Response:
        conversation = request.match_info["conversation"]
        self.last[conversation] = await request.read()
        self.count += 1
        expected = self._expected.pop(conversation, None)
        if expected is not None and not expected.done():
            expected.set_result(time.perf_counter())
        return web.Response(body=b'{"id": "1700000000001"}', status=201, content_type="application/json")


@dataclass(slots=True)
class Person:
    """One conversation. server: whom they talk to. turn: of the card that they see, 0 before the first."""

    server: str
    number: int
    tenant: str
    turn: int = 0
    presses: int = 0

    @property
    def conversation(self) -> str:
        """Its id."""
        return f"a:{self.server}-{self.number}"

    def address(self) -> Json:
        """What all their activities carry."""
        user = {"id": f"29:{self.number}", "name": "Alex Wilber", "aadObjectId": self.tenant}
        return {"from": user, "channelData": {"tenant": {"id": self.tenant}}}

    def where(self) -> Json:
        """The conversation as an activity names it."""
        return {"conversationType": "personal", "tenantId": self.tenant, "id": self.conversation}


Next = Callable[[Person, str], Json]  # the activity that this person sends next, to this serviceUrl


def pressing(person: Person, service: str) -> Json:
    """Answer the question, take it back, answer it again: each press brings a card with the next turn's number."""
    verb, value = (("answer", "yes"), ("back", ""))[person.presses % 2]
    activity = press(service, verb, person.turn, value, person.where(), **person.address())
    person.turn += 1
    person.presses += 1
    return activity


def typing(person: Person, service: str) -> Json:
    """Say yes."""
    return message(service, "yes", person.where(), **person.address())


def people(server: str, count: int) -> list[Person]:
    """So many people, each in a tenant of their own: Teams takes 50 messages a second from one, and we keep to that."""
    return [Person(server, number, f"00000000-0000-4000-8000-{number:012}") for number in range(count)]


@dataclass(slots=True)
class Load:
    """What is sent to one server. token: "" for those that check none; ours does, and its cards are checked too."""

    url: str
    sink: Sink
    token: str
    people: Sequence[Person]
    next: Next
    latencies: list[float] = field(default_factory=list)

    def door(self) -> str:
        """Where the next turn goes to."""
        return self.url

    async def begin(self, session: aiohttp.ClientSession) -> None:
        """Everybody says what is the matter, and reads the number on the first card."""
        for person in self.people:
            await self._turn(session, person, message(self.sink.url, SAID, person.where(), **person.address()))
            if self.token:
                person.turn = self.number(person)

    async def burst(self, session: aiohttp.ClientSession, turns: int, at_once: int) -> list[float]:
        """So many turns, so many of them at a time; gives the seconds of each, until answer and card are both there."""
        self.latencies = []
        workers = (self._work(session, self.people[n::at_once], turns // at_once) for n in range(at_once))
        await asyncio.gather(*workers)
        if self.token:
            wrong = [person.number for person in self.people if self.number(person) != person.turn]
            if wrong:
                raise RuntimeError(f"the last card of {len(wrong)} conversations is not that of their last turn")
        return self.latencies

    def number(self, person: Person) -> int:
        """The turn's number on the last card that they got."""
        body = self.sink.last[person.conversation]
        found = _TURN.search(body)
        if found is None:
            raise RuntimeError(f"a card without a turn's number: {body[:300]!r}")
        return int(found[1])

    async def _work(self, session: aiohttp.ClientSession, mine: Sequence[Person], turns: int) -> None:
        for turn in range(turns):
            person = mine[turn % len(mine)]
            self.latencies.append(await self._turn(session, person, self.next(person, self.sink.url)))

    async def _turn(self, session: aiohttp.ClientSession, person: Person, activity: Json) -> float:
        body = json.dumps(activity).encode()
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        arrival = self.sink.expect(person.conversation)
        started = time.perf_counter()
        async with asyncio.timeout(PATIENCE):
            async with session.post(f"{self.door()}/api/messages", data=body, headers=headers) as response:
                text = await response.read()
            answered = time.perf_counter()
            if response.status not in (200, 201, 202):
                raise RuntimeError(f"{self.url} answered {response.status}: {text[:300]!r}")
            return max(answered, await arrival) - started
