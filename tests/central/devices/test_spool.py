"""The disk on which the broker keeps what waits: that it cannot be written is stated, once until it can."""
from __future__ import annotations

import os
from pathlib import Path

import pytest

from central.devices import spool
from central.devices.spool import KEPT, LEAST, Spool, ailing
from central.wiring import Centre


def told(centre: Centre) -> list[object]:
    with centre.store.read() as tx:
        return [one.record.body["params"] for one in tx.of_type("alarm") if one.record.body["code"] == "broker.disk"]


def disk(monkeypatch: pytest.MonkeyPatch, free: int, flags: int = 0) -> None:
    real = os.statvfs("/")
    values = list(real)
    values[1], values[4], values[8] = 4096, free // 4096, flags
    monkeypatch.setattr(os, "statvfs", lambda _: os.statvfs_result(values))


def test_it_is_stated_once_until_all_is_well(centre: Centre, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Spool(centre.store, tmp_path)
    for free, flags in ((1 << 30, 0), (0, 0), (0, 0), (1 << 30, 0), (1 << 30, os.ST_RDONLY), (0, os.ST_RDONLY)):
        disk(monkeypatch, free, flags)
        watch.look()
    assert told(centre) == [{"why": "full"}, {"why": "read_only"}]


def test_what_was_saved_needs_its_room_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk(monkeypatch, LEAST + 8192)
    assert ailing(tmp_path) is None
    with (tmp_path / KEPT).open("wb") as file:
        file.truncate(LEAST + 16384)
    assert ailing(tmp_path) == "full"


def test_a_folder_that_is_gone_cannot_be_written(tmp_path: Path) -> None:
    assert spool.ailing(tmp_path / "none") == "read_only"
