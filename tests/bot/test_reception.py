"""Reception over a real SQLite store: exactly one turn for each event, whatever goes wrong around it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence

import pytest

from bot.channels.base import Rendered
from bot.envelope import Address, Envelope, FileRequest, Outgoing, Payload, Person, Receipt
from bot.errors import StoreUnavailable
from bot.metrics import Metrics
from bot.reception import ROUNDS, Locks, Reception
from bot.script import Script
from bot.storage.base import Committed, Loaded, Row, Turn
from bot.storage.sqlite import SqliteStore
from dialogs.cards.base import Card
from dialogs.turn import Incoming, Outcome, State
from tests.stand import CountingEngine, library


class Paper:
    """A channel that renders replies as their text and sends nothing."""

    name = "paper"
    takes_files = False

    async def start(self) -> None:
        """Nothing to start."""

    def ready(self) -> bool:
        """Always."""
        return True

    async def read(self, headers: Mapping[str, str], body: bytes, at: float) -> Envelope | None:
        """Nothing comes in."""
        return None

    def render(self, envelope: Envelope, outcome: Outcome) -> Rendered:
        """One row for each reply; the answer to an invoke tells how many."""
        rows = tuple(Outgoing("send", {"text": reply.card.text()}, reply.turn) for reply in outcome.replies)
        return Rendered(rows, {"replies": len(rows)} if envelope.invoke else None)

    def payload(self, card: Card) -> Payload:
        """Its text."""
        return {"text": card.text()}

    def card_answer(self, card: Card) -> Payload:
        """Its text."""
        return {"card": card.text()}

    async def file_request(self, address: Address, url: str) -> FileRequest:
        """Fetched as it is."""
        return FileRequest(url)

    def mark(self, message: str) -> Outgoing | None:
        """None."""
        return None

    def word_answer(self, text: str) -> Payload:
        """The words."""
        return {"word": text}

    def parent(self, address: Address) -> Address:
        """There are no threads."""
        return address

    async def members(self, address: Address) -> list[Person]:
        """Nobody."""
        return []

    async def member(self, address: Address, person: Person) -> Person | None:
        """All are listed."""
        return None

    async def profile(self, address: Address, person: Person) -> Person:
        """Nothing more is known."""
        return person

    def apology(self, envelope: Envelope | None) -> Payload:
        """Always the same."""
        return {}

    async def deliver(self, row: Row) -> Receipt:
        """Nothing goes out."""
        return Receipt()

    def check_address(self, address: Address) -> None:
        """Every address is good."""

    async def close(self) -> None:
        """Nothing to end."""


class Tray:
    """An outbox that keeps what it was given."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def submit(self, rows: Sequence[Row]) -> None:
        """Keep them."""
        self.rows.extend(rows)


class Rival(SqliteStore):
    """A database in which another replica commits a turn first, `times` times."""

    def __init__(self, times: int) -> None:
        super().__init__(":memory:")
        self.times = times
        self.lost: Callable[[], Exception] | None = None

    async def commit(self, turn: Turn, holder: str, lease_until: float) -> Committed:
        """Let the other one in first, or break."""
        if self.lost:
            raise self.lost()
        if self.times:
            self.times -= 1
            loaded = await self.load(turn.address.key, f"rival-{self.times}")
            state = {"n": int((loaded.state or {}).get("n", 0)) + 1, "said": ["rival"]}
            await super().commit(
                Turn(turn.address, f"rival-{self.times}", loaded.version, state, (), turn.at), "rival", lease_until
            )
        return await super().commit(turn, holder, lease_until)


class Desk:
    """A reception and all around it."""

    def __init__(self, store: Rival, script: Script) -> None:
        self.store = store
        self.tray = Tray()
        self.metrics = Metrics()
        self.reception = Reception(store, {"paper": Paper()}, self.tray, script, self.metrics, holder="me", lease=30.0)

    async def say(self, text: str, event: str = "", invoke: bool = False) -> Payload | None:
        """Receive something typed."""
        event = event or f"event-{text}"
        address = Address("paper", "t", "c")
        return await self.reception.receive(
            Envelope(event, address, Person("u"), Incoming(1000.0, text=text), invoke=invoke)
        )

    async def delivered(self) -> list[str]:
        """The texts of all rows, after the outbox would have delivered them."""
        for row in self.tray.rows:  # grows while it is walked
            self.tray.rows += await self.store.sent(row.address.key, row.seq, "", "me", 1000.0) or []
        return [str(row.payload["text"]) for row in self.tray.rows]

    async def loaded(self, event: str = "") -> Loaded:
        """What is stored of the conversation."""
        return await self.store.load("paper|t|c", event)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    """A desk without rivals."""
    store = Rival(0)
    await store.open()
    yield Desk(store, Script(CountingEngine(), library().say, "help@example.com"))
    await store.close()


async def test_turn_is_committed_and_submitted(desk: Desk) -> None:
    """When receive returns, state, event and rows are stored, and the outbox has the rows."""
    assert await desk.say("hi") is None
    loaded = await desk.loaded("event-hi")
    assert (loaded.state, loaded.version, loaded.seen) == ({"n": 1, "said": ["hi"]}, 1, True)
    assert [(row.seq, row.turn) for row in desk.tray.rows] == [(1, 1)]


async def test_same_event_gets_the_stored_answer(desk: Desk) -> None:
    """The same event again runs no turn and gives the answer that was stored, not a new one."""
    assert await desk.say("hi", "e", invoke=True) == {"replies": 1}
    assert await desk.say("something else", "e", invoke=True) == {"replies": 1}
    assert (await desk.loaded()).version == 1
    assert len(desk.tray.rows) == 1


