"""Which service a token may be sent to: the rule for serviceUrl, on arrival and again when a stored one is used; and
where files may be fetched from."""

from __future__ import annotations

import re
from collections.abc import Iterable

# One expression and no URL parser: two parsers that read an odd address differently is how such checks are passed.
_URL = re.compile(r"(https?)://([A-Za-z0-9.-]+|\[::1\])(?::(\d{1,5}))?((?:/[A-Za-z0-9._~-]*)*)")
_FILE = re.compile(r"(https?)://([A-Za-z0-9.-]+|\[::1\])(?::(\d{1,5}))?/[!-\[\]-~]*")
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
        if not self.serves(url):
            return False
        if len(self._good) < _KNOWN:
            self._good.add(url)
        return True

    def serves(self, url: str) -> bool:
        """Whether this is the address of something at such a service, which may be fetched with our token."""
        found = _URL.fullmatch(url)
        if not found or ".." in found[4]:
            return False
        host = found[2].lower()
        if host not in self._hosts:
            return False
        return host in LOOPBACK or (found[1] == "https" and found[3] in (None, "443"))


class FileHosts:
    """The allow-list of hosts that files lie on, which are fetched without any token: these names and all below them.

    https on the standard port; plain http and another port only for a loopback host that is listed.
    """

    def __init__(self, hosts: Iterable[str], local: bool = False) -> None:
        """`hosts` are bare host names. local: loopback only."""
        self._hosts = LOOPBACK if local else frozenset(host.lower() for host in hosts)

    def allow(self, url: str) -> bool:
        """Whether this may be fetched."""
        found = _FILE.fullmatch(url)
        if not found:
            return False
        host = found[2].lower()
        if host in LOOPBACK:
            return host in self._hosts
        labels = host.split(".")
        below = any(".".join(labels[n:]) in self._hosts for n in range(len(labels) - 1))
        return below and found[1] == "https" and found[3] in (None, "443")


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
