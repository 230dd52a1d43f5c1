"""The day: its troubles leave presses alone; what must be found is told by pictures, and disagreement is told."""
from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.day import oracle, plan
from bench.day.memory import BAND, Growth, Memory
from bench.figures.day import GROWS_MB, _line

WHOLE = [int(plan.second_of(one.presses[0])) for one in plan.DAY]
ENDS = [int(plan.second_of(one.presses[1])) for one in plan.DAY]
ABSENT = "p-7"


def runs(*holes: tuple[int, int]) -> list[list[int]]:
    """What is recorded of the day but these seconds."""
    found = []
    for start, end in zip(WHOLE, ENDS, strict=True):
        edges = [start, *(edge for hole in holes if start <= hole[0] < end for edge in hole), end]
        found += [list(range(first, last)) for first, last in zip(edges[::2], edges[1::2], strict=True)]
    return found


def findings(bad_theory: tuple[str, ...] = (), bad_practice: tuple[str, ...] = ()) -> list[dict[str, object]]:
    def of(rule: str, code: str, bad: tuple[str, ...]) -> dict[str, object]:
        return {"rule": rule, "result": "violated" if bad else "satisfied",
                "reasons": [{"code": code, "params": {"id": name}} for name in bad]}

    neither = [{"code": "r4_neither", "params": {"trainees": [ABSENT]}} for _ in plan.MISSED]
    faces = 4 * plan.PEOPLE - len(plan.MISSED)
    return [of("R1", "hour_not_covered", bad_theory), of("R2", "stretch_short", bad_practice),
            {"rule": "R3", "flag": True, "recordings": list(plan.MISSED), "trainees": [ABSENT]},
            {"rule": "R4", "reasons": [{"code": "r4_signed", "params": {"faces": faces}}, *neither]}]


def said(recorded: list[list[int]], told: list[dict[str, object]]) -> list[str]:
    return oracle.differences(oracle.hours(recorded), told, 60, 900, ABSENT)


def test_a_day_without_a_hole_has_every_hour_whole() -> None:
    hours = oracle.hours(runs())
    assert [(one.missing_s, one.longest_s) for one in hours] == [(0, 3300)] * 8
    assert said(runs(), findings()) == []


def _hole(name: str, minute: int, seconds: int) -> tuple[int, int]:
    start = next(start for half_day in plan.DAY for hour, start, _ in half_day.hours if hour == name)
    first = int(plan.second_of(start)) + 60 * minute
    return first, first + seconds


def test_what_is_missing_makes_a_theory_hour_bad_beyond_the_tolerance() -> None:
    more, less = runs(_hole("theory-1-2", 10, 70)), runs(_hole("theory-1-2", 10, 50))
    assert said(more, findings(("theory-1-2",))) == [] and said(less, findings()) == []
    assert len(said(more, findings())) == 1 and len(said(less, findings(("theory-1-2",)))) == 1


def test_two_short_holes_are_added_up() -> None:
    assert said(runs(_hole("theory-2-1", 10, 40), _hole("theory-2-1", 30, 40)), findings(("theory-2-1",))) == []


def test_practice_needs_its_minutes_in_one_piece() -> None:
    chopped = runs(*(_hole("practice-1-1", minute, 40) for minute in (0, 14, 28, 42)))
    assert said(chopped, findings((), ("practice-1-1",))) == []
    assert len(said(chopped, findings())) == 1
    assert said(runs(_hole("practice-1-1", 20, 600)), findings()) == []


def test_an_hour_at_the_very_limit_may_be_found_on_either_side() -> None:
    narrow = runs(_hole("theory-1-2", 10, 62))
    assert said(narrow, findings()) == said(narrow, findings(("theory-1-2",))) == []


@pytest.mark.parametrize(("rule", "change"), [
    ("R3", {"flag": False}), ("R3", {"trainees": []}), ("R3", {"recordings": ["theory-2"]}), ("R1", {"result": "open"}),
    ("R4", {"reasons": []}),
])
def test_a_finding_that_says_otherwise_is_told(rule: str, change: dict[str, object]) -> None:
    told = [{**one, **change} if one["rule"] == rule else one for one in findings()]
    assert said(runs(), told)


@given(seed=st.integers(0, 1 << 31))
def test_nothing_is_broken_at_a_press_and_everything_comes_back(seed: int) -> None:
    troubles = plan.troubles(seed)
    assert [one.at for one in troubles] == sorted(one.at for one in troubles)
    presses = [press for half_day in plan.DAY for press in half_day.presses]
    drawn = [one for one in troubles if one.what == "kill" and one.whom != "recorder"]
    assert all(abs(one.at - press) >= plan.QUIET for one in drawn for press in presses)
    assert len(drawn) > 50 and {one.what for one in troubles} == {"kill", "stop", "fill", "power"}
    assert all(one.at < one.until < plan.DAY[-1].presses[1] for one in troubles if one.until is not None)
    assert not [one for one in drawn if one.whom in plan.CENTRE and one.at > plan.LAST_CENTRE]


def test_the_clock_never_skips_what_is_filmed() -> None:
    for at, to in plan.SKIPS:
        assert at < to
        assert not any(half_day.check_in < to and at < half_day.presses[1] + datetime.timedelta(minutes=5)
                       for half_day in plan.DAY)


def test_memory_is_that_of_the_longest_life(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = iter([*([10.0] * 8), *([20.0] * 4 + [40.0] * 4 + [50.0] * 8)])
    monkeypatch.setattr("bench.day.memory.pss_mb", lambda pid: next(sizes))
    memory = Memory()
    for pid, looks in ((1, 8), (2, 16)):
        for _ in range(looks):
            memory.look("sync", pid)
    memory.look("sync", 0)
    (found,) = memory.growth()
    assert (found.quarters_mb, found.grown_mb, found.samples) == ((20.0, 40.0, 50.0, 50.0), 10.0, 16)
    assert found.lives == 2


def lived(monkeypatch: pytest.MonkeyPatch, *lives: list[float]) -> Growth:
    sizes = iter([one for life in lives for one in life])
    monkeypatch.setattr("bench.day.memory.pss_mb", lambda pid: next(sizes))
    memory = Memory()
    for pid, life in enumerate(lives, 1):
        for _ in life:
            memory.look("sync", pid)
    (found,) = memory.growth()
    return found


def test_lives_are_compared_at_the_same_age(monkeypatch: pytest.MonkeyPatch) -> None:
    """Young lives have less: that a day ends with a young one hides no growth, and that it begins with one is none."""
    young, old = [20.0] * BAND, [24.0] * BAND
    day = [young + old] * 3
    same = lived(monkeypatch, *day, young, young)
    assert (same.early_late_mb, same.lives, same.grown_mb) == ((20.0, 20.0), 5, 4.0)
    assert not _line(same).endswith("GROWS")
    later = [one + GROWS_MB + 1 for one in young]
    more = lived(monkeypatch, *day, later, later)
    assert more.early_late_mb == (20.0, 26.0) and _line(more).endswith("    20.0    26.0  GROWS")


def test_one_long_life_has_no_age_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    found = lived(monkeypatch, [*([20.0] * BAND * 4), *([30.0] * BAND * 4)])
    assert found.early_late_mb is None and found.grown_mb == 10.0
    assert "—" in _line(found) and _line(found).endswith("GROWS")
