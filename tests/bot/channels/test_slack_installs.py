"""Many workspaces: the sign-in, what is kept of it and how, organizations, and what forgets it."""

from __future__ import annotations

import base64
import re
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.channels.slack_installs import KEPT, STATE_SECONDS, Installations, States
from bot.errors import ConversationBlocked
from bot.slack_app import SIGN_INS
from bot.storage.sqlite import SqliteStore
from tests import slack as fake
from tests.slack import Json, event, message
from tests.slack_stand import SlackStand, slack_stand

KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()
OAUTH: Json = {
    "slack_bot_token": "",
    "slack_client_id": "1.2",
    "slack_client_secret": "s3cret",
    "slack_token_key": KEY,
    "public_url": "https://help.example",
}


@pytest.fixture
async def stand() -> AsyncIterator[SlackStand]:
    """A server for every workspace that installs the app."""
    async with slack_stand(**OAUTH) as made:
        yield made


def granted(team: str, token: str, **more: object) -> Json:
    """What oauth.v2.access grants."""
    return {"access_token": token, "bot_user_id": "U0BOT", "scope": "chat:write", "team": {"id": team}, **more}


async def install(stand: SlackStand, grant: Json) -> None:
    """The whole sign-in, as a browser goes through it."""
    page = await stand.client.get("/slack/install", allow_redirects=False)
    text = await page.text()
    assert page.status == 200
    found = re.search(r'https://slack.com/oauth/v2/authorize[^"]*', text)
    assert found
    url = found[0].replace("&amp;", "&")
    query = parse_qs(urlsplit(url).query)
    assert query["redirect_uri"] == ["https://help.example/slack/oauth_redirect"]
    cookie = page.headers["Set-Cookie"].partition(";")[0]
    stand.slack.granted = grant
    path = f"/slack/oauth_redirect?code=c0de&state={query['state'][0]}"
    back = await stand.client.get(path, headers={"Cookie": cookie}, allow_redirects=False)
    assert back.status == 200, await back.text()
    again = await stand.client.get(path, headers={"Cookie": cookie}, allow_redirects=False)
    assert again.status == 401, "a state is good once"


async def test_two_workspaces_each_with_its_token(stand: SlackStand) -> None:
    """Each workspace is answered with its own token; the same user id in both is two people."""
    await install(stand, granted("T0TEAM", "xoxb-one"))
    await install(stand, granted("T0TWO", "xoxb-two"))
    await stand.send(message("hi"))
    assert [call.token for call in stand.new] == ["xoxb-one"]
    body = message("hi")
    body["team_id"] = body["authorizations"][0]["team_id"] = body["event"]["team"] = "T0TWO"
    await stand.send(body)
    assert [call.token for call in stand.new] == ["xoxb-two"]
    assert "question 1" in stand.new[0].body["text"]


async def test_tokens_are_kept_encrypted(stand: SlackStand) -> None:
    """What stands in the database tells no token, and is of no use without the key."""
    await install(stand, granted("T0TEAM", "xoxb-one"))
    kept = await stand.store.kept("slack/installed/T0TEAM")
    assert kept is not None
    assert "xoxb" not in kept
    other = Installations(stand.store, base64.urlsafe_b64encode(bytes(32)).decode(), lambda: 0.0)
    assert await other.get("T0TEAM", "") is None


async def test_a_foreign_or_missing_state_is_refused(stand: SlackStand) -> None:
    """A sign-in that did not begin here, or in another browser, ends with an error and keeps nothing."""
    stand.slack.granted = granted("T0TEAM", "xoxb-one")
    states = States(stand.store, lambda: 0.0)
    for path, cookie in [
        ("?code=c", ""),
        ("?code=c&state=made-up", "slack-app-oauth-state=made-up"),
        (f"?code=c&state={await states.async_issue()}", ""),
        ("?error=access_denied", ""),
    ]:
        answer = await stand.client.get("/slack/oauth_redirect" + path, headers={"Cookie": cookie})
        assert answer.status < 500
    assert await stand.store.kept_names("slack/installed/") == []


