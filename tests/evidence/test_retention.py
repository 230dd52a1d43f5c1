"""Nothing goes before its time: each thing that keeps a segment keeps it, whatever else is right."""
from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.policies import load_policy
from common.reasons import REASONS
from common.texts import words
from evidence.bodies import ClassOrder, Hour, PolicyRef, Segment
from evidence.keeping import kept_until_us, near_of
from evidence.retention import Decision, Now, Plan, Recorded, named_twice, plan_of, usual_plan
from evidence.retention import decide as decided
from evidence.times import MINUTE, utc_us

END = utc_us("2026-03-20T09:00:00.000000Z")
UNTIL = utc_us("2029-03-20T09:00:00.000000Z")
PLAN = Plan(END, 480, 3)
LATER = Now(UNTIL + MINUTE, True, UNTIL + MINUTE)


def decide(recorded: Sequence[Recorded], *told: Any, **keywords: Any) -> tuple[Decision, ...]:
    """Of all segments of a box."""
    every = [one.segment for one in recorded]
    names = {name for one in every for name in (one.sha256, one.file)}
    return tuple(decided(recorded, *told, twice=named_twice(every, names), **keywords))


def segment(number: int = 1, class_id: str | None = "c-1") -> Segment:
    return Segment(class_id, "s-1", "room", "r-1", number, f"r-1/{number:06}.mp4", 10, f"{number:064x}", "h264", 64, 48,
                   1, 1, 0, 1, 0, 1, 100, (), False, "start", boot_id="ab")


GOOD = Recorded(segment(), END - MINUTE, None, True, True, True)


def one(recorded: Recorded = GOOD, plans: tuple[Plan, ...] = (PLAN,), now: Now = LATER, **more: object) -> Decision:
    keywords = {"removed": (), "holds": {}, **more}
    return decide([recorded], {"c-1": plans} if plans else {}, now=now, **keywords)[0]


def codes(decision: Decision) -> list[str]:
    return [reason.code for reason in decision.reasons]


def test_a_segment_whose_time_is_over_may_go_and_says_since_when() -> None:
    found = one()
    assert (found.action, found.until_us) == ("remove", UNTIL)
    assert words(found.reasons[0], "en") == "it had to be kept until Mar 20, 2029"
    assert one(now=Now(UNTIL, True, UNTIL)).action == "remove"


CHANGES = {
    "keep_no_class": {"recorded": dataclasses.replace(GOOD, segment=segment(1, None))},
    "keep_no_plan": {"plans": ()},
    "keep_no_period": {"plans": (dataclasses.replace(PLAN, years=None),)},
    "keep_no_end": {"plans": (dataclasses.replace(PLAN, end_us=None),)},
    "keep_time_uncertain": {"recorded": dataclasses.replace(GOOD, doubt="moved")},
    "keep_unfinished": {"recorded": dataclasses.replace(GOOD, finished=False)},
    "keep_no_receipt": {"recorded": dataclasses.replace(GOOD, receipted=False)},
    "keep_not_sent": {"recorded": dataclasses.replace(GOOD, sent=False)},
    "keep_until": {"now": Now(UNTIL - 1, True, UNTIL + MINUTE)},
    "keep_clock_unsure": {"now": dataclasses.replace(LATER, certain=False)},
    "keep_centre_time": {"now": dataclasses.replace(LATER, centre_us=UNTIL - 1)},
    "held_flag": {"holds": {"c-1": {"flag"}}},
    "held_review": {"holds": {"c-1": {"review"}}},
    "held_dispute": {"holds": {"c-1": {"dispute"}}},
    "held_hold": {"holds": {"c-1": {"hold"}}},
}


@pytest.mark.parametrize("code", CHANGES)
def test_each_doubt_alone_keeps_it(code: str) -> None:
    found = one(**CHANGES[code])  # type: ignore[arg-type]
    assert (found.action, codes(found)) == ("keep", [code])
    assert all(words(found.reasons[0], lang) not in ("", code) for lang in ("zh", "en")) and code in REASONS


