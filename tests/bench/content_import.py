"""How much of a library is imported, how fast, and how long `helpbot check` takes over it.

`python -m tests.bench.content_import LIBRARY` alone, or as a part of `make bench-content LIBRARY=path`.
"""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from bot.importer.report import Report, Status
from bot.importer.run import Order
from bot.importer.run import run as import_library
from tests.dialogs.samples import ROOT


class Row(NamedTuple):
    """One figure: what, how much, what was aimed at, and whether that is met."""

    what: str
    measured: str
    aim: str
    met: bool


def run(library: Path, out: Path | None = None) -> list[Row]:
    """Import the library whole, all prose of it, and check what came of it. out: keep the content there."""
    if out is not None:
        return _rows(library, out)
    with tempfile.TemporaryDirectory() as folder:
        return _rows(library, Path(folder))


def _rows(library: Path, out: Path) -> list[Row]:
    shutil.copytree(ROOT / "content" / "texts", out / "texts", dirs_exist_ok=True)
    before, wall = time.process_time(), time.perf_counter()
    report = import_library(Order((library,), out, internal=True))
    seconds, wall = time.process_time() - before, time.perf_counter() - wall
    return [*_placed(report), *_speed(report, seconds, wall), *_checked(out)]


def _placed(report: Report) -> list[Row]:
    imported = report.count(Status.IMPORTED)
    prose = imported + report.count(Status.MERGED) + report.count(Status.FAILED)
    share = report.whole() / max(imported, 1)
    told = sum(bool(entry.unplaced) for entry in report.entries)
    return [
        Row("articles of prose", f"{prose:,} of {len(report.entries):,} files", "all", bool(prose)),
        Row("of these failed", f"{report.count(Status.FAILED):,}", "0", not report.count(Status.FAILED)),
        Row("merged as exact duplicates", f"{report.count(Status.MERGED):,}", "", True),
        Row("imported without a word lost", f"{report.whole():,} of {imported:,} ({share:.2%})", "99%", share >= 0.99),
        Row("with something not placed, told", f"{told:,}", "", True),
        Row("offered as questions", f"{sum(entry.asks for entry in report.entries):,}", "", True),
        Row("pairs of near twins, told", f"{len(report.twins):,}", "", True),
    ]


def _speed(report: Report, seconds: float, wall: float) -> list[Row]:
    articles = report.count(Status.IMPORTED) + report.count(Status.MERGED)
    speed = articles / seconds
    return [
        Row("import", f"{speed:,.0f} articles a second of one core", "300", speed >= 300),
        Row("import, all", f"{seconds:.1f} s of the processor, {wall:.1f} s by the clock", "", True),
    ]


def _checked(out: Path) -> list[Row]:
    """`helpbot check` as a process."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    before, wall = used.ru_utime + used.ru_stime, time.perf_counter()
    ended = subprocess.run(
        [sys.executable, "-m", "bot", "check", str(out)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    wall = time.perf_counter() - wall
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = used.ru_utime + used.ru_stime - before
    last = (ended.stdout.splitlines() or [ended.stderr])[-1]
    return [
        Row("helpbot check, all of it", f"{wall:.1f} s ({seconds:.1f} s of the processor)", "20 s", wall < 20),
        Row("helpbot check says", last, "no mistakes", ended.returncode == 0),
    ]


if __name__ == "__main__":
    for row in run(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None):
        aim = f" (aim: {row.aim})" if row.aim else ""
        sys.stdout.write(f"{'+' if row.met else '-'} {row.what}: {row.measured}{aim}\n")
