"""The hand-off in this process: replicas on one database, a channel that records what was posted, a passed clock."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from bot.channels import teams_render
from bot.channels.base import Rendered
from bot.envelope import Address, Envelope, FileRequest, Outgoing, Payload, Person, Receipt, SentFile
from bot.errors import DeliverLater, DeliveryError
from bot.fetch import Fetcher
from bot.handoff.case import Case
from bot.handoff.desk import Desk
from bot.handoff.files import MEGABYTE, Files, Limits
from bot.handoff.front import Front
from bot.handoff.plan import DeskPlan
from bot.handoff.timers import Timers
from bot.links import Links
from bot.metrics import Metrics
from bot.outbox import Outbox
from bot.reception import Reception
from bot.script import Script
from bot.storage.base import LEASE, Row, Store
from bot.storage.cases import Desk as BoundDesk
from bot.storage.registry import make_store
from dialogs.cards.base import Card
from dialogs.engine import Engine
from dialogs.turn import Incoming, Outcome, Press
from tests.handoff.story import datas, text_of
from tests.stand import finder, library

TENANT = "t1"
MEMORY = "sqlite:///:memory:"
TUESDAY = 1795514400.0  # 2026-11-24 10:00 UTC
ANNA, BEN, EVE = Person("id-anna", "Anna"), Person("id-ben", "Ben"), Person("id-eve", "Eve")
HELPDESK, IDENTITY = "19:helpdesk", "19:identity"
CONTACT = "help@example.com"
PLAN: dict[str, Any] = {
    "default": "helpdesk",
    "queues": {"helpdesk": {"title": "Helpdesk"}, "identity": {"title": "Identity", "next": "helpdesk"}},
}


def plan(**changes: Any) -> DeskPlan:
    """Two queues, the second hands on to the first; with changes."""
    return DeskPlan.model_validate({**PLAN, **changes})


@dataclass
class Clock:
    """Unix seconds, as they are passed."""

    now: float = TUESDAY

    def __call__(self) -> float:
        """The time."""
        return self.now


@dataclass(frozen=True)
class Post:
    """What the platform accepted: where, of which kind, the message it is or is about, its words, its whole body.

    lost: the connection broke off before the bot read so.
    """

    where: str
    kind: str
    id: str
    text: str
    body: Payload
    lost: bool = False


@dataclass
class Platform:
    """A channel on which everything is delivered, unless `broken` says what happens in a conversation instead.

    doubts: conversation -> connections that break off there, one a delivery: whether the message was accepted before.
    doubted: one has broken off since the last time that all was settled, so something waits for its second try.
    """

    name: str = "teams"
    takes_files: bool = False
    posts: list[Post] = field(default_factory=list)
    people: dict[str, list[Person]] = field(default_factory=dict)
    broken: dict[str, DeliveryError] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    doubts: dict[str, list[bool]] = field(default_factory=dict)
    doubted: bool = False

    async def start(self) -> None:
        """Nothing."""

    async def close(self) -> None:
        """Nothing."""

    def ready(self) -> bool:
        """Always."""
        return True

    async def read(self, headers: Mapping[str, str], body: bytes, at: float) -> Envelope | None:
        """No door: envelopes are made by the tests."""
        raise AssertionError("envelopes are made by the tests")

    def render(self, envelope: Envelope, outcome: Outcome) -> Rendered:
        """As Teams."""
        return teams_render.render(envelope, outcome, library().say("en"))

    def payload(self, card: Card) -> Payload:
        """As Teams."""
        return teams_render.message(card)

    def card_answer(self, card: Card) -> Payload:
        """As Teams."""
        return teams_render.card_answer(card)

    async def file_request(self, address: Address, url: str) -> FileRequest:
        """Fetched as it is."""
        return FileRequest(url)

    def mark(self, message: str) -> Outgoing | None:
        """None."""
        return None

    def word_answer(self, text: str) -> Payload:
        """As Teams."""
        return teams_render.text_answer(text)

    def apology(self, envelope: Envelope | None) -> Payload:
        """As Teams."""
        return teams_render.apology(None, library().say("en"))

    def parent(self, address: Address) -> Address:
        """As Teams."""
        return replace(address, conversation=address.conversation.partition(";messageid=")[0])

    async def members(self, address: Address) -> list[Person]:
        """Who is in the channel."""
        return self.people.get(address.conversation, [])

    async def member(self, address: Address, person: Person) -> Person | None:
        """All are listed."""
        return None

    async def profile(self, address: Address, person: Person) -> Person:
        """Nothing more is known."""
        return person

    def check_address(self, address: Address) -> None:
        """Every address is good."""

    async def deliver(self, row: Row) -> Receipt:
        """Record it, or fail as told."""
        where = row.address.conversation
        if error := self.broken.get(where):
            raise error
        doubt = self.doubts[where].pop() if self.doubts.get(where) else None
        if doubt is None or doubt:
            message = row.receipt or str(next(self.numbers))
            opened = f"{where};messageid={message}" if row.kind == "thread" else ""
            text, lost = text_of(dict(row.payload)), doubt is not None
            self.posts.append(Post(opened or where, row.kind, message, text, dict(row.payload), lost))
            if doubt is None:
                return Receipt(message, opened)
        self.doubted = True
        raise DeliverLater("cut", ambiguous=row.kind in ("send", "thread"))


@dataclass
class Replica:
    """One server's parts that the hand-off needs."""

    reception: Reception
    outbox: Outbox
    timers: Timers
    desk: Desk
    files: Files

    async def stop(self) -> None:
        """Deliveries end."""
        await self.outbox.stop()
        await self.files.close()


