"""`helpbot check`: what it looks at, what it prints, how it ends."""

from __future__ import annotations

import datetime as dt
import shutil
import time
from pathlib import Path

import pytest

from bot.commands.check import SHOWN, check
from tests.dialogs.samples import ROOT, VPN, folder

GOOD = VPN.replace("  - no vpn\n", "  - no vpn\n  - vpn gone\n").replace(
    "        goto: done\n", "        goto: done\n      - {id: unsure, label: Not sure, means: not_sure, goto: call}\n"
)
TODAY = dt.date(2026, 11, 24)
TALK = "- name: a talk\n  talk:\n    - user: my vpn drops\n      bot: {}\n"


@pytest.fixture
def content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A content folder, seen from the folder that holds it."""
    monkeypatch.chdir(tmp_path)
    return folder(tmp_path / "content", vpn=GOOD)


def run(
    capsys: pytest.CaptureFixture[str], *paths: Path | str, play: bool = False, **options: bool
) -> tuple[int, list[str]]:
    """The exit code and the printed lines."""
    code = check([Path(path) for path in paths], play, today=TODAY, **options)
    return code, capsys.readouterr().out.splitlines()


def test_no_mistakes(content: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Good content ends with 0 and one line."""
    assert run(capsys, "content") == (0, ["No mistakes in 2 files."])


def test_mistakes(content: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every mistake is a line that begins with a path from here and a line number; then a summary, and exit code 1."""
    (content / "guides" / "vpn.yaml").write_text(GOOD.replace("goto: done", "goto: doen"), encoding="utf-8")
    (content / "guides" / "mail.yaml").write_text("", encoding="utf-8")
    assert run(capsys, content.absolute()) == (
        1,
        [
            "content/guides/mail.yaml:1: the file is empty; fill it, or delete it",
            'content/guides/vpn.yaml:27: step "reboot" goes to "doen", which does not exist; did you mean "done"?',
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
    (content / "guides" / "vpn.yaml").write_text(GOOD.replace("owner: Network team\n", ""), encoding="utf-8")
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


def warned(capsys: pytest.CaptureFixture[str], content: Path) -> list[str]:
    """What is warned of, without the path; nothing is wrong."""
    code, lines = run(capsys, content, all_warnings=True)
    assert code == 0, lines
    return [line.removeprefix("content/") for line in lines[:-1]]


def test_warnings(content: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is worth a second look is told with line and fix, and fails only a strict check."""
    (content / "guides" / "vpn.yaml").write_text(VPN.replace("2027-01-31", "2026-11-23"), encoding="utf-8")
    assert warned(capsys, content) == [
        'guides/vpn.yaml:4: warning: it is found by 2 phrases only; add to "phrases" how people say it who have this '
        "problem",
        'guides/vpn.yaml:8: warning: "vpn" was to be reviewed by 2026-11-23; read it once more, then write a new date',
        'guides/vpn.yaml:13: warning: step "reboot" has no answer for who is not sure; add one with '
        """"means: not_sure": users often don't know, and then should get on all the same""",
    ]
    code, lines = run(capsys, content, strict=True)
    assert (code, lines[-1]) == (1, "No mistakes, 3 warnings in 2 files.")


def test_two_guides_with_the_same_words(content: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Words that lead to two guides are told, with the place of the other, endings and case apart."""
    other = GOOD.replace("id: vpn", "id: wifi").replace("vpn drops", "VPN Drop").replace("vpn", "wlan", 1)
    other = other.replace("no vpn", "no wlan").replace("vpn gone", "wlan gone").replace("id: wlan", "id: wifi")
    (content / "guides" / "wifi.yaml").write_text(other, encoding="utf-8")
    assert warned(capsys, content) == [
        'guides/wifi.yaml:5: warning: "VPN Drop" leads to "vpn", too (content/guides/vpn.yaml:5); say in one of them '
        "what sets it apart, or remove it there"
    ]


def test_cards_that_are_too_large(content: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A card that Teams can only show in part, or Slack only in many messages, is told at its step."""
    steps = "".join(f"      - {{who: You, do: {'do this and that ' * 40}{i}}}\n" for i in range(60))
    long = GOOD.replace("      - who: You\n        do: Restart the computer.\n", steps)
    (content / "guides" / "vpn.yaml").write_text(long, encoding="utf-8")
    found = warned(capsys, content)
    assert [line.partition(" warning: ")[2].partition(";")[0] for line in found] == [
        'the card of step "done" is too large for Teams, so its end is only sent as text',
        'the card of step "done" takes 8 messages in Slack',
    ]


def test_languages_that_lack_a_guide(content: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A language that the bot speaks, in which guides are missing, is told once."""
    shutil.copy(ROOT / "content" / "texts" / "de.yaml", content / "texts")
    assert warned(capsys, content) == [
        'texts/de.yaml:1: warning: 1 of 1 guides are not there in this language: vpn; "helpbot translate --missing de" '
        "writes a file to fill in"
    ]


def test_only_the_first_warnings(content: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A library with thousands of warnings of a kind shows the first, and how many there are."""
    for i in range(30):
        guide = GOOD.replace("id: vpn", f"id: vpn{i}").replace("2027-01-31", "2025-01-31")
        (content / "guides" / f"vpn{i}.yaml").write_text(guide.replace("vpn drops", f"d{i}").replace("no vpn", f"n{i}"))
    code, lines = run(capsys, content)
    assert (code, len(lines)) == (0, 2 * SHOWN + 4)
    assert lines[-4:-1] == [
        "… and 20 more like this: … leads to …, too …",
        "… and 20 more like this: … was to be reviewed by …",
        "--all shows them.",
    ]


def test_ten_thousand_guides(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A large library takes a few milliseconds a guide: 12,000 are done in less than 20 seconds."""
    content = folder(tmp_path / "content")
    for i in range(400):
        (content / "guides" / f"vpn-{i}.yaml").write_text(GOOD.replace("id: vpn", f"id: vpn-{i}"), encoding="utf-8")
    before = time.process_time()
    check([content], today=TODAY)
    assert (time.process_time() - before) / 400 < 20 / 12_000
    capsys.readouterr()
