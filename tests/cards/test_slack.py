"""Cards in Block Kit keep Slack's limits and ours, and say what the other forms say."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib import import_module
from pkgutil import iter_modules

import pytest

import dialogs.cards
from dialogs.cards import blocks, slack_inputs
from dialogs.cards.base import Button, Card
from dialogs.cards.case import CaseCard
from dialogs.cards.fields import Field, Form
from dialogs.cards.file import FileCard
from dialogs.cards.menu import MenuCard, MenuItem
from dialogs.cards.notice import NoticeCard
from dialogs.cards.outcome import OutcomeCard
from dialogs.cards.rating import RatingCard
from dialogs.cards.relay import RelayCard
from dialogs.cards.slack_form import form
from dialogs.cards.slack_text import mrkdwn
from dialogs.guide import Action, Detail
from tests.cards.hand_off import CLAIMED, HAND_OFF, WAITING, case_card
from tests.cards.samples import CODE, NASTY, OUTCOME, QUESTION, SAMPLES, WAYS, YES_NO
from tests.cards.shipped import shipped_cards
from tests.cards.slack_rules import broken, broken_view, parts, presses, shown, unlike, whole

FILES: dict[str, Card] = {
    "file": FileCard("Ada Lovelace", "log <1>.txt", "12 KB", "https://bot.example/files/1", note="Good for 7 days."),
    "file-gone": FileCard("Ada Lovelace", "x.png", image=True, again=Button("Again", "file", "f-1", quiet=True)),
}
ALL = {**SAMPLES, **HAND_OFF, **FILES}


@pytest.mark.parametrize("name", ALL)
def test_sample_keeps_the_rules(name: str) -> None:
    """A card of every type, plain and awkward, breaks no rule, and everything on it can be pressed."""
    assert broken(ALL[name].blocks()) == []
    assert unlike(ALL[name]) == []


async def test_every_shipped_card_keeps_the_rules() -> None:
    """No card that the shipped guides can show breaks a rule in Slack or lacks a button."""
    cards = await shipped_cards()
    assert len(cards) > 50
    assert {name: wrong for name, card in cards.items() if (wrong := broken(card.blocks()) + unlike(card))} == {}


def test_a_card_without_a_slack_form_raises() -> None:
    """A card that would show nothing is an error, not an empty message."""
    with pytest.raises(ValueError, match="nothing would be shown"):
        form([[]])


def test_a_button_that_carries_too_much_raises() -> None:
    """What Slack would refuse is refused here, with a reason."""
    with pytest.raises(ValueError, match="Slack takes 2000"):
        replace(QUESTION, answers=(Button("Yes", "answer", "x" * 2000),)).blocks()


@pytest.mark.parametrize("count", [1, 5])
def test_up_to_five_answers_are_buttons(count: int) -> None:
    """Few answers are buttons, with what each carries."""
    card = replace(QUESTION, answers=tuple(Button(f"Answer {n}", "answer", f"a{n}") for n in range(count)), ways=())
    assert not [part for part in parts(card.blocks().last.blocks) if part["type"] == "static_select"]
    assert presses(card.blocks()) == [(f"Answer {n}", "answer", 4, f"a{n}") for n in range(count)]


@pytest.mark.parametrize("count", [6, 12, 250])
def test_more_answers_are_a_select(count: int) -> None:
    """Many answers are a select (several above a hundred) that gives back what each button carries."""
    answers = tuple(Button(f"Answer {n}", "answer", f"guide/step/{n}") for n in range(count))
    card = replace(QUESTION, answers=answers, ways=())
    assert [p for message in card.blocks().messages for p in parts(message.blocks) if p["type"] == "static_select"]
    assert broken(card.blocks()) == []
    assert presses(card.blocks()) == [(b.title, "answer", 4, b.value) for b in answers]


@pytest.mark.parametrize("values", [["a", "a"], ["x<y", "x&y"], ["l" * 90, "m" * 90], ["", "b"]])
def test_what_fits_in_no_select_stays_buttons(values: list[str]) -> None:
    """Values that a select can't carry (twice the same, signs that Slack changes, too long) come back whole all the
    same."""
    answers = tuple(Button(f"Answer {n}", "answer", value) for n, value in enumerate([*values, *"pqrstu"]))
    card = replace(QUESTION, answers=answers, ways=())
    assert broken(card.blocks()) == []
    assert presses(card.blocks()) == [(b.title, "answer", 4, b.value) for b in answers]


def test_a_menu_of_thirty_is_a_select_with_what_each_is_about() -> None:
    """Thirty guides are one select, each with its line."""
    items = tuple(MenuItem(Button(f"Guide {n}", "guide", f"guide-{n}"), f"About *matter* {n}") for n in range(30))
    card = MenuCard(1, "Topics", items)
    select = next(part for part in parts(card.blocks().last.blocks) if part["type"] == "static_select")
    assert [option["description"]["text"] for option in select["options"]] == [f"About matter {n}" for n in range(30)]
    assert unlike(card) == []


def test_long_titles_stand_whole_above_their_buttons() -> None:
    """A title that a button can't show is not cut: it stands above, whole."""
    title = "A very long title " * 9
    card = replace(QUESTION, answers=(Button(title, "answer", "yes"), YES_NO[1]), ways=(Button(title, "x"),))
    assert broken(card.blocks()) == []
    assert whole(card.blocks()).count(title.strip()) == 2


