"""The values that a turn takes and gives. A turn is a pure function: (old state, Incoming) -> Outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dialogs.cards.base import Card

State = dict[str, Any]  # plain JSON: what `json.dumps` takes, and gives back equal


@dataclass(frozen=True, slots=True)
class Press:
    """A button that was pressed: its verb and value, and the number of the turn whose card carries it.

    fields: what stood in the card's inputs, (id, text) pairs.
    """

    verb: str
    turn: int
    value: str = ""
    fields: tuple[tuple[str, str], ...] = ()

    def field(self, name: str) -> str:
        """What stood in this input, trimmed; empty when there was none.

        On a card with several forms an input's id begins with what its form does, as the button's value does.
        """
        names = (name, f"{self.value.partition('/')[0]}-{name}")
        return next((text.strip() for key, text in self.fields if key in names), "")


@dataclass(frozen=True, slots=True)
class Staff:
    """Whether a person can take over. opens: when the helpdesk opens, in the user's words ("" while it is open)."""

    opens: str = ""


@dataclass(frozen=True, slots=True)
class Incoming:
    """What came in, free of any platform.

    at: Unix seconds. text: what was typed, a mention of the bot already cut out. press: a button, instead of text.
    arrived: the bot was installed or a member came; nothing was said. locale: BCP 47, as the platform gives it.
    staff: set when a helpdesk stands behind the bot; None: there is only the contact address. in_case: a case of this
    conversation is open already.
    """

    at: float
    text: str = ""
    press: Press | None = None
    arrived: bool = False
    locale: str = "en"
    staff: Staff | None = None
    in_case: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """A card to send. `turn` is set on a card that waits for an answer: by it the card can be replaced later."""

    card: Card
    turn: int | None = None


@dataclass(frozen=True, slots=True)
class Replaced:
    """The card that was sent at `turn` is to become `card`: its answered form."""

    turn: int
    card: Card


@dataclass(frozen=True, slots=True)
class HandOff:
    """The user wants a person: the problem in their own words, questions and answers, titles of the advice shown.

    added: what the user wrote into the box. send: the user saw the summary and sent it off, so a case is to be opened;
    without it the user only learned how to reach a person.
    """

    words: tuple[str, ...]
    guide: str = ""
    version: str = ""
    path: tuple[tuple[str, str], ...] = ()
    advice: tuple[str, ...] = ()
    title: str = ""
    added: str = ""
    send: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a turn comes to.

    state: the new state. replies: in order. replaced: the answered form of an earlier card, if one was answered.
    stale: a button of an earlier turn was pressed, and nothing changed. `replies` holds the one card that shows where
    we are, or nothing when it was the last press once more. A channel that answers presses in place puts `replaced`
    into the pressed card's place when there is one, and sends the replies; without `replaced` it puts the one reply
    there and sends nothing. handoff: the user asked for a person. unanswered: words of this turn that
    found no guide.
    """

    state: State
    replies: tuple[Reply, ...] = ()
    replaced: Replaced | None = None
    stale: bool = False
    handoff: HandOff | None = None
    unanswered: str = ""
