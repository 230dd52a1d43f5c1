"""Wheels are downloaded by hash, kept, and gone on with: by a real pip, from a registry of two files."""
from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from provisioning.bundle.errors import CommandFailed
from provisioning.bundle.pins import Pin, Wheel
from provisioning.bundle.targets import Target
from provisioning.bundle.wheels import fetch
from tests.provisioning.bundle.making import a_wheel

PI = Target("aarch64", "3.13")


def quiet(_zh: str, _en: str) -> None:
    """Nobody listens."""


def pin(wheel: Wheel, marker: str = "") -> Pin:
    return Pin(wheel.name, wheel.version, marker, frozenset({wheel.sha256}))


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, and a pip that knows no other place."""
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "registry"))
    return tmp_path / "registry"


def test_wheels_of_another_machine_and_python_come_by_their_hash_and_are_kept(registry: Path, tmp_path: Path) -> None:
    one = a_wheel(registry, "one", tags="cp313-cp313-manylinux_2_28_aarch64")
    a_wheel(registry, "one", tags="cp311-cp311-manylinux_2_28_x86_64")
    # Its marker is true there, and false of whatever Python runs this.
    two = a_wheel(registry, "two")
    pins = [pin(one), pin(two, "platform_machine == 'aarch64' and python_full_version >= '3.13'")]
    found = fetch(pins, [PI], tmp_path / "pool", quiet)
    assert set(found) == {one, two} and all(path.is_file() for path in found.values())
    for path in registry.iterdir():
        path.unlink()
    assert fetch(pins, [PI], tmp_path / "pool", quiet) == found


def test_what_has_come_stays_when_the_next_does_not(registry: Path, tmp_path: Path,
                                                    monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("provisioning.bundle.wheels.AT_ONCE", 1)
    one, two = a_wheel(registry, "one"), a_wheel(registry, "two")
    (registry / two.file).rename(tmp_path / two.file)
    with pytest.raises(CommandFailed, match="two==1"):
        fetch([pin(one), pin(two)], [PI], tmp_path / "pool", quiet)
    (registry / one.file).unlink()
    (tmp_path / two.file).rename(registry / two.file)
    assert set(fetch([pin(one), pin(two)], [PI], tmp_path / "pool", quiet)) == {one, two}
    assert not list((tmp_path / "pool").rglob(".part-*"))


def test_another_file_under_the_same_name_is_not_taken(registry: Path, tmp_path: Path) -> None:
    a_wheel(registry, "one")
    other = Pin("one", "1.0", "", frozenset({hashlib.sha256(b"other").hexdigest()}))
    with pytest.raises(CommandFailed, match="HASHES"):
        fetch([other], [PI], tmp_path / "pool", quiet)
    assert not list((tmp_path / "pool").rglob("*.whl"))


def test_what_was_spoilt_in_the_pool_comes_again(registry: Path, tmp_path: Path) -> None:
    one = a_wheel(registry, "one")
    spoilt = a_wheel(tmp_path / "pool" / "aarch64-3.13", "one", requires=["evil"])
    assert spoilt != one
    assert set(fetch([pin(one)], [PI], tmp_path / "pool", quiet)) == {one}
