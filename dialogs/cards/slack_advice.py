"""Advice in Slack: steps with their nested details, code and links."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dialogs.cards import slack_text
from dialogs.cards.blocks import paragraphs
from dialogs.cards.slack_pieces import rich_blocks
from dialogs.cards.slack_text import (
    Json,
    authored,
    bare,
    bullets,
    inlines,
    preformatted,
    section,
    visible,
    words,
)
from dialogs.guide import Action, Detail, Link

_INDENT = "\u2003"  # what moves a line in where there is no list


@dataclass(frozen=True, slots=True)
class Words:
    """The advice's own words. was: a format string, "formerly {url}". mark_article, mark_today: labels of what the
    article says, and of what holds today."""

    check: str
    was: str
    mark_article: str
    mark_today: str

    def mark(self, part: Action | Detail) -> list[Json]:
        """The label of a part, in italics."""
        label = {"article": self.mark_article, "today": self.mark_today}.get(part.mark or "", "")
        return words(f"{' '.join(label.split())}: ", italic=True) if visible(label) else []


def advice(title: str, intro: str, steps: Sequence[Action], notes: Sequence[Detail], say: Words) -> list[list[Json]]:
    """Steps and notes below their title: groups of blocks that belong together."""
    head = rich_blocks([section(inlines(" ".join(title.split()), bold=True))]) + paragraphs(intro)
    groups = [_step(n, action, say) for n, action in enumerate(steps, 1)]
    groups += [rich_blocks(_nested(note, say, 0)) for note in notes]
    return [head + groups[0], *groups[1:]] if groups else [head]


def _step(n: int, action: Action, say: Words) -> list[Json]:
    """One step: who does it in bold, what, code, links, nested details, and how to see that it worked."""
    parts = [section([*words(f"{n}. ", bold=True), *inlines(" ".join(action.who.split()), bold=True)])]
    parts += [*_part(action, action.do, say, 0), *_details(action.details, say, 0)]
    if action.check and visible(action.check):
        lead = [*words(bare(say.check), italic=True), {"type": "text", "text": " "}]
        return rich_blocks(parts) + rich_blocks(_marked(lead, authored(action.check)))
    return rich_blocks(parts)


def documents(title: str, links: Sequence[Link], say: Words) -> list[Json]:
    """The documents to read, below their heading."""
    return rich_blocks([section(inlines(title, bold=True)), *_links(links, say, 0)]) if links else []


def _nested(detail: Detail, say: Words, depth: int) -> list[Json]:
    return [*_part(detail, detail.text, say, depth), *_details(detail.details, say, depth)]


def _part(part: Action | Detail, text: str, say: Words, depth: int) -> list[Json]:
    """What stands in a part itself: label, text, code, links."""
    code = [preformatted(part.code)] if part.code and visible(part.code) else []
    return [*_marked(say.mark(part), authored(text)), *code, *_links(part.links, say, depth)]


def _details(details: Iterable[Detail], say: Words, depth: int) -> list[Json]:
    """Nested advice, each behind its bullet. A number of its own stands as text: Slack would count anew after code."""
    made: list[Json] = []
    for detail in details:
        inside = _nested(detail, say, depth + 1)
        first: list[Json] = []
        if inside and inside[0]["type"] == "rich_text_section":
            first, inside = inside[0]["elements"], inside[1:]
        if detail.number:
            lead = words(f"{_INDENT * (depth + 1)}{detail.number}\u00a0")
            made.append(section([*lead, *first]))
        else:
            made.append(bullets([first], depth))
        made += inside
    return _merged(made)


def _merged(parts: Iterable[Json]) -> list[Json]:
    """Neighbouring lists of one level as one."""
    made: list[Json] = []
    for part in parts:
        alike = made and {**made[-1], "elements": 0} == {**part, "elements": 0}
        if alike and part["type"] == "rich_text_list":
            made[-1] = {**part, "elements": made[-1]["elements"] + part["elements"]}
        else:
            made.append(part)
    return made


def _marked(lead: Sequence[Json], parts: Sequence[Json]) -> list[Json]:
    """A text with something before its first words."""
    if not lead:
        return list(parts)
    if parts and parts[0]["type"] == "rich_text_section":
        return [section([*lead, *parts[0]["elements"]]), *parts[1:]]
    return [section(lead), *parts]


def _links(links: Sequence[Link], say: Words, depth: int) -> list[Json]:
    """Links as a list, each with its former address."""
    items: list[list[Json]] = []
    for link in links:
        was = words(f" ({say.was.format(url=link.was)})") if link.was else []
        items.append([slack_text.link(bare(link.title), link.url), *was])
    return [bullets(items, depth)] if items else []
