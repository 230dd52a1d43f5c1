"""R7 counts from the latest of class end, assessment and the end of a dispute; nobody breaks a promise made later."""
from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from common.texts import words
from evidence.bodies import Alarm, Assessment, ClassOrder, Dispute, Hold, RemovedFile, Segment, VideoRemoved, body_of
from evidence.keeping import counted_from_us, holds, longer
from evidence.policy import Policy
from evidence.records import ClockState
from evidence.retention import plan_of
from evidence.story import Longer
from evidence.times import MINUTE, utc_text
from tests.evidence.course import Course, at, codes

DAY = "2026-03-02"


def course() -> Course:
    made = Course()
    made.half_day(DAY)
    made.order()
    made.film(f"{DAY} 07:58", "09:42", segment_s=7200)
    return made


def remove(made: Course, when: str) -> None:
    segment = next(body_of(one) for one in made.boxes["box-1"].records if one.type == "segment")
    made.remove(segment, when)  # type: ignore[arg-type]


def assess(made: Course, over: str, when: str) -> None:
    made.centre.add("assessment", Assessment("c-1", utc_text(at(over))), at(when))


def dispute(made: Course, state: str, when: str, which: str = "d-1") -> None:
    made.centre.add("dispute", Dispute("c-1", which, state, "because"), at(when))  # type: ignore[arg-type]


def hold(made: Course, state: str, when: str, which: str = "h-1") -> None:
    made.centre.add("hold", Hold("c-1", which, state, "case 114"), at(when))  # type: ignore[arg-type]


def told(made: Course) -> tuple[str, list[str]]:
    found = made.finding("R7", "2035-01-01 00:00")
    assert all(words(one, lang) for one in found.reasons for lang in ("zh", "en"))
    return found.result, codes(found)


def test_an_assessment_later_than_the_class_moves_the_day() -> None:
    made = course()
    assert made.finding("R7").reasons[0].params["until"] == "2029-03-02"
    assess(made, "2026-04-11 00:00", "2026-04-12 08:00")
    assert made.finding("R7").reasons[0].params["until"] == "2029-04-11"
    assess(made, "2026-02-01 00:00", "2026-04-12 09:00")
    assert made.finding("R7").reasons[0].params["until"] == "2029-04-11"
    remove(made, "2029-04-01 08:00")
    assert told(made) == ("violated", ["removed_early", "counted_assessment"])


def test_while_a_dispute_is_open_nothing_goes_and_its_end_begins_the_years() -> None:
    made = course()
    dispute(made, "opened", "2026-05-01 08:00")
    assert told(made) == ("satisfied", ["kept_dispute", "dispute_open"])
    remove(made, "2034-01-01 08:00")
    assert told(made) == ("violated", ["removed_disputed", "dispute_open"])
    dispute(made, "closed", "2034-02-01 08:00")
    assert told(made) == ("violated", ["removed_early", "counted_dispute"])


def test_a_dispute_that_is_over_lets_video_go_years_later() -> None:
    made = course()
    dispute(made, "opened", "2026-05-01 08:00")
    dispute(made, "closed", "2026-06-01 08:00")
    assert made.finding("R7").reasons[0].params["until"] == "2029-06-01"
    remove(made, "2029-06-02 08:00")
    assert told(made)[0] == "satisfied"


def test_a_dispute_opened_after_a_removal_does_not_make_it_early() -> None:
    made = course()
    remove(made, "2029-03-03 08:00")
    dispute(made, "opened", "2029-04-01 08:00")
    assess(made, "2029-04-01 00:00", "2029-04-02 08:00")
    assert told(made)[0] == "satisfied"


def test_the_last_word_of_a_dispute_counts_and_each_has_its_own() -> None:
    made = course()
    dispute(made, "opened", "2026-05-01 08:00")
    dispute(made, "opened", "2026-05-02 08:00", "d-2")
    dispute(made, "closed", "2026-06-01 08:00")
    assert told(made) == ("satisfied", ["kept_dispute", "dispute_open"])
    dispute(made, "closed", "2026-06-02 08:00", "d-2")
    assert made.finding("R7").reasons[0].params["until"] == "2029-06-02"
    dispute(made, "opened", "2026-07-01 08:00")
    assert told(made) == ("satisfied", ["kept_dispute", "dispute_open"])


def test_a_box_states_neither() -> None:
    made = course()
    assessed, disputed = Assessment("c-1", utc_text(at("2027-01-01 00:00"))), Dispute("c-1", "d-1", "opened", "x")
    for kind, body in (("assessment", assessed), ("dispute", disputed)):
        made.boxes["box-1"].add(kind, body, at("2026-05-01 08:00"))
    assert made.story().longer == () and made.finding("R7").reasons[0].params["until"] == "2029-03-02"


