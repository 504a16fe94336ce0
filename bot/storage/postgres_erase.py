"""Taking things out of PostgreSQL: old conversations and cases, and a person."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from bot.handoff.case import Case, forgotten, without_staff
from bot.storage.arrivals import SENDER
from bot.storage.case_codec import case_columns, load_case, load_message, message_columns, personal, without_author
from bot.storage.cases import ERASED
from bot.storage.codec import dumps
from bot.storage.postgres_link import Connection

ERASE = (
    "DELETE FROM lanes WHERE key = ANY ($1::text[])",
    "DELETE FROM outbox WHERE key = ANY ($1::text[])",
    "DELETE FROM aside WHERE key = ANY ($1::text[])",
    "DELETE FROM receipts WHERE key = ANY ($1::text[])",
    "DELETE FROM conversations WHERE key = ANY ($1::text[])",
    "DELETE FROM unanswered WHERE key = ANY ($1::text[])",
)
ERASE_EVENTS = "DELETE FROM inbox WHERE key = ANY ($1::text[])"
ARRIVALS_OF = "SELECT DISTINCT key FROM arrivals WHERE strpos(data, $1) > 0"
LOCK_ARRIVALS = 'SELECT pg_advisory_xact_lock(hashtextextended(k COLLATE "C", 3)) FROM unnest($1::text[]) k'
ERASE_ARRIVALS = """DELETE FROM arrivals WHERE key = ANY ($1::text[])
    OR (key = ANY ($2::text[]) AND strpos(data, $3) > 0) RETURNING 1"""
# Who waited behind one that is gone is the first now, and at nobody's work.
NEXT_ARRIVALS = """UPDATE arrivals SET holder = '', wake = 0 WHERE wake IS NULL
    AND seq IN (SELECT min(seq) FROM arrivals WHERE key = ANY ($1::text[]) GROUP BY key)"""
WAITING = """SELECT (SELECT count(*) FROM outbox WHERE key = ANY ($1::text[]))
    + (SELECT count(*) FROM aside WHERE key = ANY ($1::text[]))"""
THERE = "SELECT count(*) FROM conversations WHERE key = ANY ($1::text[])"
LANES_OF = "SELECT key FROM conversations WHERE case_id = ANY ($1::text[]) AND starts_with(key, 'case:')"
LOCK = "SELECT helpbot_lock_2(ARRAY(SELECT key FROM conversations WHERE case_id = ANY ($1::text[])) || $2::text[])"
# The answers to presses in a case's thread are cards with what is known of the user, and who has the case.
ERASE_ANSWERS = """UPDATE inbox SET answer = NULL WHERE answer IS NOT NULL
    AND key IN (SELECT key FROM conversations WHERE case_id = ANY ($1::text[]))"""
UNTIE = "UPDATE conversations SET case_id = NULL, version = version + 1 WHERE case_id = ANY ($1::text[])"
ERASE_MESSAGES = "DELETE FROM messages WHERE case_id = ANY ($1::text[]) RETURNING 1"
ERASE_CONTENTS = """DELETE FROM file_parts
    WHERE blob IN (SELECT blob FROM files WHERE case_id = ANY ($1::text[]) AND blob IS NOT NULL)"""
ERASE_FILES = "DELETE FROM files WHERE case_id = ANY ($1::text[]) RETURNING 1"
ERASE_CASES = "DELETE FROM cases WHERE id = ANY ($1::text[])"
CLOSED_BEFORE = "SELECT id FROM cases WHERE closed < $1 ORDER BY closed LIMIT $2 FOR UPDATE SKIP LOCKED"

# These walk tables: nobody is looked for by name in a turn.
CONVERSATIONS_WITH = "SELECT key, address FROM conversations WHERE strpos(address, $1) > 0"
CASES_WITH = """SELECT data, thread, version FROM cases WHERE strpos(data, $1) > 0
    OR id IN (SELECT case_id FROM messages WHERE strpos(data, $1) > 0) ORDER BY id FOR UPDATE"""
REWRITE = """UPDATE cases SET version = version + 1, state = $2, queue = $3, agent = $4, person = $5, user_key = $6,
    closed = $7, due = $8, data = $9 WHERE id = $1"""
TRANSCRIPT = """SELECT case_id, mark, text, state, reason, changed, source_key, source_id, data FROM messages
    WHERE case_id = $1"""
REWRITE_MESSAGE = "UPDATE messages SET data = $1 WHERE case_id = $2 AND mark = $3"
UNSIGN = "UPDATE desks SET bound_by = '' WHERE bound_by = $1 RETURNING 1"


async def delete_conversations(db: Connection, keys: Sequence[str]) -> None:
    """All that is theirs but their event ids. Inside a transaction that has locked them."""
    for statement in ERASE if keys else ():
        await db.execute(statement, keys)


async def _delete_cases(db: Connection, ids: Sequence[str]) -> None:
    """Cases with their transcripts, their lanes, and all that waits in them."""
    await delete_conversations(db, [lane for (lane,) in await db.fetch(LANES_OF, ids)])
    for statement in (UNTIE, ERASE_MESSAGES, ERASE_CONTENTS, ERASE_FILES, ERASE_CASES):
        await db.execute(statement, ids)


async def sweep_cases(db: Connection, closed_before: float, limit: int) -> int:
    """See `CaseStore.sweep_cases`."""
    async with db.transaction():
        old = [case_id for (case_id,) in await db.fetch(CLOSED_BEFORE, closed_before, limit)]
        if old:
            await db.execute(LOCK, old, [])
            await _delete_cases(db, old)
        return len(old)


async def forget(db: Connection, person_id: str, now: float) -> dict[str, int]:
    """See `CaseStore.forget`."""
    name = dumps(person_id)
    done = dict.fromkeys(ERASED, 0)
    async with db.transaction():
        found = [load_case(*record) for record in await db.fetch(CASES_WITH, name)]
        theirs = [case for case in found if case.person.id == person_id]
        keys = personal(await db.fetch(CONVERSATIONS_WITH, name), person_id) | {case.user.key for case in theirs}
        await _forget_user(db, theirs, sorted(keys), now, done)
        done["events"] = await _forget_arrivals(db, person_id, sorted(keys))
        for case in found:
            done["mentions as staff"] += await _forget_staff(db, case, person_id) if case not in theirs else 0
        done["mentions as staff"] += len(await db.fetch(UNSIGN, person_id))
    return done


async def _forget_user(
    db: Connection, cases: Collection[Case], keys: Sequence[str], now: float, done: dict[str, int]
) -> None:
    ids = [case.id for case in cases]
    await db.execute(LOCK, ids, keys)
    waiting = [*keys, *(lane for (lane,) in await db.fetch(LANES_OF, ids))]
    done["messages"] = len(await db.fetch(ERASE_MESSAGES, ids))
    await db.execute(ERASE_CONTENTS, ids)
    done["files"] = len(await db.fetch(ERASE_FILES, ids))
    await db.execute(ERASE_ANSWERS, ids)
    done["rows"] = await db.fetchval(WAITING, waiting)
    done["conversations"] = await db.fetchval(THERE, keys)
    for statement in ERASE[:3]:
        await db.execute(statement, waiting)
    await delete_conversations(db, keys)
    await db.execute(ERASE_EVENTS, keys)
    for case in cases:
        if case.open:
            await _rewrite(db, forgotten(case, now))
    closed = [case.id for case in cases if not case.open]
    await _delete_cases(db, closed)
    done["cases"], done["open cases"] = len(closed), len(ids) - len(closed)


async def _forget_arrivals(db: Connection, person_id: str, keys: Sequence[str]) -> int:
    """Take out what waits in their own conversations, and what they said in those of several people. The locks are
    those of who comes and who leaves: none of the others' events is left behind without a `wake`."""
    sent = f"{dumps(SENDER)}:{dumps(person_id)}"
    shared = [key for (key,) in await db.fetch(ARRIVALS_OF, sent)]
    await db.execute(LOCK_ARRIVALS, sorted({*keys, *shared}))
    erased = await db.fetch(ERASE_ARRIVALS, keys, shared, sent)
    await db.execute(NEXT_ARRIVALS, shared)
    return len(erased)


async def _forget_staff(db: Connection, case: Case, person_id: str) -> bool:
    """Take a member of the staff out of a case of somebody else."""
    after = without_staff(case, person_id)
    done = after != case
    if done:
        await _rewrite(db, after)
    for record in await db.fetch(TRANSCRIPT, case.id):
        message = load_message(record)
        if (other := without_author(message, person_id, case)) != message:
            await db.execute(REWRITE_MESSAGE, message_columns(other)[-1], case.id, message.mark)
            done = True
    if done:
        await db.execute(ERASE_ANSWERS, [case.id])
    return done


async def _rewrite(db: Connection, case: Case) -> None:
    columns = case_columns(case)
    names = ("state", "queue", "agent", "person", "user_key", "closed", "due", "data")
    await db.execute(REWRITE, case.id, *(columns[name] for name in names))
