"""Slack's door over HTTP: who is let in, what is kept, what comes once, and what Slack is answered."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest

from bot.arrivals import TELLS, TRIES
from bot.channels.slack_read import COLLEAGUE, Doubtful, Rules, hear
from bot.envelope import Envelope
from bot.errors import StoreUnavailable
from bot.script import Script
from bot.storage.arrivals import Arrival
from bot.storage.base import Committed, Turn
from bot.storage.registry import make_store
from bot.storage.sqlite import SqliteStore
from dialogs.cards import slack_inputs
from dialogs.cards.base import Button
from dialogs.cards.fields import Field, Form
from dialogs.turn import Incoming, Outcome, State
from tests import slack as fake
from tests.slack import (
    ALEX,
    ANNA,
    BEN,
    BOT,
    CHAT,
    EVE,
    TEAM,
    Fault,
    Slack,
    event,
    form_request,
    json_request,
    message,
    signed,
)
from tests.slack_stand import SlackStand, slack_stand
from tests.stand import CountingEngine, counting_script


def words(stand: SlackStand) -> list[str]:
    """What was said, in order."""
    return [call.body["text"].partition("\n")[0] for call in stand.new]


async def test_a_direct_message_is_answered() -> None:
    """A person writes, a card comes into their chat, with its text beside the blocks."""
    async with slack_stand() as stand:
        await stand.send(message("hi"))
        (call,) = stand.new
        assert (call.method, call.body["channel"], call.token) == ("chat.postMessage", CHAT, fake.TOKEN)
        assert "question 1" in call.body["text"]
        assert call.body["blocks"]
        assert "thread_ts" not in call.body


async def test_a_press_changes_its_card_and_brings_the_next() -> None:
    """The answered question is updated in place, and the next one comes."""
    async with slack_stand() as stand:
        await stand.send(message("hi"))
        first = stand.new[0].ts
        assert await stand.press("Yes") == {}
        assert [call.method for call in stand.new] == ["chat.update", "chat.postMessage"]
        assert stand.new[0].ts == first
        assert not fake.elements(stand.new[0].body["blocks"])


async def test_a_mention_is_answered_in_its_thread() -> None:
    """In a channel the answer goes into the thread of the mention; the mention itself is not part of the words."""
    async with slack_stand() as stand:
        await stand.send(fake.said("hello", "C0ROOM", ALEX, ts="1600.1"))
        (call,) = stand.new
        assert (call.body["channel"], call.body["thread_ts"]) == ("C0ROOM", "1600.1")
        loaded = await stand.store.load(f"slack|{TEAM}|C0ROOM:1600.1", "")
        assert loaded.state is not None
        assert loaded.state["said"] == ["hello"]
        await stand.send(fake.said("more", "C0ROOM", ALEX, thread="1600.1"))
        assert stand.new[0].body["thread_ts"] == "1600.1"


async def test_a_mention_that_comes_twice_is_one() -> None:
    """Slack sends a mention as app_mention and as message.channels, under two event ids: it is answered once."""
    async with slack_stand() as stand:
        text = f"<@{BOT}> hello"
        more = {"channel": "C0ROOM", "user": ALEX, "ts": "1600.1", "text": text}
        await stand.send(event({**more, "type": "message", "channel_type": "channel"}))
        assert len(stand.new) == 1
        await stand.send(event({**more, "type": "app_mention"}))
        assert stand.new == []


@pytest.mark.parametrize("same_id", [True, False])
async def test_a_retry_is_processed_once(same_id: bool) -> None:
    """Delivered again, with the same event id or a new one, with Slack's retry headers: 200, and nothing more."""
    async with slack_stand() as stand:
        body = message("hi", ts="1600.7")
        await stand.send(body)
        again = body if same_id else {**body, "event_id": "EvOTHER"}
        headers, raw = json_request(again)
        response = await stand.post(
            ({**headers, "X-Slack-Retry-Num": "1", "X-Slack-Retry-Reason": "http_timeout"}, raw)
        )
        assert response.status == 200
        await stand.settle()
        assert len(stand.slack.of("chat.postMessage")) == 1


async def test_a_retry_whose_first_never_arrived_is_processed() -> None:
    """A retry is not dropped for being one."""
    async with slack_stand() as stand:
        headers, raw = json_request(message("hi"))
        await stand.post(({**headers, "X-Slack-Retry-Num": "2"}, raw))
        await stand.settle()
        assert len(stand.slack.of("chat.postMessage")) == 1


