"""For all tests: databases of each kind; and under CI a test that is skipped has failed: nothing is left out."""

import itertools
import os
import signal
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import settings
from playwright.sync_api import Playwright, sync_playwright

from tests.postgres import PostgresServer, make_schema

# The everyday run tries the same examples each time, enough to find what is plainly wrong; it fails for a change alone.
# HYPOTHESIS_PROFILE=search looks anew each time; what it finds becomes a plain test.
settings.register_profile("helpbot", max_examples=30, deadline=None, derandomize=True)
settings.register_profile("search", max_examples=300, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "helpbot"))

# Where a test sets no log up, errors are told plainly: the drawn traceback with all locals takes seconds.
structlog.configure(
    [
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)

# Run in the background or by nohup, the tests are to ignore these signals, and so would every program that they start:
# an ignored signal is inherited, a handler is not.
for _number in (signal.SIGINT, signal.SIGHUP):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, lambda *_: None)

_CI = os.environ.get("CI", "").lower() not in ("", "0", "false")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn the report of a skipped test into a failure; one that is expected to fail stays as it is."""
    report = yield
    if _CI and report.skipped and not hasattr(report, "wasxfail"):
        _fail(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn the report of a module that skips all of its tests into a failure."""
    report = yield
    if _CI and report.skipped:
        _fail(report)
    return report


def _fail(report: pytest.TestReport | pytest.CollectReport) -> None:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
    report.outcome = "failed"
    report.longrepr = f"{reason}\nUnder CI a skip is a failure: whatever this test needs must be set up."


_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One server for the whole run, started when the first test asks for it."""
    with PostgresServer() as server:
        yield server


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """What drives browsers; one for the whole run, since a thread can't hold two."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'helpbot.db'}"
    return make_schema(request.getfixturevalue("postgres"), f"test_{next(_numbers)}")
