"""Roll call decisions: open set with a margin, one place per person, headcounts, answers."""
from __future__ import annotations

import random
import time

from hypothesis import given
from hypothesis import strategies as st

from evidence.bodies import Candidate, Track
from evidence.rollcall import answer, identify, name_tracks, smoothed_headcount


def track(person: str | None, first: int, last: int, score: int = 800_000) -> Track:
    return Track(first, last, first, 10, 60, Candidate(person, score) if person else None, None)


def named(*tracks: Track) -> list[tuple[int, str | None]]:
    return [(one.track.first_us, one.person) for one in name_tracks(tracks, 400_000, 50_000)]


def test_identify_is_an_open_set_with_a_margin() -> None:
    a, b = Candidate("a", 800_000), Candidate("b", 751_000)
    assert identify(None, None, 1, 1) is None
    assert identify(a, None, 800_000, 50_000) == "a"
    assert identify(a, None, 800_001, 50_000) is None
    assert identify(a, b, 400_000, 50_000) is None
    assert identify(a, b, 400_000, 49_000) == "a"


def test_one_person_is_not_in_two_places_at_once() -> None:
    assert named(track("a", 0, 10), track("a", 5, 15, 900_000)) == [(0, None), (5, "a")]


def test_one_person_may_be_followed_twice_one_after_the_other() -> None:
    assert named(track("a", 0, 10), track("a", 11, 15)) == [(0, "a"), (11, "a")]


def test_a_roll_call_as_large_as_a_record_can_be_is_named_in_no_time() -> None:
    tracks = [track("a", 10 * number, 10 * number + 9) for number in range(6000)]
    began = time.process_time()
    assert {one.person for one in name_tracks(tracks, 400_000, 50_000)} == {"a"}
    assert time.process_time() - began < 1


@given(st.lists(st.builds(
    lambda p, f, n, s: track(p, f, f + n, s), st.sampled_from(["a", "b", None]), st.integers(0, 50),
    st.integers(0, 20), st.integers(300_000, 900_000)), max_size=12), st.randoms(use_true_random=False))
def test_names_do_not_depend_on_the_order_and_never_overlap(tracks: list[Track], shuffle: random.Random) -> None:
    found = name_tracks(tracks, 400_000, 50_000)
    again = list(tracks)
    shuffle.shuffle(again)
    assert name_tracks(again, 400_000, 50_000) == found
    for i, one in enumerate(found):
        for other in found[i + 1 :]:
            same = one.person is not None and one.person == other.person
            together = one.track.first_us <= other.track.last_us and other.track.first_us <= one.track.last_us
            assert not (same and together)


def test_answers() -> None:
    assert answer("a", {"a"}, 1, 3, 0) == "shown"
    assert answer("b", {"a"}, 1, 3, 0) == "absent"
    assert answer("b", {"a"}, 1, 3, 1) == "not_identifiable"
    assert answer("b", {"a"}, 3, 3, 0) == "not_identifiable"


def test_headcount_is_smoothed() -> None:
    assert smoothed_headcount([]) == (0, 0)
    assert smoothed_headcount([4, 4, 9, 4, 4]) == (4, 4_000_000)
    assert smoothed_headcount([4, 5, 5, 4])[0] == 5
    assert smoothed_headcount([7]) == (7, 7_000_000)
