"""Content: what is loaded, and how every mistake of an author is told."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel

from dialogs.content import check_files, load
from dialogs.errors import ContentError
from dialogs.guide import Action, Answer, Detail, Guide, Link, Outcome, Question, Source
from dialogs.model_mistakes import MEANING
from dialogs.texts import Texts
from tests.dialogs.samples import ROOT, VPN, folder, problems, spoilt, told


def test_a_good_folder(tmp_path: Path) -> None:
    """A folder without mistakes becomes a library of its guides and texts."""
    library = load(folder(tmp_path, vpn=VPN))
    guide = library.guide("vpn")
    assert guide is not None
    assert list(library.guides) == ["vpn"]
    assert library.guide("frog") is None
    question, advice = guide.steps["reboot"], guide.steps["done"]
    assert isinstance(question, Question)
    assert isinstance(advice, Outcome)
    assert [(answer.id, answer.label, answer.means) for answer in question.answers] == [
        ("yes", "Yes", "yes"),
        ("no", "No", "no"),
    ]
    assert str(guide.review) == "2027-01-31"


def test_the_shipped_content_has_no_mistakes() -> None:
    """What is in `content/` loads."""
    library = load(ROOT / "content")
    assert library.guides
    assert "en" in library.texts


def test_the_library_does_not_change(tmp_path: Path) -> None:
    """Neither the library nor its tables can be written to."""
    library = load(folder(tmp_path, vpn=VPN))
    with pytest.raises(TypeError):
        library.guides["x"] = library.guides["vpn"]  # type: ignore[index]  # that it can't be done is the point


@pytest.mark.parametrize(
    ("locale", "found"),
    [
        ("en", "en"),
        ("en-US", "en"),
        ("EN_us", "en"),
        ("pt-BR", "pt-br"),
        ("pt-BR-x-1", "pt-br"),
        ("pt-PT", "pt"),
        ("ptx", "en"),
        ("zh-Hant-TW", "en"),
        ("", "en"),
    ],
)
def test_texts_by_locale(tmp_path: Path, locale: str, found: str) -> None:
    """The exact locale's texts, else the language's, else English, however the platform writes it."""
    content = folder(tmp_path, vpn=VPN)
    for name in ("pt", "pt-BR"):
        shutil.copy(content / "texts" / "en.yaml", content / "texts" / f"{name}.yaml")
    library = load(content)
    assert library.say(locale) is library.texts[found]


MISTAKES = yaml.safe_load((Path(__file__).parent / "mistakes.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake["new"].strip()[:40] or "removed")
def test_one_mistake(tmp_path: Path, mistake: dict[str, Any]) -> None:
    """Each mistake is told once, at its line, in plain words, with the fix, and nothing that only follows from it."""
    assert told(tmp_path, mistake["old"], mistake["new"]) == mistake["told"]


def test_dead_ends(tmp_path: Path) -> None:
    """Questions that lead only to each other are told as one dead end; so is one that leads to itself."""
    loop = VPN.replace("        goto: done\n", "        goto: again\n").replace(
        "  done:\n",
        "  again:\n    ask: Sure?\n    again: Really?\n    short: Sure\n    answers:\n"
        "      - {id: yes, label: Yes, goto: twice}\n      - {id: no, label: No, goto: twice}\n"
        "  twice:\n    ask: Quite sure?\n    again: Really sure?\n    short: Quite\n    answers:\n"
        "      - {id: yes, label: Yes, goto: again}\n      - {id: no, label: No, goto: done}\n"
        "  done:\n",
    )
    assert problems(tmp_path / "a", vpn=loop) == []
    stuck = spoilt(loop, "{id: no, label: No, goto: done}", "{id: no, label: No, goto: again}")
    found = [problem.what for problem in problems(tmp_path / "b", vpn=stuck)]
    assert found == [
        'dead end: the answers of "again", "twice" only lead round in a circle',
        'no answer leads to step "done"',
    ]
    itself = stuck.replace("goto: twice}", "goto: again}")
    assert 'dead end: every answer of "again" leads back to it' in [
        p.what for p in problems(tmp_path / "c", vpn=itself)
    ]


def test_all_mistakes_of_all_files_at_once(tmp_path: Path) -> None:
    """Every file's mistakes come in one error, by file and line, and nothing is loaded."""
    content = folder(tmp_path, a="id: a\n", b=VPN.replace("goto: done", "goto: doen").replace("label: No", "lable: No"))
    (content / "guides" / "c.yml").write_text(VPN)
    (content / "guides" / "d.yaml").write_bytes(b"\xff")
    (content / "guides" / "e.talk.yaml").write_text("not a guide")
    (content / "guides" / ".f.yaml").write_text("an editor's")
    (content / "texts" / "German!.yaml").write_text("words: {}\n")
    with pytest.raises(ContentError) as caught:
        load(content)
    found = caught.value.problems
    assert found == sorted(found)
    by_file = {Path(problem.file).name: sum(p.file == problem.file for p in found) for problem in found}
    assert list(by_file) == ["a.yaml", "b.yaml", "c.yml", "d.yaml", "German!.yaml"]
    assert by_file["a.yaml"] == 8
    assert by_file["b.yaml"] == 3
    assert str(caught.value).count("\n") == len(found) - 1
    assert 'rename it to "c.yaml"' in str(caught.value)
    assert '"German!" is not a language tag' in str(caught.value)


