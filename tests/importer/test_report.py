"""The whole import of a small library: what became of each article, and of each file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.commands.check import check
from bot.errors import HelpbotError
from bot.importer.report import Report, Status
from bot.importer.run import Order, run
from dialogs.content import check_files, yaml_files
from tests.importer.articles import ARTICLES
from tests.importer.build import WISHES, entry, import_all, written

GOLDEN = Path(__file__).with_name("golden.json")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the library lies, and its content."""
    return tmp_path_factory.mktemp("import")


@pytest.fixture(scope="module")
def report(folder: Path) -> Report:
    """The report of the import."""
    return import_all(folder, ARTICLES)


def test_the_report_is_as_it_was(report: Report) -> None:
    """Every article has the very entry that it had: a change of the importer is seen here (golden.json)."""
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert json.loads(json.dumps(report.as_json())) == golden


def test_every_article_is_placed_or_told(report: Report) -> None:
    """No article is missing from the report; nothing failed; no word is lost."""
    assert [e.path for e in report.entries] == sorted(ARTICLES)
    assert [e.path for e in report.entries if e.status is Status.FAILED or e.lost] == []
    assert all(e.reason for e in report.entries if e.status in (Status.MERGED, Status.LEFT_OUT))


def test_imported_guides_have_no_mistakes(folder: Path, report: Report) -> None:
    """`helpbot check` finds no mistake in what was imported; each guide stands in its own file."""
    files = yaml_files(folder / "content" / "guides")
    assert [p for p in check_files(files) if not p.warning] == []
    assert {file.stem for file in files} == {e.guide for e in report.entries if e.status is Status.IMPORTED}
    assert check(files) == 0


def test_what_is_left_out(report: Report) -> None:
    """Internal types, JSON and empty articles are left out, each with the option that would take it."""
    reasons = {e.path: e.reason for e in report.entries if e.status is Status.LEFT_OUT}
    assert reasons == {
        "kitchen/internal.md": "its type is internal: TSG_Content (--internal takes it)",
        "kitchen/cause.md": "its type is internal: rca (--internal takes it)",
        "kitchen/questions.md": "its body is JSON for a program (--data takes it)",
        "kitchen/empty.md": "it says nothing",
    }


def test_what_is_asked_for(tmp_path: Path) -> None:
    """Asked for, internal types and JSON are imported, too."""
    report = import_all(tmp_path, ARTICLES, internal=True, data=True)
    assert [e.path for e in report.entries if e.status is Status.LEFT_OUT] == ["kitchen/empty.md"]
    assert entry(report, "kitchen/questions.md").placed["code"] == 1
    assert not entry(report, "kitchen/questions.md").lost
    assert [p for p in check_files(yaml_files(tmp_path / "content" / "guides")) if not p.warning] == []


def test_exact_duplicates_are_one_guide(folder: Path, report: Report) -> None:
    """The second of two equal articles is merged into the first: its path stands among the guide's sources."""
    copy = entry(report, "other/plain copy.md")
    assert (copy.status, copy.guide, copy.reason) == (Status.MERGED, "kitchen-plain", "the same as kitchen/plain.md")
    text = (folder / "content" / "guides" / "kitchen-plain.yaml").read_text(encoding="utf-8")
    assert "    path: kitchen/plain.md\n" in text
    assert "    path: other/plain copy.md\n" in text


def test_near_twins_are_told(tmp_path: Path) -> None:
    """Articles that share four fifths of their pieces are told as a pair; others are not."""
    words = " ".join(f"word{n}" for n in range(200))
    texts = {"a.md": f"# A\n\n{words}\n", "b.md": f"# B\n\n{words} more\n", "c.md": f"# C\n\n{words[::-1]}\n"}
    report = import_all(tmp_path, {path: text.encode() for path, text in texts.items()})
    assert [(one, other) for one, other, _ in report.twins] == [("a.md", "b.md")]
    assert report.twins[0][2] > 0.9


def test_ids_come_from_paths(tmp_path: Path) -> None:
    """A guide's id is its article's folder and name; where two would be the same, a sum of the path is added."""
    same = {"x/a b.md": b"one", "x/a-b.md": b"two", "y/a b.md": b"three", f"z/{'long ' * 20}.md": b"four"}
    report = import_all(tmp_path, same)
    ids = [e.guide for e in report.entries]
    assert ids[0] == "x-a-b"
    assert ids[1].startswith("x-a-b-")
    assert ids[2] == "y-a-b"
    assert len(set(ids)) == 4
    assert all(len(guide_id) <= 64 for guide_id in ids)
    assert [e.guide for e in import_all(tmp_path, same).entries] == ids


def test_one_file_and_no_file(tmp_path: Path) -> None:
    """A single file is an article; a path that is not there is told, and nothing is written."""
    library = written(tmp_path, {"kettle.md": b"# Kettle\n\nIt is cold.\n"})
    report = run(Order((library / "kettle.md",), tmp_path / "out", WISHES))
    assert [e.guide for e in report.entries] == ["kettle"]
    with pytest.raises(HelpbotError, match="no such file"):
        run(Order((tmp_path / "nowhere",), tmp_path / "none", WISHES))
    assert not (tmp_path / "none").exists()


def test_two_folders_with_the_same_path(tmp_path: Path) -> None:
    """No article hides another: the second one's path begins with its folder, and a file named twice is one article."""
    for name in ("here", "there"):
        written(tmp_path / name, {"kettle.md": f"# Kettle\n\nIt stands {name}.\n".encode()})
    here, there = tmp_path / "here", tmp_path / "there"
    report = run(Order((here, there, here), tmp_path / "out", WISHES))
    assert [e.path for e in report.entries] == ["kettle.md", "there/kettle.md"]


def test_what_is_no_article(tmp_path: Path) -> None:
    """A link that leads nowhere, and a folder that is called like an article, are none."""
    library = written(tmp_path / "library", {"good.md": b"# Good\n\nText.\n", "gone.md": b""})
    (library / "gone.md").unlink()
    (library / "gone.md").symlink_to(tmp_path / "nowhere.md")
    (library / "folder.md").mkdir()
    report = run(Order((library,), tmp_path / "out", WISHES))
    assert [e.path for e in report.entries] == ["good.md"]


def test_dry_run_writes_nothing(tmp_path: Path) -> None:
    """A dry run tells the same and touches nothing."""
    library = written(tmp_path / "library", ARTICLES)
    dry = run(Order((library,), tmp_path / "out", WISHES, dry=True))
    assert not (tmp_path / "out").exists()
    assert dry.as_json() == run(Order((library,), tmp_path / "out", WISHES)).as_json()
