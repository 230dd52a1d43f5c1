"""Both ends under a real systemd without any network: installed from a signed bundle, updated to a release that is good
and to one whose service dies, killed in the middle, and started again. docs/updates.md says what must hold."""
from __future__ import annotations

import json
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.storage.files import sha256_file
from evidence.bodies import Alarm, Segment
from provisioning.bundle.__main__ import targets
from provisioning.bundle.make import Wanted, make
from provisioning.release.sign import PRIVATE, PUBLIC, keygen, sign
from tests.faults.judging import assert_whole, bodies
from tests.project.conftest import ROOT
from tests.provisioning.install.debian import Debian, bare_debian, debian
from tests.provisioning.update.booted import BUNDLES, Booted, booted, until

pytestmark = [pytest.mark.bundle, pytest.mark.timeout(2400)]
WORD = b"correct horse battery"
GOOD, BROKEN = "90.2.0", "90.3.0"
# Less than a machine gets in a classroom: nothing here hangs for as long as a watchdog waits.
PACE = (("provisioning/update/prove.py", "grace_s: float = 60.0", "grace_s: float = 30.0"),
        ("provisioning/update/prove.py", "prove_s: float = 240.0", "prove_s: float = 60.0"))
DIES = (("edge/storage/process.py", "    logs.setup()\n", "    raise SystemExit(3)\n"),
        ("central/alarms/cli.py", "    import threading\n", "    raise SystemExit(3)\n"))
BOX = ("--lang=en", "--no-kiosk", f"--release-key={BUNDLES}/{PUBLIC}")
CENTRE = ("--lang=en", "--name=centre.example", "--passphrase-file=/root/passphrase",
          "--backup-passphrase-file=/root/passphrase", "--keys-passphrase-file=/root/passphrase",
          f"--release-key={BUNDLES}/{PUBLIC}")
SERVICES = {"box": ("recorder", "terminal", "sync", "live", "picture", "rollcall", "storage"),
            "centre": ("broker", "collector", "console", "devices", "alarms", "webhook")}
UPDATER = "zaitang-update-continue.service"
# A box without a centre, for boxes with real keys wait for one.
ALONE = ("rm -rf /var/lib/zaitang/box; runuser -u zaitang -- /opt/zaitang/current/bin/zaitang-edge init "
         "/var/lib/zaitang/box --device box-101 --policy demo --test-keys")
