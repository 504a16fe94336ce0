"""A case in a chat of several people is of the one who opened it; everybody else there gets a polite no."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dialogs.turn import Incoming, Press
from tests.handoff.inside import ANNA, HELPDESK, House, house, person, where

GROUP = "19:group"
NO = "This chat with the helpdesk is Ulla's"


async def say(home: House, who: str, text: str, *, mentioned: bool = True) -> str:
    """Somebody says something in the group chat; what is posted there."""
    envelope = home.envelope(where(GROUP), person(who), Incoming(home.clock.now, text))
    return await home.receive(replace(envelope, mentioned=mentioned))


async def press(home: House, who: str, verb: str, **fields: str) -> str:
    """Somebody presses the newest button of this kind in the group chat; the answer's words."""
    turn, value = home.button(GROUP, verb)
    incoming = Incoming(home.clock.now, press=Press(verb, turn, value, tuple(fields.items())))
    return await home.receive(home.envelope(where(GROUP), person(who), incoming, invoke=True))


async def opened(home: House, *, claimed: bool = True) -> str:
    """Ulla's case in the group chat."""
    await say(home, "ulla", "talk to a person")
    await press(home, "ulla", "send")
    case = await home.case_of(GROUP)
    if claimed:
        await home.staff(ANNA, "claim", case.id)
    return case.id


@pytest.mark.parametrize("claimed", [True, False])
async def test_words_of_others_are_not_passed_on(claimed: bool) -> None:
    """What another person says to the bot is not passed on under the user's name, nor at all; they are told so."""
    async with house() as home:
        case = await opened(home, claimed=claimed)
        start = home.mark
        assert NO in await say(home, "bob", "I am Bob, another person")
        assert await say(home, "bob", "among ourselves", mentioned=False) == ""
        assert home.seen(HELPDESK, start) == ""
        await say(home, "ulla", "it is me again")
        assert "it is me again" in home.seen(HELPDESK, start)
        said = [m.text for m in await home.store.transcript(case) if m.side == "user"]
        assert said[-1:] == ["it is me again"]
        assert not any("Bob" in text for text in said)


async def test_what_does_not_mention_the_bot_stays_in_the_chat() -> None:
    """What the user says to the others, without mentioning the bot, is not passed on either."""
    async with house() as home:
        await opened(home)
        start = home.mark
        await say(home, "ulla", "shall we ask for a new one?", mentioned=False)
        assert home.platform.posts[start:] == []


@pytest.mark.parametrize("claimed", [True, False])
async def test_others_do_not_end_it(claimed: bool) -> None:
    """A press on End chat, or the words for it, by another person is refused; the user's own ends the chat."""
    async with house() as home:
        case = await opened(home, claimed=claimed)
        before = await home.case(case)
        assert NO in await press(home, "bob", "leave")
        assert NO in await say(home, "bob", "end chat")
        assert await home.case(case) == before
        await press(home, "ulla", "leave")
        assert (await home.case(case)).state == "closed"


async def test_others_do_not_rate_it() -> None:
    """The rating is the user's: another person's answer is refused, and Skip too, whatever the chat loads."""
    async with house() as home:
        case = await opened(home)
        await home.staff(ANNA, "close", case, ending="solved")
        assert NO in await press(home, "bob", "rate", solved="no", rating="1")
        assert NO in await press(home, "bob", "skip-rating")
        assert not (await home.case(case)).rated_at
        await press(home, "ulla", "rate", solved="yes", rating="5")
        assert (await home.case(case)).rating == 5
        assert NO in await press(home, "bob", "rate", solved="no", rating="1")


async def test_others_do_not_bring_it_back() -> None:
    """After the end another person has the bot; the user's next word brings the case back."""
    async with house() as home:
        case = await opened(home)
        await home.staff(ANNA, "close", case, ending="not_solved")
        start = home.mark
        assert NO not in await say(home, "bob", "hello")
        await say(home, "bob", "it is still broken")
        assert (await home.case(case)).state == "closed"
        assert home.seen(HELPDESK, start) == ""
        await say(home, "ulla", "it is still broken")
        assert (await home.case(case)).state == "waiting"


async def test_another_person_opens_a_case_of_their_own_afterwards() -> None:
    """Once the case is closed, somebody else may have one in the same chat; then it is theirs."""
    async with house() as home:
        case = await opened(home)
        await press(home, "ulla", "leave")
        await say(home, "bob", "talk to a person")
        await press(home, "bob", "send")
        theirs = await home.case_of(GROUP)
        assert (theirs.id != case, theirs.person.id) == (True, person("bob").id)
        assert "is Bob's" in await say(home, "ulla", "and mine?")
