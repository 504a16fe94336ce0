"""One article -> the text of its guide, read back and counted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from markdown_it import MarkdownIt

from bot.importer import words
from bot.importer.article import Article
from bot.importer.blocks import Block, Blocks
from bot.importer.emit import emit
from bot.importer.inline import Reading
from bot.importer.settle import settle
from bot.importer.shape import Wishes, guide
from dialogs.content import read_guide
from dialogs.source import parse

_DATA_RULES = re.compile(r"^---+[ \t]*$", re.MULTILINE)
_TITLE = re.compile(r"\s*# *(?P<title>[^\n]+)\n")


@dataclass(frozen=True, slots=True)
class Converted:
    """A guide's text, and what became of the article.

    placed: how many of what. unplaced: what is not in the guide, each with the reason. problems: what `helpbot check`
    would say. asks: it was made a question.
    """

    text: str
    placed: dict[str, int]
    unplaced: tuple[tuple[str, str], ...] = ()
    lost: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    asks: bool = False


@dataclass(slots=True)
class Converter:
    """Turns articles into guides, one after the other."""

    md: MarkdownIt
    wishes: Wishes = field(default_factory=Wishes)

    def convert(self, article: Article, guide_id: str, paths: Sequence[str]) -> Converted:
        """The guide of an article, counted against the text of its file."""
        reading = Reading()
        hidden: list[str] = []
        if article.data:
            blocks = _data_blocks(article.body)
        else:
            body, hidden = settle(article.body)
            blocks = Blocks(self.md, reading).read(body)
        data = guide(article, blocks, guide_id, paths, self.wishes)
        text = emit(data)
        doc, problems = parse(text.encode(), f"{guide_id}.yaml")
        unplaced = [*reading.unplaced, *((f"comment {_short(words)}", "comments are not shown") for words in hidden)]
        lost: list[str] = []
        if doc is not None:
            problems = problems or read_guide(doc)[1]
            lost, addresses = _compared(article.text, doc.data)
            told = " ".join(what for what, _ in unplaced).casefold()
            unplaced += [(f"address {url}", "it could not be read") for url in addresses if url not in told]
        if lost:
            unplaced.append((f"words {' '.join(lost[:12])}", "they could not be placed"))
        return Converted(
            text,
            _counts(data, reading),
            tuple(unplaced),
            tuple(lost),
            tuple(str(problem) for problem in problems),
            asks="which" in data["steps"],
        )


def _compared(text: str, data: Any) -> tuple[list[str], list[str]]:
    """Words and addresses of the article that are not in the guide."""
    article_words, article_urls = words.of_article(text)
    guide_words, guide_urls = words.of_guide(data)
    return words.missing(article_words, guide_words), sorted(article_urls - guide_urls)


def _data_blocks(body: str) -> list[Block]:
    """JSON as one block of code, below its title."""
    title = _TITLE.match(body)
    rest = _DATA_RULES.sub("", body[title.end() :] if title else body).strip("\n")
    heading = [Block("heading", title["title"].strip(), 1)] if title else []
    return [*heading, Block("code", "\n".join(line.rstrip() for line in rest.split("\n")))]


def _counts(data: Any, reading: Reading) -> dict[str, int]:
    """How many steps, details, codes, links, pictures, sections and documents a guide has."""
    counts = dict.fromkeys(("steps", "details", "code", "sections"), 0)
    steps = data["steps"]
    _count(steps["advice"], counts)
    counts |= {"links": reading.links, "pictures": reading.pictures, "documents": len(data.get("documents", []))}
    return counts


def _count(value: Any, counts: dict[str, int]) -> None:
    if isinstance(value, dict):
        for key, below in value.items():
            if key == "code":
                counts["code"] += 1
            elif isinstance(below, list):
                name = {"actions": "steps", "details": "details", "notes": "details", "sections": "sections"}.get(key)
                if name:
                    counts[name] += len(below)
                for one in below:
                    _count(one, counts)


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 60 else text[:59] + "…"