def test_a_title_of_two_lines_stands_in_its_option() -> None:
    """A select's option has a second line: a title that is too long for one goes on there."""
    first, second = "A guest can't redeem the invitation:", "Which error does the guest see? The code is enough."
    made = blocks.answers([Button(f"{first} {second} {n}", "guide", f"g{n}") for n in range(6)], 1)
    assert [block["type"] for block in made] == ["actions"]
    option = made[0]["elements"][0]["options"][0]
    assert (option["text"]["text"], option["description"]["text"]) == (first, f"{second} 0")


def test_a_single_loud_button_of_a_form_is_primary() -> None:
    """Claim is the one to press; equal answers are not told apart."""
    styled = [p["text"]["text"] for p in parts(case_card(WAITING).blocks().last.blocks) if p.get("style") == "primary"]
    assert styled == ["Claim"]
    assert not [part for part in parts(QUESTION.blocks().last.blocks) if part.get("style") == "primary"]


def test_nothing_in_a_users_words_is_a_command() -> None:
    """Mentions, links and formatting that somebody typed are shown as they were typed, and ping nobody."""
    typed = "<!channel> <@U123> <#C1|x> <https://evil.example|bank.example> *b* _i_ ~s~ `c` & &lt;!here&gt;"
    odd = HAND_OFF["case-odd"]
    assert isinstance(odd, CaseCard)
    card = replace(odd, words=(typed,), title=typed, added=typed, notice=typed, status=typed)
    made = card.blocks()
    assert broken(made) == []
    assert {part["type"] for part in parts(made.last.blocks)} & {"user", "broadcast", "channel", "mrkdwn"} == set()
    assert not [part for part in parts(made.last.blocks) if part["type"] == "link"]
    assert whole(made).replace("\u2060", "").count(typed) == 5
    assert "<!" not in json.dumps(made.last.blocks)
    assert "<" not in made.last.text


def test_a_relayed_link_shows_where_it_leads() -> None:
    """A link that bears another address as its name is shown with its own."""
    made = RelayCard("Mallory", "[bank.example](https://evil.example/x) and https://a.example/y.").blocks()
    links = [(part.get("text"), part["url"]) for part in parts(made.last.blocks) if part["type"] == "link"]
    assert links == [(None, "https://evil.example/x"), (None, "https://a.example/y")]


