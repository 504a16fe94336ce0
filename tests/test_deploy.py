"""Deployment: what the Dockerfile does, done here; and that its files and those beside it fit together.

No image is built: that needs a container engine and a registry. What would run in it runs here, as a user without
rights, installed by the same script from the same files, on a tree that nobody may write to. (Installing takes half a
minute: `make soak`.)
"""

from __future__ import annotations

import asyncio
import fnmatch
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.settings import Settings, variable
from tests.activities import message
from tests.cloud import APP_ID, SECRET, TENANT, Cloud
from tests.connector import Connector
from tests.process import Server, post

ROOT = Path(__file__).resolve().parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text(encoding="utf-8"))
CADDYFILE = (ROOT / "deploy/Caddyfile").read_text(encoding="utf-8")
NOBODY = 65534
BOTS = ("bot-1", "bot-2")


def instructions(name: str) -> list[str]:
    """The arguments of every such instruction of the Dockerfile."""
    return re.findall(rf"^{name} +(.+)$", DOCKERFILE, re.MULTILINE)


def in_context(path: str) -> bool:
    """Whether .dockerignore lets a file (or a folder's content) into the build; the last pattern that fits decides."""
    taken = True
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.removeprefix("!").removeprefix("**/")
        if not line or line.startswith("#"):
            continue
        parts = Path(path).parts
        nested = line.startswith("**/") and any(fnmatch.fnmatch(part, pattern) for part in parts)
        whole = any(fnmatch.fnmatch("/".join(parts[: n + 1]), pattern) for n in range(len(parts)))
        if nested or whole:
            taken = line.startswith("!")
    return taken


def unprivileged() -> list[str]:
    """What makes a command run without rights, when we have them.

    Where Python lies in a folder that only root may enter, the user may read everything; write, nothing but its own.
    """
    if os.geteuid() != 0:
        return []
    command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    folders = [folder for path in (sys.prefix, sys.base_prefix) for folder in (Path(path), *Path(path).parents)]
    if all(folder.stat().st_mode & stat.S_IXOTH for folder in folders):
        return command
    return [*command, "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]


def tree(folder: Path) -> dict[str, float]:
    """Every file and folder, and when it was changed."""
    return {str(path): path.lstat().st_mtime for path in sorted(folder.rglob("*"))}


@dataclass(frozen=True, slots=True)
class Installed:
    """A prefix that was installed into, and a folder to write to, as the image has them at /opt/helpbot and /data."""

    prefix: Path
    data: Path

    def environment(self, **settings: str) -> dict[str, str]:
        """As bare as a container's; and nowhere to put temporary files."""
        return {
            "PATH": f"{self.prefix / 'bin'}:/usr/bin:/bin",
            "HOME": str(self.data),
            "TMPDIR": "/nowhere",
            "PYTHONDONTWRITEBYTECODE": "1",
            "HELPBOT_DATABASE_URL": f"sqlite:///{self.data}/helpbot.db",
            **{f"HELPBOT_{name}": value for name, value in settings.items()},
        }

    def run(self, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """A command there, by that user."""
        return subprocess.run(
            [*unprivileged(), *command],
            cwd=self.data,
            env=self.environment(**settings),
            capture_output=True,
            text=True,
            timeout=60,
        )


@pytest.fixture(scope="module")
def installed() -> Iterator[Installed]:
    """The files of the build, installed by the script as a user without rights; then nobody may write there."""
    folder = Path(tempfile.mkdtemp(prefix="helpbot-deploy-"))
    try:
        folder.chmod(0o755)
        source, own = folder / "source", folder / "own"
        for name in _sources():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, source / name)
        _lock(source)
        for path in (own, own / "data", own / "tmp"):
            path.mkdir()
            if os.geteuid() == 0:
                os.chown(path, NOBODY, NOBODY)
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("HELPBOT_", "PYTHON"))}
        subprocess.run(
            [*unprivileged(), "sh", str(source / "deploy/install.sh"), str(own / "prefix")],
            cwd=folder,
            env={**kept, "PYTHON": sys.executable, "HOME": str(own / "tmp"), "TMPDIR": str(own / "tmp")},
            check=True,
            timeout=500,
        )
        _lock(own / "prefix")
        yield Installed(own / "prefix", own / "data")
    finally:
        _unlock(folder)
        shutil.rmtree(folder)