async def test_the_challenge_is_answered() -> None:
    """url_verification gets its challenge back."""
    async with slack_stand() as stand:
        response = await stand.post(json_request({"type": "url_verification", "challenge": "3eZbrw1a", "token": "x"}))
        assert response.status == 200
        assert "3eZbrw1a" in await response.text()


BAD: list[dict[str, str]] = [
    {"X-Slack-Signature": ""},
    {"X-Slack-Signature": "v0=" + "0" * 64},
    {"X-Slack-Signature": "v0=ü"},
    {"X-Slack-Request-Timestamp": ""},
    {"X-Slack-Request-Timestamp": "soon"},
    {"X-Slack-Request-Timestamp": "1e9"},
    {"X-Slack-Request-Timestamp": "9" * 40},
    {"X-Slack-Request-Timestamp": "-1"},
]


async def test_bad_signatures_are_401() -> None:
    """A missing, wrong or odd signature or timestamp is a 401, never a 500."""
    async with slack_stand() as stand:
        headers, body = json_request(message("hi"))
        for change in BAD:
            assert (await stand.post(({**headers, **change}, body))).status == 401, change
        for name in ("X-Slack-Signature", "X-Slack-Request-Timestamp"):
            fewer = {key: value for key, value in headers.items() if key != name}
            assert (await stand.post((fewer, body))).status == 401, name
        await stand.settle()
        assert stand.slack.calls == []


async def test_the_window_is_five_minutes() -> None:
    """What was signed more than five minutes ago (or ahead) is refused: a day-old event too."""
    async with slack_stand() as stand:
        for age, status in [(-290, 200), (-310, 401), (290, 200), (310, 401), (-86400, 401)]:
            assert (await stand.post(json_request(message("hi"), at=time.time() + age))).status == status
        await stand.settle()


async def test_another_secret_is_refused() -> None:
    """A request signed by somebody else."""
    async with slack_stand() as stand:
        assert (await stand.post(json_request(message("hi"), secret="other"))).status == 401


ODD: list[Any] = [
    [],
    {},
    {"type": 5},
    {"type": "event_callback"},
    {"type": "event_callback", "event": []},
    {"type": "event_callback", "event": {"type": "message"}},
    {"type": "event_callback", "team_id": TEAM, "event": {"type": "message", "user": {}, "ts": []}},
    {"type": "event_callback", "team_id": "T" * 300, "event": {"type": "message"}},
    {"type": "event_callback", "team_id": TEAM, "authorizations": 5, "event": {"type": "message", "user": "U1"}},
    {"type": "block_actions"},
    {"type": "block_actions", "actions": [{}], "user": {"id": "U1"}, "team": {"id": TEAM}},
    {"type": "block_actions", "actions": "x", "user": {"id": "U1"}, "team": None},
    {"type": "view_submission"},
    {"type": "view_submission", "view": {}},
    {"type": "view_submission", "view": {"type": "modal", "callback_id": "helpbot-form", "private_metadata": "{"}},
    {"type": "view_closed", "view": {"id": "V1"}},
    {"type": "message_action", "callback_id": "helpbot-ask"},
    {"type": "block_suggestion"},
    {"type": "something_new"},
    {"command": "/help-me"},
]


async def test_odd_bodies_are_no_errors_of_ours() -> None:
    """Whatever is signed but malformed or unknown is a 4xx or an ignored 200."""
    async with slack_stand() as stand:
        for body in ODD:
            for request in (form_request(body), json_request(body)):
                response = await stand.post(request)
                assert response.status == 200 or 400 <= response.status < 500, body
        await stand.settle()
        assert stand.slack.of() == []


async def test_odd_bytes() -> None:
    """No UTF-8, no form, halves of characters, brackets without end, too much: a 4xx each; another type: 415."""
    async with slack_stand() as stand:
        form = "application/x-www-form-urlencoded"
        for body, kind in [
            (b"\xff", "application/json"),
            (b"[" * 100_000, "application/json"),
            (b'{"type": "\\ud800"}', "application/json"),
            (b'{"a":' * 70 + b"1" + b"}" * 70, "application/json"),
            (b"payload=", form),
            (b"payload=5", form),
            (b"&&&", form),
            (b"x" * 300_000, form),
            (b"{}", "text/plain"),
        ]:
            response = await stand.post(signed(body, kind))
            assert 400 <= response.status < 500, body[:20]


