"""Who may do what with a case, and what each side sees of it; over a real store, with a recording channel."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from structlog.testing import capture_logs

from bot.envelope import Person
from bot.errors import ConversationBlocked, Undeliverable
from bot.handoff import moves
from bot.storage.cases import Step
from dialogs.engine import Engine
from dialogs.turn import Incoming, Outcome, Press, State
from tests.connector import Fault
from tests.handoff.inside import ANNA, BEN, CONTACT, EVE, HELPDESK, IDENTITY, House, house, plan, where
from tests.handoff.story import ANNA as STORY_ANNA
from tests.handoff.story import CHANNEL, Story, script
from tests.stand import finder, library, stand

CROWD = tuple(Person(f"id-{n}", f"Agent {n}") for n in range(100))


async def claimed(home: House, user: str = "ulla", agent: Person = ANNA) -> str:
    """A case that this agent holds."""
    case = await home.open_case(user)
    await home.staff(agent, "claim", case)
    home.clock.now += 1.0
    return case


# -- one owner


@pytest.mark.parametrize("replicas", [1, 2])
async def test_hundred_claims(replicas: int, database_url: str) -> None:
    """Of a hundred who claim at once one wins, whichever replica they reach; the others read who did."""
    async with house(replicas=replicas, url=database_url) as home:
        await home.bind({"helpdesk": HELPDESK}, *CROWD)
        case = await home.open_case()
        claims = [home.staff(agent, "claim", case, at=n % replicas, settle=False) for n, agent in enumerate(CROWD)]
        answers = await asyncio.gather(*claims)
        await home.settle()
        winner = (await home.case(case)).agent
        assert winner is not None
        assert sum(answer.endswith(f"{winner.name} has this case already.") for answer in answers) == 99
        assert home.seen(HELPDESK).count("has taken this case") == 1
        assert home.seen("ulla").count("from the helpdesk is here now") == 1


async def test_hundred_claims_in_the_store(database_url: str) -> None:
    """Of a hundred claims made from one and the same version, the store takes one."""
    async with house(url=database_url) as home:
        await home.bind({"helpdesk": HELPDESK}, *CROWD)
        case = await home.case(await home.open_case())
        scene = await home.replicas[0].desk.scene(home.script, case, home.clock.now)
        steps = []
        for n, agent in enumerate(CROWD):
            now = moves.claimed(case, agent, scene).case
            assert now is not None
            steps.append(Step(case.desk.key, f"claim{n}", home.clock.now, now))
        results = await asyncio.gather(*(home.store.commit_step(s, "r0", home.clock.now + 30) for s in steps))
        assert Counter(r.result for r in results) == {"done": 1, "conflict": 99}


@pytest.mark.parametrize("first", ["claim", "leave"])
async def test_claim_and_leave_at_once(first: str, database_url: str) -> None:
    """Whichever is first, the case ends with the user gone; an agent who came too late reads so."""
    async with house(replicas=2, url=database_url) as home:
        case = await home.open_case()
        both = [home.staff(ANNA, "claim", case, settle=False), home.press("ulla", "leave", at=1, settle=False)]
        answers = await asyncio.gather(*(both if first == "claim" else reversed(both)))
        await home.settle()
        ended = await home.case(case)
        assert (ended.state, ended.ending, ended.agent and ended.agent.id) in [
            ("closed", "user_left", None),
            ("closed", "user_left", ANNA.id),
        ]
        told = " ".join(answers)
        assert ("This case is closed" in told) != ("Anna has taken this case" in home.seen(HELPDESK))
        assert ("How was it?" in home.seen("ulla")) == ("is here now" in home.seen("ulla"))


async def test_take_over() -> None:
    """A colleague takes a case over; the thread says from whom, the user who answers now."""
    async with house() as home:
        case = await claimed(home)
        refused = await home.mention(BEN, "hello from Ben", case)
        assert "Only Anna, who holds this case" in refused
        assert "Take over" in refused
        assert "hello from Ben" not in home.seen("ulla")
        await home.staff(BEN, "take-over", case)
        assert "Ben has taken this case over from Anna." in home.seen(HELPDESK)
        assert "Ben has taken over from Anna." in home.seen("ulla")
        assert "Only Ben" in await home.mention(ANNA, "still me", case)
        assert "still me" not in home.seen("ulla")
        await home.mention(BEN, "now me", case)
        assert "now me" in home.seen("ulla")


@pytest.mark.parametrize("action", ["release", "close", "give-back", "transfer", "guide", "reply"])
async def test_only_the_claimer_acts(action: str) -> None:
    """A colleague's buttons on a held case do nothing but offer to take it over."""
    async with house() as home:
        case = await claimed(home)
        before, start = await home.case(case), home.mark
        await home.staff(BEN, action, case, text="x", to="queue:identity", guide="guest-cannot-redeem", ending="solved")
        after = await home.case(case)
        assert (after.state, after.agent, after.queue) == (before.state, ANNA, before.queue)
        assert "Only Anna, who holds this case" in home.seen(HELPDESK, start)
        assert home.seen("ulla", start) == ""


