"""How the steps of a guide hang together: every step can be reached, every way ends in advice, no two answers alike.

Works on the data as it was read, so that these mistakes are told together with all others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from dialogs.errors import Problem
from dialogs.model_mistakes import did_you_mean, where
from dialogs.source import Document, Place

_VERBATIM = frozenset({"code", "url", "was", "said"})  # fields without Markdown
_CODE = re.compile(r"`[^`]+`|\\.")
_LINK = re.compile(r"\[[^\[\]]+\]\(([^()\s]+)\)")


def check(doc: Document, sound: bool) -> list[Problem]:
    """All problems. `sound`: the steps' own data is right; only then is it looked at which steps can be reached."""
    steps = doc.data.get("steps")
    if not isinstance(steps, dict):
        return []
    links = [*_links(doc, ("steps",), steps)]
    problems = [*_unknown(doc, steps)]
    for name, step in steps.items():
        problems += _alike(doc, name, step)
    if problems or not sound:
        return [*links, *problems]  # what can't be reached may only be a consequence
    reached = _reached(doc, steps)
    return [*links, *_unreachable(doc, steps, reached), *_endless(doc, steps, reached)]


def check_words(doc: Document) -> list[Problem]:
    """What is wrong with the words of a translation: links that are not https, answers that are said alike."""
    steps = doc.data.get("steps")
    if not isinstance(steps, dict):
        return []
    return [*_links(doc, ("steps",), steps), *(p for name, step in steps.items() for p in _alike(doc, name, step))]


def _ways(name: str, step: Any) -> Iterator[tuple[Place, str]]:
    """Where the answers of a step lead, each with its place."""
    for i, answer in enumerate(_answers(step)):
        if isinstance(answer, dict) and isinstance(goto := answer.get("goto"), str):
            yield ("steps", name, "answers", i, "goto"), goto


def _answers(step: Any) -> list[Any]:
    answers = step.get("answers") if isinstance(step, dict) else None
    return answers if isinstance(answers, list) else []


def _unknown(doc: Document, steps: dict[str, Any]) -> Iterator[Problem]:
    start = doc.data.get("start")
    if isinstance(start, str) and start not in steps:
        yield doc.problem(("start",), f'the guide starts at "{start}", which does not exist', _fix(start, steps))
    for name, step in steps.items():
        for place, goto in _ways(name, step):
            if goto not in steps:
                what = f'step "{name}" goes to "{goto}", which does not exist'
                yield doc.problem(place, what, _fix(goto, steps))


def _fix(wrong: str, steps: dict[str, Any]) -> str:
    return did_you_mean(wrong, steps) or "the steps are: " + ", ".join(steps)


def _links(doc: Document, place: Place, value: Any) -> Iterator[Problem]:
    """Links within texts that are not https: they would be shown as they stand, brackets and all."""
    if isinstance(value, str):
        for url in _LINK.findall(_CODE.sub("", value)):
            if not url.startswith("https://"):
                what = f'{where(place)} holds a link that is not https: "{url}"'
                yield doc.problem(place, what, "give the address that begins with https://")
    elif isinstance(value, dict):
        for key, below in value.items():
            if key not in _VERBATIM:
                yield from _links(doc, (*place, key), below)
    elif isinstance(value, list):
        for i, below in enumerate(value):
            yield from _links(doc, (*place, i), below)


def _alike(doc: Document, name: str, step: Any) -> Iterator[Problem]:
    """Answers of one question that can't be told apart."""
    seen: dict[tuple[str, str], int] = {}
    for i, answer in enumerate(_answers(step)):
        if not isinstance(answer, dict):
            continue
        for kind, value, place in _signs(answer, ("steps", name, "answers", i)):
            first = seen.setdefault((kind, _plain(value)), i)
            if first != i:
                both = f"answers {first + 1} and {i + 1} of {where(('steps', name))}"
                yield doc.problem(place, *_told_alike(kind, value, both))


def _signs(answer: dict[str, Any], place: Place) -> Iterator[tuple[str, str, Place]]:
    """By what an answer is known."""
    for key, kind in (("id", "id"), ("means", "means"), ("label", "said")):
        if isinstance(value := answer.get(key), str):
            yield kind, value, (*place, key)
    said = answer.get("said")
    for j, value in enumerate(said if isinstance(said, list) else []):
        if isinstance(value, str):
            yield "said", value, (*place, "said", j)


def _plain(value: str) -> str:
    return " ".join(value.casefold().split())


def _told_alike(kind: str, value: str, both: str) -> tuple[str, str]:
    if kind == "id":
        return f'{both} have the same id "{value}"', "give each an id of its own"
    if kind == "means":
        return f'{both} both mean "{value}"', "remove it from one of them"
    return f'{both} are both said "{value}"', "remove it from one: the bot could not know which is meant"


def _reached(doc: Document, steps: dict[str, Any]) -> set[str]:
    reached = {doc.data["start"]}
    queue = [doc.data["start"]]
    while queue:
        name = queue.pop()
        new = {goto for _, goto in _ways(name, steps[name])} - reached
        reached |= new
        queue += new
    return reached


def _unreachable(doc: Document, steps: dict[str, Any], reached: set[str]) -> Iterator[Problem]:
    for name in steps:
        if name not in reached:
            fix = "let an answer go to it, or remove it"
            yield doc.problem(("steps", name), f'no answer leads to step "{name}"', fix)


def _endless(doc: Document, steps: dict[str, Any], reached: set[str]) -> Iterator[Problem]:
    """Questions from which no way ends in advice, told once for all of them."""
    ends = {name for name, step in steps.items() if "outcome" in step}
    grew = True
    while grew:
        more = {name for name in steps if name not in ends and any(g in ends for _, g in _ways(name, steps[name]))}
        grew = bool(more)
        ends |= more
    if caught := [name for name in steps if name in reached and name not in ends]:
        names = ", ".join(f'"{name}"' for name in caught)
        what = f"dead end: the answers of {names} only lead round in a circle"
        if len(caught) == 1:
            what = f"dead end: every answer of {names} leads back to it"
        yield doc.problem(("steps", caught[0]), what, "let one of them go to a step with an outcome")