ENDS = st.lists(st.tuples(st.integers(0, 100), st.none() | st.integers(0, 100)), max_size=6)


@given(st.integers(0, 100), ENDS, st.none() | st.integers(0, 100))
def test_the_years_count_from_the_latest_of_what_was_known(
    end: int, found: list[tuple[int, int | None]], known: int | None
) -> None:
    made = [Longer("dispute", known_us, until_us, "", ()) for known_us, until_us in found]
    heard = [one for one in made if known is None or one.known_us <= known]
    expected = None if any(one.until_us is None for one in heard) else max(
        [end, *(one.until_us for one in heard if one.until_us is not None)])
    assert counted_from_us(end, made, known) == expected


@given(st.randoms(use_true_random=False))
def test_any_order_of_records_says_the_same(shuffle: random.Random) -> None:
    made = course()
    for number, state in enumerate(("opened", "closed", "opened", "closed")):
        dispute(made, state, f"2026-05-0{number + 1} 08:00")
    assess(made, "2026-04-11 00:00", "2026-04-12 08:00")
    said = [(one, body_of(one)) for one in made.centre.records if one.type in ("dispute", "assessment")]
    expected = longer(said)  # type: ignore[arg-type]
    shuffle.shuffle(said)
    assert longer(said) == expected and len(expected) == 2  # type: ignore[arg-type]


def test_what_a_box_keeps_by_counts_from_the_same_moment() -> None:
    made = course()
    order = body_of(made.centre.records[-1])
    assert isinstance(order, ClassOrder)
    policy: Policy = made.policy
    open_one, over = Longer("dispute", 0, None, "", ()), Longer("assessment", 0, at("2026-04-11 00:00"), "", ())
    assert plan_of(order, policy).end_us == at(f"{DAY} 09:40") == plan_of(order, policy, [open_one]).end_us
    assert plan_of(order, policy, [open_one, over]).end_us == at("2026-04-11 00:00")


def test_a_day_that_jumps_is_told_with_both_days_and_the_record() -> None:
    made = course()
    assert [one.code for one in made.finding("R7").reasons] == ["kept_until"]
    assess(made, "2026-02-01 00:00", "2026-04-12 09:00")
    assert [one.code for one in made.finding("R7").reasons] == ["kept_until"], "it moved nothing"
    dispute(made, "opened", "2026-05-01 08:00")
    found = made.finding("R7")
    said = words(found.reasons[1], "en")
    assert "(because) is open since May 1, 2026" in said and "Mar 2, 2029" in said
    dispute(made, "closed", "2026-06-01 08:00")
    found, record = made.finding("R7"), made.centre.records[-1]
    assert found.reasons[1].params | {"why": ""} == {
        "since_date": "2026-06-01", "date": "2026-03-02", "until": "2029-06-01", "else_until": "2029-03-02", "why": "",
        "seq": record.seq}
    assert record.key in found.records and words(found.reasons[1], "zh").endswith(f"（中心第 {record.seq} 条记录）")
    assess(made, "2026-08-11 00:00", "2026-08-12 09:00")
    assert made.finding("R7").reasons[1].params["since_date"] == "2026-08-10", "the day that ended then"


def test_a_hold_keeps_whatever_the_time_and_moves_nothing() -> None:
    made = course()
    hold(made, "placed", "2026-05-01 08:00")
    assert told(made) == ("satisfied", ["kept_until", "hold_placed"])
    remove(made, "2034-01-01 08:00")
    assert told(made) == ("violated", ["removed_held", "hold_placed"])
    hold(made, "lifted", "2034-02-01 08:00")
    assert told(made) == ("violated", ["removed_held"]), "that it was lifted later excuses nothing"


def test_a_hold_that_is_lifted_leaves_the_day_where_it_was_and_one_placed_later_is_no_blame() -> None:
    made = course()
    hold(made, "placed", "2026-05-01 08:00")
    hold(made, "lifted", "2028-05-01 08:00")
    assert made.finding("R7").reasons[0].params["until"] == "2029-03-02"
    remove(made, "2029-03-03 08:00")
    hold(made, "placed", "2029-04-01 08:00", "h-2")
    assert told(made) == ("satisfied", ["kept_until", "hold_placed"])


def test_holds_are_counted_each_time_and_in_any_order_of_records() -> None:
    made = course()
    for number, state in enumerate(("placed", "placed", "lifted", "lifted", "placed")):
        hold(made, state, f"2026-05-0{number + 1} 08:00")
    said = [(one, body) for one in made.centre.records if isinstance(body := body_of(one), Hold)]
    first, second = holds(reversed(said))
    assert (first.from_us, first.until_us) == (at("2026-05-01 08:00"), at("2026-05-03 08:00"))
    assert (second.from_us, second.until_us) == (at("2026-05-05 08:00"), None)
    assert first.when(first.from_us) and not first.when(at("2026-05-03 08:00")) and second.when(at("2099-01-01 00:00"))


