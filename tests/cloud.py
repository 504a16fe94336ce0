"""What the bot asks Microsoft's cloud for, on loopback: OpenID metadata, signing keys, tokens. And tokens to send in.

Follows "Authentication with the Bot Connector API" (metadata, keys with endorsements, claims) and "OAuth 2.0 client
credentials flow" of Microsoft's documentation.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from functools import cache
from types import TracebackType
from typing import Any, Self

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa

APP_ID = "11111111-2222-3333-4444-555555555555"
TENANT = "99999999-8888-7777-6666-555555555555"
SECRET = "a client secret for tests"
ISSUER = "https://api.botframework.com"


@cache
def private_key(name: str) -> rsa.RSAPrivateKey:
    """A key of its own for each name, made once, for making one takes long. "weak" is too short."""
    return rsa.generate_private_key(65537, 1024 if name == "weak" else 2048)


@dataclass(frozen=True, slots=True)
class Published:
    """A key in the published set."""

    id: str
    endorsements: tuple[str, ...] = ("msteams",)

    def jwk(self) -> dict[str, Any]:
        """Its public half, as it is published."""
        public = private_key(self.id).public_key()
        entry = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(public))
        return {**entry, "kid": self.id, "use": "sig", "endorsements": list(self.endorsements)}


class Cloud:
    """The servers, an async context manager. What is set on it holds from the next request on."""

    def __init__(self) -> None:
        """One key is published."""
        self.keys = [Published("key-1")]
        self.issuer = ISSUER
        self.down = False
        self.delay = 0.0
        self.token_delay = 0.0
        self.token_status = 200
        self.token_error: dict[str, Any] = {"error": "invalid_client"}
        self.expires_in: Any = 3600
        self.key_requests = 0
        self.token_requests: list[dict[str, str]] = []
        self._port = 0

    @property
    def metadata_url(self) -> str:
        """The OpenID metadata document."""
        return f"http://127.0.0.1:{self._port}/v1/.well-known/openidconfiguration"

    @property
    def login_url(self) -> str:
        """The base of the token endpoint."""
        return f"http://127.0.0.1:{self._port}"

    async def __aenter__(self) -> Self:
        """Begin to listen."""
        app = web.Application()
        app.router.add_get("/v1/.well-known/openidconfiguration", self._metadata)
        app.router.add_get("/v1/.well-known/keys", self._keys)
        app.router.add_post("/{tenant}/oauth2/v2.0/token", self._token)
        app.router.add_get("/identity", self._token)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        await self._runner.cleanup()

    async def _metadata(self, request: web.Request) -> web.Response:
        if self.down:
            return web.Response(status=503)
        keys = f"http://127.0.0.1:{self._port}/v1/.well-known/keys"
        algorithms = {"id_token_signing_alg_values_supported": ["RS256"]}
        return web.json_response({"issuer": self.issuer, "jwks_uri": keys, **algorithms})

    async def _keys(self, request: web.Request) -> web.Response:
        self.key_requests += 1
        await asyncio.sleep(self.delay)
        return web.json_response({"keys": [key.jwk() for key in self.keys]})

    async def _token(self, request: web.Request) -> web.Response:
        form = {key: str(value) for key, value in (await request.post()).items()}
        self.token_requests.append({"path": request.path, **dict(request.query), **form})
        number = len(self.token_requests)
        await asyncio.sleep(self.token_delay)
        if self.token_status != 200:
            return web.json_response(self.token_error, status=self.token_status)
        return web.json_response(
            {"token_type": "Bearer", "expires_in": self.expires_in, "access_token": f"out-{number}"}
        )

    def token(self, service_url: str, key: str = "key-1", **changes: Any) -> str:
        """A token as the Bot Connector sends it. changes: claims; None leaves one out. `header` changes the header."""
        now = int(time.time())
        header = {"kid": key, **changes.pop("header", {})}
        algorithm = changes.pop("algorithm", "RS256")
        claims = {"iss": self.issuer, "aud": APP_ID, "nbf": now - 60, "exp": now + 3600, "serviceurl": service_url}
        claims = {name: value for name, value in {**claims, **changes}.items() if value is not None}
        signer: Any = private_key(key)
        if algorithm == "HS256":
            signer = b"a shared secret that is long enough for it"
        elif algorithm == "none":
            signer = None
        return jwt.encode(claims, signer, algorithm=algorithm, headers=header)
