"""The whole import: which files, what becomes of each, and which are twins."""

from __future__ import annotations

import gc
import hashlib
import re
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bot.errors import HelpbotError
from bot.importer import alike, words
from bot.importer.article import Article, read
from bot.importer.convert import Converter
from bot.importer.inline import parser
from bot.importer.report import Entry, Report, Status
from bot.importer.shape import Wishes
from bot.importer.store import write

ENDINGS = frozenset({".md", ".markdown", ".mdown"})
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
    files = _files(order.paths)
    report = Report()
    groups: dict[str, list[_Given]] = {}
    for key, file in files.items():
        try:
            given = _Given(key, read(file.read_bytes()))
        except OSError as error:
            reason = f"can't be read: {(error.strerror or 'unknown reason').lower()}"
            report.entries.append(Entry(key, Status.FAILED, reason=reason))
            continue
        if reason := _left_out(given.article, order):
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
    return report


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


def _files(paths: Iterable[Path]) -> dict[str, Path]:
    """Every article by the key of its path: below the folder that was named, or a file's own name.

    Where two folders hold the same path, the second key begins with the name of its folder.
    """
    found: dict[str, Path] = {}
    for path in paths:
        for key, file in _below(path):
            if found.get(key, file) != file:
                key = f"{path.absolute().name}/{key}"
            found[key if found.get(key, file) == file else file.absolute().as_posix()] = file
    return found


def _below(path: Path) -> Iterator[tuple[str, Path]]:
    if path.is_file():
        yield path.name, path
    elif path.is_dir():
        for file in sorted(path.rglob("*")):
            key = file.relative_to(path)
            hidden = any(part.startswith(".") for part in key.parts)
            if not hidden and file.suffix.lower() in ENDINGS and file.is_file():
                yield key.as_posix(), file
    else:
        raise HelpbotError(f"{path}: there is no such file or folder; name articles in Markdown, or folders of them")


def _left_out(article: Article, order: Order) -> str:
    """Why an article is left out; empty if it is not."""
    kind = article.header.get("selfhelptype", "")
    if article.data and not order.data:
        return "its body is JSON for a program (--data takes it)"
    if article.internal and not order.internal:
        return f"its type is internal: {kind} (--internal takes it)"
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