async def test_what_no_person_said_is_ignored() -> None:
    """Our own messages, other bots' and Slack's notices get no answer."""
    async with slack_stand() as stand:
        for inside in [
            {"bot_id": "B0BOT", "user": BOT},
            {"bot_id": "B9", "subtype": "bot_message"},
            {"user": BOT},
            {"user": "USLACKBOT"},
            {"subtype": "channel_join"},
            {"subtype": "message_replied"},
        ]:
            await stand.send(message("hi", **inside))
            assert stand.new == [], inside


async def test_people_who_talk_with_each_other_are_left_alone() -> None:
    """Without a mention nothing is answered nor kept, in a thread or not."""
    async with slack_stand() as stand:
        await stand.send(fake.said("hi all", "C0ROOM", ALEX, mention=False))
        await stand.send(fake.said("me too", "C0ROOM", ALEX, thread="1600.1", mention=False))
        assert stand.slack.calls == []


async def test_files_and_broadcasts_count_as_messages() -> None:
    """A file with words and a reply that is shown in the channel, too, are messages."""
    async with slack_stand() as stand:
        await stand.send(message("look", subtype="file_share", files=[{"id": "F1", "name": "a.txt"}]))
        assert "question 1" in stand.new[-1].body["text"]
        await stand.send(fake.said("hello", "C0ROOM", ALEX, thread="1600.1", subtype="thread_broadcast"))
        assert len(stand.new) == 1


async def test_a_command_is_answered_in_the_chat() -> None:
    """With words or without; where it was typed one line says where the answer is. Typed twice, it is two; sent twice,
    one."""
    async with slack_stand() as stand:
        answer = await stand.send(fake.command("vpn is slow"))
        assert answer["response_type"] == "ephemeral"
        assert f"slack://app?team={TEAM}&amp;id={fake.APP}" in answer["text"]
        assert stand.new[0].body["channel"] == CHAT
        body = fake.command("")
        await stand.send(body)
        assert len(stand.new) == 1
        await stand.send(body)
        assert stand.new == []
        assert await stand.send(fake.command("x", name="/other")) == {}
        assert stand.new == []


async def test_the_message_shortcut_asks_in_the_chat() -> None:
    """ "Ask the help bot about this": the message's words are asked by whoever chose it."""
    async with slack_stand() as stand:
        about = {"type": "message", "user": ANNA, "text": "my &lt;VPN&gt; <https://x.example|is> slow", "ts": "1.1"}
        body = fake.pressed({}, message=about)
        await stand.send({**body, "type": "message_action", "callback_id": "helpbot-ask"})
        assert stand.new[0].body["channel"] == CHAT
        loaded = await stand.store.load(f"slack|{TEAM}|{ALEX}", "")
        assert loaded.state is not None
        assert loaded.state["said"] == ["my <VPN> is (https://x.example) slow"]


async def test_another_presser_is_told_in_passing() -> None:
    """A button under somebody else's question does nothing; the presser alone reads why."""
    async with slack_stand() as stand:
        await stand.send(fake.said("hello", "C0ROOM", ALEX, ts="1600.1"))
        await stand.press("Yes", user=EVE, channel="C0ROOM")
        (call,) = stand.new
        assert (call.method, call.body["user"], call.body["thread_ts"]) == ("chat.postEphemeral", EVE, "1600.1")
        assert "somebody else's question" in call.body["text"]
        await stand.press("Yes", user=ALEX, channel="C0ROOM")
        assert [call.method for call in stand.new] == ["chat.update", "chat.postMessage"]


async def test_guests_are_refused_unless_allowed() -> None:
    """People of another organization get one line by default, and an answer where the setting lets them."""
    guest: dict[str, Any] = {"user_team": "T9OTHER", "source_team": "T9OTHER"}
    async with slack_stand() as stand:
        await stand.send(fake.said("hello", "C0ROOM", EVE, **guest))
        (call,) = stand.new
        assert (call.method, call.body["user"]) == ("chat.postEphemeral", EVE)
        await stand.send(message("hi", EVE, **guest))
        assert [call.method for call in stand.new] == ["chat.postEphemeral"]
    async with slack_stand(slack_allow_guests=True) as stand:
        await stand.send(fake.said("hello", "C0ROOM", EVE, **guest))
        assert [call.method for call in stand.new] == ["chat.postMessage"]


