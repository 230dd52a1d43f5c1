"""The worker: what it keeps is what judging anew says, after any order of records and time; nothing old looks fresh."""
from __future__ import annotations

import random
import threading
from typing import Any

import pytest

from central.accounts.looks import state_look
from central.accounts.people import Actor
from central.classes.objections import handle_objection, raise_objection
from central.classes.reviews import state_review
from central.classes.stories import Stories, tell
from central.overview import worker
from central.overview.judge import judgement
from central.overview.overview import classes, overview, unseen
from central.store.summaries import Judgement, Summary, Wanted
from evidence.bodies import Alarm, Review
from evidence.times import HOUR, MINUTE, utc_text
from tests.central.helpers import MORNING
from tests.central.overview.conftest import City, worker_of

PEOPLE = [Actor("li", "supervisor", "411200", ""), Actor("head", "institution", "school-a", "")]


def row(city: City, class_id: str) -> Summary:
    with city.centre.store.read() as tx:
        found = tx.summary(class_id)
    assert found is not None
    return found


def fresh(city: City) -> dict[str, bool]:
    with city.centre.store.read() as tx:
        page = classes(tx, Wanted(), city.centre.store.device, city.clock.utc_us)
    return {line.summary.class_id: line.fresh for line in page.lines}


def anew(city: City, class_id: str) -> tuple[object, ...]:
    with city.centre.store.read() as tx:
        one = judgement(tell(city.centre.store, tx, class_id, city.clock.utc_us), 0)
    return one.inputs, one.verdict, one.undecided, one.violated, one.missing, one.open, one.objections, one.fell


def kept(city: City, class_id: str) -> tuple[object, ...]:
    one = row(city, class_id)
    return one.inputs, one.verdict, one.undecided, one.violated, one.missing, one.open, one.objections, one.fell


def test_before_the_worker_began_nothing_is_listed(city: City) -> None:
    city.add("welder-1")
    with city.centre.store.read() as tx:
        assert unseen(tx) == -1 and overview(tx, Wanted(), city.centre.store.device, MORNING).unseen == -1
    city.follow()
    assert fresh(city) == {"welder-1": True} and row(city, "welder-1").institution == "school-a"


@pytest.mark.parametrize("seed", range(3))
def test_what_is_kept_is_what_judging_anew_says(city: City, seed: int) -> None:
    """Any interleaving of records, reviews and time; a line that looks fresh is right at every step in between."""
    dice = random.Random(seed)
    places = {"welder-1": "box-1", "welder-2": "box-1", "cook-1": "box-2"}
    orders = {one: city.add(one, box, shared=one == "welder-2") for one, box in places.items()}
    boxes = {device: city.box(device) for device in ("box-1", "box-2")}
    taught: set[str] = set()
    stories = Stories(city.centre.store, city.clock)
    for _ in range(12):
        doing = dice.choice(("teach", "time", "alarm", "review", "step", "order", "look", "silent", "object"))
        class_id = dice.choice(sorted(orders))
        device = orders[class_id].boxes[0].device
        if doing == "teach" and class_id not in taught:
            taught.add(class_id)
            people = [one.person for one in orders[class_id].roster if one.role == "trainee"]
            start = MORNING + (24 * HOUR if class_id == "welder-2" else 0)
            city.teach(boxes[device], class_id, people[: dice.randrange(1, 4)], start=start)
        elif doing == "time":
            city.clock.utc_us += dice.choice((5, 50, 500)) * MINUTE
        elif doing == "alarm":
            boxes[device].append(Alarm("camera.silent", {"camera": "room"}), MORNING + 3 * HOUR)
            city.send(boxes[device])
        elif doing == "review":
            with city.centre.store.write() as tx:
                city.centre.store.append(tx, Review(class_id, "2026-03-02-am", dice.choice(("complete", "missing")),
                                                    "looked", "Wang"))
        elif doing == "look":
            state_look(city.centre.store, dice.choice(PEOPLE), "class", city.clock.utc_us, class_id=class_id)
        elif doing == "object":
            raise_objection(city.centre.store, class_id, "school", None, "the roster is wrong", "head")
        elif doing == "silent":
            with city.centre.store.write() as tx:
                city.centre.store.append(tx, Alarm("box.silent", {"device": device, "since": utc_text(MORNING)}))
        elif doing == "order":
            city.add(class_id, device, shared=class_id == "welder-2")
        else:
            city.worker.step(0.01)
        for one, is_fresh in (fresh(city) if unseen_known(city) else {}).items():
            if is_fresh:
                assert kept(city, one) == anew(city, one)
        told = stories.tell(class_id)
        with city.centre.store.read() as tx:
            again = tell(city.centre.store, tx, class_id, city.clock.utc_us)
        assert (told.story, told.findings, told.as_of) == (again.story, again.findings, again.as_of)
    city.clock.utc_us += HOUR
    city.follow()
    for one in orders:
        assert kept(city, one) == anew(city, one)
    assert all(fresh(city).values())


