"""Take the pictures of the docs anew, of real conversations: `python -m tests.e2e.picture`."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, FloatRect, ViewportSize, sync_playwright

from tests.e2e.client import ARGS, Window
from tests.e2e.servers import Bot, free_port, start_playground
from tests.e2e.test_hand_off import talk
from tests.process import ROOT

IMAGES = ROOT / "docs" / "images"
PICTURE = IMAGES / "conversation.png"
SIZE: ViewportSize = {"width": 720, "height": 1180}  # CSS pixels; so narrow a window shows the chat alone
HAND_OFF: ViewportSize = {"width": 1280, "height": 1450}  # so high that a whole thread is seen at once
USER: FloatRect = {"x": 331, "y": 782, "width": 949, "height": 568}


def main() -> None:
    """Start everything, have the conversation, take the picture, end everything."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        bot = Bot(port, Path(folder))
        try:
            playground, url = start_playground(Path(folder), port)
            try:
                with sync_playwright() as playwright:
                    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
                    take(playwright.chromium.launch(executable_path=path, args=ARGS), url)
                    hand_off(playwright.chromium.launch(executable_path=path, args=ARGS), url)
            finally:
                playground.end()
        finally:
            bot.program.end()


def take(browser: Browser, url: str) -> None:
    """The conversation, and its picture."""
    window = Window(browser.new_context(viewport=SIZE, locale="en-US", device_scale_factor=1.25), url)
    chat = window.open()
    chat.await_replies()
    first = chat.say("my partner can't accept the invitation I sent")
    second = chat.press("Yes", on=first)
    outcome = chat.say("yes, it says AADSTS50020")
    second.is_answered("You answered: Yes")
    outcome.shows("Did this solve it?")
    page = window.page
    page.get_by_role("button", name="Dismiss Invoke Message").click()
    chat.messages[1].root.evaluate("message => { message.scrollIntoView(); document.activeElement.blur(); }")
    page.mouse.move(0, 0)
    page.wait_for_timeout(500)
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    top = page.get_by_role("toolbar").bounding_box()
    assert top
    below = top["y"] + top["height"] + 14  # without the shadow of the bar, and the foot of the greeting
    page.screenshot(path=PICTURE, clip={"x": 0, "y": below, "width": SIZE["width"], "height": SIZE["height"] - below})
    browser.close()


def hand_off(browser: Browser, url: str) -> None:
    """A hand-off as both sides see it: the case's thread, and the user's chat."""
    window = Window(browser.new_context(viewport=HAND_OFF, locale="en-US"), url)
    page = window.page

    def look(name: str) -> None:
        if name == "chat":
            page.evaluate("() => document.activeElement.blur()")
            page.mouse.move(0, 0)
            page.wait_for_timeout(500)
            page.screenshot(path=IMAGES / "hand-off-user.png", clip=USER)

    _, thread = talk(window, look)
    thread.picture(IMAGES / "hand-off-staff.png")
    browser.close()


if __name__ == "__main__":
    main()
