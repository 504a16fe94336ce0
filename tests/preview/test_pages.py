"""The preview's pages over HTTP: every card, finding and language; nothing for others, nothing from elsewhere."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bot.commands.preview import preview
from bot.errors import HelpbotError
from bot.gallery import Gallery, ways
from bot.preview import teams_look
from bot.preview.flow import flow
from bot.preview.server import HOST, Preview
from bot.preview.source import Content
from dialogs.content import load
from tests.dialogs.samples import VPN, folder

SHIPPED = Path("content")
TODAY = dt.date(2026, 11, 24)


class Site:
    """A running preview."""

    def __init__(self, session: aiohttp.ClientSession, home: str) -> None:
        self.session, self.home = session, home

    async def get(self, path: str, **headers: str) -> tuple[int, str]:
        """Status and text."""
        async with self.session.get(self.home + path, headers=headers) as response:
            return response.status, await response.text()


async def started(content: Path, renderer: Path | None = None) -> tuple[web.AppRunner, str]:
    """A server on loopback, and its address."""
    runner = web.AppRunner(Preview(Content(content), renderer, lambda: TODAY, 0.02).application(), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, HOST, 0).start()
    return runner, f"http://{HOST}:{runner.addresses[0][1]}"


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """A small content folder."""
    return folder(tmp_path / "content", vpn=VPN)


@pytest.fixture
async def site(content: Path) -> AsyncIterator[Site]:
    """The preview of it."""
    runner, home = await started(content)
    async with aiohttp.ClientSession() as session:
        yield Site(session, home)
    await runner.cleanup()


async def test_a_guide(site: Site) -> None:
    """The page of a guide holds its chart, its findings with their lines, and each card for both platforms."""
    status, text = await site.get("/guide/vpn")
    assert status == 200
    assert text.count("<svg") == 1
    assert "guides/vpn.yaml:13" in text
    assert "has no answer for who is not sure" in text
    for step in ("reboot", "done", "call"):
        assert f'<section class="step" id="{step}">' in text
        assert f'href="#{step}"' in text
    assert text.count("Slack, asks<") == 1
    assert text.count("Slack, asks again<") == 1
    assert text.count("Slack, advises<") == 2
    assert not re.search(r'(src|href)="(https?:)?//(?!example\.com)', text), "nothing comes from elsewhere"


async def test_the_list(site: Site, content: Path) -> None:
    """All guides are listed, those with mistakes, too."""
    (content / "guides" / "wifi.yaml").write_text('id: wifi\ntitle: "The Wi-Fi <drops>"\n')
    _, text = await site.get("/")
    assert '<a href="/guide/vpn">The VPN drops</a>' in text
    assert '<a href="/guide/wifi">The Wi-Fi &lt;drops&gt;</a>' in text


async def test_mistakes(site: Site, content: Path) -> None:
    """A guide with mistakes shows these in place of the cards; once mended, it is back."""
    (content / "guides" / "vpn.yaml").write_text(VPN.replace("goto: done", "goto: doen"))
    _, text = await site.get("/guide/vpn")
    assert "goes to &quot;doen&quot;, which does not exist" in text
    assert "<svg" not in text
    (content / "guides" / "vpn.yaml").write_text(VPN)
    assert "<svg" in (await site.get("/guide/vpn"))[1]


async def test_it_reloads(site: Site, content: Path) -> None:
    """A page hears of each save, also of one between its reading and its listening."""
    since = stamp((await site.get("/guide/vpn"))[1])
    async with site.session.get(f"{site.home}/changes?since={since}") as response:
        await asyncio.wait_for(response.content.readuntil(b": still here\n\n"), 5)
        (content / "guides" / "vpn.yaml").write_text(f"{VPN}# saved\n")
        assert b"event: change" in await asyncio.wait_for(response.content.readuntil(b"event: change\n"), 5)
    async with site.session.get(f"{site.home}/changes?since={since}") as response:
        assert await asyncio.wait_for(response.content.readline(), 5) == b"event: change\n"
    now = {stamp((await site.get(path))[1]) for path in ("/", "/guide/vpn")}
    assert len(now) == 1
    assert since not in now


def stamp(page: str) -> str:
    """The stamp of the files that a page was made of."""
    found = re.search(r'data-stamp="([0-9a-f]+)"', page)
    assert found
    return found[1]


async def test_only_for_this_machine(site: Site) -> None:
    """Who comes by another name, by way of a page of elsewhere, gets nothing; nor does anybody who names files."""
    assert (await site.get("/guide/vpn", Host="evil.example"))[0] == 403
    assert (await site.get("/guide/..%2f..%2fetc"))[0] == 404
    assert (await site.get("/guide/none"))[0] == 404


async def test_languages() -> None:
    """A guide is shown in each language that it is there in, with the bot's own words in it."""
    runner, home = await started(SHIPPED)
    try:
        async with aiohttp.ClientSession() as session:
            _, text = await Site(session, home).get("/guide/guest-cannot-redeem?locale=de")
    finally:
        await runner.cleanup()
    assert "Hat der Gast die Einladungs-E-Mail bekommen?" in text
    assert "Mit einer Person sprechen" in text
    assert 'href="/guide/guest-cannot-redeem?locale=es"' in text


