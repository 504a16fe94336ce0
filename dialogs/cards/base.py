"""What every card has: renderings of equal content, and buttons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Button:
    """A button. `verb` and `value` come back in `turn.Press`.

    quiet: a way around the question (back, help), drawn less loudly. stays: pressing it does not answer the card, so
    the card is not replaced.
    """

    title: str
    verb: str
    value: str = ""
    quiet: bool = False
    stays: bool = False


@dataclass(frozen=True, slots=True)
class SlackMessage:
    """One message for Slack. text: what notifications and screen readers say, the same content, escaped mrkdwn."""

    text: str
    blocks: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class SlackForm:
    """A card in Slack: one message, or several where one can't hold it.

    What is to be answered stands in the last one: its id is the card's, and the last message of the card's next form
    replaces it.
    """

    messages: tuple[SlackMessage, ...]

    @property
    def last(self) -> SlackMessage:
        """The message with what is to be answered."""
        return self.messages[-1]


class Card(Protocol):
    """A card: data with every sentence already in the user's language."""

    def adaptive(self) -> dict[str, Any]:
        """An Adaptive Card 1.5 as plain JSON, below 25 KB."""
        ...

    def blocks(self) -> SlackForm:
        """The same in Block Kit, within Slack's limits; split where they are met, never cut."""
        ...

    def text(self) -> str:
        """The same content as plain text, options numbered from 1."""
        ...

    def options(self) -> tuple[Button, ...]:
        """Its numbered options, in order: what the answers "1", "2", … mean."""
        ...
