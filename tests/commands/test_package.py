"""`helpbot package teams` as a process."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from tests.commands.test_main import run

APP = "11111111-2222-3333-4444-555555555555"
PAGE = "https://contoso.com/help"
SET = {
    "HELPBOT_TEAMS_APP_ID": APP,
    "HELPBOT_PUBLIC_URL": "https://helpbot.contoso.com",
    "HELPBOT_DEVELOPER_NAME": "Contoso",
    "HELPBOT_WEBSITE_URL": PAGE,
    "HELPBOT_PRIVACY_URL": PAGE,
    "HELPBOT_TERMS_URL": PAGE,
}


def test_it_writes_the_package(tmp_path: Path) -> None:
    """The package is written where it was asked for, in the version that was asked for; what is in it is said."""
    ended = run(tmp_path, "package", "teams", "--out", "teams.zip", "--app-version", "1.2.3", **SET)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith(f"teams.zip: Help Desk 1.2.3, bot {APP}, ")
    assert zipfile.ZipFile(tmp_path / "teams.zip").namelist() == ["manifest.json", "color.png", "outline.png"]


def test_what_is_missing(tmp_path: Path) -> None:
    """Missing settings are listed on standard error, with exit code 2, and no file is left."""
    ended = run(tmp_path, "package", "teams", **{**SET, "HELPBOT_TERMS_URL": "", "HELPBOT_DEVELOPER_NAME": ""})
    assert ended.returncode == 2
    assert [line.split()[0] for line in ended.stderr.splitlines()[1:]] == [
        "HELPBOT_DEVELOPER_NAME",
        "HELPBOT_TERMS_URL",
    ]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["webex"], "webex"),
        (["slack", "--out", "none/m.yaml"], "none/m.yaml can't be written"),
        (["teams", "--out", "none/app.zip"], "none/app.zip can't be written"),
        (["teams", "--app-version", "1"], "give one with --app-version"),
    ],
)
def test_what_can_not_be_done(tmp_path: Path, arguments: list[str], told: str) -> None:
    """Another platform, a place that is not there, a version that is none: told without a traceback."""
    ended = run(tmp_path, "package", *arguments, **SET)
    assert ended.returncode == 2
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr
