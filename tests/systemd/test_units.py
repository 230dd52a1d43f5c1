"""The units of both ends: systemd takes them, each is shut in, and nothing can starve what records."""
from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from central import cli as central_cli
from edge import cli as edge_cli
from edge.supervise import HANG_S
from provisioning.update import cli as update_cli
from provisioning.update.ends import AS_USER

UNITS = Path(__file__).parents[2] / "systemd"
NAMES = sorted(path.name for path in UNITS.glob("zaitang-*.service"))
BOX, CENTRE = ([name for name in NAMES if f"WantedBy=zaitang-{end}.target" in (UNITS / name).read_text()]
               for end in ("box", "centre"))
KIOSK = "zaitang-kiosk.service"
OURS = [name for name in NAMES if name != KIOSK]
"""Those that start a command of ours, and are shut in alike."""
SANDBOX = "zaitang-.service.d/sandbox.conf"
EXPOSURE = 2.0
MORE = {KIOSK: 2.2}
"""What is above, and why. The browser makes namespaces (user, pid, net) to shut each page in, and calls in them what
root calls; it draws by the devices of the screen; it compiles scripts into memory that it runs; it speaks IP, to this
machine alone, and asks the kernel for devices by netlink."""
BIN = "/opt/zaitang/current/bin/"
SHOWN = "/opt/zaitang/current/provisioning/system/kiosk/start"
FIRST = "zaitang-first-boot.service"
UPDATER = "/opt/zaitang/updater/provisioning/zaitang-update"
UPDATES = {"zaitang-update-start.service", "zaitang-update-continue.service"}


class _Unit(configparser.RawConfigParser):
    """One that keeps the case of its keys; of a key that stands twice the last line counts here."""

    def __init__(self, name: str) -> None:
        super().__init__(strict=False, delimiters=("=",))
        self.optionxform = str  # type: ignore[assignment,method-assign]
        self.read_string(re.sub(r"\\\n\s*", "", (UNITS / name).read_text()))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A system with our units and systemd's own, and the programs that ours start."""
    made = tmp_path_factory.mktemp("root")
    shutil.copytree(UNITS, made / "etc/systemd/system")
    shutil.copytree("/usr/lib/systemd/system", made / "usr/lib/systemd/system", symlinks=True)
    for path in (BIN + "zaitang-edge", BIN + "zaitang-central", "/bin/sh", UPDATER):
        (made / path[1:]).parent.mkdir(parents=True, exist_ok=True)
        (made / path[1:]).write_text("#!/bin/sh\n")
        (made / path[1:]).chmod(0o755)
    return made


def analyze(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *words[:1], f"--root={root}", *words[1:]], capture_output=True, text=True,
                          timeout=60, check=False)


def test_systemd_takes_them_without_a_word(root: Path) -> None:
    files = sorted(path.name for path in UNITS.iterdir() if path.is_file())
    done = analyze(root, "verify", *files)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize("name", NAMES)
def test_each_is_shut_in(root: Path, name: str) -> None:
    done = analyze(root, "security", "--offline=true", name)
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    assert found and float(found[1]) <= MORE.get(name, EXPOSURE), done.stdout + done.stderr


@pytest.mark.parametrize("name", OURS)
def test_nothing_in_a_unit_is_said_otherwise_by_what_holds_for_all(name: str) -> None:
    """The common part is read after the unit and would win; but a filter of calls only grows."""
    for section in ("Unit", "Service"):
        assert set(_Unit(name)[section]) & set(_Unit(SANDBOX)[section]) <= {"SystemCallFilter"}


def test_nothing_is_imported_from_the_folder_that_every_service_writes() -> None:
    assert "PYTHONNOUSERSITE=1" in _Unit(SANDBOX)["Service"]["Environment"].split()
    assert "--setenv=PYTHONNOUSERSITE=1" in AS_USER


def test_a_unit_that_opens_everything_would_be_seen(root: Path, tmp_path: Path) -> None:
    shutil.copytree(root, tmp_path / "root", symlinks=True)
    unit = tmp_path / "root/etc/systemd/system" / NAMES[0]
    unit.write_text(unit.read_text().replace("[Service]\n", "[Service]\nWatchdogSec=soon\n"))
    (tmp_path / "root/etc/systemd/system" / SANDBOX).write_text("[Service]\nUser=zaitang\n")
    done = analyze(tmp_path / "root", "security", "--offline=true", NAMES[0])
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    assert found and float(found[1]) > EXPOSURE
    assert "Failed to parse sec value" in analyze(tmp_path / "root", "verify", NAMES[0]).stderr


