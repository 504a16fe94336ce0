"""What one move with a case comes to: the new case, what is said to whom, what is written down. Pure values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from bot.handoff.carried import Carried
from bot.handoff.case import Case, Message
from dialogs.cards.base import Card

ROOT = 1  # the turn number of the case card, the root of the case's thread
AFTER_ROOT = 10  # messages of the thread are numbered from here: their mark plus this
Kind = Literal["send", "update", "delete", "thread", "file"]


@dataclass(frozen=True, slots=True)
class Say:
    """Something to be said. to: the user, the case's thread, or the thread that the case had before.

    turn: by which it can be updated later. mark: the transcript message that it carries over. after/failed: cards that
    follow in `after_to` once it was delivered, or was not; about: the message there that was delivered, on which a mark
    may stand in the place of `after`, where the platform has such marks. file: what a "file" carries over, in place of
    a card.
    """

    to: Literal["user", "thread"] | Case
    card: Card | None
    kind: Kind = "send"
    turn: int | None = None
    mark: int = 0
    after_to: Literal["user", "thread"] = "thread"
    after: Card | None = None
    failed: Card | None = None
    about: str = ""
    file: Carried | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A move's result. case: as it is to be stored.

    answer: the card that replaces the pressed one. word: a sentence for the one who pressed, where nothing else
    answers them. left: the case is no longer the one that the user's chat loads.
    """

    case: Case
    says: tuple[Say, ...] = ()
    messages: tuple[Message, ...] = ()
    edits: tuple[tuple[int, str | None], ...] = ()
    answer: Card | None = None
    word: str = ""
    left: bool = False

    def plus(self, *says: Say) -> Change:
        """The same, and more said."""
        return replace(self, says=(*self.says, *says))
