"""Where live pictures come from: a small stream that serves, else the recorder."""
from __future__ import annotations

import threading

import pytest

from edge.cameras.again import Absent
from edge.live import view as view_module
from edge.live.view import View


class Small(Absent):
    """Stands for a small stream."""


def test_a_small_stream_that_breaks_again_and_again_makes_way_for_the_recorder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    view, stop = View(Small, Absent), threading.Event()
    assert isinstance(view.open(stop), Small)
    assert not isinstance(view.open(stop), Small), "it broke at once"
    assert not isinstance(view.open(stop), Small), "it is not asked again"
    monkeypatch.setattr(view_module, "SHORT_S", 0.0)
    view = View(Small, Absent)
    assert [isinstance(view.open(stop), Small) for _ in range(3)] == [True] * 3, "it was good for a while"
