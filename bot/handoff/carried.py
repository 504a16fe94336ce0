"""A file on its way to the other side: what a row of kind "file" holds until the file itself is here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Literal

from bot.envelope import Address, Envelope, Payload, SentFile

KIND = "file"  # of such a row of the outbox
MAX_FILES = 20  # of one message; no platform lets a person send more
NAME = 120  # characters of a file's name


@dataclass(frozen=True, slots=True)
class Carried:
    """A file that somebody sent.

    id: random, it will stand in links. case, mark: the transcript message that it came with. side: who sent it, and
    author their name as the other side reads it. source: the conversation in which it came, where its sender is told
    when it can't be had. locale: the sender's; reader: the reader's ("": the staff's).
    """

    id: str
    case: str
    mark: int
    side: Literal["user", "agent"]
    author: str
    source: Address
    file: SentFile
    locale: str = "en"
    reader: str = ""

    def dump(self) -> Payload:
        """As plain JSON."""
        return asdict(self)

    @staticmethod
    def load(payload: Payload) -> Carried:
        """The inverse of `dump`."""
        source, file = Address(**payload["source"]), SentFile(**payload["file"])
        return Carried(**{**payload, "source": source, "file": file})


def carried(
    envelope: Envelope,
    case: str,
    side: Literal["user", "agent"],
    author: str,
    draw: Callable[[int], bytes],
    reader: str = "",
) -> tuple[Carried, ...]:
    """What came with a message, each under an id of its own; what can't be had, too: both sides are told then.

    draw: random bytes. A colleague's file in a Teams channel is known only as "there was one": it is not carried.
    """
    source, locale = envelope.address, envelope.incoming.locale
    return tuple(
        Carried(draw(16).hex(), case, 0, side, author, source, _short(file), locale, reader)
        for file in envelope.files[:MAX_FILES]
        if file.problem != "channel"
    )


def _short(file: SentFile) -> SentFile:
    return replace(file, name=" ".join(file.name.split())[:NAME])


def sized(size: int) -> str:
    """A size for people."""
    if size < 1000:
        return f"{size} B"
    return f"{size / 1000:.0f} KB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"
