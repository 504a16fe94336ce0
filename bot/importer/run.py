"""The whole import: which files, what becomes of each, and which are twins."""

from __future__ import annotations

import gc
import hashlib
import re
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bot.importer import alike, words
from bot.importer.article import Article, read
from bot.importer.convert import Converter
from bot.importer.files import articles
from bot.importer.inline import parser
from bot.importer.report import Entry, Report, Status
from bot.importer.shape import Wishes
from bot.importer.store import origins, write
from dialogs.errors import os_reason

# Names of what was written for the support staff of a product's makers, whatever the header says.
_INTERNAL = re.compile(r"tsg[_-]|(?:.*[^a-z0-9])?rca(?:[^a-z0-9]|$)", re.IGNORECASE)
_LONGEST = 64  # characters of a guide's id


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be imported, and how. internal, data: also those types of article; dry: write nothing."""

    paths: tuple[Path, ...]
    out: Path
    wishes: Wishes = field(default_factory=Wishes)
    internal: bool = False
    data: bool = False
    dry: bool = False


@dataclass(frozen=True, slots=True)
class _Given:
    """An article that was read, and the key of its path."""

    key: str
    article: Article


def run(order: Order, progress: Callable[[int, int], None] = lambda done, of: None) -> Report:
    """Import it all. `progress` is called with how many files are done, of how many."""
    files = articles(order.paths)
    report = Report()
    groups: dict[str, list[_Given]] = {}
    for key, file in files.items():
        try:
            given = None if file.why else _Given(key, read(file.path.read_bytes()))
        except OSError as error:
            told = f"it can't be read: {os_reason(error)}; check its permissions"
            report.entries.append(Entry(key, Status.FAILED, reason=told))
            continue
        if given is None:
            status = Status.FAILED if file.failed else Status.LEFT_OUT
            report.entries.append(Entry(key, status, reason=file.why))
        elif given.article.binary:
            reason = "it is no text: it holds bytes of value 0; if it is one all the same, save it as UTF-8"
            report.entries.append(Entry(key, Status.FAILED, reason=reason))
        elif reason := _left_out(given, order):
            report.entries.append(Entry(key, Status.LEFT_OUT, reason=reason, remarks=given.article.remarks))
        else:
            groups.setdefault(_same(given.article.body), []).append(given)
    folder = order.out / "guides"
    if not order.dry:
        folder.mkdir(parents=True, exist_ok=True)
    converter = Converter(parser(), order.wishes)
    ids = _ids([group[0].key for group in groups.values()])
    sums: dict[str, array[int]] = {}
    done = len(report.entries)
    with _collecting_seldom():
        for group in groups.values():
            _one(group, ids[group[0].key], converter, folder, order.dry, report)
            sums[group[0].key] = alike.pieces(words.in_order(group[0].article.text))
            done += len(group)
            progress(done, len(files))
    report.twins += alike.pairs(sums)
    report.entries.sort(key=lambda entry: entry.path)
    report.left += _left_behind(order, folder, report)
    return report


def _left_behind(order: Order, folder: Path, report: Report) -> Iterator[tuple[str, str, str]]:
    """Guides of earlier imports whose articles make none now. Of articles that are not there, only those are told that
    would lie in a folder of this import: others are of another library."""
    entries = {" ".join(entry.path.split()): entry for entry in report.entries}
    made = {entry.guide for entry in report.entries if entry.status is Status.IMPORTED}
    places = {_place(path) for path in entries} if any(path.is_dir() for path in order.paths) else set()
    for guide_id, path in origins(folder).items():
        entry = entries.get(path)
        if guide_id in made or (entry is None and _place(path) not in places):
            continue
        if entry is None:
            yield guide_id, path, "its article is gone"
        elif entry.status is Status.MERGED:
            yield guide_id, path, f"its article is now a part of {entry.guide}: {entry.reason}"
        elif entry.status is Status.LEFT_OUT:
            yield guide_id, path, f"its article is now left out: {entry.reason}"


def _place(path: str) -> str:
    """The folder at the top that a path lies in; "" for a file at the top."""
    return path.partition("/")[0] if "/" in path else ""


@contextmanager
def _collecting_seldom() -> Iterator[None]:
    """Reading makes many objects and few cycles: looking for cycles all the time takes a fifth of the time."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _one(group: Sequence[_Given], guide_id: str, converter: Converter, folder: Path, dry: bool, report: Report) -> None:
    """An article and its exact duplicates."""
    first, *others = group
    made = converter.convert(first.article, guide_id, [given.key for given in group])
    if made.problems:
        report.entries.append(Entry(first.key, Status.FAILED, guide_id, reason=made.problems[0], lost=made.lost))
    else:
        written = write(folder, guide_id, made.text, first.key, dry)
        report.entries.append(
            Entry(
                first.key,
                Status.IMPORTED,
                guide_id,
                written=written.value,
                asks=made.asks,
                placed=made.placed,
                unplaced=made.unplaced,
                lost=made.lost,
                remarks=first.article.remarks,
            )
        )
    for given in others:
        report.entries.append(Entry(given.key, Status.MERGED, guide_id, reason=f"the same as {first.key}"))


def _left_out(given: _Given, order: Order) -> str:
    """Why an article is left out; empty if it is not."""
    article, name = given.article, given.key.rpartition("/")[2]
    kind = article.header.get("selfhelptype", "")
    if article.data and not order.data:
        return "its body is JSON for a program (--data takes it)"
    if article.internal and not order.internal:
        return f"its type is internal: {kind} (--internal takes it)"
    if _INTERNAL.match(name.rpartition(".")[0]) and not order.internal:
        return f"its name is that of an internal article: {name} (--internal takes it)"
    if not re.search(r"\w", article.body):
        return "it says nothing"
    return ""


def _same(body: str) -> str:
    """What exact duplicates have in common."""
    return hashlib.sha256(" ".join(body.split()).encode()).hexdigest()


def _ids(keys: Sequence[str]) -> dict[str, str]:
    """A guide's id for each path: its folder and its name, and a sum of the path where that is too long or taken."""
    made: dict[str, str] = {}
    taken: set[str] = set()
    for key in keys:
        guide_id = id_of(key)
        if guide_id in taken:
            guide_id = _with_sum(guide_id, key)
        taken.add(guide_id)
        made[key] = guide_id
    return made


def id_of(key: str) -> str:
    """The id of the guide of the article at this path."""
    *folders, name = key.split("/")
    stem = name.rpartition(".")[0] or name
    guide_id = re.sub(r"[^a-z0-9]+", "-", "-".join([*folders[-1:], stem]).lower()).strip("-")
    return guide_id if guide_id and len(guide_id) <= _LONGEST else _with_sum(guide_id, key)


def _with_sum(guide_id: str, key: str) -> str:
    tail = hashlib.sha256(key.encode()).hexdigest()[:8]
    return f"{guide_id[: _LONGEST - 9].rstrip('-')}-{tail}".lstrip("-")
