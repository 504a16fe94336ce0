"""The Slack app's manifest, filled from the settings: what is pasted where Slack asks for "an app manifest".

`manifest/slack/manifest.yaml` is the template. Scopes and events are those that the program uses, and no others.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from bot.channels.registry import PATHS
from bot.channels.slack_installs import REDIRECT
from bot.channels.slack_read import SHORTCUT
from bot.channels.slack_scopes import EVENTS, SCOPES
from bot.errors import HelpbotError
from bot.settings import Settings

Manifest = dict[str, Any]
MANIFEST = "manifest.yaml"
# The longest texts that Slack takes (slackapi/manifest-schema 2.0.0).
_MOST = {
    "display_information.name": 35,
    "display_information.description": 140,
    "features.bot_user.display_name": 80,
    "features.shortcuts.name": 24,
    "features.shortcuts.description": 150,
    "features.slash_commands.command": 32,
    "features.slash_commands.description": 2000,
    "features.slash_commands.usage_hint": 1000,
}
_COLOR = re.compile(r"#[0-9a-fA-F]{3}([0-9a-fA-F]{3})?")


def fill(settings: Settings, folder: Path) -> Manifest:
    """The manifest for these settings, from the template in `folder`.

    By Socket Mode where an app token is set, or nothing of HTTP is; else with the addresses below HELPBOT_PUBLIC_URL.
    Raises HelpbotError with everything that is wrong.
    """
    made = _template(folder / MANIFEST)
    socket = bool(settings.slack_app_token.get_secret_value()) or not settings.public_url
    made["display_information"]["name"] = settings.slack_bot_name
    made["features"]["bot_user"]["display_name"] = settings.slack_bot_name
    made["features"]["slash_commands"][0]["command"] = settings.slack_command
    made["oauth_config"]["scopes"]["bot"] = list(SCOPES)
    made["settings"]["event_subscriptions"]["bot_events"] = list(EVENTS)
    made["settings"]["socket_mode_enabled"] = socket
    if not socket:
        url = settings.public_url + PATHS["slack"]
        made["settings"]["event_subscriptions"]["request_url"] = url
        made["settings"]["interactivity"]["request_url"] = url
        made["features"]["slash_commands"][0]["url"] = url
    if settings.slack_client_id:
        made["oauth_config"]["redirect_urls"] = [settings.public_url + REDIRECT]
        made["settings"]["org_deploy_enabled"] = True
    if problems := check(made):
        raise HelpbotError("The Slack manifest can't be made:\n" + "\n".join(f"  {each}" for each in problems))
    return made


def check(manifest: Manifest) -> list[str]:
    """What Slack, or the program, would not take; each with its place."""
    problems = []
    for place, value in _texts(manifest):
        most = _MOST.get(place)
        if most is not None and not 0 < len(value) <= most:
            problems.append(f"{place} has {len(value)} characters; Slack takes 1 to {most}")
    if not _COLOR.fullmatch(str(manifest["display_information"].get("background_color", "#000"))):
        problems.append('display_information.background_color is no color; write one like "#1f4e79"')
    if manifest["features"]["shortcuts"][0].get("callback_id") != SHORTCUT:
        problems.append(f"features.shortcuts: the callback_id must be {SHORTCUT}")
    if manifest["settings"].get("token_rotation_enabled"):
        problems.append("settings.token_rotation_enabled must be false: the bot keeps one token")
    if not manifest["features"]["app_home"].get("messages_tab_enabled"):
        problems.append("features.app_home.messages_tab_enabled must be true: people write to the bot there")
    return problems


def text(manifest: Manifest) -> str:
    """As YAML, to be pasted."""
    return yaml.safe_dump(manifest, sort_keys=False, allow_unicode=True, width=120)


def _texts(part: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Every text with its place; what stands in lists has the list's."""
    if isinstance(part, dict):
        for name, value in part.items():
            yield from _texts(value, f"{place}.{name}" if place else str(name))
    elif isinstance(part, list):
        for value in part:
            yield from _texts(value, place)
    elif isinstance(part, str):
        yield place, part


def _template(path: Path) -> Manifest:
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
        made = copy.deepcopy(found)
        for keys in (
            ("display_information",),
            ("features", "bot_user"),
            ("features", "app_home"),
            ("oauth_config", "scopes"),
            ("settings", "event_subscriptions"),
            ("settings", "interactivity"),
        ):
            inside = made
            for key in keys:
                inside = inside[key]
            inside.get("")
        made["features"]["slash_commands"][0].get("")
        made["features"]["shortcuts"][0].get("")
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise HelpbotError(
            f"{path} can't be read ({type(error).__name__}); restore the one that came with it"
        ) from error
    except (AttributeError, KeyError, IndexError, TypeError) as error:
        raise HelpbotError(
            f"{path} lacks a part of the manifest ({error}); restore the one that came with it"
        ) from error
    return dict(made)