async def test_a_state_expires() -> None:
    """Ten minutes, and once."""
    store = SqliteStore(":memory:")
    await store.open()
    now = [1000.0]
    states = States(store, lambda: now[0])
    first, second = await states.async_issue(), await states.async_issue()
    assert first != second
    assert await states.async_consume(first)
    assert not await states.async_consume(first)
    now[0] += STATE_SECONDS + 1
    assert not await states.async_consume(second)
    await store.close()


async def test_nobody_fills_the_database_by_beginning_sign_ins() -> None:
    """Each begin has a row written: so many in a minute, then 429; a minute later it is open again, and a sign-in that
    began goes on meanwhile."""
    now = [1_700_000_000.0]
    async with slack_stand(**OAUTH, clock=lambda: now[0]) as stand:
        found = [(await stand.client.get("/slack/install")).status for _ in range(SIGN_INS + 5)]
        assert found == [200] * SIGN_INS + [429] * 5
        assert len(await stand.store.kept_names("slack/state/")) == SIGN_INS
        assert (await stand.client.get("/slack/oauth_redirect?error=access_denied")).status != 429
        now[0] += 60
        await install(stand, granted("T0TEAM", "xoxb-one"))


async def test_an_organization_is_one_installation(stand: SlackStand) -> None:
    """Installed for all of an organization, every workspace in it is answered; a workspace's own token comes first."""
    whole = {"is_enterprise_install": True, "enterprise": {"id": "E0ORG"}, "team": None}
    await install(stand, {**granted("", "xoxb-org"), **whole})
    body = message("hi")
    body["authorizations"][0].update(enterprise_id="E0ORG", team_id="T0ANY", is_enterprise_install=True)
    await stand.send(body)
    assert [call.token for call in stand.new] == ["xoxb-org"]
    await install(stand, granted("T0ANY", "xoxb-own"))
    body["event"]["ts"] = "1700.5"
    await stand.send(body)
    assert [call.token for call in stand.new] == ["xoxb-own"]


@pytest.mark.parametrize("kind", ["app_uninstalled", "tokens_revoked"])
async def test_what_is_taken_out_is_forgotten(stand: SlackStand, kind: str) -> None:
    """After either event the token is gone from the database, and what is owed there waits for another installation."""
    await install(stand, granted("T0TEAM", "xoxb-one"))
    await stand.send(message("hi"))
    await stand.send(event({"type": kind, "tokens": {"bot": ["U0BOT"]}}))
    assert await stand.store.kept_names("slack/installed/") == []
    await stand.send(message("are you there?"))
    assert stand.new == []
    assert (await stand.store.counts(0.0)).parked == 1
    await install(stand, granted("T0TEAM", "xoxb-new"))
    await stand.send(message("and now?"))
    assert {call.token for call in stand.new} == {"xoxb-new"}
    assert len(stand.new) == 2


async def test_another_replica_forgets_within_a_minute() -> None:
    """What was forgotten elsewhere is believed for no longer than that."""
    store = SqliteStore(":memory:")
    await store.open()
    ticks = [0.0]
    here, there = (Installations(store, KEY, lambda: ticks[0]) for _ in range(2))
    await store.keep(
        "slack/installed/T1", here._fernet.encrypt(b'{"token": "x", "bot_user": "", "bot_id": ""}').decode()
    )
    assert await here.get("T1", "") is not None
    await there.forget("T1", "")
    assert await here.get("T1", "") is not None
    ticks[0] += KEPT + 1
    assert await here.get("T1", "") is None
    await store.close()


async def test_where_nobody_installed_nothing_is_sent(stand: SlackStand) -> None:
    """An event of a workspace without an installation is parked, not retried for ever."""
    await stand.send(message("hi"))
    assert stand.slack.of() == []
    (row,) = await stand.store.aside(5)
    assert (row.parked, row.reason) == (True, "not installed")
    assert issubclass(ConversationBlocked, Exception)
    assert fake.TOKEN not in repr(stand.app.channels["slack"])
