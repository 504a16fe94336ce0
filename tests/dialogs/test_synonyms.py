"""`synonyms.yaml`: what it may hold, and how mistakes are told."""

from pathlib import Path

import pytest

from dialogs.content import check_files, content_files, load

CONTENT = Path(__file__).parents[2] / "content"


def told(folder: Path, text: str, name: str = "synonyms.yaml") -> list[str]:
    """The mistakes of a file that holds this, without its name."""
    (folder / name).write_text(text, encoding="utf-8")
    return [str(p).partition(f"{name}:")[2] for p in check_files([folder / name])]


def test_the_shipped_synonyms_are_read() -> None:
    """They are content like any other: checked, and part of the library, under their language."""
    assert CONTENT / "synonyms.yaml" in content_files(CONTENT)
    groups = load(CONTENT).synonyms["en"]
    assert any({"guest", "B2B", "external user"} <= set(group) for group in groups)
    assert any({"MFA", "second factor"} <= set(group) for group in groups)


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("- [guest, B2B]\n- guest\n", '2: this entry is not a list of words; write it like "- [guest, external user]"'),
        ("- [guest]\n", "1: a word alone has no synonym; add what means the same, or remove the entry"),
        ("- [guest, a b c d]\n", '1: "a b c d" has 4 words; use at most 3'),
        ("- [guest, B2B, Guest]\n", '1: "Guest" stands in this group twice; remove one'),
        ("-\n  - guest\n  - '??'\n", "3: there is no word here; write a word, in quotes if it is odd"),
        ("-\n  - guest\n  - [b]\n", "3: there is no word here; write a word, in quotes if it is odd"),
        ("guest: B2B\n", '1: the file is not a list; begin each entry with "- "'),
    ],
)
def test_a_mistake_is_told_at_its_line(tmp_path: Path, text: str, mistake: str) -> None:
    """Each mistake with its line and the fix, like those of guides."""
    assert told(tmp_path, text) == [mistake]


def test_each_language_has_its_own(tmp_path: Path) -> None:
    """The language stands in the file's name; one that is no language is told."""
    assert told(tmp_path, "- [Gast, Externer]\n", "synonyms.de.yaml") == []
    assert told(tmp_path, "- [a, b]\n", "synonyms.1.yaml") == [
        '1: "1" is not a language tag; use names like "synonyms.de.yaml"'
    ]
