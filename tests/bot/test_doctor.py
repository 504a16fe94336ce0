"""`helpbot doctor`: between a cloud, a public address and a database of our own, each of them well or broken."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import os
import sqlite3
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from pydantic import SecretStr

from bot import package_teams
from bot.app import App, create
from bot.doctor.examine import examine
from bot.doctor.finding import Finding
from bot.envelope import Address
from bot.resources import manifest_dir
from bot.search.compile import compiled
from bot.settings import Settings
from bot.storage.cases import Desk
from bot.storage.sqlite import SqliteStore
from tests.cloud import APP_ID, SECRET, TENANT, Cloud, private_key
from tests.dialogs import samples
from tests.stand import counting_script

DAY = 86400.0


@dataclass(slots=True)
class Place:
    """A whole deployment, and the settings that fit it."""

    cloud: Cloud
    settings: Settings
    tls: ssl.SSLContext

    async def lines(self, *, ahead: float = 0.0, package: Path | None = None, **changed: Any) -> dict[str, Finding]:
        """What the doctor finds, by name. ahead: by how many seconds our clock is fast. changed: settings."""
        settings = self.settings.model_copy(update=changed)
        found = examine(settings, package, clock=lambda: time.time() + ahead, tls=self.tls)
        return {finding.name: finding async for finding in found}


def certificate(folder: Path, days: float = 90) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """For a server on 127.0.0.1, and for a client that trusts it."""
    key, now = private_key("tls"), dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "helpbot test")])
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=days))
    pem = builder.add_extension(alternative, critical=False).sign(key, hashes.SHA256())
    chain = folder / "tls.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain.write_bytes(pem.public_bytes(serialization.Encoding.PEM) + private)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(chain)
    return server, ssl.create_default_context(cafile=str(chain))


def content(folder: Path, review: str) -> Path:
    """Content with one guide that is to be reviewed on a day."""
    return samples.folder(folder, vpn=samples.spoilt(samples.VPN, "2027-01-31", review))


@asynccontextmanager
async def listening(app: web.Application, tls: ssl.SSLContext | None) -> AsyncIterator[int]:
    """The port on which an application is served."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def running(settings: Settings) -> App:
    """The bot itself, once it has its keys."""
    app = await create(settings, store=SqliteStore(":memory:"), script=counting_script())
    for _ in range(1000):
        if all(channel.ready() for channel in app.channels.values()):
            break
        await asyncio.sleep(0.01)
    return app


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    """A deployment with which all is well."""
    server, client = certificate(tmp_path)
    async with Cloud() as cloud:
        settings = Settings.model_validate(
            {
                "database_url": f"sqlite:///{tmp_path / 'helpbot.db'}",
                "content_dir": content(tmp_path / "content", "2099-12-31"),
                "contact": "helpdesk@example.com",
                "teams_app_id": APP_ID,
                "teams_tenant_id": TENANT,
                "teams_app_password": SECRET,
                "teams_openid_metadata": cloud.metadata_url,
                "teams_login_url": cloud.login_url,
                "teams_service_hosts": ("127.0.0.1",),
                "developer_name": "Contoso",
                "website_url": "https://contoso.com/help",
                "privacy_url": "https://contoso.com/privacy",
                "terms_url": "https://contoso.com/terms",
            }
        )
        app = await running(settings)
        try:
            async with listening(app.web, server) as port:
                there = {"public_url": f"https://127.0.0.1:{port}"}
                yield Place(cloud, settings.model_copy(update=there), client)
        finally:
            await app.close()


async def test_all_is_well(place: Place) -> None:
    """Every check of a sound deployment says ok, and each thing that can break is looked at."""
    found = await place.lines()
    assert {name: finding.level for name, finding in found.items()} == dict.fromkeys(
        [
            "settings", "database", "content", "contact", "desks", "signing keys", "credentials", "clock",
            "public address", "door", "files", "certificate", "app package",
        ],
        "ok",
    )  # fmt: skip


def one(found: dict[str, Finding], name: str, level: str) -> str:
    """The text of a finding, which has this level, while everything that does not hang on it is as well as before."""
    assert found[name].level == level, found[name]
    return found[name].text


