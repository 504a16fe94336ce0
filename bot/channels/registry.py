"""The one list of channels: their paths, their rate limits, and how each is made from the settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import aiohttp

from bot.channels.base import Channel
from bot.channels.limits import Limit, Limits
from bot.channels.teams import TeamsChannel
from bot.channels.teams_auth import KeySource, TokenVerifier
from bot.channels.teams_hosts import FileHosts, ServiceHosts
from bot.channels.teams_token import Certificate, Credential, ManagedIdentity, Secret, TokenSource, resource_of
from bot.settings import Settings, environment
from dialogs.texts import Texts

PATHS: Mapping[str, str] = {"teams": "/api/messages"}
# What Teams documents as the limits of one bot: in one conversation, and in one tenant.
LIMITS: Mapping[str, Limits] = {
    "teams": Limits(
        conversation=(Limit(7, 1.0), Limit(8, 2.0), Limit(60, 30.0), Limit(1800, 3600.0)),
        tenant=(Limit(50, 1.0),),
    )
}


def make_channels(
    settings: Settings,
    session: aiohttp.ClientSession,
    texts: Callable[[str], Texts],
    clock: Callable[[], float],
    ticks: Callable[[], float],
) -> dict[str, Channel]:
    """The channels that the settings ask for, by name, not yet started. Raises `SettingsError`.

    clock: Unix seconds as the world has them. ticks: seconds that only grow.
    """
    return {"teams": _teams(settings, session, texts, clock, ticks)}


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