async def test_limit_of_open_cases() -> None:
    """An agent at the limit can't claim, answer a waiting case or take one over; after a release they can."""
    async with house(plan(limits={"agent_cases": 1})) as home:
        one = await claimed(home, "ulla")
        two = await home.open_case("vera")
        assert "You hold 1 open cases, which is the limit" in await home.staff(ANNA, "claim", two)
        assert "which is the limit" in await home.mention(ANNA, "hello Vera", two)
        assert "hello Vera" not in home.seen("vera")
        await home.staff(BEN, "claim", two)
        assert "which is the limit" in await home.staff(ANNA, "take-over", two)
        await home.staff(ANNA, "release", one)
        await home.staff(ANNA, "take-over", two)
        assert (await home.case(two)).agent == ANNA


async def test_reply_claims_first() -> None:
    """An answer on a waiting case claims it: the user reads who joined before the words."""
    async with house() as home:
        case = await home.open_case()
        await home.mention(ANNA, "what is wrong?", case)
        seen = home.seen("ulla")
        assert seen.index("Anna from the helpdesk is here now") < seen.index("what is wrong?")
        assert (await home.case(case)).agent == ANNA


# -- strangers


async def test_strangers_are_refused_and_logged() -> None:
    """Whoever is no member of the desk's channel can't press, answer or look; every refusal is logged."""
    async with house() as home:
        case = await claimed(home)
        actions = ("claim", "take-over", "reply", "note", "close", "transfer", "guide", "release", "give-back", "help")
        for action in actions:
            with capture_logs() as logs:
                answer = await home.staff(EVE, action, case, text="I am Eve", to=f"agent:{EVE.id}", ending="solved")
            assert answer == "Only members of this desk's channel can do that."
            assert "not_staff" in {entry["event"] for entry in logs}
        with capture_logs() as logs:
            assert "Only members" in await home.mention(EVE, "let me in", case)
            assert "Only members" in await home.mention(EVE, "note: I was here", case)
            incoming = Incoming(home.clock.now, f"case {case}")
            assert "Only members" in await home.receive(home.envelope(where(HELPDESK), EVE, incoming))
        assert len([entry for entry in logs if entry["event"] == "not_staff"]) == 3
        assert (await home.case(case)).agent == ANNA
        assert "Eve" not in home.seen("ulla")
        assert "let me in" not in home.seen("ulla")
        assert await home.store.transcript(case) == []


async def test_an_id_grants_nothing() -> None:
    """Knowing a case's id is of no use in another desk's channel, in another chat, nor to another user."""
    async with house() as home:
        case = await claimed(home)
        await home.open_case("mallory")
        with capture_logs() as logs:
            assert "Only members" in await home.staff(BEN, "take-over", case, channel=IDENTITY)
        assert "not_staff" in {entry["event"] for entry in logs}
        incoming = Incoming(home.clock.now, f"case {case}")
        told = await home.receive(home.envelope(where(IDENTITY), BEN, incoming))
        assert f"There is no case {case} here" in told
        await home.press("mallory", "case", f"claim/{case}", turn=1)
        await home.press("mallory", "leave", case, turn=0)
        await home.press("mallory", "rate", case, turn=1, rating="1", solved="no")
        now = await home.case(case)
        assert (now.state, now.agent, now.rating) == ("claimed", ANNA, 0)
        assert (await home.case_of("mallory")).state == "waiting", "nor was their own case ended by it"
        assert "There is no case HD-22222" in await home.staff(ANNA, "claim", "HD-22222", channel=HELPDESK)


