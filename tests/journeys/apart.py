"""A site whose parts stand apart: a box with a camera, a centre, and an office from which somebody looks, with a
network between them. All of it is made and started by commands of the product, but the camera, which stands for one.

The box films a class that goes on now, and keeps its video until it is asked for. Its clock is a simulated one that
says what the machine's says: the kernel of a machine for tests has no time of its own.
"""
from __future__ import annotations

import datetime
import json
import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from central.wiring import Centre, open_centre
from edge.clock import boottime_us, machine_boot_id
from evidence.times import utc_text
from provisioning.demo.services import run, tool
from tests.contract.secure_site import CHROMIUM, NAME, PASSWORD, certify_console
from tests.ending import offspring
from tests.faults.road import Part, until
from tests.journeys.network import CENTRE, CENTRE_FOR_OFFICE, Network, Where

DEVICE, SERIAL, CLASS = "box-1", "100000003d1d1c36", "welder-1"
TITLE = "焊工（初级）2026 年第 3 期"
PEOPLE = ("张伟", "王芳", "李娜")
CONSOLE, DEVICES, BROKER = 8443, 8471, 8883
CENTRE_TOML = f"""\
device = "centre"
name = "三门峡监管中心"
accept_test_keys = true
[web]
host = "0.0.0.0"
port = {CONSOLE}
certificate = "web/console.pem"
key = "web/console.key"
names = ["{NAME}", "{CENTRE}", "{CENTRE_FOR_OFFICE}"]
[broker]
port = {BROKER}
tls = true
[devices]
host = "0.0.0.0"
port = {DEVICES}
names = ["{CENTRE}", "127.0.0.1"]
"""
BOX_TOML = """
[clock]
source = "simulated"
start = "{start}"
rate = 1
anchor_boot_us = {boot_us}
boot_id = "{boot_id}"
[recorder]
segment_s = 6
reserve_mb = 1
[[cameras]]
id = "room"
source = "rtsp://127.0.0.1:{camera}/cam"
"""
PLAN = """\
class = "{class_id}"
title = "{title}"
institution = "smx"
policy = "demo"
utc_offset_min = {offset_min}
boxes = [{{ device = "{device}", room = "101 教室" }}]
hours = [{{ kind = "theory", start = {start:%Y-%m-%dT%H:%M:%S}, end = {end:%Y-%m-%dT%H:%M:%S} }}]
"""
BLOCK = "am"
CAMERA = Path(__file__).with_name("clock_camera.py")
SYSTEM_PYTHON = "/usr/bin/python3"
ADDRESS = f"https://{NAME}:{CONSOLE}"


