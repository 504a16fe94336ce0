"""Logs: events with fields, JSON for machines or lines for people. Never a user's words, addresses or tokens.

Only the fields listed here get through, whoever logs; so nothing slips in by an innocent `**details`. Exceptions are
logged by type and place: their texts may quote what a user wrote.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import sys
import traceback
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, WrappedLogger

from bot.errors import HelpbotError

_FIELDS = """
event level at id channel conversation kind result status reason hint error where why seconds attempts count rows invoke
database host port local version content guides holder signal logger code problems after waiting aside parked oldest
repeated seq conversations case who
"""
FIELDS = frozenset(re.findall(r"\w+", _FIELDS))

# Where a text that a library filled in itself may begin to quote: its own words stand before that.
_QUOTES = re.compile(r"[^\w ,.-]|\d")
_FRAMES = 6  # of a traceback, the innermost ones

correlation: ContextVar[str] = ContextVar("correlation", default="")


def conversation_tag(key: str) -> str:
    """A short name for a conversation: the same for the same one, and it does not tell which."""
    return hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=6).hexdigest()


def _fields(_: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Keep what may be logged, add level and correlation id; name an exception by type and place."""
    error = event.pop("exc_info", None)
    kept: dict[str, Any] = {"event": event["event"], "level": method}
    if found := correlation.get():
        kept["id"] = found
    for name, value in event.items():
        if name in FIELDS:
            kept[name] = value
    if error:
        kept.update(describe(error if isinstance(error, BaseException) else sys.exc_info()[1]))
    return kept


def describe(error: BaseException | None) -> dict[str, str]:
    """An exception without what it quotes: its type, where it was raised, and the text of our own ones."""
    if error is None:
        return {}
    frames = list(traceback.walk_tb(error.__traceback__))[-_FRAMES:]
    places = ((frame.f_code.co_filename.rpartition("/")[2], line, frame.f_code.co_name) for frame, line in frames)
    where = " < ".join(f"{file}:{line}:{name}" for file, line, name in reversed(list(places)))
    described = {"error": type(error).__name__, "where": where}
    if isinstance(error, HelpbotError):
        described["why"] = str(error)
    return described


class _Library(logging.Handler):
    """Takes in what libraries log by the standard library: their warnings and errors, without their texts."""

    def emit(self, record: logging.LogRecord) -> None:
        """One event for each record; the text is the library's format, without what was filled in. A text that was
        filled in before it came here is cut where that may begin."""
        fields: dict[str, Any] = {"logger": record.name, "where": f"{record.filename}:{record.lineno}"}
        if record.exc_info and record.exc_info[1]:
            fields.update(describe(record.exc_info[1]))
        method = record.levelname.lower() if record.levelname.lower() in ("warning", "error", "critical") else "info"
        text = str(record.msg)
        why = text if record.args else _QUOTES.split(text, maxsplit=1)[0].strip()
        getattr(structlog.get_logger(), method)("library", why=why[:200], **fields)


def setup(clock: Callable[[], float], *, as_json: bool, level: str = "info", stream: TextIO | None = None) -> None:
    """Send all logs from `level` on to `stream` (standard output), one line each. clock: Unix seconds, for `at`."""

    def stamp(_: WrappedLogger, method: str, event: EventDict) -> EventDict:
        return {"at": round(clock(), 3), **event}

    structlog.configure(
        processors=[_fields, stamp, _json if as_json else _console],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(file=stream or sys.stdout),
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    root.handlers[:] = [_Library(logging.WARNING)]
    root.setLevel(logging.WARNING)


_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=repr).encode


def _json(_: WrappedLogger, method: str, event: EventDict) -> str:
    """A line for a machine."""
    return _ENCODE(event)


def _console(_: WrappedLogger, method: str, event: EventDict) -> str:
    """A line for a person: level, event, then the fields."""
    fields = " ".join(f"{name}={value}" for name, value in event.items() if name not in ("at", "level", "event"))
    return f"{event['level']:<8} {event['event']:<20} {fields}".rstrip()
