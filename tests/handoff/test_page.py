"""`docs/hand-off.md` agrees with the code, and the table of states with what the moves do."""

from __future__ import annotations

import ast
from typing import get_args

import pytest

from bot.envelope import Address, Person
from bot.handoff import case as cases
from bot.handoff.case import Case, State
from bot.handoff.plan import Limits
from bot.handoff.states import MOVES, after
from tests.handoff.page import PAGE, PICTURE, ROOT, TIMERS, moves_between, picture, written

HOW = "write them anew: python -m tests.handoff.page"


def test_the_page_agrees_with_the_code() -> None:
    """The tables of states and timers, and the picture, are those that the code gives now."""
    page = PAGE.read_text(encoding="utf-8")
    assert written(page) == page, HOW
    assert PICTURE.read_text(encoding="utf-8") == picture(), HOW
    assert "images/hand-off-states.svg" in page


def test_every_timer_is_told() -> None:
    """Whatever `limits` in desk.yaml holds in minutes stands in the table of timers."""
    minutes = {name for name in Limits.model_fields if name != "agent_cases"}
    assert set(TIMERS) == minutes


def test_every_move_is_in_the_picture() -> None:
    """No arrow is left out: between any two states, every move's words are drawn."""
    drawn = picture()
    for before in ("", *get_args(State)):
        for to in get_args(State):
            for move in moves_between(before, to):
                assert drawn.count(f">{move.words}<") == len(move.before)


def test_from_every_open_state_there_is_a_way_out_for_the_user_and_by_itself() -> None:
    """Whoever waits or is with an agent can leave, and where nobody does anything it ends, too."""
    for state in ("waiting", "claimed"):
        assert any(m.after == "closed" and m.whose == "user" for m in MOVES if state in m.before)
        assert any(m.after == "closed" and m.whose == "timer" for m in MOVES if state in m.before)


def test_moves_that_can_not_be_made() -> None:
    """A move from a state in which it can't be made is a mistake, never a silent change."""
    for name, before in (("claim", "claimed"), ("claim", "closed"), ("reopen", "waiting"), ("release", "waiting")):
        with pytest.raises(KeyError):
            after(name, before)  # type: ignore[arg-type]  # states from a tuple of strings


def test_nothing_else_changes_a_state() -> None:
    """In the hand-off no state is written by hand: the table gives it; a forgotten case ends as the table says."""
    for path in sorted((ROOT / "bot" / "handoff").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            made = (
                isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("replace", "Case")
            )
            if made and path.name != "case.py":
                given = [k.value for k in node.keywords if k.arg == "state"]  # type: ignore[attr-defined]  # a Call
                assert not any(isinstance(value, ast.Constant) for value in given), f"{path.name}:{node.lineno}"  # type: ignore[attr-defined]  # so too
    case = Case("HD-2", "q", "waiting", Address("t", "t", "u"), Person("p"), Address("t", "t", "d"))
    assert cases.forgotten(case, 1.0).state == after("forget", case.state)
