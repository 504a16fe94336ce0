"""A case that goes from a desk on one platform to a desk on the other: what each desk sees, and what still follows."""

from __future__ import annotations

import json

import pytest

from bot.storage.registry import make_store
from bot.storage.sqlite import SqliteStore
from tests import slack
from tests.handoff.sides import (
    ROOMS,
    STAFF,
    USERS,
    Place,
    SlackStaff,
    SlackUser,
    Staff,
    TeamsStaff,
    TeamsUser,
    User,
    both,
)
from tests.handoff.story import text_of
from tests.handoff.test_four_ways import a_case

WAYS = ["TTS", "SST", "TSS", "STT"]  # user, first desk, second desk


async def handed_on(place: Place, way: str) -> tuple[User, Staff, Staff, str, dict[str, str]]:
    """Alex and Anna have talked at the first desk, and she has transferred the case to the second. Gives both sides,
    the case, and the names of what was said."""
    user, first, second = USERS[way[0]](place), STAFF[way[1]](place), STAFF[way[2]](place)
    await first.bind("identity")
    await second.bind("helpdesk")
    case = await a_case(user)
    await first.act("Anna", "claim", case)
    said = {"user": await user.say("the code is 123"), "anna": await first.mention("Anna", "try this", case)}
    await first.act("Anna", "transfer", case, to="queue:helpdesk", text="please look")
    return user, first, second, case, said


def deleted(place: Place) -> int:
    """How many messages were taken back."""
    teams = sum(sent.method == "DELETE" for sent in place.stand.connector.sent)
    return teams + len(place.slack.of("chat.delete"))


@pytest.mark.parametrize("way", WAYS)
async def test_the_second_desk_takes_over(way: str) -> None:
    """It gets a thread of its own, with the note; the first reads where the case went, and what it says then reaches
    nobody. What the user says is seen at the second desk only."""
    async with both(SqliteStore(":memory:")) as place:
        user, first, second, case, _ = await handed_on(place, way)
        assert "please look" in second.seen(case)
        assert "Anna has passed you on to Helpdesk" in user.seen()
        held = await place.store.case(case)
        assert held is not None
        assert (held.queue, held.desk.channel) == ("helpdesk", {"T": "teams", "S": "slack"}[way[2]])
        await second.act("Ben", "claim", case)
        await second.mention("Ben", "I am Ben", case)
        assert "Ben: I am Ben" in user.seen()
        await user.say("hello Ben")
        assert "hello Ben" in second.seen(case)
        if way[1] != way[2]:
            assert "hello Ben" not in first.seen(case)
            await first.mention("Anna", "am I still there?", case)
            assert "am I still there?" not in user.seen()
            assert "Only members" in first.seen(case)
        assert "please look" not in user.seen()
        await second.act("Ben", "close", case, ending="solved")
        assert "Ben has closed your case" in user.seen()


@pytest.mark.parametrize("way", WAYS)
async def test_what_was_said_at_the_first_desk_is_changed_there(way: str) -> None:
    """The user's edit and deletion of what the first desk read reach the first desk's thread."""
    async with both(SqliteStore(":memory:")) as place:
        user, first, second, case, said = await handed_on(place, way)
        await second.act("Ben", "claim", case)
        await user.edit(said["user"], "the code is 456")
        assert "the code is 456 (edited)" in first.seen(case)
        before = deleted(place)
        await user.delete(said["user"])
        assert deleted(place) == before + 1
        (message,) = [m for m in await place.store.transcript(case) if m.side == "user"]
        assert (message.changed, message.text) == ("deleted", "")


async def test_a_file_that_is_taken_back_is_gone_at_the_first_desk(database_url: str) -> None:
    """On either database: a picture that went to the desk in Slack is deleted there, though the case is in Teams now;
    and so are the words that came with it."""
    async with both(make_store(database_url), public_url="https://help.example") as place:
        user, first, second = SlackUser(place), SlackStaff(place), TeamsStaff(place)
        await first.bind("identity")
        await second.bind("helpdesk")
        case = await a_case(user)
        await first.act("Anna", "claim", case)
        name = await user.say("look", files=[place.slack.file("trace.log", b"x" * 2000)], subtype="file_share")
        await first.act("Anna", "transfer", case, to="queue:helpdesk", text="please look")
        await user.delete(name)
        assert [call.method for call in place.slack.calls if "delete" in call.method] == ["chat.delete", "files.delete"]
        assert not any(sent.method == "DELETE" for sent in place.stand.connector.sent)


async def test_one_file_of_a_message_is_taken_back() -> None:
    """In Slack a file can be taken out of a message: it alone is gone at the desk, and from the database."""
    async with both(SqliteStore(":memory:"), public_url="https://help.example") as place:
        user, staff = SlackUser(place), SlackStaff(place)
        await staff.bind("identity")
        case = await a_case(user)
        await staff.act("Anna", "claim", case)
        files = [{**place.slack.file(f"{name}.log", name.encode() * 900), "id": f"F{name}"} for name in "ab"]
        name = await user.say("look", files=files, subtype="file_share")
        kept = [file for file in await place.store.files(case) if file.blob]
        before = user.said[name]
        now = {**before, "files": [files[0], {"id": "Fb", "mode": "tombstone"}]}
        inside = {"type": "message", "subtype": "message_changed", "channel": slack.CHAT, "channel_type": "im"}
        more = {"message": now, "previous_message": before, "event_ts": slack.stamp(), "ts": slack.stamp()}
        await place.in_slack(slack.event({**inside, **more}))
        assert [call.method for call in place.slack.calls if "delete" in call.method] == ["files.delete"]
        left = [file for file in await place.store.files(case) if file.blob]
        assert [file.name for file in kept] == ["a.log", "b.log"]
        assert [file.name for file in left] == ["a.log"]


