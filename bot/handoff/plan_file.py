"""Reading `desk.yaml`: all its mistakes at once, each with its line and the fix."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from bot.handoff.plan import PLAIN, DeskPlan
from dialogs.content import read_document
from dialogs.errors import ContentError, Problem
from dialogs.model_mistakes import did_you_mean, explain
from dialogs.source import Document

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
    problems += _routes(plan, doc, path.parent / "guides")
    return (None if problems else plan), problems


def _routes(plan: DeskPlan, doc: Document, folder: Path) -> list[Problem]:
    """Queues that ask for guides which are not there (if there is a folder of guides), or which another queue has."""
    known = {path.stem for path in folder.glob("*.yaml") if "." not in path.stem} if folder.is_dir() else None
    problems: list[Problem] = []
    taken: dict[str, str] = {}
    for name, queue in plan.queues.items():
        for number, guide in enumerate(queue.guides):
            place = ("queues", name, "guides", number)
            if known is not None and guide not in known:
                what = f'queue "{name}" asks for the guide "{guide}", which does not exist'
                problems.append(doc.problem(place, what, did_you_mean(guide, known) or "write the name of its file"))
            elif taken.setdefault(guide, name) != name:
                what = f'queue "{name}" asks for the guide "{guide}", which the queue "{taken[guide]}" has'
                problems.append(doc.problem(place, what, "name it in one of them"))
    return problems


def load_plan(folder: Path) -> DeskPlan:
    """The plan of a content folder; one plain queue where there is no file. Raises `ContentError`."""
    path = folder / FILE
    if not path.is_file():
        return PLAIN
    plan, problems = read_plan(path)
    if plan is None:
        raise ContentError(problems)
    return plan
