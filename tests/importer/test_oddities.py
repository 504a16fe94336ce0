"""Everything odd that articles hold, one by one."""

from __future__ import annotations

import pytest

from bot.importer.article import read
from tests.importer import articles
from tests.importer.build import advice, converted, guide_of, imported, told


def test_title_steps_and_documents() -> None:
    """A usual article: its lead, its steps with links, its documents, and where it comes from."""
    guide = imported(articles.PLAIN)
    outcome = advice(guide)
    assert (guide.title, guide.sources[0].path, guide.sources[0].article) == (
        "The kettle stays cold",
        "kitchen/kettle.md",
        "k-1",
    )
    assert outcome.intro == "The lamp is lit, yet the water stays cold."
    assert outcome.actions_title == "Recommended steps"
    assert [action.do for action in outcome.actions] == [
        "Look at the plug. Is it in the wall?",
        "Press the **red** button, see [the manual](https://kettles.example/manual#red).",
    ]
    assert guide.documents_title == "Recommended documents"
    assert [(link.title, link.url) for link in guide.documents] == [
        ("How kettles work", "https://kettles.example/how"),
        ("All lamps, with pictures", "https://kettles.example/lamps"),
    ]


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        (articles.ODD_QUOTES, "pagetitle", "Odd quotes"),
        (articles.ODD_QUOTES, "description", "It''s odd"),
        (articles.ODD_QUOTES, "service", "kitchen"),
        (articles.ODD_QUOTES, "articleid", "q-7"),
        (articles.AFTER_TITLE, "pagetitle", "Header below"),
        (articles.TWICE, "pagetitle", "First header"),
        (articles.SIGNS, "pagetitle", "Signs &amp; letters"),
        (articles.FRONT, "title", "Front matter: a kettle"),
        ('<properties pageTitle="Not closed"\n service="x"\n\n# Title\n\nText <br/>\n', "service", "x"),
        ('<properties description="uses <br/> inside"\n service="x" />\n# Title\n', "service", "x"),
    ],
)
def test_headers(text: str, field: str, value: str) -> None:
    """A header is read whatever its quotes, its case and its place; front matter, too."""
    assert read(text.encode()).header[field] == value


@pytest.mark.parametrize("text", [articles.ODD_QUOTES, articles.AFTER_TITLE, articles.TWICE, articles.FRONT])
def test_no_header_stays_in_the_body(text: str) -> None:
    """Nothing of a header is taken for the article's words, and no word for a header."""
    body = read(text.encode()).body
    assert "roperties" not in body
    assert "/>" not in body
    assert "text" in body.lower()
    imported(text)


def test_windows_letters() -> None:
    """An article in Windows-1252 keeps its letters, and that is told."""
    article = read(articles.ARTICLES["kitchen/cp1252.md"])
    assert "5 €, “really”" in article.body
    assert article.remarks == ("read as Windows-1252: it is not UTF-8",)


def test_text_below_a_number_belongs_to_it() -> None:
    """Paragraphs and code that stand too far left are in the step above them, the last step's too, if farther in."""
    outcome = advice(imported(articles.UNDER_INDENTED))
    assert [told(action) for action in outcome.actions] == [
        ["Ask whether the letter came. Look in the drawer, too."],
        [
            "If it came, the lock may be old.",
            "  Then ask for a key: [https://locks.example/keys](https://locks.example/keys) and turn `-TwiceLeft`.",
            "  Or take the other door.",
        ],
        ["Close it."],
    ]
    assert [(note.text, note.code) for note in outcome.notes] == [("", "lock --close"), ("Thank you.", None)]


def test_numbers_that_restart() -> None:
    """`1.` again and again is one list; a text that begins another list begins a section."""
    outcome = advice(imported(articles.RESTARTS))
    assert [told(action) for action in outcome.actions] == [
        ["Fill in water.", "  Use cold water only."],
        ["Switch it on:", "  the lamp is lit", "  it hums"],
        ["Wait."],
    ]
    section = outcome.sections[0]
    assert section.intro == "To empty it:"
    assert [action.do for action in section.actions] == ["Unplug it.", "Pour the water out."]


def test_bullets_are_steps() -> None:
    """Bullets below the heading of the steps are steps; tabs nest them; `<br>` at their end is nothing."""
    outcome = advice(imported(articles.BULLETS))
    assert [told(action) for action in outcome.actions] == [
        ["Stand up"],
        ["Walk", "  slowly at first", "    then faster"],
        ["Sit down"],
    ]


def test_paragraphs_are_steps() -> None:
    """Paragraphs below the heading of the steps are steps; code belongs to the one above it."""
    outcome = advice(imported(articles.PARAGRAPHS))
    assert [(action.do, action.code) for action in outcome.actions] == [
        ("Open the lid.", None),
        ("Run this:", "Get-Water -Cold | Where-Object { $_.Clean }"),
        ("Close the lid.", None),
    ]
    assert outcome.actions_title == "Recommended steps"


def test_html() -> None:
    """Lists, links, films and tables in HTML are what they are; code between them is no HTML."""
    outcome = advice(imported(articles.HTML))
    assert outcome.intro == "Read **this** first.\nIt is short."
    assert [told(action) for action in outcome.actions] == [
        ["Open [the blue page](https://kettles.example/a%20b)."],
        ["Paste:"],
        ["Go on", "  left", "  right"],
    ]
    assert outcome.actions[1].code == '<lid state="open" />'
    notes = [text for note in outcome.notes for text in told(note)]
    assert "[A film of a kettle](https://films.example/kettle)" in notes
    assert any("(https://films.example/frame)" in text for text in notes)
    assert [text.strip() for text in notes[-2:]] == ["Lamp · Means ·", "red · hot ·"]


