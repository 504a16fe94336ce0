"""The bot's own token: how it is asked for, and that nobody waits for it twice."""

from __future__ import annotations

import asyncio
import base64
import datetime
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from bot.channels.teams_token import (
    Certificate,
    ManagedIdentity,
    Secret,
    TokenRefused,
    TokenSource,
    ask,
    resource_of,
)
from bot.errors import DeliverLater, SettingsError
from tests.cloud import APP_ID, SECRET, TENANT, Cloud, private_key


@pytest.fixture
async def cloud() -> AsyncIterator[Cloud]:
    """A token endpoint on loopback."""
    async with Cloud() as cloud:
        yield cloud


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """A pooled session."""
    async with aiohttp.ClientSession() as session:
        yield session


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        """The time that it shows."""
        return self.now


def secret(cloud: Cloud) -> Secret:
    """The credential of most tests."""
    return Secret(cloud.login_url, TENANT, APP_ID, SECRET)


def pem(key_name: str = "certificate", certified: str = "certificate") -> bytes:
    """A certificate of one key and a private key."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "helpbot")])
    day = datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private_key(certified).public_key())
        .serial_number(1)
        .not_valid_before(day)
        .not_valid_after(day + datetime.timedelta(days=1))
        .sign(private_key(certified), hashes.SHA256())
    )
    key = private_key(key_name).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return key + certificate.public_bytes(serialization.Encoding.PEM)


async def test_one_request_for_all(cloud: Cloud, session: aiohttp.ClientSession) -> None:
    """Twenty rows that need the first token at once cause one request; later ones take what is there."""
    cloud.token_delay = 0.05
    source = TokenSource(session, secret(cloud), Clock())
    assert set(await asyncio.gather(*(source.get() for _ in range(20)))) == {"out-1"}
    assert await source.get() == "out-1"
    assert len(cloud.token_requests) == 1


async def test_renewed_ahead_of_time_without_anybody_waiting(cloud: Cloud, session: aiohttp.ClientSession) -> None:
    """A token is renewed before it ends, in the background; the old one is given meanwhile."""
    clock = Clock()
    cloud.expires_in = "0.2"
    source = TokenSource(session, secret(cloud), clock, retry=0.01)
    await source.start()
    try:
        async with asyncio.timeout(5):
            while len(cloud.token_requests) < 3:
                started = time.perf_counter()
                assert (await source.get()).startswith("out-")
                assert time.perf_counter() - started < 0.1
                await asyncio.sleep(0.01)
    finally:
        await source.close()


async def test_ended_token_is_not_given(cloud: Cloud, session: aiohttp.ClientSession) -> None:
    """A token that has ended is never sent: another is fetched."""
    clock = Clock()
    source = TokenSource(session, secret(cloud), clock)
    assert await source.get() == "out-1"
    clock.now += 3600
    assert await source.get() == "out-2"


async def test_refused_token_is_forgotten(cloud: Cloud, session: aiohttp.ClientSession) -> None:
    """After the service refused a token another is fetched; a late complaint about the old one changes nothing."""
    source = TokenSource(session, secret(cloud), Clock())
    source.forget(await source.get())
    assert await source.get() == "out-2"
    source.forget("out-1")
    assert await source.get() == "out-2"


@pytest.mark.parametrize("status", [400, 401, 500])
async def test_no_token_holds_the_row(cloud: Cloud, session: aiohttp.ClientSession, status: int) -> None:
    """When no token can be had, the row is tried later; nothing was sent."""
    cloud.token_status = status
    with pytest.raises(DeliverLater, match="no-token") as caught:
        await TokenSource(session, secret(cloud), Clock()).get()
    assert not caught.value.ambiguous


async def test_slow_endpoint_holds_the_row(cloud: Cloud, session: aiohttp.ClientSession) -> None:
    """A token endpoint that takes longer than a row may wait does not keep it."""
    cloud.token_delay = 1.0
    source = TokenSource(session, secret(cloud), Clock(), wait=0.05)
    started = time.perf_counter()
    with pytest.raises(DeliverLater):
        await source.get()
    assert time.perf_counter() - started < 0.5
    await source.close()


@pytest.mark.parametrize("expires_in", [3600, "3600"])
async def test_lifetime_as_number_or_text(cloud: Cloud, session: aiohttp.ClientSession, expires_in: Any) -> None:
    """Token services write the lifetime either way."""
    cloud.expires_in = expires_in
    clock = Clock()
    assert (await ask(session, secret(cloud), clock)).until == clock.now + 3600


@pytest.mark.parametrize("expires_in", [None, "soon", 0, -5])
async def test_token_without_a_lifetime_is_refused(
    cloud: Cloud, session: aiohttp.ClientSession, expires_in: Any
) -> None:
    """A token of which nobody knows how long it is good is not used."""
    cloud.expires_in = expires_in
    with pytest.raises(TokenRefused):
        await ask(session, secret(cloud), Clock())


async def test_refusal_says_why_but_not_the_secret(cloud: Cloud, session: aiohttp.ClientSession) -> None:
    """The error names the service's code, for the operator."""
    cloud.token_status = 401
    with pytest.raises(TokenRefused, match="401 invalid_client") as caught:
        await ask(session, secret(cloud), Clock())
    assert SECRET not in str(caught.value)


