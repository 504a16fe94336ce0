"""`helpbot check`: mistakes in guides, texts and conversations, and warnings, as `file:line: what; fix`."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import typer

from bot.handoff.plan_file import FILE, read_plan
from bot.second_look import Measure, SecondLook
from bot.settings import from_environment
from bot.talk import Talk, is_talk, read_talk
from dialogs.content import check_files, content_files, load, missing, read_document, yaml_files
from dialogs.errors import ContentError, Problem
from dialogs.guide import Guide
from dialogs.library import FALLBACK
from dialogs.texts_file import read_texts

SHOWN = 10  # warnings of a kind that are printed without being asked for
_VALUES = re.compile(r'"[^"]*"|\([^()]*\)|\b\d[\d-]*\b|: .*')


def check(
    paths: Sequence[Path] = (),
    play: bool = False,
    strict: bool = False,
    links: bool = False,
    all_warnings: bool = False,
    today: dt.date | None = None,
) -> int:
    """Print every mistake and warning of these files and folders (the content folder by default) and a summary.

    play: also play the conversations among them, once nothing else is wrong. links: also ask whether the links still
    lead anywhere. all_warnings: print every one, not only the first `SHOWN` of a kind. strict: a warning counts as a
    mistake. today: for dates of review. The exit code: 1 when there is a mistake.
    """
    found = _Found()
    for path in paths or [from_environment().content_dir]:
        found.add(_short(path))
    look = SecondLook(today or dt.datetime.now(dt.UTC).date(), _measure(found.texts()), links)
    looked = found.problems + check_files(found.files, look)
    looked += [problem for path in found.plans for problem in read_plan(path)[1]]
    talks = [talk for path in found.talks if (talk := _talk(path, looked))]
    problems = [problem for problem in looked if not problem.warning]
    warnings = [problem for problem in looked if problem.warning]
    warnings += [*look.problems, *look.untranslated(found.texts())]
    warnings += _asked(look.links) if links else []
    if played := play and not problems:
        problems += _played(talks)
    _print(problems, warnings, all_warnings)
    files = len(found.files) + len(found.plans)
    typer.echo(_summary(files, len(found.talks), "played" if played else "read", problems, len(warnings)))
    return 1 if problems or (strict and warnings) else 0


def _asked(links: Mapping[str, tuple[str, int]]) -> list[Problem]:
    """What is said of the links."""
    # Imported here because aiohttp is not needed otherwise, and takes as long as a small library.
    import asyncio

    from bot.link_check import check_links

    return asyncio.run(check_links(links))


def _print(problems: list[Problem], warnings: list[Problem], all_warnings: bool) -> None:
    """Mistakes all, the first warnings of each kind, by file and line: a library may have thousands of one kind."""
    kinds: dict[str, list[Problem]] = defaultdict(list)
    for warning in sorted(warnings):
        kinds[_VALUES.sub("…", warning.what)].append(warning)
    shown = [warning for same in kinds.values() for warning in (same if all_warnings else same[:SHOWN])]
    for problem in sorted(problems + shown):
        typer.echo(str(problem))
    for kind, same in kinds.items():
        if len(same) > SHOWN and not all_warnings:
            typer.echo(f"… and {len(same) - SHOWN} more like this: {kind}")
    if len(shown) < len(warnings):
        typer.echo("--all shows them.")


def _measure(texts: list[Path]) -> Measure:
    """Measures cards with the English texts among these files, or else those of the content folder."""

    made: list[Measure] = []

    def measure(guide: Guide, steps: set[str]) -> Iterable[tuple[str, bool, int]]:
        if not made:
            made.append(sizes())
        return made[0](guide, steps)

    def sizes() -> Measure:
        # Imported here because cards need much more than guides, and few are so large that they must be measured.
        from bot.sizes import Sizes

        english = [path for path in texts if path.stem == FALLBACK]
        path = english[0] if english else from_environment().content_dir / "texts" / f"{FALLBACK}.yaml"
        doc, problems = read_document(path)
        said = read_texts(doc, None)[0] if doc is not None and not problems else None
        return Sizes(said) if said is not None else lambda guide, steps: ()

    return measure


class _Found:
    """The files that were meant."""

    def __init__(self) -> None:
        self.files: list[Path] = []
        self.plans: list[Path] = []
        self.talks: list[Path] = []
        self.problems: list[Problem] = []

    def texts(self) -> list[Path]:
        """The files of texts among them."""
        return [path for path in self.files if path.absolute().parent.name == "texts"]

    def add(self, path: Path) -> None:
        """A file; or a content folder, which must be complete; or the files of any other folder."""
        if not path.is_dir():
            (self.talks if is_talk(path) else self.plans if path.name == FILE else self.files).append(path)
        elif (path / "guides").is_dir() or (path / "texts").is_dir():
            self.problems += missing(path)
            self.files += content_files(path)
            if (path / FILE).is_file():
                self.plans.append(path / FILE)
            self.talks += _talks(path / "guides")
        else:
            talks, files = _talks(path), [file for file in yaml_files(path) if not is_talk(file)]
            if not talks and not files:
                self.problems.append(Problem(str(path), 1, "there is nothing to check here", "name a content folder"))
            self.talks += talks
            self.files += files


def _talks(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.yaml") if is_talk(path))


def _talk(path: Path, problems: list[Problem]) -> Talk | None:
    talk, wrong = read_talk(path)
    problems += wrong
    return talk


def _played(talks: list[Talk]) -> list[Problem]:
    """Play conversations, each with the content that it lies in, or else with the content of the settings."""
    # Imported here because the player needs botbuilder, which takes a second to import.
    import asyncio

    from bot.play import play

    problems: list[Problem] = []
    for talk in talks:
        beside = Path(talk.doc.file).absolute().parent
        folder = beside.parent if beside.name == "guides" else from_environment().content_dir
        try:
            problems += asyncio.run(play(talk, load(_short(folder))))
        except ContentError as error:
            problems += (problem for problem in error.problems if problem not in problems)
    return problems


def _summary(files: int, talks: int, done: str, problems: list[Problem], warnings: int) -> str:
    """One line about what was looked at."""
    looked = _count(files, "file") + (f" and {_count(talks, 'file')} of conversations, {done}" if talks else "")
    more = f", {_count(warnings, 'warning')}" if warnings else ""
    if not problems:
        return f"No mistakes{more} in {looked}."
    wrong = len({problem.file for problem in problems})
    return f"{_count(len(problems), 'mistake')} in {_count(wrong, 'file')}{more} (looked at {looked})."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _short(path: Path) -> Path:
    """The path from here, if it lies below: what is printed can be clicked and typed."""
    try:
        return path.absolute().relative_to(Path.cwd())
    except ValueError:
        return path
