"""A recorder that is fed: breaks are cut and told, lost packets are told, and the camera comes back by itself."""
from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from edge.cameras.again import Absent
from edge.cameras.errors import NoKeyframe
from edge.cameras.file import open_file
from edge.cameras.port import Packet, Source
from edge.errors import BadVideo, WrongCodec
from edge.recorder.feed import Feed
from edge.recorder.process import overrun
from edge.recorder.sessions import OneSession
from evidence.bodies import Alarm

from .conftest import Bench


class Fragile:
    """A file played as a camera that breaks when it is told to."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.info, self.first_mono_us, self.duration_us = source.info, source.first_mono_us, None
        self.lost, self.breaks, self.closed, self.ended = 0, False, False, False

    def read(self, wait_s: float) -> Packet | None:
        if self.breaks:
            raise BadVideo(source="camera", why="pulled")
        return self._source.read(wait_s)

    def close(self) -> None:
        self.closed = True
        self._source.close()


def until(feed: Feed, hand: Bench, wanted: Any) -> None:
    deadline = time.monotonic() + 60
    while not wanted():
        assert time.monotonic() < deadline
        hand.clock.forward(0.1)  # type: ignore[attr-defined]
        feed.step(0.001)


def test_what_breaks_is_cut_told_and_opened_again(hand: Bench, film: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("edge.cameras.again.WAITS_S", (0.01,))
    opened: list[Fragile] = []

    def open() -> Source:
        if len(opened) == 1 and not refused:
            refused.append(1)
            raise WrongCodec(source="camera", codec="mjpeg")
        opened.append(Fragile(open_file(f"file:{film}", hand.clock)))
        return opened[-1]

    refused: list[int] = []
    first = open()
    recorder = hand.recorder(first)
    feed = Feed(recorder, "room", first, open, overrun(recorder, hand.sealer))
    until(feed, hand, lambda: recorder.status()["stretch_us"] > 2_000_000)  # type: ignore[operator]
    opened[0].lost = 7
    feed.step(0)
    feed.step(0)
    opened[0].breaks = True
    feed.step(0)
    assert opened[0].closed and str(feed.trouble) == "camera cannot be read as video: pulled"
    assert recorder.status()["recording"] is False and recorder.status()["silent"] is True
    until(feed, hand, lambda: isinstance(feed.trouble, WrongCodec) or len(opened) == 2)
    until(feed, hand, lambda: feed.trouble is None)
    until(feed, hand, lambda: recorder.status()["stretch_us"] > 2_000_000)  # type: ignore[operator]
    recorder.close("end")
    feed.close()
    assert opened[1].closed and refused
    assert [(one.began, one.cut) for one in hand.segments() if one.cut] == [("start", "gap"), ("gap", "end")]
    alarms = [body for body in hand.bodies() if isinstance(body, Alarm)]
    assert [body.code for body in alarms] == ["camera.overrun", "camera.broken"]
    assert dict(alarms[0].params) == {"camera": "room"}


def test_a_session_ends_while_there_is_no_camera(hand: Bench) -> None:

    def never() -> Source:
        raise BadVideo(source="camera", why="not plugged in")

    demand = OneSession(hand.clock.mono_us() + 3_000_000)

    recorder = hand.recorder(Absent(), demand)  # type: ignore[arg-type]
    feed = Feed(recorder, "room", None, never, overrun(recorder, hand.sealer))
    until(feed, hand, lambda: demand.current is None and feed.trouble is not None)
    feed.close()
    assert hand.alarms() == ["camera.broken"] and hand.segments() == []


def test_a_camera_that_never_sends_a_keyframe_is_told_as_that_and_once(hand: Bench, monkeypatch: Any) -> None:
    monkeypatch.setattr("edge.cameras.again.WAITS_S", (0.01,))
    tried: list[int] = []

    def open() -> Source:
        tried.append(1)
        raise NoKeyframe(source="camera", seconds=15)

    recorder = hand.recorder(Absent())  # type: ignore[arg-type]
    feed = Feed(recorder, "room", None, open, overrun(recorder, hand.sealer))
    until(feed, hand, lambda: len(tried) > 3)
    recorder.close("end")
    feed.close()
    assert hand.alarms().count("camera.no_keyframes") == 1 and set(hand.alarms()) == {
        "camera.broken", "camera.no_keyframes"}