def test_every_process_has_a_unit_with_its_own_watchdog() -> None:
    assert set(BOX) - {FIRST} == {f"zaitang-{role}.service" for role in edge_cli.ROLES}
    assert HANG_S.keys() == edge_cli.ROLES.keys()
    for role, seconds in HANG_S.items():
        assert float(_Unit(f"zaitang-{role}.service")["Service"]["WatchdogSec"]) == seconds
    for name in CENTRE:
        assert 60 <= float(_Unit(name)["Service"]["WatchdogSec"]) <= 600
    assert set(OURS) - set(BOX) - set(CENTRE) == {"zaitang-backup.service"} | UPDATES


@pytest.mark.parametrize("end", ["box", "centre"])
def test_a_target_starts_all_of_its_end(end: str) -> None:
    wanted = re.findall(r"[\w-]+\.(?:service|timer)", " ".join(
        line for line in (UNITS / f"zaitang-{end}.target").read_text().splitlines() if line.startswith("Wants=")))
    services = {one for one in wanted if one.endswith(".service")} - UPDATES
    assert sorted(services) == (BOX if end == "box" else CENTRE)
    for name in set(wanted) - UPDATES - {"zaitang-update.timer"}:
        unit = _Unit(name)
        assert unit["Unit"]["PartOf"] == f"zaitang-{end}.target" == unit["Install"]["WantedBy"]


@pytest.mark.parametrize("name", OURS)
def test_each_starts_a_command_that_there_is(name: str) -> None:
    program, *words = shlex.split(_Unit(name)["Service"]["ExecStart"])
    if name in UPDATES:
        assert program == UPDATER and update_cli.parser().parse_args(words).command == words[0]
        return
    cli = {"zaitang-edge": edge_cli, "zaitang-central": central_cli}[program.removeprefix(BIN)]
    args = cli._parser().parse_args(words)
    assert callable(args.do)
    folder = vars(args).get("box") or vars(args).get("centre")
    assert str(folder) == f"/var/lib/zaitang/{'box' if cli is edge_cli else 'centre'}"


@pytest.mark.parametrize("name", NAMES)
def test_what_opens_the_keys_comes_to_the_processes_of_its_end_alone(name: str) -> None:
    """By its name, not by a path: where nobody locked the keys it is missing, and the unit starts all the same."""
    text = (UNITS / name).read_text()
    of_centre = name in [*CENTRE, "zaitang-backup.service"]
    for credential, its in (("zaitang.keys", name in BOX), ("zaitang.centre-keys", of_centre)):
        assert (f"\nLoadCredentialEncrypted={credential}\n" in text) is its
        assert text.count(credential) == its
    assert not any("LoadCredential" in path.read_text() for path in UNITS.glob("*.d/*"))


def test_what_a_process_holds_in_memory_is_written_to_no_disk_when_it_dies() -> None:
    """A watchdog kills by SIGABRT; keys that lie locked, faces and names would lie in the open beside them."""
    for name in (SANDBOX, "zaitang-kiosk.service.d/sandbox.conf"):
        assert _Unit(name)["Service"]["LimitCORE"] == "0"


def test_before_a_box_is_certified_its_first_boot_runs_and_afterwards_all_else() -> None:
    certified = "/var/lib/zaitang/box/keys/device.crt"
    for name in BOX:
        assert _Unit(name)["Unit"]["ConditionPathExists"] == ("!" if name == FIRST else "") + certified
    assert "OnSuccess" not in _Unit(FIRST)["Unit"]  # it is stopped cleanly, too
    assert _Unit(FIRST)["Service"]["Restart"] == "on-failure"


@pytest.mark.parametrize("certified", [False, True])
def test_the_end_of_the_first_boot_starts_the_box_only_if_it_is_one(tmp_path: Path, certified: bool) -> None:
    """Whoever stops or removes a box that nobody claimed must not start it."""
    line = _Unit(FIRST)["Service"]["ExecStopPost"].removeprefix("+").replace("/var/lib/zaitang", str(tmp_path))
    if certified:
        (tmp_path / "box/keys").mkdir(parents=True)
        (tmp_path / "box/keys/device.crt").touch()
    (tmp_path / "systemctl").write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/called\n')
    (tmp_path / "systemctl").chmod(0o755)
    subprocess.run(shlex.split(line), check=True, timeout=20, env={"PATH": f"{tmp_path}:/usr/bin:/bin"})
    called = tmp_path / "called"
    assert (called.read_text() if called.exists() else "") == (
        "--no-block start zaitang-box.target\n" if certified else "")


