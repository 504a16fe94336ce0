"""What a database keeps of files: each as a few facts, and its content in parts, so that no part holds anything up.

The part of `bot.storage.base.Store` beside `bot.storage.cases`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from bot.handoff.case import Message


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file of a case, as stored.

    id: random; it stands in links. case, mark: the transcript message that it came with. name: as its sender calls it.
    kind: the media type, found in its content. size: bytes. blob: the name of its content, "" once that is gone or was
    never had. at: Unix seconds. reason: why it could not be had.
    """

    id: str
    case: str
    mark: int
    name: str
    kind: str
    size: int
    at: float
    blob: str = ""
    reason: str = ""


def with_files(messages: Iterable[Message], files: Iterable[KeptFile]) -> list[Message]:
    """The messages, with what is known of the files that came with them: "size", and "state" in words."""
    known = {file.id: file for file in files}
    return [
        replace(message, files=tuple(_known(facts, known.get(str(facts.get("id")))) for facts in message.files))
        if message.files
        else message
        for message in messages
    ]


def _known(facts: dict[str, Any], file: KeptFile | None) -> dict[str, Any]:
    if file is None:
        return {**facts, "state": "not fetched yet"}
    if file.reason:
        return {**facts, "state": f"not passed on: {file.reason}"}
    return {**facts, "size": file.size, "kind": file.kind, "state": "kept" if file.blob else "not kept any more"}


class FileStore(Protocol):
    """Keeps files. Content is written under a name (blob) of its own for each try, and counts once a file names it."""

    async def keep_part(self, blob: str, number: int, data: bytes, at: float) -> None:
        """Keep a part of a content; the first has the number 0."""
        ...

    async def keep_file(self, file: KeptFile) -> bool:
        """Keep the file, or that it could not be had.

        False, and nothing is kept, when its message is gone (its case was swept, its sender forgotten) or the file is
        known already; then its parts are dropped, unless they are those of the known one.
        """
        ...

    async def file(self, file_id: str) -> KeptFile | None:
        """A file by its id."""
        ...

    async def file_part(self, blob: str, number: int) -> bytes | None:
        """A part of a content; None behind the last one, and when it is gone."""
        ...

    async def files(self, case_id: str) -> list[KeptFile]:
        """All files of a case, in the order of its messages."""
        ...

    async def drop_parts(self, blob: str) -> None:
        """Delete a content that no file will name."""
        ...

    async def drop_file(self, file_id: str) -> None:
        """Delete a file's content, because its sender took it back."""
        ...

    async def sweep_files(self, kept_before: float, left_before: float, limit: int) -> int:
        """Delete the contents of at most `limit` files that are older than `kept_before`, and of so many that no file
        names and that were begun before `left_before`. Gives how many."""
        ...
