"""Every timer of a case, over a real store, with a passed clock: nobody is left waiting."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from structlog.testing import capture_logs

from bot.envelope import Address
from bot.errors import Undeliverable
from bot.handoff.timers import Timers
from bot.storage.cases import Step
from tests.handoff.inside import ANNA, BEN, CONTACT, HELPDESK, IDENTITY, TUESDAY, House, house, plan, where

HOURS = {"zone": "Europe/Berlin", "days": {"tue": ["08:00-17:00"], "wed": ["08:00-17:00"]}, "holidays": ["2026-11-25"]}
WORDS_IDENTITY = {
    "default": "identity",
    "queues": {"helpdesk": {"title": "Helpdesk"}, "identity": {"title": "Identity", "next": "helpdesk"}},
}


async def test_nobody_claims_falls_back() -> None:
    """After 5 minutes the channel is reminded, after 10 more the user gets the contact; both are told to the user."""
    async with house() as home:
        case = await home.open_case()
        await home.later(4.9)
        assert "Nobody has taken" not in home.seen(HELPDESK)
        start = home.mark
        await home.later(0.1)
        assert "Nobody has taken this case yet. Ulla has been waiting for 5 minutes." in home.seen(HELPDESK, start)
        assert "I have reminded the helpdesk" in home.seen("ulla", start)
        await home.later(9.9)
        assert (await home.case(case)).state == "waiting"
        start = home.mark
        await home.later(0.1)
        assert CONTACT in home.seen("ulla", start)
        assert "the case is closed" in home.seen(HELPDESK, start)
        ended = await home.case(case)
        assert (ended.state, ended.ending, ended.due) == ("closed", "no_answer", None)
        assert await home.store.case_of(where("ulla").key) is None
        assert await home.say("ulla", "hi"), "the bot has the user again"


async def test_no_contact_is_said() -> None:
    """Without a contact address the user is told that nobody can come, and no empty address."""
    async with house(contact="") as home:
        await home.open_case()
        await home.later(15)
        await home.later(15)
        assert "{contact}" not in home.seen("ulla")
        assert "Please try again later" in home.seen("ulla")


async def test_nobody_claims_next_queue() -> None:
    """The next queue gets a thread of its own; the first thread's card says where the case went; then the contact."""
    async with house(plan(**WORDS_IDENTITY)) as home:
        case = await home.open_case()
        first = await home.thread(case)
        await home.later(5)
        start = home.mark
        await home.later(10)
        moved = await home.case(case)
        assert (moved.queue, moved.state, moved.tried) == ("helpdesk", "waiting", ("identity",))
        assert "I have passed it on to Helpdesk" in home.seen("ulla", start)
        assert (await home.thread(case)).key != first.key
        tomb = next(p for p in home.platform.posts[start:] if p.where == first.conversation and p.kind == "update")
        assert "it went to the queue Helpdesk" in tomb.text
        assert "Claim" not in tomb.text, "the old card has no buttons that lie"
        start = home.mark
        await home.later(5)
        assert "Nobody has taken this case yet" in home.seen(HELPDESK, start)
        await home.later(10)
        assert CONTACT in home.seen("ulla", start)
        assert (await home.case(case)).ending == "no_answer"


async def test_next_queue_once() -> None:
    """Queues that hand on to each other do not pass a case round for ever: each is tried once."""
    ring = {
        "helpdesk": {"title": "Helpdesk", "next": "identity"},
        "identity": {"title": "Identity", "next": "helpdesk"},
    }
    async with house(plan(queues=ring)) as home:
        case = await home.open_case()
        for _ in range(6):
            await home.later(15)
        assert (await home.case(case)).tried == ("helpdesk", "identity")
        assert (await home.case(case)).ending == "no_answer"


async def test_silent_agent() -> None:
    """An agent who owes an answer is asked, then the case goes back to the queue; the user is told each time."""
    async with house() as home:
        case = await home.open_case()
        await home.staff(ANNA, "claim", case)
        await home.say("ulla", "hello?")
        await home.later(6)
        await home.say("ulla", "are you there?")
        start = home.mark
        await home.later(4)  # ten minutes from the first word without an answer, not from the last
        assert "Anna, Ulla has been waiting for your answer" in home.seen(HELPDESK, start)
        assert "Anna has not answered for a while" in home.seen("ulla", start)
        start = home.mark
        await home.later(5)
        assert "Anna did not answer. The case waits again." in home.seen(HELPDESK, start)
        assert "You are back in the queue" in home.seen("ulla", start)
        now = await home.case(case)
        assert (now.state, now.agent, now.last_agent) == ("waiting", None, ANNA)
        await home.later(15)
        await home.later(15)
        assert (await home.case(case)).ending == "no_answer", "nobody waits for ever after a release"


