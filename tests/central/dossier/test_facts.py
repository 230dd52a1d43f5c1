"""What a dossier says, against the records it is made of."""
from __future__ import annotations

import dataclasses

from central.dossier.facts import facts_hash
from central.dossier.words import Words
from evidence.canonical import canonical, sha256_hex
from evidence.rules import finding_json
from evidence.standing import findings_hash
from evidence.times import MINUTE
from tests.central.dossier.classes import NAMES, dossier, flagged, flagged_course, nothing, told_of, two_rooms
from tests.evidence.course import Course


def test_class_hours_of_each_trainee() -> None:
    """Nine class-hours are due, one of them online, of which no platform says anything; `t-4` came to two, was on leave
    for two, missed three, and made up one; of one that was recorded in part nobody can tell."""
    hours = {one.person: one.hours for one in flagged().trainees}
    told = {one: dataclasses.astuple(rate)[1:7] for one, rate in hours.items()}
    assert told["t-1"] == (9, 8, 0, 1, 0, 0) and told["t-4"] == (9, 2, 2, 2, 3, 1)
    assert (hours["t-1"].ppm, hours["t-4"].ppm) == (888_888, 333_333)
    assert flagged().rate_ppm == 1_000_000 * 27 // 36


def test_marks_say_of_each_recording_who_signed_in_and_who_is_shown() -> None:
    marks = {one.person: one.marks for one in flagged().trainees}
    assert marks["t-1"] == ("both", "both", "both", "both", None)
    assert marks["t-4"][0] == "both" and marks["t-4"][1] == "leave" and marks["t-4"][2:4] == ("absent", "absent")
    assert marks["t-4"][4] == "both"


def test_the_opening_and_the_three_headcounts_are_those_of_the_rule() -> None:
    facts = flagged()
    opening, counts = facts.opening, facts.headcounts
    assert opening is not None and (opening.due, opening.faces, opening.pins, opening.teachers) == (4, 4, 0, 1)
    told = {one.code: one.params for f in told_of(flagged_course()).findings if f.rule == "O7" for one in f.reasons}
    assert counts.opening == told["o7_opening"]["faces"] + told["o7_opening"]["pins"]
    assert counts.recordings is not None and counts.recordings.count == told["o7_evidence"]["count"]
    assert Words(facts, "en").tenths(counts.recordings.ppm) == told["o7_evidence"]["mean"]
    assert counts.inspections is None and counts.remote is None


def test_class_hours_are_told_with_what_is_missing_and_why() -> None:
    hours = {(one.start_us, one.kind): one for one in flagged().hours}
    assert len(hours) == 10
    hour = flagged().hours[4]
    assert (hour.kind, hour.planned_us, hour.covered_us, hour.longest_us) == (
        "theory", 45 * MINUTE, 35 * MINUTE, 20 * MINUTE)
    assert [(gap.end_us - gap.start_us) for gap in hour.gaps] == [10 * MINUTE] and not hour.gaps[0].late
    online = flagged().hours[-1]
    assert (online.kind, online.gaps, online.covered_us) == ("online", (), 0)


def test_recordings_are_told_as_the_console_tells_them() -> None:
    first, second = flagged().recordings[:2]
    assert (first.state, first.due, first.faces, first.shown, first.absent) == ("complete", 4, 4, 4, 0)
    assert (second.state, second.faces, second.shown, second.absent) == ("missing", 3, 3, 0)
    assert flagged().recordings[4].pins == 1
    assert [one.verdict for one in flagged().findings if one.finding.rule == "R3"] == ["flag"]


def test_a_class_in_two_rooms_has_both_and_all_of_its_video() -> None:
    facts = dossier(two_rooms())
    assert facts.head.places == (("box-1", "101 教室"), ("box-2", "实训车间"))
    assert {one.ref[0] for one in facts.signs} == {"box-1", "box-2"}
    assert all(one.hours.ppm == 1_000_000 for one in facts.trainees)
    assert facts.files.on_record == facts.files.here == len(two_rooms().story().segments)


def test_a_class_of_which_nothing_is_known() -> None:
    facts = dossier(nothing())
    assert facts.signs == () and facts.headcounts.recordings is None and facts.rate_ppm == 0
    assert all(mark in ("open", "absent") for one in facts.trainees for mark in one.marks)


def test_a_plan_without_class_hours() -> None:
    course = Course()
    course.order()
    facts = dossier(course)
    assert (facts.opening, facts.hours, facts.recordings, facts.rate_ppm) == (None, (), (), None)
    assert facts.head.first_us is None


def test_before_the_class_nothing_is_due_to_anybody() -> None:
    facts = dossier(flagged_course(), as_of="2026-03-01 20:00")
    assert facts.rate_ppm is None and not any(one.over for one in facts.hours)
    assert {mark for one in facts.trainees for mark in one.marks if mark} <= {"both", "shown", "signed", "pending",
                                                                            "leave"}


def test_the_roster_is_told_with_its_changes() -> None:
    course = flagged_course()
    course.roster_event("withdrawal", "t-3", "2026-03-04 00:00", "2026-03-04 09:00")
    entries = [(one.kind, one.leaves, one.approver) for one in dossier(course).roster]
    assert entries == [("leave", "t-4", "Li"), ("withdrawal", "t-3", "Li")]


def test_the_hash_of_the_findings_is_that_of_their_json() -> None:
    found = told_of(flagged_course()).findings
    assert findings_hash(found) == sha256_hex(canonical([finding_json(one) for one in found]))
    assert flagged().findings_sha256 == findings_hash(found)


def test_the_hash_of_the_facts_is_of_what_is_said_and_not_of_when() -> None:
    one, later = dossier(flagged_course()), dossier(flagged_course(), as_of="2026-04-02 08:00")
    assert facts_hash(one) == facts_hash(later)
    assert facts_hash(one) == facts_hash(dataclasses.replace(one, proof=dataclasses.replace(one.proof, size=5)))
    other = dossier(flagged_course(), NAMES | {"t-1": "张炜"})
    assert facts_hash(one) != facts_hash(other)
