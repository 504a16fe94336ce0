"""What the bot needs of Microsoft's cloud: keys to check what comes in, a token to send with, the right time."""

from __future__ import annotations

from collections.abc import Callable
from email.utils import parsedate_to_datetime
from types import SimpleNamespace

import aiohttp

from bot.channels.registry import teams_credential
from bot.channels.teams_auth import LEEWAY, KeySource
from bot.channels.teams_token import TokenRefused, ask
from bot.doctor.finding import Finding
from bot.errors import SettingsError
from bot.settings import Settings

_CLOCK_WARNING = 60.0  # seconds
# What the codes of Entra's answers mean ("Microsoft Entra authentication and authorization error codes").
_FIXES = {
    7000215: "the client secret is not right: copy its value (not its id) into HELPBOT_TEAMS_APP_PASSWORD",
    7000222: "the client secret has expired: make a new one and set HELPBOT_TEAMS_APP_PASSWORD",
    700016: "the tenant has no such app: check HELPBOT_TEAMS_APP_ID and HELPBOT_TEAMS_TENANT_ID",
    7000229: "the app has no service principal in the tenant: az ad sp create --id <HELPBOT_TEAMS_APP_ID>",
    90002: "there is no such tenant: check HELPBOT_TEAMS_TENANT_ID",
    700027: "the certificate is not the app's: upload it to the app registration, or check HELPBOT_TEAMS_CERTIFICATE",
    700024: "the statement is out of its time: set this machine's clock",
}
_BY_ERROR = {
    "invalid_client": "check HELPBOT_TEAMS_APP_PASSWORD, or the certificate",
    "unauthorized_client": "check HELPBOT_TEAMS_APP_ID and HELPBOT_TEAMS_TENANT_ID",
    "invalid_request": "check HELPBOT_TEAMS_TENANT_ID and HELPBOT_TEAMS_LOGIN_URL",
}
_UNREACHED = "check HELPBOT_TEAMS_LOGIN_URL, and that this machine may reach the internet"


class Witness:
    """Notes what servers answer on a session: how far their clocks are from ours, and what went wrong last."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """clock: Unix seconds."""
        self._clock = clock
        self.ahead: list[float] = []  # seconds by which our clock is ahead of theirs
        self.last = "no answer"
        self.trace = aiohttp.TraceConfig()
        self.trace.on_request_end.append(self._end)
        self.trace.on_request_exception.append(self._exception)

    async def _end(
        self, session: aiohttp.ClientSession, context: SimpleNamespace, params: aiohttp.TraceRequestEndParams
    ) -> None:
        self.last = f"status {params.response.status}"
        try:
            date = parsedate_to_datetime(params.response.headers.get("Date", ""))
        except ValueError:
            return
        self.ahead.append(self._clock() - date.timestamp())

    async def _exception(
        self, session: aiohttp.ClientSession, context: SimpleNamespace, params: aiohttp.TraceRequestExceptionParams
    ) -> None:
        self.last = type(params.exception).__name__


async def keys(session: aiohttp.ClientSession, witness: Witness, settings: Settings) -> Finding:
    """Can what Teams sends be told from forgeries?"""
    source = KeySource(session, settings.teams_openid_metadata)
    if await source.refresh() and source.current:
        return Finding("ok", "signing keys", f"{len(source.current.keys)} keys fetched")
    return Finding(
        "wrong",
        "signing keys",
        f"can't be fetched ({witness.last}); check HELPBOT_TEAMS_OPENID_METADATA, and that this machine may reach it",
    )


async def token(session: aiohttp.ClientSession, settings: Settings, clock: Callable[[], float]) -> Finding:
    """Can the bot prove who it is?"""
    try:
        got = await ask(session, teams_credential(settings), clock)
    except SettingsError as error:
        return Finding("wrong", "credentials", str(error))
    except TokenRefused as error:
        fix = _FIXES.get(error.code) or _BY_ERROR.get(error.error) or _UNREACHED
        return Finding("wrong", "credentials", f"{error}; {fix}")
    return Finding("ok", "credentials", f"a token came, good for {round((got.until - clock()) / 60)} minutes")


def clock(witness: Witness) -> Finding:
    """Does this machine know what time it is? A token that looks expired is refused."""
    if not witness.ahead:
        return Finding("warning", "clock", "not compared, no server told the time; mend what is above and look again")
    ahead = min(witness.ahead, key=abs)  # an answer that took long makes ours look ahead
    apart = f"{abs(round(ahead))} seconds {'ahead' if ahead > 0 else 'behind'}"
    if abs(ahead) > LEEWAY:
        return Finding("wrong", "clock", f"{apart}, so tokens are refused; set it, and let NTP keep it")
    if abs(ahead) > _CLOCK_WARNING:
        return Finding("warning", "clock", f"{apart}; let NTP keep it")
    return Finding("ok", "clock", "agrees with the cloud's")
