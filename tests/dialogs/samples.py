"""A content folder to spoil: a small valid guide and the shipped English texts."""

from __future__ import annotations

import shutil
from pathlib import Path

from dialogs.content import load
from dialogs.errors import ContentError, Problem

ROOT = Path(__file__).resolve().parents[2]

VPN = """\
id: vpn
title: The VPN drops
summary: The connection comes and goes.
phrases:
  - vpn drops
  - no vpn
owner: Network team
review: 2027-01-31
sources:
  - title: VPN handbook
start: reboot
steps:
  reboot:
    ask: Did you restart the computer?
    again: Was the computer restarted since the VPN began to drop?
    short: Restarted
    answers:
      - id: yes
        label: Yes
        means: yes
        goto: call
      - id: no
        label: No
        means: no
        said: [not yet]
        goto: done
  done:
    outcome: Restart the computer
    cause: Not restarted
    actions:
      - who: You
        do: Restart the computer.
  call:
    outcome: The network team must look
    cause: Something else
    actions:
      - who: You
        do: Call the network team.
        links:
          - title: Numbers
            url: https://example.com/numbers
"""


def folder(tmp_path: Path, **guides: str) -> Path:
    """A content folder with these guides by file name (without .yaml), and English texts."""
    (tmp_path / "guides").mkdir(parents=True)
    (tmp_path / "texts").mkdir()
    shutil.copy(ROOT / "content" / "texts" / "en.yaml", tmp_path / "texts" / "en.yaml")
    for name, text in guides.items():
        (tmp_path / "guides" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def spoilt(text: str, old: str, new: str) -> str:
    """The text with one thing changed; what is to be changed stands there exactly once."""
    assert text.count(old) == 1, old
    return text.replace(old, new)


def problems(tmp_path: Path, **guides: str) -> list[Problem]:
    """The problems of a content folder with these guides."""
    try:
        load(folder(tmp_path, **guides))
    except ContentError as error:
        return error.problems
    return []


def told(tmp_path: Path, old: str, new: str) -> list[str]:
    """The problems of the small guide with one thing changed, as `line: what; fix`."""
    found = problems(tmp_path, vpn=spoilt(VPN, old, new))
    file = str(tmp_path / "guides" / "vpn.yaml")
    assert all(problem.file == file for problem in found)
    return [str(problem).removeprefix(f"{file}:") for problem in found]
