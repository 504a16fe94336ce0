"""`helpbot check`: what it looks at, what it prints, how it ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.commands.check import check
from tests.dialogs.samples import VPN, folder

TALK = "- name: a talk\n  talk:\n    - user: my vpn drops\n      bot: {}\n"


@pytest.fixture
def content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A content folder, seen from the folder that holds it."""
    monkeypatch.chdir(tmp_path)
    return folder(tmp_path / "content", vpn=VPN)


def run(capsys: pytest.CaptureFixture[str], *paths: Path | str, play: bool = False) -> tuple[int, list[str]]:
    """The exit code and the printed lines."""
    code = check([Path(path) for path in paths], play)
    return code, capsys.readouterr().out.splitlines()


def test_no_mistakes(content: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Good content ends with 0 and one line."""
    assert run(capsys, "content") == (0, ["No mistakes in 2 files."])


def test_mistakes(content: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every mistake is a line that begins with a path from here and a line number; then a summary, and exit code 1."""
    (content / "guides" / "vpn.yaml").write_text(VPN.replace("goto: done", "goto: doen"), encoding="utf-8")
    (content / "guides" / "mail.yaml").write_text("", encoding="utf-8")
    assert run(capsys, content.absolute()) == (
        1,
        [
            "content/guides/mail.yaml:1: the file is empty; fill it, or delete it",
            'content/guides/vpn.yaml:26: step "reboot" goes to "doen", which does not exist; did you mean "done"?',
            "2 mistakes in 2 files (looked at 3 files).",
        ],
    )


def test_single_files_and_other_folders(content: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A file is checked by itself, and so are the files of a folder that is no content folder."""
    assert run(capsys, "content/guides/vpn.yaml") == (0, ["No mistakes in 1 file."])
    assert run(capsys, "content/texts", "content/guides") == (0, ["No mistakes in 2 files."])
    assert run(capsys, "content/guides/none.yaml")[0] == 1
    (tmp_path / "empty").mkdir()
    assert run(capsys, "empty")[1][0] == "empty:1: there is nothing to check here; name a content folder"


def test_an_incomplete_folder(content: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A content folder without the texts that all languages fall back to is a mistake."""
    (content / "texts" / "en.yaml").unlink()
    code, lines = run(capsys, "content")
    assert code == 1
    assert lines[0] == "content/texts/en.yaml:1: this file is missing; every language falls back to it"


def test_tables_are_read(content: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without --play, a table beside a guide is only read: its own mistakes are told, what the bot says is not."""
    table = content / "guides" / "vpn.talk.yaml"
    table.write_text(TALK.format("frog"), encoding="utf-8")
    assert run(capsys, "content") == (0, ["No mistakes in 2 files and 1 file of conversations, read."])
    table.write_text(TALK.replace("user", "usr"), encoding="utf-8")
    code, lines = run(capsys, "content")
    assert code == 1
    assert lines[0].startswith('content/guides/vpn.talk.yaml:3: unknown key "usr"')


def test_tables_are_played(content: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --play, the bot must say what the tables say, each played with the content beside it."""
    table = content / "guides" / "vpn.talk.yaml"
    table.write_text(TALK.format("Did you restart"), encoding="utf-8")
    assert run(capsys, "content", play=True) == (0, ["No mistakes in 2 files and 1 file of conversations, played."])
    table.write_text(TALK.format("frog"), encoding="utf-8")
    code, lines = run(capsys, table, play=True)
    assert code == 1
    assert lines[0] == 'content/guides/vpn.talk.yaml:3: "a talk": expected "frog"; the bot said:'
    assert lines[-1] == "1 mistake in 1 file (looked at 0 files and 1 file of conversations, played)."


def test_nothing_is_played_in_broken_content(content: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """When a guide has a mistake, that is told, and no conversation is played."""
    (content / "guides" / "vpn.talk.yaml").write_text(TALK.format("frog"), encoding="utf-8")
    (content / "guides" / "vpn.yaml").write_text(VPN.replace("owner: Network team\n", ""), encoding="utf-8")
    code, lines = run(capsys, "content", play=True)
    assert code == 1
    assert len(lines) == 2
    assert lines[-1].endswith("conversations, read).")


def test_content_of_the_settings(content: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without paths, the content folder of the settings is checked."""
    Path(".env").write_text("HELPBOT_CONTENT_DIR=content\n", encoding="utf-8")
    (content / "guides" / "vpn.yaml").write_text("", encoding="utf-8")
    code, lines = run(capsys)
    assert code == 1
    assert lines[0].startswith("content/guides/vpn.yaml:1: the file is empty")


def test_content_that_is_broken_beside_a_table(content: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A table whose content can't be loaded tells the content's mistakes instead of failing."""
    table = content / "guides" / "vpn.talk.yaml"
    table.write_text(TALK.format("frog"), encoding="utf-8")
    (content / "guides" / "vpn.yaml").write_text("", encoding="utf-8")
    code, lines = run(capsys, table, play=True)
    assert code == 1
    assert lines[0].startswith("content/guides/vpn.yaml:1: the file is empty")
