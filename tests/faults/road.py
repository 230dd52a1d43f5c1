"""A site whose parts are real processes: a broker, a collector, a box's sync; between them stands what a test breaks.

Records are appended by the test itself, as the box's other processes do. `judge` says whether the road kept its
promise: every record is at the centre exactly once, every one has its receipt, nothing that was forged counts.
"""
from __future__ import annotations

import contextlib
import json
import os
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from central.devices.issue import issue
from central.wiring import Centre, init_centre, open_centre
from edge.keys import make_box_keys
from edge.wiring import Box, open_box
from evidence.bodies import SessionStart
from evidence.certs import pem
from evidence.seal import read_sealed

LONG = os.environ.get("ZAITANG_FAULTS") == "long"
"""The long form: ten times as much of everything."""
SCALE = 10 if LONG else 1
ROOT = Path(__file__).parents[2]
CENTRE_TOML = """\
device = "centre"
name = "faults"
accept_test_keys = true
database = "{database}"
[broker]
port = {port}
"""
BOX_TOML = """\
device = "box-1"
policy = "demo"
[sync]
broker = "127.0.0.1"
port = {port}
heartbeat_s = 1
"""


def until(what: str, true: Callable[[], object], seconds: float = 90, every: float = 0.1) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not in time: {what}"
        time.sleep(every)


