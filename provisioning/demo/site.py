"""One site on one machine: a centre with its broker, and a box that it has certified."""
from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from common.texts import N_
from edge.cli import ROLES
from edge.clock import boottime_us, machine_boot_id
from edge.control.client import ask
from edge.keys import make_box_keys
from evidence.errors import ZaitangError
from evidence.times import SECOND
from provisioning.demo import day, media
from provisioning.demo.box import LIVE, PLAYED, RATE, CameraSetting, Ports, box_toml, simulated_clock
from provisioning.demo.people import INSTRUCTOR
from provisioning.demo.services import NotReady, PartMissing, Services, free_port, listens, mosquitto, run, tool

START_S, STARTS = 10, 3
"""Real seconds that the box's processes are given to get ready, and how often."""
ANSWER_S, TRIES, AGAIN_S = 20, 3, 1.0
"""Seconds that a page may take to answer, how often it is asked, and the pause between."""
BUSY = 503
INSTITUTION, SCHOOL, REGION = "demo-school", "示范职业培训学校", "411200"
REACHES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("supervisor", ("--region", REGION)), ("institution", ("--institution", INSTITUTION)), ("administrator", ()))
"""Role and reach of each account for whoever watches."""
WATCHER = "demo-watcher"
"""The account by which the demo itself reads the console."""
STRANGE = N_("something else than the page answers there")


class PageSilent(ZaitangError):
    text = "the page {address} does not answer: {why}"


class PageRefused(ZaitangError):
    text = "the page {address} refused (status {status}): {why}"


