"""What a reload of the content replaces, all at once. Turns in flight end with what they began with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bot.handoff.plan import PLAIN, DeskPlan
from dialogs.guide import Guide
from dialogs.texts import Texts
from dialogs.turn import HandOff, Incoming, Outcome, State


class Engine(Protocol):
    """The conversation: `dialogs.engine.Engine`."""

    async def run(self, state: State | None, incoming: Incoming) -> Outcome:
        """One turn, pure: `state` is not changed; None: a new conversation."""
        ...

    async def resume(self, state: State, at: float, locale: str, done: bool = False) -> Outcome:
        """Show once more where the conversation stands; done: leave what was open instead."""
        ...

    async def send_guide(self, state: State, guide_id: str, at: float, locale: str, step: str = "") -> Outcome:
        """Begin a guide that somebody else chose for the user, or one step of it."""
        ...

    def title(self, guide_id: str, locale: str) -> str:
        """What this guide is called in this language; KeyError if unknown."""
        ...

    def hand_off(self, state: State) -> HandOff:
        """What the state tells of the problem at hand, in the staff's language."""
        ...

    def busy(self, state: State) -> bool:
        """Whether the conversation is within a guide or a choice."""
        ...

    def word(self, locale: str, text: str, *names: str) -> str | None:
        """Which of the named word lists of this language the whole text stands in."""
        ...


@dataclass(slots=True)
class Script:
    """The engine, its sentences by locale, the guides as the staff see them, the desk's plan, the settings' contact.

    spoken: the guides by language.
    """

    engine: Engine
    texts: Callable[[str], Texts]
    contact: str = ""
    guides: Mapping[str, Guide] = field(default_factory=dict)
    plan: DeskPlan = PLAIN
    staff_locale: str = "en"
    spoken: Callable[[str], Mapping[str, Guide]] | None = None

    def guides_in(self, locale: str) -> Mapping[str, Guide]:
        """The guides in this language, where they are translated; else as they are."""
        return self.spoken(locale) if self.spoken else self.guides