async def test_without_the_renderer(site: Site) -> None:
    """Where Microsoft's renderer is not there, that and the way to it stand in place of Teams' cards."""
    _, text = await site.get("/guide/vpn")
    assert "helpbot preview --renderer adaptivecards.min.js" in text
    assert (await site.get("/renderer.js"))[0] == 404


def test_a_renderer_that_is_not_there(tmp_path: Path) -> None:
    """A file that was named and is not there is an error, as is a guide that does not exist."""
    with pytest.raises(HelpbotError, match="is not there"):
        preview(renderer=tmp_path / "none.js")
    with pytest.raises(HelpbotError, match='no guide "frog"'):
        preview("frog")


def test_the_chart_of_the_shipped_guide() -> None:
    """Every step is in it once and every answer has its arrow; no two boxes touch."""
    guide = load(SHIPPED).guides["guest-cannot-redeem"]
    chart = flow(guide)
    boxes = [
        tuple(map(float, found))
        for found in re.findall(r'<rect x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)"', chart)
    ]
    assert len(boxes) == len(guide.steps)
    assert chart.count("<path d=") + chart.count('<path class="back"') == sum(
        len(getattr(step, "answers", ())) for step in guide.steps.values()
    )
    for i, (x, y, w, h) in enumerate(boxes):
        for left, top, width, height in boxes[i + 1 :]:
            assert x + w <= left or left + width <= x or y + h <= top or top + height <= y


def test_a_chart_that_leads_back(content: Path) -> None:
    """A way back is drawn as one, and the steps stay in their order."""
    guide = load(content).guides["vpn"]
    question = guide.steps["reboot"]
    answers = tuple(a.model_copy(update={"goto": "reboot"}) if a.id == "no" else a for a in question.answers)  # type: ignore[union-attr]  # it asks
    chart = flow(
        guide.model_copy(update={"steps": {**guide.steps, "reboot": question.model_copy(update={"answers": answers})}})
    )
    assert chart.count('class="back"') == 1


def test_every_step_has_its_card() -> None:
    """The gallery holds each step that can be reached, as after the shortest way to it."""
    library = load(SHIPPED)
    guide = library.guides["guest-cannot-redeem"]
    cards = list(Gallery(library).cards(guide))
    assert {card.step for card in cards} == set(guide.steps) == set(ways(guide))
    assert ways(guide)["no-mail"].path == (("role", "inviter"), ("received", "no"))
    assert [card.when for card in cards[:3]] == ["asks", "asks again", "answered"]


def test_the_renderer_of_a_checkout(tmp_path: Path) -> None:
    """A named file goes before the checkout's own."""
    file = tmp_path / "r.js"
    file.write_text("")
    assert teams_look.find(file) == file
    assert teams_look.find(tmp_path / "none.js") is None