async def test_transfer_only_to_members() -> None:
    """A case can't be given to somebody outside of the desk, nor to a queue without a desk."""
    async with house() as home:
        case = await claimed(home)
        for to in (f"agent:{EVE.id}", "queue:nowhere", "", "agent:"):
            await home.staff(ANNA, "transfer", case, to=to)
            assert (await home.case(case)).agent == ANNA
        await home.store.unbind_desk("identity")
        await home.staff(ANNA, "transfer", case, to="queue:identity")
        assert (await home.case(case)).queue == "helpdesk"


# -- rating


async def closed_with_rating(home: House, user: str = "ulla") -> str:
    """A case that its agent closed; the user was asked how it was."""
    case = await claimed(home, user)
    await home.staff(ANNA, "close", case, ending="solved")
    return case


async def test_rating_is_its_users_own() -> None:
    """Another user's rating of a case does nothing; its own user's is credited to the agent."""
    async with house() as home:
        case = await closed_with_rating(home)
        await home.press("mallory", "rate", case, turn=1, rating="1", solved="no")
        assert (await home.case(case)).rating == 0
        await home.press("ulla", "rate", rating="4", solved="yes", comment="fine")
        now = await home.case(case)
        assert (now.rating, now.comment, now.rated_agent, now.ending) == (4, "fine", ANNA.id, "solved")
        assert "Ulla says: solved, Good. fine" in home.seen(HELPDESK)


@pytest.mark.parametrize("stars", ["5", ""])
async def test_rated_once(stars: str) -> None:
    """A rating card pressed twice counts once, with stars or without; both presses are thanked."""
    async with house() as home:
        case = await closed_with_rating(home)
        turn, value = home.button("ulla", "rate")
        for solved in ("yes", "no"):
            answer = await home.press("ulla", "rate", value, turn=turn, rating=stars, solved=solved)
            assert "Thank you" in answer
        assert home.seen(HELPDESK).count("Ulla says:") == 1
        assert (await home.case(case)).ending == "solved"


async def test_rating_without_stars_reads_well() -> None:
    """Who says only whether it is solved is told to the staff without a gap."""
    async with house() as home:
        await closed_with_rating(home)
        await home.press("ulla", "rate", rating="", solved="no", comment="meh")
        assert "Ulla says: not solved. meh" in home.seen(HELPDESK)


async def test_only_queues_with_a_desk_are_offered() -> None:
    """A case can be transferred to where somebody sits, and to nobody else."""
    async with house() as home:
        case = await claimed(home)
        assert "queue:identity" in str(home.platform.posts[-2].body) + str(home.platform.posts[-3].body)
        await home.store.unbind_desk("identity")
        await home.staff(ANNA, "release", case)
        card = next(p for p in reversed(home.platform.posts) if p.kind == "update" and case in p.text)
        assert "queue:identity" not in str(card.body)


async def test_one_of_my_cases() -> None:
    """A press in the list of one's cases shows the case in its place, and changes nothing."""
    async with house() as home:
        case = await claimed(home)
        mine = home.envelope(where(HELPDESK), ANNA, Incoming(home.clock.now, "mine"))
        assert case in await home.receive(mine)
        assert "With Anna since" in await home.staff(ANNA, "show", case, channel=HELPDESK)
        assert (await home.case(case)).agent == ANNA


@pytest.mark.parametrize("stars", ["12", "0", "6", "-1", "x", "45"])
async def test_odd_stars(stars: str) -> None:
    """A rating that no button offers is no rating."""
    async with house() as home:
        case = await closed_with_rating(home)
        assert "Thank you" in await home.press("ulla", "rate", rating=stars, solved="yes")
        assert (await home.case(case)).rating == 0


async def test_skipped_rating() -> None:
    """A skipped rating is not asked again and tells the staff nothing."""
    async with house() as home:
        case = await closed_with_rating(home)
        assert "All right" in await home.press("ulla", "skip-rating")
        assert "says:" not in home.seen(HELPDESK)
        assert (await home.case(case)).rating == 0


async def test_not_solved_comes_back() -> None:
    """Who rated it as not solved and writes within the time gets the same agent's queue again."""
    async with house() as home:
        case = await closed_with_rating(home)
        await home.press("ulla", "rate", rating="2", solved="no")
        await home.say("ulla", "it is still broken")
        assert (await home.case(case)).state == "waiting"
        assert "Anna is asked first" in home.seen(HELPDESK)


# -- buttons of closed cases


