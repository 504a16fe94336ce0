"""The hand-off's cards: forms, inputs, and any text in any field."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.envelope import Person
from bot.handoff import views
from dialogs.cards import inputs as drawn_inputs
from dialogs.cards.base import Button, Card
from dialogs.cards.case import CaseCard
from dialogs.cards.fields import Field, Form
from dialogs.cards.file import FileCard
from dialogs.cards.fit import CUT
from dialogs.cards.rating import RatingCard
from dialogs.cards.relay import RelayCard
from dialogs.cards.summary import SummaryCard
from dialogs.turn import Press
from tests.cards.hand_off import CLAIMED, CLOSED, GUIDES, HAND_OFF, ODD, PLAN, TEXTS, WAITING, case_card
from tests.cards.rules import actions, broken, elements, forms, inputs, shown
from tests.cards.samples import NASTY
from tests.cards.test_any_text import ANY, BUTTON, BUTTONS, SEEN, TITLE
from tests.cards.test_any_text import TEXTS as MANY

CHOICES = st.lists(st.tuples(st.uuids().map(str), TITLE), min_size=1, max_size=60, unique_by=lambda pair: pair[0])
LABEL = st.text(min_size=1, max_size=9).filter(lambda text: bool(text.strip()))


def fields(name: str) -> st.SearchStrategy[Field]:
    """An input with any texts."""
    return st.builds(
        Field,
        st.just(name),
        LABEL,
        st.sampled_from(("text", "choice")),
        ANY,
        CHOICES.map(tuple),
        st.booleans(),
        st.just("") | LABEL,
    )


def form(n: int) -> st.SearchStrategy[Form]:
    """A form that does something of its own."""
    send = st.builds(lambda title: Button(title, "case", f"do{n}/HD-1"), LABEL)
    return st.builds(Form, LABEL, st.tuples(fields("a"), fields("b")), send)


PAIRS = st.lists(st.tuples(LABEL, ANY), max_size=5).map(tuple)
HEADINGS = st.tuples(*(st.tuples(st.just(name), ANY) for name in ("words", "path", "advice", "added")))
CARDS: st.SearchStrategy[Card] = st.one_of(
    st.builds(
        CaseCard,
        st.just(1),
        SEEN,
        SEEN,
        PAIRS,
        st.none() | st.tuples(SEEN, st.just("https://x.example/a(b)c")),
        HEADINGS,
        MANY,
        PAIRS,
        MANY,
        ANY,
        ANY,
        BUTTONS,
        st.integers(0, 5).flatmap(lambda n: st.tuples(*map(form, range(n)))),
    ),
    st.builds(
        RatingCard, st.just(1), SEEN, st.tuples(fields("a"), fields("b")), BUTTON, ANY, BUTTONS, st.just("") | SEEN
    ),
    st.builds(RelayCard, SEEN, ANY),
    st.builds(
        FileCard, SEEN, SEEN, ANY, st.sampled_from(("", "https://x.example/f")), st.booleans(), ANY, st.none() | BUTTON
    ),
    st.builds(SummaryCard, st.just(1), SEEN, SEEN, SEEN, words=MANY, box=fields("text"), answers=BUTTONS),
)


@settings(deadline=None)  # a huge text is slow to make, not to draw
@given(CARDS)
def test_any_card_keeps_the_rules(card: Card) -> None:
    """Any text in any field: known elements, nothing empty, below the limit, and JSON that every client takes."""
    drawn = card.adaptive()
    assert broken(drawn) == []
    json.dumps(drawn, ensure_ascii=False).encode()
    card.text()


def test_long_hint_of_a_box_is_shortened() -> None:
    """What stands in an empty box counts too: control characters take six bytes each as JSON."""
    box = Field("text", "Anything to add?", placeholder="\x1f" * 4100)
    assert broken(SummaryCard(1, "Title", "Intro", "Copy", box=box).adaptive()) == []


def test_what_can_be_done_follows_the_state() -> None:
    """A waiting case can be claimed, a claimed one released or taken over, a closed one only noted upon."""
    desk = TEXTS.desk
    titles = {
        case.state: [action["title"] for action in actions(case_card(case).adaptive(), opened=False)]
        for case in (WAITING, CLAIMED, CLOSED)
    }
    open_forms = [desk.reply, desk.note, desk.transfer, desk.guide, desk.close]
    assert titles == {
        "waiting": [desk.claim, *open_forms, desk.give_back],
        "claimed": [*open_forms, desk.release, desk.take_over, desk.give_back],
        "closed": [desk.note],
    }


def test_the_words_of_a_user_mean_nothing() -> None:
    """Name, words and answers of a user are read as Markdown nowhere on a case card, and all of them are there."""
    card = case_card(ODD).adaptive()
    blocks = [element["text"] for element in elements(card) if element["type"] == "TextBlock"]
    assert [text for text in blocks if "](" in text and "\\" not in text] == []
    words = shown(card).replace("\u2060", "").replace("\ufffd", "\x00")
    assert all(line in words for line in NASTY.splitlines())
    assert "*Ada* _x_ [y](https://evil.example) <b>" in words


def test_ids_of_forms_differ_and_are_found_by_their_plain_names() -> None:
    """Each form's input has an id of its own; the press finds it by the name that the desk asks for."""
    made = HAND_OFF["case-waiting"].adaptive()
    ids = [one["id"] for one in inputs(made)]
    assert ids == ["reply-text", "note-text", "transfer-to", "transfer-text", "guide-guide", "close-ending"]
    press = Press("case", 1, "reply/HD-7K3QP", (("note-text", "internal"), ("reply-text", " Hello ")))
    assert press.field("text") == "Hello"
    assert Press("send", 1, "", (("text", "more"),)).field("text") == "more"
    assert Press("case", 1, "close/HD-7K3QP", (("note-text", "internal"),)).field("text") == ""


