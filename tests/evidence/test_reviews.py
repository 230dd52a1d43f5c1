"""People who look at a recording: reviews of blocks and class-hours, and trainees pointed out in a frame."""
from __future__ import annotations

import dataclasses

import pytest

from evidence.bodies import Pointed
from evidence.reviews import seen_hash
from tests.evidence.course import TRAINEES, Course, at, codes, roll_call_of

DAY = "2026-03-02"
BLOCK = f"{DAY}-am"
BUT_4 = TRAINEES[:3]


def course(shows: tuple[str, ...] = BUT_4) -> Course:
    made = Course()
    made.half_day(DAY)
    made.order()
    made.film(f"{DAY} 07:58", "09:42", shows)
    return made


def told(made: Course, code: str) -> dict[str, object]:
    return dict(next(one for one in made.r3().reasons if one.code == code).params)


@pytest.mark.parametrize("shows", [BUT_4, TRAINEES])
@pytest.mark.parametrize("answer", ["complete", "missing", "open"])
def test_a_review_confirms_corrects_or_dismisses_and_the_finding_says_who_why_and_what_it_would_be(
    answer: str, shows: tuple[str, ...]
) -> None:
    made = course(shows)
    record = made.review(BLOCK, answer, reason="looked at 08:20", reviewer="Wang")
    found = made.r3()
    assert (found.recordings, found.open_recordings) == (
        (BLOCK,) if answer == "missing" else (), (BLOCK,) if answer == "open" else ())
    own = "complete" if shows == TRAINEES else "missing"
    assert {"reviewer": "Wang", "why": "looked at 08:20", "own": own}.items() <= told(
        made, f"reviewed_{answer}").items()
    assert record.key in found.records


def test_a_review_that_confirms_a_miss_accuses_nobody_whom_the_records_excuse() -> None:
    made = course(TRAINEES[:2])
    made.check_in("t-3", f"{DAY} 07:50")
    made.film(f"{DAY} 07:58", "09:42", (), unnamed=2, camera="back")
    assert [one.answer for one in made.story().blocks[0].presences[2:]] == ["not_identifiable"] * 2
    assert made.r3().trainees == ("t-4",), "t-3 signed in, and may be one of the faces"
    made.review(BLOCK, "missing")
    assert made.r3().trainees == ("t-4",)
    made.check_in("t-4", f"{DAY} 07:50")
    assert made.r3().trainees == ("t-3", "t-4"), "the records miss nobody: whom, the reviewer does not say"


def test_a_review_of_a_class_hour_counts_where_class_hours_are_counted() -> None:
    made = course()
    made.review("h-1", "complete")
    assert made.r3().recordings == (BLOCK,) and made.r3().readings[0].missing == 1
    assert made.policy.r3 is not None
    made.policy = dataclasses.replace(made.policy, r3=dataclasses.replace(made.policy.r3, occasion="class_hour"))
    assert made.r3().recordings == ("h-2",) and "reviewed_complete" in codes(made.r3())


def test_a_later_review_replaces_an_earlier_one() -> None:
    made = course()
    made.review(BLOCK, "complete", "2026-03-20 09:00", "first")
    made.review(BLOCK, "open", "2026-03-21 09:00", "again", "Liu")
    assert made.r3().open_recordings == (BLOCK,)
    assert told(made, "reviewed_open")["reviewer"] == "Liu" and "reviewed_complete" not in codes(made.r3())


def test_a_review_of_another_class_or_by_a_box_does_nothing() -> None:
    made = course()
    before = made.r3()
    made.review(BLOCK, "complete", class_id="c-2")
    record = made.review(BLOCK, "complete")
    made.centre.records.pop()
    made.boxes["box-1"].add("review", dict(record.body), record.utc_us)
    assert made.r3() == before


@pytest.mark.parametrize("words", [{"reason": " "}, {"reviewer": ""}])
def test_a_review_without_a_reason_or_a_name_does_not_count_and_is_told(words: dict[str, str]) -> None:
    made = course()
    made.review(BLOCK, "complete", **words)
    assert made.r3().recordings == (BLOCK,) and told(made, "reviews_void") == {"count": 1}


def moved(made: Course) -> None:
    """A later plan has the block at half past ten."""
    made.hours.clear()
    made.hour(f"{DAY} 10:30", "11:15")
    made.hour(f"{DAY} 11:20", "11:59")
    made.order(f"{DAY} 10:05")


@pytest.mark.parametrize("which", [BLOCK, "h-1"])
def test_a_review_of_a_block_that_a_later_plan_moved_does_not_count_and_is_told(which: str) -> None:
    made = course(TRAINEES)
    made.review(which, "complete", f"{DAY} 10:00", seen=seen_hash(made.story().blocks[0].calls))
    assert made.story().reviews_void == ()
    moved(made)
    made.film(f"{DAY} 10:28", "12:01", ())
    assert made.r3().recordings == (BLOCK,) and told(made, "reviews_void") == {"count": 1}
    made.review(BLOCK, "complete", f"{DAY} 13:00")
    assert made.r3().recordings == () and "reviewed_complete" in codes(made.r3())