def test_a_clock_set_years_ahead_removes_nothing_without_the_centres_word() -> None:
    far = Now(utc_us("2099-01-01T00:00:00.000000Z"), True, END + MINUTE)
    assert codes(one(now=far)) == ["keep_centre_time"]
    assert codes(one(now=dataclasses.replace(far, centre_us=None))) == ["keep_centre_time"]


def test_the_longest_of_all_plans_counts_and_video_after_the_class_counts_from_its_own_end() -> None:
    shorter = Plan(END - 300 * 24 * 60 * MINUTE, 480, 1)
    for plans in ((PLAN, shorter), (shorter, PLAN)):
        assert one(plans=plans).until_us == UNTIL
    assert codes(one(plans=(PLAN, dataclasses.replace(PLAN, years=None)))) == ["keep_no_period"]
    late = dataclasses.replace(GOOD, end_us=END + 60 * MINUTE)
    assert codes(one(late)) == ["keep_until"] and one(late).until_us == UNTIL + 60 * MINUTE


def test_a_correction_shortens_no_time_and_lifts_no_hold() -> None:
    moved = dataclasses.replace(GOOD, also=("c-2",))
    short, long = PLAN, dataclasses.replace(PLAN, years=9)

    def judged(plans: dict[str, tuple[Plan, ...]], holds: dict[str, set[str]]) -> Decision:
        return decide([moved], plans, (), holds, LATER)[0]  # type: ignore[arg-type]

    assert judged({"c-1": (short,), "c-2": (short,)}, {}).action == "remove"
    assert judged({"c-1": (short,), "c-2": (long,)}, {}).action == "keep"
    assert codes(judged({"c-1": (short,)}, {})) == ["keep_no_plan"]
    assert codes(judged({"c-1": (short,), "c-2": (short,)}, {"c-2": {"flag"}})) == ["held_flag"]


def test_the_same_video_in_two_records_is_kept_and_one_that_is_gone_stays_gone() -> None:
    twin = dataclasses.replace(GOOD, segment=dataclasses.replace(segment(2), sha256=GOOD.segment.sha256))
    namesake = dataclasses.replace(GOOD, segment=dataclasses.replace(segment(2), file=GOOD.segment.file))
    for other in (twin, namesake):
        found = decide([GOOD, other], {"c-1": (PLAN,)}, (), {}, LATER)
        assert [(each.action, codes(each)) for each in found] == [("keep", ["keep_twice"])] * 2
    assert one(removed={GOOD.segment.sha256}).action == "gone"


USUAL = usual_plan(480, 3)
NAMELESS = dataclasses.replace(GOOD, segment=segment(1, None), end_us=END)


def test_video_of_no_class_is_kept_for_the_usual_years_from_its_own_end() -> None:
    assert one(NAMELESS, usual=USUAL).action == "remove" and one(NAMELESS, usual=USUAL).until_us == UNTIL
    assert codes(one(NAMELESS)) == ["keep_no_class"]
    assert codes(one(NAMELESS, usual=usual_plan(480, None))) == ["keep_no_period"]
    assert codes(one(dataclasses.replace(NAMELESS, end_us=END + MINUTE), usual=USUAL, now=Now(UNTIL, True, UNTIL))) == [
        "keep_until"]
    assert codes(one(dataclasses.replace(NAMELESS, doubt="moved"), usual=USUAL)) == ["keep_time_uncertain"]
    assert one(usual=usual_plan(480, 9)).until_us == UNTIL, "what is of a class has its own years"


def test_video_of_no_class_stays_as_long_as_that_of_a_class_whose_it_may_be() -> None:
    near = dataclasses.replace(NAMELESS, near=("c-1",))
    long = dataclasses.replace(PLAN, years=9)
    assert one(near, usual=USUAL).action == "remove"
    assert codes(one(near, (long,), usual=USUAL)) == ["keep_until"]
    assert codes(one(near, usual=USUAL, holds={"c-1": {"hold"}})) == ["held_hold"]
    assert codes(one(near, (), usual=USUAL)) == ["keep_no_plan"]