async def _soon(seconds: float) -> None:
    await asyncio.sleep(min(seconds, 0.005))


@dataclass
class House:
    """Replicas on one database. Users are named by their chat, agents are Persons."""

    store: Store
    platform: Platform
    clock: Clock
    script: Script
    replicas: list[Replica] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    address: str = "https://bot.example"

    def add(self, holder: str, store: Store | None = None) -> Replica:
        """One more replica."""
        store = store or self.store
        channels = {"teams": self.platform}
        outbox = Outbox(store, channels, holder, clock=self.clock, sleep=_soon, prepare=lambda row: files.prepare(row))
        files = Files(
            store,
            channels,
            Links(store, self.address, self._draw),
            Fetcher(store, limit=MEGABYTE, clock=self.clock),
            lambda: self.script,
            Limits(1),
            submit=outbox.submit,
            holder=holder,
            lease=LEASE,
            clock=self.clock,
            draw=self._draw,
        )
        # Ticks that never stand still: desks bound elsewhere are seen at once.
        ticks = itertools.count(0, 100)
        desk = Desk(store, channels, self._draw, ticks=lambda: float(next(ticks)), files=files)
        front = Front(desk, _soon)
        reception = Reception(store, channels, outbox, self.script, Metrics(), holder=holder, lease=LEASE, front=front)
        timers = Timers(
            desk, lambda: self.script, outbox.submit, holder=holder, lease=LEASE, clock=self.clock, sleep=_soon
        )
        replica = Replica(reception, outbox, timers, desk, files)
        self.replicas.append(replica)
        return replica

    async def restart(self, number: int) -> None:
        """A replica goes, and another takes its place."""
        old = self.replicas[number]
        await old.stop()
        new = self.add(f"again{next(self.numbers)}", old.desk.store)
        self.replicas.remove(new)
        self.replicas[number] = new
        await new.outbox.start()

    def _draw(self, count: int) -> bytes:
        return next(self.numbers).to_bytes(count, "little")

    async def bind(self, desks: Mapping[str, str], *people: Person) -> None:
        """Desks (queue -> channel) and who sits there."""
        for queue, channel in desks.items():
            self.platform.people[channel] = list(people)
            await self.store.bind_desk(BoundDesk(queue, where(channel), "admin", self.clock.now))

    async def open_case(self, user: str = "ulla") -> str:
        """The user asks for a person and sends the summary; the case's id."""
        await self.say(user, "talk to a person")
        await self.press(user, "send")
        return (await self.case_of(user)).id

    async def case_of(self, user: str) -> Case:
        """The case that the user's chat has."""
        case = await self.store.case_of(where(user).key)
        assert case is not None
        return case

    async def case(self, case_id: str) -> Case:
        """A case that is there."""
        case = await self.store.case(case_id)
        assert case is not None
        return case

    async def say(self, user: str, text: str, *, settle: bool = True, event: str = "", at: int = 0, **more: Any) -> str:
        """The user types; what they see then."""
        incoming = Incoming(self.clock.now, text)
        envelope = self.envelope(where(user), person(user), incoming, event, **more)
        return await self.receive(envelope, at, settle)

    async def press(
        self,
        user: str,
        verb: str,
        value: str = "",
        *,
        turn: int | None = None,
        at: int = 0,
        settle: bool = True,
        **fields: str,
    ) -> str:
        """The user presses a button, of the newest card that has it; what they see then, the answer included."""
        if turn is None:
            turn, known = self.button(user, verb, value)
            value = value or known
        press = Press(verb, turn, value, tuple(fields.items()))
        envelope = self.envelope(where(user), person(user), Incoming(self.clock.now, press=press), invoke=True)
        return await self.receive(envelope, at, settle)

    async def staff(
        self,
        agent: Person,
        action: str,
        case_id: str,
        *,
        at: int = 0,
        channel: str = "",
        settle: bool = True,
        **fields: str,
    ) -> str:
        """An agent presses a button of the case card; the answer's words."""
        place = where(channel) if channel else await self.thread(case_id.partition("/")[0])
        press = Press("case", 1, f"{action}/{case_id}", tuple(fields.items()))
        envelope = self.envelope(place, agent, Incoming(self.clock.now, press=press), invoke=True)
        return await self.receive(envelope, at, settle)

    async def mention(
        self, agent: Person, text: str, case_id: str, *, event: str = "", at: int = 0, settle: bool = True, **more: Any
    ) -> str:
        """An agent mentions the bot in the case's thread; what is posted there then."""
        incoming = Incoming(self.clock.now, text)
        envelope = self.envelope(await self.thread(case_id), agent, incoming, event, **more)
        return await self.receive(envelope, at, settle)

    async def thread(self, case_id: str) -> Address:
        """The case's thread; its desk while it has none."""
        case = await self.case(case_id)
        return case.thread or case.desk

    def envelope(
        self,
        address: Address,
        sender: Person,
        incoming: Incoming,
        event: str = "",
        *,
        invoke: bool = False,
        message: str = "",
        change: Literal["", "edit", "delete"] = "",
        files: tuple[SentFile, ...] = (),
    ) -> Envelope:
        """An event with an id of its own."""
        event = event or f"e{next(self.numbers)}"
        return Envelope(event, address, sender, incoming, invoke, "", message or event, change, files)

    async def receive(self, envelope: Envelope, at: int = 0, settle: bool = True) -> str:
        """Take it in at a replica; what is posted there, and the answer."""
        start = len(self.platform.posts)
        answer = await self.replicas[at].reception.receive(envelope)
        if settle:
            await self.settle()
        seen = [p.text for p in self.platform.posts[start:] if p.where == envelope.address.conversation]
        if answer is not None:
            seen.append(answer["value"] if isinstance(answer["value"], str) else text_of(answer["value"]))
        return "\n".join(seen)

    async def later(self, minutes: float, settle: bool = True) -> None:
        """Let time pass and every timer fire that is due, as often as it takes, in all replicas at once."""
        self.clock.now += minutes * 60.0
        while sum(await asyncio.gather(*(r.timers.look() for r in self.replicas))):
            pass
        if settle:
            await self.settle()

    async def settle(self) -> None:
        """Until nothing is owed that can be sent."""
        async with asyncio.timeout(20):
            while True:
                await asyncio.sleep(0)
                counts, busy = await self.store.counts(0.0), any(r.outbox.in_hand for r in self.replicas)
                if not counts.waiting and not busy:
                    self.platform.doubted = False
                    return
                if self.platform.doubted and not busy:  # until the second try is due
                    self.clock.now += 0.1

    def button(self, user: str, verb: str, value: str = "") -> tuple[int, str]:
        """Turn and value of the newest button with this verb in a chat."""
        for post in reversed(self.platform.posts):
            if post.where == user:
                for data in datas(post.body):
                    if data["verb"] == verb and value in ("", data["value"]):
                        return data["turn"], data["value"]
        raise AssertionError(f"no button {verb}")

    def seen(self, place: str, since: int = 0) -> str:
        """All that was posted in a conversation, or in all threads of a channel."""
        posts = self.platform.posts[since:]
        return "\n".join(p.text for p in posts if p.where == place or p.where.startswith(f"{place};"))

    @property
    def mark(self) -> int:
        """How much was posted up to now, for `seen`."""
        return len(self.platform.posts)


