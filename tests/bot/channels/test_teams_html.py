"""The formatted form of a Teams message: what of it goes across."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.teams_html import MOST, markdown
from bot.channels.teams_read import translate
from bot.channels.teams_render import relayed
from dialogs.cards.relay import RelayCard
from dialogs.cards.rich import literal, read, write
from tests import activities

SERVICE = "https://smba.trafficmanager.net/teams/"
MENTION = '<span itemscope itemtype="http://schema.skype.com/Mention" itemid="0">Help</span>'
# Pieces of what Teams sends, of what it never does, and of what an attacker would.
PIECES = st.sampled_from(
    (
        "<p>",
        "</p>",
        "<strong>",
        "</strong>",
        "<em>",
        "</em>",
        "<code>",
        "</code>",
        "<pre>",
        "</pre>",
        "<ul>",
        "<li>",
        "</li>",
        "</ul>",
        "<ol start=3>",
        "</ol>",
        "<blockquote>",
        "</blockquote>",
        "<br>",
        "<a href='https://evil.example/x'>",
        '<a href="javascript:alert(1)">',
        '<a href="https://a.example/(b">',
        "</a>",
        "<script>",
        "</script>",
        "<!--",
        "-->",
        MENTION,
        "<at>all</at>",
        "<img alt=x itemtype='http://schema.skype.com/Emoji'>",
        "&lt;at&gt;all&lt;/at&gt;",
        "&nbsp;",
        "[bank.example](https://evil.example)",
        "@everyone ",
        "**",
        "*",
        "`",
        "```\n",
        "\\",
        "- ",
        "1. ",
        "> ",
        "https://bank.example",
        "word ",
        "\n",
        "<",
        ">",
        "&",
    )
)
HTML = st.lists(PIECES | st.text(max_size=5), max_size=25).map("".join)


@pytest.mark.parametrize(
    ("html", "text", "said"),
    [
        ("<p>a <strong>b</strong> <i>c</i> <code>d*</code></p>", "a b c d*", "a **b** *c* `d*`"),
        ("<p>a</p><p>&nbsp;</p><p>b<br>c</p>", "a\n\nb\nc", ""),
        ("<ul><li>a</li><li>b<ol><li>c</li><li>d</li></ol></li></ul>", "a b c d", "- a\n- b\n  1. c\n  2. d"),
        ('<ol start="3"><li><p>a</p></li></ol>', "3. a", "3. a"),
        ("<blockquote><p>a</p><p>b</p></blockquote>c", "a b c", "> a\n> b\nc"),
        ("<pre><code>if a:\n  b</code></pre>", "if a: b", "```\nif a:\n  b\n```"),
        ('<a href="https://x.example/?b=1&amp;c=2">a page</a>', "a page", "[a page](https://x.example/?b=1&c=2)"),
        (
            'see <a href="https://x.example/a">the <b>page</b></a>',
            "see the page",
            "see [the page](https://x.example/a)",
        ),
        ('<a href="http://x.example/">page</a>', "page", "page (http://x.example/)"),
        ('<a href="javascript:x">page</a>', "page", "page (javascript:x)"),
        ("<p>so*no*t <b>b</b></p>", "so*no*t b", "so\\*no\\*t **b**"),
        ('a <img itemtype="http://schema.skype.com/Emoji" alt="\U0001f600"> <b>b</b>', "a b", "a \U0001f600 **b**"),
        (f"<p>{MENTION}&nbsp;do <b>it</b></p>", "do it", "do **it**"),
        ("<p><b>something else</b></p>", "a word", ""),
        ("<b>a</b><script>b</script><style>c</style>", "a", "**a**"),
        ("no tags", "no tags", ""),
    ],
)
def test_formatting(html: str, text: str, said: str) -> None:
    """Bold, italic, code, lists, quotes, links; nothing where there is none, or where the words are others."""
    assert markdown(html, text, ["Help"], True) == said


def test_an_answered_message_stays_on_its_side() -> None:
    """What an agent quotes of the thread is not passed on, even where the text holds it; a user's quote is."""
    quote = '<blockquote itemtype="http://schema.skype.com/Reply"><b>Ben</b><p>a secret</p></blockquote>'
    html = f"{quote}<p>do <b>it</b></p>"
    assert markdown(html, "do it", [], False) == "do **it**"
    assert markdown(html, "Ben a secret do it", [], True) == "> **Ben**\n> a secret\ndo **it**"


