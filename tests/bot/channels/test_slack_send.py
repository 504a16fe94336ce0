"""What goes out to Slack, and what its answers mean for a row."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs

from bot.channels.slack import SlackChannel
from bot.channels.slack_people import LISTED, MOST
from bot.channels.slack_read import Doubtful
from bot.channels.slack_render import Pair
from bot.channels.slack_tokens import OneWorkspace
from bot.envelope import Address, Person, Written
from bot.errors import ConversationBlocked, DeliverLater, Undeliverable
from bot.storage.base import Row
from bot.storage.codec import loads, written
from bot.storage.sqlite import SqliteStore
from tests import slack as fake
from tests.slack import ANNA, CHAT, TEAM, Fault, Slack
from tests.stand import library

DIRECT = Address("slack", TEAM, fake.ALEX, False, {"team": TEAM, "channel": CHAT})
ROOM = Address("slack", TEAM, "C0ROOM", True, {"team": TEAM})
THREAD = Address("slack", TEAM, "C0ROOM:1.1", True, {"team": TEAM})
TEXT = {"text": "hi", "blocks": [{"type": "divider"}]}


def row(kind: str = "send", address: Address = DIRECT, receipt: str = "", payload: Any = TEXT) -> Row:
    """A row of the outbox."""
    return Row(address, 1, kind, payload, 1, 0, 5.0, receipt)


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    """A workspace."""
    async with Slack() as place:
        yield place


@pytest.fixture
async def channel(slack: Slack) -> AsyncIterator[SlackChannel]:
    """The channel that serves it."""
    async with aiohttp.ClientSession() as session:
        made = SlackChannel(
            session, library().say, lambda api: OneWorkspace(api, fake.TOKEN), secret=fake.SECRET, api=slack.url
        )
        await made.start()
        await fake.until(made.ready)
        slack.calls.clear()
        yield made
        await made.close()


async def test_where_each_kind_goes(channel: SlackChannel, slack: Slack) -> None:
    """Into the chat, into the thread; a new thread hangs on its message; updates and deletions name theirs."""
    assert (await channel.deliver(row())).message_id
    assert slack.calls[-1].body["channel"] == CHAT
    await channel.deliver(row(address=THREAD))
    assert (slack.calls[-1].body["channel"], slack.calls[-1].body["thread_ts"]) == ("C0ROOM", "1.1")
    opened = await channel.deliver(row("thread", ROOM))
    assert opened.conversation == f"C0ROOM:{opened.message_id}"
    await channel.deliver(row("update", THREAD, "2.2"))
    assert slack.calls[-1].method == "chat.update"
    assert (slack.calls[-1].body["channel"], slack.calls[-1].body["ts"]) == ("C0ROOM", "2.2")
    await channel.deliver(row("delete", THREAD, "2.2"))
    assert slack.calls[-1].method == "chat.delete"


async def test_a_form_that_is_text_only_takes_the_blocks_away(channel: SlackChannel, slack: Slack) -> None:
    """An update with no blocks says so: without the word Slack would keep the old ones."""
    await channel.deliver(row("update", receipt="2.2", payload={"text": "done"}))
    assert slack.calls[-1].body["blocks"] == []


async def test_a_card_in_several_messages(channel: SlackChannel, slack: Slack) -> None:
    """They come in order; the id is all of theirs. In a new thread the later ones lie in it."""
    payload = {**TEXT, "before": [{"text": "one", "blocks": []}]}
    receipt = await channel.deliver(row(payload=payload))
    assert [call.body["text"] for call in slack.calls] == ["one", "hi"]
    assert receipt.message_id == ",".join(call.ts for call in slack.calls)
    slack.calls.clear()
    receipt = await channel.deliver(row("thread", ROOM, payload=payload))
    assert receipt.conversation == f"C0ROOM:{slack.calls[0].ts}"
    assert slack.calls[1].body["thread_ts"] == slack.calls[0].ts


def several(*texts: str) -> Any:
    """A card that takes so many messages."""
    *before, last = ({"text": text, "blocks": []} for text in texts)
    return {**last, "before": before}


def standing(slack: Slack) -> list[str]:
    """What stands in the workspace now."""
    return [message["text"] for message in slack.messages.values()]


async def test_a_card_in_several_messages_changes_whole(channel: SlackChannel, slack: Slack) -> None:
    """With fewer or more of them, or with one of them gone; and it is taken back whole. Where only the last one is
    told to change, the others stay."""
    receipt = (await channel.deliver(row(payload=several("a", "b", "c")))).message_id
    receipt = (await channel.deliver(row("update", receipt=receipt, payload=several("d", "e")))).message_id
    assert standing(slack) == ["d", "e"]
    receipt = (await channel.deliver(row("update", receipt=receipt, payload=several("f", "g", "h")))).message_id
    assert standing(slack) == ["f", "g", "h"]
    only = {"text": "i", "blocks": [], "last": True}
    assert (await channel.deliver(row("update", receipt=receipt, payload=only))).message_id == receipt
    assert standing(slack) == ["f", "g", "i"]
    slack.faults.append(Fault(error="message_not_found", only="chat.update"))
    receipt = (await channel.deliver(row("update", receipt=receipt, payload=several("j", "k", "l")))).message_id
    assert standing(slack)[-3:] == ["k", "l", "j"]
    await channel.deliver(row("delete", receipt=receipt))
    assert standing(slack) == ["f"], "that one was gone, as Slack said"


async def test_what_is_out_already_is_not_said_again(channel: SlackChannel, slack: Slack) -> None:
    """When Slack takes the second of three messages later, the first is not repeated with it."""
    slack.faults.append(Fault(status=429, headers={"Retry-After": "1"}, only="chat.postMessage", after=1))
    with pytest.raises(DeliverLater):
        await channel.deliver(row(payload=several("a", "b", "c")))
    assert standing(slack) == ["a"]
    receipt = await channel.deliver(row(payload=several("a", "b", "c")))
    assert standing(slack) == ["a", "b", "c"]
    assert receipt.message_id == ",".join(stamp for _, stamp in slack.messages)


async def test_a_chat_that_nobody_opened_is_opened_once(channel: SlackChannel, slack: Slack) -> None:
    """Where only the person is known, the chat is asked for and remembered."""
    unknown = Address("slack", TEAM, "U0NEW", False, {"team": TEAM})
    await channel.deliver(row(address=unknown))
    await channel.deliver(row(address=unknown))
    assert [call.method for call in slack.calls] == ["conversations.open", "chat.postMessage", "chat.postMessage"]
    assert slack.calls[-1].body["channel"] == "D0NEW"


@pytest.mark.parametrize(
    ("fault", "after"),
    [
        (Fault(429, headers={"Retry-After": "30"}), 30.0),
        (Fault(429), None),
        (Fault(429, headers={"Retry-After": "soon"}), None),
        (Fault(error="ratelimited"), None),
        (Fault(error="ratelimited", headers={"Retry-After": "9999999"}), 3600.0),
    ],
    ids=range(5),
)
async def test_throttled(channel: SlackChannel, slack: Slack, fault: Fault, after: float | None) -> None:
    """In every form that Slack gives it: later, as it asks, and certainly not delivered."""
    slack.faults.append(fault)
    with pytest.raises(DeliverLater) as caught:
        await channel.deliver(row())
    assert (caught.value.after, caught.value.ambiguous) == (after, False)


async def test_what_errors_mean(channel: SlackChannel, slack: Slack) -> None:
    """Blocked, later, never; an error of the server may have been delivered, an update can be repeated."""
    for error in ("channel_not_found", "is_archived", "not_in_channel", "token_revoked", "account_inactive"):
        slack.faults.append(Fault(error=error))
        with pytest.raises(ConversationBlocked, match=error):
            await channel.deliver(row())
    for error in ("invalid_blocks", "msg_too_long", "something_new", ""):
        slack.faults.append(Fault(error=error))
        with pytest.raises((Undeliverable, DeliverLater)):
            await channel.deliver(row())
    for fault in (Fault(500), Fault(503), Fault(error="internal_error"), Fault(cut=True)):
        slack.faults.append(fault)
        with pytest.raises(DeliverLater) as caught:
            await channel.deliver(row())
        assert caught.value.ambiguous
    slack.faults.append(Fault(500))
    with pytest.raises(DeliverLater) as caught:
        await channel.deliver(row("update", receipt="2.2"))
    assert not caught.value.ambiguous
    assert slack.calls == []


async def test_a_message_that_is_gone(channel: SlackChannel, slack: Slack) -> None:
    """An update of it is posted anew; a deletion has nothing to do."""
    slack.faults.append(Fault(error="message_not_found"))
    receipt = await channel.deliver(row("update", receipt="2.2"))
    assert receipt.message_id == slack.calls[-1].ts
    assert slack.calls[-1].method == "chat.postMessage"
    slack.faults.append(Fault(error="message_not_found"))
    assert (await channel.deliver(row("delete", receipt="2.2"))).message_id == ""


async def test_another_workspace_is_not_written_to(channel: SlackChannel, slack: Slack) -> None:
    """An address of a workspace that this token is not for, or of none."""
    for other in (
        Address("slack", "T9", "C1", True, {"team": "T9"}),
        Address("slack", TEAM, "C1", True),
        Address("slack", TEAM, "C1", True, {"team": "T9"}),
    ):
        with pytest.raises(Undeliverable):
            channel.check_address(other)
        with pytest.raises(Undeliverable):
            await channel.deliver(row(address=other))
    assert slack.calls == []


async def test_members_are_people_of_ours(channel: SlackChannel, slack: Slack) -> None:
    """The first of them with names; without bots, people who left, and other organizations' people."""
    many = [f"U{number:04}" for number in range(LISTED - 4)]
    slack.members["C0ROOM"] = [ANNA, "U0BOT", "U0GONE", "U0GUEST", *many]
    slack.people["U0BOT"] = {"id": "U0BOT", "is_bot": True, "team_id": TEAM}
    slack.people["U0GONE"] = {"id": "U0GONE", "deleted": True, "team_id": TEAM}
    slack.people["U0GUEST"] = {"id": "U0GUEST", "team_id": "T9"}
    found = await channel.members(THREAD)
    assert [person.id for person in found] == [f"{TEAM}:{user}" for user in (ANNA, *many)]
    assert found[0] == Person(f"{TEAM}:{ANNA}", "Anna", "anna@example.com", "Europe/Berlin")
    asked = len(slack.calls)
    await channel.members(THREAD)
    assert len(slack.calls) == asked + 1, "who they are is remembered"


