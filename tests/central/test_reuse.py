"""What the collector states of video that was filmed elsewhere before, and what nobody can make it state."""
from __future__ import annotations

import dataclasses
import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from central.classes.orders import add_class
from central.classes.plan import read_names, read_plan
from central.classes.stories import tell
from central.errors import DatabaseUnusable
from central.ingest.collector import Collector
from central.place import place_of
from central.store.engine import open_engine
from central.store.schema import keyframes
from central.store.tables import Tx
from central.wiring import Centre
from evidence.bodies import Alarm, Picture, VideoReused, body_of
from evidence.records import Sealed
from evidence.reused import KEPT
from evidence.rules import Finding
from evidence.times import MINUTE, SECOND, utc_us
from tests.central.helpers import MORNING, Box, FixedClock, segment_of, write_plan
from tests.evidence.looking import EVERY_US, keys_of, name, people, sample

DAY = 24 * 60 * MINUTE


def film(title: str, count: int = 30) -> list[str]:
    """The hashes of the keyframes of a film."""
    return [name((title, number)) for number in range(count)]


def picture_of(names: Sequence[str], class_id: str, run: str = "r-1", change: int = 9000, sha: str = "") -> Picture:
    samples = tuple(sample(number * EVERY_US, people(1, number), change) for number in range(12))
    return Picture(class_id, run, sha or name((run, *names)) * 4, EVERY_US, samples, keys_of(names, 2000))


def box_of(centre: Centre, device: str, chain: str) -> Box:
    box = Box(centre, device, chain * 32)
    box.genesis()
    return box


def told(centre: Centre) -> list[VideoReused]:
    with centre.store.read() as tx:
        bodies = [body_of(sealed.record) for sealed in tx.of_type("video.reused")]
    return [body for body in bodies if isinstance(body, VideoReused)]


def rows(centre: Centre) -> int:
    with centre.store.read() as tx:
        return len(tx._db.execute(keyframes.select()).all())


class Two:
    """Two boxes with a class each, before one collector."""

    def __init__(self, centre: Centre, clock: FixedClock) -> None:
        self.centre, self.clock = centre, clock
        self.one, self.two = box_of(centre, "box-1", "a"), box_of(centre, "box-2", "b")
        self.collector: Collector = centre.collector()

    def state(self, box: Box, names: Sequence[str], class_id: str, when: int, **changes: object) -> Sealed:
        """A picture record, taken by the centre a minute later."""
        sealed = box.append(picture_of(names, class_id, **changes), when)  # type: ignore[arg-type]
        self.clock.utc_us = when + MINUTE
        self.collector.take(box.messages())
        return sealed

    def refs(self) -> list[tuple[str, int, str, int]]:
        return [(one.record.device, one.record.seq, one.first.device, one.first.seq) for one in told(self.centre)]


@pytest.fixture
def two(centre: Centre, clock: FixedClock) -> Two:
    return Two(centre, clock)


def test_yesterdays_packets_of_another_class_are_told_to_both_with_the_time_of_the_receipt(two: Two) -> None:
    names = film("a class")
    two.state(two.one, names, "welder-1", MORNING)
    later = two.state(two.two, names, "welder-2", MORNING + DAY)
    first, second = told(two.centre)
    assert [first.class_id, second.class_id] == ["welder-1", "welder-2"]
    assert dataclasses.replace(second, class_id="welder-1") == first
    assert two.refs() == [("box-2", later.record.seq, "box-1", 1)] * 2
    assert first.segment == later.record.body["segment"] and first.keys == later.record.body["keys"]
    assert utc_us(str(first.held)) == MORNING + MINUTE


def test_a_copy_that_is_cut_elsewhere_names_all_keyframes_that_it_shares_and_the_latest_receipt(two: Two) -> None:
    one, other, new = film("one"), film("other"), film("new", 6)
    two.state(two.one, one, "welder-1", MORNING, sha="1" * 64)
    two.state(two.one, other, "welder-1", MORNING + 5 * MINUTE, sha="2" * 64)
    two.state(two.two, [*one[18:], *new, *other[:12]], "welder-2", MORNING + DAY)
    said, _ = told(two.centre)
    assert said.keys == keys_of([*one[18:], *new, *other[:12]], 2000)[:24 * 12] + keys_of(
        [*one[18:], *new, *other[:12]], 2000)[24 * 18:]
    assert (said.first.seq, utc_us(str(said.held))) == (1, MORNING + 6 * MINUTE)


