"""A message of the other side of a case, as it is shown on this side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dialogs.cards import adaptive, plain, rich, slack_text
from dialogs.cards.base import Button, SlackForm
from dialogs.cards.markdown import plain as unmarked
from dialogs.cards.slack_form import form
from dialogs.cards.slack_text import Json, rich_blocks, section, visible, words


@dataclass(frozen=True, slots=True)
class Attached:
    """A file or a picture that came with a message. url: where this side may fetch it; image: shown in place."""

    name: str
    url: str
    image: bool = False


def _file(file: Attached) -> list[dict[str, Any]]:
    """A file: a picture as one, and its name as a link; without an address, the name alone."""
    if not file.url:
        return adaptive.literal(file.name, spacing="Small")
    link = adaptive.link(file.name, file.url)
    name = adaptive.literal_text(" ".join(file.name.split())) or "…"
    return [{"type": "Image", "url": file.url, "altText": name, "spacing": "Small"}, link] if file.image else [link]


def _file_line(file: Attached) -> list[Json]:
    """A file's name, as a link where there is an address."""
    name = " ".join(file.name.split())
    if file.url.startswith("https://"):
        link: Json = {"type": "link", "url": file.url}
        return [link | {"text": name} if visible(name) else link]
    return words(name or "…")


@dataclass(frozen=True, slots=True)
class RelayCard:
    """A person's message. author: shown in bold before it. body: the author's little Markdown (bold, italic, code,
    links), everything else literal; shown as a plain message, not as a card, so that it can be quoted and copied."""

    author: str
    body: str
    files: tuple[Attached, ...] = ()

    def adaptive(self) -> dict[str, Any]:
        """As a card, for a platform or a place where a plain message will not do."""
        body = [*adaptive.literal(self.author, adaptive.BOLD), *adaptive.paragraphs(self.body, spacing="Small")]
        for file in self.files:
            body += _file(file)
        return adaptive.card(body, self.text(), self.text())

    def blocks(self) -> SlackForm:
        """The name in bold, then the words; a link shows where it leads. Files are links: Slack refuses a message whose
        picture it can't fetch."""
        parts = slack_text.rich(rich.blocks(slack_text.clean(self.body)))
        name = words(f"{' '.join(self.author.split()) or '…'}: ", bold=True)
        if parts and parts[0]["type"] == "rich_text_section":
            parts[0]["elements"] = [*name, *parts[0]["elements"]]
        else:
            parts = [section(name), *parts]
        return form([rich_blocks([*parts, *(section(_file_line(file)) for file in self.files)])])

    def text(self) -> str:
        """`Author: words`, files below."""
        files = [f"{f.name}: {f.url}" if f.url else f.name for f in self.files]
        return plain.lines(f"{self.author}: {unmarked(self.body)}".rstrip(), *files)

    def options(self) -> tuple[Button, ...]:
        """None."""
        return ()