async def test_certificate_signs_a_statement(cloud: Cloud, session: aiohttp.ClientSession) -> None:
    """With a certificate no secret is sent: its key signs who we are, for this endpoint, for ten minutes."""
    credential = Certificate.from_pem(cloud.login_url, TENANT, APP_ID, pem())
    await ask(session, credential, Clock())
    (asked,) = cloud.token_requests
    assert "client_secret" not in asked
    assert asked["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    public = private_key("certificate").public_key()
    endpoint = f"{cloud.login_url}/{TENANT}/oauth2/v2.0/token"
    options: Any = {"verify_exp": False, "verify_nbf": False}
    claims = jwt.decode(asked["client_assertion"], public, algorithms=["PS256"], audience=endpoint, options=options)
    assert (claims["iss"], claims["sub"], claims["exp"] - claims["nbf"]) == (APP_ID, APP_ID, 600)
    thumbprint = x509.load_pem_x509_certificate(pem()).fingerprint(hashes.SHA256())
    header = jwt.get_unverified_header(asked["client_assertion"])
    assert base64.urlsafe_b64decode(header["x5t#S256"] + "=") == thumbprint


@pytest.mark.parametrize("content", [b"", b"nothing", pem("other", "certificate"), pem().partition(b"-----BEGIN C")[0]])
def test_certificate_that_can_not_be_used(content: bytes) -> None:
    """A file without certificate, without key, or with another key is told with its setting's name."""
    with pytest.raises(SettingsError, match="HELPBOT_TEAMS_CERTIFICATE"):
        Certificate.from_pem("https://login.example", TENANT, APP_ID, content)


async def test_managed_identity_asks_its_platform(cloud: Cloud, session: aiohttp.ClientSession) -> None:
    """On App Service and Container Apps the platform's endpoint is asked, with its header."""
    await ask(session, ManagedIdentity("client", f"{cloud.login_url}/identity", "the header"), Clock())
    (asked,) = cloud.token_requests
    assert asked == {
        "path": "/identity",
        "resource": "https://api.botframework.com",
        "client_id": "client",
        "api-version": "2019-08-01",
    }


def test_managed_identity_of_a_virtual_machine() -> None:
    """Elsewhere the metadata service is asked; the system-assigned identity has no client id to name."""
    request = ManagedIdentity().request(0)
    assert (request.url, request.headers) == (
        "http://169.254.169.254/metadata/identity/oauth2/token",
        {"Metadata": "true"},
    )
    assert request.params == {"resource": "https://api.botframework.com", "api-version": "2018-02-01"}


@pytest.mark.parametrize(
    ("login", "resource"),
    [
        ("https://login.microsoftonline.com", "https://api.botframework.com"),
        ("https://login.microsoftonline.us", "https://api.botframework.us"),
        ("https://login.partner.microsoftonline.cn", "https://api.botframework.azure.cn"),
        ("http://127.0.0.1:9", "https://api.botframework.com"),
    ],
)
def test_each_cloud_has_its_own_audience(login: str, resource: str) -> None:
    """The token is for the Bot Framework of the cloud that issues it."""
    assert resource_of(login) == resource
