"""The part of the SQLite store that keeps cases."""

from __future__ import annotations

import sqlite3
from functools import cached_property
from typing import Any

from bot.envelope import Address
from bot.handoff.case import Case, Message
from bot.storage import sqlite_rows as rows
from bot.storage.base import Committed
from bot.storage.case_codec import (
    Lasting,
    Touch,
    case_columns,
    edit_columns,
    lasting,
    load_case,
    load_cases,
    load_desk,
    load_message,
    message_columns,
    personal,
    touches,
)
from bot.storage.cases import Desk, Step
from bot.storage.codec import dump_address, dumps, loads, stored_rows, written
from bot.storage.sqlite_erase import CASES_WITH, CLOSED_BEFORE, CONVERSATIONS_WITH, delete_case, forget
from bot.storage.sqlite_thread import SqliteThread

ANSWER = "SELECT answer FROM inbox WHERE key = ? AND event = ?"
REMEMBER = "INSERT INTO inbox (key, event, answer, at) VALUES (?, ?, ?, ?)"
# The event id goes in first: nothing is changed by one that is known already.
ENTER = "INSERT INTO inbox (key, event, answer, at) VALUES (?, ?, ?, ?) ON CONFLICT (key, event) DO NOTHING"
TAKE_BACK = "DELETE FROM inbox WHERE key = ? AND event = ?"
VERSION = "SELECT version FROM conversations WHERE key = ?"
OPEN_CASE = """INSERT INTO cases (id, version, state, queue, agent, person, user_key, desk_key, lane, thread, since,
        claimed, closed, due, data)
    VALUES (:id, 1, :state, :queue, :agent, :person, :user_key, :desk_key, :lane, :thread, :since, :claimed, :closed,
        :due, :data) ON CONFLICT (id) DO NOTHING"""
CHANGE_CASE = """UPDATE cases SET version = version + 1, state = :state, queue = :queue, agent = :agent,
        person = :person, user_key = :user_key, desk_key = :desk_key, lane = :lane, thread = :thread, since = :since,
        claimed = :claimed, closed = :closed, due = :due, data = :data,
        taken = CASE WHEN :state = 'waiting' THEN NULL
            WHEN :state = 'claimed' AND state = 'waiting' THEN :claimed ELSE taken END,
        waited = CASE WHEN :state = 'waiting' THEN NULL
            WHEN :state = 'claimed' AND state = 'waiting' THEN :claimed - :since ELSE waited END
    WHERE id = :id AND version = :version"""
# The same where no column that is looked for changes: then no index need be written, as when something is passed on.
CHANGE_DATA = """UPDATE cases SET version = version + 1, data = :data
    WHERE id = :id AND version = :version AND state IS :state AND queue IS :queue AND agent IS :agent
        AND person IS :person AND user_key IS :user_key AND desk_key IS :desk_key AND lane IS :lane
        AND thread IS :thread AND since IS :since AND claimed IS :claimed AND closed IS :closed AND due IS :due"""
# The same where it is known that this is so, for the version was written here.
CHANGE_KNOWN = "UPDATE cases SET version = version + 1, data = ? WHERE id = ? AND version = ?"
TOUCH = """INSERT INTO conversations (key, state, version, address, seq, used, case_id)
    VALUES (:key, coalesce(:state, '{}'), 1, :address, :count, :at, :case)
    ON CONFLICT (key) DO UPDATE SET
        version = version + (:state IS NOT NULL OR (:opens > 0 AND case_id IS NOT :id)
            OR (:opens < 0 AND case_id IS :id)),
        state = coalesce(:state, state), address = CASE WHEN :state IS NULL THEN address ELSE excluded.address END,
        seq = seq + :count, used = :at,
        case_id = CASE WHEN :opens > 0 THEN :id WHEN :opens < 0 THEN nullif(case_id, :id) ELSE case_id END"""
