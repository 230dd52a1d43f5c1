"""The clock port: a simulated clock is the same everywhere, never runs back, and its waits are exact."""
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge import clock as clocks
from edge.clock import SimulatedClock, Skip, SystemClock
from evidence.times import SECOND, utc_us

START = utc_us("2026-03-02T01:00:00.000000Z")
NIGHT = Skip(utc_us("2026-03-02T04:00:00.000000Z"), utc_us("2026-03-03T01:00:00.000000Z"))


def simulated(monkeypatch: pytest.MonkeyPatch, boot_us: int, rate: int = 120) -> SimulatedClock:
    monkeypatch.setattr(clocks, "boottime_us", lambda: boot_us)
    return SimulatedClock(START, rate, 1000 * SECOND, "ab", [NIGHT])


def test_a_simulated_clock_waits_for_its_anchor_and_then_runs_at_its_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    assert simulated(monkeypatch, 10 * SECOND).utc_us() == START
    clock = simulated(monkeypatch, 1010 * SECOND)
    assert clock.utc_us() == START + 1200 * SECOND
    stamp = clock.stamp()
    assert stamp.utc_us - START == stamp.mono_us - 1000 * SECOND == 1200 * SECOND
    assert (stamp.clock.source, stamp.clock.rate, stamp.boot_id) == ("simulated", 120, "ab")


def test_a_skip_moves_both_clocks_so_there_is_no_step_between_them(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = simulated(monkeypatch, 1000 * SECOND + 90 * SECOND)
    assert clock.utc_us() == NIGHT.to_us
    assert clock.mono_us() - 1000 * SECOND == NIGHT.to_us - START
    before = simulated(monkeypatch, 1000 * SECOND + 60 * SECOND)
    assert before.seconds_until(before.mono_at(NIGHT.to_us)) == pytest.approx(30)
    assert before.seconds_until(before.mono_at(NIGHT.to_us - SECOND)) == pytest.approx(30)


@given(st.lists(st.integers(0, 10**10), min_size=2, max_size=20), st.integers(1, 5000))
def test_it_never_runs_back_and_its_inverse_is_exact(boots: list[int], rate: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        readings = []
        for boot in sorted(boots):
            clock = simulated(patch, boot, rate)
            readings.append(clock.mono_us())
            assert clock.seconds_until(clock.mono_us()) <= 1e-6
            assert clock.mono_at(clock.utc_us()) == clock.mono_us()
        assert readings == sorted(readings)


def test_the_system_clock_is_the_kernels() -> None:
    clock = SystemClock()
    first, second = clock.stamp(), clock.stamp()
    assert second.mono_us >= first.mono_us and first.boot_id == second.boot_id
    assert first.clock.source == "kernel" and first.clock.rate == 1
    assert abs(clock.mono_at(clock.utc_us()) - clock.mono_us()) < SECOND
