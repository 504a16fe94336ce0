"""The whole import of a small library: what became of each article, and of each file."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from bot.commands.check import check
from bot.commands.import_ import import_
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
    """What looks like an article and can't be read is told with the reason; the others are imported."""
    library = written(
        tmp_path / "library", {"good.md": b"# Good\n\nText.\n", "gone.md": b"", "raw.md": b"\x7fELF\0\0\1"}
    )
    (library / "gone.md").unlink()
    (library / "gone.md").symlink_to(tmp_path / "nowhere.md")
    (library / "folder.md").mkdir()
    (library / "other").symlink_to(tmp_path)
    os.mkfifo(library / "pipe.md")
    report = run(Order((library,), tmp_path / "out", WISHES))
    assert {e.path: (e.status.value, e.reason) for e in report.entries} == {
        "folder.md": ("left out", "it is a folder; what is in it is looked at"),
        "gone.md": ("failed", "it is a link that leads nowhere; mend or remove it"),
        "good.md": ("imported", ""),
        "other": ("left out", "it is a link to a folder, which is not followed; name that folder, too"),
        "pipe.md": ("failed", "it is no file"),
        "raw.md": ("failed", "it is no text: it holds bytes of value 0; if it is one all the same, save it as UTF-8"),
    }
    assert [file.name for file in (tmp_path / "out/guides").iterdir()] == ["good.yaml"]
    (alone,) = run(Order((library / "gone.md",), tmp_path / "out", WISHES)).entries
    assert (alone.path, alone.status) == ("gone.md", Status.FAILED)


def test_what_can_not_be_read(tmp_path: Path) -> None:
    """A file that fails, and files and folders without the right to read them (which root needs not), are told."""
    library = written(
        tmp_path / "library", {f"{name}.md": f"# {name}\n\nText.\n".encode() for name in ("a", "b", "c/d")}
    )
    (library / "fails.md").symlink_to("/proc/self/mem")
    (library / "a.md").chmod(0)
    (library / "c").chmod(0)
    try:
        report = run(Order((library,), tmp_path / "out", WISHES))
    finally:
        (library / "c").chmod(0o700)
    found = {e.path: e.status.value for e in report.entries}
    closed = {"a.md": "imported", "c/d.md": "imported"} if os.geteuid() == 0 else {"a.md": "failed", "c": "failed"}
    assert found == {"b.md": "imported", "fails.md": "failed", **closed}
    assert all(e.reason for e in report.entries if e.status is Status.FAILED)


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    """A file whose name is not UTF-8 is imported and reported like any other."""
    library = tmp_path / "library"
    library.mkdir()
    with open(os.fsencode(library) + b"/caf\xe9.md", "wb") as stream:
        stream.write(b"# Coffee\n\nIt is cold.\n")
    out = tmp_path / "out"
    assert import_([library], out, report_file=tmp_path / "report.json") == 0
    assert [entry["path"] for entry in json.loads((tmp_path / "report.json").read_text())["articles"]] == [
        "caf\ufffd.md"
    ]
    assert [p for p in check_files(yaml_files(out / "guides")) if not p.warning] == []


@pytest.mark.parametrize(
    ("name", "internal"),
    [
        ("TSG_kettle.md", True),
        ("tsg-kettle.md", True),
        ("kettle-rca.md", True),
        ("solution_RCA_kettle.md", True),
        ("orcas.md", False),
        ("cancellationofcar-card.md", False),
        ("msgtsg_kettle.md", False),
    ],
)
def test_internal_by_its_name(tmp_path: Path, name: str, internal: bool) -> None:
    """An article that is called like internal ones is left out, whatever its header says, unless it is asked for."""
    article = {f"kitchen/{name}": b"# Kettle\n\nIt is cold.\n"}
    found = import_all(tmp_path, article).entries[0]
    assert (found.status is Status.LEFT_OUT, "--internal takes it" in found.reason) == (internal, internal)
    assert import_all(tmp_path, article, internal=True).entries[0].status is Status.IMPORTED


def test_guides_without_an_article_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What an earlier import made of an article that is gone, is merged or is left out now stays, and is told."""
    texts = {name: f"# {name}\n\nIt is {name}.\n".encode() for name in ("a", "b", "c", "d")}
    library = written(tmp_path / "library", {f"kitchen/{name}.md": text for name, text in texts.items()})
    other = written(tmp_path / "other", {"cellar/e.md": b"# E\n\nElse.\n"})
    out = tmp_path / "out"
    import_([library], out)
    import_([other], out)
    (library / "kitchen/a.md").unlink()
    (library / "kitchen/c.md").write_bytes(texts["b"])
    (library / "kitchen/d.md").write_bytes(b'{"d": 1}')
    import_([library / "kitchen/b.md"], tmp_path / "one")  # a file alone says nothing of the others
    capsys.readouterr()
    for dry in (True, False):
        report = run(Order((library,), out, WISHES, dry=dry))
        assert report.left == [
            ("kitchen-a", "kitchen/a.md", "its article is gone"),
            ("kitchen-c", "kitchen/c.md", "its article is now a part of kitchen-b: the same as kitchen/b.md"),
            (
                "kitchen-d",
                "kitchen/d.md",
                "its article is now left out: its body is JSON for a program (--data takes it)",
            ),
        ]
    assert len(yaml_files(out / "guides")) == 5
    import_([library], out)
    told = capsys.readouterr().out
    assert "kitchen-a.yaml stays (kitchen/a.md): its article is gone" in told
    assert "No article stands behind 3 guides of earlier imports any more." in told
    mine = out / "guides/kitchen-a.yaml"
    mine.write_text(mine.read_text().partition("\n")[2])
    assert [guide for guide, _, _ in run(Order((library,), out, WISHES)).left] == ["kitchen-c", "kitchen-d"]


def test_dry_run_writes_nothing(tmp_path: Path) -> None:
    """A dry run tells the same and touches nothing."""
    library = written(tmp_path / "library", ARTICLES)
    dry = run(Order((library,), tmp_path / "out", WISHES, dry=True))
    assert not (tmp_path / "out").exists()
    assert dry.as_json() == run(Order((library,), tmp_path / "out", WISHES)).as_json()
