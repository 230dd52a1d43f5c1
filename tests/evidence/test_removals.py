"""Which segments may be absent, and by whose word."""
from __future__ import annotations

from evidence.bodies import RemovedFile, SegmentRemoved, VideoRemoved, body_of
from evidence.removals import removals
from tests.evidence.making import Site

ONE, TWO = "1" * 64, "2" * 64
UNTIL = "2029-03-02T00:00:00.000000Z"


def test_a_chain_removes_what_it_recorded_itself() -> None:
    mine, other = Site().box(), Site().box("box-2")
    said = mine.add("segment.removed", SegmentRemoved(ONE, "kept long enough", "office")).record
    gone = removals([(said, body_of(said))], [])
    assert gone.names(said, "welder-1", ONE) and gone.names(said, None, ONE)
    assert not gone.names(said, "welder-1", TWO)
    assert not gone.names(other.sealed[0].record, "welder-1", ONE)


def test_a_centre_removes_what_counts_for_the_class_of_its_certificate() -> None:
    recorded = Site().box().sealed[0].record
    gone = removals([], [VideoRemoved("welder-1", (RemovedFile(ONE, 5, UNTIL),), "0" * 64), "something else"])
    assert gone.names(recorded, "welder-1", ONE)
    assert not gone.names(recorded, "welder-2", ONE) and not gone.names(recorded, None, ONE)
    assert not gone.names(recorded, "welder-1", TWO)


def test_a_certificate_in_a_chain_of_a_box_removes_nothing() -> None:
    said = Site().box().sealed[0].record
    assert not removals([(said, VideoRemoved("welder-1", (RemovedFile(ONE, 5, UNTIL),), "0" * 64))], []).names(
        said, "welder-1", ONE)
