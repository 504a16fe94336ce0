"""Settings: where they come from, how mistakes are told, what may be served."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.errors import SettingsError
from bot.resources import content_dir
from bot.settings import Settings, example, read, variable

ROOT = Path(__file__).resolve().parents[2]
APP = "11111111-2222-3333-4444-555555555555"
TENANT = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
SECRET = "Zx8~not-to-be-seen"


def wrong(tmp_path: Path, **environ: str) -> str:
    """The text of the SettingsError that this environment raises."""
    with pytest.raises(SettingsError) as caught:
        read(environ, tmp_path)
    return str(caught.value)


def refused(settings: Settings) -> str:
    """The text of the SettingsError that serving with these settings raises."""
    with pytest.raises(SettingsError) as caught:
        settings.check_serve()
    return str(caught.value)


def teams(**changed: object) -> Settings:
    """Settings with which Teams can be served, some of them changed."""
    given = {"teams_app_id": APP, "teams_tenant_id": TENANT, "teams_app_password": SECRET}
    return Settings.model_validate({**given, **changed})


def test_defaults(tmp_path: Path) -> None:
    """With nothing set, everything has its default, and the content is the shipped one."""
    settings = read({}, tmp_path)
    assert settings == Settings()
    assert (settings.host, settings.port, settings.database_url) == ("127.0.0.1", 3978, "sqlite:///helpbot.db")
    assert settings.content_dir == content_dir()


def test_environment_counts_more_than_the_file(tmp_path: Path) -> None:
    """The environment wins over `.env`; what only `.env` sets holds."""
    (tmp_path / ".env").write_text("HELPBOT_PORT=4000\nexport HELPBOT_CONTACT='help desk ${HOME}' # words\nOTHER=1\n")
    settings = read({"HELPBOT_PORT": "5000", "PATH": "/bin"}, tmp_path)
    assert settings.port == 5000
    assert settings.contact == "help desk ${HOME}"


def test_empty_is_as_good_as_none(tmp_path: Path) -> None:
    """A variable that is set to nothing leaves the default, and an empty one beats the file's."""
    (tmp_path / ".env").write_text("HELPBOT_PORT=4000\n")
    assert read({"HELPBOT_PORT": " ", "HELPBOT_TEAMS_CERTIFICATE": ""}, tmp_path) == Settings()


def test_all_kinds_of_values(tmp_path: Path) -> None:
    """Switches, levels, ids and comma lists are read as people write them."""
    settings = read(
        {
            "HELPBOT_LOCAL": "1",
            "HELPBOT_LOG_LEVEL": "WARNING",
            "HELPBOT_TEAMS_APP_ID": APP.upper(),
            "HELPBOT_TEAMS_ALLOWED_TENANTS": f" {TENANT} ,{APP}",
            "HELPBOT_TEAMS_SERVICE_HOSTS": "127.0.0.1, Example.com",
            "HELPBOT_TEAMS_LOGIN_URL": "http://127.0.0.1:9/",
            "HELPBOT_TEAMS_MANAGED_IDENTITY": "System",
            "HELPBOT_CONTENT_DIR": str(tmp_path),
        },
        tmp_path,
    )
    assert settings.local
    assert settings.log_level == "warning"
    assert settings.teams_app_id == APP
    assert settings.teams_allowed_tenants == (TENANT, APP)
    assert settings.teams_service_hosts == ("127.0.0.1", "example.com")
    assert settings.teams_login_url == "http://127.0.0.1:9"
    assert settings.teams_managed_identity == "system"
    assert settings.content_dir == tmp_path


