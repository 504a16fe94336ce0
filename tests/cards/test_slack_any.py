"""Whatever stands in a card's fields, Slack takes it: hypothesis looks for a card or a guide that breaks the rules."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dialogs.cards import blocks, slack_inputs
from dialogs.cards.base import Button, Card
from dialogs.cards.fields import Field, Form
from dialogs.cards.file import FileCard
from dialogs.cards.outcome import OutcomeCard
from dialogs.cards.question import QuestionCard
from dialogs.cards.rating import RatingCard
from dialogs.cards.rich import read
from dialogs.cards.slack_pieces import chunks
from dialogs.cards.slack_text import clean, escape, fit, size
from dialogs.guide import Action, Answer, Detail, Link, Outcome, Question, Section
from tests.cards.samples import LABELS, WAYS
from tests.cards.slack_rules import broken, broken_view, parts, presses, shown, whole
from tests.cards.test_any_text import ANY, BUTTONS, CARDS, MARKED, ODD, SEEN, TITLE
from tests.cards.test_hand_off import CARDS as STAFF_CARDS

CHOICES = st.lists(st.tuples(st.uuids().map(str), TITLE), min_size=1, max_size=20, unique_by=lambda pair: pair[0])
LABEL = st.text(min_size=1, max_size=9).filter(lambda text: bool(text.strip()))


def fields(name: str, choices: st.SearchStrategy[list[tuple[str, str]]] = CHOICES) -> st.SearchStrategy[Field]:
    """An input with any texts."""
    kinds = st.sampled_from(("text", "choice"))
    said = ODD | MARKED | st.tuples(st.text(min_size=1, max_size=5), st.integers(1, 600)).map(lambda p: p[0] * p[1])
    label = said.filter(lambda text: bool(text.strip()))
    return st.builds(Field, st.just(name), label, kinds, said, choices.map(tuple), st.booleans(), ODD)


OTHERS: st.SearchStrategy[Card] = st.one_of(
    st.builds(
        RatingCard,
        st.just(1),
        SEEN,
        st.tuples(fields("a"), fields("b")),
        st.builds(Button, TITLE, st.just("rate"), st.text(max_size=9)),
        ANY,
        BUTTONS,
        st.just("") | SEEN,
    ),
    st.builds(FileCard, SEEN, ANY, ODD, st.sampled_from(("", "https://x.example/f")), st.booleans(), ANY),
)
CARD = CARDS | STAFF_CARDS.filter(lambda card: not isinstance(card, RatingCard)) | OTHERS

# What an author can write: the guide's own models, at their limits and beyond what anybody writes.
LONG = st.tuples(st.text(min_size=1, max_size=5), st.integers(1, 2000)).map(lambda pair: pair[0] * pair[1])
TEXT = (MARKED | st.text(max_size=30) | LONG).filter(lambda text: bool(text.strip()))
URL = st.integers(1, 1900).map(lambda n: "https://x.example/" + "a" * n)
LINK = st.builds(Link, title=TEXT, url=URL, was=st.none() | URL)
LINKS = st.lists(LINK, max_size=3).map(tuple)
MARK = st.sampled_from((None, "article", "today"))
DETAIL: st.SearchStrategy[Detail] = st.recursive(
    st.builds(
        Detail,
        text=TEXT,
        number=st.none() | st.sampled_from(("1.", "2.", "a)")),
        mark=MARK,
        code=st.none() | TEXT,
        links=LINKS,
    ),
    lambda inner: st.builds(Detail, text=TEXT, mark=MARK, details=st.lists(inner, max_size=3).map(tuple)),
    max_leaves=6,
)
DETAILS = st.lists(DETAIL, max_size=3).map(tuple)
ACTION = st.builds(
    Action,
    who=TEXT,
    do=TEXT,
    mark=MARK,
    details=DETAILS,
    code=st.none() | TEXT,
    links=LINKS,
    check=st.none() | TEXT,
)
ACTIONS = st.lists(ACTION, min_size=1, max_size=4).map(tuple)
SECTION = st.builds(Section, title=st.none() | TEXT, intro=TEXT, actions=ACTIONS | st.just(()), notes=DETAILS)
OUTCOME = st.builds(
    Outcome,
    outcome=TEXT,
    cause=st.just("cause"),
    intro=st.none() | TEXT,
    actions_title=st.none() | TEXT,
    actions=ACTIONS,
    notes=DETAILS,
    sections=st.lists(SECTION, max_size=2).map(tuple),
)
LABEL_60 = st.text(min_size=1, max_size=60).filter(lambda text: bool(text.strip()))
ANSWER = st.builds(
    Answer, id=st.from_regex(r"[a-z0-9]{1,30}(-[a-z0-9]{1,30})?", fullmatch=True), label=LABEL_60, goto=st.just("end")
)
QUESTION = st.builds(
    Question,
    ask=TEXT,
    again=TEXT,
    short=st.just("short"),
    hint=st.none() | TEXT,
    answers=st.lists(ANSWER, min_size=2, max_size=12, unique_by=lambda answer: answer.id).map(tuple),
)


@given(CARD)
def test_any_card_keeps_the_rules(card: Card) -> None:
    """Any text in any field: blocks that Slack takes, below its limits, and texts that name no command."""
    assert broken(card.blocks()) == []


@given(OUTCOME, LINKS, st.lists(TEXT, max_size=12).map(tuple))
def test_any_advice_is_whole(outcome: Outcome, documents: tuple[Link, ...], facts: tuple[str, ...]) -> None:
    """Whatever advice an author writes, Slack takes it, and every code and every address is there whole."""
    card = OutcomeCard(
        1,
        outcome.outcome,
        outcome.actions,
        LABELS,
        "g/s",
        intro=outcome.intro or "",
        facts_title="Facts",
        facts=facts,
        actions_title=outcome.actions_title or "",
        notes=outcome.notes,
        sections=outcome.sections,
        documents=documents,
        ask="Solved?",
        answers=(Button("Yes", "solved", "yes"), Button("No", "solved", "no")),
        ways=WAYS,
    )
    made = card.blocks()
    assert broken(made) == []
    text = squeezed(whole(made))
    assert [code for code in card.codes() if squeezed(code) not in text] == []
    assert [link.url for link in documents if link.url not in text] == []
    assert {value for _, verb, _, value in presses(made) if verb == "solved"} == {"yes", "no"}


@given(QUESTION)
def test_any_question_can_be_answered(question: Question) -> None:
    """Whatever question an author asks, every answer can be given, and carries what it should."""
    answers = tuple(Button(a.label, "answer", f"guide/step/{a.id}") for a in question.answers)
    made = QuestionCard(7, question.ask, answers, hint=question.hint or "", ways=WAYS).blocks()
    assert broken(made) == []
    carried = [(verb, turn, value) for _, verb, turn, value in presses(made) if verb == "answer"]
    assert carried == [("answer", 7, b.value) for b in answers]


@given(st.builds(Form, SEEN, st.tuples(fields("a"), fields("b")), st.builds(Button, SEEN, st.just("case"), ODD)), ODD)
def test_any_form_is_a_modal(form: Form, where: str) -> None:
    """Any form is a view that Slack takes, and gives back what it carries."""
    view = slack_inputs.modal(form, 3, where)
    assert broken_view(view) == []
    back = json.loads(json.dumps(view))
    assert slack_inputs.submitted(back) == (form.send.verb, 3, form.send.value, where)


@given(ODD | MARKED)
def test_no_word_of_a_text_is_lost(text: str) -> None:
    """All the words of an author's text are shown, and all its addresses can be opened."""
    made = leaves(blocks.paragraphs(text))
    words = bare("".join(part["text"] if "text" in part else part["url"] for part in made))
    told = [span for block in read(clean(text)) for span in block.spans]
    assert [span for span in told if bare(span.text) not in words] == []
    assert [span for span in told if span.url and span.url not in {part.get("url") for part in made}] == []


