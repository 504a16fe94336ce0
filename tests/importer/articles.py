"""Articles with everything that real libraries hold, in our own words: path -> bytes of the file."""

from __future__ import annotations


def header(title: str = "The kettle stays cold", kind: str = "generic", **more: str) -> str:
    """A header as most articles have it."""
    fields = {"pageTitle": title, "service": "kitchen.kettles", "selfHelpType": kind, "articleId": "k-1", **more}
    return "<properties\n" + "".join(f'    {name}="{value}"\n' for name, value in fields.items()) + "/>\n"


PLAIN = f"""{header()}
# The kettle stays cold

The lamp is lit, yet the water stays cold.

## **Recommended steps**
1. Look at the plug. Is it in the wall?
2. Press the **red** button, see [the manual](https://kettles.example/manual#red).

## **Recommended documents**
* [How kettles work](https://kettles.example/how)
* [All lamps](https://kettles.example/lamps), with pictures
"""

ODD_QUOTES = """<PROPERTIES
  PageTitle=“Odd quotes”
  description='It''s odd'
  Service=kitchen
  SELFHELPTYPE = "Generic"
  articleid=”q-7”
/>
# Odd quotes

Nothing but a text.
"""

AFTER_TITLE = "# Header below\n\n" + header("Header below") + "\nThe text follows the header.\n"

TWICE = "\ufeff" + header("First header") + "\ufeff" + header("Second header") + "\n# Two headers\n\nOne text.\n"

UNDER_INDENTED = f"""{header("Fallen out")}
# Fallen out

## Recommended steps
1. Ask whether the letter came.
Look in the drawer, too.
2. If it came, the lock may be old.

  Then ask for a key: https://locks.example/keys and turn `-TwiceLeft`.

  Or take the other door.
3. Close it.

```
lock --close
```

Thank you.
"""

RESTARTS = f"""{header("Numbers restart")}
# Numbers restart

## Recommended steps
1. Fill in water.

Use cold water only.

1. Switch it on:
* the lamp is lit
* it hums
1. Wait.

To empty it:

1. Unplug it.
2. Pour the water out.
"""

BULLETS = f"""{header("Bullets")}
# Bullets

## **Recommended Steps**
- Stand up<br>
- Walk<br>
\t- slowly at first
\t\t- then faster
- Sit down
"""

PARAGRAPHS = f"""{header("Paragraphs")}
# Paragraphs

**Recommended steps**

Open the lid.

Run this:

```powershell
Get-Water -Cold | Where-Object {{ $_.Clean }}
```

Close the lid.
"""

HTML = f"""{header("Made of HTML")}
# Made of HTML
<div>
Read <b>this</b> first.<br/>It is short.
<ol>
  <li>Open <a href='https://kettles.example/a b' target="_blank">the <i>blue</i> page</a>.</li>
  <li>Paste:

  ```
  <lid state="open" />
  ```
  </li>
  <li>Go on<ul><li>left</li><li>right</li></ul></li>
</ol>
</div>
<video><src>https://films.example/kettle</src><title>A film of a kettle</title></video>
<iframe src="https://films.example/frame"></iframe>
<table><tr><th>Lamp</th><th>Means</th></tr><tr><td>red</td><td>hot</td></tr></table>
"""

COMMENTS = f"""{header("Comments")}
# We ran diagnostics on your kettle

<!--issueDescription-->
The kettle **<!--$Name-->[Name]<!--/$Name-->** was hot from <!--$Start-->Start<!--/$Start--> on.
<!--/issueDescription-->
<!-- this old paragraph was hidden by its author -->

[comment]: # (this was hidden in another way)

Token {{resourceId}} and ${{lamp}}.
"""

SIGNS = f"""{header("Signs &amp; letters&#xD;")}
# Signs &amp; letters&#xD;

Type `ping <kettle>` if x < 5 && y > 3, with <your-kettle-name> and <port>.
Say <b id of the button> or <title>, as <a> place to fill in. Yes.
a*b*c is a product, 2 * 3 * 4 too; [brackets] (and round ones) stay, so does a_b_c and \\*this\\*.
"""

