"""Files that go from one side of a case to the other: in order, once, or their sender is told."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.envelope import Address, FileRequest, SentFile
from bot.errors import DeliverLater, Undeliverable
from bot.fetch import PART
from bot.handoff.carried import Carried, sized
from bot.handoff.files import MEGABYTE, TRIES
from bot.storage.base import Store
from bot.storage.files import KeptFile
from tests.handoff.inside import ANNA, BEN, EVE, HELPDESK, House, Platform, house

PNG = b"\x89PNG\r\n\x1a\nrest"


@dataclass
class Drive:
    """A server that files lie on. hold: requests wait until it is set."""

    url: str = ""
    contents: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    hold: asyncio.Event | None = None

    def put(self, name: str, content: bytes) -> SentFile:
        """A file, as its sender's platform tells of it."""
        self.contents[name] = content
        return SentFile(name, f"{self.url}/{name}")

    async def get(self, request: web.Request) -> web.StreamResponse:
        """Its content; 404 for what is not there, a redirect for "moved"."""
        name = request.match_info["name"]
        self.asked.append(name)
        if name == "moved":
            raise web.HTTPFound("http://127.0.0.2/secret")
        if name == "broken":
            raise web.HTTPServiceUnavailable
        if self.hold is not None:
            await self.hold.wait()
        found = self.contents.get(name)
        return web.Response(status=404) if found is None else web.Response(body=found)


@asynccontextmanager
async def drive() -> AsyncIterator[Drive]:
    """It listens on loopback."""
    made = Drive()
    app = web.Application()
    app.router.add_get("/{name}", made.get)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield made
    finally:
        await runner.cleanup()


async def claimed(home: House) -> str:
    """A case that Anna holds; its id."""
    case = await home.open_case()
    await home.staff(ANNA, "claim", case)
    return case


async def until(there: Callable[[], bool]) -> None:
    """Wait for it."""
    async with asyncio.timeout(20):
        while True:
            if there():
                return
            await asyncio.sleep(0.005)


async def passed(home: House, seconds: float = 5.0) -> None:
    """Let time pass, once nothing is being done; then all that is due is done."""
    await until(lambda: not home.replicas[0].outbox.in_hand)
    home.clock.now += seconds
    home.replicas[0].outbox.wake()
    await asyncio.sleep(0.05)
    await until(lambda: not home.replicas[0].outbox.in_hand)


async def content(store: Store, file: KeptFile) -> bytes:
    """All of a kept file."""
    found, number = b"", 0
    while (part := await store.file_part(file.blob, number)) is not None:
        found, number = found + part, number + 1
    return found


async def test_words_and_files_keep_their_order(database_url: str) -> None:
    """A message's words, its files, then the next words, however long a file takes; the files are kept to the byte."""
    async with drive() as lies, house(url=database_url) as home:
        case = await claimed(home)
        lies.hold = asyncio.Event()
        long = bytes(range(256)) * (PART // 200)
        start = home.mark
        await home.say("ulla", "look", files=(lies.put("a.png", PNG), lies.put("b.log", long)), settle=False)
        await home.say("ulla", "and then", settle=False)
        await until(lambda: len(lies.asked) > 0)
        assert "and then" not in home.seen(HELPDESK, start)
        lies.hold.set()
        await home.settle()
        shown = [part for part in re.split(r"[|\n]", home.seen(HELPDESK, start)) if part.strip()]
        order = ("look", "a.png (12 B)", "b.log", "and then")
        places = [next(n for n, line in enumerate(shown) if word in line) for word in order]
        assert places == sorted(places)
        first, second = await home.store.files(case)
        assert (first.kind, second.kind) == ("image/png", "application/octet-stream")
        assert await content(home.store, first) == PNG
        assert await content(home.store, second) == long
        said = await home.store.transcript(case)
        assert [(m.text, m.state, len(m.files)) for m in said][-4:] == [
            ("look", "delivered", 0),
            ("", "delivered", 1),
            ("", "delivered", 1),
            ("and then", "delivered", 0),
        ]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("huge", "it is larger than 1 MB"),
        ("nowhere", "I could not fetch it"),
        ("moved", "I am not allowed to fetch it"),
        ("broken", "I could not fetch it"),
    ],
)
async def test_a_file_that_cannot_be_had_is_told_to_both(name: str, told: str) -> None:
    """Too large, gone, elsewhere, broken again and again: both sides read so, once, and what is said next arrives."""
    async with drive() as lies, house() as home:
        case = await claimed(home)
        lies.contents["huge"] = b"x" * (MEGABYTE + 1)
        start = home.mark
        await home.say("ulla", "", files=(SentFile(f"{name}.txt", f"{lies.url}/{name}"),), settle=False)
        await home.say("ulla", "next", settle=False)
        for _ in range(TRIES):
            await passed(home)
        user, thread = home.seen("ulla", start), home.seen(HELPDESK, start)
        assert user.count(f'"{name}.txt" could not be passed on') == 1
        assert told in user
        assert f"{name}.txt" in thread
        assert told in thread
        assert thread.index(f"{name}.txt") < thread.index("next")
        assert [file.blob for file in await home.store.files(case)] == [""]
        assert len(lies.asked) == (TRIES if name == "broken" else 1)


