"""The compiled library: one SQLite file with the checked content and all that finding needs. This is its reading side.

It is only a copy: whatever is wrong with it, it is made anew from the content folder. A finished file never changes;
a newer one takes its place by a rename, and who has the old one open goes on reading that.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bot.search.analysis import Language
from dialogs.guide import Guide
from dialogs.library import Library
from dialogs.texts import Texts

FORMAT = 1  # of the tables
KEPT = 256  # guides at hand; the others are read again when they are asked for
NAMES = 400  # in one statement
SCHEMA = f"""
PRAGMA user_version = {FORMAT};
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE files (path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime INTEGER NOT NULL, hash TEXT NOT NULL)
    WITHOUT ROWID;
CREATE TABLE texts (locale TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE synonyms (language TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE languages (name TEXT PRIMARY KEY, body TEXT NOT NULL, guides INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE guides (number INTEGER PRIMARY KEY, file TEXT NOT NULL UNIQUE, id TEXT NOT NULL, language TEXT NOT NULL,
    reads TEXT NOT NULL, original INTEGER NOT NULL, title TEXT NOT NULL, source TEXT NOT NULL, tags TEXT NOT NULL,
    body TEXT NOT NULL, fields TEXT NOT NULL, text TEXT NOT NULL);
CREATE TABLE words (language TEXT NOT NULL, word TEXT NOT NULL, idf REAL NOT NULL, guides BLOB NOT NULL,
    says BLOB NOT NULL);
CREATE TABLE forms (language TEXT NOT NULL, form TEXT NOT NULL, word TEXT NOT NULL, guides INTEGER NOT NULL,
    PRIMARY KEY (language, form, word)) WITHOUT ROWID;
CREATE UNIQUE INDEX words_word ON words (language, word);
CREATE TABLE vectors (text TEXT PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID;
"""


@cache
def program() -> str:
    """Changes with the code that checks and compiles: what another version of it has made is not used."""
    here = Path(__file__).resolve().parent
    digest = hashlib.sha256()
    for path in sorted((*here.glob("*.py"), *(here.parents[1] / "dialogs").glob("*.py"))):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


class Unusable(Exception):
    """The file is of another format, broken, or not there."""


class Compiled:
    """A compiled library, open for reading from any thread."""

    def __init__(self, path: Path) -> None:
        """Open it; raises `Unusable`."""
        self.path = path
        self._lock = threading.Lock()
        try:
            # immutable: nobody writes to a finished file, so no locks are needed, nor a writable folder.
            self._db = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
            found = self._db.execute("PRAGMA user_version").fetchone()[0]
            if found != FORMAT:
                self._db.close()
                raise Unusable(f"it is of format {found}, not {FORMAT}")
            if self._size() != path.stat().st_size:
                raise Unusable("a part of it is missing")
            self.meta: dict[str, str] = dict(self._db.execute("SELECT name, value FROM meta"))
            self.languages = {
                name: (Language.from_json(json.loads(body)), count)
                for name, body, count in self._db.execute("SELECT name, body, guides FROM languages")
            }
        except (sqlite3.Error, ValueError, KeyError) as error:
            raise Unusable(str(error)) from error
        if self.meta.get("program") != program():
            self.close()
            raise Unusable("another version of the program has made it")

    def _size(self) -> int:
        (pages,), (size,) = (self._db.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "page_size"))
        return int(pages * size)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._db.close()

    def __del__(self) -> None:
        """A reload leaves the old one to the turns that still use it; the last of them lets go of it."""
        if db := getattr(self, "_db", None):
            db.close()

    def rows(self, statement: str, values: Iterable[Any] = ()) -> list[Any]:
        """What a statement finds."""
        with self._lock:
            return self._db.execute(statement, tuple(values)).fetchall()

    def rows_of(self, statement: str, names: Iterable[Any], *before: Any) -> list[Any]:
        """What a statement with `IN ({})` at its end finds for any number of names."""
        wanted, found = list(names), []
        for start in range(0, len(wanted), NAMES):
            part = wanted[start : start + NAMES]
            found += self.rows(statement.format(",".join("?" * len(part))), (*before, *part))
        return found

    def files(self) -> dict[str, tuple[int, int, str]]:
        """The files that it was made of: path in the content folder -> size, mtime in ns, hash."""
        return {path: (size, mtime, digest) for path, size, mtime, digest in self.rows("SELECT * FROM files")}

    def to_review(self, before: dt.date) -> list[str]:
        """The guides that were to be reviewed before this day, by id, without reading them."""
        due = "SELECT id FROM guides WHERE original AND json_extract(body, '$.review') < ? ORDER BY file"
        return [guide for (guide,) in self.rows(due, (before.isoformat(),))]

    def library(self, default: str) -> Library:
        """The library; its guides are read when they are asked for."""
        texts = {
            locale: Texts.model_validate_json(body) for locale, body in self.rows("SELECT locale, body FROM texts")
        }
        synonyms = {
            language: tuple(tuple(group) for group in json.loads(body))
            for language, body in self.rows("SELECT language, body FROM synonyms")
        }
        translated = self.rows("SELECT DISTINCT language FROM guides WHERE NOT original")
        translations = {language: Guides(self, language) for (language,) in translated}
        return Library(
            Guides(self),
            MappingProxyType(texts),
            MappingProxyType(translations),
            default,
            MappingProxyType(synonyms),
            Tagged(self),
        )


class Guides(Mapping[str, Guide]):
    """Guides by id, in the order of their files; each is read when it is asked for, and the latest ones kept."""

    def __init__(self, compiled: Compiled, language: str | None = None) -> None:
        """language: the translations into it; None: the originals."""
        self._compiled = compiled
        where = "original" if language is None else "NOT original AND language = ?"
        found = compiled.rows(
            f"SELECT id, number FROM guides WHERE {where} ORDER BY file",  # noqa: S608 -- of our own words
            () if language is None else (language,),
        )
        self._numbers: dict[str, int] = dict(found)
        self._kept: OrderedDict[str, Guide] = OrderedDict()
        self._lock = threading.Lock()

    def __getitem__(self, guide_id: str) -> Guide:
        with self._lock:
            if (kept := self._kept.get(guide_id)) is not None:
                self._kept.move_to_end(guide_id)
                return kept
        number = self._numbers[guide_id]
        ((body,),) = self._compiled.rows("SELECT body FROM guides WHERE number = ?", (number,))
        guide = Guide.model_validate_json(body)
        with self._lock:
            self._kept[guide_id] = guide
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return guide

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)

    def __contains__(self, guide_id: object) -> bool:
        return guide_id in self._numbers


class Tagged(Mapping[str, tuple[str, ...]]):
    """The tags of the guides by their ids, all read when the first is asked for."""

    def __init__(self, compiled: Compiled) -> None:
        """Nothing is read yet."""
        self._compiled = compiled

    @cached_property
    def _tags(self) -> dict[str, tuple[str, ...]]:
        known: dict[str, tuple[str, ...]] = {}  # most guides have the tags of many others
        rows = self._compiled.rows("SELECT id, tags FROM guides WHERE original ORDER BY file")
        return {guide: known.setdefault(tags, tuple(json.loads(tags))) for guide, tags in rows}

    def __getitem__(self, guide_id: str) -> tuple[str, ...]:
        return self._tags[guide_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tags)

    def __len__(self) -> int:
        return len(self._tags)
