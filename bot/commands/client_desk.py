"""`helpbot desk --to`: an agent in a channel that is a desk of a server in local mode."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable

import typer

from bot.client import Client, Message, ServerRefused
from bot.client_lines import typed
from bot.client_page import Press, draw
from bot.client_press import pressed

HINT = (
    "1 claim · 1 reply TEXT or @1 TEXT (to the user) · 1 note TEXT · #1 TEXT (among the staff) · "
    "1 close [not solved], release, take over, give back, transfer QUEUE, guide ID · "
    "1 2 (button 2 in thread 1) · queue · mine · exit"
)
_COMMAND = re.compile(
    r"(\d{1,4}) +(claim|release|take[ -]over|give[ -]back|reply|note|close|transfer|guide)(?: +(.*))?", re.DOTALL
)
_WORDS = re.compile(r"([@#])(\d{1,4}) +(.+)", re.DOTALL)
_BUTTON = re.compile(r"(\d{1,4}) +(\d{1,2})")


def client_desk(to: str, channel: str, name: str) -> None:
    """Be an agent until the end of input. Raises `HelpbotError` for a server that can't be used."""
    try:
        asyncio.run(desk_with(to, channel, name, typed(), typer.echo))
    except KeyboardInterrupt:
        return


async def desk_with(to: str, channel: str, name: str, lines: AsyncIterator[str], show: Callable[[str], None]) -> None:
    """The same with lines from anywhere. show: gets each text to be seen."""
    desk = Desk(Client(to, name, channel), show)
    async with desk.client:
        show(HINT)
        await desk.client.say("desk helpdesk", mention=True)
        async for line in lines:
            await desk.read(line)


class Desk:
    """The threads of a channel with their short numbers, and what a line means."""

    def __init__(self, client: Client, show: Callable[[str], None]) -> None:
        """The client is used for this desk alone."""
        self.client = client
        self._show = show
        self._roots: list[Message] = []
        self._newest: dict[str, Message] = {}  # conversation -> the newest message with buttons, no root
        client.seen = self._seen

    async def read(self, line: str) -> None:
        """A line typed: something for a numbered thread, else a mention of the bot in the channel."""
        try:
            await self._read(line.strip())
        except ServerRefused as error:
            self._show(str(error))

    async def _read(self, words: str) -> None:
        if found := _WORDS.fullmatch(words):
            if root := self._root(found[2]):
                await self.client.say(found[3], root.conversation, mention=found[1] == "@")
        elif found := _COMMAND.fullmatch(words):
            if root := self._root(found[1]):
                await self._act(root, found[2].replace(" ", "-"), (found[3] or "").strip())
        elif found := _BUTTON.fullmatch(words):
            if root := self._root(found[1]):
                await self._press(root.conversation, int(found[2]))
        elif words[:1].isdecimal() or words[:1] in ("@", "#"):
            self._show(HINT)
        elif words:
            await self.client.say(words, mention=True)

    def _root(self, number: str) -> Message | None:
        if 0 < int(number) <= len(self._roots):
            return self._roots[int(number) - 1]
        self._show(f"There is no thread {number} here.")
        return None

    async def _act(self, root: Message, action: str, rest: str) -> None:
        """The case card's button for this action; one that the card has not now is pressed all the same: the server
        says why not."""
        buttons = draw(root.body).buttons
        cases = [b for b in buttons if b.data.get("verb") == "case"]
        button = next((b for b in cases if str(b.data.get("value")).startswith(f"{action}/")), None)
        if button is None and cases and action == "transfer":
            self._show("This card can't do that now.")
            return
        if button is None and cases:
            case = str(cases[0].data.get("value")).partition("/")[2]
            button = Press(action, {**cases[0].data, "value": f"{action}/{case}"}, execute=True)
        if button is None:
            self._show("This card has no buttons.")
            return
        values = {} if button.inputs else {"text": rest}  # a card without the box: what it was for is told all the same
        for asked in button.inputs:
            first, _, more = rest.partition(" ")
            if not asked.options:
                values[asked.id], rest = rest, ""
            elif (value := asked.take(rest)) or (value := asked.take(first)):
                values[asked.id], rest = value, more
            elif action == "close" and not rest:
                values[asked.id] = asked.options[0][0]
            else:
                titles = [f"  {value.split(':')[-1]}: {title}" for value, title in asked.options]
                self._show("\n".join([f"{asked.label} Write, for example: {action.replace('-', ' ')} NAME", *titles]))
                return
        await pressed(self.client, root, button, values, self._show)

    async def _press(self, conversation: str, number: int) -> None:
        message = self._newest.get(conversation)
        buttons = draw(message.body).buttons if message else ()
        if message is None or not 0 < number <= len(buttons):
            self._show(f"There is no button {number} here.")
            return
        await pressed(self.client, message, buttons[number - 1], {}, self._show)

    def _seen(self, message: Message, how: str) -> None:
        if message.root and how == "new":
            self._roots.append(message)
        drawn = draw(message.body)
        if not message.root and drawn.buttons:
            self._newest[message.conversation] = message
        threads = [root.conversation for root in self._roots]
        number = f"#{threads.index(message.conversation) + 1}" if message.conversation in threads else "channel"
        mark = number if how == "new" else f"{number}, {how}"
        # Of a card that changed, what is new stands on top: its title and its state.
        text = "\n".join(drawn.lines[:2]) if message.root and how != "new" else drawn.text(numbers=not message.root)
        self._show(f"\n[{mark}] {text}")
