"""The sections of an article, and what in them is a step."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from bot.importer.blocks import Block
from bot.importer.parts import Part, action, details, words_of

_DOCUMENTS = re.compile(
    r"\b(?:documents?|documentation|resources|references|useful links|related links|articles|further reading|see also"
    r"|learn more|read more)\b",
    re.IGNORECASE,
)
_STEPS = re.compile(
    r"\b(?:steps?|resolutions?|solutions?|mitigations?|fix|workarounds?|how to|next actions?|recommended actions?)\b",
    re.IGNORECASE,
)
_FEW = 8  # words of a heading that names a kind of section


@dataclass(slots=True)
class Section:
    """A heading and what stands below it. kind: steps, documents or other."""

    title: str = ""
    level: int = 0
    kind: str = "other"
    blocks: list[Block] = field(default_factory=list)


def sections_of(blocks: Iterable[Block]) -> tuple[str, list[Section]]:
    """The title, and the sections; the first has none."""
    title = ""
    made = [Section()]
    for block in blocks:
        heading = _heading(block)
        if heading is None:
            made[-1].blocks.append(block)
        elif block.kind == "heading" and block.level == 1 and not title and len(made) == 1:
            title = heading
        else:
            level = block.level or 7
            above = next((s for s in reversed(made) if s.level < level), made[0])
            kind = _kind(words_of(heading))
            made.append(Section(heading, level, above.kind if kind == "other" and above.kind == "steps" else kind))
    if any(block.numbered for block in made[0].blocks):
        made[0].kind = "steps"
    return title, [section for section in made if section.title or section.blocks]


def _heading(block: Block) -> str | None:
    """The words of a heading, or of a paragraph that is one: all bold, and it names a kind of section."""
    text = block.text
    if block.kind == "heading":
        bare = text[2:-2] if text.startswith("**") and text.endswith("**") and text.count("**") == 2 else text
        return bare.strip() or None
    if block.kind == "text" and text.startswith("**") and text.count("**") == 2 and text.rstrip(":").endswith("**"):
        bare = text.rstrip(":")[2:-2].rstrip(":").strip()
        return bare if bare and _kind(bare) != "other" else None
    return None


def _kind(words: str) -> str:
    if len(words.split()) > _FEW:
        return "other"
    if _DOCUMENTS.search(words):
        return "documents"
    return "steps" if _STEPS.search(words) else "other"


def parts_of(section: Section) -> Iterator[Part]:
    """A section as parts: one for each list of steps in it, with what introduces it and what follows it."""
    part = Part(section.title)
    numbered = sum(block.numbered for block in section.blocks)
    if section.kind != "steps" and numbered != 1:
        yield _told(part, section.blocks)
    elif not numbered:
        yield _done(part, section.blocks)
    else:
        yield from _stepped(part, section.blocks)


def _stepped(part: Part, blocks: Sequence[Block]) -> Iterator[Part]:
    """Numbered lists, each with the texts that introduce it; what else stands between two follows the first."""
    waiting: list[Block] = []
    for block in blocks:
        if not block.numbered:
            waiting.append(block)
            continue
        plain = _texts(waiting)
        if part.actions and waiting:
            part.notes += [] if plain else details(waiting)
            yield part
            part = Part()
        elif not plain:
            yield _told(part, waiting)
            part = Part()
        part.intro += [one.text for one in waiting] if plain else []
        part.actions += map(action, block.inside)
        waiting = []
    part.notes += details(waiting)
    yield part


def _texts(blocks: Sequence[Block]) -> bool:
    return all(block.kind == "text" for block in blocks)


def _told(part: Part, blocks: Sequence[Block]) -> Part:
    """Blocks that are no steps: the texts at their beginning, and the rest as notes."""
    first = next((n for n, block in enumerate(blocks) if block.kind != "text"), len(blocks))
    part.intro += [block.text for block in blocks[:first]]
    part.notes += details(blocks[first:])
    return part


def _done(part: Part, blocks: Sequence[Block]) -> Part:
    """Steps without numbers: bullets; or paragraphs, each with the list or the code below it."""
    lists = [n for n, block in enumerate(blocks) if block.kind == "list"]
    if len(lists) == 1 and _texts(blocks[: lists[0]]):
        part.intro += [block.text for block in blocks[: lists[0]]]
        part.actions += map(action, blocks[lists[0]].inside)
        part.notes += details(blocks[lists[0] + 1 :])
        return part
    group: list[Block] = []
    for block in blocks:
        if block.kind == "list" and not group:
            part.actions += map(action, block.inside)
        elif block.kind == "text" and group:
            part.actions.append(action(Block("item", inside=group)))
            group = [block]
        else:
            group.append(block)
    if group:
        part.actions.append(action(Block("item", inside=group)))
    return part
