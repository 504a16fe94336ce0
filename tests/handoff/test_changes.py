"""What is changed or taken back later belongs to the case in which it was said, whichever the chat loads by then."""

from __future__ import annotations

import pytest

from tests.handoff.inside import ANNA, HELPDESK, House, house
from tests.handoff.test_files import PNG, drive

WAYS = ["given back", "solved", "left", "another case"]


async def ended(home: House, way: str) -> str:
    """A case in which "my password is hunter2" was said as the message m1, and which has ended in this way."""
    case = await home.open_case()
    await home.staff(ANNA, "claim", case)
    await home.say("ulla", "my password is hunter2", message="m1")
    if way == "given back":
        await home.mention(ANNA, "do not write that", case)
        await home.staff(ANNA, "give-back", case)
    elif way == "solved":
        await home.staff(ANNA, "close", case, ending="solved")
        await home.press("ulla", "rate", solved="yes", rating="5")
    else:
        await home.press("ulla", "leave")
        home.clock.now += 60
        if way == "another case":
            assert await home.open_case() != case
    return case


@pytest.mark.parametrize("way", WAYS)
async def test_what_is_taken_back_is_gone_after_the_end(way: str, database_url: str) -> None:
    """What the user deletes is gone at the staff and from the transcript, however the case has ended since."""
    async with house(url=database_url) as home:
        case = await ended(home, way)
        twin = next(post for post in home.platform.posts if "hunter2" in post.text and HELPDESK in post.where)
        start = home.mark
        await home.say("ulla", "", message="m1", change="delete")
        assert [(post.where, post.kind, post.id) for post in home.platform.posts[start:]] == [
            (twin.where, "delete", twin.id)
        ]
        said = [message for message in await home.store.transcript(case) if message.source_id == "m1"]
        assert [(message.text, message.changed) for message in said] == [("", "deleted")]


@pytest.mark.parametrize("way", WAYS)
async def test_what_is_changed_reads_so_after_the_end(way: str) -> None:
    """What the user edits reads so at the staff and in the transcript, however the case has ended since; the case
    stays as it is."""
    async with house() as home:
        case = await ended(home, way)
        before, start = await home.case(case), home.mark
        await home.say("ulla", "my password is no more", message="m1", change="edit")
        assert [(post.kind, "no more" in post.text) for post in home.platform.posts[start:]] == [("update", True)]
        said = [message for message in await home.store.transcript(case) if message.source_id == "m1"]
        assert [(message.text, message.changed) for message in said] == [("my password is no more", "edited")]
        after = await home.case(case)
        assert (after.state, after.ending, after.timer) == (before.state, before.ending, before.timer)


async def test_a_file_is_gone_after_the_end(database_url: str) -> None:
    """A file that came alone is dropped when its sender takes it back, after the case was given back to the bot."""
    async with drive() as lies, house(url=database_url) as home:
        case = await home.open_case()
        await home.staff(ANNA, "claim", case)
        await home.say("ulla", "", message="m1", files=(lies.put("a.png", PNG),))
        assert [bool(file.blob) for file in await home.store.files(case)] == [True]
        await home.staff(ANNA, "give-back", case)
        await home.say("ulla", "", message="m1", change="delete")
        assert [m.changed for m in await home.store.transcript(case) if m.files] == ["deleted"]
        assert [file.blob for file in await home.store.files(case)] == [""]


async def test_words_added_to_a_file_after_the_end_stay_here() -> None:
    """Words that are put to a file afterwards go to nobody once the case is closed."""
    async with drive() as lies, house() as home:
        case = await home.open_case()
        await home.staff(ANNA, "claim", case)
        await home.say("ulla", "", message="m1", files=(lies.put("a.png", PNG),))
        await home.staff(ANNA, "close", case, ending="not_solved")
        start = home.mark
        await home.say("ulla", "look here", message="m1", change="edit")
        assert home.platform.posts[start:] == []


async def test_a_change_of_what_no_case_knows_is_nothing() -> None:
    """A change of what was said to the bot alone says nothing to anybody, with a case or without."""
    async with house() as home:
        await home.say("ulla", "hello", message="m0")
        start = home.mark
        await home.say("ulla", "hello there", message="m0", change="edit")
        assert home.platform.posts[start:] == []
        await home.staff(ANNA, "claim", await home.open_case())
        start = home.mark
        await home.say("ulla", "", message="m0", change="delete")
        assert home.platform.posts[start:] == []
