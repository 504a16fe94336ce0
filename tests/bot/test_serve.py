"""`helpbot serve` as a process: starting, refusing, stopping, and what it keeps over a crash."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import socket
import sqlite3
import stat
import time
from contextlib import closing, suppress
from pathlib import Path

import aiohttp
import pytest

from bot.resources import content_dir
from tests.activities import message, press
from tests.cloud import APP_ID, SECRET, TENANT, Cloud
from tests.connector import Connector, Fault
from tests.process import environment, post, serving, start

SAID = "Zebrafish can not accept the invitation"
PATIENCE = 2.0  # seconds in which a request that is under way is answered for sure; a server that stops waits 2.5


async def get(url: str) -> tuple[int, str]:
    """Status and body of a GET."""
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status, await response.text()


async def test_local_server_from_start_to_end(tmp_path: Path) -> None:
    """In local mode it serves, says first where the memory is, keeps it private, logs no words, and ends on SIGTERM."""
    async with Connector() as connector, serving(tmp_path, "--local") as server:
        first = server.log[0]
        assert (first["event"], first["database"]) == ("starting", "sqlite:///helpbot.db")
        assert await get(f"{server.url}/healthz") == (200, "ok")
        status, ready = await get(f"{server.url}/readyz")
        assert (status, ready) == (200, '{"database": true, "content": true, "keys": true, "serving": true}')
        assert await post(server, message(connector.url, SAID)) == 200
        await connector.wait(1)
        _, metrics = await get(f"{server.url}/metrics")
        assert 'helpbot_turns_total{result="done"} 1.0' in metrics
        assert 'helpbot_outbox_events{event="sent"} 1.0' in metrics
        assert stat.S_IMODE((tmp_path / "helpbot.db").stat().st_mode) == 0o600
        started = time.monotonic()
        assert await server.stop() == 0
        assert time.monotonic() - started < 5
        assert server.log[-1]["event"] == "stopped"
        turn = next(event for event in server.log if event["event"] == "turn")
        assert len(turn["id"]) == 16
        assert "Zebrafish" not in str(server.log)
        assert "a:1personal" not in str(server.log)
        assert server.stderr == b""


async def test_any_free_port(tmp_path: Path) -> None:
    """Port 0, by option or by setting, is any that is free, and the log says which; links to files name it, too."""
    async with serving(tmp_path, "--local", "--port", "0", "--host", "::1") as server:
        assert await get(f"http://[::1]:{server.port}/healthz") == (200, "ok")
    server = await start(tmp_path, "--local", env=environment(PORT="0"))
    try:
        port = (await server.event("serving"))["port"]
        assert await get(f"http://127.0.0.1:{port}/healthz") == (200, "ok")
    finally:
        await server.close()


async def test_ends_on_sigint(tmp_path: Path) -> None:
    """Ctrl-C ends it as quietly."""
    async with serving(tmp_path, "--local") as server:
        assert await server.stop(signal.SIGINT) == 0
        assert server.stderr == b""


async def test_refuses_without_any_mode(tmp_path: Path) -> None:
    """Neither local nor configured: it says both ways, and does not start."""
    server = await start(tmp_path)
    assert await server.ended() == 2
    text = server.stderr.decode()
    assert "--local" in text
    assert "HELPBOT_TEAMS_APP_ID" in text
    assert "Traceback" not in text


async def test_local_mode_listens_on_this_machine_only(tmp_path: Path) -> None:
    """Local mode refuses every address but loopback."""
    server = await start(tmp_path, "--local", "--host", "0.0.0.0")
    assert await server.ended() == 2
    assert "127.0.0.1" in server.stderr.decode()


async def test_taken_port_is_told(tmp_path: Path) -> None:
    """When the port is taken it says so, and what to do."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        server = await start(tmp_path, "--local", "--port", str(taken.getsockname()[1]))
        assert await server.ended() == 2
    assert "HELPBOT_PORT" in server.stderr.decode()
    assert "Traceback" not in server.stderr.decode()


async def test_configured_server_needs_tokens(tmp_path: Path) -> None:
    """With an app id it checks tokens, and sends with its own; no secret is logged."""
    async with Cloud() as cloud, Connector() as connector:
        env = environment(
            TEAMS_APP_ID=APP_ID,
            TEAMS_TENANT_ID=TENANT,
            TEAMS_APP_PASSWORD=SECRET,
            TEAMS_OPENID_METADATA=cloud.metadata_url,
            TEAMS_LOGIN_URL=cloud.login_url,
            TEAMS_SERVICE_HOSTS="127.0.0.1",
        )
        async with serving(tmp_path, env=env) as server:
            await server.event("keys_fetched")
            token = cloud.token(connector.url)
            assert await post(server, message(connector.url, SAID)) == 401
            assert await post(server, message(connector.url, SAID), token) == 200
            (sent,) = await connector.wait(1)
            assert sent.authorization == "Bearer out-1"
            assert await server.stop() == 0
            for secret in (SECRET, token, "out-1"):
                assert secret not in str(server.log)


