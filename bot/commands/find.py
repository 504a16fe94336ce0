"""`helpbot find`: which guides a message finds, as the bot would. For authors, and for measuring."""

from __future__ import annotations

import asyncio
import codecs
import json
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.errors import HelpbotError
from bot.log import setup
from bot.search.opening import Content, left_out, open_content
from bot.settings import from_environment
from dialogs.errors import os_reason
from dialogs.finder import Found, Sure, Unsure, verdict


def find(words: str, *, as_json: bool = False, top: int = 10, batch: Path | None = None, locale: str = "") -> int:
    """Print what is found: a table, JSON, or with `batch` (a file, "-": standard input) a line of JSON for each line.

    The exit code: 1 when nothing was asked.
    """
    settings = from_environment()
    if not words and batch is None:
        typer.echo('Say what to look for: helpbot find "guest cannot accept the invitation"', err=True)
        return 1
    setup(time.time, as_json=False, level="warning", stream=sys.stderr)
    content = open_content(
        settings.content_dir,
        settings.index_file,
        settings.default_locale,
        lambda problems: typer.echo(left_out(problems), err=True),  # the answer itself may be for a program
    )
    asked = _lines(batch) if batch is not None else [words]
    for query in asked:
        ranked = _ranked(content, query, locale or settings.default_locale, top)
        if batch is not None or as_json:
            sys.stdout.write(json.dumps({"query": query, "ranked": ranked}, ensure_ascii=False) + "\n")
        else:
            _show(content, ranked)
    return 0


def _lines(batch: Path) -> Iterator[str]:
    """The queries of a file, one a line; an empty line is a query, too: each line has its answer.

    A line that is not UTF-8 is told by its number, and what can be read of it is asked for.
    """
    try:
        raw = sys.stdin.buffer.read() if str(batch) == "-" else batch.read_bytes()
    except OSError as error:
        raise HelpbotError(
            f"{batch}: can't be read: {os_reason(error)}; give a text file with a query a line"
        ) from error
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raw = raw.decode("utf-16", "replace").encode()
    raw = raw.removeprefix(codecs.BOM_UTF8).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    # Only at line ends: str.splitlines would also break at U+2028, form feeds and the like.
    for number, line in enumerate(raw.removesuffix(b"\n").split(b"\n") if raw else (), start=1):
        try:
            yield line.decode()
        except UnicodeDecodeError:
            told = "this line is not UTF-8; what can't be read of it was left out"
            typer.echo(f"{'standard input' if str(batch) == '-' else batch}:{number}: {told}", err=True)
            yield line.decode(errors="ignore")


def _ranked(content: Content, query: str, locale: str, top: int) -> list[dict[str, Any]]:
    found = asyncio.run(content.finder.find(query, locale))[:top]
    guides = [(f, content.library.guide(f.guide)) for f in found]
    return [
        {"guide": f.guide, "source": _source(guide.sources) if guide else "", "score": round(f.score, 4)}
        for f, guide in guides
    ]


def _source(sources: Iterable[Any]) -> str:
    """The path of the article that a guide comes from."""
    return next((path for s in sources if (path := s.path or s.file or s.url)), "")


def _show(content: Content, ranked: list[dict[str, Any]]) -> None:
    """A table, and what the bot would do."""
    result = verdict([Found(entry["guide"], entry["score"]) for entry in ranked])
    offered = {result.guide} if isinstance(result, Sure) else set(result.guides) if isinstance(result, Unsure) else ()
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("", "score", "guide", "title"):
        table.add_column(name, no_wrap=name == "score", overflow="fold")  # an id is to be copied whole
    for entry in ranked:
        guide = content.library.guide(entry["guide"])
        mark = "*" if entry["guide"] in offered else ""
        table.add_row(mark, f"{entry['score']:.2f}", Text(entry["guide"]), Text(guide.title if guide else ""))
    if ranked:
        Console().print(table)
    told = {Sure: "The bot opens it.", Unsure: "The bot asks which of these (*) is meant."}
    typer.echo(told.get(type(result), "The bot says that it knows no guide for this."))
