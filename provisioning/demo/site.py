"""One site on one machine: a centre with its broker, and a box that it has certified."""
from __future__ import annotations

import dataclasses
import json
import sqlite3
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.clock import boottime_us, machine_boot_id
from edge.control.client import ask
from edge.keys import make_box_keys
from evidence.times import SECOND
from provisioning.demo import day, media
from provisioning.demo.services import NotReady, Services, free_port, listens, mosquitto, run, tool

RATE = 120
"""Simulated seconds per real one."""
START_S, STARTS = 10, 3
"""Real seconds that the box's processes are given to get ready, and how often."""


@dataclasses.dataclass(frozen=True)
class Ports:
    """Loopback ports of the three servers."""

    broker: int
    console: int
    terminal: int


class Site:
    """Folders, ports and processes of one demo."""

    def __init__(self, folder: Path, services: Services) -> None:
        self.centre, self.box, self._folder, self._services = folder / "centre", folder / "box", folder, services
        self.ports = Ports(*map(free_port, ("DEMO_BROKER_PORT", "DEMO_CONSOLE_PORT", "DEMO_TERMINAL_PORT")))

    @property
    def root(self) -> Path:
        """The root certificate."""
        return self.centre / "keys" / "root.pem"

    @property
    def console(self) -> str:
        """Address of the class's page."""
        return f"http://127.0.0.1:{self.ports.console}/classes/{day.CLASS_ID}"

    @property
    def terminal(self) -> str:
        """Address of the terminal page."""
        return f"http://127.0.0.1:{self.ports.terminal}/"

    def start_centre(self) -> None:
        """Make keys and certificates, start broker, collector and console."""
        self._services.start("broker", mosquitto(self._folder / "broker", self.ports.broker))
        run("zaitang-central", "init", self.centre, "--test-keys")
        config = self.centre / "centre.toml"
        config.write_text(config.read_text().replace("port = 1883", f"port = {self.ports.broker}")
                          .replace("port = 8470", f"port = {self.ports.console}"))
        self.box.mkdir(parents=True)
        make_box_keys(self.box / "keys", self._certify)
        run("zaitang-central", "box", "add", "--centre", self.centre, self.box / "keys" / "device.crt")
        self._services.wait("broker", lambda: listens(self.ports.broker))
        for name in ("collect", "serve"):
            self._services.start(name, [tool("zaitang-central"), name, "--centre", self.centre])
        self._services.wait("serve", lambda: listens(self.ports.console))

    def add_class(self, names: list[str]) -> None:
        """Sign the plan and the roster as an order to the box."""
        plan, people = self._folder / "plan.toml", self._folder / "names.toml"
        plan.write_text(_plan())
        people.write_text("".join(f"[[people]]\nname = {json.dumps(name, ensure_ascii=False)}\n\n" for name in names))
        run("zaitang-central", "class", "add", "--centre", self.centre, plan, "--names", people)

    def enrol(self, gallery: Path) -> None:
        """The day before: the box takes the order, and people are enrolled from their photos."""
        self._configure(day.SWITCHED_ON - day.timedelta(days=1), boottime_us(), 1, None)
        self._services.start("box-enrol", [tool("zaitang-edge"), "run", "--box", self.box, "--only", "sync"])
        self._services.wait("box-enrol", lambda: self.counts().get("order.accepted", 0) > 0)
        self._services.stop("box-enrol")
        run("zaitang-edge", "enrol", "--box", self.box, "--class", day.CLASS_ID, "--photos", gallery)

    def start_box(self, films: media.Media) -> None:
        """Switch the box on; the clock of the course stands until all its processes are ready. Raises NotReady.

        A busy machine may need longer than foreseen: then the box is switched on again with more time.
        """
        wait_us = START_S * SECOND
        for _ in range(STARTS):
            began_us = boottime_us()
            self._configure(day.SWITCHED_ON, began_us + wait_us, RATE, films)
            self._services.start("box", [tool("zaitang-edge"), "run", "--box", self.box])
            self._services.wait("box", lambda: (self.box / "run" / "ready").exists() and listens(self.ports.terminal))
            needed_us = boottime_us() - began_us
            if needed_us <= wait_us:
                return
            self._services.stop("box")
            wait_us = 2 * needed_us
        raise NotReady(name="box", seconds=wait_us // SECOND, log="box.log")

    def state(self, lang: str = "zh") -> dict[str, Any]:
        """What the terminal page shows."""
        answer = httpx.get(f"{self.terminal}state.json", params={"lang": lang}, timeout=20)
        answer.raise_for_status()
        return dict(answer.json())

    def press(self, what: str, body: dict[str, str]) -> None:
        """Press a button of the terminal page, as a browser would."""
        with httpx.Client(base_url=self.terminal, timeout=20) as client:
            token = client.get("/").text.split('name="token" content="')[1].split('"')[0]
            client.post(f"/{what}", json=body, headers={"X-Zaitang-Token": token}).raise_for_status()

    def recorder(self) -> dict[str, Any]:
        """What the recorder says of itself."""
        return dict(ask(self.box / "run" / "recorder.sock", "status"))

    def counts(self) -> dict[str, int]:
        """How many records of each type the box holds."""
        try:
            with sqlite3.connect(f"file:{self.box / 'zaitang.db'}?mode=ro", uri=True, timeout=10) as database:
                return dict(database.execute("SELECT type, count(*) FROM records GROUP BY type"))
        except sqlite3.OperationalError:
            return {}

    def names(self) -> dict[str, str]:
        """Names by pseudonym, as the centre has them."""
        lines = run("zaitang-central", "class", "show", "--centre", self.centre, day.CLASS_ID).splitlines()
        rows = [line.split("\t") for line in lines]
        return {row[0]: row[2] for row in rows if len(row) == 3 and row[1] == "trainee"}

    def _certify(self, key: Ed25519PublicKey) -> tuple[str, str]:
        public, certificate = self._folder / "box.pub", self._folder / "box.crt"
        spki = serialization.PublicFormat.SubjectPublicKeyInfo
        public.write_bytes(key.public_bytes(serialization.Encoding.PEM, spki))
        run("zaitang-central", "box", "issue", "--centre", self.centre, day.DEVICE, "--key", public,
            "--out", certificate)
        return certificate.read_text(), self.root.read_text()

    def _configure(self, start: day.datetime.datetime, anchor_us: int, rate: int, films: media.Media | None) -> None:
        text = f'''device = "{day.DEVICE}"
room = "{day.ROOM}"
policy = "demo"

[clock]
source = "simulated"
start = "{day.utc(start)}"
rate = {rate}
anchor_boot_us = {anchor_us}
boot_id = "{machine_boot_id()}"
skips = [{", ".join(f'{{ at = "{at}", to = "{to}" }}' for at, to in _skips())}]

[terminal]
port = {self.ports.terminal}

[recorder]
segment_s = 300

[rollcall]
every_s = 40

[checkin]
every_ms = 100

[sync]
broker = "127.0.0.1"
port = {self.ports.broker}
segments = "http://127.0.0.1:{self.ports.console}"
'''
        for role, film, begins in films.cameras() if films else ():
            text += (f'\n[[cameras]]\nid = "{role}"\nrole = "{role}"\nsource = "file:{film.resolve()}"\n'
                     f'start = "{day.utc(begins)}"\n')
        (self.box / "box.toml").write_text(text)


def _skips() -> list[tuple[str, str]]:
    """The clock leaves out what lies between the half-days: from six minutes after an end press on."""
    pairs = zip(day.COURSE, day.COURSE[1:], strict=False)
    return [(day.utc(before.presses[1] + day.timedelta(minutes=6)), day.utc(after.check_in - day.timedelta(minutes=3)))
            for before, after in pairs]


def _plan() -> str:
    hours = "".join("\n[[hours]]\n" + "".join(f'{key} = "{value}"\n' for key, value in hour.items())
                    for hour in day.plan_hours())
    return (f'class = "{day.CLASS_ID}"\ntitle = "{day.TITLE}"\npolicy = "demo"\n\n'
            f'[[boxes]]\ndevice = "{day.DEVICE}"\nroom = "{day.ROOM}"\n{hours}')
