"""What the machine of a box or a centre gets, and what the programs that read it say to it."""
from __future__ import annotations

import configparser
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from provisioning.install.apply import install, missing, remove
from provisioning.install.block import Block
from provisioning.install.host import Host
from provisioning.install.items import File, Item, Unit, undo
from provisioning.install.kernel_line import KernelLine
from provisioning.install.machine import Machine
from provisioning.install.options import Options
from provisioning.install.packages import Packages
from provisioning.install.plan import plan
from provisioning.install.release import read_source
from provisioning.install.settled import SETTLED, STEPS
from provisioning.install.system import before_items, system_items
from provisioning.install.system_options import RTCS, SystemOptions
from tests.provisioning.install.conftest import DEBIAN
from tests.provisioning.install.test_machine import ORIN, PI5, TAKEN

PROJECT = Path(__file__).parents[3]
SOURCE = read_source(PROJECT)
SYSTEM = PROJECT / "provisioning/system"
ALL = SystemOptions(admin_net=("10.1.2.0/24",), metrics_net=("10.1.3.0/24",), ntp=("ntp.example", "10.0.0.1"),
                    rtc="ds3231", rotate=90, data_disk="zaitang", metrics_ports=(9105,))


def of(machine: Machine, end: str = "box", system: SystemOptions | None = None, *others: str) -> list[Item]:
    return system_items(machine, Options(end, SOURCE, others=others, system=system or SystemOptions()))


def files(items: list[Item]) -> dict[str, str]:
    return {item.name: item.bytes().decode() for item in items if isinstance(item, File)}


def units(items: list[Item]) -> dict[str, Unit]:
    return {item.name: item for item in items if isinstance(item, Unit)}


@pytest.mark.parametrize("system", [SystemOptions(), ALL])
@pytest.mark.parametrize("end", ["box", "centre"])
@pytest.mark.parametrize("machine", TAKEN)
def test_each_thing_is_placed_once_and_named_in_both_languages(
    machine: Machine, end: str, system: SystemOptions,
) -> None:
    items = plan(machine, Options(end, SOURCE, system=system))
    keys = [item.key for item in items]
    assert len(keys) == len(set(keys))
    assert all(item.says.zh and item.says.en and item.says.zh != item.says.en for item in items)
    started = [item.key for item in items if isinstance(item, Unit)]
    assert {f"file:{unit}" for unit in ("/etc/chrony/conf.d/zaitang.conf", "/etc/zaitang/firewall.nft")} <= set(keys)
    assert "unit:chrony.service" in started and "unit:nftables-zaitang.service" in started


def test_a_centre_gets_nothing_of_a_box() -> None:
    box, centre = files(of(DEBIAN)), files(of(DEBIAN, "centre"))
    assert centre.keys() < box.keys()
    assert not any(word in name for name in centre for word in ("kiosk", "tmp.mount", "chromium", "udev", "apt-daily"))
    both = files(of(DEBIAN, "centre", None, "box"))
    assert both == files(of(DEBIAN, "box", None, "centre")) and both.keys() == box.keys()
    assert "8883" in both["/etc/zaitang/firewall.nft"] and "hook forward" in both["/etc/zaitang/firewall.nft"]


def test_swap_never_lies_on_a_card() -> None:
    old, new = PI5, Machine("pi5", ("debian", "13"), "aarch64", 64, 50 * 10**9)
    assert units(of(old))["dphys-swapfile.service"].enabled is False
    assert any(isinstance(item, Packages) and item.name == "zram" for item in of(old))
    assert "Mechanism=zram" in files(of(new))["/etc/rpi/swap.conf.d/60-zaitang.conf"]
    assert not any("zram" in item.key for item in of(new)) and not any("zram" in item.key for item in of(ORIN))
    assert "[zram0]" in files(of(DEBIAN))["/etc/systemd/zram-generator.conf.d/60-zaitang.conf"]


def test_limits_of_memory_hold_on_a_pi_too_and_what_recording_keeps_is_kept_above_it() -> None:
    lines = [item for item in of(PI5) if isinstance(item, KernelLine)]
    assert [(line.name, line.words) for line in lines] == [("/boot/firmware/cmdline.txt", ("cgroup_enable=memory",))]
    assert not any(isinstance(item, KernelLine) for item in [*of(DEBIAN), *of(ORIN), *of(PI5, "centre")])
    least = re.search(r"^MemoryMin=.*$", (PROJECT / "systemd/zaitang-recorder.service").read_text(), re.M)
    for machine in TAKEN:
        assert least and least[0] in files(of(machine))["/etc/systemd/system/system.slice.d/zaitang.conf"]


@pytest.mark.parametrize(("rtc", "line"), [
    ("pi5", "dtparam=rtc_bbat_vchg=3000000"), ("ds3231", "dtoverlay=i2c-rtc,ds3231")])
def test_a_battery_clock_is_told_to_the_firmware_of_a_pi_alone(rtc: str, line: str) -> None:
    blocks = [item for item in of(PI5, system=SystemOptions(rtc=rtc)) if isinstance(item, Block)]
    assert [block.lines for block in blocks] == [("[all]", line)]
    assert rtc in RTCS and not any(isinstance(item, Block) for item in [*of(PI5), *of(DEBIAN, system=ALL)])


