"""`helpbot index`: compile the content into one file, so that the server need not do it when it starts."""

from __future__ import annotations

import sqlite3
import sys
import time
from pathlib import Path

import typer

from bot.errors import HelpbotError
from bot.log import setup
from bot.search.compile import compiled
from bot.search.opening import FILE
from bot.search.vectors import find_encoder
from bot.settings import from_environment


def index(file: Path | None = None) -> None:
    """Compile, by difference, and say what came of it. Raises `ContentError` with every mistake."""
    settings = from_environment()
    place = file or settings.index_file or Path(FILE)
    setup(time.time, as_json=False, stream=sys.stderr)
    began = time.monotonic()
    try:
        place.absolute().parent.mkdir(parents=True, exist_ok=True)
        found = compiled(settings.content_dir, place, find_encoder(), sys.maxsize)
    except (OSError, sqlite3.Error) as error:
        raise HelpbotError(f"{place}: can't be written: {error}; name another file with HELPBOT_INDEX_FILE") from error
    guides = found.rows("SELECT count(*) FROM guides WHERE original")[0][0]
    vectors = found.rows("SELECT count(*) FROM guides JOIN vectors USING (text)")[0][0]
    size, took = place.stat().st_size / 1e6, time.monotonic() - began
    meaning = f", {vectors} with vectors" if vectors else ""
    typer.echo(f"{place}: {guides} {'guide' if guides == 1 else 'guides'}{meaning}, {size:.1f} MB; {took:.1f} s.")
