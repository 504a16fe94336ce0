"""The engine: what a turn does to a conversation, beyond what the tables in tests/conversations say."""

from __future__ import annotations

import pytest

from dialogs.cards.outcome import OutcomeCard
from dialogs.cards.question import AnsweredCard
from dialogs.engine import Engine
from dialogs.finder import WordFinder
from dialogs.guide import Guide, Question
from dialogs.library import Library
from dialogs.turn import Incoming, Press
from tests.dialogs.talk import DAY, Talk, engine, shipped

LIBRARY = shipped()
ENGINE = engine(LIBRARY)
STORY = "my partner can't accept the invitation I sent"
FIRST = "Did the guest receive the invitation e-mail?"
SECOND = "Does the guest get an error when redeeming the invitation?"
ADVICE = "The e-mail has not arrived"


def changed(edit: dict[str, object]) -> Engine:
    """An engine over the shipped guide with some fields of it edited, as after a deployment."""
    guide = LIBRARY.guides["guest-cannot-redeem"].model_copy(update={"version": "changed", **edit})
    library = Library(guides={guide.id: guide}, texts=LIBRARY.texts)
    return Engine(library, WordFinder(library.guides, library.texts), "")


def guide() -> Guide:
    """The shipped guide."""
    return LIBRARY.guides["guest-cannot-redeem"]


@pytest.fixture
def talk() -> Talk:
    """A new conversation."""
    return Talk(ENGINE)


async def test_two_questions(talk: Talk) -> None:
    """The main job: words, the two key questions, the steps."""
    assert FIRST in await talk.say(STORY)
    assert SECOND in await talk.press("Yes")
    assert "Which error" in await talk.say("yeah she does")
    text = await talk.say("not sure")
    for link in guide().documents:
        assert link.url in text
    assert "just-in-time creation of accounts" in text
    assert "-AllowEmailVerifiedUsers to true" in text


async def test_greets_once(talk: Talk) -> None:
    """Install and member events greet once, however often and late they come."""
    assert "Hello" in await talk.arrive()
    assert await talk.arrive() == ""
    await talk.say(STORY)
    assert await talk.arrive() == ""


async def test_arrival_after_words_is_silent(talk: Talk) -> None:
    """An install event that comes after the first message greets no more."""
    await talk.say(STORY)
    assert await talk.arrive() == ""


async def test_answered_form(talk: Talk) -> None:
    """An answered question shrinks to its answer, at the turn of its card."""
    await talk.say(STORY)
    turn = talk.last.replies[0].turn
    await talk.press("No")
    assert talk.last.replaced is not None
    assert talk.last.replaced.turn == turn
    assert talk.last.replaced.card == AnsweredCard(FIRST, "You answered: No")


async def test_answered_advice_stays_readable(talk: Talk) -> None:
    """Advice keeps its steps when the question below it is answered."""
    await talk.say(STORY)
    await talk.press("No")
    await talk.press("Not yet")
    assert talk.last.replaced is not None
    card = talk.last.replaced.card
    assert isinstance(card, OutcomeCard)
    assert card.actions
    assert not card.answers
    assert card.answered == "You answered: Not yet"


async def test_old_button_changes_nothing(talk: Talk) -> None:
    """A button of an earlier turn shows where we are, and leaves the state alone."""
    await talk.say(STORY)
    await talk.press("Yes")
    before = talk.state
    assert SECOND in await talk.press("No", place=0)
    assert talk.last.stale
    assert talk.state == before


async def test_same_press_again(talk: Talk) -> None:
    """The last press once more, under another id, gives the answered card back and says nothing new."""
    await talk.say(STORY)
    await talk.press("Yes")
    answered = talk.last.replaced
    assert await talk.press("Yes", place=0) == ""
    assert talk.last.stale
    assert talk.last.replaced == answered


async def test_old_advice_keeps_its_steps(talk: Talk) -> None:
    """A button on old advice brings the present card, and the advice stays readable in its place."""
    await talk.say(STORY)
    await talk.press("No")
    await talk.press("Not yet")
    await talk.press("Back")
    assert ADVICE in await talk.press("Show other causes", place=0)
    assert talk.last.replaced is not None
    assert ADVICE in talk.last.replaced.card.text()


async def test_a_day_later(talk: Talk) -> None:
    """Whoever writes a day after an unfinished question is asked: go on, or start over."""
    await talk.say(STORY)
    assert "Welcome back" in await talk.say("hmm", wait=DAY + 60)
    assert FIRST in await talk.say("go on")
    assert "Welcome back" in await talk.say("hmm", wait=DAY + 60)
    assert "Did you invite a guest" in await talk.press("Start over")


async def test_a_day_later_hello(talk: Talk) -> None:
    """A mere hello a day later is asked the same."""
    await talk.say(STORY)
    assert "Welcome back" in await talk.say("hi", wait=DAY + 60)
    assert FIRST in await talk.say("yes")


async def test_a_day_later_with_a_list_open(talk: Talk) -> None:
    """The same where the user left off in a list that stood above the question."""
    await talk.say(STORY)
    await talk.say("yes")
    assert "Which answer" in await talk.say("change an answer")
    assert "Welcome back" in await talk.say("hello", wait=DAY + 60)
    assert "Does the guest get an error" in await talk.say("go on")


async def test_a_day_later_with_an_answer(talk: Talk) -> None:
    """What was said on coming back is taken once the user goes on."""
    await talk.say(STORY)
    assert "Welcome back" in await talk.say("she never got the mail", wait=DAY + 60)
    assert ADVICE in await talk.say("yes")


