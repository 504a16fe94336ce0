"""The app package for Teams: the manifest, filled from the settings and the guides, and the icons, in one zip.

`manifest/teams/manifest.json` is a template. `{{HELPBOT_…}}` stands for a setting; `{{VERSION}}`, `{{PUBLIC_HOST}}` and
`{{GUIDES}}` for the app's version, the host of HELPBOT_PUBLIC_URL and a command for each guide.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bot import png
from bot.errors import HelpbotError
from bot.settings import PREFIX, Settings, variable
from dialogs.guide import Guide

Manifest = dict[str, Any]

MANIFEST = "manifest.json"
READS_ALL = "ChannelMessage.Read.Group"
COMMANDS = 10  # the schema takes 12 a list, Teams shows 10
COLOR, OUTLINE = 192, 32
_LIMITS = {
    "name.short": 30,
    "name.full": 100,
    "description.short": 80,
    "description.full": 4000,
    "developer.name": 32,
    "developer.websiteUrl": 2048,
    "developer.privacyUrl": 2048,
    "developer.termsOfUseUrl": 2048,
}
_TITLE, _DESCRIPTION = 128, 4000
_GUIDES = "{{GUIDES}}"
_PLACE = re.compile(r"\{\{(\w+)\}\}")
_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
_DATE = (1980, 1, 1, 0, 0, 0)  # the same input gives the same bytes
_MOST = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Package:
    """What lies in the zip: the manifest, and all files (the manifest's too) by name."""

    manifest: Manifest
    files: Mapping[str, bytes]


def fill(settings: Settings, guides: Iterable[Guide], folder: Path, version: str, hears_all: bool = False) -> Package:
    """The package for these settings, from the template and the icons in `folder`.

    version: the app's, three numbers; Teams takes an update only when it is higher than before. hears_all: ask team
    owners for the consent to read all that is said in their channels (the desk's plan says `relay: all`). Raises
    HelpbotError with everything that is missing or wrong.
    """
    template = _template(folder / MANIFEST)
    values = _values(settings, version)
    problems = [*_unfit(settings, version), *_missing(template, values)]
    if problems:
        raise HelpbotError(_listed("The app package can't be made", problems))
    commands = [{"title": guide.title, "description": guide.summary} for guide in islice(guides, COMMANDS)]
    manifest: Manifest = _filled(template, values, commands)
    if hears_all:
        manifest |= _consent(settings)
    files = {MANIFEST: json.dumps(manifest, indent=2, ensure_ascii=False).encode() + b"\n"}
    for name in _icons(manifest):
        if (folder / name).is_file():
            files[name] = (folder / name).read_bytes()
    package = Package(manifest, files)
    if problems := check(package):
        raise HelpbotError(_listed("The app package can't be made", problems))
    return package


def _consent(settings: Settings) -> Manifest:
    """What the manifest says to be given the messages that do not mention the bot, in standard channels of teams whose
    owners consent. The resource is not used for this, but must be there."""
    permission = {"name": READS_ALL, "type": "Application"}
    return {
        "webApplicationInfo": {"id": settings.teams_app_id, "resource": settings.public_url},
        "authorization": {"permissions": {"resourceSpecific": [permission]}},
    }


def zipped(package: Package) -> bytes:
    """The zip, the same bytes for the same files on every machine: they are stored, not compressed."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, data in package.files.items():
            archive.writestr(zipfile.ZipInfo(name, _DATE), data)
    return out.getvalue()


def unzipped(path: Path) -> Package:
    """The package in a file. Raises HelpbotError when there is none."""
    try:
        with zipfile.ZipFile(path) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
            if sum(info.file_size for info in infos) > _MOST:
                raise ValueError("it is too big")
            files = {info.filename: archive.read(info) for info in infos}
        manifest = json.loads(files[MANIFEST])
    except (OSError, zipfile.BadZipFile, ValueError, KeyError) as error:
        why = f"{MANIFEST} is not at its top" if isinstance(error, KeyError) else str(error) or type(error).__name__
        raise HelpbotError(f"{path} is no app package: {why}; make one with: helpbot package teams") from error
    if not isinstance(manifest, dict):
        raise HelpbotError(f"{path}: {MANIFEST} is no JSON object; make it anew with: helpbot package teams")
    return Package(manifest, files)


def check(package: Package) -> list[str]:
    """What Teams would refuse, beyond the form of the manifest: lengths, icons, what lies where."""
    found = [*_lengths(package.manifest), *_commands(package.manifest)]
    icons = _icons(package.manifest)
    found += [f"{name} is missing; put it beside {MANIFEST}" for name in icons if name not in package.files]
    found += [f"{name} is not used; leave it out" for name in package.files if name not in (MANIFEST, *icons)]
    for kind, size in (("color", COLOR), ("outline", OUTLINE)):
        name = _at(package.manifest, "icons", kind)
        if isinstance(name, str) and name in package.files:
            found += [f"{name} {problem}" for problem in _icon(package.files[name], size, outline=kind == "outline")]
    return found


def differences(manifest: Manifest, settings: Settings, hears_all: bool = False) -> list[str]:
    """Where a manifest was made for other settings than these, or for another `relay` in the desk's plan."""
    found = []
    if [str(_at(bot, "botId")).lower() for bot in _list(manifest, "bots")] != [settings.teams_app_id]:
        found.append("its bot id is not HELPBOT_TEAMS_APP_ID")
    host = urlsplit(settings.public_url).hostname
    if host and host not in _list(manifest, "validDomains"):
        found.append(f"{host} (HELPBOT_PUBLIC_URL) is not among its valid domains")
    if _at(manifest, "name", "short") != settings.teams_bot_name:
        found.append("its name is not HELPBOT_TEAMS_BOT_NAME")
    permissions = _at(manifest, "authorization", "permissions")
    asked = {str(_at(each, "name")) for each in _list(permissions, "resourceSpecific")}
    if hears_all and READS_ALL not in asked:
        found.append(f"it does not ask for {READS_ALL}, which `relay: all` in desk.yaml needs")
    if not hears_all and READS_ALL in asked:
        found.append(f"it asks for {READS_ALL}, which desk.yaml without `relay: all` does not need")
    return found


def _template(path: Path) -> Manifest:
    try:
        template = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise HelpbotError(f"{path} can't be read as JSON: {error}; restore it") from error
    if not isinstance(template, dict):
        raise HelpbotError(f"{path} is no JSON object; restore it")
    return template


def _values(settings: Settings, version: str) -> dict[str, str]:
    """What can stand in the template, by the names of the places."""
    texts = {variable(name): getattr(settings, name) for name in Settings.model_fields}
    texts = {
        name: value for name, value in texts.items() if isinstance(value, str) and name != variable("database_url")
    }
    return {**texts, "VERSION": version, "PUBLIC_HOST": urlsplit(settings.public_url).hostname or ""}


def _unfit(settings: Settings, version: str) -> Iterator[str]:
    """What is set, but not as Teams wants it."""
    if not _VERSION.fullmatch(version):
        yield f'the version "{version}" is not three numbers like 1.0.0; give one with --app-version'
    if settings.public_url and not settings.public_url.startswith("https://"):
        yield "HELPBOT_PUBLIC_URL is not https; Teams reaches bots by https only"


def _missing(template: Manifest, values: Mapping[str, str]) -> Iterator[str]:
    """Places of the template for which there is no value, each with what to do."""
    for place in dict.fromkeys(_PLACE.findall(json.dumps(template))):
        name = variable("public_url") if place == "PUBLIC_HOST" else place
        if place in ("GUIDES", "VERSION") or values.get(place):
            continue
        if name in values:
            about = Settings.model_fields[name.removeprefix(PREFIX).lower()].description or ""
            yield f"{name} is missing; set it: {about[0].lower()}{about[1:].partition(';')[0].rstrip('.')}"
        else:
            yield f"{MANIFEST}: nothing is known for {{{{{place}}}}}; write one of {', '.join(sorted(values))}"


def _filled(node: Any, values: Mapping[str, str], commands: list[dict[str, str]]) -> Any:
    if isinstance(node, str):
        return _PLACE.sub(lambda found: values[found[1]], node)
    if isinstance(node, dict):
        return {key: _filled(value, values, commands) for key, value in node.items()}
    if isinstance(node, list):
        own = [_filled(item, values, commands) for item in node if item != _GUIDES]
        return own + commands[: max(0, COMMANDS - len(own))] if _GUIDES in node else own
    return node


def _at(node: Any, *path: str) -> Any:
    """What stands there, or None: a manifest from a file may have any form."""
    for key in path:
        node = node.get(key) if isinstance(node, dict) else None
    return node


def _list(node: Any, key: str) -> list[Any]:
    found = _at(node, key)
    return found if isinstance(found, list) else []


def _icons(manifest: Manifest) -> list[str]:
    icons = _at(manifest, "icons")
    return [name for name in icons.values() if isinstance(name, str)] if isinstance(icons, dict) else []


def _lengths(manifest: Manifest) -> Iterator[str]:
    for path, most in _LIMITS.items():
        text = _at(manifest, *path.split("."))
        if not isinstance(text, str) or not text:
            yield f"{path} is missing in {MANIFEST}; restore it"
        elif len(text) > most:
            yield f"{path} has {len(text)} characters; the most is {most}"


def _commands(manifest: Manifest) -> Iterator[str]:
    lists = [_list(commands, "commands") for bot in _list(manifest, "bots") for commands in _list(bot, "commandLists")]
    for commands in lists:
        if len(commands) > COMMANDS:
            yield f"a list has {len(commands)} commands; Teams shows {COMMANDS}"
    texts = ((str(_at(command, "title")), str(_at(command, "description"))) for each in lists for command in each)
    for title, description in dict.fromkeys(texts):
        if len(title) > _TITLE or len(description) > _DESCRIPTION:
            yield f'the command "{title[:40]}…" is too long; shorten the title or the summary of its guide'


def _icon(file: bytes, size: int, outline: bool) -> Iterator[str]:
    try:
        image = png.read(file)
        if (image.width, image.height) != (size, size):
            yield f"is {image.width}x{image.height} pixels; make it {size}x{size}"
        elif outline:
            yield from _white(png.pixels(image))
    except ValueError as error:
        yield str(error)


def _white(pixels: list[tuple[int, int, int, int]]) -> Iterator[str]:
    """An outline is white where it is anything, and nothing elsewhere."""
    if any(pixel[:3] != (255, 255, 255) for pixel in pixels if pixel[3]):
        yield "has colours; draw it in pure white"
    if all(pixel[3] for pixel in pixels) or not any(pixel[3] for pixel in pixels):
        yield "is not white on transparent; leave the background transparent"


def _listed(what: str, problems: list[str]) -> str:
    return f"{what}:\n" + "\n".join(f"  {problem}" for problem in problems)
