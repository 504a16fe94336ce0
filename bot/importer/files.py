"""Which files an import is about: articles by the keys of their paths; what looks like one and is none, and why."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.errors import HelpbotError
from dialogs.errors import os_reason

ENDINGS = frozenset({".md", ".markdown", ".mdown"})


@dataclass(frozen=True, slots=True)
class Named:
    """A file, or what is none: why, and whether that is a failure."""

    path: Path
    why: str = ""
    failed: bool = False


def articles(paths: Iterable[Path]) -> dict[str, Named]:
    """Every article by the key of its path: below the folder that was named, or a file's own name.

    Where two folders hold the same path, the second key begins with the name of its folder. Raises `HelpbotError` where
    a path is not there.
    """
    found: dict[str, Named] = {}
    for path in paths:
        for key, named in _below(path):
            if found.get(key, named) != named:
                key = f"{_text(path.absolute().name)}/{key}"
            found[key if found.get(key, named) == named else _text(named.path.absolute().as_posix())] = named
    return found


def _below(path: Path) -> Iterator[tuple[str, Named]]:
    if path.is_dir():
        found = sorted(_in_folder(path), key=lambda named: named.path)
        yield from ((_text(named.path.relative_to(path).as_posix()), named) for named in found)
    elif path.is_file() or path.is_symlink():
        yield _text(path.name), _named(path)
    else:
        raise HelpbotError(f"{path}: there is no such file or folder; name articles in Markdown, or folders of them")


def _in_folder(folder: Path) -> Iterator[Named]:
    closed: list[OSError] = []
    for place, below, files in os.walk(folder, onerror=closed.append):
        below[:] = [name for name in below if not name.startswith(".")]
        for name in below:
            path = Path(place, name)
            if path.is_symlink():
                yield Named(path, "it is a link to a folder, which is not followed; name that folder, too")
            elif _ending(name):
                yield Named(path, "it is a folder; what is in it is looked at")
        yield from (_named(Path(place, name)) for name in files if _ending(name) and not name.startswith("."))
    for error in closed:
        yield Named(
            Path(error.filename), f"the folder can't be read: {os_reason(error)}; check its permissions", failed=True
        )


def _ending(name: str) -> bool:
    return os.path.splitext(name)[1].lower() in ENDINGS


def _named(path: Path) -> Named:
    if path.is_file():
        return Named(path)
    if path.is_symlink():
        return Named(path, "it is a link that leads nowhere; mend or remove it", failed=True)
    return Named(path, "it is no file", failed=True)


def _text(name: str) -> str:
    """A path as text, whatever bytes are in it."""
    return os.fsencode(name).decode(errors="replace")
