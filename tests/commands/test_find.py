"""`helpbot find`, `helpbot index` and `helpbot unanswered`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.commands.find import find
from bot.commands.index import by, index
from bot.commands.unanswered import unanswered
from bot.errors import HelpbotError
from bot.resources import content_dir
from bot.search.opening import open_content
from bot.storage.unanswered import Unanswered
from dialogs.errors import ContentError
from tests.commands.test_operator import with_db
from tests.dialogs.samples import ROOT

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


@pytest.fixture
def two_guides(with_db: Callable[..., object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the guides: the shipped one and another."""
    folder = tmp_path / "content"
    shutil.copytree(content_dir(), folder)
    shutil.copy(ROOT / "tests/fixtures/library/guides/vpn.yaml", folder / "guides")
    monkeypatch.setenv("HELPBOT_CONTENT_DIR", str(folder))
    return folder / "guides"


def test_a_broken_guide_is_told_and_the_others_are_found(two_guides: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """File, line and fix on the error stream, each time; the rest answers, also what was compiled before."""
    assert find("the vpn drops", as_json=True, top=1) == 0
    assert '"guide": "vpn"' in capsys.readouterr().out
    good = (two_guides / "vpn.yaml").read_text(encoding="utf-8")
    (two_guides / "vpn.yaml").write_text(good.replace("summary:", "sumary:", 1), encoding="utf-8")
    (two_guides / "new.yaml").write_text("id: [unclosed\n", encoding="utf-8")
    for _ in range(2):  # made anew, then at hand
        assert find("guest cant redeem the invitaton", as_json=True, top=1) == 0
        told = capsys.readouterr()
        assert '"guide": "guest-cannot-redeem"' in told.out
        assert "new.yaml:" in told.err
        assert "vpn.yaml:" in told.err
        assert "2 files with mistakes are left out" in told.err
    assert find("the vpn drops", as_json=True) == 0
    assert '"vpn"' not in capsys.readouterr().out
    (two_guides / "new.yaml").unlink()
    (two_guides / "vpn.yaml").write_text(good, encoding="utf-8")
    assert find("the vpn drops", as_json=True, top=1) == 0
    told = capsys.readouterr()
    assert '"guide": "vpn"' in told.out
    assert told.err == ""


def test_the_index_takes_no_mistakes(two_guides: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every mistake with its place; nothing is compiled. What `find` makes meanwhile is not taken for whole."""
    assert index() == 0
    (two_guides / "vpn.yaml").write_text("id: [unclosed\n", encoding="utf-8")
    (two_guides / "new.yaml").write_text("id: new\n", encoding="utf-8")
    capsys.readouterr()
    for _ in range(2):
        before = (tmp_path / "helpbot-index.db").read_bytes()
        assert index() == 2
        told = capsys.readouterr()
        assert told.out == ""
        assert "vpn.yaml:1:" in told.err
        assert "new.yaml:1:" in told.err
        assert "Nothing was compiled; helpbot-index.db is as it was. Mend" in told.err
        assert (tmp_path / "helpbot-index.db").read_bytes() == before
        find("guest")
        capsys.readouterr()
    with pytest.raises(ContentError, match=r"vpn\.yaml"):
        open_content(two_guides.parent, tmp_path / "helpbot-index.db", "en")


def test_the_texts_that_all_fall_back_to_must_be_right(two_guides: Path) -> None:
    """Without them nobody can be answered: their mistakes stop `find`, too."""
    (two_guides.parent / "texts/en.yaml").write_text("greeting: [\n", encoding="utf-8")
    with pytest.raises(ContentError, match=r"en\.yaml"):
        find("guest")


def test_a_line_that_is_not_utf8_is_told(
    with_db: Callable[..., object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its number on the error stream; it is read as far as it can be, and every line has its answer."""
    batch = tmp_path / "mixed.txt"
    batch.write_bytes(b"\xef\xbb\xbfguest invitation\r\nG\xe4ste\r\nmy frog is ill\n")
    assert find("", batch=batch) == 0
    told = capsys.readouterr()
    assert [json.loads(line)["query"] for line in told.out.splitlines()] == [
        "guest invitation",
        "Gste",
        "my frog is ill",
    ]
    assert told.err == f"{batch}:2: this line is not UTF-8; what can't be read of it was left out\n"
    batch.write_text("guest\nGäste\n", encoding="utf-16")
    assert find("", batch=batch) == 0
    assert [json.loads(line)["query"] for line in capsys.readouterr().out.splitlines()] == ["guest", "Gäste"]


def test_how_guides_will_be_found() -> None:
    """Where meaning is not installed, many guides are found by words, though older vectors are there; that is said."""
    assert by(20, 0, True) == by(20, 0, False) == ""
    assert by(700, 700, True) == ", 700 with vectors"
    assert by(700, 700, False) == ", found by words alone (pip install '.[semantic]' adds meaning)"


def test_the_table_shows_ids_whole(with_db: Callable[..., object], capsys: pytest.CaptureFixture[str]) -> None:
    """However narrow the terminal: an id is there to be copied."""
    find("guest cant redeem the invitaton")
    assert "…" not in capsys.readouterr().out
