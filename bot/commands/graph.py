"""`helpbot graph`: a guide as a Mermaid flow chart."""

from __future__ import annotations

import typer

from bot.errors import HelpbotError
from bot.mermaid import mermaid
from bot.settings import from_environment
from dialogs.content import load
from dialogs.model_mistakes import did_you_mean


def graph(guide_id: str, locale: str = "") -> None:
    """Print the chart of this guide, in this language or in its own. Raises `ContentError`, `HelpbotError`."""
    settings = from_environment()
    library = load(settings.content_dir, settings.default_locale)
    found = (library.spoken(locale) if locale else library).guide(guide_id)
    if found is None:
        near = did_you_mean(guide_id, library.guides) or f"there are: {', '.join([*library.guides][:20])}"
        raise HelpbotError(f'there is no guide "{guide_id}"; {near}')
    typer.echo(mermaid(found), nl=False)
