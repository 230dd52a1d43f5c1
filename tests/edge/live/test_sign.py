"""The sign for the people in the room: there before anything is sent, fresh while it lasts, gone afterwards."""
from __future__ import annotations

import json
import stat
import time
from pathlib import Path

import pytest

from edge.live.sign import AGAIN_S, BELIEVED_S, NAME, TOUCH_S, Sign


class Seconds:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_it_is_written_anew_every_two_seconds_and_removed_at_the_end(tmp_path: Path) -> None:
    path, seconds, wall = tmp_path / NAME, Seconds(), iter(range(1000, 2000))
    path.write_text("of a process that was killed")
    sign = Sign(path, lambda: next(wall), seconds)
    assert not path.exists() and not sign.shown
    sign.show("video", 7)
    assert json.loads(path.read_text()) == {"form": "video", "since_us": 7, "told_us": 1000} and sign.shown
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    seconds.now += AGAIN_S / 2
    sign.show("video", 7)
    assert json.loads(path.read_text())["told_us"] == 1000
    seconds.now += AGAIN_S
    sign.show("video", 7)
    assert json.loads(path.read_text())["told_us"] == 1001
    sign.show("pictures", 7)
    assert json.loads(path.read_text())["form"] == "pictures"
    sign.hide()
    assert not path.exists() and not sign.shown
    sign.hide()
    assert list(tmp_path.iterdir()) == []


def test_who_takes_over_begins_no_new_look(tmp_path: Path) -> None:
    path, seconds = tmp_path / NAME, Seconds()
    sign = Sign(path, lambda: 0, seconds)
    for since_us in (7, 900, 5):
        sign.show("video", since_us)
        assert json.loads(path.read_text())["since_us"] == min(7, since_us), "an order took the place of another one"
    for pause_s, since_us in ((TOUCH_S - 1, 5), (TOUCH_S, 900)):
        sign.hide()
        seconds.now += pause_s
        sign.hide()
        sign.show("video", 900)
        assert json.loads(path.read_text())["since_us"] == since_us, "the list of looks joins what follows so soon"


def test_what_is_not_written_any_more_is_not_shown(tmp_path: Path) -> None:
    seconds = Seconds()
    sign = Sign(tmp_path / NAME, lambda: 0, seconds)
    sign.show("video", 7)
    (tmp_path / (NAME + ".new")).mkdir()
    seconds.now += BELIEVED_S - 1
    with pytest.raises(OSError):
        sign.show("video", 7)
    assert sign.shown
    seconds.now += 2
    assert not sign.shown


def test_a_machine_that_slept_shows_nothing_until_it_is_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    sign = Sign(tmp_path / NAME, lambda: 0)
    sign.show("video", 7)
    assert sign.shown
    real = time.clock_gettime_ns
    asleep_ns = {time.CLOCK_BOOTTIME: 3600 * 10**9}
    monkeypatch.setattr(time, "clock_gettime_ns", lambda clock: real(clock) + asleep_ns.get(clock, 0))
    assert not sign.shown
    sign.show("video", 7)
    assert sign.shown