@pytest.mark.parametrize(
    "action", ["claim", "release", "take-over", "give-back", "reply", "transfer", "guide", "close"]
)
async def test_buttons_of_a_closed_case(action: str) -> None:
    """Old buttons of a closed case change nothing, and say so."""
    async with house() as home:
        case = await closed_with_rating(home)
        start = home.mark
        answer = await home.staff(
            ANNA, action, case, text="x", to="queue:identity", guide="guest-cannot-redeem", ending="not_solved"
        )
        assert "This case is closed" in answer
        assert home.seen("ulla", start) == ""
        assert (await home.case(case)).ending == "solved"


async def test_note_on_a_closed_case() -> None:
    """A note can be added after the end; the user sees nothing of it."""
    async with house() as home:
        case = await closed_with_rating(home)
        start = home.mark
        await home.staff(ANNA, "note", case, text="was a cable")
        assert "was a cable" in home.seen(HELPDESK, start)
        assert home.seen("ulla", start) == ""


async def test_old_end_chat_button() -> None:
    """ "End chat" of an earlier case does not end the one that is open now."""
    async with house() as home:
        old = await home.open_case()
        turn, _ = home.button("ulla", "leave")
        await home.press("ulla", "leave")
        new = await home.open_case()
        assert new != old
        await home.press("ulla", "leave", old, turn=turn)
        assert (await home.case(new)).state == "waiting"
        await home.press("ulla", "leave", new, turn=turn)
        assert (await home.case(new)).state == "closed"


# -- what goes across, and what never does


async def test_words_while_waiting() -> None:
    """What a user writes while waiting is answered by the bot and stands in the thread."""
    async with house() as home:
        case = await home.open_case()
        assert await home.say("ulla", "my partner never got the mail I sent")
        assert "**Ulla:** my partner never got the mail I sent" in home.seen(HELPDESK)
        (message,) = await home.store.transcript(case)
        assert (message.side, message.state) == ("user", "delivered")


async def test_notes_never_reach_the_user() -> None:
    """Notes by button, by word and with a transfer, command words and refused answers stay among the staff."""
    async with house() as home:
        case = await claimed(home)
        await home.staff(ANNA, "note", case, text="secret one")
        await home.mention(ANNA, "note: secret two", case)
        await home.mention(ANNA, "Note secret three", case)
        await home.mention(BEN, "secret four", case)
        await home.mention(EVE, "secret five", case)
        await home.mention(ANNA, "clsoe", case)
        await home.staff(ANNA, "transfer", case, to=f"agent:{BEN.id}", text="secret six")
        await home.staff(BEN, "transfer", case, to="queue:identity", text="secret seven")
        assert "secret" not in home.seen("ulla")
        assert "clsoe" not in home.seen("ulla")
        sides = Counter(m.side for m in await home.store.transcript(case))
        assert sides == {"note": 5}


async def test_command_word_sent_after_all() -> None:
    """A word that is also a command goes to the user when the agent says so."""
    async with house() as home:
        case = await claimed(home)
        assert "is also a command" in await home.mention(ANNA, "Close", case)
        assert "Close" not in home.seen("ulla")
        await home.staff(ANNA, "send", f"{case}/Close")
        assert "**Anna:** Close" in home.seen("ulla")


async def test_redelivered_relay(database_url: str) -> None:
    """A message that the platform delivers twice, on either side, at either replica, is passed on once."""
    async with house(replicas=2, url=database_url) as home:
        case = await claimed(home)
        for at in (0, 1, 0):
            await home.say("ulla", "only once", event="again", at=at)
            await home.mention(ANNA, "once too", case, event="again", at=at)
        assert home.seen(HELPDESK).count("only once") == 1
        assert home.seen("ulla").count("once too") == 1
        assert len(await home.store.transcript(case)) == 2


async def test_redelivered_press() -> None:
    """A press that is delivered twice does its work once and gets the same answer."""
    async with house() as home:
        case = await home.open_case()
        place = await home.thread(case)
        incoming = Incoming(home.clock.now, press=Press("case", 1, f"claim/{case}"))
        envelope = home.envelope(place, ANNA, incoming, invoke=True)
        first = await home.replicas[0].reception.receive(envelope)
        again = await home.replicas[0].reception.receive(envelope)
        await home.settle()
        assert first == again
        assert home.seen(HELPDESK).count("has taken this case") == 1


