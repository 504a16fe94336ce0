"""Settings: variables HELPBOT_… from the environment, then from `.env` in the working folder. Nobody else reads them.

All mistakes are told at once, each with its fix. Secrets stay out of every text, of `repr` and of errors.
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from dotenv.parser import parse_stream
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from bot import resources
from bot.errors import SettingsError
from bot.setting_checks import slack_problems, slack_set_up
from bot.setting_types import (
    Address,
    Command,
    Database,
    Folder,
    Guid,
    Guids,
    Hosts,
    Identity,
    Level,
    Link,
    Locale,
    LogLevel,
    SlackPeople,
    is_loopback,
)

PREFIX = "HELPBOT_"
# Variables with our prefix that are not for the bot: how long the soak tests run.
_NOT_OURS = frozenset({"HELPBOT_SOAK"})
# Values that an error may repeat; in the others somebody may have put a secret by mistake.
_SHOWN = frozenset(
    {
        "host",
        "port",
        "content_dir",
        "index_file",
        "local",
        "log_level",
        "default_locale",
        "rate_per_user",
        "rate_per_tenant",
        "retention_days",
        "file_days",
        "file_limit_mb",
        "slack_command",
    }
)
NOTHING = (
    "neither local mode nor a Teams or Slack app is set up. "
    "To try the bot on this machine: helpbot serve --local (or HELPBOT_LOCAL=1). "
    "To serve Slack: see docs/slack.md. "
    "To serve Teams: set HELPBOT_TEAMS_APP_ID, HELPBOT_TEAMS_TENANT_ID"
)
_CREDENTIALS = ("teams_app_password", "teams_certificate", "teams_managed_identity")


class Settings(BaseModel):
    """All settings, checked one by one. What must fit together is checked by the command that needs it."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    database_url: Database = Field(
        default="sqlite:///helpbot.db",
        repr=False,
        description="The memory: sqlite:///FILE, or postgresql://user:password@host/name.",
    )
    host: str = Field(
        default="127.0.0.1", description="The address to listen on; in local mode this machine's own only."
    )
    port: int = Field(default=3978, ge=0, le=65535, description="The port to listen on; 0 for any that is free.")
    content_dir: Folder = Field(
        default_factory=resources.content_dir, description="The folder with guides/ and texts/; empty: what is shipped."
    )
    index_file: Path | None = Field(
        default=None,
        description="The file that the content is compiled into; empty: helpbot-index.db in the working folder.",
    )
    contact: str = Field(
        default="", description='Whom "talk to a person" names: a mail address, a telephone number or a link.'
    )
    public_url: Address = Field(
        default="", description="Where the internet reaches the bot, for example https://helpbot.example.com."
    )
    local: bool = Field(default=False, description="1: local mode, without any authentication, for this machine only.")
    log_level: Level = Field(default="info", description="What is logged: debug, info, warning or error.")
    default_locale: Locale = Field(default="en", description="The language for people whose language is not known.")
    admins: Guids = Field(
        default=(), description="Comma list of the directory ids of people who may bind a desk to a channel."
    )
    retention_days: int = Field(
        default=90, ge=1, description="For how many days a closed case and its transcript are kept."
    )
    file_days: int = Field(
        default=7,
        ge=1,
        description="For how many days a file of a case is kept; never longer than the case.",
    )
    file_limit_mb: int = Field(
        default=20,
        ge=1,
        le=100,
        description="How many MB a file may have that goes from one side of a case to the other.",
    )
    rate_per_user: int = Field(
        default=60, ge=0, description="How many messages one person may send in a minute; 0: no limit."
    )
    rate_per_tenant: int = Field(
        default=3000, ge=0, description="How many messages one tenant may send in a minute; 0: no limit."
    )
    teams_app_id: Guid = Field(default="", description="The app (client) id of the bot's app registration.")
    teams_tenant_id: Guid = Field(default="", description="The directory (tenant) id of the app registration.")
    teams_app_password: SecretStr = Field(
        default=SecretStr(""), description="Credential, one of three: a client secret of the app registration."
    )
    teams_certificate: Path | None = Field(
        default=None, description="Credential, one of three: a PEM file with the certificate and its private key."
    )
    teams_managed_identity: Identity = Field(
        default="", description='Credential, one of three: the client id of a managed identity, or "system".'
    )
    teams_allowed_tenants: Guids = Field(
        default=(), description="Comma list of tenant ids whose people may talk to the bot; empty: the tenant above."
    )
    teams_openid_metadata: Address = Field(
        default="https://login.botframework.com/v1/.well-known/openidconfiguration",
        description="Where the keys of incoming tokens are described; another address in government clouds.",
    )
    teams_login_url: Address = Field(
        default="https://login.microsoftonline.com",
        description="The base of the token endpoint; another address in government clouds.",
    )
    teams_service_hosts: Hosts = Field(
        default=(
            "smba.trafficmanager.net",
            "smba.infra.gcc.teams.microsoft.com",
            "smba.infra.gov.teams.microsoft.us",
            "smba.infra.dod.teams.microsoft.us",
        ),
        description="Comma list of the hosts that messages may come from and be sent to.",
    )
    teams_file_hosts: Hosts = Field(
        default=("sharepoint.com", "sharepoint.us", "sharepoint-mil.us"),
        description="Comma list of the hosts that a user's files are fetched from; names below these count, too.",
    )
    teams_bot_name: str = Field(
        default="Help Desk", max_length=30, description="What the bot is called in Teams; for the app package."
    )
    slack_signing_secret: SecretStr = Field(
        default=SecretStr(""), description="The Slack app's signing secret, with which Slack signs its requests."
    )
    slack_bot_token: SecretStr = Field(
        default=SecretStr(""), description="The bot token of the one workspace that is served (xoxb-...)."
    )
    slack_app_token: SecretStr = Field(
        default=SecretStr(""),
        description="An app-level token (xapp-...): Socket Mode, for a bot without a public address.",
    )
    slack_client_id: str = Field(
        default="", description="The Slack app's client id: every workspace that installs the app is served."
    )
    slack_client_secret: SecretStr = Field(default=SecretStr(""), description="The Slack app's client secret.")
    slack_token_key: SecretStr = Field(
        default=SecretStr(""),
        description="32 bytes in base64, with which the tokens of workspaces are encrypted in the database.",
    )
    slack_api_url: Address = Field(
        default="https://slack.com/api", description="The base of Slack's Web API; another address for a proxy."
    )
    slack_command: Command = Field(default="/help-me", description="The bot's command in Slack.")
    slack_allow_guests: bool = Field(
        default=False, description="1: people of other organizations, by Slack Connect, are answered, too."
    )
    slack_admins: SlackPeople = Field(
        default=(), description="Comma list of the member ids of people in Slack who may bind a desk to a channel."
    )
    slack_bot_name: str = Field(
        default="Help Desk", max_length=35, description="What the bot is called in Slack; for the app's manifest."
    )
    developer_name: str = Field(
        default="", max_length=32, description="Who offers the bot, as people see it; for the app package."
    )
    website_url: Link = Field(default="", description="A page about the bot or the help desk; for the app package.")
    privacy_url: Link = Field(default="", description="Your privacy statement; for the app package.")
    terms_url: Link = Field(default="", description="Your terms of use; for the app package.")

    @property
    def tenants(self) -> frozenset[str]:
        """The tenants whose people may talk to the bot."""
        return frozenset(self.teams_allowed_tenants or ((self.teams_tenant_id,) if self.teams_tenant_id else ()))

    @property
    def teams_set_up(self) -> bool:
        """Whether anything says that Teams is to be served, with tokens."""
        return bool(self.teams_app_id) or any(getattr(self, name) for name in _CREDENTIALS)

    @property
    def slack_set_up(self) -> bool:
        """Whether anything says that Slack is to be served."""
        return slack_set_up(self)

    @property
    def files_base(self) -> str:
        """Where links to files lead: to the public address, in local mode to this machine; "" where there is none."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url or (f"http://{host}:{self.port}" if self.local else "")

    @property
    def database_shown(self) -> str:
        """The database's address as it may be logged: without user and password."""
        scheme, _, rest = self.database_url.partition("://")
        return self.database_url if scheme == "sqlite" else f"{scheme}://{rest.rpartition('@')[2].partition('?')[0]}"

    def with_options(self, local: bool = False, host: str | None = None, port: int | None = None) -> Settings:
        """These settings, with what was given on the command line instead."""
        given = {"local": local or None, "host": host, "port": port}
        return self.model_copy(update={name: value for name, value in given.items() if value is not None})

    def check_serve(self) -> None:
        """Raise SettingsError, with everything that keeps the bot from serving safely."""
        problems = self._local_problems() if self.local else self._teams_problems()
        problems += slack_problems(self)
        if problems:
            raise SettingsError(_listed(problems))

    def _local_problems(self) -> list[str]:
        if is_loopback(self.host):
            return []
        return [f"HELPBOT_HOST={self.host} is not this machine alone; local mode has no authentication, use 127.0.0.1"]

    def _teams_problems(self) -> list[str]:
        set_ones = [variable(name) for name in _CREDENTIALS if getattr(self, name)]
        all_three = ", ".join(map(variable, _CREDENTIALS))
        if not self.teams_set_up:
            return [] if self.slack_set_up else [NOTHING + f" and one of {all_three}"]
        problems = []
        if not self.teams_app_id:
            problems.append(f"HELPBOT_TEAMS_APP_ID is missing, but {set_ones[0]} is set; set both, or neither")
        if not self.teams_tenant_id:
            problems.append("HELPBOT_TEAMS_TENANT_ID is missing; copy it from the app registration's overview")
        if not set_ones:
            problems.append(f"the Teams app has no credential; set one of {all_three}")
        if len(set_ones) > 1:
            problems.append(f"the Teams app has {len(set_ones)} credentials; keep one of {', '.join(set_ones)}")
        if self.teams_certificate and not self.teams_certificate.is_file():
            problems.append(
                f"HELPBOT_TEAMS_CERTIFICATE={self.teams_certificate}: there is no such file; give its whole path"
            )
        if not self.teams_service_hosts:
            problems.append("HELPBOT_TEAMS_SERVICE_HOSTS is an empty list; remove the line for the usual hosts")
        return problems


