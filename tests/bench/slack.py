"""CPU of a guided turn through Slack's door beside one through Teams', in one server on one database.

python -m tests.bench.slack [ROUNDS]      prints the medians and their ratio

Each round is a burst through one door and then one through the other. Through Slack's, a turn is a signed press that is
kept, acknowledged, processed, and answered by two calls of the Web API: the new card, and the answered form of the old.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp import web

from dialogs.cards import blocks
from dialogs.cards.base import Button
from tests import slack as fake
from tests.bench.contest import AT_ONCE, cpu_of, ours
from tests.bench.load import PATIENCE, SAID, Load, Sink, people, pressing
from tests.cloud import APP_ID, SECRET, TENANT, Cloud

ROUNDS = 7
MOST = 1.5  # what a turn through Slack's door may cost, in turns through Teams'
_PEOPLE, _TURNS = 480, 960  # two presses each in a round: within what Slack takes in one chat
_SETTLE = 0.4  # seconds after a burst for what is done when the cards are out: it counts too


class SlackSink:
    """A Web API that takes everything at once. An async context manager; `url` is its base."""

    def __init__(self) -> None:
        self.url = ""
        self.last: dict[str, bytes] = {}
        self.updates = 0
        self._number = 0
        self._expected: dict[str, asyncio.Future[None]] = {}

    async def __aenter__(self) -> Self:
        """Begin to listen on a free port."""
        app = web.Application(client_max_size=1024 * 1024)
        app.router.add_post("/api/{method}", self._take)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/api"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        await self._runner.cleanup()

    def expect(self, channel: str) -> asyncio.Future[None]:
        """Done when the next message of this chat arrives."""
        future = self._expected[channel] = asyncio.get_running_loop().create_future()
        return future

    async def _take(self, request: web.Request) -> web.Response:
        method, body = request.match_info["method"], await request.read()
        if method == "chat.postMessage":
            channel = json.loads(body)["channel"]
            self.last[channel] = body
            self._number += 1
            if (expected := self._expected.pop(channel, None)) is not None and not expected.done():
                expected.set_result(None)
            answer = f'{{"ok": true, "channel": "{channel}", "ts": "1700000000.{self._number:06}"}}'
        elif method == "auth.test":
            answer = json.dumps({"ok": True, "team_id": fake.TEAM, "user_id": fake.BOT, "bot_id": "B0BOT"})
        else:
            self.updates += method == "chat.update"
            answer = '{"ok": true, "user": {"id": "U1", "locale": "en-US", "profile": {"real_name": "Alex"}}}'
        return web.Response(text=answer, content_type="application/json")


class SlackLoad:
    """The same people who press buttons, by Slack."""

    def __init__(self, url: str, sink: SlackSink) -> None:
        self._url = url
        self._sink = sink
        self._turns: dict[int, int] = {}
        self._presses: dict[int, int] = {}
        self._pool = AT_ONCE * 2

    async def begin(self, session: aiohttp.ClientSession) -> None:
        """Everybody says what is the matter, and reads the number on the first card."""
        for number in range(_PEOPLE):
            body = fake.message(SAID, f"U{number:05}", channel=f"D{number:05}")
            await self._turn(session, number, fake.json_request(body))
            self._turns[number], self._presses[number] = self._number(number), 0

    async def burst(self, session: aiohttp.ClientSession, turns: int) -> None:
        """So many presses, AT_ONCE of them at a time."""

        async def work(mine: range) -> None:
            for turn in range(turns // AT_ONCE):
                await self._press(session, mine[turn % len(mine)])

        await asyncio.gather(*(work(range(n, _PEOPLE, AT_ONCE)) for n in range(AT_ONCE)))
        wrong = [number for number in range(_PEOPLE) if self._number(number) != self._turns[number]]
        if wrong:
            raise RuntimeError(f"the last card of {len(wrong)} chats is not that of their last turn")

    def _number(self, number: int) -> int:
        found = self._sink.last[f"D{number:05}"].partition(b'\\"turn\\":')[2]
        return int(found.partition(b",")[0])

    async def _press(self, session: aiohttp.ClientSession, number: int) -> None:
        verb, value = (("answer", "yes"), ("back", ""))[self._presses[number] % 2]
        button = {**blocks.button(Button("x", verb, value), self._turns[number]), "block_id": "b"}
        body = fake.pressed(button, f"U{number:05}", f"D{number:05}")
        self._turns[number] += 1
        self._presses[number] += 1
        await self._turn(session, number, fake.form_request(body))

    async def _turn(self, session: aiohttp.ClientSession, number: int, request: fake.Request) -> None:
        headers, body = request
        arrival = self._sink.expect(f"D{number:05}")
        async with asyncio.timeout(PATIENCE):
            async with session.post(f"{self._url}/slack/events", data=body, headers=headers) as response:
                if response.status != 200:
                    raise RuntimeError(f"{response.status}: {await response.text()}")
            await arrival


async def measure(rounds: int, folder: Path) -> tuple[list[float], list[float]]:
    """Milliseconds of CPU a turn in each round, through Teams' door and through Slack's."""
    teams: list[float] = []
    slack: list[float] = []
    async with AsyncExitStack() as stack:
        sink, web_api = await stack.enter_async_context(Sink()), await stack.enter_async_context(SlackSink())
        cloud = await stack.enter_async_context(Cloud())
        session = await stack.enter_async_context(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=64)))
        url, pid = await stack.enter_async_context(ours(folder / "both", _settings(cloud, web_api, folder)))
        by_teams = Load(url, sink, cloud.token(sink.url), people("slack", _PEOPLE), pressing)
        by_slack = SlackLoad(url, web_api)
        await by_teams.begin(session)
        await by_slack.begin(session)
        for _ in range(rounds):
            before = cpu_of(pid)
            await by_teams.burst(session, _TURNS, AT_ONCE)
            await asyncio.sleep(_SETTLE)
            between = cpu_of(pid)
            await by_slack.burst(session, _TURNS)
            await asyncio.sleep(_SETTLE)
            teams.append((between - before) / _TURNS)
            slack.append((cpu_of(pid) - between) / _TURNS)
            await asyncio.sleep(max(0.0, 4.0 - _SETTLE))  # what Slack takes in one chat: four in four seconds
    return teams, slack


def _settings(cloud: Cloud, web_api: SlackSink, folder: Path) -> dict[str, str]:
    return {
        "DATABASE_URL": f"sqlite:///{folder}/both/bench.db",
        "TEAMS_APP_ID": APP_ID,
        "TEAMS_TENANT_ID": TENANT,
        "TEAMS_APP_PASSWORD": SECRET,
        "TEAMS_OPENID_METADATA": cloud.metadata_url,
        "TEAMS_LOGIN_URL": cloud.login_url,
        "TEAMS_SERVICE_HOSTS": "127.0.0.1",
        "TEAMS_ALLOWED_TENANTS": ",".join(person.tenant for person in people("slack", _PEOPLE)),
        "SLACK_SIGNING_SECRET": fake.SECRET,
        "SLACK_BOT_TOKEN": fake.TOKEN,
        "SLACK_API_URL": web_api.url,
        "RATE_PER_USER": "0",
        "RATE_PER_TENANT": "0",
    }


def section(rounds: int) -> str:
    """Measure; the section of the page."""
    teams, slack, ratio = _measured(min(rounds, ROUNDS))
    return f"""
## Through Slack's door

A guided turn through Teams' door {teams:.2f} ms of CPU, through Slack's {slack:.2f} ms, in one server on one
database, bursts in turn: {ratio:.2f} times (at most {MOST}). Slack's is a signed press, taken apart by bolt, and
answered by two calls of its Web API, for its answer has no place for a card.
"""


def _measured(rounds: int) -> tuple[float, float, float]:
    """Medians of both, and of their ratio."""
    with tempfile.TemporaryDirectory(prefix="helpbot-bench-") as folder:
        teams, slack = asyncio.run(measure(rounds, Path(folder)))
    ratio = statistics.median(s / t for s, t in zip(slack, teams, strict=True))
    return statistics.median(teams), statistics.median(slack), ratio


def main() -> int:
    """Measure and print; 1 when a turn through Slack's door costs more than it may."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    teams, slack, ratio = _measured(rounds)
    sys.stdout.write(
        f"a guided turn: Teams {teams:.2f} ms, Slack {slack:.2f} ms of CPU; {ratio:.2f} times (at most {MOST})\n"
    )
    return 0 if ratio <= MOST else 1


if __name__ == "__main__":
    raise SystemExit(main())