LET_GO = """UPDATE conversations SET case_id = CASE WHEN :opens > 0 THEN :id END, version = version + 1
    WHERE key = :key AND (case_id IS :id) = (:opens < 0)"""
SAY = """INSERT INTO messages (case_id, mark, text, state, reason, changed, source_key, source_id, data)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""
EDIT = "UPDATE messages SET text = ?, changed = ? WHERE case_id = ? AND mark = ?"

CASE = "SELECT data, thread, version FROM cases WHERE id = ?"
CASE_OF = """SELECT k.data, k.thread, k.version FROM conversations c CROSS JOIN cases k ON k.id = c.case_id
    WHERE c.key = ?"""
UNBOUND = "SELECT count(*) FROM cases WHERE desk_key = ? AND thread IS NULL AND closed IS NULL"
PLACE = "SELECT count(*) FROM cases WHERE queue = ? AND state = 'waiting' AND (since, id) < (?, ?)"
HELD_BY = "SELECT count(*) FROM cases WHERE agent = ? AND state = 'claimed'"
WAITS = """SELECT waited FROM cases WHERE queue = ? AND taken >= ? AND taken IS NOT NULL ORDER BY taken DESC LIMIT ?"""
TIMERS = "SELECT data, thread, version FROM cases WHERE due <= ? ORDER BY due LIMIT ?"
LIST = "SELECT data, thread, version FROM cases WHERE {0} ORDER BY {1} LIMIT ?"
TRANSCRIPT = """SELECT case_id, mark, text, state, reason, changed, source_key, source_id, data FROM messages
    WHERE case_id = ? ORDER BY mark"""
BY_SOURCE = """SELECT case_id, mark, text, state, reason, changed, source_key, source_id, data FROM messages
    WHERE source_key = ? AND source_id = ? AND source_id <> '' ORDER BY mark DESC LIMIT 1"""
DESKS = "SELECT queue, address, bound_by, at FROM desks ORDER BY queue"
BIND_DESK = """INSERT INTO desks (queue, address, bound_by, at) VALUES (?, ?, ?, ?)
    ON CONFLICT (queue) DO UPDATE SET address = excluded.address, bound_by = excluded.bound_by, at = excluded.at"""
UNBIND_DESK = "DELETE FROM desks WHERE queue = ?"


OURS = 1000  # cases
_Stored = tuple[int, Lasting, float | None]  # version, what lasts of the case, when it is due


class SqliteCases:
    """See `bot.storage.cases.CaseStore`."""

    _thread: SqliteThread

    @cached_property
    def _ours(self) -> dict[str, _Stored]:
        """Cases as they were written here last."""
        return {}

    async def commit_step(self, step: Step, holder: str, lease_until: float) -> Committed:
        """Write the step, or nothing."""
        # JSON is made here, so that the writer's transaction stays short.
        case, touched = step.case, touches(step)
        columns = {**case_columns(case), "id": case.id, "version": case.version}
        now = (case.version, lasting(case), columns["due"])
        known = self._ours.pop(case.id, None) == now
        answer = None if step.answer is None else written(step.answer).text
        result, found = await self._thread.run(
            lambda db: _commit_step(db, step, touched, columns, known, answer, holder, lease_until), write=True
        )
        if result == "done":
            if len(self._ours) >= OURS:
                del self._ours[next(iter(self._ours))]
            self._ours[case.id] = (case.version + 1, *now[1:])
            return Committed("done", rows=tuple(stored_rows(found)))
        return Committed(result, answer=None if found is None else loads(found))

    async def case(self, case_id: str) -> Case | None:
        """A case by its id."""
        found = await self._all(CASE, case_id)
        return load_case(*found[0]) if found else None

    async def case_of(self, key: str) -> Case | None:
        """The case that this conversation loads."""
        found = await self._all(CASE_OF, key)
        return load_case(*found[0]) if found else None

    async def bind_thread(self, case_id: str, lane: str, thread: Address, now: float) -> None:
        """The thread is confirmed."""
        await self._thread.run(lambda db: rows.bind(db, case_id, lane, thread, now), write=True)

    async def unbound(self, desk_key: str) -> int:
        """Open cases whose thread is not confirmed."""
        return int((await self._all(UNBOUND, desk_key))[0][0])

    async def cases(
        self, state: str = "", queue: str = "", agent: str = "", user_key: str = "", limit: int = 100
    ) -> list[Case]:
        """Open ones first, by how long they wait, then closed ones, newest first."""
        given = [(n, v) for n, v in (("queue", queue), ("agent", agent), ("user_key", user_key)) if v]
        also = "".join(f" AND {name} = ?" for name, _ in given)
        values = [value for _, value in given]
        found: list[Any] = []
        if state != "closed":
            where = "closed IS NULL AND state = ?" if state else "closed IS NULL"
            args = [state, *values] if state else values
            found = await self._all(LIST.format(where + also, "since, id"), *args, limit)
        if state in ("", "closed") and len(found) < limit:
            where = LIST.format("closed IS NOT NULL" + also, "closed DESC, id")
            found += await self._all(where, *values, limit - len(found))
        return load_cases(found)

    async def waits(self, queue: str, since: float, limit: int = 50) -> list[float]:
        """How long claimed cases had waited."""
        return [waited for (waited,) in await self._all(WAITS, queue, since, limit)]

    async def place(self, case: Case) -> int:
        """The place of a waiting case, from 1."""
        return int((await self._all(PLACE, case.queue, case.waiting_since, case.id))[0][0]) + 1

    async def load_case(self, agent: str) -> int:
        """How many cases an agent holds."""
        return int((await self._all(HELD_BY, agent))[0][0])

    async def due(self, now: float, limit: int) -> list[Case]:
        """Cases whose timer is due."""
        return load_cases(await self._all(TIMERS, now, limit))

    async def transcript(self, case_id: str) -> list[Message]:
        """The messages of a case."""
        return [load_message(record) for record in await self._all(TRANSCRIPT, case_id)]

    async def message_by_source(self, key: str, message_id: str) -> Message | None:
        """The message that came in as this one."""
        found = await self._all(BY_SOURCE, key, message_id)
        return load_message(found[0]) if found else None

    async def desks(self) -> list[Desk]:
        """All bound desks."""
        return [load_desk(record) for record in await self._all(DESKS)]

    async def bind_desk(self, desk: Desk) -> None:
        """Bind a queue."""
        args = (desk.queue, dump_address(desk.address), desk.bound_by, desk.at)
        await self._thread.run(lambda db: db.execute(BIND_DESK, args).rowcount, write=True)

    async def unbind_desk(self, queue: str) -> bool:
        """Unbind a queue."""
        return bool(await self._thread.run(lambda db: db.execute(UNBIND_DESK, (queue,)).rowcount, write=True))

    async def sweep_cases(self, closed_before: float, limit: int) -> int:
        """Delete closed cases."""

        def work(db: sqlite3.Connection) -> int:
            old = [case_id for (case_id,) in db.execute(CLOSED_BEFORE, (closed_before, limit))]
            for case_id in old:
                delete_case(db, case_id)
            return len(old)

        return await self._thread.run(work, write=True)

    async def forget(self, person_id: str, now: float) -> dict[str, int]:
        """Erase a person."""
        # Who is looked for by walking tables is looked for outside of a transaction that writes.
        name = dumps(person_id)
        keys = personal(await self._all(CONVERSATIONS_WITH, name), person_id)
        past = [case_id for (case_id,) in await self._all(CASES_WITH, name)]
        return await self._thread.run(lambda db: forget(db, person_id, keys, past, now), write=True)

    async def _all(self, statement: str, *args: object) -> list[Any]:
        return await self._thread.run(lambda db: db.execute(statement, args).fetchall(), write=False)


# ---- in the thread, inside its transaction


def _commit_step(
    db: sqlite3.Connection,
    step: Step,
    touched: list[Touch],
    columns: dict[str, Any],
    known: bool,
    answer: str | None,
    holder: str,
    lease_until: float,
) -> tuple[Any, Any]:
    """("done", rows as stored), ("duplicate", answer) or ("conflict", None). All is checked before anything is written
    but the event id, which is the one thing to be undone."""
    event = (step.event_key, step.event_id)
    if step.event_id and not db.execute(ENTER, (*event, answer, step.at)).rowcount:
        return "duplicate", db.execute(ANSWER, event).fetchone()[0]
    if not (_unmoved(db, touched) and _put_case(db, step, columns, known)):
        if step.event_id:
            db.execute(TAKE_BACK, event)
        return "conflict", None
    for message in step.messages:
        db.execute(SAY, (step.case.id, *message_columns(message)))
    for edit in step.edits:
        mark, text, changed = edit_columns(edit)
        db.execute(EDIT, (text, changed, step.case.id, mark))
    leased: list[Any] = []
    for touch in touched:
        if touch.changes:
            leased += _touch(db, step, touch, holder, lease_until)
        elif touch.opens:
            db.execute(LET_GO, {"key": touch.key, "opens": touch.opens, "id": step.case.id})
        if step.event_id and touch.key == step.event_key and not touch.rows:
            leased += _resumed(db, touch.key, holder, lease_until)
    return "done", leased


def _unmoved(db: sqlite3.Connection, touched: list[Touch]) -> bool:
    """Whether the conversations whose state is saved are still what the step followed on."""
    for touch in touched:
        if touch.version is not None:
            found = db.execute(VERSION, (touch.key,)).fetchone()
            if (found[0] if found else 0) != touch.version:
                return False
    return True


def _put_case(db: sqlite3.Connection, step: Step, columns: dict[str, Any], known: bool) -> bool:
    """Write the case as it is now; False when somebody was faster. known: only its `data` changes."""
    case = step.case
    if not case.version:
        return bool(db.execute(OPEN_CASE, columns).rowcount)
    if known:
        return bool(db.execute(CHANGE_KNOWN, (columns["data"], case.id, case.version)).rowcount)
    return bool(db.execute(CHANGE_DATA, columns).rowcount or db.execute(CHANGE_CASE, columns).rowcount)


def _resumed(db: sqlite3.Connection, key: str, holder: str, lease_until: float) -> list[Any]:
    """What waits in the conversation in which the event happened, if it was parked."""
    if db.execute(rows.PARKED, (key,)).fetchone() is None:
        return []
    db.execute(rows.RESUME, (holder, lease_until, key))
    return rows.waiting(db, key, holder)


def _touch(db: sqlite3.Connection, step: Step, touch: Touch, holder: str, lease_until: float) -> list[Any]:
    """Write what changes of one conversation or lane; its waiting rows, if it is leased now."""
    key, at, count = touch.key, step.at, len(touch.rows)
    plain = touch.state is None and not touch.opens
    if not (plain and db.execute(rows.COUNT_ON, (count, at, key)).rowcount):
        values = {"key": key, "state": touch.state, "address": touch.address, "count": count, "at": at}
        more = {"case": touch.case, "opens": touch.opens, "id": step.case.id}
        db.execute(TOUCH, {**values, **more})
    if not count:
        return []
    last, address = db.execute(rows.COUNTED, (key,)).fetchone()
    first = last - count + 1
    for seq, (kind, payload, turn, own, follows) in enumerate(touch.rows, first):
        db.execute(rows.OWE_MORE, (key, seq, kind, payload, turn, at, own, follows))
    lease = rows.taken(db, key, holder, lease_until, at)
    if lease != "new":
        return rows.waiting(db, key, holder) if lease else []
    return [
        (own or address, seq, kind, payload, turn, 0, at, 0, rows.receipt(db, key, kind, turn), key, follows)
        for seq, (kind, payload, turn, own, follows) in enumerate(touch.rows, first)
    ]