def certify(made: Course, when: str, class_id: str = "c-1", sha256: str | None = None) -> None:
    segment = next(body for one in made.boxes["box-1"].records if isinstance(body := body_of(one), Segment))
    file = RemovedFile(sha256 or segment.sha256, segment.size, utc_text(at("2029-03-02 09:40")))
    made.centre.add("video.removed", VideoRemoved(class_id, (file,), "12" * 32), at(when))


def test_what_a_centre_certifies_is_held_against_the_rule_like_what_a_box_says() -> None:
    made = course()
    certify(made, "2029-03-03 08:00", sha256="ff" * 32)
    assert made.story().removed == (), "of a file that nobody recorded"
    certify(made, "2029-03-03 08:00")
    assert told(made)[0] == "satisfied" and len(made.story().removed) == 1
    early = course()
    certify(early, "2029-03-01 08:00")
    assert told(early) == ("violated", ["removed_early"])


def test_a_box_certifies_nothing_and_places_no_hold() -> None:
    made = course()
    made.boxes["box-1"].add("hold", Hold("c-1", "h-1", "placed", "x"), at("2026-05-01 08:00"))
    made.boxes["box-1"].add("video.removed", VideoRemoved(
        "c-1", (RemovedFile("ab" * 32, 1, utc_text(at("2029-03-02 09:40"))),), "12" * 32), at("2026-05-01 08:00"))
    assert made.story().holds == () and made.story().removed == ()


def put_right(made: Course, when: str) -> None:
    made.centre.add("alarm", Alarm("centre.clock", {"why": "put_right", "signed": utc_text(at("2031-03-01 08:00"))}),
                    at(when))


def test_a_clock_set_years_ahead_and_back_makes_no_removal_late() -> None:
    made = course()
    assess(made, "2026-02-01 00:00", "2026-11-26 08:00")
    certify(made, "2031-03-01 08:00")
    assert told(made)[0] == "satisfied"
    put_right(made, "2026-11-26 08:30")
    assert told(made) == ("violated", ["removed_early"])
    fact = made.story().removed[0]
    assert (fact.least_us, fact.most_us) == (at("2026-11-26 08:00"), at("2026-11-26 08:30"))
    assert made.finding("R7").reasons[0].params["date"] == "2026-11-26"
    clock = made.finding("clock", "2035-01-01 00:00")
    assert (clock.result, codes(clock), clock.records) == ("open", ["centre_ahead"], (fact.ref,))


def test_a_clock_put_right_by_a_person_counts_although_nobody_set_it() -> None:
    made = course()
    certify(made, "2031-03-01 08:00")
    made.centre.clock = ClockState(False, 0, "kernel", 1)
    made.centre.add("alarm", Alarm("centre.clock", {"why": "behind"}), at("2026-11-26 08:00"))
    assert told(made)[0] == "satisfied", "a clock that nobody set says nothing"
    put_right(made, "2026-11-26 08:30")
    assert told(made) == ("violated", ["removed_early"])


def test_where_a_start_goes_on_by_its_own_clock_nobody_can_tell() -> None:
    made = course()
    box = made.boxes["box-1"]
    remove(made, "2029-03-03 08:00")
    box.restart(at("2027-01-01 07:00"), "1f")
    box.add("alarm", Alarm("camera.silent", {}), at("2027-01-01 08:00"))
    assert told(made) == ("open", ["removed_unsure"])


@given(before=st.integers(1, 700), ahead=st.integers(1100, 9000), during=st.lists(st.integers(0, 90), max_size=3),
       after=st.integers(0, 90), starts=st.tuples(st.booleans(), st.booleans()), by_box=st.booleans())
def test_no_jump_ahead_and_back_makes_an_early_removal_look_late(
    before: int, ahead: int, during: list[int], after: int, starts: tuple[bool, bool], by_box: bool
) -> None:
    made, days = course(), 24 * 60 * MINUTE
    chain, true_us = made.boxes["box-1"] if by_box else made.centre, at("2026-03-03 08:00") + before * days
    chain.add("alarm", Alarm("camera.silent", {}), true_us)
    ahead_us = true_us + ahead * days
    if starts[0]:
        chain.restart(ahead_us - MINUTE, "1f")
    for minutes in (0, *sorted(during)):
        chain.add("alarm", Alarm("camera.silent", {}), ahead_us + minutes * MINUTE)
    when = utc_text(ahead_us + 100 * MINUTE)
    local = f"{when[:10]} {when[11:16]}"
    (remove if by_box else certify)(made, local)
    if starts[1]:
        chain.restart(true_us, "2f")
    chain.add("alarm", Alarm("camera.silent", {}), true_us + (2 + after) * MINUTE)
    assert told(made)[0] in ("violated", "open")
