"""What pages read: filters, scope, paging by key, classes that run, boxes in trouble, search."""
from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from central.errors import BadPlaceInList
from central.ingest.collector import Message
from central.overview.name_keys import NameKeys, normalised
from central.overview.overview import classes, overview, region_prefix
from central.overview.search import search
from central.store.heard import Heard
from central.store.summaries import Judgement, Wanted
from central.web import overview as web
from central.web.errors import BadFilter
from central.web.overview import FIELDS, SWITCHES, Asked, asked_of
from evidence.bodies import Alarm
from evidence.heartbeats import heartbeat_of, seal_heartbeat
from evidence.records import Stamp
from evidence.times import HOUR, MINUTE
from tests.central.helpers import MORNING, REAL, Box
from tests.central.overview.conftest import City

ALL = Wanted()


def ids(city: City, wanted: Wanted, **more: object) -> list[str]:
    with city.centre.store.read() as tx:
        page = classes(tx, wanted, city.centre.store.device, city.clock.utc_us, **more)  # type: ignore[arg-type]
    return [line.summary.class_id for line in page.lines]


@pytest.fixture
def three(city: City) -> City:
    city.add("welder-1")
    people = 'people = [{ name = "欧阳 娜" }, { name = "张三" }, { name = "Ann O\'Neil" }]'
    city.add("welder-2", "box-2", people, "电工")
    city.add("cook-1", "box-3", 'people = [{ name = "张伟" }]', "100%厨师_")
    city.follow()
    return city


def test_filters_and_scope(three: City) -> None:
    assert ids(three, ALL, sort="class", descending=False) == ["cook-1", "welder-1", "welder-2"]
    assert ids(three, Wanted(region="4112"), sort="class", descending=False) == ["welder-1", "welder-2"]
    assert ids(three, Wanted(institutions=())) == [] == ids(three, Wanted(institutions=(), nobodys=True))
    assert ids(three, Wanted(institutions=("school-b", "school-c"), region="41")) == ["welder-2", "cook-1"]
    assert ids(three, Wanted(institutions=("school-b",), region="4101")) == []
    assert ids(three, Wanted(text="%厨师_")) == ["cook-1"] and ids(three, Wanted(text="_")) == ["cook-1"]
    assert ids(three, Wanted(text="WELD"), sort="class") == ["welder-2", "welder-1"]
    assert ids(three, Wanted(running_us=MORNING + MINUTE), sort="title") == ["welder-2", "welder-1", "cook-1"]
    assert ids(three, Wanted(running_us=MORNING + 46 * MINUTE)) == []
    assert ids(three, Wanted(from_us=MORNING + 24 * HOUR)) == [] == ids(three, Wanted(until_us=MORNING - HOUR))
    assert [region_prefix(one) for one in ("411200", "410000", "411202", "")] == ["4112", "41", "411202", ""]


@pytest.mark.parametrize("sort", ["date", "title", "class", "missing"])
@pytest.mark.parametrize("descending", [True, False])
def test_pages_follow_each_other_without_loss_or_double(three: City, sort: str, descending: bool) -> None:
    found, after = [], ""
    for _ in range(3):
        with three.centre.store.read() as tx:
            page = classes(tx, ALL, "centre", three.clock.utc_us, sort, descending, after, 1)
        found += [line.summary.class_id for line in page.lines]
        after = page.after
    assert after == "" and found == ids(three, ALL, sort=sort, descending=descending)


@pytest.mark.parametrize("after", ["x", "W10", "bnVsbA", "WyJkYXRlIiwgIngiLCAieSJd", "é", "WyJkYXRlIiwxZTk5OTksInkiXQ",
                                   "WyJ0aXRsZSIsICJ4IiwgInkiXQ", "W1siZGF0ZSJdLCAxLCAieSJd"])
def test_a_place_that_no_page_named_is_refused(three: City, after: str) -> None:
    with pytest.raises(BadPlaceInList):
        ids(three, ALL, after=after)


@pytest.mark.parametrize(("verdict", "undecided", "objections", "fell", "lists"), [
    ("flag", 1, 0, False, {"waiting"}), ("flag", 0, 0, False, set()), ("flag", 0, 1, False, {"waiting"}),
    ("review", 1, 0, True, set()), ("clear", 0, 2, False, {"waiting"}), ("clear", 0, 0, True, {"fallen"}),
    ("noted", 0, 1, True, {"waiting", "fallen"}), ("flag", 1, 0, True, {"waiting"})])