class Site:
    """Folders, ports and processes of one demo."""

    def __init__(self, folder: Path, services: Services, plan: day.Plan = day.PLAN) -> None:
        self.centre, self.box, self._folder, self._services = folder / "centre", folder / "box", folder, services
        self.plan = plan
        self.links: dict[str, str] = {}
        """Role → the one-time link by which somebody logs in to the console."""
        self._watcher = ""
        self.ports = Ports(*map(free_port, ("DEMO_BROKER_PORT", "DEMO_CONSOLE_PORT", "DEMO_TERMINAL_PORT")))

    @property
    def root(self) -> Path:
        """The root certificate."""
        return self.centre / "keys" / "root.pem"

    @property
    def console(self) -> str:
        """Address of the class's page."""
        return f"http://127.0.0.1:{self.ports.console}/classes/{self.plan.class_id}"

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
        run("zaitang-central", "institution", "add", "--centre", self.centre, INSTITUTION, "--name", SCHOOL, "--region",
            REGION)
        self._services.wait("broker", lambda: listens(self.ports.broker))
        for name in ("collect", "serve"):
            self._services.start(name, [tool("zaitang-central"), name, "--centre", self.centre])
        self._services.wait("serve", lambda: listens(self.ports.console))

    def open_console(self) -> None:
        """Make accounts: one of each role of REACHES for whoever watches; an auditor for the demo itself."""
        self._user(WATCHER, "auditor", "--region", REGION, "--link")
        token = run("zaitang-central", "user", "token", "--centre", self.centre, WATCHER, "--label", "demo")
        self._watcher = token.strip()
        for role, reach in REACHES:
            link = re.search(r"http://\S+/welcome/\S+", self._user(role, role, *reach, "--link"))
            if link is None:
                raise PageSilent(address=self.console, why=STRANGE)
            self.links[role] = f"{link[0]}?next=/classes/{self.plan.class_id}"

    def _user(self, name: str, role: str, *more: object) -> str:
        return run("zaitang-central", "user", "add", "--centre", self.centre, name, "--role", role, *more)

    def add_class(self, names: list[str]) -> None:
        """Sign the plan and the roster, trainees of these names and an instructor, as an order to the box."""
        plan, people = self._folder / "plan.toml", self._folder / "names.toml"
        plan.write_text(f'institution = "{INSTITUTION}"\n{self.plan.toml()}')
        people.write_text("".join(
            f"[[people]]\nname = {json.dumps(name, ensure_ascii=False)}\n\n" for name in names)
            + f'[[people]]\nname = "{INSTRUCTOR}"\nrole = "instructor"\n')
        run("zaitang-central", "class", "add", "--centre", self.centre, plan, "--names", people)

    def enrol(self, gallery: Path) -> None:
        """The day before: the box takes the order, and people are enrolled from their photos."""
        self._configure(simulated_clock(
            day.SWITCHED_ON - timedelta(days=1), boottime_us(), machine_boot_id(), 1), PLAYED, ())
        self._take_order()
        self._enrol(gallery)

    def enrol_live(self, gallery: Path | None) -> None:
        """Now: the box takes the order, and people are enrolled from their photos, if there are any."""
        self._configure("", LIVE, ())
        self._take_order()
        if gallery is not None:
            self._enrol(gallery)

    def _take_order(self) -> None:
        self._services.start("box-enrol", [tool("zaitang-edge"), "run", "--box", self.box, "--only", "sync"])
        self._services.wait("box-enrol", lambda: self.counts().get("order.accepted", 0) > 0)
        self._services.stop("box-enrol")

    def _enrol(self, gallery: Path) -> None:
        run("zaitang-edge", "enrol", "--box", self.box, "--class", self.plan.class_id, "--photos", gallery)

    def start_box(self, films: media.Media) -> None:
        """Switch the box on; the clock of the course stands until all its processes are ready.

        Raises NotReady, PartMissing, ProcessFailed.

        A busy machine may need longer than foreseen: then the box is switched on again with more time.
        """
        wait_us = START_S * SECOND
        cameras = [CameraSetting(role, f"file:{film.resolve()}", begins) for role, film, begins in films.cameras()]
        for _ in range(STARTS):
            began_us = boottime_us()
            self._configure(simulated_clock(
                day.SWITCHED_ON, began_us + wait_us, machine_boot_id(), RATE), PLAYED, cameras)
            self._switch_on()
            needed_us = boottime_us() - began_us
            if needed_us <= wait_us:
                return
            self._services.stop("box")
            wait_us = 2 * needed_us
        raise NotReady(name="box", seconds=wait_us // SECOND, log="box.log")

    def start_live(self, cameras: list[CameraSetting]) -> None:
        """Switch the box on, on the real clock. Raises NotReady, PartMissing, ProcessFailed."""
        self._configure("", LIVE, cameras)
        self._switch_on()

    def _switch_on(self) -> None:
        self._services.start("box", [tool("zaitang-edge"), "run", "--box", self.box])
        self._services.wait("box", lambda: self.is_whole() and listens(self.ports.terminal))

    def is_whole(self) -> bool:
        """Whether every process of the box is ready. Raises PartMissing when the box goes on without one."""
        try:
            ready = json.loads((self.box / "run" / "ready").read_bytes())
        except FileNotFoundError:
            return False
        missing = [role for role in ROLES if role not in ready]
        if missing:
            log, words = self._services.last_words("box")
            raise PartMissing(roles=", ".join(missing), log=log, words=words)
        return True

    def state(self, lang: str = "zh") -> dict[str, Any]:
        """What the terminal page shows. Raises PageSilent, PageRefused."""
        asked = {"lang": lang}
        return _value(self.terminal, _answer(self.terminal, lambda page: page.get("/state.json", params=asked)))

    def shown(self) -> dict[str, Any]:
        """Who attended, as the console tells it to programs. Raises PageSilent, PageRefused."""
        place = f"/api/v1/classes/{self.plan.class_id}/attendance"
        headers = {"Authorization": f"Bearer {self._watcher}"}
        console = f"http://127.0.0.1:{self.ports.console}/"
        return _value(self.console, _answer(console, lambda page: page.get(place, headers=headers)))

    def press(self, what: str, body: dict[str, str], lang: str = "zh") -> None:
        """Press a button of the terminal page, as a browser would. Raises PageSilent, PageRefused."""
        form = _answer(self.terminal, lambda page: page.get("/")).text
        token = _token(form, 'name="token" content="([^"]+)"', self.terminal)
        headers, asked = {"X-Zaitang-Token": token}, {"lang": lang}
        _answer(self.terminal, lambda page: page.post(f"/{what}", json=body, headers=headers, params=asked))

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
        lines = run("zaitang-central", "class", "show", "--centre", self.centre, self.plan.class_id).splitlines()
        rows = [line.split("\t") for line in lines]
        return {row[0]: row[2] for row in rows if len(row) == 3 and row[1] == "trainee"}

    def _certify(self, key: Ed25519PublicKey) -> tuple[str, str]:
        public, certificate = self._folder / "box.pub", self._folder / "box.crt"
        spki = serialization.PublicFormat.SubjectPublicKeyInfo
        public.write_bytes(key.public_bytes(serialization.Encoding.PEM, spki))
        run("zaitang-central", "box", "issue", "--centre", self.centre, day.DEVICE, "--key", public,
            "--out", certificate)
        return certificate.read_text(), self.root.read_text()

    def _configure(self, clock: str, parts: str, cameras: Sequence[CameraSetting]) -> None:
        (self.box / "box.toml").write_text(box_toml(self.ports, [clock, parts], cameras))


def _token(form: str, pattern: str, address: str) -> str:
    """What a page gives to whoever sends its form. Raises PageSilent."""
    found = re.search(pattern, form)
    if found is None:
        raise PageSilent(address=address, why=STRANGE)
    return found[1]


def _answer(address: str, ask_page: Callable[[httpx.Client], httpx.Response]) -> httpx.Response:
    """The answer of a page of this machine; a silent or busy one is asked again. Raises PageSilent, PageRefused."""
    failed: ZaitangError = PageSilent(address=address, why="")
    for number in range(TRIES):
        time.sleep(AGAIN_S if number else 0)
        try:
            # A proxy that the environment names is not for this machine's own pages.
            with httpx.Client(base_url=address, timeout=ANSWER_S, trust_env=False) as page:
                answer = ask_page(page)
        except httpx.HTTPError as error:
            failed = PageSilent(address=address, why=str(error) or type(error).__name__)
            continue
        if answer.is_success:
            return answer
        failed = PageRefused(address=address, status=answer.status_code, why=_why(answer))
        if answer.status_code != BUSY:
            break
    raise failed


def _why(answer: httpx.Response) -> str:
    """The sentence that a page of ours gives with a refusal; of anything else its status in words."""
    try:
        return str(answer.json()["error"])
    except (ValueError, KeyError, TypeError):
        return answer.reason_phrase


def _value(address: str, answer: httpx.Response) -> dict[str, Any]:
    try:
        return dict(answer.json())
    except (ValueError, TypeError):
        raise PageSilent(address=address, why=STRANGE) from None
