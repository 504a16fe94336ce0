"""CPU time, speed and memory of a turn: ours beside the floor, the stock bot and the Agents SDK.

python -m tests.bench            15 rounds; writes docs/bench.md and docs/images/bench.svg
python -m tests.bench --quick    3 rounds; prints only
python -m tests.bench --memory   only memory between turn 10,000 and turn 100,000; prints only (minutes)
python -m tests.bench --replicas 8    only one, two, four, eight replicas on one PostgreSQL; prints only

Ctrl-C ends it after the round under way, and what was measured until then counts.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import aiohttp

from tests.bench import growth, relay, slack
from tests.bench.contest import OTHERS_PYTHON, Entrant, Measure, cores, other, ours
from tests.bench.load import Load, Next, Person, Sink, people, pressing, typing
from tests.bench.report import AGENTS, FLOOR, PG, PG_1, SQLITE, SQLITE_1, STOCK, Setting, picture, printed, written
from tests.cloud import APP_ID, SECRET, TENANT, Cloud
from tests.postgres import PostgresServer
from tests.process import ROOT

ROUNDS, QUICK = 15, 3
_PEOPLE = 192  # of ours: five presses each in a round stay within what Teams takes from one conversation
_TURNS, _TURNS_ALONE = 960, 160  # 16 at a time; one at a time


async def main(rounds: int, postgres: str, folder: Path) -> dict[str, list[Measure]]:
    """Start everything, then burst upon burst in turn. Gives the measures by row."""
    ending = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, ending.set)
    results: dict[str, list[Measure]] = {}
    async with AsyncExitStack() as stack:
        sink = await stack.enter_async_context(Sink())
        cloud = await stack.enter_async_context(Cloud())
        session = await stack.enter_async_context(
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=64), timeout=aiohttp.ClientTimeout(total=60))
        )
        entrants = await _entrants(stack, session, sink, cloud, postgres, folder)
        for number in range(rounds):
            sys.stdout.write(f"round {number + 1} of {rounds}:")
            for entrant in entrants:
                measure = await entrant.measure(session)
                results.setdefault(entrant.name, []).append(measure)
                sys.stdout.write(f" {entrant.name} {measure.cpu:.2f};")
                sys.stdout.flush()
            sys.stdout.write("\n")
            if ending.is_set():
                break
    return results


async def _entrants(
    stack: AsyncExitStack, session: aiohttp.ClientSession, sink: Sink, cloud: Cloud, postgres: str, folder: Path
) -> list[Entrant]:
    """All servers, warm; so ordered that the two bursts on one of ours lie some seconds apart."""

    async def comparator(name: str, row: str, following: Next, turns: int, count: int) -> Entrant:
        url, pid = await stack.enter_async_context(other(name, folder / name))
        load = Load(url, sink, "", people(name, count), following)
        await load.begin(session)
        return Entrant(row, load, pid, turns)

    async def of_ours(name: str, database: str) -> tuple[Load, int]:
        url, pid = await stack.enter_async_context(ours(folder / name, _settings(cloud, database)))
        load = Load(url, sink, cloud.token(sink.url), people(name, _PEOPLE), pressing)
        await load.begin(session)
        return load, pid

    on_sqlite = await of_ours("sqlite", f"sqlite:///{folder}/sqlite/bench.db")
    on_postgres = await of_ours("postgres", postgres)
    return [
        await comparator("floor", FLOOR, pressing, _TURNS, _PEOPLE),
        Entrant(SQLITE, *on_sqlite, _TURNS),
        Entrant(PG, *on_postgres, _TURNS),
        await comparator("agents", AGENTS, typing, 320, 32),
        Entrant(SQLITE_1, *on_sqlite, _TURNS_ALONE, 1),
        Entrant(PG_1, *on_postgres, _TURNS_ALONE, 1),
        await comparator("stock", STOCK, typing, 96, 32),
    ]


def _settings(cloud: Cloud, database: str, served: Sequence[Person] = ()) -> dict[str, str]:
    """A configured server: tokens checked, everything on, only the limits for one person and one tenant lifted."""
    return {
        "DATABASE_URL": database,
        "TEAMS_APP_ID": APP_ID,
        "TEAMS_TENANT_ID": TENANT,
        "TEAMS_APP_PASSWORD": SECRET,
        "TEAMS_ALLOWED_TENANTS": ",".join(person.tenant for person in people("", max(_PEOPLE, len(served)))),
        "TEAMS_OPENID_METADATA": cloud.metadata_url,
        "TEAMS_LOGIN_URL": cloud.login_url,
        "TEAMS_SERVICE_HOSTS": "127.0.0.1",
        "RATE_PER_USER": "0",
        "RATE_PER_TENANT": "0",
    }


def _machine() -> str:
    """What it ran on, as far as it matters."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model n" in line
        ),
        platform.machine(),
    )
    return f"{os.cpu_count()} cores ({model}), Linux {platform.release().partition('-')[0]}"


