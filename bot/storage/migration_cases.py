"""Step 2 of the schema: cases, their transcripts, desks; and rows on which other rows follow.

conversations  case_id: the case that it loads. A case's thread has two rows here: one under its own key, for what is
               said in it, and one under the key of its lane (`case:<id>:<desk>`), for what is sent to it: its `address`
               is the desk's until the thread is confirmed
outbox, aside  address: where this row goes, if not to the lane's address; follows: what is owed when it is done (JSON)
cases          data: the case as JSON; taken, waited: when it was claimed, and after how many seconds (none while it
               waits); closed: only of closed ones; due: only of open ones; thread: of its present lane
messages       transcripts
desks          where the staff of a queue sit
"""

from __future__ import annotations

_CASES = """
    id {key} PRIMARY KEY, version {int} NOT NULL, state {text} NOT NULL, queue {text} NOT NULL, agent {text} NOT NULL,
    person {text} NOT NULL, user_key {text} NOT NULL, desk_key {text} NOT NULL, lane {text} NOT NULL, thread {text},
    since {real} NOT NULL, claimed {real} NOT NULL, closed {real}, due {real}, taken {real}, waited {real},
    data {text} NOT NULL"""
_MESSAGES = """
    case_id {key}, mark {int}, text {text}, state {text} NOT NULL, reason {text} NOT NULL, changed {text} NOT NULL,
    source_key {text} NOT NULL, source_id {text} NOT NULL, data {text} NOT NULL, PRIMARY KEY (case_id, mark)"""
_DESKS = "queue {key} PRIMARY KEY, address {text} NOT NULL, bound_by {text} NOT NULL, at {real} NOT NULL"

_STATEMENTS = (
    "ALTER TABLE conversations ADD COLUMN case_id {text}",
    "CREATE INDEX conversations_case ON conversations (case_id) WHERE case_id IS NOT NULL",
    "ALTER TABLE outbox ADD COLUMN address {text}",
    "ALTER TABLE outbox ADD COLUMN follows {text}",
    "ALTER TABLE aside ADD COLUMN address {text}",
    "ALTER TABLE aside ADD COLUMN follows {text}",
    f"CREATE TABLE cases ({_CASES}) {{fill}}",
    "CREATE INDEX cases_due ON cases (due) WHERE due IS NOT NULL",
    "CREATE INDEX cases_waiting ON cases (queue, since, id) WHERE state = 'waiting'",
    "CREATE INDEX cases_open ON cases (since) WHERE closed IS NULL",
    "CREATE INDEX cases_closed ON cases (closed) WHERE closed IS NOT NULL",
    "CREATE INDEX cases_claimed ON cases (agent) WHERE state = 'claimed'",
    "CREATE INDEX cases_taken ON cases (queue, taken) WHERE taken IS NOT NULL",
    "CREATE INDEX cases_unbound ON cases (desk_key) WHERE thread IS NULL AND closed IS NULL",
    "CREATE INDEX cases_person ON cases (person)",
    "CREATE INDEX cases_user ON cases (user_key)",
    f"CREATE TABLE messages ({_MESSAGES})",
    "CREATE INDEX messages_source ON messages (source_key, source_id) WHERE source_id <> ''",
    f"CREATE TABLE desks ({_DESKS})",
)

SQLITE_2 = tuple(
    statement.format(key="TEXT NOT NULL", text="TEXT", int="INTEGER", real="REAL", fill="") for statement in _STATEMENTS
)