def where(conversation: str) -> Address:
    """The address of a user's chat, a channel or a thread."""
    return Address("teams", TENANT, conversation, conversation.startswith("19:"))


def person(user: str) -> Person:
    """The user of a chat."""
    return Person(f"id-{user}", user.capitalize())


@asynccontextmanager
async def house(
    plan_: DeskPlan | None = None,
    *,
    replicas: int = 1,
    contact: str = CONTACT,
    url: str = MEMORY,
    platform: Platform | None = None,
    address: str = "https://bot.example",
) -> AsyncIterator[House]:
    """Replicas on one database, each with its own connections; both desks are bound, Anna and Ben sit there."""
    stores = [make_store(url) for _ in range(1 if url == MEMORY else replicas)]
    script = Script(
        Engine(library(), finder(), contact), library().say, contact, library().guides, plan_ or plan(), "en"
    )
    made = House(stores[0], platform or Platform(), Clock(), script, address=address)
    for store in stores:
        await store.open()
    try:
        for number in range(replicas):
            await made.add(f"r{number}", stores[number % len(stores)]).outbox.start()
        await made.bind({"helpdesk": HELPDESK, "identity": IDENTITY}, ANNA, BEN)
        yield made
    finally:
        for replica in made.replicas:
            await replica.stop()
        for store in stores:
            await store.close()
