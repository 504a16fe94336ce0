"""What only the SQLite store promises: the file, grouped commits, and a thread that nothing ends."""

from __future__ import annotations

import asyncio
import os
import re
import resource
import sqlite3
import stat
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.envelope import Address, Outgoing
from bot.errors import SettingsError, StoreUnavailable
from bot.storage import sqlite, sqlite_cases, sqlite_erase, sqlite_rows
from bot.storage.base import Turn
from bot.storage.registry import make_store
from bot.storage.sqlite import SqliteStore

NOW = 1_700_000_000.0
WALKS = (
    "COUNTS",
    "RELEASE",
    "RELEASE_ARRIVALS",
    "CONVERSATIONS_WITH",
    "CASES_WITH",
    "ARRIVALS_OF",
    "UNSIGN",
    "DESKS",
    "LIST",
)  # not in a turn, or short
NAMED = re.compile(r":(\w+)")


def turn(conversation: int, version: int = 0, size: int = 10) -> Turn:
    """A turn that sends one message of about `size` bytes."""
    out = (Outgoing("send", {"text": "x" * size}),)
    return Turn(Address("teams", "t", str(conversation)), f"e{version}", version, {"n": version}, out, NOW)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    """An empty store in a file."""
    opened = SqliteStore(str(tmp_path / "helpbot.db"))
    await opened.open()
    yield opened
    await opened.close()


@contextmanager
def no_space_beyond(size: int) -> Iterator[None]:
    """No file of this process can grow beyond `size` bytes: what a full disk does to a write."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def files_in(folder: Path) -> list[Path]:
    """What lies there, by name."""
    return sorted(folder.iterdir())


def commits_in(log: Path) -> int:
    """Transactions in a write-ahead log: the frames that name the database's size."""
    data = log.read_bytes()
    page = int.from_bytes(data[8:12], "big")
    return sum(int.from_bytes(data[at + 4 : at + 8], "big") > 0 for at in range(32, len(data), 24 + page))


async def test_its_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    """The database and what SQLite lays beside it have mode 600, whatever the umask; an old file is narrowed."""
    path = tmp_path / "helpbot.db"
    for mode in (None, 0o644):
        if mode:
            path.chmod(mode)
        before = os.umask(0)
        try:
            store = SqliteStore(str(path))
            await store.open()
            await store.commit(turn(1, 0 if mode is None else 1), "me", NOW)
        finally:
            os.umask(before)
        files = files_in(tmp_path)
        assert [file.name for file in files] == ["helpbot.db", "helpbot.db-shm", "helpbot.db-wal"]
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
        await store.close()


async def test_turns_that_wait_together_share_a_commit(store: SqliteStore, tmp_path: Path) -> None:
    """Two hundred turns that are committed at the same moment cost a handful of transactions."""
    log = tmp_path / "helpbot.db-wal"
    before = commits_in(log)
    results = await asyncio.gather(*(store.commit(turn(number), "me", NOW) for number in range(200)))
    assert {result.result for result in results} == {"done"}
    assert 1 <= commits_in(log) - before <= 10


async def test_an_acknowledged_turn_survives_a_power_cut(store: SqliteStore) -> None:
    """Every COMMIT is synced to the disk before anybody is told."""
    found = await store._thread.run(
        lambda db: [db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "journal_mode")], write=False
    )
    assert found == [2, "wal"]


async def test_a_probe_tells_the_truth(store: SqliteStore, tmp_path: Path) -> None:
    """A ping raises while nothing can be written, and when the file is not at its place any more."""
    await store.ping()
    with no_space_beyond(0), pytest.raises(StoreUnavailable, match="disk"):
        await store.ping()
    await store.ping()
    path = tmp_path / "helpbot.db"
    path.rename(tmp_path / "elsewhere.db")
    with pytest.raises(StoreUnavailable, match=r"helpbot\.db"):
        await store.ping()
    path.touch()  # another file of that name is not it
    with pytest.raises(StoreUnavailable, match="moved or deleted"):
        await store.ping()
    (tmp_path / "elsewhere.db").rename(path)
    await store.ping()