def test_what_waits_for_whom(
    three: City, verdict: str, undecided: int, objections: int, fell: bool, lists: set[str],
) -> None:
    with three.centre.store.write() as tx:
        assert tx.put_judgement(Judgement("cook-1", tx.leaves() + 1, three.clock.utc_us, None, "x", verdict, undecided,
                                          fell=fell, objections=objections), three.clock.utc_us)
    for name, wanted in (("waiting", Wanted(waiting=True)), ("fallen", Wanted(fallen=True))):
        assert ids(three, wanted) == ["cook-1"] * (name in lists), name
        assert ids(three, dataclasses.replace(wanted, institutions=("school-a",))) == []


def test_a_link_keeps_what_was_asked() -> None:
    for name in SWITCHES:
        asked = asked_of({name: "1"})
        assert asked_of(dict(parse_qsl(asked.query()[1:]))) == asked != Asked() and getattr(asked, name)


LINKS = re.findall(r'\("(\w+)", .*"\?(\S+)#classes"\)', Path(web.__file__).with_name("templates").joinpath(
    "overview.html").read_text("utf-8"))
"""Part of the overview, and the query of its link to all of the part."""
ROW = st.tuples(st.sampled_from(sorted(web.VERDICTS)), st.integers(0, 2), st.integers(0, 1), st.booleans())


@given(rows=st.tuples(ROW, ROW, ROW), scope=st.sampled_from([None, ("school-a",), ("school-a", "school-c")]))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_number_of_the_overview_is_that_of_the_list_behind_its_link(
    three: City, rows: tuple[tuple[str, int, int, bool], ...], scope: tuple[str, ...] | None,
) -> None:
    assert [name for name, _ in LINKS] == ["flags", "reviews", "fallen"]
    with three.centre.store.write() as tx:
        at = tx.leaves() + 1
        for class_id, (verdict, undecided, objections, fell) in zip(
                ("cook-1", "welder-1", "welder-2"), rows, strict=True):
            assert tx.put_judgement(Judgement(class_id, at, three.clock.utc_us, None, "x", verdict, undecided,
                                              fell=fell, objections=objections), three.clock.utc_us)
    with three.centre.store.read() as tx:
        found = overview(tx, Wanted(institutions=scope), three.centre.store.device, three.clock.utc_us)
    for name, query in LINKS:
        wanted = asked_of(dict(parse_qsl(query))).wanted(Wanted(institutions=scope), three.clock.utc_us)
        listed = [line.summary.class_id for line in getattr(found, name)]
        assert set(listed) == {*ids(three, wanted)} and len(listed) == getattr(found, f"{name}_all"), name


def test_a_form_is_read_strictly() -> None:
    asked = asked_of({"region": "411200", "since": "2026-03-02", "until": "2026-03-02", "q": " x ", "running": "1"})
    wanted = asked.wanted(Wanted(institutions=("a",)), MORNING)
    assert (wanted.region, wanted.institutions, wanted.text) == ("4112", ("a",), "x")
    assert (wanted.until_us or 0) - (wanted.from_us or 0) == 24 * HOUR and wanted.running_us == MORNING
    assert wanted.from_us == MORNING - 8 * HOUR - 30 * MINUTE
    for field, value in (("region", "4112"), ("since", "2026-02-30"), ("until", "tomorrow"), ("verdict", "guilty"),
                         ("sort", "x; DROP"), ("institution", "A B")):
        with pytest.raises(BadFilter) as caught:
            asked_of({field: value})
        assert caught.value.params["field"] == FIELDS[field]


def test_a_class_that_runs_shows_who_came_and_whether_it_is_recorded(three: City) -> None:
    city, box = three, three.box()
    with city.centre.store.read() as tx:
        people = list(tx.sealed_names("welder-1"))
    city.clock.utc_us = MORNING + 10 * MINUTE
    assert running(city) == ("idle", 0, 3)
    city.teach(box, "welder-1", people[:2], ends=False, start=MORNING - 95 * MINUTE)
    city.follow()
    assert running(city) == ("idle", 0, 3), "who came before the check-in was open is of no class-hour of now"
    fresh = Box(city.centre, "box-1", chain="cd" * 16)
    fresh.genesis()
    city.teach(fresh, "welder-1", people[:2], ends=False, start=MORNING - 5 * MINUTE)
    city.follow()
    assert running(city) == ("recording", 2, 3)
    city.clock.utc_us = MORNING + 44 * MINUTE
    assert running(city)[1:] == (2, 3)


def running(city: City) -> tuple[str, int, int]:
    with city.centre.store.read() as tx:
        found = overview(tx, Wanted(class_id="welder-1"), city.centre.store.device, city.clock.utc_us)
    one = found.running[0]
    return one.recording, one.came, one.due


