"""A site as it is installed: `zaitang-central broker`, `devices`, `collect` over TLS, and a box that joined it.

Nothing is written by hand that a command of the product writes. The box's recorder films, another process appends, sync
carries records and files. What ends by itself is started again, as by whatever starts services.
"""
from __future__ import annotations

import signal
import socket
import sys
import threading
import time
from collections.abc import Collection
from pathlib import Path

from central.wiring import Centre, init_centre, open_centre
from edge.clock import boottime_us, machine_boot_id
from edge.wiring import Box, open_box
from evidence.bodies import Segment, SessionStart, body_of
from evidence.times import utc_text
from tests.faults.judging import assert_true, media_us
from tests.faults.road import Part, Road, free_port, until

SERIAL = "100000003d1d1c36"
CENTRE_TOML = """\
device = "centre"
name = "faults"
accept_test_keys = true
[broker]
port = {port}
tls = true
[devices]
host = "127.0.0.1"
port = {devices}
names = ["localhost"]
"""
BOX_TOML = """
[clock]
source = "simulated"
start = "{start}"
rate = 1
anchor_boot_us = {boot_us}
boot_id = "{boot_id}"
[recorder]
segment_s = 1
reserve_mb = 1
[[cameras]]
id = "room"
source = "file:{film}"
start = "{start}"
"""


class WholeRoad(Road):
    """Everything runs, and the box has joined. `film`: what its camera sees from now on."""

    def __init__(self, folder: Path, film: Path) -> None:
        self.folder, self.port, self.devices_port, self.proxy, self._film = folder, free_port(), free_port(), None, film
        self._wanted: list[Part] = []
        self._ended, self._services = threading.Event(), threading.Thread(target=self._start_again)
        self._services.start()
        self.centre = self._make_site(folder / "centre")
        self.broker, self.devices, self.collector = (self._central(name) for name in ("broker", "devices", "collect"))
        self.recorder, self.sync = (self._process(role) for role in ("recorder", "sync"))
        self.writer = Part([sys.executable, "-m", "tests.faults.writer", folder / "box"], folder / "writer.log")
        self._others = [self.devices, self.recorder, self.writer]
        try:
            self._begin(folder / "box")
        except BaseException:
            self._end()
            raise

    def _begin(self, box: Path) -> None:
        self.again(self.broker, self.devices, self.collector)
        until("the broker", lambda: _listens(self.port), 60)
        until("the server for boxes", lambda: _listens(self.devices_port), 60)
        until("the collector", lambda: "broker.subscribed" in self.collector.said(), 60)
        self._join(box)
        self.box = self._open_box(box)
        self.again(self.recorder, self.writer, self.sync)

    def again(self, *parts: Part) -> None:
        """Start them, and whenever they end."""
        for part in parts:
            part.start()
        self._wanted += parts

    def kill(self, part: Part, how: int = signal.SIGKILL) -> None:
        """End it, and leave it so."""
        self._wanted.remove(part)
        part.kill(how)

    def _start_again(self) -> None:
        while not self._ended.wait(0.5):
            for part in list(self._wanted):
                if not part.runs:
                    part.start()

    def mosquitto(self) -> list[int]:
        """The child of `zaitang-central broker`."""
        try:
            return [int(pid) for pid in Path(f"/proc/{self.broker.pid}/task/{self.broker.pid}/children")
                    .read_text().split()]
        except FileNotFoundError:
            return []

    def settle(self) -> None:
        """The recorder ends in peace, the writer at once, and everything that they made comes to the centre."""
        self.kill(self.recorder, signal.SIGTERM)
        self.kill(self.writer)
        self.arrives(300)
        until("every file", lambda: not self.without_file(), 300)

    def segments(self) -> list[Segment]:
        bodies = [body_of(sealed.record) for sealed in self.box.store.records_of("segment")]
        return [body for body in bodies if isinstance(body, Segment)]

    def without_file(self) -> list[str]:
        """The files that are not at the centre yet."""
        with self.centre.store.read() as tx:
            return [one.sha256 for one in self.segments() if not any(it.stored for it in tx.announced(one.sha256))]

    def judge(self, *alarms: str, often: Collection[str] = ()) -> None:
        """Records, their receipts, and the files that they name: byte for byte at both ends."""
        super().judge(*alarms, often=often)
        for one in self.segments():
            path = self.centre.objects.path(one.sha256)
            assert path.read_bytes() == (self.box.video / "segments" / one.file).read_bytes()
        runs = assert_true(self.box.folder, self._film)
        assert sum(media_us(one) for one in runs.values()) > 0

    def close(self) -> None:
        self._end()
        super().close()

    def _end(self) -> None:
        self._ended.set()
        self._services.join()
        for part in (self.broker, self.collector, self.sync, *self._others):
            part.kill()

    def _make_site(self, folder: Path) -> Centre:
        init_centre(folder, test_keys=True).store.close()
        (folder / "centre.toml").write_text(CENTRE_TOML.format(port=self.port, devices=self.devices_port))
        return open_centre(folder)

    def _central(self, name: str) -> Part:
        words = [sys.executable, "-m", "central.cli", name, "--centre", self.centre.folder]
        return Part(words, self.folder / f"{name}.log")

    def _edge(self, log: str, *words: object) -> Part:
        return Part([sys.executable, "-m", "edge.cli", "--lang", "en", *words], self.folder / f"{log}.log")

    def _process(self, role: str) -> Part:
        return self._edge(role, "process", role, "--box", self.folder / "box")

    def _join(self, box: Path) -> None:
        """`zaitang-edge init` and `join`, and somebody at the centre who approves."""
        done = self._edge("init", "init", box, "--device", "box-1", "--policy", "demo")
        done.start()
        assert done.process is not None and done.process.wait(60) == 0, done.said()
        desk = self.centre.desk()
        token = desk.claim("box-1", SERIAL, 1)
        joins = self._edge(
            "join", "join", box, "--centre", f"https://localhost:{self.devices_port}", "--token", token, "--pin",
            self.centre.root_fingerprint, "--serial", SERIAL, "--wait", "2")
        joins.start()
        assert joins.process is not None
        until("the box waits", lambda: desk.pending(), 60)
        desk.approve("box-1")
        assert joins.process.wait(60) == 0, joins.said()

    def _open_box(self, folder: Path) -> Box:
        with (folder / "box.toml").open("a") as file:
            file.write(BOX_TOML.format(start=utc_text(time.time_ns() // 1000), boot_us=boottime_us(),
                                       boot_id=machine_boot_id(), film=self._film))
        box = open_box(folder)
        box.store.append("session.start", SessionStart("welding-1", "s-1", "page"))
        return box


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