# Functions of step 1 that must do more have a new form here; the former stay, for replicas that still run the former
# code. Locks are taken in one order: the case, then conversations and lanes by key (of each key first the
# conversation, then its lane), then the event id and messages. A row on which others follow needs locks beyond its own
# lane: it is not done with many others in one call (`helpbot_done_2` says so by `r_held` null), but by `helpbot_end_2`.
_FUNCTIONS = """
CREATE FUNCTION helpbot_load_2(keys text[], events text[])
RETURNS TABLE (r_state text, r_version bigint, r_seen boolean, r_answer text, r_case text, r_thread text,
    r_case_version bigint)
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    n integer;
    owner text;
BEGIN
    FOR n IN 1 .. cardinality(keys) LOOP
        r_version := 0; r_answer := NULL; r_case := NULL; r_thread := NULL; r_case_version := NULL;
        SELECT c.state, c.version, c.case_id INTO r_state, r_version, owner FROM conversations c WHERE c.key = keys[n];
        IF owner IS NOT NULL THEN
            SELECT k.data, k.thread, k.version INTO r_case, r_thread, r_case_version FROM cases k WHERE k.id = owner;
        END IF;
        SELECT i.answer INTO r_answer FROM inbox i WHERE i.key = keys[n] AND i.event = events[n];
        r_seen := FOUND;
        RETURN NEXT;
    END LOOP;
END $$;

CREATE FUNCTION helpbot_rows_2(p_key text, p_holder text, p_limit integer)
RETURNS TABLE (r_address text, r_seq bigint, r_kind text, r_payload text, r_turn bigint, r_attempts integer,
    r_created double precision, r_doubtful boolean, r_receipt text, r_lane text, r_follows boolean)
LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    RETURN QUERY SELECT coalesce(o.address, c.address), o.seq, o.kind, o.payload, o.turn, o.attempts, o.created,
            o.doubtful,
            CASE WHEN o.kind IN ('update', 'delete')
                THEN (SELECT r.message FROM receipts r WHERE r.key = o.key AND r.turn = o.turn) END,
            l.key, o.follows IS NOT NULL
        FROM lanes l JOIN outbox o ON o.key = l.key JOIN conversations c ON c.key = l.key
        WHERE l.key = p_key AND l.holder = p_holder ORDER BY o.seq LIMIT p_limit;
END $$;

CREATE FUNCTION helpbot_claim_2(p_holder text, p_now double precision, p_until double precision, p_limit integer)
RETURNS TABLE (r_address text, r_seq bigint, r_kind text, r_payload text, r_turn bigint, r_attempts integer,
    r_created double precision, r_doubtful boolean, r_receipt text, r_lane text, r_follows boolean)
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    due text[] := ARRAY(SELECT l.key FROM lanes l WHERE l.wake <= p_now ORDER BY l.wake LIMIT p_limit
        FOR UPDATE SKIP LOCKED);
BEGIN
    IF cardinality(due) = 0 THEN RETURN; END IF;
    UPDATE lanes l SET holder = p_holder, wake = p_until WHERE l.key = ANY (due);
    RETURN QUERY SELECT x.* FROM unnest(due) WITH ORDINALITY AS d (key, place)
        CROSS JOIN LATERAL helpbot_rows_2(d.key, p_holder, 1) x ORDER BY d.place;
END $$;

CREATE FUNCTION helpbot_done_2(keys text[], seqs bigint[], messages text[], reasons text[], more boolean[],
    holders text[], nows double precision[], p_limit integer)
RETURNS TABLE (r_number integer, r_held boolean, r_address text, r_seq bigint, r_kind text, r_payload text,
    r_turn bigint, r_attempts integer, r_created double precision, r_doubtful boolean, r_receipt text, r_lane text,
    r_follows boolean)
LANGUAGE plpgsql SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    n integer;
    k text;
    t bigint;
    was text;
BEGIN
    FOR n IN 1 .. cardinality(keys) LOOP
        k := keys[n]; r_number := n; r_seq := NULL;
        SELECT l.holder = holders[n] INTO r_held FROM lanes l WHERE l.key = k FOR UPDATE;
        r_held := coalesce(r_held, false);
        IF reasons[n] IS NULL THEN
            DELETE FROM outbox o WHERE o.key = k AND o.seq = seqs[n] AND o.follows IS NULL
                RETURNING o.turn, o.kind INTO t, was;
            IF NOT FOUND THEN
                PERFORM FROM outbox o WHERE o.key = k AND o.seq = seqs[n];
                IF FOUND THEN r_held := NULL; RETURN NEXT; CONTINUE; END IF;
            ELSIF t IS NOT NULL THEN
                IF was = 'delete' THEN
                    DELETE FROM receipts r WHERE r.key = k AND r.turn = t;
                ELSIF messages[n] <> '' THEN
                    INSERT INTO receipts (key, turn, message, at) VALUES (k, t, messages[n], nows[n])
                        ON CONFLICT (key, turn) DO UPDATE SET message = excluded.message, at = excluded.at;
                END IF;
            END IF;
        ELSIF r_held THEN
            PERFORM FROM outbox o WHERE o.key = k AND o.seq = seqs[n] AND o.follows IS NOT NULL;
            IF FOUND THEN r_held := NULL; RETURN NEXT; CONTINUE; END IF;
            PERFORM helpbot_aside_2(k, seqs[n], reasons[n]);
        END IF;
        IF NOT more[n] AND r_held THEN
            RETURN QUERY SELECT n, true, x.* FROM helpbot_rows_2(k, holders[n], p_limit) x;
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

-- Moves a row aside; what follows it, if anything does.
CREATE FUNCTION helpbot_aside_2(p_key text, p_seq bigint, p_reason text)
RETURNS text LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    f text;
BEGIN
    WITH gone AS (DELETE FROM outbox o WHERE o.key = p_key AND o.seq = p_seq RETURNING o.*)
    INSERT INTO aside (key, seq, kind, payload, turn, attempts, created, address, follows, reason)
        SELECT g.key, g.seq, g.kind, g.payload, g.turn, g.attempts, g.created, g.address, g.follows, p_reason
        FROM gone g RETURNING follows INTO f;
    RETURN f;
END $$;

-- Owes what follows a row that was sent (p_reason null) or was not; the lane that was leased for it, if one was.
CREATE FUNCTION helpbot_follow_2(p_key text, p_follows text, p_reason text, p_escaped text, p_holder text,
    p_now double precision, p_until double precision)
RETURNS text LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    f json := p_follows::json;
    what json := CASE WHEN p_reason IS NULL THEN f -> 'sent' ELSE f -> 'failed' END;
    k text := f ->> 'lane';
    body text := (what -> 1)::text;
    last bigint;
BEGIN
    IF json_typeof(f -> 'message') = 'array' THEN
        UPDATE messages m SET state = CASE WHEN p_reason IS NULL THEN 'delivered' ELSE 'failed' END,
                reason = coalesce(p_reason, '')
            WHERE m.case_id = f -> 'message' ->> 0 AND m.mark = (f -> 'message' ->> 1)::bigint;
    END IF;
    IF body IS NULL THEN RETURN NULL; END IF;
    IF p_reason IS NOT NULL THEN body := replace(body, '{reason}', p_escaped); END IF;
    INSERT INTO conversations AS c (key, state, version, address, seq, used, day)
        VALUES (k, '{}', 1, (f -> 'to')::text, 1, p_now, floor(p_now / 86400))
        ON CONFLICT (key) DO UPDATE SET seq = c.seq + 1, used = excluded.used, day = excluded.day
        RETURNING c.seq INTO last;
    INSERT INTO outbox (key, seq, kind, payload, turn, created)
        VALUES (k, last, what ->> 0, body, (what ->> 2)::bigint, p_now);
    IF p_holder = '' OR k = p_key THEN
        INSERT INTO lanes AS l (key, holder, wake, since) VALUES (k, '', p_now, p_now)
            ON CONFLICT (key) DO UPDATE SET wake = excluded.wake, parked = NULL WHERE l.parked IS NOT NULL;
        RETURN NULL;
    END IF;
    INSERT INTO lanes AS l (key, holder, wake, since) VALUES (k, p_holder, p_until, p_now)
        ON CONFLICT (key) DO UPDATE SET holder = excluded.holder, wake = excluded.wake, parked = NULL
        WHERE l.parked IS NOT NULL OR l.wake <= p_now;
    RETURN CASE WHEN FOUND THEN k END;
END $$;

-- Locks conversations and lanes in the order of keys.
CREATE FUNCTION helpbot_lock_2(keys text[])
RETURNS void LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    k text;
BEGIN
    FOR k IN SELECT DISTINCT u.key COLLATE "C" FROM unnest(keys) u (key) WHERE u.key IS NOT NULL ORDER BY 1 LOOP
        PERFORM FROM conversations c WHERE c.key = k FOR UPDATE;
        PERFORM FROM lanes l WHERE l.key = k FOR UPDATE;
    END LOOP;
END $$;

CREATE FUNCTION helpbot_bind_2(p_case text, p_lane text, p_key text, p_thread text, p_now double precision)
RETURNS void LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    a json;
    owner text;
BEGIN
    SELECT c.address::json, coalesce(p_case, c.case_id) INTO a, owner FROM conversations c WHERE c.key = p_lane;
    IF FOUND THEN
        IF concat_ws('|', a ->> 0, a ->> 1, a ->> 2) = p_key THEN RETURN; END IF;
        DELETE FROM receipts r WHERE r.key = p_lane;
        UPDATE conversations c SET address = p_thread WHERE c.key = p_lane;
    ELSE
        owner := p_case;
    END IF;
    IF owner IS NULL THEN RETURN; END IF;
    UPDATE cases k SET thread = p_thread, version = k.version + 1 WHERE k.id = owner AND k.lane = p_lane;
    INSERT INTO conversations AS c (key, state, version, address, seq, used, day, case_id)
        VALUES (p_key, '{}', 1, p_thread, 0, p_now, floor(p_now / 86400), owner)
        ON CONFLICT (key) DO UPDATE SET version = c.version + 1, case_id = excluded.case_id
        WHERE c.case_id IS DISTINCT FROM excluded.case_id;
END $$;

CREATE FUNCTION helpbot_thread_2(p_case text, p_lane text, p_key text, p_thread text, p_now double precision)
RETURNS void LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    PERFORM FROM cases k WHERE k.id = p_case FOR UPDATE;
    PERFORM helpbot_lock_2(ARRAY[p_lane, p_key]);
    PERFORM helpbot_bind_2(p_case, p_lane, p_key, p_thread, p_now);
END $$;

CREATE FUNCTION helpbot_end_2(p_key text, p_seq bigint, p_message text, p_reason text, p_escaped text, p_more boolean,
    p_holder text, p_now double precision, p_until double precision, p_thread_key text, p_thread text,
    p_limit integer)
RETURNS TABLE (r_held boolean, r_address text, r_seq bigint, r_kind text, r_payload text, r_turn bigint,
    r_attempts integer, r_created double precision, r_doubtful boolean, r_receipt text, r_lane text, r_follows boolean)
LANGUAGE plpgsql SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    f text;
    t bigint;
    was text;
    other text;
BEGIN
    IF p_thread IS NOT NULL THEN
        PERFORM FROM cases k WHERE k.id = (SELECT c.case_id FROM conversations c WHERE c.key = p_key) FOR UPDATE;
    END IF;
    SELECT o.follows::json ->> 'lane' INTO other FROM outbox o WHERE o.key = p_key AND o.seq = p_seq;
    PERFORM helpbot_lock_2(ARRAY[p_key, other, p_thread_key]);
    other := NULL;
    r_held := coalesce((SELECT l.holder = p_holder FROM lanes l WHERE l.key = p_key), false);
    IF p_reason IS NOT NULL THEN
        IF NOT r_held THEN RETURN NEXT; RETURN; END IF;
        f := helpbot_aside_2(p_key, p_seq, p_reason);
    ELSE
        DELETE FROM outbox o WHERE o.key = p_key AND o.seq = p_seq RETURNING o.turn, o.kind, o.follows INTO t, was, f;
        IF FOUND THEN
            IF p_thread IS NOT NULL THEN
                PERFORM helpbot_bind_2(NULL, p_key, p_thread_key, p_thread, p_now);
            END IF;
            IF t IS NOT NULL AND was = 'delete' THEN
                DELETE FROM receipts r WHERE r.key = p_key AND r.turn = t;
            ELSIF t IS NOT NULL AND p_message <> '' THEN
                INSERT INTO receipts (key, turn, message, at) VALUES (p_key, t, p_message, p_now)
                    ON CONFLICT (key, turn) DO UPDATE SET message = excluded.message, at = excluded.at;
            END IF;
        END IF;
    END IF;
    IF f IS NOT NULL THEN
        other := helpbot_follow_2(p_key, f, p_reason, p_escaped, CASE WHEN r_held THEN p_holder ELSE '' END, p_now,
            p_until);
    END IF;
    IF NOT p_more THEN
        RETURN QUERY SELECT true, x.* FROM helpbot_rows_2(p_key, p_holder, p_limit) x;
        IF FOUND THEN
            UPDATE lanes l SET since = (SELECT o.created FROM outbox o WHERE o.key = p_key ORDER BY o.seq LIMIT 1)
                WHERE l.key = p_key;
            r_held := NULL;
        ELSE
            DELETE FROM lanes l WHERE l.key = p_key AND NOT EXISTS (SELECT FROM outbox o WHERE o.key = p_key);
            r_held := FOUND;
        END IF;
    END IF;
    IF r_held IS NOT NULL THEN RETURN NEXT; END IF;
    IF other IS NOT NULL THEN
        RETURN QUERY SELECT true, x.* FROM helpbot_rows_2(other, p_holder, p_limit) x;
    END IF;
END $$;

CREATE FUNCTION helpbot_park_2(p_key text, p_reason text, p_escaped text, p_holder text, p_now double precision)
RETURNS void LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    n bigint;
BEGIN
    PERFORM helpbot_lock_2(array_append(
        ARRAY(SELECT o.follows::json ->> 'lane' FROM outbox o WHERE o.key = p_key AND o.follows IS NOT NULL), p_key));
    UPDATE lanes l SET holder = '', wake = NULL, parked = p_reason WHERE l.key = p_key AND l.holder = p_holder;
    IF NOT FOUND THEN RETURN; END IF;
    FOR n IN SELECT o.seq FROM outbox o WHERE o.key = p_key AND o.follows IS NOT NULL ORDER BY o.seq LOOP
        PERFORM helpbot_follow_2(p_key, helpbot_aside_2(p_key, n, p_reason), p_reason, p_escaped, '', p_now, p_now);
    END LOOP;
    DELETE FROM lanes l WHERE l.key = p_key AND NOT EXISTS (SELECT FROM outbox o WHERE o.key = p_key);
END $$;

-- c: (state, queue, agent, person, user_key, desk_key, lane, thread, data) of the case; x: (since, claimed, closed,
-- due). A conversation that has moved on raises HB001, which undoes everything.
CREATE FUNCTION helpbot_step_2(p_event_key text, p_event text, p_answer text, p_at double precision, p_holder text,
    p_until double precision, p_id text, p_version bigint, c text[], x double precision[],
    keys text[], addresses text[], versions bigint[], states text[], owners text[], opens integer[], counts integer[],
    kinds text[], payloads text[], turns bigint[], owns text[], follows text[],
    marks bigint[], texts text[], m_states text[], reasons text[], changed text[], s_keys text[], s_ids text[],
    datas text[], e_marks bigint[], e_texts text[], e_changed text[], p_limit integer)
RETURNS TABLE (r_result text, r_answer text, r_address text, r_seq bigint, r_kind text, r_payload text, r_turn bigint,
    r_attempts integer, r_created double precision, r_doubtful boolean, r_receipt text, r_lane text, r_follows boolean)
LANGUAGE plpgsql SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    n integer;
    base integer := 0;  -- of this key's rows in kinds and so on
    many integer;
    k text;
    last bigint;
    leased text[] := '{}';
    today integer := floor(p_at / 86400);
BEGIN
    SELECT i.answer INTO r_answer FROM inbox i WHERE i.key = p_event_key AND i.event = p_event;
    IF FOUND THEN r_result := 'duplicate'; RETURN NEXT; RETURN; END IF;
    IF p_version = 0 THEN
        INSERT INTO cases (id, version, state, queue, agent, person, user_key, desk_key, lane, thread, data, since,
                claimed, closed, due)
            VALUES (p_id, 1, c[1], c[2], c[3], c[4], c[5], c[6], c[7], c[8], c[9], x[1], x[2], x[3], x[4])
            ON CONFLICT (id) DO NOTHING;
    ELSE
        UPDATE cases a SET version = a.version + 1, state = c[1], queue = c[2], agent = c[3], person = c[4],
                user_key = c[5], desk_key = c[6], lane = c[7], thread = c[8], data = c[9], since = x[1],
                claimed = x[2], closed = x[3], due = x[4],
                taken = CASE WHEN c[1] = 'waiting' THEN NULL
                    WHEN c[1] = 'claimed' AND a.state = 'waiting' THEN x[2] ELSE a.taken END,
                waited = CASE WHEN c[1] = 'waiting' THEN NULL
                    WHEN c[1] = 'claimed' AND a.state = 'waiting' THEN x[2] - x[1] ELSE a.waited END
            WHERE a.id = p_id AND a.version = p_version;
    END IF;
    IF NOT FOUND THEN
        SELECT i.answer INTO r_answer FROM inbox i WHERE i.key = p_event_key AND i.event = p_event;
        r_result := CASE WHEN FOUND THEN 'duplicate' ELSE 'conflict' END;
        RETURN NEXT; RETURN;
    END IF;
    FOR n IN 1 .. cardinality(keys) LOOP
        k := keys[n]; many := counts[n];
        IF versions[n] > 0 THEN
            UPDATE conversations a SET state = states[n], address = addresses[n], version = a.version + 1,
                    seq = a.seq + many, used = p_at, day = today,
                    case_id = CASE WHEN opens[n] > 0 THEN p_id WHEN opens[n] < 0 THEN nullif(a.case_id, p_id)
                        ELSE a.case_id END
                WHERE a.key = k AND a.version = versions[n] RETURNING a.seq INTO last;
            IF NOT FOUND THEN RAISE EXCEPTION 'helpbot: it has moved on' USING ERRCODE = 'HB001'; END IF;
        ELSIF versions[n] = 0 THEN
            INSERT INTO conversations (key, state, version, address, seq, used, day, case_id)
                VALUES (k, states[n], 1, addresses[n], many, p_at, today, owners[n])
                ON CONFLICT (key) DO NOTHING RETURNING seq INTO last;
            IF NOT FOUND THEN RAISE EXCEPTION 'helpbot: it has moved on' USING ERRCODE = 'HB001'; END IF;
        ELSIF addresses[n] <> '' AND (many > 0 OR opens[n] <> 0) THEN
            INSERT INTO conversations AS a (key, state, version, address, seq, used, day, case_id)
                VALUES (k, '{}', 1, addresses[n], many, p_at, today, owners[n])
                ON CONFLICT (key) DO UPDATE SET seq = a.seq + many, used = p_at, day = today,
                    version = a.version + CASE WHEN (opens[n] > 0 AND a.case_id IS DISTINCT FROM p_id)
                        OR (opens[n] < 0 AND a.case_id = p_id) THEN 1 ELSE 0 END,
                    case_id = CASE WHEN opens[n] > 0 THEN p_id WHEN opens[n] < 0 THEN nullif(a.case_id, p_id)
                        ELSE a.case_id END
                RETURNING a.seq INTO last;
        ELSE
            PERFORM FROM conversations a WHERE a.key = k FOR UPDATE;
            UPDATE conversations a SET case_id = CASE WHEN opens[n] > 0 THEN p_id END, version = a.version + 1
                WHERE a.key = k AND ((opens[n] > 0 AND a.case_id IS DISTINCT FROM p_id)
                    OR (opens[n] < 0 AND a.case_id = p_id));
        END IF;
        IF many > 0 THEN
            INSERT INTO outbox (key, seq, kind, payload, turn, created, address, follows)
                SELECT k, last - many + j, kinds[base + j], payloads[base + j], turns[base + j], p_at, owns[base + j],
                    follows[base + j] FROM generate_series(1, many) j;
            INSERT INTO lanes AS l (key, holder, wake, since) VALUES (k, p_holder, p_until, p_at)
                ON CONFLICT (key) DO UPDATE SET holder = excluded.holder, wake = excluded.wake, parked = NULL
                WHERE l.parked IS NOT NULL OR l.wake <= p_at;
            IF FOUND THEN leased := array_append(leased, k); END IF;
        ELSIF k = p_event_key AND p_event <> '' THEN
            UPDATE lanes l SET holder = p_holder, wake = p_until, parked = NULL
                WHERE l.key = k AND l.parked IS NOT NULL;
            IF FOUND THEN leased := array_append(leased, k); END IF;
        END IF;
        base := base + many;
    END LOOP;
    IF p_event <> '' THEN
        INSERT INTO inbox (key, event, answer, at) VALUES (p_event_key, p_event, p_answer, p_at)
            ON CONFLICT (key, event) DO NOTHING;
        IF NOT FOUND THEN RAISE EXCEPTION 'helpbot: it has moved on' USING ERRCODE = 'HB001'; END IF;
    END IF;
    IF cardinality(marks) > 0 THEN
        INSERT INTO messages (case_id, mark, text, state, reason, changed, source_key, source_id, data)
            SELECT p_id, m.* FROM unnest(marks, texts, m_states, reasons, changed, s_keys, s_ids, datas) m;
    END IF;
    FOR n IN 1 .. cardinality(e_marks) LOOP
        UPDATE messages m SET text = e_texts[n], changed = e_changed[n] WHERE m.case_id = p_id AND m.mark = e_marks[n];
    END LOOP;
    r_result := 'done'; r_answer := NULL;
    RETURN NEXT;
    FOREACH k IN ARRAY leased LOOP
        RETURN QUERY SELECT 'row', NULL, y.* FROM helpbot_rows_2(k, p_holder, p_limit) y;
    END LOOP;
END $$;
"""
POSTGRES_2 = (
    ";\n".join(
        statement.format(
            key='text COLLATE "C"',
            text="text",
            int="bigint",
            real="double precision",
            fill="WITH (fillfactor = 70)",
        )
        for statement in _STATEMENTS
    )
    + ";"
    + _FUNCTIONS
)
