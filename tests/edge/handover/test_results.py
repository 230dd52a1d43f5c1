"""What the check of a box says of what was measured; and that a box is accepted only whole."""
from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.texts import catalogue
from edge.handover import results
from edge.handover.results import FACE, RECORDING, ROOM, Filmed, Result, accepted, face, failed, recording, room

GOOD = Filmed(60, 1500, 41, 1920, 1080)
ALL = [room([60], 40), recording(GOOD, 60), face([120], [900_000], 40, True)]


@pytest.mark.parametrize(("widths", "state"), [([], "look"), ([39, 80], "look"), ([40, 80], "good")])
def test_every_face_in_the_room_must_be_wide_enough(widths: list[int], state: str) -> None:
    assert room(widths, 40).state == state


@pytest.mark.parametrize(("film", "state"), [
    (GOOD, "good"), (dataclasses.replace(GOOD, seconds=54), "good"), (dataclasses.replace(GOOD, seconds=53), "bad"),
    (dataclasses.replace(GOOD, longest_gap_ms=2000), "good"), (dataclasses.replace(GOOD, longest_gap_ms=2001), "bad"),
    (dataclasses.replace(GOOD, blind_percent=50), "good"), (dataclasses.replace(GOOD, blind_percent=51), "bad"),
])
def test_a_recording_is_whole(film: Filmed, state: str) -> None:
    assert recording(film, 60).state == state


@pytest.mark.parametrize(("widths", "live", "scores", "state"), [
    ([], [], True, "bad"), ([39, 39, 90], [900_000], True, "look"), ([40], [], False, "look"),
    ([40], [499_999], True, "look"), ([40], [500_000], True, "good"), ([40], [], True, "look"),
])
def test_a_face_is_found_large_and_alive(widths: list[int], live: list[int], scores: bool, state: str) -> None:
    assert face(widths, live, 40, scores).state == state


def test_a_box_is_accepted_when_every_step_was_made_and_nothing_is_bad() -> None:
    assert accepted(False, ALL) and not accepted(True, ALL)
    for step in range(3):
        assert not accepted(False, ALL[:step] + ALL[step + 1:])
        bad = failed(ALL[step].step, {"zh": "坏", "en": "bad"})
        assert not accepted(False, [*ALL[:step], bad, *ALL[step + 1:]])
        assert accepted(False, [*ALL[:step], dataclasses.replace(ALL[step], state="look"), *ALL[step + 1:]])


@given(st.lists(st.integers(0, 4000)), st.lists(st.integers(0, 1_000_000)), st.integers(1, 400), st.booleans(),
       st.builds(Filmed, *[st.integers(0, 5000)] * 5))
def test_every_answer_can_be_said_in_both_languages(
    widths: list[int], live: list[int], needed: int, scores: bool, film: Filmed,
) -> None:
    made: list[Result] = [room(widths, needed), recording(film, 60), face(widths, live, needed, scores)]
    assert [one.step for one in made] == [ROOM, RECORDING, FACE] == list(results.STEPS)
    for one in made:
        for text in (one.says, catalogue("zh").gettext(one.says)):
            assert "{" not in text.format_map(one.params)
        assert catalogue("zh").gettext(one.says) != one.says
