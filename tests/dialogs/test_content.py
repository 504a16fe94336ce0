"""Content: what is loaded, and how every mistake of an author is told."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import get_args

import pytest
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
    [("en", "en"), ("en-US", "en"), ("EN_us", "en"), ("pt-BR", "pt-br"), ("pt-PT", "pt"), ("pt", "pt"), ("", "en")]
    + [("zh-Hant-TW", "en"), ("pt-BR-x-1", "pt-br"), ("ptx", "en")],
)
def test_texts_by_locale(tmp_path: Path, locale: str, found: str) -> None:
    """The exact locale's texts, else the language's, else English, however the platform writes it."""
    content = folder(tmp_path, vpn=VPN)
    for name in ("pt", "pt-BR"):
        shutil.copy(content / "texts" / "en.yaml", content / "texts" / f"{name}.yaml")
    library = load(content)
    assert library.say(locale) is library.texts[found]


CASES = [
    # missing, unknown and empty
    ("title: The VPN drops\n", "", ['1: the file has no "title"; add "title: …", what it is called']),
    ("    short: Restarted\n", "", ['13: step "reboot" has no "short"; add "short: …", a few words that name the question']),
    ("        goto: done\n", "", ['22: answer 2 of step "reboot" has no "goto"; add "goto: …", the name of the step that comes next']),
    ("summary: The", "sumary: The", ['3: unknown key "sumary"; did you mean "summary"?']),
    ("label: No", "lable: No", ['23: unknown key "lable" in answer 2 of step "reboot"; did you mean "label"?']),
    ("          - title: Numbers", "          - titel: Numbers", ['40: unknown key "titel" in link 1 of action 1 of step "call"; did you mean "title"?']),
    ("id: vpn\n", "id: vpn\nfrog: 1\n", ['2: unknown key "frog"; the keys known here are: id, title, summary, phrases, tags, owner, review, sources, start, steps, documents']),
    ("id: vpn\n", "id: vpn\nversion: 1\n", ['2: the key "version" is filled in by the bot; remove it']),
    ("owner: Network team", "owner:", ['7: "owner" is empty; write something there, or remove it']),
    ("    short: Restarted", "    short: Restarted\n    hint: >", ['17: "hint" of step "reboot" is empty; write something there, or remove it']),
    ("    actions:\n      - who: You\n        do: Restart the computer.\n", "    actions:\n", ['30: "actions" of step "done" is empty; write something there, or remove it']),
    # wrong kinds of values
    ("  - vpn drops\n  - no vpn\n", "  vpn drops\n", ['4: "phrases" is not a list; begin each entry with "- " on a line of its own']),
    ("  - vpn drops\n  - no vpn\n", "  []\n", ['4: "phrases" has no entries; give at least 1']),
    ("  - vpn drops", "  - vpn: drops", ["5: phrase 1 is not a text; put it in quotes if it holds a colon"]),
    ("start: reboot", "start: [reboot]", ['11: "start" is a list, but one text is wanted; remove the "- "']),
    ("      - who: You\n        do: Restart the computer.\n", "      - Restart\n", ['31: action 1 of step "done" is not made of keys and values; write lines like "key: value" there']),
    ("review: 2027-01-31", "review: January", ['8: "review" is not a date: "January"; write it like 2027-01-31']),
    ("review: 2027-01-31", "review: 2027", ['8: "review" is not a date: "2027"; write it like 2027-01-31']),
    ("review: 2027-01-31", "review: 2027-02-30", ['8: "review" is not a date: "2027-02-30"; write it like 2027-01-31']),
    ("    cause: Not restarted", "    cause: Not restarted\n    documents: maybe", ['30: "documents" of step "done" can\'t be "maybe"; write yes or no']),
    ("means: no", "means: nope", ['24: "means" of answer 2 of step "reboot" can\'t be "nope"; use one of: "yes", "no" or "not_sure"']),
    ("label: No", "label: " + "x" * 61, ['23: "label" of answer 2 of step "reboot" is too long (61 characters); use at most 60']),
    ("https://example.com/numbers", "http://example.com/", ['41: "url" of link 1 of action 1 of step "call" is not an https link: "http://example.com/"; give the address that begins with https://']),
    ("https://example.com/numbers", "https://example.com/a b", ['41: "url" of link 1 of action 1 of step "call" is not a web address: "https://example.com/a b"; write blanks as %20, and no < > or quotes']),
    ("id: vpn\n", "id: VPN\n", ['1: "id" can\'t be "VPN"; use small letters, digits and single hyphens, like "vpn"']),
    # questions and outcomes
    ("    ask: Did", "    aks: Did", ['14: unknown key "aks" in step "reboot"; did you mean "ask"?']),
    ("    outcome: Restart", "    outcom: Restart", ['28: unknown key "outcom" in step "done"; did you mean "outcome"?']),
    ("    ask: Did", "    question: Did", ['13: step "reboot" neither asks nor advises; a question begins with "ask: …", advice with "outcome: …"']),
    ("    cause: Not restarted", "    cause: Not restarted\n    ask: Really?", ['27: step "done" both asks and advises; keep "ask" for a question or "outcome" for advice, and move the other to a step of its own']),
    ("steps:\n  reboot:\n", "steps:\n  frog: jumps\n  reboot:\n", ['13: step "frog" is not made of keys and values; give it "ask" or "outcome"']),
    # the graph
    ("goto: done", "goto: doen", ['26: step "reboot" goes to "doen", which does not exist; did you mean "done"?']),
    ("goto: done", "goto: frog", ['26: step "reboot" goes to "frog", which does not exist; the steps are: reboot, done, call']),
    ("start: reboot", "start: rebot", ['11: the guide starts at "rebot", which does not exist; did you mean "reboot"?']),
    ("goto: done", "goto: call", ['27: no answer leads to step "done"; let an answer go to it, or remove it']),
    ("start: reboot", "start: done", ['13: no answer leads to step "reboot"; let an answer go to it, or remove it', '33: no answer leads to step "call"; let an answer go to it, or remove it']),
    # answers that can't be told apart
    ("      - id: no\n", "      - id: yes\n", ['22: answers 1 and 2 of step "reboot" have the same id "yes"; give each an id of its own']),
    ("means: no\n", "means: yes\n", ['24: answers 1 and 2 of step "reboot" both mean "yes"; remove it from one of them']),
    ("label: No\n", "label: ' YES'\n", ['23: answers 1 and 2 of step "reboot" are both said " YES"; remove it from one: the bot could not know which is meant']),
    ("[not yet]", "[not yet, 'yes  ']", ['25: answers 1 and 2 of step "reboot" are both said "yes  "; remove it from one: the bot could not know which is meant']),
    # the file
    ("id: vpn\n", "id: vpm\n", ['1: the id "vpm" is not the name of the file; write "id: vpn", or rename the file']),
    ("id: vpn\n", "id: vpn\nid: vpn\n", ['2: the key "id" stands here twice (first in line 1); remove or rename one']),
    ("    ask: Did", "\task: Did", ["14: there is a tab at the beginning of this line; indent with blanks"]),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), CASES)
def test_one_mistake(tmp_path: Path, old: str, new: str, expected: list[str]) -> None:
    """Each mistake is told once, at its line, in plain words, with the fix, and nothing that only follows from it."""
    assert told(tmp_path, old, new) == expected


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
    assert by_file["a.yaml"] == 9
    assert by_file["b.yaml"] == 3
    assert str(caught.value).count("\n") == len(found) - 1
    assert 'rename it to "c.yaml"' in str(caught.value)
    assert '"German!" is not a language tag' in str(caught.value)


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
    """A wrong {place} in a sentence is told at that sentence's line."""
    content = folder(tmp_path, vpn=VPN)
    english = content / "texts" / "en.yaml"
    lines = english.read_text(encoding="utf-8").splitlines()
    number = next(i for i, line in enumerate(lines) if line.startswith("solved_no:"))
    lines[number] = 'solved_no: "{nothing}"'
    english.write_text("\n".join(lines), encoding="utf-8")
    (problem,) = check_files([english])
    assert problem.line == number + 1
    assert '"solved_no" fills in {nothing}' in problem.what


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
