"""What people stated, from their records to the dossier: only what counts, as of the tree that it names."""
from __future__ import annotations

import dataclasses
import datetime
import json
from pathlib import Path

import pytest

from central.classes.inspections import InspectionSaid, state_inspection
from central.classes.objections import handle_objection, raise_objection
from central.dossier.bulk import Wanted, chosen
from central.dossier.document import document
from central.dossier.gather import gather
from central.wiring import Centre
from evidence.times import MINUTE, utc_us
from tests.central.helpers import PLAN, FixedClock
from tests.central.test_classes import add
from tests.central.test_decisions import decided
from tests.central.test_reviews import CLASS, NOW

SAID = InspectionSaid("field", "2026-03-02T09:00:00", "2026-03-02T09:30:00", "101 教室", 2, 3, "孙检查员")
HALF_PAST_NINE = utc_us("2026-03-02T01:30:00.000000Z")


def told(centre: Centre) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = document(gather(centre, CLASS, centre.checkpoint()), "zh")
    return found


def test_inspections_fill_list_and_headcounts_as_the_rule_counts_them(played: Centre) -> None:
    first = state_inspection(played.store, played.names, CLASS, SAID, NOW)
    for said in (dataclasses.replace(SAID, headcount=4, replaces=first.inspection),
                 dataclasses.replace(SAID, kind="remote", headcount=6),
                 dataclasses.replace(SAID, kind="opening", headcount=5),
                 dataclasses.replace(SAID, start="2026-03-03T09:00:00", end="2026-03-03T09:10:00", headcount=5)):
        seen = (HALF_PAST_NINE, HALF_PAST_NINE + MINUTE) if said.kind == "remote" else None
        state_inspection(played.store, played.names, CLASS, said, NOW, seen=seen)
    found = told(played)
    assert sorted((one["kind"], one["present_people"]) for one in found["inspections"]) == [
        ("field", 4), ("field", 5), ("opening", 5), ("remote", 6)]
    counts = dict(found["headcounts"])  # type: ignore[arg-type]
    assert (counts["inspections_count"], counts["inspections_mean_people"]) == (2, 4.5)
    assert (counts["remote_inspections_count"], counts["remote_inspections_mean_people"]) == (1, 6.0)
    (o7,) = [one for one in found["findings"] if one["rule"] == "O7"]
    assert '"mean": "4.5"' in json.dumps(o7["reasons"])


def test_decisions_are_those_of_the_round_that_stands(played: Centre) -> None:
    assert told(played)["decisions"] == []
    decided(played)
    first = told(played)["decisions"]
    assert [(one["stage"], one["by"], one["state"], one["final"]) for one in first] == [
        ("first", "王科长", "first", False)]
    decided(played, "second", by="li", name="李处长")
    both = told(played)["decisions"]
    assert [(one["stage"], one["account"], one["outcome"], one["state"]) for one in both] == [
        ("first", "wang", "withdraw", "decided"), ("second", "li", "withdraw", "decided")]
    assert all(str(one["record"]).startswith("centre/") for one in both)
    assert all(one["final"] and one["final_from"] == both[1]["at"] for one in both), "the demo has no public notice"


def test_objections_are_told_with_what_became_of_them(played: Centre) -> None:
    raise_objection(played.store, CLASS, "school", None, "名册有误", "school-1")
    (one,) = told(played)["objections"]
    assert (one["from"], one["state"], one["handling"]) == ("school", "raised", "")
    handle_objection(played.store, CLASS, "o-1", "rejected", "名册无误", "li")
    (one,) = told(played)["objections"]
    assert (one["text"], one["state"], one["handling"], one["handled_by"]) == ("名册有误", "rejected", "名册无误", "li")


@pytest.fixture
def held(centre: Centre, clock: FixedClock, tmp_path: Path) -> Centre:
    desk = centre.account_desk()
    desk.put_institution("school-a", "甲学校", "411202", None)
    add(centre, tmp_path, f'institution = "school-a"\n{PLAN}')
    return centre


def test_the_institution_is_the_newest_of_the_tree(held: Centre) -> None:
    stated = held.checkpoint()
    held.account_desk().put_institution("school-a", "甲技工学校", "411203", None)
    before, now = gather(held, CLASS, stated).head, gather(held, CLASS, held.checkpoint()).head
    assert (before.institution_id, before.institution, before.region) == ("school-a", "甲学校", "411202")
    assert (now.institution, now.region) == ("甲技工学校", "411203")


def test_classes_are_chosen_by_institution_and_region(held: Centre, tmp_path: Path) -> None:
    add(held, tmp_path, PLAN.replace("welder-1", "welder-2").replace("2026-03-0", "2026-04-0"))
    for want, classes in ((Wanted(), ["welder-1", "welder-2"]), (Wanted(institution="school-a"), ["welder-1"]),
                          (Wanted(region="411200"), ["welder-1"]), (Wanted(region="411300"), []),
                          (Wanted(since=datetime.date(2026, 4, 1)), ["welder-2"])):
        assert chosen(held, want) == classes


def test_the_code_names_the_address_by_which_browsers_reach_the_console(held: Centre) -> None:
    web = dataclasses.replace(held.config.web, certificate="x", names=("console.example",), port=8443)
    there = dataclasses.replace(held, config=dataclasses.replace(held.config, web=web))
    proof = gather(there, CLASS, held.checkpoint()).proof
    assert proof.address.startswith("https://console.example:8443/log/checkpoint?size=")
