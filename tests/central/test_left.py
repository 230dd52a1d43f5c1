"""Chains that a box left before all of it came: what it invents beside them hides none."""
from __future__ import annotations

import pytest

from central.ingest import collector as collector_module
from central.ingest.collector import MOST_TOLD, Message
from central.ingest.left import MOST_BEFORE, left_behind
from central.wiring import Centre
from evidence.bodies import Body, ChainBegun, SessionStart
from evidence.heartbeats import heartbeat_of, seal_heartbeat
from evidence.records import Sealed, Stamp
from evidence.times import MINUTE
from tests.central.helpers import MORNING, REAL, Box, FixedClock


@pytest.fixture
def box(centre: Centre) -> Box:
    """Two records that are at the centre, and three that it never sent."""
    made = Box(centre)
    made.genesis()
    for number in range(4):
        made.append(SessionStart("welder-1", f"s-{number}", "button"), MORNING + number)
    centre.collector().take(made.messages()[:2])
    return made


def another(centre: Centre, box: Box, number: int, *bodies: Body) -> Box:
    """A chain that the holder of the box's key began."""
    made = Box(centre, box.device, f"{number:032x}")
    made.signer, made.certificate = box.signer, box.certificate
    made.genesis()
    for body in bodies:
        made.append(body, MORNING)
    return made


def beat(box: Box, head: Sealed) -> Message:
    made = heartbeat_of(head, Stamp("b0", head.record.mono_us + 1, head.record.utc_us + 1, REAL), 0, {})
    return Message(box.device, seal_heartbeat(made, box.signer), "heartbeats")


def left(centre: Centre) -> dict[object, object]:
    """Which chains the centre says were left, and what was their last record."""
    with centre.store.read() as tx:
        told = [one.record.body for one in tx.of_type("alarm")]
    return {one["params"]["before"]: one["params"]["last"] for one in told if one["code"] == "chain.left"}


def test_one_record_that_leaves_two_chains_behind_is_told_of_both(centre: Centre, box: Box) -> None:
    """A chain of nothing, begun in between, must not take the place of the one that held something."""
    collector = centre.collector()
    collector.take(another(centre, box, 1).messages())
    begun = ChainBegun(box.chain, 4, box.sealed[4].hash, 1, "card replaced")
    new = another(centre, box, 2, begun, SessionStart("welder-1", "s", "button"))
    for _ in range(2):
        collector.take(new.messages())
    centre.collector().take(new.messages())
    assert left(centre) == {f"{1:032x}": 0, box.chain: 4}
    with centre.store.read() as tx:
        assert len(tx.of_type("alarm")) == 2


def test_chains_of_nothing_hide_none_that_held_something(centre: Centre, box: Box) -> None:
    collector = centre.collector()
    collector.take([beat(box, box.sealed[4])])
    for number in range(MOST_BEFORE + 5):
        collector.take(another(centre, box, number).messages())
    collector.take(another(centre, box, 99, SessionStart("welder-1", "s", "button")).messages())
    assert left(centre)[box.chain] == 4


def test_a_box_that_invents_chains_is_not_looked_at_each_time(
    centre: Centre, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would hold up all others: for each chain all chains, orders and alarms would be read."""
    collector, looked = centre.collector(), []
    monkeypatch.setattr(collector_module, "left_behind", lambda *some: looked.append(1) or left_behind(*some))
    for number in range(MOST_TOLD + 15):
        collector.take(another(centre, box, number, SessionStart("welder-1", "s", "button")).messages())
    assert len(left(centre)) == MOST_TOLD and len(looked) < MOST_TOLD + 2


def test_who_has_many_alarms_stated_before_a_class_has_none_the_less_in_it(
    centre: Centre, box: Box, clock: FixedClock
) -> None:
    collector = centre.collector()
    for number in range(MOST_TOLD + 5):
        collector.take(another(centre, box, number, SessionStart("welder-1", "s", "button")).messages())
    clock.utc_us += 24 * 60 * MINUTE
    begun = ChainBegun(box.chain, 4, box.sealed[4].hash, 1, "card replaced")
    collector.take(another(centre, box, 99, begun).messages())
    assert left(centre)[box.chain] == 4
