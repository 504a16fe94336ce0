"""Markdown -> blocks: headings, texts, code, lists of blocks. What they say is in the little Markdown already."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.importer.inline import Reading, little
from bot.importer.markup import BREAK

_LISTED = re.compile(r"\s*(?:[-*+]|\d+[.)])\s+\S")


@dataclass(slots=True)
class Block:
    """One block. kind: heading, text, code, list, item. level: of a heading; number: of an item in a numbered list."""

    kind: str
    text: str = ""
    level: int = 0
    number: int | None = None
    inside: list[Block] = field(default_factory=list)

    @property
    def numbered(self) -> bool:
        """Whether it is a list with numbers."""
        return bool(self.inside) and self.inside[0].number is not None


class Blocks:
    """Reads the blocks of one article."""

    def __init__(self, md: MarkdownIt, reading: Reading) -> None:
        self._md, self._reading = md, reading
        self._env: dict[str, object] = {}

    def read(self, body: str) -> list[Block]:
        """All blocks of a body that was settled."""
        return self._blocks(self._md.parse(body, self._env))

    def _blocks(self, tokens: Sequence[Token]) -> list[Block]:
        made: list[Block] = []
        at = 0
        while at < len(tokens):
            token = tokens[at]
            end = _closing(tokens, at) if token.nesting == 1 else at
            made += self._block(token, tokens[at + 1 : end])
            at = end + 1
        return made

    def _block(self, token: Token, inside: Sequence[Token]) -> list[Block]:
        kind = token.type
        if kind == "paragraph_open":
            return self._texts(inside)
        if kind == "heading_open":
            words = " ".join(text.text for text in self._texts(inside))
            return [Block("heading", " ".join(words.split()), int(token.tag[1:]))] if words else []
        if kind in ("fence", "code_block"):
            return self._code(token)
        if kind in ("bullet_list_open", "ordered_list_open"):
            return self._list(token, inside)
        if kind == "table_open":
            return self._table(inside)
        if kind == "inline":
            return self._texts([token])
        return self._blocks(inside)  # a quotation's paragraphs are paragraphs; a rule is nothing

    def _texts(self, inside: Sequence[Token]) -> list[Block]:
        texts = (self._little(token) for token in inside if token.type == "inline")
        return [Block("text", text) for text in texts if text]

    def _little(self, token: Token) -> str:
        return little(token.content, self._md, self._reading, self._env)

    def _code(self, token: Token) -> list[Block]:
        code = textwrap.dedent(token.content.replace(BREAK, "\n")).strip("\n")
        if not code.strip():
            return []
        if token.type == "code_block" and _LISTED.match(code):  # a list that is indented too far
            return self._blocks(self._md.parse(code, self._env))
        info = token.info.strip()
        lead = [Block("text", little(info, self._md, self._reading, self._env))] if len(info.split()) > 1 else []
        return [*lead, Block("code", "\n".join(line.rstrip() for line in code.split("\n")))]

    def _list(self, token: Token, inside: Sequence[Token]) -> list[Block]:
        number = int(token.attrGet("start") or 1) if token.type == "ordered_list_open" else None
        items = []
        at = 0
        while at < len(inside):
            end = _closing(inside, at)
            blocks = self._blocks(inside[at + 1 : end])
            if blocks:
                items.append(Block("item", number=number, inside=blocks))
                number = None if number is None else number + 1
            at = end + 1
        return [Block("list", inside=items)] if items else []

    def _table(self, inside: Sequence[Token]) -> list[Block]:
        """A bullet for each row; what a column is called stands before what a cell says."""
        rows: list[list[str]] = []
        for token in inside:
            if token.type == "tr_open":
                rows.append([])
            elif token.type == "inline":
                rows[-1].append(self._little(token).replace("\n", " "))
        names, *rest = rows or [[]]
        if not rest:
            return [Block("text", " · ".join(filter(None, names)))] if any(names) else []
        items = [Block("item", inside=[Block("text", text)]) for row in rest if (text := _row(names, row))]
        return [Block("list", inside=items)] if items else []


def _row(names: Sequence[str], row: Sequence[str]) -> str:
    """A line for each cell, behind the name of its column."""
    if not any(row):
        return ""
    cells = zip(names, row, strict=False)
    return "\n".join(f"{name.rstrip(':')}: {cell}" if name else cell for name, cell in cells if cell or name)


def _closing(tokens: Sequence[Token], at: int) -> int:
    """Where what opens at `at` is closed."""
    level = tokens[at].level
    for n in range(at + 1, len(tokens)):
        if tokens[n].level == level and tokens[n].nesting == -1:
            return n
    return len(tokens) - 1
