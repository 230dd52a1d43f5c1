"""What the recorder says: an answer that no recorder gives is that of none."""
from __future__ import annotations

from typing import Any

import pytest

from edge.clock import SystemClock
from edge.terminal.progress import live_of

GOOD = {"recording": True, "session": "s-1", "run": "r-1", "stretch_us": 5, "last_packet_mono_us": 7, "step_age_ms": 3}


@pytest.mark.parametrize("change", [
    {"last_packet_mono_us": None}, {"last_packet_mono_us": "x"}, {"stretch_us": []}, {"step_age_ms": {}},
    {"last_packet_mono_us": float("inf")}, {"step_age_ms": 10**400}])
def test_an_answer_that_no_recorder_gives_is_that_of_none(change: dict[str, Any]) -> None:
    clock = SystemClock()
    good = {**GOOD, "last_packet_mono_us": clock.mono_us()}
    assert live_of(good, clock, 10**12).state == "recording"
    assert live_of({**good, **change}, clock, 10**12).state == "absent"
    assert live_of({"recording": True}, clock, 10**12).state == "absent"