def unseen_known(city: City) -> bool:
    with city.centre.store.read() as tx:
        return unseen(tx) >= 0


def test_records_alone_are_no_hurry_but_the_page_says_so(city: City) -> None:
    city.add("welder-1")
    box = city.box()
    city.follow()
    before = row(city, "welder-1")
    box.append(Alarm("camera.silent", {"camera": "room"}), MORNING)
    city.send(box)
    assert fresh(city) == {"welder-1": False}, "before the worker has seen it"
    city.follow()
    assert row(city, "welder-1").judged_leaf == before.judged_leaf and fresh(city) == {"welder-1": False}
    with city.centre.store.read() as tx:
        assert overview(tx, Wanted(), city.centre.store.device, city.clock.utc_us).behind == 1
        elsewhere = overview(tx, Wanted(institutions=("school-b",)), city.centre.store.device, city.clock.utc_us)
        assert elsewhere.behind == 0 and not elsewhere.everybody, "nobody is told of others' classes"
    city.clock.utc_us += worker.AGAIN_US
    city.follow()
    assert fresh(city) == {"welder-1": True}


def test_what_a_person_says_is_judged_at_once(city: City) -> None:
    order = city.add("welder-1")
    city.teach(city.box(), "welder-1", [one.person for one in order.roster[:2]])
    city.clock.utc_us += 6 * HOUR
    city.follow()
    assert row(city, "welder-1").missing + row(city, "welder-1").open > 0
    state_review(city.centre.store, "welder-1", "2026-03-02-am", "complete", "all are there", "Wang", city.clock.utc_us)
    city.follow()
    assert kept(city, "welder-1") == anew(city, "welder-1") and row(city, "welder-1").missing == 0


def test_an_objection_is_counted_at_once_and_until_its_end(city: City) -> None:
    city.add("welder-1")
    city.follow()
    raise_objection(city.centre.store, "welder-1", "school", None, "the roster is wrong", "head")
    raise_objection(city.centre.store, "welder-1", "school", None, "the plan is wrong", "head")
    city.follow()
    assert row(city, "welder-1").objections == 2 and waiting(city) == {"welder-1"}
    for one, as_, left in (("o-1", "answered", 2), ("o-1", "rejected", 1), ("o-2", "withdrawn", 0)):
        handle_objection(city.centre.store, "welder-1", one, as_, "looked", "li")  # type: ignore[arg-type]
        city.follow()
        assert row(city, "welder-1").objections == left
    assert waiting(city) == set()


def waiting(city: City) -> set[str]:
    with city.centre.store.read() as tx:
        return set(tx.class_ids(Wanted(waiting=True)))


def test_a_class_is_due_when_its_hour_ends(city: City) -> None:
    city.add("welder-1")
    city.follow()
    due = row(city, "welder-1").due_us
    assert due == MORNING + 45 * MINUTE
    city.clock.utc_us = due
    assert fresh(city) == {"welder-1": False}
    city.follow()
    assert fresh(city) == {"welder-1": True} and (row(city, "welder-1").due_us or 0) > due


def test_what_is_thrown_away_comes_again(city: City) -> None:
    city.add("welder-1")
    city.add("welder-2", shared=True)
    city.follow()
    before = {one: kept(city, one) for one in ("welder-1", "welder-2")}
    with city.centre.store.write() as tx:
        tx.forget_summaries()
        tx.forget_live()
        tx.set_meta(worker.CURSOR, "999999")
    city.worker = worker_of(city.centre, city.clock)
    city.follow()
    assert {one: kept(city, one) for one in before} == before