def run() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="CPU ms a turn, against the floor.")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} rounds, printed only")
    parser.add_argument("--rounds", type=int, default=0, help=f"so many rounds (default {ROUNDS})")
    parser.add_argument("--write", action="store_true", help="write the page after a quick run too")
    parser.add_argument("--memory", action="store_true", help="only memory over many turns, printed only")
    parser.add_argument("--replicas", type=int, default=0, help="only up to so many replicas, printed only")
    options = parser.parse_args()
    if not OTHERS_PYTHON.exists():
        sys.stderr.write("The comparators are not installed: make bench\n")
        return 1
    rounds = options.rounds or (QUICK if options.quick else ROUNDS)
    os.sched_setaffinity(0, {cores()[1]}) if cores()[0] != cores()[1] else None
    if options.memory or options.replicas:
        return _grown(rounds, options.replicas)
    return _contest(rounds, writes=options.write or not options.quick)


def _grown(rounds: int, replicas: int) -> int:
    """The parts that take minutes or many cores: the curve up to so many replicas, or (0) memory."""
    with tempfile.TemporaryDirectory(prefix="helpbot-bench-") as folder:
        if replicas:
            counts = [count for count in (1, 2, 4, 8, 16, 32) if count <= replicas]
            with PostgresServer(durable=True) as postgres:
                found = growth.measured(postgres, Path(folder), rounds, _settings, counts)
        else:
            found = [growth.kept(Path(folder), _settings)]
    sys.stdout.write(growth.printed(found))
    return 0


def _contest(rounds: int, writes: bool) -> int:
    load_before = os.getloadavg()[0]
    with PostgresServer(durable=True) as postgres, tempfile.TemporaryDirectory(prefix="helpbot-bench-") as folder:
        results = asyncio.run(main(rounds, postgres.url(), Path(folder)))
        relays = relay.measured(postgres, Path(folder), rounds, _settings)
        grown = growth.measured(postgres, Path(folder), rounds, _settings)
    by_slack = slack.section(rounds)
    done = len(results[FLOOR])
    setting = Setting(done, _machine(), platform.python_version(), datetime.now(UTC).date(), load_before)
    sys.stdout.write("\n" + printed(results) + "\n" + relay.written(relays) + by_slack + "\n" + growth.printed(grown))
    if writes:
        (ROOT / "docs" / "images").mkdir(exist_ok=True)
        (ROOT / "docs" / "bench.md").write_text(
            written(results, setting) + relay.written(relays) + by_slack + growth.written(grown), encoding="utf-8"
        )
        (ROOT / "docs" / "images" / "bench.svg").write_text(picture(results), encoding="utf-8")
        sys.stdout.write("written: docs/bench.md, docs/images/bench.svg\n")
    return 0


if __name__ == "__main__":
    sys.exit(run())
