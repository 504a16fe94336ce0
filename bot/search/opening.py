"""The content of the settings' folder, ready to be used: the library, and the finder over it.

It is compiled into a file first, where it is not yet; the file may lie where nobody can write, as long as it is of the
content at hand. Where no file can be written at all, the content is read into memory.
"""

from __future__ import annotations

import getpass
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from bot.search.compile import Told, at_hand, compiled
from bot.search.file import Compiled
from bot.search.finder import LibraryFinder
from bot.search.nearest import Nearest
from bot.search.vectors import Encoder, find_encoder
from bot.search.write import SMALL
from dialogs.content import content_files, load, load_sound, missing
from dialogs.errors import Problem
from dialogs.finder import Finder, WordFinder
from dialogs.library import Library

FILE = "helpbot-index.db"
MISTAKES = 10  # that are told at once
FEW = 200  # files of content that are read faster than looked for in a compiled library

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Content:
    """A library and its finder; compiled: the file behind both, None where there is none."""

    library: Library
    finder: Finder
    compiled: Compiled | None = None


def open_content(folder: Path, file: Path | None, locale: str, told: Told | None = None) -> Content:
    """The content of this folder. Raises `ContentError` with every mistake.

    file: where it is compiled into; None: a usual place. locale: of people whose own language is not spoken. told: for
    an author who looks at the rest meanwhile: files with mistakes are left out, and it is called with the mistakes.
    """
    encoder = find_encoder()
    for place in _places(file):
        try:
            return _content(compiled(folder, place, encoder, told=told), encoder, locale)
        except (OSError, sqlite3.Error) as error:
            log.warning("index_not_written", where=str(place), reason=str(error))
    if told is None or missing(folder):
        library = load(folder, locale)
    else:
        library, _, problems = load_sound(content_files(folder), locale)
        if problems:
            told(problems)
    return Content(library, WordFinder.over(library))


def left_out(problems: Sequence[Problem]) -> str:
    """What an author is told of files with mistakes, which have no part in what was opened."""
    lines = [str(problem) for problem in problems[:MISTAKES]]
    if more := len(problems) - len(lines):
        lines.append(f"… and {more} more mistakes")
    files = len({problem.file for problem in problems})
    what = "A file with mistakes is" if files == 1 else f"{files} files with mistakes are"
    return "\n".join([*lines, f"{what} left out; mend what stands above (helpbot check looks at all)."])


def _places(file: Path | None) -> Iterator[Path]:
    """Where the compiled library may lie, the best first."""
    yield file or Path(FILE)
    # In a folder that others may write to, only a file of our own is trusted.
    own = getpass.getuser()
    place = Path(tempfile.gettempdir()) / f"helpbot-{own}"
    try:
        place.mkdir(mode=0o700, exist_ok=True)
        if place.owner() == own and not place.stat().st_mode & 0o077:
            yield place / FILE
    except (OSError, KeyError) as error:
        log.warning("index_not_written", where=str(place), reason=str(error))


def _content(found: Compiled, encoder: Encoder | None, locale: str) -> Content:
    library = found.library(locale)
    if len(library.guides) <= SMALL:
        held = {language: dict(guides) for language, guides in library.translations.items()}
        library = Library(dict(library.guides), library.texts, held, locale, library.synonyms)
        return Content(library, WordFinder.over(library), found)
    return Content(library, LibraryFinder(found, Nearest(found, encoder) if encoder else None), found)


def looked_at(folder: Path, file: Path | None, locale: str) -> tuple[Library, Compiled | None]:
    """The library for a command that changes nothing: out of the compiled file, where that is of the content as it is
    now, guides read when they are asked for; else all of it read and checked. Raises `ContentError`."""
    if found := at_hand(folder, file or Path(FILE)):
        return found.library(locale), found
    return load(folder, locale), None


def content_at_hand(folder: Path, file: Path | None, locale: str) -> Content:
    """The same for a command that runs but once: a few guides are read at once, and nothing is written."""
    if len(content_files(folder)) <= FEW:
        library = load(folder, locale)
        return Content(library, WordFinder.over(library))
    return open_content(folder, file, locale)
