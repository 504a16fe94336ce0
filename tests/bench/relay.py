"""The hand-off under load: what a relayed message costs, with few and with many open cases, and when timers fire.

The cases are put into the database before the server starts, as the server itself would have written them. Each has a
user and a desk in a tenant of its own, because the outbox keeps to the 50 messages a second that Teams takes from one.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import aiohttp

from bot.envelope import Address
from bot.envelope import Person as Someone
from bot.handoff.case import Case
from bot.storage.cases import Saved, Step
from bot.storage.registry import make_store
from tests.activities import BOT, message
from tests.bench.contest import cpu_of, ours
from tests.bench.load import Load, Person, Sink, people, pressing
from tests.cloud import Cloud
from tests.postgres import PostgresServer, make_schema

FEW, MANY, PENDING = 10, 1_000, 10_000
ROUNDS = 5  # at most: more would tell nothing new
TALKERS = 192  # of the many: five messages each in a round stay within what Teams takes from one conversation
TURNS, AT_ONCE = 960, 16
PACE, PACED = 20.0, 200  # for latencies: messages a second that ten conversations may go on with, and in each round
SOON, DUE, APART = 4.0, 100, 0.1  # seconds until the first timer is due; how many are, and seconds from one to the next
SETTLE = 0.3  # seconds after a burst for what is done when the messages are out: it counts too
LONG = 3600.0
TARGETS = (
    ("CPU: a relayed message, to a guided turn", "cpu", 1.0),
    (f"p99 of a relayed message with {MANY:,} open cases, to that with {FEW}", "p99", 1.5),
    (f"the latest timer with {PENDING:,} pending, in seconds", "late", 2.0),
)


@dataclass(slots=True)
class Relays:
    """What was measured on one database. relayed, guided: CPU ms of each, by round; few, many: seconds of each message;
    late: seconds after its time of each timer."""

    store: str
    relayed: list[float] = field(default_factory=list)
    guided: list[float] = field(default_factory=list)
    few: list[float] = field(default_factory=list)
    many: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)

    def value(self, name: str) -> float:
        """What a target is about."""
        if name == "cpu":
            return median(r / g for r, g in zip(self.relayed, self.guided, strict=True))
        return p99(self.many) / p99(self.few) if name == "p99" else max(self.late)


def measured(
    postgres: PostgresServer, folder: Path, rounds: int, settings: Callable[..., dict[str, str]]
) -> list[Relays]:
    """Measure on both databases. settings: of a configured server, from its cloud, database and people."""
    sqlite = {name: f"sqlite:///{folder}/relay-{name}.db" for name in ("few", "many", "timers")}
    schemas = {name: make_schema(postgres, f"relay_{name}") for name in sqlite}
    found = []
    for store, urls in (("SQLite", sqlite), ("PostgreSQL", schemas)):
        found.append(asyncio.run(_on(store, urls, folder / f"relay-{store}", min(rounds, ROUNDS), settings)))
    return found


def table(found: Sequence[Relays]) -> list[list[str]]:
    """Rows of cells, the heading first: what is asked, what was measured."""
    rows = [["", "at most", "measured", ""]]
    for each in found:
        for words, name, most in TARGETS:
            value = each.value(name)
            met = "reached" if value <= most else "**not reached**"
            rows.append([f"{each.store}: {words}", f"{most:.1f}", f"{value:.2f}", met])
    return rows


def written(found: Sequence[Relays]) -> str:
    """The section of the page."""
    head, *body = table(found)
    lines = [head, ["---", "---:", "---:", "---"], *body]
    rows = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    figures = "; ".join(
        f"{e.store}: {median(e.relayed):.2f} ms of CPU a relayed message, {median(e.guided):.2f} a guided turn,\n"
        f"p99 {p99(e.few) * 1000:.0f} ms with few and {p99(e.many) * 1000:.0f} ms with many cases"
        for e in found
    )
    return f"""
## The hand-off

{rows}

{figures}.

