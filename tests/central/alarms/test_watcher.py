"""People are told once: of what records say, of what begins and of what is over; a storm is no flood."""
from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from central.alarms.watcher import AGAIN_US, MOST_BEGUN, MOST_CAMERAS, Watcher
from central.classes.orders import add_class
from central.classes.plan import read_names, read_plan
from central.ingest.presence import EAR
from central.store.alarms import Alarmed
from central.store.heard import Heard
from central.store.tables import Tx
from central.wiring import Centre
from evidence.bodies import Alarm
from evidence.chain import next_record
from evidence.heartbeats import Heartbeat, seal_heartbeat
from evidence.records import ClockState, Sealed, Stamp
from evidence.seal import seal_record
from evidence.shape import encode
from evidence.times import HOUR, MINUTE, SECOND, utc_text
from tests.central.helpers import MORNING, REAL, Box, FixedClock, write_plan


class Site:
    """A class in the room of box-1, on its morning, and a watcher beside the collector."""

    def __init__(self, centre: Centre, clock: FixedClock, folder: Path) -> None:
        self.centre, self.clock = centre, clock
        self.box = Box(centre)
        self.box.genesis()
        plan, names = write_plan(folder)
        add_class(centre.store, centre.names, read_plan(plan), read_names(names), plan)
        self.say(Alarm("camera.silent", {"camera": "room"}))
        self.watcher = Watcher(centre.store, clock, others=True)
        self.turn()

    def say(self, *alarms: Alarm, utc: int | None = None) -> None:
        """The box states them, and the centre takes them."""
        for one in alarms:
            self.box.append(one, utc or self.clock.utc_us)
        self.centre.collector().take(self.box.messages())

    def turn(self, later_us: int = 0, heard: bool = True, gone: bool = False, ear: bool = True) -> list[Alarmed]:
        """A look, some time later, while the box is heard, is called away, and the collector listens, or not. What is
        told in it."""
        self.clock.utc_us += later_us
        now_us = self.clock.utc_us
        with self.centre.store.write() as tx:
            before = tx.last_alarm()
            if heard:
                tx.put_heard(Heard("box-1", self.box.chain, now_us))
            tx.put_gone({"box-1": now_us} if gone and not tx.gone() else {}, set() if gone else {"box-1"})
            tx.set_meta(EAR, f"{now_us - HOUR} {now_us if ear else now_us - 100 * SECOND}")
        self.watcher.turn()
        with self.centre.store.read() as tx:
            return [one for one in reversed(tx.newest_alarms(1000)) if one.number > before]


@pytest.fixture
def site(centre: Centre, clock: FixedClock, tmp_path: Path) -> Site:
    return Site(centre, clock, tmp_path)


def told(some: list[Alarmed]) -> list[tuple[str, str, str, bool]]:
    return [(one.state, one.code, one.device, one.urgent) for one in some]


AWAY = ("begun", "box.away", "box-1", True)


def test_of_what_was_before_the_first_start_nobody_is_told(site: Site) -> None:
    assert site.turn() == []


def test_a_box_that_goes_away_in_class_is_told_once_and_that_it_is_back(site: Site) -> None:
    found = site.turn(MINUTE, heard=False, gone=True)
    assert told(found) == [AWAY] and found[0].class_id == "welder-1"
    assert site.turn(MINUTE, heard=False, gone=True) == []
    assert told(site.turn(MINUTE)) == [("over", "box.away", "box-1", True)] and site.turn(MINUTE) == []


def test_a_watcher_that_is_started_again_tells_nothing_twice(site: Site) -> None:
    site.turn(4 * MINUTE, heard=False)
    site.watcher = Watcher(site.centre.store, site.clock, others=True)
    assert site.turn(MINUTE, heard=False) == []
    assert told(site.turn()) == [("over", "box.away", "box-1", True)]


def test_while_nobody_hears_the_boxes_none_is_away_and_none_is_back(site: Site) -> None:
    assert site.turn(4 * MINUTE, heard=False, ear=False) == []
    assert told(site.turn(MINUTE, heard=False)) == [AWAY]
    assert site.turn(MINUTE, ear=False) == []


@pytest.mark.parametrize("step_us", [10 * MINUTE, -10 * MINUTE])
def test_a_clock_that_is_set_calls_no_box_away_until_each_could_be_heard_again(
        site: Site, monkeypatch: pytest.MonkeyPatch, step_us: int) -> None:
    set_us = 0
    monkeypatch.setattr(site.clock, "stamp", lambda: Stamp("0b", site.clock.utc_us - set_us, site.clock.utc_us, REAL))
    assert site.turn(MINUTE) == []
    set_us = step_us
    assert site.turn(step_us, heard=False) == [] and site.turn(MINUTE) == []
    assert site.turn(2 * MINUTE, heard=False) == []
    assert told(site.turn(2 * MINUTE, heard=False)) == [AWAY]


