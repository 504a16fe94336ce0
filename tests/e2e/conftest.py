"""For the tests in a browser: one Playground and one browser for all, a bot with an empty memory for each."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Playwright

from tests.e2e.client import ARGS, Chat, Window
from tests.e2e.servers import Bot, Program, free_port, start_playground
from tests.process import ROOT

KEPT = ROOT / ".run" / "e2e"  # what failed tests leave behind
_USES = 4  # tests that share a window
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
def browser(playwright: Playwright) -> Iterator[BrowserContext]:
    """Headless Chromium; one profile for all, so that the Playground's page is read and compiled once."""
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


class Shared:
    """The window that tests share. To open one takes longer than most tests; the more it shows, the slower it gets."""

    def __init__(self) -> None:
        self._window: Window | None = None
        self._uses = 0

    def get(self, browser: BrowserContext, url: str) -> Window:
        """The window, open."""
        if self._uses == _USES:
            self.close()
        if self._window is None:
            self._window = Window(browser, url)
            self._window.open().await_replies()
        self._uses += 1
        return self._window

    def close(self) -> None:
        """Close it; the next test gets a new one."""
        if self._window is not None:
            self._window.close()
        self._window, self._uses = None, 0


@pytest.fixture(scope="session")
def shared() -> Iterator[Shared]:
    """What holds the shared window."""
    holder = Shared()
    yield holder
    holder.close()


@pytest.fixture
def opened(
    request: pytest.FixtureRequest,
    browser: BrowserContext,
    playground: tuple[Program, str],
    bot: Bot,
    shared: Shared,
) -> Iterator[Window]:
    """An open window, perhaps with what earlier tests have said; the bot remembers none of it."""
    program, url = playground
    window = shared.get(browser, url)
    yield window
    if _failed(request):
        keep(request, window, bot.program, program)
        shared.close()


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