async def test_what_is_no_file_is_told() -> None:
    """An attachment of a kind that can't be passed on is told to both sides, like every other."""
    async with house() as home:
        await claimed(home)
        user = await home.say("ulla", "", files=(SentFile("card", problem="kind"),))
        assert '"card" could not be passed on: attachments of this kind do not reach me' in user
        assert "card" in home.seen(HELPDESK)


async def test_a_file_for_the_bot_alone_is_answered() -> None:
    """Without a case nobody looks at a file, and its sender is told so; once a case waits, it is for the staff only."""
    async with drive() as lies, house() as home:
        assert "I can't look into files" in await home.say("ulla", "", files=(lies.put("a.png", PNG),))
        assert lies.asked == []
        await home.open_case()
        assert await home.say("ulla", "", files=(lies.put("a.png", PNG),)) == ""
        assert "a.png" in home.seen(HELPDESK)


async def test_a_case_has_only_so_many_files() -> None:
    """Beyond ten times the largest size, a case takes no more: nobody fills the disk."""
    async with drive() as lies, house() as home:
        case = await claimed(home)
        for number in range(11):
            await home.say("ulla", "", files=(lies.put(f"f{number}", b"x" * MEGABYTE),))
        assert sum(bool(file.blob) for file in await home.store.files(case)) == 10
        assert "too many files in this case" in home.seen("ulla")


async def test_a_replica_that_goes_while_it_fetches_loses_nothing(database_url: str) -> None:
    """Its successor fetches the file anew; it arrives once, and nothing is left of the broken try."""
    async with drive() as lies, house(url=database_url, replicas=1) as home:
        case = await claimed(home)
        lies.hold = asyncio.Event()
        start = home.mark
        await home.say("ulla", "", files=(lies.put("a.png", PNG),), settle=False)
        await until(lambda: len(lies.asked) == 1)
        restarted = asyncio.create_task(home.restart(0))
        await restarted
        lies.hold.set()
        await home.settle()
        assert home.seen(HELPDESK, start).count("a.png (12 B)") == 1
        (file,) = await home.store.files(case)
        assert await content(home.store, file) == PNG
        assert await home.store.sweep_files(0.0, home.clock.now + 9e9, 10) == 0, "no parts of another try are there"


@settings(deadline=None, max_examples=15)
@given(st.lists(st.sampled_from(["words", "kept", "lost", "both", "restart"]), min_size=2, max_size=8))
def test_any_order_is_kept(events: list[str]) -> None:
    """Words, files that are had and files that are not, with replicas that go in between: all in order, each once."""
    asyncio.run(play(events))


async def play(events: list[str]) -> None:
    """Say these things at once, then wait."""
    async with drive() as lies, house() as home:
        await claimed(home)
        lies.put("kept", PNG)
        start, said = home.mark, []
        for number, event in enumerate(events):
            files = tuple(
                SentFile(f"{kind}{number}f", f"{lies.url}/{kind}")
                for kind in ("kept", "lost")
                if event in (kind, "both")
            )
            words = f"words{number}f" if event in ("words", "both") else ""
            if event == "restart":
                await home.restart(0)
            else:
                await home.say("ulla", words, files=files, settle=False)
                said += [words] * bool(words) + [file.name for file in files]
        await home.settle()
        shown = [p.text for p in home.platform.posts[start:] if p.where.startswith(HELPDESK)]
        assert [name for text in shown for name in re.findall(r"(?:words|kept|lost)\d+f", text)[:1]] == said
        refused = re.findall(r'"(lost\d+f)" could not be passed on', home.seen("ulla", start))
        assert refused == [name for name in said if name.startswith("lost")]


async def test_taken_back_is_gone() -> None:
    """A user who deletes a message with a file takes back both, and the content is gone from the database."""
    async with drive() as lies, house() as home:
        case = await claimed(home)
        await home.say("ulla", "look", event="m1", files=(lies.put("a.png", PNG), lies.put("b.png", PNG)))
        await home.say("ulla", "", message="m1", change="delete")
        assert [post.kind for post in home.platform.posts[-3:]] == ["delete"] * 3
        assert [file.blob for file in await home.store.files(case)] == ["", ""]
        assert {m.changed for m in (await home.store.transcript(case))[-3:]} == {"deleted"}


