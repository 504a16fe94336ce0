"""The outbox in SQLite: rows in their lanes, leases, and what follows a row. Functions for the store's thread, to be
called inside its transaction."""

from __future__ import annotations

import sqlite3
from typing import Any, Literal

from bot.envelope import Address
from bot.storage.base import AHEAD, LEASE
from bot.storage.case_codec import escaped
from bot.storage.codec import ABOUT, dump_address, dumps, load_address, loads

OWE = "INSERT INTO outbox (key, seq, kind, payload, turn, created) VALUES (?, ?, ?, ?, ?, ?)"
OWE_MORE = """INSERT INTO outbox (key, seq, kind, payload, turn, created, address, follows)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
TAKE = """INSERT INTO lanes (key, holder, wake, since) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE
    SET holder = excluded.holder, wake = excluded.wake, parked = NULL WHERE parked IS NOT NULL OR wake <= ?"""
# For a lane that is not there yet, so that nothing waits in it.
TAKE_NEW = "INSERT INTO lanes (key, holder, wake, since) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO NOTHING"
WAKE = """INSERT INTO lanes (key, holder, wake, since) VALUES (?, '', ?, ?) ON CONFLICT (key) DO UPDATE
    SET wake = excluded.wake, parked = NULL WHERE parked IS NOT NULL"""
PARKED = "SELECT 1 FROM lanes WHERE key = ? AND parked IS NOT NULL"
RESUME = "UPDATE lanes SET holder = ?, wake = ?, parked = NULL WHERE key = ? AND parked IS NOT NULL RETURNING 1"

NEXT = """SELECT coalesce(o.address, c.address), o.seq, o.kind, o.payload, o.turn, o.attempts, o.created, o.doubtful,
        CASE WHEN o.kind IN ('update', 'delete')
            THEN (SELECT r.message FROM receipts r WHERE r.key = o.key AND r.turn = o.turn) END,
        l.key, o.follows IS NOT NULL
    FROM lanes l CROSS JOIN outbox o ON o.key = l.key CROSS JOIN conversations c ON c.key = l.key
    WHERE l.key = ? AND l.holder = ? ORDER BY o.seq LIMIT ?"""
HELD = "SELECT 1 FROM lanes WHERE key = ? AND holder = ?"
THIS = "SELECT rowid, turn, kind, follows FROM outbox WHERE key = ? AND seq = ?"
DONE = "DELETE FROM outbox WHERE rowid = ?"
SINCE = "UPDATE lanes SET since = ? WHERE key = ?"
LEAVE = "DELETE FROM lanes WHERE key = ? AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.key = lanes.key)"
KEEP_RECEIPT = """INSERT INTO receipts (key, turn, message, at) VALUES (?, ?, ?, ?)
    ON CONFLICT (key, turn) DO UPDATE SET message = excluded.message, at = excluded.at"""
RECEIPT = "SELECT message FROM receipts WHERE key = ? AND turn = ?"
DROP_RECEIPT = "DELETE FROM receipts WHERE key = ? AND turn = ?"
DROP_RECEIPTS = "DELETE FROM receipts WHERE key = ?"
PUT_ASIDE = """INSERT INTO aside (key, seq, kind, payload, turn, attempts, created, address, follows, reason)
    SELECT key, seq, kind, payload, turn, attempts, created, address, follows, ? FROM outbox
    WHERE key = ? AND seq = ?"""
PARK = "UPDATE lanes SET holder = '', wake = NULL, parked = ? WHERE key = ? AND holder = ?"
AWAITED = "SELECT seq FROM outbox WHERE key = ? AND follows IS NOT NULL ORDER BY seq"

MARK = "UPDATE messages SET state = ?, reason = ? WHERE case_id = ? AND mark = ?"
NUMBER = """INSERT INTO conversations (key, state, version, address, seq, used) VALUES (?, '{}', 1, ?, 1, ?)
    ON CONFLICT (key) DO UPDATE SET seq = seq + 1, used = excluded.used"""
# The same for a conversation that is there: only the index of `used` is written.
COUNT_ON = "UPDATE conversations SET seq = seq + ?, used = ? WHERE key = ?"
COUNTED = "SELECT seq, address FROM conversations WHERE key = ?"  # costs less than a RETURNING

LANE = "SELECT address, case_id FROM conversations WHERE key = ?"
MOVE_LANE = "UPDATE conversations SET address = ? WHERE key = ?"
BIND = "UPDATE cases SET thread = ?, version = version + 1 WHERE id = ? AND lane = ?"
OPEN_THREAD = """INSERT INTO conversations (key, state, version, address, seq, used, case_id)
    VALUES (?, '{}', 1, ?, 0, ?, ?) ON CONFLICT (key) DO UPDATE SET version = version + 1, case_id = excluded.case_id
    WHERE case_id IS NOT excluded.case_id"""

Db = sqlite3.Connection


def waiting(db: Db, key: str, holder: str) -> list[Any]:
    """The lane's next rows, if `holder` has it."""
    return db.execute(NEXT, (key, holder, AHEAD)).fetchall()


