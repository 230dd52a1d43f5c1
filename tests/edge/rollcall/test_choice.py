"""What is looked at again, and the order: bare faces first, then the newest; everything has its turn, and only once."""
from __future__ import annotations

import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from edge.rollcall.choice import Called, Told, Waiting, bare_windows, due, in_turn
from evidence.bodies import BareFace, Segment
from evidence.times import SECOND

MINUTE_US = 60 * SECOND


def waiting(
    seq: int, class_id: str = "class-1", boot: str = "b-1", at_us: int | None = None, again: bool = False,
) -> Waiting:
    """A minute of video whose CLOCK_BOOTTIME begins at `at_us`, and whose media time began with the run at 7 s."""
    mono_us = seq * MINUTE_US if at_us is None else at_us
    pts_us = max(0, mono_us - 7 * SECOND)
    return Waiting(Segment(
        class_id, "s-1", "room", "r-1", seq, f"r-1/{seq:06}.mp4", 1, f"{seq:064x}", "h264", 64, 48, 60, 60, pts_us,
        pts_us + MINUTE_US, mono_us, mono_us + MINUTE_US - 1, 0, (), False, "start"), seq, boot, again)


def told(from_us: int, to_us: int, class_id: str = "class-1", boot: str = "b-1", result: str = "held") -> Told:
    body = BareFace(class_id, "s-1", from_us, from_us, to_us, result, "t-1")  # type: ignore[arg-type]
    return Told(body, boot)


MOMENTS = st.integers(0, 40 * MINUTE_US)
SEGMENTS = st.lists(
    st.builds(waiting, st.integers(0, 40), st.sampled_from(("class-1", "class-2")), st.sampled_from(("b-1", "b-2")),
              again=st.booleans()),
    unique_by=lambda one: one.seq)
TOLD = st.lists(st.builds(
    told, MOMENTS, MOMENTS, st.sampled_from(("class-1", "class-2")), st.sampled_from(("b-1", "b-2")),
    st.sampled_from(("held", "put_off", "unanswered"))), max_size=5)


@given(SEGMENTS, TOLD)
def test_everything_has_its_turn_bare_faces_first_then_the_newest_what_was_looked_at_before_last(
    segments: list[Waiting], said: list[Told],
) -> None:
    turns = in_turn(segments, said)
    assert sorted(turns, key=lambda one: one.seq) == sorted(segments, key=lambda one: one.seq)
    ranks = [(not one.again, bool(bare_windows(one, said)), one.seq) for one in turns]
    assert ranks == sorted(ranks, reverse=True)
    assert in_turn(reversed(segments), said) == turns, "it does not matter how they came"


@given(SEGMENTS, TOLD)
def test_after_any_one_is_done_the_others_keep_their_order(segments: list[Waiting], said: list[Told]) -> None:
    turns = in_turn(segments, said)
    for done in turns:
        assert in_turn([one for one in segments if one != done], said) == [one for one in turns if one != done]


@given(SEGMENTS, TOLD, st.integers(1, 3))
def test_what_is_old_is_done_when_nothing_newer_waits(segments: list[Waiting], said: list[Told], each: int) -> None:
    """However much comes, and whenever: work that goes on does all of it, each once."""
    coming, here, done = sorted(segments, key=lambda one: one.seq), list[Waiting](), list[Waiting]()
    while coming or here:
        here += coming[:each]
        del coming[:each]
        first = in_turn(here, said)[0]
        assert not first.again or all(one.again for one in here)
        assert bare_windows(first, said) or all(one.seq <= first.seq for one in here if one.again == first.again)
        here.remove(first)
        done.append(first)
    assert len(done) == len(segments) and {one.seq for one in done} == {one.seq for one in segments}


@given(SEGMENTS, TOLD)
def test_windows_lie_in_their_segment_and_last_as_long_as_faces_were_bare_in_it(
    segments: list[Waiting], said: list[Told],
) -> None:
    for one in segments:
        segment, windows = one.segment, bare_windows(one, said)
        assert all(segment.first_pts_us <= start < end <= segment.end_pts_us for start, end in windows)
        end_us = segment.first_mono_us + MINUTE_US
        its = [each.body for each in said
               if (each.boot_id, each.body.class_id, each.body.result) == (one.boot_id, segment.class_id, "held")]
        inside = sorted(
            max(0, min(end_us, body.to_mono_us) - max(segment.first_mono_us, body.from_mono_us)) for body in its)
        assert sorted(end - start for start, end in windows) == [length for length in inside if length]


def test_the_moment_is_placed_by_the_clock_of_its_boot() -> None:
    one = waiting(3)
    assert bare_windows(one, [told(3 * MINUTE_US + 20 * SECOND, 5 * MINUTE_US)]) == [
        (3 * MINUTE_US + 13 * SECOND, 4 * MINUTE_US - 7 * SECOND)]
    other = dataclasses.replace(one, boot_id="b-2")
    assert bare_windows(other, [told(3 * MINUTE_US, 5 * MINUTE_US)]) == []
    assert bare_windows(one, [told(3 * MINUTE_US, 5 * MINUTE_US, result="put_off")]) == []


PEOPLE = st.frozensets(st.sampled_from("abcdefgh"))
LAB, OTHER = "a" * 64, "b" * 64


@given(st.lists(st.tuples(PEOPLE, st.sampled_from((LAB, OTHER)), PEOPLE)))
def test_a_segment_is_looked_at_once_for_each_time_that_people_are_enrolled(
    days: list[tuple[frozenset[str], str, frozenset[str]]],
) -> None:
    """Of each day: who can be looked for, with which pack, and who has a face beside them."""
    calls = list[Called]()
    for gallery, pack, beside in days:
        known = frozenset[str]().union(*(call.gallery or () for call in calls))
        if due(calls, pack, gallery, gallery | beside):
            assert gallery - known, "for nobody new it is never looked at again"
            others = frozenset[str]().union(*(call.gallery or () for call in calls if call.pack_sha256 != pack))
            assert not (others & beside) - gallery, "nobody whose face is here is left out with another pack"
            calls.append(Called(pack, gallery))
            assert not due(calls, pack, gallery, gallery | beside)
        elif all(call.pack_sha256 == pack for call in calls) or gallery >= known:
            assert gallery <= known, "whoever was enrolled later is looked for"
    assert len(calls) <= 8, "never endlessly: each time there is somebody new"


def test_a_roll_call_that_does_not_say_for_whom_it_looked_stands() -> None:
    assert due([], LAB, {"a"}, {"a"}) and not due([], LAB, (), ())
    assert not due([Called(LAB, None)], LAB, {"a"}, {"a"}) and not due([Called(LAB, None)], OTHER, {"a"}, {"a"})


def test_with_another_pack_who_was_erased_need_not_be_looked_for() -> None:
    before = [Called(LAB, frozenset("ab"))]
    assert not due(before, OTHER, {"b", "c"}, {"a", "b", "c"}), "a is here, but not with this pack"
    assert due(before, OTHER, {"b", "c"}, {"b", "c"}) and due(before, LAB, {"c"}, {"a", "b", "c"})
