"""Which wall clocks are believed beside the checkpoints that a box has seen: none that shows a time before them."""
from __future__ import annotations

import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from evidence.bodies import CheckpointSeen
from evidence.chain import next_record
from evidence.clocks import CENTRE_US, ChainClock
from evidence.records import Record, Stamp
from evidence.shape import encode
from evidence.times import MINUTE, SECOND, utc_text
from tests.evidence.making import REAL, SIMULATED, START

TOLERANCE_US = 5 * SECOND
ALLOWED_US = CENTRE_US + TOLERANCE_US + REAL.max_error_us


class Policy:
    accept_simulated, step_tolerance_us = False, TOLERANCE_US


def record(seq: int, at_us: int, boot: str = "b0", body: object = None, clock: object = REAL) -> Record:
    """A record at `at_us` after START by a wall clock that goes on with CLOCK_BOOTTIME."""
    type_ = "alarm" if body is None else "checkpoint.seen"
    plain = {"code": "camera.silent", "params": {}} if body is None else encode(body)
    stamp = Stamp(boot, 3600 * SECOND + at_us, START + at_us, clock)  # type: ignore[arg-type]
    made = next_record(None, device="box-1", chain="0" * 32, type=type_, body=plain, stamp=stamp)
    return dataclasses.replace(made, seq=seq)


def seen(at_us: int) -> CheckpointSeen:
    return CheckpointSeen("o", 1, "0" * 64, utc_text(START + at_us), "A" * 86 + "==")


def doubts(*chain: Record) -> list[str | None]:
    clock = ChainClock(chain, Policy())
    return [clock.doubt(one) for one in chain]


@given(st.integers(-60 * MINUTE, 60 * MINUTE))
def test_a_clock_that_is_behind_a_checkpoint_which_was_seen_is_not_believed(late_us: int) -> None:
    """The checkpoint was signed `late_us` after the box's clock says that it came."""
    late_us -= late_us % SECOND
    told = doubts(record(1, 0), record(2, 60 * MINUTE, body=seen(60 * MINUTE + late_us)), record(3, 61 * MINUTE))
    wrong = late_us > ALLOWED_US
    assert told == [None, "moved" if wrong else None, "moved" if wrong else None]


def test_it_holds_over_a_restart_and_ends_with_a_clock_that_is_right_again() -> None:
    chain = (record(1, 0, body=seen(0)), record(2, -30 * MINUTE, boot="b1"), record(3, 30 * MINUTE, boot="b2"))
    assert doubts(*chain) == [None, "moved", None]


def test_simulated_clocks_and_bodies_that_cannot_be_read_say_nothing_of_it() -> None:
    assert doubts(record(1, 0, body=seen(60 * MINUTE), clock=SIMULATED)) == ["simulated"]
    broken = record(1, 0, body=dataclasses.replace(seen(60 * MINUTE), time="2026-02-30T00:00:00.000000Z"))
    assert doubts(broken, record(2, SECOND)) == [None, None]
