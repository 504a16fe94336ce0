"""`helpbot chat --to`: a user's personal chat with a server in local mode."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import typer

from bot.client import Client, Message, ServerRefused
from bot.client_lines import typed
from bot.client_page import Input, Press, draw
from bot.client_press import pressed

HINT = 'Lines are messages, a number presses that button; "/file https://…" sends a file; "exit" leaves.'


def client_chat(to: str, name: str, words: str = "", locale: str = "") -> None:
    """Talk to the server at `to` until the end of input. Raises `HelpbotError` for one that can't be used.

    words: said first. locale: the language that the client is set to; American English when there is none.
    """
    try:
        asyncio.run(chat_with(to, name, typed(words), typer.echo, locale))
    except KeyboardInterrupt:
        return


async def chat_with(
    to: str, name: str, lines: AsyncIterator[str], show: Callable[[str], None], locale: str = ""
) -> None:
    """The same with lines from anywhere. show: gets each text to be seen."""
    chat = Chat(Client(to, name, locale=locale or "en-US"), show)
    async with chat.client:
        show(HINT)
        await chat.client.arrive()
        async for line in lines:
            await chat.read(line)


class Chat:
    """What was shown last, and what a line means then."""

    def __init__(self, client: Client, show: Callable[[str], None]) -> None:
        """The client is used for this chat alone."""
        self.client = client
        self._show = show
        self._newest: Message | None = None  # the newest with buttons
        self._form = Form()
        client.seen = self._seen

    async def read(self, line: str) -> None:
        """A line typed: the answer to an input that is asked for, a button's number, else a message."""
        words = line.strip()
        if self._form.asks:
            if self._form.answer(words, self._show):
                await self._press()
        elif words.isdecimal() and (button := self._button(int(words))):
            self._form = Form(button, self._newest)
            if self._form.begin(self._show):
                await self._press()
        elif words:
            await self._say(words)

    async def _say(self, words: str) -> None:
        try:
            if words.startswith("/file "):
                await self.client.send_file(words.removeprefix("/file ").strip())
            else:
                await self.client.say(words)
        except ServerRefused as error:
            self._show(str(error))

    def _button(self, number: int) -> Press | None:
        buttons = draw(self._newest.body).buttons if self._newest else ()
        return buttons[number - 1] if 0 < number <= len(buttons) else None

    async def _press(self) -> None:
        form, self._form = self._form, Form()
        if form.button and form.message:
            drawn = await pressed(self.client, form.message, form.button, form.values, self._show)
            if drawn:
                self._show(f"\n(changed) {drawn.text()}")

    def _seen(self, message: Message, how: str) -> None:
        drawn = draw(message.body)
        if how == "new" and drawn.buttons:
            self._newest = message
        mark = {"new": "", "changed": "(changed) ", "deleted": "(deleted) "}[how]
        self._show(f"\n{mark}{drawn.text(numbers=message is self._newest)}")


class Form:
    """The inputs of a pressed button, asked for one after the other."""

    def __init__(self, button: Press | None = None, message: Message | None = None) -> None:
        """Without a button nothing is asked."""
        self.button = button
        self.message = message
        self.values: dict[str, str] = {}
        self._left: list[Input] = list(button.inputs) if button else []

    @property
    def asks(self) -> bool:
        """Whether an input waits for its answer."""
        return bool(self._left)

    def begin(self, show: Callable[[str], None]) -> bool:
        """Ask for the first; True when there is none and the button can be pressed."""
        if not self._left:
            return True
        first = self._left[0]
        options = [f"  {n}. {title}" for n, (_, title) in enumerate(first.options, 1)]
        hint = "" if first.required else " (an empty line: nothing)"
        show("\n".join([f"{first.label}{hint}", *options]))
        return False

    def answer(self, line: str, show: Callable[[str], None]) -> bool:
        """Take the answer and ask for the next; True when all are there."""
        value = self._left[0].take(line)
        if value is not None:
            self.values[self._left.pop(0).id] = value
        return self.begin(show)
