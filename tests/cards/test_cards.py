"""Cards keep our rules, and their forms say the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dialogs.cards.base import Button, Card
from dialogs.cards.fit import CUT, LIMIT, size
from dialogs.cards.menu import MenuCard, MenuItem
from dialogs.cards.notice import NoticeCard
from dialogs.cards.outcome import OutcomeCard
from dialogs.cards.question import QuestionCard
from dialogs.cards.summary import SummaryCard
from dialogs.guide import Action, Detail
from tests.cards.hand_off import HAND_OFF
from tests.cards.rules import actions, broken, elements, shown, unlike
from tests.cards.samples import CODE, LABELS, NASTY, OUTCOME, QUESTION, SAMPLES, WAYS
from tests.cards.shipped import shipped_cards

ALL = {**SAMPLES, **HAND_OFF}


def titles(card: Card) -> list[str]:
    """The titles of a card's actions, in order."""
    return [action["title"] for action in actions(card.adaptive())]


def set_of(card: Card, title: str) -> list[dict[str, Any]]:
    """The actions that stand in one set with the one called `title`."""
    sets = [element["actions"] for element in elements(card.adaptive()) if element["type"] == "ActionSet"]
    return next(found for found in sets if any(action["title"] == title for action in found))


@pytest.mark.parametrize("name", ALL)
def test_sample_keeps_the_rules(name: str) -> None:
    """A card of every type, plain and awkward, breaks no rule."""
    assert broken(ALL[name].adaptive()) == []


@pytest.mark.parametrize("name", ALL)
def test_forms_of_a_sample_agree(name: str) -> None:
    """What can be pressed can be chosen by its number in the text, and the other way round."""
    assert unlike(ALL[name]) == []


async def test_every_shipped_card_keeps_the_rules() -> None:
    """No card that the shipped guides can show breaks a rule, differs from its text, or leaves something out."""
    cards = await shipped_cards()
    assert len(cards) > 50
    assert [name for name, card in cards.items() if isinstance(card, OutcomeCard) and card.shortened()] == []
    assert {name: wrong for name, card in cards.items() if (wrong := broken(card.adaptive()) + unlike(card))} == {}


def test_rules_find_mistakes() -> None:
    """The rules are no rubber stamp: an unknown element, an empty text, a button without payload are found."""
    body = [{"type": "CodeBlock"}, {"type": "TextBlock", "text": " ", "wrap": True}]
    body.append({"type": "ActionSet", "actions": [{"type": "Action.Submit", "title": "Go", "data": {}}]})
    wrong = broken({**QUESTION.adaptive(), "body": body})
    assert len([w for w in wrong if "CodeBlock" in w or "is empty" in w or "no payload" in w]) == 3


def test_execute_falls_back_to_submit_with_the_same_payload() -> None:
    """A client without Action.Execute sends the same verb, turn and value, found under the same names."""
    yes = next(a for a in actions(QUESTION.adaptive()) if a["title"] == "Yes")
    assert yes["type"] == "Action.Execute"
    assert yes["data"] == {"helpbot": 1, "verb": "answer", "turn": 4, "value": "yes"}
    assert (yes["fallback"]["type"], yes["fallback"]["data"]) == ("Action.Submit", yes["data"])


def test_a_button_that_stays_is_a_plain_submit() -> None:
    """What does not answer the card does not ask the client to replace it."""
    kinds = {a["type"] for a in actions(OUTCOME.adaptive()) if a["title"] == "Send as text"}
    assert kinds == {"Action.Submit"}


def test_answers_come_before_ways_and_are_louder() -> None:
    """Answers stand first and are drawn as primary buttons, the ways around the question are not."""
    assert titles(QUESTION) == ["Yes", "No", "Not sure", *(way.title for way in WAYS)]
    loud = [a["title"] for a in actions(QUESTION.adaptive()) if a.get("style") == "positive"]
    assert loud == ["Yes", "No", "Not sure"]


def test_few_short_answers_share_a_row() -> None:
    """Yes, no and not sure stand beside each other."""
    assert [a["title"] for a in set_of(QUESTION, "Yes")] == ["Yes", "No", "Not sure"]


