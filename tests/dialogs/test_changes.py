"""Changing an answer and not changing it after all; numbers that are typed at the top."""

from __future__ import annotations

import pytest

from tests.dialogs.talk import Talk, engine, shipped

TROUBLE = "my partner can't accept the invitation I sent"
RECEIVED = "Did the guest receive the invitation e-mail?"
WHICH = "Which error does the guest see?"


async def at_the_third() -> Talk:
    """Two questions are answered, the third is open."""
    talk = Talk(engine(shipped()))
    await talk.say(TROUBLE)
    await talk.press("Yes")
    assert WHICH in await talk.press("Yes")
    return talk


@pytest.mark.parametrize("item", ["Your part", "E-mail received", "Error when redeeming"])
async def test_back_from_a_change_leads_to_where_one_was(item: str) -> None:
    """Whoever picked an answer to change and goes back stands where they stood, with all answers, and can go on."""
    talk = await at_the_third()
    await talk.say("change")
    assert WHICH not in await talk.press(item)
    assert WHICH in await talk.say("back")
    await talk.say("talk to a person")
    assert talk.last.handoff is not None
    assert [answer for _, answer in talk.last.handoff.path] == ["I invited a guest", "Yes", "Yes"]
    await talk.say("go on")
    assert "does the guest get an error" in (await talk.say("back")).lower(), "and back again is the question before"


async def test_a_person_while_an_answer_is_changed() -> None:
    """The summary holds what was answered after the question that is asked again, too."""
    talk = await at_the_third()
    await talk.say("change")
    assert RECEIVED in await talk.press("E-mail received")
    await talk.say("talk to a person")
    assert talk.last.handoff is not None
    path = dict(talk.last.handoff.path)
    assert path.pop("Your part") == "I invited a guest"
    assert "E-mail received" not in path, "that is about to change"
    assert list(path.values()) == ["Yes"]


async def test_another_answer_forgets_the_way_back() -> None:
    """Once it is changed, back asks that question again, as always."""
    talk = await at_the_third()
    await talk.say("change")
    await talk.press("E-mail received")
    assert "The e-mail has not arrived" in await talk.press("No")
    assert RECEIVED in await talk.say("back")


async def test_a_correction_says_on_the_old_card_what_was_corrected() -> None:
    """The card that a correction in words closes names the new answer, not the button that nobody pressed."""
    talk = Talk(engine(shipped()))
    await talk.say(TROUBLE)
    await talk.press("No")
    await talk.say("sorry, she did get it")
    assert talk.last.replaced is not None
    closed = talk.last.replaced.card.text()
    assert "You chose: E-mail received: Yes" in closed
    assert "Change an answer" not in closed


async def test_a_number_means_a_topic_only_below_the_list() -> None:
    """Below a mere sentence a number opens no topic; below the list of topics it does."""
    talk = Talk(engine(shipped()))
    await talk.say("blurb flarg")
    assert RECEIVED not in await talk.say("1")
    assert "Did you invite" not in await talk.say("1")
    await talk.say("topics")
    assert "Did you invite a guest" in await talk.say("1")
