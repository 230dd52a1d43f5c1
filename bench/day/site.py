"""The site of the day: a centre as it is installed, by TLS and each process of its own; rooms whose box joined it."""
from __future__ import annotations

import contextlib
import datetime
import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from bench.day import plan
from edge.clock import boottime_us, machine_boot_id
from edge.sync.progress import read_progress
from provisioning.demo import day, media
from provisioning.demo.services import NotReady, Services, listens, run, tool
from provisioning.demo.site import PageRefused, PageSilent, Site

BOOT_S = 45
"""Real seconds until the boxes' clocks begin to run: what a busy machine needs to start them all."""
NEVER_MIN = 5
COURSES = {"box-101": "101", "box-102": "102"}
USUAL = {"broker": 1883, "serve": 8470, "devices": 8471}
PARTS = ("broker", "collect", "devices", "serve")


class Centre:
    """Its folder and its processes; what is killed is started again by `mend`, as systemd does."""

    def __init__(self, folder: Path, services: Services) -> None:
        self.folder, self._services = folder, services
        self.ports = {name: _free() for name in USUAL}
        self.away: set[str] = set()

    def start(self) -> None:
        run("zaitang-central", "init", self.folder, "--test-keys")
        config = self.folder / "centre.toml"
        text = config.read_text().replace("tls = false", "tls = true")
        for name, usual in USUAL.items():
            text = text.replace(f"port = {usual}", f"port = {self.ports[name]}")
        config.write_text(text)
        for name in PARTS:
            self._begin(name)
            if name in self.ports:  # a collector that finds no broker at its start ends
                self._services.wait(name, lambda name=name: listens(self.ports[name]))  # type: ignore[misc]

    def _begin(self, name: str) -> None:
        self._services.start(name, [tool("zaitang-central"), name, "--centre", self.folder])

    def pid(self, name: str) -> int:
        """Of a part, or of the Mosquitto that the broker runs; 0: it does not run."""
        if name != "mosquitto":
            return self._services.pid(name) if self._services.runs(name) else 0
        with contextlib.suppress(OSError, IndexError):
            parent = self.pid("broker")
            return int(Path(f"/proc/{parent}/task/{parent}/children").read_text().split()[0])
        return 0

    def mend(self) -> None:
        """Start again what ended and is not meant to be away."""
        for name in PARTS:
            if name not in self.away and not self._services.runs(name):
                self._services.stop(name)
                self._begin(name)

    def stop(self, name: str) -> None:
        self.away.add(name)
        self._services.stop(name)