@pytest.mark.parametrize("how", ["claim", "take-over", "transfer", "again"])
async def test_new_agent_owes_a_word(how: str) -> None:
    """Whoever gets a case must say something, however well the one before them answered."""
    async with house() as home:
        case = await home.open_case()
        await home.staff(ANNA, "claim", case)
        if how != "claim":
            home.clock.now += 1
            await home.mention(ANNA, "I look", case)
        if how == "take-over":
            await home.staff(BEN, "take-over", case)
        elif how == "transfer":
            await home.staff(ANNA, "transfer", case, to=f"agent:{BEN.id}")
        elif how == "again":
            await home.staff(ANNA, "release", case)
            await home.staff(BEN, "claim", case)
        assert (await home.case(case)).timer == "agent"
        await home.later(10)
        await home.later(5)
        assert (await home.case(case)).state == "waiting"


async def test_answer_stops_the_clock() -> None:
    """An agent who has answered is not asked; the user's turn begins."""
    async with house() as home:
        case = await home.open_case()
        await home.staff(ANNA, "claim", case)
        await home.later(9)
        await home.mention(ANNA, "here I am", case)
        await home.later(59)
        assert "has not answered" not in home.seen("ulla")
        assert (await home.case(case)).timer == "user"


async def test_asked_agent_answers() -> None:
    """An answer after the question keeps the case, and the next silence is asked about anew."""
    async with house() as home:
        case = await home.open_case()
        await home.staff(ANNA, "claim", case)
        await home.later(10)
        await home.mention(ANNA, "sorry", case)
        await home.later(6)
        await home.say("ulla", "never mind, what now?")
        await home.later(6)
        assert (await home.case(case)).agent == ANNA
        await home.later(4)
        assert home.seen(HELPDESK).count("has been waiting for your answer") == 2
        assert (await home.case(case)).agent == ANNA


async def test_silent_user() -> None:
    """A silent user is asked, then the case is closed kindly and unrated; their next word goes to the same agent."""
    async with house() as home:
        case = await home.open_case()
        await home.staff(ANNA, "claim", case)
        home.clock.now += 1
        await home.mention(ANNA, "did that help?", case)
        start = home.mark
        await home.later(60)
        assert "Are you still there?" in home.seen("ulla", start)
        assert "Ulla has been silent" in home.seen(HELPDESK, start)
        start = home.mark
        await home.later(30)
        assert "just write, and I bring your case" in home.seen("ulla", start)
        assert "How was it?" not in home.seen("ulla", start), "no rating after an automatic close"
        assert (await home.case(case)).ending == "user_left"
        start = home.mark
        await home.later(59)
        await home.say("ulla", "it is broken again")
        back = await home.case(case)
        assert (back.state, back.last_agent, back.ending) == ("waiting", ANNA, "")
        assert "The case is open again, Anna is asked first" in home.seen(HELPDESK, start)
        assert "it is broken again" in home.seen(HELPDESK, start)
        assert "I have brought your case" in home.seen("ulla", start)
        start = home.mark
        await home.later(5)
        assert "I have reminded the helpdesk" in home.seen("ulla", start)


async def test_user_still_there() -> None:
    """A word after the question keeps the chat, and the agent's clock runs."""
    async with house() as home:
        case = await home.open_case()
        await home.staff(ANNA, "claim", case)
        home.clock.now += 1
        await home.mention(ANNA, "did that help?", case)
        await home.later(60)
        await home.say("ulla", "wait a moment")
        await home.later(9)
        now = await home.case(case)
        assert (now.state, now.timer, now.nudges) == ("claimed", "agent", 0)


ADVICE = "guest-cannot-redeem/wrong-account"


async def guided(home: House, guide: str = "guest-cannot-redeem") -> str:
    """A case in which Anna has just sent a guide, or one step of it."""
    case = await home.open_case()
    await home.staff(ANNA, "claim", case)
    home.clock.now += 1
    await home.mention(ANNA, "let us try this", case)
    await home.staff(ANNA, "guide", case, guide=guide)
    return case


