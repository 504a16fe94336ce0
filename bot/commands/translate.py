"""`helpbot translate`: what is missing in other languages, as a file to fill in; and the way back."""

from __future__ import annotations

from pathlib import Path

import typer

from bot.errors import HelpbotError
from bot.settings import from_environment
from bot.translate import HEAD, apply, dump, has_comments, languages, to_do
from dialogs.errors import os_reason


def translate(language: str = "", filled: Path | None = None, out: Path | None = None) -> int:
    """Print (or write to `out`) what is missing in a language, or in all that there are; or put a filled file back.

    The exit code: 1 when the filled file has mistakes; nothing is written then.
    """
    folder = from_environment().content_dir
    if filled is not None:
        return _apply(folder, filled)
    wanted = [language.lower()] if language else languages(folder)
    found = {name: entries for name in wanted if (entries := to_do(folder, name))}
    if not found:
        typer.echo(f"Nothing is missing in {', '.join(wanted) or 'any language: there is only English'}.")
        return 0
    text = HEAD + dump(found)
    if out is None:
        typer.echo(text, nl=False)
    else:
        try:
            out.write_text(text, encoding="utf-8")
        except OSError as error:
            raise HelpbotError(f"{out}: can't be written: {os_reason(error)}; name another file with --out") from error
        typer.echo(f"{out}: {', '.join(f'{_count(entries)} texts in {name}' for name, entries in found.items())}")
    return 0


def _count(entries: dict[str, dict[str, object]]) -> int:
    guides = entries.get("guides", {})
    below = sum(len(places) - 1 for places in guides.values() if isinstance(places, dict))  # without "of"
    return len(entries.get("texts", {})) + below


def _apply(folder: Path, filled: Path) -> int:
    if not filled.is_file():
        raise HelpbotError(f"{filled} is no file that is there; name the file that was filled in")
    applied = apply(folder, filled)
    for problem in sorted(applied.problems):
        typer.echo(str(problem))
    if applied.problems:
        typer.echo("Nothing was written.")
        return 1
    for path, text in applied.files.items():
        target = path.with_name(f"{path.name}.new") if has_comments(path) else path
        target.write_text(text, encoding="utf-8")
        why = f": {path.name} has comments of its own; take over what is new by hand" if target != path else ""
        typer.echo(f"{target}{why}")
    typer.echo(f"{applied.filled} texts filled in.")
    return 0