async def test_desks_are_shown(place: Place) -> None:
    """Where each queue's staff sit, as bound in the database; without any, how to bind one."""
    assert "helpbot desk bind" in one(await place.lines(), "desks", "ok")
    store = SqliteStore(place.settings.database_url.removeprefix("sqlite:///"))
    await store.open()
    await store.bind_desk(Desk("helpdesk", Address("teams", "t", "19:x@thread", True), "p", 1.0))
    assert one(await place.lines(), "desks", "ok") == "helpdesk: teams|t|19:x@thread"
    await store.close()
    assert one(await place.lines(), "desks", "ok") == "helpdesk: teams|t|19:x@thread"


async def test_nothing_is_written(place: Place, tmp_path: Path) -> None:
    """A database that is not there yet is not made."""
    assert "still empty" in one(await place.lines(), "database", "ok")
    assert not (tmp_path / "helpbot.db").exists()


@pytest.mark.parametrize(
    ("status", "answer", "told"),
    [
        (401, {"error": "invalid_client", "error_codes": [7000222]}, "(AADSTS7000222); the client secret has expired"),
        (401, {"error": "invalid_client", "error_codes": [7000215]}, "copy its value (not its id)"),
        (400, {"error": "unauthorized_client", "error_codes": [700016]}, "the tenant has no such app"),
        (401, {"error": "invalid_client", "error_codes": [7000229]}, "az ad sp create"),
        (400, {"error": "invalid_request"}, "answered 400 invalid_request; check HELPBOT_TEAMS_TENANT_ID"),
        (500, {}, "answered 500; check HELPBOT_TEAMS_LOGIN_URL"),
    ],
)
async def test_no_token(place: Place, status: int, answer: dict[str, Any], told: str) -> None:
    """What Entra says of the credentials is told with its number and the fix."""
    place.cloud.token_status, place.cloud.token_error = status, answer
    assert told in one(await place.lines(), "credentials", "wrong")


async def test_a_certificate_that_is_none(place: Place, tmp_path: Path) -> None:
    """A certificate file that can't be used is told before anything is sent."""
    file = tmp_path / "bot.pem"
    file.write_text("no certificate")
    found = await place.lines(teams_app_password=SecretStr(""), teams_certificate=file)
    assert "HELPBOT_TEAMS_CERTIFICATE" in one(found, "credentials", "wrong")


async def test_the_cloud_is_away(place: Place) -> None:
    """Without a network the keys, the token and the clock can't be vouched for."""
    nowhere = "http://127.0.0.1:9"
    found = await place.lines(teams_openid_metadata=f"{nowhere}/metadata", teams_login_url=nowhere)
    assert "can't be fetched (ClientConnectorError); check HELPBOT_TEAMS_OPENID_METADATA" in one(
        found, "signing keys", "wrong"
    )
    assert "can't be reached" in one(found, "credentials", "wrong")
    one(found, "clock", "warning")


async def test_the_metadata_are_down(place: Place) -> None:
    """A status in place of the metadata is told."""
    place.cloud.down = True
    assert "status 503" in one(await place.lines(), "signing keys", "wrong")


@pytest.mark.parametrize(
    ("ahead", "level", "told"),
    [
        (400.0, "wrong", "seconds ahead, so tokens are refused"),
        (-400.0, "wrong", "seconds behind"),
        (120.0, "warning", "seconds ahead; let NTP keep it"),
        (20.0, "ok", "agrees"),
    ],
)
async def test_the_clock(place: Place, ahead: float, level: str, told: str) -> None:
    """A clock that is minutes off is told, by how much and in which direction."""
    assert told in one(await place.lines(ahead=ahead), "clock", level)


async def test_a_public_address_that_nobody_serves(place: Place) -> None:
    """A closed port, a name that is not known, plain http and no address at all are told apart."""
    closed = await place.lines(public_url="https://127.0.0.1:9")
    assert "nobody answers there" in one(closed, "public address", "wrong")
    unknown = await place.lines(public_url="https://helpbot.invalid")
    assert "its name is not known" in one(unknown, "public address", "wrong")
    plain = await place.lines(public_url=place.cloud.login_url)
    assert "not https" in one(plain, "public address", "wrong")
    assert "not looked at" in one(await place.lines(public_url=""), "public address", "warning")


