"""A PostgreSQL server of the tests' own: real, on the loopback, gone with its folder when it is closed."""
from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

BINARIES = "/usr/lib/postgresql"
OWNERS = ("postgres", "nobody")
"""Who runs it where we are root: PostgreSQL refuses to run as root."""
ROOM = 2 << 30
CONF = """\
listen_addresses = '127.0.0.1,127.0.0.2'
port = {port}
unix_socket_directories = '{folder}'
max_wal_size = 64MB
min_wal_size = 32MB
shared_buffers = 16MB
max_connections = 60
# Nothing of a server that was killed is left outside of its folder.
dynamic_shared_memory_type = mmap
"""
HBA = "host all secret 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.0/8 trust\nlocal all all trust\n"


def binaries() -> Path | None:
    """The folder of initdb and pg_ctl, of the newest version that is installed."""
    found = shutil.which("initdb")
    installed = sorted(Path(BINARIES).glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    return installed[-1].parent if installed else Path(os.path.realpath(found)).parent if found else None


def _has_room(folder: str) -> bool:
    """In memory a server starts and forgets more quickly."""
    return os.path.isdir(folder) and shutil.disk_usage(folder).free > ROOM


class Server:
    """Runs from the start until `close`. Skips the test where PostgreSQL is not installed."""

    def __init__(self) -> None:
        found = binaries()
        if found is None:
            pytest.skip("PostgreSQL is not installed")
        self._bin = found
        # Not below pytest's folder, which is ours alone; and the name of a socket must be short.
        self.folder = Path(tempfile.mkdtemp(prefix="zaitang-pg-", dir="/dev/shm" if _has_room("/dev/shm") else "/tmp"))
        self._as: list[str] = []
        if os.geteuid() == 0:
            owner = next(one for one in OWNERS if one in {entry.pw_name for entry in pwd.getpwall()})
            shutil.chown(self.folder, owner)
            entry = pwd.getpwnam(owner)
            self._as = ["setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups"]
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._numbers, self._shared = itertools.count(), ""
        self._run("initdb", "-A", "trust", "-U", "zaitang", "-E", "UTF8", "--locale", "C.UTF-8", "--no-sync")
        self._write("postgresql.conf", CONF.format(port=self.port, folder=self.folder))
        self._write("pg_hba.conf", HBA)
        self.start()

    def _run(self, program: str, *more: str) -> None:
        done = subprocess.run([*self._as, self._bin / program, "-D", self.folder / "data", *more], cwd="/",
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
        assert done.returncode == 0, done.stdout.decode(errors="replace")

    def _write(self, name: str, text: str) -> None:
        path = self.folder / "data" / name
        subprocess.run([*self._as, "tee", path], input=text.encode(), stdout=subprocess.DEVNULL, check=True)

    def certified(self, certificate: str, key: str) -> None:
        """Speak TLS, too, with this certificate; every connection after it, for it is read at once."""
        self._write("server.crt", certificate)
        self._write("server.key", key)
        subprocess.run([*self._as, "chmod", "600", self.folder / "data" / "server.key"], check=True)
        self.set("ssl", "on")

    def set(self, name: str, value: str) -> None:
        """Change a setting, and wait until new connections have it."""
        with self.session() as session:
            before = session.execute("SELECT pg_conf_load_time()").fetchone()
            session.execute(f"ALTER SYSTEM SET {name} = {value}")
            session.execute("SELECT pg_reload_conf()")
        deadline = time.monotonic() + 60
        while self._loaded() == before:
            assert time.monotonic() < deadline, "the settings were not read"
            time.sleep(0.05)

    def _loaded(self) -> tuple[object, ...] | None:
        with self.session() as session:
            return session.execute("SELECT pg_conf_load_time()").fetchone()

    def start(self) -> None:
        """Start it, again if it was killed, and wait until it answers."""
        with (self.folder / "log").open("ab") as log:
            # A child of ours, that somebody waits for: a zombie would look like a server that runs.
            self._process = subprocess.Popen([*self._as, self._bin / "postgres", "-D", self.folder / "data"], cwd="/",
                                             stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while not self._answers():
            assert self._process.poll() is None and time.monotonic() < deadline, (self.folder / "log").read_text()
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            with self.session():
                return True
        except psycopg.OperationalError:
            return False

    def kill(self) -> None:
        """As a power cut does: every process of it ends at once."""
        pid = self._process.pid
        group = [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
        for one in group:
            with contextlib.suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
        self._process.wait(30)

    def stop(self) -> None:
        """End it, as an operator does who does not wait for those who are connected."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait(60)

    def close(self) -> None:
        if self._process.poll() is None:
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def database(self, options: str = "") -> str:
        """A new, empty database; its address."""
        name = f"zaitang_{next(self._numbers)}"
        with self.session() as session:
            session.execute(f"CREATE DATABASE {name} {options}")
        return f"postgresql://zaitang@127.0.0.1:{self.port}/{name}"

    def empty(self) -> str:
        """The address of a database that is shared by those who come one after the other, emptied."""
        self._shared = self._shared or self.database()
        with self.session(self._shared) as session:
            session.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
                            "AND pid <> pg_backend_pid()")
            session.execute("DROP SCHEMA public CASCADE")
            session.execute("CREATE SCHEMA public")
        return self._shared

    @contextlib.contextmanager
    def session(self, database: str = "postgres") -> Iterator[psycopg.Connection[tuple[object, ...]]]:
        """Somebody else who is connected, as its superuser; each statement for itself."""
        where = database.rpartition("/")[2]
        with psycopg.connect(host="127.0.0.1", port=self.port, user="zaitang", dbname=where, autocommit=True) as one:
            yield one

