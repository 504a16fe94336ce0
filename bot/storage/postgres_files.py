"""The part of the PostgreSQL store that keeps files."""

from __future__ import annotations

from bot.storage.case_codec import load_file
from bot.storage.codec import dumps
from bot.storage.files import KeptFile
from bot.storage.postgres_link import Connection, Link

KEEP_PART = """INSERT INTO file_parts (blob, number, data, at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (blob, number) DO UPDATE SET data = excluded.data"""
# The message is locked, so that nobody forgets it meanwhile and leaves the file behind.
MESSAGE = "SELECT 1 FROM messages WHERE case_id = $1 AND mark = $2 AND changed <> 'deleted' FOR SHARE"
KEEP_FILE = """INSERT INTO files (id, case_id, mark, name, kind, size, at, blob, reason)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO NOTHING RETURNING 1"""
NAMED = "SELECT 1 FROM files WHERE blob = $1"
FILE = "SELECT id, case_id, mark, name, kind, size, at, blob, reason FROM files WHERE id = $1"
FILES = (
    "SELECT id, case_id, mark, name, kind, size, at, blob, reason FROM files WHERE case_id = $1 ORDER BY mark, at, id"
)
PART = "SELECT data FROM file_parts WHERE blob = $1 AND number = $2"
DROP_PARTS = "DELETE FROM file_parts WHERE blob = ANY ($1::text[])"
LET_GO = """UPDATE files f SET blob = NULL FROM (SELECT id, blob FROM files WHERE id = ANY ($1::text[]) FOR UPDATE) o
    WHERE f.id = o.id RETURNING o.blob"""
OLD = """SELECT id FROM files WHERE at < $1 AND blob IS NOT NULL ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED"""
LEFT = """SELECT blob FROM file_parts p WHERE number = 0 AND at < $1
    AND NOT EXISTS (SELECT FROM files f WHERE f.blob = p.blob) ORDER BY at LIMIT $2"""


class PostgresFiles:
    """See `bot.storage.files.FileStore`."""

    _link: Link

    async def keep_part(self, blob: str, number: int, data: bytes, at: float) -> None:
        """Keep a part."""
        await self._link.fetch(KEEP_PART, blob, number, data, at)

    async def keep_file(self, file: KeptFile) -> bool:
        """Keep the file, if its message is there."""
        f = file
        values = (f.id, f.case, f.mark, dumps(f.name), f.kind, f.size, f.at, f.blob or None, f.reason)

        async def work(db: Connection) -> bool:
            async with db.transaction():
                there = await db.fetch(MESSAGE, f.case, f.mark)
                if there and await db.fetch(KEEP_FILE, *values):
                    return True
                if f.blob and not await db.fetch(NAMED, f.blob):
                    await db.execute(DROP_PARTS, [f.blob])
                return False

        return await self._link.run(work)

    async def file(self, file_id: str) -> KeptFile | None:
        """A file by its id."""
        found = await self._link.fetch(FILE, file_id)
        return load_file(found[0]) if found else None

    async def file_part(self, blob: str, number: int) -> bytes | None:
        """A part of a content."""
        found = await self._link.fetch(PART, blob, number)
        return bytes(found[0][0]) if found else None

    async def files(self, case_id: str) -> list[KeptFile]:
        """All files of a case."""
        return [load_file(record) for record in await self._link.fetch(FILES, case_id)]

    async def drop_parts(self, blob: str) -> None:
        """Delete a content."""
        await self._link.fetch(DROP_PARTS, [blob])

    async def drop_file(self, file_id: str) -> None:
        """Delete a file's content."""

        async def work(db: Connection) -> None:
            async with db.transaction():
                await _let_go(db, [file_id])

        await self._link.run(work)

    async def sweep_files(self, kept_before: float, left_before: float, limit: int) -> int:
        """Delete old contents."""

        async def work(db: Connection) -> int:
            async with db.transaction():
                old = [file_id for (file_id,) in await db.fetch(OLD, kept_before, limit)]
                await _let_go(db, old)
                left = [blob for (blob,) in await db.fetch(LEFT, left_before, limit)]
                await db.execute(DROP_PARTS, left)
                return len(old) + len(left)

        return await self._link.run(work)


async def _let_go(db: Connection, ids: list[str]) -> None:
    blobs = [blob for (blob,) in await db.fetch(LET_GO, ids) if blob]
    await db.execute(DROP_PARTS, blobs)
