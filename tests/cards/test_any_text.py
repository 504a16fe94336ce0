"""Whatever stands in a card's fields, the card stays whole: hypothesis looks for a text that breaks it."""

from __future__ import annotations

import html
import json
import re
import time

from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from dialogs.cards import adaptive
from dialogs.cards.base import Button, Card
from dialogs.cards.markdown import escape, plain, spans
from dialogs.cards.menu import MenuCard, MenuItem
from dialogs.cards.notice import NoticeCard
from dialogs.cards.outcome import OutcomeCard
from dialogs.cards.question import AnsweredCard, QuestionCard
from dialogs.cards.summary import SummaryCard
from dialogs.guide import Action, Detail, Link
from tests.cards.rules import broken, elements
from tests.cards.samples import LABELS

# Also what no keyboard gives: lone surrogates, controls, other directions.
ODD = st.text(st.characters(codec=None, exclude_categories=()), max_size=30)
MARKED = st.text("ab *_`[]()\\<>&#-+1.!~|{}:/\"'\n\u00a0é…", max_size=40)
HUGE = st.tuples(st.text(min_size=1, max_size=5), st.integers(1, 9000)).map(lambda pair: pair[0] * pair[1])
ANY = ODD | MARKED | HUGE
SEEN = ANY.filter(lambda text: bool(adaptive.literal_text(text).strip()))
TITLE = (ODD | MARKED).filter(lambda text: bool(text.strip()))
BUTTON = st.builds(
    Button, TITLE.map(lambda t: " ".join(t.split()) or "x"), st.just("answer"), st.text(max_size=9), st.booleans()
)
BUTTONS = st.lists(BUTTON, max_size=12).map(tuple)
TEXTS = st.lists(ANY, max_size=6).map(tuple)
LINK = st.builds(
    lambda title, was: Link.model_construct(title=title, url="https://x.example/a(b)c", was=was), SEEN, ANY
)
DETAIL = st.builds(
    lambda text, code, links: Detail.model_construct(text=text, mark="today", code=code, links=tuple(links)),
    SEEN,
    st.none() | SEEN,
    st.lists(LINK, max_size=2),
)
ACTION = st.builds(
    lambda who, do, details, code: Action.model_construct(
        who=who, do=do, mark=None, details=tuple(details), code=code, links=(), check=do
    ),
    SEEN,
    SEEN,
    st.lists(DETAIL, max_size=3),
    st.none() | SEEN,
)
CARDS: st.SearchStrategy[Card] = st.one_of(
    st.builds(QuestionCard, st.just(1), SEEN, BUTTONS, note=ANY, facts_title=ANY, facts=TEXTS, hint=ANY, ways=BUTTONS),
    st.builds(AnsweredCard, SEEN, SEEN),
    st.builds(
        MenuCard, st.just(1), SEEN, st.lists(st.builds(MenuItem, BUTTON, ANY), max_size=9).map(tuple), ANY, BUTTONS
    ),
    st.builds(NoticeCard, SEEN, st.just("") | SEEN, st.just(1), BUTTONS, st.booleans()),
    st.builds(
        SummaryCard,
        st.just(1),
        SEEN,
        SEEN,
        SEEN,
        words_title=ANY,
        words=TEXTS,
        path=st.lists(st.tuples(ANY, ANY), max_size=4).map(tuple),
        advice=TEXTS,
        ways=BUTTONS,
    ),
    st.builds(
        OutcomeCard,
        st.just(1),
        SEEN,
        st.lists(ACTION, min_size=1, max_size=4).map(tuple),
        st.just(LABELS),
        st.just("guide/step"),
        intro=ANY,
        facts=TEXTS,
        notes=st.lists(DETAIL, max_size=2).map(tuple),
        documents=st.lists(LINK, max_size=3).map(tuple),
        ask=ANY,
        answers=BUTTONS,
        ways=BUTTONS,
        answered=st.just("") | SEEN,
    ),
)


def seen(text: str) -> str:
    """What a reader sees of HTML: no tags, and spaces as one."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", text)).split())


@settings(deadline=None)  # a huge text is slow to make, not to draw
@given(CARDS)
def test_any_card_keeps_the_rules(card: Card) -> None:
    """Any text in any field: known elements, nothing empty, below the limit, and JSON that every client takes."""
    drawn = card.adaptive()
    assert broken(drawn) == []
    json.dumps(drawn, ensure_ascii=False).encode()
    card.text()


@given(MARKED | ODD)
def test_markdown_of_a_text_block_is_read_as_meant(text: str) -> None:
    """A TextBlock, read as Markdown, shows just the words that the author's text stands for."""
    for block in adaptive.paragraphs(text):
        if block["type"] == "TextBlock":
            assert seen(MarkdownIt("commonmark").render(block["text"])) in " ".join(plain(text).split()) or "](" in text


@given(MARKED | ODD)
def test_no_word_of_a_text_is_lost(text: str) -> None:
    """All the words of an author's text are on the card, in order."""
    words = "".join("".join(span.text for span in spans(line.strip())) for line in text.splitlines())
    drawn = ""
    for block in adaptive.paragraphs(text):
        if block["type"] == "TextBlock":
            drawn += seen(MarkdownIt("commonmark").render(block["text"]))
        else:
            drawn += "".join(run["text"] for run in block["inlines"])
    assert squeezed(words) in squeezed(drawn) or "](" in text


def squeezed(text: str) -> str:
    """Without spaces, and as `literal_text` leaves it."""
    return adaptive.literal_text("".join(text.split())).replace("\u2060", "")


@given(MARKED | ODD)
def test_a_heading_shows_its_words(text: str) -> None:
    """A heading, the one text that must be Markdown, shows its words and no backslash of its own."""
    drawn = seen(MarkdownIt("commonmark").render(adaptive.heading(text)["text"]))
    assert squeezed(drawn) == (squeezed(plain(text)) or "…")


@given(ODD | MARKED)
def test_escaped_words_come_back(words: str) -> None:
    """A user's words, escaped into an author's sentence, are the same words again."""
    assert plain(escape(words)) == words
    assert all(not (span.bold or span.italic or span.code or span.url) for span in spans(escape(words)))


@given(ODD | MARKED)
def test_literal_words_are_never_markdown(words: str) -> None:
    """A user's words never come near Markdown."""
    assert all(element["type"] in ("RichTextBlock", "TextRun") for element in elements(adaptive.literal(words)))


@settings(deadline=None)
@given(st.text("*`[]()\\ a\n", min_size=1, max_size=9))
def test_no_text_takes_long(unit: str) -> None:
    """Ten thousand repetitions of anything are read in well under a second: nobody stops the bot with stars."""
    start = time.process_time()
    plain(unit * 10_000)
    assert time.process_time() - start < 1.5
