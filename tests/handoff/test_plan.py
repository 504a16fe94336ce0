"""`desk.yaml`: what an author decides, checked like the guides."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.handoff.case import ALPHABET, ID_LENGTH, new_id
from bot.handoff.plan import PLAIN, DeskPlan, Hours
from bot.handoff.plan_file import load_plan, read_plan
from bot.resources import content_dir
from dialogs.errors import ContentError
from tests.stand import library

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = Hours.model_validate(
    {"zone": "Europe/Berlin", "days": {"mon": ["08:00-12:00", "13:00-17:00"], "sun": ["00:00-24:00"]}}
)


def problems(folder: Path, text: str) -> list[str]:
    """What is wrong with this file, as `line: what; fix`; a guide "vpn" lies beside it."""
    (folder / "guides").mkdir(exist_ok=True)
    (folder / "guides" / "vpn.yaml").write_text("", encoding="utf-8")
    path = folder / "desk.yaml"
    path.write_text(text, encoding="utf-8")
    return [str(problem).partition("desk.yaml:")[2] for problem in read_plan(path)[1]]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("default: a\nqueues: {a: {title: A, tag: [x]}}\n", '2: unknown key "tag"'),
        ("default: b\nqueues: {a: {title: A}}\n", 'names the queue "b", which does not exist'),
        ("default: a\nqueues:\n  a: {title: A, next: a}\n", 'hands on to "a", which is no other queue'),
        ("default: a\nqueues:\n  a: {title: A, hours: office}\n", 'has the hours "office", which do not exist'),
        ("default: a\nqueues: {a: {title: A}}\nlimits: {remind: 0}\n", "3:"),
        ("default: a\nqueues: {a: {title: A}}\nrelay: some\n", "3:"),
        ("default: a\nqueues: {a: {title: A}}\nhours: {o: {zone: Europe/Berln, days: {}}}\n", '"Europe/Berln" is no'),
        ("default: a\nqueues: {a: {title: A}}\nhours: {o: {zone: UTC, days: {mon: ['9-5']}}}\n", "3:"),
        ("default: a\nqueues: {a: {title: A}}\nhours: {o: {zone: UTC, days: {mon: ['12:00-09:00']}}}\n", "ends before"),
        (
            "default: a\nqueues:\n  a: {title: A, guides: [vpm]}\n",
            'the guide "vpm", which does not exist; did you mean',
        ),
        (
            "default: a\nqueues:\n  a: {title: A, guides: [vpn]}\n  b: {title: B, guides: [vpn]}\n",
            'which the queue "a"',
        ),
    ],
)
def test_mistakes(tmp_path: Path, text: str, told: str) -> None:
    """Each mistake is told once, with its line and what to do."""
    (found,) = problems(tmp_path, text)
    assert told in found
    with pytest.raises(ContentError):
        load_plan(tmp_path)


def test_the_shipped_plan() -> None:
    """The shipped file is right, and says the defaults; without a file there is one queue that is always open."""
    plan = load_plan(content_dir())
    assert plan.limits == PLAIN.limits
    assert (plan.relay, plan.prefix) == (PLAIN.relay, PLAIN.prefix)
    assert load_plan(content_dir() / "guides") == PLAIN


def test_routes() -> None:
    """A guide goes to the queue that names it, then to one that names a tag of it, else to the default."""
    guide = library().guides["guest-cannot-redeem"]
    queues = {"a": {"title": "A"}, "b": {"title": "B", "tags": [guide.tags[0]]}}
    assert DeskPlan.model_validate({"default": "a", "queues": queues}).queue_for(guide) == "b"
    queues = {**queues, "c": {"title": "C", "guides": [guide.id]}}
    plan = DeskPlan.model_validate({"default": "a", "queues": queues})
    assert (plan.queue_for(guide), plan.queue_for(None)) == ("c", "a")


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-11-23 08:00", None),
        ("2026-11-23 11:59", None),
        ("2026-11-23 12:00", "2026-11-23 13:00"),
        ("2026-11-23 17:00", "2026-11-29 00:00"),
        ("2026-11-29 23:59", None),
        ("2026-03-29 02:30", None),  # the hour that the clocks leave out
        ("2026-10-25 02:30", None),  # the hour that comes twice
    ],
)
def test_opening(moment: str, opens: str | None) -> None:
    """Open within the spans of the day, in their zone; else when it opens next, over nights and the clocks' changes."""
    at = dt.datetime.strptime(moment, "%Y-%m-%d %H:%M").replace(tzinfo=BERLIN).timestamp()
    found = OFFICE.opening(at)
    assert (found and f"{found:%Y-%m-%d %H:%M}") == opens


@pytest.mark.parametrize(
    ("moment", "minutes", "then"),
    [
        ("2026-11-23 08:00", 10, "2026-11-23 08:10"),
        ("2026-11-23 11:55", 10, "2026-11-23 13:05"),
        ("2026-11-23 11:50", 10, "2026-11-23 13:00"),  # at the closing itself nobody is there
        ("2026-11-23 12:30", 10, "2026-11-23 13:10"),
        ("2026-11-23 16:59", 1441, "2026-11-30 08:00"),  # the Sunday before has 24 hours
        ("2026-03-29 01:59", 62, "2026-03-29 04:01"),
        ("2026-10-25 01:59", 62, "2026-10-25 02:01"),
    ],
)
def test_later(moment: str, minutes: float, then: str) -> None:
    """Only open minutes count, over pauses, nights, holidays and the clocks' changes."""
    at = dt.datetime.strptime(moment, "%Y-%m-%d %H:%M").replace(tzinfo=BERLIN).timestamp()
    found = OFFICE.later(at, minutes * 60.0)
    assert f"{dt.datetime.fromtimestamp(found, BERLIN):%Y-%m-%d %H:%M}" == then


@given(start=st.integers(0, 14 * 1440), minutes=st.integers(1, 600))
def test_later_counts_open_minutes(start: int, minutes: int) -> None:
    """From a moment to `later`, exactly so many minutes are open ones, and it is open then."""
    at = dt.datetime(2026, 10, 19, tzinfo=BERLIN).timestamp() + start * 60.0
    found = OFFICE.later(at, minutes * 60.0)
    assert OFFICE.opening(found) is None
    assert sum(OFFICE.opening(at + n * 60.0) is None for n in range(int((found - at) / 60.0))) == minutes


def test_never_open_says_some_day() -> None:
    """Hours without a day still give a time, so that every timer has one."""
    closed = Hours.model_validate({"zone": "UTC", "days": {}})
    found = closed.opening(0.0)
    assert found is not None
    assert found.timestamp() > 0
    assert 0 < closed.later(0.0, 60.0) < 400 * 86400.0


def test_ids_are_easy_to_read_aloud() -> None:
    """No vowels, no two signs of a pair that look alike; every id has the prefix and its length."""
    assert not set(ALPHABET) & set("AEIOUY01")
    assert all(not {a, b} <= set(ALPHABET) for a, b in ("8B", "5S", "2Z", "6G", "UV"))
    assert len(set(ALPHABET)) == len(ALPHABET)
    made = new_id("HD", bytes(range(250, 258 - 2)) + b"\x00\x01")
    assert made.startswith("HD-")
    assert len(made) == 3 + ID_LENGTH
    assert set(made[3:]) <= set(ALPHABET)
