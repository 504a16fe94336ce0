"""What one turn works on: the message, the tools to understand it, and what the turn has come to so far."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Protocol, cast

from dialogs.cards.base import Button, Card
from dialogs.finder import Finder
from dialogs.guide import Guide
from dialogs.library import Library, same_language, tags
from dialogs.texts import Texts, fill
from dialogs.turn import HandOff, Incoming, Replaced, Reply, State
from dialogs.understand import Understanding

STAYING = frozenset({"help", "person", "proceed"})  # these answer nothing: the card stays as it is
KEY = "work"  # where the turn keeps it for the steps of the waterfalls


@lru_cache(maxsize=512)
def _way(title: str, verb: str) -> Button:
    return Button(title, verb, quiet=True, stays=verb in STAYING)


class House(Protocol):
    """What all turns share."""

    library: Library
    finder: Finder
    contact: str


class Work:
    """One turn. Steps of the waterfalls read it, and put their replies into it; nothing in it outlives the turn."""

    def __init__(self, state: State, incoming: Incoming, texts: Texts, understand: Understanding, house: House) -> None:
        """Take the turn's values. `state` is read, never changed."""
        self.incoming = incoming
        self.library = house.library.spoken(incoming.locale)  # each guide in the user's language, where it is there
        self.language = house.library.language(incoming.locale)
        self.finder = house.finder
        self.contact = house.contact
        self.texts = texts
        self.understand = understand
        # A new conversation's turns are numbered from the time it begins, so that a button that outlived a
        # conversation swept away can't be one of the new conversation's.
        self.number: int = state.get("turn", int(incoming.at))
        self.greeted: bool = state.get("greeted", False)
        self.misses: int = state.get("misses", 0)
        self.replies: list[Reply] = []
        self.replaced: Replaced | None = None
        self.handoff: HandOff | None = None
        self.unanswered = ""  # words that found no guide
        self.note = ""
        self.consumed = False
        self.fresh: tuple[str, ...] = ()  # questions that the words of this turn answered

    @staticmethod
    def of(step: Any) -> Work:
        """The work of the turn that this waterfall step belongs to."""
        return cast(Work, step.context.turn_state[KEY])

    @property
    def text(self) -> str:
        """What was typed, trimmed; empty for a press."""
        return "" if self.incoming.press else self.incoming.text.strip()

    def pressed(self, verb: str) -> str | None:
        """The value of the pressed button when it has this verb (and was not used up by an earlier step)."""
        press = self.incoming.press
        return press.value if press and press.verb == verb and not self.consumed else None

    def show(self, card: Card) -> None:
        """Reply with a card that waits for an answer."""
        self.replies.append(Reply(card, self.number))

    def advance(self, answered: Card | None = None) -> None:
        """The card at hand is done with (and becomes `answered`); what is shown from here on has a new turn number."""
        if not self.consumed:
            if answered is not None:
                self.replaced = Replaced(self.number, answered)
            self.number += 1
            self.consumed = True
        self.misses = 0

    def tell(self, note: str) -> None:
        """Put a sentence above the next card."""
        self.note = f"{self.note}\n\n{note}" if self.note else note

    def tell_language(self, guide: Guide) -> None:
        """Say so when there is this guide only in another language than the one that we talk in."""
        if not same_language(guide.language, self.language):
            name = self.texts.languages.get(tags(guide.language)[-1], guide.language)
            self.tell(fill(self.texts.guide_language, language=name))

    def take_note(self) -> str:
        """The sentences for the next card, once."""
        note, self.note = self.note, ""
        return note

    def way(self, verb: str) -> Button:
        """One of the quiet buttons around a question."""
        return _way(getattr(self.texts, "way_" + verb), verb)

    def ways(self, *verbs: str) -> tuple[Button, ...]:
        """Several of them."""
        return tuple([self.way(verb) for verb in verbs])
