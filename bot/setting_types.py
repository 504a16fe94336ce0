"""The kinds of values that settings have. An error says what is wrong with the value and the fix, not the value."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*|\[::1\]")
_SLACK_ID = re.compile(r"([TE][A-Z0-9]{1,20}:)?[UW][A-Z0-9]{1,20}")
_COMMAND = re.compile(r"/[a-z0-9_-]{1,31}")
_LOCALE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine's own, reached by nobody else."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _database(value: str) -> str:
    """sqlite:///FILE or postgresql://…; says nothing of the value, which may hold a password."""
    if value.startswith("postgresql://") or (value.startswith("sqlite:///") and len(value) > len("sqlite:///")):
        return value
    raise ValueError("is no database address that the bot knows; write sqlite:///helpbot.db or postgresql://…")


def _guid(value: str) -> str:
    if value and not _GUID.fullmatch(value.lower()):
        raise ValueError("is not an id; copy it from the portal, it looks like 00000000-0000-0000-0000-000000000000")
    return value.lower()


def _identity(value: str) -> str:
    return value.lower() if value.lower() == "system" else _guid(value)


def _commas(value: object) -> object:
    """A comma list, as a tuple of its entries without blanks."""
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _hosts(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if not _HOST.fullmatch(value.lower()):
            raise ValueError(f'holds "{value}", which is no host name; write names like smba.trafficmanager.net')
    return tuple(value.lower() for value in values)


def _address(value: str) -> str:
    """https, or plain http on this machine only: keys and tokens are fetched from there."""
    parts = urlsplit(value)
    if not parts.hostname or parts.scheme not in ("http", "https"):
        raise ValueError("is no address; write one that begins with https://")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("is not https; plain http is for this machine (127.0.0.1) only")
    return value.rstrip("/")


def _link(value: str) -> str:
    """https, for people to follow."""
    if not re.fullmatch(r"https://[^\s/?#@]+([/?#]\S*)?", value):
        raise ValueError("is no address of a page; write one that begins with https://")
    return value


def _locale(value: str) -> str:
    if not _LOCALE.fullmatch(value):
        raise ValueError("is no language tag; write one like en or pt-BR")
    return value


def _folder(value: Path) -> Path:
    if not value.is_dir():
        raise ValueError("is no folder; give the whole path of one that holds guides/ and texts/")
    return value


def _slack_people(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if not _SLACK_ID.fullmatch(value):
            raise ValueError(
                f'holds "{value}", which is no member id; copy it from the profile, it looks like U0123ABC'
            )
    return values


def _command(value: str) -> str:
    if not _COMMAND.fullmatch(value):
        raise ValueError("is no command; write a slash, then small letters, digits, - or _, 32 characters at most")
    return value


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


LogLevel = Literal["debug", "info", "warning", "error"]
Level = Annotated[LogLevel, BeforeValidator(_lower)]
Database = Annotated[str, AfterValidator(_database)]
Locale = Annotated[str, AfterValidator(_locale)]
Identity = Annotated[str, AfterValidator(_identity)]
Guid = Annotated[str, AfterValidator(_guid)]
Guids = Annotated[tuple[Guid, ...], BeforeValidator(_commas)]
Hosts = Annotated[tuple[str, ...], BeforeValidator(_commas), AfterValidator(_hosts)]
Address = Annotated[str, AfterValidator(_address)]
Folder = Annotated[Path, AfterValidator(_folder)]
Link = Annotated[str, AfterValidator(_link)]
SlackPeople = Annotated[tuple[str, ...], BeforeValidator(_commas), AfterValidator(_slack_people)]
Command = Annotated[str, AfterValidator(_command)]
