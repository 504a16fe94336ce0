"""YAML files -> Library. All mistakes of all files are told at once, each with its file, its line and the fix.

A content folder holds `guides/<id>.yaml`, one guide a file, `guides/<id>.<language>.yaml`, its words in another
language, `texts/<locale>.yaml`, and `synonyms.yaml`, words that mean the same (`synonyms.<language>.yaml` in another
language). Files named `*.talk.yaml` beside the guides are conversations to be played, not guides.
"""

from __future__ import annotations

import gc
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from dialogs import graph
from dialogs.errors import ContentError, Problem, os_reason
from dialogs.guide import Action, Guide, Outcome, Question
from dialogs.library import FALLBACK, Groups, Library
from dialogs.model_mistakes import did_you_mean, explain, where
from dialogs.source import Document, parse
from dialogs.synonyms import FILE as SYNONYMS
from dialogs.synonyms import read_synonyms
from dialogs.texts import Texts
from dialogs.texts_file import read_texts
from dialogs.translation_file import name_of, put_together, read_words

TALK = ".talk.yaml"
_LOCALE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
# Stands in for a step with mistakes, so that the rest of its guide is checked all the same.
_STAND_IN = Outcome(outcome="-", cause="-", actions=(Action(who="-", do="-"),))


def load(folder: Path, default: str = FALLBACK) -> Library:
    """The content of a folder, or ContentError with every problem of every file: all or nothing.

    default: the locale of people whose own language is not spoken. Warnings hinder nothing.
    """
    if problems := missing(folder):
        raise ContentError(problems + check_files(content_files(folder)))
    return load_files(content_files(folder), default)


def load_files(paths: Iterable[Path], default: str = FALLBACK) -> Library:
    """What these files of a content folder hold, as `load`; for whoever knows the others. A translation needs its
    original beside it, read or not."""
    found = _Found()
    found.read(paths)
    if mistakes := [problem for problem in found.problems if not problem.warning]:
        raise ContentError(mistakes)
    translations = {language: MappingProxyType(guides) for language, guides in found.translations.items()}
    return Library(
        MappingProxyType(found.guides),
        MappingProxyType(found.texts),
        MappingProxyType(translations),
        default,
        MappingProxyType(found.synonyms),
    )


def load_sound(paths: Iterable[Path], default: str = FALLBACK) -> tuple[Library, list[Path], list[Problem]]:
    """As `load_files`, but what has mistakes is left out, with its translations: what is in the library, of which
    files, and the mistakes. ContentError where the texts that every language falls back to have some."""
    found, problems = list(paths), list[Problem]()
    while True:
        try:
            return load_files(found, default), found, problems
        except ContentError as error:
            problems = problems or error.problems
            wrong = {Path(problem.file) for problem in error.problems}
            left = [p for p in found if not {p, p.with_name(f"{p.name.partition('.')[0]}{p.suffix}")} & wrong]
            if len(left) == len(found) or any(p.parent.name == "texts" and p.stem == FALLBACK for p in wrong):
                raise
            found = left  # those that are right alone may have mistakes without the others


Look = Callable[[Document, Guide], None]


def check_files(paths: Iterable[Path], look: Look | None = None) -> list[Problem]:
    """Every problem of these files, in order, warnings among them.

    look: called with each guide that is right, translated ones too, and its file.

    A file in a folder named `texts` holds texts, one named `synonyms` synonyms; any other one a guide, or its
    translation if its name says so.
    """
    found = _Found(look=look)
    found.read(paths)
    return sorted(found.problems)


def missing(folder: Path) -> list[Problem]:
    """What a content folder lacks: it needs a guide, and the texts that every language falls back to."""
    problems = []
    if not yaml_files(folder / "guides"):
        problems.append(
            Problem(str(folder / "guides"), 1, "there is no guide here", 'put at least one "<id>.yaml" there')
        )
    english = folder / "texts" / f"{FALLBACK}.yaml"
    if not english.is_file():
        problems.append(Problem(str(english), 1, "this file is missing", "every language falls back to it"))
    return problems


def content_files(folder: Path) -> list[Path]:
    """The files of a content folder, sorted, those with a wrong ending included (they are told, not skipped)."""
    synonyms = [path for path in yaml_files(folder) if SYNONYMS.fullmatch(path.name)]
    return [path for part in ("guides", "texts") for path in yaml_files(folder / part)] + synonyms


def yaml_files(folder: Path) -> list[Path]:
    """Files that an author meant as YAML, sorted; no editor's temporary files, no conversations."""
    if not folder.is_dir():
        return []
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in (".yaml", ".yml") and not path.name.startswith(".") and not path.name.endswith(TALK)
    )


