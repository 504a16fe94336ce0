"""What people write in Slack, in plain words and as the Markdown that crosses to the other side."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.slack_read import Rules, hear
from bot.channels.slack_words import said, spoken
from bot.errors import Refused
from dialogs.cards import rich
from tests import slack as fake

BOT = "U0BOT"


@pytest.mark.parametrize(
    ("text", "words", "mentioned"),
    [
        ("hello", "hello", False),
        ("<@U0BOT> hello", "hello", True),
        ("hi <@U0BOT>, my  VPN\nis   slow ", "hi , my VPN\nis slow", True),
        ("<@U0BOT> ask <@U0BOT>", "ask @U0BOT", True),
        ("<@U0EVE> and <@U0ANNA|anna>", "@U0EVE and @anna", False),
        ("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c", False),
        ("<https://x.example/a?b=1&amp;c>", "https://x.example/a?b=1&c", False),
        (
            "<https://x.example|the page> <http://x.example|x.example>",
            "the page (https://x.example) http://x.example",
            False,
        ),
        ("<mailto:a@b.example|a@b.example>", "a@b.example", False),
        ("<!channel> <!subteam^S1|@team> <#C1|general>", "@channel @team #general", False),
        ("&lt;!channel&gt;", "<!channel>", False),
        ("a < b", "a < b", False),
    ],
)
def test_plain_words(text: str, words: str, mentioned: bool) -> None:
    """Escapes are undone once, links show their address, and only the bot's first mention is cut out."""
    assert spoken(text, BOT) == (words, mentioned)


def section(*elements: Any) -> dict[str, Any]:
    """A paragraph."""
    return {"type": "rich_text_section", "elements": list(elements)}


def text(words: str, **style: bool) -> dict[str, Any]:
    """A stretch of text."""
    return {"type": "text", "text": words, **({"style": style} if style else {})}


def rich_text(*elements: Any) -> list[dict[str, Any]]:
    """The blocks of a message."""
    return [{"type": "rich_text", "elements": list(elements)}]


def test_formatted_words() -> None:
    """Bold, italic, code, links, lists in levels, quotes and blocks of code, as Markdown of the house."""
    mention = {"type": "user", "user_id": BOT}
    item = {"type": "rich_text_list", "style": "bullet", "indent": 1, "elements": [section(text("one"))]}
    numbered = {"type": "rich_text_list", "style": "ordered", "offset": 2, "elements": [section(text("three"))]}
    blocks = rich_text(
        section(mention, text(" try "), text("this", bold=True), text(" or "), text("x=1", code=True), text("\nnow")),
        item,
        numbered,
        {"type": "rich_text_quote", "elements": [text("they said")]},
        {"type": "rich_text_preformatted", "elements": [text("a <b>\nc")]},
        section(
            {"type": "link", "url": "https://x.example/", "text": "page"},
            {"type": "emoji", "name": "x", "unicode": "1f44d"},
        ),
    )
    assert said(blocks, BOT) == (
        "try **this** or `x=1`\nnow\n  - one\n3. three\n> they said\n```\na <b>\nc\n```\n[page](https://x.example/)👍"
    )


@pytest.mark.parametrize("blocks", [None, 5, [], [5], [{"type": "section"}], [{"type": "rich_text", "elements": 5}]])
def test_without_rich_text(blocks: Any) -> None:
    """Where there is none, nothing is made up."""
    assert said(blocks, BOT) == ""


@given(st.text())
def test_any_text(words: str) -> None:
    """Whatever is typed, it comes out as words; and what crosses pings nobody."""
    plain, _ = spoken(words, BOT)
    assert isinstance(plain, str)
    crossed = said(rich_text(section(text(words))), BOT)
    assert not any("@channel" in block.words or "@here" in block.words for block in rich.blocks(crossed))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
BODIES = [
    fake.message("hi", files=[{"id": "F1", "name": "a"}]),
    fake.said("hi", "C0ROOM", fake.ALEX),
    fake.pressed({"action_id": "helpbot-press-0", "value": "{}", "block_id": "b"}),
    fake.submitted({"callback_id": "helpbot-form", "private_metadata": "{}", "blocks": []}),
    fake.command("hi"),
]


@given(st.data())
def test_any_body(data: st.DataObject) -> None:
    """A body in which anything is anything else is refused or read: nothing else ever happens."""
    body = data.draw(st.sampled_from(BODIES))
    name = data.draw(st.sampled_from(sorted(body)))
    status = 200
    try:
        hear({**body, name: _changed(body[name], data)}, 5.0, Rules())
    except Refused as refused:
        status = refused.status
    assert status == 200 or 400 <= status < 500


def _changed(body: Any, data: st.DataObject) -> Any:
    """The body with one of its values replaced."""
    if isinstance(body, dict) and body and data.draw(st.integers(0, 4)):
        name = data.draw(st.sampled_from(sorted(body)))
        return {**body, name: _changed(body[name], data)}
    if isinstance(body, list) and body:
        return [_changed(body[0], data), *body[1:]]
    return data.draw(json_values)
