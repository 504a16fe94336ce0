"""`helpbot doctor` on Slack: token, scopes, events, Socket Mode, desks; each well or not."""

from __future__ import annotations

import ssl
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot import package_slack
from bot.channels.slack_people import MOST
from bot.channels.slack_scopes import SCOPES
from bot.doctor.examine import examine
from bot.doctor.finding import Finding
from bot.envelope import Address
from bot.resources import manifest_dir
from bot.settings import Settings
from bot.storage.cases import Desk
from bot.storage.sqlite import SqliteStore
from tests import slack as fake
from tests.slack import TEAM, Fault, Slack


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    """A workspace that grants what is used."""
    async with Slack(scopes=",".join(SCOPES)) as place:
        yield place


async def found(slack: Slack, folder: Path, package: Path | None = None, **changed: Any) -> dict[str, Finding]:
    """What is found, by name."""
    given = {
        "slack_bot_token": fake.TOKEN,
        "slack_signing_secret": fake.SECRET,
        "slack_api_url": slack.url,
        "database_url": f"sqlite:///{folder / 'x.db'}",
        "contact": "help@example.com",
        **changed,
    }
    settings = Settings.model_validate(given)
    findings = examine(settings, package, clock=time.time, tls=ssl.create_default_context())
    return {finding.name: finding async for finding in findings}


async def test_all_is_well(slack: Slack, tmp_path: Path) -> None:
    """Everything that Slack needs, and nothing about Teams where that is not served."""
    manifest = tmp_path / "slack-manifest.yaml"
    manifest.write_text(package_slack.text(package_slack.fill(Settings(), manifest_dir() / "slack")))
    store = SqliteStore(str(tmp_path / "x.db"))
    await store.open()
    await store.bind_desk(Desk("helpdesk", Address("slack", TEAM, "C0HELP", True, {"team": TEAM}), "", 0.0))
    await store.close()
    slack.members["C0HELP"] = []
    told = await found(slack, tmp_path, manifest, slack_app_token="xapp-1")
    levels = {name: finding.level for name, finding in told.items()}
    assert levels.pop("content") in ("ok", "warning")
    assert set(levels.values()) == {"ok"}, told
    for name in ("Slack token", "Slack scopes", "Slack events", "Socket Mode", "desk of helpdesk"):
        assert name in levels
    assert "signing keys" not in levels
    assert {call.method for call in slack.calls} == {"auth.test", "apps.connections.open", "conversations.info"}


async def test_what_is_wrong(slack: Slack, tmp_path: Path) -> None:
    """A missing and an unused scope, a desk without the bot, a token that is refused: each with the fix."""
    slack.scopes = ",".join([*(scope for scope in SCOPES if scope != "im:history")])
    told = await found(slack, tmp_path)
    assert (told["Slack scopes"].level, "im:history (direct messages)" in told["Slack scopes"].text) == ("wrong", True)
    slack.scopes = ",".join([*SCOPES, "admin"])
    told = await found(slack, tmp_path)
    assert (told["Slack scopes"].level, "admin" in told["Slack scopes"].text) == ("warning", True)
    assert told["Slack events"].level == "warning"
    store = SqliteStore(str(tmp_path / "x.db"))
    await store.open()
    await store.bind_desk(Desk("helpdesk", Address("slack", TEAM, "C0HELP", True, {"team": TEAM}), "", 0.0))
    await store.close()
    slack.faults.append(Fault(error="invalid_auth", only="auth.test"))
    slack.faults.append(Fault(error="not_allowed_token_type", only="apps.connections.open"))
    told = await found(slack, tmp_path, slack_app_token="xapp-1")
    assert "copy HELPBOT_SLACK_BOT_TOKEN" in told["Slack token"].text
    assert "connections:write" in told["Socket Mode"].text
    assert "/invite" in told["desk of helpdesk"].text
    slack.members["C0HELP"] = [fake.ANNA] * (MOST + 1)
    told = await found(slack, tmp_path)
    assert (told["desk of helpdesk"].level, str(MOST) in told["desk of helpdesk"].text) == ("wrong", True)
    assert fake.TOKEN not in str(told)


async def test_events_that_differ(slack: Slack, tmp_path: Path) -> None:
    """A manifest that lacks an event, has one more, or is none."""
    path = tmp_path / "m.yaml"
    good = package_slack.text(package_slack.fill(Settings(), manifest_dir() / "slack"))
    for text, level, part in [
        (good.replace("    - message.im\n", ""), "wrong", "not subscribed: message.im"),
        (
            good.replace("    - message.im\n", "    - message.im\n    - pin_added\n"),
            "warning",
            "not handled: pin_added",
        ),
        (good.replace("    - im:history\n", ""), "wrong", "missing: im:history"),
        ("[]", "wrong", "no Slack manifest"),
    ]:
        path.write_text(text)
        finding = (await found(slack, tmp_path, path))["Slack events"]
        assert (finding.level, part in finding.text) == (level, True), finding


async def test_many_workspaces(slack: Slack, tmp_path: Path) -> None:
    """With a sign-in: how many have installed the app, and where to begin when nobody has."""
    many: dict[str, Any] = {
        "slack_bot_token": "",
        "slack_client_id": "1.2",
        "slack_client_secret": "s",
        "slack_token_key": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "public_url": "https://127.0.0.1:1",
    }
    told = await found(slack, tmp_path, **many)
    assert "https://127.0.0.1:1/slack/install" in told["Slack workspaces"].text
    store = SqliteStore(str(tmp_path / "x.db"))
    await store.open()
    await store.keep("slack/installed/T0TEAM", "x")
    await store.close()
    assert (await found(slack, tmp_path, **many))["Slack workspaces"].text == "installed in 1: T0TEAM"