async def test_whoever_is_in_a_large_channel_is_a_member(channel: SlackChannel, slack: Slack) -> None:
    """Beyond the listed ones too, and beyond the first pages; strangers, people who left and guests are none. Nobody is
    asked about whom nobody asks for."""
    many = [f"U{number:05}" for number in range(4500)]
    slack.members["C0ROOM"] = [*many, ANNA, "U0GONE", "U0GUEST"]
    slack.people["U0GONE"] = {"id": "U0GONE", "deleted": True, "team_id": TEAM}
    slack.people["U0GUEST"] = {"id": "U0GUEST", "team_id": "T9"}
    assert len(await channel.members(THREAD)) == LISTED
    found = [await channel.member(THREAD, Person(f"{TEAM}:{user}")) for user in (ANNA, fake.EVE, "U0GONE", "U0GUEST")]
    assert found == [Person(f"{TEAM}:{ANNA}", "Anna", "anna@example.com", "Europe/Berlin"), None, None, None]
    assert len(slack.of("users.info")) == LISTED + 3
    assert len(slack.of("conversations.members")) == 5


async def test_a_channel_that_is_too_large_is_told(channel: SlackChannel, slack: Slack) -> None:
    """Who is beyond what can be listed is no member, and the log says so."""
    slack.members["C0ROOM"] = [*(f"U{number:05}" for number in range(MOST)), ANNA]
    with capture_logs() as logged:
        assert await channel.member(ROOM, Person(f"{TEAM}:{ANNA}")) is None
    assert [line["event"] for line in logged] == ["desk_too_large"]