def _sources() -> list[str]:
    """The files that a build gets: those which .dockerignore lets in."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    tops = [ROOT / line.removeprefix("!") for line in lines if line.startswith("!")]
    files = [path for top in tops for path in (top, *top.rglob("*")) if path.is_file()]
    return [name for path in files if in_context(name := path.relative_to(ROOT).as_posix())]


def _lock(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~0o222 | 0o444)


def _unlock(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)


@pytest.mark.soak
def test_the_installed_commands_work(installed: Installed) -> None:
    """Version, content and conversations are there, in an empty folder, with no right to write to the program."""
    assert installed.run("helpbot", "version").stdout.startswith("helpbot ")
    checked = installed.run("helpbot", "check", "--play")
    assert (checked.returncode, checked.stdout[:15]) == (0, "No mistakes in "), checked
    touched = installed.run("touch", str(installed.prefix / "bin" / "more"))
    assert touched.returncode != 0
    settings = dict.fromkeys(("PUBLIC_URL", "WEBSITE_URL", "PRIVACY_URL", "TERMS_URL"), "https://contoso.com")
    packed = installed.run("helpbot", "package", "teams", TEAMS_APP_ID=APP_ID, DEVELOPER_NAME="Contoso", **settings)
    assert packed.returncode == 0, packed.stderr


@pytest.mark.soak
def test_what_runs_can_not_install(installed: Installed) -> None:
    """Neither pip nor setuptools nor anything of the tests is left in the prefix."""
    for name in ("pip", "setuptools", "pytest", "tests", "tools"):
        assert installed.run("python", "-c", f"import {name}").returncode != 0, name


@pytest.mark.soak
async def test_the_installed_server_serves(installed: Installed) -> None:
    """It takes a message with a real token, is found healthy by the image's own check, writes to its data only, and
    ends on SIGTERM."""
    before = await asyncio.to_thread(tree, installed.prefix)
    async with Cloud() as cloud, Connector() as connector:
        settings = {
            "PORT": "1",
            "TEAMS_APP_ID": APP_ID,
            "TEAMS_TENANT_ID": TENANT,
            "TEAMS_APP_PASSWORD": SECRET,
            "TEAMS_OPENID_METADATA": cloud.metadata_url,
            "TEAMS_LOGIN_URL": cloud.login_url,
            "TEAMS_SERVICE_HOSTS": "127.0.0.1",
        }
        server = Server(
            await asyncio.create_subprocess_exec(
                *unprivileged(),
                *("helpbot", "serve", "--port", "0"),
                cwd=installed.data,
                env=installed.environment(**settings),
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
        )
        try:
            server.port = (await server.event("serving"))["port"]
            await server.event("keys_fetched", seconds=30)
            text = "my guest can't redeem the invitation"
            assert await post(server, message(connector.url, text), cloud.token(connector.url)) == 200
            await connector.wait(1, seconds=30)
            (health,) = instructions("HEALTHCHECK")
            command = json.loads(health.partition("CMD ")[2])
            good = await asyncio.to_thread(installed.run, *command, PORT=str(server.port))
            assert good.returncode == 0, good.stderr
            assert await server.stop() == 0
        finally:
            await server.close()
        gone = await asyncio.to_thread(installed.run, *command, PORT=str(server.port))
        assert gone.returncode != 0
    assert server.stderr == b""
    assert await asyncio.to_thread(tree, installed.prefix) == before
    database = installed.data / "helpbot.db"
    assert stat.S_IMODE((await asyncio.to_thread(database.stat)).st_mode) == 0o600


def test_the_image_runs_the_script_and_no_root() -> None:
    """The image is made by the script that is tested here, and what runs in it is not root, on its standard port."""
    assert '["sh", "deploy/install.sh", "/opt/helpbot"]' in instructions("RUN")
    assert instructions("USER") == ["10001:10001"]
    assert instructions("FROM")[-1] == "python:3.13-slim"
    assert instructions("EXPOSE") == [str(Settings().port)]
    assert instructions("ENTRYPOINT") == ['["helpbot"]']
    names = set(re.findall(r"HELPBOT_\w+(?==)", DOCKERFILE))
    assert names == {"HELPBOT_HOST", "HELPBOT_DATABASE_URL"}
    assert names <= {variable(name) for name in Settings.model_fields}


def test_no_secret_gets_into_the_build() -> None:
    """Of all that lies in a checkout only the program goes to the builder; settings, databases, history do not."""
    for path in (".env", "bot/.env", "helpbot.db", ".git/config", "tests/cloud.py", "deploy/.env", ".run/bot.log"):
        assert not in_context(path), path
    for path in ("bot/app.py", "content/guides/guest-cannot-redeem.yaml", "manifest/teams/color.png", "setup.py"):
        assert in_context(path), path
    assert not in_context("bot/__pycache__/app.cpython-313.pyc")


def test_compose_has_two_equal_bots() -> None:
    """Two bots from one image, without root's powers, on a read-only root file system, with time to stop."""
    services = COMPOSE["services"]
    assert services["bot-1"] == services["bot-2"]
    bot = services["bot-1"]
    assert (ROOT / "deploy" / bot["build"] / "Dockerfile").is_file()
    assert bot["read_only"] is True
    assert bot["cap_drop"] == ["ALL"]
    assert int(bot["stop_grace_period"].removesuffix("s")) > 10
    assert {name for name in bot["environment"] if name.startswith("HELPBOT_")} <= set(
        map(variable, Settings.model_fields)
    )
    assert "ports" not in bot


