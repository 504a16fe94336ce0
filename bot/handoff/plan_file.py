"""Reading `desk.yaml`: all its mistakes at once, each with its line and the fix."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from bot.handoff.plan import PLAIN, DeskPlan
from dialogs.content import read_document
from dialogs.errors import ContentError, Problem
from dialogs.model_mistakes import explain

FILE = "desk.yaml"


def read_plan(path: Path) -> tuple[DeskPlan | None, list[Problem]]:
    """The plan in this file, or None and every problem."""
    doc, problems = read_document(path)
    if doc is None:
        return None, problems
    try:
        plan = DeskPlan.model_validate(doc.data)
    except ValidationError as error:
        return None, problems + explain(error, doc, DeskPlan)
    return (None if problems else plan), problems


def load_plan(folder: Path) -> DeskPlan:
    """The plan of a content folder; one plain queue where there is no file. Raises `ContentError`."""
    path = folder / FILE
    if not path.is_file():
        return PLAIN
    plan, problems = read_plan(path)
    if plan is None:
        raise ContentError(problems)
    return plan