def test_all_mistakes_at_once(tmp_path: Path) -> None:
    """Every wrong variable is told in one error, each with its fix."""
    (tmp_path / ".env").write_text("HELPBOT_CONTCAT=x\n=oops\n")
    text = wrong(tmp_path, HELPBOT_PORT="99999", HELPBOT_LOCAL="perhaps", HELPBOT_LOG_LEVEL="loud", HELPBOT_FROG="1")
    assert text.splitlines() == [
        "6 settings are wrong:",
        "  .env:2: this line can't be read; write NAME=value",
        "  HELPBOT_CONTCAT is no setting; did you mean HELPBOT_CONTACT?",
        "  HELPBOT_FROG is no setting; remove it; .env.example lists all settings",
        "  HELPBOT_PORT=99999 is too large; the most is 65535",
        "  HELPBOT_LOCAL=perhaps is neither on nor off; write 1 or 0",
        "  HELPBOT_LOG_LEVEL=loud is not known; write one of debug, info, warning, error",
    ]


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("HELPBOT_PORT", "http", "HELPBOT_PORT=http is no whole number; write digits only"),
        ("HELPBOT_RATE_PER_USER", "-1", "HELPBOT_RATE_PER_USER=-1 is too small; the least is 0"),
        ("HELPBOT_CONTENT_DIR", "/no/such", "HELPBOT_CONTENT_DIR=/no/such is no folder; give the whole path of one"),
        ("helpbot_port", "1", "Helpbot_port is no setting; did you mean HELPBOT_PORT?"),
        ("HELPBOT_DEFAULT_LOCALE", "English (US)", "is no language tag; write one like en or pt-BR"),
        ("HELPBOT_TEAMS_APP_ID", "my-bot", "HELPBOT_TEAMS_APP_ID is not an id; copy it from the portal"),
        ("HELPBOT_TEAMS_MANAGED_IDENTITY", "me", "HELPBOT_TEAMS_MANAGED_IDENTITY is not an id"),
        ("HELPBOT_TEAMS_ALLOWED_TENANTS", "contoso.com,x", "HELPBOT_TEAMS_ALLOWED_TENANTS is not an id"),
        ("HELPBOT_TEAMS_LOGIN_URL", "http://example.com", "plain http is for this machine (127.0.0.1) only"),
        ("HELPBOT_TEAMS_OPENID_METADATA", "login", "is no address; write one that begins with https://"),
        ("HELPBOT_TEAMS_SERVICE_HOSTS", "https://a.b", 'holds "https://a.b", which is no host name'),
        ("HELPBOT_DATABASE_URL", "mysql://a", "write sqlite:///helpbot.db or postgresql://"),
        ("HELPBOT_PUBLIC_URL", "http://bot.example.com", "HELPBOT_PUBLIC_URL is not https"),
        ("HELPBOT_PRIVACY_URL", "http://example.com/privacy", "write one that begins with https://"),
        ("HELPBOT_DEVELOPER_NAME", "x" * 33, "HELPBOT_DEVELOPER_NAME is too long; the most is 32 characters"),
    ],
)
def test_one_mistake(tmp_path: Path, name: str, value: str, told: str) -> None:
    """A wrong value is named with what is wrong and what to write instead."""
    text = wrong(tmp_path, **{name: value})
    assert told in text
    assert len(text.splitlines()) == 1


def test_file_in_another_encoding(tmp_path: Path) -> None:
    """A `.env` that is not UTF-8 is a settings error, not a traceback."""
    (tmp_path / ".env").write_bytes(b"HELPBOT_CONTACT=\xfc\n")
    assert "save it as UTF-8" in wrong(tmp_path)


def test_soak_is_not_a_setting(tmp_path: Path) -> None:
    """The variable of the soak tests may stand in the environment of a server that they start."""
    assert read({"HELPBOT_SOAK": "0.1"}, tmp_path) == Settings()


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    """Neither repr nor an error nor the shown database address holds a secret."""
    url = f"postgresql://bot:{SECRET}@db.example.com/helpbot?password={SECRET}"
    settings = read({"HELPBOT_TEAMS_APP_PASSWORD": SECRET, "HELPBOT_DATABASE_URL": url}, tmp_path)
    assert settings.teams_app_password.get_secret_value() == SECRET
    assert SECRET not in repr(settings) + str(settings) + settings.database_shown
    assert settings.database_shown == "postgresql://db.example.com/helpbot"
    text = wrong(
        tmp_path,
        HELPBOT_TEAMS_APP_PASWORD=SECRET,
        HELPBOT_DATABASE_URL=f"pg://bot:{SECRET}@db",
        HELPBOT_TEAMS_APP_ID=SECRET,
        HELPBOT_TEAMS_LOGIN_URL=f"http://bot:{SECRET}@example.com",
    )
    assert SECRET not in text


def test_error_hides_its_cause(tmp_path: Path) -> None:
    """A traceback of a settings error can't show pydantic's error, which could hold a value."""
    with pytest.raises(SettingsError) as caught:
        read({"HELPBOT_TEAMS_APP_ID": SECRET}, tmp_path)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_neither_local_nor_configured() -> None:
    """With neither, serving is refused, and both ways are told."""
    text = refused(Settings())
    assert "helpbot serve --local" in text
    assert "HELPBOT_LOCAL=1" in text
    assert "HELPBOT_TEAMS_APP_ID" in text


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.1.2.3"])
def test_local_mode_on_this_machine(host: str) -> None:
    """Local mode may listen on any loopback address, even beside a configured Teams app."""
    Settings(local=True, host=host).check_serve()
    teams(local=True, host=host).check_serve()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.com", ""])
def test_local_mode_nowhere_else(host: str) -> None:
    """Local mode refuses every address that others may reach."""
    assert "use 127.0.0.1" in refused(Settings(local=True, host=host))


