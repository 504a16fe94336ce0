"""Walking a guide: pure functions from one place in it to the next.

A `Walk` is what a conversation remembers of a guide, plain JSON when saved. `path` holds the answered questions in the
order in which they led on; `kept` holds answers that a change took off the path, to be used when the path comes by
them again. `words` are the user's own; `heard` names questions that the words answered; `settled` names questions that
the user decided by hand, which words answer no more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any

from dialogs.guide import Answer, Guide, Outcome, Question, Step

MAX_WORDS = 10
MAX_WORD_CHARS = 500
Hear = Callable[[Question, str], str | None]  # which answer these words give to this question, or None


@dataclass(frozen=True, slots=True)
class Walk:
    """A place in a guide.

    at: a step's id. offered: the answer ids as the user saw them. picked: the outcome was chosen from "other causes".
    brief: the newest card of this turn asks only whether the steps helped, without the steps. reopened: the question at
    hand was answered so before, and is asked again because the user wants to change that.
    """

    guide: str
    version: str
    at: str
    path: tuple[tuple[str, str], ...] = ()
    kept: tuple[tuple[str, str], ...] = ()
    words: tuple[str, ...] = ()
    heard: tuple[str, ...] = ()
    settled: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    offered: tuple[str, ...] = ()
    picked: bool = False
    brief: bool = False
    reopened: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, empty fields left out."""
        full = {
            "guide": self.guide,
            "version": self.version,
            "at": self.at,
            "path": [*map(list, self.path)],
            "kept": [*map(list, self.kept)],
            "words": [*self.words],
            "heard": [*self.heard],
            "settled": [*self.settled],
            "shown": [*self.shown],
            "offered": [*self.offered],
            "picked": self.picked,
            "brief": self.brief,
            "reopened": self.reopened,
        }
        return {k: v for k, v in full.items() if v}

    @staticmethod
    def from_json(data: dict[str, Any]) -> Walk:
        """The inverse of `to_json`."""
        get = data.get
        return Walk(
            data["guide"],
            data["version"],
            data["at"],
            tuple((s, a) for s, a in get("path", ())),
            tuple((s, a) for s, a in kept) if (kept := get("kept")) else (),
            tuple(get("words", ())),
            tuple(get("heard", ())),
            tuple(get("settled", ())),
            tuple(get("shown", ())),
            tuple(get("offered", ())),
            bool(get("picked", False)),
            bool(get("brief", False)),
            get("reopened", ""),
        )

    def but(self, **changes: Any) -> Walk:
        """The same with some fields changed: `dataclasses.replace`, in a third of its time."""
        values = list(_all_fields(self))
        for name, value in changes.items():
            values[_PLACES[name]] = value
        return Walk(*values)

    def with_words(self, text: str) -> Walk:
        """With one more message of the user's (the oldest but the first makes room)."""
        text = " ".join(text.split())[:MAX_WORD_CHARS]
        if not text or text in self.words:
            return self
        words = (*self.words, text)
        if len(words) > MAX_WORDS:
            words = (words[0], *words[2:])
        return self.but(words=words)


_PLACES = {each.name: place for place, each in enumerate(fields(Walk))}
_all_fields = attrgetter(*_PLACES)


def start(guide: Guide, words: str, hear: Hear) -> Walk:
    """The first open question (or outcome) for somebody who comes with these words."""
    walk = Walk(guide=guide.id, version=guide.version, at=guide.start).with_words(words)
    return run_on(guide, walk, hear)


def run_on(guide: Guide, walk: Walk, hear: Hear) -> Walk:
    """Answer open questions from kept answers and from the user's words, up to the first that needs asking."""
    kept = dict(walk.kept)
    while isinstance(step := guide.steps[walk.at], Question):
        if any(done == walk.at for done, _ in walk.path):
            break  # a circle in the guide: ask again rather than run round
        old = step.answer(kept.pop(walk.at, ""))
        if old is not None:
            walk = _along(walk, old, tuple(kept.items()))
            continue
        answer = None if walk.at in walk.settled else _heard(step, walk.words, hear)
        if answer is None:
            break
        heard = (*(h for h in walk.heard if h != walk.at), walk.at)
        walk = _along(walk, answer, tuple(kept.items())).but(heard=heard)
    return walk


def _heard(step: Question, words: tuple[str, ...], hear: Hear) -> Answer | None:
    """What the words answer; the latest that say anything count."""
    for text in reversed(words):
        answer = hear(step, text)
        if answer is not None:
            return step.answer(answer)
    return None


def _along(walk: Walk, answer: Answer, kept: tuple[tuple[str, str], ...]) -> Walk:
    path = (*walk.path, (walk.at, answer.id))
    return walk.but(path=path, at=answer.goto, kept=kept, picked=False, brief=False, reopened="")


def answer(guide: Guide, walk: Walk, answer_id: str, hear: Hear) -> Walk:
    """The question at hand is answered; go on to the next that needs asking."""
    step = guide.steps[walk.at]
    chosen = step.answer(answer_id) if isinstance(step, Question) else None
    if chosen is None:
        raise KeyError(f"{walk.guide}/{walk.at} has no answer {answer_id!r}")
    kept = tuple(pair for pair in walk.kept if pair[0] != walk.at)
    return run_on(guide, _along(walk.but(heard=_less(walk.heard, walk.at)), chosen, kept), hear)