async def test_colleagues_of_the_organization_are_members(slack: Slack) -> None:
    """In a desk's channel that several workspaces of an organization share, all of its people are staff."""
    slack.enterprise = "E0GRID"
    slack.members["C0ROOM"] = [ANNA, "U0COLL", "U0GUEST"]
    for user, organization in [("U0COLL", "E0GRID"), ("U0GUEST", "E9")]:
        slack.people[user] = {"id": user, "team_id": "T2", "enterprise_user": {"enterprise_id": organization}}
    async with aiohttp.ClientSession() as session:
        made = SlackChannel(
            session, library().say, lambda api: OneWorkspace(api, fake.TOKEN), secret=fake.SECRET, api=slack.url
        )
        await made.start()
        await fake.until(made.ready)
        assert [person.id for person in await made.members(THREAD)] == [f"{TEAM}:{ANNA}", f"{TEAM}:U0COLL"]
        await made.close()


async def test_before_we_know_who_we_are_nobody_is_a_guest(slack: Slack) -> None:
    """Nor a colleague: whoever may be one is answered when it is known."""
    slack.faults.append(Fault(error="invalid_auth", only="auth.test"))
    async with aiohttp.ClientSession() as session:
        made = SlackChannel(
            session, library().say, lambda api: OneWorkspace(api, fake.TOKEN), secret=fake.SECRET, api=slack.url
        )
        with pytest.raises(TimeoutError):
            await made.settled(Doubtful(THREAD, "U0COLL"), {}, 0.0)
        await made.start()
        await fake.until(made.ready)
        assert await made.settled(Doubtful(THREAD, "U0COLL"), {}, 0.0) == (None, {})
        await made.close()


