"""Cards as Microsoft's own renderer draws them, in headless Chromium."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from dialogs.cards.base import Card
from dialogs.turn import Press
from tests.cards.drawing import Drawer, Drawn
from tests.cards.hand_off import HAND_OFF, TEXTS
from tests.cards.hosts import HOSTS
from tests.cards.rules import actions, elements, forms, inputs
from tests.cards.samples import NASTY, SAMPLES
from tests.cards.shipped import shipped_cards

pytestmark = pytest.mark.e2e
WIDTHS = (320, 600)
ALL = {**SAMPLES, **HAND_OFF}
FORMS = [
    (name, form["title"]) for name, card in HAND_OFF.items() for form in forms(card.adaptive()) if name != "case-odd"
]


@pytest.fixture(scope="module")
def shipped() -> dict[str, Card]:
    """Every card that the shipped guides can show."""
    return asyncio.run(shipped_cards())


@pytest.fixture(scope="module")
def drawer(shipped: dict[str, Card]) -> Iterator[Drawer]:
    """A browser with the renderer. It comes after the shipped cards, for it holds the thread's event loop."""
    with Drawer() as made:
        yield made


def words(text: str) -> str:
    """Without spaces and without what can't be seen."""
    return "".join(text.replace("\u2060", "").split())


def amiss(card: Card, drawn: Drawn) -> list[str]:
    """What is wrong with a card as drawn: an event, something too wide, a word or a button that is missing."""
    made = card.adaptive()
    wrong = [*drawn.events, *drawn.wide]
    wrong += ["the page scrolls sideways"] if drawn.scrolls else []
    text, inside = words(drawn.text), list(elements(made))
    runs = [element["text"] for element in inside if element["type"] == "TextRun"]
    wrong += [f"{run!r} is not to be seen" for run in runs if words(run) not in text]
    heads = [element for element in inside if element.get("style") == "heading"]
    wrong += ["headings are missing"] if len(drawn.headings) != len(heads) else []
    shown = {action["title"] for action in actions(made, opened=False) if action.get("mode") != "secondary"}
    wrong += [f"no button {title!r}" for title in shown - set(drawn.buttons)]
    return wrong


def all_amiss(drawer: Drawer, cards: dict[str, Card], width: int, host: str) -> dict[str, list[str]]:
    """What is wrong with which of the cards, drawn fifty at a time."""
    found: dict[str, list[str]] = {}
    names = list(cards)
    for start in range(0, len(names), 50):
        some = names[start : start + 50]
        drawn = drawer.draw_all([cards[name].adaptive() for name in some], width, host)
        found |= {name: amiss(cards[name], one) for name, one in zip(some, drawn, strict=True)}
    return {name: wrong for name, wrong in found.items() if wrong}


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ALL)
def test_sample_is_drawn(drawer: Drawer, name: str, width: int, host: str) -> None:
    """A card of every type is drawn whole, without a warning, on a phone and beside a chat, in every look."""
    card = ALL[name]
    assert amiss(card, drawer.draw(card.adaptive(), width, host)) == []


@pytest.mark.parametrize(("name", "title"), FORMS)
def test_a_form_opens_and_sends_what_was_filled_in(drawer: Drawer, name: str, title: str) -> None:
    """A form opens whole on a phone, asks for what is missing, and sends its own inputs, found by their plain names."""
    made = HAND_OFF[name].adaptive()
    form = next(form for form in forms(made) if form["title"] == title)
    send = actions(form["card"])[-1]
    drawer.draw(made)
    assert drawer.press(title) is None
    opened = drawer.look()
    assert [*opened.events, *opened.wide] == []
    assert [i["label"] for i in inputs(form["card"]) if words(i["label"]) not in words(opened.text)] == []
    if not all("value" in i for i in inputs(form["card"])):
        assert drawer.press(send["title"]) is None
        assert any(i["errorMessage"] in drawer.look().text for i in inputs(form["card"]) if i.get("isRequired"))
    wanted = fill_in(drawer, form["card"])
    sent = drawer.press(send["title"])
    assert sent is not None
    assert {key: text for key, text in sent["data"].items() if key not in send["data"]} == wanted
    press = Press(sent["verb"], 0, sent["data"]["value"], tuple(wanted.items()))
    assert all(press.field(key.partition("-")[2]) == text for key, text in wanted.items())


