"""Block Kit as HTML, about as Slack draws it: for a look at cards, modals and Home tabs. Pure.

Only what our cards are made of is drawn; anything else raises `KeyError`, for a preview must leave nothing out.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Json = Mapping[str, Any]

STYLE = """
.slack { font: 15px/1.46668 Lato, 'Noto Sans', Arial, sans-serif; color: #1d1c1d; background: #fff; max-width: 640px;
  overflow-wrap: anywhere; padding: 8px 16px; }
.slack > * { margin: 8px 0; }
.slack h3 { font-size: 18px; font-weight: 900; line-height: 1.33; }
.slack hr { border: 0; border-top: 1px solid #ddd; margin: 12px 0; }
.slack small { display: block; font-size: 13px; color: #616061; white-space: pre-line; }
.slack p { margin: 0; white-space: pre-wrap; }
.slack ul, .slack ol { margin: 0; padding-left: 28px; }
.slack li { white-space: pre-wrap; }
.slack .border { border-left: 4px solid #ddd; padding-left: 32px; }
.slack blockquote { margin: 4px 0; padding-left: 12px; border-left: 4px solid #ddd; white-space: pre-wrap; }
.slack pre { margin: 4px 0; padding: 8px; background: #f8f8f8; border: 1px solid #ddd; border-radius: 4px;
  font: 12px/1.5 Monaco, Menlo, Consolas, monospace; white-space: pre-wrap; }
.slack code { color: #c01343; background: #f8f8f8; border: 1px solid #ddd; border-radius: 3px; padding: 1px 3px;
  font: 12px Monaco, Menlo, Consolas, monospace; }
.slack a { color: #1264a3; }
.slack .row { display: flex; flex-wrap: wrap; gap: 8px; }
.slack .beside { display: flex; justify-content: space-between; gap: 16px; }
.slack button, .slack select { font: inherit; font-weight: 700; font-size: 13px; height: 32px; padding: 0 12px;
  max-width: 260px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; border: 1px solid #bbb;
  border-radius: 4px; background: #fff; color: #1d1c1d; }
.slack button.primary { background: #007a5a; border-color: #007a5a; color: #fff; }
.slack textarea { width: 100%; box-sizing: border-box; min-height: 60px; font: inherit; padding: 8px;
  border: 1px solid #bbb; border-radius: 4px; }
.slack label { display: block; }
.slack .label { display: block; font-weight: 700; }
.slack.modal { border: 1px solid #ddd; border-radius: 8px; box-shadow: 0 4px 16px #0003; }
.slack .foot { display: flex; justify-content: flex-end; border-top: 1px solid #ddd; padding-top: 12px; }
"""

_SIGNS = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


def message(blocks: Iterable[Json]) -> str:
    """The blocks of a message, or of a Home tab, as HTML. It needs `STYLE`."""
    return f'<div class="slack">{"".join(map(_block, blocks))}</div>'


def view(shown: Json) -> str:
    """A modal or a Home tab as HTML. It needs `STYLE`."""
    if shown["type"] == "home":
        return message(shown["blocks"])
    inside = "".join(map(_block, shown["blocks"]))
    foot = f'<div class="foot"><button class="primary">{_plain(shown["submit"])}</button></div>'
    return f'<div class="slack modal"><h3>{_plain(shown["title"])}</h3>{inside}{foot}</div>'


def _plain(text: Json) -> str:
    """A `plain_text` object: its entities are Slack's, and become HTML's."""
    words = str(text["text"])
    for entity, sign in _SIGNS:
        words = words.replace(entity, sign)
    return html.escape(words)


def _block(block: Json) -> str:
    return _BLOCKS[block["type"]](block)


def _section(block: Json) -> str:
    text = f"<p>{_plain(block['text'])}</p>"
    return f'<div class="beside">{text}{_element(block["accessory"])}</div>' if "accessory" in block else text


def _input(block: Json) -> str:
    hint = f"<small>{_plain(block['hint'])}</small>" if "hint" in block else ""
    return f'<div><span class="label">{_plain(block["label"])}</span>{_element(block["element"])}{hint}</div>'


_BLOCKS: dict[str, Callable[[Json], str]] = {
    "header": lambda block: f"<h3>{_plain(block['text'])}</h3>",
    "divider": lambda block: "<hr>",
    "context": lambda block: f"<small>{' '.join(map(_plain, block['elements']))}</small>",
    "rich_text": lambda block: f"<div>{''.join(map(_rich, block['elements']))}</div>",
    "section": _section,
    "actions": lambda block: f'<div class="row">{"".join(map(_element, block["elements"]))}</div>',
    "input": _input,
}


# -- elements that can be used


def _element(element: Json) -> str:
    return _ELEMENTS[element["type"]](element)


def _button(element: Json) -> str:
    style = f' class="{html.escape(element["style"])}"' if "style" in element else ""
    return f"<button{style}>{_plain(element['text'])}</button>"


def _select(element: Json) -> str:
    groups = element.get("option_groups", ())
    options = [*element.get("options", ()), *(option for group in groups for option in group["options"])]
    first = _plain(element["placeholder"]) if "placeholder" in element else "Select an item"
    return f"<select><option>{first}</option>{''.join(map(_option, options))}</select>"


def _option(option: Json) -> str:
    about = f" · {_plain(option['description'])}" if "description" in option else ""
    return f"<option>{_plain(option['text'])}{about}</option>"


def _radio(element: Json) -> str:
    first = element.get("initial_option")
    return "".join(
        f'<label><input type="radio"{" checked" if option == first else ""}> {_plain(option["text"])}</label>'
        for option in element["options"]
    )


def _typed(element: Json) -> str:
    hint = f' placeholder="{_plain(element["placeholder"])}"' if "placeholder" in element else ""
    return f"<textarea{hint}></textarea>"


_ELEMENTS: dict[str, Callable[[Json], str]] = {
    "button": _button,
    "static_select": _select,
    "radio_buttons": _radio,
    "plain_text_input": _typed,
}


# -- rich text


def _rich(part: Json) -> str:
    return _RICH[part["type"]](part)


def _inline(elements: Iterable[Json]) -> str:
    return "".join(_INLINE[element["type"]](element) for element in elements)


def _text(element: Json) -> str:
    made = html.escape(element["text"])
    for style, tag in (("code", "code"), ("italic", "i"), ("bold", "b")):
        if element.get("style", {}).get(style):
            made = f"<{tag}>{made}</{tag}>"
    return made


def _link(element: Json) -> str:
    inside = _text({**element, "text": element.get("text", element["url"])})
    return f'<a href="{html.escape(element["url"])}">{inside}</a>'


def _list(part: Json) -> str:
    tag = "ol" if part["style"] == "ordered" else "ul"
    border = ' class="border"' if part.get("border") else ""
    shift = f' style="margin-left:{28 * part["indent"]}px"' if part.get("indent") else ""
    items = "".join(f"<li>{_inline(item['elements'])}</li>" for item in part["elements"])
    return f"<{tag}{border}{shift}>{items}</{tag}>"


_RICH: dict[str, Callable[[Json], str]] = {
    "rich_text_section": lambda part: f"<p>{_inline(part['elements'])}</p>",
    "rich_text_list": _list,
    "rich_text_quote": lambda part: f"<blockquote>{_inline(part['elements'])}</blockquote>",
    "rich_text_preformatted": lambda part: f"<pre>{_inline(part['elements'])}</pre>",
}
_INLINE: dict[str, Callable[[Json], str]] = {"text": _text, "link": _link}