@pytest.mark.parametrize(("installed", "team"), [("T9OTHER", "T9OTHER"), ("E9ORG", fake.TEAM), (None, fake.TEAM)])
def test_a_form_belongs_to_where_the_app_is(installed: str | None, team: str) -> None:
    """A guest's form names the guest's workspace; the one in which it was opened stands in the view. (There may be an
    organization instead: no conversation is kept under that.)"""
    form = slack_inputs.modal(Form("Note", (Field("note", "Note"),), Button("Send", "case", "note")), 0, "C0ROOM:1.1")
    body = fake.submitted({**form, "app_installed_team_id": installed}, note="x")
    heard = hear(body, 1.0, Rules(guests=True))
    assert isinstance(heard, Envelope)
    assert heard.address.tenant == team
    refused = hear(body, 1.0, Rules(guests=False))
    assert isinstance(refused, Doubtful) == (team != fake.TEAM)
    assert isinstance(hear({**body, COLLEAGUE: True}, 1.0, Rules(guests=False)), Envelope)


GRID, OTHER = "E0GRID", "T2OTHER"  # an organization, and a second workspace of it


def in_grid(**organizations: str) -> Slack:
    """A workspace of the organization; people of other workspaces, with the organizations of those."""
    place = Slack(enterprise=GRID)
    for user, organization in organizations.items():
        whole = {"enterprise_id": organization, "teams": [OTHER]}
        place.people[user] = {"id": user, "team_id": OTHER, "profile": {"real_name": user}, "enterprise_user": whole}
    return place


async def test_a_colleague_of_the_organization_is_no_guest() -> None:
    """Whoever is of another workspace of the same organization is answered, and their presses and forms count; whoever
    is of another organization is a guest, whatever a request says of it."""
    async with slack_stand(slack=in_grid(**{EVE: GRID, BEN: "E9ELSE"})) as stand:
        there: dict[str, Any] = {"user_team": OTHER}
        await stand.send(fake.said("hello", "C0ROOM", EVE, "1600.1", **there))
        assert [call.method for call in stand.new] == ["chat.postMessage"]
        theirs = {"user": {"id": EVE, "team_id": OTHER}, "enterprise": {"id": GRID}}
        element, stamp = stand.button("Yes", "C0ROOM")
        await stand.send({**fake.pressed(element, EVE, "C0ROOM", stamp, "1600.1"), **theirs})
        assert [call.method for call in stand.new] == ["chat.update", "chat.postMessage"]
        await stand.send(fake.said("hello", "C0ROOM", BEN, **there))
        assert [call.method for call in stand.new] == ["chat.postEphemeral"]
        await stand.send(message("hi", BEN, user_team="E9ELSE"))
        element, stamp = stand.button("Yes", "C0ROOM")
        guest = {"user": {"id": BEN, "team_id": "E9ELSE"}, "enterprise": {"id": "E9ELSE"}}
        await stand.send({**fake.pressed({**element, "block_id": "x"}, BEN, "C0ROOM", stamp), **guest})
        assert [call.method for call in stand.new] == ["chat.postEphemeral"]


async def test_while_slack_does_not_say_whose_somebody_is_nothing_is_acknowledged() -> None:
    """It comes again, and is answered then; what takes long is kept with what Slack said."""
    gate, base = asyncio.Event(), counting_script()
    slow = Script(SlowEngine(gate), base.texts)
    async with slack_stand(slack=in_grid(**{EVE: GRID, BEN: GRID}), script=slow) as stand:
        there: dict[str, Any] = {"user_team": OTHER}
        stand.slack.faults.append(Fault(status=500, only="users.info"))
        assert (await stand.post(json_request(fake.said("hello", "C0ROOM", EVE, **there)))).status == 503
        await stand.send(fake.said("hello", "C0ROOM", BEN, **there))
        assert [call.method for call in stand.new] == ["chat.postMessage"]
        for text in ("slow", "next"):
            assert (await stand.post(json_request(fake.said(text, "C0ROOM", BEN, "1600.1", **there)))).status == 200
        gate.set()
        await stand.settle()
        loaded = await stand.store.load(f"slack|{TEAM}|C0ROOM:1600.1", "")
        assert loaded.state is not None
        assert loaded.state["said"] == ["slow", "next"]


async def test_an_old_button_changes_nothing() -> None:
    """A press on an answered question shows where we are, in its place."""
    async with slack_stand() as stand:
        await stand.send(message("hi"))
        old, stamp = stand.button("Yes")
        await stand.press("Yes")
        await stand.send(fake.pressed(old, message_ts=stamp))
        (call,) = stand.new
        assert (call.method, call.ts) == ("chat.update", stamp)
        assert "question 2" in call.body["text"]


