"""Draws cards with Microsoft's own renderer (npm `adaptivecards`) in headless Chromium."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from markdown_it import MarkdownIt
from playwright.sync_api import Page, sync_playwright

from tests.cards.hosts import HOSTS, host_config

SCRIPT = Path(__file__).parents[1] / "web" / "node_modules" / "adaptivecards" / "dist" / "adaptivecards.min.js"
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]

# A chat message around the card, with what Teams' own message component says of long words.
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>card</title><style>
body { margin: 0; font-family: 'Segoe UI', 'DejaVu Sans', sans-serif; }
#card { box-sizing: border-box; overflow-wrap: break-word; word-break: break-word; }
.ac-pushButton { font: inherit; font-size: 14px; font-weight: 600; padding: 5px 12px; border-radius: 4px;
  border: 1px solid currentColor; background: transparent; color: inherit; cursor: pointer; }
.ac-pushButton.style-positive { background: var(--brand); color: var(--on-brand); border-color: var(--brand); }
a { color: var(--link); }
.ac-textInput, .ac-choiceSetInput-compact { font: inherit; padding: 5px; color: inherit; background: transparent;
  border: 1px solid currentColor; }
</style><body><div id="card"></div></body></html>"""

DRAW = """([json, config, look, html]) => {
  const events = [], AC = AdaptiveCards;
  AC.AdaptiveCard.onProcessMarkdown = (text, result) => {
    if (!(text in html)) { events.push('no Markdown for: ' + text); return; }
    result.outputHtml = html[text]; result.didProcess = true;
  };
  const card = new AC.AdaptiveCard(), context = new AC.SerializationContext(AC.Versions.v1_5);
  card.hostConfig = new AC.HostConfig(config);
  card.onExecuteAction = (action) => { window.pressed.push({...action.toJSON(), data: action.data}); };
  window.pressed = [];
  card.parse(json, context);
  for (let i = 0; i < context.eventCount; i++) events.push(context.getEventAt(i).message);
  for (const event of card.validateProperties().validationEvents) events.push(event.message);
  const place = document.getElementById('card'), root = document.documentElement;
  for (const [name, value] of Object.entries(look)) root.style.setProperty('--' + name, value);
  document.body.style.background = look.page;
  document.body.style.color = look.text;
  const drawn = card.render();
  place.replaceChildren(...(drawn ? [drawn] : []));
  if (!drawn) events.push('nothing was drawn');
  return events;
}"""

MEASURE = """(events) => {
  const place = document.getElementById('card'), root = document.documentElement;
  const width = root.clientWidth, wide = [];
  for (const element of place.querySelectorAll('*')) {
    // A form below its button is drawn from edge to edge on purpose, over its surroundings' padding.
    const cut = element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).display !== 'inline'
      && !element.querySelector('.ac-adaptiveCard');
    if (element.getBoundingClientRect().right > width + 0.5 || cut)
      wide.push(element.className + ': ' + element.textContent.slice(0, 60));
  }
  return {
    events, wide, text: place.innerText, scrolls: root.scrollWidth > width,
    headings: [...place.querySelectorAll('[role=heading]')].map(e => e.innerText),
    links: [...place.querySelectorAll('a')].map(e => [e.innerText, e.getAttribute('href')]),
    buttons: [...place.querySelectorAll('button, [role=button]')].map(e => e.getAttribute('aria-label') || e.innerText),
  };
}"""

# As one string each way: Playwright takes longer over a tree of values than the browser over a card.
ALL = f"""(all) => {{
  const draw = {DRAW}, measure = {MEASURE}, [cards, config, look, html] = JSON.parse(all);
  return JSON.stringify(cards.map((json) => measure(draw([json, config, look, html]))));
}}"""


@dataclass(frozen=True)
class Drawn:
    """What came of drawing a card. events: parse and validation events and console messages; none is good."""

    events: list[str]
    wide: list[str]
    text: str
    scrolls: bool
    headings: list[str]
    links: list[tuple[str, str]]
    buttons: list[str]


def text_blocks(element: Any) -> list[str]:
    """The texts of all TextBlocks and open choices below `element`: what a client reads as Markdown."""
    if isinstance(element, list):
        return [text for item in element for text in text_blocks(item)]
    if not isinstance(element, dict):
        return []
    own = [element["text"]] if element.get("type") == "TextBlock" else []
    if element.get("style") == "expanded":
        own += [choice["title"] for choice in element["choices"]]
    return own + [text for value in element.values() for text in text_blocks(value)]


class Drawer:
    """A browser with the renderer in it. Use as a context manager."""

    def __init__(self) -> None:
        self._playwright = sync_playwright().start()
        chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
        self._browser = self._playwright.chromium.launch(executable_path=chromium, args=ARGS)
        self.page: Page = self._browser.new_page()
        self.page.set_default_timeout(10_000)
        self._said: list[str] = []
        self.page.on("console", lambda message: self._said.append(message.text))
        self.page.on("pageerror", lambda error: self._said.append(str(error)))
        self.page.set_content(PAGE)
        self.page.add_script_tag(path=SCRIPT)
        self._markdown = MarkdownIt("commonmark")

    def __enter__(self) -> Drawer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._browser.close()
        self._playwright.stop()

    def draw(self, card: dict[str, Any], width: int = 320, host: str = "light") -> Drawn:
        """Draw `card` on a page of `width` CSS pixels, in the look of `host` (a key of `HOSTS`)."""
        return self.draw_all([card], width, host)[0]

    def draw_all(self, cards: Sequence[dict[str, Any]], width: int = 320, host: str = "light") -> list[Drawn]:
        """Draw one card after the other, in one go: a call of the browser costs more than a card."""
        self._said.clear()
        self.page.set_viewport_size({"width": width, "height": 800})
        html = {text: self._markdown.render(text) for card in cards for text in text_blocks(card)}
        found = self.page.evaluate(ALL, json.dumps([cards, host_config(host), HOSTS[host], html]))
        return [self._drawn(one) for one in json.loads(found)]

    def look(self) -> Drawn:
        """What is to be seen now, for example after a form was opened."""
        return self._drawn(self.page.evaluate(MEASURE, []))

    def _drawn(self, found: dict[str, Any]) -> Drawn:
        found["links"] = [(title, url) for title, url in found["links"]]
        found["events"] += self._said
        return Drawn(**found)

    def press(self, title: str) -> dict[str, Any] | None:
        """Press the last button of this name; the action that was sent with its data, None when none was."""
        before = self.page.evaluate("window.pressed.length")
        self.page.get_by_role("button", name=title, exact=True).last.click()
        pressed: list[dict[str, Any]] = self.page.evaluate("window.pressed")
        return pressed[-1] if len(pressed) > before else None

    def picture(self, path: Path) -> None:
        """Save the page as it is, whole."""
        self.page.screenshot(path=path, full_page=True)
