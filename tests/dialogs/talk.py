"""A conversation in memory, as tests hold it: every state goes through JSON, every button shown can be pressed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from bot.resources import content_dir
from dialogs.cards.base import Button
from dialogs.content import load
from dialogs.engine import Engine
from dialogs.finder import WordFinder
from dialogs.library import Library
from dialogs.turn import Incoming, Outcome, Press, State

DAY = 24 * 3600.0


def shipped() -> Library:
    """The content that ships."""
    return load(Path(content_dir()))


def engine(library: Library, contact: str = "helpdesk@example.com") -> Engine:
    """An engine over a library."""
    return Engine(library, WordFinder(library.guides, library.texts, translations=library.translations), contact)


def buttons(outcome: Outcome) -> list[tuple[Button, int]]:
    """Every button of the replies, with the turn of its card."""
    found = []
    for reply in outcome.replies:
        card = reply.card
        turn = getattr(card, "turn", 0)
        found += [(b, turn) for b in (*card.options(), *getattr(card, "ways", ()))]
    return found


@dataclass
class Talk:
    """One user's conversation."""

    engine: Engine
    at: float = 1_700_000_000.0
    state: State | None = None
    seen: list[tuple[Button, int]] = field(default_factory=list)
    last: Outcome = field(default_factory=lambda: Outcome({}))

    async def turn(self, incoming: Incoming) -> str:
        """Run one turn; the plain text of its replies."""
        before = json.dumps(self.state)
        self.last = await self.engine.run(self.state, incoming)
        assert json.dumps(self.state) == before, "the given state was changed"
        text = json.dumps(self.last.state)
        self.state = json.loads(text)
        assert json.dumps(self.state) == text
        self.seen += buttons(self.last)
        return "\n".join(reply.card.text() for reply in self.last.replies)

    async def say(self, text: str, wait: float = 1.0) -> str:
        """The user types."""
        self.at += wait
        return await self.turn(Incoming(self.at, text))

    async def press(self, title: str, place: int = -1) -> str:
        """The user presses a button with this title (the newest, or the one at `place`)."""
        self.at += 1
        button, turn = [(b, t) for b, t in self.seen if b.title == title][place]
        return await self.turn(Incoming(self.at, press=Press(button.verb, turn, button.value)))

    async def arrive(self) -> str:
        """The bot is installed."""
        return await self.turn(Incoming(self.at, arrived=True))
