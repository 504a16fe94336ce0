"""A person in front of the Agents Playground: reads what the page shows, types and presses buttons.

What is looked for on the page are roles, names and the classes of Microsoft's card renderer (`ac-…`): the page's own
class names are made anew with each of its versions.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page, WebSocket, expect

ARGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking"]
SECONDS = 20.0  # for anything to appear: far more than it takes, even on a busy machine
PERSONAL, CHANNEL = "Personal Chat", "My Team - General"
_BOT = "Test Bot"
_EDITOR = "[role=textbox][data-lexical-editor=true]"
# In a chat a message has a head with a name; in a thread it is all that holds one menu, and no compose box.
_IN_CHAT = 'xpath=.//*[@aria-label="Message header"]/..'
_MENU = './/button[@aria-label="Show more information"]'
_IN_THREAD = f'xpath={_MENU}/ancestor::*[count({_MENU})=1 and not(.//*[@data-lexical-editor="true"])][last()]'
_ARRIVAL = ("installationUpdate", "conversationUpdate")
_HERE = re.compile(r"(https?|wss?)://(localhost|127\.0\.0\.1)[:/]")
_TIME = re.compile(r"\d:\d\d [AP]M$")
_PHONE = ".ac-preview-panel { width: 358px; }"  # 390 less a chat's margins; the Playground keeps a card wider

expect.set_options(timeout=SECONDS * 1000)


@dataclass(frozen=True)
class Message:
    """A message on the page, as it is now: a card that was answered shows its answered form."""

    root: Locator

    @property
    def lines(self) -> list[str]:
        """What it says, line by line, without its head (author and time) and without empty lines."""
        body = self.root.locator(".ac-adaptiveCard")
        if body.count():
            return _lines(body.first.inner_text())
        lines = _lines(self.root.inner_text())
        return lines[next(n for n, line in enumerate(lines, 1) if _TIME.search(line)) :]

    @property
    def buttons(self) -> list[str]:
        """The titles of its buttons, those behind "…" not among them."""
        found = self.root.locator(".ac-adaptiveCard").get_by_role("button").all()
        return [str(button.get_attribute("aria-label")) for button in found if button.is_visible()]

    @property
    def headings(self) -> list[str]:
        """Its headings."""
        return [" ".join(words.split()) for words in self.root.get_by_role("heading").all_inner_texts()]

    @property
    def links(self) -> list[str]:
        """The addresses that it links to."""
        return [str(link.get_attribute("href")) for link in self.root.get_by_role("link").all()]

    def shows(self, *texts: str) -> Message:
        """Wait until it shows all of these, each within one element or over several; itself."""
        for text in texts:
            expect(self.root).to_contain_text(text)
        return self

    def is_answered(self, line: str) -> Message:
        """Wait until it shows this line and has no button left; itself."""
        self.shows(line)
        expect(self.root.locator(".ac-adaptiveCard").get_by_role("button")).to_have_count(0)
        return self

    def picture(self, path: Path) -> None:
        """A picture of this message alone."""
        self.root.screenshot(path=path)


class Chat:
    """A conversation on the page, from now on. What is said in it must get exactly the replies that a test awaits.

    mention: whether the bot hears only what mentions it (in a group). before: how many messages of the bot it has from
    earlier on; None: those that it shows.
    """

    def __init__(
        self, page: Page, root: Locator, mention: bool, message: str = _IN_CHAT, before: int | None = None
    ) -> None:
        self.page = page
        self._root = root
        self._mention = mention
        self.in_thread = message == _IN_THREAD
        self._messages = root.locator(message)
        self._replies = self._messages.filter(has=page.get_by_role("img", name=_BOT, exact=True))
        self._before = self._known = self._replies.count() if before is None else before

    @property
    def messages(self) -> list[Message]:
        """All messages on the page in its order, the user's too."""
        return [Message(found) for found in self._messages.all()]

    @property
    def last(self) -> Message:
        """The bot's newest message that was awaited."""
        return Message(self._replies.nth(self._known - 1))

    def picture(self, path: Path) -> None:
        """A picture of a whole thread, without the empty space at its right and without its compose box."""
        self._root.evaluate("() => document.activeElement.blur()")
        self.page.mouse.move(0, 0)
        self.card.root.scroll_into_view_if_needed()
        self.page.wait_for_timeout(300)
        box, foot = self._root.bounding_box(), self._root.locator(_EDITOR).bounding_box()
        assert box
        assert foot
        self.page.screenshot(
            path=path, clip={"x": box["x"], "y": box["y"], "width": 560, "height": foot["y"] - box["y"] - 24}
        )

    @property
    def card(self) -> Message:
        """The card at the root of a thread that the bot has started."""
        return Message(self._root.locator(".ac-adaptiveCard").first.locator("xpath=.."))

    def reply(self, number: int) -> Message:
        """The bot's message of this number, from 0."""
        return Message(self._replies.nth(self._before + number))

    def await_replies(self, more: int = 1) -> Message:
        """Wait until the bot has sent so many more messages, and no others; the newest."""
        self._known += more
        if more:
            self._replies.nth(self._known - 1).wait_for()  # sees it at once, where a count is asked for now and then
        expect(self._replies).to_have_count(self._known)
        return self.last

    def is_quiet(self) -> None:
        """Nothing more has come than what was awaited, and nothing comes while one could count to three."""
        self.page.wait_for_timeout(1000)
        expect(self._replies).to_have_count(self._known)

    def say(self, text: str, replies: int = 1) -> Message:
        """Send this (mentioning the bot, in a group), and wait for the replies; the newest."""
        self.send(text)
        return self.await_replies(replies)

    def send(self, text: str, mention: bool | None = None) -> None:
        """Send this without waiting for anything. mention: False leaves the mention out."""
        expect(self._replies).to_have_count(self._known)
        self.type_into(self._root.locator(_EDITOR).last, text, self._mention if mention is None else mention)
        self.page.keyboard.press("Enter")

    def send_quickly(self, *texts: str) -> None:
        """Send all of these one after the other, without waiting for a reply in between."""
        editor = self._root.locator(_EDITOR).last
        for text in texts:
            self.type_into(editor, text, self._mention)
            self.page.keyboard.press("Enter")
            expect(editor).to_have_text("")

    def press(self, title: str, replies: int = 1, on: Message | None = None) -> Message:
        """Press the newest button of this title, or the one of a message, and wait for the replies; the newest."""
        expect(self._replies).to_have_count(self._known)
        (self._buttons(on, title) if on else self._newest(title)).last.click()
        return self.await_replies(replies)

    def press_hidden(self, title: str) -> Message:
        """Press the button of this title behind the newest "…", and wait for the reply."""
        expect(self._replies).to_have_count(self._known)
        self._newest("More options").click()
        self.page.get_by_role("menuitem", name=title, exact=True).click()
        return self.await_replies()

    def _newest(self, title: str) -> Locator:
        """The buttons of this title on the newest message that has one."""
        for number in range(self._known - 1, self._before - 1, -1):
            found = self._buttons(Message(self._replies.nth(number)), title)
            if found.count():
                return found
        raise AssertionError(f"no button {title!r}; the newest message says {self.last.lines}")

    def _buttons(self, on: Message, title: str) -> Locator:
        return on.root.locator(".ac-adaptiveCard").get_by_role("button", name=title, exact=True)

    def type_into(self, editor: Locator, text: str, mention: bool) -> None:
        """Type this into a compose box, the bot's mention before it or not."""
        editor.click()
        if mention:
            self.page.keyboard.type("@")
            # The list names the bot first, then the members.
            self.page.get_by_role("listbox").get_by_role("menuitem").filter(has_text=_BOT).first.click()
            self.page.keyboard.type(" ")
        self.page.keyboard.type(text)


