"""How Teams would draw a card: the settings of Microsoft's own renderer, and where that renderer is.

The renderer is the npm package `adaptivecards`. It is nobody's to ship here; a checkout has it for the tests, and
elsewhere its one file can be named.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt

FILE = "adaptivecards.min.js"
IN_CHECKOUT = Path(__file__).parents[2] / "tests" / "web" / "node_modules" / "adaptivecards" / "dist" / FILE
HOW = (
    f"Microsoft's renderer of Adaptive Cards is not here. Get it once (npm pack adaptivecards; its file is "
    f"dist/{FILE}) and name it: helpbot preview --renderer {FILE}. In a checkout, make setup brings it."
)
LOOKS: dict[str, dict[str, str]] = {
    "light": {"page": "#ffffff", "text": "#242424", "subtle": "#616161", "emphasis": "#f5f5f5", "line": "#e0e0e0"},
    "dark": {"page": "#292929", "text": "#ffffff", "subtle": "#adadad", "emphasis": "#1f1f1f", "line": "#525252"},
}
_MARKDOWN = MarkdownIt("commonmark", {"html": False})


def find(named: Path | None) -> Path | None:
    """The renderer's file: the one that was named, else that of a checkout; None where there is none."""
    for path in (named,) if named else (IN_CHECKOUT,):
        if path.is_file():
            return path
    return None


def host_config(look: str) -> dict[str, Any]:
    """The renderer's settings for a look, with the sizes of Teams."""
    colours = LOOKS[look]
    one = {"default": colours["text"], "subtle": colours["subtle"]}
    styles = dict.fromkeys(("default", "dark", "light", "accent", "good", "warning", "attention"), one)
    font = {
        "fontSizes": {"small": 12, "default": 14, "medium": 14, "large": 18, "extraLarge": 24},
        "fontWeights": {"lighter": 200, "default": 400, "bolder": 600},
    }
    return {
        "supportsInteractivity": True,
        "spacing": {"small": 8, "default": 12, "medium": 16, "large": 20, "extraLarge": 24, "padding": 16},
        "separator": {"lineThickness": 1, "lineColor": colours["line"]},
        "fontTypes": {
            "default": {"fontFamily": "'Segoe UI', 'DejaVu Sans', sans-serif", **font},
            "monospace": {"fontFamily": "Consolas, 'DejaVu Sans Mono', monospace", **font},
        },
        "textBlock": {"headingLevel": 4},
        "containerStyles": {
            "default": {"foregroundColors": styles, "backgroundColor": colours["page"]},
            "emphasis": {"foregroundColors": styles, "backgroundColor": colours["emphasis"]},
        },
        "actions": {"maxActions": 6, "buttonSpacing": 8, "actionsOrientation": "horizontal", "actionAlignment": "left"},
    }


def markdown(card: Any) -> dict[str, str]:
    """For each text of a card that a client reads as Markdown: its HTML."""
    return {text: _MARKDOWN.render(text) for text in _texts(card)}


def _texts(part: Any) -> list[str]:
    if isinstance(part, list):
        return [text for each in part for text in _texts(each)]
    if not isinstance(part, dict):
        return []
    own = [part["text"]] if part.get("type") == "TextBlock" else []
    if part.get("style") == "expanded":
        own += [choice["title"] for choice in part["choices"]]
    return own + [text for value in part.values() for text in _texts(value)]
