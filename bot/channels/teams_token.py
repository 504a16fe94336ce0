"""The token that goes out with every request: fetched in the background, ahead of time, never in the way of a turn."""

from __future__ import annotations

import asyncio
import base64
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

import aiohttp
import jwt
import structlog
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from bot.channels.http import body_of
from bot.errors import DeliverLater, SettingsError

AHEAD = 600.0  # seconds before the end at which a new token is fetched
RETRY = 5.0  # after a fetch that failed, doubled up to RETRY_MOST
RETRY_MOST = 120.0
WAIT = 15.0  # the most that a row waits for a token before it is put back
FETCH = aiohttp.ClientTimeout(total=30, connect=5)
_READ_MOST = 256 * 1024
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_IMDS = "http://169.254.169.254/metadata/identity/oauth2/token"
# Whom the token is for, by the cloud that issues it.
_RESOURCES = {".us": "https://api.botframework.us", ".cn": "https://api.botframework.azure.cn"}
_RESOURCE = "https://api.botframework.com"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Request:
    """A request for a token: GET with `params`, or POST of `form`."""

    url: str
    params: dict[str, str] | None = None
    form: dict[str, str] | None = None
    headers: dict[str, str] | None = None


class Credential(Protocol):
    """How the bot proves who it is."""

    def request(self, now: float) -> Request:
        """The request to send for a token."""
        ...


@dataclass(frozen=True, slots=True)
class Secret:
    """An app registration with a client secret. login_url: base of the token endpoint, for example of Entra."""

    login_url: str
    tenant: str
    app_id: str
    password: str

    def request(self, now: float) -> Request:
        """Client credentials with the secret."""
        return Request(_endpoint(self.login_url, self.tenant), form={
            **_grant(self.login_url, self.app_id), "client_secret": self.password})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Certificate:
    """An app registration with a certificate, whose key signs a statement in place of a secret."""

    login_url: str
    tenant: str
    app_id: str
    key: RSAPrivateKey
    thumbprint: str

    @classmethod
    def from_pem(cls, login_url: str, tenant: str, app_id: str, pem: bytes) -> Certificate:
        """`pem` holds the certificate and its RSA key, in any order. Raises `SettingsError`."""
        try:
            certificate = x509.load_pem_x509_certificate(pem)
            key = serialization.load_pem_private_key(pem, password=None)
        except (ValueError, TypeError) as error:
            raise SettingsError(
                "HELPBOT_TEAMS_CERTIFICATE: the file must hold a PEM certificate and its private key without a password"
            ) from error
        if not isinstance(key, RSAPrivateKey) or key.public_key() != certificate.public_key():
            raise SettingsError("HELPBOT_TEAMS_CERTIFICATE: the RSA key in the file is not that of the certificate")
        digest = base64.urlsafe_b64encode(certificate.fingerprint(hashes.SHA256())).rstrip(b"=").decode()
        return cls(login_url, tenant, app_id, key, digest)

    def request(self, now: float) -> Request:
        """Client credentials with a statement signed by the certificate's key."""
        url = _endpoint(self.login_url, self.tenant)
        claims = {"aud": url, "iss": self.app_id, "sub": self.app_id, "jti": str(uuid.uuid4()),
                  "nbf": int(now) - 60, "exp": int(now) + 540}  # fmt: skip
        assertion = jwt.encode(claims, self.key, algorithm="PS256", headers={"x5t#S256": self.thumbprint})
        form = {**_grant(self.login_url, self.app_id), "client_assertion_type": _ASSERTION}
        return Request(url, form={**form, "client_assertion": assertion})


@dataclass(frozen=True, slots=True)
class ManagedIdentity:
    """A managed identity of the platform that the bot runs on. client_id: "" for the system-assigned one.

    endpoint and header: what App Service and Container Apps give (IDENTITY_ENDPOINT, IDENTITY_HEADER); without them,
    the metadata service of a virtual machine is asked.
    """

    client_id: str = ""
    endpoint: str = ""
    header: str = ""
    resource: str = _RESOURCE

    def request(self, now: float) -> Request:
        """The platform's own token service."""
        params = {"resource": self.resource}
        if self.client_id:
            params["client_id"] = self.client_id
        if self.endpoint:
            headers = {"X-IDENTITY-HEADER": self.header}
            return Request(self.endpoint, params | {"api-version": "2019-08-01"}, headers=headers)
        return Request(_IMDS, params | {"api-version": "2018-02-01"}, headers={"Metadata": "true"})


def resource_of(login_url: str) -> str:
    """Whom the bot's token is for, in the cloud of this login address."""
    host = urlsplit(login_url).hostname or ""
    return next((found for end, found in _RESOURCES.items() if host.endswith(end)), _RESOURCE)


def _endpoint(login_url: str, tenant: str) -> str:
    return f"{login_url.rstrip('/')}/{tenant}/oauth2/v2.0/token"


