"""Outcomes in Teams' terms: rows, and answers to presses."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.teams_render import CARD_TYPE, MESSAGE_TYPE, apology, relayed, render
from bot.envelope import Address, Envelope, Person
from dialogs.cards.base import Button
from dialogs.cards.notice import NoticeCard
from dialogs.cards.question import AnsweredCard, QuestionCard
from dialogs.cards.relay import RelayCard
from dialogs.cards.rich import host_of, literal
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
    ("body", "shown"),
    [
        ("[your bank](https://evil.example)", "[your bank](https://evil.example) (evil.example)"),
        ("[bank.example](https://evil.example)", "bank.example (https://evil.example)"),
        ("[https://bank.example](https://evil.example/x)", "https://bank.example (https://evil.example/x)"),
        ("[me@bank.example](https://evil.example)", "me@bank.example (https://evil.example)"),
        ("[your bank](http://evil.example)", "[your bank]\u200b(http://evil.example)"),
        ("[a](https://bank.example@evil.example/)", "[a](https://bank.example@evil.example/) (evil.example)"),
        ("[bank][1]\n[1]: https://evil.example", "[bank]\u200b[1]\n\n[1]\u200b: https://evil.example"),
        ("![x](https://evil.example)", "&#33;[x](https://evil.example) (evil.example)"),
        ("[b\u00e4nk](https://b\u00e4nk.example/)", "[b\u00e4nk](https://b\u00e4nk.example/) (xn--bnk-qla.example)"),
        ("https://evil.example", "https://evil.example"),
    ],
)
def test_relayed_words_disguise_no_link(body: str, shown: str) -> None:
    """A link in somebody's words shows where it leads: by its host behind a title, by all of its address behind what
    looks like an address itself."""
    assert relayed(RelayCard("Eve", body)) == f"**Eve:** {shown}"


def test_relayed_words_mention_nobody() -> None:
    """No tag comes of words, neither of the name nor in code, and no name that means everybody."""
    text = relayed(RelayCard("Eve <at>all</at>", "<at>Ann</at> `<at>Ann</at>` @everyone\n```\n<b>\n```"))
    assert "<" not in text
    assert "@everyone" not in text


def test_relayed_words_keep_their_formatting() -> None:
    """Bold, italic, code, lists and quotes, in Teams' Markdown."""
    body = "**bold** and *it*, `a*b`\n- one\n  - in one\n- two\n1. first\n> said\n```\nif a < b:\n  c\n```\nend"
    assert relayed(RelayCard("Eve", body)).split("\n\n") == [
        "**Eve:** **bold** and *it*, `a*b`",
        "- one\n   - in one\n- two\n1. first",
        "> said",
        "```\nif a < b:\n  c\n```",
        "end",
    ]


def test_relayed_words_mean_nothing_else() -> None:
    """What was typed as it is stays so, with as little escaped as can be."""
    typed = "# no heading\n- no list\n2 * 3 _x_ snake_case C:\\Users ~~y~~ a < b & c"
    assert relayed(RelayCard("Eve", literal(typed))) == (
        "**Eve:** &#35; no heading\n\n&#45; no list\n\n"
        "2 &#42; 3 &#95;x&#95; snake_case C:\\Users &#126;&#126;y&#126;&#126; a &lt; b &amp; c"
    )


@given(st.text())
def test_any_relayed_words_are_safe(body: str) -> None:
    """No exception, no tag, and every link with its host or its address beside it."""
    text = relayed(RelayCard("Eve", body))
    assert not re.search(r"<[A-Za-z/!?]", text)
    for title, url in re.findall(r"\[([^\]]*)\]\(([^)]*)\)", text):
        assert f"[{title}]({url}) ({host_of(url)})" in text