@contextmanager
def _no_collector() -> Iterator[None]:
    """Reading makes many nodes and no cycles: looking for cycles meanwhile takes a third of the time for nothing."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@dataclass(slots=True)
class _Found:
    """What was read so far."""

    guides: dict[str, Guide] = field(default_factory=dict)
    texts: dict[str, Texts] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    ids: dict[str, tuple[str, int]] = field(default_factory=dict)  # of broken guides too
    translations: dict[str, dict[str, Guide]] = field(default_factory=dict)  # by language in small letters
    synonyms: dict[str, Groups] = field(default_factory=dict)  # by language in small letters
    look: Look | None = None
    _fallbacks: dict[Path, Any] = field(default_factory=dict)
    _words: list[tuple[Document, Path, bool]] = field(default_factory=list)

    def read(self, paths: Iterable[Path]) -> None:
        """Read the files; those that are right are kept, the others leave problems."""
        with _no_collector():
            for path in paths:
                self._file(path)
            for doc, path, sound in self._words:  # their originals are known by now
                self._translation(doc, path, sound)
            self._words.clear()

    def _file(self, path: Path) -> None:
        if path.suffix != ".yaml" and path.exists():
            fix = f'rename it to "{path.stem}.yaml"'
            self.problems.append(Problem(str(path), 1, "files with this ending are not read", fix))
            return
        if SYNONYMS.fullmatch(path.name):
            self._synonyms(path)
            return
        doc, problems = read_document(path)
        self.problems += problems
        if doc is not None and path.absolute().parent.name == "texts":
            self._texts(doc, path)
        elif doc is not None and "." in path.stem:
            self._words.append((doc, path, not problems))
        elif doc is not None:
            self._guide(doc, path, sound=not problems)

    def _synonyms(self, path: Path) -> None:
        """Groups of words; a file whose name tells no language is in the one that all others fall back to."""
        doc, problems = read_document(path, a_list=True)
        self.problems += problems
        name = SYNONYMS.fullmatch(path.name)
        language = (name and name["language"]) or FALLBACK
        if not _LOCALE.fullmatch(language):
            what, fix = f'"{language}" is not a language tag', 'use names like "synonyms.de.yaml"'
            self.problems.append(Problem(str(path), 1, what, fix))
        elif doc is not None:
            self.synonyms[language.lower()], problems = read_synonyms(doc)
            self.problems += problems

    def _guide(self, doc: Document, path: Path, sound: bool) -> None:
        guide, problems = read_guide(doc, sound)
        self.problems += problems
        name = doc.data.get("id")
        if isinstance(name, str):
            self._name(doc, path, name)
        if guide is not None:
            self.guides[guide.id] = guide
            if self.look is not None:
                self.look(doc, guide)

    def _name(self, doc: Document, path: Path, name: str) -> None:
        """A guide's id is the name of its file, and nobody else's."""
        if name in self.ids:
            file, line = self.ids[name]
            what = f'another guide has the id "{name}": {file}:{line}'
            self.problems.append(doc.problem(("id",), what, "give each guide an id of its own"))
            return
        self.ids[name] = doc.file, doc.line(("id",))
        if name.lower() != path.stem:
            what = f'the id "{name}" is not the name of the file'
            self.problems.append(doc.problem(("id",), what, f'write "id: {path.stem}", or rename the file'))

    def _translation(self, doc: Document, path: Path, sound: bool) -> None:
        """A guide's words in another language, put into the guide."""
        guide_id, language = name_of(path.stem)
        if not _LOCALE.fullmatch(language):
            what, fix = f'"{language}" is not a language tag', f'use names like "{guide_id}.de.yaml"'
            self.problems.append(Problem(doc.file, 1, what, fix))
            return
        if doc.data.get("id") not in (None, guide_id):
            what = f'the id "{doc.data["id"]}" is not the name of the file'
            self.problems.append(doc.problem(("id",), what, f'write "id: {guide_id}"'))
        original = self.guides.get(guide_id) or _beside(path, guide_id)
        words, problems = read_words(doc, original)
        self.problems += problems
        if original is None and guide_id not in self.ids:
            what = f'there is no guide "{guide_id}" whose translation this could be'
            self.problems.append(
                Problem(doc.file, 1, what, f'its original would be "{guide_id}.yaml", beside this file')
            )
        elif original is not None and original.language.lower() == language.lower():
            what = f'"{guide_id}.yaml" is in this language already ("{original.language}")'
            self.problems.append(Problem(doc.file, 1, what, "write its words there, and remove this file"))
        elif original is not None and words is not None and sound:
            guide, warnings = put_together(doc, original, words, language)
            self.problems += warnings
            self.translations.setdefault(language.lower(), {})[guide_id] = guide
            if self.look is not None:
                self.look(doc, guide)

    def _english(self, path: Path) -> Any:
        """What stands in for texts that other languages lack; read once for all of them."""
        if path not in self._fallbacks:
            there, _ = read_document(path)
            self._fallbacks[path] = there.data if there is not None else None
        return self._fallbacks[path]

    def _texts(self, doc: Document, path: Path) -> None:
        locale = path.stem
        if not _LOCALE.fullmatch(locale):
            fix = 'use names like "de.yaml" or "pt-BR.yaml"'
            self.problems.append(Problem(doc.file, 1, f'"{locale}" is not a language tag', fix))
        english = None
        if locale.lower() != FALLBACK:
            english = self._english(path.with_name(f"{FALLBACK}.yaml"))
        texts, problems = read_texts(doc, english)
        self.problems += problems
        if texts is not None:
            self.texts[locale.lower()] = texts


