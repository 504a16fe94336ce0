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
from bot.storage.migration_arrivals import POSTGRES_3, SQLITE_3
from bot.storage.migration_cases import POSTGRES_2, SQLITE_2
from bot.storage.migration_files import POSTGRES_4, SQLITE_4
from bot.storage.migration_unanswered import POSTGRES_5, SQLITE_5


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

# `day` is the day of `used`, for the sweep: an index on `used` itself would make every turn write all indexes anew.
# The functions loop over arrays: one round trip and one COMMIT for many turns, each with a result of its own. They
# check before they write, so no turn is ever undone, and take locks in the order that they are given turns in (by
# key): first the conversation's row, then its lane. Every statement in them sees what was committed before it began.
# enable_seqscan: plans are made while the tables are still empty, and kept.
POSTGRES_1 = """
CREATE TABLE conversations (
    key text COLLATE "C" PRIMARY KEY, state text NOT NULL, version bigint NOT NULL, address text NOT NULL,
    seq bigint NOT NULL, used double precision NOT NULL, day integer NOT NULL) WITH (fillfactor = 70);
CREATE INDEX conversations_day ON conversations (day);
CREATE TABLE inbox (
    key text COLLATE "C", event text COLLATE "C", answer text, at double precision NOT NULL, PRIMARY KEY (key, event));
CREATE INDEX inbox_at ON inbox (at);
CREATE TABLE outbox (
    key text COLLATE "C", seq bigint, kind text NOT NULL, payload text NOT NULL, turn bigint,
    attempts integer NOT NULL DEFAULT 0, doubtful boolean NOT NULL DEFAULT false, created double precision NOT NULL,
    PRIMARY KEY (key, seq)) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
CREATE TABLE lanes (
    key text COLLATE "C" PRIMARY KEY, holder text NOT NULL, wake double precision, since double precision NOT NULL,
    parked text) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
CREATE INDEX lanes_wake ON lanes (wake) WHERE wake IS NOT NULL;
CREATE INDEX lanes_parked ON lanes (key) WHERE parked IS NOT NULL;
CREATE TABLE receipts (
    key text COLLATE "C", turn bigint, message text NOT NULL, at double precision NOT NULL, PRIMARY KEY (key, turn));
CREATE INDEX receipts_at ON receipts (at);
CREATE TABLE aside (
    key text COLLATE "C", seq bigint, kind text NOT NULL, payload text NOT NULL, turn bigint,
    attempts integer NOT NULL, created double precision NOT NULL, reason text NOT NULL, PRIMARY KEY (key, seq));
CREATE INDEX aside_created ON aside (created);

CREATE FUNCTION helpbot_load_1(keys text[], events text[])
RETURNS TABLE (r_state text, r_version bigint, r_seen boolean, r_answer text)
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    n integer;
BEGIN
    FOR n IN 1 .. cardinality(keys) LOOP
        r_state := NULL; r_version := 0; r_answer := NULL;
        SELECT c.state, c.version INTO r_state, r_version FROM conversations c WHERE c.key = keys[n];
        SELECT i.answer INTO r_answer FROM inbox i WHERE i.key = keys[n] AND i.event = events[n];
        r_seen := FOUND;
        RETURN NEXT;
    END LOOP;
END $$;

CREATE FUNCTION helpbot_rows_1(p_key text, p_holder text, p_limit integer)
RETURNS TABLE (r_address text, r_seq bigint, r_kind text, r_payload text, r_turn bigint, r_attempts integer,
    r_created double precision, r_doubtful boolean, r_receipt text)
LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    RETURN QUERY SELECT c.address, o.seq, o.kind, o.payload, o.turn, o.attempts, o.created, o.doubtful,
            CASE WHEN o.kind = 'update'
                THEN (SELECT r.message FROM receipts r WHERE r.key = o.key AND r.turn = o.turn) END
        FROM lanes l JOIN outbox o ON o.key = l.key JOIN conversations c ON c.key = l.key
        WHERE l.key = p_key AND l.holder = p_holder ORDER BY o.seq LIMIT p_limit;
END $$;

CREATE FUNCTION helpbot_commit_1(keys text[], events text[], versions bigint[], states text[], addresses text[],
    answers text[], ats double precision[], counts integer[], holders text[], untils double precision[],
    kinds text[], payloads text[], turns bigint[])
RETURNS TABLE (r_result text, r_answer text, r_first bigint, r_receipts text[])
LANGUAGE plpgsql SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    n integer;
    base integer := 0;  -- of this turn's rows in kinds, payloads and turns
    many integer;
    k text;
    last bigint;
BEGIN
    FOR n IN 1 .. cardinality(keys) LOOP
        k := keys[n]; many := counts[n]; r_answer := NULL; r_first := 0; r_receipts := NULL;
        IF versions[n] > 0 THEN
            UPDATE conversations c SET state = states[n], address = addresses[n], version = c.version + 1,
                    seq = c.seq + many, used = ats[n], day = floor(ats[n] / 86400)
                WHERE c.key = k AND c.version = versions[n]
                    AND NOT EXISTS (SELECT FROM inbox i WHERE i.key = k AND i.event = events[n])
                RETURNING c.seq INTO last;
        ELSE
            INSERT INTO conversations (key, state, version, address, seq, used, day)
                SELECT k, states[n], 1, addresses[n], many, ats[n], floor(ats[n] / 86400)
                WHERE NOT EXISTS (SELECT FROM inbox i WHERE i.key = k AND i.event = events[n])
                ON CONFLICT (key) DO NOTHING RETURNING seq INTO last;
        END IF;
        IF NOT FOUND THEN
            SELECT i.answer INTO r_answer FROM inbox i WHERE i.key = k AND i.event = events[n];
            r_result := CASE WHEN FOUND THEN 'duplicate' ELSE 'conflict' END;
        ELSE
            INSERT INTO inbox (key, event, answer, at) VALUES (k, events[n], answers[n], ats[n]);
            r_result := 'done';
            r_first := last - many + 1;
            IF many = 0 THEN
                UPDATE lanes l SET holder = holders[n], wake = untils[n], parked = NULL
                    WHERE l.key = k AND l.parked IS NOT NULL;
                IF FOUND THEN r_result := 'older'; END IF;
            ELSE
                INSERT INTO outbox (key, seq, kind, payload, turn, created)
                    SELECT k, last - many + j, kinds[base + j], payloads[base + j], turns[base + j], ats[n]
                    FROM generate_series(1, many) j;
                INSERT INTO lanes AS l (key, holder, wake, since) VALUES (k, holders[n], untils[n], ats[n])
                    ON CONFLICT (key) DO UPDATE SET holder = excluded.holder, wake = excluded.wake, parked = NULL
                    WHERE l.parked IS NOT NULL OR l.wake <= ats[n];
                IF FOUND THEN
                    r_result := CASE WHEN (SELECT min(o.seq) FROM outbox o WHERE o.key = k) = r_first
                        THEN 'fresh' ELSE 'older' END;
                    IF 'update' = ANY (kinds[base + 1 : base + many]) THEN
                        r_receipts := ARRAY(
                            SELECT (SELECT r.message FROM receipts r WHERE r.key = k AND r.turn = turns[base + j])
                            FROM generate_series(1, many) j ORDER BY j);
                    END IF;
                END IF;
            END IF;
        END IF;
        base := base + many;
        RETURN NEXT;
    END LOOP;
END $$;

CREATE FUNCTION helpbot_done_1(keys text[], seqs bigint[], messages text[], reasons text[], more boolean[],
    holders text[], nows double precision[], p_limit integer)
RETURNS TABLE (r_number integer, r_held boolean, r_address text, r_seq bigint, r_kind text, r_payload text,
    r_turn bigint, r_attempts integer, r_created double precision, r_doubtful boolean, r_receipt text)
LANGUAGE plpgsql SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    n integer;
    k text;
    t bigint;
BEGIN
    FOR n IN 1 .. cardinality(keys) LOOP
        k := keys[n]; r_number := n; r_seq := NULL;
        SELECT l.holder = holders[n] INTO r_held FROM lanes l WHERE l.key = k FOR UPDATE;
        r_held := coalesce(r_held, false);
        IF reasons[n] IS NULL THEN
            DELETE FROM outbox o WHERE o.key = k AND o.seq = seqs[n] RETURNING o.turn INTO t;
            IF FOUND AND t IS NOT NULL AND messages[n] <> '' THEN
                INSERT INTO receipts (key, turn, message, at) VALUES (k, t, messages[n], nows[n])
                    ON CONFLICT (key, turn) DO UPDATE SET message = excluded.message, at = excluded.at;
            END IF;
        ELSIF r_held THEN
            WITH gone AS (DELETE FROM outbox o WHERE o.key = k AND o.seq = seqs[n] RETURNING o.*)
            INSERT INTO aside (key, seq, kind, payload, turn, attempts, created, reason)
                SELECT g.key, g.seq, g.kind, g.payload, g.turn, g.attempts, g.created, reasons[n] FROM gone g;
        END IF;
        IF NOT more[n] AND r_held THEN
            RETURN QUERY SELECT n, true, x.* FROM helpbot_rows_1(k, holders[n], p_limit) x;
            IF FOUND THEN
                UPDATE lanes l SET since = (SELECT o.created FROM outbox o WHERE o.key = k ORDER BY o.seq LIMIT 1)
                    WHERE l.key = k;
                CONTINUE;
            END IF;
        END IF;
        IF NOT more[n] AND (r_held OR reasons[n] IS NULL) THEN
            DELETE FROM lanes l WHERE l.key = k AND NOT EXISTS (SELECT FROM outbox o WHERE o.key = k);
            r_held := FOUND;
        END IF;
        RETURN NEXT;
    END LOOP;
END $$;

CREATE FUNCTION helpbot_claim_1(p_holder text, p_now double precision, p_until double precision, p_limit integer)
RETURNS TABLE (r_address text, r_seq bigint, r_kind text, r_payload text, r_turn bigint, r_attempts integer,
    r_created double precision, r_doubtful boolean, r_receipt text)
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    due text[] := ARRAY(SELECT l.key FROM lanes l WHERE l.wake <= p_now ORDER BY l.wake LIMIT p_limit
        FOR UPDATE SKIP LOCKED);
BEGIN
    IF cardinality(due) = 0 THEN RETURN; END IF;
    UPDATE lanes l SET holder = p_holder, wake = p_until WHERE l.key = ANY (due);
    RETURN QUERY SELECT x.* FROM unnest(due) WITH ORDINALITY AS d (key, place)
        CROSS JOIN LATERAL helpbot_rows_1(d.key, p_holder, 1) x ORDER BY d.place;
END $$;
"""

MIGRATIONS = (
    Migration(1, SQLITE_1, POSTGRES_1),
    Migration(2, SQLITE_2, POSTGRES_2),
    Migration(3, SQLITE_3, POSTGRES_3),
    Migration(4, SQLITE_4, POSTGRES_4),
    Migration(5, SQLITE_5, POSTGRES_5),
)
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
