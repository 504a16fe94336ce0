"""The part of the SQLite store that keeps messages that found no guide."""

from __future__ import annotations

from bot.storage.codec import dumps, loads
from bot.storage.sqlite_thread import SqliteThread
from bot.storage.unanswered import Unanswered

KEEP = "INSERT OR IGNORE INTO unanswered (key, event, at, locale, words) VALUES (?, ?, ?, ?, ?)"
LATEST = "SELECT at, locale, words FROM unanswered WHERE at >= ? ORDER BY at DESC LIMIT ?"
SWEEP = "DELETE FROM unanswered WHERE rowid IN (SELECT rowid FROM unanswered WHERE at < ? ORDER BY at LIMIT ?)"


class SqliteUnanswered:
    """See `bot.storage.unanswered.UnansweredStore`."""

    _thread: SqliteThread

    async def note_unanswered(self, key: str, event_id: str, message: Unanswered) -> None:
        """Keep it, once."""
        values = (key, event_id, message.at, message.locale, dumps(message.words))
        await self._thread.run(lambda db: db.execute(KEEP, values).rowcount, write=True)

    async def unanswered(self, since: float, limit: int) -> list[Unanswered]:
        """The newest ones."""
        found = await self._thread.run(lambda db: db.execute(LATEST, (since, limit)).fetchall(), write=False)
        return [Unanswered(at, locale, loads(words)) for at, locale, words in found]

    async def sweep_unanswered(self, before: float, limit: int) -> int:
        """Delete old ones."""
        return int(await self._thread.run(lambda db: db.execute(SWEEP, (before, limit)).rowcount, write=True))
