"""The part of the SQLite store that keeps files."""

from __future__ import annotations

import sqlite3

from bot.storage.case_codec import load_file
from bot.storage.codec import dumps
from bot.storage.files import KeptFile
from bot.storage.sqlite_thread import SqliteThread

KEEP_PART = "INSERT OR REPLACE INTO file_parts (blob, number, data, at) VALUES (?, ?, ?, ?)"
KEEP_FILE = """INSERT INTO files (id, case_id, mark, name, kind, size, at, blob, reason)
    SELECT :id, :case, :mark, :name, :kind, :size, :at, :blob, :reason
    WHERE EXISTS (SELECT 1 FROM messages WHERE case_id = :case AND mark = :mark
        AND changed <> 'deleted')
    ON CONFLICT (id) DO NOTHING"""
NAMED = "SELECT 1 FROM files WHERE blob = ?"
FILE = "SELECT id, case_id, mark, name, kind, size, at, blob, reason FROM files WHERE id = ?"
FILES = (
    "SELECT id, case_id, mark, name, kind, size, at, blob, reason FROM files WHERE case_id = ? ORDER BY mark, at, id"
)
PART = "SELECT data FROM file_parts WHERE blob = ? AND number = ?"
DROP_PARTS = "DELETE FROM file_parts WHERE blob = ?"
DROP_CONTENT = "DELETE FROM file_parts WHERE blob = (SELECT blob FROM files WHERE id = ?)"
LET_GO = "UPDATE files SET blob = NULL WHERE id = ?"
OLD = "SELECT id FROM files WHERE at < ? AND blob IS NOT NULL ORDER BY at LIMIT ?"
LEFT = """SELECT blob FROM file_parts p WHERE number = 0 AND at < ?
    AND NOT EXISTS (SELECT 1 FROM files f WHERE f.blob = p.blob) ORDER BY at LIMIT ?"""


class SqliteFiles:
    """See `bot.storage.files.FileStore`."""

    _thread: SqliteThread

    async def keep_part(self, blob: str, number: int, data: bytes, at: float) -> None:
        """Keep a part."""
        await self._thread.run(lambda db: db.execute(KEEP_PART, (blob, number, data, at)).rowcount, write=True)

    async def keep_file(self, file: KeptFile) -> bool:
        """Keep the file, if its message is there."""
        values = {
            "id": file.id,
            "case": file.case,
            "mark": file.mark,
            "name": dumps(file.name),
            "kind": file.kind,
            "size": file.size,
            "at": file.at,
            "blob": file.blob or None,
            "reason": file.reason,
        }

        def work(db: sqlite3.Connection) -> bool:
            if db.execute(KEEP_FILE, values).rowcount:
                return True
            if not db.execute(NAMED, (file.blob,)).fetchone():
                db.execute(DROP_PARTS, (file.blob,))
            return False

        return await self._thread.run(work, write=True)

    async def file(self, file_id: str) -> KeptFile | None:
        """A file by its id."""
        found = await self._thread.run(lambda db: db.execute(FILE, (file_id,)).fetchone(), write=False)
        return None if found is None else load_file(found)

    async def file_part(self, blob: str, number: int) -> bytes | None:
        """A part of a content."""
        found = await self._thread.run(lambda db: db.execute(PART, (blob, number)).fetchone(), write=False)
        return None if found is None else bytes(found[0])

    async def files(self, case_id: str) -> list[KeptFile]:
        """All files of a case."""
        found = await self._thread.run(lambda db: db.execute(FILES, (case_id,)).fetchall(), write=False)
        return [load_file(record) for record in found]

    async def drop_parts(self, blob: str) -> None:
        """Delete a content."""
        await self._thread.run(lambda db: db.execute(DROP_PARTS, (blob,)).rowcount, write=True)

    async def drop_file(self, file_id: str) -> None:
        """Delete a file's content."""
        await self._thread.run(lambda db: _let_go(db, file_id), write=True)

    async def sweep_files(self, kept_before: float, left_before: float, limit: int) -> int:
        """Delete old contents."""

        def work(db: sqlite3.Connection) -> int:
            old = db.execute(OLD, (kept_before, limit)).fetchall()
            for (file_id,) in old:
                _let_go(db, file_id)
            left = db.execute(LEFT, (left_before, limit)).fetchall()
            for (blob,) in left:
                db.execute(DROP_PARTS, (blob,))
            return len(old) + len(left)

        return await self._thread.run(work, write=True)


def _let_go(db: sqlite3.Connection, file_id: str) -> None:
    db.execute(DROP_CONTENT, (file_id,))
    db.execute(LET_GO, (file_id,))