def test_compose_waits_for_health() -> None:
    """Everything has a health check (the bot's is in its image), and whoever needs another waits until it is well."""
    services = COMPOSE["services"]
    assert all("healthcheck" in services[name] for name in services if name not in BOTS)
    waits = {
        (name, on): how["condition"] for name, one in services.items() for on, how in one.get("depends_on", {}).items()
    }
    assert set(waits) == {("bot-1", "postgres"), ("bot-2", "postgres"), ("proxy", "bot-1"), ("proxy", "bot-2")}
    assert set(waits.values()) == {"service_healthy"}


def test_what_is_for_compose_alone_is_no_setting() -> None:
    """Variables for compose alone do not begin with HELPBOT_: the bots get the same .env, and would refuse them."""
    names = set(re.findall(r"\$\{(\w+)", (ROOT / "deploy/compose.yaml").read_text(encoding="utf-8")))
    assert names == {"BOT_DOMAIN", "POSTGRES_PASSWORD"}


def test_compose_holds_no_secret() -> None:
    """Passwords come from .env, and compose refuses to start without them; only the proxy is reached from outside."""
    text = (ROOT / "deploy/compose.yaml").read_text(encoding="utf-8")
    assert re.findall(r"^ *\w*PASSWORD: *(?!\$\{POSTGRES_PASSWORD:\?)\S+", text, re.MULTILINE) == []
    assert re.findall(r"://\w+:(?!\$\{POSTGRES_PASSWORD:\?)", text) == []
    assert all(":?" in found for found in re.findall(r"\$\{[^}]*\}", text))
    assert [name for name, service in COMPOSE["services"].items() if "ports" in service] == ["proxy"]


def test_the_proxy_shows_the_door_only() -> None:
    """The proxy passes the bot's door and /healthz to both bots; it asks /readyz itself, and shows no metrics."""
    assert re.findall(r"reverse_proxy (.+) \{", CADDYFILE) == [" ".join(f"{bot}:3978" for bot in BOTS)]
    assert re.findall(r"path (.+)", CADDYFILE) == ["/api/messages /healthz /files/*"]
    assert "health_uri /readyz" in CADDYFILE
    assert "respond 404" in CADDYFILE
    assert CADDYFILE.count("{") == CADDYFILE.count("}")
    assert "./Caddyfile:/etc/caddy/Caddyfile:ro" in COMPOSE["services"]["proxy"]["volumes"]