def test_the_screen_is_for_systems_whose_browser_can_be_shut_in() -> None:
    made = of(DEBIAN, system=SystemOptions(rotate=270))
    assert files(made)["/etc/zaitang/kiosk.env"] == "ZAITANG_ROTATE=270\n"
    assert "/etc/zaitang/kiosk.env" not in files(of(DEBIAN))
    # Whoever installs may sit in front of that screen.
    assert units(made)["zaitang-kiosk.service"].started is False
    for items in (of(ORIN), of(DEBIAN, system=SystemOptions(kiosk=False)), of(DEBIAN, "centre")):
        assert not any("kiosk" in item.key for item in items)


def test_the_lamp_belongs_to_the_box_where_no_group_has_it() -> None:
    pi = Machine("pi5", ("debian", "12"), "aarch64", 64, 50 * 10**9, groups=("video", "gpio"))
    assert "/etc/udev/rules.d/71-zaitang-gpio.rules" in files(of(DEBIAN)) and (
        "/etc/udev/rules.d/71-zaitang-gpio.rules" not in files(of(pi)))


def test_the_disk_comes_before_every_folder_of_ours() -> None:
    keys = [item.key for item in plan(DEBIAN, Options("box", SOURCE, system=ALL))]
    assert keys.index("command:mount") < keys.index("folder:/var/lib/zaitang")
    mount = files(before_items(DEBIAN, Options("box", SOURCE, system=ALL)))["/etc/systemd/system/var-lib-zaitang.mount"]
    assert "What=/dev/disk/by-label/zaitang\nWhere=/var/lib/zaitang\n" in mount
    assert before_items(DEBIAN, Options("box", SOURCE)) == []


@pytest.mark.parametrize("label", ["zaitang", "zaitang-data", "a.b_c-1"])
def test_a_disk_that_comes_late_or_again_is_mounted_and_what_stopped_goes_on(tmp_path: Path, label: str) -> None:
    made = files(before_items(DEBIAN, Options("box", SOURCE, system=SystemOptions(data_disk=label))))
    for path, text in made.items():
        (tmp_path / path[1:]).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path[1:]).write_text(text)
    escaped = subprocess.run(["systemd-escape", "-p", "--suffix=device", f"/dev/disk/by-label/{label}"],
                             capture_output=True, text=True, check=True).stdout.strip()
    names = ("var-lib-zaitang.mount", "disk-zaitang.service")
    subprocess.run(["systemctl", f"--root={tmp_path}", "enable", *names], check=True, capture_output=True, timeout=60)
    links = {str(path.relative_to(tmp_path / "etc/systemd/system")) for path in tmp_path.rglob("*.wants/*")}
    assert links == {f"local-fs.target.wants/{names[0]}", f"{escaped}.wants/{names[0]}", f"{names[0]}.wants/{names[1]}"}


def test_the_disk_is_refused_in_words_before_anything_is_placed(host_of: Callable[..., Host]) -> None:
    first = before_items(DEBIAN, Options("box", SOURCE, system=ALL))[0]
    assert not first.done(host_of())
    with pytest.raises(Exception, match="needs a machine that runs"):
        first.do(host_of())


def test_placed_twice_nothing_is_left_to_do_and_removed_nothing_is_left(host_of: Callable[..., Host]) -> None:
    items = [item for item in of(DEBIAN, system=ALL) if isinstance(item, File) or item.kind == "settled"]
    host = host_of()
    before = set(host.root.rglob("*"))
    assert install(host_of(), items, "box") == len(items) and missing(host_of(), items) == []
    assert install(host_of(), items, "box") == 0
    assert host.text(SETTLED)
    # Another rule: the machine is told of it once more.
    other = [item for item in of(DEBIAN) if isinstance(item, File) or item.kind == "settled"]
    assert {item.name for item in missing(host_of(), other)} == {
        "/etc/zaitang/machine.json", "/etc/zaitang/firewall.nft", SETTLED}
    remove(host_of(), "box")
    left = set(host.root.rglob("*")) - before
    assert {path.name for path in left} <= {"installed.json"}


def test_of_the_users_the_one_of_the_evidence_alone_stays(
    host_of: Callable[..., Host], monkeypatch: pytest.MonkeyPatch,
) -> None:
    ran: list[tuple[object, ...]] = []
    monkeypatch.setattr(Host, "run", lambda host, *words: ran.append(words))
    host = host_of()
    host.at("/etc/passwd").write_text("zaitang:x:990:990::/:\nzaitang-kiosk:x:991:991::/:\n")
    host.at("/var/lib/zaitang/box").mkdir(parents=True)
    for name in ("zaitang-kiosk", "zaitang"):
        undo(host, f"user:{name}", {})
    assert ran == [("userdel", "zaitang-kiosk")]


def test_what_is_told_to_the_machine_are_its_own_programs() -> None:
    assert {words[0] for words in STEPS} == {"systemctl"}
    assert "nftables-zaitang.service" in units(of(DEBIAN))
    assert any("nftables-zaitang.service" in words for words in STEPS)


