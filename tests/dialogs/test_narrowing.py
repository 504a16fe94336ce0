"""When words find no guide among many: which area is it about?"""

import json
from functools import cache
from pathlib import Path

import pytest

from dialogs import areas
from dialogs.content import load_files
from dialogs.finder import WordFinder
from dialogs.guide import Guide
from dialogs.library import Library
from tests.dialogs.talk import Talk, engine, shipped

OTHERS = sorted((Path(__file__).parents[1] / "fixtures/library/guides").glob("*.yaml"))
LOST = "my frog is ill"


@cache
def many() -> Library:
    """Twenty guides."""
    return Library({**shipped().guides, **load_files(OTHERS).guides}, shipped().texts)


async def lost() -> tuple[Talk, str]:
    """A talk in which the first words found nothing, and the answer to them."""
    talk = Talk(engine(many()))
    return talk, await talk.say(LOST)


async def test_lost_among_many_guides_asks_for_the_area() -> None:
    """It is said that there is none, the areas are offered with "none of these", and a person."""
    talk, told = await lost()
    texts = many().texts["en"]
    assert texts.unknown in told
    assert texts.area_title in told
    shown = [button.title for button, _ in talk.seen]
    assert texts.none_of_these in shown
    assert texts.way_person in shown
    assert talk.last.unanswered == LOST


async def test_an_area_offers_its_guides() -> None:
    """The chosen area's guides are offered, and one of them opens with the words that were said."""
    talk, _ = await lost()
    area = areas.areas(many(), [])[0]
    told = await talk.press(areas.title(area))
    assert many().texts["en"].mean_title in told
    assert talk.last.unanswered == ""
    offered = [b for b, _ in talk.seen if b.verb == "pick" and b.value in many().guides]
    assert 1 <= len(offered) <= 3
    assert all(area in many().tags_of(button.value) for button in offered)
    assert many().guides[offered[0].value].title in await talk.press(offered[0].title)


async def test_none_of_the_areas_asks_for_other_words() -> None:
    """Then the user tells more; lost for a second time, there is no second narrowing."""
    talk, _ = await lost()
    assert many().texts["en"].say_more in await talk.press(many().texts["en"].none_of_these)
    talk, _ = await lost()
    told = await talk.say("and my newt")
    assert many().texts["en"].unknown_again in told
    assert many().texts["en"].area_title not in told


async def test_none_of_the_guides_is_unanswered() -> None:
    """Words whose guesses were all wrong found no guide either."""
    talk = Talk(engine(many()))
    found = await WordFinder.over(many()).find("share", "en")
    told = await talk.say("share")
    assert many().texts["en"].mean_title in told, found
    assert talk.last.unanswered == ""
    await talk.press(many().texts["en"].none_of_these)
    assert talk.last.unanswered == "share"


@pytest.mark.parametrize("near", [(), ("vpn", "wifi")])
def test_what_came_near_goes_first(near: tuple[str, ...]) -> None:
    """The tags of guides that the words came near to stand before those of most guides; never more than five."""
    found = areas.areas(many(), near)
    assert 2 <= len(found) <= areas.AREAS
    if near:
        assert found[0] in many().tags_of("vpn")


def test_few_guides_have_no_areas() -> None:
    """One guide's tags are nothing to choose from where all are the same."""
    one = {"vpn": many().guides["vpn"].model_copy(update={"tags": ("network",)})}
    assert areas.areas(Library(one, many().texts), ["vpn"]) == ()


def _alike(*ids_and_tags: tuple[str, tuple[str, ...]], summary: str = "") -> list[Guide]:
    """Guides that say the same, with these ids and tags."""
    guide = many().guides["vpn"]
    change = {"summary": summary} if summary else {}
    return [guide.model_copy(update={"id": name, "tags": tags, **change}) for name, tags in ids_and_tags]


def test_guides_of_one_title_are_told_apart() -> None:
    """By a tag that the others lack, else by words of the id; those that nothing sets apart are one choice."""
    vpn = many().guides["vpn"].title

    def titles(*ids_and_tags: tuple[str, tuple[str, ...]]) -> list[tuple[str, str]]:
        return [(guide.id, title) for guide, title in areas.told_apart(_alike(*ids_and_tags))]

    assert titles(("a", ("net", "office")), ("b", ("net", "at-home"))) == [
        ("a", f"{vpn} (office)"),
        ("b", f"{vpn} (at home)"),
    ]
    assert titles(("vpn-public", ()), ("vpn-china", ()), ("vpn", ())) == [
        ("vpn-public", f"{vpn} (public)"),
        ("vpn-china", f"{vpn} (china)"),
        ("vpn", vpn),
    ]
    assert titles(("vpn-1a2b3c4d", ()), ("vpn-99", ())) == [("vpn-1a2b3c4d", vpn)]
    assert titles(("vpn", ())) == [("vpn", vpn)]
    others = [*_alike(("vpn-1a2b3c4d", ())), *_alike(("vpn-99", ()), summary="Otherwise.")]
    assert [title for _, title in areas.told_apart(others)] == [vpn, vpn]


async def test_no_two_choices_look_the_same() -> None:
    """What the bot offers beside each other can be told apart, and what was chosen opens."""
    guides = {guide.id: guide for guide in _alike(("vpn", ("office",)), ("vpn-hotel", ("hotel",)))}
    talk = Talk(engine(Library({**shipped().guides, **guides}, shipped().texts)))
    told = await talk.say("the vpn drops")
    assert many().texts["en"].mean_title in told
    assert "(office)" in told
    assert "(hotel)" in told
    await talk.say("hotel")
    state = json.dumps(talk.last.state)
    assert '"vpn-hotel"' in state
    assert '"vpn"' not in state


async def test_no_two_topics_look_the_same() -> None:
    """At the top, guides of one title are one topic; a number opens what it stands before."""
    guides = {guide.id: guide for guide in _alike(("vpn", ("office",)), ("vpn-hotel", ("hotel",)))}
    talk = Talk(engine(Library({**guides, "wifi": many().guides["wifi"], **shipped().guides}, shipped().texts)))
    await talk.say("hello")
    topics = [button.value for button, _ in talk.seen if button.verb == "guide"]
    assert topics == ["vpn", "wifi", "guest-cannot-redeem"]
    await talk.say("2")
    assert '"wifi"' in json.dumps(talk.last.state)
