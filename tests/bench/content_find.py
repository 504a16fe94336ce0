"""How well and how fast guides are found in a library that was imported whole, and what it costs to start with it.

The messages are `tests/fixtures/find_messages.yaml`: the even ones were tuned on, so the odd ones count.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import yaml

from bot.resources import content_dir
from bot.search.compile import compiled
from bot.search.file import Compiled
from bot.search.finder import LibraryFinder
from bot.search.nearest import Nearest
from bot.search.vectors import Encoder, find_encoder
from tests.bench.content_import import Row
from tests.dialogs.samples import ROOT

SAMPLE = 1500  # guides of a helpdesk
SHORT = 8  # words
START = """
import json, resource, sys, time
from bot.app import read_script
from bot.settings import Settings
before = time.process_time()
script = read_script(Settings(content_dir=sys.argv[1], index_file=sys.argv[2]))
spent = time.process_time() - before
print(json.dumps([spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, len(script.guides)]))
"""


def run(folder: Path, work: Path) -> list[Row]:
    """The rows for a content folder of imported guides. work: a folder for what is made meanwhile."""
    began = time.process_time()
    whole = compiled(folder, work / "whole.db", None)
    rows = [_at_most("compiled, guides read and checked: s", time.process_time() - began, 60.0)]
    rows.append(_at_most("of this, the index of words: s", _index_seconds(folder, whole, work), 15.0))
    rows += _start(folder, work)
    rows += _speed("words alone", LibraryFinder(whole), 5.0, 10.0)
    sample = _sample(folder, whole, work)
    rows += _quality("words, whole library", LibraryFinder(whole), (40, 58))
    rows += _quality(f"words, {SAMPLE} guides", LibraryFinder(sample), (60, 75))
    if (encoder := find_encoder()) is not None:
        rows += _fused(folder, work, encoder)
    return rows


def _fused(folder: Path, work: Path, encoder: Encoder) -> list[Row]:
    began = time.process_time()
    whole = compiled(folder, work / "whole.db", encoder, sys.maxsize)
    rows = [Row("vectors made", f"{time.process_time() - began:.0f} s", "", True)]
    finder = LibraryFinder(whole, Nearest(whole, encoder))
    rows += _speed("words and meaning", finder, 20.0, 20.0)
    rows += _quality("words and meaning, whole library", finder, (60, 75))
    (work / "sample.db").unlink()
    shutil.copy(work / "whole.db", work / "sample.db")  # with the vectors
    sample = compiled(work / "sample", work / "sample.db", encoder, sys.maxsize)
    rows += _quality(f"words and meaning, {SAMPLE} guides", LibraryFinder(sample, Nearest(sample, encoder)), (75, 90))
    return rows


def messages() -> list[dict[str, Any]]:
    """The messages, each with its article."""
    text = (ROOT / "tests/fixtures/find_messages.yaml").read_text(encoding="utf-8")
    found: list[dict[str, Any]] = yaml.safe_load(text)
    return found


def _at_most(what: str, measured: float, aim: float) -> Row:
    return Row(what, f"{measured:.1f}", f"at most {aim:g}", measured <= aim)


def _index_seconds(folder: Path, whole: Compiled, work: Path) -> float:
    """Processor seconds for the words of all guides, when only one guide is new."""
    changed = folder / whole.rows("SELECT file FROM guides ORDER BY file LIMIT 1")[0][0]
    kept = changed.read_text(encoding="utf-8")
    shutil.copy(work / "whole.db", work / "again.db")
    try:
        changed.write_text(kept + "# changed\n", encoding="utf-8")
        before = time.process_time()
        compiled(folder, work / "again.db", None).close()
        return time.process_time() - before
    finally:
        changed.write_text(kept, encoding="utf-8")


def _start(folder: Path, work: Path) -> list[Row]:
    """What starting with all guides costs beyond starting with the shipped ones, both compiled."""

    def measured(content: Path, index: str) -> list[float]:
        command = [sys.executable, "-c", START, str(content), str(work / index)]
        ended = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
        found: list[float] = json.loads(ended.stdout.splitlines()[-1])
        return found

    for content, index in ((content_dir(), "shipped.db"), (folder, "whole.db")):
        measured(content, index)
    few, many = measured(content_dir(), "shipped.db"), measured(folder, "whole.db")
    return [
        _at_most(f"start-up with {many[2]:,.0f} guides, longer by s", many[0] - few[0], 1.0),
        _at_most("and larger by MB", many[1] - few[1], 100.0),
    ]


def _sample(folder: Path, whole: Compiled, work: Path) -> Compiled:
    """A library of a helpdesk's size: the articles that are asked for, and others by chance."""
    wanted = {path for m in messages() for path in (m["article"], *m.get("also", ()))}
    rows = whole.rows("SELECT file, source FROM guides ORDER BY file")
    asked = [file for file, source in rows if source in wanted]
    others = [file for file, source in rows if source not in wanted]
    chosen = asked + random.Random(1).sample(others, max(0, min(len(others), SAMPLE - len(asked))))
    (work / "sample/guides").mkdir(parents=True)
    shutil.copytree(folder / "texts", work / "sample/texts")
    for file in chosen:
        shutil.copy(folder / file, work / "sample/guides")
    return compiled(work / "sample", work / "sample.db", None)


def _ranked(finder: LibraryFinder, sources: dict[str, str], query: str) -> list[str]:
    return [sources[found.guide] for found in finder.look_up(query, "en", 10)]


def _quality(what: str, finder: LibraryFinder, aim: tuple[int, int]) -> list[Row]:
    """How often the right article is the first, and among the first three, for each half."""
    sources = finder.articles()
    rows = []
    for half, name in ((1, "held out"), (0, "tuned on")):
        places = []
        for message in messages()[half::2]:
            right = {message["article"], *message.get("also", ())}
            for query in (message["short"], message["long"]):
                found = _ranked(finder, sources, query)
                places.append(next((n for n, source in enumerate(found) if source in right), 99))
        first, three = (100 * sum(place < n for place in places) / len(places) for n in (1, 3))
        met = first >= aim[0] and three >= aim[1]
        rows.append(
            Row(f"{what}, {name}: first / first three", f"{first:.0f}% / {three:.0f}%", f"{aim[0]} / {aim[1]}", met)
        )
    return rows


def _speed(what: str, finder: LibraryFinder, short: float, long: float) -> list[Row]:
    """Processor time of a search, 95 of 100."""
    queries = [message[kind] for message in messages() for kind in ("short", "long")]
    finder.look_up("warm up", "en")
    few = [query for query in queries if len(query.split()) <= SHORT]
    rest = [query for query in queries if len(query.split()) > SHORT]
    return [
        _at_most(f"{what}, up to {SHORT} words: ms (p95)", _p95(lambda q: finder.look_up(q, "en"), few), short),
        _at_most(f"{what}, longer: ms (p95)", _p95(lambda q: finder.look_up(q, "en"), rest), long),
    ]


def _p95(do: Callable[[str], object], queries: Sequence[str]) -> float:
    spent = []
    for query in queries:
        before = time.thread_time()
        do(query)
        spent.append((time.thread_time() - before) * 1000)
    return sorted(spent)[int(len(spent) * 0.95)]
