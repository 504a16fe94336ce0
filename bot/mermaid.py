"""A guide as a Mermaid flow chart, as GitHub, wikis and editors draw it."""

from __future__ import annotations

from dialogs.guide import Guide, Question

_ESCAPES = str.maketrans({'"': "#quot;", "<": "#lt;", ">": "#gt;", "#": "#35;", "`": "#96;", "\n": " ", "\\": "#92;"})


def mermaid(guide: Guide) -> str:
    """The chart's text: questions as rhombs, advice as boxes, answers on the arrows; ends with a line break."""
    names = {name: f"s{number}" for number, name in enumerate(guide.steps)}
    lines = ["flowchart TD", f"    start([{_text(guide.title)}]) --> {names[guide.start]}"]
    for name, step in guide.steps.items():
        if isinstance(step, Question):
            lines.append(f"    {names[name]}{{{_text(step.ask)}}}")
            lines += [f"    {names[name]} -->|{_text(a.label)}| {names[a.goto]}" for a in step.answers]
        else:
            lines.append(f"    {names[name]}[{_text(step.outcome)}]")
    return "\n".join(lines) + "\n"


def _text(text: str) -> str:
    """Quoted, so that nothing in it means anything to Mermaid."""
    return f'"{text.translate(_ESCAPES)}"'
