"""`helpbot translate`: a translator gets what is missing, and what comes back is a language more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.commands.translate import translate
from dialogs.content import check_files, content_files, load
from tests.dialogs.samples import VPN, folder


@pytest.fixture
def content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small content folder, in the settings."""
    made = folder(tmp_path, vpn=VPN)
    monkeypatch.setenv("HELPBOT_CONTENT_DIR", str(made))
    return made


def fill(path: Path, language: str) -> None:
    """What a translator does: every place is filled in, each text with a mark of its language."""
    data = yaml.safe_load(path.read_text("utf-8"))

    def filled(value: Any) -> Any:
        if isinstance(value, list):
            return [filled(each) for each in value]
        return {k: filled(v) for k, v in value.items()} if isinstance(value, dict) else f"{value} ({language})"

    parts = data[language]
    for entries in [parts.get("texts", {}), *parts.get("guides", {}).values()]:
        for entry in entries.values():
            if isinstance(entry, dict):
                entry["to"] = filled(entry["from"])
    path.write_text(yaml.safe_dump(data, allow_unicode=True), "utf-8")


def test_there_and_back(content: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A filled-in file makes a whole language: nothing is missing any more, and users of it get their words."""
    sheet = tmp_path / "fr.yaml"
    assert translate("fr", out=sheet) == 0
    assert "to:\n" in sheet.read_text("utf-8")
    fill(sheet, "fr")
    assert translate(filled=sheet) == 0
    assert [str(p) for p in check_files(content_files(content))] == []
    library = load(content)
    assert library.texts["fr"].help == f"{library.texts['en'].help} (fr)"
    assert library.texts["fr"].desk.queued.endswith("{queue}. Your case is {case}. (fr)")
    guide = library.spoken("fr-CA").guides["vpn"]
    assert (guide.title, guide.phrases) == ("The VPN drops (fr)", ("vpn drops (fr)", "no vpn (fr)"))
    capsys.readouterr()
    assert translate("fr") == 0
    assert capsys.readouterr().out == "Nothing is missing in fr.\n"


def test_only_what_is_missing(content: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is translated already is not asked for, and stays as it is; comments below the head are not overwritten."""
    path = content / "guides" / "vpn.de.yaml"
    path.write_text("# by hand\nid: vpn\ntitle: Das VPN bricht ab\nphrases: [vpn weg]\n", "utf-8")
    sheet = tmp_path / "de.yaml"
    translate("de", out=sheet)
    asked = yaml.safe_load(sheet.read_text("utf-8"))["de"]["guides"]["vpn"]
    assert "title" not in asked
    assert asked["steps.reboot.ask"] == {"from": "Did you restart the computer?", "to": None}
    fill(sheet, "de")
    path.write_text(path.read_text("utf-8") + "# and here\n", "utf-8")
    translate(filled=sheet)
    assert "Das VPN bricht ab" in (content / "guides" / "vpn.de.yaml.new").read_text("utf-8")
    assert path.read_text("utf-8").endswith("# and here\n")
    assert "take over what is new by hand" in capsys.readouterr().out


def test_mistakes(content: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A text that fills in what the bot does not give is told, and nothing is written."""
    sheet = tmp_path / "fr.yaml"
    sheet.write_text('fr:\n  texts:\n    opening: {from: x, to: "C\'est {frog}."}\n', "utf-8")
    assert translate(filled=sheet) == 1
    out = capsys.readouterr().out
    assert '"opening" fills in {frog}' in out
    assert out.endswith("Nothing was written.\n")
    assert not (content / "texts" / "fr.yaml").exists()
