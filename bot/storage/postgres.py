"""The Store on PostgreSQL, for replicas: any of them serves any conversation."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from bot.envelope import Address, Written
from bot.storage.base import AHEAD, LEASE, Aside, Committed, Counts, Loaded, Row, Turn
from bot.storage.case_codec import escaped, load_case
from bot.storage.codec import dump_address, dumps, fresh_rows, loads, stored_row, stored_rows, written
from bot.storage.migrations import steps_from
from bot.storage.postgres_arrivals import RELEASE_ARRIVALS, PostgresArrivals
from bot.storage.postgres_cases import STEPS_AT_ONCE, PostgresCases
from bot.storage.postgres_erase import delete_conversations
from bot.storage.postgres_files import PostgresFiles
from bot.storage.postgres_link import WAIT, Connection, Grouped, Link
from bot.storage.postgres_unanswered import PostgresUnanswered

MIGRATE = 60.0  # seconds, for the lock and the steps
LOCK = 0x68656C70626F74  # "helpbot": the advisory lock of migrations

LOAD = "SELECT * FROM helpbot_load_2($1, $2)"
COMMIT = "SELECT * FROM helpbot_commit_1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
DONE = "SELECT * FROM helpbot_done_2($1, $2, $3, $4, $5, $6, $7, $8)"
CLAIM = "SELECT * FROM helpbot_claim_2($1, $2, $3, $4)"
ROWS = "SELECT * FROM helpbot_rows_2($1, $2, $3)"
RENEW = """UPDATE lanes SET wake = $3 WHERE key IN
    (SELECT key FROM lanes WHERE key = ANY ($1::text[]) AND holder = $2 ORDER BY key FOR UPDATE) RETURNING key"""
RETRY = """WITH held AS (UPDATE lanes SET holder = '', wake = $3 WHERE key = $1 AND holder = $4 RETURNING key)
    UPDATE outbox o SET attempts = o.attempts + $5, doubtful = o.doubtful OR $6
    FROM held WHERE o.key = held.key AND o.seq = $2"""
END = "SELECT * FROM helpbot_end_2($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
# Many rows on which others follow. All their lanes are locked first, in the order of keys: what waits for one of them
# holds none that comes later. (`l.ed`, which is empty, makes every call wait for that.)
ENDS = """WITH l AS MATERIALIZED (SELECT helpbot_lock_2($1::text[] || ARRAY(
        SELECT o.follows::json ->> 'lane' FROM unnest($1::text[], $2::bigint[]) u (key, seq)
        JOIN outbox o ON o.key = u.key AND o.seq = u.seq))::text AS ed)
    SELECT a.number::integer, x.* FROM l CROSS JOIN LATERAL unnest($1::text[], $2::bigint[], $3::text[], $4::boolean[],
            $5::text[], $6::double precision[]) WITH ORDINALITY a (key, seq, message, more, holder, now, number)
        CROSS JOIN LATERAL helpbot_end_2(a.key || l.ed, a.seq, a.message, NULL, '', a.more, a.holder, a.now,
            a.now + $7, NULL, NULL, $8) x"""
PARK = "SELECT helpbot_park_2($1, $2, $3, $4, $5)"
RELEASE = """UPDATE lanes SET holder = '', wake = 0
    WHERE key IN (SELECT key FROM lanes WHERE holder = $1 ORDER BY key FOR UPDATE)"""
COUNTS = """SELECT (SELECT count(*) FROM outbox)
        - (SELECT count(*) FROM lanes l JOIN outbox o ON o.key = l.key WHERE l.parked IS NOT NULL),
    (SELECT min(since) FROM lanes WHERE parked IS NULL), (SELECT count(*) FROM aside),
    (SELECT count(*) FROM lanes WHERE parked IS NOT NULL)"""
LIST_ASIDE = """(SELECT key, seq, kind, attempts, created, reason, false FROM aside ORDER BY created LIMIT $1)
    UNION ALL (SELECT o.key, o.seq, o.kind, o.attempts, o.created, l.parked, true FROM lanes l
        JOIN outbox o ON o.key = l.key WHERE l.parked IS NOT NULL ORDER BY o.created LIMIT $1)
    ORDER BY 5, 1, 2 LIMIT $1"""
# The lane is locked first, as everywhere.
LANE = "SELECT parked IS NOT NULL FROM lanes WHERE key = $1 FOR UPDATE"
RESEND_ASIDE = """WITH found AS (DELETE FROM aside WHERE key = $1 AND seq = $2 RETURNING *)
    INSERT INTO outbox (key, seq, kind, payload, turn, created, address, follows)
    SELECT key, seq, kind, payload, turn, $3, address, follows FROM found RETURNING seq"""
RESEND_PARKED = (
    "UPDATE outbox SET created = $3, attempts = 0, doubtful = false WHERE key = $1 AND seq = $2 RETURNING seq"
)
DUE_NOW = """INSERT INTO lanes AS l (key, holder, wake, since) VALUES ($1, '', $2, $2) ON CONFLICT (key) DO UPDATE
    SET wake = excluded.wake, parked = NULL WHERE l.holder = ''"""
DROP_ASIDE = "DELETE FROM aside WHERE key = $1 AND seq = $2 RETURNING seq"
DROP_PARKED = "DELETE FROM outbox WHERE key = $1 AND seq = $2 RETURNING seq"
LEAVE = "DELETE FROM lanes WHERE key = $1 AND NOT EXISTS (SELECT FROM outbox o WHERE o.key = $1)"
SWEEP_INBOX = """DELETE FROM inbox WHERE (key, event) IN
    (SELECT key, event FROM inbox WHERE at < $1 ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING 1"""
SWEEP_RECEIPTS = """DELETE FROM receipts WHERE (key, turn) IN
    (SELECT key, turn FROM receipts WHERE at < $1 ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING 1"""
ENDED = """SELECT key FROM conversations c WHERE day <= floor($1 / 86400) AND used < $1 AND NOT EXISTS
    (SELECT FROM lanes l WHERE l.key = c.key AND l.parked IS NULL) ORDER BY day LIMIT $2 FOR UPDATE SKIP LOCKED"""
FOLLOWED: list[Row] = []  # this very list: the row is not done yet, for others follow it

_Done = tuple[str, int, str, str | None, bool, str, float]  # key, seq, message, reason, more, holder, now
_End = tuple[str, int, str, bool, str, float]  # key, seq, message, more, holder, now
_Commit = tuple[Turn, str, str, str, str | None, list[str], str, float]


class PostgresStore(PostgresCases, PostgresFiles, PostgresArrivals, PostgresUnanswered):
    """See `bot.storage.base.Store`. Loads, commits and marks that wait at one moment share a statement."""

    def __init__(self, url: str, wait: float = WAIT) -> None:
        """`url`: as asyncpg takes it; a `search_path` in its query names the schema. wait: seconds for each call."""
        self._link = Link(url, wait)
        self._load = Grouped(self._loads)
        self._commit = Grouped(self._commits)
        self._done = Grouped(self._dones)
        self._ended = Grouped(self._ends)
        self._step = Grouped(self._steps, STEPS_AT_ONCE)

    async def open(self) -> None:
        """Connect and migrate."""
        await self._link.open()
        try:
            await self._link.run(_migrate, wait=MIGRATE)
        except BaseException:
            await self._link.close()
            raise

    async def close(self) -> None:
        """Finish what is under way and disconnect."""
        for calls in (self._load, self._commit, self._done, self._ended, self._step):
            await calls.drain()
        await self._link.close()

    async def ping(self) -> None:
        """One trivial round trip."""
        await self._link.fetch("SELECT 1")

    async def load(self, key: str, event_id: str) -> Loaded:
        """State, version, and whether this event was committed before."""
        return await self._load((key, event_id))

    async def commit(self, turn: Turn, holder: str, lease_until: float) -> Committed:
        """Write the turn, or nothing."""
        payloads = [written(out.payload) for out in turn.outgoing]
        result, answer, first, receipts = await self._commit(
            (
                turn,
                turn.address.key,
                dumps(turn.state),
                dump_address(turn.address),
                None if turn.answer is None else written(turn.answer).text,
                [payload.text for payload in payloads],
                holder,
                lease_until,
            )
        )
        if result == "fresh" and any(out.kind == "delete" for out in turn.outgoing):
            result = "older"  # what it deletes is looked up with the rows
        if result == "fresh":
            known = {
                out.turn: message
                for out, message in zip(turn.outgoing, receipts or (), strict=False)
                if out.turn is not None and message is not None
            }
            address, out = turn.address, turn.outgoing
            return Committed("done", rows=fresh_rows(address, address.key, first, out, payloads, turn.at, known))
        if result == "older":
            found = await self._link.fetch(ROWS, turn.address.key, holder, AHEAD)
            return Committed("done", rows=tuple(stored_rows(found)))
        return Committed(result, answer=None if answer is None else Written(answer))

    async def claim(self, holder: str, now: float, lease_until: float, limit: int) -> list[Row]:
        """Lease conversations with a due row; the first row of each."""
        return list(map(stored_row, await self._link.fetch(CLAIM, holder, now, lease_until, limit)))

    async def renew(self, keys: Collection[str], holder: str, lease_until: float) -> set[str]:
        """Prolong leases; those that `holder` still had."""
        return {key for (key,) in await self._link.fetch(RENEW, list(keys), holder, lease_until)}

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
        if not follows and thread is None:
            found = await self._done((key, seq, receipt, None, more, holder, now))
            if found is not FOLLOWED:
                return found
        if thread is None:
            return await self._ended((key, seq, receipt, more, holder, now))
        return await self._end(key, seq, receipt, None, more, holder, now, thread)

    async def retry(
        self, key: str, seq: int, due: float, holder: str, failed: bool = True, doubtful: bool = False
    ) -> None:
        """Hold the conversation until `due`."""
        await self._link.fetch(RETRY, key, seq, due, holder, int(failed), doubtful)

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
        if not follows:
            found = await self._done((key, seq, "", reason, more, holder, now))
            if found is not FOLLOWED:
                return found
        return await self._end(key, seq, "", reason, more, holder, now, None)

    async def park(self, key: str, reason: str, holder: str, now: float) -> None:
        """Nothing is due there until a commit resumes it."""
        await self._link.fetch(PARK, key, reason, escaped(reason), holder, now)

    async def release(self, holder: str) -> None:
        """Give every lease of `holder` back."""
        await self._link.fetch(RELEASE, holder)
        await self._link.fetch(RELEASE_ARRIVALS, holder)

    async def counts(self, now: float) -> Counts:
        """Figures for /metrics and /readyz."""
        ((waiting, since, aside, parked),) = await self._link.fetch(COUNTS)
        return Counts(waiting, 0.0 if since is None else max(0.0, now - since), aside, parked)

    async def aside(self, limit: int) -> list[Aside]:
        """Rows set aside and parked, oldest first."""
        return [Aside(*record) for record in await self._link.fetch(LIST_ASIDE, limit)]

    async def resend(self, key: str, seq: int, now: float) -> bool:
        """Make a row of `aside` due again."""

        async def work(db: Connection) -> bool:
            async with db.transaction():
                parked = await db.fetchval(LANE, key)
                found = await db.fetch(RESEND_ASIDE, key, seq, now)
                if not found and parked:
                    found = await db.fetch(RESEND_PARKED, key, seq, now)
                if found:
                    await db.execute(DUE_NOW, key, now)
                return bool(found)

        return await self._link.run(work)

    async def drop(self, key: str, seq: int) -> bool:
        """Delete a row of `aside`."""

        async def work(db: Connection) -> bool:
            async with db.transaction():
                parked = await db.fetchval(LANE, key)
                found = await db.fetch(DROP_ASIDE, key, seq)
                if not found and parked:
                    found = await db.fetch(DROP_PARKED, key, seq)
                    await db.execute(LEAVE, key)
                return bool(found)

        return await self._link.run(work)

    async def sweep(self, inbox_before: float, sent_before: float, ended_before: float, limit: int) -> int:
        """Delete at most `limit` of each kind; how many were deleted."""

        async def work(db: Connection) -> int:
            async with db.transaction():
                ended = [key for (key,) in await db.fetch(ENDED, ended_before, limit)]
                await delete_conversations(db, ended)
                return len(ended)

        count = len(await self._link.fetch(SWEEP_INBOX, inbox_before, limit))
        count += len(await self._link.fetch(SWEEP_RECEIPTS, sent_before, limit))
        return count + await self._link.run(work)

    # ---- one statement for many

    async def _loads(self, items: list[tuple[str, str]]) -> Sequence[Loaded]:
        keys, events = zip(*items, strict=True)
        return [
            Loaded(
                None if state is None else loads(state),
                version or 0,
                seen,
                None if answer is None else Written(answer),
                None if data is None else load_case(data, thread, case_version),
            )
            for state, version, seen, answer, data, thread, case_version in await self._link.fetch(LOAD, keys, events)
        ]

    async def _commits(self, items: list[_Commit]) -> Sequence[Any]:
        """In the order of keys: two statements that lock the same conversations never wait for each other in a ring."""
        order = sorted(range(len(items)), key=lambda number: items[number][1])
        turns, keys, states, addresses, answers, payloads, holders, untils = zip(
            *(items[number] for number in order), strict=True
        )
        found = await self._link.fetch(
            COMMIT,
            keys,
            [turn.event_id for turn in turns],
            [turn.version for turn in turns],
            states,
            addresses,
            answers,
            [turn.at for turn in turns],
            [len(turn.outgoing) for turn in turns],
            holders,
            untils,
            [out.kind for turn in turns for out in turn.outgoing],
            [payload for some in payloads for payload in some],
            [out.turn for turn in turns for out in turn.outgoing],
        )
        return [record for _, record in sorted(zip(order, found, strict=True), key=lambda pair: pair[0])]

    async def _dones(self, items: list[_Done]) -> Sequence[list[Row] | None]:
        order = sorted(range(len(items)), key=lambda number: items[number][0])
        columns = zip(*(items[number] for number in order), strict=True)
        results: list[list[Row] | None] = [None] * len(items)
        found: dict[int, list[Any]] = {}
        for number, held, *record in await self._link.fetch(DONE, *columns, AHEAD):
            place = order[number - 1]
            if record[1] is not None:
                found.setdefault(place, []).append(record)
            elif held is None:
                results[place] = FOLLOWED
            elif held:
                results[place] = []
        for place, records in found.items():
            results[place] = stored_rows(records)
        return results

    async def _ends(self, items: list[_End]) -> Sequence[list[Row] | None]:
        """As `_end`, for many rows that were sent and opened no thread."""
        columns = zip(*items, strict=True)
        found: list[list[Any]] = [[] for _ in items]
        for number, *record in await self._link.fetch(ENDS, *columns, LEASE, AHEAD):
            found[number - 1].append(record)
        return list(map(_next_rows, found))

    async def _end(
        self,
        key: str,
        seq: int,
        receipt: str,
        reason: str | None,
        more: bool,
        holder: str,
        now: float,
        thread: Address | None,
    ) -> list[Row] | None:
        """As `_done`, for a row on which others follow, or which has opened a thread."""
        to = (None, None) if thread is None else (thread.key, dump_address(thread))
        args = (key, seq, receipt, reason, escaped(reason or ""), more, holder, now, now + LEASE, *to, AHEAD)
        return _next_rows(await self._link.fetch(END, *args))


def _next_rows(found: Sequence[Sequence[Any]]) -> list[Row] | None:
    """What `helpbot_end_2` gave: the rows to go on with; None when the lease was lost."""
    records = [record for held, *record in found if record[1] is not None]
    return stored_rows(records) if any(held for held, *_ in found) else None


async def _migrate(db: Connection) -> None:
    """Bring the schema up to date, one process at a time; its number is in the table helpbot_schema."""
    async with db.transaction():
        await db.execute(f"SET LOCAL statement_timeout = {int(MIGRATE * 1000)}")
        await db.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
        number = 0
        if await db.fetchval("SELECT to_regclass('helpbot_schema') IS NOT NULL"):
            number = await db.fetchval("SELECT max(number) FROM helpbot_schema")
        else:
            await db.execute("CREATE TABLE helpbot_schema (number integer PRIMARY KEY, at timestamptz DEFAULT now())")
        for step in steps_from(number or 0, "PostgreSQL"):
            await db.execute(step.postgres)
            await db.execute("INSERT INTO helpbot_schema (number) VALUES ($1)", step.number)
