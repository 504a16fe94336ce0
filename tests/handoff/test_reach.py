"""Who can't be reached any more, and who is told so: users who go, desks that go, threads that never were."""

from __future__ import annotations

from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from bot.envelope import Address, Envelope
from bot.errors import ConversationBlocked, Undeliverable
from bot.storage.cases import Desk
from dialogs.turn import Incoming
from tests import activities
from tests.handoff.inside import ANNA, BEN, CONTACT, HELPDESK, IDENTITY, House, house, person, plan, where
from tests.handoff.story import ANNA as STORY_ANNA
from tests.handoff.story import CHANNEL, Story, conversation, script
from tests.stand import stand

NEXT = {
    "default": "identity",
    "queues": {"helpdesk": {"title": "Helpdesk"}, "identity": {"title": "Identity", "next": "helpdesk"}},
}


async def claimed(home: House) -> str:
    """A case that Anna holds."""
    case = await home.open_case()
    await home.staff(ANNA, "claim", case)
    home.clock.now += 1.0
    return case


def gone(home: House, address: Address, how: str = "here") -> Envelope:
    """The platform says that the bot was taken out of there."""
    envelope = home.envelope(address, person("ulla"), Incoming(home.clock.now))
    return replace(envelope, gone="team" if how == "team" else "here")


# -- the user


async def test_user_who_removed_the_bot() -> None:
    """The case's thread reads at once that the user is gone, once; and that they are back, before their words."""
    async with house() as home:
        case = await claimed(home)
        for _ in range(2):
            await home.receive(gone(home, where("ulla")))
        assert home.seen(HELPDESK).count("Ulla has blocked or removed me.") == 1
        assert (await home.case(case)).state == "claimed"
        arrived = home.envelope(where("ulla"), person("ulla"), Incoming(home.clock.now, arrived=True))
        await home.receive(arrived)
        await home.receive(replace(arrived, event_id="again"))
        assert home.seen(HELPDESK).count("Ulla can be reached again.") == 1
        await home.receive(gone(home, where("ulla")))
        await home.say("ulla", "here I am")
        assert not (await home.case(case)).gone


async def test_user_without_a_case_removed_the_bot() -> None:
    """Nobody is told of somebody who has no open case; nothing is kept of it."""
    async with house() as home:
        start = home.mark
        await home.receive(gone(home, where("vera")))
        await claimed(home)
        await home.say("ulla", "end chat")
        start = home.mark
        await home.receive(gone(home, where("ulla")))
        assert home.mark == start


async def test_staff_read_that_a_notice_did_not_arrive() -> None:
    """A claim of a user who has blocked the bot is followed by why they were not told."""
    async with house() as home:
        case = await home.open_case()
        home.platform.broken["ulla"] = ConversationBlocked("ConversationBlockedByUser")
        await home.staff(ANNA, "claim", case)
        assert "Ulla could not be told: ConversationBlockedByUser." in home.seen(HELPDESK)


# -- the desk


@pytest.mark.parametrize("state", ["waiting", "claimed"])
async def test_bot_is_thrown_out_of_the_team(state: str, database_url: str) -> None:
    """The desk is none any more, the operator reads so, and its users get the contact at once, whoever held them."""
    async with house(url=database_url) as home:
        for queue, channel in (("helpdesk", HELPDESK), ("identity", IDENTITY)):
            address = replace(where(channel), details={"team": "19:team"})
            await home.store.bind_desk(Desk(queue, address, "admin", home.clock.now))
        case = await home.open_case()
        if state == "claimed":
            await home.staff(ANNA, "claim", case)
        elsewhere = replace(where("19:general"), details={"team": "19:team"})
        start = home.mark
        with capture_logs() as logs:
            await home.receive(gone(home, elsewhere, "team"))
        assert [entry["kind"] for entry in logs if entry["event"] == "desk_lost"] == ["helpdesk", "identity"]
        assert CONTACT in home.seen("ulla", start)
        ended = await home.case(case)
        assert (ended.state, ended.ending, ended.due) == ("closed", "no_answer", None)
        assert await home.store.desks() == []
        start = home.mark
        await home.say("vera", "talk to a person")
        assert CONTACT in home.seen("vera", start)


