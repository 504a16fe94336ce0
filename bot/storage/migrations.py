"""The schema of both databases, as an ordered list of steps, and the rules by which they are run.

A step that was released is never changed: a new one is added. Every table is keyed by its conversation first, so that
it shards by it. What they hold:

conversations  state, version, address, the last seq given out (`seq`), when it was last used
inbox          event ids that were committed, with the answer to an invoke
outbox         rows that still wait to be sent, and no others
lanes          one row for each conversation with rows in outbox, and for no other: who delivers there (holder) and when
               it is anybody's turn (wake: end of the lease, or when the next try is due; none while it is parked)
receipts       message ids by turn, for updates
aside          rows that could not be delivered, for the operator
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.errors import DatabaseTooNew


@dataclass(frozen=True, slots=True)
class Migration:
    """One step: `sqlite` as single statements, `postgres` as one script; run in one transaction with its number."""

    number: int
    sqlite: tuple[str, ...]
    postgres: str


SQLITE_1 = (
    """CREATE TABLE conversations (key TEXT PRIMARY KEY, state TEXT NOT NULL, version INTEGER NOT NULL,
        address TEXT NOT NULL, seq INTEGER NOT NULL, used REAL NOT NULL)""",
    "CREATE INDEX conversations_used ON conversations (used)",
    """CREATE TABLE inbox (key TEXT NOT NULL, event TEXT NOT NULL, answer TEXT, at REAL NOT NULL,
        PRIMARY KEY (key, event))""",
    "CREATE INDEX inbox_at ON inbox (at)",
    """CREATE TABLE outbox (key TEXT NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL, payload TEXT NOT NULL,
        turn INTEGER, attempts INTEGER NOT NULL DEFAULT 0, doubtful INTEGER NOT NULL DEFAULT 0, created REAL NOT NULL,
        PRIMARY KEY (key, seq))""",
    """CREATE TABLE lanes (key TEXT PRIMARY KEY, holder TEXT NOT NULL, wake REAL, since REAL NOT NULL, parked TEXT)
        WITHOUT ROWID""",
    "CREATE INDEX lanes_wake ON lanes (wake) WHERE wake IS NOT NULL",
    "CREATE INDEX lanes_parked ON lanes (key) WHERE parked IS NOT NULL",
    """CREATE TABLE receipts (key TEXT NOT NULL, turn INTEGER NOT NULL, message TEXT NOT NULL, at REAL NOT NULL,
        PRIMARY KEY (key, turn))""",
    "CREATE INDEX receipts_at ON receipts (at)",
    """CREATE TABLE aside (key TEXT NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL, payload TEXT NOT NULL,
        turn INTEGER, attempts INTEGER NOT NULL, created REAL NOT NULL, reason TEXT NOT NULL,
        PRIMARY KEY (key, seq))""",
    "CREATE INDEX aside_created ON aside (created)",
)

MIGRATIONS = (Migration(1, SQLITE_1, ""),)
NEWEST = MIGRATIONS[-1].number


def steps_from(number: int, where: str) -> tuple[Migration, ...]:
    """The steps that a database at `number` still needs; DatabaseTooNew when it is ahead of the code.

    where: the database as the operator knows it, for the error.
    """
    if number > NEWEST:
        raise DatabaseTooNew(
            f"{where}: its schema is version {number}, this version of the bot knows {NEWEST};"
            " start the newer bot again, or restore a backup from before it"
        )
    return tuple(step for step in MIGRATIONS if step.number > number)
