"""What a database keeps of messages that found no guide, for authors: they make phrases and guides of them.

The part of `bot.storage.base.Store` beside `bot.storage.cases`. They are a person's words like a transcript: swept as
early, and erased with the person.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A message: when (Unix seconds), in which language the person is spoken to (BCP 47), and the words."""

    at: float
    locale: str
    words: str


class UnansweredStore(Protocol):
    """See `bot.storage.base.Store` for what holds of all methods."""

    async def note_unanswered(self, key: str, event_id: str, message: Unanswered) -> None:
        """Keep a message of the conversation `key`; once for each event id, however often it is told."""
        ...

    async def unanswered(self, since: float, limit: int) -> list[Unanswered]:
        """The newest of those that are kept, the newest first."""
        ...

    async def sweep_unanswered(self, before: float, limit: int) -> int:
        """Delete at most `limit` older ones; how many were deleted."""
        ...