async def test_a_certificate_that_is_not_trusted(place: Place) -> None:
    """A certificate of nobody's is told as such; something without TLS, too."""
    place.tls = ssl.create_default_context()
    found = await place.lines()
    assert "its certificate is not trusted (self-signed certificate)" in one(found, "public address", "wrong")
    no_tls = place.cloud.login_url.replace("http:", "https:")
    assert "not by TLS" in one(await place.lines(public_url=no_tls), "public address", "wrong")


async def test_a_certificate_that_ends_soon(place: Place) -> None:
    """Ten days before its end, somebody should know."""
    found = await place.lines(ahead=80 * DAY)
    assert "ends in 9 days" in one(found, "certificate", "warning")


@pytest.mark.parametrize(
    ("health", "door", "name", "told"),
    [
        (404, 401, "public address", "that is not the bot"),
        (502, 401, "public address", "does not reach the bot"),
        (301, 401, "public address", "it redirects (301)"),
        (200, 201, "door", "lets strangers in"),
        (200, 403, "door", "local mode"),
        (200, 404, "door", "answers 404, not 401"),
        (200, 503, "door", "no signing keys"),
    ],
)
async def test_what_else_may_stand_there(
    place: Place, tmp_path: Path, health: int, door: int, name: str, told: str
) -> None:
    """Another server, a proxy without the bot, and a bot that lets everybody in are told."""
    server, place.tls = certificate(tmp_path)
    app = web.Application()
    app.router.add_get("/healthz", answering(health))
    app.router.add_post("/api/messages", answering(door))
    async with listening(app, server) as port:
        found = await place.lines(public_url=f"https://127.0.0.1:{port}")
    assert told in one(found, name, "wrong")


async def test_a_proxy_that_keeps_files_back(place: Place, tmp_path: Path) -> None:
    """Links to files that don't reach the bot are told, with the way out."""
    server, place.tls = certificate(tmp_path)
    app = web.Application()
    app.router.add_get("/healthz", answering(200))
    app.router.add_post("/api/messages", answering(401))
    async with listening(app, server) as port:
        found = await place.lines(public_url=f"https://127.0.0.1:{port}")
    assert "let the proxy pass /files/* to it" in one(found, "files", "warning")


def answering(status: int) -> Callable[[web.Request], Awaitable[web.Response]]:
    """A handler that gives this status."""

    async def handle(request: web.Request) -> web.Response:
        return web.Response(status=status, text="ok", headers={"Location": "/elsewhere"})

    return handle


async def test_the_package(place: Place, tmp_path: Path) -> None:
    """What a package lacks is told; one that was made for another bot is wrong, one that fits is well."""
    assert "HELPBOT_TERMS_URL is missing" in one(await place.lines(terms_url=""), "app package", "warning")
    app = tmp_path / "app.zip"
    made = package_teams.fill(place.settings, (), manifest_dir() / "teams", "1.0.0")
    app.write_bytes(package_teams.zipped(made))
    assert one(await place.lines(package=app), "app package", "ok") == "fits the settings"
    other = await place.lines(package=app, teams_bot_name="Other")
    assert "its name is not HELPBOT_TEAMS_BOT_NAME; make it anew" in one(other, "app package", "wrong")
    assert "is no app package" in one(await place.lines(package=tmp_path / "tls.pem"), "app package", "wrong")


async def test_content(place: Place, tmp_path: Path) -> None:
    """Content that does not load, and a guide that is overdue for a review, are told."""
    broken = samples.folder(tmp_path / "broken", vpn="id: vpn\n")
    assert "see all with: helpbot check" in one(await place.lines(content_dir=broken), "content", "wrong")
    old = content(tmp_path / "old", "2020-01-31")
    assert "to be reviewed by now: vpn" in one(await place.lines(content_dir=old), "content", "warning")


async def test_compiled_content(place: Place, tmp_path: Path) -> None:
    """What is compiled, and is as it is in the folder, is not read again: the same is said; else it is read."""
    old, file = content(tmp_path / "old", "2020-01-31"), tmp_path / "i.db"
    compiled(old, file, None).close()
    stamp = file.stat()
    spoil(file)  # an entry that only the compiled one has shows which one was looked at
    told = one(await place.lines(content_dir=old, index_file=file), "content", "warning")
    assert "to be reviewed by now: compiled;" in told
    assert "can be made" in one(await place.lines(content_dir=old, index_file=file), "app package", "ok")
    (old / "guides/vpn.yaml").write_text(samples.VPN.replace("2027-01-31", "2020-01-30"), encoding="utf-8")
    told = one(await place.lines(content_dir=old, index_file=file), "content", "warning")
    assert "to be reviewed by now: vpn;" in told
    assert file.stat().st_ino == stamp.st_ino  # the doctor changes nothing