async def test_guide_by_buttons_is_no_silence(database_url: str) -> None:
    """Who walks a sent guide by its buttons is not silent: their clock runs from their last press."""
    async with house(url=database_url) as home:
        case = await guided(home)
        start = home.mark
        for minutes in (59, 26, 59):
            await home.later(minutes)
            await home.press("ulla", "answer")
        await home.later(59)
        assert "Are you still there?" not in home.seen("ulla", start)
        assert (await home.case(case)).state == "claimed"
        await home.later(1)
        assert "Are you still there?" in home.seen("ulla", start)
        await home.press("ulla", "answer")
        await home.later(31)
        assert (await home.case(case)).state == "claimed"
        await home.later(29)
        await home.later(30)
        assert (await home.case(case)).ending == "user_left", "who leaves the guide lying is silent after all"


async def test_guide_by_words_is_no_question_to_the_agent(database_url: str) -> None:
    """Answers that are typed to the bot start no clock of the agent's, and keep the user's from running out."""
    async with house(url=database_url) as home:
        case = await guided(home)
        start = home.mark
        await home.say("ulla", "I invited a guest")
        await home.later(11)
        await home.say("ulla", "yes")
        await home.later(58)
        await home.say("ulla", "no")
        await home.later(59)
        assert "has not answered" not in home.seen("ulla", start)
        assert "has been waiting for your answer" not in home.seen(HELPDESK, start)
        assert "Are you still there?" not in home.seen("ulla", start)
        now = await home.case(case)
        assert (now.state, now.agent, now.guiding, now.timer) == ("claimed", ANNA, True, "user")


@pytest.mark.parametrize("how", ["not solved", "stopped"])
async def test_agents_turn_after_the_guide(how: str, database_url: str) -> None:
    """A guide that did not help, or was stopped: it is the agent's turn, who is asked and released if silent."""
    async with house(url=database_url) as home:
        case = await guided(home, ADVICE if how == "not solved" else "guest-cannot-redeem")
        await home.later(30)
        start = home.mark
        await (home.press("ulla", "solved", f"{ADVICE}/no") if how == "not solved" else home.press("ulla", "cancel"))
        assert "The guide is done: " in home.seen(HELPDESK, start)
        assert "You are with Anna again" in home.seen("ulla", start)
        now = await home.case(case)
        assert (now.guiding, now.timer, now.nudges) == (False, "agent", 0)
        await home.later(9.9)
        assert "has been waiting" not in home.seen(HELPDESK, start)
        await home.later(0.1)
        assert "Anna, Ulla has been waiting for your answer for 10 minutes" in home.seen(HELPDESK, start)
        await home.later(5)
        assert (await home.case(case)).state == "waiting"
        assert "Are you still there?" not in home.seen("ulla", start)


async def test_users_turn_after_a_guide_that_helped() -> None:
    """A guide that helped: nobody owes anything but the user's last word; the agent is not asked."""
    async with house() as home:
        case = await guided(home, ADVICE)
        await home.later(30)
        start = home.mark
        await home.press("ulla", "solved", f"{ADVICE}/yes")
        assert "The guide is done: it helped." in home.seen(HELPDESK, start)
        await home.later(59)
        assert "has been waiting for your answer" not in home.seen(HELPDESK, start)
        assert (await home.case(case)).timer == "user"


@pytest.mark.parametrize("how", ["release", "to a colleague", "to a queue", "take over", "claimed anew"])
async def test_result_of_a_guide_for_whoever_has_the_case(how: str, database_url: str) -> None:
    """Wherever the case goes while the guide runs, its result is read there; and nobody is told that they are with
    an agent who has left."""
    async with house(url=database_url) as home:
        case = await guided(home, ADVICE)
        if how in ("release", "claimed anew"):
            await home.staff(ANNA, "release", case)
        elif how == "take over":
            await home.staff(BEN, "take-over", case)
        else:
            to = "queue:identity" if how == "to a queue" else f"agent:{BEN.id}"
            await home.staff(ANNA, "transfer", case, to=to)
        if how == "claimed anew":
            await home.staff(BEN, "claim", case)
        due, start = (await home.case(case)).due, home.mark
        await home.later(2)
        await home.press("ulla", "solved", f"{ADVICE}/no")
        assert "The guide is done: it did not help." in home.seen(IDENTITY if how == "to a queue" else HELPDESK, start)
        now = await home.case(case)
        assert not now.guiding
        if now.state == "claimed":
            assert "You are with Ben again" in home.seen("ulla", start)
            assert (now.timer, now.due) == ("agent", home.clock.now + 600.0)
        else:
            assert f"Your case {case} is with" in home.seen("ulla", start)
            assert (now.timer, now.due) == ("waiting", due), "the queue's clock runs on"


