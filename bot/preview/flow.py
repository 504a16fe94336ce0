"""A guide as a flow chart in SVG: questions with their answers as rows, an arrow from each to where it leads. Pure.

Steps stand in columns, so that every arrow goes to the right, unless the guide leads back; within a column they stand
near to what leads to them.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass

from dialogs.guide import Guide, Question

WIDTH, GAP_X, GAP_Y = 236, 74, 18
_LINE, _ROW, _PAD = 17, 20, 9
_CHARS, _BOLD = 32, 27  # of a line; wide letters are rare

STYLE = """
.flow { max-width: none; font: 13px system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif; }
.flow a { text-decoration: none; }
.flow rect { fill: var(--panel); stroke: var(--line); rx: 7; }
.flow .question rect { stroke: var(--brand); }
.flow .start rect { stroke-width: 2.5; }
.flow a:hover rect, .flow a:focus rect { stroke-width: 3; }
.flow text { fill: var(--text); }
.flow .ask { font-weight: 600; }
.flow .answer { fill: var(--subtle); font-size: 12px; }
.flow path { fill: none; stroke: var(--subtle); stroke-width: 1.3; }
.flow path.back { stroke-dasharray: 5 4; }
.flow .head { fill: var(--subtle); }
"""


@dataclass(slots=True)
class _Box:
    """A step: where it stands, its lines, and for a question the rows of its answers."""

    name: str
    lines: list[str]
    answers: list[tuple[str, str]]  # label, where it leads
    column: int
    top: float = 0.0

    @property
    def height(self) -> float:
        return 2 * _PAD + _LINE * len(self.lines) + _ROW * len(self.answers)

    @property
    def left(self) -> float:
        return 10 + self.column * (WIDTH + GAP_X)

    def row(self, number: int) -> float:
        """The middle of an answer's row."""
        return self.top + _PAD + _LINE * len(self.lines) + _ROW * (number + 0.5)


def flow(guide: Guide) -> str:
    """The chart; each step is a link to `#<step id>`. It needs `STYLE` and the colours that it names."""
    boxes = _placed(guide)
    width = 20 + max(box.left + WIDTH for box in boxes.values())
    height = 20 + max(box.top + box.height for box in boxes.values())
    arrows = "".join(_arrows(boxes))
    steps = "".join(_drawn(guide, box) for box in boxes.values())
    marker = (
        '<marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path class="head" d="M0 0 L8 4 L0 8 z"/></marker>'
    )
    return (
        f'<svg class="flow" role="img" aria-label="{_text(guide.title)}" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}"><defs>{marker}</defs>{arrows}{steps}</svg>'
    )


def _placed(guide: Guide) -> dict[str, _Box]:
    columns = _columns(guide)
    boxes = {}
    for name, step in guide.steps.items():
        if isinstance(step, Question):
            lines, answers = _wrapped(step.ask, _BOLD), [(_short(a.label), a.goto) for a in step.answers]
        else:
            lines, answers = _wrapped(step.outcome, _CHARS), []
        boxes[name] = _Box(name, lines, answers, columns.get(name, 0))
    for column in range(max(columns.values()) + 1):
        _stack([box for box in boxes.values() if box.column == column], boxes)
    return boxes


def _columns(guide: Guide) -> dict[str, int]:
    """How far each step is from the start, by the longest way that does not lead back."""
    order: list[str] = []
    state: dict[str, bool] = {}  # False: on the way to it; True: done
    forward: list[tuple[str, str]] = []
    stack = [(guide.start, iter(_next(guide, guide.start)))]
    state[guide.start] = False
    while stack:
        name, ahead = stack[-1]
        for goto in ahead:
            if state.get(goto) is not False:
                forward.append((name, goto))
            if goto not in state:
                state[goto] = False
                stack.append((goto, iter(_next(guide, goto))))
                break
        else:
            state[name] = True
            order.append(name)
            stack.pop()
    columns = dict.fromkeys(order, 0)
    ways: dict[str, list[str]] = {}
    for name, goto in forward:
        ways.setdefault(name, []).append(goto)
    for name in reversed(order):
        for goto in ways.get(name, ()):
            columns[goto] = max(columns[goto], columns[name] + 1)
    return columns


def _next(guide: Guide, name: str) -> list[str]:
    step = guide.steps[name]
    return [answer.goto for answer in step.answers] if isinstance(step, Question) else []


def _stack(column: list[_Box], boxes: dict[str, _Box]) -> None:
    """Near to what leads to them, without touching each other."""

    def wish(box: _Box) -> float:
        rows = [
            source.row(i)
            for source in boxes.values()
            for i, (_, goto) in enumerate(source.answers)
            if goto == box.name and source.column < box.column
        ]
        return sum(rows) / len(rows) if rows else 0.0

    wishes = {box.name: wish(box) for box in column}
    below = 10.0
    for box in sorted(column, key=lambda b: wishes[b.name]):
        box.top = max(below, wishes[box.name] - box.height / 2)
        below = box.top + box.height + GAP_Y


def _arrows(boxes: dict[str, _Box]) -> Iterator[str]:
    for box in boxes.values():
        for i, (_, goto) in enumerate(box.answers):
            target = boxes[goto]
            x, y = box.left + WIDTH, box.row(i)
            to_x, to_y = target.left, target.top + min(target.height / 2, 24)
            back = target.column <= box.column
            bend = 60 if back else max(30.0, (to_x - x) / 2)
            kind = ' class="back"' if back else ""
            curve = f"M{x:.0f} {y:.0f} C{x + bend:.0f} {y:.0f} {to_x - bend:.0f} {to_y:.0f} {to_x - 1:.0f} {to_y:.0f}"
            yield f'<path{kind} d="{curve}" marker-end="url(#head)"/>'


def _drawn(guide: Guide, box: _Box) -> str:
    kind = "question" if box.answers else "outcome"
    kind += " start" if box.name == guide.start else ""
    x, y = box.left + 10, box.top + _PAD + 13
    lines = "".join(
        f'<text class="{"ask" if box.answers else "advice"}" x="{x:.0f}" y="{y + i * _LINE:.0f}">{_text(line)}</text>'
        for i, line in enumerate(box.lines)
    )
    rows = "".join(
        f'<text class="answer" x="{x + 6:.0f}" y="{box.row(i) + 4:.0f}">{_text(label)}</text>'
        for i, (label, _) in enumerate(box.answers)
    )
    rect = f'<rect x="{box.left:.0f}" y="{box.top:.0f}" width="{WIDTH}" height="{box.height:.0f}"/>'
    return f'<a class="{kind}" href="#{box.name}"><title>{box.name}</title>{rect}{lines}{rows}</a>'


def _wrapped(text: str, wide: int) -> list[str]:
    """At most three lines of so many characters."""
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > wide:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    if len(lines) > 3:
        lines = [*lines[:2], f"{lines[2][: wide - 1]}…"]
    return [line if len(line) <= wide + 2 else f"{line[:wide]}…" for line in lines]


def _short(text: str) -> str:
    return text if len(text) <= _CHARS else f"{text[: _CHARS - 1]}…"


def _text(text: str) -> str:
    return html.escape(text)
