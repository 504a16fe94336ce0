"""What the preview shows of a content folder: one guide at a time, read anew, with all that `check` says of it."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from pathlib import Path

from bot.second_look import SecondLook
from bot.sizes import Sizes
from dialogs.content import check_files, read_document, yaml_files
from dialogs.errors import Problem
from dialogs.guide import Guide
from dialogs.library import FALLBACK, Library
from dialogs.source import Document
from dialogs.texts import Texts
from dialogs.texts_file import read_texts


@dataclass(frozen=True, slots=True)
class Seen:
    """A guide and its translations as a library of one, None while it has mistakes; and what there is to say of it."""

    library: Library | None
    findings: tuple[Problem, ...]


class Content:
    """A content folder that somebody is editing."""

    def __init__(self, folder: Path) -> None:
        """folder: it is read again and again."""
        self.folder = folder

    def guides(self) -> list[tuple[str, str]]:
        """Ids and titles of all guides, by id. Only titles are read: there may be thousands."""
        found = []
        for path in yaml_files(self.folder / "guides"):
            if "." not in path.stem:
                found.append((path.stem, _title(path)))
        return found

    def guide(self, guide_id: str, today: dt.date) -> Seen | None:
        """This guide in all languages, and its findings; None when there is no such file."""
        path = self.folder / "guides" / f"{guide_id}.yaml"
        if path not in yaml_files(self.folder / "guides"):
            return None
        texts, findings = self._texts()
        found: list[Guide] = []
        look = SecondLook(today, Sizes(texts[FALLBACK])) if FALLBACK in texts else None

        def keep(doc: Document, guide: Guide) -> None:
            found.append(guide)
            if look is not None:
                look(doc, guide)

        files = [path, *sorted(path.parent.glob(f"{guide_id}.*.yaml"))]
        findings += check_files([file for file in files if ".talk." not in file.name], keep)
        findings += look.problems if look else []
        if not found or FALLBACK not in texts:
            return Seen(None, tuple(findings))
        original, *others = found
        translations = {guide.language.lower(): {guide.id: guide} for guide in others}
        return Seen(Library({original.id: original}, texts, translations), tuple(sorted(findings)))

    def _texts(self) -> tuple[dict[str, Texts], list[Problem]]:
        english, findings = read_document(self.folder / "texts" / f"{FALLBACK}.yaml")
        texts = {}
        for path in yaml_files(self.folder / "texts"):
            doc, _ = read_document(path)
            said, problems = read_texts(doc, english.data if english else None) if doc else (None, [])
            findings += [problem for problem in problems if not problem.warning]
            if said is not None:
                texts[path.stem.lower()] = said
        return texts, findings

    def stamp(self) -> str:
        """Hexadecimal digits that change whenever a file is written, added or removed."""
        files = [file for part in ("guides", "texts") for file in yaml_files(self.folder / part)]
        stats = []
        for file in files:
            try:
                stat = file.stat()
            except FileNotFoundError:
                continue
            stats.append((file.name, stat.st_mtime_ns, stat.st_size))
        return hashlib.blake2b(repr(stats).encode(), digest_size=16).hexdigest()


def _title(path: Path) -> str:
    """The title as it stands in the file, without reading all of it."""
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            if line.startswith("title:"):
                return line.removeprefix("title:").strip().strip("\"'")
    return ""