def _grant(login_url: str, app_id: str) -> dict[str, str]:
    return {"grant_type": "client_credentials", "client_id": app_id, "scope": f"{resource_of(login_url)}/.default"}


@dataclass(frozen=True, slots=True)
class Token:
    """A token, and when it ends (Unix seconds)."""

    text: str
    until: float


class TokenSource:
    """Implements `teams_send.Tokens`: one token, renewed by a task of its own, in single flight."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        credential: Credential,
        clock: Callable[[], float],
        wait: float = WAIT,
        retry: float = RETRY,
    ) -> None:
        """clock: Unix seconds. wait: the most that `get` waits for a first token. retry: the least between fetches."""
        self._session = session
        self._credential = credential
        self._clock = clock
        self._wait = wait
        self._retry = retry
        self._token: Token | None = None
        self._flight: asyncio.Task[bool] | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()

    async def start(self) -> None:
        """Begin to fetch, and to fetch again ahead of each token's end."""
        self._keeper = asyncio.create_task(self._keep(), name="teams token")

    async def close(self) -> None:
        """Stop fetching."""
        for task in (self._keeper, self._flight):
            if task:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def get(self) -> str:
        """The token at hand, at once; only when there is none, the one that is being fetched."""
        token = self._token
        if token is not None and self._clock() < token.until:
            return token.text
        try:
            async with asyncio.timeout(self._wait):
                await self._fetch()
        except TimeoutError:
            pass
        if self._token is None or self._clock() >= self._token.until:
            raise DeliverLater("no-token")
        return self._token.text

    def forget(self, token: str) -> None:
        """The service refused this token: fetch another now."""
        if self._token is not None and self._token.text == token:
            self._token = None
            self._wake.set()

    async def _keep(self) -> None:
        pause = self._retry
        while True:
            self._wake.clear()
            if await self._fetch() and self._token is not None:
                left = self._token.until - self._clock()
                delay, pause = max(left - AHEAD, left / 2, self._retry), self._retry
            else:
                delay, pause = pause, min(pause * 2, RETRY_MOST)
            try:
                async with asyncio.timeout(delay):
                    await self._wake.wait()
            except TimeoutError:
                continue
            await asyncio.sleep(self._retry)  # a token that is refused again and again must not be fetched as often

    async def _fetch(self) -> bool:
        if self._flight is None or self._flight.done():
            self._flight = asyncio.create_task(self._ask(), name="teams token fetch")
        return await asyncio.shield(self._flight)

    async def _ask(self) -> bool:
        try:
            self._token = await ask(self._session, self._credential, self._clock)
        except TokenRefused as error:
            log.error("token_not_fetched", why=str(error), hint="run: helpbot doctor")
            return False
        return True


class TokenRefused(Exception):
    """No token could be had; the text says why, in the words of the token service where it gave some.

    error: its OAuth error. code: Entra's number for what went wrong (AADSTS…), 0 when there is none.
    """

    def __init__(self, text: str, error: str = "", code: int = 0) -> None:
        """Keep what the operator's fix depends on."""
        super().__init__(text)
        self.error = error
        self.code = code


async def ask(session: aiohttp.ClientSession, credential: Credential, clock: Callable[[], float]) -> Token:
    """One token, asked for now. Raises `TokenRefused`."""
    now = clock()
    request = credential.request(now)
    try:
        async with session.request(
            "GET" if request.form is None else "POST",
            request.url,
            params=request.params,
            data=request.form,
            headers=request.headers,
            timeout=FETCH,
            allow_redirects=False,
        ) as response:
            body = await body_of(response, _READ_MOST)
            answer: Any = json.loads(body) if body else {}
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise TokenRefused(f"the token service can't be reached: {type(error).__name__}") from error
    except ValueError as error:
        raise TokenRefused("the token service did not answer with JSON") from error
    if response.status != 200 or not isinstance(answer, dict):
        raise _refused(response.status, answer if isinstance(answer, dict) else {})
    text, seconds = answer.get("access_token"), _seconds(answer, now)
    if not isinstance(text, str) or not text.isascii() or not text.isprintable() or seconds <= 0:
        raise TokenRefused("the token service gave no token, or one that has ended")
    return Token(text, now + seconds)


def _refused(status: int, answer: dict[str, Any]) -> TokenRefused:
    error, codes = str(answer.get("error", ""))[:80], answer.get("error_codes")
    code = codes[0] if isinstance(codes, list) and codes and isinstance(codes[0], int) else 0
    said = f"the token service answered {status} {error}".rstrip()
    return TokenRefused(f"{said} (AADSTS{code})" if code else said, error, code)


def _seconds(answer: dict[str, Any], now: float) -> float:
    """For how long the token is good: a number, also written as text; managed identities tell when it ends instead."""
    try:
        if "expires_in" in answer:
            return float(answer["expires_in"])
        return float(answer["expires_on"]) - now
    except (KeyError, TypeError, ValueError):
        return 0.0
