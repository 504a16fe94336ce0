"""A library of twelve thousand: imported, checked, and imported again, within the time that authors will bear."""

from __future__ import annotations

import random
import resource
import time
from pathlib import Path

import pytest

from bot.importer.report import Status
from bot.importer.run import Order, run
from dialogs.content import check_files, yaml_files
from tests.commands.test_main import run as helpbot
from tests.importer.articles import header
from tests.importer.build import WISHES
from tests.soak.scale import Say, chance, scaled

pytestmark = pytest.mark.soak

ARTICLES = 12_000
WORDS = ["kettle", "lamp", "water", "button", "cold", "hot", "red", "press", "open", "close", "wait", "door", "page"]


def sentence(dice: random.Random, words: int) -> str:
    """Some words, with a link or a command here and there."""
    made = " ".join(dice.choices(WORDS, k=words)).capitalize() + "."
    if dice.random() < 0.3:
        made += f" See [the {dice.choice(WORDS)} page](https://kettles.example/{dice.randrange(10**6)})."
    if dice.random() < 0.2:
        made += f" Type `kettle --{dice.choice(WORDS)} <name>`."
    return made


def article(dice: random.Random, number: int) -> str:
    """An article of the usual length: a lead, steps with what is nested in them, documents."""
    title = f"Kettle {number}: {' '.join(dice.choices(WORDS, k=5))}"
    lines = [
        header(title, articleId=str(number)),
        f"# {title}",
        "",
        sentence(dice, 30),
        "",
        "## **Recommended steps**",
        "",
    ]
    for n in range(1, dice.randrange(2, 8)):
        lines.append(f"{n}. {sentence(dice, dice.randrange(8, 40))}<br>")
        if dice.random() < 0.4:
            lines += ["", f" {sentence(dice, 20)}", ""]
        if dice.random() < 0.3:
            lines += [f"   - {sentence(dice, 10)}" for _ in range(3)]
    lines += ["", "## **Recommended documents**"]
    lines += [
        f"* [{sentence(dice, 6)}](https://kettles.example/{dice.randrange(10**6)})" for _ in range(dice.randrange(5))
    ]
    return "\n".join(lines) + "\n"


def test_a_library_of_twelve_thousand(tmp_path: Path, say: Say) -> None:
    """Imported at 300 articles a second of one core; checked in less than 20 seconds; imported again, all the same."""
    count = scaled(ARTICLES, least=500)
    dice = chance("a library", say)
    library = tmp_path / "library"
    for n in range(count):
        folder = library / f"area-{n % 97}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"kettle-{n}.md").write_text(article(dice, n), encoding="utf-8")
    before = time.process_time()
    report = run(Order((library,), tmp_path, WISHES))
    speed = count / (time.process_time() - before)
    say(f"imported {count} articles, {speed:.0f} a second")
    assert report.count(Status.IMPORTED) == report.whole() == count
    guides = tmp_path / "guides"
    assert [str(problem) for problem in check_files(yaml_files(guides)) if not problem.warning] == []
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = used.ru_utime + used.ru_stime
    assert helpbot(tmp_path, "check", "guides").returncode == 0
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = used.ru_utime + used.ru_stime - cpu
    say(f"helpbot check: {cpu:.1f} s of the processor")
    again = run(Order((library,), tmp_path, WISHES))
    assert {entry.written for entry in again.entries} == {"same"}
    assert cpu < 20 * count / ARTICLES + 1
    assert speed > 100  # `make bench-content` says how fast it is; a busy machine is no mistake
