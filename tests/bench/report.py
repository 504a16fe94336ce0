"""What was measured, in words: a table for the terminal, a page and a picture for the docs. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from pathlib import Path
from statistics import median

from tests.bench.contest import Measure

FLOOR = "bare aiohttp (the floor)"
SQLITE = "helpbot, SQLite"
PG = "helpbot, PostgreSQL"
AGENTS = "Microsoft 365 Agents SDK, echo"
SQLITE_1 = "helpbot, SQLite, one turn at a time"
PG_1 = "helpbot, PostgreSQL, one turn at a time"
STOCK = "stock botbuilder, two-question waterfall"

Results = Mapping[str, Sequence[Measure]]


@dataclass(frozen=True, slots=True)
class Setting:
    """When, where and how long. load: what the machine was busy with before, as a load average."""

    rounds: int
    machine: str
    python: str
    day: date
    load: float


@dataclass(frozen=True, slots=True)
class Target:
    """A ratio that is to be reached: `of` to `to`, at most `most`."""

    words: str
    of: str
    to: str
    most: float


TARGETS = (
    Target("SQLite, to the floor (aim 2)", SQLITE, FLOOR, 3.0),
    Target("SQLite, to the stock waterfall", SQLITE, STOCK, 1 / 12),
    Target("SQLite, to the Agents SDK's echo", SQLITE, AGENTS, 1 / 2),
    Target("PostgreSQL, to SQLite, 16 connections", PG, SQLITE, 1.5),
    Target("PostgreSQL, to SQLite, one connection", PG_1, SQLITE_1, 2.0),
)
_PAGE = Path(__file__).with_name("page.md")
_ORDER = (FLOOR, SQLITE, PG, SQLITE_1, PG_1, AGENTS, STOCK)


def ratios(results: Results, target: Target) -> list[float]:
    """The target's ratio in each round."""
    return [of.cpu / to.cpu for of, to in zip(results[target.of], results[target.to], strict=True)]


def table(results: Results) -> list[list[str]]:
    """Rows of cells, the heading first. CPU: median and range over the rounds; the others: median."""
    floor = _mid(results[FLOOR], _cpu)
    rows = [["", "CPU ms a turn", "range", "x floor", "turns/s", "p50 ms", "p99 ms", "memory MB"]]
    for name in _ORDER:
        of = results[name]
        cpu = [measure.cpu for measure in of]
        rows.append(
            [
                name,
                f"{median(cpu):.2f}",
                f"{min(cpu):.2f}-{max(cpu):.2f}",
                f"{median(cpu) / floor:.1f}",
                f"{_mid(of, lambda m: m.rate):.0f}",
                f"{_mid(of, lambda m: m.p50):.1f}",
                f"{_mid(of, lambda m: m.p99):.1f}",
                f"{of[-1].memory:.0f}",
            ]
        )
    return rows


def verdicts(results: Results) -> list[list[str]]:
    """Each target: what is asked, what was measured, whether that is enough."""
    rows = [["", "at most", "median", "range", ""]]
    for target in TARGETS:
        found = ratios(results, target)
        middle = median(found)
        shown = [_ratio(target.most), _ratio(middle), f"{_ratio(min(found))} to {_ratio(max(found))}"]
        rows.append([f"CPU: {target.words}", *shown, _met(middle <= target.most)])
    floor = _mid(results[FLOOR], lambda m: m.p99)
    for name in (SQLITE, PG):
        slowest = [measure.p99 for measure in results[name]]
        most = 1.5 * floor + 20
        shown = [f"{most:.0f} ms", f"{median(slowest):.0f} ms", f"{min(slowest):.0f} to {max(slowest):.0f} ms"]
        rows.append([f"p99: {name} (1.5 times the floor's and 20 ms)", *shown, _met(median(slowest) <= most)])
    return rows


def printed(results: Results) -> str:
    """Both tables for the terminal."""
    return f"{_aligned(table(results))}\n\n{_aligned(verdicts(results))}\n\n{_busy(results)}"


def written(results: Results, setting: Setting) -> str:
    """The page."""
    return _PAGE.read_text(encoding="utf-8").format(
        day=setting.day.isoformat(),
        rounds=setting.rounds,
        machine=setting.machine,
        python=setting.python,
        table=_markdown(table(results)),
        verdicts=_markdown(verdicts(results)),
        noise=_noise(setting),
        busy=_busy(results),
    )


def picture(results: Results) -> str:
    """Bars of CPU time a turn, as SVG that reads in light and in dark pages."""
    bars = [(name, _mid(results[name], _cpu)) for name in _ORDER if name not in (SQLITE_1, PG_1)]
    longest = max(value for _, value in bars)
    rows = []
    for number, (name, value) in enumerate(bars):
        top, width = 44 + number * 44, max(3, 400 * value / longest)
        colour = "#2563eb" if name in (SQLITE, PG) else "#8b949e"
        rows.append(
            f'<text x="16" y="{top + 17}">{escape(name)}</text>'
            f'<rect x="310" y="{top}" width="{width:.0f}" height="24" rx="3" fill="{colour}"/>'
            f'<text x="{318 + width:.0f}" y="{top + 17}" class="value">{value:.2f}</text>'
        )
    height = 44 + len(bars) * 44
    body = "\n".join(rows)
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 780 {height}" role="img">
<title>CPU time of a turn, server by server</title>
<style>text {{ font: 14px system-ui, sans-serif; fill: #1f2328 }} .head, .value {{ font-weight: 600 }}</style>
<rect width="780" height="{height}" rx="6" fill="#ffffff"/>
<text x="16" y="26" class="head">CPU milliseconds of one turn; shorter is better</text>
{body}
</svg>
"""


def _mid(measures: Sequence[Measure], of: Callable[[Measure], float]) -> float:
    return median(of(measure) for measure in measures)


def _cpu(measure: Measure) -> float:
    return measure.cpu


def _ratio(value: float) -> str:
    """0.0833 as 1/12."""
    return f"1/{1 / value:.1f}".removesuffix(".0") if value < 0.6 else f"{value:.2f}"


def _met(good: bool) -> str:
    return "reached" if good else "**not reached**"


def _noise(setting: Setting) -> str:
    before = f"The load average was {setting.load:.1f} at the start"
    if setting.load < 0.5:
        return f"{before}: a quiet machine."
    return (
        f"{before}: other work ran on the same cores meanwhile. "
        "That makes latencies longer, turns/s fewer, and CPU a turn somewhat more."
    )


def _busy(results: Results) -> str:
    busy = [f"{_mid(results[name], lambda m: m.load_busy):.0%} ({name})" for name in (FLOOR, SQLITE, STOCK)]
    return f"The load used of its own core: {', '.join(busy)}."


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    plain = [[cell.replace("**", "") for cell in row] for row in rows]
    return "\n".join(
        "  ".join(
            cell.ljust(w) if n == 0 else cell.rjust(w) for n, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in plain
    )


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    head, *body = rows
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
