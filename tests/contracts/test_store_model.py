"""Any sequence of calls to a store, from any holder at any time, ends as a few lines of Python say it must."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import asyncpg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from bot.envelope import Address, Outgoing
from bot.storage.base import AHEAD, Committed, Row, Store, Turn
from bot.storage.registry import make_store
from tests.postgres import PostgresServer, make_schema

T = TypeVar("T")
LEASE = 30.0
TABLES = "conversations, inbox, outbox, lanes, receipts, aside"


@dataclass
class Waiting:
    """A row that was not delivered yet."""

    seq: int
    kind: str
    turn: int | None
    created: float
    attempts: int = 0
    doubtful: bool = False


@dataclass
class Talk:
    """A conversation, as the model knows it. wake: None when nothing waits or it is parked."""

    version: int = 0
    state: dict[str, Any] | None = None
    seq: int = 0
    events: dict[str, int] = field(default_factory=dict)
    waiting: list[Waiting] = field(default_factory=list)
    aside: dict[int, Waiting] = field(default_factory=dict)
    receipts: dict[int, str] = field(default_factory=dict)
    holder: str = ""
    wake: float | None = None
    parked: str = ""

    def free_if_empty(self) -> bool:
        """When nothing waits there is no lease and no hold."""
        if not self.waiting:
            self.holder, self.wake, self.parked = "", None, ""
        return not self.waiting


talks = st.sampled_from("abc")
holders = st.sampled_from(["me", "you"])
events = st.sampled_from([f"e{number}" for number in range(12)])
rows = st.lists(st.tuples(st.sampled_from(["send", "send", "update"]), st.none() | st.integers(1, 3)), max_size=3)


class StoreMachine(RuleBasedStateMachine):
    """Plays against one store; `url` is set by the test, and the database is empty at the start of each run."""

    url = ""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.store: Store = make_store(self.url)
        self.run(self.store.open())
        self.talks = {name: Talk() for name in "abc"}
        self.now = 1000.0

    def teardown(self) -> None:
        """Leave an empty database."""
        self.run(self.store.close())
        if not self.url.startswith("sqlite"):
            self.run(_empty(self.url))
        self.loop.close()

    def run(self, call: Coroutine[Any, Any, T]) -> T:
        """The result of a coroutine."""
        return self.loop.run_until_complete(call)

    # ---- what happens

    @rule(name=talks, event=events, holder=holders, out=rows, stale=st.sampled_from([0, 0, 0, -1, 1]))
    def commit(self, name: str, event: str, holder: str, out: list[tuple[str, int | None]], stale: int) -> None:
        """A turn, sometimes of a known event or an old version."""
        talk = self.talks[name]
        version = max(0, talk.version + stale)
        number = talk.version + 1
        outgoing = tuple(Outgoing(kind, {"n": index}, turn) for index, (kind, turn) in enumerate(out))
        turn = Turn(_address(name), event, version, {"n": number}, outgoing, self.now, {"n": number})
        done = self.run(self.store.commit(turn, holder, self.now + LEASE))
        if event in talk.events:
            assert done == Committed("duplicate", {"n": talk.events[event]})
        elif version != talk.version:
            assert done == Committed("conflict")
        else:
            talk.version, talk.state, talk.events[event] = number, {"n": number}, number
            for kind, of in out:
                talk.seq += 1
                talk.waiting.append(Waiting(talk.seq, kind, of, self.now))
            fresh = bool(out) and len(talk.waiting) == len(out)
            due = talk.wake is not None and talk.wake <= self.now
            leased = bool(talk.waiting) and (fresh or bool(talk.parked) or (bool(out) and due))
            assert done.result == "done"
            if leased:
                talk.holder, talk.wake, talk.parked = holder, self.now + LEASE, ""
            self.given(talk, list(done.rows), leased)

    @rule(holder=holders, limit=st.integers(1, 3))
    def claim(self, holder: str, limit: int) -> None:
        """Somebody looks for what is due."""
        got = self.run(self.store.claim(holder, self.now, self.now + LEASE, limit))
        due = sorted(talk.wake for talk in self.talks.values() if talk.wake is not None and talk.wake <= self.now)
        names = [row.address.conversation for row in got]
        assert len(names) == len(set(names)) == min(limit, len(due))
        assert sorted(self.talks[name].wake or 0.0 for name in names) == due[:limit]
        for row in got:
            talk = self.talks[row.address.conversation]
            talk.holder, talk.wake = holder, self.now + LEASE
            self.same(talk, row, talk.waiting[0])

    @rule(
        name=talks,
        which=st.integers(0, 3),
        holder=holders,
        receipt=st.sampled_from(["", "m1", "m2"]),
        more=st.booleans(),
    )
    def sent(self, name: str, which: int, holder: str, receipt: str, more: bool) -> None:
        """A row was delivered: usually the first that waits, sometimes one that is long done."""
        talk = self.talks[name]
        row = next((row for row in talk.waiting[which : which + 1]), None)
        held = bool(talk.waiting) and talk.holder == holder
        seq = row.seq if row else 999
        got = self.run(self.store.sent(_address(name).key, seq, receipt, holder, self.now, more=more))
        if row:
            talk.waiting.remove(row)
            if receipt and row.turn is not None:
                talk.receipts[row.turn] = receipt
        self.went_on(talk, got, held, more, was=row is not None)

    @rule(name=talks, holder=holders, more=st.booleans())
    def set_aside(self, name: str, holder: str, more: bool) -> None:
        """The first row is refused for good."""
        talk = self.talks[name]
        row = talk.waiting[0] if talk.waiting else None
        held = bool(row) and talk.holder == holder
        got = self.run(
            self.store.set_aside(_address(name).key, row.seq if row else 999, "why", holder, self.now, more=more)
        )
        if not held:
            assert got is None
            return
        assert row is not None
        talk.waiting.remove(row)
        talk.aside[row.seq] = row
        self.went_on(talk, got, held, more, was=True)

    @rule(
        name=talks, holder=holders, wait=st.sampled_from([0.0, 5.0, 100.0]), failed=st.booleans(), doubt=st.booleans()
    )
    def retry(self, name: str, holder: str, wait: float, failed: bool, doubt: bool) -> None:
        """The first row failed for now."""
        talk = self.talks[name]
        seq = talk.waiting[0].seq if talk.waiting else 999
        self.run(self.store.retry(_address(name).key, seq, self.now + wait, holder, failed=failed, doubtful=doubt))
        if talk.waiting and talk.holder == holder:
            talk.waiting[0].attempts += failed
            talk.waiting[0].doubtful |= doubt
            talk.holder, talk.wake = "", self.now + wait

    @rule(name=talks, holder=holders)
    def park(self, name: str, holder: str) -> None:
        """The conversation blocks us."""
        talk = self.talks[name]
        self.run(self.store.park(_address(name).key, "blocked", holder, self.now))
        if talk.waiting and talk.holder == holder:
            talk.holder, talk.wake, talk.parked = "", None, "blocked"

    @rule(holder=holders)
    def release(self, holder: str) -> None:
        """A replica stops."""
        self.run(self.store.release(holder))
        for talk in self.talks.values():
            if talk.holder == holder:
                talk.holder, talk.wake = "", 0.0

    @rule(holder=holders)
    def renew(self, holder: str) -> None:
        """A replica prolongs all that it may have."""
        kept = self.run(self.store.renew([_address(name).key for name in "abc"], holder, self.now + LEASE))
        mine = {name for name, talk in self.talks.items() if talk.holder == holder}
        assert kept == {_address(name).key for name in mine}
        for name in mine:
            self.talks[name].wake = self.now + LEASE

    @rule(name=talks, which=st.integers(0, 2), drop=st.booleans())
    def by_hand(self, name: str, which: int, drop: bool) -> None:
        """The operator sends a row again, or drops it: one set aside, or one that waits in a parked conversation."""
        talk = self.talks[name]
        seqs = sorted(talk.aside) + ([row.seq for row in talk.waiting] if talk.parked else [])
        seq = seqs[which] if which < len(seqs) else 999
        key = _address(name).key
        done = self.run(self.store.drop(key, seq) if drop else self.store.resend(key, seq, self.now))
        assert done == (seq != 999)
        if not done:
            return
        row = talk.aside.pop(seq, None)
        if drop:
            talk.waiting = [other for other in talk.waiting if other.seq != seq]
            talk.free_if_empty()
            return
        if row is not None:
            talk.waiting = sorted([*talk.waiting, row], key=lambda one: one.seq)
        again = next(one for one in talk.waiting if one.seq == seq)
        again.created, again.attempts, again.doubtful = self.now, 0, False
        if not talk.holder:
            talk.wake, talk.parked = self.now, ""

    @rule(seconds=st.sampled_from([1.0, 10.0, 31.0, 200.0]))
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.now += seconds

    @precondition(lambda self: ":memory:" not in self.url)
    @rule()
    def restart(self) -> None:
        """The process ends and starts again."""
        self.run(self.store.close())
        self.store = make_store(self.url)
        self.run(self.store.open())

    # ---- what must hold

    def went_on(self, talk: Talk, got: list[Row] | None, held: bool, more: bool, was: bool) -> None:
        """After a row was done: the next ones for the holder, nothing for anybody else."""
        if more:
            # The caller says that it has more in hand; then the lane stays, even when that is not true.
            assert got == ([] if held else None)
            if not talk.waiting and was:
                self.finish(talk, held)
        elif talk.free_if_empty():
            assert got == [] if was else got is None
        elif not held:
            assert got is None
        else:
            self.given(talk, got or [], True)

    def finish(self, talk: Talk, held: bool) -> None:
        """Give the lane back that was kept for rows that are not there: a mark without `more`."""
        key = next(_address(name).key for name, one in self.talks.items() if one is talk)
        assert self.run(self.store.sent(key, 999, "", talk.holder, self.now)) == []
        talk.free_if_empty()

    def given(self, talk: Talk, got: list[Row], leased: bool) -> None:
        """A lease comes with the first rows, in order, as many as may be sent without waiting for one of them."""
        if not leased:
            assert got == []
            return
        assert got
        for row, expected in zip(got, talk.waiting, strict=False):
            self.same(talk, row, expected)
        if len(got) < min(AHEAD, len(talk.waiting)):
            after = talk.waiting[len(got)]
            assert after.kind == "update"
            assert after.turn in {row.turn for row in got if row.kind == "send"}

    def same(self, talk: Talk, row: Row, expected: Waiting) -> None:
        """The row as the model has it, an update with the receipt that is known now."""
        assert (row.seq, row.kind, row.turn, row.attempts, row.created, row.doubtful) == (
            expected.seq,
            expected.kind,
            expected.turn,
            expected.attempts,
            expected.created,
            expected.doubtful,
        )
        known = talk.receipts.get(row.turn, "") if row.turn is not None else ""
        assert row.receipt == (known if row.kind == "update" else "")

    @invariant()
    def the_store_agrees(self) -> None:
        """States, versions, answers, figures and the operator's list are the model's."""
        for name, talk in self.talks.items():
            loaded = self.run(self.store.load(_address(name).key, "e0"))
            assert (loaded.state, loaded.version) == (talk.state, talk.version)
            assert (loaded.seen, loaded.answer) == (("e0" in talk.events), _answer(talk, "e0"))
        free = [talk for talk in self.talks.values() if not talk.parked]
        counts = self.run(self.store.counts(self.now))
        assert counts.waiting == sum(len(talk.waiting) for talk in free)
        assert counts.parked == sum(bool(talk.parked) for talk in self.talks.values())
        listed = [(one.conversation, one.seq, one.parked) for one in self.run(self.store.aside(100))]
        assert sorted(listed) == sorted(
            [(_address(name).key, seq, False) for name, talk in self.talks.items() for seq in talk.aside]
            + [
                (_address(name).key, row.seq, True)
                for name, talk in self.talks.items()
                for row in talk.waiting
                if talk.parked
            ]
        )


def _address(name: str) -> Address:
    return Address("teams", "t", name)


def _answer(talk: Talk, event: str) -> dict[str, int] | None:
    return {"n": talk.events[event]} if event in talk.events else None


async def _empty(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(f"TRUNCATE {TABLES}")
    await connection.close()


_numbers = itertools.count(1)


@pytest.fixture(params=["memory", "postgres"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Where the machine plays."""
    if request.param == "memory":
        yield "sqlite:///:memory:"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    yield make_schema(server, f"model_{next(_numbers)}")


def test_any_sequence_of_calls_ends_as_the_model_says(url: str) -> None:
    """Commits, claims, marks, retries, parking, resending, restarts, in any order: the store does as its model."""

    class Machine(StoreMachine):
        """On this database."""

    Machine.url = url
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=60 if "memory" in url else 25,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
