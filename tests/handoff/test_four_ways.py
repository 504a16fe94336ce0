"""The same hand-off with each side on each platform: Teams-Teams, Slack-Slack, Teams-Slack, Slack-Teams."""

from __future__ import annotations

import re

import pytest

from bot.storage.base import Store
from bot.storage.registry import make_store
from tests import slack
from tests.handoff.sides import STAFF, USERS, Place, SlackStaff, SlackUser, Staff, User, both
from tests.handoff.story import script

WAYS = ["TT", "SS", "TS", "ST"]


class Since:
    """What a side has seen since it was asked last."""

    def __init__(self) -> None:
        self._marks: dict[str, int] = {}

    def __call__(self, side: str, seen: str) -> str:
        """What is new; `seen` is all."""
        new = seen[self._marks.get(side, 0) :]
        self._marks[side] = len(seen)
        return new


async def a_case(user: User) -> str:
    """Alex gets on with the guide, asks for a person, and sends the summary off; the case's id."""
    await user.say("my partner never got the mail I sent")
    await user.say("talk to a person")
    assert "This is what they will see" in user.seen()
    await user.press("send", text="It is urgent & <b>new</b>")
    found = re.search(r"HD-[0-9A-Z]{5}", user.seen())
    assert found, user.seen()
    return found[0]


@pytest.mark.parametrize("way", WAYS)
async def test_whole_story(way: str) -> None:
    """Guide, no luck, summary, queue, claim, messages both ways, note, transfer, second claim, guide, close, rating."""
    await whole_story(way, make_store("sqlite:///:memory:"))


async def test_whole_story_on_either_database(database_url: str) -> None:
    """The same on a file and on PostgreSQL."""
    await whole_story("ST", make_store(database_url))


async def whole_story(way: str, store: Store) -> None:
    """Play it."""
    async with both(store) as place:
        user: User = USERS[way[0]](place)
        staff: Staff = STAFF[way[1]](place)
        new = Since()
        await staff.bind("helpdesk")
        await staff.bind("identity")
        case = await a_case(user)
        assert "You are number 1 in the queue of Identity and guests" in user.seen()
        assert "It is urgent & <b>new</b>" in staff.seen(case)
        assert "The e-mail has not arrived" in staff.seen(case)
        await user.say("are you there?")
        assert "Alex Wilber: are you there?" in staff.seen(case)
        assert "Only members" in await staff.act("Eve", "claim", case)
        await staff.act("Anna", "claim", case)
        assert "With Anna" in staff.seen(case)
        assert "Anna from the helpdesk is here now" in user.seen()
        for number in range(3):
            new("user", user.seen())
            await user.say(f"words {number}")
            assert f"words {number}" in staff.seen(case)
            assert new("user", user.seen()) == "", "a relayed message is not answered by the bot"
            await staff.mention("Anna", f"answer {number}", case)
            assert f"Anna: answer {number}" in user.seen()
            assert staff.passed_on() == number + 1
        await staff.act("Anna", "reply", case, text="from the form")
        assert "Anna: from the form" in user.seen()
        assert "from the form" in staff.seen(case)
        await staff.act("Anna", "note", case, text="a secret note")
        await staff.mention("Anna", "note: another secret", case)
        assert "a secret note" in staff.seen(case)
        new("user", user.seen())
        await staff.mention("Anna", "clsoe", case)
        assert "is also a command" in staff.seen(case)
        await staff.mention("Ben", "hello from Ben", case)
        assert "Only Anna" in staff.seen(case)
        assert new("user", user.seen()) == ""
        await staff.act("Anna", "transfer", case, to="queue:helpdesk", text="please look")
        assert "Anna has passed you on to Helpdesk" in user.seen()
        await staff.act("Ben", "claim", case)
        await staff.act("Ben", "reply", case, text="I am Ben")
        assert "Ben: I am Ben" in user.seen()
        await staff.act("Ben", "guide", case, guide="guest-cannot-redeem")
        assert "Ben suggests that we go through this together" in user.seen()
        await user.press("answer", "inviter")
        assert "Did the guest receive the invitation e-mail?" in user.seen()
        assert "The bot to Alex Wilber" in staff.seen(case)
        await user.press("answer", "no")
        await user.press("solved", "")
        assert "The guide is done: it helped" in staff.seen(case)
        await staff.act("Ben", "close", case, ending="solved")
        assert "Ben has closed your case" in user.seen()
        await user.press("rate", solved="yes", rating="5", comment="thanks Ben")
        assert "Alex Wilber says: solved, Very good. thanks Ben" in staff.seen(case)
        for secret in ("secret", "clsoe", "hello from Ben", "please look"):
            assert secret not in user.seen()
        closed = await store.case(case)
        assert closed is not None
        assert (closed.state, closed.rating, closed.person.name) == ("closed", 5, "Alex Wilber")
        assert closed.last_agent is not None
        assert closed.rated_agent == closed.last_agent.id
        new("user", user.seen())
        await user.say("hi")
        assert new("user", user.seen())


