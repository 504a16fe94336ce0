"""Words that mean the same: `synonyms.yaml` and `synonyms.<language>.yaml` beside `guides/`, a list of groups.

A group is a list of words and short phrases; whoever says one of them finds what says another. Groups do not reach
through each other: a word may stand in several.
"""

from __future__ import annotations

import re
from typing import Any

from dialogs.errors import Problem
from dialogs.library import Groups
from dialogs.source import Document

FILE = re.compile(r"synonyms(?:\.(?P<language>[^.]+))?\.yaml")
MOST_WORDS = 3  # of one phrase
_WORD = re.compile(r"[^\W_]+")


def read_synonyms(doc: Document) -> tuple[Groups, list[Problem]]:
    """The groups of a file (a list), those with mistakes left out, and every mistake."""
    groups: list[tuple[str, ...]] = []
    problems: list[Problem] = []
    for number, group in enumerate(doc.data):
        mistakes = _mistakes(doc, number, group)
        problems += mistakes
        if not mistakes:
            groups.append(tuple(group))
    return tuple(groups), problems


def _mistakes(doc: Document, number: int, group: Any) -> list[Problem]:
    """What is wrong with one group."""
    if not isinstance(group, list):
        return [doc.problem((number,), "this entry is not a list of words", 'write it like "- [guest, external user]"')]
    if len(group) < 2:
        what = "a word alone has no synonym"
        return [doc.problem((number,), what, "add what means the same, or remove the entry")]
    problems = []
    seen: set[str] = set()
    for place, word in enumerate(group):
        what, fix = _wrong(word, seen)
        if what:
            problems.append(doc.problem((number, place), what, fix))
        else:
            seen.add(_plain(word))
    return problems


def _wrong(word: Any, seen: set[str]) -> tuple[str, str]:
    """What is wrong with one word of a group, and the fix."""
    if not isinstance(word, str) or not _WORD.search(word):
        return "there is no word here", "write a word, in quotes if it is odd"
    count = len(_WORD.findall(word))
    if count > MOST_WORDS:
        return f'"{word}" has {count} words', f"use at most {MOST_WORDS}"
    if _plain(word) in seen:
        return f'"{word}" stands in this group twice', "remove one"
    return "", ""


def _plain(word: str) -> str:
    return " ".join(_WORD.findall(word.lower()))
