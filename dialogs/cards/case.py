"""The case card: what the helpdesk staff see of a case, and its buttons. It is the root of the case's thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dialogs.cards import adaptive, blocks, inputs, plain, slack_inputs
from dialogs.cards.base import Button, SlackForm
from dialogs.cards.fields import Form
from dialogs.cards.markdown import escape
from dialogs.cards.markdown import plain as unmarked
from dialogs.cards.slack_form import form
from dialogs.cards.slack_pieces import rich_blocks
from dialogs.cards.slack_text import link, section, words
from dialogs.cards.slack_told import told


@dataclass(frozen=True, slots=True)
class CaseCard:
    """A case for its staff.

    title: id and subject; status: one line that says the state and who holds it; facts: (label, value) pairs (who,
    mail, time zone, language, queue, waiting since); link: a link to chat directly with the person. words, path,
    advice, added: as in the summary card, each with its heading in `headings` ("words", "path", "advice", "added").
    buttons: at once (claim, release…); forms: with inputs (reply, note, transfer, send a guide, close).
    notice: a line on top when something needs attention (a failed delivery, a taken claim).
    """

    turn: int
    title: str
    status: str
    facts: tuple[tuple[str, str], ...] = ()
    link: tuple[str, str] | None = None
    headings: tuple[tuple[str, str], ...] = ()
    words: tuple[str, ...] = ()
    path: tuple[tuple[str, str], ...] = ()
    advice: tuple[str, ...] = ()
    added: str = ""
    notice: str = ""
    buttons: tuple[Button, ...] = ()
    forms: tuple[Form, ...] = ()

    def adaptive(self) -> dict[str, Any]:
        """Status, who, the problem with its path, then what can be done; forms open below their button."""
        body = adaptive.literal(self.notice, {"color": "Attention", "weight": "Bolder"}) if self.notice else []
        body += [adaptive.heading(escape(self.title)), *adaptive.literal(self.status, adaptive.BOLD, "Small")]
        body += [adaptive.fact(label, value) for label, value in self.facts if adaptive.visible(value)]
        if self.link:
            body.append(adaptive.link(*self.link))
        told = self._told()
        if told:
            body.append({"type": "Container", "style": "emphasis", "spacing": "Medium", "items": told})
        body += adaptive.answers(self.options(), self.turn)
        body += inputs.forms(self.forms, self.turn, "Small" if self.options() else "Medium")
        body += adaptive.ways([b for b in self.buttons if b.quiet], self.turn)
        return adaptive.card(body, f"{self.title}, {self.status}", adaptive.short(self.title, self.status))

    def _told(self) -> list[dict[str, Any]]:
        parts: list[dict[str, Any]] = []
        heads = dict(self.headings)
        if self.words:
            parts += adaptive.paragraphs(heads.get("words", ""), adaptive.SMALL)
            for words in self.words:
                parts += adaptive.literal(words, spacing="Small")
        if self.added:
            parts += adaptive.paragraphs(heads.get("added", ""), adaptive.SMALL, "Medium")
            parts += adaptive.literal(self.added, spacing="Small")
        if self.path:
            parts += adaptive.paragraphs(heads.get("path", ""), adaptive.SMALL, "Medium")
            for question, answer in self.path:
                parts += adaptive.literal(f"{unmarked(question)}: {answer}", spacing="Small")
        if self.advice:
            parts += adaptive.paragraphs(heads.get("advice", ""), adaptive.SMALL, "Medium")
            for title in self.advice:
                parts += adaptive.literal(unmarked(title), spacing="Small")
        return parts

    def blocks(self) -> SlackForm:
        """Status, who, the problem with its path, then what can be done; forms open as modals."""
        heads = dict(self.headings)
        head = [*blocks.literal(self.notice, bold=True), *blocks.heading(escape(self.title))]
        facts = [
            section([*words(f"{label}: "), *words(" ".join(value.split()), bold=True)])
            for label, value in self.facts
            if adaptive.visible(value)
        ]
        if self.link:
            facts.append(section([link(*self.link)]))
        head += rich_blocks([section(words(self.status, bold=True)), *facts])
        problem = told(
            (heads.get("words", ""), self.words),
            (heads.get("path", ""), self.path),
            (heads.get("advice", ""), self.advice),
            (heads.get("added", ""), self.added),
        )
        return form([head, problem], self._buttons())

    def _buttons(self) -> list[dict[str, Any]]:
        """The loud buttons and the forms' in one row, the quiet ones below."""
        loud = blocks.answers(self.options(), self.turn, primary=True)
        openings = [slack_inputs.opening(one, self.turn) for one in self.forms]
        if len(loud) == 1 and len(loud[0]["elements"]) + len(openings) <= blocks.ROW_MOST:
            loud[0]["elements"] += openings
        else:
            loud += blocks.actions(openings)
        return loud + blocks.ways([b for b in self.buttons if b.quiet], self.turn)

    def text(self) -> str:
        """The same, forms by their buttons' titles."""
        heads = dict(self.headings)
        path = [f"{unmarked(q)}: {a}" for q, a in self.path]
        return plain.blocks(
            self.notice,
            plain.lines(self.title, self.status),
            plain.lines(*(f"{label}: {value}" for label, value in self.facts if adaptive.visible(value))),
            ": ".join(self.link) if self.link else "",
            plain.listed(heads.get("words", ""), self.words),
            plain.lines(heads.get("added", ""), self.added) if self.added else "",
            plain.listed(heads.get("path", ""), path),
            plain.listed(heads.get("advice", ""), [unmarked(a) for a in self.advice]),
            plain.numbered(self.options()),
            " · ".join(form.title for form in self.forms),
            plain.ways([b for b in self.buttons if b.quiet]),
        )

    def options(self) -> tuple[Button, ...]:
        """The loud buttons."""
        return tuple(b for b in self.buttons if not b.quiet)
