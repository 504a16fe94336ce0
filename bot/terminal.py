"""Cards for people at a terminal, drawn with rich.

Two forms of equal content. In a window: panels with borders, lines wrapped to its width. Flat, for files and pipes: no
borders, nothing wrapped, so that the same conversation gives the same text everywhere and can be searched.

Code, and whatever else is longer than the window, stands in whole lines from the left edge without a border: a
selection with the mouse takes up the command and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import count

from rich import box
from rich.console import Console, Group
from rich.panel import Panel
from rich.style import Style
from rich.text import Text

from bot.terminal_page import BOLD, CODE, DIM, NARROWEST, Page, clean
from dialogs.cards.base import Card
from dialogs.cards.menu import MenuCard
from dialogs.cards.notice import NoticeCard
from dialogs.cards.outcome import OutcomeCard
from dialogs.cards.question import AnsweredCard, QuestionCard
from dialogs.cards.summary import SummaryCard
from dialogs.guide import Action, Detail, Section

WIDEST = 88  # longer lines of prose are hard to read, however wide the window


def hyperlinks(environ: Mapping[str, str]) -> bool:
    """Whether the terminal that `environ` describes is known to make a link of an OSC 8 sequence.

    No terminal can be asked. tmux and screen pass the sequence on or not, whatever they run in: they count as unable.
    """
    if environ.get("TMUX") or environ.get("TERM", "").startswith(("screen", "tmux", "dumb")):
        return False
    known = {"iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "rio", "Tabby", "WarpTerminal"}
    return (
        environ.get("TERM_PROGRAM", "") in known
        or environ.get("TERM", "") in {"xterm-kitty", "alacritty", "foot", "foot-extra", "xterm-ghostty", "wezterm"}
        or bool(environ.get("WT_SESSION") or environ.get("KONSOLE_VERSION"))
        or int("0" + re.sub(r"\D.*", "", environ.get("VTE_VERSION", ""))) >= 5000
    )


class Terminal:
    """Draws cards on a console. flat: the form for files and pipes. links: the terminal knows OSC 8 hyperlinks."""

    def __init__(self, console: Console, *, flat: bool, links: bool = False) -> None:
        """Draw on `console` from now on."""
        self.console = console
        self.flat = flat
        self.links = links and not flat

    def show(self, card: Card) -> None:
        """Draw a card, an empty line above it."""
        self.console.print()
        match card:
            case OutcomeCard():
                self._outcome(card)
            case NoticeCard(plain=True):
                page = self._page()
                page.whole(card.body)
                self._open(page)
            case _:
                page = self._page()
                _fill(page, card)
                self._frame(page)

    def answered(self, card: Card) -> None:
        """One line for a card that was just answered; the card itself stands further up and needs no second drawing."""
        answer = (
            card.answer if isinstance(card, AnsweredCard) else card.answered if isinstance(card, OutcomeCard) else ""
        )
        if answer:
            page = Page(None if self.flat else self._width(), links=False)
            page.put(Text.assemble(("✓ ", Style(color="green")), clean(answer)))
            self._open(page)

    def echo(self, prompt: str, line: str) -> None:
        """What the user said, where no terminal shows it."""
        self.console.print()
        self._line(Text(prompt + clean(line)))

    def note(self, text: str) -> None:
        """A dim line that is not the bot's."""
        page = Page(None if self.flat else self._width(), links=False)
        page.put(Text(text, style=DIM))
        self._open(page)

    def _width(self) -> int:
        return max(min(self.console.width, WIDEST), NARROWEST)

    def _page(self) -> Page:
        """A page as wide as the inside of a panel."""
        return Page(None if self.flat else self._width() - 4, self.links)

    def _outcome(self, card: OutcomeCard) -> None:
        """The advice without side borders, for it holds code; the question whether it helped in a panel below."""
        steps = Page(None if self.flat else self._width(), self.links, None if self.flat else self.console.width)
        _steps(steps, card)
        end = self._page()
        if len(steps.lines) + len(card.answers) + 6 > self.console.height and not self.flat:
            end.say(card.title, "↑ ", DIM)  # its beginning has scrolled away
            end.gap()
        if card.ask:
            end.say(card.ask, style=BOLD)
        end.options(card.options())
        end.ways(card.ways)
        self._rule()
        self._open(steps)
        if card.answered or not card.options():
            self._rule()
        else:
            self.console.print()
            self._frame(end)

    def _rule(self) -> None:
        if not self.flat:
            self.console.print(Text("─" * self._width(), style=DIM))

    def _frame(self, page: Page) -> None:
        """In a panel; or, where a line is too long for one, between two rules."""
        if self.flat:
            self._open(page)
        elif any(line.cell_len > (page.width or 0) for line in page.lines):
            self._rule()
            self._open(page)
            self._rule()
        else:
            lines = Group(*page.lines)
            self.console.print(Panel(lines, box=box.ROUNDED, width=self._width(), border_style=DIM))

    def _open(self, page: Page) -> None:
        for line in page.lines:
            self._line(line)

    def _line(self, line: Text) -> None:
        """A line as long as it is: only the terminal itself breaks it, so that a selection gives it whole."""
        self.console.print(line, soft_wrap=True)