def test_a_class_that_is_over_before_the_box_is_back_ends_it_without_a_word(site: Site) -> None:
    site.turn(4 * MINUTE, heard=False)
    assert site.turn(3 * HOUR, heard=False) == []
    with site.centre.store.read() as tx:
        assert tx.standing_alarms() == {}


def test_a_line_that_comes_and_goes_is_told_a_few_times_in_an_hour(site: Site) -> None:
    found = []
    for _ in range(8):
        found += site.turn(4 * MINUTE, heard=False) + site.turn(SECOND)
    assert len([one for one in found if one.state == "begun"]) == MOST_BEGUN
    assert len([one for one in found if one.state == "over"]) == MOST_BEGUN


def test_what_a_box_says_is_told_once_in_an_hour(site: Site) -> None:
    site.say(Alarm("camera.broken", {"camera": "room"}), Alarm("camera.broken", {"camera": "room"}),
             Alarm("pin.wrong", {}))
    found = site.turn()
    assert told(found) == [("said", "camera.broken", "box-1", True)]
    site.say(Alarm("camera.broken", {"camera": "room"}))
    assert site.turn(AGAIN_US - 1) == []
    site.say(Alarm("camera.broken", {"camera": "room"}))
    assert told(site.turn(1)) == [("said", "camera.broken", "box-1", True)]


def test_each_camera_is_told_though_another_one_was_within_the_hour(site: Site) -> None:
    def broken(camera: str) -> Alarm:
        return Alarm("camera.broken", {"camera": camera})

    site.say(broken("room"), broken("room"), broken("back"))
    assert [json.loads(one.params) for one in site.turn()] == [{"camera": "room"}, {"camera": "back"}]
    site.say(broken("back"), *(broken(f"made-up-{number}") for number in range(50)))
    assert len(site.turn()) == MOST_CAMERAS - 2


def test_a_box_without_a_clock_calls_somebody_by_its_heartbeat(site: Site) -> None:
    unset = dataclasses.replace(REAL, synced=False)

    def says(code: str, ago_us: int, boot: str = "b0", clock: ClockState = unset) -> tuple[str, str, str, bool]:
        stamp = Stamp(boot, mono_us - ago_us, MORNING - 90 * MINUTE, clock)
        record = next_record(site.box.sealed[-1], device="box-1", chain=site.box.chain, type="alarm",
                             body=encode(Alarm(code, {})), stamp=stamp)
        site.box.sealed.append(seal_record(record, site.box.signer))
        site.centre.collector().take(site.box.messages())
        beat = Heartbeat(1, "box-1", site.box.chain, 0, "0" * 64, "b0", mono_us, utc_text(MORNING - 90 * MINUTE), unset,
                         0, {})
        with site.centre.store.write() as tx:
            tx.put_heard(Heard("box-1", site.box.chain, site.clock.utc_us, seal_heartbeat(beat, site.box.signer)))
        (one,) = told(site.turn(heard=False))
        return one

    mono_us = 10 * HOUR
    assert says("camera.broken", 0)[-1] and says("camera.silent", 30 * MINUTE)[-1]
    assert says("recorder.stuck", -MINUTE)[-1]
    assert not says("storage.full", 2 * HOUR)[-1], "it waited while there was no line"
    assert not says("storage.failed", -HOUR)[-1], "it came after an hour of which nothing was heard"
    assert not says("hour.lost", 0, "b9")[-1] and not says("chain.fork", 0, clock=REAL)[-1]


def test_at_night_and_of_yesterday_nobody_is_called(site: Site) -> None:
    site.say(Alarm("storage.full", {}), utc=MORNING - 90 * MINUTE)
    assert told(site.turn()) == [("said", "storage.full", "box-1", False)], "it comes hours late"
    site.clock.utc_us += 14 * HOUR
    site.say(Alarm("recorder.stuck", {}))
    assert told(site.turn()) == [("said", "recorder.stuck", "box-1", False)]


def test_what_becomes_urgent_within_the_hour_is_told_once_more(site: Site) -> None:
    site.turn(5 * HOUR + 15 * MINUTE)  # a quarter of an hour before the lesson in the afternoon
    site.say(Alarm("camera.broken", {"camera": "room"}))
    assert told(site.turn()) == [("said", "camera.broken", "box-1", False)]
    site.turn(10 * MINUTE)
    for _ in range(2):
        site.say(Alarm("camera.broken", {"camera": "room"}))
    assert told(site.turn()) == [("said", "camera.broken", "box-1", True)]


