"""The road under TLS: `zaitang-central broker`, `collect` and `devices`, and a box, each with a clock that can be set.

Clocks are set under running processes by libfaketime; CLOCK_BOOTTIME goes on as it is.
"""
from __future__ import annotations

import dataclasses
import datetime
import socket
import sys
import time
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from central.authority import TLS_CA, TLS_ROOT, load_authority
from central.devices import connections
from central.devices.mosquitto import command as mosquitto
from central.files import private_pem
from central.wiring import Centre, init_centre, open_centre
from common.policies import load_policy
from edge.clock import SystemClock
from edge.config import load_box
from edge.identity.tls import OWN, own_certificate
from edge.identity.tls import ROOT as BOX_TLS_ROOT
from edge.sync.trust import Trust, read_trust
from edge.wiring import Box, open_store
from evidence.certs import pem
from evidence.clocks import ChainClock
from evidence.receipts import peek_receipt
from evidence.records import Stamp
from evidence.times import SECOND
from tests.faults.clocked import believed
from tests.faults.road import Part, Proxy, Road, free_port, until

YEAR_S = 365 * 86_400
SEEN_S = 2.1
"""libfaketime looks for another time where more than one second, in whole ones, went by since it last did."""
CENTRE_TOML = """\
device = "centre"
name = "faults"
accept_test_keys = true
[broker]
port = {port}
tls = true
[devices]
port = {devices}
"""
BOX_TOML = """\
device = "box-1"
policy = "demo"
[sync]
broker = "127.0.0.1"
port = {port}
tls = true
devices = "https://localhost:{devices}"
heartbeat_s = 1
"""


class WallClock:
    """What the wall clock of some processes says: so many seconds more than the machine's."""

    def __init__(self, file: Path) -> None:
        libraries = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
        if not libraries:
            pytest.skip("libfaketime is not installed")
        self._file, self.seconds = file, 0
        self._write(0)
        self.environment = {
            "LD_PRELOAD": str(libraries[0]), "FAKETIME_TIMESTAMP_FILE": str(file), "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1"}

    def set(self, seconds: int) -> None:
        """Returns when the processes that run say so, too."""
        self._write(seconds)
        time.sleep(SEEN_S)

    def _write(self, seconds: int) -> None:
        self.seconds = seconds
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{seconds:+d}\n")
        fresh.replace(self._file)


class BoxClock(SystemClock):
    """The same clock for records that the test itself appends. `disciplined`: the kernel believes it."""

    def __init__(self, wall: WallClock, disciplined: bool) -> None:
        super().__init__()
        self._wall, self._disciplined = wall, disciplined

    def utc_us(self) -> int:
        return super().utc_us() + self._wall.seconds * SECOND

    def stamp(self) -> Stamp:
        stamp = super().stamp()
        return dataclasses.replace(stamp, clock=believed()) if self._disciplined else stamp