def spoil(file: Path) -> None:
    """Another id for the only guide of a compiled library."""
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("UPDATE guides SET id = 'compiled'")


async def test_the_database(place: Place, tmp_path: Path) -> None:
    """A folder that is not there, a newer schema and an older one are told."""
    gone = await place.lines(database_url=f"sqlite:///{tmp_path}/none/helpbot.db")
    assert "there is no such folder" in one(gone, "database", "wrong")
    file = tmp_path / "some.db"
    with sqlite3.connect(file) as db:
        db.execute("PRAGMA user_version = 999")
    db.close()
    newer = await place.lines(database_url=f"sqlite:///{file}")
    assert "its schema is version 999" in one(newer, "database", "wrong")
    url = "postgresql://bot:not-to-be-seen@127.0.0.1:9/helpbot"
    text = one(await place.lines(database_url=url), "database", "wrong")
    assert "not-to-be-seen" not in text


async def test_nobody_to_turn_to(place: Place) -> None:
    """Without a contact, people who ask for a person are told of nobody."""
    assert "HELPBOT_CONTACT" in one(await place.lines(contact=""), "contact", "warning")


async def test_half_configured(place: Place) -> None:
    """What is missing to serve is told, and no token is asked for with half of the credentials."""
    found = await place.lines(teams_app_password=SecretStr(""))
    assert "The Teams app has no credential" in one(found, "settings", "wrong")
    assert "not tried" in one(found, "credentials", "warning")


async def test_local_mode(place: Place) -> None:
    """In local mode the cloud and the address are none of its business, which it says."""
    found = await place.lines(local=True)
    assert "set HELPBOT_LOCAL=0" in one(found, "local mode", "warning")
    assert "credentials" not in found


def command(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """`helpbot doctor` as a process, with nothing of ours in its environment but this."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HELPBOT_")}
    return subprocess.run(
        [sys.executable, "-m", "bot", "doctor", *arguments],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(samples.ROOT), **environ},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_command(tmp_path: Path) -> None:
    """One line a check, exit code 1 when something is wrong, no secret, nothing on standard error."""
    ended = command(
        tmp_path,
        HELPBOT_TEAMS_APP_ID=APP_ID,
        HELPBOT_TEAMS_TENANT_ID=TENANT,
        HELPBOT_TEAMS_APP_PASSWORD=SECRET,
        HELPBOT_TEAMS_LOGIN_URL="http://127.0.0.1:9",
        HELPBOT_TEAMS_OPENID_METADATA="http://127.0.0.1:9/metadata",
        HELPBOT_PUBLIC_URL="https://127.0.0.1:9",
        HELPBOT_DATABASE_URL="postgresql://bot:not-to-be-seen@127.0.0.1:9/helpbot",
    )
    assert ended.returncode == 1
    assert ended.stderr == ""
    *lines, summary = ended.stdout.splitlines()
    assert all(line.startswith(("ok       ", "warning  ", "wrong    ")) for line in lines)
    assert summary == "4 wrong, 3 warnings."
    assert SECRET not in ended.stdout
    assert "not-to-be-seen" not in ended.stdout


def test_the_command_with_wrong_settings(tmp_path: Path) -> None:
    """All mistakes in the settings, one line each; nothing else can be looked at then."""
    ended = command(tmp_path, HELPBOT_PORT="many", HELPBOT_FROG="1")
    assert ended.returncode == 1
    assert ended.stdout.splitlines() == [
        "wrong    settings: HELPBOT_FROG is no setting; remove it; .env.example lists all settings",
        "wrong    settings: HELPBOT_PORT=many is no whole number; write digits only",
        "2 wrong.",
    ]
    assert ended.stderr == ""


def test_the_command_in_local_mode(tmp_path: Path) -> None:
    """Warnings alone are exit code 0."""
    ended = command(
        tmp_path, HELPBOT_LOCAL="1", HELPBOT_CONTACT="me", HELPBOT_CONTENT_DIR=str(content(tmp_path, "2099-01-01"))
    )
    assert (ended.returncode, ended.stdout.splitlines()[-1]) == (0, "1 warning.")
