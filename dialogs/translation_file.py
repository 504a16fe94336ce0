"""Reading `guides/<id>.<language>.yaml`: its mistakes are told as a guide's are, and what is missing is a warning."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from dialogs import graph
from dialogs.errors import Problem
from dialogs.guide import Guide, Outcome
from dialogs.model_mistakes import explain, where
from dialogs.source import Document
from dialogs.translation import GuideWords, OutcomeWords, QuestionWords, translated
from dialogs.wordings import missing, wordings, words_version

_OF_OUTCOMES = frozenset(OutcomeWords.model_fields) - frozenset(QuestionWords.model_fields)


def read_words(doc: Document, original: Guide | None) -> tuple[GuideWords | None, list[Problem]]:
    """What a file says, or None and every mistake in it. The original tells which steps ask, where there is one."""
    data = dict(doc.data)
    problems: list[Problem] = []
    if isinstance(data.get("steps"), dict):
        steps = {name: _step(doc, name, step, original, problems) for name, step in data["steps"].items()}
        data["steps"] = {name: step for name, step in steps.items() if step is not None}
    try:
        words = GuideWords.model_validate(data)
    except ValidationError as error:
        problems += explain(error, doc, GuideWords)
        words = None
    problems += graph.check_words(doc)
    return (None if problems else words), problems


def _step(doc: Document, name: str, step: Any, original: Guide | None, problems: list[Problem]) -> Any:
    """One step's words; None where it has none or has mistakes, which are told."""
    if step is None:
        return None
    place = ("steps", name)
    if not isinstance(step, dict):
        what = f"{where(place)} is not made of keys and values"
        problems.append(doc.problem(place, what, "write its texts there by their names"))
        return None
    there = original.steps.get(name) if original else None
    advises = isinstance(there, Outcome) if there else bool(_OF_OUTCOMES & step.keys())
    if there and ("ask" if advises else "outcome") in step:
        advises = not advises  # it was the other kind when it was translated; merging says so
    model = OutcomeWords if advises else QuestionWords
    try:
        return model.model_validate(step)
    except ValidationError as error:
        problems += explain(error, doc, model, place)
    return None


def put_together(doc: Document, original: Guide, words: GuideWords, language: str) -> tuple[Guide, list[Problem]]:
    """The guide in this language, and warnings: what does not fit it, what is missing, whether it is out of date."""
    guide, remarks = translated(original, words, language)
    warnings = [Problem(doc.file, doc.line(r.place), r.what, r.fix, warning=True) for r in remarks]
    if gone := missing(original, words):
        places = ", ".join(f'"{".".join(map(str, place))}"' for place in [*gone][:3])
        more = f" and {len(gone) - 3} more" if len(gone) > 3 else ""
        fix = f'"helpbot translate --missing {language}" writes a file to fill in'
        what = f"{len(gone)} of {len(wordings(original))} texts are not translated: {places}{more}"
        warnings.append(Problem(doc.file, 1, what, fix, warning=True))
    if words.of is not None and words.of != (now := words_version(original)):
        what = "the original has been changed since this was translated"
        fix = f'look through it, then write "of: {now}"'
        warnings.append(Problem(doc.file, doc.line(("of",)), what, fix, warning=True))
    return guide, warnings


def name_of(stem: str) -> tuple[str, str]:
    """The guide's id and the language, by the name of the file: "vpn.pt-BR" -> ("vpn", "pt-BR")."""
    guide_id, _, language = stem.partition(".")
    return guide_id, language