LINKS = f"""{header("Links")}
# Links

See [a switch](data-blade:Kitchen/SwitchBlade), [a place above](#links), [a letter](mailto:cook@kettles.example),
[an old page](http://kettles.example/old), [wrapped](button-link:https://kettles.example/wrapped),
[spaced] ( https://kettles.example/spaced ), [by number][1] and <https://kettles.example/auto>.
![A red lamp](https://kettles.example/red.png) ![At home](pictures/home.png)

[1]: https://kettles.example/one
"""

TABLE = f"""{header("Table")}
# Table

| Lamp | Means |
|------|-------|
| red  | [hot](https://kettles.example/hot) |
| blue | cold, or **off** |
"""

CONDITIONS = f"""{header("Which kettle")}
# Which kettle

## Recommended steps
1. If the kettle is red, wait for a minute.
2. If the kettle is blue, fill it again. See [blue](https://kettles.example/blue).
3. When the kettle hums, then it works.
"""

SECTIONS = f"""{header("Sections")}
# Sections

## Symptoms
* It is cold
* It is dark

## Cause
The moon.

## Resolution
1. Wait.
2. Look up.

### More about the moon
It is round.

## Recommended documents
* Read [one](https://moon.example/1) and [two](https://moon.example/2)
* [Three](https://moon.example/3)

## Recommended documents
* [Four](https://moon.example/4)
"""

FRONT = """---
title: "Front matter: a kettle"
description: About front matter and a kettle
tags: hot, cold
authors: [a, b]
---
# Front matter

Only a text.
"""

BARE = (
    "Only words, without a header and without a title.\n\n##Tight heading\n1.Open it\n2.Close it\n• a dot\n• another\n"
)

JSON = header("Questions", "problemScopingQuestions") + '\n# Questions\n---\n{\n  "title": "Which kettle?"\n}\n---\n'

ARTICLES: dict[str, bytes] = {
    "kitchen/plain.md": PLAIN.encode(),
    "kitchen/odd-quotes.md": ODD_QUOTES.encode(),
    "kitchen/after-title.md": AFTER_TITLE.encode(),
    "kitchen/twice.md": TWICE.encode(),
    "kitchen/cp1252.md": (header("Café") + "# Café\n\nThe price is 5 €, “really”.\n").encode("cp1252"),
    "kitchen/mixed-lines.md": PLAIN.replace("The kettle", "A kettle").replace("\n\n", "\r\n\n").encode(),
    "kitchen/under-indented.md": UNDER_INDENTED.encode(),
    "kitchen/restarts.md": RESTARTS.encode(),
    "kitchen/bullets.md": BULLETS.encode(),
    "kitchen/paragraphs.md": PARAGRAPHS.encode(),
    "kitchen/html.md": HTML.encode(),
    "kitchen/comments.md": COMMENTS.encode(),
    "kitchen/signs.md": SIGNS.encode(),
    "kitchen/links.md": LINKS.encode(),
    "kitchen/table.md": TABLE.encode(),
    "kitchen/conditions.md": CONDITIONS.encode(),
    "kitchen/sections.md": SECTIONS.encode(),
    "kitchen/front.md": FRONT.encode(),
    "kitchen/bare.md": BARE.encode(),
    "kitchen/questions.md": JSON.encode(),
    "kitchen/internal.md": (header("Inside", "TSG_Content") + "# Inside\n\nFor us only.\n").encode(),
    "kitchen/cause.md": (header("Root cause", "rca") + "# Root cause\n\nFor us, too.\n").encode(),
    "kitchen/empty.md": header("Empty").encode(),
    "other/plain copy.md": PLAIN.replace("\n\n", "\n\n\n").encode(),
    "other/Ünïcode – näme with a very long title that goes on and on, and on.md": b"# Long name\n\nShort text.\n",
}
