"""Who sent this: the Bot Connector's tokens, checked against its published keys.

Only tokens of the Bot Connector are good here. Tokens that Entra issues reach a bot from the Emulator and from other
bots (skills), never from Teams, whatever kind of registration the bot has; so there is no second issuer to trust.
Follows "Authenticate requests from the Bot Connector service to your bot" in Microsoft's REST documentation.
"""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import jwt
import structlog
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from bot.channels.http import body_of
from bot.channels.teams_hosts import plain_address
from bot.errors import Refused

LEEWAY = 300.0  # seconds by which two clocks may differ, as Microsoft's documentation has it
REFRESH = 24 * 3600.0  # the keys change rarely; new ones are published well before they sign
RETRY = 60.0  # after a refresh that failed
UNKNOWN_AGAIN = 10.0  # an unknown key id asks for new keys at most this often, whoever makes them up
FETCH = aiohttp.ClientTimeout(total=10, connect=5)
_READ_MOST = 2 * 1024 * 1024
_CACHED = 2048
_KEY_BITS = 2048
_FORBIDDEN = ("jku", "jwk", "x5u", "x5c", "crit")  # headers by which a token would bring its own key, or its own rules

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Verified:
    """What a good token says. until: Unix seconds when it ends, the clocks' difference included."""

    service_url: str
    endorsements: frozenset[str]
    until: float


@dataclass(frozen=True, slots=True)
class Key:
    """A signing key, and the channels that it may speak for."""

    public: RSAPublicKey
    endorsements: frozenset[str]


@dataclass(frozen=True, slots=True)
class KeySet:
    """All keys of one moment, by key id, and who signs with them."""

    issuer: str
    keys: Mapping[str, Key]


class KeySource:
    """Keeps the key set fresh: in the background, in single flight, the old keys serving when it fails."""

    def __init__(
        self, session: aiohttp.ClientSession, address: str, ticks: Callable[[], float] = time.monotonic
    ) -> None:
        """address: the OpenID metadata document. ticks: seconds that only grow."""
        self._session = session
        self._address = address
        self._ticks = ticks
        self._flight: asyncio.Task[bool] | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._asked = float("-inf")
        self.current: KeySet | None = None

    async def start(self) -> None:
        """Begin to fetch, and to fetch again every day."""
        self._keeper = asyncio.create_task(self._keep(), name="teams keys")

    async def close(self) -> None:
        """Stop fetching."""
        for task in (self._keeper, self._flight):
            if task:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def refresh(self) -> bool:
        """Fetch now, or wait for the fetch that is under way. Whether it succeeded."""
        if self._flight is None or self._flight.done():
            self._asked = self._ticks()
            self._flight = asyncio.create_task(self._fetch(), name="teams keys fetch")
        return await asyncio.shield(self._flight)

    async def find(self, key_id: str) -> Key | None:
        """The key; an unknown id may be a new key, so new keys are fetched once before it is given up."""
        if self.current and (key := self.current.keys.get(key_id)):
            return key
        flying = self._flight is not None and not self._flight.done()
        if flying or self._ticks() - self._asked >= UNKNOWN_AGAIN:
            await self.refresh()
        if self.current is None:
            # We can't tell good from bad: the platform shall deliver again.
            raise Refused(503, "no-keys", "The keys to check tokens with could not be fetched yet.")
        return self.current.keys.get(key_id)

    async def _keep(self) -> None:
        while True:
            fetched = await self.refresh()
            await asyncio.sleep(REFRESH if fetched else RETRY)

    async def _fetch(self) -> bool:
        try:
            metadata = await self._get(self._address)
            keys_address = metadata.get("jwks_uri")
            if not isinstance(keys_address, str) or not plain_address(keys_address):
                raise ValueError("jwks_uri is no https address")
            if "RS256" not in metadata.get("id_token_signing_alg_values_supported", ["RS256"]):
                raise ValueError("RS256 is not among the signing algorithms")
            found = key_set(metadata.get("issuer"), await self._get(keys_address))
        except (aiohttp.ClientError, TimeoutError, ValueError, TypeError) as error:
            log.error("keys_not_fetched", error=type(error).__name__, hint="check HELPBOT_TEAMS_OPENID_METADATA")
            return False
        self.current = found
        log.info("keys_fetched", count=len(found.keys))
        return True

    async def _get(self, address: str) -> dict[str, Any]:
        async with self._session.get(address, timeout=FETCH, allow_redirects=False) as response:
            if response.status != 200:
                raise ValueError(f"status {response.status}")
            document = json.loads(await body_of(response, _READ_MOST))
        if not isinstance(document, dict):
            raise ValueError("no JSON object")
        return document


