"""The Store on SQLite: the embedded default, one process, one file."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from functools import partial
from typing import Any

from bot.envelope import Address, Outgoing, Written
from bot.storage import sqlite_rows as rows
from bot.storage.base import Aside, Committed, Counts, Loaded, Row, Turn
from bot.storage.case_codec import load_case
from bot.storage.codec import ABOUT, dump_address, dumps, fresh_rows, loads, stored_row, stored_rows, written
from bot.storage.migrations import steps_from
from bot.storage.sqlite_arrivals import RELEASE_ARRIVALS, SqliteArrivals
from bot.storage.sqlite_cases import ANSWER, REMEMBER, SqliteCases
from bot.storage.sqlite_erase import delete_conversation
from bot.storage.sqlite_files import SqliteFiles
from bot.storage.sqlite_rows import LEAVE, NEXT, OWE, RESUME
from bot.storage.sqlite_thread import SqliteThread
from bot.storage.sqlite_unanswered import SqliteUnanswered

MIN_SQLITE = (3, 35, 0)  # RETURNING

LOAD = """SELECT c.state, c.version, i.event, i.answer, k.data, k.thread, k.version
    FROM (SELECT ? AS key, ? AS event) q LEFT JOIN conversations c ON c.key = q.key
    LEFT JOIN inbox i ON i.key = q.key AND i.event = q.event LEFT JOIN cases k ON k.id = c.case_id"""

# The event id is looked up in the same statement: a duplicate changes nothing, so there is never anything to undo.
CHANGE = """UPDATE conversations SET state = ?, address = ?, used = ?, seq = seq + ?, version = version + 1
    WHERE key = ? AND version = ? AND NOT EXISTS (SELECT 1 FROM inbox WHERE key = ? AND event = ?) RETURNING seq"""
BEGIN = """INSERT INTO conversations (state, address, used, seq, key, version) SELECT ?, ?, ?, ?, ?, ? + 1
    WHERE NOT EXISTS (SELECT 1 FROM inbox WHERE key = ? AND event = ?) ON CONFLICT (key) DO NOTHING RETURNING seq"""

DUE = "SELECT 1 FROM lanes WHERE wake <= ? LIMIT 1"
CLAIM = """UPDATE lanes SET holder = ?, wake = ?
    WHERE key IN (SELECT key FROM lanes WHERE wake <= ? ORDER BY wake LIMIT ?) RETURNING key"""
RENEW = "UPDATE lanes SET wake = ? WHERE key = ? AND holder = ?"
HOLD = "UPDATE lanes SET holder = '', wake = ? WHERE key = ? AND holder = ?"
FAILED = "UPDATE outbox SET attempts = attempts + ?, doubtful = max(doubtful, ?) WHERE key = ? AND seq = ?"
RELEASE = "UPDATE lanes SET holder = '', wake = 0 WHERE holder = ?"

COUNTS = """SELECT (SELECT count(*) FROM outbox)
        - (SELECT count(*) FROM lanes l CROSS JOIN outbox o ON o.key = l.key WHERE l.parked IS NOT NULL),
    (SELECT min(since) FROM lanes WHERE parked IS NULL), (SELECT count(*) FROM aside),
    (SELECT count(*) FROM lanes WHERE parked IS NOT NULL)"""
LIST_ASIDE = """SELECT * FROM (SELECT key, seq, kind, attempts, created, reason, 0 FROM aside ORDER BY created LIMIT ?)
    UNION ALL SELECT * FROM (SELECT o.key, o.seq, o.kind, o.attempts, o.created, l.parked, 1 FROM lanes l
        CROSS JOIN outbox o ON o.key = l.key WHERE l.parked IS NOT NULL ORDER BY o.created LIMIT ?)
    ORDER BY 5, 1, 2 LIMIT ?"""
RESEND_ASIDE = """INSERT INTO outbox (key, seq, kind, payload, turn, created, address, follows)
    SELECT key, seq, kind, payload, turn, ?, address, follows FROM aside WHERE key = ? AND seq = ?"""
RESEND_PARKED = """UPDATE outbox SET created = ?, attempts = 0, doubtful = 0 WHERE key = ? AND seq = ?
    AND EXISTS (SELECT 1 FROM lanes l WHERE l.key = outbox.key AND l.parked IS NOT NULL)"""
DUE_NOW = """INSERT INTO lanes (key, holder, wake, since) VALUES (?, '', ?, ?) ON CONFLICT (key) DO UPDATE
    SET wake = excluded.wake, parked = NULL WHERE holder = ''"""
DROP_ASIDE = "DELETE FROM aside WHERE key = ? AND seq = ?"
DROP_PARKED = """DELETE FROM outbox WHERE key = ? AND seq = ?
    AND EXISTS (SELECT 1 FROM lanes l WHERE l.key = outbox.key AND l.parked IS NOT NULL)"""

SWEEP_INBOX = "DELETE FROM inbox WHERE rowid IN (SELECT rowid FROM inbox WHERE at < ? ORDER BY at LIMIT ?)"
SWEEP_RECEIPTS = "DELETE FROM receipts WHERE rowid IN (SELECT rowid FROM receipts WHERE at < ? ORDER BY at LIMIT ?)"
ENDED = """SELECT key FROM conversations c WHERE used < ? AND NOT EXISTS
    (SELECT 1 FROM lanes l WHERE l.key = c.key AND l.parked IS NULL) ORDER BY used LIMIT ?"""


class SqliteStore(SqliteCases, SqliteFiles, SqliteArrivals, SqliteUnanswered):
    """See `bot.storage.base.Store`. All work is done in one thread, which groups the writes that wait."""

    def __init__(self, path: str) -> None:
        """`path`: a file (made with mode 600), or ":memory:" for a database that lives as long as the store."""
        self._path = path
        self._thread = SqliteThread(path)

    async def open(self) -> None:
        """Connect and migrate."""
        await self._thread.start(partial(_migrate, path=self._path))

    async def close(self) -> None:
        """Finish what waits and disconnect."""
        await self._thread.stop()

    async def ping(self) -> None:
        """One trivial COMMIT: a full disk and a file that was moved away show here, too."""
        await self._thread.run(self._touch, write=True)

    def _touch(self, db: sqlite3.Connection) -> None:
        self._thread.check_place()
        number = db.execute("PRAGMA user_version").fetchone()[0]
        db.execute(f"PRAGMA user_version = {number:d}")  # written anew, the same

    async def load(self, key: str, event_id: str) -> Loaded:
        """State, version, and whether this event was committed before."""
        args = (key, event_id)
        state, version, seen, answer, *case = await self._thread.run(
            lambda db: db.execute(LOAD, args).fetchone(), write=False
        )
        return Loaded(
            None if state is None else loads(state),
            version or 0,
            seen is not None,
            None if answer is None else Written(answer),
            None if case[0] is None else load_case(*case),
        )

    async def commit(self, turn: Turn, holder: str, lease_until: float) -> Committed:
        """Write the turn, or nothing."""
        # JSON is made here, so that the writer's transaction stays short.
        key, out = turn.address.key, turn.outgoing
        values = (dumps(turn.state), dump_address(turn.address), turn.at, len(out))
        payloads = [written(o.payload) for o in out]
        answer = None if turn.answer is None else written(turn.answer).text
        result, first, extra = await self._thread.run(
            lambda db: _commit(db, turn, key, values, payloads, answer, holder, lease_until), write=True
        )
        if result == "fresh":
            return Committed("done", rows=fresh_rows(turn.address, key, first, out, payloads, turn.at, extra))
        if result == "done":
            return Committed("done", rows=tuple(stored_rows(extra)))
        return Committed(result, answer=None if extra is None else Written(extra))

    async def claim(self, holder: str, now: float, lease_until: float, limit: int) -> list[Row]:
        """Lease conversations with a due row; the first row of each."""
        if not await self._thread.run(lambda db: db.execute(DUE, (now,)).fetchone(), write=False):
            return []
        args = (holder, lease_until, now, limit)
        return [stored_row(record) for record in await self._thread.run(lambda db: _claim(db, args), write=True)]

    async def renew(self, keys: Collection[str], holder: str, lease_until: float) -> set[str]:
        """Prolong leases; those that `holder` still had."""
        return await self._thread.run(
            lambda db: {key for key in keys if db.execute(RENEW, (lease_until, key, holder)).rowcount}, write=True
        )

    async def sent(
        self,
        key: str,
        seq: int,
        receipt: str,
        holder: str,
        now: float,
        more: bool = False,
        *,
        thread: Address | None = None,
        follows: bool = False,
    ) -> list[Row] | None:
        """The row is done; the next ones."""
        found = await self._thread.run(
            lambda db: rows.sent(db, key, seq, receipt, holder, now, more, thread), write=True
        )
        return None if found is None else stored_rows(found)

    async def retry(
        self, key: str, seq: int, due: float, holder: str, failed: bool = True, doubtful: bool = False
    ) -> None:
        """Hold the conversation until `due`."""

        def work(db: sqlite3.Connection) -> None:
            if db.execute(HOLD, (due, key, holder)).rowcount and (failed or doubtful):
                db.execute(FAILED, (failed, doubtful, key, seq))

        await self._thread.run(work, write=True)

    async def set_aside(
        self,
        key: str,
        seq: int,
        reason: str,
        holder: str,
        now: float,
        more: bool = False,
        *,
        follows: bool = False,
    ) -> list[Row] | None:
        """Keep the row with its reason, out of the way; the next ones."""
        found = await self._thread.run(lambda db: rows.set_aside(db, key, seq, reason, holder, now, more), write=True)
        return None if found is None else stored_rows(found)

    async def park(self, key: str, reason: str, holder: str, now: float) -> None:
        """Nothing is due there until a commit resumes it."""
        await self._thread.run(lambda db: rows.park(db, key, reason, holder, now), write=True)

    async def release(self, holder: str) -> None:
        """Give every lease of `holder` back."""
        await self._thread.run(
            lambda db: [db.execute(each, (holder,)).rowcount for each in (RELEASE, RELEASE_ARRIVALS)], write=True
        )

    async def counts(self, now: float) -> Counts:
        """Figures for /metrics and /readyz."""
        waiting, since, aside, parked = await self._thread.run(lambda db: db.execute(COUNTS).fetchone(), write=False)
        return Counts(waiting, 0.0 if since is None else max(0.0, now - since), aside, parked)

    async def aside(self, limit: int) -> list[Aside]:
        """Rows set aside and parked, oldest first."""
        args = (limit, limit, limit)
        found = await self._thread.run(lambda db: db.execute(LIST_ASIDE, args).fetchall(), write=False)
        return [Aside(c, s, k, a, t, r, bool(p)) for c, s, k, a, t, r, p in found]

    async def resend(self, key: str, seq: int, now: float) -> bool:
        """Make a row of `aside` due again."""

        def work(db: sqlite3.Connection) -> bool:
            args = (now, key, seq)
            if db.execute(RESEND_ASIDE, args).rowcount:
                db.execute(DROP_ASIDE, args[1:])
            elif not db.execute(RESEND_PARKED, args).rowcount:
                return False
            db.execute(DUE_NOW, (key, now, now))
            return True

        return await self._thread.run(work, write=True)

    async def drop(self, key: str, seq: int) -> bool:
        """Delete a row of `aside`."""

        def work(db: sqlite3.Connection) -> bool:
            if db.execute(DROP_ASIDE, (key, seq)).rowcount:
                return True
            return bool(db.execute(DROP_PARKED, (key, seq)).rowcount and db.execute(LEAVE, (key,)))

        return await self._thread.run(work, write=True)

    async def sweep(self, inbox_before: float, sent_before: float, ended_before: float, limit: int) -> int:
        """Delete at most `limit` of each kind; how many were deleted."""

        def work(db: sqlite3.Connection) -> int:
            count = db.execute(SWEEP_INBOX, (inbox_before, limit)).rowcount
            count += db.execute(SWEEP_RECEIPTS, (sent_before, limit)).rowcount
            ended = db.execute(ENDED, (ended_before, limit)).fetchall()
            for (key,) in ended:
                delete_conversation(db, key)
            return count + len(ended)

        return await self._thread.run(work, write=True)


# ---- in the thread, inside its transaction


def _commit(
    db: sqlite3.Connection,
    turn: Turn,
    key: str,
    values: tuple[str, str, float, int],
    payloads: list[Written],
    answer: str | None,
    holder: str,
    lease_until: float,
) -> tuple[Any, int, Any]:
    """("fresh", first seq, receipts by turn), ("done", 0, stored rows), ("duplicate", 0, answer) or ("conflict", …)."""
    event, out = turn.event_id, turn.outgoing
    found = db.execute(CHANGE if turn.version else BEGIN, (*values, key, turn.version, key, event)).fetchall()
    if not found:
        known = db.execute(ANSWER, (key, event)).fetchone()
        return ("conflict", 0, None) if known is None else ("duplicate", 0, known[0])
    db.execute(REMEMBER, (key, event, answer, turn.at))
    if not out:
        resumed = db.execute(RESUME, (holder, lease_until, key)).fetchall()
        return "done", 0, rows.waiting(db, key, holder) if resumed else ()
    first = found[0][0] - len(out) + 1
    for seq, (o, payload) in enumerate(zip(out, payloads, strict=True), first):
        db.execute(OWE, (key, seq, o.kind, payload.text, o.turn, turn.at))
    lease = rows.taken(db, key, holder, lease_until, turn.at)
    if lease != "new":
        return "done", 0, rows.waiting(db, key, holder) if lease else ()
    return "fresh", first, _receipts(db, key, out)


def _receipts(db: sqlite3.Connection, key: str, out: tuple[Outgoing, ...]) -> dict[int, str]:
    """Message ids by turn, for the updates and deletions among these."""
    found = {o.turn: rows.receipt(db, key, o.kind, o.turn) for o in out if o.kind in ABOUT}
    return {turn: message for turn, message in found.items() if turn is not None and message is not None}


def _claim(db: sqlite3.Connection, args: tuple[str, float, float, int]) -> list[Any]:
    keys = db.execute(CLAIM, args).fetchall()
    return [db.execute(NEXT, (key, args[0], 1)).fetchone() for (key,) in keys]


def _migrate(db: sqlite3.Connection, path: str) -> None:
    """Bring the schema up to date, one process at a time; its number is SQLite's user_version."""
    if sqlite3.sqlite_version_info < MIN_SQLITE:
        raise sqlite3.OperationalError(f"SQLite {sqlite3.sqlite_version} is too old, 3.35 is needed")
    db.execute("BEGIN EXCLUSIVE")
    try:
        for step in steps_from(db.execute("PRAGMA user_version").fetchone()[0], path):
            for statement in step.sqlite:
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {step.number:d}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