async def test_a_full_disk_is_said_and_survived(store: SqliteStore) -> None:
    """While nothing can be written, commits raise StoreUnavailable and leave nothing; afterwards all goes on."""
    assert (await store.commit(turn(0), "me", NOW)).result == "done"
    with no_space_beyond(100_000):
        results = await asyncio.gather(
            *(store.commit(turn(number, size=30_000), "me", NOW) for number in range(1, 20)), return_exceptions=True
        )
        assert all(isinstance(result, StoreUnavailable) for result in results)
        assert "space" in str(results[0])
        # What is there can still be read, and commits go on failing one by one.
        assert (await store.load(turn(0).address.key, "e0")).seen
        with pytest.raises(StoreUnavailable):
            await store.commit(turn(1, size=300_000), "me", NOW)
    for number in range(1, 20):
        assert (await store.load(turn(number).address.key, "e0")).version == 0
        assert (await store.commit(turn(number, size=30_000), "me", NOW)).result == "done"
    assert (await store.counts(NOW)).waiting == 20


async def test_a_mistake_of_ours_ends_no_thread(store: SqliteStore) -> None:
    """An exception inside a transaction reaches its caller, rolls back what it wrote, and spoils nothing else."""

    def work(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO inbox (key, event, at) VALUES ('k', 'e', 1)")
        raise ZeroDivisionError

    good = [store.commit(turn(number), "me", NOW) for number in range(5)]
    results = await asyncio.gather(*good[:2], store._thread.run(work, write=True), *good[2:], return_exceptions=True)
    assert isinstance(results.pop(2), ZeroDivisionError)
    assert [getattr(result, "result", result) for result in results] == ["done"] * 5
    assert not (await store.load("k", "e")).seen
    with pytest.raises(ZeroDivisionError):
        await store._thread.run(work, write=True)
    await store.ping()


async def test_another_process_that_writes_is_waited_for(store: SqliteStore, tmp_path: Path) -> None:
    """A command that holds the write lock for a moment delays a commit, it does not fail it."""
    other = sqlite3.connect(tmp_path / "helpbot.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waiting = asyncio.create_task(store.commit(turn(1), "me", NOW))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    other.execute("COMMIT")
    other.close()
    assert (await waiting).result == "done"


@pytest.mark.parametrize("kind", ["no folder", "no database", "a folder"])
async def test_a_path_that_can_not_be_opened_is_named(tmp_path: Path, kind: str) -> None:
    """The error names the path, and the thread is gone."""
    path = tmp_path / "x.db"
    if kind == "no folder":
        path = tmp_path / "nowhere" / "x.db"
    elif kind == "no database":
        path.write_text("This is a letter, not a database. " * 100)
    else:
        path.mkdir()
    store = SqliteStore(str(path))
    with pytest.raises(StoreUnavailable, match=r"x\.db"):
        await store.open()
    assert not [thread for thread in threading.enumerate() if thread.name == "sqlite"]


async def test_a_store_in_memory_needs_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`sqlite:///:memory:` works and writes nothing."""
    monkeypatch.chdir(tmp_path)
    store = make_store("sqlite:///:memory:")
    await store.open()
    assert (await store.commit(turn(1), "me", NOW)).result == "done"
    await store.close()
    assert files_in(tmp_path) == []


@pytest.mark.parametrize("url", ["", "helpbot.db", "sqlite://", "sqlite:///", "mysql://x/y"])
def test_other_urls_are_refused(url: str) -> None:
    """A URL of no database that we know is refused, with what to write instead."""
    with pytest.raises(SettingsError, match=r"sqlite:///helpbot\.db"):
        make_store(url)


async def test_no_statement_of_a_turn_walks_a_table(store: SqliteStore) -> None:
    """Every statement finds its rows by an index, so that the cost of a turn does not grow with what is stored."""
    plans = {}
    found = {**vars(sqlite_cases), **vars(sqlite_rows), **vars(sqlite_erase), **vars(sqlite)}
    for name, statement in found.items():
        if not name.isupper() or not isinstance(statement, str) or " " not in statement or name in WALKS:
            continue

        def explain(db: sqlite3.Connection, statement: str = statement) -> list[str]:
            values = dict.fromkeys(NAMED.findall(statement)) or (None,) * statement.count("?")
            rows = db.execute("EXPLAIN QUERY PLAN " + statement, values).fetchall()
            return [row[3] for row in rows if row[3].startswith("SCAN")]

        plans[name] = await store._thread.run(explain, write=False)
    assert len(plans) > 50
    # Scans that are none: a list of one, an index read in order up to a LIMIT, the result of an inner query.
    harmless = ("CONSTANT ROW", "SCAN q", "(subquery", "USING INDEX", "USING COVERING INDEX")
    walks = {
        name: [step for step in plan if not any(word in step for word in harmless)] for name, plan in plans.items()
    }
    assert {name: walk for name, walk in walks.items() if walk} == {}
