"""The part of the PostgreSQL store that keeps cases."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from typing import Any

import asyncpg

from bot.envelope import Address, Written
from bot.handoff.case import Case, Message
from bot.storage.base import AHEAD, Committed
from bot.storage.case_codec import (
    case_columns,
    edit_columns,
    load_case,
    load_cases,
    load_desk,
    load_message,
    message_columns,
    touches,
)
from bot.storage.cases import Desk, Step
from bot.storage.codec import dump_address, stored_rows, written
from bot.storage.postgres_erase import forget, sweep_cases
from bot.storage.postgres_link import Connection, Grouped, Link

MOVED_ON = "HB001"  # SQLSTATE of a step that came too late for one of its conversations; everything was undone
STEP_ARGUMENTS = 34
# Several steps at once: first their cases are locked, then all conversations and lanes, each in order. A UNION ALL runs
# its parts one after the other.
STEPS_AT_ONCE = 8
LOCKS = """SELECT 0, '', l.ed::text, '', 0::bigint, '', '', 0::bigint, 0, 0::double precision, false, '', '', false
    FROM (SELECT count(*) AS ed FROM (SELECT 1 FROM cases WHERE id = ANY ($1::text[]) ORDER BY id FOR UPDATE) c) n
    CROSS JOIN LATERAL (SELECT helpbot_lock_2($2::text[])::text || n.ed AS ed) l"""
ANSWER = "SELECT answer FROM inbox WHERE key = $1 AND event = $2"
THREAD = "SELECT helpbot_thread_2($1, $2, $3, $4, $5)"
CASE = "SELECT data, thread, version FROM cases WHERE id = $1"
CASE_OF = """SELECT k.data, k.thread, k.version FROM conversations c JOIN cases k ON k.id = c.case_id
    WHERE c.key = $1"""
UNBOUND = "SELECT count(*) FROM cases WHERE desk_key = $1 AND thread IS NULL AND closed IS NULL"
PLACE = "SELECT count(*) FROM cases WHERE queue = $1 AND state = 'waiting' AND (since, id) < ($2, $3)"
HELD_BY = "SELECT count(*) FROM cases WHERE agent = $1 AND state = 'claimed'"
WAITS = """SELECT waited FROM cases WHERE queue = $1 AND taken >= $2 AND taken IS NOT NULL
    ORDER BY taken DESC LIMIT $3"""
TIMERS = "SELECT data, thread, version FROM cases WHERE due <= $1 ORDER BY due LIMIT $2"
LIST = "SELECT data, thread, version FROM cases WHERE {0} ORDER BY {1} LIMIT ${2}"
TRANSCRIPT = """SELECT case_id, mark, text, state, reason, changed, source_key, source_id, data FROM messages
    WHERE case_id = $1 ORDER BY mark"""
BY_SOURCE = """SELECT case_id, mark, text, state, reason, changed, source_key, source_id, data FROM messages
    WHERE source_key = $1 AND source_id = $2 AND source_id <> '' ORDER BY mark DESC LIMIT 1"""
DESKS = "SELECT queue, address, bound_by, at FROM desks ORDER BY queue"
BIND_DESK = """INSERT INTO desks (queue, address, bound_by, at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (queue) DO UPDATE SET address = excluded.address, bound_by = excluded.bound_by, at = excluded.at"""
UNBIND_DESK = "DELETE FROM desks WHERE queue = $1 RETURNING queue"

_TEXTS = ("state", "queue", "agent", "person", "user_key", "desk_key", "lane", "thread", "data")
_TIMES = ("since", "claimed", "closed", "due")


_Step = tuple[Step, list[Any]]  # with the arguments of the function


class _MovedOn(Exception):
    """One of several steps came too late; nothing was done."""


class PostgresCases:
    """See `bot.storage.cases.CaseStore`."""

    _link: Link
    _step: Grouped[_Step, list[Any]]

    async def commit_step(self, step: Step, holder: str, lease_until: float) -> Committed:
        """Write the step, or nothing, in one call of a function."""
        (result, answer, *_), *records = await self._step((step, _arguments(step, holder, lease_until)))
        if result == "done":
            return Committed("done", rows=tuple(stored_rows([record[2:] for record in map(tuple, records)])))
        return Committed(result, answer=None if answer is None else Written(answer))

    async def _steps(self, items: list[_Step]) -> Sequence[list[Any]]:
        """The records of each step; what one of many can't do spoils all, and each is tried alone."""
        found = await self._link.run(partial(_together, items=items))
        if found is None:
            raise _MovedOn
        return found

    async def case(self, case_id: str) -> Case | None:
        """A case by its id."""
        found = await self._link.fetch(CASE, case_id)
        return load_case(*found[0]) if found else None

    async def case_of(self, key: str) -> Case | None:
        """The case that this conversation loads."""
        found = await self._link.fetch(CASE_OF, key)
        return load_case(*found[0]) if found else None

    async def bind_thread(self, case_id: str, lane: str, thread: Address, now: float) -> None:
        """The thread is confirmed."""
        await self._link.fetch(THREAD, case_id, lane, thread.key, dump_address(thread), now)

    async def unbound(self, desk_key: str) -> int:
        """Open cases whose thread is not confirmed."""
        return int((await self._link.fetch(UNBOUND, desk_key))[0][0])

    async def cases(
        self, state: str = "", queue: str = "", agent: str = "", user_key: str = "", limit: int = 100
    ) -> list[Case]:
        """Open ones first, by how long they wait, then closed ones, newest first."""
        given = [(n, v) for n, v in (("queue", queue), ("agent", agent), ("user_key", user_key)) if v]
        found: list[Any] = []
        if state != "closed":
            also = [("state", state), *given] if state else given
            found = await self._listed("closed IS NULL", also, "since, id", limit)
        if state in ("", "closed") and len(found) < limit:
            found += await self._listed("closed IS NOT NULL", given, "closed DESC, id", limit - len(found))
        return load_cases(found)

    async def _listed(self, where: str, given: Sequence[tuple[str, str]], order: str, limit: int) -> list[Any]:
        also = "".join(f" AND {name} = ${number}" for number, (name, _) in enumerate(given, 1))
        statement = LIST.format(where + also, order, len(given) + 1)
        return await self._link.fetch(statement, *(value for _, value in given), limit)

    async def waits(self, queue: str, since: float, limit: int = 50) -> list[float]:
        """How long claimed cases had waited."""
        return [waited for (waited,) in await self._link.fetch(WAITS, queue, since, limit)]

    async def place(self, case: Case) -> int:
        """The place of a waiting case, from 1."""
        return int((await self._link.fetch(PLACE, case.queue, case.waiting_since, case.id))[0][0]) + 1

    async def load_case(self, agent: str) -> int:
        """How many cases an agent holds."""
        return int((await self._link.fetch(HELD_BY, agent))[0][0])

    async def due(self, now: float, limit: int) -> list[Case]:
        """Cases whose timer is due."""
        return load_cases(await self._link.fetch(TIMERS, now, limit))

    async def transcript(self, case_id: str) -> list[Message]:
        """The messages of a case."""
        return [load_message(record) for record in await self._link.fetch(TRANSCRIPT, case_id)]

    async def message_by_source(self, key: str, message_id: str) -> Message | None:
        """The message that came in as this one."""
        found = await self._link.fetch(BY_SOURCE, key, message_id)
        return load_message(found[0]) if found else None

    async def desks(self) -> list[Desk]:
        """All bound desks."""
        return [load_desk(record) for record in await self._link.fetch(DESKS)]

    async def bind_desk(self, desk: Desk) -> None:
        """Bind a queue."""
        await self._link.fetch(BIND_DESK, desk.queue, dump_address(desk.address), desk.bound_by, desk.at)

    async def unbind_desk(self, queue: str) -> bool:
        """Unbind a queue."""
        return bool(await self._link.fetch(UNBIND_DESK, queue))

    async def sweep_cases(self, closed_before: float, limit: int) -> int:
        """Delete closed cases."""
        return await self._link.run(lambda db: sweep_cases(db, closed_before, limit))

    async def forget(self, person_id: str, now: float) -> dict[str, int]:
        """Erase a person."""
        return await self._link.run(lambda db: forget(db, person_id, now))


async def _together(db: Connection, items: Sequence[_Step]) -> list[list[Any]] | None:
    """None: one of several came too late for its conversation, and nothing was done."""
    args = [arg for _, arguments in items for arg in arguments]
    if len(items) > 1:
        cases, keys = [step.case.id for step, _ in items], [key for _, a in items for key in a[10]]
        args = [cases, keys, *args]
    try:
        records = await db.fetch(_statement(len(items)), *args)
    except asyncpg.PostgresError as error:
        if error.sqlstate != MOVED_ON:
            raise
        if len(items) > 1:
            return None
        step = items[0][0]
        known = await db.fetch(ANSWER, step.event_key, step.event_id) if step.event_id else []
        return [[("duplicate", known[0][0]) if known else ("conflict", None)]]
    found: list[list[Any]] = [[] for _ in items]
    for number, *record in records:
        if number:
            found[number - 1].append(record)
    return found


@cache
def _statement(count: int) -> str:
    """For so many steps."""
    first = 1 if count == 1 else 3
    calls = []
    for number in range(count):
        names = ", ".join(f"${first + number * STEP_ARGUMENTS + n}" for n in range(STEP_ARGUMENTS))
        calls.append(f"SELECT {number + 1}, x.* FROM helpbot_step_2({names}) x")  # noqa: S608  (only numbers of ours)
    return " UNION ALL ".join(calls if count == 1 else [LOCKS, *calls])


def _arguments(step: Step, holder: str, lease_until: float) -> list[Any]:
    """The arguments of the function: arrays for what there may be many of."""
    columns = case_columns(step.case)
    touched = touches(step)
    rows = [row for touch in touched for row in touch.rows]
    messages = [message_columns(message) for message in step.messages]
    edits = [edit_columns(edit) for edit in step.edits]
    return [
        step.event_key,
        step.event_id,
        None if step.answer is None else written(step.answer).text,
        step.at,
        holder,
        lease_until,
        step.case.id,
        step.case.version,
        [columns[name] for name in _TEXTS],
        [columns[name] for name in _TIMES],
        [touch.key for touch in touched],
        [touch.address for touch in touched],
        [touch.version for touch in touched],
        [touch.state for touch in touched],
        [touch.case for touch in touched],
        [touch.opens for touch in touched],
        [len(touch.rows) for touch in touched],
        *_columns(rows, 5),
        *_columns(messages, 8),
        *_columns(edits, 3),
        AHEAD,
    ]


def _columns(records: Sequence[Sequence[Any]], width: int) -> list[list[Any]]:
    """Records turned over: a list for each of their columns."""
    return [[record[column] for record in records] for column in range(width)]