def until_told(told: Callable[[], list[str]], codes: list[str], seconds: float = 90) -> None:
    """Wait until exactly these alarms were stated."""
    try:
        until(f"the alarms {codes}", lambda: told() == codes, seconds)
    except AssertionError:
        assert told() == codes


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Part:
    """A process that can be killed and started again. Its output goes to a log."""

    def __init__(self, command: Sequence[object], log: Path, environment: Mapping[str, str] = {}) -> None:
        self._command, self.log, self._environment = [str(word) for word in command], log, environment
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            environment = {**os.environ, "PYTHONPATH": str(ROOT), **self._environment}
            # A limit on the size of files must give an error, not a signal: see Road.no_room.
            self.process = subprocess.Popen(
                self._command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=ROOT, env=environment,
                preexec_fn=lambda: signal.signal(signal.SIGXFSZ, signal.SIG_IGN) and None)

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self, how: int = signal.SIGKILL) -> None:
        """End it and wait for its end."""
        if self.process is not None:
            if self.runs:
                self.process.send_signal(how)
            self.process.wait(30)
            self.process = None

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def peak_mb(self) -> float:
        """The most memory that it has had."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024

    @contextlib.contextmanager
    def no_room(self, size: int) -> Iterator[None]:
        """While this lasts no file of the process grows beyond `size` bytes: its writes fail as on a full disk."""
        resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        try:
            yield
        finally:
            resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


class Proxy:
    """A network between a box and the broker that can be cut, or stand still with its connections open."""

    def __init__(self, target: int) -> None:
        self._target, self._open = target, threading.Event()
        self._open.set()
        self._sockets: set[socket.socket] = set()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self.refuses = False
        threading.Thread(target=self._accept, daemon=True).start()

    def freeze(self) -> None:
        """Nothing passes any more, and nobody is told."""
        self._open.clear()

    def thaw(self) -> None:
        self._open.set()

    def cut(self) -> None:
        """Every connection ends."""
        for one in list(self._sockets):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._server.close()
        self.thaw()
        self.cut()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._server.accept()
                threading.Thread(target=self._join, args=(near,), daemon=True).start()

    def _join(self, near: socket.socket) -> None:
        try:
            if self.refuses:
                raise OSError
            far = socket.create_connection(("127.0.0.1", self._target), 5)
        except OSError:
            near.close()
            return
        far.settimeout(None)
        pair = {near, far}
        self._sockets |= pair
        other = threading.Thread(target=self._carry, args=(far, near), daemon=True)
        other.start()
        self._carry(near, far)
        other.join()
        self._sockets -= pair
        for one in pair:
            one.close()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self._open.wait()
                target.sendall(data)
        for one in (source, target):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


class Road:
    """Everything, stopped at first but the broker. `broker`: lines for its configuration. `proxy`: whether the box
    reaches the broker through one. `centre`, `box`: where they keep what they have; `database`: where the centre does
    if that is PostgreSQL."""

    def __init__(self, folder: Path, broker: str = "", proxy: bool = False, centre: Path | None = None,
                 box: Path | None = None, database: str = "") -> None:
        program = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin")
        if program is None:
            pytest.skip("Mosquitto is not installed")
        self.port, self.folder = free_port(), folder
        config = folder / "mosquitto.conf"
        config.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\nuser root\n{broker}\n")
        self.broker = Part([program, "-c", config], folder / "broker.log")
        self.start_broker()
        self.proxy = Proxy(self.port) if proxy else None
        self.centre = self._make_centre(centre or folder / "centre", database)
        self.box = self._make_box(box or folder / "box", self.proxy.port if self.proxy else self.port)
        collect = [sys.executable, "-m", "central.cli", "collect", "--centre", self.centre.folder]
        self.collector = Part(collect, folder / "collect.log")
        self.sync = self.sync_of(self.box.folder)
        self._others: list[Part] = []

    def sync_of(self, box: Path) -> Part:
        """The sync process of a box's folder."""
        command = [sys.executable, "-m", "edge.cli", "process", "sync", "--box", box]
        return Part(command, self.folder / f"{box.name}.log")

    def _make_centre(self, folder: Path, database: str) -> Centre:
        init_centre(folder, test_keys=True, database=database).store.close()
        (folder / "centre.toml").write_text(CENTRE_TOML.format(port=self.port, database=database))
        return open_centre(folder)

    def _make_box(self, folder: Path, port: int) -> Box:
        folder.mkdir(exist_ok=True)
        (folder / "box.toml").write_text(BOX_TOML.format(port=port))
        make_box_keys(folder / "keys", lambda key: (issue(self.centre, "box-1", key), pem(self.centre.keys.root)))
        (folder / "keys" / "centre.crt").write_text(self.centre.keys.certificate)
        return open_box(folder)

    def start_broker(self) -> None:
        self.broker.start()

        def listens() -> bool:
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0

        until("the broker", listens, 20)

    def start(self) -> None:
        """The collector first: nothing that comes before it has subscribed is kept by anybody."""
        self.start_collector()
        self.sync.start()

    def start_collector(self) -> None:
        before = self.collector.said().count("broker.subscribed") if self.collector.log.exists() else 0
        self.collector.start()
        until("the collector", lambda: self.collector.said().count("broker.subscribed") > before, 60)

    def fill(self, count: int, box: Box | None = None) -> None:
        """Append so many records."""
        store = (box or self.box).store
        for first in range(0, count, 500):
            some = range(first, min(count, first + 500))
            store.append_many([("session.start", SessionStart("welding-1", f"s-{n}", "button")) for n in some])

    @property
    def receipted(self) -> bool:
        return self.box.store.receipted_up_to() == self.box.store.head_seq()

    def arrives(self, seconds: float = 120) -> None:
        """Wait until every record has its receipt."""
        until("a receipt for every record", lambda: self.receipted, seconds)

    def judge(self, *alarms: str, often: Collection[str] = ()) -> None:
        """All records are at the centre exactly once and byte for byte, all have receipts, and the centre stated these
        alarms and no other, but those in `often` any number of times."""
        self.arrives(5)
        mine = [sealed.envelope for sealed in self.box.store.each()]
        with self.centre.store.read() as tx:
            there = tx.chain_envelopes("box-1", self.box.store.chain, 2**52)
            head = tx.head("box-1", self.box.store.chain)
            leaves = tx.leaves()
            heads = tx.heads()
            whole = sum(chain.up_to + 1 for chain in heads) + tx.waiting({chain.device for chain in heads})
        assert there[: len(mine)] == mine and len(there) <= self.box.store.head_seq() + 1
        assert head is not None and head.up_to == len(there) - 1
        assert leaves == whole, "a leaf without a record, or a record without a leaf"
        assert [code for code in self.told() if code not in often] == sorted(alarms)

    def told(self) -> list[str]:
        """The codes of the centre's alarms."""
        with self.centre.store.read() as tx:
            return sorted(str(sealed.record.body["code"]) for sealed in tx.of_type("alarm")
                          if sealed.record.device == "centre")

    def whys(self, code: str) -> list[str]:
        """Why the centre stated these alarms."""
        with self.centre.store.read() as tx:
            return [str(sealed.record.body["params"]["why"]) for sealed in tx.of_type("alarm")
                    if sealed.record.device == "centre" and sealed.record.body["code"] == code]

    def box_told(self, box: Box | None = None) -> list[str]:
        """The codes of the box's alarms."""
        return [str(sealed.record.body["code"]) for sealed in (box or self.box).store.records_of("alarm")]

    def quarantined(self) -> dict[str, int]:
        """Why messages were refused, and how many."""
        found: dict[str, int] = {}
        with self.centre.store.read() as tx:
            for error, _, _times in tx.quarantined():
                found[error] = found.get(error, 0) + 1
        return found

    def track(self, part: Part) -> Part:
        """Ends with the road."""
        self._others.append(part)
        return part

    def close(self) -> None:
        for part in (self.sync, self.collector, *self._others, self.broker):
            part.kill()
        if self.proxy is not None:
            self.proxy.close()
        self.box.store.close()
        self.centre.store.close()


class Stranger:
    """Whoever reaches the broker and publishes what no box would."""

    def __init__(self, port: int) -> None:
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, "stranger", protocol=mqtt.MQTTv5)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def send(self, topic: str, payload: bytes) -> None:
        """Publish, and wait until the broker has it."""
        self._client.publish(topic, payload, qos=1).wait_for_publish(20)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def lock(path: Path) -> sqlite3.Connection:
    """Hold a database as a process does that writes for too long; closing lets it go."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    return connection


def changed(envelope: bytes) -> bytes:
    """The same envelope with another signature."""
    value: dict[str, Any] = json.loads(envelope)
    signature = value["signatures"][0]["sig"]
    value["signatures"][0]["sig"] = ("B" if signature[0] == "A" else "A") + signature[1:]
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


def seq_of(envelope: bytes) -> int:
    return read_sealed(envelope).record.seq