def test_a_rating_is_not_given_by_accident(drawer: Drawer) -> None:
    """Nothing is chosen beforehand: sending asks for a choice, skipping does not, and what was chosen is sent."""
    card = HAND_OFF["rating"].adaptive()
    drawer.draw(card)
    assert drawer.press(TEXTS.desk.rating_send) is None
    skipped = drawer.press(TEXTS.desk.rating_skip)
    assert skipped is not None
    assert (skipped["verb"], "solved" in skipped["data"]) == ("skip-rating", False)
    wanted = fill_in(drawer, card)
    sent = drawer.press(TEXTS.desk.rating_send)
    assert sent is not None
    assert {key: sent["data"][key] for key in wanted} == wanted
    assert wanted["solved"] == "yes"


def fill_in(drawer: Drawer, part: dict[str, Any]) -> dict[str, str]:
    """Choose the first of every choice and write into every box below `part`; what must be sent, by id."""
    wanted = {}
    for one in inputs(part):
        place = drawer.page.get_by_label(one["label"]).last
        if one["type"] == "Input.Text":
            place.fill("some words")
            wanted[one["id"]] = "some words"
            continue
        first = one["choices"][0]
        if one["style"] == "compact":
            place.select_option(first["value"])
        else:
            drawer.page.locator(f'input[type=radio][value="{first["value"]}"]').first.check()
        wanted[one["id"]] = first["value"]
    return wanted


@pytest.mark.parametrize(("width", "host"), [(320, "light"), (600, "dark")])
def test_every_shipped_card_is_drawn(drawer: Drawer, shipped: dict[str, Card], width: int, host: str) -> None:
    """Every card that the shipped guides can show is drawn whole, on a phone and beside a chat, without a warning."""
    assert all_amiss(drawer, shipped, width, host) == {}


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("width", WIDTHS)
def test_one_shipped_card_of_each_heading_is_drawn(
    drawer: Drawer, shipped: dict[str, Card], width: int, host: str
) -> None:
    """Each question, advice and menu of the shipped guides is drawn whole, in every width and look."""
    kinds = {f"{type(c)} {getattr(c, 'ask', '')} {getattr(c, 'title', '')}": c for c in shipped.values()}
    assert all_amiss(drawer, kinds, width, host) == {}


def test_the_words_of_a_user_are_drawn_to_the_letter(drawer: Drawer) -> None:
    """Markdown, HTML, links and date functions that a user typed are shown as typed, and nothing of them works."""
    drawn = drawer.draw(SAMPLES["summary"].adaptive())
    seen = words(drawn.text)
    assert [line for line in NASTY.replace("\x00", "\ufffd").splitlines() if words(line) not in seen] == []
    assert drawn.links == []


def test_links_lead_to_their_addresses(drawer: Drawer) -> None:
    """Every link of an outcome is one, with its title and its present address; a former address is none."""
    drawn = drawer.draw(SAMPLES["outcome"].adaptive())
    addresses = [url for _, url in drawn.links]
    assert ("B2B collaboration frequently asked questions (FAQ)", addresses[-1]) == drawn.links[-1]
    assert all(url.startswith("https://learn.microsoft.com/") for url in addresses)
    assert len(addresses) == 4


@pytest.mark.parametrize("name", ["question", "question-noted", "menu", "outcome"])
def test_every_answer_is_pressed_by_its_name(drawer: Drawer, name: str) -> None:
    """Each option, button or box, is a button by role and title, and its press carries verb, turn and value."""
    card = SAMPLES[name]
    drawer.draw(card.adaptive())
    for option in card.options():
        drawer.page.get_by_role("button", name=option.title, exact=True).click()
        pressed = drawer.page.evaluate("window.pressed.at(-1)")
        assert (pressed["type"], pressed["verb"]) == ("Action.Execute", option.verb)
        assert pressed["data"]["value"] == option.value
        assert pressed["data"]["turn"] == getattr(card, "turn", None)


def test_boxes_are_reached_by_the_keyboard(drawer: Drawer) -> None:
    """A box with a long title takes the focus and is pressed with Enter, as a button is."""
    card = SAMPLES["menu"]
    drawer.draw(card.adaptive())
    drawer.page.get_by_role("button", name=card.options()[0].title, exact=True).focus()
    drawer.page.keyboard.press("Enter")
    assert drawer.page.evaluate("window.pressed.at(-1)")["data"]["value"] == card.options()[0].value


def test_a_card_that_breaks_the_rules_is_noticed(drawer: Drawer) -> None:
    """The renderer's warnings are heard: an unknown element makes one."""
    card = SAMPLES["question"].adaptive()
    assert drawer.draw({**card, "body": [*card["body"], {"type": "CodeBlock", "codeSnippet": "x"}]}).events
