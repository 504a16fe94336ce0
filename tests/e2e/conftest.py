"""For the tests in a browser: one Playground and one browser for all, a bot with an empty memory for each."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, sync_playwright

from tests.e2e.client import ARGS, Chat, Window
from tests.e2e.servers import Bot, Program, free_port, start_playground
from tests.process import ROOT

KEPT = ROOT / ".run" / "e2e"  # what failed tests leave behind
_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note which tests have failed, for the fixtures that end after them."""
    report = yield
    item.stash[_FAILED] = item.stash.get(_FAILED, False) or report.failed
    return report


@pytest.fixture(scope="session")
def bot_port() -> int:
    """Where each test's bot listens, since the Playground is told only once."""
    return free_port()


@pytest.fixture(scope="session")
def playground(tmp_path_factory: pytest.TempPathFactory, bot_port: int) -> Iterator[tuple[Program, str]]:
    """The Playground: its process, and the address to open."""
    program, url = start_playground(tmp_path_factory.mktemp("playground"), bot_port)
    yield program, url
    program.end()


@pytest.fixture(scope="session")
def browser() -> Iterator[BrowserContext]:
    """Headless Chromium; one profile for all, so that the Playground's page is read and compiled once."""
    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM") or shutil.which("chromium")
        found = playwright.chromium.launch(executable_path=path, args=ARGS)
        yield found.new_context(viewport={"width": 1280, "height": 1000}, locale="en-US")
        found.close()


@pytest.fixture
def bot(tmp_path: Path, bot_port: int) -> Iterator[Bot]:
    """A bot that remembers nothing yet."""
    started = Bot(bot_port, tmp_path)
    yield started
    started.program.end()


@pytest.fixture
def window(
    request: pytest.FixtureRequest, browser: BrowserContext, playground: tuple[Program, str], bot: Bot
) -> Iterator[Window]:
    """A window of the test's own, not opened yet. When the test fails, a picture of it and the logs are kept."""
    program, url = playground
    made = Window(browser, url)
    yield made
    if _failed(request):
        keep(request, made, bot.program, program)
    made.close()


@pytest.fixture(scope="session")
def shared() -> Iterator[list[Window]]:
    """The window that tests share, once it is open: to load the Playground's page takes longer than most tests."""
    windows: list[Window] = []
    yield windows
    for made in windows:
        made.close()


@pytest.fixture
def opened(
    request: pytest.FixtureRequest,
    browser: BrowserContext,
    playground: tuple[Program, str],
    bot: Bot,
    shared: list[Window],
) -> Iterator[Window]:
    """An open window, perhaps with what earlier tests have said; the bot remembers none of it."""
    program, url = playground
    if not shared:
        shared.append(Window(browser, url))
        shared[0].open().await_replies()
    yield shared[0]
    if _failed(request):
        made = shared.pop()
        keep(request, made, bot.program, program)
        made.close()


@pytest.fixture
def chat(opened: Window) -> Chat:
    """The personal chat of the shared window, from now on."""
    return opened.personal()


def keep(request: pytest.FixtureRequest, shown: Window, *programs: Program) -> None:
    """Keep a picture of the window and the logs, for whoever asks why the test has failed."""
    folder = KEPT / request.node.name
    folder.mkdir(parents=True, exist_ok=True)
    shown.page.screenshot(path=folder / "page.png")
    for program in programs:
        shutil.copy(program.log, folder)
    request.node.add_report_section("teardown", "kept", f"picture and logs in {folder}")


def _failed(request: pytest.FixtureRequest) -> bool:
    return bool(request.node.stash.get(_FAILED, False))