async def test_files_come_from_slack_alone(channel: SlackChannel) -> None:
    """The token goes to Slack's own hosts and to nobody else."""
    good = await channel.file_request(DIRECT, "https://files.slack.com/files-pri/T-F/a.txt")
    assert good.headers == {"Authorization": f"Bearer {fake.TOKEN}"}
    assert fake.TOKEN not in repr(good)
    assert good.follow("https://slack-files.com/T-F-1")
    assert not good.follow("https://x.slack.com/?redir=%2Ffiles-pri%2FT-F%2Fa.txt"), "the page to sign in at"
    for url in ("https://evil.example/a", "http://files.slack.com/a", "https://files.slack.com.evil.example/", "x"):
        with pytest.raises(Undeliverable):
            await channel.file_request(DIRECT, url)


async def test_a_file_is_uploaded_and_taken_back(slack: Slack) -> None:
    """A kept file comes into the chat or the thread under its name; taken back, it is deleted. Where Slack does not
    take it, its card comes."""
    store = SqliteStore(":memory:")
    await store.open()
    for number, part in enumerate((b"a" * 5, b"b" * 3)):
        await store.keep_part("blob", number, part, 5.0)
    upload = {"blob": "blob", "name": "a.txt", "size": 8, "author": "Alex <b>"}
    async with aiohttp.ClientSession() as session:
        channel = SlackChannel(
            session, library().say, lambda api: OneWorkspace(api, fake.TOKEN), store, secret=fake.SECRET, api=slack.url
        )
        receipt = await channel.deliver(row(address=THREAD, payload={**TEXT, "upload": upload}))
        (done,) = slack.of("files.completeUploadExternal")
        assert slack.uploaded == {receipt.message_id: b"aaaaabbb"}
        assert (done.body["channel_id"], done.body["thread_ts"]) == ("C0ROOM", "1.1")
        assert done.body["initial_comment"] == "Alex &lt;b&gt;"
        assert slack.of("chat.postMessage") == []
        await channel.deliver(row("delete", THREAD, receipt.message_id))
        assert slack.of("files.delete")[0].body == {"file": receipt.message_id}
        slack.faults.append(Fault(error="missing_scope", only="files.getUploadURLExternal"))
        await channel.deliver(row(address=THREAD, payload={**TEXT, "upload": upload}))
        assert len(slack.of("chat.postMessage")) == 1
    await store.close()


def test_a_pair_is_written_already() -> None:
    """A message with the pressed one beside it is stored as its text, and is what it was when it is read again."""
    pair = Pair('{"text":"new","blocks":[]}', '{"text":"old","blocks":[],"ts":"1.1"}')
    assert written(pair) is pair
    read = loads(pair.text)
    assert read == {"text": "new", "blocks": [], "pressed": {"text": "old", "blocks": [], "ts": "1.1"}}


async def test_a_stored_pair_is_sent_like_a_fresh_one(channel: SlackChannel, slack: Slack) -> None:
    """The pressed message first, then the new one, also after the row was read from the database."""
    pair = Pair('{"text":"new","blocks":[]}', '{"text":"old","blocks":[],"ts":"1.1"}')
    for payload in (pair, Written(pair.text)):
        slack.calls.clear()
        await channel.deliver(row(payload=payload))
        assert [(call.method, call.body["text"]) for call in slack.calls] == [
            ("chat.update", "old"),
            ("chat.postMessage", "new"),
        ]
        assert "pressed" not in slack.calls[1].body