def test_nothing_on_a_box_goes_before_what_records() -> None:
    def of(role: str, key: str, otherwise: str) -> float:
        return float(_Unit(f"zaitang-{role}.service")["Service"].get(key, otherwise))

    others = [role for role in edge_cli.ROLES if role != "recorder"]
    for key, otherwise in (("CPUWeight", "100"), ("IOWeight", "100")):
        weights = {role: of(role, key, otherwise) for role in others}
        assert of("recorder", key, otherwise) > sum(weights.values())
        assert min(weights, key=lambda role: weights[role]) == "rollcall"
    assert all(of("recorder", "OOMScoreAdjust", "0") < of(role, "OOMScoreAdjust", "0") for role in others)
    assert all(of("recorder", "Nice", "0") < of(role, "Nice", "0") for role in others)
    call = _Unit("zaitang-rollcall.service")["Service"]
    assert call["CPUSchedulingPolicy"] == "idle" and "MemoryMax" in call


@pytest.mark.parametrize("role", ["rollcall", "picture", "storage", "backup", "update-continue"])
def test_what_can_wait_waits_at_disks_that_know_no_weights(role: str) -> None:
    """IOWeight= is of bfq alone; mq-deadline, which cards and most disks have, goes by the class."""
    assert _Unit(f"zaitang-{role}.service")["Service"]["IOSchedulingClass"] == "idle"


@pytest.mark.parametrize("path", [UNITS / "zaitang-backup.timer", UNITS.parent / "provisioning/system/apt-night.conf"])
def test_what_comes_at_night_comes_in_the_night_of_china(path: Path) -> None:
    """By the zone of the machine, which on an image of somewhere else is UTC, it would be in front of a class."""
    (moment,) = re.findall(r"^OnCalendar=(.+)$", path.read_text(), re.M)
    assert re.fullmatch(r"\*-\*-\* 18:00(:00)? UTC", moment)


def test_the_broker_takes_more_boxes_than_systemd_lets_a_service_open_files() -> None:
    assert int(_Unit("zaitang-broker.service")["Service"]["LimitNOFILE"]) >= 65_536


def test_whether_the_clock_is_set_may_be_asked() -> None:
    """ntp_gettime(3) calls adjtimex: ProtectClock= would answer that no clock is set, and nothing would count."""
    text = (UNITS / SANDBOX).read_text()
    assert "ProtectClock" not in text.replace("ProtectClock= would", "")
    assert re.search(r"^SystemCallFilter=adjtimex clock_adjtime\b", text, re.M)
    assert not any("ProtectClock" in (UNITS / name).read_text() for name in NAMES)


def test_the_browser_is_nobody_that_may_see_evidence_a_camera_or_a_network() -> None:
    """Its file has the name of the common one, in a folder that is read instead of it."""
    own = f"{KIOSK}.d/sandbox.conf"
    assert Path(own).name == Path(SANDBOX).name and _Unit(KIOSK)["Service"]["ExecStart"] == f"/bin/sh {SHOWN}"
    said = _Unit(own)["Service"]
    assert said["User"] == said["Group"] == "zaitang-kiosk"
    assert {"-/var/lib/zaitang", "-/etc/zaitang"} <= set(said["InaccessiblePaths"].split())
    assert (said["DevicePolicy"], said["DeviceAllow"]) == ("closed", "char-drm rw")
    assert (UNITS / own).read_text().count("DeviceAllow=") == 1
    assert (said["IPAddressDeny"], said["IPAddressAllow"]) == ("any", "localhost")
    assert not set(_Unit(KIOSK)["Service"]) & set(said) - {"Environment"}


def test_a_release_that_is_not_proved_is_put_back_before_anything_starts() -> None:
    before = re.findall(r"^Before=(.*)$", (UNITS / "zaitang-update-start.service").read_text(), re.M)
    assert set(" ".join(before).split()) == {*NAMES, "zaitang-box.target", "zaitang-centre.target"} - UPDATES
    for end in ("box", "centre"):
        wanted = re.findall(r"^Wants=(.*)$", (UNITS / f"zaitang-{end}.target").read_text(), re.M)
        assert {"zaitang-update-start.service", "zaitang-update.timer"} <= set(" ".join(wanted).split())
    # What ends are asked lies on the disk for what is kept.
    assert all("/var/lib/zaitang" in _Unit(name)["Unit"]["RequiresMountsFor"].split() for name in UPDATES)
    # Who starts an end anew must not end with it.
    assert not any("PartOf" in _Unit(name)["Unit"] for name in UPDATES)


def test_the_updater_opens_what_holds_for_all_and_is_read_after_it() -> None:
    opened = _Unit("zaitang-update-.service.d/updater.conf")["Service"]
    assert opened["User"] == "root" and opened["PrivateNetwork"] == "yes"
    assert "updater.conf" > "sandbox.conf", "drop-ins are read in the order of their names"
    for name in UPDATES:
        assert not set(_Unit(name)["Service"]) & set(opened)
