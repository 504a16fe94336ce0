"""`helpbot import`: Markdown articles into guides, and a report of what was placed and what could not be."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from bot.errors import HelpbotError
from bot.importer.report import Entry, Report, Status
from bot.importer.run import Order, run
from bot.importer.shape import Wishes
from bot.resources import content_dir
from dialogs.errors import os_reason

ENGLISH = "en.yaml"  # the texts that every language falls back to
_ROWS = 30  # of the table; a report in JSON has them all
_YEAR = dt.timedelta(days=365)


def import_(
    paths: Sequence[Path],
    out: Path,
    *,
    internal: bool = False,
    data: bool = False,
    questions: bool = True,
    owner: str = "Helpdesk",
    language: str = "",
    dry: bool = False,
    report_file: Path | None = None,
    as_json: bool = False,
) -> int:
    """Import, and tell what became of each article. The exit code: 1 when an article could not be imported.

    Raises `HelpbotError` where a path does not exist or can't be read or written.
    """
    wishes = Wishes(owner=owner, review=dt.datetime.now(dt.UTC).date() + _YEAR, language=language, questions=questions)
    order = Order(tuple(paths), out, wishes, internal=internal, data=data, dry=dry)
    try:
        with _bar() as bar:
            report = run(order, _advance(bar))
        whole = not dry and _completed(out)
        if report_file is not None:
            report_file.write_text(_json(report), encoding="utf-8")
    except OSError as error:
        told = f"{error.filename or out}: can't be written: {os_reason(error)}"
        raise HelpbotError(f"{told}; name another place with --out or --report") from error
    if as_json:
        typer.echo(_json(report), nl=False)
    else:
        _show(report, Console(highlight=False), report_file)
        if whole:
            typer.echo(f"{out / 'texts' / ENGLISH} was put there as it is shipped: a content folder needs it.")
    return 1 if report.count(Status.FAILED) else 0


def _completed(out: Path) -> bool:
    """Put the texts that every content folder needs into a new one; whether they were missing."""
    file = out / "texts" / ENGLISH
    if file.exists():
        return False
    file.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(content_dir() / "texts" / ENGLISH, file)
    return True


def _json(report: Report) -> str:
    return json.dumps(report.as_json(), indent=2, ensure_ascii=False) + "\n"


def _bar() -> Progress:
    """On the error stream, and only where somebody looks at it."""
    console = Console(stderr=True)
    columns = (TextColumn("Importing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _advance(bar: Progress) -> Callable[[int, int], None]:
    task = bar.add_task("import", total=None)
    return lambda done, of: bar.update(task, completed=done, total=of)


def _show(report: Report, console: Console, report_file: Path | None) -> None:
    """A table of the articles that somebody should look at (all, if they are few), then the numbers."""
    few = len(report.entries) <= _ROWS
    rows = [entry for entry in report.entries if few or _notable(entry)]
    if rows:
        console.print(_table(rows[:_ROWS]))
    if len(rows) > _ROWS:
        where = f"{report_file} has them all" if report_file else "--report FILE writes them all"
        console.print(Text(f"… and {len(rows) - _ROWS} more; {where}"))
    for one, other, share in report.twins[:_ROWS] if few else ():
        console.print(Text(f"near twins ({share:.0%}): {one} and {other}"))
    for guide, path, why in report.left[:_ROWS]:
        console.print(Text(f"{guide}.yaml stays ({path}): {why}"), soft_wrap=True)
    for line in _numbers(report):
        console.print(Text(line), soft_wrap=True)


def _notable(entry: Entry) -> bool:
    told = entry.unplaced or entry.lost or entry.remarks
    return bool(entry.status is Status.FAILED or told or entry.written == "beside")


def _table(entries: Sequence[Entry]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("Article", "Became", "Placed", "Not placed, and why"):
        table.add_column(name, overflow="fold")
    for entry in entries:
        table.add_row(*(Text(cell) for cell in (entry.path, _became(entry), _placed(entry), _unplaced(entry))))
    return table


def _became(entry: Entry) -> str:
    if entry.status is not Status.IMPORTED:
        return f"{entry.status.value}: {entry.reason}"
    files = {
        "beside": f"{entry.guide}.yaml.new: the guide was changed since",
        "kept": f"{entry.guide}, left as its author has it",
        "same": f"{entry.guide}, as before",
        "renewed": f"{entry.guide}, renewed",
    }
    return files.get(entry.written, entry.guide) + (", as questions" if entry.asks else "")


def _placed(entry: Entry) -> str:
    placed = [(count, name) for name, count in entry.placed.items() if count]
    return ", ".join(f"{count} {name.removesuffix('s') if count == 1 else name}" for count, name in placed)


def _unplaced(entry: Entry) -> str:
    return "\n".join([*(f"{what}: {why}" for what, why in entry.unplaced), *entry.remarks])


def _numbers(report: Report) -> list[str]:
    """What came of it, in a few lines."""
    counts = report.summary()
    imported = counts["imported"]
    lines = [
        f"{len(report.entries)} articles: {imported} imported, {counts['merged']} merged as exact duplicates, "
        f"{counts['left out']} left out, {counts['failed']} failed."
    ]
    if imported:
        lines.append(
            f"{counts['whole']} of {imported} without a word lost ({counts['whole'] / imported:.1%}); "
            f"offered as questions: {counts['asks']}; with something not placed: {counts['with something unplaced']}; "
            f"pairs of near twins: {counts['near twins']}."
        )
        files = [f"{count} {name.removeprefix('file ')}" for name, count in counts.items() if name.startswith("file ")]
        lines.append("Files: " + ", ".join(files) + ".")
    if beside := counts.get("file beside"):
        lines.append(f"Guides changed since their import: {beside}. What is new stands beside each, as NAME.yaml.new.")
    if report.left:
        count = f"{len(report.left)} guide{'' if len(report.left) == 1 else 's'}"
        lines.append(
            f"No article stands behind {count} of earlier imports any more. Delete the file, or keep it as your "
            "own: take its first line away."
        )
    return lines
