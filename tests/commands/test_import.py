"""`helpbot import`: what it prints, what it writes, how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.commands.import_ import import_
from tests.commands.test_main import run
from tests.importer.articles import ARTICLES
from tests.importer.build import written


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A folder of articles."""
    return written(tmp_path / "library", ARTICLES)


def test_the_table_and_the_numbers(library: Path, tmp_path: Path) -> None:
    """A table says of each article what was placed and what not, with the reason; the numbers follow."""
    ended = run(tmp_path, "import", "library", "--out", "content", COLUMNS="200")
    assert (ended.returncode, ended.stderr) == (0, "")
    lines = ended.stdout.splitlines()
    assert lines[0].split("  ")[0] == "Article"
    row = next(line for line in lines if line.startswith("kitchen/under-indented.md"))
    assert "kitchen-under-indented" in row
    assert "3 steps" in row
    assert "address #links: it leads to a place" in ended.stdout
    assert "merged: the same as kitchen/plain.md" in ended.stdout
    assert f"{len(ARTICLES)} articles: 20 imported, 1 merged as exact duplicates, 4 left out, 0 failed." in lines
    assert "20 of 20 without a word lost (100.0%)" in ended.stdout
    assert (tmp_path / "content" / "guides" / "kitchen-plain.yaml").is_file()


def test_a_new_folder_is_whole(library: Path, tmp_path: Path) -> None:
    """What is imported into a new folder can be checked and talked to at once; an author's own texts are left alone."""
    assert "texts/en.yaml was put there" in run(tmp_path, "import", "library", "--out", "new").stdout
    assert run(tmp_path, "check", "new").returncode == 0
    texts = tmp_path / "new" / "texts" / "en.yaml"
    texts.write_text("mine\n", encoding="utf-8")
    assert "was put there" not in run(tmp_path, "import", "library", "--out", "new").stdout
    assert texts.read_text(encoding="utf-8") == "mine\n"


def test_json(library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--json` prints the report alone; `--report` writes the same to a file."""
    file = tmp_path / "report.json"
    assert import_([library], tmp_path, as_json=True, report_file=file) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["summary"]["imported"] == 20
    assert len(report["articles"]) == len(ARTICLES)
    assert json.loads(file.read_text(encoding="utf-8")) == report


def test_many_articles_are_not_all_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of many articles only those that somebody should look at are rows, at most thirty."""
    many = {f"{n}.md": f"# Kettle {n}\n\nIt has the number {n}. [here](#x)\n".encode() for n in range(40)}
    fine = {f"fine{n}.md": f"# Fine {n}\n\nText {n}.\n".encode() for n in range(3)}
    assert import_([written(tmp_path / "many", many | fine)], tmp_path) == 0
    out = capsys.readouterr().out
    assert "… and 10 more; --report FILE writes them all" in out
    assert "fine1.md" not in out


def test_a_changed_guide_is_told(library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What stands beside a guide that was changed is told at the end."""
    import_([library / "kitchen" / "front.md"], tmp_path)
    guide = tmp_path / "guides" / "front.yaml"
    guide.write_text(guide.read_text(encoding="utf-8").replace("Only a text", "My text"), encoding="utf-8")
    (library / "kitchen" / "front.md").write_text("# Front matter\n\nAnother text.\n", encoding="utf-8")
    capsys.readouterr()
    assert import_([library / "kitchen" / "front.md"], tmp_path) == 0
    out = capsys.readouterr().out
    assert "front.yaml.new" in out
    assert "Guides changed since their import: 1. What is new stands beside each, as NAME.yaml.new." in out


def test_no_such_path(tmp_path: Path) -> None:
    """A path that is not there ends with 2 and one line."""
    ended = run(tmp_path, "import", "nowhere")
    assert ended.returncode == 2
    assert ended.stderr == "nowhere: there is no such file or folder; name articles in Markdown, or folders of them\n"


def test_a_place_that_cannot_be_written(library: Path, tmp_path: Path) -> None:
    """A file where a folder should be, or a report into a folder that is not there: 2 and one line, no traceback."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    for where in (("--out", "file"), ("--out", "content", "--report", "nowhere/report.json")):
        ended = run(tmp_path, "import", "library", *where)
        assert ended.returncode == 2
        assert "can't be written: " in ended.stderr
        assert len(ended.stderr.splitlines()) == 1


def test_where_schemas_cannot_be_written(tmp_path: Path) -> None:
    """`helpbot schema --out` tells it in one line, too."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    ended = run(tmp_path, "schema", "--out", "file")
    assert ended.returncode == 2
    assert "can't be written: " in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
