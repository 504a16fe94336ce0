"""Steps that are conditions ("If the guest did not receive …, …") -> a question with an answer for each."""

from __future__ import annotations

import re
from typing import Any

from bot.importer.parts import Json, words_of
from dialogs.cards.markdown import escape

_CONDITION = re.compile(
    r"(?:If|In case|When|Should)\s+(?P<clause>\S.{6,200}?)(?:,|:| then\b|\s[-–—]\s)(?=\s|$)", re.DOTALL
)
_MOST = 11
_LABEL = 60


def asked(outcome: Json) -> tuple[str, dict[str, Any]]:
    """The first step's name and the steps: a question where every step is a condition, otherwise the advice alone.

    The whole advice is where "not sure" leads, so nothing is behind a question only.
    """
    actions = outcome.get("actions", [])
    clauses = [_clause(action["do"]) for action in actions]
    labels = [_clipped(clause) for clause in clauses]
    if not 2 <= len(clauses) <= _MOST or not all(clauses) or len({label.casefold() for label in labels}) < len(labels):
        return "advice", {"advice": outcome}
    if any(section.get("actions") for section in outcome.get("sections", [])):
        return "advice", {"advice": outcome}
    answers: list[Json] = [
        {"id": f"case-{n}", "label": label, "fact": clause, "goto": f"case-{n}"}
        for n, (label, clause) in enumerate(zip(labels, clauses, strict=True), 1)
    ]
    answers.append({"id": "not-sure", "label": "I'm not sure", "means": "not_sure", "goto": "advice"})
    question = {
        "ask": "Which of these is the case?",
        "again": "Please choose what fits best.",
        "short": "The case",
        "answers": answers,
    }
    shared = {key: outcome[key] for key in ("notes", "sections") if key in outcome}
    cases = {
        f"case-{n}": {"outcome": clause, "cause": label, "actions": [action], **shared}
        for n, (label, clause, action) in enumerate(zip(labels, clauses, actions, strict=True), 1)
    }
    return "which", {"which": question, **cases, "advice": outcome}


def _clause(do: str) -> str:
    """The condition with which a step begins, as a statement; empty if it begins with none."""
    found = _CONDITION.match(words_of(do))
    clause = " ".join(found["clause"].split()) if found else ""
    if escape(clause) != clause:  # a button has no place for signs that would need it
        return ""
    return clause[:1].upper() + clause[1:]


def _clipped(clause: str) -> str:
    return clause if len(clause) <= _LABEL else clause[: _LABEL - 1].rsplit(" ", 1)[0].rstrip(" ,;:.-") + "…"