def test_many_answers_stand_below_each_other() -> None:
    """More than three answers are a list, each in its own set, so that no limit of a set is met."""
    card = replace(QUESTION, answers=tuple(Button(f"Answer {n}", "answer", str(n)) for n in range(12)))
    assert [a["title"] for a in set_of(card, "Answer 7")] == ["Answer 7"]
    assert broken(card.adaptive()) == []


def test_long_titles_become_boxes_that_wrap() -> None:
    """A title that a button would cut off is shown whole, and its box is pressed as a button of that title."""
    card = SAMPLES["question-noted"]
    boxes = [e for e in elements(card.adaptive()) if "selectAction" in e]
    assert [box["selectAction"]["title"] for box in boxes] == [b.title for b in card.options()]
    assert all(button.title in shown(card.adaptive()) for button in card.options())


def test_the_last_way_is_never_hidden() -> None:
    """When the ways need more than two rows, some go behind "…", but not the last one: talking to a person."""
    ways = (*WAYS[:3], Button("Cancel", "cancel", quiet=True), WAYS[3])
    drawn = actions(replace(QUESTION, ways=ways).adaptive())
    hidden = [a["title"] for a in drawn if a.get("mode") == "secondary"]
    assert hidden == ["Start over", "Cancel"]
    assert {a["title"] for a in drawn} >= {way.title for way in ways}


def test_the_words_of_a_user_mean_nothing() -> None:
    """A user's words stand in no TextBlock, the only element that reads Markdown, and are all there."""
    card = SAMPLES["summary"].adaptive()
    markdown = " ".join(e["text"] for e in elements(card) if e["type"] == "TextBlock")
    assert "evil" not in markdown
    words = shown(card).replace("\u2060", "").replace("\ufffd", "\x00")
    assert all(line in words for line in NASTY.splitlines())


def test_codes_are_numbered_as_their_buttons() -> None:
    """`codes()[n]` is what the button with the value `<text_value>/n` stands below."""
    values = [a["data"]["value"] for a in actions(OUTCOME.adaptive()) if a["data"]["verb"] == "text"]
    assert values == [f"guest/no-account/{n}" for n in range(len(OUTCOME.codes()))]
    assert [OUTCOME.sent(str(n)) for n in range(2)] == list(OUTCOME.codes())
    assert OUTCOME.codes()[1] == CODE


@pytest.mark.parametrize("which", ["2", "-1", "x", "", "²"])
def test_no_text_is_sent_for_a_number_that_is_not_there(which: str) -> None:
    """An unknown number sends nothing."""
    assert OUTCOME.sent(which) == ""


def test_code_keeps_its_lines_in_the_text() -> None:
    """In plain text every line of a code stands whole, four spaces in."""
    assert "".join(f"    {line}\n" if line else "\n" for line in CODE.splitlines()) in OUTCOME.text()


def test_code_keeps_its_lines_on_the_card() -> None:
    """On the card every line of a code is an element in monospace, with nothing read as Markdown."""
    card = OUTCOME.adaptive()
    lines = shown(card).replace("\u00a0", " ").splitlines()
    assert all(line in lines for line in CODE.splitlines() if line)
    starred = next(e for e in elements(card) if e["type"] == "RichTextBlock" and "*all*" in e["inlines"][0]["text"])
    assert starred["inlines"][0]["fontType"] == "Monospace"


def test_an_answered_outcome_keeps_its_steps() -> None:
    """Once answered, the advice stays, its texts can still be sent, and nothing is asked any more."""
    card = replace(OUTCOME, answered="You answered: Not yet")
    assert titles(card) == ["Send as text", "Send as text"]
    assert card.options() == ()
    assert "You answered: Not yet" in shown(card.adaptive())
    assert "Did this solve it?" not in shown(card.adaptive())
    assert card.text().endswith("You answered: Not yet")


def test_marks_tell_the_article_from_today() -> None:
    """What the article says and what holds today carry their labels, on the card and in the text."""
    text = OUTCOME.text()
    assert "(The article says) Follow the page" in text
    assert "(Today) The MSOnline module" in text
    lines = shown(OUTCOME.adaptive()).splitlines()
    assert lines[lines.index("Today") + 1].startswith("The MSOnline module")


