"""The Slack app's manifest: filled from the settings, with what the program uses and nothing else."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import yaml

from bot import package_slack
from bot.channels import slack_read
from bot.channels.slack_scopes import EVENTS, SCOPES
from bot.errors import HelpbotError
from bot.resources import manifest_dir
from bot.settings import Settings
from tests.commands.test_main import run

FOLDER = manifest_dir() / "slack"
ROOT = Path(__file__).resolve().parents[2]
# Slack's reference: which scope each event needs, and each method that the program calls.
EVENT_SCOPES = {
    "app_mention": "app_mentions:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "channel_archive": "channels:read",
    "channel_deleted": "channels:read",
    "channel_left": "channels:read",
    "group_archive": "groups:read",
    "group_deleted": "groups:read",
    "group_left": "groups:read",
    "app_home_opened": None,
    "app_uninstalled": None,
    "tokens_revoked": None,
}
METHOD_SCOPES = {
    "chat.postMessage": ["chat:write"],
    "chat.postEphemeral": ["chat:write"],
    "chat.update": ["chat:write"],
    "chat.delete": ["chat:write"],
    "conversations.open": ["im:write"],
    "conversations.members": ["channels:read", "groups:read"],
    "users.info": ["users:read", "users:read.email"],
    "conversations.info": ["channels:read", "groups:read"],
    "apps.connections.open": [],  # with the app-level token
    "files.getUploadURLExternal": ["files:write"],
    "files.completeUploadExternal": ["files:write"],
    "files.delete": ["files:write"],
    "reactions.add": ["reactions:write"],
    "views.open": [],
    "views.publish": [],
    "auth.test": [],
    "oauth.v2.access": [],
}
OTHER_SCOPES = {"commands", "files:read"}  # a slash command; a file's own address


def test_for_socket_mode() -> None:
    """Without a public address: Socket Mode, and no address anywhere."""
    made = package_slack.fill(Settings(slack_bot_name="IT Help", slack_command="/it"), FOLDER)
    assert made["settings"]["socket_mode_enabled"] is True
    assert made["display_information"]["name"] == made["features"]["bot_user"]["display_name"] == "IT Help"
    assert made["features"]["slash_commands"][0]["command"] == "/it"
    assert "http" not in package_slack.text(made)
    assert yaml.safe_load(package_slack.text(made)) == made


def test_over_http() -> None:
    """With a public address: events, interactions and the command go there; with many workspaces the sign-in, too."""
    url = "https://help.example/slack/events"
    settings = Settings(public_url="https://help.example", slack_client_id="1.2")
    made = package_slack.fill(settings, FOLDER)
    assert made["settings"]["socket_mode_enabled"] is False
    assert made["settings"]["event_subscriptions"]["request_url"] == url
    assert made["settings"]["interactivity"]["request_url"] == url
    assert made["features"]["slash_commands"][0]["url"] == url
    assert made["oauth_config"]["redirect_urls"] == ["https://help.example/slack/oauth_redirect"]
    assert made["settings"]["org_deploy_enabled"] is True


def test_scopes_are_those_that_are_used() -> None:
    """Every event and every called method has its scope, and no scope is asked for that neither needs."""
    assert set(EVENT_SCOPES) == set(EVENTS)
    sources = "\n".join(path.read_text() for path in sorted((ROOT / "bot").rglob("slack*.py")))
    known = r'"((?:chat|conversations|users|reactions|views|auth|oauth|files|apps)\.[a-zA-Z0-9.]+)"'
    called = set(re.findall(known, sources))
    assert called == set(METHOD_SCOPES)
    needed = {scope for scope in EVENT_SCOPES.values() if scope}
    needed |= {scope for method in called for scope in METHOD_SCOPES[method]} | OTHER_SCOPES
    assert set(SCOPES) == needed


def test_events_are_those_that_are_handled() -> None:
    """What Slack is asked to tell is what `slack_read` knows, and the other way round."""
    source = Path(slack_read.__file__).read_text()
    for event in EVENTS:
        assert f'"{event.partition(".")[0]}"' in source, event


def test_what_slack_would_not_take(tmp_path: Path) -> None:
    """Texts that are too long, a wrong color, a shortcut of another name: all told at once; a broken file, too."""
    shutil.copytree(FOLDER, tmp_path / "slack")
    path = tmp_path / "slack" / "manifest.yaml"
    good = path.read_text()
    path.write_text(good.replace("Walks you", "x" * 140).replace("#1f4e79", "blue").replace("helpbot-ask", "ask"))
    with pytest.raises(HelpbotError) as caught:
        package_slack.fill(Settings(), tmp_path / "slack")
    for part in ("description has", "no color", "callback_id must be"):
        assert part in str(caught.value)
    for broken in ("a: [", "features: {}", "[]", "x"):
        path.write_text(broken)
        with pytest.raises(HelpbotError, match="restore the one"):
            package_slack.fill(Settings(), tmp_path / "slack")


def test_the_command(tmp_path: Path) -> None:
    """`helpbot package slack` writes the file and says what to do with it."""
    ended = run(tmp_path, "package", "slack")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("slack-manifest.yaml: Help Desk, by Socket Mode. Paste it")
    assert yaml.safe_load((tmp_path / "slack-manifest.yaml").read_text())["oauth_config"]["scopes"]["bot"] == list(
        SCOPES
    )
