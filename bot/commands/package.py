"""`helpbot package teams|slack`: the app package for Teams, or the manifest for Slack."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from pathlib import Path

import typer

from bot import package_slack, package_teams
from bot.errors import HelpbotError
from bot.handoff.plan_file import load_plan
from bot.resources import manifest_dir
from bot.search.opening import looked_at
from bot.settings import from_environment


def package(channel: str, out: Path | None, version: str) -> None:
    """Write what the app of this channel is made from to `out`. version: the Teams app's; empty: the program's.

    Raises HelpbotError with everything that is missing, ContentError.
    """
    if channel == "slack":
        _slack(out or Path("slack-manifest.yaml"))
    else:
        _teams(out or Path("app.zip"), version)


def _slack(out: Path) -> None:
    made = package_slack.fill(from_environment(), manifest_dir() / "slack")
    _write(out, package_slack.text(made).encode())
    how = "by Socket Mode" if made["settings"]["socket_mode_enabled"] else "over HTTP"
    typer.echo(
        f"{out}: {made['display_information']['name']}, {how}. Paste it at https://api.slack.com/apps, Create New App, "
        "From an app manifest; docs/slack.md says how."
    )


def _teams(out: Path, version: str) -> None:
    settings = from_environment()
    library, _ = looked_at(settings.content_dir, settings.index_file, settings.default_locale)
    guides = library.guides.values()
    hears_all = load_plan(settings.content_dir).relay == "all"
    made = package_teams.fill(settings, guides, manifest_dir() / "teams", version or _installed(), hears_all)
    _write(out, package_teams.zipped(made))
    commands = made.manifest["bots"][0]["commandLists"][0]["commands"]
    typer.echo(
        f"{out}: {made.manifest['name']['short']} {made.manifest['version']}, bot {made.manifest['id']}, "
        f"{len(commands)} commands. Upload it in the Teams admin center, under Manage apps; docs/deploy.md says how."
    )


def _write(out: Path, content: bytes) -> None:
    try:
        out.write_bytes(content)
    except OSError as error:
        raise HelpbotError(f"{out} can't be written: {error.strerror}; give another place with --out") from error


def _installed() -> str:
    try:
        return installed_version("helpbot")
    except PackageNotFoundError:
        return ""