def test_nothing_is_chosen_beforehand_where_there_is_a_choice() -> None:
    """Two options: none is chosen, and one must be; a single one is chosen already."""
    two = drawn_inputs.field(Field("x", "X", "choice", options=(("a", "A"), ("b", "B")), required=True, error="Choose"))
    one = drawn_inputs.field(Field("x", "X", "choice", options=(("a", "A"),), required=True, error="Choose"))
    assert ("value" in two, two["isRequired"], one["value"]) == (False, True, "a")


def test_skipping_a_rating_asks_for_nothing() -> None:
    """Whoever skips the rating need not fill it in first; the fallback for old clients neither."""
    skip = next(a for a in actions(HAND_OFF["rating"].adaptive()) if a["title"] == TEXTS.desk.rating_skip)
    assert (skip["associatedInputs"], skip["fallback"]["associatedInputs"]) == ("none", "none")


def test_a_case_of_a_big_desk_fits() -> None:
    """A hundred guides, fifty colleagues, a long talk: below the limit, every button there, what is cut is marked."""
    guides = [
        GUIDES[0].model_copy(update={"id": f"guide-{n}", "title": f"A problem of number {n} " * 4}) for n in range(100)
    ]
    people = tuple(Person(f"00000000-0000-0000-0000-{n:012}", f"Colleague Number {n}") for n in range(50))
    case = replace(CLAIMED, words=tuple(f"message {n} " * 40 for n in range(60)))
    card = views.case_card(case, PLAN, TEXTS, guides, people).adaptive()
    assert broken(card) == []
    assert len(forms(card)) == 5
    assert CUT in shown(card)
    guide = next(one for one in inputs(card) if one["id"] == "guide-guide")
    assert guide["choices"][-1] == {"title": CUT, "value": ""}


def test_a_file_without_an_address_is_named() -> None:
    """A file that can't be fetched is named on the card and in the text; a picture has its name as its text."""
    assert "no_address*.txt" in shown(HAND_OFF["file-lost"].adaptive())
    assert HAND_OFF["file-lost"].text() == "Ada Lovelace: no_address*.txt\nIt could not be passed on."
    pictures = [element for element in elements(HAND_OFF["file-picture"].adaptive()) if element["type"] == "Image"]
    assert [picture["altText"] for picture in pictures] == ["screen_shot 1.png (23 KB)"]