def from_environment() -> Settings:
    """The settings of this process: its environment, and `.env` in its working folder."""
    return read(os.environ, Path())


def environment() -> Mapping[str, str]:
    """The process's environment, for those who must know what it says of a terminal or hand it on to a child."""
    return os.environ


def read(environ: Mapping[str, str], folder: Path) -> Settings:
    """The settings of an environment and of the `.env` in a folder; what the environment says counts more.

    An empty value is as good as none. Raises SettingsError with all mistakes.
    """
    in_file, problems = _env_file(folder / ".env")
    given = {name: value for name, value in {**in_file, **environ}.items() if _ours(name) and value.strip()}
    values = {}
    for name, value in given.items():
        field = name.removeprefix(PREFIX).lower()
        if field in Settings.model_fields and name == variable(field):
            values[field] = value.strip()
        else:
            problems.append(_unknown(name))
    settings = Settings()
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        problems += dict.fromkeys(_problem(detail, values) for detail in error.errors(include_url=False))
    if problems:
        raise SettingsError(_listed(problems))
    return settings


def variable(field: str) -> str:
    """The environment's name of a setting."""
    return PREFIX + field.upper()


def example() -> str:
    """The text of `.env.example`: every setting with its default and one line about it."""
    lines = [
        "# Copy this file to .env and change what you need. The environment counts more than .env; empty means default."
    ]
    for name, field in Settings.model_fields.items():
        lines += ["", f"# {field.description}", f"{variable(name)}={_shown_default(field.default)}"]
    return "\n".join(lines) + "\n"


