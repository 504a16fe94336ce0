"""Both sides at one machine: `helpbot chat --to` and `helpbot desk --to` against a server in local mode."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.client import Client
from bot.commands.client_chat import chat_with
from bot.commands.client_desk import desk_with
from bot.errors import HelpbotError
from tests.handoff.story import script
from tests.stand import stand

SECONDS = 10.0


class Terminal:
    """One client's screen and keyboard: `see` waits for words that come after those waited for before."""

    def __init__(self) -> None:
        self.screen = ""
        self._place = 0
        self._keys: asyncio.Queue[str] = asyncio.Queue()
        self._arrived = asyncio.Event()

    def show(self, text: str) -> None:
        """What the client shows."""
        self.screen += text + "\n"
        self._arrived.set()

    async def see(self, words: str) -> None:
        """Wait for these words."""
        try:
            async with asyncio.timeout(SECONDS):
                while (found := self.screen.find(words, self._place)) < 0:
                    self._arrived.clear()
                    await self._arrived.wait()
        except TimeoutError:
            pytest.fail(f"no {words!r} in {self.screen[self._place :]!r}")
        self._place = found + len(words)

    def type(self, line: str) -> None:
        """A line; "exit" ends the lines."""
        self._keys.put_nowait(line)

    async def lines(self) -> AsyncIterator[str]:
        """For the client."""
        while (line := await self._keys.get()) != "exit":
            yield line


async def test_both_sides() -> None:
    """A guide, a person, claim, words each way, a note and talk that stay inside, close, rating: in two terminals."""
    async with stand(local=True, script=script()) as place:
        to = str(place.client.make_url("")).rstrip("/")
        user, agent = Terminal(), Terminal()
        async with asyncio.TaskGroup() as clients:
            clients.create_task(desk_with(to, "Helpdesk", "Anna", agent.lines(), agent.show))
            await agent.see("This channel is the desk of Helpdesk now")
            clients.create_task(chat_with(to, "Alex", user.lines(), user.show))
            await user.see("1. ")
            user.type("my guest can't redeem")
            await user.see("Did the guest receive the invitation e-mail?")
            await user.see("2. No")
            await user.see("Talk to a person")
            user.type("talk to a person")
            await user.see("1. Send to the helpdesk")
            user.type("1")
            await user.see("Anything to add?")
            user.type("It is <urgent> & new")
            await user.see("You are number 1 in the queue of Helpdesk")
            await agent.see("[#1] HD-")
            await agent.see("Alex")
            await agent.see("It is <urgent> & new")
            agent.type("queue")
            await agent.see("[channel] ")
            await agent.see("Alex")
            agent.type("1 claim")
            await agent.see("With Anna")
            await user.see("Anna from the helpdesk is here now")
            user.type("hello <you>")
            await agent.see("Alex: hello <you>")
            agent.type("@1 good morning")
            await user.see("Anna: good morning")
            agent.type("#1 a word among us")
            agent.type("1 note a secret")
            await agent.see("a secret")
            agent.type("1 reply please try again")
            await user.see("Anna: please try again")
            agent.type("1 close")
            await agent.see("closed")
            await user.see("Anna has closed your case")
            await user.see("2. Skip")
            user.type("1")
            await user.see("1. Yes")
            for answer in ("1", "", "thank you"):
                user.type(answer)
            await agent.see("thank you")
            agent.type("1 claim")
            await agent.see("closed")
            user.type("exit")
            agent.type("exit")
        assert "secret" not in user.screen
        assert "among us" not in user.screen


async def test_commands_of_the_desk() -> None:
    """What an agent types at a desk does what its button does, says what it needs, and why something can't be."""
    async with stand(local=True, script=script()) as place:
        to = str(place.client.make_url("")).rstrip("/")
        user, agent = Terminal(), Terminal()
        async with asyncio.TaskGroup() as clients:
            clients.create_task(desk_with(to, "Helpdesk", "Anna", agent.lines(), agent.show))
            await agent.see("This channel is the desk of Helpdesk now")
            clients.create_task(chat_with(to, "Alex", user.lines(), user.show))
            await user.see("1. ")
            user.type("my partner never got the mail I sent")
            await user.see("Did this solve it?")
            user.type("talk to a person")
            await user.see("1. Send to the helpdesk")
            user.type("1")
            user.type("")
            await agent.see("[#1] HD-")
            agent.type("2 claim")
            await agent.see("There is no thread 2 here.")
            agent.type("1 nonsense")
            await agent.see("1 claim · 1 reply")
            agent.type("1 release")
            await agent.see("(Nobody holds this case.)")
            agent.type("1 reply good morning")  # claims it first
            await agent.see("Anna has taken this case.")
            await user.see("Anna: good morning")
            agent.type("mine")
            await agent.see("Your cases")
            agent.type("1 transfer")
            await agent.see("This card can't do that now.")
            agent.type("1 guide")
            await agent.see("Which guide? Write, for example: guide NAME")
            await agent.see("  guest-cannot-redeem: A guest can't redeem the invitation")
            agent.type("1 guide guest-cannot-redeem/no-mail")
            await user.see("Anna suggests that we go through this together")
            await user.see("1. Send as text")
            user.type("yes")
            await agent.see("The guide is done: it helped.")
            agent.type("@1 release")
            await agent.see('"release" is also a command')
            agent.type("1 1")
            await agent.see("Anna has released this case.")
            await user.see("You are back in the queue")
            agent.type("1 take over")
            await user.see("Anna from the helpdesk is here now")
            agent.type("1 give back")
            await user.see("Anna has given the chat back to me")
            agent.type("1 reply too late")
            await agent.see("(This case is closed. Your message was not sent.)")
            agent.type("1 close")
            await agent.see("(This case is closed.)")
            user.type("exit")
            agent.type("exit")
        assert "too late" not in user.screen


@pytest.mark.parametrize(
    "to", ["http://example.com:3978", "http://10.0.0.1", "127.0.0.1:3978", "http://127.0.0.1@x.org"]
)
async def test_only_this_machine(to: str) -> None:
    """Any address but one of this machine is refused, with what to name instead."""
    with pytest.raises(HelpbotError, match="helpbot serve --local"):
        Client(to, "Alex")


async def test_no_page_reaches_the_client() -> None:
    """The client's own port answers no page of a browser."""
    async with Client("http://127.0.0.1:9", "Alex") as client, aiohttp.ClientSession() as session:
        url = f"{client.service}/v3/conversations/x/pagedmembers"
        async with session.get(url) as response:
            assert response.status == 200
        async with session.get(url, headers={"Origin": "http://localhost:1"}) as response:
            assert response.status == 403


async def test_without_a_server() -> None:
    """Where no server answers, the command ends with what to start."""
    with pytest.raises(HelpbotError, match="no server answers"):
        await chat_with("http://127.0.0.1:9", "Alex", Terminal().lines(), print)
