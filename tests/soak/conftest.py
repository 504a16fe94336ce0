"""What the campaigns share: a way to say figures aloud, and one PostgreSQL."""

from __future__ import annotations

import faulthandler
import sys
from collections.abc import Iterator

import pytest

from tests.postgres import PostgresServer
from tests.soak.scale import Say


@pytest.fixture(autouse=True)
def patience() -> None:
    """A campaign may take its time: no stacks are printed after two minutes."""
    faulthandler.cancel_dump_traceback_later()


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Prints a line although output is captured: seeds and figures belong into every log."""

    def aloud(line: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{line}\n")
            sys.stdout.flush()

    return aloud


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One server for all campaigns; each takes a schema of its own."""
    with PostgresServer() as server:
        yield server