async def test_own_buttons_in_a_live_chat() -> None:
    """A press on one of the bot's cards keeps a live chat open, and asks nothing of the agent."""
    async with house() as home:
        await home.say("ulla", "a guest can't redeem the invitation")
        case = await home.open_case()
        await home.staff(ANNA, "claim", case)
        await home.later(1)
        await home.mention(ANNA, "did that help?", case)
        await home.later(59)
        await home.press("ulla", "topics", turn=0)
        await home.later(59)
        now = await home.case(case)
        assert (now.state, now.timer, now.nudges) == ("claimed", "user", 0)


async def test_too_late_to_reopen() -> None:
    """After the time, words are the bot's again."""
    async with house() as home:
        case = await home.open_case()
        await home.staff(ANNA, "claim", case)
        await home.staff(ANNA, "close", case, ending="solved")
        await home.later(61)
        await home.say("ulla", "my laptop is broken")
        assert (await home.case(case)).state == "closed"
        assert "my laptop is broken" not in home.seen(HELPDESK)


async def test_opening_hours() -> None:
    """Outside hours the user hears when they open, and timers wait for that; a holiday is no opening."""
    with_hours = {"hours": {"office": HOURS}, "queues": {"helpdesk": {"title": "Helpdesk", "hours": "office"}}}
    async with house(plan(**with_hours)) as home:
        home.clock.now = TUESDAY + 10 * 3600.0  # 21:00 in Berlin; tomorrow is a holiday
        await home.say("ulla", "talk to a person")
        assert "2026-12-01 08:00" in home.seen("ulla"), "said before anything is sent"
        start = home.mark
        await home.press("ulla", "send")
        opens = dt.datetime(2026, 12, 1, 8, 0, tzinfo=ZoneInfo("Europe/Berlin"))
        assert "2026-12-01 08:00" in home.seen("ulla", start)
        case = (await home.case_of("ulla")).id
        assert (await home.case(case)).due == opens.timestamp() + 300.0
        await home.later(600)
        assert "Nobody has taken" not in home.seen(HELPDESK)
        home.clock.now = opens.timestamp()
        await home.later(5)
        assert "Nobody has taken this case yet" in home.seen(HELPDESK)
        await home.later(10)
        assert CONTACT in home.seen("ulla")


OFFICE = {"hours": {"office": HOURS}, "queues": {"helpdesk": {"title": "Helpdesk", "hours": "office"}}}
CLOSING = TUESDAY + 6 * 3600.0  # 17:00 in Berlin; the next day is a holiday
OPENS = dt.datetime(2026, 12, 1, 8, 0, tzinfo=ZoneInfo("Europe/Berlin")).timestamp()
FROM_THEN = "opens on Tuesday at 2026-12-01 08:00 (Europe/Berlin) and will answer then."


def before_closing(home: House, minutes: float) -> None:
    """The clock, so long before the queue closes for a week."""
    home.clock.now = CLOSING - minutes * 60.0


async def at_opening(home: House, minutes: float) -> None:
    """Let all fire that is due so long after the queue opens again."""
    await home.later((OPENS - home.clock.now) / 60.0 + minutes)


async def test_nobody_claims_until_closing(database_url: str) -> None:
    """A case of the last minutes is reminded of, and given up, only after so many open minutes."""
    async with house(plan(**OFFICE), url=database_url) as home:
        before_closing(home, 7)
        case = await home.open_case()
        await home.later(5)
        assert home.seen("ulla").count("I have reminded the helpdesk") == 1
        for hours in (1, 20, 100):
            await home.later(hours * 60)
        assert (await home.case(case)).state == "waiting"
        await at_opening(home, 7.9)
        assert (await home.case(case)).state == "waiting"
        await home.later(0.1)
        assert (await home.case(case)).ending == "no_answer"
    async with house(plan(**OFFICE), url=database_url) as home:
        before_closing(home, 1)
        await home.open_case("vera")
        await home.later(5)
        await home.later(600)
        assert "I have reminded" not in home.seen("vera")
        await at_opening(home, 4)
        assert "I have reminded" in home.seen("vera")