@given(ODD | MARKED)
def test_literal_words_stay(text: str) -> None:
    """A user's words are shown as they are, in one piece."""
    assert shown(blocks.literal(text)).replace("\u2060", "").strip() == clean(text).replace("\u2060", "").strip()


@given(ANY, st.integers(100, 3000))
def test_pieces_make_the_whole(text: str, most: int) -> None:
    """A text in pieces is the same text, and each piece fits."""
    text = clean(text)
    pieces = list(chunks(text, most))
    assert "".join(pieces) == text
    assert all(size(piece) <= most for piece in pieces)


@given(
    st.recursive(ODD.map(clean) | st.booleans(), lambda inner: st.lists(inner) | st.dictionaries(st.text("ab"), inner))
)
def test_a_size_is_never_too_small(part: Any) -> None:
    """What is measured is at least the JSON that is sent, for parts as ours are built: with texts in them."""
    part = [{"type": "text", "text": "x", "style": {"bold": True}}, part, {"type": "text", "text": "x"}]
    if not any(isinstance(value, bool) for value in flat(part[1])):
        assert size(part) >= len(json.dumps(part, ensure_ascii=False, separators=(",", ":")).encode())


@given(ANY, st.integers(4, 200))
def test_what_fits_is_escaped_and_within(text: str, most: int) -> None:
    """A title in its place is within its length, holds no half of an entity, and is never empty."""
    made = fit(text, most)
    assert 0 < len(made) <= most
    assert "&" not in made.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")
    whole_text = escape(" ".join(clean(text).split()))
    assert made == whole_text or made == "…" or (len(whole_text) > most and made.endswith("…"))


@given(ODD, st.integers(0, 2**31 - 1), ODD.filter(bool))
def test_what_is_carried_comes_back(value: str, turn: int, verb: str) -> None:
    """A button gives back verb, turn and value to the letter, in ASCII without the signs that Slack changes."""
    made = blocks.carry(Button("x", verb, value), turn)
    assert made.isascii()
    assert not set(made) & set("&<>")
    assert blocks.uncarry(made) == (verb, turn, value)


def leaves(part: Any) -> list[dict[str, Any]]:
    """The texts and links below `part`."""
    return [each for each in parts(part) if each["type"] in ("text", "link")]


def bare(text: str) -> str:
    """Without spaces and joiners."""
    return "".join(text.split()).replace("\u2060", "")


def squeezed(text: str) -> str:
    """Without spaces and joiners, as Slack can carry it."""
    return bare(clean(text))


def flat(part: Any) -> list[Any]:
    """All values below `part`."""
    inside = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    return [part, *(value for each in inside for value in flat(each))]