def back(guide: Guide, walk: Walk) -> Walk | None:
    """The question before, to be asked again; None at the first. Instead of changing an answer, it leads to where the
    user was."""
    step = guide.steps[walk.at]
    old = step.answer(walk.reopened) if isinstance(step, Question) else None
    if old is not None:
        return run_on(guide, _along(walk, old, walk.kept), lambda question, text: None)
    if walk.picked:
        return walk.but(at=_end_of_path(guide, walk.path), picked=False, brief=False)
    if not walk.path:
        return None
    return reopen(walk, walk.path[-1][0], keep=False)


def reopen(walk: Walk, step_id: str, keep: bool = True) -> Walk:
    """Ask an answered question again. keep: the answers after it are kept for when the path comes by them again."""
    place = next(i for i, (s, _) in enumerate(walk.path) if s == step_id)
    later = walk.path[place + 1 :] if keep else ()
    return walk.but(
        at=step_id,
        path=walk.path[:place],
        kept=tuple({**dict(walk.kept), **dict(later)}.items()) if keep else walk.kept,
        settled=(*_less(walk.settled, step_id), step_id),
        heard=_less(walk.heard, step_id),
        picked=False,
        brief=False,
        reopened=walk.path[place][1] if keep else "",
    )


def change(guide: Guide, walk: Walk, step_id: str, answer_id: str, hear: Hear) -> Walk:
    """Give an answered question another answer; later answers stay as far as the new path comes by them."""
    return answer(guide, reopen(walk, step_id), answer_id, hear)


def _less(ids: tuple[str, ...], step_id: str) -> tuple[str, ...]:
    return tuple(i for i in ids if i != step_id)


def _end_of_path(guide: Guide, path: tuple[tuple[str, str], ...]) -> str:
    """Where the answers lead, by the guide as it is now."""
    if not path:
        return guide.start
    step = guide.steps[path[-1][0]]
    chosen = step.answer(path[-1][1]) if isinstance(step, Question) else None
    return chosen.goto if chosen else guide.start


def revised(guide: Guide, walk: Walk, hear: Hear) -> tuple[Walk, bool]:
    """The walk in the guide as it is now, and whether the user must be told that it changed.

    When the step still asks with the same answers (or is an outcome still), it goes on unnoticed; otherwise the
    answers that still hold are kept, up to the first open one.
    """
    if walk.version == guide.version:
        return walk, False
    step = guide.steps.get(walk.at)
    if step is not None and walk.offered == answer_ids(step) and _holds(guide, walk.path):
        return walk.but(version=guide.version), False
    fresh = walk.but(
        version=guide.version,
        at=guide.start,
        path=(),
        kept=(*walk.kept, *walk.path),
        picked=False,
        brief=False,
        reopened="",
    )
    return run_on(guide, fresh, hear), True


def _holds(guide: Guide, path: tuple[tuple[str, str], ...]) -> bool:
    """Whether every answered question still stands with that answer."""
    return all(isinstance(s := guide.steps.get(q), Question) and s.answer(a) is not None for q, a in path)


def answer_ids(step: Step) -> tuple[str, ...]:
    """The ids that a question offers; none for an outcome."""
    return tuple(a.id for a in step.answers) if isinstance(step, Question) else ()


def answered(guide: Guide, walk: Walk) -> list[tuple[str, Question, Answer]]:
    """The path as questions and answers, those that still stand in the guide."""
    found = []
    for step_id, answer_id in walk.path:
        step = guide.steps.get(step_id)
        chosen = step.answer(answer_id) if isinstance(step, Question) else None
        if isinstance(step, Question) and chosen is not None:
            found.append((step_id, step, chosen))
    return found


def known(guide: Guide, walk: Walk) -> list[tuple[str, Question, Answer]]:
    """The answered questions; while one of them is asked again, with the answers after it, which are kept for then."""
    return answered(guide, walk.but(path=(*walk.path, *walk.kept)) if walk.reopened else walk)


def others(guide: Guide, walk: Walk) -> list[tuple[str, Outcome]]:
    """Other causes: outcomes that other answers lead to, nearest first, without the one at hand.

    The first answer is not varied when there are more: it says who is asking, and what is right for somebody else is
    no cause of this.
    """
    found: dict[str, Outcome] = {}
    first = 1 if len(walk.path) > 1 else 0
    for place in range(len(walk.path) - 1, first - 1, -1):
        for step_id in _outcomes_below(guide, walk.path[place][0]):
            step = guide.steps[step_id]
            if step_id != walk.at and isinstance(step, Outcome):
                found.setdefault(step_id, step)
    return list(found.items())


def _outcomes_below(guide: Guide, step_id: str) -> list[str]:
    """Outcomes that can be reached from a step, breadth first."""
    queue, seen, found = [step_id], {step_id}, []
    for current in queue:
        step = guide.steps[current]
        if isinstance(step, Outcome):
            found.append(current)
            continue
        for option in step.answers:
            if option.goto not in seen:
                seen.add(option.goto)
                queue.append(option.goto)
    return found
