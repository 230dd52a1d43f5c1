"""R1, R2 and R7 on recorded class-hours, and what time they believe."""
from __future__ import annotations

import dataclasses

import pytest

from evidence.bodies import Gap, RecordRef, VideoReused
from evidence.records import ClockState
from evidence.times import MINUTE, SECOND
from tests.evidence.course import REAL, SIMULATED, UNSET, Chain, Course, at, codes, picture_of

DAY = "2026-03-02"


def hour(kind: str, **options: object) -> Course:
    made = Course(**options)  # type: ignore[arg-type]
    made.hour(f"{DAY} 08:00", "08:45", kind)
    made.order()
    return made


# R1


def test_r1_satisfied_when_covered_from_first_to_last_minute() -> None:
    made = hour("theory")
    made.film(f"{DAY} 07:59", "08:46", segment_s=60)
    found = made.finding("R1")
    assert found.result == "satisfied" and codes(found) == ["theory_covered"]


def test_r1_tolerance_is_in_sum_per_class_hour() -> None:
    for third, result in (("08:30", "satisfied"), ("08:31", "violated")):
        made = hour("theory")
        made.film(f"{DAY} 08:00", "08:10")
        made.film(f"{DAY} 08:11", "08:30")
        made.film(f"{DAY} {third}", "08:45")
        assert made.finding("R1").result == result


def test_r1_names_the_holes() -> None:
    made = hour("theory")
    made.film(f"{DAY} 08:00", "08:10")
    made.film(f"{DAY} 08:15", "08:45")
    found = made.finding("R1")
    assert codes(found) == ["hour_not_covered", "gap"] and not found.flag
    assert found.reasons[1].params["from_time"] == "08:10:00"
    assert found.reasons[1].params["to_time"] == "08:15:00"
    assert found.reasons[1].params["seconds"] == 300


