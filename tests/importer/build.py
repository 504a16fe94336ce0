"""Imports articles in tests, and looks at what came of them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from bot.importer.article import read
from bot.importer.convert import Converted, Converter
from bot.importer.inline import parser
from bot.importer.report import Entry, Report
from bot.importer.run import Order, run
from bot.importer.shape import Wishes
from dialogs.content import read_guide
from dialogs.guide import Action, Detail, Guide, Outcome
from dialogs.source import parse

WISHES = Wishes(review=dt.date(2027, 1, 31))
CONVERTER = Converter(parser(), WISHES)


def converted(text: str | bytes, path: str = "kitchen/kettle.md") -> Converted:
    """What one article becomes."""
    return CONVERTER.convert(read(text if isinstance(text, bytes) else text.encode()), "kettle", [path])


def guide_of(made: Converted) -> Guide:
    """The guide that was made, read by the loader."""
    doc, problems = parse(made.text.encode(), "kettle.yaml")
    assert doc is not None, problems
    guide, mistakes = read_guide(doc)
    assert guide is not None, [str(mistake) for mistake in mistakes]
    return guide


def imported(text: str | bytes) -> Guide:
    """The guide of an article that loses no word and has no mistakes."""
    made = converted(text)
    assert made.problems == ()
    assert made.lost == ()
    return guide_of(made)


def advice(guide: Guide) -> Outcome:
    """The whole advice of an imported guide."""
    outcome = guide.steps["advice"]
    assert isinstance(outcome, Outcome)
    return outcome


def told(part: Action | Detail) -> list[str]:
    """The texts of an action or a detail, those nested in it further in."""
    below = [f"  {text}" for detail in part.details for text in told(detail)]
    mark = f"{part.number} " if isinstance(part, Detail) and part.number else ""
    return [mark + (part.do if isinstance(part, Action) else part.text), *below]


def written(folder: Path, articles: dict[str, bytes]) -> Path:
    """The articles as files below a folder."""
    for path, raw in articles.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(raw)
    return folder


def import_all(folder: Path, articles: dict[str, bytes], *, internal: bool = False, data: bool = False) -> Report:
    """Import these articles into `folder/content`."""
    library = written(folder / "library", articles)
    return run(Order((library,), folder / "content", WISHES, internal=internal, data=data))


def entry(report: Report, path: str) -> Entry:
    """What became of the article at this path."""
    return next(e for e in report.entries if e.path == path)