def test_boxes_in_trouble_stand_first(three: City) -> None:
    city = three
    boxes = {device: city.box(device) for device in ("box-1", "box-2", "box-3")}
    for device, free in (("box-1", 1 << 30), ("box-2", 90 << 30), ("box-3", 90 << 30)):
        box = boxes[device]
        beat = heartbeat_of(box.sealed[-1], Stamp("b0", 1, MORNING, REAL), 0, {"video": free})
        with city.centre.store.write() as tx:
            tx.put_heard(Heard(device, box.chain, MORNING, seal_heartbeat(beat, box.signer), None, device == "box-3"))
    city.clock.utc_us += MINUTE
    city.follow()
    with city.centre.store.read() as tx:
        found = overview(tx, ALL, city.centre.store.device, city.clock.utc_us)
        mine = overview(tx, Wanted(institutions=("school-a",)), city.centre.store.device, city.clock.utc_us)
    assert [(one.device, one.troubles) for one in found.boxes] == [("box-3", ("silent",)), ("box-1", ("full",))]
    assert found.boxes_all == 2 and [one.device for one in mine.boxes] == ["box-1"]


@pytest.mark.parametrize("spoken", [False, True])
def test_a_chain_beside_its_own_makes_no_box_look_well(three: City, spoken: bool) -> None:
    """A record of a chain that never began is accepted, and a heartbeat of one that nobody knows: neither hides that
    the box is silent, or nearly full."""
    city = three
    box = city.box()
    beat = heartbeat_of(box.sealed[-1], Stamp("b0", 1, MORNING, REAL), 0, {"video": 1 << 30})
    stray = Box(city.centre, "box-1", chain="ff" * 16)
    stray.signer = box.signer
    stray.genesis()
    alone = stray.append(Alarm("a", {}), MORNING)
    city.centre.collector().take([Message("box-1", alone.envelope)])
    with city.centre.store.write() as tx:
        assert [head.certificate is None for head in tx.heads("box-1")] == [False, True]
        last = seal_heartbeat(beat, box.signer)
        tx.put_heard(Heard("box-1", box.chain, MORNING, last, None, not spoken, "chain.cut"))
        if spoken:
            tx.put_heard(Heard("box-1", "ee" * 16, MORNING + MINUTE, None, None, True))
    city.clock.utc_us += MINUTE
    city.follow()
    with city.centre.store.read() as tx:
        one, = overview(tx, ALL, city.centre.store.device, city.clock.utc_us).boxes
    assert one.troubles == ("chain.cut", "silent", "full") and one.heard_us == MORNING + spoken * MINUTE


def test_a_name_is_found_by_its_whole_or_first_characters_by_who_may(three: City) -> None:
    city, keys = three, NameKeys(three.centre.keys.names_key)

    def people(text: str, scope: Wanted = ALL, names: bool = True) -> list[tuple[str, str]]:
        with city.centre.store.read() as tx:
            found = search(tx, scope, text, city.centre.store.device, city.clock.utc_us,
                           city.centre.names if names else None, keys if names else None)
        return [(one.class_id, one.name) for one in found.people]

    assert people("张") == [("cook-1", "张伟"), ("welder-1", "张伟"), ("welder-2", "张三")]
    assert people("张伟") == [("cook-1", "张伟"), ("welder-1", "张伟")] and people("伟") == []
    assert people("欧阳娜") == people("欧阳") == people(" 欧阳　娜 ") == [("welder-2", "欧阳 娜")]
    assert people("ann oneil") == [("welder-2", "Ann O'Neil")] and people("Ann") == []
    assert people("张", Wanted(institutions=("school-a",))) == [("welder-1", "张伟")]
    assert people("张", names=False) == [] == people("%") == people("")
    with city.centre.store.read() as tx:
        one, = tx.sealed_names("cook-1")
    assert people(one) == [("cook-1", "张伟")] and people(one, Wanted(institutions=("school-a",))) == []
    with city.centre.store.write() as tx:
        tx.erase_name("cook-1", one)
    assert people("张伟") == [("welder-1", "张伟")] and people(one) == []


def test_the_database_tells_nobody_that_two_classes_know_one_person() -> None:
    keys = NameKeys(b"k" * 32)
    assert not keys.of_name("a", "张伟") & keys.of_name("b", "张伟") and len(keys.of_name("a", "张伟")) == 2
    assert not keys.of_name("a", "张伟") & NameKeys(b"l" * 32).of_name("a", "张伟")
    assert len(keys.of_name("a", "张" * 100)) == 9 and normalised("阿卜杜·热合曼") == "阿卜杜热合曼"
    assert keys.of_name("a", "") == set() == set(keys.searched(["a"], "· "))