async def test_deleted_channel_hands_on() -> None:
    """When one desk's channel is deleted, its cases go to the next queue, and the other desk stays."""
    async with house(plan(**NEXT)) as home:
        case = await claimed(home)
        start = home.mark
        await home.receive(gone(home, where(IDENTITY)))
        now = await home.case(case)
        assert (now.state, now.queue, now.agent) == ("waiting", "helpdesk", None)
        assert "I have passed it on to Helpdesk" in home.seen("ulla", start)
        assert case in home.seen(HELPDESK, start)
        assert [desk.queue for desk in await home.store.desks()] == ["helpdesk"]
        await home.receive(gone(home, where(IDENTITY)))
        assert (await home.case(case)).state == "waiting"


async def test_no_case_comes_back_to_a_desk_that_is_gone() -> None:
    """After its desk went, a closed case is not reopened: the user's words are the bot's, who names the contact."""
    async with house() as home:
        case = await claimed(home)
        await home.staff(ANNA, "close", case, ending="solved")
        await home.receive(gone(home, where(HELPDESK)))
        start = home.mark
        await home.say("ulla", "it is broken again")
        assert (await home.case(case)).state == "closed"
        assert "I have brought your case" not in home.seen("ulla", start)
        await home.store.unbind_desk("identity")
        await home.say("ulla", "talk to a person")
        assert CONTACT in home.seen("ulla", start)


async def test_leaving_another_channel_changes_nothing() -> None:
    """A bot that is taken out of a channel which is no desk goes on at its desks."""
    async with house() as home:
        case = await claimed(home)
        await home.receive(gone(home, where("19:elsewhere")))
        assert (await home.case(case)).agent == ANNA
        assert len(await home.store.desks()) == 2


async def test_no_reminder_is_claimed_that_was_not_given() -> None:
    """Where the thread could not be opened, the user never reads that the helpdesk was reminded."""
    async with house() as home:
        home.platform.broken[HELPDESK] = Undeliverable("404")
        await home.open_case()
        start = home.mark
        await home.later(5)
        assert "I have reminded" not in home.seen("ulla")
        assert "I can't reach the helpdesk's channel" in home.seen("ulla", start)
        await home.later(10)
        assert "nobody can take your case now" in home.seen("ulla", start)


async def test_thread_that_could_not_be_opened_hands_on() -> None:
    """With a next queue, a case without a thread does not wait for a claim that can't come."""
    async with house(plan(**NEXT)) as home:
        home.platform.broken[IDENTITY] = Undeliverable("404")
        case = await home.open_case()
        await home.later(5)
        assert (await home.case(case)).queue == "helpdesk"
        assert case in home.seen(HELPDESK)


async def test_silent_agent_in_a_thread_that_is_gone() -> None:
    """A user whose agent can't be asked reads that the channel can't be reached, not that the agent was asked."""
    async with house() as home:
        case = await claimed(home)
        await home.say("ulla", "hello?")
        home.platform.broken[(await home.thread(case)).conversation] = Undeliverable("404")
        start = home.mark
        await home.later(10)
        assert "I have asked" not in home.seen("ulla", start)
        assert "I can't reach the helpdesk's channel" in home.seen("ulla", start)
        await home.later(5)
        assert (await home.case(case)).state == "waiting"


# -- limits


async def test_transfer_keeps_to_the_colleagues_limit() -> None:
    """A case is not put upon a colleague who holds as many as one may; it stays where it is."""
    async with house(plan(limits={"agent_cases": 1})) as home:
        one, two = await home.open_case("ulla"), await home.open_case("vera")
        await home.staff(ANNA, "claim", one)
        await home.staff(BEN, "claim", two)
        told = await home.staff(ANNA, "transfer", one, to=f"agent:{BEN.id}")
        assert "Ben holds 1 open cases, which is the limit" in told
        assert (await home.case(one)).agent == ANNA
        await home.staff(BEN, "release", two)
        await home.staff(ANNA, "transfer", one, to=f"agent:{BEN.id}")
        assert (await home.case(one)).agent == BEN


