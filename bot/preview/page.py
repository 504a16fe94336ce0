"""The pages of the preview as HTML: whole in themselves; only the renderer is a file of its own. Pure."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable
from dataclasses import dataclass

from bot.gallery import Gallery, Shown
from bot.preview import flow, slack_look, style, teams_look
from dialogs.errors import Problem
from dialogs.guide import Guide
from dialogs.library import Library


@dataclass(frozen=True, slots=True)
class View:
    """What of a guide is looked at. stamp: of the files as read; renderer: whether there is one for Adaptive Cards."""

    stamp: str
    guide_id: str
    locale: str
    renderer: bool


def index(stamp: str, guides: Iterable[tuple[str, str]]) -> str:
    """The list of guides, to be searched by typing."""
    rows = "".join(
        f'<li><a href="/guide/{_e(i)}">{_e(title or i)}</a> <small>{_e(i)}</small></li>' for i, title in guides
    )
    search = '<input id="find" placeholder="Search" aria-label="Search">'
    body = f'<header><h1>helpbot preview</h1></header><main><h2>Guides</h2>{search}<ul id="guides">{rows}</ul></main>'
    return _page(stamp, "Guides", f"{body}<script>{style.FIND}</script>")


def broken(view: View, findings: Iterable[Problem]) -> str:
    """A guide with mistakes: only what is wrong."""
    body = f"<main><h2>It has mistakes. Mend them, and it appears here by itself.</h2>{_findings(findings)}</main>"
    return _page(view.stamp, view.guide_id, _header(view, view.guide_id, ()) + body)


def guide(view: View, library: Library, findings: Iterable[Problem]) -> str:
    """A guide as a chart, its findings beside, and every card as each platform would show it."""
    gallery = Gallery(library, view.locale)
    shown = next(iter(gallery.library.guides.values()))
    cards = list(gallery.cards(shown))
    payloads = [card.card.adaptive() for card in cards]
    markdown = {text: made for payload in payloads for text, made in teams_look.markdown(payload).items()}
    hosts = {look: teams_look.host_config(look) for look in teams_look.LOOKS}
    data = json.dumps({"cards": payloads, "markdown": markdown, "hosts": hosts}).replace("<", "\\u003c")
    top = (
        f'<div class="top"><div class="scroll" tabindex="0">{flow.flow(shown)}</div>'
        f"<div><h2>Findings</h2>{_findings(findings)}</div></div>"
    )
    steps = "".join(_step(view, shown, name, cards) for name in shown.steps)
    renderer = '<script src="/renderer.js"></script>' if view.renderer else ""
    return _page(
        view.stamp,
        shown.title,
        _header(view, shown.title, _languages(library))
        + f"<main><h2>{_e(shown.summary)}</h2>{top}<h2>Cards</h2>{steps}</main>"
        + f'<script type="application/json" id="data">{data}</script>{renderer}<script>{style.DRAW}</script>',
    )


def _step(view: View, shown: Guide, name: str, cards: list[Shown]) -> str:
    looks = "".join(_looks(view, number, card) for number, card in enumerate(cards) if card.step == name)
    step = shown.steps[name]
    title = getattr(step, "ask", "") or getattr(step, "outcome", "")
    return f'<section class="step" id="{_e(name)}"><h3>{_e(title)}</h3><p>{_e(name)}</p>{looks}</section>'


def _looks(view: View, number: int, card: Shown) -> str:
    teams = (
        f'<div class="teams" data-card="{number}"></div>'
        if view.renderer
        else f'<div class="teams"><p class="note">{_e(teams_look.HOW)}</p></div>'
    )
    messages = card.card.blocks().messages
    slack = "".join(slack_look.message(message.blocks) for message in messages)
    parts = f", {len(messages)} messages" if len(messages) > 1 else ""
    return (
        f'<div class="looks"><figure class="look"><figcaption>Teams, {card.when}</figcaption>{teams}</figure>'
        f'<figure class="look"><figcaption>Slack, {card.when}{parts}</figcaption>'
        f'<div class="slack-box">{slack}</div></figure></div>'
    )


def _languages(library: Library) -> tuple[str, ...]:
    original = next(iter(library.guides.values()))
    return tuple(dict.fromkeys((original.language, *library.translations)))


def _header(view: View, title: str, languages: tuple[str, ...]) -> str:
    here = f"/guide/{_e(view.guide_id)}?locale="
    links = "".join(
        f'<a class="{"on" if tag.lower() == view.locale.lower() else ""}" href="{here}{_e(tag)}">{_e(tag)}</a>'
        for tag in languages
    )

    def buttons(name: str, *values: str) -> str:
        made = "".join(f'<button type="button" data-{name}="{value}">{value}</button>' for value in values)
        return f'<span class="choice" role="group" aria-label="{name}">{made}</span>'

    choices = (
        f'<span class="choice">{links}</span>{buttons("look", "light", "dark")}{buttons("width", "wide", "narrow")}'
    )
    return f'<header><a href="/">Guides</a><h1>{_e(title)}</h1>{choices if languages else ""}</header>'


def _findings(findings: Iterable[Problem]) -> str:
    rows = "".join(
        f'<li class="{"warning" if p.warning else "wrong"}">{_e(p.what)}'
        f"<small>{_e(p.fix)}</small><small>{_e(p.file)}:{p.line}</small></li>"
        for p in findings
    )
    return f'<ul class="findings">{rows}</ul>' if rows else "<p>None.</p>"


def _page(stamp: str, title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en" data-stamp="{stamp}"><head><meta charset="utf-8"><title>{_e(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f"<style>{style.STYLE}{flow.STYLE}{slack_look.STYLE}</style></head><body>{body}<script>{style.WATCH}</script></body></html>"
    )


def _e(text: str) -> str:
    return html.escape(text)
