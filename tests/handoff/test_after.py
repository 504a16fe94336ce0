"""What comes after a chat with the helpdesk, and one step of a guide in the middle of it."""

from __future__ import annotations

import pytest

from tests.handoff.inside import ANNA, HELPDESK, House, house, where

TROUBLE = "my partner never got the mail I sent"
ADVICE = "The e-mail has not arrived"


async def in_guide(home: House) -> str:
    """A case of somebody who was shown advice in a guide before; nobody has taken it yet."""
    assert ADVICE in await home.say("ulla", TROUBLE)
    return await home.open_case()


async def test_back_in_the_guide_after_leaving_the_queue() -> None:
    """Who leaves while waiting reads that the case is closed, and is back in the guide, where its buttons work."""
    async with house() as home:
        await in_guide(home)
        told = await home.press("ulla", "leave")
        assert told.index("is closed") < told.index("Back to where we had stopped")
        assert "Did this solve it?" in told
        assert "Good to hear" in await home.press("ulla", "solved-brief")


@pytest.mark.parametrize("way", ["skip-rating", "rate"])
async def test_back_in_the_guide_after_the_rating(way: str) -> None:
    """After the rating, given or skipped, what is not solved goes on where it stopped, once."""
    async with house() as home:
        case = await in_guide(home)
        await home.staff(ANNA, "claim", case)
        told = await home.say("ulla", "end chat")
        assert "Back to where" not in told, "first how it was"
        turn, value = home.button("ulla", way)
        told = await home.press("ulla", way, value, turn=turn, solved="no", rating="2")
        assert told.count("Back to where we had stopped") == 1
        assert "Did this solve it?" in told
        if way == "rate":
            assert "Back to where" not in await home.press("ulla", way, value, turn=turn, solved="no", rating="2")
        assert "Show other causes" in home.seen("ulla")
        await home.say("ulla", "yes it did")
        assert "Good to hear" in home.seen("ulla")


async def test_a_rating_without_an_answer_waits_for_one() -> None:
    """Who sends the rating without saying whether it is solved has not said that it is: they are asked, and can still
    answer."""
    async with house() as home:
        case = await in_guide(home)
        await home.staff(ANNA, "claim", case)
        await home.staff(ANNA, "close", case, ending="solved")
        turn, value = home.button("ulla", "rate")
        told = await home.press("ulla", "rate", value, turn=turn, rating="5")
        assert "Back to where" not in told
        assert "Thank you" not in told
        told = await home.press("ulla", "rate", value, turn=turn, solved="no", rating="2")
        assert "Back to where" in told


async def test_done_when_solved() -> None:
    """Who says that it is solved is not asked the guide's question again, now or with the next words."""
    async with house() as home:
        case = await in_guide(home)
        await home.staff(ANNA, "claim", case)
        await home.staff(ANNA, "close", case, ending="solved")
        told = await home.press("ulla", "rate", solved="yes", rating="5")
        assert "Back to where" not in told
        assert "Hello" in await home.say("ulla", "hello")


async def test_given_back_to_the_bot() -> None:
    """An agent who gives the user back to the bot puts them where they were in the guide."""
    async with house() as home:
        case = await in_guide(home)
        await home.staff(ANNA, "claim", case)
        start = home.mark
        assert "given back to the bot" in await home.staff(ANNA, "give-back", case)
        seen = home.seen("ulla", start)
        assert seen.index("Anna has given the chat back to me") < seen.index("Did this solve it?")
        assert await home.store.case_of(where("ulla").key) is None
        assert "Good to hear" in await home.press("ulla", "solved-brief")


async def test_rating_of_an_earlier_case_leaves_the_open_one_alone() -> None:
    """A late rating, while another case is open, shows no guide and ends nothing."""
    async with house() as home:
        first = await in_guide(home)
        await home.staff(ANNA, "claim", first)
        await home.say("ulla", "end chat")
        turn, value = home.button("ulla", "rate")
        second = await home.open_case()
        told = await home.press("ulla", "rate", value, turn=turn, solved="yes", rating="5")
        assert "Back to where" not in told
        assert (await home.case(first)).rating == 5
        assert (await home.case_of("ulla")).id == second
        assert "Did this solve it" in await home.say("ulla", "hello")


async def test_one_step_of_a_guide() -> None:
    """An agent can send a single step; the user sees it, the agent reads along and learns what came of it."""
    async with house() as home:
        case = await in_guide(home)
        await home.staff(ANNA, "claim", case)
        guide = home.script.guides["guest-cannot-redeem"]
        card = next(p for p in reversed(home.platform.posts) if p.kind == "update" and case in p.text)
        assert f"guest-cannot-redeem/{guide.start}" in str(card.body)
        step = next(name for name, spec in guide.steps.items() if getattr(spec, "outcome", "") == ADVICE)
        start = home.mark
        await home.staff(ANNA, "guide", case, guide=f"guest-cannot-redeem/{step}")
        assert ADVICE in home.seen("ulla", start)
        assert ADVICE in home.seen(HELPDESK, start)
        await home.press("ulla", "solved")
        assert "The guide is done: it helped" in home.seen(HELPDESK, start)
        assert "There is no such guide" in await home.staff(ANNA, "guide", case, guide="guest-cannot-redeem/nowhere")
