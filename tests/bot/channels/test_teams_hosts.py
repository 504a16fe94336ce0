"""Which hosts are written to, and which files are fetched from."""

from __future__ import annotations

import pytest

from bot.channels.teams_hosts import FileHosts, ServiceHosts

FILES = FileHosts(["sharepoint.com", "127.0.0.1"])
SERVICES = ServiceHosts(["smba.trafficmanager.net"])


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("https://contoso-my.sharepoint.com/personal/a/_layouts/15/download.aspx?UniqueId=1&tempauth=ey.x-_~%2F", True),
        ("https://sharepoint.com/x", True),
        ("https://CONTOSO.SharePoint.com:443/x", True),
        ("http://127.0.0.1:8080/x", True),
        ("https://notsharepoint.com/x", False),
        ("https://sharepoint.com.evil.example/x", False),
        ("https://evil.example/sharepoint.com", False),
        ("https://evil.example?sharepoint.com/", False),
        ("https://contoso.sharepoint.com", False),
        ("http://localhost/x", False),
        ("https://com/x", False),
    ],
)
def test_files(url: str, good: bool) -> None:
    """A listed name and what is below it, by https on its port; of this machine only what is listed."""
    assert FILES.allow(url) is good


def test_local_mode_fetches_from_this_machine_only() -> None:
    """There the list counts for nothing."""
    local = FileHosts(["sharepoint.com"], local=True)
    assert local.allow("http://localhost:56150/x")
    assert not local.allow("https://contoso.sharepoint.com/x")


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("https://smba.trafficmanager.net/amer/v3/attachments/0-eus-d4-1b/views/original", True),
        ("https://smba.trafficmanager.net.evil.example/x", False),
        ("https://smba.trafficmanager.net@evil.example/x", False),
        ("http://smba.trafficmanager.net/x", False),
        ("https://smba.trafficmanager.net/a/../b", False),
        ("https://smba.trafficmanager.net/a?b=c", False),
    ],
)
def test_pictures(url: str, good: bool) -> None:
    """What wants the token lies at a listed service, and nowhere else."""
    assert SERVICES.serves(url) is good