def taken(db: Db, key: str, holder: str, until: float, now: float) -> Literal["new", "held", ""]:
    """Lease the lane for what has just been written there. "new": nothing else waits in it; "held": it is ours, and
    older rows may wait, which come first; "": it is somebody else's."""
    if db.execute(TAKE_NEW, (key, holder, until, now)).rowcount:
        return "new"
    return "held" if db.execute(TAKE, (key, holder, until, now, now)).rowcount else ""


def receipt(db: Db, key: str, kind: str, turn: int | None) -> str | None:
    """The id of the message that a row is about, if it is about one that was sent."""
    found = db.execute(RECEIPT, (key, turn)).fetchone() if kind in ABOUT and turn is not None else None
    return found[0] if found else None


def sent(
    db: Db, key: str, seq: int, receipt: str, holder: str, now: float, more: bool, thread: Address | None
) -> list[Any] | None:
    """See `Store.sent`."""
    others: list[Any] = []
    for row, turn, kind, follows in db.execute(THIS, (key, seq)).fetchall():
        db.execute(DONE, (row,))
        if thread is not None:
            bind(db, None, key, thread, now)
        if turn is not None and kind == "delete":
            db.execute(DROP_RECEIPT, (key, turn))
        elif turn is not None and receipt:
            db.execute(KEEP_RECEIPT, (key, turn, receipt, now))
        if follows is not None:
            others = follow(db, key, follows, None, holder, now)
    return _go_on(db, key, holder, more, others)


def set_aside(db: Db, key: str, seq: int, reason: str, holder: str, now: float, more: bool) -> list[Any] | None:
    """See `Store.set_aside`."""
    if db.execute(HELD, (key, holder)).fetchone() is None:
        return None
    return _go_on(db, key, holder, more, _aside(db, key, seq, reason, holder, now))


def park(db: Db, key: str, reason: str, holder: str, now: float) -> None:
    """See `Store.park`."""
    if db.execute(PARK, (reason, key, holder)).rowcount:
        for (seq,) in db.execute(AWAITED, (key,)).fetchall():
            _aside(db, key, seq, reason, "", now)
        db.execute(LEAVE, (key,))


def _aside(db: Db, key: str, seq: int, reason: str, holder: str, now: float) -> list[Any]:
    """Move a row aside; rows of another lane that are to be delivered because of it."""
    db.execute(PUT_ASIDE, (reason, key, seq))
    for row, _, _, follows in db.execute(THIS, (key, seq)).fetchall():
        db.execute(DONE, (row,))
        if follows is not None:
            return follow(db, key, follows, reason, holder, now)
    return []


def _go_on(db: Db, key: str, holder: str, more: bool, others: list[Any]) -> list[Any] | None:
    """The lane's next rows, then the others; None when the lane is not ours any more."""
    if more:
        return others if others or db.execute(HELD, (key, holder)).fetchone() else None
    if db.execute(LEAVE, (key,)).rowcount:
        return others
    rows = waiting(db, key, holder)
    if not rows:
        return None
    db.execute(SINCE, (rows[0][6], key))
    return rows + others


def follow(db: Db, key: str, follows: str, reason: str | None, holder: str, now: float) -> list[Any]:
    """Owe what follows a row that was sent (reason: None), or was not; the transcript learns of it.

    holder: who may deliver it at once, if they have the lane of the row that was sent ("": nobody here); then the rows
    of the lane that it was leased.
    """
    what = loads(follows)
    if what["message"]:
        db.execute(MARK, ("delivered" if reason is None else "failed", reason or "", *what["message"]))
    row = what.get("sent" if reason is None else "failed")
    if row is None:
        return []
    if reason is None and db.execute(HELD, (key, holder)).fetchone() is None:
        holder = ""
    lane, (kind, payload, turn) = what["lane"], row
    text = dumps(payload) if reason is None else dumps(payload).replace("{reason}", escaped(reason))
    if not db.execute(COUNT_ON, (1, now, lane)).rowcount:
        db.execute(NUMBER, (lane, dumps(what["to"]), now))
    seq, address = db.execute(COUNTED, (lane,)).fetchone()
    db.execute(OWE, (lane, seq, kind, text, turn, now))
    if not holder or lane == key:
        db.execute(WAKE, (lane, now, now))
        return []
    lease = taken(db, lane, holder, now + LEASE, now)
    if lease == "new":
        return [(address, seq, kind, text, turn, 0, now, 0, receipt(db, lane, kind, turn), lane, None)]
    return waiting(db, lane, holder) if lease else []


def bind(db: Db, case_id: str | None, lane: str, thread: Address, now: float) -> None:
    """See `CaseStore.bind_thread`. case_id: None for the case that the lane is of."""
    known = db.execute(LANE, (lane,)).fetchone()
    if known is not None:
        if load_address(known[0]).key == thread.key:
            return
        db.execute(DROP_RECEIPTS, (lane,))  # a thread before this one; its messages are not in this one
        db.execute(MOVE_LANE, (dump_address(thread), lane))
        case_id = case_id or known[1]
    if case_id:
        db.execute(BIND, (dump_address(thread), case_id, lane))
        db.execute(OPEN_THREAD, (thread.key, dump_address(thread), now, case_id))
