"""Content folder -> compiled library, by difference: only files that changed since the last time are read and checked.

Several processes may begin at once: one compiles, the others wait for it and find its work done.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import structlog

from bot.search.change import Change, Stamp, difference, named_files
from bot.search.file import SCHEMA, Compiled, Unusable
from bot.search.vectors import Encoder
from bot.search.write import SMALL, Writer
from dialogs.content import load_files, load_sound, missing
from dialogs.errors import ContentError, Problem
from dialogs.library import Library

WAIT = 1800.0  # seconds for another process that compiles the same file
SOON = 500  # vectors that are made while a server starts; more are left to `helpbot index`

Told = Callable[[list[Problem]], None]

log = structlog.get_logger()


def compiled(folder: Path, file: Path, encoder: Encoder | None, most: int = SOON, told: Told | None = None) -> Compiled:
    """The library of a content folder, compiled into this file now unless it was.

    most: vectors that are made now; where more are missing, none are. told: files with mistakes are left out, and it is
    called once with all mistakes; None: one mistake stops it all. (Whoever does not leave them out can't take the
    result for whole: those files still count as changed.) Raises `ContentError` with every mistake, and OSError or
    sqlite3.Error where the file can't be written.
    """
    if found := _fresh(folder, file, encoder, most, told, tell=True):
        return found
    with _alone(file):
        if found := _fresh(folder, file, encoder, most, told):  # somebody else has just made it
            return found
        made = _make(folder, file, encoder, most, told)
        try:
            # Opened under its own name: under the final one, somebody else's might stand a moment later.
            result = Compiled(made)
            os.replace(made, file)
        except BaseException:
            made.unlink(missing_ok=True)
            raise
        result.path = file
        return result


def at_hand(folder: Path, file: Path) -> Compiled | None:
    """The compiled library of a content folder, if this file holds it as it is now. Nothing is written."""
    return _fresh(folder, file, None, SOON, None)


def _fresh(
    folder: Path, file: Path, encoder: Encoder | None, most: int, told: Told | None, tell: bool = False
) -> Compiled | None:
    """The compiled library, if it is there and of this content."""
    try:
        found = Compiled(file)
    except Unusable as error:
        if tell and file.exists():
            log.warning("index_unusable", reason=str(error))
        return None
    if not missing(folder) and _encoded(found, encoder, most):
        change = difference(folder, known := found.files())
        if not change or (told and _all_wrong(folder, change, known, told)):
            return found
    found.close()
    return None


def _all_wrong(folder: Path, change: Change, known: dict[str, Stamp], told: Told) -> bool:
    """Whether nothing has changed but files with mistakes that were left out before; they are told then."""
    if change.gone or not known.keys().isdisjoint(change.read):
        return False
    paths = named_files(folder)
    _, kept, problems = load_sound([paths[name] for name in change.read])
    if not kept:
        told(problems)
    return not kept


def _encoded(found: Compiled, encoder: Encoder | None, most: int) -> bool:
    """Whether its vectors are of this encoder, and as many as are to be made now."""
    if encoder is None:
        return True
    if found.meta["encoder"] != encoder.name:
        return False
    if found.rows("SELECT count(*) FROM guides WHERE original")[0][0] <= SMALL:
        return True
    ((lacking,),) = found.rows("SELECT count(*) FROM guides WHERE text NOT IN (SELECT text FROM vectors)")
    return not 0 < lacking <= most


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Nobody else compiles this file meanwhile; a process that dies holds nobody up."""
    with closing(sqlite3.connect(f"{file}.lock", timeout=WAIT, isolation_level=None)) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        yield
        lock.execute("ROLLBACK")


def _make(folder: Path, file: Path, encoder: Encoder | None, most: int, told: Told | None) -> Path:
    """The new file, under another name."""
    problems = missing(folder)
    if problems:
        raise ContentError(problems)
    target = file.with_name(f"{file.name}.{os.getpid()}.new")
    target.unlink(missing_ok=True)
    try:
        known = _begin(file, target)
        change, part = _read(folder, difference(folder, known), told)
        with closing(sqlite3.connect(target, isolation_level=None)) as db:
            db.execute("PRAGMA journal_mode = OFF")
            db.execute("PRAGMA synchronous = OFF")
            db.execute("BEGIN")
            Writer(db).write(change, part, encoder, most)
            db.execute("COMMIT")
        log.info("library_compiled", count=len(change.files), rows=len(change.read) + len(change.gone))
        return target
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _read(folder: Path, change: Change, told: Told | None) -> tuple[Change, Library]:
    """What has changed, read; what is left out for its mistakes is gone, and will be looked at again."""
    paths = named_files(folder)
    if told is None:
        return change, load_files([paths[name] for name in change.read])
    part, kept, problems = load_sound([paths[name] for name in change.read])
    if not problems:
        return change, part
    told(problems)
    wrong = [name for name in change.read if paths[name] not in set(kept)]
    files = {name: stamp for name, stamp in change.files.items() if name not in wrong}
    read = tuple(name for name in change.read if name in files)
    return replace(change, files=files, read=read, gone=(*change.gone, *wrong)), part


def _begin(file: Path, target: Path) -> dict[str, Stamp]:
    """Begin with what was compiled before, or with nothing; the stamps of its files."""
    try:
        with closing(Compiled(file)) as old:
            known = old.files()
            if old.rows("PRAGMA quick_check") == [("ok",)]:
                shutil.copyfile(file, target)
                return known
    except (Unusable, OSError, sqlite3.Error):
        pass
    with closing(sqlite3.connect(target.absolute().as_uri(), uri=True)) as db:
        db.executescript(SCHEMA)
        _keep_vectors(db, file)
    return {}


def _keep_vectors(db: sqlite3.Connection, file: Path) -> None:
    """Vectors take long to make, and do not depend on the program: they are taken over from any older file."""
    try:
        db.execute("ATTACH ? AS old", (f"{file.absolute().as_uri()}?mode=ro&immutable=1",))
        db.execute("INSERT INTO vectors SELECT text, vector FROM old.vectors")
        db.execute("INSERT INTO meta SELECT name, value FROM old.meta WHERE name = 'encoder'")
        db.commit()
    except sqlite3.Error:
        db.rollback()
