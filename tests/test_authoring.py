"""docs/authoring.md teaches by an example that works: as it stands there it is checked, played and translated."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from pathlib import Path

import pytest

from bot.commands.check import check
from dialogs.content import load

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "authoring.md").read_text("utf-8")
GUIDE, TALK, GERMAN = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """A content folder with the page's guide and conversation."""
    made = tmp_path / "content"
    (made / "guides").mkdir(parents=True)
    shutil.copytree(ROOT / "content" / "texts", made / "texts", ignore=shutil.ignore_patterns("es.yaml", "de.yaml"))
    (made / "guides" / "microphone.yaml").write_text(GUIDE, "utf-8")
    (made / "guides" / "microphone.talk.yaml").write_text(TALK, "utf-8")
    return made


def test_the_example(content: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The guide has neither mistakes nor warnings, and holds its conversation."""
    assert check([content], play=True, strict=True, today=dt.date(2026, 11, 24)) == 0
    assert capsys.readouterr().out == "No mistakes in 2 files and 1 file of conversations, played.\n"


def test_its_translation(content: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The translation fits, and what it leaves out is said in the original's words, as the page says."""
    (content / "guides" / "microphone.de.yaml").write_text(GERMAN, "utf-8")
    shutil.copy(ROOT / "content" / "texts" / "de.yaml", content / "texts")
    assert check([content], today=dt.date(2026, 11, 24)) == 0
    assert " texts are not translated: " in capsys.readouterr().out
    guide = load(content).spoken("de-AT").guides["microphone"]
    assert guide.steps["muted"].short == "Durchgestrichen"  # type: ignore[union-attr]  # it asks
    assert guide.steps["unmute"].outcome == "You are muted"  # type: ignore[union-attr]  # it advises
