"""What a translator gets and gives back: the texts that are missing in a language, each with an empty place.

    de:
      texts:
        desk.queued: {from: "You are number {place} …", to: }
      guides:
        vpn:
          of: 1f6a09c2
          steps.reboot.ask: {from: Did you restart the computer?, to: }

A place is named by its way through the file, answers by their ids, lists by number from 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from dialogs.content import read_document, read_guide, yaml_files
from dialogs.errors import Problem
from dialogs.guide import Guide
from dialogs.library import FALLBACK
from dialogs.source import Document, Place, parse
from dialogs.texts_file import completed, read_texts
from dialogs.translation_file import name_of, put_together, read_words
from dialogs.wordings import missing, words_version

HEAD = """\
# What is not translated yet. Write each text into its "to"; {places}, **marks** and `code` stay as they are. A list is
# what people say: write as many as you like. Then: helpbot translate --apply FILE
"""


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]  # which of both there is differs
    """Long texts in blocks, nothing as an alias."""

    def ignore_aliases(self, data: Any) -> bool:
        """Every text is written where it stands."""
        return True


def _text(dumper: Any, value: str) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


def _nothing(dumper: Any, value: None) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:null", "")


_Dumper.add_representer(str, _text)
_Dumper.add_representer(type(None), _nothing)


def dump(data: Any) -> str:
    """As YAML for people."""
    return str(yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=140))


def languages(folder: Path) -> list[str]:
    """The languages that anything is translated into, in small letters."""
    texts = {path.stem.lower() for path in yaml_files(folder / "texts")}
    guides = {name_of(path.stem)[1].lower() for path in yaml_files(folder / "guides") if "." in path.stem}
    return sorted((texts | guides) - {FALLBACK})


def to_do(folder: Path, language: str) -> dict[str, Any]:
    """What is missing in this language, as the file above has it below the language's name; empty when nothing is."""
    found: dict[str, Any] = {}
    english = _data(folder / "texts" / f"{FALLBACK}.yaml")
    _, gone = completed(_data(_texts_file(folder, language)), english)
    if gone and language != FALLBACK:
        found["texts"] = {_name(place): {"from": _at(english, place), "to": None} for place in gone}
    guides = {}
    for guide in _originals(folder):
        doc, _ = _document(_guide_file(folder, guide.id, language))
        words = read_words(doc, guide)[0] if doc else None
        lacking = {} if guide.language.lower() == language else missing(guide, words)
        if lacking:
            entries = {
                _name(p): {"from": list(s) if isinstance(s, tuple) else s, "to": [] if isinstance(s, tuple) else None}
                for p, s in lacking.items()
            }
            guides[guide.id] = {"of": words_version(guide), **entries}
    if guides:
        found["guides"] = guides
    return found


@dataclass(slots=True)
class Applied:
    """What a filled-in file comes to: files to write, and mistakes (then nothing is to be written)."""

    files: dict[Path, str] = field(default_factory=dict)
    filled: int = 0
    problems: list[Problem] = field(default_factory=list)


def apply(folder: Path, path: Path) -> Applied:
    """Put the filled places of this file into the files of its languages; empty ones are left for later."""
    applied = Applied()
    doc, applied.problems = read_document(path)
    originals = {guide.id: guide for guide in _originals(folder)}
    for language, parts in (doc.data if doc else {}).items():
        if not isinstance(parts, dict):
            continue
        _apply_texts(applied, folder, language, _filled(parts.get("texts")))
        for guide_id, entries in (parts.get("guides") or {}).items():
            if (guide := originals.get(guide_id)) is None:
                fix = "it was removed or renamed since; remove it here"
                place = (language, "guides", guide_id)
                applied.problems.append(doc.problem(place, f'there is no guide "{guide_id}"', fix))  # type: ignore[union-attr]  # it has data
            else:
                _apply_guide(applied, folder, language, guide, _filled(entries), entries.get("of"))
    return applied


def _filled(entries: Any) -> dict[str, Any]:
    """The places that somebody wrote into."""
    pairs = entries.items() if isinstance(entries, dict) else ()
    return {name: entry["to"] for name, entry in pairs if isinstance(entry, dict) and entry.get("to")}


