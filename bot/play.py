"""Plays conversations (`bot.talk`) with the engine, in memory: no channel, no database, a clock of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bot.talk import Button, Conversation, Entry, Talk
from dialogs.cards.base import Card
from dialogs.engine import Engine
from dialogs.errors import Problem
from dialogs.finder import WordFinder
from dialogs.library import Library
from dialogs.turn import Incoming, Press, State

BEGIN = 1_767_225_600.0  # 1 January 2026; any day would do
PACE = 5.0  # seconds between two entries


async def play(talk: Talk, library: Library) -> list[Problem]:
    """Play every conversation of a file; what the bot did not say as it should, or [].

    A conversation is left at its first entry that fails: what follows could only fail of the same cause.
    """
    problems = []
    finder = WordFinder.over(library)
    engines = {contact: Engine(library, finder, contact) for contact in {c.contact for c in talk.conversations}}
    for i, conversation in enumerate(talk.conversations):
        player = _Player(engines[conversation.contact], conversation)
        for j, entry in enumerate(conversation.talk):
            try:
                wrong = await player.play(entry)
            except Exception as error:
                error.add_note(f"while playing {talk.problem(i, j, 'this entry')}")
                raise
            if wrong:
                problems += [talk.problem(i, j, f"{what}{player.said()}") for what in wrong]
                break
    return problems


@dataclass(slots=True)
class _Player:
    """One conversation under way."""

    engine: Engine
    conversation: Conversation
    state: State | None = None
    at: float = BEGIN
    cards: list[dict[str, Press]] = field(default_factory=list)  # the buttons of each message that had some
    heard: list[str] = field(default_factory=list)  # the bot's last words, as plain text

    async def play(self, entry: Entry) -> list[str]:
        """Do what the entry says; what is wrong with the answer."""
        self.at += PACE + (entry.wait or 0)
        if entry.wait is not None:
            return []
        press = None
        if entry.press:
            press = self._find(entry.press)
            if press is None:
                return [f'there is no button "{entry.press.title}" to press']
        incoming = Incoming(self.at, entry.user or "", press, entry.arrives, self.conversation.locale)
        outcome = await self.engine.run(self.state, incoming)
        self.state = json.loads(json.dumps(outcome.state))
        self.heard = [reply.card.text() for reply in outcome.replies]
        self.cards += [found for reply in outcome.replies if (found := buttons(reply.card))]
        return list(_wrong(entry, self.heard))

    def said(self) -> str:
        """The bot's last words, for an error."""
        words = "\n".join(self.heard) or "(nothing)"
        return "; the bot said:\n" + "\n".join(f"    {line}".rstrip() for line in words.splitlines())

    def _find(self, button: Button) -> Press | None:
        """The press of a button, on the newest message that has it or on the one that is named."""
        title = _plain(button.title)
        if button.card is not None:
            return self.cards[button.card - 1].get(title) if button.card <= len(self.cards) else None
        return next((card[title] for card in reversed(self.cards) if title in card), None)


def buttons(card: Card) -> dict[str, Press]:
    """The buttons of a card by their titles (in small letters), as a channel would send their presses back."""
    found: dict[str, Press] = {}
    for action in _actions(card.adaptive()):
        data = action["data"]
        found.setdefault(_plain(action["title"]), Press(data["verb"], data["turn"], data["value"]))
    return found


def _actions(part: Any) -> Iterator[dict[str, Any]]:
    """Every button in a card's JSON that comes back to the bot; not the older form of one that stands in it."""
    if isinstance(part, list):
        for item in part:
            yield from _actions(item)
    elif isinstance(part, dict):
        if part.get("type") in ("Action.Execute", "Action.Submit"):
            yield part
        else:
            yield from _actions(list(part.values()))


def _wrong(entry: Entry, heard: list[str]) -> Iterator[str]:
    """What an answer lacks, and what it should not have said."""
    said = _plain(" ".join(heard))
    for words in entry.bot:
        if _plain(words) not in said:
            yield f'expected "{words}"'
    for words in entry.unsaid:
        if _plain(words) in said:
            yield f'did not expect "{words}"'
    if entry.replies is not None and entry.replies != len(heard):
        yield f"expected {entry.replies} messages, not {len(heard)}"


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
