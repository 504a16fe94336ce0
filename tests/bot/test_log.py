"""Logs: only what may be logged, one line each, and no words of anybody."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import structlog

from bot import log as logs
from bot.errors import StoreUnavailable

SECRET = "Zebrafish can not accept the invitation"


@contextmanager
def heard(as_json: bool = True, level: str = "info") -> Iterator[io.StringIO]:
    """What is logged meanwhile; afterwards everything is as before."""
    stream = io.StringIO()
    root = logging.getLogger()
    before = root.handlers[:], root.level
    config = structlog.get_config()
    logs.setup(lambda: 1000.0, as_json=as_json, level=level, stream=stream)
    try:
        yield stream
    finally:
        structlog.configure(**config)
        root.handlers[:] = before[0]
        root.setLevel(before[1])


@pytest.fixture
def lines() -> Iterator[Any]:
    """The events so far, as a function."""
    with heard() as stream:
        yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def test_only_listed_fields_get_through(lines: Any) -> None:
    """A field that is not on the list is left out, whoever logs it."""
    structlog.get_logger().info("turn", channel="teams", text=SECRET, token="t", user="Alex")
    assert lines() == [{"at": 1000.0, "event": "turn", "level": "info", "channel": "teams"}]


def test_correlation_id_is_on_every_line_of_an_activity(lines: Any) -> None:
    """Each event carries the id of the activity that caused it."""
    token = logs.correlation.set("abc")
    structlog.get_logger().info("turn")
    logs.correlation.reset(token)
    structlog.get_logger().info("later")
    assert [event.get("id") for event in lines()] == ["abc", None]


def test_exception_is_told_by_type_and_place(lines: Any) -> None:
    """The text of an exception may quote a user, so it is not logged; where it was raised is."""
    try:
        raise ValueError(SECRET)
    except ValueError:
        structlog.get_logger().exception("turn_failed")
    (event,) = lines()
    assert (event["level"], event["error"]) == ("error", "ValueError")
    assert event["where"].startswith("test_log.py:")
    assert SECRET not in str(event)


def test_our_own_errors_are_told_whole(lines: Any) -> None:
    """Our own errors say what to do, and quote nobody."""
    structlog.get_logger().error("store_unavailable", exc_info=StoreUnavailable("the disk is full"))
    assert lines()[0]["why"] == "the disk is full"


def test_libraries_are_heard_without_what_they_quote(lines: Any) -> None:
    """A library's warning comes as an event with its format, not what was filled in."""
    logging.getLogger("aiohttp.server").warning("Error handling %s", SECRET)
    try:
        raise RuntimeError(SECRET)
    except RuntimeError:
        logging.getLogger("asyncio").exception("Task failed")
    first, second = lines()
    assert (first["event"], first["logger"], first["why"]) == ("library", "aiohttp.server", "Error handling %s")
    assert (second["level"], second["error"]) == ("error", "RuntimeError")
    assert SECRET not in str(lines())


def test_a_text_that_a_library_filled_in_itself_is_cut(lines: Any) -> None:
    """What comes as one text may hold addresses, tickets, words: only what stands before the first of them is told."""
    filled = (
        ("helpbot.slack", f"Failed to connect (error: 400, url='wss://x/?ticket={SECRET}'); Retrying..."),
        ("helpbot.slack", f"Failed to retrieve WSS URL: {SECRET}"),
        ("asyncio", f"Task exception was never retrieved\nfuture: <Task exception={SECRET!r}>"),
    )
    for name, text in filled:
        logging.getLogger(name).error(text)
    assert [line["why"] for line in lines()] == [
        "Failed to connect",
        "Failed to retrieve WSS URL",
        "Task exception was never retrieved",
    ]
    assert SECRET not in str(lines())


def test_conversation_has_a_short_name() -> None:
    """The same conversation has the same name in the log, and it does not tell which it is."""
    assert (
        logs.conversation_tag("teams|t|c") == logs.conversation_tag("teams|t|c") != logs.conversation_tag("teams|t|d")
    )
    assert len(logs.conversation_tag("teams|t|\ud800")) == 12


def test_lines_for_people() -> None:
    """In a terminal the same events are lines of words."""
    with heard(as_json=False) as stream:
        structlog.get_logger().warning("rejected", reason="tenant", status=403)
    assert stream.getvalue() == "warning  rejected             reason=tenant status=403\n"


def test_level() -> None:
    """What is below the level is not logged."""
    with heard(level="error") as stream:
        structlog.get_logger().warning("rejected")
    assert stream.getvalue() == ""