def test_a_class_that_cannot_be_judged_takes_no_other_with_it(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    city.add("welder-1")
    city.add("welder-2", "box-2")
    real = Stories._tell

    def breaks(self: Stories, class_id: str) -> object:
        if class_id == "welder-1":
            raise ZeroDivisionError
        return real(self, class_id)

    monkeypatch.setattr(Stories, "_tell", breaks)
    city.follow()
    assert (row(city, "welder-1").verdict, row(city, "welder-1").error) == ("error", "ZeroDivisionError")
    assert row(city, "welder-2").verdict != "error"


@pytest.mark.parametrize("where", ["judgement", "listing", "step"])
def test_what_nobody_foresaw_at_one_class_stops_neither_the_others_nor_the_process(
    city: City, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, where: str,
) -> None:
    for one in ("welder-1", "welder-2"):
        city.add(one, f"box-{one[-1]}")
    real, stop, steps = {"judgement": judgement, "listing": worker.listing}.get(where), threading.Event(), []

    def breaks(*given: Any) -> Any:
        if "welder-1" in (given[1], getattr(getattr(given[0], "order", None), "class_id", "")):
            raise ZeroDivisionError
        assert real is not None
        return real(*given)

    def step(self: worker.Worker) -> worker.Done:
        steps.append(1)
        if len(steps) == 1 and where == "step":
            raise ZeroDivisionError
        done = step_of(self)
        if not done.judged and not done.unseen:
            stop.set()
        return done

    step_of = worker.Worker.step
    if real is not None:
        monkeypatch.setattr(worker, where, breaks)
    monkeypatch.setattr(worker.Worker, "step", step)
    monkeypatch.setattr(worker, "TICK_S", 0.01)
    city.worker.run(stop)
    assert row(city, "welder-2").verdict not in ("error", "unjudged")
    if where == "judgement":
        assert (row(city, "welder-1").verdict, row(city, "welder-1").error) == ("error", "ZeroDivisionError")
    assert {"judgement": "class.unjudged", "listing": "class.unlisted", "step": "overview.failed"}[where] in caplog.text


def test_a_judgement_of_the_future_gives_way_when_the_clock_is_put_back(city: City) -> None:
    """Else the class would be judged without a break until its next record, or show for good what is not yet so."""
    city.add("welder-1")
    city.add("cook-1", "box-2")
    city.follow()
    today = {one: kept(city, one) for one in ("welder-1", "cook-1")}
    city.clock.utc_us += 48 * HOUR
    raise_objection(city.centre.store, "welder-1", "school", None, "the roster is wrong", "head")
    city.follow()
    assert kept(city, "cook-1") != today["cook-1"], "nobody came"
    city.clock.utc_us -= 48 * HOUR
    with city.centre.store.write() as tx:
        tx.touch((), ["welder-1"], tx.leaves() - 1)
    assert not any(fresh(city).values())
    city.follow()
    assert all(fresh(city).values()) and kept(city, "cook-1") == today["cook-1"]
    assert kept(city, "welder-1") == anew(city, "welder-1")


def test_the_sweep_finds_what_no_record_tells(city: City) -> None:
    """As after a receipt that came late, or a row that another worker wrote from an older state."""
    city.add("welder-1")
    city.follow()
    with city.centre.store.write() as tx:
        tx.put_judgement(Judgement("welder-1", tx.leaves(), city.clock.utc_us, None, "another", "flag", 1),
                         city.clock.utc_us)
    assert fresh(city) == {"welder-1": False}
    city.follow()
    assert row(city, "welder-1").inputs == anew(city, "welder-1")[0]


def test_a_box_whose_clock_is_apart_stays_so_whoever_looked_through_the_alarm(city: City) -> None:
    """The worker beside and that of a page share how far records were looked through, and either may be a new one."""
    city.add("welder-1")
    city.box()
    city.follow()
    with city.centre.store.write() as tx:
        city.centre.store.append(tx, Alarm("clock.apart", {"device": "box-1", "apart_s": 900}))

    def told(by: worker.Worker) -> list[tuple[str, tuple[str, ...]]]:
        city.clock.utc_us += worker.BOXES_US
        by.step()
        with city.centre.store.read() as tx:
            found = overview(tx, Wanted(), city.centre.store.device, city.clock.utc_us)
        return [(one.device, one.troubles) for one in found.boxes]

    other = worker_of(city.centre, city.clock)
    assert told(city.worker) == told(other) == told(city.worker) == [("box-1", ("apart",))]
    assert told(worker_of(city.centre, city.clock)) == [("box-1", ("apart",))]
    city.clock.utc_us += 24 * HOUR
    assert told(other) == told(city.worker) == [("box-1", ("silent",))], "nothing was heard of it since"


def test_an_order_and_the_session_after_it_may_come_at_once(city: City) -> None:
    """As when the console was off for a night: the class that was planned then is recorded, and not *not started*."""
    city.add("cook-1", "box-3")
    city.follow()
    city.clock.utc_us = MORNING + 10 * MINUTE
    order, box = city.add("welder-1"), city.box()
    city.teach(box, "welder-1", [one.person for one in order.roster[:2]], ends=False, start=MORNING - 5 * MINUTE)
    city.follow()
    with city.centre.store.read() as tx:
        one, = overview(tx, Wanted(class_id="welder-1"), city.centre.store.device, city.clock.utc_us).running
    assert (one.recording, one.came) == ("recording", 2)
