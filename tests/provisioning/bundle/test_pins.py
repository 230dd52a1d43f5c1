"""Nothing that a target needs is missing in a bundle: by markers, by tags, and by what wheels themselves ask for."""
from __future__ import annotations

from pathlib import Path

import pytest

from provisioning.bundle.__main__ import targets
from provisioning.bundle.errors import NotComplete, UnknownArch, UnknownPython
from provisioning.bundle.pins import bundled, complete, read_pins, unresolved, without_wheel
from provisioning.bundle.targets import PYTHONS, Target
from tests.project.conftest import ROOT
from tests.provisioning.bundle.making import a_wheel

PI, NEWER, PC = Target("aarch64", "3.11"), Target("aarch64", "3.13"), Target("x86_64", "3.11")
LIST = f"""\
# made by hand
one==1.0 \\
    --hash=sha256:{'a' * 64} \\
    --hash=sha256:{'b' * 64}
two==1.0 ; python_full_version < '3.12' \\
    --hash=sha256:{'c' * 64}
two==2.0 ; python_full_version >= '3.12' \\
    --hash=sha256:{'d' * 64}
never==1.0 ; sys_platform == 'win32' \\
    --hash=sha256:{'e' * 64}
"""


def test_a_list_is_asked_for_its_target_and_not_for_the_python_that_reads_it() -> None:
    pins = read_pins(LIST)
    assert [(pin.name, pin.version) for pin in pins if pin.needed(PI)] == [("one", "1.0"), ("two", "1.0")]
    assert [(pin.name, pin.version) for pin in pins if pin.needed(NEWER)] == [("one", "1.0"), ("two", "2.0")]
    assert pins[0].hashes == {"a" * 64, "b" * 64}


@pytest.mark.parametrize("arch", PYTHONS)
@pytest.mark.parametrize("name", ["box.txt", "centre.txt"])
def test_the_real_lists_hold_each_project_once_for_every_target(name: str, arch: str) -> None:
    pins = read_pins((ROOT / "provisioning/requirements" / name).read_text("utf-8"))
    for target in (Target(arch, python) for python in PYTHONS[arch]):
        needed = [pin.name for pin in pins if pin.needed(target)]
        assert len(needed) == len(set(needed)) > 50 and "cryptography" in needed
        assert {pin.name for pin in pins} - set(needed) <= {"colorama", "tzdata", "brotlicffi", "opencv-contrib-python"}


@pytest.mark.parametrize(("tags", "runs"), [
    ("py3-none-any", {PI, NEWER, PC}), ("py2.py3-none-any", {PI, NEWER, PC}),
    ("cp311-cp311-manylinux_2_17_aarch64.manylinux2014_aarch64", {PI}), ("cp311-cp311-manylinux1_x86_64", {PC}),
    ("cp37-abi3-manylinux_2_28_aarch64", {PI, NEWER}), ("cp313-cp313-manylinux_2_35_aarch64", {NEWER}),
    ("cp312-abi3-manylinux_2_28_aarch64", {NEWER}), ("py3-none-manylinux_2_28_x86_64", {PC}),
    ("cp311-cp311-manylinux_2_36_aarch64", set()), ("cp311-cp311-musllinux_1_2_aarch64", set()),
    ("cp313-cp313t-manylinux_2_28_aarch64", set()), ("cp311-cp311-macosx_11_0_arm64", set()),
    ("cp314-cp314-manylinux_2_28_aarch64", set()), ("pp311-pypy311_pp73-manylinux_2_28_aarch64", set()),
])
def test_where_a_wheel_runs(tmp_path: Path, tags: str, runs: set[Target]) -> None:
    wheel = a_wheel(tmp_path, "one", tags=tags)
    assert {target for target in (PI, NEWER, PC) if wheel.runs(target)} == runs


def test_a_pinned_package_without_a_wheel_for_one_target_is_named(tmp_path: Path) -> None:
    wheels = [a_wheel(tmp_path, "one", tags="cp311-abi3-manylinux_2_28_aarch64"),
              a_wheel(tmp_path, "two", tags="cp311-cp311-manylinux_2_28_aarch64"), a_wheel(tmp_path, "two", "2.0")]
    assert without_wheel(read_pins(LIST), wheels, [PI, NEWER]) == []
    lacking = ["one 1.0 (Python 3.11, x86_64)", "two 1.0 (Python 3.11, x86_64)"]
    assert without_wheel(read_pins(LIST), wheels, [PC]) == lacking
    with pytest.raises(NotComplete, match=r"two 2\.0 \(Python 3\.13, aarch64\)"):
        complete((), read_pins(LIST), wheels[:2], (), [PI, NEWER])


def test_what_wheels_ask_for_is_followed_to_its_end(tmp_path: Path) -> None:
    wheels = [a_wheel(tmp_path, "zaitang", requires=["one>=1", 'two ; extra == "edge"', 'six ; extra == "dev"']),
              a_wheel(tmp_path, "one", requires=["Three_X[fast]>=2 ; platform_machine == 'aarch64'", "one"]),
              a_wheel(tmp_path, "two", requires=["huge"]),
              a_wheel(tmp_path, "three_x", "2.5", requires=['four ; extra == "fast"', 'five ; extra == "slow"']),
              a_wheel(tmp_path, "four", "1.0")]
    assert unresolved(["zaitang"], wheels, [], PI) == []
    assert unresolved(["zaitang[edge]"], wheels, [], PI) == ["huge (two, Python 3.11, aarch64)"]
    assert unresolved(["zaitang[edge]"], wheels, ["huge ; sys_platform == 'never'"], PI) == []
    assert unresolved(["zaitang"], wheels[:4], [], PI) == ['four; extra == "fast" (three-x, Python 3.11, aarch64)']
    assert unresolved(["zaitang"], wheels[:2], [], PC) == []
    older = [*wheels[:3], a_wheel(tmp_path, "three_x", "1.9"), wheels[4]]
    assert unresolved(["zaitang"], older, [], PI)[0].startswith("Three_X[fast]>=2")


def test_the_list_of_a_bundle_names_its_own_wheels_alone(tmp_path: Path) -> None:
    wheels = [a_wheel(tmp_path, "one"), a_wheel(tmp_path, "two", "2.0")]
    text = bundled(read_pins(LIST), wheels)
    pins = read_pins(text)
    assert [(pin.name, pin.version, pin.hashes) for pin in pins] == [
        (one.name, one.version, {one.sha256}) for one in wheels]
    assert pins[1].marker and "a" * 64 not in text


def test_what_may_be_asked_for() -> None:
    assert targets("aarch64", "") == (PI, NEWER) and targets("x86_64", "3.11") == (PC,)
    assert targets("aarch64", "3.13 3.11") == (PI, NEWER)
    with pytest.raises(UnknownArch):
        targets("armv7l", "")
    with pytest.raises(UnknownPython):
        targets("aarch64", "3.9")
