"""Which settings of Slack fit together. Every mistake comes with its fix; no secret is repeated."""

from __future__ import annotations

import base64
import binascii
from typing import Protocol

from pydantic import SecretStr

_TOKEN_PREFIXES = {"slack_bot_token": "xoxb-", "slack_app_token": "xapp-"}
KEY_HELP = 'make one with: python3 -c "import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())"'


class SlackSettings(Protocol):
    """The settings that are looked at here."""

    slack_signing_secret: SecretStr
    slack_bot_token: SecretStr
    slack_app_token: SecretStr
    slack_client_id: str
    slack_client_secret: SecretStr
    slack_token_key: SecretStr
    slack_admins: tuple[str, ...]
    public_url: str


def slack_set_up(settings: SlackSettings) -> bool:
    """Whether anything says that Slack is to be served."""
    secrets = (settings.slack_signing_secret, settings.slack_bot_token, settings.slack_app_token)
    return bool(settings.slack_client_id) or any(secret.get_secret_value() for secret in secrets)


def slack_problems(settings: SlackSettings) -> list[str]:
    """All that keeps Slack from being served; nothing where Slack is not set up at all."""
    if not slack_set_up(settings):
        return []
    problems = []
    for name, prefix in _TOKEN_PREFIXES.items():
        value = getattr(settings, name).get_secret_value()
        if value and not value.startswith(prefix):
            problems.append(f"HELPBOT_{name.upper()} is not such a token; copy the one that begins with {prefix}")
    if not settings.slack_signing_secret.get_secret_value() and not settings.slack_app_token.get_secret_value():
        problems.append(
            "HELPBOT_SLACK_SIGNING_SECRET is missing; copy it from the app's Basic Information, "
            "or set HELPBOT_SLACK_APP_TOKEN for Socket Mode, which needs no public address"
        )
    if settings.slack_client_id:
        return problems + _oauth_problems(settings)
    if not settings.slack_bot_token.get_secret_value():
        problems.append(
            "HELPBOT_SLACK_BOT_TOKEN is missing; copy it from the app's page OAuth & Permissions, "
            "or set HELPBOT_SLACK_CLIENT_ID to serve every workspace that installs the app"
        )
    return problems


def _oauth_problems(settings: SlackSettings) -> list[str]:
    """For many workspaces."""
    problems = []
    if settings.slack_bot_token.get_secret_value():
        problems.append(
            "HELPBOT_SLACK_BOT_TOKEN is for one workspace, HELPBOT_SLACK_CLIENT_ID for many; remove one of both"
        )
    if not settings.slack_client_secret.get_secret_value():
        problems.append("HELPBOT_SLACK_CLIENT_SECRET is missing; copy it from the app's Basic Information")
    if not _is_key(settings.slack_token_key.get_secret_value()):
        problems.append(f"HELPBOT_SLACK_TOKEN_KEY is no key of 32 bytes in base64; {KEY_HELP}")
    if not settings.public_url:
        problems.append("HELPBOT_PUBLIC_URL is missing; Slack sends people back there when they install the app")
    if any(":" not in admin for admin in settings.slack_admins):
        problems.append(
            "HELPBOT_SLACK_ADMINS: with many workspaces an id needs its workspace; write them like T0123ABC:U0123ABC"
        )
    return problems


def _is_key(value: str) -> bool:
    try:
        return len(base64.urlsafe_b64decode(value)) == 32
    except (ValueError, binascii.Error):
        return False
