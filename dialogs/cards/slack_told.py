"""A problem as it was told, for a person to read, in Slack: words, questions with answers, advice."""

from __future__ import annotations

from collections.abc import Sequence

from dialogs.cards.slack_pieces import rich_blocks
from dialogs.cards.slack_text import Json, bullets, clean, inlines, section, visible, words


def told(
    said: tuple[str, Sequence[str]],
    path: tuple[str, Sequence[tuple[str, str]]],
    advice: tuple[str, Sequence[str]],
    added: tuple[str, str] = ("", ""),
) -> list[Json]:
    """Each part as its heading and its content; a part without content is left out. People's words are quotations."""
    parts: list[Json] = []
    if any(map(visible, said[1])):
        parts += [_title(said[0]), *(_quoted(each) for each in said[1])]
    if visible(added[1]):
        parts += [_title(added[0]), _quoted(added[1])]
    if path[1]:
        parts += [_title(path[0]), bullets([_answered(question, answer) for question, answer in path[1]])]
    if any(map(visible, advice[1])):
        items = [inlines(" ".join(line.split())) for line in advice[1] if visible(line)]
        parts += [_title(advice[0]), bullets(items)]
    return rich_blocks(parts)


def _title(text: str) -> Json:
    return section(inlines(" ".join(text.split()), bold=True))


def _quoted(said: str) -> Json:
    return {"type": "rich_text_quote", "elements": words(clean(said).strip("\n"))}


def _answered(question: str, answer: str) -> list[Json]:
    """A question and its answer on one line."""
    asked = " ".join(question.split())
    return [*inlines(f"{asked}: " if asked else ""), *words(" ".join(answer.split()), bold=True)] or words("…")
