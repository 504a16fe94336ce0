"""The step of the schema that brings files.

files       facts of each; blob: the name of its content, none once that is gone
file_parts  contents, in parts; what no file names (a try that was broken off) is swept by `at`
"""

from __future__ import annotations

_FILES = """
    id {key} PRIMARY KEY, case_id {key} NOT NULL, mark {int} NOT NULL, name {text} NOT NULL, kind {text} NOT NULL,
    size {int} NOT NULL, at {real} NOT NULL, blob {text}, reason {text} NOT NULL"""
_PARTS = "blob {key}, number {int}, data {bytes} NOT NULL, at {real} NOT NULL, PRIMARY KEY (blob, number)"

_STATEMENTS = (
    f"CREATE TABLE files ({_FILES})",
    "CREATE INDEX files_case ON files (case_id, mark)",
    "CREATE INDEX files_at ON files (at) WHERE blob IS NOT NULL",
    "CREATE INDEX files_blob ON files (blob) WHERE blob IS NOT NULL",
    f"CREATE TABLE file_parts ({_PARTS})",
    "CREATE INDEX file_parts_at ON file_parts (at) WHERE number = 0",
)
SQLITE_4 = tuple(
    statement.format(key="TEXT", text="TEXT", int="INTEGER", real="REAL", bytes="BLOB") for statement in _STATEMENTS
)
# Contents are mostly pictures: PostgreSQL need not try to make them smaller.
POSTGRES_4 = (
    ";\n".join(
        statement.format(key='text COLLATE "C"', text="text", int="bigint", real="double precision", bytes="bytea")
        for statement in _STATEMENTS
    )
    + ";\nALTER TABLE file_parts ALTER COLUMN data SET STORAGE EXTERNAL;"
)