async def test_an_edit_gives_a_file_its_words() -> None:
    """A message that had no words until it was edited: the words are said."""
    async with drive() as lies, house() as home:
        await claimed(home)
        await home.say("ulla", "", event="m1", files=(lies.put("a.png", PNG),))
        await home.say("ulla", "it is red", message="m1", change="edit")
        assert "it is red" in home.seen(HELPDESK)
        await home.say("ulla", "it is blue", message="m1", change="edit")
        assert home.platform.posts[-1].kind == "update"


async def test_only_the_staff_get_a_new_link() -> None:
    """The button and the command give fresh links to members of the desk; nobody else, and no other case, gets one."""
    async with drive() as lies, house() as home:
        case = await claimed(home)
        await home.say("ulla", "", files=(lies.put("a.png", PNG),))
        (file,) = await home.store.files(case)
        first = link_in(home.seen(HELPDESK))
        home.clock.now += 60
        answer = await home.staff(BEN, "file", f"{case}/{file.id}")
        assert link_in(answer) != first
        assert "Only members" in await home.staff(EVE, "file", f"{case}/{file.id}")
        other = await home.open_case("uwe")
        assert "not kept" in await home.staff(BEN, "file", f"{other}/{file.id}")
        start = home.mark
        assert "is also a command" in await home.mention(ANNA, "files", case)
        await home.staff(ANNA, "files", case)
        assert "a.png (12 B)" in home.seen(HELPDESK, start)
        assert "No files came" in await home.staff(BEN, "files", other)


async def test_an_agents_file_reaches_the_user_where_the_platform_gives_it() -> None:
    """What an agent sends goes to the user as a link, without the staff's button; words and file in order."""
    async with drive() as lies, house() as home:
        case = await claimed(home)
        start = home.mark
        await home.mention(ANNA, "please fill in", case, files=(lies.put("form.pdf", b"%PDF"),))
        user = home.seen("ulla", start)
        assert user.index("please fill in") < user.index("form.pdf (4 B)")
        assert "New link" not in user
        await home.mention(ANNA, "", case, files=(SentFile("gone.pdf", f"{lies.url}/none"),))
        assert '"gone.pdf" could not be passed on' in home.seen(HELPDESK)
        assert "gone.pdf" in home.seen("ulla")


async def test_files_without_a_link_are_kept_all_the_same() -> None:
    """Where no public address is set up, the card says so, and there is no button that could not help."""
    async with drive() as lies, house(address="") as home:
        case = await claimed(home)
        await home.say("ulla", "", files=(lies.put("a.png", PNG),))
        assert "There is no link to it" in home.seen(HELPDESK)
        assert "New link" not in home.seen(HELPDESK)
        assert [file.size for file in await home.store.files(case)] == [len(PNG)]


@dataclass
class Refusing(Platform):
    """A platform that has no token now, or fetches from nowhere."""

    error: Exception = field(default_factory=lambda: Undeliverable("file-host"))

    async def file_request(self, address: Address, url: str) -> FileRequest:
        """It fails."""
        raise self.error


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (Undeliverable("file-host"), "I am not allowed to fetch it"),
        (DeliverLater("no token"), "I could not fetch it"),
    ],
)
async def test_a_file_that_the_channel_does_not_fetch_is_told(error: Exception, told: str) -> None:
    """An address that is not on the list, and a token that is not to be had in three tries."""
    async with house(platform=Refusing(error=error)) as home:
        await claimed(home)
        await home.say("ulla", "", files=(SentFile("a.txt", "https://evil.example/a"),), settle=False)
        for _ in range(TRIES):
            await passed(home)
        assert told in home.seen("ulla")


def link_in(text: str) -> str:
    """The newest link to a file."""
    return str(re.findall(r"https://bot\.example/files/[^\s)|\"]+", text)[-1])


def test_sizes() -> None:
    """A size as people say it."""
    assert [sized(n) for n in (0, 999, 1000, 23_456, 1_250_000)] == ["0 B", "999 B", "1 KB", "23 KB", "1.2 MB"]


def test_what_is_carried_comes_back() -> None:
    """A file on its way is plain JSON, and the same again."""
    address = Address("teams", "t", "a:1", details={"bot": {"id": "28:x"}})
    one = Carried("id", "HD-7K3QP", 3, "user", "Ann", address, SentFile("a b.png", "https://x/1", "image/png"), "de")
    assert Carried.load(json.loads(json.dumps(one.dump()))) == one
