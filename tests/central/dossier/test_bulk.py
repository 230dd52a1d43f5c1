"""Bulk export: which classes, what is skipped the second time, what one broken class does to the others."""
from __future__ import annotations

import dataclasses
import datetime
import json
from pathlib import Path

import pytest

from central.dossier.bulk import Done, Wanted, chosen, export_all, wanted
from central.dossier.document import FILES, FORMAT
from central.dossier.errors import BadPeriod, NotOurFolder
from central.errors import BadRegion, CannotWrite, ClockBehind
from central.wiring import Centre
from evidence.bodies import ClassOrder, Export, Institution, Review, body_of
from tests.central.dossier.classes import flagged_course
from tests.central.helpers import MORNING, PLAN, Box, FixedClock
from tests.central.test_classes import add

pytestmark = pytest.mark.long

DAY = 24 * 3600 * 10**6


def order() -> ClassOrder:
    return flagged_course().story().order


@pytest.mark.parametrize(("since", "until", "takes"), [
    (None, None, True), ("2026-03-06", None, True), ("2026-03-07", None, False), (None, "2026-03-01", False),
    (None, "2026-03-02", True), ("2026-03-04", "2026-03-04", False), ("2026-03-04", "2026-03-05", True),
])
def test_a_class_is_wanted_if_any_class_hour_lies_within(since: str | None, until: str | None, takes: bool) -> None:
    assert wanted(None, None, since, until).takes(order(), {}) is takes


def test_days_are_those_of_the_own_clock() -> None:
    """08:00 in China is midnight in Greenwich; an hour earlier is the day before there, and this day here."""
    hour = dataclasses.replace(order().hours[0], start="2026-03-01T23:00:00.000000Z")
    early = dataclasses.replace(order(), hours=(hour,))
    assert Wanted(since=datetime.date(2026, 3, 2)).takes(early, {})


def test_who_is_of_no_institution_on_record_is_of_none_that_is_asked_for() -> None:
    known = {"school-1": Institution("school-1", "学校", "411202")}
    own, strange = (dataclasses.replace(order(), institution=name) for name in ("school-1", "school-9"))
    assert not Wanted(institution="school-1").takes(order(), known)
    assert not Wanted(region="410000").takes(order(), known)
    assert Wanted(institution="school-1", region="411200").takes(own, known)
    assert not Wanted(institution="school-2").takes(own, known) and not Wanted(region="411300").takes(own, known)
    assert Wanted(institution="school-9").takes(strange, known) and not Wanted(region="410000").takes(strange, known)


@pytest.mark.parametrize(("region", "since", "until", "error"), [
    ("4112", None, None, BadRegion), ("04112０", None, None, BadRegion), (None, "2026-3-2", None, BadPeriod),
    (None, "2026-02-30", None, BadPeriod), (None, "2026-03-02", "2026-03-01", BadPeriod), (None, "20260302", None,
                                                                                          BadPeriod)])
def test_what_is_misspelt_is_refused(region: str | None, since: str | None, until: str | None, error: type) -> None:
    with pytest.raises(error):
        wanted(None, region, since, until)


@pytest.fixture
def two(centre: Centre, clock: FixedClock, tmp_path: Path) -> Centre:
    """A centre with two planned classes of April and May, and the box of both. It is March."""
    add(centre, tmp_path, PLAN.replace("2026-03-0", "2026-04-0"))
    add(centre, tmp_path, PLAN.replace("welder-1", "welder-2").replace("2026-03-0", "2026-05-0"))
    box = Box(centre)
    box.genesis()
    centre.collector().take(box.messages())
    return centre


def whats(centre: Centre, target: Path, kind: str = "json", lang: str = "zh") -> list[str]:
    return [done.what for done in export_all(centre, chosen(centre, Wanted()), target, kind, lang)]


@pytest.mark.parametrize("kind", ["json", "csv"])
def test_what_is_there_and_says_the_same_is_skipped(
    two: Centre, clock: FixedClock, tmp_path: Path, kind: str
) -> None:
    target = tmp_path / "out"
    assert whats(two, target, kind) == ["written", "written"]
    first = sorted(path.name for path in target.iterdir())
    assert first == (["welder-1.json", "welder-2.json"] if kind == "json" else ["welder-1", "welder-2"])
    clock.utc_us += 60 * 10**6  # a minute later nothing has changed
    assert whats(two, target, kind) == ["skipped", "skipped"]
    assert whats(two, target, kind, "en") == ["written", "written"]
    clock.utc_us = MORNING + 45 * DAY
    assert "written" in whats(two, target, kind, "en")
    if kind == "csv":
        assert {path.name for path in (target / "welder-1").iterdir()} == set(FILES)


def test_a_run_that_was_ended_is_run_again(two: Centre, tmp_path: Path) -> None:
    target = tmp_path / "out"
    running = export_all(two, chosen(two, Wanted()), target, "json", "zh")
    assert next(running) == Done("welder-1", "written")
    running.close()
    (target / ".welder-2.json.0a1b2c3d.part").write_bytes(b"half")
    assert whats(two, target) == ["skipped", "written"]
    assert sorted(path.name for path in target.iterdir()) == ["welder-1.json", "welder-2.json"]


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"null", b"\xff", b'{"format": "%s"}' % FORMAT.encode(),
                                    b"[" * 100_000])
def test_a_damaged_file_is_written_anew(two: Centre, tmp_path: Path, damage: bytes) -> None:
    whats(two, tmp_path / "out")
    (tmp_path / "out" / "welder-1.json").write_bytes(damage)
    assert whats(two, tmp_path / "out") == ["written", "skipped"]
    assert json.loads((tmp_path / "out" / "welder-1.json").read_bytes())["class"] == "welder-1"


def test_one_that_cannot_be_written_does_not_stop_the_others(two: Centre, tmp_path: Path) -> None:
    (tmp_path / "out" / "welder-1").mkdir(parents=True)
    (tmp_path / "out" / "welder-1" / "mine").write_bytes(b"x")
    one, other = export_all(two, ["welder-1", "welder-2"], tmp_path / "out", "csv", "zh")
    assert isinstance(one.error, NotOurFolder) and other.what == "written"


def test_each_that_is_written_is_on_record_and_none_that_is_skipped(two: Centre, tmp_path: Path) -> None:
    def stated() -> list[str]:
        with two.store.read() as tx:
            return [body.class_id for body in map(body_of, (one.record for one in tx.of_type("export")))
                    if isinstance(body, Export)]

    whats(two, tmp_path / "out")
    assert stated() == ["welder-1", "welder-2"]
    with two.store.write() as tx:
        two.store.append(tx, Review("welder-2", "2026-05-02-am", "open", "seen", "Wang"))
    whats(two, tmp_path / "out")
    assert stated()[:2] == ["welder-1", "welder-2"] and "welder-1" not in stated()[2:]


def test_where_nothing_can_be_written_nothing_is_begun(two: Centre, clock: FixedClock, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(CannotWrite):
        whats(two, tmp_path / "file")


def test_a_centre_that_may_not_sign_makes_none(two: Centre, clock: FixedClock, tmp_path: Path) -> None:
    whats(two, tmp_path / "out")
    clock.utc_us -= 3600 * 10**6
    with pytest.raises(ClockBehind):
        whats(two, tmp_path / "other")
    assert list((tmp_path / "other").iterdir()) == []
