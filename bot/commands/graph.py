"""`helpbot graph`: a guide as a Mermaid flow chart."""

from __future__ import annotations

import typer

from bot.errors import HelpbotError
from bot.mermaid import mermaid
from bot.settings import from_environment
from dialogs.content import load_files, yaml_files
from dialogs.model_mistakes import did_you_mean


def graph(guide_id: str, locale: str = "") -> None:
    """Print the chart of this guide, in this language or in its own. Only its own files are read.

    Raises `ContentError`, `HelpbotError`.
    """
    settings = from_environment()
    files = yaml_files(settings.content_dir / "guides")
    own = [path for path in files if path.name.partition(".")[0] == guide_id]
    library = load_files(own, settings.default_locale)
    found = (library.spoken(locale) if locale else library).guide(guide_id)
    if found is None:
        names = [path.stem for path in files if "." not in path.stem]
        near = did_you_mean(guide_id, names) or f"there are: {', '.join(names[:20])}"
        raise HelpbotError(f'there is no guide "{guide_id}"; {near}')
    typer.echo(mermaid(found), nl=False)