async def test_silent_agent_until_closing(database_url: str) -> None:
    """An agent who went home at closing time is asked, and the case taken from them, in the next open minutes."""
    async with house(plan(**OFFICE), url=database_url) as home:
        before_closing(home, 12)
        case = await home.open_case()
        await home.staff(ANNA, "claim", case)
        await home.later(10)
        assert home.seen("ulla").count("Anna has not answered for a while") == 1
        await home.later(5)
        await home.later(600)
        assert (await home.case(case)).agent == ANNA
        await at_opening(home, 3)
        assert (await home.case(case)).state == "waiting"


async def test_message_after_closing(database_url: str) -> None:
    """What a user writes to their agent in the evening is asked about ten minutes after the queue opens."""
    async with house(plan(**OFFICE), url=database_url) as home:
        before_closing(home, 5)
        case = await home.open_case()
        await home.staff(ANNA, "claim", case)
        home.clock.now += 1
        await home.mention(ANNA, "did that help?", case)
        await home.later(10)
        await home.say("ulla", "no")
        await home.later(600)
        assert "has not answered" not in home.seen("ulla")
        await at_opening(home, 10)
        assert "Anna has not answered for a while" in home.seen("ulla")


async def test_silent_user_after_closing() -> None:
    """The user's own clock does not wait for the staff's hours."""
    async with house(plan(**OFFICE)) as home:
        before_closing(home, 5)
        case = await home.open_case()
        await home.staff(ANNA, "claim", case)
        home.clock.now += 1
        await home.mention(ANNA, "did that help?", case)
        await home.later(60)
        assert "Are you still there?" in home.seen("ulla")
        await home.later(30)
        assert (await home.case(case)).ending == "user_left"


async def test_fired_late() -> None:
    """A timer that could not fire while the queue was open, with all servers down, waits for the next opening."""
    async with house(plan(**OFFICE)) as home:
        before_closing(home, 30)
        case = await home.open_case()
        await home.later(60)
        assert "Nobody has taken" not in home.seen(HELPDESK)
        assert (await home.case(case)).due == OPENS
        await at_opening(home, 0)
        assert "Nobody has taken" in home.seen(HELPDESK)


@pytest.mark.parametrize("how", ["release", "reopened", "transfer", "hand on"])
async def test_back_in_a_closed_queue(how: str) -> None:
    """Who comes into a queue outside of its hours reads when it opens, not only their number; when it is open, they
    read nothing of that."""
    queues = {
        "helpdesk": {"title": "Helpdesk", "hours": "office"},
        "identity": {"title": "Identity", "next": "helpdesk"},
    }
    start_in = "identity" if how in ("transfer", "hand on") else "helpdesk"
    async with house(plan(default=start_in, queues=queues, hours={"office": HOURS})) as home:
        for user, closed in (("vera", False), ("ulla", True)):
            before_closing(home, -60 if closed else 300)
            case = await home.open_case(user)
            if how != "hand on":
                await home.staff(ANNA, "claim", case)
            start = home.mark
            if how == "release":
                await home.staff(ANNA, "release", case)
            elif how == "reopened":
                await home.staff(ANNA, "close", case, ending="not_solved")
                await home.say(user, "it is still broken")
            elif how == "transfer":
                await home.staff(ANNA, "transfer", case, to="queue:helpdesk")
            else:
                await home.later(5)
                await home.later(10)
            assert ((await home.case(case)).queue, (await home.case(case)).state) == ("helpdesk", "waiting")
            assert (f"Helpdesk {FROM_THEN}" in home.seen(user, start)) == closed


async def test_leave_a_message_while_closed() -> None:
    """Staff who happen to be there may claim outside of hours, too."""
    with_hours = {"hours": {"office": HOURS}, "queues": {"helpdesk": {"title": "Helpdesk", "hours": "office"}}}
    async with house(plan(**with_hours)) as home:
        home.clock.now = TUESDAY + 10 * 3600.0
        case = await home.open_case()
        await home.staff(ANNA, "claim", case)
        assert "Anna from the helpdesk is here now" in home.seen("ulla")


async def test_unbound_desk() -> None:
    """A queue that lost its desk: its waiting cases end with the contact, and nobody is offered it any more."""
    async with house(plan(**WORDS_IDENTITY)) as home:
        case = await home.open_case()
        await home.store.unbind_desk("helpdesk")
        await home.store.unbind_desk("identity")
        await home.later(5)
        await home.later(10)
        assert (await home.case(case)).ending == "no_answer"
        assert CONTACT in home.seen("ulla")
        start = home.mark
        await home.say("vera", "talk to a person")
        assert CONTACT in home.seen("vera", start)