def test_a_box_calls_nobody_of_a_class_that_is_not_its_own(site: Site) -> None:
    site.say(Alarm("camera.broken", {"camera": "room"}, "of-another-school"), Alarm("camera.silent", {}, "welder-1"))
    assert [one.class_id for one in site.turn(HOUR)] == [None, "welder-1"]


def test_what_the_centre_says_of_a_box_is_of_that_box(site: Site) -> None:
    with site.centre.store.write() as tx:
        site.centre.store.append(tx, Alarm("chain.fork", {"device": "box-1", "chain": "ab" * 16, "seq": 3}))
        site.centre.store.append(tx, Alarm("broker.away", {}))
    assert told(site.turn()) == [
        ("said", "chain.fork", "box-1", True), ("said", "broker.away", "centre", True)]


def test_hostile_parameters_are_cut_and_names_are_not_kept(site: Site) -> None:
    site.say(Alarm("segment.quarantined", {"file": "王芳\r\nBcc: x@y.example", "camera": "r\r\nSubject: x<b>" * 50}))
    (one,) = site.turn()
    params = json.loads(one.params)
    assert set(params) == {"camera"} and len(params["camera"]) <= 80
    assert not {"\r", "\n", "<", "@"} & set(params["camera"])


@pytest.mark.parametrize("since", [5, -1, "", "yesterday", "2026-13-45T99:99:99.000000Z"])
def test_no_parameter_of_a_box_silences_what_comes_after(site: Site, since: object) -> None:
    site.say(Alarm("camera.broken", {"camera": "room", "since": since}), Alarm("storage.full", {"since": since}))
    assert [one.code for one in site.turn()] == ["camera.broken", "storage.full"]


def test_a_record_that_cannot_be_told_is_stepped_over_and_boxes_are_watched_all_the_same(
        site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    take = Watcher._take

    def fails(self: Watcher, tx: Tx, sealed: Sealed) -> None:
        if sealed.record.body["code"] == "recorder.stuck":
            raise TypeError
        take(self, tx, sealed)

    monkeypatch.setattr(Watcher, "_take", fails)
    site.say(Alarm("camera.broken", {}), Alarm("recorder.stuck", {}), Alarm("storage.full", {}))
    found = site.turn(4 * MINUTE, heard=False)
    assert [one.code for one in found] == ["camera.broken", "storage.full", "box.away"]
    assert site.turn(heard=False) == []


def test_a_clock_that_was_ahead_keeps_nothing_back_once_it_is_right(site: Site) -> None:
    site.clock.utc_us += 365 * 24 * HOUR
    site.say(Alarm("store.full", {}))
    assert [one.code for one in site.turn()] == ["store.full"]
    site.clock.utc_us -= 365 * 24 * HOUR
    site.say(Alarm("store.full", {}))
    assert ("said", "store.full", "box-1", False) in told(site.turn())


def test_a_box_that_makes_codes_up_does_not_crowd_out_all_others(site: Site) -> None:
    site.say(*(Alarm(f"made.up{number}", {}) for number in range(50)), Alarm("store.full", {}))
    assert [one.code for one in site.turn()] == ["made.up0", "made.up1", "made.up2", "store.full"]
    site.say(Alarm("made.up99", {}))
    assert site.turn() == [] and len(site.turn(AGAIN_US)) == 0
    site.say(Alarm("made.up99", {}))
    assert [one.code for one in site.turn()] == ["made.up99"]


def test_an_alarm_is_an_event_for_other_systems(site: Site) -> None:
    site.turn(4 * MINUTE, heard=False)
    with site.centre.store.read() as tx:
        event = tx.event_after(0)
    assert event is not None and event.kind == "alarm" and event.class_id == "welder-1"
    body = json.loads(event.body)
    assert (body["id"], body["v"], body["state"], body["code"], body["urgent"]) == (
        event.id, 1, "begun", "box.away", True)
    assert (body["device"], body["room"], body["class"]) == ("box-1", "101 教室", "welder-1")
    assert "终端盒" in body["text_zh"]


def test_two_hundred_boxes_in_one_turn_are_two_hundred_alarms_and_no_more(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms = site.watcher._rooms.now()
    many = tuple(dataclasses.replace(rooms[0], device=f"box-{number}") for number in range(2, 202))
    monkeypatch.setattr(site.watcher._rooms, "now", lambda: many)
    assert len(site.turn(MINUTE)) == 200 and site.turn(MINUTE) == []