def key_set(issuer: object, document: dict[str, Any]) -> KeySet:
    """The RSA keys of a JWKS document. Raises ValueError when there is none that can be used."""
    keys: dict[str, Key] = {}
    for entry in document.get("keys", []):
        if not isinstance(entry, dict) or entry.get("kty") != "RSA" or not isinstance(entry.get("kid"), str):
            continue
        try:
            public = jwt.algorithms.RSAAlgorithm.from_jwk({name: entry.get(name) for name in ("kty", "n", "e")})
        except (jwt.InvalidKeyError, ValueError, TypeError):
            continue
        if isinstance(public, RSAPublicKey) and public.key_size >= _KEY_BITS:
            channels = entry.get("endorsements") or []
            keys[entry["kid"]] = Key(public, frozenset(c for c in channels if isinstance(c, str)))
    if not keys or not isinstance(issuer, str) or not issuer:
        raise ValueError("no usable key, or no issuer")
    return KeySet(issuer, keys)


class TokenVerifier:
    """Checks the token of a request. A token that was good is remembered until it ends or the keys change."""

    def __init__(self, keys: KeySource, app_id: str) -> None:
        """app_id: the bot's, which every token must be for."""
        self._keys = keys
        self._app_id = app_id
        self._good: dict[str, Verified] = {}
        self._good_for: KeySet | None = None

    async def start(self) -> None:
        """Begin to keep the keys fresh."""
        await self._keys.start()

    async def close(self) -> None:
        """Stop that."""
        await self._keys.close()

    def ready(self) -> bool:
        """Whether there are keys."""
        return self._keys.current is not None

    async def verify(self, authorization: str, now: float) -> Verified:
        """The claims of the token in an Authorization header; raises `Refused` when it is not good."""
        if self._good_for is not self._keys.current:
            self._good.clear()
            self._good_for = self._keys.current
        known = self._good.get(authorization)
        if known is not None:
            if now < known.until:
                return known
            del self._good[authorization]
            raise Refused(401, "expired")
        verified = await self._check(authorization, now)
        if self._good_for is self._keys.current:
            if len(self._good) >= _CACHED:
                del self._good[next(iter(self._good))]
            self._good[authorization] = verified
        return verified

    async def _check(self, authorization: str, now: float) -> Verified:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Refused(401, "no-token", "A token is needed.")
        try:
            header = jwt.get_unverified_header(token)
        except (jwt.InvalidTokenError, ValueError):
            raise Refused(401, "bad-token") from None
        if header.get("alg") != "RS256" or any(name in header for name in _FORBIDDEN):
            raise Refused(401, "bad-token")
        key = await self._keys.find(str(header.get("kid", "")))
        keys = self._keys.current
        if key is None or keys is None:
            raise Refused(401, "unknown-key")
        try:
            claims = jwt.decode(
                token,
                key.public,
                algorithms=["RS256"],
                audience=self._app_id,
                issuer=keys.issuer,
                # The times are checked by `_lifetime`: PyJWT would ask the machine's clock.
                options={
                    "require": ["exp", "iss", "aud"],
                    "strict_aud": True,
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                },
            )
        except (jwt.InvalidTokenError, ValueError, TypeError):
            raise Refused(401, "bad-token") from None
        return Verified(_service_url(claims), key.endorsements, _lifetime(claims, now))


def _lifetime(claims: dict[str, Any], now: float) -> float:
    """Until when the token is good, by our clock, which is passed in; raises when it is not good now."""
    until, since = claims["exp"], claims.get("nbf", 0)
    if any(isinstance(t, bool) or not isinstance(t, int | float) or not math.isfinite(t) for t in (until, since)):
        raise Refused(401, "bad-token")
    if now >= until + LEEWAY:
        raise Refused(401, "expired")
    if now < since - LEEWAY:
        raise Refused(401, "not-yet")
    return float(until) + LEEWAY


def _service_url(claims: dict[str, Any]) -> str:
    """The serviceUrl claim: spelt in small letters by the service, otherwise in its documentation."""
    found = {claims[name] for name in ("serviceurl", "serviceUrl") if isinstance(claims.get(name), str)}
    if len(found) != 1:
        raise Refused(401, "no-service-claim")
    return str(found.pop())
