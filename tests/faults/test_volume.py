"""A volume that is full, read-only or broken under a running recorder: an alarm, nothing false, and on by itself."""
from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.wiring import Box, open_box
from evidence.times import SECOND
from tests.edge.recorder.conftest import make_film
from tests.edge.recorder.test_process import Running, make_box, press
from tests.faults.judging import Runs, alarms, assert_true, media_us

GOP_US = 2 * SECOND
Mount = Callable[..., None]


@pytest.fixture(scope="session")
def large_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten minutes of media at two frames a second, a keyframe every two seconds, about 30 MB."""
    return make_film(tmp_path_factory.mktemp("large") / "large.mp4", 600, fps=2, gop=4, size=(256, 192))


@pytest.fixture
def folder(tmp_path: Path, large_film: Path) -> Path:
    return make_box(tmp_path / "box", large_film)


@pytest.fixture
def mount(folder: Path) -> Iterator[Mount]:
    """Mounts a small tmpfs as the box's volume, and mounts it again with other options."""
    video, mounted = folder / "video", False

    def again(options: str) -> None:
        nonlocal mounted
        command = ["mount", "-t", "tmpfs", "-o", f"remount,{options}" if mounted else options, "tmpfs", str(video)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if not mounted and done.returncode:
            pytest.skip(f"nobody may mount a small volume here: {done.stderr.strip()}")
        assert done.returncode == 0, done.stderr
        mounted = True

    if shutil.which("mount") is None or os.geteuid() != 0:
        pytest.skip("only root may mount a small volume")
    video.mkdir()
    yield again
    if mounted:
        subprocess.run(["umount", "--lazy", str(video)], check=True)


@pytest.fixture
def start() -> Iterator[Callable[[Running], Running]]:
    """Sees to it that what a test started ends with it."""
    started: list[Running] = []

    def note(running: Running) -> Running:
        started.append(running)
        return running

    yield note
    for running in started:
        if running.child.poll() is None:
            running.child.kill()
            running.child.communicate(timeout=40)


class Failing(Running):
    """`zaitang-edge process recorder` on a disk that fails while the flag is there."""

    def __init__(self, folder: Path, flag: Path) -> None:
        self.folder = folder
        command = [sys.executable, "-m", "tests.faults.failing", str(flag), str(folder / "video"),
                   "--lang", "en", "process", "recorder", "--box", str(folder)]
        self.child = subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def begin(box: Box, running: Running) -> None:
    """The start press, as soon as the recorder answers."""
    running.until(lambda one: True)
    press(box)


def refused_and_back(box: Box, running: Running, breaks: Callable[[], None], mends: Callable[[], None]) -> int:
    """Record; the volume breaks and is mended; record again to the end press. How much was recorded before, in µs."""
    begin(box, running)
    before = running.until(lambda one: one["stretch_us"] > 12 * SECOND)
    breaks()
    status = running.until(lambda one: one["refused"] is not None)
    assert not status["recording"] and status["session"] == "s-1"
    assert [one["code"] for one in status["alarms"] if one["code"].startswith("storage.")]
    mends()
    on_again(running)
    press(box, end=True)
    running.until(lambda one: one["session"] is None and one["pending"] == 0)
    return int(before["stretch_us"])


def on_again(running: Running) -> None:
    """It goes on by itself, and the alarm is over."""
    status = running.until(lambda one: one["recording"] and one["stretch_us"] > 4 * SECOND and one["refused"] is None)
    assert not [one for one in status["alarms"] if one["code"].startswith("storage.")]


def judged(folder: Path, film: Path, running: Running, told: set[str]) -> Runs:
    """End the recorder; its folder holds the truth, and an alarm of these."""
    code, _, err = running.end()
    assert code == 0 and "Traceback" not in err, err
    runs = assert_true(folder, film)
    assert not list((folder / "video" / "journal").iterdir())
    found = [code for code in alarms(folder) if code.startswith("storage.")]
    assert found and set(found) <= told, found
    assert "segment.damaged" not in alarms(folder)
    return runs


def in_order(runs: Runs) -> list[int]:
    """The length of each run, in order of time."""
    return [media_us(one) for one in sorted(runs.values(), key=lambda run: run[0].first_mono_us)]


@pytest.mark.long
def test_a_volume_that_fills_up_stops_with_an_alarm_and_goes_on_when_there_is_room(
    folder: Path, mount: Mount, large_film: Path, start: Callable[[Running], Running],
) -> None:
    mount("size=4m")
    box, running = open_box(folder), start(Running(folder))
    begin(box, running)
    running.until(lambda one: one["refused"] is not None)
    assert len(list((folder / "video" / "segments").rglob("*.mp4"))) > 0
    mount("size=40m")
    on_again(running)
    press(box, end=True)
    running.until(lambda one: one["session"] is None and one["pending"] == 0)
    runs = judged(folder, large_film, running, {"storage.full", "storage.failed"})
    box.store.close()
    full = min(runs.values(), key=lambda one: one[0].first_mono_us)
    assert len(runs) >= 2 and sum(one.size for one in full) > 1_500_000


@pytest.mark.long
@pytest.mark.parametrize("code", ["EIO", "EROFS"])
def test_a_disk_that_fails_under_open_files_stops_with_an_alarm_and_goes_on_when_it_is_mended(
    folder: Path, tmp_path: Path, large_film: Path, start: Callable[[Running], Running], code: str,
) -> None:
    flag = tmp_path / "flag"
    box, running = open_box(folder), start(Failing(folder, flag))
    recorded_us = refused_and_back(box, running, lambda: _put(flag, code), flag.unlink)
    runs = judged(folder, large_film, running, {"storage.failed"})
    box.store.close()
    first, *others = in_order(runs)
    assert others and first >= recorded_us - GOP_US


@pytest.mark.long
def test_the_last_byte_taken_by_somebody_else(
    folder: Path, mount: Mount, large_film: Path, start: Callable[[Running], Running],
) -> None:
    """ENOSPC in the middle of a write: whoever fills the volume does not ask for the reserve."""
    mount("size=12m")
    box, running = open_box(folder), start(Running(folder))
    filler = folder / "video" / "filler"
    recorded_us = refused_and_back(box, running, lambda: _fill(filler), filler.unlink)
    runs = judged(folder, large_film, running, {"storage.full", "storage.failed"})
    box.store.close()
    first, *others = in_order(runs)
    assert others and first >= recorded_us - GOP_US


@pytest.mark.long
def test_a_volume_that_turns_read_only_refuses_a_press_with_an_alarm_and_goes_on_when_it_is_writable(
    folder: Path, mount: Mount, large_film: Path, start: Callable[[Running], Running],
) -> None:
    """The kernel mounts nothing read-only over files that are being written; EROFS under these is tested above."""
    mount("size=40m")
    box, running = open_box(folder), start(Running(folder))
    running.until(lambda one: True)
    mount("ro")
    press(box)
    status = running.until(lambda one: one["refused"] is not None)
    assert "Read-only" in status["refused"] and not status["recording"]
    mount("rw")
    on_again(running)
    press(box, end=True)
    running.until(lambda one: one["session"] is None and one["pending"] == 0)
    runs = judged(folder, large_film, running, {"storage.failed"})
    box.store.close()
    assert len(runs) >= 1


def _put(flag: Path, code: str) -> None:
    fresh = flag.with_name("fresh")
    fresh.write_text(code)
    fresh.rename(flag)


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError as error:
            assert "No space" in str(error)
