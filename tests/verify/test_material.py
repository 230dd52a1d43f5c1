"""What a verifier works out of a record before it judges anything."""
from __future__ import annotations

import pytest

from evidence.records import ClockState, Record
from evidence.times import MINUTE, utc_text
from tests.central.helpers import MORNING, segment_of
from verify.material import filmed_us

BOOT = "0" * 8


@pytest.mark.parametrize("rate", [1, 60])
def test_a_file_was_filmed_by_the_clock_of_its_record_however_fast_that_runs(rate: int) -> None:
    segment = segment_of(b"video", MORNING, 60)
    clock = ClockState(True, 0, "ntp" if rate == 1 else "simulated", rate)
    record = Record(1, "segment", "box-1", "0" * 32, 3, "0" * 64, BOOT, segment.last_mono_us + 5 * MINUTE,
                    utc_text(MORNING + 6 * MINUTE), clock, {})
    assert filmed_us(record, segment) == (MORNING, MORNING + MINUTE)
