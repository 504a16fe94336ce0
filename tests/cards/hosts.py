"""Looks that a client may give a card: light, dark and high contrast, with sizes and limits like those of Teams."""

from __future__ import annotations

from typing import Any

HOSTS: dict[str, dict[str, str]] = {
    "light": {
        "page": "#ffffff",
        "text": "#242424",
        "subtle": "#616161",
        "emphasis": "#f5f5f5",
        "line": "#e0e0e0",
        "link": "#4f52b2",
        "brand": "#5b5fc7",
        "on-brand": "#ffffff",
    },
    "dark": {
        "page": "#292929",
        "text": "#ffffff",
        "subtle": "#adadad",
        "emphasis": "#1f1f1f",
        "line": "#525252",
        "link": "#7f85f5",
        "brand": "#4f52b2",
        "on-brand": "#ffffff",
    },
    "contrast": {
        "page": "#000000",
        "text": "#ffffff",
        "subtle": "#ffffff",
        "emphasis": "#000000",
        "line": "#ffffff",
        "link": "#ffff00",
        "brand": "#1aebff",
        "on-brand": "#000000",
    },
}


def host_config(host: str) -> dict[str, Any]:
    """The renderer's host configuration for a look."""
    look = HOSTS[host]
    one = {"default": look["text"], "subtle": look["subtle"]}
    colors = dict.fromkeys(("default", "dark", "light", "accent", "good", "warning", "attention"), one)
    font = {
        "fontSizes": {"small": 12, "default": 14, "medium": 14, "large": 18, "extraLarge": 24},
        "fontWeights": {"lighter": 200, "default": 400, "bolder": 600},
    }
    return {
        "supportsInteractivity": True,
        "spacing": {"small": 8, "default": 12, "medium": 16, "large": 20, "extraLarge": 24, "padding": 16},
        "separator": {"lineThickness": 1, "lineColor": look["line"]},
        "fontTypes": {
            "default": {"fontFamily": "'Segoe UI', 'DejaVu Sans', sans-serif", **font},
            "monospace": {"fontFamily": "'Courier New', 'DejaVu Sans Mono', monospace", **font},
        },
        "textBlock": {"headingLevel": 2},
        "containerStyles": {
            "default": {"foregroundColors": colors, "backgroundColor": look["page"]},
            "emphasis": {"foregroundColors": colors, "backgroundColor": look["emphasis"]},
        },
        "actions": {
            "maxActions": 6,
            "buttonSpacing": 8,
            "actionsOrientation": "horizontal",
            "actionAlignment": "left",
        },
    }