class SlowEngine(CountingEngine):
    """Takes its time for "slow"."""

    def __init__(self, gate: asyncio.Event) -> None:
        super().__init__()
        self.gate = gate

    async def run(self, state: State | None, incoming: Incoming) -> Outcome:
        """Wait for the gate."""
        if incoming.text == "slow":
            await self.gate.wait()
        return await super().run(state, incoming)


async def test_acknowledged_long_before_the_turn_ends() -> None:
    """Slack hears a 200 while the turn is still at work; what comes behind it in the conversation waits its turn."""
    gate = asyncio.Event()
    base = counting_script()
    async with slack_stand(script=Script(SlowEngine(gate), base.texts)) as stand:
        started = time.monotonic()
        assert (await stand.post(json_request(message("slow")))).status == 200
        assert (await stand.post(json_request(message("next")))).status == 200
        assert (await stand.post(json_request(fake.said("other", "C0ROOM", ANNA)))).status == 200
        assert time.monotonic() - started < 1.5
        await fake.until(lambda: stand.slack.of("chat.postMessage"))
        assert [call.body["channel"] for call in stand.slack.of("chat.postMessage")] == ["C0ROOM"]
        gate.set()
        await stand.settle()
        loaded = await stand.store.load(f"slack|{TEAM}|{ALEX}", "")
        assert loaded.state is not None
        assert loaded.state["said"] == ["slow", "next"]


async def test_what_waits_is_forgotten_with_who_said_it() -> None:
    """Somebody of whom only a waiting event is known is forgotten with it; the others in the thread are heard."""
    gate, base = asyncio.Event(), counting_script()
    async with slack_stand(script=Script(SlowEngine(gate), base.texts)) as stand:
        for words_, user in [("slow", ANNA), ("of Alex", ALEX), ("of Eve", EVE)]:
            said = fake.said(words_, "C0ROOM", user, thread="1600.1")
            assert (await stand.post(json_request(said))).status == 200
        assert (await stand.store.forget(f"{TEAM}:{ALEX}", time.time()))["events"] == 1
        gate.set()
        await stand.settle()
        loaded = await stand.store.load(f"slack|{TEAM}|C0ROOM:1600.1", "")
        assert loaded.state is not None
        assert loaded.state["said"] == ["slow", "of Eve"]


async def test_what_a_dead_server_had_kept_is_processed_by_the_next(tmp_path: Path) -> None:
    """An event that was acknowledged and not processed when the process died is processed after the restart."""
    url = f"sqlite:///{tmp_path / 'x.db'}"
    before = make_store(url)
    await before.open()
    body = message("hi", ts="1600.9")
    await before.arrive(Arrival(f"slack|{TEAM}|{ALEX}", "1600.9", body, time.time()), "the only one", time.time() + 40)
    await before.close()
    async with slack_stand(store=make_store(url), holder="the only one") as stand:
        await fake.until(lambda: stand.slack.of("chat.postMessage"))
        await stand.send(body)
        assert len(stand.slack.of("chat.postMessage")) == 1


class Forgetful(SqliteStore):
    """Can't say what is kept, as when it is gone."""

    async def waiting(self, key: str) -> bool:
        """No."""
        raise StoreUnavailable("gone")


async def test_what_can_not_be_kept_is_not_acknowledged() -> None:
    """With the database gone Slack hears a 503, and delivers it again."""
    async with slack_stand(store=Forgetful(":memory:")) as stand:
        response = await stand.post(json_request(message("hi")))
        assert response.status == 503


class Poisoned(SqliteStore):
    """Can't commit what this was said in."""

    async def commit(self, turn: Turn, holder: str, lease_until: float) -> Committed:
        """Fail, by a mistake of ours."""
        if "poison" in turn.state.get("said", ()):
            raise RuntimeError("can't be committed")
        return await super().commit(turn, holder, lease_until)


async def tried(path: Path, times: int, data: Any = None) -> str:
    """A database with an event that was kept (as `data`) and tried so often in vain, and another behind it."""
    store, key = SqliteStore(str(path)), f"slack|{TEAM}|{ALEX}"
    await store.open()
    for words_, stamp in [("poison", "1600.3"), ("hi", "1600.4")]:
        body = data if data is not None and words_ == "poison" else message(words_, ts=stamp)
        await store.arrive(Arrival(key, stamp, body, time.time()), "h", 0.0)
    for _ in range(times):
        (found,) = await store.claim_arrivals("h", 1.0, 1.0, 1)
        await store.postpone(found, "h", 0.0)
    await store.close()
    return str(path)