def _apply_texts(applied: Applied, folder: Path, language: str, filled: Mapping[str, Any]) -> None:
    if not filled:
        return
    path = _texts_file(folder, language)
    data = _data(path)
    for name, value in filled.items():
        section, _, key = name.partition(".")
        if key:
            data.setdefault(section, {})[key] = value
        else:
            data[section] = value
    text = _written(path, data)
    doc, problems = parse(text.encode(), str(path))
    if doc is not None:
        problems = problems + read_texts(doc, _data(folder / "texts" / f"{FALLBACK}.yaml"))[1]
    _keep(applied, path, text, len(filled), problems)


def _apply_guide(
    applied: Applied, folder: Path, language: str, guide: Guide, filled: Mapping[str, Any], of: str | None
) -> None:
    if not filled:
        return
    path = _guide_file(folder, guide.id, language)
    data = {"id": guide.id, **_data(path)}
    if of:
        data["of"] = of
    for name, value in filled.items():
        _put(data, name.split("."), value, guide.model_dump())
    text = _written(path, data)
    doc, problems = parse(text.encode(), str(path))
    if doc is not None:
        words, wrong = read_words(doc, guide)
        problems = problems + wrong + (put_together(doc, guide, words, language)[1] if words else [])
    _keep(applied, path, text, len(filled), problems)


def _keep(applied: Applied, path: Path, text: str, count: int, problems: list[Problem]) -> None:
    applied.files[path] = text
    applied.filled += count
    applied.problems += [problem for problem in problems if not problem.warning]


def _put(data: Any, names: list[str], value: Any, original: Any) -> None:
    """Write one text; lists on its way become as long as the original's, answers get their ids."""
    name, *rest = names
    if isinstance(data, list) and not name.isdigit():  # answers, by id
        below: Any = next((a for a in original if a["id"] == name), {})
        entry = next((a for a in data if a.get("id") == name), None)
        if entry is None:
            entry = {"id": name}
            data.append(entry)
    elif not rest:
        data[name] = value
        return
    else:
        key: Any = int(name) if isinstance(data, list) else name
        below = original[key]
        fresh: Any = {}
        if isinstance(below, list | tuple):
            fresh = [] if name == "answers" else [{} for _ in below]
        if isinstance(data, list):
            entry = data[key]
        else:
            entry = data[name] = data.get(name) or fresh
    _put(entry, rest, value, below)


# -- files


def _texts_file(folder: Path, language: str) -> Path:
    there = [path for path in yaml_files(folder / "texts") if path.stem.lower() == language.lower()]
    return there[0] if there else folder / "texts" / f"{language}.yaml"


def _guide_file(folder: Path, guide_id: str, language: str) -> Path:
    name = f"{guide_id}.{language}"
    there = [path for path in (folder / "guides").glob(f"{guide_id}.*.yaml") if path.stem.lower() == name.lower()]
    return there[0] if there else folder / "guides" / f"{name}.yaml"


def _document(path: Path) -> tuple[Document | None, list[Problem]]:
    return read_document(path) if path.is_file() else (None, [])


def _data(path: Path) -> dict[str, Any]:
    doc, _ = _document(path)
    return dict(doc.data) if doc else {}


def _originals(folder: Path) -> Iterator[Guide]:
    for path in yaml_files(folder / "guides"):
        if "." not in path.stem:
            doc, problems = read_document(path)
            guide = read_guide(doc, sound=not problems)[0] if doc else None
            if guide is not None:
                yield guide


def _written(path: Path, data: Mapping[str, Any]) -> str:
    """The file anew, below the comment that it began with."""
    old = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.is_file() else []
    head = []
    for line in old:
        if line.strip() and not line.startswith("#"):
            break
        head.append(line)
    return "".join(head) + dump(dict(data))


def has_comments(path: Path) -> bool:
    """Whether a file has comments below its head, which writing it anew would lose."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    while lines and (not lines[0].strip() or lines[0].startswith("#")):
        lines.pop(0)
    return any(line.lstrip().startswith("#") for line in lines)


def _name(place: Place) -> str:
    return ".".join(map(str, place))


def _at(data: Any, place: Place) -> Any:
    for part in place:
        data = data[part]
    return data
