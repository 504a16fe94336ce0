"""`helpbot version`: which version this is."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version


def version() -> None:
    """Print name and version."""
    try:
        number = installed_version("helpbot")
    except PackageNotFoundError:
        number = "(not installed: run from its folder)"
    sys.stdout.write(f"helpbot {number}\n")
