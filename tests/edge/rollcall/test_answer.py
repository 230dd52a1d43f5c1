"""The answers of one video: present, not identifiable and absent are told apart by what was really in view."""
from __future__ import annotations

import pytest

from edge.models.manifest import load_manifest
from edge.rollcall.analyse import Measured
from edge.rollcall.answer import roll_call, sentences
from evidence.bodies import Candidate, Track

PEOPLE = ("a", "b", "c")
T, MARGIN, SMALL = 500_000, 50_000, 32


def track(person: str | None, score: int, px: int = 80, frames: int = 10, first: int = 0) -> Track:
    best = Candidate(person, score) if person else None
    return Track(first, first + 9_000_000, first + 3_000_000, frames, px, best, None)


def answers(*tracks: Track, headcount: int) -> dict[str, object]:
    return roll_call(Measured(tracks, 10, 0, headcount, 0), PEOPLE, T, MARGIN, SMALL)


def test_who_is_named_is_present_with_first_and_best_moment() -> None:
    answer = answers(track("a", 600_000, first=5_000_000), track("a", 800_000, first=20_000_000), headcount=1)
    assert answer["present"] == [{"trainee": "a", "first_s": 5.0, "best_s": 23.0, "score": 0.8}]
    assert answer["absent"] == ["b", "c"] and answer["not_identifiable"] == []


def test_clear_strangers_do_not_make_the_missed_unidentifiable() -> None:
    answer = answers(track("a", 700_000), track("b", 200_000), track("c", 100_000), headcount=3)
    assert answer["absent"] == ["b", "c"]


def test_a_full_room_of_faces_that_are_not_clear_strangers_leaves_it_open() -> None:
    answer = answers(track("a", 700_000), headcount=3)
    assert answer["not_identifiable"] == ["b", "c"]


def test_a_room_that_was_full_in_one_picture_alone_leaves_it_open_as_the_verdict_does() -> None:
    measured = Measured((track("a", 700_000),), 10, 0, 1, 0, headcount_peak=3)
    answer = roll_call(measured, PEOPLE, T, MARGIN, SMALL)
    assert answer["not_identifiable"] == ["b", "c"] and answer["headcount"] == 1


def test_who_may_be_asleep_and_seen_from_behind_is_left_open_as_the_verdict_does() -> None:
    for heads, still, word in ((1, 2, "not_identifiable"), (1, 1, "absent"), (0, 3, "absent")):
        measured = Measured((track("a", 700_000),) * heads, 10, 0, heads, 0, still_peak=still)
        assert {"b", "c"} <= set(roll_call(measured, PEOPLE, T, MARGIN, SMALL)[word])


def test_a_near_match_leaves_only_that_trainee_open() -> None:
    answer = answers(track("a", 700_000), track("b", 470_000), headcount=2)
    assert answer["not_identifiable"] == ["b"] and answer["absent"] == ["c"]


def test_faces_too_small_all_along_leave_everybody_open_and_a_passing_one_nobody() -> None:
    assert answers(track(None, 0, px=14), headcount=1)["not_identifiable"] == ["a", "b", "c"]
    assert answers(track(None, 0, px=14, frames=2), headcount=1)["absent"] == ["a", "b", "c"]


def test_the_command_says_it_in_sentences_too() -> None:
    answer = answers(track("a", 700_000), track("b", 470_000), headcount=2)
    assert sentences(answer, "en") == [
        "shown: 1 of 3; most people in view at once: 2", "shown (1): a",
        "not identifiable: similar, but not enough (1): b", "absent (1): c"]
    assert sentences(answer, "zh") == [
        "已显示 1 人，共 3 人；同时在画面中最多 2 人", "已显示（1 人）：a", "无法辨认：相似程度不够（1 人）：b",
        "未出现（1 人）：c"]


def test_one_person_is_not_in_two_places_at_once() -> None:
    answer = answers(track("a", 700_000), track("a", 650_000), headcount=2)
    assert [entry["score"] for entry in answer["present"]] == [0.7]


@pytest.mark.parametrize(("pack", "far"), [
    ("builtin", False), ("lab", True), ("opencv", True), ("insightface", True)])
def test_only_packs_that_see_beyond_whom_they_name_call_anybody_absent(pack: str, far: bool) -> None:
    """A room with one person in the front, who is named, and nobody else who is seen."""
    manifest = load_manifest(pack)
    least_px, reach_px = manifest.similarity.min_face_px, manifest.preprocess.room_face_px
    answer = roll_call(Measured((track("a", 700_000),), 10, 0, 1, 0), PEOPLE, T, MARGIN, least_px, reach_px=reach_px)
    assert answer["absent"] == (["b", "c"] if far else []) and len(answer["present"]) == 1
    assert answer["why"] == ({} if far else {"b": ["reach"], "c": ["reach"]})
    (line,) = [line for line in sentences(answer, "en") if "small faces" in line] or [""]
    assert bool(line) != far