# -- relay: all


async def talk(home: House, agent: str, text: str, case: str) -> str:
    """Somebody says something in the case's thread without mentioning the bot; what is posted there then."""
    people = {"Anna": ANNA, "Ben": BEN}
    incoming = Incoming(home.clock.now, text)
    envelope = home.envelope(await home.thread(case), people[agent], incoming)
    return await home.receive(replace(envelope, mentioned=False))


async def test_all_of_the_claimers_words_go_across() -> None:
    """With `relay: all` the claimer need not mention the bot; commands and notes of theirs are none of the user's."""
    async with house(plan(relay="all")) as home:
        case = await claimed(home)
        assert "Delivered to Ulla" in await talk(home, "Anna", "good morning", case)
        assert "**Anna:** good morning" in home.seen("ulla")
        assert "is also a command" in await talk(home, "Anna", "clsoe", case)
        await talk(home, "Anna", "note: a secret", case)
        assert "a secret" not in home.seen("ulla")
        assert "clsoe" not in home.seen("ulla")


async def test_others_words_stay_inside_without_a_word_of_the_bot() -> None:
    """With `relay: all`, colleagues' talk, talk on cases that nobody holds, and talk elsewhere reach nobody."""
    async with house(plan(relay="all")) as home:
        case = await home.open_case()
        start = home.mark
        await talk(home, "Anna", "shall I?", case)
        await home.staff(ANNA, "claim", case)
        await talk(home, "Ben", "ask for the code", case)
        await home.staff(ANNA, "close", case, ending="solved")
        await talk(home, "Anna", "that was odd", case)
        incoming = Incoming(home.clock.now, "lunch?")
        for place in (HELPDESK, f"{HELPDESK};messageid=999", "19:elsewhere;messageid=1"):
            await home.receive(replace(home.envelope(where(place), ANNA, incoming), mentioned=False))
        told = home.seen(HELPDESK, start) + home.seen("ulla", start) + home.seen("19:elsewhere", start)
        for words in ("shall I?", "ask for the code", "that was odd", "lunch?", "Only Anna", "Only members"):
            assert words not in told


async def test_without_the_setting_unmentioned_words_are_not_heard() -> None:
    """A team whose owner consents to all being read changes nothing while the plan says `mentions`, over HTTP too."""
    async with stand(script=script(), admins=(STORY_ANNA["aadObjectId"],)) as place:
        story = Story(place)
        await story.prepare({"helpdesk": CHANNEL})
        await story.say("talk to a person")
        await story.press("send")
        case = story.case_id()
        await story.staff(STORY_ANNA, "claim", case)
        where_ = {**conversation(CHANNEL), "id": story.thread(case)}
        unmentioned = activities.message(place.service, "an aside", where_, **{"from": STORY_ANNA})
        assert await story.deliver(unmentioned) == []
        place.app.reception.script.plan = place.app.reception.script.plan.model_copy(update={"relay": "all"})
        again = activities.message(place.service, "for all to hear", where_, **{"from": STORY_ANNA})
        assert any("for all to hear" in line for line in await story.deliver(again) if line.startswith("user"))
        assert "an aside" not in story.seen_by_user()


async def test_removal_over_http() -> None:
    """As Teams tells it: a user who removes the app, then a team that does."""
    async with stand(script=script(), admins=(STORY_ANNA["aadObjectId"],)) as place:
        story = Story(place)
        await story.prepare({"helpdesk": CHANNEL})
        await story.say("talk to a person")
        await story.press("send")
        removed = {**activities.message(place.service, ""), "type": "installationUpdate", "action": "remove"}
        assert any("has blocked or removed me" in line for line in await story.deliver(removed))
        upgrade = {**removed, "id": "up", "action": "remove-upgrade"}
        assert await story.deliver(upgrade) == []
        out = activities.message(place.service, "", conversation(CHANNEL))
        out = {**out, "type": "conversationUpdate", "membersRemoved": [out["recipient"]]}
        told = await story.deliver(out)
        assert any("helpdesk@example.com" in line for line in told if line.startswith("user"))
        assert await place.store.desks() == []
