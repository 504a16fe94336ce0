"""`make run`: two processes that live and end together. Small programs stand in for the bot and the Playground."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tools.run import Ports, check_free, read_env_file

ROOT = Path(__file__).parent.parent
GONE_SECONDS = 15.0

BOT = """
import http.server, os, pathlib, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()
        if self.path == "/die":
            print("no memory left", flush=True)
            os._exit(3)
    def log_message(self, *args): pass
pathlib.Path("bot.pid").write_text(str(os.getpid()))
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
PLAYGROUND = """
import os, pathlib, subprocess, sys, time
helper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
pathlib.Path("playground.pid").write_text(str(os.getpid()))
pathlib.Path("helper.pid").write_text(str(helper.pid))
print("Listening on 4711", flush=True)
time.sleep(60)
"""
STUBBORN = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + PLAYGROUND
FAILING = "import sys\nprint('cannot find it')\nsys.exit(7)"
LAUNCH = """
import sys
from pathlib import Path
from tools.children import Command
from tools.run import Ports, run
folder, port, bot, playground = Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
sys.exit(run(
    Command("The bot", [sys.executable, "-c", bot, port], folder, folder / "bot.log"),
    Command("The Playground", [sys.executable, "-c", playground], folder, folder / "playground.out"),
    Ports(int(port), 1),
))
"""


class Launched:
    """A launcher at work, its output a pipe (so: no terminal), and the folder where the stand-ins leave their pids."""

    def __init__(self, folder: Path, bot: str, playground: str) -> None:
        self.folder = folder
        self.port = free_port()
        argv = [sys.executable, "-c", LAUNCH, str(folder), str(self.port), bot, playground]
        self.process = subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True)

    def read_until(self, words: str) -> str:
        """What the launcher prints up to the line with these words."""
        assert self.process.stdout
        read = ""
        for line in self.process.stdout:
            read += line
            if words in line:
                return read
        pytest.fail(f"{words!r} never came; it said: {read}")

    def end(self) -> tuple[int, str]:
        """Wait for its end: the exit code, and what else it printed."""
        rest, _ = self.process.communicate(timeout=GONE_SECONDS)
        return self.process.returncode, rest

    def pid(self, name: str) -> int:
        """The process id of the stand-in `bot`, `playground` or of the playground's `helper`."""
        return int((self.folder / f"{name}.pid").read_text(encoding="ascii"))


@contextmanager
def launched(folder: Path, bot: str = BOT, playground: str = PLAYGROUND) -> Iterator[Launched]:
    """A launcher that is gone, with all it started, when the test ends."""
    launcher = Launched(folder, bot, playground)
    try:
        yield launcher
    finally:
        launcher.process.kill()
        launcher.process.communicate()
        for file in folder.glob("*.pid"):
            if is_alive(int(file.read_text(encoding="ascii"))):
                os.kill(int(file.read_text(encoding="ascii")), signal.SIGKILL)


def free_port() -> int:
    """A port on loopback that nobody holds just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that ended and was not yet collected by its parent does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2]
    except FileNotFoundError:  # it is gone, or there is no /proc here
        state = subprocess.run(
            ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
        ).stdout
    return state.strip()[:1] not in ("", "Z")


def wait_until_gone(launcher: Launched, *names: str) -> None:
    """Fail unless all the named stand-ins end soon."""
    deadline = time.monotonic() + GONE_SECONDS
    while alive := [name for name in names if is_alive(launcher.pid(name))]:
        assert time.monotonic() < deadline, f"still alive: {alive}"
        time.sleep(0.05)


def test_it_says_where_both_are(tmp_path: Path) -> None:
    """Once both answer, it prints the bot's address, the Playground's real port, and `make chat`, each on a line."""
    with launched(tmp_path) as launcher:
        lines = launcher.read_until("Ctrl-C ends both").splitlines()
        assert f"http://127.0.0.1:{launcher.port}/api/messages" in lines[0]
        assert "http://localhost:4711" in lines[1]
        assert "make chat" in lines[2]
        assert "listens on all interfaces" in lines[3]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_both(tmp_path: Path, number: signal.Signals) -> None:
    """Ctrl-C, SIGTERM and a closed terminal end the bot, the Playground and what that started, with exit code 0."""
    with launched(tmp_path) as launcher:
        launcher.read_until("Ctrl-C ends both")
        launcher.process.send_signal(number)
        assert launcher.end() == (0, "")
        wait_until_gone(launcher, "bot", "playground", "helper")


def test_a_signal_while_the_bot_starts_ends_it(tmp_path: Path) -> None:
    """Who presses Ctrl-C before the bot answers is not kept waiting, and the Playground is never started."""
    slow = BOT.replace("http.server.HTTPServer((", "import time; time.sleep(60); (lambda *a: None)((")
    with launched(tmp_path, bot=slow) as launcher:
        deadline = time.monotonic() + GONE_SECONDS
        while not (tmp_path / "bot.pid").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        launcher.process.send_signal(signal.SIGINT)
        assert launcher.end() == (0, "")
        wait_until_gone(launcher, "bot")
        assert not (tmp_path / "playground.out").exists()


def test_a_bot_that_dies_ends_the_playground(tmp_path: Path) -> None:
    """When the bot dies, the Playground is ended, and the bot's exit code and last words are passed on."""
    with launched(tmp_path) as launcher:
        launcher.read_until("Ctrl-C ends both")
        with socket.create_connection(("127.0.0.1", launcher.port)) as connection:
            connection.sendall(b"GET /die HTTP/1.0\r\n\r\n")
        code, said = launcher.end()
        assert code == 3
        assert "The bot has ended with exit code 3" in said
        assert "no memory left" in said
        wait_until_gone(launcher, "playground", "helper")