@pytest.mark.parametrize(("times", "told"), [(TRIES, True), (TRIES + TELLS, False)])
async def test_who_said_what_is_given_up_is_told(tmp_path: Path, times: int, told: bool) -> None:
    """After many tries in vain the sender gets the apology in place of silence; after some more, when not even that can
    be told, it is dropped. What is behind it has its turn, on the state as it was."""
    store = Poisoned(await tried(tmp_path / "x.db", times))
    async with slack_stand(store=store) as stand:
        await fake.until(lambda: any("question 1" in call.body["text"] for call in stand.slack.of("chat.postMessage")))
        await stand.settle()
        said = [call.body["text"] for call in stand.slack.of("chat.postMessage")]
        assert [counting_script().texts("en").apology in text for text in said] == [True, False][not told :]
        assert not await store.waiting(f"slack|{TEAM}|{ALEX}")


async def test_what_can_not_even_be_read_holds_nobody_up(tmp_path: Path) -> None:
    """An event that was kept in a form that fails to be read is dropped after many tries; those behind it are heard."""
    store = SqliteStore(await tried(tmp_path / "x.db", TRIES, data=["of no form that we know"]))
    async with slack_stand(store=store) as stand:
        await fake.until(lambda: stand.slack.of("chat.postMessage"))
        await stand.settle()
        assert not await store.waiting(f"slack|{TEAM}|{ALEX}")


async def test_a_turn_that_fails_is_apologized_for() -> None:
    """A mistake of ours is told to the user, once."""
    async with slack_stand() as stand:
        await stand.post(json_request(message("boom")))
        await stand.settle()
        assert len(stand.slack.of("chat.postMessage")) == 1


async def test_edited_messages_of_nobody_s_case_are_ignored() -> None:
    """Edits and deletions without a case, ours among them, and links that unfold, change nothing."""
    async with slack_stand() as stand:
        inner = {"type": "message", "user": ALEX, "text": "b", "ts": "1.1", "edited": {"user": ALEX, "ts": "1.2"}}
        changed = {"type": "message", "subtype": "message_changed", "channel": CHAT, "channel_type": "im", "ts": "1.2"}
        for message_, previous in [
            (inner, {**inner, "text": "a"}),
            ({**inner, "bot_id": "B0BOT", "user": BOT}, inner),
            ({**inner, "edited": None}, {**inner, "text": "a"}),
        ]:
            body = {**changed, "message": message_, "previous_message": previous, "event_ts": "1.2"}
            await stand.send(event(body))
            assert stand.new == []
        gone = {"type": "message", "subtype": "message_deleted", "channel": CHAT, "channel_type": "im", "ts": "1.3"}
        await stand.send(event({**gone, "deleted_ts": "1.1", "previous_message": inner, "event_ts": "1.3"}))
        assert stand.new == []


async def test_throttled_in_the_middle() -> None:
    """A message that Slack does not take now, in whichever way it says so, is sent again as it asks, once."""
    async with slack_stand() as stand:
        later = {"Retry-After": "0"}
        for fault in [Fault(429, headers=later), Fault(error="ratelimited", headers=later)]:
            fault.only = "chat.postMessage"
            stand.slack.faults.append(fault)
        await stand.send(message("hi"))
        assert len(stand.slack.of("chat.postMessage")) == 1
        assert stand.app.outbox.events.retried == 2


async def test_a_revoked_token_parks_and_is_told() -> None:
    """With the token revoked nothing is lost: the conversation is parked and told to the operator, and goes on with
    the next event after the app was installed again."""
    async with slack_stand() as stand:
        stand.slack.faults.append(Fault(error="token_revoked", only="chat.postMessage"))
        await stand.post(json_request(message("hi")))
        await fake.until(lambda: stand.app.outbox.events.parked)
        await stand.settle()
        assert (await stand.store.counts(0.0)).parked == 1
        (row,) = await stand.store.aside(10)
        assert (row.parked, row.reason) == (True, "token_revoked")
        await stand.send(message("hi again"))
        assert len(stand.slack.of("chat.postMessage")) == 2


async def test_a_text_that_names_everybody_pings_nobody() -> None:
    """What a user typed comes back escaped: neither `<!channel>` nor a mention nor a link of theirs works."""
    async with slack_stand() as stand:
        await stand.send(message("&lt;!channel&gt; <!here> <@U0EVE> <https://evil.example|bank>"))
        for call in stand.new:
            shown = json.dumps(call.body)
            assert not any(sign in shown for sign in ("<!", "<@", "|bank"))