A relayed message is one of a user's that goes to the case's thread, until it has arrived there; CPU is measured with
{MANY:,} open cases, latencies at {PACE:.0f} messages a second. Timers: {DUE} come due, one each {APART:g} s, among
{PENDING:,} that wait; what counts is when the reminder has arrived in the thread.
"""


def p99(seconds: Sequence[float]) -> float:
    """The 99th percentile."""
    return sorted(seconds)[min(len(seconds) - 1, int(len(seconds) * 0.99))]


# -- measuring


@dataclass(slots=True)
class _Server:
    """A server with cases. people: each has one, in whose thread their messages arrive."""

    url: str
    pid: int
    token: str
    sink: Sink
    people: Sequence[Person]

    async def relay(self, session: aiohttp.ClientSession, person: Person) -> float:
        """A message of theirs; the seconds until answer and message are both there."""
        activity = message(self.sink.url, f"words {time.monotonic_ns()}", person.where(), **person.address())
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        arrival, started = self.sink.expect(_thread(person)), time.perf_counter()
        async with asyncio.timeout(30):
            url = f"{self.url}/api/messages"
            async with session.post(url, data=json.dumps(activity), headers=headers) as response:
                text = await response.read()
            answered = time.perf_counter()
            if response.status != 200:
                raise RuntimeError(f"{self.url} answered {response.status}: {text[:300]!r}")
            return max(answered, await arrival) - started

    async def burst(self, session: aiohttp.ClientSession) -> float:
        """CPU ms of a relayed message, many at a time."""
        talkers = self.people[:TALKERS]

        async def work(mine: Sequence[Person]) -> None:
            for turn in range(TURNS // AT_ONCE):
                await self.relay(session, mine[turn % len(mine)])

        before = cpu_of(self.pid)
        await asyncio.gather(*(work(talkers[n::AT_ONCE]) for n in range(AT_ONCE)))
        await asyncio.sleep(SETTLE)
        return (cpu_of(self.pid) - before) / TURNS


async def _on(
    store: str, urls: dict[str, str], folder: Path, rounds: int, settings: Callable[..., dict[str, str]]
) -> Relays:
    found = Relays(store)
    folder.mkdir()  # noqa: ASYNC240  (nothing else runs yet)
    async with AsyncExitStack() as stack:
        sink = await stack.enter_async_context(Sink())
        cloud = await stack.enter_async_context(Cloud())
        session = await stack.enter_async_context(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=64)))

        async def serve(name: str, users: Sequence[Person], cases: Sequence[Case]) -> _Server:
            await _seed(urls[name], cases)
            own = settings(cloud, urls[name], users)
            url, pid = await stack.enter_async_context(ours(folder / name, own))
            return _Server(url, pid, cloud.token(sink.url), sink, users)

        few_people, many_people = people(f"{store}-few", FEW), people(f"{store}-many", MANY)
        few = await serve("few", few_people, [_held(p, sink.url) for p in few_people])
        many = await serve("many", many_people, [_held(p, sink.url) for p in many_people])
        guided = Load(many.url, sink, many.token, people(f"{store}-guided", TALKERS), pressing)
        await guided.begin(session)
        for _ in range(rounds):
            before = cpu_of(many.pid)
            await guided.burst(session, TURNS, AT_ONCE)
            await asyncio.sleep(SETTLE)
            found.guided.append((cpu_of(many.pid) - before) / TURNS)
            found.relayed.append(await many.burst(session))
            await _paced(session, few, many, found)
        await _timers(serve, urls["timers"], sink, store, found)
    cpu = f"CPU {median(found.relayed):.2f} to {median(found.guided):.2f}"
    sys.stdout.write(f"hand-off on {store}: {cpu}; latest timer {max(found.late):.1f} s\n")
    return found


async def _paced(session: aiohttp.ClientSession, few: _Server, many: _Server, found: Relays) -> None:
    """Messages at an even pace to both servers by turns, so that both meet the same machine."""
    tasks: list[tuple[list[float], asyncio.Task[float]]] = []
    started = time.perf_counter()
    for number in range(PACED):
        for server, into in ((few, found.few), (many, found.many)):
            person = server.people[number * 7 % len(server.people)]
            tasks.append((into, asyncio.create_task(server.relay(session, person))))
        await asyncio.sleep(max(0.0, started + (number + 1) / PACE - time.perf_counter()))
    for into, task in tasks:
        into.append(await task)


async def _timers(
    serve: Callable[[str, Sequence[Person], Sequence[Case]], Awaitable[_Server]],
    url: str,
    sink: Sink,
    store: str,
    found: Relays,
) -> None:
    """Timers that come due among many that wait; their reminders in the threads."""
    users = people(f"{store}-timers", PENDING)
    soon, later = users[:DUE], users[DUE:]
    await serve("timers", users[:1], [_held(person, sink.url) for person in later])
    begin = time.time() + SOON
    due = {person.number: begin + n * APART for n, person in enumerate(soon)}
    arrivals = {person.number: sink.expect(_thread(person)) for person in soon}
    await _seed(url, [_waits(person, sink.url, due[person.number]) for person in soon])
    ahead = time.time() - time.perf_counter()
    async with asyncio.timeout(SOON + DUE * APART + 30.0):
        for number, arrival in arrivals.items():
            found.late.append(await arrival + ahead - due[number])


# -- the cases


def _thread(person: Person) -> str:
    return f"19:{person.server}-{person.number}@thread.tacv2;messageid=1"


def _held(person: Person, service: str) -> Case:
    """A case that an agent holds, and whose timer is far away."""
    return _case(person, service, "claimed", time.time() + LONG)


def _waits(person: Person, service: str, due: float) -> Case:
    """A case of which the staff are to be reminded then."""
    return _case(person, service, "waiting", due)


def _case(person: Person, service: str, state: str, due: float) -> Case:
    bot = {"serviceUrl": service, "bot": BOT}
    thread = _thread(person)
    agent = Someone("agent", "Anna") if state == "claimed" else None
    now = time.time()
    return Case(
        id=f"HD-{person.number}",
        queue="helpdesk",
        state="claimed" if agent else "waiting",
        user=Address("teams", person.tenant, person.conversation, False, {**bot, "user": person.tenant}),
        person=Someone(person.tenant, "Alex Wilber"),
        desk=Address("teams", person.tenant, thread.partition(";")[0], True, bot),
        thread=Address("teams", person.tenant, thread, True, bot),
        agent=agent,
        last_agent=agent,
        opened_at=now,
        waiting_since=now,
        claimed_at=now if agent else 0.0,
        user_at=now,
        agent_at=now,
        timer="user" if agent else "waiting",
        due=due,
    )


async def _seed(url: str, cases: Sequence[Case]) -> None:
    """Write the cases, each loaded by its user's chat and by its thread."""
    store = make_store(url)
    await store.open()
    try:
        for first in range(0, len(cases), 200):
            await asyncio.gather(*(store.commit_step(_opening(case), "", 0.0) for case in cases[first : first + 200]))
    finally:
        await store.close()


def _opening(case: Case) -> Step:
    keys = (case.user.key, case.thread.key if case.thread else "")
    return Step(case.user.key, "open", time.time(), case, conversations=(Saved(case.user, 0, {}),), open_for=keys)
