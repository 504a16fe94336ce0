"""The blocks of an article -> a guide's data: its title, its steps, its sections in their order, its documents."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.importer.article import Article
from bot.importer.blocks import Block
from bot.importer.parts import Json, Part, action, details, document, words_of
from bot.importer.questions import asked
from dialogs.cards.markdown import escape

_DOCUMENTS = re.compile(
    r"\b(?:documents?|documentation|resources|references|useful links|related links|articles|further reading|see also"
    r"|learn more|read more)\b",
    re.IGNORECASE,
)
_STEPS = re.compile(
    r"\b(?:steps?|resolutions?|solutions?|mitigations?|fix|workarounds?|how to|next actions?|recommended actions?)\b",
    re.IGNORECASE,
)
# Headings that say nothing of the problem; the header knows better.
_SAYS_LITTLE = re.compile(
    r"(?:we ran|we have|we found|we're sorry|your resource|recommended|issue category|directions?$|solution$)",
    re.IGNORECASE,
)
_CLIP = 60
_SENTENCE = re.compile(r".{20,160}?[.!?](?=\s|$)", re.DOTALL)
_FEW = 8  # words of a heading that names a kind of section


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the author wants of an import. owner: of guides whose article names none."""

    owner: str = "Helpdesk"
    review: dt.date = dt.date(2030, 1, 1)
    language: str = ""
    questions: bool = True


@dataclass(slots=True)
class _Section:
    """A heading and what stands below it. kind: steps, documents or other."""

    title: str = ""
    level: int = 0
    kind: str = "other"
    blocks: list[Block] = field(default_factory=list)


def guide(article: Article, blocks: Sequence[Block], guide_id: str, paths: Sequence[str], wishes: Wishes) -> Json:
    """The data of a guide, in the order in which its file has it."""
    title, sections = _sections(blocks)
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


def _sections(blocks: Iterable[Block]) -> tuple[str, list[_Section]]:
    """The title, and the sections; the first has none."""
    title = ""
    made = [_Section()]
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
            made.append(_Section(heading, level, above.kind if kind == "other" and above.kind == "steps" else kind))
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


def _outcome(sections: Sequence[_Section]) -> tuple[Json, str, list[Json]]:
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
        for part in _parts(section):
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


def _steps_follow(sections: Sequence[_Section], section: _Section) -> bool:
    return section.kind != "documents" and any(s.kind == "steps" for s in sections)


def _documents(section: _Section) -> tuple[list[Json], Part]:
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


def _parts(section: _Section) -> Iterator[Part]:
    """A section as parts: one for each list of steps in it, with what introduces it and what follows it."""
    part = Part(section.title)
    waiting: list[Block] = []
    several = sum(block.kind == "list" for block in section.blocks) > 1
    numbered = any(block.numbered for block in section.blocks)
    if section.kind != "steps" and sum(block.numbered for block in section.blocks) != 1:
        yield _told(part, section.blocks)
        return
    if not numbered:
        yield _done(part, section.blocks, several)
        return
    for block in section.blocks:
        if not block.numbered:
            waiting.append(block)
            continue
        if part.actions or not _texts(waiting):
            if part.actions and not (waiting and _texts(waiting)):
                part.notes += details(waiting)
                waiting = []
            if part.actions and not waiting and not part.notes:
                part.actions += map(action, block.inside)
                continue
            if not part.actions:
                yield _told(part, waiting)
                waiting = []
            else:
                yield part
            part = Part()
        part.intro += [b.text for b in waiting]
        waiting = []
        part.actions += map(action, block.inside)
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


def _done(part: Part, blocks: Sequence[Block], several: bool) -> Part:
    """Steps without numbers: bullets; or paragraphs, each with the list or the code below it."""
    lists = [n for n, block in enumerate(blocks) if block.kind == "list"]
    if lists and not several and _texts(blocks[: lists[0]]):
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


def _summary(header: Mapping[str, str], name: str, outcome: Json) -> str:
    """One sentence: the header's, if it speaks of the same as the title; else the article's first; else the title."""
    for words in _told_in_header(header, words_of(name)):
        if len(words.split()) > 2:
            return escape(clipped(words, 200))
    texts = [outcome.get("intro", ""), *(action["do"] for action in outcome.get("actions", [])[:1])]
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
