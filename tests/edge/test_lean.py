"""Lean records: a story of them is the story of the whole ones."""
from __future__ import annotations

import dataclasses

import pytest

from common.policies import load_policy
from edge.store.begun import beginnings
from edge.store.lean import Read, lean
from evidence.bodies import Picture, RollCall, Segment, body_of
from evidence.fold import fold
from evidence.records import read_record, record_bytes
from evidence.story import Story
from tests.edge.rollcall.conftest import CLASS, Course, course
from tests.evidence.course import picture_of

__all__ = ["course"]


@pytest.fixture
def filmed(course: Course) -> Course:
    """Two segments with their roll calls; the first has a picture record, too."""
    segment = body_of(next(iter(course.box.store.each("segment"))).record)
    assert isinstance(segment, Segment)
    course.box.store.append("picture", picture_of(segment))
    return course


def read_of(course: Course, **more: bool) -> Read:
    return Read(course.box.store, CLASS, beginnings(course.box.store, [CLASS])[CLASS], **more)


def told(course: Course, read: Read | None) -> Story:
    """The story of lean records, or of the whole ones."""
    orders, policy = [one.record for one in course.box.store.orders()], load_policy("demo")
    if read is None:
        return fold([*orders, *(one.record for one in course.box.store.each())], CLASS, policy)
    return fold([*orders, *read.records], CLASS, policy, read.typed)


def test_a_story_of_lean_records_is_the_story_of_the_whole_ones(filmed: Course) -> None:
    read = read_of(filmed)
    assert told(filmed, read) == told(filmed, None)
    heavy = [one for one in read.records if one.type in ("rollcall", "picture")]
    assert len(heavy) == 3 and not any(one.body.get("tracks") or one.body.get("samples") for one in heavy)


def test_without_roll_calls_only_those_are_told_that_are_added(filmed: Course) -> None:
    read, whole = read_of(filmed, roll_calls=False), told(filmed, None)
    assert told(filmed, read).rollcalls == () and told(filmed, read).segments == whole.segments
    first, second = (call.segment for _, call in whole.rollcalls)
    read.add_roll_calls({second})
    assert [call.segment for _, call in told(filmed, read).rollcalls] == [second]
    read.add_roll_calls({first})
    assert told(filmed, read) == whole


def test_a_lean_roll_call_tells_what_never_moved_and_nothing_else(filmed: Course) -> None:
    call = next(iter(filmed.box.store.each("rollcall"))).record
    told_of = {name: call.body[name] for name in ("class", "segment", "still_peak")}
    assert lean(call).body == told_of and lean(dataclasses.replace(call, body={})).body == {}


def test_one_that_cannot_be_read_is_told_as_a_bad_one(filmed: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    call = next(iter(filmed.box.store.each("rollcall"))).record
    real = filmed.box.store.each
    bad = dataclasses.replace(call, body={**call.body, "samples": "many"})

    def each(*args: object, **more: object) -> object:
        return (dataclasses.replace(one, record=bad) if one.record.key == call.key else one
                for one in real(*args, **more))

    monkeypatch.setattr(filmed.box.store, "each", each)
    assert told(filmed, read_of(filmed)).bad_records == told(filmed, None).bad_records == (call.key,)


def test_only_roll_calls_and_pictures_become_lean(filmed: Course) -> None:
    for sealed in filmed.box.store.each():
        same = record_bytes(lean(sealed.record)) == sealed.payload
        assert same != isinstance(body_of(sealed.record), RollCall | Picture)


def test_of_two_records_what_is_alike_is_kept_once(filmed: Course) -> None:
    payload = next(iter(filmed.box.store.each("segment"))).payload
    one, other = lean(read_record(payload)), lean(read_record(payload))
    assert record_bytes(one) == payload, "it says the same"
    for field in ("type", "device", "chain", "boot_id"):
        assert getattr(one, field) is getattr(other, field)
    assert all(mine is its for mine, its in zip(one.body, other.body, strict=True)), "the names of the fields"
    assert all(one.body[name] is other.body[name] for name in ("class", "session", "camera", "run", "codec"))
