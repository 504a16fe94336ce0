"""The outcome card: the recommended steps, and whether they helped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, TypeVar

from dialogs.cards import adaptive, blocks, plain
from dialogs.cards.base import Button, SlackForm
from dialogs.cards.fit import CUT, LIMIT, fits, size
from dialogs.cards.markdown import plain as unmarked
from dialogs.cards.slack_advice import Words, advice, documents
from dialogs.cards.slack_form import form
from dialogs.guide import Action, Detail, Link, Mark, Section

_Part = TypeVar("_Part", Action, Detail)

WHOLE = "all"  # in a button's value, instead of a code's number: the whole advice


@dataclass(frozen=True, slots=True)
class OutcomeLabels:
    """The card's own words. `was` is a format string: "formerly {url}".

    shortened: said where something had to be left out, above the button that sends the whole as text.
    """

    documents: str
    check: str
    send_as_text: str
    was: str
    mark_article: str
    mark_today: str
    shortened: str = ""


@dataclass(frozen=True, slots=True)
class OutcomeCard:
    """Advice: steps with who does what, code, links, sections, documents, then "did this solve it?" with its answers.

    text_value: prefix of the value of "Send as text" buttons: `<text_value>/<n>`, n the number (from 0) of the code
    in the order in which `codes()` gives them. answered: set once answered; the steps stay readable, the answers go.
    """

    turn: int
    title: str
    actions: tuple[Action, ...]
    labels: OutcomeLabels
    text_value: str
    intro: str = ""
    note: str = ""
    facts_title: str = ""
    facts: tuple[str, ...] = ()
    actions_title: str = ""
    notes: tuple[Detail, ...] = ()
    sections: tuple[Section, ...] = ()
    documents_title: str = ""
    documents: tuple[Link, ...] = ()
    ask: str = ""
    answers: tuple[Button, ...] = ()
    ways: tuple[Button, ...] = ()
    answered: str = ""

    def codes(self) -> tuple[str, ...]:
        """Every code block in the order of the card: an action's own before those of its details, then the notes'."""
        owners: list[Action | Detail] = [*self.actions, *self.notes]
        for section in self.sections:
            owners += [*section.actions, *section.notes]
        return tuple(part.code for owner in owners for part in _within(owner) if part.code)

    def sent(self, which: str) -> str:
        """What the button of value `<text_value>/<which>` posts: a code, or the whole advice; empty if nothing."""
        if which == WHOLE:
            return replace(self, note="", ask="", answers=(), ways=(), answered="").text()
        codes = self.codes()
        return codes[int(which)] if which.isascii() and which.isdigit() and int(which) < len(codes) else ""

    def adaptive(self) -> dict[str, Any]:
        """The steps numbered, one heading each; notes and documents; then the question whether it helped.

        Advice too big for a card first loses the former addresses, then its end; it says so, and a button sends it all.
        """
        card = self._whole()
        if fits(card):
            return card
        head, end, title = self._head(), self._end(), unmarked(self.title)
        taken = size(adaptive.whole([*head, *end], title, title))
        return adaptive.card([*head, *self._fewer(taken), *end], title, title)

    def shortened(self) -> bool:
        """Whether the card has no room for all of the advice; authors are told, so that they split it."""
        return not fits(self._whole())

    def _whole(self) -> dict[str, Any]:
        title = unmarked(self.title)
        fallback = adaptive.short(title, unmarked(self.intro))
        return adaptive.whole([*self._head(), *self._parts(), *self._end()], title, fallback)

    def _head(self) -> list[dict[str, Any]]:
        body = adaptive.paragraphs(self.note) if self.note else []
        body += adaptive.facts(self.facts_title, self.facts)
        body.append(adaptive.heading(self.title, "Large"))
        return body + adaptive.paragraphs(self.intro)

    def _parts(self) -> list[dict[str, Any]]:
        numbers = count()
        parts = [[adaptive.heading(self.actions_title)]] if self.actions_title else []
        parts += self._steps(self, numbers)
        for section in self.sections:
            head = [adaptive.heading(section.title)] if section.title else []
            head += adaptive.paragraphs(section.intro or "")
            parts += [head, *self._steps(section, numbers)] if head else self._steps(section, numbers)
        made: list[dict[str, Any]] = [{"type": "Container", "spacing": "Medium", "items": items} for items in parts]
        return made + self._documents()

    def _steps(self, part: OutcomeCard | Section, numbers: Iterator[int]) -> list[list[dict[str, Any]]]:
        """The steps and the notes of the advice or of one of its sections."""
        steps = [self._step(n, action, numbers) for n, action in enumerate(part.actions, 1)]
        return steps + [self._nested(note, numbers) for note in part.notes]

    def _fewer(self, taken: int) -> list[dict[str, Any]]:
        """As many parts, without former addresses, as there is room for; the first always."""
        send = Button(self.labels.send_as_text, "text", f"{self.text_value}/{WHOLE}", stays=True)
        rest = adaptive.paragraphs(self.labels.shortened or CUT, spacing="Medium")
        rest.append(adaptive.sending(send, self.turn))
        room = LIMIT - taken - size(rest)
        kept: list[dict[str, Any]] = []
        for part in _without_former(self)._parts():
            room -= size(part)
            if kept and room < 0:
                break
            kept.append(part)
        return kept + rest

    def _step(self, n: int, action: Action, numbers: Iterator[int]) -> list[dict[str, Any]]:
        items = [adaptive.heading(f"{n} · {action.who}", "Default"), *self._part(action, numbers, "Small")]
        items += self._bullets(action.details, numbers)
        if action.check:
            items += adaptive.paragraphs(self.labels.check, adaptive.SMALL, "Medium")
            items += adaptive.paragraphs(action.check, spacing="None")
        return items

    def _nested(self, detail: Detail, numbers: Iterator[int]) -> list[dict[str, Any]]:
        return self._part(detail, numbers) + self._bullets(detail.details, numbers)

    def _bullets(self, details: tuple[Detail, ...], numbers: Iterator[int]) -> list[dict[str, Any]]:
        return [adaptive.bullet(self._nested(detail, numbers), detail.number or "•") for detail in details]

    def _part(self, part: Action | Detail, numbers: Iterator[int], spacing: str = "") -> list[dict[str, Any]]:
        items = adaptive.paragraphs(self._mark(part.mark), adaptive.SMALL, spacing) if part.mark else []
        items += adaptive.paragraphs(
            part.do if isinstance(part, Action) else part.text, spacing="None" if items else spacing
        )
        if part.code:
            items.append(adaptive.code(part.code))
            send = Button(
                self.labels.send_as_text, "text", f"{self.text_value}/{next(numbers)}", quiet=True, stays=True
            )
            items.append(adaptive.sending(send, self.turn))
        for link in part.links:
            items += self._link(link)
        return items

    def _link(self, link: Link) -> list[dict[str, Any]]:
        items = [adaptive.link(unmarked(link.title), link.url)]
        if link.was:
            items += adaptive.literal(self.labels.was.format(url=link.was), adaptive.SMALL, "None")
        return items

    def _documents(self) -> list[dict[str, Any]]:
        if not self.documents:
            return []
        items = [adaptive.heading(self.documents_title or self.labels.documents, "Default")]
        for document in self.documents:
            items += self._link(document)
        return [{"type": "Container", "spacing": "Medium", "separator": True, "items": items}]

    def _end(self) -> list[dict[str, Any]]:
        if self.answered:
            return [{"separator": True, **item} for item in adaptive.literal(self.answered, adaptive.BOLD, "Medium")]
        asked = [{**adaptive.heading(self.ask), "spacing": "Medium", "separator": True}] if self.ask else []
        return [*asked, *adaptive.answers(self.answers, self.turn), *adaptive.ways(self.ways, self.turn)]

    def _mark(self, mark: Mark | None) -> str:
        return {"article": self.labels.mark_article, "today": self.labels.mark_today}.get(mark or "", "")

    def blocks(self) -> SlackForm:
        """The same, whole, in as many messages as it takes. Code is copied from there: no button sends it again."""
        head = blocks.paragraphs(self.note) + blocks.facts(self.facts_title, self.facts)
        head += blocks.heading(self.title) + blocks.paragraphs(self.intro)
        say = Words(self.labels.check, self.labels.was, self._mark("article"), self._mark("today"))
        groups = [head, *advice(self.actions_title, "", self.actions, self.notes, say)]
        for part in self.sections:
            groups += advice(part.title or "", part.intro or "", part.actions, part.notes, say)
        groups.append(documents(self.documents_title or self.labels.documents, self.documents, say))
        if self.answered:
            return form(groups, [blocks.DIVIDER, *blocks.literal(self.answered, bold=True)])
        asked = [blocks.DIVIDER, *blocks.strong(self.ask)] if self.ask else []
        choice = blocks.answers(self.answers, self.turn)
        return form(groups, [*asked, *choice, *blocks.ways(self.ways, self.turn)])

    def text(self) -> str:
        """The same: steps numbered, code indented, links as "title: address"."""
        documents = [self._link_text(link) for link in self.documents]
        if self.answered:
            end: tuple[str, ...] = (self.answered,)
        else:
            end = (unmarked(self.ask), plain.numbered(self.answers), plain.ways(self.ways))
        return plain.blocks(
            unmarked(self.note),
            plain.listed(self.facts_title, self.facts),
            plain.lines(unmarked(self.title), unmarked(self.intro)),
            unmarked(self.actions_title),
            *self._texts(self),
            *(text for section in self.sections for text in self._section_texts(section)),
            plain.listed(self.documents_title or self.labels.documents, documents),
            *end,
        )

    def _section_texts(self, section: Section) -> list[str]:
        return [plain.lines(unmarked(section.title or ""), unmarked(section.intro or "")), *self._texts(section)]

    def _texts(self, part: OutcomeCard | Section) -> list[str]:
        """The steps and the notes of the advice or of one of its sections."""
        steps = [self._step_text(n, action) for n, action in enumerate(part.actions, 1)]
        return steps + [self._detail_text(note, "") for note in part.notes]

    def _step_text(self, n: int, action: Action) -> str:
        parts = [f"{n}. {unmarked(action.who)}", self._part_text(action, "   ")]
        parts += self._listed(action.details, "   ")
        if action.check:
            parts.append(plain.hung(f"{unmarked(self.labels.check)} {unmarked(action.check)}", "   "))
        return plain.lines(*parts)

    def _listed(self, details: tuple[Detail, ...], pad: str) -> list[str]:
        return [self._detail_text(detail, f"{pad}{detail.number or '-'} ") for detail in details]

    def _detail_text(self, detail: Detail, lead: str) -> str:
        return plain.lines(self._part_text(detail, lead), *self._listed(detail.details, " " * len(lead)))

    def _part_text(self, part: Action | Detail, lead: str = "") -> str:
        mark = self._mark(part.mark)
        text = unmarked(part.do if isinstance(part, Action) else part.text)
        links = "\n".join(map(self._link_text, part.links))
        return plain.lines(
            plain.hung(f"({unmarked(mark)}) {text}" if mark else text, lead) or lead.rstrip(),
            plain.hung(part.code, "    ") if part.code else "",  # always four, so that it is told from the rest
            plain.hung(links, " " * len(lead)),
        )

    def _link_text(self, link: Link) -> str:
        was = f" ({self.labels.was.format(url=link.was)})" if link.was else ""
        return f"{unmarked(link.title)}: {link.url}{was}"

    def options(self) -> tuple[Button, ...]:
        """The answers to "did this solve it?"; none once it is answered."""
        return () if self.answered else self.answers


def _without_former(card: OutcomeCard) -> OutcomeCard:
    """The same advice without the addresses that the source gave."""

    def bare(links: tuple[Link, ...]) -> tuple[Link, ...]:
        return tuple(link.model_copy(update={"was": None}) for link in links)

    def parts(given: tuple[_Part, ...]) -> tuple[_Part, ...]:
        return tuple(p.model_copy(update={"links": bare(p.links), "details": parts(p.details)}) for p in given)

    sections = tuple(
        section.model_copy(update={"actions": parts(section.actions), "notes": parts(section.notes)})
        for section in card.sections
    )
    return replace(
        card,
        actions=parts(card.actions),
        notes=parts(card.notes),
        sections=sections,
        documents=bare(card.documents),
    )


def _within(part: Action | Detail) -> Iterator[Action | Detail]:
    """A part of the advice and all that is nested below it, in their order."""
    yield part
    for detail in part.details:
        yield from _within(detail)
