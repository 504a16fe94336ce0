"""Rich text in pieces that fit into Slack's blocks. Nothing is lost; where it is parted, a word or a line ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dialogs.cards.slack_text import PIECE, Json, section, size


def chunks(text: str, most: int) -> Iterator[str]:
    """`text` in pieces of at most `most` bytes as JSON, ended after a line or a word if possible; nothing is lost."""
    while size(text) > most:
        end = min(len(text) - 1, most)
        while size(text[:end]) > most:
            end = end * 3 // 4
        for mark in ("\n", " "):
            if (at := text.rfind(mark, end // 2, end)) >= 0:
                end = at + 1
                break
        yield text[:end]
        text = text[end:]
    if text:
        yield text


def _cut(element: Json) -> Iterator[Json]:
    """An inline element in pieces that fit."""
    if size(element) <= PIECE:
        yield element
    elif element["type"] == "text":
        yield from ({**element, "text": part} for part in chunks(element["text"], PIECE - 100))
    else:  # a link with an endless name: the name as text, then the address
        yield from ({"type": "text", "text": part} for part in chunks(element["text"], PIECE - 100))
        yield {"type": "text", "text": " "}
        yield {"type": "link", "url": element["url"]}


def _portions(elements: Iterable[Json]) -> Iterator[list[Json]]:
    """Inline elements in portions of at most `PIECE` bytes."""
    row: list[Json] = []
    room = PIECE
    for part in (part for element in elements for part in _cut(element)):
        need = size(part) + 1
        if row and need > room:
            yield row
            row, room = [], PIECE
        row.append(part)
        room -= need
    if row:
        yield row


def _pieces(part: Json) -> Iterator[Json]:
    """An element of a rich text block in pieces that fit."""
    if size(part) <= PIECE:
        yield part
    elif part["type"] != "rich_text_list":
        yield from ({**part, "elements": row} for row in _portions(part["elements"]))
    else:
        yield from _list_pieces(part)


def _list_pieces(part: Json) -> Iterator[Json]:
    """A long list as several. Numbers can't go on in a second one, so there they become text."""
    ordered = part["style"] == "ordered"
    held: list[Json] = []
    for number, item in enumerate(part["elements"], 1):
        first, *rest = _portions(([{"type": "text", "text": f"{number}. "}] if ordered else []) + item["elements"])
        if held and size(held) + size(first) > PIECE - 100:
            yield {**part, "elements": held}
            held = []
        if ordered:
            yield section(first)
        else:
            held.append(section(first))
        if rest and held:
            yield {**part, "elements": held}
            held = []
        yield from (section(row) for row in rest)
    if held:
        yield {**part, "elements": held}


def rich_blocks(parts: Iterable[Json]) -> list[Json]:
    """Elements of rich text as blocks, as few as hold them."""
    given = [part for part in parts if part["elements"]]
    if given and size(given) <= PIECE:
        return [{"type": "rich_text", "elements": given}]
    made: list[Json] = []
    room = 0
    for piece in (piece for part in given for piece in _pieces(part)):
        need = size(piece)
        if need > room:
            made.append({"type": "rich_text", "elements": []})
            room = PIECE
        made[-1]["elements"].append(piece)
        room -= need
    return made