async def test_edits_at_one_moment() -> None:
    """Two answers of the same instant are two messages: an edit changes the right one."""
    async with house() as home:
        case = await claimed(home)
        await home.mention(ANNA, "first", case, event="m1")
        await home.mention(ANNA, "second", case, event="m2")
        posts = {p.text: p.id for p in home.platform.posts if p.where == "ulla"}
        await home.mention(ANNA, "first, mended", case, message="m1", change="edit")
        edited = home.platform.posts[-1]
        assert (edited.kind, edited.id) == ("update", posts["**Anna:** first"])


async def test_taken_back_after_all() -> None:
    """A message that its author deletes goes from the other side, too, after the end and after the case went on."""
    async with house() as home:
        case = await claimed(home)
        await home.say("ulla", "my password is 123", event="u1")
        await home.mention(ANNA, "call 555", case, event="a1")
        await home.staff(ANNA, "transfer", case, to=f"agent:{BEN.id}")
        await home.mention(ANNA, "call 556", case, message="a1", change="edit")
        assert "556" not in home.seen("ulla"), "new words are Ben's to say now"
        await home.mention(ANNA, "", case, message="a1", change="delete")
        assert home.platform.posts[-1].kind == "delete"
        await home.staff(BEN, "close", case, ending="solved")
        await home.say("ulla", "", message="u1", change="delete")
        assert home.platform.posts[-1].kind == "delete"
        assert [m.changed for m in await home.store.transcript(case)][:2] == ["deleted", "deleted"]
        assert (await home.case(case)).state == "closed"


async def test_user_blocked_the_bot(database_url: str) -> None:
    """An answer to a user who blocked the bot is told to the agent, each time; once let in, words go across again."""
    async with house(url=database_url) as home:
        case = await claimed(home)
        home.platform.broken["ulla"] = ConversationBlocked("ConversationBlockedByUser")
        for _ in range(2):
            told = await home.mention(ANNA, "are you there?", case)
            assert "Not delivered to Ulla: ConversationBlockedByUser." in told
        del home.platform.broken["ulla"]
        await home.say("ulla", "I am back")
        assert "I am back" in home.seen(HELPDESK)
        assert "are you there?" not in home.seen("ulla"), "what was told as failed does not arrive later"
        await home.mention(ANNA, "good", case)
        assert "**Anna:** good" in home.seen("ulla")
        assert [m.state for m in await home.store.transcript(case)] == ["failed", "failed", "delivered", "delivered"]


async def test_refused_answer() -> None:
    """An answer that the platform refuses is told with its reason; the next one is tried."""
    async with house() as home:
        case = await claimed(home)
        home.platform.broken["ulla"] = Undeliverable("413 too big")
        assert "Not delivered to Ulla: 413 too big." in await home.mention(ANNA, "much", case)
        del home.platform.broken["ulla"]
        assert "Delivered to Ulla." in await home.mention(ANNA, "less", case)


async def test_thread_gone() -> None:
    """A thread that was deleted: the user is told that their words did not arrive, each time."""
    async with house() as home:
        case = await claimed(home)
        home.platform.broken[(await home.thread(case)).conversation] = Undeliverable("404")
        for words in ("one", "two"):
            assert "could not be passed on to the helpdesk: 404" in await home.say("ulla", words)
        assert [m.state for m in await home.store.transcript(case)] == ["failed", "failed"]
        assert "You have left the chat" in await home.say("ulla", "end chat")


async def test_faults_of_the_connector_are_told() -> None:
    """Over HTTP: a user who blocked the bot (403) is told to the agent, a thread that is gone (404) to the user."""
    async with stand(script=script(), admins=(STORY_ANNA["aadObjectId"],)) as place:
        story = Story(place)
        await story.prepare({"helpdesk": CHANNEL})
        await story.say("talk to a person")
        await story.press("send")
        case = story.case_id()
        await story.staff(STORY_ANNA, "claim", case)
        place.connector.faults.append(Fault(status=403, code="ConversationBlockedByUser"))
        told = await story.mention(STORY_ANNA, "are you there?", case)
        assert told == ["thread: Not delivered to Alex Wilber: ConversationBlockedByUser."]
        place.connector.faults.append(Fault(status=404))
        (told_user,) = await story.say("I am")
        assert told_user.startswith("user: Your message could not be passed on to the helpdesk: 404.")
        assert [m.state for m in await place.store.transcript(case)] == ["failed", "failed"]


