"""Guides on disk: what an author has changed is never overwritten."""

from __future__ import annotations

import hashlib
import os
import re
from enum import StrEnum
from pathlib import Path

_FIRST = re.compile(r"# Imported from .*\bsum ([0-9a-f]{16})\n")
_FROM = re.compile(r"# Imported from (?P<path>.*); while nobody changes this file, .*\bsum [0-9a-f]{16}\n")
_REVIEW = re.compile(r"^review: .*\n", re.MULTILINE)


class Written(StrEnum):
    """What became of a guide's file. KEPT: its author's, and the article says nothing new; BESIDE: `NAME.new`."""

    NEW = "new"
    RENEWED = "renewed"
    SAME = "same"
    KEPT = "kept"
    BESIDE = "beside"


def write(folder: Path, guide_id: str, text: str, path: str, dry: bool = False) -> Written:
    """Write the guide of the article at `path`, or, where its file was changed since the last import, `NAME.new`.

    The file's first line holds a sum over the rest, the review date left out; whoever changes the file leaves it as it
    is. dry: nothing is written, and the same is told.
    """
    file = folder / f"{guide_id}.yaml"
    new = _sum(text)
    first = (
        f"# Imported from {' '.join(path.split())}; while nobody changes this file, an import renews it; sum {new}\n"
    )
    try:
        old = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return _put(file, first + text, Written.NEW, dry)
    except UnicodeDecodeError:
        old = ""  # an author's, whatever it is
    found = _FIRST.match(old)
    if found is not None and _sum(old[found.end() :]) == found[1]:
        if found[1] == new:
            return Written.SAME
        review = _REVIEW.search(old)
        kept = _REVIEW.sub(review[0], text, count=1) if review else text
        return _put(file, first + kept, Written.RENEWED, dry)
    if found is not None and found[1] == new:
        return Written.KEPT
    beside = folder / f"{guide_id}.yaml.new"
    return _put(beside, first + text, Written.BESIDE, dry)


def origins(folder: Path) -> dict[str, str]:
    """The guides in a folder that were imported once, by id, each with the path of its article."""
    found = {}
    for file in sorted(folder.glob("*.yaml")) if folder.is_dir() else ():
        try:
            with open(file, encoding="utf-8", errors="replace") as stream:
                first = _FROM.fullmatch(stream.readline(2000))
        except OSError:
            continue  # `helpbot check` tells
        if first:
            found[file.name.removesuffix(".yaml")] = first["path"]
    return found


def _sum(text: str) -> str:
    head, found, rest = text.partition("\nreview: ")
    said = f"{head}\n{rest.partition(chr(10))[2]}" if found else text
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _put(file: Path, text: str, written: Written, dry: bool) -> Written:
    """Write the whole file or nothing of it."""
    if not dry:
        draft = f"{file.parent}/.{file.name}.tmp"
        with open(draft, "wb") as stream:
            stream.write(text.encode())
        os.replace(draft, file)
    return written
