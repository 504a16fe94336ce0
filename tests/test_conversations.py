"""Conversations written as tables, played with the engine over the shipped content."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.play import play
from bot.talk import read_talk
from dialogs.content import TALK, load
from dialogs.library import Library

ROOT = Path(__file__).resolve().parents[1]
TABLES = sorted((*(ROOT / "tests" / "conversations").glob("*.yaml"), *(ROOT / "content" / "guides").glob(f"*{TALK}")))


@pytest.fixture(scope="module")
def library() -> Library:
    """The shipped content."""
    return load(ROOT / "content")


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.name)
async def test_conversation(path: Path, library: Library) -> None:
    """In every conversation of every table the bot says what the table says."""
    talk, mistakes = read_talk(path)
    assert mistakes == []
    assert talk is not None
    wrong = await play(talk, library)
    assert not wrong, "\n".join(map(str, wrong))
