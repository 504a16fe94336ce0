"""What an author has changed is never overwritten."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from bot.importer.run import Order, run
from dialogs.content import yaml_files
from tests.importer.build import WISHES

FIRST = "# Kettle\n\nIt is cold.\n"
SECOND = "# Kettle\n\nIt is warm now.\n"


@pytest.fixture
def article(tmp_path: Path) -> Path:
    """One article."""
    path = tmp_path / "kettle.md"
    path.write_text(FIRST, encoding="utf-8")
    return path


def again(article: Path, review: dt.date = dt.date(2027, 1, 31)) -> str:
    """Import it once more, and say what became of its file."""
    return run(Order((article,), article.parent, replace(WISHES, review=review))).entries[0].written


def test_an_untouched_guide_is_renewed(article: Path) -> None:
    """While nobody changes the guide, it follows its article; the review date that it has stays."""
    guide = article.parent / "guides" / "kettle.yaml"
    assert again(article) == "new"
    assert again(article, dt.date(2030, 5, 5)) == "same"
    article.write_text(SECOND, encoding="utf-8")
    assert again(article, dt.date(2030, 5, 5)) == "renewed"
    text = guide.read_text(encoding="utf-8")
    assert "It is warm now." in text
    assert "review: 2027-01-31" in text
    assert again(article) == "same"


def test_a_changed_guide_stays(article: Path) -> None:
    """A guide that its author changed stays as it is; what the article says anew stands beside it."""
    guide = article.parent / "guides" / "kettle.yaml"
    again(article)
    changed = guide.read_text(encoding="utf-8").replace("It is cold.", "It is cold, very.")
    guide.write_text(changed, encoding="utf-8")
    assert again(article) == "kept"
    assert yaml_files(guide.parent) == [guide]
    article.write_text(SECOND, encoding="utf-8")
    assert again(article) == "beside"
    assert guide.read_text(encoding="utf-8") == changed
    beside = guide.with_name("kettle.yaml.new")
    assert "It is warm now." in beside.read_text(encoding="utf-8")
    assert yaml_files(guide.parent) == [guide]  # the new one is no guide yet
    beside.replace(guide)  # its author takes it
    assert again(article) == "same"


def test_a_merged_guide_is_at_rest(article: Path) -> None:
    """An author who takes over the new first line with what is new is not told again."""
    guide = article.parent / "guides" / "kettle.yaml"
    again(article)
    guide.write_text(guide.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")
    article.write_text(SECOND, encoding="utf-8")
    assert again(article) == "beside"
    new = guide.with_name("kettle.yaml.new").read_text(encoding="utf-8")
    guide.write_text(new + "# mine\n", encoding="utf-8")
    assert again(article) == "kept"


@pytest.mark.parametrize("mine", ["id: kettle\n", "", "\ufeff# caf\xe9\n"])
def test_a_guide_of_somebody_else_stays(article: Path, mine: str) -> None:
    """A file that was never imported is never overwritten, whatever is in it."""
    guide = article.parent / "guides" / "kettle.yaml"
    guide.parent.mkdir()
    guide.write_bytes(mine.encode("cp1252", "replace"))
    assert again(article) == "beside"
    assert guide.read_bytes() == mine.encode("cp1252", "replace")
