"""Blocks -> actions, details and links, as a guide's file holds them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.importer.blocks import Block
from dialogs.cards.markdown import escape, spans

Json = dict[str, Any]
WHO = "You"
DEEPEST = 12  # levels of nested details; what is nested deeper stands at this level
_LONGEST_URL = 2000


@dataclass(slots=True)
class Part:
    """A part of an article under one heading, or under none."""

    title: str = ""
    intro: list[str] = field(default_factory=list)
    actions: list[Json] = field(default_factory=list)
    notes: list[Json] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.title or self.intro or self.actions or self.notes)

    def section(self) -> Json:
        """As a section of an outcome."""
        made: Json = {
            "title": self.title,
            "intro": "\n\n".join(self.intro),
            "actions": self.actions,
            "notes": self.notes,
        }
        return {key: value for key, value in made.items() if value}


def words_of(text: str) -> str:
    """The words of a text in the little Markdown, addresses left out."""
    return "".join(span.text for span in spans(text))


def action(item: Block) -> Json:
    """An item, or a paragraph, as something to do."""
    blocks = item.inside if item.kind in ("item", "list") else [item]
    made: Json = {"who": WHO, "do": ""}
    rest: Sequence[Block] = blocks
    if blocks and blocks[0].kind in ("text", "heading"):
        made["do"], rest = blocks[0].text, blocks[1:]
    _fill(made, rest, 0)
    if not made["do"]:
        made["do"] = _first_words(made)
    return made


def details(blocks: Iterable[Block], depth: int = 0) -> list[Json]:
    """Blocks as details."""
    owner: Json = {"code": ""}  # an owner that takes no code, so that code stays in its place
    _fill(owner, blocks, depth, top=True)
    made: list[Json] = owner.get("details", [])
    return made


def document(block: Block) -> Json | None:
    """A block that is one link and the words around it, as a document; else None."""
    blocks = block.inside if block.kind == "item" else [block]
    if len(blocks) != 1 or blocks[0].kind != "text":
        return None
    found = spans(blocks[0].text)
    urls = [span.url for span in found if span.url]
    title = " ".join("".join(span.text for span in found).split())
    if len(urls) != 1 or not title or len(urls[0]) > _LONGEST_URL or "\n" in blocks[0].text:
        return None
    return {"title": escape(title), "url": urls[0]}


def _fill(owner: Json, blocks: Iterable[Block], depth: int, top: bool = False) -> None:
    """Put blocks below their owner: code right below its text, a list below the text that introduces it."""
    last: Json | None = None if top else owner
    for block in blocks:
        if block.kind == "code":
            if last is None or "code" in last or "details" in last:
                last = _append(owner, {})
            last["code"] = block.text
        elif block.kind == "list":
            introduced = last is not None and last is not owner and (top or str(last.get("text", "")).endswith(":"))
            below = last if introduced and last is not None and depth < DEEPEST else owner
            if top and below is owner:  # notes are paragraphs: only what is below one has a bullet
                below = _append(owner, {})
            for item in block.inside:
                _item(below, item, depth + 1)
            last = None if below is not owner else owner.get("details", [None])[-1]
        else:
            text = f"**{block.text}**" if block.kind == "heading" and "*" not in block.text else block.text
            last = _append(owner, {"text": text})


def _item(owner: Json, item: Block, depth: int) -> None:
    """An item of a nested list."""
    made: Json = {}
    rest: Sequence[Block] = item.inside
    if rest and rest[0].kind in ("text", "heading"):
        made["text"], rest = rest[0].text, rest[1:]
    if item.number is not None:
        made["number"] = f"{item.number}."[-8:]
    _append(owner, made)
    _fill(made if depth < DEEPEST else owner, rest, depth)


def _append(owner: Json, detail: Json) -> Json:
    owner.setdefault("details", []).append(detail)
    return detail


def _first_words(made: Json) -> str:
    """For a step that begins with code or a list: the first text in it moves up."""
    below = made.get("details") or []
    if below and below[0].get("text") and not made.get("code"):
        first = below[0]
        text = str(first.pop("text"))
        if not (first.keys() - {"number"}):
            below.pop(0)
            if not below:
                del made["details"]
        return text
    return "…"
