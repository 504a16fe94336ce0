"""The guest guide understands what its users say: answers to its questions, and what first words already tell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.resources import content_dir
from dialogs import content, walk
from dialogs.guide import Guide, Question
from dialogs.understand import Understanding

SAID: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parents[1] / "fixtures" / "guest_answers.yaml").read_text("utf-8")
)
FIRST = SAID.pop("first words")
LIBRARY = content.load(content_dir())
GUIDE = LIBRARY.guides["guest-cannot-redeem"]
READ = Understanding(LIBRARY.say("en").words)


def asked() -> list[Any]:
    """Every question with every message, and the answer that it is."""
    return [
        pytest.param(step, message, answer, id=f"{step}: {message}")
        for step, answers in SAID.items()
        for answer, messages in answers.items()
        for message in messages
    ]


def question(step: str) -> Question:
    """A question of the guide."""
    found = GUIDE.steps[step]
    assert isinstance(found, Question)
    return found


def hear(asked_now: Question, text: str) -> str | None:
    """What the words clearly answer, as the guide dialog hears it."""
    leaning = READ.lean(text, asked_now.answers, strict=True)
    return leaning[0] if len(leaning) == 1 else None


def way_to(guide: Guide, step: str) -> dict[str, str]:
    """Questions and answers on one way to a step, the shortest."""
    ways: dict[str, dict[str, str]] = {guide.start: {}}
    for current in (queue := [guide.start]):
        found = guide.steps[current]
        for answer in found.answers if isinstance(found, Question) else ():
            if answer.goto not in ways:
                ways[answer.goto] = {**ways[current], current: answer.id}
                queue.append(answer.goto)
    return ways[step]


@pytest.mark.parametrize(("step", "message", "answer"), asked())
def test_an_answer_is_understood(step: str, message: str, answer: str) -> None:
    """The message leans to this one answer, and to no other."""
    leaning = READ.lean(message, question(step).answers) or (READ.nearest(message, question(step).answers),)
    assert leaning == (answer,)


@pytest.mark.parametrize(("step", "message", "answer"), asked())
def test_an_answer_changes_none_before_it(step: str, message: str, answer: str) -> None:
    """The message does not clearly give an earlier question another answer than it had on the way here."""
    changed = {
        q: heard for q, old in way_to(GUIDE, step).items() if (heard := hear(question(q), message)) not in (None, old)
    }
    assert not changed, answer


@pytest.mark.parametrize("first", FIRST, ids=[f["text"] for f in FIRST])
def test_first_words_answer_what_they_tell(first: dict[str, Any]) -> None:
    """Told questions are not asked again, and nothing is taken as told that was not."""
    walked = walk.start(GUIDE, first["text"], hear)
    assert ([answer for _, answer in walked.path], walked.at) == (first["answers"], first["at"])
