"""The outbox in the database: which classes are to be looked at, events in order, where targets stand."""
from __future__ import annotations

from pathlib import Path

from central.store.outbox import TargetState, Waiting, Watched
from central.wiring import Centre
from evidence.bodies import Assessment
from tests.central.helpers import MORNING
from tests.central.test_classes import add


def test_a_class_is_woken_by_its_records_and_by_its_time(centre: Centre, tmp_path: Path) -> None:
    add(centre, tmp_path)
    with centre.store.write() as tx:
        tx.wake(0)
        (one,) = tx.to_look_at(MORNING, 10, 5)
        assert one == Watched("welder-1", 0, 0, "")
        tx.watch(Watched("welder-1", MORNING, None, "told"))
        assert tx.to_look_at(MORNING + 100, 10, 5) == []
        tx.watch(Watched("welder-1", MORNING, MORNING + 50, "told"))
        assert tx.to_look_at(MORNING + 49, 10, 5) == [] and len(tx.to_look_at(MORNING + 50, 10, 5)) == 1
        tx.watch(Watched("welder-1", MORNING, None, "told"))
        since = tx.leaves()
        tx.wake(since)
        assert tx.to_look_at(MORNING + 100, 10, 5) == []
        centre.store.append(tx, Assessment("welder-1", "2026-04-02T16:00:00.000000Z"))
        centre.store.append(tx, Assessment("other", "2026-04-02T16:00:00.000000Z"))
        tx.wake(since)
        assert tx.to_look_at(MORNING + 9, 10, 5) == [Watched("other", 0, 0, "")], "nobody is looked at all the time"
        assert tx.to_look_at(MORNING + 10, 10, 5) == [
            Watched("other", 0, 0, ""), Watched("welder-1", MORNING, 0, "told")]
        assert len(tx.to_look_at(MORNING + 10, 10, 1)) == 1


def test_events_come_in_order_and_each_target_stands_for_itself(centre: Centre) -> None:
    with centre.store.write() as tx:
        assert tx.last_event() == 0 and tx.event_after(0) is None
        for number in (1, 2):
            tx.put_event(f"evt_{number}", "flag", "c-1", b"{}", MORNING)
        assert tx.event_after(0) == Waiting(1, "evt_1", "flag", "c-1", b"{}")
        assert tx.event_after(1) == Waiting(2, "evt_2", "flag", "c-1", b"{}") and tx.event_after(2) is None
        assert tx.target("a") == TargetState("a", 0)
        tx.put_target(TargetState("a", 1, 3, MORNING, "HTTP 500"))
        tx.put_target(TargetState("b", 2))
        tx.put_target(TargetState("a", 2, 0, 0, ""))
        assert tx.target("a") == TargetState("a", 2) and tx.target("b") == TargetState("b", 2)
        tx.put_refusal("a", 1, "HTTP 400", MORNING)
        tx.put_refusal("a", 1, "HTTP 422", MORNING)
        assert tx.refusals("a") == [(1, "HTTP 422")] and tx.refusals("b") == []
        tx.forget_refusals("a")
        assert tx.refusals("a") == []
