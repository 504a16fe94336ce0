"""The blocks of an article -> a guide's data: its title, its steps, its sections in their order, its documents."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.importer.article import Article
from bot.importer.blocks import Block
from bot.importer.parts import Json, Part, details, document, words_of
from bot.importer.questions import asked
from bot.importer.sections import Section, parts_of, sections_of
from dialogs.cards.markdown import escape

# Headings that say nothing of the problem; the header knows better.
_SAYS_LITTLE = re.compile(
    r"(?:we ran|we have|we found|we're sorry|your resource|recommended|issue category|directions?$|solution$)",
    re.IGNORECASE,
)
_CLIP = 60
_HEADING = re.compile(r"\*\*[^*]+\*\*:?")
# A section's name on the same line as what it says: "**Symptom:** …".
_LABEL = re.compile(
    r"(?:\*\*)?(?:symptoms?|causes?|issues?|problems?|descriptions?|overview|summary|introduction)(?:\*\*)?\s*:(?:\*\*)?\s*",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r".{20,160}?[.!?](?=\s|$)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the author wants of an import. owner: of guides whose article names none."""

    owner: str = "Helpdesk"
    review: dt.date = dt.date(2030, 1, 1)
    language: str = ""
    questions: bool = True


def guide(article: Article, blocks: Sequence[Block], guide_id: str, paths: Sequence[str], wishes: Wishes) -> Json:
    """The data of a guide, in the order in which its file has it."""
    title, sections = sections_of(blocks)
    named = article.header.get("pagetitle", "") or article.header.get("title", "")
    heading = title or escape(named) or _from_path(paths[0])
    name = heading if not named or (title and not _SAYS_LITTLE.match(words_of(title))) else escape(named)
    outcome, documents_title, documents = _outcome(sections)
    summary = _summary(article.header, name, outcome)
    if not (outcome.keys() - {"actions_title"}):
        outcome = {"intro": summary, **outcome}
    outcome = {"outcome": heading, "cause": clipped(words_of(heading), _CLIP), **outcome}
    start, steps = asked(outcome) if wishes.questions else ("advice", {"advice": outcome})
    made: Json = {
        "id": guide_id,
        "language": wishes.language,
        "title": name,
        "summary": summary,
        "owner": article.header.get("ownershipid") or article.header.get("authors") or wishes.owner,
        "review": wishes.review.isoformat(),
        "tags": _tags(article.header),
        "sources": [_source(article.header, named or words_of(heading), path) for path in paths],
        "phrases": _phrases(article.header, words_of(name), words_of(heading)),
        "documents_title": documents_title,
        "documents": documents,
        "start": start,
        "steps": steps,
    }
    return {key: value for key, value in made.items() if value}


def clipped(text: str, most: int) -> str:
    """The text on one line, cut between words if it is longer than `most`."""
    text = " ".join(text.split())
    if len(text) <= most:
        return text
    return text[: most - 1].rsplit(" ", 1)[0].rstrip(" ,;:.-") + "…"


def _outcome(sections: Sequence[Section]) -> tuple[Json, str, list[Json]]:
    """What the article advises; the heading of its documents, and the documents."""
    made: Json = {}
    intro: list[str] = []
    parts: list[Part] = []
    documents: list[Json] = []
    documents_title = ""
    placed = False  # whether the steps are in their place
    for n, section in enumerate(sections):
        if section.kind == "documents" and not documents_title:
            found, left = _documents(section)
            documents_title = section.title if found else ""
            documents += found
            parts += [left] if left else []
            continue
        for part in parts_of(section):
            if not placed and not parts and part.actions:
                made = {"actions_title": part.title, "actions": part.actions, "notes": part.notes}
                intro += part.intro
                placed = True
            elif not placed and not parts and _plain(part) and _steps_follow(sections[n + 1 :], section):
                intro += ([f"**{words_of(part.title)}**"] if part.title else []) + part.intro
            else:
                parts.append(part)
    if (
        not placed and parts and not parts[0].title and not parts[0].actions
    ):  # nothing but the lead, or lead and sections
        intro += parts[0].intro
        made["notes"] = parts.pop(0).notes
    made = {"intro": "\n\n".join(intro), **made, "sections": [part.section() for part in parts]}
    return {key: value for key, value in made.items() if value}, documents_title, documents


def _plain(part: Part) -> bool:
    return not part.actions and not part.notes


def _steps_follow(sections: Sequence[Section], section: Section) -> bool:
    return section.kind != "documents" and any(s.kind == "steps" for s in sections)


def _documents(section: Section) -> tuple[list[Json], Part]:
    """The documents of a section, and what in it is none."""
    found: list[Json] = []
    left: list[Block] = []
    for block in section.blocks:
        entries = block.inside if block.kind == "list" else [block]
        others: list[Block] = []
        for entry in entries:
            made = document(entry)
            if made is None:
                others.append(entry)
            else:
                found.append(made)
        if others:
            left += [Block("list", inside=others)] if block.kind == "list" else others
    part = Part(section.title, notes=details(left)) if left or not found else Part()
    return found, part


def _summary(header: Mapping[str, str], name: str, outcome: Json) -> str:
    """One sentence: the header's, if it speaks of the same as the title; else the article's first; else the title."""
    for words in _told_in_header(header, words_of(name)):
        if len(words.split()) > 2:
            return escape(clipped(words, 200))
    paragraphs = str(outcome.get("intro", "")).split("\n\n")
    said = "\n\n".join(p for p in paragraphs if not _HEADING.fullmatch(p))  # without the names of sections
    texts = [
        said[found.end() :] if (found := _LABEL.match(said)) else said,
        *(action["do"] for action in outcome.get("actions", [])[:1]),
    ]
    for text in texts:
        if words := " ".join(words_of(text).split()):
            first = _SENTENCE.match(words)
            return escape(clipped(first[0] if first else words, 160))
    return name


def _told_in_header(header: Mapping[str, str], title: str) -> Iterator[str]:
    """What the header says of the problem beside its title, in other words."""
    named = f"{title} {header.get('pagetitle', '')}"
    known = {word for word in _bare(named).split() if len(word) > 3}
    for key in ("infobubbletext", "description"):
        words = header.get(key, "")
        if _bare(words) not in (_bare(title), "") and known & set(_bare(words).split()):
            yield words


def _bare(words: str) -> str:
    return re.sub(r"\W+", " ", words.casefold()).strip()


def _phrases(header: Mapping[str, str], *names: str) -> list[str]:
    """What people may say: the titles, and what the header says in a few words."""
    given = [*names, header.get("pagetitle", ""), *_told_in_header(header, names[0])]
    made: dict[str, str] = {}
    for n, words in enumerate(given):
        if words and (n == 0 or (len(words) <= 120 and not (n == 1 and _SAYS_LITTLE.match(words)))):
            made.setdefault(_bare(words) or words, words)
    return list(made.values())


def _tags(header: Mapping[str, str]) -> list[str]:
    """Product and area."""
    found = [
        header.get("service", ""),
        header.get("resource", "").rpartition("/")[2],
        *header.get("tags", "").split(","),
    ]
    tags = (re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")[:64].strip("-") for words in found)
    return list(dict.fromkeys(tag for tag in tags if tag))


def _source(header: Mapping[str, str], title: str, path: str) -> Json:
    made = {"title": title, "article": header.get("articleid", ""), "path": path}
    return {key: value for key, value in made.items() if value}


def _from_path(path: str) -> str:
    return " ".join(re.split(r"[^A-Za-z0-9]+", path.rpartition("/")[2].rpartition(".")[0])).strip() or path