class Room(Site):
    """One room: its box, which joined the centre, and the class that is taught there."""

    def __init__(self, folder: Path, services: Services, centre: Centre, device: str) -> None:
        super().__init__(folder, services)
        self.centre, self.box, self.device = centre.folder, folder / device, device
        self._site, self.class_id, self._joined = centre, f"course-{COURSES[device]}", ""

    @property
    def root(self) -> Path:
        return self.centre / "keys" / "root.pem"

    def join(self) -> None:
        """`init`, `claim`, `join`, `approve`: nothing is written by hand that a command writes."""
        serial = f"10000000{self.device[-3:]}0d1c"
        run("zaitang-edge", "init", self.box, "--device", self.device, "--policy", "demo")
        said = run("zaitang-central", "box", "claim", self.device, "--serial", serial, "--centre", self.centre)
        token, pin = (_found(rf"--{name} (\S+)", said) for name in ("token", "pin"))
        command = [tool("zaitang-edge"), "join", self.box, "--centre", f"https://localhost:{self._site.ports['devices']}",
                   "--token", token, "--pin", pin, "--serial", serial, "--wait", "2"]
        with subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL) as joins:
            _until("the box waits", lambda: self.device in run(
                "zaitang-central", "box", "pending", "--centre", self.centre))
            run("zaitang-central", "box", "approve", self.device, "--centre", self.centre)
        if joins.returncode:
            raise NotReady(name="join", seconds=0, log=self.box)
        self._joined = (self.box / "box.toml").read_text()

    def begin_class(self, films: media.Media, names: list[str]) -> None:
        """The day before: the plan is published, the box takes it, people are enrolled from photographs."""
        order, people = self.box.with_suffix(".plan.toml"), self.box.with_suffix(".names.toml")
        order.write_text(_plan(self.class_id, self.device))
        people.write_text("".join(f"[[people]]\nname = {json.dumps(name, ensure_ascii=False)}\n\n" for name in names))
        run("zaitang-central", "class", "add", "--centre", self.centre, order, "--names", people)
        self._set(plan.SWITCHED_ON - timedelta(days=1), boottime_us(), 1, films)
        name = f"{self.device}-enrol"
        self._services.start(name, [tool("zaitang-edge"), "run", "--box", self.box, "--only", "sync"])
        self._services.wait(name, lambda: self.counts().get("order.accepted", 0) > 0)
        self._services.stop(name)
        run("zaitang-edge", "enrol", "--box", self.box, "--class", self.class_id, "--photos", films.gallery)

    def switch_on(self, films: media.Media, begins_us: int) -> None:
        """`begins_us`: CLOCK_BOOTTIME at which the clock of the day begins to run."""
        self._set(plan.SWITCHED_ON, begins_us, plan.RATE, films)
        self.power_on()
        self._services.wait(self.device, lambda: self.is_whole() and listens(self.ports.terminal))

    def power_on(self) -> None:
        self._services.start(self.device, [tool("zaitang-edge"), "run", "--box", self.box])

    def power_off(self) -> None:
        """All processes of the box, at once, with SIGKILL."""
        supervisor = self._services.pid(self.device)
        for pid in (supervisor, *self.roles().values()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._services.stop(self.device)

    def roles(self) -> dict[str, int]:
        """The process ids by role, as their locks say."""
        found = {}
        for lock in (self.box / "run").glob("*.lock"):
            with contextlib.suppress(OSError, ValueError):
                pid = int(lock.read_text())
                if f"\0{lock.stem}\0" in Path(f"/proc/{pid}/cmdline").read_text():
                    found[lock.stem] = pid
        return found

    def unsent(self) -> int:
        """Files that are not at the centre yet."""
        progress = read_progress(self.box / "run")
        return 1 if progress is None else progress.waiting

    def press_until(self, what: str, body: Callable[[dict[str, Any]], dict[str, str] | None]) -> None:
        """As an instructor does: again, until the page shows it. `body`: what to send by what the page shows; None: it
        is done."""
        deadline = time.monotonic() + NEVER_MIN * 60
        while time.monotonic() < deadline:
            with contextlib.suppress(PageSilent, PageRefused):
                send = body(self.state("en"))
                if send is None:
                    return
                self.press(what, send, "en")
            time.sleep(0.5)
        raise NotReady(name=f"{self.device}: {what}", seconds=NEVER_MIN * 60, log=self.box)

    def _set(self, start: datetime.datetime, anchor_us: int, rate: int, films: media.Media) -> None:
        skips = ", ".join(f'{{ at = "{day.utc(at)}", to = "{day.utc(to)}" }}' for at, to in plan.SKIPS)
        begins = {"room": plan.DAY[0].presses[0] - timedelta(seconds=60), "terminal": plan.DAY[0].check_in}
        cameras = "".join(
            f'[[cameras]]\nid = "{role}"\nrole = "{role}"\nsource = "file:{path.resolve()}"\n'
            f'start = "{day.utc(begins[role])}"\n'
            for role, path in (("room", films.room), ("terminal", films.terminal)))
        (self.box / "box.toml").write_text(
            f'{self._joined}\n[clock]\nsource = "simulated"\nstart = "{day.utc(start)}"\nrate = {rate}\n'
            f'anchor_boot_us = {anchor_us}\nboot_id = "{machine_boot_id()}"\nskips = [{skips}]\n'
            f'[recorder]\nsegment_s = 120\nreserve_mb = 64\n[rollcall]\nevery_s = 40\n[checkin]\nevery_ms = 100\n'
            f'[terminal]\nport = {self.ports.terminal}\n{cameras}')


def _plan(class_id: str, device: str) -> str:
    hours = "".join(
        f'\n[[hours]]\nhour = "{name}"\nkind = "{half_day.kind}"\nstart = "{day.utc(start)}"\nend = "{day.utc(end)}"\n'
        for half_day in plan.DAY for name, start, end in half_day.hours)
    return (f'class = "{class_id}"\ntitle = "{class_id}"\npolicy = "demo"\nutc_offset_min = 480\n\n'
            f'[[boxes]]\ndevice = "{device}"\nroom = "{device}"\n{hours}')


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        raise NotReady(name=pattern, seconds=0, log=text)
    return found[1]


def _until(what: str, true: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise NotReady(name=what, seconds=seconds, log="")
        time.sleep(0.2)


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