def test_markdown_becomes_rich_text() -> None:
    """Bold, italics, code, links, lists, numbers, quotations and code blocks are Slack's own."""
    text = (
        "**b** *i* `c` [t](https://x.example)\n- one\n  - inner\n- two\n1. first\n2. second\n> said\n> more\n"
        "```\nx = 1\n  y\n```\n4. late"
    )
    elements = [part for block in blocks.paragraphs(text) for part in block["elements"]]
    kinds = [(e["type"], e.get("style"), e.get("indent", 0)) for e in elements]
    assert kinds == [
        ("rich_text_section", None, 0),
        ("rich_text_list", "bullet", 0),
        ("rich_text_list", "bullet", 1),
        ("rich_text_list", "bullet", 0),
        ("rich_text_list", "ordered", 0),
        ("rich_text_quote", None, 0),
        ("rich_text_preformatted", None, 0),
        ("rich_text_section", None, 0),
    ]
    first = [(run["text"], run.get("style"), run.get("url")) for run in elements[0]["elements"] if run["text"] != " "]
    assert first == [
        ("b", {"bold": True}, None),
        ("i", {"italic": True}, None),
        ("c", {"code": True}, None),
        ("t", None, "https://x.example"),
    ]
    assert elements[6]["elements"] == [{"type": "text", "text": "x = 1\n  y"}]
    assert shown(elements[5]).strip() == "said\nmore"
    assert shown(elements[7]).strip() == "4. late"


def test_mrkdwn_of_a_word_for_one_person() -> None:
    """Where only mrkdwn goes, it is escaped, and its own signs are parted from what they would format."""
    assert mrkdwn("**a** *b* `c<` [d](https://x.example/?a=1&b=2)") == (
        "*a* _b_ `c&lt;` <https://x.example/?a=1&amp;b=2|d>"
    )
    assert mrkdwn("<!channel> & a_b") == "&lt;!channel&gt; &amp; a\u2060_\u2060b"


def test_code_keeps_its_lines() -> None:
    """A code block is one, to the letter."""
    made = [part for part in parts(OUTCOME.blocks().messages[0].blocks) if part["type"] == "rich_text_preformatted"]
    assert made[1]["elements"] == [{"type": "text", "text": CODE}]


def test_details_below_details_move_in() -> None:
    """Nested advice keeps its depth and its numbers."""
    inner = Detail(text="inner", details=(Detail(text="innermost", number="a)"), Detail(text="last")))
    action = Action(who="You", do="Do it.", details=(Detail(text="outer", code="x", details=(inner,)), inner))
    made = replace(OUTCOME, actions=(action,), notes=(), documents=()).blocks()
    lists = [p for p in parts(list(made.last.blocks)) if p["type"] == "rich_text_list" and "border" not in p]
    assert [(part.get("indent", 0), shown(part).strip()) for part in lists] == [
        (0, "outer"),
        (1, "inner"),
        (2, "last"),
        (0, "inner"),
        (1, "last"),
    ]
    assert whole(made).count("a)\u00a0innermost") == 2


# -- splitting


def long_outcome(steps: int) -> OutcomeCard:
    """Advice with many steps."""
    detail = Detail(text="Look at the page. " * 8, code="Get-MgUser -All", links=OUTCOME.documents)
    many = [Action(who=f"Person {n}", do="Do it. " * 30, details=(detail,), check="It is done.") for n in range(steps)]
    return replace(OUTCOME, actions=tuple(many))


@pytest.mark.parametrize("steps", [4, 30, 100])
def test_long_advice_is_split_and_whole(steps: int) -> None:
    """Advice above a limit is several messages: every step is there, in order, the question at the end, once."""
    card = long_outcome(steps)
    made = card.blocks()
    assert broken(made) == []
    assert unlike(card) == []
    assert len(made.messages) > 1
    text = whole(made)
    places = [text.index(f"Person {n}\n") for n in range(steps)]
    assert places == sorted(places)
    assert text.count("Do it.") == 30 * steps
    assert [n for n, m in enumerate(made.messages) if "Did this solve it?" in m.text] == [len(made.messages) - 1]


