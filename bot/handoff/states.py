"""The table of a case's states: every move that there is, from where to where, and whose it is.

Nothing else changes a case's state. `docs/hand-off.md` draws its picture from this table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.handoff.case import State

Whose = Literal["user", "staff", "timer", "operator"]  # what is done to the bot itself is the operator's


@dataclass(frozen=True, slots=True)
class Move:
    """name: as the code calls it. before: the states in which it can be made ("": there is no case yet).

    words: what it is, for people who read the documentation; whose: who makes it.
    """

    name: str
    before: tuple[State | Literal[""], ...]
    after: State
    whose: Whose
    words: str


MOVES = (
    Move("open", ("",), "waiting", "user", "the summary is sent"),
    Move("claim", ("waiting",), "claimed", "staff", "Claim, or a reply, which claims first"),
    Move("take over", ("claimed",), "claimed", "staff", "Take over, by a colleague"),
    Move("to colleague", ("waiting", "claimed"), "claimed", "staff", "Transfer to a colleague"),
    Move("to queue", ("waiting", "claimed"), "waiting", "staff", "Transfer to another queue"),
    Move("release", ("claimed",), "waiting", "staff", "Release"),
    Move("agent silent", ("claimed",), "waiting", "timer", "the agent stays silent"),
    Move("hand on", ("waiting",), "waiting", "timer", "nobody claims: the next queue"),
    Move("desk gone", ("waiting", "claimed"), "waiting", "operator", "the desk is gone: the next queue"),
    Move("no answer", ("waiting",), "closed", "timer", "nobody claims: the contact"),
    Move("no desk", ("waiting", "claimed"), "closed", "operator", "the desk is gone: the contact"),
    Move("leave", ("waiting", "claimed"), "closed", "user", "End chat"),
    Move("user silent", ("claimed",), "closed", "timer", "the user stays silent"),
    Move("close", ("waiting", "claimed"), "closed", "staff", "Close"),
    Move("give back", ("waiting", "claimed"), "closed", "staff", "Give back to the bot"),
    Move("forget", ("waiting", "claimed"), "closed", "operator", "the user is forgotten"),
    Move("reopen", ("closed",), "waiting", "user", "the next message, within the time"),
)
_AFTER = {(move.name, before): move.after for move in MOVES for before in move.before}


def after(name: str, before: State | Literal[""]) -> State:
    """The state that this move leads to; KeyError when it can't be made from there."""
    return _AFTER[name, before]
