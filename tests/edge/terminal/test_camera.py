"""The terminal's camera that is not there: it is tried again after longer and longer pauses."""
from __future__ import annotations

import time

import pytest

from edge.cameras import again
from edge.cameras.port import Source
from edge.errors import EmptyVideo
from edge.terminal.camera import Camera


def test_a_camera_that_is_not_there_is_tried_less_and_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(again, "WAITS_S", (0.01, 0.02, 60.0))
    tries = []

    def absent() -> Source:
        tries.append(time.monotonic())
        raise EmptyVideo(source="x")

    camera = Camera(absent, time.monotonic)
    camera.start()
    until = time.monotonic() + 60
    while len(tries) < 3 and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(0.2)
    assert len(tries) == 3 and camera.silent
    camera.stop()
    assert not camera._thread.is_alive()
