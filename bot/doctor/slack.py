"""What the bot needs of Slack: a token that is good, the scopes that are used, events that are handled, its desks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from bot.channels.slack_api import SlackApi
from bot.channels.slack_people import MOST
from bot.channels.slack_scopes import EVENTS, SCOPES
from bot.doctor.finding import Finding
from bot.errors import DeliveryError, HelpbotError
from bot.settings import Settings
from bot.storage import peek

MANIFESTS = (".yaml", ".yml", ".json")
_REINSTALL = "put what `helpbot package slack` makes into the app's page App Manifest, and install the app again"
_INVITE = "invite the bot there: /invite @its name"


async def slack(session: aiohttp.ClientSession, settings: Settings, package: Path | None) -> AsyncIterator[Finding]:
    """All of it. package: the app's manifest, as its page App Manifest shows it, to compare. Nothing is sent."""
    api = SlackApi(session, settings.slack_api_url)
    token = settings.slack_bot_token.get_secret_value()
    if token:
        async for finding in _token(api, token):
            yield finding
    else:
        yield await _installed(settings)
    if app_token := settings.slack_app_token.get_secret_value():
        yield await _socket(api, app_token)
    yield _events(package)
    if token:
        for queue, key in (await _desks(settings)).items():
            yield await _desk(api, token, queue, key)


async def _token(api: SlackApi, token: str) -> AsyncIterator[Finding]:
    """auth.test says whose token it is; with its answer comes what it may do."""
    try:
        found = await api.read("auth.test", token, {})
    except DeliveryError as error:
        text = f"refused ({error.reason}); copy HELPBOT_SLACK_BOT_TOKEN from the app's page OAuth & Permissions"
        yield Finding("wrong", "Slack token", text)
        return
    yield Finding("ok", "Slack token", f"bot {found.get('user', '?')} in {found.get('team', '?')}")
    granted = {scope.strip() for scope in str(found.get("helpbot_scopes", "")).split(",") if scope.strip()}
    yield _scopes(granted, "Slack scopes")


def _scopes(granted: Iterable[str], name: str) -> Finding:
    missing = [scope for scope in SCOPES if scope not in granted]
    more = sorted(set(granted) - set(SCOPES))
    if missing:
        lost = "; ".join(f"{scope} ({SCOPES[scope]})" for scope in missing)
        return Finding("wrong", name, f"missing: {lost}; {_REINSTALL}")
    if more:
        return Finding("warning", name, f"granted, but used by nothing: {', '.join(more)}; {_REINSTALL}")
    return Finding("ok", name, f"all {len(SCOPES)} that are used, and no others")


async def _installed(settings: Settings) -> Finding:
    try:
        places = await peek.installed(settings.database_url)
    except HelpbotError as error:
        return Finding("wrong", "Slack workspaces", str(error))
    if not places:
        text = f"nobody has installed the app yet; open {settings.public_url}/slack/install"
        return Finding("warning", "Slack workspaces", text)
    return Finding("ok", "Slack workspaces", f"installed in {len(places)}: {', '.join(places[:10])}")


async def _socket(api: SlackApi, token: str) -> Finding:
    try:
        await api.call("apps.connections.open", token, {})
    except DeliveryError as error:
        text = f"refused ({error.reason}); make an app-level token with connections:write, set HELPBOT_SLACK_APP_TOKEN"
        return Finding("wrong", "Socket Mode", text)
    return Finding("ok", "Socket Mode", "Slack lets us connect")


def _events(package: Path | None) -> Finding:
    """No token may ask which events are subscribed; the app's own page shows them."""
    if package is None or package.suffix not in MANIFESTS:
        text = "not compared; save what the app's page App Manifest shows, and give it with --package FILE"
        return Finding("warning", "Slack events", text)
    try:
        found: Any = yaml.safe_load(package.read_text(encoding="utf-8"))  # JSON is YAML, too
        subscribed = set(found["settings"]["event_subscriptions"]["bot_events"])
        scopes = set(found["oauth_config"]["scopes"]["bot"])
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError) as error:
        return Finding("wrong", "Slack events", f"{package} is no Slack manifest ({type(error).__name__})")
    if missing := [event for event in EVENTS if event not in subscribed]:
        return Finding("wrong", "Slack events", f"not subscribed: {', '.join(missing)}; {_REINSTALL}")
    if more := sorted(subscribed - set(EVENTS)):
        return Finding("warning", "Slack events", f"subscribed, but not handled: {', '.join(more)}; {_REINSTALL}")
    if (asked := _scopes(scopes, "Slack events")).level != "ok":
        return asked
    return Finding("ok", "Slack events", f"all {len(EVENTS)} that are handled, and no others")


async def _desks(settings: Settings) -> dict[str, str]:
    try:
        found = await peek.desks(settings.database_url)
    except HelpbotError:
        return {}
    return {queue: key for queue, key in found.items() if key.startswith("slack|")}


async def _desk(api: SlackApi, token: str, queue: str, key: str) -> Finding:
    """Whether the bot is in the desk's channel: else nothing can be posted there, and nobody is staff."""
    channel = key.rpartition("|")[2]
    name = f"desk of {queue}"
    try:
        answer = await api.read("conversations.info", token, {"channel": channel, "include_num_members": "true"})
    except DeliveryError as error:
        return Finding("wrong", name, f"{channel} can't be seen ({error.reason}); {_INVITE}, or bind another channel")
    found = answer.get("channel")
    found = found if isinstance(found, dict) else {}
    if found.get("is_archived"):
        return Finding("wrong", name, f"{channel} is archived; bind another channel")
    if not found.get("is_member"):
        return Finding("wrong", name, f"the bot is not in {channel}; {_INVITE}")
    count = found.get("num_members")
    if isinstance(count, int) and count > MOST:
        text = f"{channel} has {count} members, and only {MOST} of them can be known: the others are no staff;"
        return Finding("wrong", name, f"{text} bind a smaller channel")
    return Finding("ok", name, f"the bot is in #{found.get('name', channel)}")