def test_different_sensors_that_film_one_class_share_nothing(two: Two) -> None:
    two.state(two.one, film("front"), "welder-1", MORNING)
    two.state(two.two, film("back"), "welder-1", MORNING)
    two.state(two.one, film("front, later"), "welder-1", MORNING + MINUTE)
    assert told(two.centre) == [] and rows(two.centre) == 3 * KEPT


def test_a_box_that_states_old_keyframes_of_another_class_is_the_later_one(two: Two) -> None:
    """Whatever time it claims: what the centre accepted first is first, and stays it."""
    names = film("a class")
    two.state(two.one, names, "welder-1", MORNING)
    two.state(two.two, names, "welder-2", MORNING - 90 * MINUTE, sha="2" * 64)
    two.state(two.two, names, "welder-2", MORNING - 80 * MINUTE, run="r-2", sha="3" * 64)
    assert {(record, first) for record, _, first, _ in two.refs()} == {("box-2", "box-1")}


def test_a_backlog_that_comes_late_says_what_was_here_first_and_since_when(two: Two) -> None:
    """The honest box was offline. Its record comes second, and the receipt is younger than its film: no proof."""
    names = film("a class")
    two.one.append(picture_of(names, "welder-1"), MORNING)
    two.state(two.two, names, "welder-2", MORNING + DAY)
    two.collector.take(two.one.messages())
    said, _ = told(two.centre)
    assert (said.record.device, said.first.device) == ("box-1", "box-2")
    assert utc_us(str(said.held)) > MORNING + DAY


@pytest.mark.parametrize(("changes", "later_us"), [
    ({}, DAY + 2 * SECOND), ({"boot_id": "b0"}, DAY + 2 * SECOND), ({"boot_id": "b9"}, None),
    ({"recovered": True}, None), ({"first_mono_us": 2**53 - 1}, None), ({"sha256": "9" * 64}, None),
])
def test_it_says_by_how_much_later_the_boxes_say_that_the_same_keyframe_was_filmed(
    two: Two, changes: dict[str, object], later_us: int | None
) -> None:
    """By the segment records of both; the copy begins one keyframe earlier."""
    names = film("a class")
    for box, class_id, at_us, shows in ((two.one, "welder-1", MORNING, names),
                                        (two.two, "welder-2", MORNING + DAY, ["0" * 16, *names])):
        segment = segment_of(class_id.encode(), at_us, 60, class_id=class_id)
        box.append(dataclasses.replace(segment, **(changes if box is two.two else {})), at_us + MINUTE)  # type: ignore[arg-type]
        two.state(box, shows, class_id, at_us + 2 * MINUTE, sha=segment.sha256)
    assert [one.later_us for one in told(two.centre)] == [later_us, later_us]


def test_what_comes_in_one_batch_has_no_receipt_yet_and_proves_nothing(two: Two) -> None:
    two.one.append(picture_of(film("a class"), "welder-1"), MORNING)
    two.two.append(picture_of(film("a class"), "welder-2"), MORNING)
    two.collector.take([*two.one.messages(), *two.two.messages()])
    assert [one.held for one in told(two.centre)] == [None, None]


def test_a_box_that_holds_back_its_chain_cannot_hide_who_was_first(two: Two) -> None:
    """It names keyframes at once, but never what came before: no receipt, and the next one takes its place."""
    names = film("a class")
    ghost = box_of(two.centre, "box-3", "c")
    ghost.append(picture_of(names, "ghost"), MORNING)
    two.collector.take(ghost.messages()[1:])
    two.state(two.one, names, "welder-1", MORNING)
    two.state(two.two, names, "welder-2", MORNING + DAY)
    assert [(one.record.device, one.first.device) for one in told(two.centre)] == [
        ("box-1", "box-3")] * 2 + [("box-2", "box-1")] * 2
    assert told(two.centre)[-1].held is not None


