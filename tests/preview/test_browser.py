"""The preview in a browser: both platforms' cards, looks and widths, and a page that follows its file."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright

from tests.dialogs.samples import VPN, folder
from tests.process import ROOT

ARGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped guide with its languages, and a small one."""
    made = folder(tmp_path_factory.mktemp("preview") / "content", vpn=VPN)
    shutil.copytree(ROOT / "content", made, dirs_exist_ok=True)
    return made


@pytest.fixture(scope="module")
def home(content: Path) -> Iterator[str]:
    """`helpbot preview`, as an author starts it."""
    environment = {**os.environ, "HELPBOT_CONTENT_DIR": str(content), "PYTHONUNBUFFERED": "1"}
    program = subprocess.Popen(
        [sys.executable, "-m", "bot", "preview"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    assert program.stdout
    yield program.stdout.readline().strip()
    program.terminate()
    program.wait(10)
    program.stdout.close()


@pytest.fixture
def page(home: str, playwright: Playwright) -> Iterator[Page]:
    """A window with a list of what its console said."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    browser = playwright.chromium.launch(executable_path=path, args=ARGS)
    window = browser.new_page(viewport={"width": 1400, "height": 1000}, color_scheme="light")
    said: list[str] = []
    window.on("console", lambda message: said.append(message.text))
    window.on("pageerror", lambda error: said.append(str(error)))
    window.on(
        "request", lambda request: said.append(request.url) if not request.url.startswith((home, "data:")) else None
    )
    yield window
    assert said == []
    browser.close()


def test_the_shipped_guide(page: Page, home: str) -> None:
    """Every step is drawn by Microsoft's renderer and as Slack draws it, in light and dark, wide and narrow."""
    page.goto(f"{home}/guide/guest-cannot-redeem")
    page.locator("#no-mail .teams .ac-adaptiveCard").wait_for()
    assert page.locator(".teams .ac-adaptiveCard").count() == page.locator(".teams").count() > 40
    assert page.locator(".slack").count() >= page.locator(".teams").count()
    step = page.locator("#no-mail")
    for look in (".teams", ".slack-box"):
        assert "Look in the spam and junk folders" in step.locator(look).inner_text()
    wide = step.locator(".teams").bounding_box()
    colour = (
        "getComputedStyle(document.querySelector('#no-mail .teams .ac-textRun, #no-mail .teams .ac-textBlock')).color"
    )
    light = page.evaluate(colour)
    page.get_by_role("button", name="narrow").click()
    page.get_by_role("button", name="dark").click()
    narrow = step.locator(".teams").bounding_box()
    assert wide
    assert narrow
    assert (wide["width"], narrow["width"]) == (560, 320)
    assert page.evaluate(colour) != light
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls down only"
    page.get_by_role("link", name="de", exact=True).click()
    assert "Die E-Mail ist nicht angekommen" in page.locator("#no-mail .teams").inner_text()
    assert page.evaluate("document.documentElement.classList.contains('dark')"), "the look stays"


def test_from_the_chart_to_the_card(page: Page, home: str) -> None:
    """A step of the chart leads to its cards."""
    page.goto(f"{home}/guide/vpn")
    page.locator("svg a[href='#call']").click()
    assert page.url.endswith("#call")
    assert "Call the network team." in page.locator("#call .slack-box").inner_text()


def test_it_follows_the_file(page: Page, home: str, content: Path) -> None:
    """A save is seen without a key pressed: a mistake, what it is, and the mended guide."""
    page.goto(home)
    page.get_by_label("Search").fill("vpn")
    page.get_by_role("link", name="The VPN drops").click()
    page.get_by_text("has no answer for who is not sure").wait_for()
    file = content / "guides" / "vpn.yaml"
    file.write_text(VPN.replace("goto: done", "goto: doen"))
    page.get_by_text(re.compile('goes to "doen", which does not exist')).wait_for()
    file.write_text(VPN.replace("Did you restart the computer?", "Was it restarted?"))
    page.locator("#reboot .teams").get_by_text("Was it restarted?").first.wait_for()
