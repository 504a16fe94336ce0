"""`helpbot find`, `helpbot index` and `helpbot unanswered`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.commands.find import find
from bot.commands.index import index
from bot.commands.unanswered import unanswered
from bot.errors import HelpbotError
from bot.storage.unanswered import Unanswered
from tests.commands.test_operator import with_db

__all__ = ["with_db"]  # the fixture: the present folder is an empty one, with a database

NOW = 4_000_000_000.0  # later than any day on which this runs


def test_what_is_found_is_shown(with_db: Callable[..., object], capsys: pytest.CaptureFixture[str]) -> None:
    """A table, and what the bot would do."""
    assert find("guest cant redeem the invitaton") == 0
    told = capsys.readouterr().out
    assert "guest-cannot-redeem" in told
    assert "The bot opens it." in told
    assert find("my frog is ill") == 0
    assert "knows no guide" in capsys.readouterr().out
    assert find("") == 1


def test_json(with_db: Callable[..., object], capsys: pytest.CaptureFixture[str]) -> None:
    """One object: the query, and each guide with the path of its article and its score."""
    find("AADSTS50020", as_json=True, top=1)
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found["query"] == "AADSTS50020"
    (best,) = found["ranked"]
    assert list(best) == ["guide", "source", "score"]
    assert best["guide"] == "guest-cannot-redeem"
    assert best["source"] == "sources/guest-users-cannot-redeem.md"
    assert 0 < best["score"] <= 1


def test_a_batch(with_db: Callable[..., object], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line of JSON for each line of the file, in order, for empty ones and foreign ones too; nothing else."""
    index()
    capsys.readouterr()
    (tmp_path / "q.txt").write_text("guest invitation\n\nmy frog is ill\nGäste\n", encoding="utf-8")
    assert find("", batch=Path("q.txt")) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["query"] for line in lines] == ["guest invitation", "", "my frog is ill", "Gäste"]
    assert lines[0]["ranked"][0]["guide"] == "guest-cannot-redeem"
    assert lines[1]["ranked"] == []
    with pytest.raises(HelpbotError, match=r"none\.txt: can't be read"):
        find("", batch=Path("none.txt"))


def test_the_index_is_written_where_it_is_wanted(
    with_db: Callable[..., object], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the working folder, or as the setting says; where it can't be, that is told."""
    index()
    assert (tmp_path / "helpbot-index.db").is_file()
    monkeypatch.setenv("HELPBOT_INDEX_FILE", "deep/x.db")
    index()
    assert (tmp_path / "deep/x.db").is_file()
    assert "deep/x.db: 1 guide," in capsys.readouterr().out
    (tmp_path / "flat").write_text("")
    with pytest.raises(HelpbotError, match="HELPBOT_INDEX_FILE"):
        index(Path("flat/x.db"))


def test_unanswered(with_db: Callable[..., object], capsys: pytest.CaptureFixture[str]) -> None:
    """Groups with counts, the largest first, as a table and as JSON; nothing where there is nothing."""
    with_db(lambda store: store.unanswered(0.0, 1))
    unanswered(90, 10)
    assert "found a guide" in capsys.readouterr().out
    for n, words in enumerate(("my frog is ill", "Frogs are ill", "coffee machine broken")):
        with_db(lambda store, n=n, words=words: store.note_unanswered("k", f"e{n}", Unanswered(NOW + n, "en", words)))
    unanswered(90, 10)
    told = capsys.readouterr().out
    assert "Frogs are ill" in told
    assert "3 messages in 2 groups" in told
    unanswered(90, 10, as_json=True)
    first, second = json.loads(capsys.readouterr().out)
    assert (first["count"], first["words"], first["sayings"]) == (2, "Frogs are ill", ["my frog is ill"])
    assert (second["count"], second["words"], second["latest"]) == (1, "coffee machine broken", "2096-10-02")


def test_a_batch_breaks_at_line_ends_only(
    with_db: Callable[..., object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One object for each line, also where a line holds what Unicode takes for a line end, or nothing."""
    batch = tmp_path / "odd.txt"
    queries = ["one\u2028still one", "", "form\x0cfeed\x85", "   ", "last"]
    for end in ("", "\n"):
        batch.write_text("\n".join(queries) + end, encoding="utf-8")
        find("", batch=batch)
        told = capsys.readouterr().out.removesuffix("\n").split("\n")
        assert [json.loads(line)["query"] for line in told] == queries
    batch.write_text("", encoding="utf-8")
    find("", batch=batch)
    assert capsys.readouterr().out == ""