def test_a_review_counts_while_a_later_plan_leaves_its_block_where_it_was() -> None:
    made = course()
    made.review(BLOCK, "complete", f"{DAY} 10:00")
    made.half_day("2026-03-03")
    made.order(f"{DAY} 10:05")
    assert made.r3().recordings == () and made.story().reviews_void == ()


def test_a_review_of_what_no_plan_had_yet_does_not_count() -> None:
    made = course()
    made.review(BLOCK, "complete", "2026-03-01 17:00")
    assert made.r3().recordings == (), "the clock of the centre was set back: its chain says what came first"
    review, plan = made.centre.records.pop(), made.centre.records.pop()
    made.centre.records += [dataclasses.replace(review, seq=plan.seq), dataclasses.replace(plan, seq=review.seq)]
    assert made.r3().recordings == (BLOCK,) and told(made, "reviews_void") == {"count": 1}


def test_roll_calls_that_came_after_a_review_are_told_and_it_still_counts() -> None:
    made = course()
    made.review(BLOCK, "missing", seen=seen_hash(made.story().blocks[0].calls))
    assert made.r3().recordings == (BLOCK,) and "reviewed_before" not in codes(made.r3())
    box = made.boxes["box-1"]
    again = course()
    filmed = again.film(f"{DAY} 07:58", "09:42", TRAINEES, run="r-1")
    box.add("rollcall", roll_call_of(filmed.segments[0], TRAINEES, (0, 600_000_000)), at("2026-03-22 09:00"))
    assert {one.answer for one in made.story().blocks[0].presences} == {"shown"}
    found = made.r3()
    assert found.recordings == (BLOCK,) and "reviewed_before" in codes(found)
    assert told(made, "reviewed_missing")["own"] == "complete"
    made.review(BLOCK, "complete", "2026-03-23 09:00", seen=seen_hash(made.story().blocks[0].calls))
    assert made.r3().recordings == () and "reviewed_before" not in codes(made.r3())


def test_what_was_seen_does_not_depend_on_the_order() -> None:
    calls = course().story().blocks[0].calls
    assert seen_hash(calls) == seen_hash(reversed(calls)) != seen_hash(calls[1:])


# Pointed out in a frame


def test_a_reason_says_who_pointed_when_that_alone_makes_somebody_shown() -> None:
    made = course()
    filmed = made.film(f"{DAY} 07:58", "09:42", BUT_4, camera="back")
    made.point_out("t-1", filmed, f"{DAY} 08:10")
    assert "pointed_out" not in codes(made.r3()), "a roll call shows t-1 anyway"
    made.point_out("t-4", filmed, f"{DAY} 08:20", "Liu")
    assert made.r3().recordings == ()
    assert {"trainee": "t-4", "who": "Liu", "at_time": "08:20:00"}.items() <= told(made, "pointed_out").items()


@pytest.mark.parametrize("what", ["person", "moment", "segment", "by"])
def test_pointing_that_does_not_count_is_told(what: str) -> None:
    made = course()
    filmed = made.film(f"{DAY} 07:58", "09:42", BUT_4, camera="back")
    segment = filmed.segments[2]
    body = Pointed("c-1", "t-4", segment.sha256, segment.first_pts_us, (1, 2, 3, 4), "Wang")
    wrong = {
        "person": {"person": "t-9"}, "moment": {"at_us": segment.end_pts_us}, "segment": {"segment": "0" * 64},
        "by": {"by": " "},
    }[what]
    made.centre.add("pointed", dataclasses.replace(body, **wrong), at("2026-03-20 09:00"))  # type: ignore[arg-type]
    assert made.r3().recordings == (BLOCK,) and told(made, "pointed_void") == {"count": 1}
    made.centre.add("pointed", body, at("2026-03-20 09:00"))
    assert made.r3().recordings == ()


def test_who_was_pointed_out_early_did_not_leave_early_because_of_that() -> None:
    made = course()
    filmed = made.film(f"{DAY} 07:58", "09:42", BUT_4, camera="back")
    made.point_out("t-4", filmed, f"{DAY} 08:05")
    assert not any(one.left_early for one in made.story().blocks[0].presences)
    made.film(f"{DAY} 07:58", "09:42", ("t-4",), camera="door", seen=("08:00", "08:10"))
    assert made.story().blocks[0].presences[3].left_early


def test_who_joined_later_can_be_pointed_out() -> None:
    made = course()
    made.roster_event("late_entry", "t-5", f"{DAY} 00:00", "2026-03-01 20:00")
    filmed = made.film(f"{DAY} 07:58", "09:42", TRAINEES, camera="back")
    made.point_out("t-5", filmed, f"{DAY} 08:20")
    assert made.r3().recordings == ()
