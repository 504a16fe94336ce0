"""What has changed in a content folder since it was compiled."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from bot.resources import content_dir
from dialogs.content import content_files

Stamp = tuple[int, int, str]  # size, mtime in ns, hash


@dataclass(frozen=True, slots=True)
class Change:
    """What is new in a content folder: every file with its stamp, those to be read, those that are gone."""

    files: dict[str, Stamp]
    read: tuple[str, ...]
    gone: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.read or self.gone)


def difference(folder: Path, known: dict[str, Stamp]) -> Change:
    """What has changed in the folder. A file with its old size and time is not opened."""
    files: dict[str, Stamp] = {}
    for name, path in named_files(folder).items():
        stat = path.stat()
        before = known.get(name)
        if before and before[:2] == (stat.st_size, stat.st_mtime_ns):
            files[name] = before
        else:
            files[name] = stat.st_size, stat.st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest()
    changed = {name for name, stamp in files.items() if name not in known or known[name][2] != stamp[2]}
    gone = tuple(name for name in known if name not in files)
    originals = {name.removesuffix(".yaml") for name in (*changed, *gone) if name.startswith("guides/")}
    touched = (name for name in files if name.partition(".")[0] in originals)  # translations of what has changed
    return Change(files, tuple(sorted({*changed, *touched})), gone)


def named_files(folder: Path) -> dict[str, Path]:
    """The content's files by their names in the folder. What it has no synonyms for, it gets the shipped ones."""
    found = {path.relative_to(folder).as_posix(): path for path in content_files(folder)}
    for path in content_dir().glob("synonyms*.yaml"):
        if path.name not in found:
            found[path.name] = path
    return found
