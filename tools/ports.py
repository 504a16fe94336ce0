"""Is a port free, and if not, who holds it?"""

import errno
import shutil
import socket
import subprocess
from pathlib import Path

_LISTEN = "0A"  # the state's number in /proc/net/tcp


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen on host:port now; host "" stands for all interfaces.

    Raises OSError for anything but "taken", such as a port that only root may use.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: a port just left is free
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise
    return True


def holder(port: int) -> str:
    """Who listens on the port, for a person to read: `process 4711 (node server.js)`, or that it cannot be seen."""
    pid = _pid_from_proc(port) if Path("/proc/net/tcp").exists() else _pid_from_lsof(port)
    if pid is None:
        return "a process of another user"
    return f"process {pid} ({_command(pid)})"


def _pid_from_proc(port: int) -> int | None:
    sockets = _listening_sockets(port)
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if str(link.readlink()) in sockets:
                return int(link.parts[2])
        except OSError:  # the process has ended, or is somebody else's
            continue
    return None


def _listening_sockets(port: int) -> set[str]:
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text(encoding="ascii").splitlines()[1:]
        except FileNotFoundError:  # a machine without IPv6
            continue
        for fields in map(str.split, lines):
            if fields[3] == _LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                found.add(f"socket:[{fields[9]}]")
    return found


def _pid_from_lsof(port: int) -> int | None:
    if not shutil.which("lsof"):
        return None
    asked = ["lsof", "-nP", "-t", f"-iTCP:{port}", "-sTCP:LISTEN"]
    answer = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.split()
    return int(answer[0]) if answer else None


def _command(pid: int) -> str:
    asked = ["ps", "-o", "args=", "-p", str(pid)]
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        raw = subprocess.run(asked, capture_output=True, text=True, check=False).stdout if shutil.which("ps") else ""
    line = " ".join(raw.split())
    return line if len(line) <= 100 else line[:99] + "…"
