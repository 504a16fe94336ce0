"""A message of the other side of a case, as it is shown on this side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dialogs.cards import adaptive, plain
from dialogs.cards.base import Button
from dialogs.cards.markdown import plain as unmarked


@dataclass(frozen=True, slots=True)
class Attached:
    """A file or a picture that came with a message. url: where this side may fetch it; image: shown in place."""

    name: str
    url: str
    image: bool = False


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
        body += [adaptive.link(f.name, f.url) for f in self.files if f.url]
        return adaptive.card(body, self.author, self.text())

    def text(self) -> str:
        """`Author: words`, files below."""
        files = [f"{f.name}: {f.url}" if f.url else f.name for f in self.files]
        return plain.lines(f"{self.author}: {unmarked(self.body)}", *files)

    def options(self) -> tuple[Button, ...]:
        """None."""
        return ()