def test_whose_video_it_may_be_is_told_by_when_the_classes_of_the_box_ran() -> None:
    spans, day = {"c-1": (END, END + 9 * MINUTE), "c-2": (UNTIL, UNTIL)}, 24 * 60 * MINUTE
    assert near_of(spans, END - day - MINUTE, END - day) == ("c-1",)
    assert near_of(spans, END - day - MINUTE, END - day - 1) == ()
    assert near_of(spans, END + 9 * MINUTE + day, UNTIL) == ("c-1", "c-2")


def test_three_years_are_the_same_day_three_years_later() -> None:
    leap = utc_us("2028-02-29T10:00:00.000000Z")
    assert kept_until_us(leap, 0, 3) == utc_us("2031-03-01T10:00:00.000000Z")
    assert kept_until_us(leap, 480, 4) == utc_us("2032-02-29T10:00:00.000000Z")
    assert kept_until_us(utc_us("9999-01-01T00:00:00.000000Z"), 0, 3) >= utc_us("9999-01-01T00:00:00.000000Z")


def test_a_plan_tells_when_it_ends_and_for_how_long_its_policy_keeps() -> None:
    policy = load_policy("sanmenxia-2023")
    hours = tuple(Hour(f"h-{day}", "theory", f"2026-03-{day}T08:00:00.000000Z", f"2026-03-{day}T09:00:00.000000Z")
                  for day in (20, 10))
    order = ClassOrder("c-1", 1, "t", PolicyRef(policy.id, policy.sha256), 480, (), (), hours)
    assert plan_of(order, policy) == PLAN
    assert plan_of(order, None).years is None
    assert plan_of(dataclasses.replace(order, hours=()), policy) == Plan(None, 480, 3)


TIMES = st.integers(END - 10**15, UNTIL + 10**15)
RECORDED = st.builds(
    Recorded, st.builds(segment, st.integers(1, 4), st.sampled_from(["c-1", "c-2", None])), TIMES,
    st.sampled_from([None, "clock"]), st.booleans(), st.booleans(), st.booleans())
PLANS = st.dictionaries(st.sampled_from(["c-1", "c-2"]), st.lists(
    st.builds(Plan, st.one_of(st.none(), TIMES), st.sampled_from([0, 480]), st.sampled_from([None, 1, 3])), max_size=3))


@given(st.lists(RECORDED, max_size=6), PLANS, st.sets(st.sampled_from([segment(n).sha256 for n in range(1, 5)])),
       st.dictionaries(st.sampled_from(["c-1", "c-2"]), st.sets(st.sampled_from(["flag", "dispute"]))),
       st.builds(Now, TIMES, st.booleans(), st.one_of(st.none(), TIMES)))
def test_what_goes_is_free_of_every_doubt(recorded, plans, removed, holds, now) -> None:
    found = decide(recorded, plans, removed, holds, now)
    assert [each.segment for each in found] == [each.segment for each in recorded]
    for its, each in zip(recorded, found, strict=True):
        assert each.reasons
        if each.action != "remove":
            continue
        ends = [kept_until_us(max(its.end_us, plan.end_us or 0), plan.utc_offset_min, plan.years)
                for plan in plans[its.segment.class_id]]
        assert its.doubt is None and its.finished and its.receipted and its.sent and now.certain
        assert max(ends) <= now.us and max(ends) <= now.centre_us
        assert not holds.get(its.segment.class_id) and its.segment.sha256 not in removed
        assert sum(other.segment.sha256 == its.segment.sha256 for other in recorded) == 1


@given(st.lists(RECORDED, max_size=6), PLANS, TIMES, st.integers(0, 10**15))
def test_later_never_keeps_what_was_free_to_go(recorded, plans, at, more) -> None:
    before = decide(recorded, plans, (), {}, Now(at, True, at))
    after = decide(recorded, plans, (), {}, Now(at + more, True, at + more))
    assert all(second.action == "remove" for first, second in zip(before, after, strict=True)
               if first.action == "remove")
