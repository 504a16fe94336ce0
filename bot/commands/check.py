"""`helpbot check`: all mistakes in guides, texts and conversations, as `file:line: what; fix`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import typer

from bot.handoff.plan_file import FILE, read_plan
from bot.settings import from_environment
from bot.talk import Talk, is_talk, read_talk
from dialogs.content import check_files, content_files, load, missing, yaml_files
from dialogs.errors import ContentError, Problem


def check(paths: Sequence[Path] = (), play: bool = False) -> int:
    """Print every mistake in these files and folders (the content folder by default) and a summary.

    play: also play the conversations among them, once nothing else is wrong. The exit code: 1 when there is a mistake.
    """
    found = _Found()
    for path in paths or [from_environment().content_dir]:
        found.add(_short(path))
    looked = check_files(found.files)
    warnings = [problem for problem in looked if problem.warning]
    problems = found.problems + [problem for problem in looked if not problem.warning]
    problems += [problem for path in found.plans for problem in read_plan(path)[1]]
    talks = [talk for path in found.talks if (talk := _talk(path, problems))]
    played = play and not problems
    if played:
        problems += _played(talks)
    for problem in sorted(problems + warnings):
        typer.echo(str(problem))
    typer.echo(
        _summary(len(found.files) + len(found.plans), len(found.talks), "played" if played else "read", problems)
    )
    return 1 if problems else 0


class _Found:
    """The files that were meant."""

    def __init__(self) -> None:
        self.files: list[Path] = []
        self.plans: list[Path] = []
        self.talks: list[Path] = []
        self.problems: list[Problem] = []

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


def _summary(files: int, talks: int, done: str, problems: list[Problem]) -> str:
    """One line about what was looked at."""
    looked = _count(files, "file") + (f" and {_count(talks, 'file')} of conversations, {done}" if talks else "")
    if not problems:
        return f"No mistakes in {looked}."
    wrong = len({problem.file for problem in problems})
    return f"{_count(len(problems), 'mistake')} in {_count(wrong, 'file')} (looked at {looked})."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _short(path: Path) -> Path:
    """The path from here, if it lies below: what is printed can be clicked and typed."""
    try:
        return path.absolute().relative_to(Path.cwd())
    except ValueError:
        return path
