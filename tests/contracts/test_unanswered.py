"""Messages that found no guide: what every Store promises of them, over SQLite and over a real PostgreSQL."""

from __future__ import annotations

from bot.envelope import Address
from bot.storage.base import Store, Turn
from bot.storage.unanswered import Unanswered

KEY = "teams|t|a:1"
PERSON = "11111111-1111-1111-1111-111111111111"


def said(at: float, words: str = "my frog is ill") -> Unanswered:
    """A message."""
    return Unanswered(at, "en-US", words)


async def test_the_newest_come_first(store: Store) -> None:
    """As they were told, with any characters, the newest first, no more than asked for."""
    odd = 'nul \x00, lone \ud800, "quotes", 🙏'
    for at in (3.0, 1.0, 2.0):
        await store.note_unanswered(KEY, f"e{at}", said(at, odd))
    assert await store.unanswered(0.0, 10) == [said(3.0, odd), said(2.0, odd), said(1.0, odd)]
    assert await store.unanswered(2.0, 1) == [said(3.0, odd)]


async def test_an_event_counts_once(store: Store) -> None:
    """However often it is delivered; the same words said again count again."""
    for event in ("e1", "e1", "e2"):
        await store.note_unanswered(KEY, event, said(1.0))
    assert len(await store.unanswered(0.0, 10)) == 2


async def test_old_ones_are_swept(store: Store) -> None:
    """The oldest go first, some at a time."""
    for at in range(5):
        await store.note_unanswered(KEY, f"e{at}", said(float(at)))
    assert await store.sweep_unanswered(4.0, 3) == 3
    assert await store.sweep_unanswered(4.0, 3) == 1
    assert await store.sweep_unanswered(4.0, 3) == 0
    assert await store.unanswered(0.0, 10) == [said(4.0)]


async def test_they_go_with_their_person(store: Store) -> None:
    """Whoever is forgotten leaves no words; those of others stay."""
    address = Address("teams", "t", "a:1", details={"user": PERSON})
    await store.commit(Turn(address, "e1", 0, {}, (), 1.0), "h", 2.0)
    await store.note_unanswered(address.key, "e1", said(1.0))
    await store.note_unanswered("teams|t|a:2", "e1", said(2.0, "other"))
    await store.forget(PERSON, 3.0)
    assert await store.unanswered(0.0, 10) == [said(2.0, "other")]
