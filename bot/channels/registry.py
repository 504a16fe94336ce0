"""The one list of channels: their paths, their rate limits, and how each is made from the settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import aiohttp

from bot.channels.base import Channel
from bot.channels.limits import Limit, Limits
from bot.channels.slack import SlackChannel
from bot.channels.slack_api import SlackApi
from bot.channels.slack_installs import Installations
from bot.channels.slack_tokens import OneWorkspace, Tokens
from bot.channels.teams import TeamsChannel
from bot.channels.teams_auth import KeySource, TokenVerifier
from bot.channels.teams_hosts import FileHosts, ServiceHosts
from bot.channels.teams_token import Certificate, Credential, ManagedIdentity, Secret, TokenSource, resource_of
from bot.settings import Settings, environment
from bot.storage.arrivals import KeptStore
from bot.storage.files import FileStore
from dialogs.texts import Texts

PATHS: Mapping[str, str] = {"teams": "/api/messages", "slack": "/slack/events"}
# What Teams documents as the limits of one bot: in one conversation, and in one tenant. Slack allows about one new
# message a second in a channel, threads included, short bursts aside; a burst is what one turn says in a chat.
LIMITS: Mapping[str, Limits] = {
    "teams": Limits(
        conversation=(Limit(7, 1.0), Limit(8, 2.0), Limit(60, 30.0), Limit(1800, 3600.0)),
        tenant=(Limit(50, 1.0),),
    ),
    "slack": Limits(
        conversation=(Limit(1, 1.0),),
        direct=(Limit(4, 4.0),),
        place=lambda address: address.key.partition(":")[0],
        kinds=frozenset({"send", "thread"}),
    ),
}


class Kept(KeptStore, FileStore, Protocol):
    """What channels need of the database."""


def make_channels(
    settings: Settings,
    session: aiohttp.ClientSession,
    texts: Callable[[str], Texts],
    kept: Kept,
    clock: Callable[[], float],
    ticks: Callable[[], float],
) -> dict[str, Channel]:
    """The channels that the settings ask for, by name, not yet started. Raises `SettingsError`.

    kept: where they may keep things. clock: Unix seconds as the world has them. ticks: seconds that only grow.
    """
    channels: dict[str, Channel] = {}
    if settings.local or settings.teams_set_up:
        channels["teams"] = _teams(settings, session, texts, clock, ticks)
    if settings.slack_set_up:
        channels["slack"] = _slack(settings, session, texts, kept, clock, ticks)
    return channels


def _teams(
    settings: Settings,
    session: aiohttp.ClientSession,
    texts: Callable[[str], Texts],
    clock: Callable[[], float],
    ticks: Callable[[], float],
) -> TeamsChannel:
    hosts = ServiceHosts(settings.teams_service_hosts, settings.local)
    files = FileHosts(settings.teams_file_hosts, settings.local)
    if settings.local:
        return TeamsChannel(session, texts, hosts, files=files, locale=settings.default_locale, clock=clock)
    return TeamsChannel(
        session,
        texts,
        hosts,
        tenants=settings.tenants,
        verifier=TokenVerifier(KeySource(session, settings.teams_openid_metadata, ticks), settings.teams_app_id),
        tokens=TokenSource(session, teams_credential(settings), clock),
        files=files,
        locale=settings.default_locale,
        clock=clock,
    )


def _slack(
    settings: Settings,
    session: aiohttp.ClientSession,
    texts: Callable[[str], Texts],
    kept: Kept,
    clock: Callable[[], float],
    ticks: Callable[[], float],
) -> SlackChannel:
    def tokens(api: SlackApi) -> Tokens:
        if settings.slack_client_id:
            return Installations(kept, settings.slack_token_key.get_secret_value(), ticks)
        return OneWorkspace(api, settings.slack_bot_token.get_secret_value())

    return SlackChannel(
        session,
        texts,
        tokens,
        kept,
        secret=settings.slack_signing_secret.get_secret_value(),
        api=settings.slack_api_url,
        command=settings.slack_command,
        guests=settings.slack_allow_guests,
        locale=settings.default_locale,
        clock=clock,
        ticks=ticks,
    )


def teams_credential(settings: Settings, environ: Mapping[str, str] | None = None) -> Credential:
    """How the bot proves to Entra who it is. Raises `SettingsError` for a certificate file that can't be used.

    environ: where Azure App Service and Container Apps tell the address of their token service for managed identities,
    and the secret that it wants to see; None: the process's.
    """
    login, tenant, app_id = settings.teams_login_url, settings.teams_tenant_id, settings.teams_app_id
    if settings.teams_certificate:
        return Certificate.from_pem(login, tenant, app_id, settings.teams_certificate.read_bytes())
    if settings.teams_managed_identity:
        system = settings.teams_managed_identity == "system"
        client = "" if system else settings.teams_managed_identity
        given = environment() if environ is None else environ
        endpoint, header = given.get("IDENTITY_ENDPOINT", ""), given.get("IDENTITY_HEADER", "")
        return ManagedIdentity(client, endpoint, header, resource_of(login))
    return Secret(login, tenant, app_id, settings.teams_app_password.get_secret_value())
