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

POSTGRES_2 = ";\n".join(
    statement.format(
        key='text COLLATE "C"',
        text="text",
        int="bigint",
        real="double precision",
        fill="WITH (fillfactor = 70)",
    )
    for statement in _STATEMENTS
)