def test_r1_calls_no_time_unrecorded_in_which_there_is_video_of_uncertain_time() -> None:
    made = hour("theory", clock=UNSET)
    made.film(f"{DAY} 08:05", "08:20")
    made.film(f"{DAY} 08:25", "08:45", segment_s=60)
    found, (one,) = made.finding("R1"), made.story().hours
    assert codes(found)[1:] == ["gap", "gap_uncertain", "gap", "gap_uncertain"]
    assert [(one.params["from_time"], one.params["to_time"]) for one in found.reasons[1:]] == [
        ("08:00:00", "08:05:00"), ("08:05:00", "08:20:00"), ("08:20:00", "08:25:00"), ("08:25:00", "08:45:00")]
    assert [part.length_us // MINUTE for part in one.gaps] == [5, 5]
    assert [part.length_us // MINUTE for part in one.uncertain] == [15, 20], "files that follow each other are one"
    certain = hour("theory")
    certain.film(f"{DAY} 08:00", "08:45")
    assert not certain.story().hours[0].uncertain


def test_r1_another_camera_fills_a_hole() -> None:
    made = hour("theory")
    made.film(f"{DAY} 08:00", "08:20", camera="a")
    made.film(f"{DAY} 08:15", "08:45", camera="b")
    assert made.finding("R1").result == "satisfied"


def test_r1_pending_until_the_class_hour_is_over() -> None:
    made = hour("theory")
    assert made.finding("R1", f"{DAY} 08:30").result == "not_recorded"
    assert made.finding("R1", f"{DAY} 08:45").result == "violated"


def test_r1_without_theory_is_satisfied_and_says_so() -> None:
    assert codes(hour("practical").finding("R1")) == ["no_theory_hours"]


# R2


def test_r2_one_stretch_of_fifteen_minutes_over_many_segments() -> None:
    made = hour("practical")
    made.film(f"{DAY} 08:05", "08:20", segment_s=60)
    assert made.story().hours[0].longest_us == 15 * MINUTE
    assert made.finding("R2").result == "satisfied"


def test_r2_two_shorter_stretches_are_not_one() -> None:
    made = hour("practical")
    made.film(f"{DAY} 08:00", "08:14")
    made.film(f"{DAY} 08:15", "08:29")
    found = made.finding("R2")
    assert found.result == "violated"
    assert found.reasons[0].params["longest_min"] == 14


def test_r2_a_stretch_counts_only_inside_the_class_hour() -> None:
    made = hour("practical")
    made.film(f"{DAY} 07:40", "08:14")
    assert made.finding("R2").result == "violated"


def test_r2_every_class_hour_needs_its_own_stretch() -> None:
    made = Course()
    made.half_day(DAY)
    made.order()
    made.film(f"{DAY} 08:00", "08:45")
    assert [one.params["id"] for one in made.finding("R2").reasons] == ["h-2"]


def test_r2_a_gap_above_the_limit_inside_a_run_breaks() -> None:
    for length_us, result in ((2 * SECOND, "satisfied"), (2 * SECOND + 1, "violated")):
        made = hour("practical")
        made.film(f"{DAY} 08:00", "08:20", gaps=[Gap(10 * MINUTE - 5 * SECOND, length_us)])
        assert made.finding("R2").result == result


def test_r2_a_missing_segment_breaks() -> None:
    made = hour("practical")
    made.film(f"{DAY} 08:00", "08:20", segment_s=60)
    chain = made.boxes["box-1"]
    gone = next(r for r in chain.records if r.type == "segment" and r.body["index"] == 10)
    chain.records.remove(gone)
    assert made.finding("R2").result == "violated"


def test_r2_a_black_picture_breaks_and_a_dim_one_does_not() -> None:
    for dark, result in ((95, "violated"), (60, "satisfied")):
        made = hour("practical")
        made.film(f"{DAY} 08:00", "08:45", dark=dark)
        assert made.finding("R2").result == result


def test_r2_says_when_nobody_has_looked_at_the_picture_yet() -> None:
    for roll_call, expected in ((False, "stretch_unseen"), (True, "stretches_long")):
        made = hour("practical")
        made.film(f"{DAY} 08:00", "08:45", roll_call=roll_call)
        assert made.finding("R2").result == ("satisfied" if roll_call else "open")
        assert codes(made.finding("R2")) == [expected]


@pytest.mark.parametrize(("until", "result"), [("08:15", "satisfied"), ("08:14", "open")])
def test_r2_fifteen_minutes_that_somebody_looked_at_are_enough(until: str, result: str) -> None:
    made = hour("practical")
    filmed = made.film(f"{DAY} 08:00", "08:45", roll_call=False, segment_s=60)
    for segment in filmed.segments:
        if segment.end_pts_us <= at(f"{DAY} {until}") - filmed.start_us:
            made.boxes["box-1"].add("picture", picture_of(segment), at(f"{DAY} 08:46"))
    assert made.finding("R2", f"{DAY} 08:30").result == (result if result == "satisfied" else "not_recorded")
    assert made.finding("R2").result == result


def test_video_without_a_picture_record_is_told_once_its_box_has_reported_past_it() -> None:
    made = hour("theory")
    filmed = made.film(f"{DAY} 08:00", "08:45", segment_s=900, pictured=False)
    made.silent = True
    assert made.finding("picture").reasons[0].params["count"] == 2, "the last one may still come"
    made.silent = False
    found = made.finding("picture")
    assert (found.result, codes(found), found.reasons[0].params["count"]) == ("warning", ["picture_missing"], 3)
    assert len(found.records) == 3
    made.policy = dataclasses.replace(made.policy, picture=None)
    assert filmed and "picture" not in {one.rule for one in made.findings()}, "nobody asks for it"


def test_r2_media_time_that_boottime_does_not_agree_to_is_not_believed() -> None:
    made = hour("practical")
    body = made.segment("r-1", 0, 0, 20 * MINUTE, at(f"{DAY} 08:00"), "box-1")
    body = dataclasses.replace(body, last_mono_us=body.first_mono_us + 5 * MINUTE)
    made.boxes["box-1"].add("segment", body, at(f"{DAY} 08:21"))
    assert made.story().segments[0].doubt == "step"
    assert made.story().hours[0].longest_us == 0
    assert made.finding("R2").result == "open"


def test_r2_the_same_bytes_count_once() -> None:
    made = Course()
    made.hour(f"{DAY} 08:00", "08:45")
    made.hour(f"{DAY} 14:00", "14:45")
    made.order()
    filmed = made.film(f"{DAY} 08:00", "08:20")
    for index, segment in enumerate(filmed.segments):
        again = made.segment("r-9", index, segment.first_pts_us, segment.end_pts_us, at(f"{DAY} 14:00"), "box-1")
        made.boxes["box-1"].add("segment", dataclasses.replace(again, sha256=segment.sha256), at(f"{DAY} 14:30"))
    assert [one.params["id"] for one in made.finding("R2").reasons] == ["h-2"]
    assert codes(made.finding("video")) == ["video_reused"]
    assert made.finding("video").reasons[0].params["count"] == len(filmed.segments)


def test_video_of_another_class_is_told_beside_and_only_a_centre_says_so() -> None:
    made = hour("practical")
    filmed = made.film(f"{DAY} 08:00", "08:20")
    here, there = RecordRef("box-1", "ab" * 16, 3), RecordRef("box-9", "cd" * 16, 7)
    body = VideoReused("c-1", filmed.segments[0].sha256, here, there)
    made.boxes["box-1"].add("video.reused", body, at(f"{DAY} 09:00"))
    assert made.story().reused_elsewhere == ()
    made.centre.add("video.reused", body, at(f"{DAY} 09:00"))
    assert codes(made.finding("video")) == ["video_reused_elsewhere"]


def test_r2_pending_until_the_class_hour_is_over_or_long_enough() -> None:
    made = hour("practical")
    made.film(f"{DAY} 08:00", "08:16", segment_s=60)
    assert made.finding("R2", f"{DAY} 08:10").result == "satisfied"
    empty = hour("practical")
    assert empty.finding("R2", f"{DAY} 08:10").result == "not_recorded"
    assert empty.finding("R2", f"{DAY} 08:45").result == "violated"


# Time


def test_a_simulated_clock_is_never_evidence_under_a_real_policy() -> None:
    made = hour("practical", clock=SIMULATED)
    made.film(f"{DAY} 08:00", "08:45")
    assert made.story().simulated
    assert made.finding("R2").result == "open"
    assert codes(made.finding("clock")) == ["doubt_simulated"]


def test_a_simulated_clock_counts_under_the_demo_policy() -> None:
    made = hour("practical", clock=SIMULATED, policy="demo")
    made.film(f"{DAY} 08:00", "08:45")
    assert made.story().simulated
    assert made.finding("R2").result == "satisfied"


def test_the_tolerance_between_the_clocks_scales_with_the_rate() -> None:
    for clock, doubt in ((None, "step"), (SIMULATED, None)):
        made = hour("practical", policy="demo", **({"clock": clock} if clock else {}))
        body = made.segment("r-1", 0, 0, 20 * MINUTE, at(f"{DAY} 08:00"), "box-1")
        late = dataclasses.replace(body, last_mono_us=body.last_mono_us + 30 * SECOND)
        made.boxes["box-1"].add("segment", late, at(f"{DAY} 08:21"))
        assert made.story().segments[0].doubt == doubt


def test_video_from_a_clock_that_was_never_set_makes_the_time_uncertain() -> None:
    made = hour("theory", clock=UNSET)
    made.film("2026-03-01 09:00", "09:45")
    assert made.finding("R1").result == "open"
    assert codes(made.finding("clock")) == ["doubt_clock"]


def test_a_segment_recovered_after_a_restart_is_placed_by_the_start_in_which_it_was_filmed() -> None:
    made = hour("practical")
    chain = made.boxes["box-1"]
    made.film(f"{DAY} 08:00", "08:10", run="r-1")
    lost = made.segment(
        "r-1", 1, 10 * MINUTE, 16 * MINUTE, at(f"{DAY} 08:00"), "box-1", recovered=True, boot_id=chain.boot_id)
    for boot, boot_id in ((f"{DAY} 08:30", "1f"), ("2026-03-03 09:30", "2f")):
        chain.restart(at(boot), boot_id)
        chain.add("session.end", {"class": "c-2", "session": "s", "by": "page"}, at(boot) + MINUTE)
    chain.add("segment", lost, at("2026-03-03 09:31"))
    made.call_rolls()
    fact = made.story().segments[-1]
    assert fact.certain and fact.span.start_us == at(f"{DAY} 08:10")
    assert made.finding("R2").result == "satisfied"


def test_a_recovered_segment_that_does_not_say_in_which_start_it_was_filmed_has_no_certain_time() -> None:
    for boot_id in (None, "7f"):
        made = hour("practical")
        lost = made.segment(
            "r-1", 0, 0, 16 * MINUTE, at(f"{DAY} 08:00"), "box-1", recovered=True, boot_id=boot_id)
        made.boxes["box-1"].add("segment", lost, at(f"{DAY} 08:31"))
        assert made.story().segments[0].doubt == "boot"
        assert codes(made.finding("R2")) == ["stretch_uncertain"]


def test_a_recovered_segment_is_as_certain_as_the_clock_was_when_it_was_filmed() -> None:
    for filmed, sealed, doubt in ((REAL, UNSET, None), (UNSET, REAL, "clock")):
        made = hour("practical", clock=filmed)
        chain = made.boxes["box-1"]
        chain.add("alarm", {"code": "x", "params": {}}, at(f"{DAY} 07:59"))
        lost = made.segment("r-1", 0, 0, 16 * MINUTE, at(f"{DAY} 08:00"), "box-1", recovered=True, boot_id="0f")
        chain.restart(at(f"{DAY} 08:30"), "1f")
        chain.clock = sealed
        chain.add("segment", lost, at(f"{DAY} 08:31"))
        assert made.story().segments[0].doubt == doubt


# The wall clock against CLOCK_BOOTTIME


def moved(by_us: int, at_local: str, restart: bool = False, clock: ClockState = REAL) -> Course:
    """Two practical class-hours, filmed; in between somebody moves the wall clock."""
    made = Course(clock=clock)
    made.half_day(DAY)
    made.order()
    made.film(f"{DAY} 08:00", "08:45")
    chain = made.boxes["box-1"]
    chain.boot_us += by_us
    if restart:
        chain.restart(at(at_local), "1f")
    made.film(f"{DAY} 08:55", "09:40")
    return made


def test_a_wall_clock_that_is_moved_while_the_box_runs_makes_what_follows_uncertain() -> None:
    made = moved(60 * MINUTE, f"{DAY} 08:50")
    assert [fact.doubt for fact in made.story().segments].count("moved") == 5
    assert [one.params["id"] for one in made.finding("R2").reasons] == ["h-2"]
    assert made.finding("R2").result == "open"
    assert codes(made.finding("clock")) == ["doubt_moved"]


def test_a_clock_that_drifts_or_is_first_set_was_not_moved() -> None:
    assert all(fact.certain for fact in moved(4 * SECOND, f"{DAY} 08:50").story().segments)
    made = moved(0, f"{DAY} 08:50", clock=UNSET)
    made.boxes["box-1"].clock = REAL
    made.boxes["box-1"].boot_us -= 60 * MINUTE
    made.film(f"{DAY} 10:55", "11:40")
    assert {fact.doubt for fact in made.story().segments} == {"clock", None}


def test_a_wall_clock_that_went_back_over_a_restart_makes_what_follows_uncertain() -> None:
    made = hour("practical")
    chain = made.boxes["box-1"]
    chain.add("alarm", {"code": "x", "params": {}}, at("2026-03-05 08:00"))
    chain.restart(at(f"{DAY} 07:30"), "1f")
    made.film(f"{DAY} 08:00", "08:45")
    assert {fact.doubt for fact in made.story().segments} == {"moved"}
    assert made.finding("R2").result == "open"


# Records that are still on their way


def late(kind: str) -> Course:
    """A class-hour that was recorded in full; the last segment has not come."""
    made = hour(kind)
    chain = made.boxes["box-1"]
    chain.add("session.start", {"class": "c-1", "session": "s-1", "by": "page"}, at(f"{DAY} 07:58"))
    made.film(f"{DAY} 08:00", "08:10" if kind == "practical" else "08:40", run="r-1")
    chain.add("session.end", {"class": "c-1", "session": "s-1", "by": "page"}, at(f"{DAY} 08:45"))
    made.silent = True
    return made


@pytest.mark.parametrize(("kind", "rule", "code"), [
    ("theory", "R1", "hour_awaited"), ("practical", "R2", "stretch_awaited"),
])
def test_a_class_hour_is_not_violated_while_its_last_segment_is_on_its_way(kind: str, rule: str, code: str) -> None:
    made = late(kind)
    assert made.finding(rule, f"{DAY} 08:46").result == "not_recorded"
    assert codes(made.finding(rule, f"{DAY} 08:46")) == ["hours_pending"]
    found = made.finding(rule, f"{DAY} 08:55")
    assert found.result == "open" and found.reasons[0].code == code
    assert found.reasons[0].params["rooms"] == ("101",)
    first = 10 if kind == "practical" else 40
    last = made.segment("r-1", first // 10, first * MINUTE, 45 * MINUTE, at(f"{DAY} 08:00"), "box-1", session="s-1")
    made.boxes["box-1"].add("segment", dataclasses.replace(last, cut="end"), at(f"{DAY} 08:47"))
    made.call_rolls()
    assert made.finding(rule, f"{DAY} 08:48").result == "satisfied"


@pytest.mark.parametrize(("kind", "rule"), [("theory", "R1"), ("practical", "R2")])
def test_a_class_hour_is_judged_at_once_when_the_box_says_that_it_is_over(kind: str, rule: str) -> None:
    made = late(kind)
    first = 10 if kind == "practical" else 40
    last = made.segment("r-1", first // 10, first * MINUTE, (first + 1) * MINUTE, at(f"{DAY} 08:00"), "box-1")
    made.boxes["box-1"].add("segment", dataclasses.replace(last, session="s-1", cut="end"), at(f"{DAY} 08:47"))
    assert made.finding(rule, f"{DAY} 08:48").result == "violated"


@pytest.mark.parametrize(("kind", "rule"), [("theory", "R1"), ("practical", "R2")])
def test_a_class_hour_is_judged_once_the_box_has_reported_past_it(kind: str, rule: str) -> None:
    for when, result in (("08:54", "open"), ("08:55", "violated")):
        made = late(kind)
        made.boxes["box-1"].add("alarm", {"code": "x", "params": {}}, at(f"{DAY} {when}"))
        assert made.finding(rule, f"{DAY} 09:00").result == result


def test_a_record_whose_clock_cannot_be_believed_does_not_show_that_a_box_has_reported() -> None:
    made = late("theory")
    chain = made.boxes["box-1"]
    chain.clock = UNSET
    chain.add("alarm", {"code": "x", "params": {}}, at("2027-01-01 08:00"))
    assert made.finding("R1").result == "open"


def test_every_box_of_the_plan_must_have_reported() -> None:
    made = late("theory")
    made.boxes["box-2"] = Chain("box-2", REAL, is_box=True)
    made.order("2026-03-01 19:00")
    made.boxes["box-1"].add("alarm", {"code": "x", "params": {}}, at(f"{DAY} 12:00"))
    assert made.finding("R1").result == "open"


# R7


def test_what_stands_behind_r1_and_r2_is_the_video_not_who_checked_in() -> None:
    for rule, kind, expected in (("R1", "theory", {"segment"}), ("R2", "practical", {"segment", "rollcall"})):
        made = hour(kind)
        for number in range(3):
            made.check_in(f"p-{number + 1}", f"{DAY} 07:5{number}")
        made.film(f"{DAY} 08:00", "08:45")
        records = {record.key: record.type for chain in made.boxes.values() for record in chain.records}
        found = made.finding(rule)
        assert found.result == "satisfied"
        assert {records[ref] for ref in found.records} == expected


@pytest.mark.parametrize(("rule", "kind"), [("R1", "theory"), ("R2", "practical")])
def test_where_there_is_no_video_the_plan_stands_behind_the_finding(rule: str, kind: str) -> None:
    made = hour(kind)
    made.check_in("p-1", f"{DAY} 08:00")
    found = made.finding(rule, f"{DAY} 20:00")
    assert found.result == "violated"
    assert found.records == (made.story().order_ref,)


def test_r7_kept_until_three_years_after_the_last_class_hour() -> None:
    made = hour("practical")
    made.film(f"{DAY} 08:00", "08:45")
    found = made.finding("R7")
    assert found.result == "satisfied"
    assert found.reasons[0].code == "kept_until" and found.reasons[0].params["until"] == "2029-03-02"


def test_r7_removed_before_is_violated() -> None:
    made = hour("practical")
    filmed = made.film(f"{DAY} 08:00", "08:45")
    made.remove(filmed.segments[0], "2029-03-01 08:00")
    assert made.finding("R7").result == "violated"


def test_r7_removed_after_is_not() -> None:
    made = hour("practical")
    filmed = made.film(f"{DAY} 08:00", "08:45")
    made.remove(filmed.segments[0], "2029-03-03 08:00")
    assert made.finding("R7").result == "satisfied"


def removed_in(years: int, clock: ClockState = REAL, restart: bool = False, moved: bool = False) -> Course:
    """Removed on the day after, or `years` later; a wall clock that was moved says 2031 already."""
    made = hour("practical")
    filmed = made.film(f"{DAY} 08:00", "08:45")
    box = made.boxes["box-1"]
    when, box.clock = f"{2026 + years}-03-03 09:00", clock
    if restart:
        box.restart(at(when) - MINUTE, "1f")
    if moved:
        box.boot_us += at("2031-01-01 00:00") - at(when)
    made.remove(filmed.segments[0], "2031-01-01 00:00" if moved else when)
    made.silent = True
    return made


@pytest.mark.parametrize(("made", "result"), [
    # By CLOCK_BOOTTIME since a record of the same start that is believed.
    (removed_in(0, moved=True), "violated"),
    (removed_in(0, UNSET), "violated"),
    (removed_in(4, UNSET), "satisfied"),
    # Nothing of the start of the removal is believed.
    (removed_in(4, UNSET, restart=True), "open"),
    (removed_in(0, UNSET, restart=True), "open"),
    (removed_in(4, restart=True), "satisfied"),
])
def test_r7_a_removal_whose_clock_cannot_be_believed_is_judged_by_what_is_proven(made: Course, result: str) -> None:
    found = made.finding("R7", "2032-01-01 00:00")
    assert found.result == result
    assert codes(found) == {
        "violated": ["removed_early"], "open": ["removed_unsure"], "satisfied": ["kept_until"]}[result]


def test_r7_what_was_recorded_before_and_after_tells_when_a_removal_was() -> None:
    for before, after, result in (
        ("2026-03-04", "2026-03-05", "violated"), ("2029-03-04", "2029-03-05", "satisfied"),
        ("2026-03-04", "2029-03-05", "open"),
    ):
        made = removed_in(0)
        box = made.boxes["box-1"]
        removal = box.records.pop()
        box.add("alarm", {"code": "x", "params": {}}, at(f"{before} 08:00"))
        box.restart(at(f"{before} 09:00"), "1f")
        box.clock = UNSET
        box.add("segment.removed", removal.body, at("1970-01-02 08:00") + 10**15)
        box.restart(at(f"{after} 07:00"), "2f")
        box.clock = REAL
        box.add("alarm", {"code": "x", "params": {}}, at(f"{after} 08:00"))
        assert made.finding("R7").result == result


def test_r7_a_clock_that_is_set_ahead_over_a_restart_and_back_again_proves_nothing() -> None:
    made = removed_in(0, restart=True, moved=True)
    assert made.finding("R7").result == "satisfied", "nothing in the chain says otherwise yet"
    box = made.boxes["box-1"]
    for day, boot_id in (("04", "2f"), ("05", "3f")):
        box.restart(at(f"2026-03-{day} 07:00"), boot_id)
        box.add("alarm", {"code": "x", "params": {}}, at(f"2026-03-{day} 08:00"))
        assert made.finding("R7").result == "open" and codes(made.finding("R7")) == ["removed_unsure"]
    box.restart(at("2031-02-01 07:00"), "4f")
    box.clock = UNSET
    box.add("alarm", {"code": "x", "params": {}}, at("2031-02-01 08:00"))
    assert made.finding("R7").result == "open"


def test_r7_a_clock_that_was_not_set_after_a_restart_disproves_nothing() -> None:
    made = removed_in(4, restart=True)
    box = made.boxes["box-1"]
    box.restart(at("2026-01-01 07:00"), "2f")
    box.clock = UNSET
    box.add("alarm", {"code": "x", "params": {}}, at("2026-01-01 08:00"))
    assert made.finding("R7").result == "satisfied"


def test_r7_says_when_nothing_was_recorded() -> None:
    assert hour("practical").finding("R7").result == "not_recorded"


def test_rules_of_which_nothing_is_recorded_say_so_and_rules_that_are_off_do_not_exist() -> None:
    found = {one.rule: one.result for one in hour("practical").findings()}
    assert {found[name] for name in ("R5", "O6", "O8", "O10")} == {"not_recorded"}
    assert not {"R4", "R6"} & {one.rule for one in hour("practical", policy="zhengzhou-2022").findings()}
