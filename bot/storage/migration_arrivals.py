"""The step of the schema that brings arrivals, and what is kept under names.

arrivals  events that wait for their turn; `wake` is set on the first of each conversation only: until then it is leased
          to `holder`, afterwards it is anybody's
kept      small texts under names; until: when they expire
"""

from __future__ import annotations

SQLITE_3 = (
    """CREATE TABLE arrivals (seq INTEGER PRIMARY KEY, key TEXT NOT NULL, event TEXT NOT NULL, data TEXT NOT NULL,
        at REAL NOT NULL, holder TEXT NOT NULL, wake REAL, tries INTEGER NOT NULL DEFAULT 0, UNIQUE (key, event))""",
    "CREATE INDEX arrivals_wake ON arrivals (wake) WHERE wake IS NOT NULL",
    "CREATE TABLE kept (name TEXT PRIMARY KEY, data TEXT NOT NULL, until REAL) WITHOUT ROWID",
    "CREATE INDEX kept_until ON kept (until) WHERE until IS NOT NULL",
)

# The lock of a conversation's name keeps who comes and who leaves apart, so that none is left behind without a `wake`.
POSTGRES_3 = """
CREATE TABLE arrivals (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, key text COLLATE "C" NOT NULL, event text COLLATE "C" NOT NULL,
    data text NOT NULL, at double precision NOT NULL, holder text NOT NULL, wake double precision,
    tries integer NOT NULL DEFAULT 0, UNIQUE (key, event))
    WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
CREATE INDEX arrivals_wake ON arrivals (wake) WHERE wake IS NOT NULL;
CREATE TABLE kept (name text COLLATE "C" PRIMARY KEY, data text NOT NULL, until double precision);
CREATE INDEX kept_until ON kept (until) WHERE until IS NOT NULL;

CREATE FUNCTION helpbot_arrive_3(p_key text, p_event text, p_data text, p_at double precision, p_holder text,
    p_until double precision) RETURNS boolean LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    first boolean;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(p_key, 3));
    first := NOT EXISTS (SELECT FROM arrivals a WHERE a.key = p_key);
    INSERT INTO arrivals (key, event, data, at, holder, wake)
        VALUES (p_key, p_event, p_data, p_at, CASE WHEN first THEN p_holder ELSE '' END,
            CASE WHEN first THEN p_until END)
        ON CONFLICT (key, event) DO NOTHING;
    RETURN first;
END $$;

CREATE FUNCTION helpbot_arrived_3(p_key text, p_event text, p_holder text, p_until double precision)
RETURNS TABLE (r_event text, r_data text, r_at double precision, r_tries integer)
LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(p_key, 3));
    DELETE FROM arrivals a WHERE a.key = p_key AND a.event = p_event AND a.holder = p_holder;
    IF FOUND THEN
        RETURN QUERY UPDATE arrivals a SET holder = p_holder, wake = p_until
            WHERE a.seq = (SELECT min(n.seq) FROM arrivals n WHERE n.key = p_key)
            RETURNING a.event, a.data, a.at, a.tries;
    END IF;
END $$;
"""
