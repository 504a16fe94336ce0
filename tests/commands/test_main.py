"""The command line as a process: what it imports, how long it takes, how it ends."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.dialogs.samples import ROOT, folder

HEAVY = ("botbuilder", "botframework", "aiohttp", "msrest", "msal", "asyncpg", "rich", "structlog")


def run(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """The command, run in a folder with an environment of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HELPBOT_")}
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT), **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("arguments", [["check"], ["check", str(ROOT / "content")], ["version"], ["--help"]])
def test_light_commands_import_nothing_heavy(tmp_path: Path, arguments: list[str]) -> None:
    """Checking and asking for the version need neither botbuilder nor aiohttp, nor anything else that takes long."""
    code = (
        "import sys\nfrom bot.__main__ import main\n"
        f"sys.argv[1:] = {arguments!r}\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        f"print(sorted(m for m in sys.modules if m.partition('.')[0] in {HEAVY!r}))\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("arguments", [["check"], ["version"]])
def test_light_commands_are_quick(tmp_path: Path, arguments: list[str]) -> None:
    """They take about half a second of the processor at most, interpreter included: the best of three runs.

    On a core that is shared, 0.44 s become 0.52; heavy imports cost a second.
    """

    def seconds() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        before = used.ru_utime + used.ru_stime
        assert run(tmp_path, *arguments).returncode == 0
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime - before

    assert min(seconds() for _ in range(3)) < 0.65


def test_version(tmp_path: Path) -> None:
    """The version is the project's."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    ended = run(tmp_path, "version")
    assert (ended.returncode, ended.stdout) == (0, f"helpbot {project['version']}\n")


def test_help_names_the_commands(tmp_path: Path) -> None:
    """Help lists each command, and each command its options, without importing what it runs."""
    shown = run(tmp_path, "--help").stdout
    names = ("serve", "chat", "check", "package", "doctor", "desk", "cases", "outbox", "forget", "version")
    assert all(f"\n  {name} " in shown for name in names)
    assert all(option in run(tmp_path, "serve", "--help").stdout for option in ("--local", "--host", "--port"))
    assert "At most so many groups." in run(tmp_path, "unanswered", "--help").stdout
    assert "At most so many guides." in run(tmp_path, "find", "--help").stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(["chekc"], "Did you mean 'check'"), (["check", "--pay"], "--pay"), (["serve", "--port", "x"], "--port")],
)
def test_wrong_command_lines(tmp_path: Path, arguments: list[str], told: str) -> None:
    """A slip in the command line is told on standard error, with exit code 2."""
    ended = run(tmp_path, *arguments)
    assert ended.returncode == 2
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("command", ["serve", "chat", "check"])
def test_wrong_settings(tmp_path: Path, command: str) -> None:
    """Wrong settings are told on standard error without a traceback, with exit code 2."""
    ended = run(tmp_path, command, HELPBOT_PORT="many")
    assert ended.returncode == 2
    assert ended.stderr == "HELPBOT_PORT=many is no whole number; write digits only\n"


def test_serve_refuses_without_local_and_without_teams(tmp_path: Path) -> None:
    """With nothing configured the server does not start, and says both ways to start it."""
    ended = run(tmp_path, "serve")
    assert ended.returncode == 2
    assert "helpbot serve --local" in ended.stderr
    assert "HELPBOT_TEAMS_APP_ID" in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "code"), [(["check"], 1), (["serve", "--local", "--port", "0"], 2), (["chat"], 2)]
)
def test_broken_content(tmp_path: Path, arguments: list[str], code: int) -> None:
    """Mistakes in the content are listed without a traceback; they are what `check` finds, and keep the others off."""
    content = folder(tmp_path, vpn="id: vpn\n")
    ended = run(tmp_path, *arguments, HELPBOT_CONTENT_DIR=str(content))
    assert ended.returncode == code
    lines = (ended.stdout if code == 1 else ended.stderr).splitlines()
    assert len([line for line in lines if "vpn.yaml:1: " in line]) == 8
    assert "Traceback" not in ended.stderr
