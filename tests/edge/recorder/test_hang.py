"""A disk that hangs: the recorder still answers, and its answer says that it does not go on; then nothing is lost."""
from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

from common.notify import Watchdog
from edge.cameras.file import open_file
from edge.recorder.feed import Feed
from edge.recorder.process import _status
from edge.storage.files import AppendFile
from edge.terminal.progress import live_of
from evidence.times import SECOND

from .conftest import Bench, HandClock

STEP_S = 0.1


def test_a_disk_that_hangs_is_told_and_costs_nothing_once_it_answers(hand: Bench, film: Path) -> None:
    clock, answers, hangs = hand.clock, threading.Event(), threading.Event()
    assert isinstance(clock, HandClock)

    class Hanging(AppendFile):
        def sync(self) -> None:
            if not answers.is_set():
                hangs.set()
                assert answers.wait(60)
            super().sync()

    answers.set()
    hand.create = Hanging
    source = open_file(f"file:{film}", clock)
    recorder, watchdog = hand.recorder(source), Watchdog(lambda: clock.mono_us() / SECOND)
    feed = Feed(recorder, "room", source, lambda: source, lambda code, params: None)
    answer = _status(recorder, feed, watchdog)

    def play(seconds: float) -> None:
        for _ in range(round(seconds / STEP_S)):
            clock.forward(STEP_S)
            feed.step(0)
            watchdog.step()

    play(6)
    before = live_of(answer(), clock, 2 * SECOND)
    assert before.state == "recording" and before.run is not None and before.run.length_us > 4 * SECOND
    answers.clear()
    thread = threading.Thread(target=play, args=(4,))
    thread.start()
    assert hangs.wait(60)
    clock.forward(7)
    assert live_of(answer(), clock, 2 * SECOND).state == "stuck", "three seconds are a slow disk, seven are not"
    clock.forward(2000)
    told = answer()
    assert told["recording"] and not told["silent"] and int(str(told["step_age_ms"])) > 2_000_000
    assert live_of(told, clock, 2 * SECOND).run is None
    answers.set()
    thread.join(30)
    assert not thread.is_alive()
    recorder.close("end")
    assert [one.cut for one in hand.segments()][-1] == "end" and hand.alarms() == []


def test_an_answer_is_whole_while_alarms_come_and_go(hand: Bench, film: Path) -> None:
    recorder = hand.recorder(open_file(f"file:{film}", hand.clock))
    stop, before = threading.Event(), sys.getswitchinterval()

    def change() -> None:
        while not stop.is_set():
            for number in range(50):
                recorder._alarms[f"a.{number}"] = number
            recorder._alarms.clear()

    thread = threading.Thread(target=change)
    sys.setswitchinterval(1e-6)
    try:
        thread.start()
        until = time.monotonic() + 0.5
        while time.monotonic() < until:
            recorder.status()
    finally:
        stop.set()
        thread.join()
        sys.setswitchinterval(before)