async def test_stopping_in_a_delivery_leaves_the_row_to_the_next(tmp_path: Path) -> None:
    """A delivery that hangs does not hold the end up beyond ten seconds, and the next start delivers the row."""
    async with Connector() as connector:
        connector.faults.append(Fault(hang=True))
        async with serving(tmp_path, "--local") as server:
            assert await post(server, message(connector.url, SAID)) == 200
            await connector.wait_requests(1)
            started = time.monotonic()
            await server.stop()
            assert time.monotonic() - started < 10
        async with serving(tmp_path, "--local"):
            await connector.wait(1)


async def test_acknowledged_message_survives_kill(tmp_path: Path) -> None:
    """After kill -9 behind the 200 the next start sends the answer; the same message again is no new turn."""
    async with Connector() as connector:
        connector.faults.append(Fault(503))
        said = message(connector.url, SAID)
        async with serving(tmp_path, "--local") as server:
            assert await post(server, said) == 200
            server.process.kill()
            await server.ended()
        async with serving(tmp_path, "--local") as server:
            assert await post(server, said) == 200
            await connector.wait(1)
            await asyncio.sleep(0.2)
            assert len(connector.sent) == 1


async def test_second_server_on_one_file_is_refused(tmp_path: Path) -> None:
    """A database file serves one server at a time; the second one says so."""
    async with serving(tmp_path, "--local"):
        second = await start(tmp_path, "--local", "--port", "0")
        assert await second.ended() == 2
        assert "PostgreSQL" in second.stderr.decode()


async def test_turn_under_way_is_finished(tmp_path: Path) -> None:
    """A request whose body is still coming when the signal does is answered before the end."""
    answer, seconds = await answered_while_stopping(tmp_path)
    if not answer and seconds > PATIENCE:  # the machine stood still for as long as a server that stops waits for a turn
        answer, _ = await answered_while_stopping(tmp_path)
    assert answer.startswith(b"HTTP/1.1 200")


async def answered_while_stopping(folder: Path) -> tuple[bytes, float]:
    """The first line of the answer to a request whose body comes after the signal, and the seconds since that."""
    async with Connector() as connector, serving(folder, "--local") as server:
        encoded = json.dumps(message(connector.url, SAID)).encode()
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        try:
            head = "POST /api/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            writer.write(f"{head}Expect: 100-continue\r\nContent-Length: {len(encoded)}\r\n\r\n".encode())
            assert await reader.readline() + await reader.readline() == b"HTTP/1.1 100 Continue\r\n\r\n"
            writer.write(encoded[:50])
            signalled = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            await server.event("stopping")
            writer.write(encoded[50:])
            answer = await reader.readline()
            seconds = time.monotonic() - signalled
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
        assert await server.ended() == 0
    return answer, seconds


async def test_content_is_reloaded_only_without_errors(tmp_path: Path) -> None:
    """SIGHUP takes new content in; content with mistakes is told and left."""
    shutil.copytree(content_dir(), tmp_path / "content")
    texts = tmp_path / "content" / "texts" / "en.yaml"
    good = texts.read_text()
    env = environment(CONTENT_DIR=str(tmp_path / "content"))
    async with Connector() as connector, serving(tmp_path, "--local", env=env) as server:
        texts.write_text(good + "\nno_such_text: x\n")
        server.process.send_signal(signal.SIGHUP)
        told = await server.event("content_not_reloaded")
        assert "no_such_text" in str(told["problems"])
        assert await post(server, message(connector.url, "help")) == 200
        texts.write_text(good.replace("Hello, I am the help bot", "Hello, I am new"))
        server.process.send_signal(signal.SIGHUP)
        await server.event("content_reloaded")
        fresh = {"conversationType": "personal", "tenantId": TENANT, "id": "a:2"}
        assert await post(server, message(connector.url, "hello", fresh)) == 200
        sent = await connector.wait(2)
        assert "Hello, I am new" in str(sent[1].body)


@pytest.mark.parametrize("wrong", ["texts/en.yaml", "guides/guest-cannot-redeem.yaml"])
async def test_content_with_mistakes_does_not_start(tmp_path: Path, wrong: str) -> None:
    """With content that can't be used it does not start, and says where the mistake is."""
    shutil.copytree(content_dir(), tmp_path / "content")
    (tmp_path / "content" / wrong).write_text("nonsense: 1\n")
    server = await start(tmp_path, "--local", env=environment(CONTENT_DIR=str(tmp_path / "content")))
    assert await server.ended() == 2
    assert "nonsense" in server.stderr.decode()
    assert "Traceback" not in server.stderr.decode()


async def test_unavailable_database_holds_messages_and_apologizes_for_presses(tmp_path: Path) -> None:
    """With the database broken, a message is a 503 and a press gets a card with the same button."""
    async with Connector() as connector, serving(tmp_path, "--local") as server:
        assert await post(server, message(connector.url, "hi")) == 200
        await connector.wait(1)
        with closing(sqlite3.connect(tmp_path / "helpbot.db")) as other:
            other.execute("ALTER TABLE conversations RENAME TO gone")
        assert await post(server, message(connector.url, "hi")) == 503
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{server.url}/api/messages", json=press(connector.url, "answer", 1, "yes")) as response,
        ):
            answer = await response.json()
        assert response.status == 200
        assert "try again" in answer["value"]["fallbackText"].lower()
        assert (await get(f"{server.url}/healthz"))[0] == 200
        assert (await get(f"{server.url}/metrics"))[0] == 200
        assert await server.stop() == 0