def _beside(path: Path, guide_id: str) -> Guide | None:
    """The original of a translation that is looked at alone."""
    doc, problems = read_document(path.with_name(f"{guide_id}.yaml"))
    return read_guide(doc, sound=not problems)[0] if doc is not None else None


def read_document(path: Path, *, a_list: bool = False) -> tuple[Document | None, list[Problem]]:
    """One file as data that knows its lines, or None where it can't be read; and the mistakes of its YAML."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        return None, [Problem(str(path), 1, f"can't be read: {os_reason(error)}", "check its name and its permissions")]
    return parse(raw, str(path), a_list=a_list)


def read_guide(doc: Document, sound: bool = True) -> tuple[Guide | None, list[Problem]]:
    """The guide that a document holds, or None and every mistake in it. `sound`: its YAML has no mistakes."""
    data, problems = dict(doc.data), []
    if "version" in data:
        del data["version"]
        problems.append(doc.problem(("version",), 'the key "version" is filled in by the bot', "remove it"))
    review = data.get("review")
    if isinstance(review, str) and not _DAY.fullmatch(review.strip()):
        data["review"] = "2000-01-01"  # pydantic would take a bare number for seconds since 1970
        problems.append(doc.problem(("review",), f'"review" is not a date: "{review}"', "write it like 2027-01-31"))
    if isinstance(data.get("steps"), dict):
        data["steps"] = {name: _step(doc, name, step, problems) for name, step in data["steps"].items()}
    try:
        guide = Guide.model_validate(data)
    except ValidationError as error:
        problems += explain(error, doc, Guide)
        guide = None
    problems += graph.check(doc, sound=sound and not problems)
    if guide is None or problems:
        return None, problems
    return guide.model_copy(update={"version": version(guide)}), []


def version(guide: Guide) -> str:
    """12 hex digits that change when what the guide says changes, not with comments, quotes or line breaks."""
    said = guide.model_dump_json(exclude={"version"}, exclude_defaults=True)
    return hashlib.sha256(said.encode()).hexdigest()[:12]


def _step(doc: Document, name: str, step: Any, problems: list[Problem]) -> Question | Outcome:
    """A step by its key: `ask` makes a question, `outcome` makes advice. One with mistakes is told and replaced."""
    place = ("steps", name)
    if not isinstance(step, dict):
        problems.append(
            doc.problem(place, f"{where(place)} is not made of keys and values", 'give it "ask" or "outcome"')
        )
        return _STAND_IN
    if ("ask" in step) == ("outcome" in step):
        problems.append(_no_kind(doc, name, step))
        return _STAND_IN
    model: type[Question | Outcome] = Question if "ask" in step else Outcome
    try:
        return model.model_validate(step)
    except ValidationError as error:
        problems += explain(error, doc, model, place)
    return _STAND_IN


def _no_kind(doc: Document, name: str, step: dict[str, Any]) -> Problem:
    """Neither a question nor advice, or both."""
    place = ("steps", name)
    if "ask" in step:
        fix = 'keep "ask" for a question or "outcome" for advice, and move the other to a step of its own'
        return doc.problem(place, f"{where(place)} both asks and advises", fix)
    for key in step:
        if near := did_you_mean(key, ("ask", "outcome")):
            return doc.problem((*place, key), f'unknown key "{key}" in {where(place)}', near)
    fix = 'a question begins with "ask: …", advice with "outcome: …"'
    return doc.problem(place, f"{where(place)} neither asks nor advises", fix)