CAMERA = """
[recorder]
segment_s = 4
reserve_mb = 1
[[cameras]]
id = "room"
role = "room"
source = "gst:videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=10/1 ! x264enc key-int-max=10"
"""
# What the buttons of the box do, and what its recorder says.
PRESS = """
import json, sys
from pathlib import Path
from edge.control.client import ask
from edge.errors import NoRecorder
from edge.wiring import open_box
from evidence.bodies import SessionEnd, SessionStart
box, what = open_box(Path("/var/lib/zaitang/box")), sys.argv[1]
if what == "status":
    try:
        print(json.dumps(ask(box.recorder_socket, "status")))
    except NoRecorder:
        print("{}")
else:
    of = {"start": SessionStart, "end": SessionEnd}[what]
    box.store.append(f"session.{what}", of("c-1", sys.argv[2], "page"))
box.store.close()
"""


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Signed bundles, as `make bundle` makes them: of this commit, of one that is as good, and of one that dies. The
    first brings packages of Debian."""
    if sys.version_info[:2] != (3, 11) or not (ROOT / ".git").exists():
        pytest.skip("bundles for Debian 12 are made of a checkout of git, by Python 3.11")
    folder = tmp_path_factory.mktemp("bundles")
    pool = ROOT / "build" / "bundle" / "pool"
    pool.mkdir(parents=True, exist_ok=True)
    (folder / "pool").symlink_to(pool)
    keygen(folder, WORD)
    tree = folder / "tree"
    _do("git", "clone", "-q", "--shared", ROOT, tree)
    for version, changes, debs in ((None, PACE, "bookworm"), (GOOD, (), ""), (BROKEN, DIES, "")):
        for file, old, new in changes:
            _replace(tree / file, old, new)
        if version:
            _replace(tree / "pyproject.toml", f'\nversion = "{_version(tree)}"', f'\nversion = "{version}"')
        _do("git", "-C", tree, "-c", "user.name=test", "-c", "user.email=test@localhost", "commit", "-qam", "Changed")
        made, _ = make(tree, folder, Wanted(targets(platform.machine(), "3.11"), debs=debs), lambda _zh, _en: None)
        sign(made, folder / PRIVATE, WORD)
    return folder


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with bare_debian(tmp_path_factory.mktemp("debian"), wheels=False) as made:
        yield made


class Machine:
    """One Debian with an end, over all its starts."""

    def __init__(self, here: Debian, bundles: Path, end: str) -> None:
        self._here, self._bundles, self._end = here, bundles, end
        self.first = _version(ROOT)

    def start(self) -> Any:
        """A start of it, as a context."""
        return booted(self._here, self._bundles)

    def bundle(self, version: str) -> str:
        return f"{BUNDLES}/zaitang-{version}-{platform.machine()}"

    def installer(self, *words: str) -> tuple[str, ...]:
        return (f"{self.bundle(self.first)}/install-{self._end}", *words)

    @property
    def current(self) -> str:
        """The release that runs."""
        return self._here.at("/opt/zaitang/current").readlink().name

    @property
    def updater(self) -> str:
        """The release that updates."""
        return self._here.at("/opt/zaitang/updater").readlink().name

    @property
    def state(self) -> dict[str, Any]:
        """How far an update is."""
        found: dict[str, Any] = json.loads(self._here.at("/var/lib/zaitang-install/update.json").read_text())
        return found

    def makes(self, version: str) -> bool:
        """Whether packages of a release come into its folder."""
        part = self._here.at(f"/opt/zaitang/releases/{version}.part")
        return any(part.glob("lib/python3*/site-packages/cryptography*"))

    def runs(self, it: Booted, version: str, without: str = "") -> None:
        """All its services run, from the release of that version and no other."""
        services = [f"zaitang-{name}.service" for name in SERVICES[self._end] if name != without]

        def up() -> bool:
            asked = it.asked("systemctl", "is-active", *services).stdout.split()
            return asked == ["active"] * len(services)

        until(up, f"the services of {version} run", 120, 0.5)
        assert self.current == version
        for name in services:
            command = it.run("cat", f"/proc/{it.shown(name, 'MainPID')}/cmdline")
            assert command.startswith(f"/opt/zaitang/releases/{version}/bin/python"), (name, command)
        self.has_no_failed_unit(it)

    def has_no_failed_unit(self, it: Booted) -> None:
        assert not it.run("systemctl", "list-units", "--failed", "--plain", "--no-legend", "zaitang-*")

    def goes_on(self, it: Booted) -> None:
        """As systemd has it done every five minutes, in its sandbox."""
        done = it.asked("systemctl", "start", UPDATER)
        assert done.returncode == 0, it.run("journalctl", "--no-pager", "-u", UPDATER)

    def killed_in_the_middle(self, version: str) -> None:
        """Power goes while a release is made; and again when the link has just moved."""
        with self.start() as it:
            self.goes_on(it)
            it.begin("zaitang-update", "--lang=en", "take", self.bundle(version), "--now")
            until(lambda: self.makes(version), "the release is being made", 200)
            it.kill()
        with self.start() as it:
            self.runs(it, self.first)
            assert self.state["phase"] == "checked"
            it.begin("systemctl", "start", UPDATER)
            until(lambda: self.current == version, "the link moves", 400)
            it.kill()
        assert self.state["phase"] in ("switched", "proving")


def test_a_box_is_updated_put_back_and_killed_and_no_recording_is_touched(bare: Path, bundles: Path) -> None:
    with debian(bare, "box") as here:
        box = Machine(here, bundles, "box")
        with box.start() as it:
            assert "The box is installed" in it.run(*box.installer(*BOX))
            assert "there is nothing to do" in it.run(*box.installer(*BOX))
            box.has_no_failed_unit(it)
            it.run("/bin/sh", "-ec", ALONE)
            with here.at("/var/lib/zaitang/box/box.toml").open("a") as file:
                file.write(CAMERA)
            it.run("systemctl", "restart", "zaitang-box.target")
            box.runs(it, box.first)
            it.power_off()
        box.killed_in_the_middle(GOOD)
        with box.start() as it:
            box.runs(it, GOOD)
            box.goes_on(it)
            assert (box.state["phase"], box.updater) == ("kept", GOOD), box.state
            box.runs(it, GOOD)
            runs = _update_to_the_broken_one(box, it)
            it.power_off()
        with box.start() as it:
            box.runs(it, GOOD)
            it.power_off()
        _judge(here, runs)


def _update_to_the_broken_one(box: Machine, it: Booted) -> list[str]:
    """A class is recorded when it is offered, and another one when it shows that it does not hold. The runs of both."""
    first = _record(it, "s-1")
    it.run("zaitang-update", "--lang=en", "take", box.bundle(BROKEN), "--now")
    box.goes_on(it)
    assert (box.state["phase"], box.current) == ("checked", GOOD)
    assert _recorder(it)["run"] == first
    _end(it, "s-1")

    it.begin("systemctl", "start", UPDATER)
    until(lambda: box.current == BROKEN, "the link moves", 400)
    until(lambda: box.state["phase"] == "proving", "it is watched")
    second, pid = _record(it, "s-2"), it.shown("zaitang-recorder.service", "MainPID")
    until(lambda: box.state["phase"] == "rolling_back", "it is seen that it does not hold", 200)
    box.goes_on(it)
    assert (box.state["phase"], box.current) == ("rolling_back", BROKEN)
    assert (_recorder(it)["run"], it.shown("zaitang-recorder.service", "MainPID")) == (second, pid)
    _end(it, "s-2")

    box.goes_on(it)
    assert (box.state["phase"], box.state["why"], box.updater) == ("rolled_back", "processes", GOOD)
    assert any("zaitang-storage.service" in one for one in box.state["troubles"])
    box.runs(it, GOOD)
    return [first, second]


def test_a_centre_is_updated_put_back_and_killed(bare: Path, bundles: Path) -> None:
    with debian(bare, "centre") as here:
        centre = Machine(here, bundles, "centre")
        with centre.start() as it:
            it.begin(*centre.installer(*CENTRE))
            until(lambda: centre.makes(centre.first), "the release is being made", 300)
            it.kill()
        with centre.start() as it:
            assert "Fingerprint of its root" in it.run(*centre.installer(*CENTRE))
            assert "there is nothing to do" in it.run(*centre.installer(*CENTRE))
            centre.runs(it, centre.first)
            it.power_off()
        centre.killed_in_the_middle(GOOD)
        with centre.start() as it:
            centre.runs(it, GOOD)
            centre.goes_on(it)
            assert (centre.state["phase"], centre.updater) == ("kept", GOOD), centre.state
            centre.runs(it, GOOD)
            done = it.asked("zaitang-update", "--lang=en", "take", centre.bundle(BROKEN), "--now")
            assert done.returncode == 1 and "did not hold" in done.stdout, done.stdout + done.stderr
            assert (centre.state["phase"], centre.state["why"]) == ("rolled_back", "processes")
            centre.runs(it, GOOD)
            it.power_off()
        with centre.start() as it:
            centre.runs(it, GOOD)


def _recorder(it: Booted) -> dict[str, Any]:
    return _press(it, "status")


def _press(it: Booted, *words: str) -> dict[str, Any]:
    said = it.run("runuser", "-u", "zaitang", "--", "/opt/zaitang/current/bin/python", "-c", PRESS, *words)
    found: dict[str, Any] = json.loads(said or "{}")
    return found


def _record(it: Booted, session: str) -> str:
    """The run into which a session that begins is recorded."""
    until(lambda: _recorder(it).get("camera_trouble", "") is None, "the camera is there", 60, 0.5)
    _press(it, "start", session)
    until(lambda: _recorder(it).get("stretch_us", 0) > 6_000_000, "it records", 60, 0.5)
    return str(_recorder(it)["run"])


def _end(it: Booted, session: str) -> None:
    _press(it, "end", session)
    until(lambda: (found := _recorder(it)).get("recording") is False and found.get("pending") == 0,
          "all that was recorded is sealed", 60, 0.5)


def _judge(here: Debian, runs: list[str]) -> None:
    """Each session lies in one run, each file is what its record says, and the centre is told what did not hold."""
    folder = here.at("/var/lib/zaitang/box")
    said = bodies(folder)
    segments = [one for one in said if isinstance(one, Segment)]
    for session, run in zip(("s-1", "s-2"), runs, strict=True):
        own = [one for one in segments if one.session == session]
        assert {one.run for one in own} == {run}
        assert sum(one.end_pts_us - one.first_pts_us for one in own) > 6_000_000
    for one in segments:
        assert sha256_file(folder / "video" / "segments" / one.file) == one.sha256
    assert [(one.params["release"], one.params["why"]) for one in said
            if isinstance(one, Alarm) and one.code == "update.rolled_back"] == [(BROKEN, "processes")]
    assert_whole(folder)


def _version(tree: Path) -> str:
    text = (tree / "pyproject.toml").read_text("utf-8")
    return text.split('\nversion = "', 1)[1].split('"', 1)[0]


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert text.count(old) == 1, (path, old)
    path.write_text(text.replace(old, new), "utf-8")


def _do(*words: str | Path) -> None:
    subprocess.run(words, check=True, capture_output=True)
