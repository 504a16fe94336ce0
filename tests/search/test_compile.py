"""The compiled library: made of the content folder by difference, and made anew whenever it can't be used."""

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.resources import content_dir
from bot.search.change import difference
from bot.search.compile import compiled
from bot.search.file import Compiled, Unusable
from dialogs.content import load
from dialogs.errors import ContentError

ROOT = Path(__file__).parents[2]
OTHERS = sorted((ROOT / "tests/fixtures/library/guides").glob("*.yaml"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A content folder with twenty guides."""
    folder = tmp_path / "content"
    shutil.copytree(content_dir(), folder)
    for path in OTHERS:
        shutil.copy(path, folder / "guides")
    return folder


def changed(path: Path, old: str, new: str) -> None:
    """Edit a file; its time is another one, as on any clock."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    os.utime(path, ns=(1, time.time_ns() + 1_000_000))


def test_it_holds_the_whole_library(folder: Path, tmp_path: Path) -> None:
    """Guides in the same order, texts, translations and synonyms are those that the folder holds."""
    library, wanted = compiled(folder, tmp_path / "i.db", None).library("de"), load(folder, "de")
    assert list(library.guides) == list(wanted.guides)
    assert dict(library.guides) == dict(wanted.guides)
    assert library.texts == wanted.texts
    assert {name: dict(guides) for name, guides in library.translations.items()} == {
        name: dict(guides) for name, guides in wanted.translations.items()
    }
    assert library.synonyms == wanted.synonyms
    assert library.default == "de"
    assert "vpn" in library.guides
    assert "frog" not in library.guides
    assert library.guide("frog") is None


def test_it_is_not_made_again(folder: Path, tmp_path: Path) -> None:
    """The same content, even written anew: the file stays as it is."""
    file = tmp_path / "i.db"
    compiled(folder, file, None).close()
    before = file.stat()
    os.utime(folder / "guides/vpn.yaml", ns=(1, 1))
    compiled(folder, file, None).close()
    assert file.stat() == before


def test_only_what_changed_is_read(folder: Path, tmp_path: Path) -> None:
    """A changed guide, a new one and one that is gone: those alone are read, and the result is as if made anew."""
    file = tmp_path / "i.db"
    with_all = compiled(folder, file, None)
    changed(folder / "guides/vpn.yaml", "title: ", "title: The new ")
    (folder / "guides/wifi.yaml").unlink()
    text = (folder / "guides/printer.yaml").read_text(encoding="utf-8")
    (folder / "guides/plotter.yaml").write_text(text.replace("id: printer", "id: plotter"), encoding="utf-8")
    change = difference(folder, with_all.files())
    assert (change.read, change.gone) == (("guides/plotter.yaml", "guides/vpn.yaml"), ("guides/wifi.yaml",))
    found = compiled(folder, file, None)
    anew = compiled(folder, tmp_path / "j.db", None)
    assert dict(found.library("en").guides) == dict(anew.library("en").guides) == dict(load(folder).guides)
    for table in ("words", "forms", "texts", "synonyms", "languages"):
        count = f"SELECT count(*) FROM {table}"  # noqa: S608 -- of our own words
        assert found.rows(count) == anew.rows(count), table


def test_a_translation_is_read_again_with_its_original(folder: Path, tmp_path: Path) -> None:
    """What a translation takes from its original is that of the new one."""
    before = compiled(folder, tmp_path / "i.db", None)
    if not before.library("en").translations:
        (folder / "guides/vpn.de.yaml").write_text("title: VPN geht nicht\nsummary: Hilfe\nphrases: [vpn geht nicht]\n")
        before = compiled(folder, tmp_path / "i.db", None)
    guide = next(iter(next(iter(before.library("en").translations.values()))))
    changed(folder / f"guides/{guide}.yaml", "owner: ", "owner: The new ")
    names = set(difference(folder, before.files()).read)
    assert {name.partition(".")[0] for name in names} == {f"guides/{guide}"}
    assert len(names) > 1
    found = compiled(folder, tmp_path / "i.db", None).library("en")
    assert all(guides[guide].owner.startswith("The new") for guides in found.translations.values() if guide in guides)


def test_a_mistake_is_told_and_the_old_file_stays(folder: Path, tmp_path: Path) -> None:
    """All or nothing: with a mistake in the folder nothing is compiled."""
    file = tmp_path / "i.db"
    compiled(folder, file, None).close()
    before = file.read_bytes()
    changed(folder / "guides/vpn.yaml", "title: ", "titel: ")
    with pytest.raises(ContentError, match="titel"):
        compiled(folder, file, None)
    assert file.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["content", "i.db", "i.db.lock"]


def spoil(file: Path, how: str) -> None:
    """Break a compiled library."""
    if how == "no database":
        file.write_bytes(b"frog" * 1000)
    elif how == "cut off":
        file.write_bytes(file.read_bytes()[: -file.stat().st_size // 2])
    elif how == "empty":
        file.write_bytes(b"")
    else:
        with sqlite3.connect(file) as db:
            db.execute({"older": "PRAGMA user_version = 0", "other program": "UPDATE meta SET value = 'x'"}[how])
        db.close()


@pytest.mark.parametrize("how", ["no database", "cut off", "empty", "older", "other program"])
def test_a_file_that_is_of_no_use_is_made_anew(folder: Path, tmp_path: Path, how: str) -> None:
    """Broken, cut off, of another version: it is told, and made again."""
    file = tmp_path / "i.db"
    compiled(folder, file, None).close()
    spoil(file, how)
    with pytest.raises(Unusable):
        Compiled(file)
    assert len(compiled(folder, file, None).library("en").guides) == len(load(folder).guides)
    Compiled(file).close()


def test_who_has_it_open_goes_on_reading(folder: Path, tmp_path: Path) -> None:
    """A server keeps what it began with while a newer library takes the place of its file."""
    file = tmp_path / "i.db"
    old = compiled(folder, file, None).library("en")
    changed(folder / "guides/vpn.yaml", "title: ", "title: The new ")
    new = compiled(folder, file, None).library("en")
    assert new.guides["vpn"].title.startswith("The new")
    assert not old.guides["vpn"].title.startswith("The new")


def test_several_may_begin_at_once(folder: Path, tmp_path: Path) -> None:
    """Three processes on one file: each has the whole library in the end, and nothing is left beside the file."""
    code = (
        "import sys; from pathlib import Path; from bot.search.compile import compiled;"
        "print(len(compiled(Path(sys.argv[1]), Path(sys.argv[2]), None).library('en').guides))"
    )
    command = [sys.executable, "-c", code, str(folder), str(tmp_path / "i.db")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) for _ in range(3)]
    told = {process.communicate(timeout=60)[0].splitlines()[-1] for process in running}
    assert told == {str(len(load(folder).guides))}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["content", "i.db", "i.db.lock"]