@pytest.mark.parametrize("steps", range(1, 12))
def test_an_answered_card_is_split_at_the_same_place(steps: int) -> None:
    """The answered form differs from the open one in its last message only: just that one is updated."""
    card = long_outcome(steps)
    answered = replace(card, answered="You answered: Not yet", ask="", answers=(), ways=(), note="").blocks()
    opened = card.blocks()
    assert [m.blocks for m in opened.messages[:-1]] == [m.blocks for m in answered.messages[:-1]]
    assert "You answered: Not yet" in answered.last.text
    assert not [part for part in parts(answered.last.blocks) if part["type"] == "actions"]


def test_a_huge_text_is_split_not_cut() -> None:
    """One text beyond every limit is shown to its last word, over several messages."""
    words = " ".join(f"word{n}" for n in range(20_000))
    for card in (NoticeCard(words), NoticeCard(words, plain=True), RelayCard("Ada", words)):
        made = card.blocks()
        assert broken(made) == []
        assert whole(made).split()[-20_000:] == words.split()


def test_a_long_list_is_split_not_cut() -> None:
    """Five hundred items of a list are all there."""
    made = NoticeCard("\n".join(f"{n}. item number {n}" for n in range(1, 501))).blocks()
    assert broken(made) == []
    assert whole(made).count("item number") == 500
    bullets = NoticeCard("\n".join(f"- {n} item" for n in range(500))).blocks()
    assert broken(bullets) == []
    assert whole(bullets).count(" item") == 500


def test_a_huge_name_and_a_huge_note_fit() -> None:
    """A link's endless name with characters that nobody sees, and labels as long as a letter, break nothing."""
    assert broken(FileCard("Ada", "0\x1b" * 754, url="https://x.example/f", note="0\U00010000" * 1239).blocks()) == []
    field = Field(
        "a", "\U00010000 " * 1200, "choice", "\U00010000 " * 900, tuple((f"{n}", "x" * 75) for n in range(20))
    )
    rating = RatingCard(1, "How was it?", (field, replace(field, id="b")), Button("Send", "rate"))
    assert broken(rating.blocks()) == []


# -- answered, forms


def test_an_answered_question_is_closed() -> None:
    """The answer is shown, nothing can be pressed."""
    made = SAMPLES["answered"].blocks()
    assert "You answered: No" in made.last.text
    assert presses(made) == []


@pytest.mark.parametrize("case", [WAITING, CLAIMED])
def test_forms_open_as_modals(case: object) -> None:
    """Each form of a case card is a button, and a view that gives back what its own button would carry."""
    card = case_card(case)  # type: ignore[arg-type]  # a Case; parametrize knows no types
    assert isinstance(card, CaseCard)
    openers = [p for p in parts(card.blocks().last.blocks) if str(p.get("action_id", "")).startswith(blocks.FORM)]
    assert [part["text"]["text"] for part in openers] == [one.title for one in card.forms]
    for opener, one in zip(openers, card.forms, strict=True):
        carried = blocks.pressed(opener)
        assert carried == (one.send.verb, card.turn, one.send.value)
        view = slack_inputs.modal(one, card.turn, "slack|T1|C1:1.2")
        assert broken_view(view) == []
        assert slack_inputs.submitted(view) == (*carried, "slack|T1|C1:1.2")


def test_what_was_typed_comes_back() -> None:
    """Texts and choices of a message or a modal, by their fields; what is empty is left out."""
    state = {
        "values": {
            "text-3": {"text": {"type": "plain_text_input", "value": "hello"}},
            "to-3": {"to": {"type": "static_select", "selected_option": {"value": "queue:x", "text": {}}}},
            "rating-3": {"rating": {"type": "radio_buttons", "selected_option": None}},
            "comment-3": {"comment": {"type": "plain_text_input", "value": None}},
        }
    }
    assert slack_inputs.typed(state) == (("text", "hello"), ("to", "queue:x"))
    assert slack_inputs.typed({"values": {"x": []}}) == slack_inputs.typed({}) == ()


