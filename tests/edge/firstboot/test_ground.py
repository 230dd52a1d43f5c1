"""Where a new box is made: it is one whole, or as one that never asked, whenever the power fails."""
from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

import pytest

from edge.config import CameraConfig, VisionConfig, load_box
from edge.firstboot import ground as module
from edge.firstboot.cameras import Found, check_named, chosen
from edge.firstboot.errors import CameraTwice, NoCameras, NoRoomCamera, NoTerminalCamera, OtherName
from edge.firstboot.ground import NEW, become, find_ground, forget
from edge.identity.errors import JoinedAlready
from edge.identity.join import Answer, Broker
from edge.identity.tls import waiting_key
from edge.keys import load_device_key
from edge.setup import FolderNotEmpty, make_box
from evidence.errors import BadShape
from tests.evidence.making import Site


class Approved:
    """A site that certified the box of a ground."""

    def __init__(self, folder: Path, device: str = "box-101", lang: str = "zh") -> None:
        self.ground = find_ground(folder)
        self.answer = Answer("approved", certificate="c", device=device, room="101 “大”教室", policy="demo", lang=lang,
                             broker=Broker(None, 8883, True), centre="centre")

    def become(self, *cameras: CameraConfig, pack: str = "builtin") -> None:
        become(self.ground, self.answer, "pin", "localhost", "https://localhost:8471", "123456", cameras, pack)


@pytest.fixture
def certified(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `join.take` does with real certificates is tested with a real centre (tests/contract/test_first_boot.py)."""
    def take(folder: Path, *_: object) -> None:
        for name in ("root.crt", "device.crt"):
            (folder / "keys" / name).write_text("x")

    monkeypatch.setattr(module, "take", take)
    monkeypatch.setattr(module, "read_certificate", lambda _: Site().root)


def test_the_box_is_what_a_person_called_it(tmp_path: Path, certified: None) -> None:
    box = tmp_path / "box"
    Approved(box).become(CameraConfig("room", "rtsp://10.0.0.9/a\"b", "room"))
    config = load_box(box)
    assert (config.device, config.room, config.policy, config.lang) == ("box-101", "101 “大”教室", "demo", "zh")
    assert config.enrol.code == "123456" and [one.source for one in config.cameras] == ["rtsp://10.0.0.9/a\"b"]
    assert {one.name for one in box.iterdir()} == {"box.toml", "keys", "video"}
    with pytest.raises(JoinedAlready):
        find_ground(box)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_pack_that_the_machine_has_is_named_in_its_settings(tmp_path: Path, certified: None, lang: str) -> None:
    made = Approved(tmp_path / "box", lang=lang)
    made.become(CameraConfig("room", "v4l2:/dev/video0", "room"), pack="opencv")
    assert load_box(tmp_path / "box").vision == VisionConfig("opencv")


def test_a_disk_that_is_mounted_there_is_no_hindrance(tmp_path: Path, certified: None) -> None:
    box = tmp_path / "box"
    (box / "lost+found").mkdir(parents=True)
    Approved(box).become()
    assert (box / "keys" / "device.crt").exists()


@pytest.mark.parametrize("moves", [0, 1, 2])
def test_power_that_fails_while_the_pieces_move_loses_nothing(
    tmp_path: Path, certified: None, monkeypatch: pytest.MonkeyPatch, moves: int,
) -> None:
    box, left, rename = tmp_path / "box", [moves], os.rename

    def fails(source: Path, target: Path) -> None:
        if Path(target).parent == box:
            if not left[0]:
                raise KeyboardInterrupt
            left[0] -= 1
        rename(source, target)

    made = Approved(box)
    key = load_device_key(made.ground.keys).public_key()
    with monkeypatch.context() as patch:
        patch.setattr(module.os, "rename", fails)
        with pytest.raises(KeyboardInterrupt):
            made.become()
    assert not (box / "keys" / "device.crt").exists()
    with pytest.raises(JoinedAlready):
        find_ground(box)
    assert load_device_key(box / "keys").public_key() == key and load_box(box).device == "box-101"
    assert not (box / NEW).exists()


def test_the_keys_stay_until_the_centre_refuses_them(tmp_path: Path) -> None:
    first = find_ground(tmp_path / "box")
    key, tls = load_device_key(first.keys).public_key(), waiting_key(first.keys).public_key()
    again = find_ground(tmp_path / "box")
    assert (load_device_key(again.keys).public_key(), waiting_key(again.keys).public_key()) == (key, tls)
    other = forget(again)
    assert load_device_key(other.keys).public_key() != key and waiting_key(other.keys).public_key() != tls


def test_a_folder_that_somebody_made_keeps_its_name_and_settings(tmp_path: Path, certified: None) -> None:
    box = tmp_path / "box"
    make_box(box, "box-7", "demo", "7", "en")
    with (box / "box.toml").open("a") as file:
        file.write('\n[enrol]\ncode = "999999"\n[[cameras]]\nid = "room"\nsource = "v4l2:/dev/video9"\n')
    with pytest.raises(OtherName):
        Approved(box).become()
    Approved(box, "box-7").become(CameraConfig("terminal", "v4l2:/dev/video0", "terminal"))
    config = load_box(box)
    assert (config.device, config.enrol.code, len(config.cameras)) == ("box-7", "999999", 1)


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "box").mkdir()
    (tmp_path / "box" / "letter.txt").write_text("x")
    with pytest.raises(FolderNotEmpty):
        find_ground(tmp_path / "box")


def test_a_camera_that_cannot_be_one_changes_nothing(tmp_path: Path, certified: None) -> None:
    made = Approved(tmp_path / "box")
    with pytest.raises(BadShape):
        made.become(CameraConfig("room", "not a source", "room"))
    assert not (tmp_path / "box" / "box.toml").exists()
    made.become()


def test_only_cameras_that_were_found_are_taken() -> None:
    found = [Found("picamera2:0", "imx708", "room"), Found("v4l2:/dev/video0", "USB", "terminal")]
    made = chosen({"picamera2:0": "room", "v4l2:/dev/video0": "", "gst:rm": "terminal", "v4l2:/x": "room"}, " ", found)
    assert [(one.id, one.source) for one in made] == [("room", "picamera2:0")]
    assert [one.source for one in chosen({"picamera2:0": "x"}, "rtsp://a/b ", found)] == ["rtsp://a/b"]
    for roles, network in (({"picamera2:0": "room"}, "rtsp://a/b"),
                           ({"picamera2:0": "room", "v4l2:/dev/video0": "room"}, "")):
        with pytest.raises(CameraTwice):
            chosen(roles, network, found)


@pytest.mark.parametrize(("roles", "refused"), [
    ((), NoCameras), (("terminal",), NoRoomCamera), (("room",), NoTerminalCamera), (("room", "terminal"), None)])
def test_a_place_without_a_camera_is_told(roles: tuple[Any, ...], refused: type[Exception] | None) -> None:
    with contextlib.nullcontext() if refused is None else pytest.raises(refused):
        check_named([CameraConfig(role, "v4l2:/dev/video0", role) for role in roles])