async def test_next_desk_unbound() -> None:
    """A next queue without a desk is no way on: the contact instead."""
    async with house(plan(**WORDS_IDENTITY)) as home:
        case = await home.open_case()
        await home.store.unbind_desk("helpdesk")
        await home.later(5)
        await home.later(10)
        assert (await home.case(case)).ending == "no_answer"


async def test_channel_gone() -> None:
    """The desk's channel is gone: the user learns the contact at once, and the operator sees what was set aside."""
    async with house() as home:
        home.platform.broken[HELPDESK] = Undeliverable("404")
        case = await home.open_case()
        assert f"I can't reach the helpdesk's channel. You can reach them here: {CONTACT}." in home.seen("ulla")
        assert any(a.reason == "404" for a in await home.store.aside(10))
        assert "could not be passed on" in await home.say("ulla", "anybody?")
        await home.later(5)
        await home.later(10)
        assert (await home.case(case)).ending == "no_answer"


async def test_once_with_two_replicas(database_url: str) -> None:
    """Two replicas that look at one database at the same moment let every timer fire once."""
    async with house(replicas=2, url=database_url) as home:
        users = [f"user{n}" for n in range(8)]
        cases = [await home.open_case(user) for user in users]
        await home.later(5)
        await home.staff(ANNA, "claim", cases[0])
        await home.later(10)
        await home.later(5)
        await home.later(10)
        for user in users[1:]:
            assert home.seen(user).count("I have reminded the helpdesk") == 1
            assert home.seen(user).count("nobody can take your case now") == 1
        assert home.seen("user0").count("Anna has not answered for a while") == 1
        assert home.seen("user0").count("You are back in the queue") == 1


async def test_timer_loses_to_a_claim() -> None:
    """A timer that saw the case before somebody claimed it changes nothing."""
    async with house() as home:
        case = await home.open_case()
        home.clock.now += 300.0
        (old,) = await home.store.due(home.clock.now, 10)
        await home.staff(ANNA, "claim", case)
        start = home.mark
        await home.replicas[0].timers.fire(old, home.clock.now)
        await home.settle()
        assert home.mark == start
        assert (await home.case(case)).agent == ANNA


async def test_one_bad_case_holds_up_nobody() -> None:
    """A case whose timer fails is logged; the others' timers fire."""
    async with house() as home:
        home.clock.now -= 60.0
        bad = await home.open_case("bad")
        home.clock.now += 60.0
        await home.open_case("ulla")
        await _move_to_unknown_channel(home, bad)
        with capture_logs() as logs:
            await home.later(5)
        assert "timer_failed" in {entry["event"] for entry in logs}
        assert "I have reminded the helpdesk" in home.seen("ulla")


async def test_many_bad_cases_hold_up_nobody() -> None:
    """However many cases fail, and however long they are due, the others' timers fire; the bad ones are tried again."""
    async with house() as home:
        desk, submit = home.replicas[0].desk, home.replicas[0].outbox.submit
        timers = Timers(desk, lambda: home.script, submit, holder="r0", lease=30.0, clock=home.clock, at_once=2)
        home.clock.now -= 60.0
        for number in range(5):
            await _move_to_unknown_channel(home, await home.open_case(f"bad{number}"))
        home.clock.now += 60.0
        await home.open_case("ulla")
        home.clock.now += 300.0
        with capture_logs() as logs:
            for _ in range(4):
                await timers.look()
        await home.settle()
        assert "I have reminded the helpdesk" in home.seen("ulla")
        assert [entry["event"] for entry in logs].count("timer_failed") == 5
        home.clock.now += 61.0
        with capture_logs() as logs:
            await timers.look()
        assert "timer_failed" in {entry["event"] for entry in logs}


async def _move_to_unknown_channel(home: House, case_id: str) -> None:
    case = await home.case(case_id)
    odd = replace(case, user=Address("slack", "t1", "nowhere"))
    step = Step(case.user.key, "", home.clock.now, odd)
    assert (await home.store.commit_step(step, "r0", home.clock.now)).result == "done"


async def test_the_loop_looks_by_itself() -> None:
    """Once started, the loop fires what comes due, until it is stopped."""
    async with house() as home:
        await home.open_case()
        timers = home.replicas[0].timers
        timers.start()
        home.clock.now += 300.0
        async with asyncio.timeout(10):
            while True:
                await asyncio.sleep(0.005)
                if "I have reminded the helpdesk" in home.seen("ulla"):
                    break
        await timers.stop()
        assert IDENTITY not in {p.where for p in home.platform.posts}