def long_outcome(steps: int) -> OutcomeCard:
    """Advice with many steps."""
    detail = Detail(text="Look at the page. " * 8, code="Get-MgUser -All", links=OUTCOME.documents)
    step = Action(who="You", do="Do it. " * 30, details=(detail,), check="It is done.")
    return replace(OUTCOME, actions=(*OUTCOME.actions, *[step] * steps))


def test_advice_that_fits_is_whole() -> None:
    """Nothing is left out as long as there is room."""
    assert not OUTCOME.shortened()
    assert "formerly" in shown(OUTCOME.adaptive())


@pytest.mark.parametrize("steps", [8, 12, 100])
def test_advice_too_big_says_so_and_is_sent_whole(steps: int) -> None:
    """Advice above the limit ends with a word about it and a button that sends everything; the question stays."""
    card = replace(long_outcome(steps), labels=replace(LABELS, shortened="There is more than fits here:"))
    drawn = card.adaptive()
    assert card.shortened()
    assert broken(drawn) == []
    assert "There is more than fits here:" in shown(drawn)
    assert "formerly" not in shown(drawn)
    assert "Did this solve it?" in shown(drawn)
    whole = next(a for a in actions(drawn) if a["data"]["value"] == "guest/no-account/all")
    assert (whole["title"], whole["type"]) == ("Send as text", "Action.Submit")
    assert card.sent("all").count("Do it.") == 30 * steps
    assert "formerly" in card.sent("all")


def test_former_addresses_are_left_out_first() -> None:
    """Where dropping the former addresses is enough, every step and every document is still there."""
    card = next(c for n in range(20) if (c := long_outcome(n)).shortened())
    few = replace(card, documents=card.documents * 4, actions=card.actions[:-3])
    few = next(
        c for n in range(60) if (c := replace(few, documents=few.documents + OUTCOME.documents[:2] * n)).shortened()
    )
    drawn = shown(few.adaptive())
    assert drawn.count("](https://") == few.text().count(": https://")
    assert CUT in drawn


def test_a_long_text_is_cut_visibly() -> None:
    """One huge text is cut, with a mark, and the buttons stay."""
    card = QuestionCard(1, "Why? " * 20_000, QUESTION.answers, ways=WAYS)
    drawn = card.adaptive()
    assert size(drawn) <= LIMIT
    assert CUT in shown(drawn)
    assert [a["title"] for a in actions(drawn)] == titles(QUESTION)


def test_many_words_are_cut_visibly() -> None:
    """A summary of hundreds of messages keeps the first and the last, and says that some are left out."""
    summary = SAMPLES["summary"]
    assert isinstance(summary, SummaryCard)
    drawn = replace(summary, words=tuple(f"message {n} " * 20 for n in range(500))).adaptive()
    assert broken(drawn) == []
    lines = shown(drawn).splitlines()
    assert [n for n in (0, 499) if not any(line.startswith(f"message {n} ") for line in lines)] == []
    assert CUT in shown(drawn)


def test_a_menu_of_thirty_fits() -> None:
    """Thirty guides with long titles and summaries fit whole."""
    items = tuple(
        MenuItem(Button(f"A guide about some matter, number {n}", "guide", f"guide-{n}"), "In a line")
        for n in range(30)
    )
    card = MenuCard(1, "Topics", items)
    assert unlike(card) == []
    assert broken(card.adaptive()) == []


def test_a_plain_notice_is_bare_text() -> None:
    """A plain notice is its body, to the letter."""
    assert NoticeCard(NASTY, plain=True).text() == NASTY


def test_a_summary_without_content_shows_its_copy() -> None:
    """When there is nothing to list, the plain summary stands on the card and in the text."""
    card = SummaryCard(1, "Talk to a person", "No contact.", copy="There is nothing to sum up yet.")
    assert "There is nothing to sum up yet." in shown(card.adaptive())
    assert "There is nothing to sum up yet." in card.text()
