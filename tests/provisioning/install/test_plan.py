"""What an installation consists of, for each end and each machine."""
from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from central.centre_toml import TEMPLATES
from edge.firstboot.told import FILE, Told, read_told
from provisioning.install.ends import TOLD, _brought, centre_toml
from provisioning.install.host import Host
from provisioning.install.items import File, Item
from provisioning.install.machine import LOG_GROUP
from provisioning.install.options import Options
from provisioning.install.packages import Packages
from provisioning.install.plan import plan
from provisioning.install.release import CURRENT, Release, Source, read_source
from provisioning.install.said import InstallError
from provisioning.install.user import User
from provisioning.install.words import wrong
from tests.provisioning.install.conftest import DEBIAN
from tests.provisioning.install.test_machine import ORIN, PI5, TAKEN

PROJECT = Path(__file__).parents[3]
SOURCE = read_source(PROJECT)


def names(items: list[Item], kind: str) -> list[str]:
    return [item.name for item in items if item.kind == kind]


@pytest.mark.parametrize("end", ["box", "centre"])
def test_an_end_gets_its_own_units_and_the_sandbox(end: str) -> None:
    units = {path.rpartition("/")[2] for path in names(plan(DEBIAN, Options(end, SOURCE)), "file")
             if path.startswith("/etc/systemd/system/")}
    other = {"box": "centre", "centre": "box"}[end]
    for path in (PROJECT / "systemd").glob("zaitang-*.*"):
        if path.is_file():
            text = path.read_text()
            foreign = path.name == f"zaitang-{other}.target" or (
                f"zaitang-{other}.target" in text and f"zaitang-{end}.target" not in text)
            only = {"zaitang-backup": "centre", "zaitang-kiosk": "box"}.get(path.stem)
            assert (path.name in units) == (end == only if only else not foreign), path
    assert "sandbox.conf" in units


@pytest.mark.parametrize("machine", TAKEN)
def test_what_is_done_last_makes_it_run(machine: object) -> None:
    items = plan(machine, Options("box", SOURCE))  # type: ignore[arg-type]
    keys = [item.key for item in items]
    assert len(set(keys)) == len(keys)
    assert keys.index("release:/opt/zaitang/releases/" + SOURCE.version) < keys.index("link:/opt/zaitang/current")
    assert keys[-1] == "unit:zaitang-box.target"
    assert all(item.says.zh != item.says.en for item in items)


def test_a_pi_uses_what_its_system_brings_for_cameras_and_others_do_not() -> None:
    for machine, brings in ((PI5, True), (ORIN, False), (DEBIAN, False)):
        items = plan(machine, Options("box", SOURCE))
        packages = next(item for item in items if isinstance(item, Packages))
        release = next(item for item in items if isinstance(item, Release))
        assert release.system_packages is ("python3-picamera2" in packages.lines) is brings
        assert packages.lines[0] == f"python{machine.python}"


def test_a_box_is_made_only_if_the_operator_names_it() -> None:
    assert names(plan(DEBIAN, Options("box", SOURCE)), "command") == []
    assert names(plan(DEBIAN, Options("box", SOURCE, device="box-101")), "command") == ["box"]
    locked = Options("box", SOURCE, device="box-101", keys_file=Path("a"))
    assert names(plan(DEBIAN, locked), "command") == ["box", "keys"]
    options = Options("centre", SOURCE, passphrase_file=Path("a"), backup_file=Path("b"))
    assert names(plan(DEBIAN, options), "command") == ["mosquitto", "centre", "backup"]
    options = dataclasses.replace(options, keys_file=Path("c"))
    assert names(plan(DEBIAN, options), "command") == ["mosquitto", "centre", "centre-keys", "backup"]


def test_a_second_end_on_the_machine_shares_the_release() -> None:
    items = plan(DEBIAN, Options("centre", SOURCE, others=("box",)))
    assert [item.ends for item in items if isinstance(item, Release)] == [("box", "centre")]


