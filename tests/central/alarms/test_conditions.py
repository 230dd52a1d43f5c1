"""What stands now: a box that is away while its room needs it, and at no other time; whom nobody hears is not away."""
from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from central.alarms.conditions import AHEAD_US, DEAF_US, Condition, Now, conditions
from central.alarms.urgency import CONDITIONS, RECORDS, urgency
from central.alarms.words import CONDITIONS as WORDS
from central.ingest.presence import Ear
from central.live.rooms import Room
from central.store.live import BoxState
from common.alarms import ALARMS
from evidence.times import HOUR, MINUTE, SECOND
from tests.central.helpers import MORNING

HOURS = ((MORNING, MORNING + 45 * MINUTE), (MORNING + 55 * MINUTE, MORNING + 100 * MINUTE))
ROOM = Room("box-1", "101", "welder-1", "焊工", 480, "smx", MORNING, MORNING + 100 * MINUTE, HOURS)


def at(us: int, rooms: tuple[Room, ...] = (ROOM,), **changes: object) -> Now:
    """The box was heard last a minute before `us`, and its connection ended then."""
    now = Now(us, rooms, {one.device: us - MINUTE for one in rooms}, {one.device: us - MINUTE for one in rooms},
              Ear(us - HOUR, us), (), "centre")
    return dataclasses.replace(now, **changes)  # type: ignore[arg-type]


def test_a_box_that_is_away_is_told_while_its_class_runs_soon_will_or_pauses_and_not_at_night() -> None:
    for us, told in ((MORNING, True), (MORNING - AHEAD_US, True), (MORNING - AHEAD_US - 1, False),
                     (MORNING + 50 * MINUTE, True), (MORNING + 100 * MINUTE, False), (MORNING + 14 * HOUR, False)):
        assert (("box-1", "box.away") in conditions(at(us), ())) is told


def test_it_names_class_room_and_institution() -> None:
    found = conditions(at(MORNING + MINUTE), ())["box-1", "box.away"]
    assert found is not None and (found.class_id, found.institution) == ("welder-1", "smx")
    assert found.params["room"] == "101" and found.params["since"] == "2026-03-02T00:30:00.000000Z"


def test_a_box_that_speaks_is_there_whatever_the_broker_says() -> None:
    assert conditions(at(MORNING, heard={"box-1": MORNING - 20 * SECOND}), ()) == {}


def test_a_box_of_which_nothing_was_ever_heard_is_missing_in_its_class() -> None:
    found = conditions(at(MORNING, heard={}, gone={}), ())["box-1", "box.away"]
    assert found is not None and "since" not in found.params


def test_whom_nobody_hears_is_not_away_and_who_was_away_is_not_back() -> None:
    for ear in (None, Ear(MORNING - MINUTE, MORNING), Ear(MORNING - HOUR, MORNING - 2 * MINUTE)):
        found = conditions(at(MORNING, ear=ear), [("box-2", "box.away")])
        assert ("box-1", "box.away") not in found and found["box-2", "box.away"] is None


def test_a_collector_that_is_gone_is_told_instead() -> None:
    assert conditions(at(MORNING, ear=Ear(MORNING - HOUR, MORNING - DEAF_US)), ()) == {
        ("centre", "centre.deaf"): Condition()}
    assert conditions(at(MORNING, rooms=(), ear=None), ()) == {}, "one that never ran is not set up yet"


def test_a_thousand_boxes_in_one_look() -> None:
    rooms = tuple(dataclasses.replace(ROOM, device=f"box-{number}") for number in range(1000))
    assert len(conditions(at(MORNING, rooms=rooms), ())) == 1000


def test_disks_and_certificates_come_from_the_overview() -> None:
    state = BoxState("box-9", 70, ("expired", "full", "waiting"), None, 0, 0, 0, 0, 0)
    assert set(conditions(at(MORNING, rooms=(), states=(state,)), ())) == {
        ("box-9", "box.expired"), ("box-9", "box.full")}


@pytest.mark.parametrize("name", ["alarms.md", "alarms.zh-CN.md"])
def test_the_document_says_of_each_that_is_told_what_to_do(name: str) -> None:
    text = (Path(__file__).parents[3] / "docs" / name).read_text("utf-8")
    parts = text.split("\n## ")[-2:]  # what needs somebody now, and soon
    for level, part in zip(("now", "later"), parts, strict=True):
        told = {code for code, one in {**CONDITIONS, **RECORDS}.items() if one == level}
        assert set(re.findall(r"^\| `([^`]+)` \| [^|]+ \| [^|]+ \|$", part, re.MULTILINE)) == told


def test_of_every_alarm_it_is_decided_whether_people_are_told() -> None:
    codes = {code for code in ALARMS if ":" not in code}
    assert set(RECORDS) == codes and set(CONDITIONS) == set(WORDS)
    assert urgency("centre.clock", "not_set") == "now" and urgency("centre.clock", "trusted") == "never"
    assert urgency("of a newer box") == "later"
