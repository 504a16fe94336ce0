"""What `docs/hand-off.md` shows of the code: the picture of the states, the moves and the timers.

python -m tests.handoff.page    writes both anew; a test says when they no longer agree with the code
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from html import escape
from pathlib import Path

from bot.handoff.plan import Limits
from bot.handoff.states import MOVES, Move

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "hand-off.md"
PICTURE = ROOT / "docs" / "images" / "hand-off-states.svg"

# What each limit of `desk.yaml` is about: when its time begins to run, and what happens at its end.
TIMERS = {
    "remind": ("nobody has claimed the case", "the thread is reminded, then the user is told"),
    "hand_on": ("still nobody", "the next queue; when there is none, the contact, and the case is closed"),
    "agent_asked": ("the agent owes an answer", "they are asked in the thread, then the user is told"),
    "agent_released": ("still silent", "back to the queue, the user is told"),
    "user_asked": ("the user is silent", "they are asked, the staff read so"),
    "user_closed": ("still silent", "closed kindly; no rating is asked for"),
    "reopen": ("the case is closed", "until then the user's next message brings it back"),
}
_COLOURS = {"user": "#1d4ed8", "staff": "#047857", "timer": "#b45309", "operator": "#6b7280"}
_WHOSE = {"user": "the user", "staff": "the staff", "timer": "by itself", "operator": "the operator, or the platform"}
_BOXES = {"waiting": (330, 200), "claimed": (890, 200), "closed": (610, 520)}


def moves_between(before: str, after: str) -> list[Move]:
    """The moves from one state to another."""
    return [move for move in MOVES if before in move.before and move.after == after]


def picture() -> str:
    """The states and the moves between them, as SVG that reads in light and in dark pages."""
    parts = [
        _arrow("M 110 200 H 258"),
        _label(182, 188, moves_between("", "waiting"), "middle"),
        _arrow("M 402 185 H 816"),
        _label(610, 173, moves_between("waiting", "claimed"), "middle"),
        _arrow("M 818 215 H 404"),
        _label(610, 238, moves_between("claimed", "waiting"), "middle", down=True),
        _arrow("M 295 170 C 250 80 410 80 367 166"),
        _label(330, 90, moves_between("waiting", "waiting"), "middle"),
        _arrow("M 855 170 C 810 80 970 80 927 166"),
        _label(890, 90, moves_between("claimed", "claimed"), "middle"),
        _arrow("M 315 230 C 320 400 430 510 534 520"),
        _label(318, 330, moves_between("waiting", "closed"), "end", down=True),
        _arrow("M 905 230 C 900 400 790 510 686 520"),
        _label(904, 330, moves_between("claimed", "closed"), "start", down=True),
        _arrow("M 595 490 C 560 410 480 330 377 234"),
        _label(570, 420, moves_between("closed", "waiting"), "start"),
        *(_box(name, x, y) for name, (x, y) in _BOXES.items()),
        *_legend(),
    ]
    body = "\n".join(parts)
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1220 580" role="img">
<title>The states of a case, and what leads from one to another</title>
<style>
text {{ font: 14px system-ui, sans-serif }} .state {{ font-weight: 600; font-size: 16px; fill: #1f2328 }}
path {{ fill: none; stroke: #57606a; stroke-width: 1.5; marker-end: url(#tip) }}
</style>
<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto">
<polygon points="0,0 10,5 0,10" fill="#57606a"/></marker></defs>
<rect width="1220" height="580" rx="6" fill="#ffffff"/>
{body}
</svg>
"""


def _arrow(path: str) -> str:
    return f'<path d="{path}"/>'


def _box(name: str, x: int, y: int) -> str:
    return (
        f'<rect x="{x - 70}" y="{y - 28}" width="140" height="56" rx="8" fill="#f6f8fa" stroke="#57606a"/>'
        f'<text x="{x}" y="{y + 5}" text-anchor="middle" class="state">{name}</text>'
    )


def _label(x: int, y: int, moves: Sequence[Move], anchor: str, down: bool = False) -> str:
    """One line a move, in the colour of whose it is; upwards from y, or downwards."""
    first = y if down else y - 18 * (len(moves) - 1)
    return "\n".join(
        f'<text x="{x}" y="{first + 18 * n}" text-anchor="{anchor}" fill="{_COLOURS[m.whose]}">{escape(m.words)}</text>'
        for n, m in enumerate(moves)
    )


def _legend() -> list[str]:
    return [
        f'<text x="24" y="{505 + 18 * n}" fill="{_COLOURS[whose]}">{words}</text>'
        for n, (whose, words) in enumerate(_WHOSE.items())
    ]


def states_table() -> str:
    """All moves as a table."""
    rows = ["| from | to | by | what |", "| --- | --- | --- | --- |"]
    for move in MOVES:
        before = ", ".join(f"`{state}`" if state else "no case" for state in move.before)
        rows.append(f"| {before} | `{move.after}` | {_WHOSE[move.whose]} | {move.words} |")
    return "\n".join(rows)


def timers_table() -> str:
    """All timers with their defaults."""
    rows = ["| when | for so many minutes (`limits` in `desk.yaml`) | then |", "| --- | --- | --- |"]
    defaults = Limits()
    for name, (when, then) in TIMERS.items():
        rows.append(f"| {when} | `{name}`: {getattr(defaults, name):g} | {then} |")
    return "\n".join(rows)


def written(page: str) -> str:
    """The page with its generated parts as they should be."""
    for name, part in (("states", states_table()), ("timers", timers_table())):
        begin, end = f"<!-- {name}: written by tests/handoff/page.py -->\n", f"\n<!-- end of {name} -->"
        head, found, rest = page.partition(begin)
        _, also, tail = rest.partition(end)
        if not (found and also):
            raise ValueError(f"{PAGE.name} has no place for the {name}, from {begin.strip()} to {end.strip()}")
        page = f"{head}{begin}{part}{end}{tail}"
    return page


def run() -> int:
    """Write the page and the picture."""
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    PICTURE.write_text(picture(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(run())