def test_a_key_twice_hides_no_other_mistake(tmp_path: Path) -> None:
    """A key that stands there twice is told together with the rest, and with nothing that only follows from it."""
    found = problems(tmp_path, vpn=f"{VPN.replace('goto: call', 'goto: cal')}  done:\n    outcome: Again\n")
    assert [problem.what for problem in found] == [
        'step "reboot" goes to "cal", which does not exist',
        'the key "done" stands here twice (first in line 27)',
    ]


def test_the_same_id_twice(tmp_path: Path) -> None:
    """Two guides with one id are told, with the place of the first, even when one has other mistakes."""
    found = problems(tmp_path, vpn=spoilt(VPN, "owner: Network team\n", ""), vpn2=VPN)
    assert [problem.what for problem in found] == [
        'the file has no "owner"',
        f'another guide has the id "vpn": {tmp_path / "guides" / "vpn.yaml"}:1',
    ]


def test_an_empty_folder(tmp_path: Path) -> None:
    """A folder without guides and texts says what it lacks."""
    with pytest.raises(ContentError) as caught:
        load(tmp_path)
    assert [problem.what for problem in caught.value.problems] == ["there is no guide here", "this file is missing"]


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """A missing file, and a folder named like a file, are mistakes, not tracebacks."""
    (tmp_path / "folder.yaml").mkdir()
    found = check_files([tmp_path / "none.yaml", tmp_path / "folder.yaml"])
    assert [problem.what for problem in found] == [
        "can't be read: is a directory",
        "can't be read: no such file or directory",
    ]


def test_check_files(tmp_path: Path) -> None:
    """Single files are checked by themselves: guides anywhere, texts in a folder named so."""
    content = folder(tmp_path, vpn=VPN)
    english = content / "texts" / "en.yaml"
    assert check_files([content / "guides" / "vpn.yaml", english]) == []
    english.write_text(english.read_text(encoding="utf-8") + "frog: quak\n", encoding="utf-8")
    (problem,) = check_files([english])
    assert problem.what == 'unknown key "frog"'
    assert problem.line == english.read_text(encoding="utf-8").count("\n")


def test_texts_that_fill_in_what_is_not_given(tmp_path: Path) -> None:
    """Every wrong {place} is told at its sentence's line, whatever else is wrong in the file."""
    content = folder(tmp_path, vpn=VPN)
    english = content / "texts" / "en.yaml"
    lines = english.read_text(encoding="utf-8").splitlines()
    number = next(i for i, line in enumerate(lines) if line.startswith("solved_no:"))
    lines[number] = 'solved_no: "{nothing}"'
    desk = next(i for i, line in enumerate(lines) if line.startswith("  joined:"))
    lines[desk] = '  joined: "{somebody}"'
    english.write_text("\n".join([*lines, "frog: quak"]), encoding="utf-8")
    first, second, third = check_files([english])
    assert (first.line, second.line) == (number + 1, desk + 1)
    assert '"solved_no" fills in {nothing}' in first.what
    assert '"desk.joined" fills in {somebody}' in second.what
    assert third.what == 'unknown key "frog"'


def test_the_version_is_that_of_what_is_said(tmp_path: Path) -> None:
    """Comments, quotes, line breaks and the order of keys leave the version; words change it."""

    def version(name: str, text: str) -> str:
        guide = load(folder(tmp_path / name, vpn=text)).guide("vpn")
        assert guide is not None
        return guide.version

    (tmp_path / "x").mkdir()
    first = version("a", VPN)
    assert len(first) == 12
    assert int(first, 16) >= 0
    looks = VPN.replace("owner: Network team\n", "").replace(
        "title: The VPN drops", "# ours\nowner: 'Network team'\ntitle: >-\n  The VPN\n  drops"
    )
    assert version("b", looks) == first
    assert version("c", VPN.replace("The VPN drops", "The VPN drops.")) != first
    assert version("d", VPN.replace("goto: done", "goto: x").replace("  done:", "  x:")) != first


def test_every_required_field_is_explained() -> None:
    """What a missing field is for can be told: the table of meanings has just the required fields of the models."""
    models: list[type[BaseModel]] = [Guide, Question, Outcome, Answer, Action, Detail, Link, Source]
    required = {name for model in models for name, field in model.model_fields.items() if field.is_required()}
    assert set(MEANING) == required


def test_models_can_be_walked() -> None:
    """Texts and guides hold no unions of models but the steps, which are told apart by their keys."""
    for model in (Guide, Question, Outcome, Answer, Action, Detail, Link, Source, Texts):
        for name, field in model.model_fields.items():
            inner = [arg for arg in get_args(field.annotation) if isinstance(arg, type) and issubclass(arg, BaseModel)]
            assert len(inner) <= 1 or name == "steps"


def test_loading_is_fast(tmp_path: Path) -> None:
    """A guide of usual size takes a few milliseconds at most: 12,000 of them are to load in 20 seconds."""
    content = folder(tmp_path, **{f"vpn-{i}": VPN.replace("id: vpn\n", f"id: vpn-{i}\n") for i in range(300)})
    begin = time.process_time()
    assert len(load(content).guides) == 300
    assert time.process_time() - begin < 300 * 20 / 12_000 * 2  # twice: other tests may keep the machine warm