class Window:
    """A browser window on the Playground."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.page = context.new_page()
        self.page.set_default_timeout(SECONDS * 1000)
        # The page asks for fonts from elsewhere: refused at once, since nothing here may need a network.
        self.page.route(lambda address: not _HERE.match(address), lambda route: route.abort())
        self.page.on("websocket", self._watch)
        self.delivered: Counter[str] = Counter()
        self._url = url
        self._chosen = ""

    def open(self) -> Chat:
        """Open the Playground (or open it anew): it tells the bot that it was installed; the personal chat."""
        before = self.delivered.copy()
        self.page.goto(self._url)
        self.page.locator(_EDITOR).first.wait_for()
        self._until(lambda: all(self.delivered[name] > before[name] for name in _ARRIVAL))
        self.page.get_by_role("button", name="Hide log panel").click()
        self._chosen = PERSONAL
        return Chat(self.page, self.page.locator("body"), mention=False, before=0)

    def personal(self) -> Chat:
        """The personal chat of an open window."""
        return self._chat(PERSONAL, mention=False)

    def group(self) -> Chat:
        """The group chat."""
        return self._chat("Group Chat", mention=True)

    def thread(self, first: str) -> Chat:
        """Start a thread in the channel General with these words, which no other begins with; mentions the bot."""
        self._choose(CHANNEL)
        chat = Chat(self.page, self._threads().filter(has_text=first), True, _IN_THREAD, before=0)
        chat.type_into(self.page.locator(_EDITOR).first, first, mention=True)
        self.page.get_by_role("button", name="Post", exact=True).click()
        return chat

    def case(self, case: str) -> Chat:
        """The thread of a case in the channel General, which the bot has started."""
        self._choose(CHANNEL)
        return Chat(self.page, self._threads().filter(has_text=f"{case}: "), True, _IN_THREAD, before=0)

    def turn_to(self, chat: Chat, replies: int = 0) -> Chat:
        """Show this chat (the personal one, or a thread of the channel) once more; itself, with the replies that have
        come there meanwhile."""
        if self._choose(CHANNEL if chat.in_thread else PERSONAL):
            self.page.wait_for_timeout(300)
        chat.await_replies(replies)
        return chat

    def _threads(self) -> Locator:
        return self.page.get_by_role("group").filter(has=self.page.get_by_role("button", name="Send Message"))

    def install_again(self) -> None:
        """Let the Playground tell the bot once more that it was installed."""
        before = self.delivered["installationUpdate"]
        self.page.get_by_role("button", name="Mock an Activity").click()
        self.page.get_by_role("menuitem").filter(has_text=re.compile(r"^\s*Install application\s*$")).last.click()
        self.page.get_by_role("dialog").get_by_role("button", name="Send activity").click()
        self._until(lambda: self.delivered["installationUpdate"] > before)

    def as_phone(self) -> None:
        """Give cards the width that a phone of 390 px leaves them."""
        self.page.add_style_tag(content=_PHONE)

    def close(self) -> None:
        """Close it."""
        self.page.close()

    def _chat(self, name: str, mention: bool) -> Chat:
        if self._choose(name):
            self.page.wait_for_timeout(300)  # what was said in it before is drawn at once, but not in no time
        return Chat(self.page, self.page.locator("body"), mention)

    def _choose(self, name: str) -> bool:
        """Show this chat; whether another was shown before."""
        before, self._chosen = self._chosen, name
        if before != name:
            self.page.get_by_role("treeitem", name=name, exact=True).click()
        return before != name

    def _until(self, done: Callable[[], bool]) -> None:
        for _ in range(int(SECONDS * 20)):
            if done():
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"the Playground has not told the bot all of it: {self.delivered}")

    def _watch(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._note)

    def _note(self, frame: str | bytes) -> None:
        """The Playground's own log: counts what the bot has taken from it."""
        try:
            entry: Any = json.loads(frame)
        except ValueError:
            return
        log = entry.get("log", {}) if isinstance(entry, dict) else {}
        if log.get("type") == "bot" and "User Application" in log.get("to", ""):
            self.delivered[str(log.get("activityName"))] += 1


def _lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]