@given(HTML)
def test_any_html_is_safe(html: str) -> None:
    """No exception, no tag, no mention of everybody, and no link that bears another address than its own; and written
    and read again it is the same."""
    text = " ".join(re.sub(r"<[^<>]*>", " ", html).split()) or "word"
    for said in (markdown(html, text, ["Help"], True), markdown(html, re.sub(r"\W", "", html), [], False), html):
        shown = relayed(RelayCard("Eve", said))
        assert not re.search(r"<[A-Za-z/!?]", shown)
        assert "@everyone" not in re.sub(r"`[^`]*`", "", shown.replace("```", "`"))
        words = re.sub(r"```.*?```|`[^`]*`", "", shown, flags=re.DOTALL)
        for title, url in re.findall(r"\[([^\]]*)\]\(([^)]*)\)", words):
            assert "example" not in title
            assert url.startswith("https://")
        assert write(read(write(read(said)))) == write(read(said))


@given(st.text())
def test_typed_words_come_back(text: str) -> None:
    """What was typed as it is means nothing but itself."""
    lines = [block.words for block in read(literal(text))]
    assert "\n".join(lines) == text


@pytest.mark.parametrize(
    "html",
    ["<a ", "<!--", "<b>", "&#", "</p>", "<![CDATA[", "<p><b>x", "<a b='", "<ul><li>x", "<a href=\"'", "<i>x</i> "],
)
def test_reading_takes_no_time(html: str) -> None:
    """The worst that fits is read in a moment."""
    began = time.process_time()
    markdown(html * (MOST // len(html)), "x", [], True)
    assert time.process_time() - began < 2.0


def test_a_formatted_message() -> None:
    """The words are the text's, their formatting the HTML's; a file's place is handed on, not looked at."""
    html = {"contentType": "text/html", "content": f"<p>{MENTION} it is <b>red</b></p>"}
    picture = {"contentType": "image/*", "contentUrl": f"{SERVICE}v3/attachments/1/views/original"}
    sent = activities.mention(SERVICE, "it is red", activities.PERSONAL, attachments=[html, picture])
    envelope = translate(sent, "t", 5.0)
    assert envelope is not None
    assert (envelope.incoming.text, envelope.body) == ("it is red", "it is **red**")
    assert [(f.name, f.url, f.kind) for f in envelope.files] == [("image.png", picture["contentUrl"], "image/*")]


def test_words_that_are_markdown_already() -> None:
    """Where the text itself is Markdown it is taken as that; where it is plain, as it stands."""
    typed = translate(activities.activity("message", SERVICE, text="**a** b", textFormat="markdown"), "t", 5.0)
    plain = translate(activities.message(SERVICE, "**a** b"), "t", 5.0)
    assert typed is not None
    assert plain is not None
    assert (typed.body, plain.body) == ("**a** b", "\\*\\*a\\*\\* b")


@pytest.mark.parametrize(
    ("attachment", "problem"),
    [
        ({"contentType": "application/vnd.microsoft.card.adaptive", "content": {}}, "kind"),
        ({"contentType": "image/png"}, "elsewhere"),
        ({"contentType": "image/png", "contentUrl": "data:image/png;base64,AA AA"}, "elsewhere"),
        ({"contentType": "application/vnd.microsoft.teams.file.download.info", "content": "x"}, "elsewhere"),
    ],
)
def test_what_cannot_be_fetched_is_known(attachment: dict[str, object], problem: str) -> None:
    """Nothing that came with a message is dropped: what can't be had has a reason."""
    envelope = translate(activities.message(SERVICE, "", attachments=[attachment]), "t", 5.0)
    assert envelope is not None
    assert [file.problem for file in envelope.files] == [problem]
