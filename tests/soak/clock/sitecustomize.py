"""Loaded by Python at the start of a server process of a campaign: its wall clock is as wrong as a file says."""

from __future__ import annotations

import os
import time

_FILE = os.environ.get("WRONG_CLOCK", "")
_right = time.time


def _wrong() -> float:
    try:
        with open(_FILE, encoding="ascii") as file:
            return _right() + float(file.read())
    except OSError:
        return _right()


if _FILE:
    time.time = _wrong
