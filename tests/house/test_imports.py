"""The rules of the house about imports: one direction, no cycles, and who may touch what.

`HOUSE` is the house from the roof to the cellar: a file imports only from files that stand below it here. A new file
gets its line here, and in `docs/architecture.md`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("bot", "dialogs")

HOUSE = """
bot.__main__
bot.commands.serve
bot.commands.cases
bot.commands.desks
bot.commands.forget
bot.commands.outbox
bot.commands.chat
bot.commands.client_desk
bot.commands.client_chat
bot.commands.check
bot.commands.find
bot.commands.unanswered
bot.commands.index
bot.commands.translate
bot.commands.preview
bot.commands.graph
bot.commands.schema
bot.commands.import_
bot.commands.doctor
bot.commands.package
bot.commands.version
bot.operator
bot.search.likeness
bot.app
bot.doctor.examine
bot.doctor.house
bot.doctor.address
bot.doctor.cloud
bot.doctor.slack
bot.doctor.finding
bot.importer.run
bot.importer.files
bot.importer.report
bot.importer.store
bot.importer.convert
bot.importer.shape
bot.importer.questions
bot.importer.sections
bot.importer.parts
bot.importer.blocks
bot.importer.inline
bot.importer.settle
bot.importer.markup
bot.importer.emit
bot.importer.words
bot.importer.alike
bot.importer.article
bot.preview.server
bot.preview.page
bot.preview.source
bot.preview.style
bot.preview.flow
bot.preview.teams_look
bot.translate
bot.mermaid
bot.schema
bot.second_look
bot.sizes
bot.link_check
bot.gallery
bot.play
bot.talk
bot.package_teams
bot.package_slack
bot.png
bot.client_lines
bot.client_press
bot.client
bot.client_page
bot.terminal
bot.terminal_page
bot.preview.slack_look
bot.slack_app
bot.slack_socket
bot.slack_errands
bot.slack_door
bot.web
bot.arrivals
bot.admission
bot.file_door
bot.reception
bot.remembered
bot.handoff.timers
bot.handoff.forms
bot.handoff.front
bot.handoff.ticks
bot.handoff.staff_side
bot.handoff.user_side
bot.handoff.step
bot.handoff.desk
bot.handoff.files
bot.handoff.words
bot.handoff.moves
bot.handoff.home
bot.handoff.views
bot.handoff.change
bot.fetch
bot.links
bot.outbox
bot.sweeper
bot.metrics
bot.channels.registry
bot.channels.slack
bot.channels.slack_bolt
bot.channels.slack_send
bot.channels.slack_render
bot.channels.slack_drawn
bot.channels.slack_installs
bot.channels.slack_scopes
bot.channels.slack_read
bot.channels.slack_words
bot.channels.slack_fields
bot.channels.slack_people
bot.channels.slack_tokens
bot.channels.slack_api
bot.channels.teams
bot.channels.teams_render
bot.channels.teams_drawn
bot.channels.teams_read
bot.channels.teams_said
bot.channels.teams_html
bot.channels.teams_fields
bot.channels.teams_people
bot.channels.teams_send
bot.channels.teams_auth
bot.channels.teams_token
bot.channels.teams_hosts
bot.channels.http
bot.channels.limits
bot.channels.base
bot.storage.registry
bot.storage.peek
bot.storage.sqlite
bot.storage.sqlite_cases
bot.storage.sqlite_arrivals
bot.storage.sqlite_files
bot.storage.sqlite_unanswered
bot.storage.sqlite_erase
bot.storage.sqlite_rows
bot.storage.sqlite_thread
bot.storage.postgres
bot.storage.postgres_cases
bot.storage.postgres_arrivals
bot.storage.postgres_files
bot.storage.postgres_unanswered
bot.storage.postgres_erase
bot.storage.postgres_link
bot.storage.migrations
bot.storage.migration_cases
bot.storage.migration_arrivals
bot.storage.migration_files
bot.storage.migration_unanswered
bot.storage.case_codec
bot.storage.codec
bot.storage.base
bot.storage.cases
bot.storage.files
bot.storage.unanswered
bot.storage.arrivals
bot.search.opening
bot.search.finder
bot.search.nearest
bot.search.lookup
bot.search.compile
bot.search.write
bot.search.change
bot.search.file
bot.search.vectors
bot.search.spelling
bot.search.postings
bot.search.fields
bot.search.analysis
bot.search.stems
bot.script
bot.handoff.plan_file
bot.handoff.plan
bot.handoff.transcript
bot.handoff.states
bot.handoff.carried
bot.handoff.case
bot.envelope
bot.settings
bot.setting_checks
bot.setting_types
bot.resources
bot.log
bot.limits
bot.patience
bot.clock
bot.errors
dialogs.engine
dialogs.adapter
dialogs.commands
dialogs.root_dialog
dialogs.guide_dialog
dialogs.hand_off_dialog
dialogs.pick_dialog
dialogs.areas
dialogs.state
dialogs.waterfall
dialogs.views
dialogs.work
dialogs.content
dialogs.translation_file
dialogs.texts_file
dialogs.synonyms
dialogs.graph
dialogs.model_mistakes
dialogs.wordings
dialogs.translation
dialogs.source
dialogs.yaml_mistakes
dialogs.finder
dialogs.word_index
dialogs.library
dialogs.understand
dialogs.words
dialogs.texts
dialogs.walk
dialogs.turn
dialogs.cards.home
dialogs.cards.relay
dialogs.cards.file
dialogs.cards.rating
dialogs.cards.summary
dialogs.cards.case
dialogs.cards.outcome
dialogs.cards.question
dialogs.cards.menu
dialogs.cards.notice
dialogs.cards.slack_inputs
dialogs.cards.slack_advice
dialogs.cards.blocks
dialogs.cards.slack_told
dialogs.cards.slack_form
dialogs.cards.slack_pieces
dialogs.cards.slack_text
dialogs.cards.rich
dialogs.cards.inputs
dialogs.cards.adaptive
dialogs.cards.fields
dialogs.cards.fit
dialogs.cards.plain
dialogs.cards.markdown
dialogs.cards.base
dialogs.guide
dialogs.errors
"""
ORDER = HOUSE.split()

# botbuilder is archived: what touches it is kept small enough to be carried over to its successor.
BOTBUILDER = {
    "dialogs.adapter",
    "dialogs.commands",
    "dialogs.engine",
    "dialogs.guide_dialog",
    "dialogs.hand_off_dialog",
    "dialogs.pick_dialog",
    "dialogs.root_dialog",
    "dialogs.state",
    "dialogs.waterfall",
    "bot.channels.teams",
}
# What reaches out of a turn: the system, the clock, chance, the network, threads, logs.
WORLD = """
os sys time random secrets uuid socket ssl http urllib aiohttp requests sqlite3 asyncpg subprocess threading
multiprocessing concurrent signal logging structlog dotenv tempfile shutil platform
"""
OUTSIDE = frozenset(WORLD.split())


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the two packages but their `__init__.py`, parsed."""
    paths = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if path.name != "__init__.py"]
    return {name(path): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def name(path: Path) -> str:
    """The dotted name of a module."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def imported(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Everything that a module imports, wherever in it, with the line; `from a import b` gives a and a.b."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            yield module, node.lineno
            yield from ((f"{module}.{alias.name}", node.lineno) for alias in node.names)


def test_every_file_has_its_place() -> None:
    """HOUSE names every module of the two packages once, and nothing else."""
    assert len(ORDER) == len(set(ORDER))
    assert set(modules()) == set(ORDER), "put each new file in HOUSE, above whatever it imports"


@pytest.mark.parametrize("module", ORDER)
def test_imports_go_down(module: str) -> None:
    """A module imports only from modules below it; so there are no cycles, and dialogs never sees bot."""
    below = set(ORDER[ORDER.index(module) + 1 :])
    ours = [(target, line) for target, line in imported(modules()[module]) if target in ORDER]
    assert [f"line {line}: {target}" for target, line in ours if target not in below] == []


def test_the_command_line_imports_nothing_of_ours() -> None:
    """`bot/__main__.py` names the commands and imports none of them, only the errors that it tells."""
    ours = {target for target, _ in imported(modules()["bot.__main__"]) if target in ORDER}
    assert ours == {"bot.errors", "dialogs.errors"}


def test_nobody_imports_the_composition_root() -> None:
    """Only the command that serves makes the whole: nobody else imports `bot.app`, and nobody imports a command."""
    for module, tree in modules().items():
        targets = {target for target, _ in imported(tree)}
        assert "bot.app" not in targets or module == "bot.commands.serve", module
        assert not any(target.startswith("bot.commands.") for target in targets), module


def test_botbuilder_stays_where_it_is_let_in() -> None:
    """Only the listed modules import botbuilder or its kin."""
    users = {
        module
        for module, tree in modules().items()
        if any(target.partition(".")[0] in ("botbuilder", "botframework") for target, _ in imported(tree))
    }
    assert users <= BOTBUILDER


def test_packages_say_what_they_are_and_nothing_else() -> None:
    """Every `__init__.py` is a docstring: whoever re-exports there begins a cycle."""
    for path in (path for package in PACKAGES for path in (ROOT / package).rglob("__init__.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert len(tree.body) == 1, path
        assert ast.get_docstring(tree), path


def test_imports_stand_at_the_top() -> None:
    """No function imports anything, except in commands, which are kept light; nothing is imported for types only."""
    for module, tree in modules().items():
        targets = {target for target, _ in imported(tree)}
        assert "typing.TYPE_CHECKING" not in targets, module
        if module.startswith("bot.commands."):
            continue
        functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
        assert [line for function in functions for _, line in imported(function)] == [], module


def test_settings_alone_read_the_environment() -> None:
    """No module but `bot/settings.py` reads environment variables or `.env`."""
    for module, tree in modules().items():
        if module == "bot.settings":
            continue
        targets = {target for target, _ in imported(tree)}
        assert not targets & {"os.environ", "os.getenv", "os.environb"}, module
        assert not any(target.partition(".")[0] == "dotenv" for target in targets), module
        reads = [
            node.lineno
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and node.attr in ("environ", "environb", "getenv")
        ]
        assert reads == [], module


@pytest.mark.parametrize("module", [module for module in ORDER if module.startswith("dialogs.")])
def test_a_turn_sees_no_world(module: str) -> None:
    """`dialogs` imports no clock, no socket, no system; it asks no date for now; only content.py touches files."""
    tree = modules()[module]
    targets = {target for target, _ in imported(tree)}
    assert {target.partition(".")[0] for target in targets} & OUTSIDE == set()
    assert "pathlib" not in targets or module == "dialogs.content"
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not used & {"now", "utcnow", "today"}
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert not called & {"open", "print", "input", "eval", "exec", "__import__"}
