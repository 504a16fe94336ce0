"""`helpbot schema`: the JSON Schemas of what authors write, for their editors."""

from __future__ import annotations

from pathlib import Path

import typer

from bot.schema import KINDS
from bot.schema import schema as make


def schema(kind: str = "guide", out: Path | None = None) -> None:
    """Print one schema; or write all into the folder `out`, as `<kind>.schema.json`."""
    if out is None:
        typer.echo(make(kind), nl=False)
        return
    out.mkdir(parents=True, exist_ok=True)
    for name in KINDS:
        path = out / f"{name}.schema.json"
        path.write_text(make(name), encoding="utf-8")
        typer.echo(str(path))
