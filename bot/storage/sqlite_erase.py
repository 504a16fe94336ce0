"""Taking things out of SQLite: old conversations and cases, and a person. Functions for the store's thread, to be
called inside its transaction."""

from __future__ import annotations

import sqlite3

from bot.handoff.case import forgotten, without_staff
from bot.storage.arrivals import SENDER
from bot.storage.case_codec import case_columns, load_case, load_message, message_columns, without_author
from bot.storage.cases import ERASED
from bot.storage.codec import dumps

ERASE = (
    "DELETE FROM outbox WHERE key = ?",
    "DELETE FROM lanes WHERE key = ?",
    "DELETE FROM aside WHERE key = ?",
    "DELETE FROM receipts WHERE key = ?",
    "DELETE FROM conversations WHERE key = ?",
    "DELETE FROM unanswered WHERE key = ?",
)
ERASE_EVENTS = "DELETE FROM inbox WHERE key = ?"
ERASE_ARRIVALS = "DELETE FROM arrivals WHERE key = ?"
ARRIVALS_OF = "SELECT seq, key FROM arrivals WHERE instr(data, ?)"
ERASE_ARRIVAL = "DELETE FROM arrivals WHERE seq = ?"
# Who waited behind one that is gone is the first now, and at nobody's work.
NEXT_ARRIVAL = """UPDATE arrivals SET holder = '', wake = 0
    WHERE seq = (SELECT min(seq) FROM arrivals WHERE key = ?) AND wake IS NULL"""
WAITING = "SELECT (SELECT count(*) FROM outbox WHERE key = :key) + (SELECT count(*) FROM aside WHERE key = :key)"
THERE = "SELECT count(*) FROM conversations WHERE key = ?"
LANES_OF = "SELECT key FROM conversations WHERE case_id = ? AND substr(key, 1, 5) = 'case:'"
# The answers to presses in the case's thread are cards with what is known of the user, and who has the case.
ERASE_ANSWERS = """UPDATE inbox SET answer = NULL WHERE answer IS NOT NULL
    AND key IN (SELECT key FROM conversations WHERE case_id = ?)"""
UNTIE = "UPDATE conversations SET case_id = NULL, version = version + 1 WHERE case_id = ?"
ERASE_MESSAGES = "DELETE FROM messages WHERE case_id = ?"
ERASE_FILES = (
    "DELETE FROM file_parts WHERE blob IN (SELECT blob FROM files WHERE case_id = ?)",
    "DELETE FROM files WHERE case_id = ?",
)
ERASE_CASE = "DELETE FROM cases WHERE id = ?"
CLOSED_BEFORE = "SELECT id FROM cases WHERE closed < ? ORDER BY closed LIMIT ?"

# These walk tables: nobody is looked for by name in a turn.
CONVERSATIONS_WITH = "SELECT key, address FROM conversations WHERE instr(address, ?)"
CASES_WITH = """SELECT id FROM cases WHERE instr(data, ?1)
    OR id IN (SELECT case_id FROM messages WHERE instr(data, ?1))"""
CASES_OF = "SELECT id, closed FROM cases WHERE person = ?"
CASE = "SELECT data, thread, version FROM cases WHERE id = ?"
REWRITE = """UPDATE cases SET version = version + 1, state = :state, queue = :queue, agent = :agent, person = :person,
    user_key = :user_key, closed = :closed, due = :due, data = :data WHERE id = :id"""
TRANSCRIPT = """SELECT case_id, mark, text, state, reason, changed, source_key, source_id, data FROM messages
    WHERE case_id = ?"""
REWRITE_MESSAGE = "UPDATE messages SET data = ? WHERE case_id = ? AND mark = ?"
UNSIGN = "UPDATE desks SET bound_by = '' WHERE bound_by = ?"

Db = sqlite3.Connection


def delete_conversation(db: Db, key: str) -> None:
    """All that is a conversation's (or a lane's) but its event ids."""
    for statement in ERASE:
        db.execute(statement, (key,))


def delete_case(db: Db, case_id: str) -> None:
    """A case with its transcript, its lanes, and all that waits in them."""
    for (lane,) in db.execute(LANES_OF, (case_id,)).fetchall():
        delete_conversation(db, lane)
    db.execute(UNTIE, (case_id,))
    db.execute(ERASE_MESSAGES, (case_id,))
    delete_files(db, case_id)
    db.execute(ERASE_CASE, (case_id,))


def delete_files(db: Db, case_id: str) -> int:
    """The files of a case; how many there were."""
    contents, files = ERASE_FILES
    db.execute(contents, (case_id,))
    return db.execute(files, (case_id,)).rowcount


def forget(db: Db, person_id: str, keys: set[str], past: list[str], now: float) -> dict[str, int]:
    """See `CaseStore.forget`. keys: their conversations as far as known; past: cases in which they are mentioned."""
    done = dict.fromkeys(ERASED, 0)
    for case_id, closed in db.execute(CASES_OF, (person_id,)).fetchall():
        case = load_case(*db.execute(CASE, (case_id,)).fetchone())
        keys = keys | {case.user.key}
        done["messages"] += db.execute(ERASE_MESSAGES, (case_id,)).rowcount
        done["files"] += delete_files(db, case_id)
        db.execute(ERASE_ANSWERS, (case_id,))
        for (lane,) in db.execute(LANES_OF, (case_id,)).fetchall():
            done["rows"] += db.execute(WAITING, {"key": lane}).fetchone()[0]
            for statement in ERASE[:3]:
                db.execute(statement, (lane,))
        if closed is None:
            db.execute(REWRITE, {**case_columns(forgotten(case, now)), "id": case_id})
        else:
            delete_case(db, case_id)
        done["cases" if closed is not None else "open cases"] += 1
    for key in keys:
        done["rows"] += db.execute(WAITING, {"key": key}).fetchone()[0]
        done["conversations"] += db.execute(THERE, (key,)).fetchone()[0]
        delete_conversation(db, key)
        db.execute(ERASE_EVENTS, (key,))
        done["events"] += db.execute(ERASE_ARRIVALS, (key,)).rowcount
    done["events"] += _forget_arrivals(db, person_id)
    for case_id in past:
        done["mentions as staff"] += _forget_staff(db, person_id, case_id)
    done["mentions as staff"] += db.execute(UNSIGN, (person_id,)).rowcount
    return done


def _forget_arrivals(db: Db, person_id: str) -> int:
    """Take out what they said in conversations of several people, and where nothing else is known of them."""
    found = db.execute(ARRIVALS_OF, (f"{dumps(SENDER)}:{dumps(person_id)}",)).fetchall()
    for seq, _ in found:
        db.execute(ERASE_ARRIVAL, (seq,))
    for key in {key for _, key in found}:
        db.execute(NEXT_ARRIVAL, (key,))
    return len(found)


def _forget_staff(db: Db, person_id: str, case_id: str) -> bool:
    """Take a member of the staff out of a case of somebody else."""
    found = db.execute(CASE, (case_id,)).fetchone()
    if found is None:
        return False
    case = load_case(*found)
    after = without_staff(case, person_id)
    done = after != case
    if done:
        db.execute(REWRITE, {**case_columns(after), "id": case_id})
    for record in db.execute(TRANSCRIPT, (case_id,)).fetchall():
        message = load_message(record)
        if (other := without_author(message, person_id, case)) != message:
            db.execute(REWRITE_MESSAGE, (message_columns(other)[-1], case_id, message.mark))
            done = True
    if done:
        db.execute(ERASE_ANSWERS, (case_id,))
    return done
