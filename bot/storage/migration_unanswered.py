"""The schema for messages that found no guide; see `bot.storage.migrations`.

unanswered  `words` as JSON, which may hold what PostgreSQL's texts can not
"""

from __future__ import annotations

_STATEMENTS = (
    """CREATE TABLE unanswered (key {key} NOT NULL, event {key} NOT NULL, at {real} NOT NULL, locale {text} NOT NULL,
        words {text} NOT NULL, PRIMARY KEY (key, event))""",
    "CREATE INDEX unanswered_at ON unanswered (at)",
)
SQLITE_5 = tuple(statement.format(key="TEXT", text="TEXT", real="REAL") for statement in _STATEMENTS)
POSTGRES_5 = ";\n".join(
    statement.format(key='text COLLATE "C"', text="text", real="double precision") for statement in _STATEMENTS
)
