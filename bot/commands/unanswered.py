"""`helpbot unanswered`: what people said and no guide was found for, so that authors make phrases or guides of it."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.log import setup
from bot.operator import with_store
from bot.search.analysis import Analysis, Language
from bot.search.likeness import Group, grouped
from bot.search.opening import left_out, open_content
from bot.settings import from_environment
from bot.storage.base import Store
from dialogs.library import Library, tags

DAY = 86400.0
MOST = 20_000  # messages that are looked at, the newest


@dataclass(frozen=True, slots=True)
class _Asked:
    days: int
    top: int
    as_json: bool


def unanswered(days: int, top: int, *, as_json: bool = False) -> None:
    """Print the groups, the largest first: a table, or JSON. Raises `HelpbotError` when there is no database."""
    settings = from_environment()
    setup(time.time, as_json=False, level="warning", stream=sys.stderr)
    content = open_content(
        settings.content_dir,
        settings.index_file,
        settings.default_locale,
        lambda problems: typer.echo(left_out(problems), err=True),
    )
    with_store(lambda store, _: _print(store, content.library, _Asked(days, top, as_json)))


async def _print(store: Store, library: Library, asked: _Asked) -> None:
    since = time.time() - asked.days * DAY
    messages = await store.unanswered(since, MOST)

    @cache
    def analysis(language: str) -> Analysis:
        synonyms = next((library.synonyms[tag] for tag in tags(language) if tag in library.synonyms), ())
        return Analysis(Language.of(language, library.texts[language].words, synonyms))

    groups = grouped(messages, lambda locale: analysis(library.language(locale)))
    if asked.as_json:
        told = [_plain(group) for group in groups[: asked.top]]
        sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
    elif not groups:
        typer.echo(f"Every message of the last {asked.days} days found a guide.")
    else:
        _table(groups[: asked.top])
        typer.echo(
            f"{len(messages)} messages in {len(groups)} groups, {asked.days} days. A phrase in a guide answers them."
        )


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).date().isoformat()


def _plain(group: Group) -> dict[str, Any]:
    return {
        "count": group.count,
        "words": group.words,
        "sayings": group.sayings,
        "first": _day(group.first),
        "latest": _day(group.latest),
    }


def _table(groups: list[Group]) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("count", justify="right", no_wrap=True)
    table.add_column("latest", no_wrap=True)
    table.add_column("what was said, and other wordings")
    for group in groups:
        said = Text(group.words)
        for saying in group.sayings:
            said.append(f"\n{saying}", style="dim")
        table.add_row(str(group.count), _day(group.latest), said)
    Console().print(table)