def test_a_playground_that_is_killed_ends_the_bot(tmp_path: Path) -> None:
    """When the Playground is killed, the bot is ended, and the exit code is the shell's for that signal."""
    with launched(tmp_path) as launcher:
        launcher.read_until("Ctrl-C ends both")
        os.kill(launcher.pid("playground"), signal.SIGKILL)
        code, said = launcher.end()
        assert code == 128 + signal.SIGKILL
        assert "The Playground has ended with signal SIGKILL" in said
        wait_until_gone(launcher, "bot", "helper")


def test_a_bot_that_cannot_start_says_why(tmp_path: Path) -> None:
    """A bot that ends before it answers is reported with its exit code and its last lines; nothing else is started."""
    with launched(tmp_path, bot=FAILING) as launcher:
        code, said = launcher.end()
        assert code == 7
        assert "The bot has ended with exit code 7" in said
        assert "cannot find it" in said
        assert not (tmp_path / "playground.out").exists()


def test_a_second_ctrl_c_waits_for_nobody(tmp_path: Path) -> None:
    """A child that ignores SIGTERM is killed at once when Ctrl-C is pressed again."""
    with launched(tmp_path, playground=STUBBORN) as launcher:
        launcher.read_until("Ctrl-C ends both")
        begin = time.monotonic()
        launcher.process.send_signal(signal.SIGINT)
        wait_until_gone(launcher, "bot")
        launcher.process.send_signal(signal.SIGINT)
        assert launcher.end() == (0, "")
        assert time.monotonic() - begin < 8
        wait_until_gone(launcher, "playground")


@pytest.mark.parametrize("name", ["HELPBOT_PORT", "PLAYGROUND_PORT"])
def test_a_taken_port_is_named_with_its_holder(name: str) -> None:
    """With a port taken, nothing starts: it says which, which process holds it, and which setting chooses another."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        env = {**os.environ, "HELPBOT_PORT": str(free_port()), "PLAYGROUND_PORT": str(free_port()), name: str(taken)}
        argv = [sys.executable, "-m", "tools.run"]
        ended = subprocess.run(argv, cwd=ROOT, env=env, capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 2
    said = rf"Port {taken} is taken by process {os.getpid()} \(.*python.*\)\. End that, or set {name} to another one\n"
    assert re.fullmatch(said, ended.stdout)


def test_free_ports_are_free() -> None:
    """Nothing is said against ports that nobody holds."""
    check_free(Ports(free_port(), free_port()))


@pytest.mark.parametrize("value", ["http", "0", "70000", "-1"])
def test_what_is_no_port_is_named(value: str) -> None:
    """A setting that is no port number ends the start with a sentence, not with a traceback."""
    env = {**os.environ, "HELPBOT_PORT": value}
    argv = [sys.executable, "-m", "tools.run"]
    ended = subprocess.run(argv, cwd=ROOT, env=env, capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 2
    assert ended.stdout == f"HELPBOT_PORT={value} is no port; give a number from 1 to 65535\n"


def test_ports_may_stand_in_the_env_file(tmp_path: Path) -> None:
    """Plain lines of `.env` are read, comments and a missing file are nothing."""
    file = tmp_path / ".env"
    assert read_env_file(file) == {}
    file.write_text(
        "# the bot\nHELPBOT_PORT=4000\nPLAYGROUND_PORT = 4001\nHELPBOT_CONTACT=two words\n", encoding="utf-8"
    )
    assert read_env_file(file) == {"HELPBOT_PORT": "4000", "PLAYGROUND_PORT": "4001"}