async def test_within_a_day(talk: Talk) -> None:
    """Within a day the answer is simply an answer."""
    await talk.say(STORY)
    assert ADVICE in await talk.say("no", wait=DAY - 60)


async def test_guide_changed_unnoticed(talk: Talk) -> None:
    """A new version whose question still has the same answers goes on without a word."""
    await talk.say(STORY)
    talk.engine = changed({"title": "Another title"})
    text = await talk.press("Yes")
    assert "was changed" not in text
    assert SECOND in text


async def test_guide_changed_under_way(talk: Talk) -> None:
    """A new version with other answers says so, keeps what holds, and goes on at the first open question."""
    await talk.say(STORY)
    received = guide().steps["received"]
    assert isinstance(received, Question)
    fewer = received.model_copy(update={"answers": received.answers[:2]})
    talk.engine = changed({"steps": {**guide().steps, "received": fewer}})
    text = await talk.press("Not sure")
    assert "was changed" in text
    assert FIRST in text
    assert SECOND in await talk.press("Yes")


async def test_guide_withdrawn(talk: Talk) -> None:
    """A guide that is gone is said to be gone, whatever was pressed."""
    await talk.say(STORY)
    talk.engine = Engine(Library(guides={}, texts=LIBRARY.texts), WordFinder({}, LIBRARY.texts), "")
    assert "not there any more" in await talk.press("Yes")
    assert "Tell me" in await talk.say("hi")


async def test_back_and_change(talk: Talk) -> None:
    """Back asks the question before; a changed answer keeps the later ones that still hold."""
    await talk.say(STORY)
    await talk.press("Yes")
    assert FIRST in await talk.say("back")
    assert SECOND in await talk.press("Yes")
    await talk.press("Yes")
    assert "Which answer" in await talk.press("Change an answer")
    assert FIRST in await talk.press("E-mail received")
    text = await talk.press("Yes")
    assert "Which error" in text, "the answer to the second question was kept"


async def test_later_words_change_an_answer(talk: Talk) -> None:
    """ "Sorry, she did get it" changes the earlier answer, and says so."""
    await talk.say(STORY)
    assert ADVICE in await talk.say("she never got the mail")
    text = await talk.say("sorry, she did get it")
    assert "changed that" in text
    assert SECOND in text


async def test_both_ways_asks(talk: Talk) -> None:
    """Words that lean both ways are asked about, and answer nothing."""
    await talk.say(STORY)
    text = await talk.say("yes he didn't receive it")
    assert "“Yes” or “No”" in text
    assert FIRST in text


async def test_person_with_summary(talk: Talk) -> None:
    """Asking for a person gives the contact and a summary of all that was said, and the guide goes on."""
    await talk.say(STORY)
    await talk.press("No")
    text = await talk.press("Talk to a person")
    assert "helpdesk@example.com" in text
    assert STORY in text
    assert talk.last.handoff is not None
    assert talk.last.handoff.path == (("Your part", "I invited a guest"), ("E-mail received", "No"))
    assert talk.last.handoff.advice == (ADVICE,)
    copied = await talk.press("Send as text")
    assert f"Said: {STORY}" in copied
    assert "Good to hear" in await talk.press("Yes, solved")


async def test_person_without_contact() -> None:
    """Without a contact the bot says so honestly."""
    talk = Talk(engine(LIBRARY, contact=""))
    assert "no helpdesk contact" in await talk.say("I want to talk to a person")


async def test_send_code_as_text(talk: Talk) -> None:
    """Code comes alone, byte for byte, from an old card too."""
    await talk.say(STORY)
    await talk.press("No")
    card = talk.last.replies[0].card
    assert isinstance(card, OutcomeCard)
    await talk.press("Yes, solved")
    old = Press("text", card.turn, f"{card.text_value}/0")
    assert await talk.turn(Incoming(talk.at, press=old)) == "Invites@microsoft.com"


@pytest.mark.parametrize(
    "value", ["", "x", "guest-cannot-redeem/no-mail/99", "guest-cannot-redeem/nope/0", "a/b/c/d", "//"]
)
async def test_send_unknown_text(talk: Talk, value: str) -> None:
    """A button for a text that is gone says so."""
    assert "older version" in await talk.turn(Incoming(talk.at, press=Press("text", 1, value)))


async def test_unknown_press_shows_where_we_are(talk: Talk) -> None:
    """A press that no card of ours makes changes nothing."""
    await talk.say(STORY)
    turn = talk.last.replies[0].turn or 0
    for verb, value in [("answer", "nope"), ("bogus", ""), ("pick", "x"), ("guide", "x"), ("solved", "///")]:
        assert FIRST in await talk.turn(Incoming(talk.at, press=Press(verb, turn, value)))


async def test_new_problem_in_the_middle() -> None:
    """Words that clearly name another guide offer to switch; staying keeps the place."""
    other = guide().model_copy(
        update={
            "id": "printer",
            "title": "The printer does not print",
            "phrases": ("printer does not print",),
            "summary": "Printers",
        }
    )
    library = Library(guides={guide().id: guide(), other.id: other}, texts=LIBRARY.texts)
    talk = Talk(engine(library))
    await talk.say(STORY)
    assert "something else" in await talk.say("my printer does not print")
    assert FIRST in await talk.say("no")
    await talk.say("my printer does not print")
    await talk.say("yes")
    assert talk.state is not None
    assert talk.state["stack"][0]["with"]["guide"] == "printer"
