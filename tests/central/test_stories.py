"""Stories of the console: what a class comes to, by the centre's own keys."""
from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from central.classes import stories
from central.classes.chains import Chains
from central.classes.kept import Kept
from central.classes.orders import boxes_of
from central.wiring import Centre
from evidence.bodies import Alarm, CentreLook, DeviceRevoked, Review, Survey
from evidence.fold import fold
from evidence.receipts import peek_receipt
from evidence.rules import findings
from evidence.seal import read_sealed
from evidence.times import HOUR, utc_text
from tests.central.helpers import MORNING, Box, FixedClock
from tests.central.overview.conftest import City, worker_of


def test_the_console_believes_no_checkpoint_that_the_centre_did_not_sign(
    played: Centre, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same key as an auditor's: else the two would tell different stories of one class."""
    logs: list[object] = []

    def told(*args: Any, log: object, **named: Any) -> object:
        logs.append(log)
        return fold(*args, log=log, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(stories, "fold", told)
    stories.Stories(played.store, played.clock).tell("welder-1")
    assert logs == [played.tree().key]


def test_nothing_of_other_classes_at_the_centre_tells_of_this_one(
    centre: Centre, clock: FixedClock, tmp_path: Path,
) -> None:
    """A story from what the centre says of the class, its keys and its beginning is the story from its whole chain."""
    city = City(centre, clock, tmp_path, worker_of(centre, clock))
    places = {"welder-1": "box-1", "welder-2": "box-1", "cook-1": "box-2"}
    orders = {one: city.add(one, box, shared=one == "welder-2") for one, box in places.items()}
    boxes = {device: city.box(device) for device in ("box-1", "box-2")}
    for class_id, order in orders.items():
        start = MORNING + (24 * HOUR if class_id == "welder-2" else 0)
        city.teach(boxes[order.boxes[0].device], class_id, [one.person for one in order.roster[:2]], start=start)
        with centre.store.write() as tx:
            centre.store.append(tx, Review(class_id, "2026-03-02-am", "missing", "looked", "Wang"))
            centre.store.append(tx, Alarm("clock.apart", {"device": "box-1", "apart_s": 900}))
            centre.store.append(tx, Alarm("chain.left", {"device": order.boxes[0].device}))
            centre.store.append(tx, Survey(class_id, utc_text(clock.utc_us), 3, 3, 3, "a" * 64))
            centre.store.append(tx, CentreLook("li", "class", "supervisor", class_id))
    with centre.store.write() as tx:
        centre.store.append(tx, DeviceRevoked("box-2", boxes["box-2"].signer.keyid, "lost"))
    clock.utc_us -= HOUR
    with centre.store.write() as tx:
        centre.store.append(tx, Alarm("centre.clock", {"why": "put_right", "signed": utc_text(clock.utc_us + HOUR)}))
    clock.utc_us += 9 * HOUR
    for class_id in orders:
        with centre.store.read() as tx:
            told = stories.tell(centre.store, tx, class_id, clock.utc_us)
            heads = [head for device in boxes_of(tx, class_id) for head in tx.heads(device)]
            records = [read_sealed(one).record for head in [*heads, *tx.heads(centre.store.device)]
                       for one in tx.chain_envelopes(head.device, head.chain, head.up_to)]
            receipts = {(head.device, head.chain): [
                peek_receipt(one) for _, one in tx.receipts(head.device, head.chain)] for head in heads}
        whole = fold(records, class_id, told.policy, receipts=receipts, log=centre.store.log)
        assert told.story == whole and told.findings == findings(whole, told.policy, clock.utc_us)
        assert bool(told.story.revoked) is (class_id == "cook-1")
        assert told.story.centre_ahead and told.story.watched and told.story.survey and told.story.looks


def test_a_chain_is_read_once_and_anew_after_the_database_was_set_back(centre: Centre, clock: FixedClock) -> None:
    box, chains = Box(centre), Chains()
    box.genesis()
    for number in (1, 2):
        box.append(Alarm("a", {"n": number}), MORNING)
    centre.collector().take(box.messages())
    with centre.store.read() as tx:
        head = tx.heads("box-1")[0]
        first = chains.read(tx, head)
        assert [one.seq for one in first.records] == [0, 1, 2] and first.receipts[-1].up_to == 2
        assert chains.read(tx, head) is first
        body = first.body(first.records[2])
        assert body == Alarm("a", {"n": 2}) and chains.read(tx, head).body(first.records[2]) is body
        back = dataclasses.replace(head, up_to=1, head_hash=box.sealed[1].hash)
        again = chains.read(tx, back)
        assert [one.seq for one in again.records] == [0, 1] and not again.bodies
        kept = again.body(again.records[1])
    box.append(Alarm("a", {"n": 3}), MORNING)
    centre.collector().take(box.messages())
    with centre.store.read() as tx:
        grown = chains.read(tx, tx.heads("box-1")[0])
        assert [one.seq for one in grown.records] == [0, 1, 2, 3] and grown.receipts[-1].up_to == 3
        assert list(grown.records) == [one.record for one in box.sealed] and grown.body(grown.records[1]) is kept


@pytest.mark.parametrize("named", [[], {"a": 1}, 7, None, "welder-1"])
def test_a_record_of_a_kind_that_nobody_knows_keeps_no_class_from_being_judged(
    centre: Centre, clock: FixedClock, tmp_path: Path, named: object,
) -> None:
    """A box may send records of a later version, and whoever has its key any body."""
    city = City(centre, clock, tmp_path, worker_of(centre, clock))
    city.add("welder-1")
    box = city.box()
    box.say("of.tomorrow", {"class": named}, MORNING)
    city.send(box)
    told = stories.Stories(centre.store, clock).tell("welder-1")
    assert told.story.unknown_records == 1 and told.order.class_id == "welder-1"


def test_what_was_used_longest_ago_goes_first() -> None:
    kept: Kept[str] = Kept(10)
    kept.put("a", "A", 4)
    kept.put("b", "B", 4)
    assert kept.get("a") == "A"
    kept.put("c", "C", 4)
    assert (kept.get("a"), kept.get("b"), kept.get("c"), kept.weight) == ("A", None, "C", 8)
    kept.put("a", "too heavy", 11)
    assert (kept.get("a"), kept.weight) == (None, 4), "an old value must not stay in the place of a new one"
