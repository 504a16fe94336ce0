"""A message of the other side of a case, as it is shown on this side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dialogs.cards import adaptive, rich, slack_text
from dialogs.cards.base import Button, SlackForm
from dialogs.cards.slack_form import form
from dialogs.cards.slack_pieces import rich_blocks
from dialogs.cards.slack_text import section, words


@dataclass(frozen=True, slots=True)
class RelayCard:
    """A person's message. author: shown in bold before it. body: Markdown of `dialogs.cards.rich`; shown as a plain
    message where the platform formats those, not as a card, so that it can be quoted and copied."""

    author: str
    body: str

    def adaptive(self) -> dict[str, Any]:
        """As a card, for a platform or a place where a plain message will not do."""
        body = adaptive.literal(self.author, adaptive.BOLD)
        for block in rich.blocks(self.body):
            if block.kind == "code":
                body.append(adaptive.code(block.words))
            else:
                body += adaptive.paragraphs(rich.write([block]), spacing="Small")
        return adaptive.card(body, self.text(), self.text())

    def blocks(self) -> SlackForm:
        """The name in bold, then the words; a link shows where it leads."""
        parts = slack_text.rich(rich.blocks(slack_text.clean(self.body)))
        name = words(f"{' '.join(self.author.split()) or '…'}: ", bold=True)
        if parts and parts[0]["type"] == "rich_text_section":
            parts[0]["elements"] = [*name, *parts[0]["elements"]]
        else:
            parts = [section(name), *parts]
        return form([rich_blocks(parts)])

    def text(self) -> str:
        """`Author: words`."""
        return f"{self.author}: {rich.plain(self.body)}".rstrip()

    def options(self) -> tuple[Button, ...]:
        """None."""
        return ()