async def test_our_mistake_is_told() -> None:
    """When the bot itself fails on a message of a case, its sender is told, and the case goes on."""

    class Faulty(Engine):
        async def run(self, state: State | None, incoming: Incoming) -> Outcome:
            if incoming.text == "boom":
                raise RuntimeError("boom")
            return await super().run(state, incoming)

    async with house() as home:
        home.script.engine = Faulty(library(), finder(), CONTACT)
        case = await home.open_case()
        with capture_logs() as logs:
            told = await home.say("ulla", "boom")
        assert CONTACT in told
        assert "Talk to a person" in told
        assert "turn_failed" in {entry["event"] for entry in logs}
        await home.say("ulla", "and now?")
        assert "and now?" in home.seen(HELPDESK)
        assert (await home.case(case)).state == "waiting"


# -- the way out


@pytest.mark.parametrize("way", ["end chat", "leave", "bye", "button"])
@pytest.mark.parametrize("state", ["waiting", "claimed", "guiding", "reopened"])
async def test_way_out(state: str, way: str) -> None:
    """By words or by the button, in every state: the case is closed, both sides see it, the bot has the user again."""
    async with house() as home:
        case = await home.open_case()
        if state in ("claimed", "guiding", "reopened"):
            await home.staff(ANNA, "claim", case)
        if state == "guiding":
            await home.staff(ANNA, "guide", case, guide="guest-cannot-redeem")
        if state == "reopened":
            await home.staff(ANNA, "close", case, ending="solved")
            await home.say("ulla", "it came back")
        start = home.mark
        told = await (home.press("ulla", "leave") if way == "button" else home.say("ulla", way))
        assert f"You have left the chat with the helpdesk. Your case {case} is closed." in told
        assert ("How was it?" in told) == (state in ("claimed", "guiding"))
        assert "Ulla has" in home.seen(HELPDESK, start)
        assert "the user left" in home.seen(HELPDESK, start)
        ended = await home.case(case)
        assert (ended.state, ended.ending, ended.due, ended.guiding) == ("closed", "user_left", None, False)
        start = home.mark
        assert await home.say("ulla", "hello")
        assert home.seen(HELPDESK, start) == ""
        assert await home.open_case() != case, "and they can ask for a person again"


@pytest.mark.parametrize("words", ["end chat", "bye", "leave", "not now"])
async def test_way_out_before_it_is_sent(words: str) -> None:
    """Who wants to leave at the summary has opened nothing."""
    async with house() as home:
        await home.say("ulla", "talk to a person")
        await home.say("ulla", words)
        assert await home.store.case_of(where("ulla").key) is None
        assert home.seen(HELPDESK) == ""


async def test_leave_twice() -> None:
    """The button pressed again after the end does nothing to the case and breaks nothing."""
    async with house() as home:
        case = await claimed(home)
        turn, value = home.button("ulla", "leave")
        await home.press("ulla", "leave")
        start = home.mark
        await home.press("ulla", "leave", value, turn=turn)
        assert home.seen(HELPDESK, start) == ""
        assert (await home.case(case)).state == "closed"


async def test_too_fast_in_a_case() -> None:
    """Whoever was told that they write too fast still has their case: the next words go across."""
    async with house() as home:
        await claimed(home)
        envelope = home.envelope(where("ulla"), Person("id-ulla"), Incoming(home.clock.now, "too much"))
        await home.replicas[0].reception.tell_off(envelope)
        await home.say("ulla", "and this")
        assert "**Ulla:** and this" in home.seen(HELPDESK)
        assert "too much" not in home.seen(HELPDESK)


async def test_a_case_that_others_changed_meanwhile(database_url: str) -> None:
    """What one server remembers of a case is never believed: what another one or a timer has done to it counts."""
    async with house(replicas=2, url=database_url) as home:
        case = await claimed(home)
        await home.say("ulla", "one")
        await home.say("ulla", "two")
        await home.staff(ANNA, "close", case, ending="solved", at=1)
        await home.say("ulla", "thanks")
        assert (await home.case(case)).state == "closed"
        await home.say("ulla", "it is back again")
        await home.staff(ANNA, "claim", case, at=1)
        await home.say("ulla", "three")
        await home.staff(ANNA, "release", case, at=1)
        assert "I do not understand" not in await home.say("ulla", "end chat")
        assert (await home.case(case)).ending == "user_left"
        said = [m.text for m in await home.store.transcript(case)]
        assert said == ["one", "two", "it is back again", "three"]
