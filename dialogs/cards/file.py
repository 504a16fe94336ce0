"""A file or a picture of the other side of a case, as it is shown on this side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dialogs.cards import adaptive, blocks, plain
from dialogs.cards.base import Button, SlackForm
from dialogs.cards.slack_form import form
from dialogs.cards.slack_pieces import rich_blocks
from dialogs.cards.slack_text import link, section, words


@dataclass(frozen=True, slots=True)
class FileCard:
    """A file that somebody sent. author: who, in a sentence. name: as they call it. size: in words.

    url: where it may be fetched for a while ("" when it can't); image: it is a picture that may be shown in place.
    note: for how long the link is good, or why there is none. again: gives a new link.
    """

    author: str
    name: str
    size: str = ""
    url: str = ""
    image: bool = False
    note: str = ""
    again: Button | None = None

    @property
    def title(self) -> str:
        """Name and size, in one line."""
        name = " ".join(self.name.split()) or "…"
        return f"{name} ({self.size})" if self.size else name

    def adaptive(self) -> dict[str, Any]:
        """The picture itself, or the file's name, as a link."""
        body = adaptive.literal(self.author, adaptive.BOLD)
        if self.url and self.image:
            words = adaptive.literal_text(self.title)
            body.append({"type": "Image", "url": self.url, "altText": words, "spacing": "Small"})
        if self.url:
            body.append(adaptive.link(self.title, self.url))
        else:
            body += adaptive.literal(self.title, spacing="Small")
        if self.note:
            body += adaptive.literal(self.note, adaptive.SMALL, "Small")
        if self.again:
            body += adaptive.ways([self.again], 0)
        return adaptive.card(body, f"{self.author} {self.title}", self.text())

    def blocks(self) -> SlackForm:
        """The file's name, as a link where there is one: Slack refuses a message whose picture it can't fetch."""
        fetched = self.url.startswith("https://")
        name = [link(self.title, self.url)] if fetched else words(self.title)
        body = rich_blocks([section(words(self.author, bold=True)), section(name)])
        body += blocks.literal(self.note) if self.note else []
        return form([body], blocks.actions([blocks.button(self.again, 0)]) if self.again else ())

    def text(self) -> str:
        """`Author: name`, address and note below."""
        return plain.lines(f"{self.author}: {self.title}", self.url, self.note, self.again.title if self.again else "")

    def options(self) -> tuple[Button, ...]:
        """None: its button is a way around."""
        return ()
