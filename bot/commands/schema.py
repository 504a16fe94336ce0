"""`helpbot schema`: the JSON Schemas of what authors write, for their editors."""

from __future__ import annotations

from pathlib import Path

import typer

from bot.errors import HelpbotError
from bot.schema import KINDS
from bot.schema import schema as make
from dialogs.errors import os_reason


def schema(kind: str = "guide", out: Path | None = None) -> None:
    """Print one schema; or write all into the folder `out`, as `<kind>.schema.json`."""
    if out is None:
        typer.echo(make(kind), nl=False)
        return
    for name in KINDS:
        path = out / f"{name}.schema.json"
        try:
            out.mkdir(parents=True, exist_ok=True)
            path.write_text(make(name), encoding="utf-8")
        except OSError as error:
            told = f"{error.filename or out}: can't be written: {os_reason(error)}"
            raise HelpbotError(f"{told}; name another folder") from error
        typer.echo(str(path))
