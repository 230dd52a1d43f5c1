"""A process that is shut in keeps what it has open, and reaches nothing else; each lock holds without the others."""
from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

TRIES = {
    "read": "open('/etc/passwd').read()",
    "database": "open(sys.argv[1], 'r+b')",
    "write": "open(sys.argv[1] + '.new', 'w')",
    "unlink": "os.unlink(sys.argv[1])",
    "rename": "os.rename(sys.argv[1], sys.argv[1] + '.old')",
    "truncate": "os.truncate(sys.argv[1], 0)",
    "mkdir": "os.mkdir(sys.argv[1] + '.d')",
    "list": "os.listdir('/')",
    "net": "socket.socket().connect(('127.0.0.1', int(sys.argv[2])))",
    "udp": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
    "unix": "socket.socket(socket.AF_UNIX)",
    "pipe": "os.pipe()",
    "fork": "os.fork() or os._exit(0)",
    "exec": "os.execv('/bin/true', ['true'])",
    "kill": "os.kill(parent, 0)",
    "raise": "resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))",
}
CODE = """
import os, resource, socket, sys, threading
from central.derived import shut_in
{before}
own, parent = open(sys.argv[1], "rb"), os.getppid()
print("missing", *shut_in.shut_in(), flush=True)
for name, what in {tries!r}.items():
    try:
        exec(what)
    except (OSError, ValueError):
        print("refused", name, flush=True)
    else:
        print("done", name, flush=True)
found = []
thread = threading.Thread(target=lambda: found.append(own.read()))
thread.start()
thread.join()
print("read", found, flush=True)
"""
ONLY_FILES = "shut_in._landlock = shut_in._seccomp = lambda lib: False"
ONLY_LANDLOCK = "shut_in._seccomp = lambda lib: False; resource.setrlimit = lambda *_: None"
ONLY_SECCOMP = "shut_in._landlock = lambda lib: False; resource.setrlimit = lambda *_: None"


def tried(tmp_path: Path, before: str = "", left_out: str = "") -> tuple[set[str], list[str]]:
    """What was refused, and what is missing. The process works on with what it had."""
    store = tmp_path / "centre.db"
    store.write_bytes(b"rows")
    tries = {name: what for name, what in TRIES.items() if name != left_out}
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        done = subprocess.run([sys.executable, "-c", CODE.format(before=before, tries=tries), str(store), str(port)],
                              capture_output=True, text=True, timeout=60, check=False)
    lines = [line.split() for line in done.stdout.splitlines()]
    assert done.returncode == 0 and lines[-1] == ["read", "[b'rows']"], done.stdout + done.stderr
    if not before:
        assert store.read_bytes() == b"rows" and [one.name for one in tmp_path.iterdir()] == ["centre.db"]
    return {line[1] for line in lines if line[0] == "refused"}, lines[0][1:]


def test_what_is_shut_in_reaches_no_file_no_network_and_no_process(tmp_path: Path) -> None:
    refused, missing = tried(tmp_path)
    assert missing in ([], ["landlock"]) and refused == set(TRIES)


@pytest.mark.parametrize(("before", "held", "missing", "left_out"), [
    (ONLY_FILES, {"read", "database", "write", "net", "udp", "unix", "pipe", "list"}, ["landlock", "seccomp"], "exec"),
    (ONLY_LANDLOCK, {"read", "database", "write", "unlink", "rename", "mkdir", "list", "exec"}, ["seccomp"], ""),
    (ONLY_SECCOMP, set(TRIES) - {"raise"}, ["landlock"], ""),
])
def test_each_lock_holds_by_itself_and_what_is_missing_is_told(
    tmp_path: Path, before: str, held: set[str], missing: list[str], left_out: str,
) -> None:
    refused, told = tried(tmp_path, before, left_out)
    if before == ONLY_LANDLOCK and "landlock" in told:
        pytest.skip("this kernel has no Landlock")
    assert told == missing and held <= refused
