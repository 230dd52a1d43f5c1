"""Chains that a box left before all of it came: what it invents beside them hides none."""
from __future__ import annotations

import pytest

from central.ingest import collector as collector_module
from central.ingest.collector import Message
from central.ingest.intake import MOST_CHAINS
from central.ingest.left import MOST_BEFORE, left_behind
from central.web.boxes import box_views
from central.wiring import Centre
from evidence.bodies import Body, ChainBegun, SessionStart
from evidence.heartbeats import heartbeat_of, seal_heartbeat
from evidence.receipts import peek_receipt
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


def test_chains_of_nothing_hide_none_that_held_something(centre: Centre, box: Box, clock: FixedClock) -> None:
    collector = centre.collector()
    collector.take([beat(box, box.sealed[4])])
    for number in range(MOST_BEFORE + 5):
        clock.utc_us += 120 * MINUTE
        collector.take(another(centre, box, number).messages())
    collector.take(another(centre, box, 99, SessionStart("welder-1", "s", "button")).messages())
    assert left(centre)[box.chain] == 4


def test_a_record_that_leaves_chains_behind_is_looked_at_once_in_a_batch(
    centre: Centre, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever sends it again and again would hold up all others: for each one all chains are read."""
    collector, looked = centre.collector(), []
    monkeypatch.setattr(collector_module, "left_behind", lambda *some: looked.append(1) or left_behind(*some))
    new = another(centre, box, 1, SessionStart("welder-1", "s", "button"))
    collector.take([*new.messages(), *new.messages()[1:] * 50])
    assert left(centre) == {box.chain: 1} and len(looked) == 1


def test_nothing_that_a_box_has_stated_before_keeps_an_alarm_from_being_stated(
    centre: Centre, box: Box, clock: FixedClock
) -> None:
    """There was a budget for a day: who spent it the evening before left a chain, or forked it, without a word."""
    collector, made = centre.collector(), []
    for number in range(MOST_CHAINS - 2):
        made.append(another(centre, box, number, SessionStart("welder-1", "s", "button")))
        collector.take(made[-1].messages())
    for one in made:  # each is another time further on, as the box says, and each is forked
        one.append(SessionStart("welder-1", "s-2", "button"), MORNING)
        collector.take([beat(one, one.sealed[-1])])
        one.sealed.pop()
        one.sealed.pop()
        one.append(SessionStart("welder-1", "s-3", "button"), MORNING)
        collector.take(one.messages())
    clock.utc_us += 9 * 60 * MINUTE
    begun = ChainBegun(box.chain, 4, box.sealed[4].hash, 1, "card replaced")
    collector.take(another(centre, box, 99, begun).messages())
    box.sealed = box.sealed[:1]
    box.append(SessionStart("welder-1", "s-other", "button"), MORNING)
    collector.take(box.messages())
    assert left(centre)[box.chain] == 4
    with centre.store.read() as tx:
        forked = [one.record.body["params"]["chain"] for one in tx.of_type("alarm")
                  if one.record.body["code"] == "chain.fork"]
    assert len(forked) == len(made) + 1 and forked[-1] == box.chain


def test_a_box_of_many_chains_in_its_years_is_served_as_any_other(centre: Centre, clock: FixedClock) -> None:
    """Cards break, and are restored: each chain names the one before, and one of them was left."""
    collector, known = centre.collector(), None
    for number in range(1, 26):
        clock.utc_us += 24 * 60 * MINUTE
        box = Box(centre, "box-1", f"{number:032x}") if known is None else another(centre, known, number, ChainBegun(
            known.chain, len(known.sealed) - 1, known.sealed[-1].hash, 0, "restored"))
        if known is None:
            box.genesis()
        box.append(SessionStart("welder-1", f"s-{number}", "button"), MORNING)
        sent = box.messages()[:-1] if number == 24 else box.messages()
        (receipt,) = collector.take(sent)
        assert peek_receipt(receipt.envelope).up_to == len(sent) - 1
        known = box
    assert left(centre) == {f"{24:032x}": 2}
    with centre.store.read() as tx:
        assert tx.quarantined() == [] and len(tx.of_type("alarm")) == 1 and len(tx.heads("box-1")) == 25
        lines = [one for one in box_views(tx, "centre", MORNING, "en") if one.device == "box-1"]
    assert (len(lines), lines[0].state, lines[-1].chain) == (21, "5 earlier chains are not listed", known.chain)
    assert [one.chain for one in lines if one.trouble] == [f"{24:032x}"]
