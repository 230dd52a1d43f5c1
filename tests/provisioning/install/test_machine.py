"""Which machines are taken, and that every refusal says what to do, in both languages."""
from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from provisioning.install.machine import GB, Machine, board_of, look, refusals
from tests.provisioning.install.conftest import DEBIAN

PI5 = dataclasses.replace(DEBIAN, board="pi5", arch="aarch64")
ORIN = dataclasses.replace(DEBIAN, board="jetson", arch="aarch64", system=("ubuntu", "22.04"))
TAKEN = [DEBIAN, PI5, dataclasses.replace(PI5, board="pi4", system=("debian", "13")), ORIN,
         dataclasses.replace(DEBIAN, system=("ubuntu", "24.04")), dataclasses.replace(ORIN, board="pc", arch="x86_64")]
REFUSED = [({"bits": 32}, "box", "64-bit"), ({"arch": "riscv64"}, "box", "x86_64 or aarch64"),
           ({"system": ("raspbian", "12")}, "box", "not supported"), ({"system": ("", "")}, "box", "not supported"),
           ({"system": ("debian", "11")}, "centre", "use Debian 12 or 13"), ({"board": "pi"}, "box", "Pi 4 or a Pi 5"),
           ({"board": "jetson"}, "box", "JetPack 6"), ({"system": ("ubuntu", "22.04")}, "centre", "24.04"),
           ({"free_bytes": 3 * GB}, "box", "8 GB are needed"), ({"is_root": False}, "box", "sudo")]


@pytest.mark.parametrize("machine", TAKEN)
def test_these_become_boxes(machine: Machine) -> None:
    assert refusals(machine, "box", first=True) == [] and machine.python in ("3.11", "3.12", "3.13")


@pytest.mark.parametrize(("change", "end", "words"), REFUSED)
def test_others_are_refused_with_what_to_do(change: dict[str, object], end: str, words: str) -> None:
    found = refusals(dataclasses.replace(DEBIAN, **change), end, first=True)  # type: ignore[arg-type]
    assert len(found) == 1 and words in found[0].en and found[0].zh and words != found[0].zh


def test_a_machine_that_has_it_already_needs_no_more_room() -> None:
    assert refusals(dataclasses.replace(DEBIAN, free_bytes=1), "box", first=False) == []


@pytest.mark.parametrize(("model", "board"), [
    ("Raspberry Pi 5 Model B Rev 1.0", "pi5"), ("Raspberry Pi Compute Module 5 Rev 1.0", "pi5"),
    ("Raspberry Pi 4 Model B Rev 1.5", "pi4"), ("Raspberry Pi Compute Module 4 Rev 1.1", "pi4"),
    ("Raspberry Pi 3 Model B Plus Rev 1.3", "pi"), ("NVIDIA Jetson Orin Nano Developer Kit", "jetson"), ("", "pc")])
def test_boards_by_their_device_tree(model: str, board: str) -> None:
    assert board_of(model, tegra=False) == board


def test_a_root_folder_is_read(tmp_path: Path) -> None:
    for name, text in (("etc/os-release", 'NAME="Debian"\nID=debian\nVERSION_ID="12"\n# a comment\n'),
                       ("etc/group", "root:x:0:\nvideo:x:44:\ngpio:x:997:\nsystemd-journal:x:999:\nsecret:x:1:\n"),
                       ("proc/device-tree/model", "Raspberry Pi 5 Model B Rev 1.0\0")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = look(tmp_path)
    assert (found.board, found.system) == ("pi5", ("debian", "12"))
    assert (found.groups, found.booted) == (("video", "gpio", "systemd-journal"), False)
    (tmp_path / "nothing").mkdir()
    assert look(tmp_path / "nothing").system == ("", "")