def _ours(name: str) -> bool:
    return name.upper().startswith(PREFIX) and name not in _NOT_OURS


def _env_file(path: Path) -> tuple[dict[str, str], list[str]]:
    """What a `.env` file sets, word for word (no ${expansion}), and its mistakes."""
    if not path.is_file():
        return {}, []
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        return {}, [f"{path.name} can't be read ({type(error).__name__}); save it as UTF-8 and let the bot read it"]
    values, problems = {}, []
    for binding in parse_stream(io.StringIO(text)):
        if binding.error:
            problems.append(f"{path.name}:{binding.original.line}: this line can't be read; write NAME=value")
        elif binding.key:
            values[binding.key] = binding.value or ""
    return values, problems


def _unknown(name: str) -> str:
    near = get_close_matches(name[len(PREFIX) :].lower(), Settings.model_fields, n=1)
    fix = f"did you mean {variable(near[0])}?" if near else "remove it; .env.example lists all settings"
    return f"{name} is no setting; {fix}"


def _problem(detail: ErrorDetails, values: Mapping[str, str]) -> str:
    """One wrong value, with its fix."""
    field = str(detail["loc"][0])
    shown = f"{variable(field)}={values[field]}" if field in _SHOWN else variable(field)
    return f"{shown} {_words(detail)}"


def _words(detail: ErrorDetails) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "int_parsing":
        return "is no whole number; write digits only"
    if kind == "bool_parsing":
        return "is neither on nor off; write 1 or 0"
    if kind == "literal_error":
        return f"is not known; write one of {', '.join(get_args(LogLevel))}"
    if kind == "greater_than_equal":
        return f"is too small; the least is {context['ge']}"
    if kind == "less_than_equal":
        return f"is too large; the most is {context['le']}"
    if kind == "string_too_long":
        return f"is too long; the most is {context['max_length']} characters"
    return detail["msg"].removeprefix("Value error, ")


def _listed(problems: list[str]) -> str:
    """One problem as it is; several as a list."""
    if len(problems) == 1:
        return problems[0][0].upper() + problems[0][1:]
    return f"{len(problems)} settings are wrong:\n" + "\n".join(f"  {problem}" for problem in problems)


def _shown_default(value: Any) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, tuple):
        return ",".join(value)
    if isinstance(value, str | int):
        return str(value)
    return ""  # a secret, a path that is not set, or one that depends on where the bot is installed