def _fill(page: Page, card: Card) -> None:
    """Put a card's content on a page that is as wide as the inside of a panel."""
    match card:
        case QuestionCard():
            _question(page, card)
        case MenuCard():
            page.say(card.title, style=BOLD)
            page.say(card.intro)
            page.gap()
            page.options(card.options(), [item.about for item in card.items])
            page.ways(card.ways)
        case NoticeCard():
            page.say(card.title, style=BOLD)
            page.say(card.body)
            page.gap()
            page.options(card.options())
            page.ways([way for way in card.ways if way.quiet])
        case SummaryCard():
            _summary(page, card)
        case _:
            page.literal(card.text())


def _question(page: Page, card: QuestionCard) -> None:
    if card.note:
        page.say(card.note)
        page.gap()
    page.facts(card.facts_title, card.facts)
    page.say(card.ask, style=BOLD)
    page.say(card.hint, style=DIM)
    page.gap()
    page.options(card.answers)
    page.ways(card.ways)


def _summary(page: Page, card: SummaryCard) -> None:
    page.say(card.title, style=BOLD)
    page.say(card.intro)
    page.gap()
    if not (card.words or card.path or card.advice):
        page.literal(card.copy)
    if card.words:
        page.say(card.words_title, style=DIM)
        for words in card.words:
            page.literal(words, "  ")
    for question, answer in card.path:
        page.say(question, style=DIM)
        page.literal(answer, "  ")
    if card.advice:
        page.say(card.advice_title, style=DIM)
        for title in card.advice:
            page.say(title, "  ")
    page.gap()
    page.options(card.options())
    page.ways(card.ways)


def _steps(page: Page, card: OutcomeCard) -> None:
    """The advice: steps, notes, documents."""
    if card.note:
        page.say(card.note)
        page.gap()
    page.facts(card.facts_title, card.facts)
    page.say(card.title, style=BOLD)
    page.say(card.intro)
    numbers = count(1)
    if card.actions_title:
        page.gap()
        page.say(card.actions_title, style=BOLD)
    _advice(page, card, card, numbers)
    for section in card.sections:
        page.gap()
        if section.title:
            page.say(section.title, style=BOLD)
        if section.intro:
            page.say(section.intro)
        _advice(page, card, section, numbers)
    if card.documents:
        page.gap()
        page.say(card.documents_title or card.labels.documents, style=BOLD)
        for document in card.documents:
            page.link(document, "• ", card.labels.was)
    if card.answered:
        page.gap()
        page.literal(card.answered, style=BOLD)


def _advice(page: Page, card: OutcomeCard, part: OutcomeCard | Section, numbers: count[int]) -> None:
    """The steps and the notes of the advice or of one of its sections."""
    for n, action in enumerate(part.actions, 1):
        page.gap()
        page.say(action.who, f"{n}. ", BOLD)
        _part(page, card, action, "   ", numbers)
        _details(page, card, action.details, "   ", numbers)
        if action.check:
            page.say(f"{card.labels.check} {action.check}", "   ", Style(italic=True))
    for note in part.notes:
        page.gap()
        _part(page, card, note, "", numbers)
        _details(page, card, note.details, "", numbers)


def _details(page: Page, card: OutcomeCard, details: tuple[Detail, ...], pad: str, numbers: count[int]) -> None:
    """Nested advice, each level farther in."""
    for detail in details:
        lead = f"{pad}{detail.number or '•'} "
        _part(page, card, detail, lead, numbers)
        _details(page, card, detail.details, " " * len(lead), numbers)


def _part(page: Page, card: OutcomeCard, part: Action | Detail, lead: str, numbers: count[int]) -> None:
    """An action or a piece of advice below it, with its code and its links."""
    mark = {"article": card.labels.mark_article, "today": card.labels.mark_today}.get(part.mark or "", "")
    text = part.do if isinstance(part, Action) else part.text
    if text or lead.strip():
        page.say(text or "…", lead, mark=mark)
    pad = " " * len(lead)
    if part.code:
        page.gap()
        page.whole(part.code, CODE)
        page.put(Text(f'{card.labels.send_as_text}: "text {next(numbers)}"', style=DIM), pad)
        page.gap()
    for link in part.links:
        page.link(link, pad, card.labels.was)