class Apart:
    """Everything runs once it is made. `roles`: the processes of the box that are wanted."""

    def __init__(self, folder: Path, network: Network, *roles: str) -> None:
        self.folder, self.network, self.centre, self.box = folder, network, folder / "centre", folder / "box"
        self.ca, self.spki = folder / "console-ca.pem", ""
        self._parts: list[Part] = []
        self.broker, self.devices, self.collector, self.console = (
            self._part("centre", name, tool("zaitang-central"), name, "--centre", self.centre)
            for name in ("broker", "devices", "collect", "serve"))
        self.camera = self._part("box", "camera", SYSTEM_PYTHON, CAMERA)
        self.running = self._part("box", "box", tool("zaitang-edge"), "run", "--box", self.box, "--only", *roles)
        try:
            self._begin()
        except BaseException:
            self.close()
            raise

    def _begin(self) -> None:
        run("zaitang-central", "init", self.centre, "--test-keys")
        self.spki = certify_console(
            self.centre / "web", self.ca, x509.DNSName(NAME),
            *(x509.IPAddress(ip_address(one)) for one in (CENTRE, CENTRE_FOR_OFFICE)))
        (self.centre / "centre.toml").write_text(CENTRE_TOML)
        for part, port in ((self.broker, BROKER), (self.devices, DEVICES)):
            part.start()
            until(f"port {port}", lambda part=part, port=port: listens(part, port), 60)
        self.collector.start()
        self.start_console()
        self._join()
        self._plan()
        self.camera.start()
        until("the camera", lambda: self.camera.said().strip(), 60)
        self._write_box_toml()
        self.running.start()
        until("the box", (self.box / "run" / "ready").exists, 90)

    def start_console(self) -> None:
        self.console.start()
        until("the console", lambda: listens(self.console, CONSOLE), 60)

    def kill_box(self) -> None:
        """Every process of the box at once, as when the power fails."""
        for pid in [self.running.pid, *offspring(self.running.pid)]:
            os.kill(pid, signal.SIGKILL)
        self.running.kill()

    def pid_of(self, role: str) -> int:
        """Of a process of the box that is ready."""
        return int(json.loads((self.box / "run" / "ready").read_bytes())[role])

    def central(self, *words: object) -> str:
        """What a command of the centre says at its end."""
        return run("zaitang-central", *words, "--centre", self.centre)

    def supervisors(self, *names: str) -> None:
        """Accounts of the city's office, with the password of tests."""
        with self.opened() as centre:
            for name in names:
                centre.account_desk().add(name, "supervisor", "411200", None, PASSWORD)

    def time_of_day(self, us: int) -> str:
        """What clocks in the class show at a moment, UTC microseconds."""
        at = datetime.datetime.fromtimestamp(us / 1e6, datetime.UTC) + datetime.timedelta(minutes=self.offset_min)
        return f"{at:%H:%M:%S}"

    @contextmanager
    def opened(self) -> Iterator[Centre]:
        """The centre's parts, to look at what its processes keep."""
        centre = open_centre(self.centre)
        try:
            yield centre
        finally:
            centre.store.close()

    def sent_bytes(self) -> int:
        """What went over the box's cable to the centre until now."""
        lines = Path(f"/proc/{self.running.pid}/net/dev").read_text().splitlines()
        return int(next(line for line in lines if line.split(":")[0].strip() == "centre").split(":")[1].split()[8])

    def close(self) -> None:
        for part in reversed(self._parts):
            if part.process is not None and part is self.running:
                part.kill(signal.SIGTERM)
            part.kill()

    def _part(self, where: Where, name: str, *words: object) -> Part:
        part = Part(self.network.command(where, *words), self.folder / f"{name}.log")
        self._parts.append(part)
        return part

    def _join(self) -> None:
        """`zaitang-edge init` and `join`, and somebody at the centre who approves."""
        run("zaitang-edge", "init", self.box, "--device", DEVICE, "--policy", "demo")
        said = self.central("box", "claim", DEVICE, "--serial", SERIAL)
        token, pin = (_found(rf"--{name} (\S+)", said) for name in ("token", "pin"))
        join = self._part(
            "box", "join", tool("zaitang-edge"), "join", self.box, "--centre", f"https://{CENTRE}:{DEVICES}", "--token",
            token, "--pin", pin, "--serial", SERIAL, "--wait", "2")
        join.start()
        with self.opened() as centre:
            until("the box waits", lambda: centre.desk().pending(), 60)
        self.central("box", "approve", DEVICE)
        assert join.process is not None and join.process.wait(60) == 0, join.said()

    def _plan(self) -> None:
        """A class-hour that has begun just now, at about nine in the morning of wherever that is."""
        now = datetime.datetime.now(datetime.UTC).replace(second=0, microsecond=0, tzinfo=None)
        offset_min = 9 * 60 - now.hour * 60 - now.minute
        offset_min += 1440 if offset_min < -600 else 0
        start, self.offset_min = now + datetime.timedelta(minutes=offset_min), offset_min
        self.block = f"{start:%Y-%m-%d}-am"
        plan, names = self.folder / "plan.toml", self.folder / "names.toml"
        plan.write_text(PLAN.format(class_id=CLASS, title=TITLE, offset_min=offset_min, device=DEVICE, start=start,
                                    end=start + datetime.timedelta(minutes=45)))
        names.write_text("".join(f'[[people]]\nname = "{name}"\n' for name in PEOPLE))
        self.central("institution", "add", "smx", "--name", "三门峡职业培训学校", "--region", "411200")
        self.central("class", "add", plan, "--names", names)

    def _write_box_toml(self) -> None:
        joined = (self.box / "box.toml").read_text()
        wired = re.sub(r"(?m)^(segments = .*)$", r'\1\nupload = "asked"', joined)
        assert f'segments = "https://{CENTRE}:{DEVICES}"' in wired, joined
        (self.box / "box.toml").write_text(wired + BOX_TOML.format(
            start=utc_text(time.time_ns() // 1000), boot_us=boottime_us(), boot_id=machine_boot_id(),
            camera=self.camera.said().strip()))


def listens(part: Part, port: int) -> bool:
    """Whether something accepts connections at this port, on all addresses, of the part's network namespace."""
    wanted = f":{port:04X} "
    return part.runs and any(
        wanted in line.partition(" 00000000:0000 ")[0] + " " and " 0A " in line
        for line in Path(f"/proc/{part.pid}/net/tcp").read_text().splitlines())


@contextmanager
def office(site: Apart) -> Iterator[Browser]:
    """Chromium in the office: it finds the console by its name, over the network, and trusts its certificate."""
    assert CHROMIUM is not None
    program = site.network.script(site.folder / "chromium", "office", CHROMIUM)
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=program, args=[
            "--no-sandbox", "--disable-gpu", f"--host-resolver-rules=MAP {NAME} {CENTRE_FOR_OFFICE}",
            f"--ignore-certificate-errors-spki-list={site.spki}"])
        yield opened
        opened.close()


def somebody(browser: Browser) -> BrowserContext:
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, reduced_motion="reduce", base_url=ADDRESS, locale="en-US")
    context.set_default_timeout(30_000)
    return context


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found is not None, text
    return found[1]