def test_teams_with_one_credential(tmp_path: Path) -> None:
    """An app id, a tenant id and exactly one credential are enough to serve Teams."""
    certificate = tmp_path / "bot.pem"
    certificate.write_text("-")
    teams(host="0.0.0.0").check_serve()
    teams(teams_app_password="", teams_certificate=certificate).check_serve()
    teams(teams_app_password="", teams_managed_identity="system").check_serve()


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"teams_app_password": ""}, "The Teams app has no credential; set one of HELPBOT_TEAMS_APP_PASSWORD"),
        ({"teams_managed_identity": APP}, "The Teams app has 2 credentials; keep one of"),
        ({"teams_tenant_id": ""}, "HELPBOT_TEAMS_TENANT_ID is missing"),
        ({"teams_app_id": ""}, "HELPBOT_TEAMS_APP_ID is missing, but HELPBOT_TEAMS_APP_PASSWORD is set"),
        ({"teams_app_password": "", "teams_certificate": "/no/such.pem"}, "there is no such file"),
        ({"teams_service_hosts": ()}, "HELPBOT_TEAMS_SERVICE_HOSTS is an empty list"),
    ],
)
def test_teams_half_configured(changed: dict[str, object], told: str) -> None:
    """Whatever is missing or too much for Teams is told before the bot starts."""
    assert told in refused(teams(**changed))


def test_tenants() -> None:
    """The app's own tenant may talk to the bot, unless others are named."""
    assert Settings().tenants == frozenset()
    assert teams().tenants == {TENANT}
    assert teams(teams_allowed_tenants=(APP,)).tenants == {APP}


def test_options_beat_settings() -> None:
    """What the command line gives counts, and what it does not give stays."""
    settings = Settings(port=4000).with_options(local=True, host="::1")
    assert (settings.local, settings.host, settings.port) == (True, "::1", 4000)
    assert settings.files_base == "http://[::1]:4000"
    assert Settings(local=True).with_options().local
    assert Settings(teams_app_password=SecretStr(SECRET)).with_options(port=0).port == 0


def test_example_lists_every_setting(tmp_path: Path) -> None:
    """`.env.example` holds every setting with its default and one line about it, and is itself a valid `.env`."""
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    hint = "renew it: python -c 'from bot.settings import example; print(example(), end=\"\")' > .env.example"
    assert text == example(), hint
    assert all(f"\n{variable(name)}=" in text and field.description for name, field in Settings.model_fields.items())
    (tmp_path / ".env").write_text(text, encoding="utf-8")
    assert read({}, tmp_path) == Settings()


SLACK = {"slack_signing_secret": "5ecret", "slack_bot_token": "xoxb-1"}
KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="


def slack(**changed: object) -> Settings:
    """Settings with which Slack can be served, some of them changed."""
    return Settings.model_validate({**SLACK, **changed})


def test_what_serves_slack() -> None:
    """One workspace by its token, Socket Mode without a signing secret, many workspaces, and both platforms at once."""
    slack().check_serve()
    slack(slack_signing_secret="", slack_app_token="xapp-1").check_serve()
    many = {"slack_bot_token": "", "slack_client_id": "1.2", "slack_client_secret": "s", "slack_token_key": KEY}
    slack(**many, public_url="https://helpbot.example.com").check_serve()
    teams(**SLACK).check_serve()
    slack(local=True).check_serve()


def test_what_does_not_serve_slack() -> None:
    """All that is missing or wrong is told at once, with the fix and without the secret."""
    assert "HELPBOT_SLACK_BOT_TOKEN is missing" in refused(slack(slack_bot_token=""))
    text = refused(slack(slack_signing_secret="", slack_bot_token=SECRET))
    assert "copy the one that begins with xoxb-" in text
    assert "Socket Mode, which needs no public address" in text
    assert SECRET not in text
    text = refused(slack(slack_client_id="1.2", slack_token_key="short", slack_admins="U1"))
    for part in ("remove one of both", "CLIENT_SECRET is missing", "no key of 32 bytes", "PUBLIC_URL", "T0123ABC:"):
        assert part in text
    assert "HELPBOT_TEAMS_TENANT_ID is missing" in refused(slack(teams_app_id=APP))


def test_slack_values(tmp_path: Path) -> None:
    """The command and the people are checked, and shown back where they are wrong."""
    assert "is no command" in wrong(tmp_path, HELPBOT_SLACK_COMMAND="Help me")
    assert "no member id" in wrong(tmp_path, HELPBOT_SLACK_ADMINS="alex")
    settings = read({"HELPBOT_SLACK_ADMINS": "U1, T1:W2", "HELPBOT_SLACK_COMMAND": "/it"}, tmp_path)
    assert (settings.slack_admins, settings.slack_command) == (("U1", "T1:W2"), "/it")
