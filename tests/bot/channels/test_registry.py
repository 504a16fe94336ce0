"""From the settings to a credential."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.channels.registry import LIMITS, PATHS, teams_credential
from bot.channels.teams_token import Certificate, ManagedIdentity, Secret
from bot.errors import SettingsError
from bot.settings import read
from tests.bot.channels.test_teams_token import pem
from tests.cloud import APP_ID, TENANT

GIVEN = {"HELPBOT_TEAMS_APP_ID": APP_ID, "HELPBOT_TEAMS_TENANT_ID": TENANT}


def test_secret(tmp_path: Path) -> None:
    """A password is a client secret."""
    settings = read({**GIVEN, "HELPBOT_TEAMS_APP_PASSWORD": "s"}, tmp_path)
    assert teams_credential(settings) == Secret("https://login.microsoftonline.com", TENANT, APP_ID, "s")


def test_certificate(tmp_path: Path) -> None:
    """A certificate is read from its file; one that can't be used is told as a setting."""
    path = tmp_path / "cert.pem"
    path.write_bytes(pem())
    settings = read({**GIVEN, "HELPBOT_TEAMS_CERTIFICATE": str(path)}, tmp_path)
    assert isinstance(teams_credential(settings), Certificate)
    path.write_bytes(b"")
    with pytest.raises(SettingsError):
        teams_credential(settings)


@pytest.mark.parametrize(("identity", "client"), [("system", ""), (APP_ID, APP_ID)])
def test_managed_identity(tmp_path: Path, identity: str, client: str) -> None:
    """A managed identity asks the platform's own service where there is one."""
    settings = read({**GIVEN, "HELPBOT_TEAMS_MANAGED_IDENTITY": identity}, tmp_path)
    environ = {"IDENTITY_ENDPOINT": "http://127.0.0.1:41741/msi/token", "IDENTITY_HEADER": "the header"}
    found = teams_credential(settings, environ)
    assert found == ManagedIdentity(client, "http://127.0.0.1:41741/msi/token", "the header")
    assert teams_credential(settings, {}) == ManagedIdentity(client)


def test_every_channel_has_a_path_and_limits() -> None:
    """A channel without a path or without limits is half a channel."""
    assert set(PATHS) == set(LIMITS)
