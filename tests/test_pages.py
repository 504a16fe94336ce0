"""What the pages in docs/ promise is so: links, settings, commands, files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.__main__ import app
from bot.settings import Settings, variable
from tests.house.test_imports import ORDER
from tests.test_docs import headings

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md"))


def text(page: str) -> str:
    """A page's text."""
    return (ROOT / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    """Every link to a file of this project names one that exists, and a heading that it has."""
    for target, heading in re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([\w-]+))?\)", text(page)):
        file = ((ROOT / page).parent / target).resolve() if target else ROOT / page
        assert file.exists(), target
        assert not heading or heading in headings(file), heading


@pytest.mark.parametrize("page", PAGES)
def test_settings_that_pages_name_exist(page: str) -> None:
    """Every HELPBOT_… variable on a page is a setting."""
    assert set(re.findall(r"HELPBOT_\w+", text(page))) - {"HELPBOT_SOAK"} <= set(map(variable, Settings.model_fields))


@pytest.mark.parametrize("page", ["README.md", *PAGES])
def test_commands_that_pages_name_exist(page: str) -> None:
    """Every `helpbot …` that a page tells people to type is a command."""
    commands = {c.name or c.callback.__name__ for c in app.registered_commands if c.callback}
    commands |= {group.name for group in app.registered_groups if group.name}
    named = re.findall(r"(?:^ *|`|/bin/|\")helpbot ([a-z]+)", text(page), re.MULTILINE)
    assert set(named) <= commands


@pytest.mark.parametrize("page", PAGES)
def test_files_that_pages_name_exist(page: str) -> None:
    """Every path of a file or a group of files that a page names in full exists."""
    tops = "bot|dialogs|content|deploy|docs|manifest|requirements|tests|tools"
    for path in re.findall(rf"(?<![\w/.-])((?:{tops})/[\w./*-]*[\w*])", text(page)):
        assert list(ROOT.glob(path)), path


def test_the_map_is_complete() -> None:
    """Every module has its place on the map of docs/architecture.md."""
    shown = {
        found.relative_to(ROOT).as_posix()
        for path in re.findall(r"(?:bot|dialogs)/[\w/*]+\.py", text("docs/architecture.md"))
        for found in ROOT.glob(path)
    }
    assert [module for module in ORDER if f"{module.replace('.', '/')}.py" not in shown] == []


def test_every_decision_is_linked() -> None:
    """docs/architecture.md leads to every decision; they are numbered without gaps."""
    names = sorted(path.name for path in (ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
    assert all(f"(decisions/{name})" in text("docs/architecture.md") for name in names)