@pytest.mark.parametrize("machine", [PI5, ORIN, DEBIAN])
def test_drop_ins_are_what_systemd_reads(machine: Machine) -> None:
    for name, text in files(of(machine, system=ALL)).items():
        if name.startswith(("/etc/systemd/", "/etc/rpi/")):
            read = configparser.RawConfigParser(strict=False)
            read.optionxform = str  # type: ignore[assignment,method-assign]
            read.read_string(re.sub(r"\\\n\s*", "", text))
            assert read.sections(), name
    seconds = re.findall(r"RuntimeWatchdogSec=(\d+)", files(of(machine))["/etc/systemd/system.conf.d/zaitang.conf"])
    assert seconds == ["15" if machine.is_pi else "60"]


def test_systemd_takes_the_units_and_timers(tmp_path: Path) -> None:
    shutil.copytree("/usr/lib/systemd/system", tmp_path / "usr/lib/systemd/system", symlinks=True)
    made = files([*of(DEBIAN, system=ALL), *before_items(DEBIAN, Options("box", SOURCE, system=ALL))])
    for name in ("tmp.mount", "var-lib-zaitang.mount", "disk-zaitang.service", "apt-daily.timer.d/zaitang.conf"):
        path = tmp_path / "etc/systemd/system" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(made[f"/etc/systemd/system/{name}"])
    (path.parents[1] / "apt-daily.service").write_text("[Service]\nType=oneshot\nExecStart=/bin/true\n")
    (path.parents[1] / "apt-daily.timer").write_text("[Timer]\nOnCalendar=*-*-* 6,18:00\nPersistent=true\n")
    (tmp_path / "bin").mkdir()
    for program in ("true", "sh"):
        (tmp_path / "bin" / program).touch(0o755)
    done = subprocess.run(["systemd-analyze", "verify", f"--root={tmp_path}", "tmp.mount", "var-lib-zaitang.mount",
                           "disk-zaitang.service", "apt-daily.timer"], capture_output=True, text=True, timeout=60,
                          check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_chrony_takes_what_it_is_told(tmp_path: Path) -> None:
    chronyd = shutil.which("chronyd", path="/usr/sbin:/usr/bin")
    if chronyd is None:
        pytest.skip("chronyd is not here: apt-get install chrony")
    made = files(of(DEBIAN, system=ALL))
    text = made["/etc/chrony/conf.d/zaitang.conf"] + made["/etc/chrony/sources.d/zaitang.sources"]

    def read(text: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "chrony.conf").write_text(text)
        return subprocess.run([chronyd, "-p", "-f", str(tmp_path / "chrony.conf")], capture_output=True, text=True,
                              timeout=30, check=False)

    done = read(text)
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.splitlines()) >= {"rtcsync", "makestep 1 3", "server ntp.example iburst prefer"}
    assert read(text + "rtcsynchronously\n").returncode != 0


def test_the_kernel_knows_every_setting() -> None:
    for name, text in files(of(DEBIAN)).items():
        if name.startswith("/etc/sysctl.d/"):
            for key, value in re.findall(r"^([a-z_.-]+) = (\d+)$", text, re.M):
                assert value and Path("/proc/sys", *key.split(".")).exists(), key
            assert not re.sub(r"^(#.*|[a-z_.-]+ = \d+|)$", "", text, flags=re.M).strip()


def test_udev_takes_the_rules() -> None:
    rules = sorted(SYSTEM.glob("*.rules"))
    asked = subprocess.run(["systemd-analyze", "--version"], capture_output=True, text=True, check=True)
    assert all(re.fullmatch(r'([A-Z_]+(\{[\w/]+\})?(==|=)"[^"]*"(, )?)+', line) for rule in rules
               for line in rule.read_text().splitlines() if not line.startswith("#"))
    if int(asked.stdout.split()[1]) < 254 or shutil.which("udevadm") is None:
        pytest.skip("udevadm verify came with systemd 254, and is not here")
    done = subprocess.run(["udevadm", "verify", "--no-summary", *rules], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_browser_may_open_the_page_of_the_box_and_its_own_and_nothing_else() -> None:
    policy = json.loads((SYSTEM / "kiosk/policy.json").read_text())
    show = (SYSTEM / "kiosk/show").read_text()
    assert policy["URLBlocklist"] == ["*"]
    assert policy["URLAllowlist"] == [
        "http://127.0.0.1:8080", "file:///opt/zaitang/current/provisioning/system/kiosk/waiting.html"]
    unit = (PROJECT / "systemd/zaitang-kiosk.service").read_text()
    assert "ExecStart=/bin/sh /opt/zaitang/current/provisioning/system/kiosk/start\n" in unit
    assert '"file://$here/waiting.html"' in show and "http" not in show
    assert policy["VideoCaptureAllowed"] is False and policy["AudioCaptureAllowed"] is False
    assert 'PAGE = "http://127.0.0.1:8080/"' in (SYSTEM / "kiosk/waiting.html").read_text()
