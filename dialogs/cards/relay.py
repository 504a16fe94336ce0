"""A message of the other side of a case, as it is shown on this side."""

from __future__ import annotations

from dataclasses import dataclass


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