def test_the_same_again_in_any_order_is_stated_once(two: Two) -> None:
    names = film("a class")
    two.state(two.one, names, "welder-1", MORNING)
    two.state(two.two, names, "welder-2", MORNING + DAY)
    messages = [*two.one.messages(), *two.two.messages()]
    for seed in range(3):
        random.Random(seed).shuffle(messages)
        two.collector.take(messages)
    assert len(told(two.centre)) == 2 and rows(two.centre) == KEPT


@pytest.mark.parametrize("step", ["keyframes", "leaf_of", "know_keyframes", "advance"])
def test_a_collector_that_dies_before_the_commit_has_stated_nothing_and_then_states_it_once(
    two: Two, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    names = film("a class")
    two.state(two.one, names, "welder-1", MORNING)
    two.two.append(picture_of([*names[:20], *film("new", 10)], "welder-2"), MORNING + DAY)
    two.two.append(picture_of(film("no part of it"), "welder-2", run="r-2"), MORNING + DAY)

    def dies(*_: object) -> None:
        raise OperationalError("", {}, Exception("disk I/O error"))

    with monkeypatch.context() as broken:
        broken.setattr(Tx, step, dies)
        with pytest.raises(DatabaseUnusable):
            two.collector.take(two.two.messages())
    assert told(two.centre) == [] and rows(two.centre) == KEPT
    centre = two.centre
    centre.collector().take(two.two.messages())
    centre.collector().take(two.two.messages())
    assert len(told(centre)) == 2


def test_a_still_test_picture_or_a_black_one_is_neither_remembered_nor_told(two: Two) -> None:
    """Equal bytes from every box of one make; one that counts its pictures even has them in a row."""
    for names in (["0" * 16] * 30, film("counted", 30), [*film("by turns", 2) * 15]):
        for box, class_id in ((two.one, "welder-1"), (two.two, "welder-2")):
            two.state(box, names, class_id, MORNING, change=300)
    assert told(two.centre) == [] and rows(two.centre) == 0


def test_one_run_is_not_compared_with_itself(two: Two) -> None:
    """Its loops are found by whoever reads its records; a segment that is looked at twice is one segment."""
    for number in range(3):
        two.state(two.one, film("a class"), "welder-1", MORNING + number * MINUTE, sha=f"{number}" * 64)
    assert told(two.centre) == []


def test_a_film_of_another_day_is_told_though_the_class_is_the_same(two: Two) -> None:
    """Its session may be put right to another class afterwards; readers leave it out where it is one class."""
    two.state(two.one, film("a class"), "welder-1", MORNING)
    two.state(two.one, film("a class"), "welder-1", MORNING + DAY, run="r-2")
    assert [one.class_id for one in told(two.centre)] == ["welder-1"]


def test_a_flood_of_keyframes_is_remembered_and_answered_by_a_few(two: Two) -> None:
    most = 2700
    for number in range(6):
        two.state(two.one, film(f"flood {number}", most), "welder-1", MORNING + number * MINUTE, run=f"r-{number}")
    assert rows(two.centre) == 6 * KEPT and told(two.centre) == []
    mixed = [one for number in range(6) for one in film(f"flood {number}", most) if one < "1"][:most]
    for number in range(3):
        two.state(two.two, mixed, "welder-2", MORNING + DAY, run=f"m-{number}")
    with two.centre.store.read() as tx:
        envelopes = tx.chain_envelopes(two.centre.store.device, two.centre.store.chain, 10**6)
    assert len(told(two.centre)) == 2 * 3, "one for each class and record, however many it meets"
    assert max(map(len, envelopes)) < 2 * len(two.two.sealed[-1].envelope)


def test_no_more_than_so_many_earlier_records_are_read_for_one(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        two.state(two.one, film(f"film {number}", 4), "welder-1", MORNING, run=f"r-{number}")
    reads: list[int] = []
    at_leaf = Tx.at_leaf
    monkeypatch.setattr(Tx, "at_leaf", lambda self, leaf: (reads.append(leaf), at_leaf(self, leaf))[1])
    monkeypatch.setattr("central.ingest.reuse.MOST_COMPARED", 5)
    two.state(two.two, [one for number in range(20) for one in film(f"film {number}", 4)], "welder-2", MORNING + DAY)
    assert len(set(reads)) == 5 and len(told(two.centre)) == 2


def test_a_whole_file_says_since_when_its_bytes_were_here(two: Two) -> None:
    here = segment_of(b"film", MORNING, 60)
    two.one.append(here, MORNING)
    two.collector.take(two.one.messages())
    two.two.append(dataclasses.replace(here, class_id="welder-2"), MORNING + DAY)
    two.two.append(dataclasses.replace(here, class_id=None, index=1), MORNING + DAY)
    two.collector.take(two.two.messages())
    assert [(one.class_id, one.keys, utc_us(str(one.held)) > 0) for one in told(two.centre)] == [
        ("welder-1", None, True), ("welder-2", None, True), ("welder-1", None, True)]
    assert {one.first.device for one in told(two.centre)} == {"box-1"}


def test_of_many_namings_of_a_file_the_one_that_was_accepted_first_is_first(two: Two) -> None:
    early = box_of(two.centre, "box-0", "c")
    here = segment_of(b"film", MORNING, 60)
    for box, class_id in ((two.two, "welder-2"), (early, "welder-0"), (two.one, "welder-1")):
        box.append(dataclasses.replace(here, class_id=class_id), MORNING + 10 * SECOND)
        two.collector.take(box.messages())
    assert {one.first.device for one in told(two.centre)} == {"box-2"}


PLAN = """\
class = "{class_id}"
title = "焊工"
policy = "sanmenxia-2023"
boxes = [{{ device = "{device}", room = "101" }}]
hours = [{{ kind = "practical", start = {day}T08:30:00, end = {day}T09:15:00 }}]
"""


def filmed(two: Two, box: Box, class_id: str, start_us: int, title: str) -> None:
    """Twenty minutes, each file with its picture record, taken by the centre when the class is over."""
    for index in range(20):
        at_us = start_us + index * MINUTE
        segment = segment_of(f"{class_id} {index}".encode(), at_us, 60, index, class_id=class_id)
        samples = tuple(sample(segment.first_pts_us + one * EVERY_US, people(1, one), 9000) for one in range(12))
        body = picture_of(film(f"{title} {index}"), class_id, sha=segment.sha256)
        box.append(segment, at_us + 61 * SECOND)
        box.append(dataclasses.replace(body, samples=samples), at_us + 80 * SECOND)
    box.append(Alarm("camera.silent", {}), start_us + 60 * MINUTE)
    two.clock.utc_us = start_us + 61 * MINUTE
    two.collector.take(box.messages())


def r2_of(two: Two, class_id: str) -> Finding:
    with two.centre.store.read() as tx:
        found = tell(two.centre.store, tx, class_id, MORNING + 30 * DAY).findings
    return next(one for one in found if one.rule == "R2")


@pytest.mark.parametrize(("title", "late", "results"), [
    ("yesterday", False, ("satisfied", "violated")), ("today", False, ("satisfied", "satisfied")),
    ("yesterday", True, ("satisfied", "open")),
])
def test_from_the_collector_to_the_finding(
    two: Two, tmp_path: Path, title: str, late: bool, results: tuple[str, str]
) -> None:
    """Yesterday's class, and one of today before another box. `late`: yesterday's box was offline until afterwards."""
    for class_id, device, day in (("welder-1", "box-1", "2026-03-02"), ("welder-2", "box-2", "2026-03-03")):
        path, names = write_plan(tmp_path, PLAN.format(class_id=class_id, device=device, day=day))
        add_class(two.centre.store, two.centre.names, read_plan(path), read_names(names), path)
    films = [(two.one, "welder-1", MORNING, "yesterday"), (two.two, "welder-2", MORNING + DAY, title)]
    for one in films[::-1] if late else films:
        filmed(two, *one)
    found = [r2_of(two, class_id) for class_id in ("welder-1", "welder-2")]
    assert tuple(one.result for one in found) == results
    assert [one.code for one in found[1].reasons] == {
        "violated": ["stretch_short", "picture_reused"], "open": ["stretch_shared", "picture_shared"],
        "satisfied": ["stretches_long"]}[results[1]]


def test_a_database_from_before_gets_its_table(centre: Centre) -> None:
    with centre.store.write() as tx:
        keyframes.drop(tx._db)
    open_engine(place_of(centre.folder, centre.config)).dispose()
    assert rows(centre) == 0
