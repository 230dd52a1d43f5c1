"""What is said of each thing, and that whatever is wrong comes with what to do."""
from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.health import Check, State, failed, lines, worst
from common.texts import LANGS
from edge.doctor import judge
from evidence.records import ClockState

WHY = {"zh": "原因", "en": "cause"}
ROLES = {"recorder": True, "sync": True}
SEEN = {"camera_trouble": None, "step_age_ms": 3}


def states(checks: Iterable[Check]) -> list[str]:
    found = list(checks)
    for check in found:
        assert check.state in ("good", "untold") or check.todo or check.about == judge.CLOCK
        for lang in LANGS:
            shown = "\n".join(lines(check, lang))
            assert "{" not in shown and check.says not in ("", shown)
    return [check.state for check in found]


def clock(synced: bool = True, source: str = "kernel") -> ClockState:
    return ClockState(synced, 3000, source, 1)  # type: ignore[arg-type]


@pytest.mark.parametrize(("found", "wanted"), [
    (judge.processes(ROLES, {}), ["good"]),
    (judge.processes({**ROLES, "sync": False}, {}), ["bad"]),
    (judge.processes({**ROLES, "sync": False}, {"sync": WHY}), ["bad"]),
    (judge.processes(dict.fromkeys(ROLES, False), {}), ["bad"]),
    (judge.cameras(["room", "terminal"], SEEN), ["good"]),
    (judge.cameras(["room"], SEEN), ["good", "look"]),
    (judge.cameras(["terminal"], SEEN), ["bad"]),
    (judge.cameras(["room", "terminal"], None), ["bad"]),
    (judge.cameras(["room", "terminal"], {**SEEN, "camera_trouble": WHY}), ["bad"]),
    (judge.cameras(["room", "terminal"], {**SEEN, "step_age_ms": 7_000}), ["bad"]),
    (judge.disk("/v", 50_000, 1_000, 90), ["good"]),
    (judge.disk("/v", 50_000, 1_000, None), ["good"]),
    (judge.disk("/v", 50_000, 1_000, 29), ["look"]),
    (judge.disk("/v", 50_000, 1_000, 6), ["bad"]),
    (judge.disk("/v", 999, 1_000, None), ["bad"]),
    (judge.clock(clock()), ["good"]),
    (judge.clock(clock(synced=False)), ["bad"]),
    (judge.clock(clock(source="simulated")), ["look"]),
    (judge.heat(None, None), ["untold"]),
    (judge.heat(60.0, 0), ["good", "good"]),
    (judge.heat(75.0, None), ["look"]),
    (judge.heat(85.0, None), ["bad"]),
    (judge.heat(60.0, 0x1), ["good", "bad"]),
    (judge.heat(60.0, 0x10000), ["good", "look"]),
    (judge.heat(60.0, 0x4), ["good", "good", "look"]),
    (judge.heat(60.0, 0xE0000), ["good", "good", "look"]),
    (judge.centre({}, None), ["look"]),
    (judge.centre({"c:8883": None}, None), ["good"]),
    (judge.centre({"c:8883": None, "c:8471": "refused"}, "stolen"), ["bad", "good", "bad"]),
    (judge.certificate(300, "2027-01-01"), ["good"]),
    (judge.certificate(13, "2027-01-01"), ["look"]),
    (judge.certificate(-1, "2027-01-01"), ["bad"]),
    (judge.certificate(0, ""), ["bad"]),
    (judge.backlog(0, None, 0, 0, 0), ["good"]),
    (judge.backlog(5, 60, 3, 100, 0), ["good", "good"]),
    (judge.backlog(5, 7_300, 3, 100, 2), ["look", "look"]),
    (judge.backlog(5, 90_000, 0, 0, 0), ["bad"]),
    (judge.pack("opencv", []), ["good"]), (judge.pack("builtin", []), ["look"]),
    (judge.pack("opencv", ["a.onnx"]), ["bad"]),
    (judge.last_segment(None, "gone"), ["untold"]),
    (judge.last_segment("2026-03-02 09:00", "whole"), ["good"]),
    (judge.last_segment("2026-03-02 09:00", "differs"), ["bad"]),
    (judge.last_segment("2026-03-02 09:00", "gone"), ["bad"]),
    ([failed(judge.DISK, WHY)], ["bad"]),
])
def test_each_thing(found: Iterable[Check], wanted: list[str]) -> None:
    assert states(found) == wanted


def test_a_refusal_is_said_in_the_language_of_who_asks() -> None:
    check, = judge.processes({**ROLES, "sync": False}, {"sync": WHY})
    assert "sync refuses: cause" in lines(check, "en")[0] and "原因" in lines(check, "zh")[0]


@given(st.lists(st.sampled_from(["good", "look", "bad", "untold"])))
def test_the_worst_counts(some: list[State]) -> None:
    rank = ["good", "look", "bad"]
    told = [one for one in some if one != "untold"]
    assert worst([Check("x", one, "x") for one in some]) == max(told, key=rank.index, default="good")