async def test_concurrent_turns_of_one_conversation_are_serial(desk: Desk) -> None:
    """Twenty at once equal some serial order, without one conflict, and leave no lock behind."""
    await asyncio.gather(*(desk.say(f"m{n}") for n in range(20)))
    state = (await desk.loaded()).state or {}
    assert (state["n"], state["said"]) == (20, [f"m{n}" for n in range(20)])
    assert len(desk.reception._locks) == 0
    assert b"helpbot_conflicts_total 0.0" in desk.metrics.text(await desk.store.counts(0), {})


async def test_conflict_runs_the_turn_again(desk: Desk) -> None:
    """When another replica was faster, the turn runs again on the new state."""
    desk.store.times = 2
    await desk.say("hi")
    assert (await desk.loaded()).state == {"n": 3, "said": ["rival", "hi"]}


async def test_giving_up_is_never_an_acknowledgement(desk: Desk) -> None:
    """When the state moves on again and again, it raises, and the event is not taken for done."""
    desk.store.times = 1000
    with pytest.raises(StoreUnavailable):
        await desk.say("hi")
    assert 1000 - desk.store.times == ROUNDS
    assert not (await desk.loaded("event-hi")).seen


async def test_duplicate_found_at_commit_gives_its_answer(desk: Desk) -> None:
    """When another replica has committed the very same event meanwhile, its answer counts."""

    class Late(CountingEngine):
        async def run(self, state: State | None, incoming: Incoming) -> Outcome:
            other = Turn(Address("paper", "t", "c"), "e", 0, {"n": 9}, (), 1.0, {"replies": 7})
            await desk.store.commit(other, "rival", 2.0)
            return await super().run(state, incoming)

    desk.reception.script = Script(Late(), library().say)
    assert await desk.say("hi", "e", invoke=True) == {"replies": 7}
    assert desk.tray.rows == []


async def test_database_trouble_is_raised(desk: Desk) -> None:
    """When the database is gone nothing is acknowledged, and afterwards the event is taken in."""
    desk.store.lost = lambda: StoreUnavailable("gone")
    with pytest.raises(StoreUnavailable):
        await desk.say("hi")
    desk.store.lost = None
    await desk.say("hi")
    assert (await desk.loaded()).version == 1
    assert len(desk.reception._locks) == 0


async def test_failed_turn_is_told_with_a_way_to_a_person(desk: Desk) -> None:
    """A mistake of ours is answered by an apology that names the helpdesk; state and event are kept."""
    await desk.say("hi")
    await desk.say("boom")
    loaded = await desk.loaded("event-boom")
    assert (loaded.state, loaded.seen) == ({"n": 1, "said": ["hi"]}, True)
    *_, text = await desk.delivered()
    assert "sorry" in text
    assert "help@example.com" in text


async def test_state_that_is_no_json_is_a_failed_turn(desk: Desk) -> None:
    """A turn whose outcome can't be stored is a mistake of ours like any other: told, committed, not repeated."""
    await desk.say("hi")
    await desk.say("knot")
    loaded = await desk.loaded("event-knot")
    assert (loaded.state, loaded.seen) == ({"n": 1, "said": ["hi"]}, True)
    assert "sorry" in (await desk.delivered())[-1]


async def test_second_failure_in_a_row_begins_anew(desk: Desk) -> None:
    """A state with which every turn fails does not hold its conversation for ever."""
    await desk.say("hi")
    await desk.say("boom", "e1")
    await desk.say("ok")
    await desk.say("boom", "e2")
    assert ((await desk.loaded()).state or {})["n"] == 2
    await desk.say("boom", "e3")
    assert (await desk.loaded()).state == {}
    await desk.say("hello")
    assert ((await desk.loaded()).state or {})["n"] == 1


async def test_tell_off_keeps_the_state(desk: Desk) -> None:
    """Being too fast changes nothing in the conversation; the notice is one for one event."""
    await desk.say("hi")
    envelope = Envelope("fast", Address("paper", "t", "c"), Person("u"), Incoming(1000.0, text="x"), invoke=True)
    assert await desk.reception.tell_off(envelope) == {"replies": 1}
    assert await desk.reception.tell_off(envelope) == {"replies": 1}
    assert (await desk.loaded()).state == {"n": 1, "said": ["hi"]}
    assert [text[:12] for text in await desk.delivered()] == ["question 1\n\n", "You are writ"]


async def test_lock_is_given_on_when_a_turn_is_cancelled() -> None:
    """A turn that is cancelled while it waits or works leaves the lock to the next."""
    locks = Locks()
    order: list[str] = []

    async def work(name: str) -> None:
        async with locks.hold("k"):
            order.append(name)
            await asyncio.sleep(0.01)

    first, second, third = (asyncio.create_task(work(name)) for name in ("first", "second", "third"))
    await asyncio.sleep(0.001)
    second.cancel()
    first.cancel()
    await asyncio.gather(first, second, third, return_exceptions=True)
    assert order == ["first", "third"]
    assert len(locks) == 0


async def test_lock_that_has_just_become_one_s_own_is_given_on() -> None:
    """Who is cancelled in the moment in which the lock became theirs keeps it from nobody, and all come in order."""
    locks = Locks()
    order: list[int] = []
    tasks: list[asyncio.Task[None]] = []

    async def work(number: int) -> None:
        async with locks.hold("k"):
            order.append(number)
            await asyncio.sleep(0)
        if number == 0:
            tasks[1].cancel()  # it was given the lock a moment ago, and has not run yet

    tasks += [asyncio.create_task(work(number)) for number in range(4)]
    async with asyncio.timeout(5):
        await asyncio.gather(*tasks, return_exceptions=True)
    assert order == [0, 2, 3]
    assert len(locks) == 0