def test_comments_and_tokens() -> None:
    """Markers go, what stands between them stays; a hidden paragraph is told; tokens are words."""
    made = converted(articles.COMMENTS)
    outcome = advice(guide_of(made))
    assert outcome.intro is not None
    assert outcome.intro.startswith("The kettle **[Name]** was hot from Start on.")
    assert "Token {resourceId} and ${lamp}." in outcome.intro
    assert made.unplaced == (
        ("comment this was hidden in another way", "comments are not shown"),
        ("comment this old paragraph was hidden by its author", "comments are not shown"),
    )
    assert guide_of(made).title == "Comments"  # the heading says nothing of the problem


def test_signs() -> None:
    """Placeholders, comparisons and stars stand as they stood."""
    guide = imported(articles.SIGNS)
    intro = advice(guide).intro or ""
    assert guide.title == "Signs & letters"
    assert "`ping <kettle>` if x < 5 && y > 3, with <your-kettle-name> and <port>." in intro
    assert "Say <b id of the button> or <title>, as <a> place to fill in." in intro
    assert "[brackets] (and round ones) stay, so does a_b_c and \\*this\\*." in intro


def test_links() -> None:
    """Every link is placed, or told with the reason."""
    made = converted(articles.LINKS)
    intro = advice(guide_of(made)).intro or ""
    for placed in (
        "a letter (cook@kettles.example)",
        "an old page (http://kettles.example/old)",
        "[wrapped](https://kettles.example/wrapped)",
        "[spaced](https://kettles.example/spaced)",
        "[by number](https://kettles.example/one)",
        "[https://kettles.example/auto](https://kettles.example/auto)",
        "[A red lamp](https://kettles.example/red.png)",
        "At home",
    ):
        assert placed in intro
    assert made.lost == ()
    assert made.unplaced == (
        ("address data-blade:Kitchen/SwitchBlade", "a chat can't open data-blade:"),
        ("address #links", "it leads to a place beside the article"),
        ("picture pictures/home.png", "it lies beside the article, where a chat can't see it"),
    )


def test_tables() -> None:
    """A table's row is a bullet, each cell behind the name of its column."""
    note = advice(imported(articles.TABLE)).notes[0]
    assert [detail.text for detail in note.details] == [
        "Lamp: red\nMeans: [hot](https://kettles.example/hot)",
        "Lamp: blue\nMeans: cold, or **off**",
    ]


def test_conditions_become_a_question() -> None:
    """Steps that all are conditions are asked for; "not sure" shows them all."""
    made = converted(articles.CONDITIONS)
    guide = guide_of(made)
    assert made.asks
    assert guide.start == "which"
    question = guide.steps["which"]
    assert [(a.label, a.goto) for a in getattr(question, "answers", ())] == [
        ("The kettle is red", "case-1"),
        ("The kettle is blue", "case-2"),
        ("The kettle hums", "case-3"),
        ("I'm not sure", "advice"),
    ]
    assert len(advice(guide).actions) == 3
    blue = guide.steps["case-2"]
    assert [action.do for action in getattr(blue, "actions", ())] == [
        "If the kettle is blue, fill it again. See [blue](https://kettles.example/blue)."
    ]


def test_sections_keep_their_order() -> None:
    """What the importer does not know stays where it stood, below its heading; odd documents, too."""
    guide = imported(articles.SECTIONS)
    outcome = advice(guide)
    assert [section.title for section in outcome.sections] == [
        "Symptoms",
        "Cause",
        "Resolution",
        "More about the moon",
        "Recommended documents",
        "Recommended documents",
    ]
    assert [action.do for action in outcome.sections[2].actions] == ["Wait.", "Look up."]
    assert [link.title for link in guide.documents] == ["Three"]


def test_slips_of_the_pen() -> None:
    """A heading, a number and a dot without their blanks are still what they were meant to be."""
    outcome = advice(imported(articles.BARE))
    assert outcome.intro == "Only words, without a header and without a title."
    assert [(section.title, [a.do for a in section.actions]) for section in outcome.sections] == [
        ("Tight heading", ["Open it", "Close it"])
    ]


def test_twice_the_same_import_is_the_same() -> None:
    """The same article gives the same text, byte for byte."""
    assert converted(articles.HTML).text == converted(articles.HTML).text


def test_front_matter_with_mistakes() -> None:
    """What is wrong is told with its line; what stands plainly on its line is known all the same."""
    article = read(b"---\ntitle: [unclosed\nauthors: 'Ann'\ntags: kettle\n---\n# Kettle\n\nIt is cold.\n")
    assert dict(article.header) == {"authors": "Ann", "tags": "kettle"}
    (told,) = article.remarks
    assert told.startswith("front matter, line ")
    assert article.body.startswith("# Kettle")
    twice = read(b"---\ntitle: Kettle\ntitle: Pot\n---\nIt is cold.\n")
    assert twice.header["title"] == "Kettle"
    assert len(twice.remarks) == 1
    assert read(b"---\ntitle: Kettle\n---\nIt is cold.\n").remarks == ()


@pytest.mark.parametrize(
    "lead",
    [
        "## Symptoms\n\n",
        "## **Symptoms**\n\n",
        "**Symptoms**\n\n",
        "**Symptom:** ",
        "Issue: ",
        "## Problem\n\n## Symptoms\n\n",
    ],
)
def test_a_summary_begins_with_what_is_said(lead: str) -> None:
    """The name of the section that it is taken from is no part of it."""
    text = f"{lead}The printer prints blank pages only.\n\n## Resolution\n\n1. Open it.\n2. Close it.\n"
    assert imported(text).summary == "The printer prints blank pages only."
    assert imported("The cause: a cable. It is broken in two.\n").summary.startswith("The cause: a cable.")
