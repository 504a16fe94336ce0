"""Cards at a terminal: all of their content, code to be copied, any width, with links and without."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import pytest
from rich.console import Console
from rich.text import Text

from bot.resources import content_dir
from bot.terminal import Terminal, hyperlinks
from bot.terminal_page import wrapped
from dialogs.cards.base import Button, Card
from dialogs.cards.notice import NoticeCard
from dialogs.cards.outcome import OutcomeCard
from dialogs.cards.question import AnsweredCard, QuestionCard
from dialogs.content import load
from dialogs.guide import Action, Link, Outcome
from tests.cards.samples import LABELS, OUTCOME, SAMPLES, WAYS, YES_NO

URL = "https://learn.microsoft.com/entra/external-id/" + "long-" * 20 + "end"


def drawn(card: Card, width: int = 80, height: int = 24, *, flat: bool = False, links: bool = False) -> str:
    """What a terminal of this size shows."""
    written = io.StringIO()
    console = Console(
        file=written, width=width, height=height, force_terminal=links, color_system="standard" if links else None
    )
    Terminal(console, flat=flat, links=links).show(card)
    return written.getvalue()


def shipped() -> Iterator[tuple[str, OutcomeCard]]:
    """The advice of all shipped guides."""
    for guide in load(content_dir()).guides.values():
        for name, step in guide.steps.items():
            if isinstance(step, Outcome):
                yield (
                    f"{guide.id}/{name}",
                    OutcomeCard(
                        turn=1,
                        title=step.outcome,
                        intro=step.intro or "",
                        actions=step.actions,
                        notes=step.notes,
                        documents=guide.documents,
                        labels=LABELS,
                        text_value="",
                        ask="Did this solve it?",
                        answers=YES_NO,
                        ways=WAYS,
                    ),
                )


CARDS: dict[str, Card] = {**SAMPLES, **dict(shipped())}


def words(text: str) -> set[str]:
    """The words of a text: addresses and all else in pieces, for a window breaks them."""
    return set(re.findall(r"\w+", text))


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
def test_nothing_is_left_out(card: Card) -> None:
    """Flat, or in panels on a wide window, a card shows every word of its plain-text form."""
    for text in (drawn(card, flat=True), drawn(card, width=200)):
        assert words(card.text()) - words(text) == set()


@pytest.mark.parametrize("width", [80, 60, 30])
@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
def test_only_what_must_stay_whole_is_wider_than_the_window(card: Card, width: int) -> None:
    """A line too long for the window is code, a text to be copied, or one long word; it begins at the edge."""
    code = "\n".join(card.codes()) if isinstance(card, OutcomeCard) else card.text()
    for line in drawn(card, width).splitlines():
        if len(line) > width:
            assert line in code or re.fullmatch(r"(formerly )?[^ ]+", line)


@pytest.mark.parametrize("width", [80, 30])
@pytest.mark.parametrize("card", [c for c in CARDS.values() if isinstance(c, OutcomeCard)])
def test_code_stands_alone_in_whole_lines(card: OutcomeCard, width: int) -> None:
    """Every line of code is a line of the output, from the edge, with the command that sends it as text after it."""
    lines = drawn(card, width).splitlines()
    for n, code in enumerate(card.codes(), 1):
        place = next(i for i, line in enumerate(lines) if line.strip() == f'Send as text: "text {n}"')
        wanted = code.splitlines()
        assert lines[place - len(wanted) : place] == wanted


def test_long_advice_says_at_its_end_what_it_is() -> None:
    """When the heading has scrolled away, it stands once more above the question; not when all is on the screen."""
    assert f"↑ {OUTCOME.title}" in drawn(OUTCOME, height=24, width=200)
    assert "↑" not in drawn(OUTCOME, height=200)
    assert "↑" not in drawn(OUTCOME, height=24, flat=True)


def test_a_long_address_moves_itself_only() -> None:
    """What follows an address that begins at the edge is indented again; on a wide window the address is, too."""
    action = Action(
        who="You", do=f"Open {URL} and read.", links=(Link(title="Page", url="https://a.example", was=URL),)
    )
    card = OutcomeCard(turn=1, title="x", actions=(action,), labels=LABELS, text_value="")
    assert f"   Open\n{URL}\n   and read.\n   Page <https://a.example>\nformerly {URL}\n" in drawn(card)
    assert f"   Open\n   {URL}\n   and read.\n   Page <https://a.example>\n   formerly {URL}\n" in drawn(card, 200)


def test_ways_are_broken_between_them_only() -> None:
    """On a narrow window no way is torn apart."""
    text = drawn(QuestionCard(1, "Which?", YES_NO, ways=WAYS), width=30)
    assert all(way.title in text.replace("\u00a0", " ") for way in WAYS)


def test_links() -> None:
    """A terminal that knows hyperlinks gets titles that are links; others read the address behind the title."""
    card = NoticeCard("See [the page](https://example.com/x).")
    assert "the page <https://example.com/x>." in drawn(card)
    linked = drawn(card, links=True)
    assert re.search(r"\x1b\]8;[^;]*;https://example.com/x\x1b\\", linked)
    assert "<https" not in linked


def test_a_panel_gives_way_to_an_address() -> None:
    """An address that is longer than the window stands in one piece, without a border beside it."""
    lines = drawn(NoticeCard(f"See [the page]({URL}).")).splitlines()
    assert f"<{URL}>." in lines
    assert not any("│" in line for line in lines)


@pytest.mark.parametrize(
    ("environ", "able"),
    [
        ({}, False),
        ({"TERM": "xterm-256color"}, False),
        ({"TERM": "xterm-256color", "VTE_VERSION": "7600"}, True),
        ({"TERM": "xterm-256color", "VTE_VERSION": "4205"}, False),
        ({"TERM": "xterm-256color", "VTE_VERSION": "new"}, False),
        ({"TERM_PROGRAM": "WezTerm"}, True),
        ({"TERM_PROGRAM": "Apple_Terminal"}, False),
        ({"TERM": "xterm-kitty"}, True),
        ({"WT_SESSION": "1"}, True),
        ({"TERM": "screen-256color", "VTE_VERSION": "7600"}, False),
        ({"TERM_PROGRAM": "WezTerm", "TMUX": "socket,1,0"}, False),
    ],
)
def test_which_terminals_know_hyperlinks(environ: dict[str, str], able: bool) -> None:
    """Only those that are known to; never inside tmux or screen."""
    assert hyperlinks(environ) is able


def test_nothing_steers_the_terminal() -> None:
    """Control characters in somebody's words are shown as replaced, never written."""
    card = QuestionCard(1, "A\x1b[2Jsk", (Button("B\x1b]0;x\x07", "answer"),), facts_title="x", facts=("\x9b31mred",))
    text = drawn(card) + drawn(NoticeCard("\x1b[31m\udc80", plain=True))
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", text)


def test_answered_cards() -> None:
    """A question becomes a line with its answer, as do answered steps; a card without an answer says nothing."""
    written = io.StringIO()
    terminal = Terminal(Console(file=written, width=80), flat=False)
    for card in (AnsweredCard("Which?", "You answered: No"), NoticeCard("x")):
        terminal.answered(card)
    assert written.getvalue() == "✓ You answered: No\n"


def test_wrapping() -> None:
    """Lines are broken at spaces; a word that is too long, and a fixed space, are not."""
    assert [line.plain for line in wrapped(Text("ab cd  efghijkl m\u00a0n o"), 5)] == [
        "ab cd",
        "efghijkl",
        "m\u00a0n o",
    ]
    assert [line.plain for line in wrapped(Text("漢字 漢字"), 5)] == ["漢字", "漢字"]
    assert [line.plain for line in wrapped(Text("ab cd"), None)] == ["ab cd"]
