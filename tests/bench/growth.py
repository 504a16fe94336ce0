"""What a turn costs when much is stored, when it has run for long, and when several replicas share a database.

Much stored and two replicas are parts of every run; the rest are commands, see `tests.bench.__main__`.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import aiohttp

from bot.envelope import Address, Outgoing
from bot.storage.base import Turn
from bot.storage.sqlite import SqliteStore
from tests.bench.contest import AT_ONCE, cpu_of, memory_of, ours
from tests.bench.load import Load, Sink, people, pressing
from tests.cloud import Cloud
from tests.postgres import PostgresServer, make_schema

STORED, UNDELIVERED = 100_000, 10_000
PEOPLE, TURNS = 192, 960
SETTLE = 0.3  # seconds after a burst for what is done when the cards are out: it counts too
CROWD, FIRST, LAST = 2_000, 10_000, 100_000  # people whose memory is measured, and turns
LONG = 3600.0

Settings = Callable[..., dict[str, str]]


@dataclass(frozen=True, slots=True)
class Finding:
    """One promise: at most `most`; what each round gave."""

    words: str
    most: float
    found: tuple[float, ...]
    unit: str = ""

    def row(self) -> list[str]:
        """Cells: what is asked, what was measured, whether that is enough."""
        middle = median(self.found)
        span = f"{min(self.found):.2f} to {max(self.found):.2f}" if len(self.found) > 1 else ""
        met = "reached" if middle <= self.most else "**not reached**"
        return [self.words, f"{self.most:g}{self.unit}", f"{middle:.2f}{self.unit}", span, met]


class Spread(Load):
    """Turns that go to any of several replicas, chosen anew for each. doors: their addresses."""

    def __init__(self, doors: Sequence[str], sink: Sink, token: str, name: str, chance: random.Random) -> None:
        super().__init__(doors[0], sink, token, people(name, PEOPLE), pressing)
        self._doors = doors
        self._chance = chance

    def door(self) -> str:
        """Whichever."""
        return self._chance.choice(self._doors)


class Bench:
    """What all parts need."""

    def __init__(
        self,
        folder: Path,
        settings: Settings,
        stack: AsyncExitStack,
        sink: Sink,
        cloud: Cloud,
        session: aiohttp.ClientSession,
    ) -> None:
        """settings: of a configured server, from its cloud, database and people."""
        self.folder = folder
        self.sink = sink
        self.cloud = cloud
        self.session = session
        self._settings = settings
        self._stack = stack
        self._names = itertools.count()

    async def serve(self, database: str, count: int = PEOPLE) -> tuple[str, int]:
        """A server on this database; its address and process id."""
        folder = self.folder / f"growth-{next(self._names)}"
        settings = self._settings(self.cloud, database, people("", count))
        return await self._stack.enter_async_context(ours(folder, settings))

    async def burst(self, load: Load, pids: Sequence[int], at_once: int = AT_ONCE) -> float:
        """CPU milliseconds a turn, of all these processes; no card may be missing, or come twice."""
        before, sent = sum(map(cpu_of, pids)), self.sink.count
        await load.burst(self.session, TURNS, at_once)
        await asyncio.sleep(SETTLE)
        if self.sink.count - sent != TURNS:
            raise RuntimeError(f"{TURNS} turns sent {self.sink.count - sent} cards")
        return (sum(map(cpu_of, pids)) - before) / TURNS


@asynccontextmanager
async def _bench(folder: Path, settings: Settings) -> AsyncIterator[Bench]:
    async with AsyncExitStack() as stack, Sink() as sink, Cloud() as cloud:
        connector = aiohttp.TCPConnector(limit=64)
        session = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        yield Bench(folder, settings, stack, sink, cloud, session)


def measured(
    postgres: PostgresServer, folder: Path, rounds: int, settings: Settings, replicas: Sequence[int] = (1, 2)
) -> list[Finding]:
    """Much stored, and replicas."""

    urls = {count: make_schema(postgres, f"growth_{count}") for count in replicas}

    async def work() -> list[Finding]:
        async with _bench(folder, settings) as bench:
            return [await stored(bench, rounds), *await shared(bench, urls, rounds)]

    return asyncio.run(work())


async def stored(bench: Bench, rounds: int) -> Finding:
    """The cost of a turn on a full database, to that on an empty one, in the same rounds."""
    urls = [f"sqlite:///{bench.folder}/growth-{name}.db" for name in ("empty", "full")]
    await _fill(urls[1].removeprefix("sqlite:///"))
    loads = []
    for url in urls:
        door, pid = await bench.serve(url)
        load = Load(door, bench.sink, bench.cloud.token(bench.sink.url), people(url[-8:-3], PEOPLE), pressing)
        await load.begin(bench.session)
        loads.append((load, pid))
    found = []
    for number in range(rounds):
        turn = loads if number % 2 == 0 else loads[::-1]
        cost = {load.url: await bench.burst(load, [pid]) for load, pid in turn}
        found.append(cost[loads[1][0].url] / cost[loads[0][0].url])
    words = (
        f"CPU: a turn with {STORED:,} stored conversations and {UNDELIVERED:,} undelivered rows, to an empty database"
    )
    return Finding(words, 1.2, tuple(found))


async def shared(bench: Bench, urls: Mapping[int, str], rounds: int) -> list[Finding]:
    """The cost of a turn of several replicas on one PostgreSQL, all of them together, to that of one alone.

    urls: a database for each number of replicas, one first.
    """
    replicas = list(urls)
    groups: dict[int, tuple[Spread, list[int]]] = {}
    for count, url in urls.items():
        servers = [await bench.serve(url) for _ in range(count)]
        doors, pids = [door for door, _ in servers], [pid for _, pid in servers]
        token = bench.cloud.token(bench.sink.url)
        load = Spread(doors, bench.sink, token, f"of-{count}", random.Random(count))
        await load.begin(bench.session)
        groups[count] = load, pids
    costs: dict[tuple[int, int], list[float]] = {}
    for number in range(rounds):
        for count in replicas if number % 2 == 0 else replicas[::-1]:
            for at_once in {AT_ONCE, AT_ONCE * count}:
                costs.setdefault((count, at_once), []).append(await bench.burst(*groups[count], at_once))
    findings = []
    for count in replicas[1:]:
        for at_once, busy in ((AT_ONCE, f"{AT_ONCE} turns at a time in all"), (AT_ONCE * count, f"{AT_ONCE} for each")):
            pairs = zip(costs[count, at_once], costs[replicas[0], AT_ONCE], strict=True)
            words = f"CPU: {count} replicas on one PostgreSQL, to one, {busy}; no turn lost or repeated"
            findings.append(Finding(words, 1.15, tuple(many / one for many, one in pairs)))
    return findings


def kept(folder: Path, settings: Settings) -> Finding:
    """How much memory is kept between two turns."""

    async def work() -> Finding:
        async with _bench(folder, settings) as bench:
            return await memory(bench)

    return asyncio.run(work())


async def memory(bench: Bench) -> Finding:
    """How much a server grows between two turns, each person in a conversation of their own."""
    door, pid = await bench.serve(f"sqlite:///{bench.folder}/growth-memory.db", CROWD)
    load = Load(door, bench.sink, bench.cloud.token(bench.sink.url), people("memory", CROWD), pressing)
    await load.begin(bench.session)
    sizes = {}
    for turns in (FIRST - CROWD, LAST - FIRST):
        done, step = 0, 2_000
        while done < turns:
            await load.burst(bench.session, step, AT_ONCE)
            done += step
        sizes[turns] = memory_of(pid)
        sys.stdout.write(f"memory after {FIRST if len(sizes) == 1 else LAST:,} turns: {sizes[turns]:.1f} MB\n")
        sys.stdout.flush()
    first, last = sizes.values()
    return Finding(f"Memory: growth between turn {FIRST:,} and turn {LAST:,}", 10, (last - first,), " MB")


async def _fill(path: str) -> None:
    """The conversations and the rows that wait, as the server itself would have written them."""
    store = SqliteStore(path)
    await store.open()
    now = time.time()
    state = {
        "turn": 1_700_000_000,
        "at": now,
        "greeted": True,
        "stack": [{"dialog": "root", "with": {"said": ["x" * 60]}}],
    }
    payload = {"type": "message", "text": "y" * 2000}
    try:
        for first in range(0, STORED, 250):
            await asyncio.gather(*(_one(store, number, state, payload, now) for number in range(first, first + 250)))
    finally:
        await store.close()


async def _one(store: SqliteStore, number: int, state: dict[str, Any], payload: Mapping[str, Any], now: float) -> None:
    details = {"serviceUrl": "https://smba.example/teams/", "bot": {"id": "28:bot", "name": "Helpbot"}}
    address = Address("teams", f"full-{number}", f"a:full-{number}", False, details)
    waits = number % (STORED // UNDELIVERED) == 0
    out = (Outgoing("send", payload, 1),) if waits else ()
    committed = await store.commit(Turn(address, "first", 0, state, out, now), "fill", now + LONG)
    if waits:
        await store.retry(address.key, committed.rows[0].seq, now + LONG, "fill", failed=True)


def table(findings: Sequence[Finding]) -> list[list[str]]:
    """Rows of cells, the heading first."""
    return [["", "at most", "median", "range", ""], *(finding.row() for finding in findings)]


def printed(findings: Sequence[Finding]) -> str:
    """Lines for the terminal."""
    lines = ["; ".join(filter(None, row)).replace("**", "") for row in (finding.row() for finding in findings)]
    return "(asked, at most, median, range)\n" + "\n".join(lines) + "\n"


def written(findings: Sequence[Finding]) -> str:
    """The section of the page."""
    head, *body = table(findings)
    rows = "\n".join(f"| {' | '.join(line)} |" for line in [head, ["---", "---:", "---:", "---:", "---"], *body])
    return f"""
## When it grows

{rows}

Each turn goes to any of the replicas, chosen by chance, which is the hardest case for them: what one remembers of a
conversation, another may have changed. CPU is that of all replicas together. Of every burst, each turn's card arrived,
and none twice. Memory, and the curve to eight replicas, take minutes and cores: `make bench ARGS=--memory` and
`make bench ARGS="--replicas 8"`. What was found, and what follows: [scaling.md](scaling.md).
"""