def test_a_bundle_brings_packages_and_packs(tmp_path: Path) -> None:
    for name in ("provisioning", "systemd"):
        (tmp_path / name).symlink_to(PROJECT / name)
    (tmp_path / "release.toml").write_text('version = "1.2.3"\narch = "aarch64"\n')
    for name in ("debs/a_1_arm64.deb", "packs/x.onnx"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    source = read_source(tmp_path)
    assert source == Source(tmp_path, "1.2.3", True)
    items = plan(PI5, Options("box", source))
    assert names(items, "command") == ["packs"]
    assert next(item for item in items if isinstance(item, Packages)).debs == tmp_path / "debs"


def test_of_a_mirror_the_packs_are_taken_whose_detector_it_holds(host_of: Callable[..., Host]) -> None:
    host = host_of()
    models = host.at(CURRENT) / "lib/python3.11/site-packages/models"
    models.parent.mkdir(parents=True)
    models.symlink_to(PROJECT / "models")
    shared = {"face_landmarker.task", "2.7_80x80_MiniFASNetV2.pth"}
    assert _brought(host, {*shared, "face_detection_yunet_2023mar.onnx"}) == ["opencv"]
    assert _brought(host, {*shared, "det_10g.onnx", "face_detection_yunet_2023mar.onnx"}) == ["insightface", "opencv"]
    assert _brought(host, shared) == []


@pytest.mark.parametrize("text", ["", 'version = "../x"\n', 'version = ""\n', "version = 3\n"])
def test_a_folder_that_is_no_source_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "release.toml").write_text(text)
    with pytest.raises(InstallError):
        read_source(tmp_path)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_settings_of_a_centre_for_boxes_elsewhere(lang: str) -> None:
    old = tomllib.loads(TEMPLATES[lang].format(test="false", database=""))
    new = tomllib.loads(centre_toml(TEMPLATES[lang].format(test="false", database=""), ("centre.example",)))
    assert new["broker"] == old["broker"] | {"tls": True, "port": 8883}
    assert new["devices"] == old["devices"] | {"host": "0.0.0.0", "names": ["centre.example", "localhost", "127.0.0.1"]}
    assert {key: value for key, value in new.items() if key not in ("broker", "devices")} == {
        key: value for key, value in old.items() if key not in ("broker", "devices")}
    with pytest.raises(InstallError, match="has no"):
        centre_toml("[broker]\n", ())


def test_a_box_is_told_of_its_centre_as_the_first_boot_reads_it(tmp_path: Path) -> None:
    pin = "9f" * 32
    options = Options("box", SOURCE, centre="https://centre.example:8471", pin=pin, console="https://centre.example")
    (item,) = [one for one in plan(DEBIAN, options) if isinstance(one, File) and one.name == TOLD]
    (tmp_path / "told.toml").write_bytes(item.bytes())
    assert read_told(tmp_path / "told.toml") == Told("https://centre.example:8471", pin, "https://centre.example")
    assert str(FILE) == TOLD and item.mode & 0o044 == 0o044
    assert not [one for one in plan(DEBIAN, Options("box", SOURCE)) if one.name == TOLD]
    for change in ({"pin": ""}, {"pin": "9f"}, {"centre": "http://centre.example"}, {"console": "https://x/path?q"},
                   {"centre": 'https://x"\nroot = "'}):
        assert wrong(dataclasses.replace(options, **change), tmp_path, dry=True)
    assert not wrong(options, tmp_path, dry=True)


def test_the_user_of_either_end_may_read_the_log_and_that_of_a_box_open_cameras() -> None:
    machine = dataclasses.replace(DEBIAN, groups=("video", LOG_GROUP))
    for end, groups in (("box", ("video", LOG_GROUP)), ("centre", (LOG_GROUP,))):
        users = [one for one in plan(machine, Options(end, SOURCE)) if isinstance(one, User)]
        assert {one.name: one.groups for one in users}["zaitang"] == groups


def test_every_file_item_is_read_from_the_source() -> None:
    assert all(item.bytes() for item in plan(DEBIAN, Options("box", SOURCE)) if isinstance(item, File))


def test_a_plan_does_not_depend_on_who_runs_it() -> None:
    other = dataclasses.replace(DEBIAN, is_root=False)
    assert plan(DEBIAN, Options("box", SOURCE)) == plan(other, Options("box", SOURCE))
