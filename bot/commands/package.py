"""`helpbot package teams`: the app package, ready to be uploaded."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from pathlib import Path

import typer

from bot import package_teams
from bot.errors import HelpbotError
from bot.handoff.plan_file import load_plan
from bot.resources import manifest_dir
from bot.settings import from_environment
from dialogs.content import load


def package(out: Path, version: str) -> None:
    """Write the package for Teams to `out`. version: the app's; empty: the program's.

    Raises HelpbotError with everything that is missing, ContentError.
    """
    settings = from_environment()
    guides = load(settings.content_dir).guides.values()
    hears_all = load_plan(settings.content_dir).relay == "all"
    made = package_teams.fill(settings, guides, manifest_dir() / "teams", version or _installed(), hears_all)
    try:
        out.write_bytes(package_teams.zipped(made))
    except OSError as error:
        raise HelpbotError(f"{out} can't be written: {error.strerror}; give another place with --out") from error
    commands = made.manifest["bots"][0]["commandLists"][0]["commands"]
    typer.echo(
        f"{out}: {made.manifest['name']['short']} {made.manifest['version']}, bot {made.manifest['id']}, "
        f"{len(commands)} commands. Upload it in the Teams admin center, under Manage apps; docs/deploy.md says how."
    )


def _installed() -> str:
    try:
        return installed_version("helpbot")
    except PackageNotFoundError:
        return ""