@pytest.mark.parametrize("way", ["TTS", "SST"])
async def test_who_comes_back_comes_to_where_the_desk_is_now(way: str) -> None:
    """Meanwhile the queue's desk has moved to the other platform: the case gets a thread there, and goes on there."""
    async with both(SqliteStore(":memory:")) as place:
        user, first, second = USERS[way[0]](place), STAFF[way[1]](place), STAFF[way[2]](place)
        await first.bind("identity")
        case = await a_case(user)
        await first.act("Anna", "claim", case)
        await first.act("Anna", "close", case, ending="not_solved")
        await second.bind("identity")
        await user.say("it is not solved")
        assert "it is not solved" in second.seen(case)
        assert "it is not solved" not in first.seen(case)
        await second.act("Ben", "claim", case)
        await second.mention("Ben", "I am Ben", case)
        assert "Ben: I am Ben" in user.seen()


@pytest.mark.parametrize("way", ["TS", "ST", "SS"])
async def test_a_long_message_is_changed_and_taken_back_whole(way: str) -> None:
    """What was too long for one message of Slack is changed and deleted in all of its messages."""
    async with both(SqliteStore(":memory:")) as place:
        user, staff = USERS[way[0]](place), STAFF[way[1]](place)
        await staff.bind("identity")
        case = await a_case(user)
        await staff.act("Anna", "claim", case)
        name = await user.say("\n".join(f"old {number}: " + "x" * 80 for number in range(250)))
        assert "old 0:" in staff.seen(case)
        assert "old 249:" in staff.seen(case)
        await user.edit(name, "\n".join(f"new {number}: " + "y" * 80 for number in range(130)))
        there = standing(place, way[1], case)
        assert "old 1" not in there
        assert "new 0:" in there
        assert "new 129:" in there
        await user.delete(name)
        assert "new 1" not in standing(place, way[1], case)


def standing(place: Place, platform: str, case: str) -> str:
    """What stands at the desk now of what the user said."""
    if platform == "S":
        thread = SlackStaff(place).where(case)[1]
        return "\n".join(m["text"] for m in place.slack.messages.values() if m.get("thread_ts") == thread)
    now: dict[str, str] = {}
    for sent in place.stand.connector.sent:
        if sent.method == "DELETE":
            now.pop(sent.id, None)
        else:
            now[sent.id] = text_of(sent.body)
    return "\n".join(now.values())


async def test_a_desk_is_offered_its_own_people_only() -> None:
    """The card at the second desk does not offer the first desk's people, who could not be chosen there."""
    async with both(SqliteStore(":memory:")) as place:
        user, _, second, case, _ = await handed_on(place, "TST")
        roots = [
            sent for sent in place.stand.connector.sent if case in str(sent.body) and "please look" in str(sent.body)
        ]
        assert roots
        assert "agent:" not in str(roots[-1].body)
        await second.act("Ben", "claim", case)
        await second.mention("Ben", "I am Ben", case)
        newest = [sent for sent in place.stand.connector.sent if f"transfer/{case}" in str(sent.body)][-1]
        assert slack.ANNA not in str(newest.body)
        assert "I am Ben" in user.seen()


async def test_a_note_calls_nobody_at_the_other_desk() -> None:
    """What is typed into the transfer's note is words in Slack, whatever it looks like."""
    async with both(SqliteStore(":memory:")) as place:
        user, first, second = TeamsUser(place), TeamsStaff(place), SlackStaff(place)
        await first.bind("identity")
        await second.bind("helpdesk")
        case = await a_case(user)
        await first.act("Anna", "claim", case)
        note = "<!channel> <@U0EVE> *now* <https://evil.example|bank>"
        await first.act("Anna", "transfer", case, to="queue:helpdesk", text=note)
        bodies = [call.body for call in place.slack.of("chat.postMessage") if call.body["channel"] == ROOMS["helpdesk"]]
        assert "bank" in second.seen(case)
        shown = json.dumps([body["text"] for body in bodies])
        assert "<" not in shown


@pytest.mark.parametrize("way", WAYS)
async def test_what_the_staff_take_back_is_gone_at_the_user(way: str) -> None:
    """Also when the case has gone to another desk since; new words of who does not hold it any more stay there."""
    async with both(SqliteStore(":memory:")) as place:
        user, first, _, case, said = await handed_on(place, way)
        if way[1] != way[2]:
            await first.edit(said["anna"], "other words", case)
            assert "other words" not in user.seen()
        before = deleted(place)
        if isinstance(first, TeamsStaff):
            await place.teams({**first.said[said["anna"]], "type": "messageDelete", "timestamp": "t3"})
        elif isinstance(first, SlackStaff):
            told = first.said[said["anna"]]
            inside = {"type": "message", "subtype": "message_deleted", "channel": told["channel"], "ts": slack.stamp()}
            more = {"deleted_ts": told["ts"], "previous_message": told, "event_ts": slack.stamp()}
            await place.in_slack(slack.event({**inside, **more, "channel_type": "channel"}))
        assert deleted(place) == before + 1
