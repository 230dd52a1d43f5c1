"""A cut at every step of removing and moving: the next run makes it good, and no file goes without its record."""
from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.storage import move as moving
from edge.storage.volume import Volume
from edge.store import Store
from evidence.bodies import Segment, body_of
from tests.edge.storage.conftest import OVER, MakeSite, Site, files, with_second
from tests.faults.lossy import SURVIVES, LossyDisk, Survives

STEPS = ("fsync", "rename", "unlink", "mkdir", "rmdir")
ROWS = ("remove", "put_moved", "drop_garbage", "take_back")


class Cut(BaseException):
    """The power is gone."""


class Power:
    """Counts what changes disk or database, and cuts before the given one of them; `log` tells what was done."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.left: int | None = None
        self.log: list[str] = []
        for name in STEPS:
            patch.setattr(os, name, self._counted(name, getattr(os, name)))
        for name in ROWS:
            patch.setattr(Store, name, self._counted(name, getattr(Store, name)))

    def _counted(self, name: str, real: Callable[..., object]) -> Callable[..., object]:
        def step(*args: object, **kwargs: object) -> object:
            if self.left is not None:
                if self.left == 0:
                    raise Cut
                self.left -= 1
            self.log.append(name)
            return real(*args, **kwargs)

        return step


def cut_everywhere(power: Power, fresh: Callable[[], tuple[Site, Callable[[], None]]], check: Callable[[Site], None],
                   finished: Callable[[Site], None]) -> int:
    """Do it, cut before its nth step, look, do it again, look; for every n until nothing is left to cut."""
    for number in range(200):
        site, act = fresh()
        power.left = number
        try:
            act()
        except Cut:
            power.left = None
            check(site)
            act()
            finished(site)
            continue
        power.left = None
        finished(site)
        return number
    raise AssertionError("it never ends")


def prune(site: Site) -> Callable[[], None]:
    def act() -> None:
        keeper = site.keeper
        keeper.sweep()
        keeper.prune(keeper.decisions(keeper.first()), "box box-1", lambda _: None)
        site.receipt(OVER)
        keeper.sweep()

    return act


def removed(site: Site) -> list[str]:
    return [str(one.record.body["segment"]) for one in site.box.store.records_of("segment.removed")]


def segments(site: Site) -> list[Segment]:
    found = [body_of(one.record) for one in site.box.store.records_of("segment")]
    return [one for one in found if isinstance(one, Segment)]


def test_a_removal_that_is_cut_anywhere_is_made_good(make_site: MakeSite, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Site] = []

    def fresh() -> tuple[Site, Callable[[], None]]:
        site = make_site(name=f"box-{len(made)}")
        site.film(0)
        site.years_later()
        made.append(site)
        return site, prune(site)

    def check(site: Site) -> None:
        lost = [one for one in segments(site) if one.file not in site.files()]
        assert {one.sha256 for one in lost} <= set(removed(site))

    def finished(site: Site) -> None:
        assert site.files() == [] and site.box.store.garbage() == []
        assert sorted(removed(site)) == sorted(one.sha256 for one in segments(site))
        assert list((site.box.video / "segments").iterdir()) == []

    power = Power(monkeypatch)
    assert cut_everywhere(power, fresh, check, finished) == 6


def test_the_steps_of_a_removal_stand_in_their_order(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.film(0)
    site.years_later()
    power = Power(monkeypatch)
    prune(site)()
    assert power.log == ["remove", "unlink", "fsync", "rmdir", "fsync", "drop_garbage"]


def test_a_move_that_is_cut_anywhere_is_made_good(
    make_site: MakeSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[Site] = []
    monkeypatch.setattr("edge.storage.volume.filesystem", lambda path: hash(path.name))

    def second(site: Site) -> Path:
        return Path(str(site.box.config.storage.second))

    def fresh() -> tuple[Site, Callable[[], None]]:
        folder = tmp_path / f"second-{len(made)}"
        folder.mkdir()
        site = make_site(with_second(folder), name=f"box-{len(made)}")
        site.film(0)
        made.append(site)

        def act() -> None:
            site.keeper.sweep()
            moving_all(site)

        return site, act

    def check(site: Site) -> None:
        for one in segments(site):
            path = site.box.find_segment(one.file)
            assert path is not None and hashlib.sha256(path.read_bytes()).hexdigest() == one.sha256

    def finished(site: Site) -> None:
        check(site)
        assert site.files() == [] and files(second(site)) == [one.file for one in segments(site)]
        assert site.box.store.garbage() == [] and list((second(site) / "incoming").iterdir()) == []

    power = Power(monkeypatch)
    assert cut_everywhere(power, fresh, check, finished) >= 15


@pytest.mark.parametrize("survives", SURVIVES)
def test_a_copy_that_a_kill_left_with_its_name_in_memory_alone_is_made_durable_before_the_first_one_goes(
    make_site: MakeSite, second: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, survives: Survives,
) -> None:
    site = make_site(with_second(second))
    segment = site.film(0)
    disk = LossyDisk(second, lambda: None)
    with pytest.MonkeyPatch.context() as patch:
        disk.watching(patch)
        with monkeypatch.context() as killing:
            def kill(*_: object) -> None:
                raise Cut

            killing.setattr(Volume, "sync", kill)
            with pytest.raises(Cut):
                moving_all(site)
        assert site.files() == files(second) == [segment.file]
        moving_all(site)
        disk.image(tmp_path / "left", survives, random.Random(1))
        disk.close()
    assert site.files() == [] and files(tmp_path / "left") == [segment.file]
    assert (tmp_path / "left" / "segments" / segment.file).read_bytes() == bytes([0]) * 1000
    assert list((tmp_path / "left" / "incoming").iterdir()) == []


def moving_all(site: Site) -> None:
    keeper = site.keeper
    first = keeper.first()
    list(keeper.move(keeper.to_move(first, True), first, keeper.second(first), lambda _: None))


def test_the_first_copy_goes_last_and_not_before_the_second_was_read_back(
    make_site: MakeSite, second: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    site = make_site(with_second(second))
    site.film(0)
    first = site.keeper.first()
    target = site.keeper.second(first)
    target.check()
    (second / "incoming" / "old.part").write_bytes(b"half")
    power = Power(monkeypatch)
    read: list[str] = []
    real = moving._sha256

    def noticed(path: Path, advance: Callable[[int], None]) -> str:
        power.log.append("read back")
        read.append(path.name)
        return real(path, advance)

    monkeypatch.setattr(moving, "_sha256", noticed)
    keeper = site.keeper
    list(keeper.move(keeper.to_move(first, True), first, target, lambda _: None))
    assert read[0].endswith(".part") and list((second / "incoming").iterdir()) == []
    # What an earlier cut left goes; the copy's bytes; read back; the folder of its run, durably; its place; it and
    # its names, durably; the note.
    assert [step for step in power.log if step != "mkdir"] == [
        "unlink", "unlink", "fsync", "read back", "fsync", "fsync", "rename", "fsync", "fsync", "fsync", "fsync",
        "put_moved", "unlink", "fsync", "rmdir", "fsync", "drop_garbage"]
