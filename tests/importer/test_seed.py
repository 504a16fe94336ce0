"""The article that this project began with, by `helpbot import`: every word and every link under the right step."""

from __future__ import annotations

import re
from pathlib import Path

from bot.commands.check import check
from bot.commands.import_ import import_
from dialogs import content
from tests.dialogs.samples import ROOT
from tests.importer.build import advice, told

SEED = ROOT / "content" / "sources" / "guest-users-cannot-redeem.md"


def squeezed(text: str) -> str:
    """One kind of white space."""
    return " ".join(text.split())


def test_the_seed(tmp_path: Path) -> None:
    """Both steps hold their sentences in order, what is nested with its link and its command; the documents follow."""
    assert import_((SEED,), tmp_path) == 0
    assert check([tmp_path]) == 0
    guide = content.load(tmp_path).guides[SEED.stem]
    body = SEED.read_text(encoding="utf-8-sig").partition("/>")[2]
    steps, _, documents = body.partition("## **Recommended documents**")
    given = [squeezed(step) for step in re.split(r"^\d+\. ", steps, flags=re.M)[1:]]
    kept = [squeezed(" ".join(told(action))) for action in advice(guide).actions]
    url = "https://docs.microsoft.com/powershell/msonline/v1/set-msolcompanysettings"
    assert kept == [step.replace(url, f"[{url}]({url})") for step in given]
    assert len(kept) == 2
    assert "`-AllowEmailVerifiedUsers to true`" in kept[1]
    assert "on-premises Active Directory" in kept[1]
    assert [(link.title, link.url) for link in guide.documents] == re.findall(
        r"^\* \[(.+?)\]\((\S+?)\)", documents, flags=re.M
    )
    assert guide.sources[0].article == "0319ff52-bd20-443e-9ee4-41f5d073115b"
    assert guide.title == "B2B collaboration: I have invited guest users who can't redeem their invitations"