def test_a_form_too_big_for_one_select_is_grouped() -> None:
    """Two hundred colleagues, and names too long for an option, can all be chosen and read."""
    long = "An endless name " * 12
    options = (*((f"agent:{n}", f"Agent {n}") for n in range(220)), ("agent:long", long))
    one = Form("Transfer this case to somebody", (Field("to", "To", "choice", options=options),), Button("Go", "case"))
    view = slack_inputs.modal(one, 1)
    assert broken_view(view) == []
    assert long.strip() in shown(view["blocks"])
    assert "Transfer this case to somebody" in shown(view["blocks"])


@pytest.mark.parametrize(
    "action",
    [
        {},
        {"action_id": "other", "value": "{}"},
        {"action_id": "helpbot-press-0"},
        {"action_id": "helpbot-press-0", "value": "[" * 99_999},
        {"action_id": "helpbot-press-0", "value": '{"helpbot":true,"verb":"x","turn":1}'},
        {"action_id": "helpbot-press-0", "value": '{"helpbot":1,"verb":"x","turn":true}'},
        {"action_id": "helpbot-press-0", "value": '{"helpbot":1,"verb":"x","turn":1.5,"value":""}'},
        {"action_id": "helpbot-choose-0|1", "selected_option": {"value": "=x"}},
        {"action_id": "helpbot-choose-0|x|answer|", "selected_option": {"value": "=x"}},
        {"action_id": "helpbot-choose-0|1|answer|", "selected_option": None},
        {"action_id": 5},
    ],
)
def test_a_foreign_press_is_none(action: dict[str, object]) -> None:
    """What no card of ours made is not read as a press."""
    assert blocks.pressed(action) is None


def test_the_text_says_what_the_blocks_say() -> None:
    """Notifications and screen readers get the same words, escaped, and the titles of what can be pressed."""
    text = OUTCOME.blocks().last.text
    for words in ("1. You", "*all* of &lt;them&gt; &amp; [more](x)", "Did this solve it?", "Yes, solved · Not yet"):
        assert words in text


def test_ids_change_with_what_they_hold() -> None:
    """A block whose content changes gets another id, as Slack asks for an updated message."""
    other = replace(QUESTION, answers=YES_NO[:2])
    ids = [[b["block_id"] for b in card.blocks().last.blocks if "block_id" in b] for card in (QUESTION, other)]
    assert set(ids[0]) & set(ids[1]) == set()


def test_ways_are_below_a_line() -> None:
    """The quiet buttons stand in a row of their own, below a line."""
    kinds = [block["type"] for block in QUESTION.blocks().last.blocks]
    assert kinds == ["rich_text", "actions", "divider", "actions"]
    assert [title for title, *_ in presses(QUESTION.blocks())][-len(WAYS) :] == [way.title for way in WAYS]


def test_a_picture_is_a_link() -> None:
    """A file with an address is a link, one without is its name: Slack refuses a message whose picture it can't get."""
    picture = FileCard("Ada", "a.png", "1 KB", "https://x.example/a", image=True)
    assert [(p["text"], p["url"]) for p in parts(picture.blocks().last.blocks) if p["type"] == "link"] == [
        ("a.png (1 KB)", "https://x.example/a")
    ]
    gone = replace(picture, url="").blocks()
    assert not [part for part in parts(gone.last.blocks) if part["type"] == "link"]
    assert "a.png (1 KB)" in gone.last.text


def test_nasty_words_are_all_there() -> None:
    """Every line of a user's awkward words is shown."""
    text = whole(SAMPLES["summary"].blocks()).replace("\u2060", "").replace("\ufffd", "\x00")
    assert [line for line in NASTY.splitlines() if line not in text] == []


def test_every_card_type_is_drawn() -> None:
    """The samples hold a card of every type there is."""
    types = {type(card).__name__ for card in ALL.values()}
    assert types == {card.__name__ for card in _card_types()}


def _card_types() -> list[type]:
    """Every class below `dialogs.cards` that draws an Adaptive Card."""
    modules = [import_module(f"dialogs.cards.{info.name}") for info in iter_modules(dialogs.cards.__path__)]
    classes = {value for module in modules for value in vars(module).values() if isinstance(value, type)}
    return [found for found in classes if "adaptive" in vars(found) and found is not Card]
