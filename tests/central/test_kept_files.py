"""What is kept in files opens for what it was made of, and for nothing else."""
from __future__ import annotations

import resource
import types
from pathlib import Path

import pytest

from central import program
from central.classes import kept_files
from central.classes.kept_files import KeptFiles

KEY = bytes(range(32))
VALUE = {"a": (1, "焊工", types.MappingProxyType({"b": None}))}


@pytest.fixture
def files(tmp_path: Path) -> KeptFiles:
    return KeptFiles(tmp_path / "kept", KEY)


def test_it_opens_for_the_same_alone(files: KeptFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files.put("welder-1", "zh", (1, "x"), VALUE)
    assert files.get("welder-1", "zh", (1, "x")) == VALUE
    assert KeptFiles(tmp_path / "kept", KEY).get("welder-1", "zh", (1, "x")) == VALUE
    for other in (("welder-1", "zh", (1, "y")), ("welder-1", "en", (1, "x")), ("welder-2", "zh", (1, "x"))):
        assert files.get(*other) is None
    (tmp_path / "kept" / "welder-2.zh").write_bytes((tmp_path / "kept" / "welder-1.zh").read_bytes())
    assert files.get("welder-2", "zh", (1, "x")) is None, "a file of another class is none of this one"
    assert KeptFiles(tmp_path / "kept", bytes(32)).get("welder-1", "zh", (1, "x")) is None
    monkeypatch.setattr(kept_files, "program", lambda: "another program")
    assert files.get("welder-1", "zh", (1, "x")) is None


def test_nothing_of_it_can_be_read_and_nothing_changed(files: KeptFiles, tmp_path: Path) -> None:
    files.put("welder-1", "zh", 1, ["张伟" * 100])
    (path,) = (tmp_path / "kept").iterdir()
    whole = path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600 and "张伟".encode() not in whole
    for torn in (b"", whole[:5], whole[:-1], whole[:40] + bytes([whole[40] ^ 1]) + whole[41:]):
        path.write_bytes(torn)
        assert files.get("welder-1", "zh", 1) is None
    files.put("welder-1", "zh", 1, ["again"])
    assert files.get("welder-1", "zh", 1) == ["again"] and len(list((tmp_path / "kept").iterdir())) == 1


def test_a_disk_that_takes_or_gives_nothing_costs_time_alone(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("a file where the folder should be")
    files = KeptFiles(tmp_path / "kept", KEY)
    files.put("welder-1", "zh", 1, VALUE)
    assert files.get("welder-1", "zh", 1) is None


def test_a_disk_that_is_full_keeps_what_was_there_and_nothing_half_written(files: KeptFiles, tmp_path: Path) -> None:
    files.put("welder-1", "zh", 1, VALUE)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, before[1]))
    try:
        files.put("welder-1", "zh", 2, VALUE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["welder-1.zh"]
    assert files.get("welder-1", "zh", 1) == VALUE


def test_the_program_is_its_files() -> None:
    assert program.program() == program.program.__wrapped__() and len(program.program()) == 64
