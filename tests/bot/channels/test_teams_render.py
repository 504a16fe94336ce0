"""Outcomes in Teams' terms: rows, and answers to presses."""

from __future__ import annotations

import pytest

from bot.channels.teams_render import CARD_TYPE, MESSAGE_TYPE, apology, relayed, render
from bot.envelope import Address, Envelope, Person
from dialogs.cards.base import Button
from dialogs.cards.notice import NoticeCard
from dialogs.cards.question import AnsweredCard, QuestionCard
from dialogs.cards.relay import Attached, RelayCard
from dialogs.turn import Incoming, Outcome, Press, Replaced, Reply
from tests.stand import library

TEXTS = library().say("en")
NEXT = Reply(QuestionCard(2, "next?", (Button("Yes", "answer", "yes"),)), 2)
ANSWERED = Replaced(1, AnsweredCard("first?", "You answered: Yes"))


def envelope(invoke: bool, group: bool = False, turn: int = 1) -> Envelope:
    """A press of the button of a turn's card."""
    incoming = Incoming(0.0, press=Press("answer", turn, "yes"))
    return Envelope("1", Address("teams", "t", "c", group), Person("u"), incoming, invoke)


def kinds(outcome: Outcome, of: Envelope) -> list[tuple[str, int | None]]:
    """Kind and turn of each row."""
    return [(row.kind, row.turn) for row in render(of, outcome, TEXTS).outgoing]


OUTCOME = Outcome({}, (NEXT,), ANSWERED)


def test_press_in_a_personal_chat() -> None:
    """The answered form is the answer, the next card a message; nothing is updated."""
    rendered = render(envelope(invoke=True), OUTCOME, TEXTS)
    assert rendered.answer == {"statusCode": 200, "type": CARD_TYPE, "value": ANSWERED.card.adaptive()}
    assert kinds(OUTCOME, envelope(invoke=True)) == [("send", 2)]


def test_press_in_a_group_is_seen_by_all() -> None:
    """In a group the card is updated too, after the next one was sent."""
    assert kinds(OUTCOME, envelope(invoke=True, group=True)) == [("send", 2), ("update", 1)]


def test_message_updates_the_card() -> None:
    """A typed answer has no response to put a card in: the card is updated."""
    rendered = render(envelope(invoke=False), OUTCOME, TEXTS)
    assert rendered.answer is None
    assert [(row.kind, row.turn) for row in rendered.outgoing] == [("send", 2), ("update", 1)]


def test_other_card_than_the_pressed_one_is_not_put_in_its_place() -> None:
    """When the answered card is not the pressed one, the pressed one stays and the other is updated."""
    rendered = render(envelope(invoke=True, turn=7), OUTCOME, TEXTS)
    assert rendered.answer == {"statusCode": 200, "type": MESSAGE_TYPE, "value": TEXTS.pressed}
    assert [row.kind for row in rendered.outgoing] == ["send", "update"]


@pytest.mark.parametrize("group", [False, True])
def test_stale_press_shows_where_we_are(group: bool) -> None:
    """An old button is answered by the current card in its place, and nothing is sent."""
    rendered = render(envelope(invoke=True, group=group), Outcome({}, (NEXT,), stale=True), TEXTS)
    assert rendered.answer is not None
    assert rendered.answer["value"] == NEXT.card.adaptive()
    assert rendered.outgoing == ()


def test_last_press_once_more() -> None:
    """The same press under a new id gets its answered form again, and nothing is sent."""
    rendered = render(envelope(invoke=True), Outcome({}, (), ANSWERED, stale=True), TEXTS)
    assert (rendered.answer or {})["value"] == ANSWERED.card.adaptive()
    assert rendered.outgoing == ()


def test_stale_press_with_an_answered_form() -> None:
    """Where an old card has an answered form, that takes its place, and the current card is sent."""
    rendered = render(envelope(invoke=True), Outcome({}, (NEXT,), ANSWERED, stale=True), TEXTS)
    assert (rendered.answer or {})["value"] == ANSWERED.card.adaptive()
    assert [(row.kind, row.turn) for row in rendered.outgoing] == [("send", 2)]


def test_stale_submit_gets_the_card_as_a_message() -> None:
    """An old button that came as a message is answered by a message."""
    assert kinds(Outcome({}, (NEXT,), stale=True), envelope(invoke=False)) == [("send", 2)]


def test_press_that_changes_nothing_is_answered() -> None:
    """A press always has an answer, or the client says that something went wrong."""
    rendered = render(envelope(invoke=True), Outcome({}), TEXTS)
    assert (rendered.answer or {})["type"] == MESSAGE_TYPE


def test_plain_notice_is_bare_text() -> None:
    """Text to be copied has no card around it, and is not read as Markdown."""
    (row,) = render(envelope(invoke=False), Outcome({}, (Reply(NoticeCard("a_b *c*", plain=True)),)), TEXTS).outgoing
    assert row.payload == {"type": "message", "textFormat": "plain", "text": "a_b *c*"}


def test_apology_can_be_pressed_again() -> None:
    """The apology carries the pressed button, so that nothing is lost with the card that it replaces."""
    answer = apology(Press("answer", 4, "no"), TEXTS)
    (actions,) = [each["actions"] for each in answer["value"]["body"] if each["type"] == "ActionSet"]
    assert actions[0]["data"] == {"helpbot": 1, "verb": "answer", "turn": 4, "value": "no"}
    assert apology(None, TEXTS)["value"]["body"][0]["text"].startswith("I am sorry")


@pytest.mark.parametrize(
    "body", ["[your bank](https://evil.example)", "![x](https://evil.example)", "[bank][1]\n[1]: https://evil.example"]
)
def test_relayed_words_disguise_no_link(body: str) -> None:
    """A link in somebody's words shows its own address: no Markdown link comes of it, and no tag or mention."""
    text = relayed(RelayCard("Eve <at>all</at>", body))
    assert not any(mark in text for mark in ("](", "][", "]:", "<at>"))
    assert "https://evil.example" in text


def test_relayed_file_bears_its_own_name_only() -> None:
    """A file's name can't end its link and begin another."""
    file = Attached("a](https://evil.example)", "https://files.example/x(1)")
    text = relayed(RelayCard("Eve", "", (file,)))
    assert text.endswith("(https://files.example/x%281%29)")
    assert text.count("](") == 1
