"""Which service a token may be sent to: the rule for serviceUrl, on arrival and again when a stored one is used."""

from __future__ import annotations

import re
from collections.abc import Iterable

# One expression and no URL parser: two parsers that read an odd address differently is how such checks are passed.
_URL = re.compile(r"(https?)://([A-Za-z0-9.-]+|\[::1\])(?::(\d{1,5}))?((?:/[A-Za-z0-9._~-]*)*)")
LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
_KNOWN = 1024


class ServiceHosts:
    """The allow-list of service hosts.

    local: loopback only, and with any scheme. Else https on the standard port of a listed host; plain http, or
    another port, only for a loopback host that is listed.
    """

    def __init__(self, hosts: Iterable[str], local: bool = False) -> None:
        """`hosts` are bare host names."""
        self._hosts = LOOPBACK if local else frozenset(host.lower() for host in hosts)
        self._good: set[str] = set()  # addresses that passed; there are a handful in a cloud

    def allow(self, url: str) -> bool:
        """Whether we may write to this service."""
        if url in self._good:
            return True
        found = _URL.fullmatch(url)
        if not found or ".." in found[4]:
            return False
        host = found[2].lower()
        if host not in self._hosts:
            return False
        if host not in LOOPBACK and (found[1] != "https" or found[3] not in (None, "443")):
            return False
        if len(self._good) < _KNOWN:
            self._good.add(url)
        return True


def loopback_host(header: str) -> bool:
    """Whether a Host header names this machine, with a port or without."""
    host, colon, port = header.lower().rpartition(":")
    if not colon or header.endswith("]"):
        host, port = header.lower(), ""
    return host in LOOPBACK and (not port or port.isdecimal())


def loopback_origin(header: str) -> bool:
    """Whether an Origin header names a page of this machine."""
    scheme, _, host = header.partition("://")
    return scheme in ("http", "https") and loopback_host(host)


def plain_address(url: str) -> bool:
    """Whether an address is https, or plain http on loopback: what keys and tokens may be fetched from."""
    found = re.match(r"(https?)://([A-Za-z0-9.-]+|\[::1\])(:\d{1,5})?(/|$)", url)
    return found is not None and (found[1] == "https" or found[2].lower() in LOOPBACK)