@pytest.mark.parametrize("way", WAYS)
async def test_changes_go_across(way: str) -> None:
    """Edited and deleted messages change their twins, both ways, whatever the platforms."""
    async with both(make_store("sqlite:///:memory:")) as place:
        user: User = USERS[way[0]](place)
        staff: Staff = STAFF[way[1]](place)
        await staff.bind("helpdesk")
        case = await a_case(user)
        await staff.act("Anna", "claim", case)
        name = await user.say("the code is 123")
        await user.edit(name, "the code is 456")
        assert "the code is 456 (edited)" in staff.seen(case)
        await user.delete(name)
        if way[1] == "T":
            assert place.stand.connector.sent[-1].method == "DELETE"
        else:
            assert place.slack.of()[-1].method == "chat.delete"
        said = await staff.mention("Anna", "try this", case)
        await staff.edit(said, "try that", case)
        assert "Anna: try that (edited)" in user.seen()


@pytest.mark.parametrize("way", ["SS", "ST", "TS"])
async def test_files_and_formatting_go_across(way: str) -> None:
    """A file that is sent in Slack, by the user or by the agent, is a link on the other side; so is one from Teams.
    Bold stays bold, a list stays a list, and a call to everybody calls nobody."""
    async with both(make_store("sqlite:///:memory:"), public_url="https://help.example") as place:
        user: User = USERS[way[0]](place)
        staff: Staff = STAFF[way[1]](place)
        await staff.bind("helpdesk")
        case = await a_case(user)
        await staff.act("Anna", "claim", case)
        if way[0] == "S":
            file = place.slack.file("trace.log", b"x" * 2000)
            await user.say("look", files=[file], subtype="file_share")
            await user.say("<!channel> now", blocks=RICH)
            seen = staff.seen(case)
            assert "now this" in seen.replace("*", "")
            assert "@channel" not in seen
            assert "@\u200bchannel" in seen
        else:
            info = {"downloadUrl": place.stand.connector.file("trace", b"x" * 2000), "fileType": "log", "uniqueId": "1"}
            kind = "application/vnd.microsoft.teams.file.download.info"
            await user.say("look", attachments=[{"contentType": kind, "name": "trace.log", "content": info}])
        came(place, way[1], "trace.log", b"x" * 2000, staff.seen(case))
        if way[1] == "S":
            await staff.mention("Anna", "see this", case, files=[place.slack.file("fix.txt", b"y" * 30)])
            assert "Anna: see this" in user.seen()
            came(place, way[0], "fix.txt", b"y" * 30, user.seen())


RICH = [
    {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_section",
                "elements": [
                    {"type": "broadcast", "range": "channel"},
                    {"type": "text", "text": " now "},
                    {"type": "text", "text": "this", "style": {"bold": True}},
                ],
            }
        ],
    }
]


def came(place: Place, platform: str, name: str, content: bytes, seen: str) -> None:
    """A file has arrived: in Slack itself, in Teams as a link."""
    if platform == "T":
        assert f"{name} ({len(content) // 1000} KB)" in seen or f"{name} ({len(content)} B)" in seen
        assert "https://help.example/files/" in str([sent.body for sent in place.stand.connector.sent])
        return
    (done,) = place.slack.of("files.completeUploadExternal")[-1:]
    (file,) = done.body["files"]
    assert (file["title"], place.slack.uploaded[file["id"]]) == (name, content)
    assert done.body["initial_comment"]


async def test_all_is_relayed_where_the_plan_says_so() -> None:
    """With `relay: all` what the claimer says in the case's thread goes to the user without a mention; what others say,
    and what is said elsewhere, does not."""
    written = script()
    written.plan = written.plan.model_copy(update={"relay": "all"})
    async with both(make_store("sqlite:///:memory:"), written) as place:
        user, staff = SlackUser(place), SlackStaff(place)
        await staff.bind("helpdesk")
        case = await a_case(user)
        await staff.act("Anna", "claim", case)
        channel, thread = staff.where(case)
        for who, text, there in [
            (slack.ANNA, "try this", thread),
            (slack.BEN, "she is new here", thread),
            (slack.ANNA, "who has time?", ""),
        ]:
            await place.in_slack(slack.said(text, channel, who, there, mention=False))
        assert "Anna: try this" in user.seen()
        assert "she is new" not in user.seen()
        assert "who has time" not in user.seen()
