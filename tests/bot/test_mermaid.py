"""`helpbot graph`: the guide as a chart that Mermaid can read."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.commands.graph import graph
from bot.errors import HelpbotError
from bot.mermaid import mermaid
from dialogs.content import load
from dialogs.errors import ContentError
from dialogs.guide import Question
from tests.dialogs.samples import VPN, folder


def test_a_chart(tmp_path: Path) -> None:
    """Questions are rhombs, advice is boxes, answers stand on arrows; nothing in a text means anything to Mermaid."""
    content = folder(tmp_path, vpn=VPN.replace("Did you restart", 'Did "you" <b>`restart`#1'))
    assert mermaid(load(content).guides["vpn"]) == (
        "flowchart TD\n"
        '    start(["The VPN drops"]) --> s0\n'
        '    s0{"Did #quot;you#quot; #lt;b#gt;#96;restart#96;#35;1 the computer?"}\n'
        '    s0 -->|"Yes"| s2\n'
        '    s0 -->|"No"| s1\n'
        '    s1["Restart the computer"]\n'
        '    s2["The network team must look"]\n'
    )


def test_the_shipped_guide(capsys: pytest.CaptureFixture[str]) -> None:
    """Every step and every answer is in it, in the language asked for."""
    guide = load(Path("content")).guides["guest-cannot-redeem"]
    graph(guide.id, "de")
    out = capsys.readouterr().out
    assert "Haben Sie einen Gast eingeladen" in out
    answers = sum(len(step.answers) for step in guide.steps.values() if isinstance(step, Question))
    assert len(out.splitlines()) == 2 + len(guide.steps) + answers


def test_no_such_guide() -> None:
    """A name with a slip is told with the one that was meant."""
    with pytest.raises(HelpbotError, match='no guide "guest-canot-redeem"; did you mean'):
        graph("guest-canot-redeem")


def test_mistakes_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another guide that is broken does not keep a guide from being drawn; its own mistakes are told."""
    content = folder(tmp_path, vpn=VPN, wifi="id: [unclosed\n")
    monkeypatch.setenv("HELPBOT_CONTENT_DIR", str(content))
    graph("vpn")
    assert "The VPN drops" in capsys.readouterr().out
    with pytest.raises(ContentError, match=r"wifi\.yaml:1"):
        graph("wifi")