class TlsRoad(Road):
    """All of it, stopped at first but the broker. `disciplined`: the box's kernel believes its clock. `lasts_s`: for so
    long the box's first certificate holds from the start. `own_broker`: Mosquitto by itself, on a folder of
    `broker-config`."""

    def __init__(self, folder: Path, disciplined: bool = False, lasts_s: float = 90 * 86_400,
                 own_broker: bool = False) -> None:
        self._lasts_s = lasts_s
        self.folder, self.port, self.devices_port = folder, free_port(), free_port()
        self.centre_clock, self.box_clock = (WallClock(folder / f"{name}.clock") for name in ("centre", "box"))
        self.disciplined, self._others = disciplined, []
        self.centre = self._make_centre(folder / "centre")
        self.broker = self._make_broker(own_broker)
        self.start_broker()
        self.proxy = Proxy(self.port)
        self.box = self._make_box(folder / "box", self.proxy.port)
        self.collector = self._central("collect")
        self.devices = self._central("devices")
        self.sync = self.sync_of(self.box.folder)

    def sync_of(self, box: Path) -> Part:
        program = "disciplined" if self.disciplined else "edge"
        command = [sys.executable, "-m", "tests.faults.clocked", program, "process", "sync", "--box", box]
        return Part(command, self.folder / f"{box.name}.log", self.box_clock.environment)

    def start(self) -> None:
        self.start_devices()
        self.start_collector()
        self._certify(self._lasts_s)
        self.sync.start()

    def start_devices(self) -> None:
        self.devices.start()
        until("the server for boxes", lambda: _listens(self.devices_port), 60)

    def write_broker(self) -> None:
        """`zaitang-central broker-config`, as an operator says it."""
        written = self._central("broker-config", "--to", self.folder / "mosquitto")
        written.start()
        assert written.process is not None and written.process.wait(60) == 0, written.said()

    def trust_clock(self) -> None:
        """`zaitang-central tree trust-clock`, as an operator says it whose clock is right again."""
        said = self._central("tree", "trust-clock")
        said.start()
        assert said.process is not None and said.process.wait(60) == 0, said.said()

    def certify_broker(self, seconds: float) -> None:
        """Give a broker of one's own a certificate that holds so long."""
        authority, key = load_authority(self.centre.folder / "keys" / TLS_CA), Ed25519PrivateKey.generate()
        with lasting(seconds):
            own = connections.issue_server(authority, key.public_key(), "centre", ["127.0.0.1", "localhost"], _now_us())
        (self.folder / "mosquitto" / OWN).write_bytes(_chain(key, own, authority))

    def serial(self) -> int:
        """Of the box's certificate."""
        return own_certificate(self.box.folder / "keys").serial_number

    def ends_in_s(self) -> float:
        """How long the box's certificate holds by the machine's clock."""
        end = own_certificate(self.box.folder / "keys").not_valid_after_utc
        return (end - datetime.datetime.now(datetime.UTC)).total_seconds()

    def trust(self) -> Trust:
        """What the terminal tells of the road."""
        return read_trust(self.box.run_folder)

    def doubts(self, first: int, last: int) -> set[str | None]:
        """What is said of the clock of these records, by the centre's word of when they came."""
        policy = load_policy("sanmenxia-2023")
        with self.centre.store.read() as tx:
            receipts = [peek_receipt(one) for _, one in tx.receipts("box-1", self.box.store.chain)]
        records = [sealed.record for sealed in self.box.store.each()]
        clock = ChainClock(records, policy, receipts, log=self.centre.store.log)
        return {clock.doubt(record) for record in records[first : last + 1]}

    def close(self) -> None:
        self.devices.kill()
        super().close()

    def _central(self, *command: object) -> Part:
        words = [sys.executable, "-m", "tests.faults.clocked", "central", *command, "--centre", self.centre.folder]
        return Part(words, self.folder / f"{command[0]}.log", self.centre_clock.environment)

    def _make_broker(self, own: bool) -> Part:
        if not own:
            return self._central("broker")
        self.write_broker()
        return Part(mosquitto(self.folder / "mosquitto"), self.folder / "broker.log", self.centre_clock.environment)

    def _make_centre(self, folder: Path) -> Centre:
        init_centre(folder, test_keys=True).store.close()
        (folder / "centre.toml").write_text(CENTRE_TOML.format(port=self.port, devices=self.devices_port))
        return open_centre(folder)

    def _make_box(self, folder: Path, port: int) -> Box:
        box = super()._make_box(folder, port)
        box.store.close()
        (folder / "box.toml").write_text(BOX_TOML.format(port=port, devices=self.devices_port))
        (folder / "keys" / BOX_TLS_ROOT).write_bytes((self.centre.folder / "keys" / TLS_ROOT).read_bytes())
        clock = BoxClock(self.box_clock, self.disciplined)
        config = load_box(folder)
        return dataclasses.replace(
            box, config=config, clock=clock, store=open_store(folder, config, box.keys, clock))

    def _certify(self, seconds: float) -> None:
        authority, key = load_authority(self.centre.folder / "keys" / TLS_CA), Ed25519PrivateKey.generate()
        with lasting(seconds):
            own = connections.issue_client(authority, key.public_key(), "box-1", _now_us())
        (self.box.folder / "keys" / OWN).write_bytes(_chain(key, own, authority))


class lasting(pytest.MonkeyPatch):
    """While this lasts certificates begin a moment ago and hold for so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds

    def __enter__(self) -> None:
        self.setattr(connections, "SKEW", datetime.timedelta(seconds=5))
        self.setattr(connections, "DAYS", self._seconds / 86_400)

    def __exit__(self, *_: object) -> None:
        self.undo()


def _chain(key: Ed25519PrivateKey, own: x509.Certificate, authority: connections.Authority) -> bytes:
    return private_pem(key) + pem(own).encode() + pem(authority.certificate).encode()


def _now_us() -> int:
    return SystemClock().utc_us()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
