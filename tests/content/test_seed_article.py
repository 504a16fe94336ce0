"""The guest guide carries the whole article that it comes from: every sentence of its steps, every link."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dialogs import content
from dialogs.guide import Action, Detail, Guide, Link, Outcome, Question

CONTENT = Path(__file__).parents[2] / "content"


@dataclass(frozen=True)
class Article:
    """The article's parts, read roughly: enough for this one file."""

    title: str
    article_id: str
    steps: tuple[str, ...]  # one a numbered step, its nested paragraphs included
    documents: tuple[tuple[str, str], ...]  # title, address

    def sentences(self, step: int) -> list[str]:
        """The sentences of a step (from 0)."""
        return re.split(r"(?<=\.)\s+(?=[A-Z])", self.steps[step])


def squeezed(text: str) -> str:
    """One kind of apostrophe and of white space: what an editor may change in it without changing a word."""
    return " ".join(text.replace("\u2019", "'").split())


@pytest.fixture(scope="module")
def guide() -> Guide:
    """The shipped guide."""
    return content.load(CONTENT).guides["guest-cannot-redeem"]


@pytest.fixture(scope="module")
def article(guide: Guide) -> Article:
    """The article in the file that the guide names as its source."""
    file = guide.sources[0].file
    assert file is not None
    text = (CONTENT / file).read_text(encoding="utf-8-sig")
    head, _, body = text.partition("/>")
    steps, _, documents = body.partition("## **Recommended documents**")
    steps = steps.partition("## **Recommended steps**")[2]
    title = re.search(r'pageTitle="([^"]+)"', head)
    article_id = re.search(r'articleId="([^"]+)"', head)
    assert title is not None
    assert article_id is not None
    return Article(
        title=title[1],
        article_id=article_id[1],
        steps=tuple(squeezed(step) for step in re.split(r"^\d+\. ", steps, flags=re.M)[1:]),
        documents=tuple(re.findall(r"^\* \[(.+?)\]\((\S+?)\)", documents, flags=re.M)),
    )


def outcomes(guide: Guide) -> dict[str, Outcome]:
    """The guide's advice by step id."""
    return {name: step for name, step in guide.steps.items() if isinstance(step, Outcome)}


def parts(outcome: Outcome) -> Iterator[Action | Detail]:
    """Everything in an outcome that can carry a mark."""
    for action in outcome.actions:
        yield action
        yield from action.details
    yield from outcome.notes


def from_article(outcome: Outcome) -> str:
    """What the outcome marks as the article's own words."""
    texts = (part.do if isinstance(part, Action) else part.text for part in parts(outcome) if part.mark == "article")
    return squeezed(" ".join(texts))


def links(guide: Guide) -> list[Link]:
    """Every link of the guide, documents included."""
    found = list(guide.documents)
    for outcome in outcomes(guide).values():
        for part in parts(outcome):
            found += part.links
    return found


def test_the_article_is_read_as_it_stands(article: Article) -> None:
    """The rough reading of this test finds both steps, the paragraphs below step 2, and five documents."""
    assert [len(article.sentences(n)) for n in range(len(article.steps))] == [3, 5]
    assert len(article.documents) == 5
    assert article.steps[1].endswith("on-premises Active Directory.")


def test_title_and_id_stand_in_the_sources(guide: Guide, article: Article) -> None:
    """The guide says which article it comes from, by title and by id."""
    assert guide.sources[0].title == article.title
    assert guide.sources[0].article == article.article_id


def test_both_questions_come_first(guide: Guide) -> None:
    """Whoever invited a guest is first asked for the e-mail, then for the error."""
    role = guide.steps["role"]
    received = guide.steps["received"]
    assert guide.start == "role"
    assert isinstance(role, Question)
    assert isinstance(received, Question)
    assert [answer.goto for answer in role.answers if answer.id == "inviter"] == ["received"]
    assert [answer.goto for answer in received.answers if answer.id == "yes"] == ["error"]


@pytest.mark.parametrize(("step", "outcome"), [(0, "no-mail"), (1, "account-missing")])
def test_every_sentence_of_a_step_is_in_its_outcome(guide: Guide, article: Article, step: int, outcome: str) -> None:
    """Each step of the article is whole in one outcome, word for word and in its order, marked as the article's."""
    kept = from_article(outcomes(guide)[outcome])
    places = [kept.find(sentence) for sentence in article.sentences(step)]
    missing = [s for s, place in zip(article.sentences(step), places, strict=True) if place < 0]
    assert not missing, missing
    assert places == sorted(places)


def test_an_error_that_nobody_knows_leads_to_the_second_step(guide: Guide) -> None:
    """Received, an error, and no more to say: the article's second step, with the documents."""
    question = guide.steps["which-error"]
    assert isinstance(question, Question)
    assert [answer.goto for answer in question.answers if answer.means == "not_sure"] == ["account-missing"]
    assert outcomes(guide)["account-missing"].documents


def test_every_link_of_the_article_is_kept(guide: Guide, article: Article) -> None:
    """Each address in the article stands in the guide, as the present one or beside it as the former one."""
    given = re.findall(r"https://[^\s)]+", " ".join(article.steps)) + [url for _, url in article.documents]
    kept = {address for link in links(guide) for address in (link.url, link.was)}
    assert len(given) == 6
    assert set(given) <= kept


def test_every_document_keeps_its_title_and_has_its_present_address(guide: Guide, article: Article) -> None:
    """The five documents, in their order, each with the former address and a present one that differs."""
    assert [(link.title, link.was) for link in guide.documents] == list(article.documents)
    assert all(link.url.startswith("https://learn.microsoft.com/") for link in guide.documents)


def test_the_setting_is_kept_and_its_successor_stands_beside_it(guide: Guide, article: Article) -> None:
    """The article's setting is in the outcome; the command to copy is today's, never the retired module's."""
    outcome = outcomes(guide)["account-missing"]
    setting = "`-AllowEmailVerifiedUsers to true`"
    assert setting in article.steps[1]
    assert setting in from_article(outcome)
    codes = [part.code for o in outcomes(guide).values() for part in parts(o) if part.code]
    assert any("AllowEmailVerifiedUsersToJoinOrganization" in code for code in codes)
    assert not any("Msol" in code for code in codes)
    today = " ".join(part.text for part in parts(outcome) if isinstance(part, Detail) and part.mark == "today")
    assert "MSOnline" in today
