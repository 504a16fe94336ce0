"""The part of the PostgreSQL store that keeps messages that found no guide."""

from __future__ import annotations

from bot.storage.codec import dumps, loads
from bot.storage.postgres_link import Link
from bot.storage.unanswered import Unanswered

KEEP = """INSERT INTO unanswered (key, event, at, locale, words) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (key, event) DO NOTHING"""
LATEST = "SELECT at, locale, words FROM unanswered WHERE at >= $1 ORDER BY at DESC LIMIT $2"
SWEEP = """DELETE FROM unanswered WHERE (key, event) IN
    (SELECT key, event FROM unanswered WHERE at < $1 ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING 1"""


class PostgresUnanswered:
    """See `bot.storage.unanswered.UnansweredStore`."""

    _link: Link

    async def note_unanswered(self, key: str, event_id: str, message: Unanswered) -> None:
        """Keep it, once."""
        await self._link.fetch(KEEP, key, event_id, message.at, message.locale, dumps(message.words))

    async def unanswered(self, since: float, limit: int) -> list[Unanswered]:
        """The newest ones."""
        found = await self._link.fetch(LATEST, since, limit)
        return [Unanswered(at, locale, loads(words)) for at, locale, words in found]

    async def sweep_unanswered(self, before: float, limit: int) -> int:
        """Delete old ones."""
        return len(await self._link.fetch(SWEEP, before, limit))
