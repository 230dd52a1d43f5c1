"""The gates of a shot: every fault has its word, and only a good frame is good."""
from __future__ import annotations

import dataclasses
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.enrol import gates
from edge.enrol.gates import ADVICE, Advice, Look, Pose, advise, poses_of
from edge.vision.liveness import GESTURES, TURNS

GOOD = Look(1, 200, 300_000, True, 9_000, 500_000, 190_000, 2.0, -8.0, 1.0, 150_000, 990_000)


def turned(yaw: float = 2.0, pitch: float = -8.0, **changes: object) -> Look:
    return dataclasses.replace(GOOD, yaw_deg=yaw, pitch_deg=pitch, **changes)  # type: ignore[arg-type]


FAULTS = [
    ({"faces": 0}, "nobody"), ({"faces": 2}, "one"), ({"face_px": 109}, "closer"), ({"share_ppm": 800_001}, "back"),
    ({"inside": False}, "inside"), ({"luma_ppm": 190_000}, "brighter"), ({"luma_ppm": 840_000}, "darker"),
    ({"spread_ppm": 69_000}, "contrast"), ({"sharp_ppm": 2_999}, "still"), ({"roll_deg": -21.0}, "upright"),
    ({"yaw_deg": 13.0}, "straight"), ({"pitch_deg": 21.0}, "straight"), ({"shut_ppm": 600_000}, "eyes"),
    ({"live_ppm": 499_999}, "not_live"), ({"live_ppm": None}, "not_live"), ({"yaw_deg": None}, "straight"),
]


@pytest.mark.parametrize(("change", "said"), FAULTS)
def test_every_fault_of_a_front_shot_has_its_word(change: dict[str, object], said: Advice) -> None:
    assert advise(GOOD, "front", True) == "good"
    assert advise(dataclasses.replace(GOOD, **change), "front", True) == said  # type: ignore[arg-type]


@pytest.mark.parametrize(("look", "pose", "said"), [
    (turned(yaw=-25), "left", "otherwise"), (turned(yaw=25), "right", "otherwise"), (turned(yaw=-5), "left", "left"),
    (turned(yaw=25), "left", "good"), (turned(yaw=60), "left", "less"),
    (turned(yaw=-25), "right", "good"), (turned(yaw=5), "right", "right"), (turned(yaw=-60), "right", "less"),
    (turned(pitch=4), "up", "good"), (turned(pitch=-20), "up", "up"), (turned(pitch=40), "up", "less"),
    (turned(pitch=-20), "down", "good"), (turned(pitch=-8), "down", "down"), (turned(pitch=-50), "down", "less"),
    (turned(yaw=40, pitch=4), "up", "straight"), (turned(yaw=25, pitch=30), "left", "straight"),
    (turned(pitch=-20, shut_ppm=900_000), "down", "good"), (turned(pitch=4, shut_ppm=900_000), "up", "eyes"),
    (turned(yaw=25, live_ppm=340_000), "left", "good"), (turned(yaw=25, live_ppm=900), "left", "not_live"),
])
def test_turns_and_nods_count_from_the_front_shot_on(look: Look, pose: Pose, said: Advice) -> None:
    assert advise(look, pose, True, GOOD) == said


LOOKS = st.builds(
    Look, st.integers(0, 3), st.integers(0, 500), st.integers(0, 1_000_000), st.booleans(), st.integers(0, 40_000),
    st.integers(0, 1_000_000), st.integers(0, 500_000), *(st.none() | st.floats(-90, 90),) * 3,
    st.none() | st.integers(0, 1_000_000), st.none() | st.integers(0, 1_000_000))


@given(look=LOOKS, pose=st.sampled_from(get_args(Pose)), passive=st.booleans())
def test_there_is_always_a_word_and_good_is_good_in_all(look: Look, pose: Pose, passive: bool) -> None:
    said = advise(look, pose, passive)
    assert said in ADVICE
    if said == "good":
        assert look.faces == 1 and look.inside and look.face_px >= gates.MIN_FACE_PX
        assert look.sharp_ppm >= gates.SHARP_PPM and gates.DARK_PPM <= look.luma_ppm <= gates.BRIGHT_PPM
        assert not passive or (look.live_ppm or 0) >= gates.TURNED_LIVE_PPM


@given(look=LOOKS)
def test_no_look_is_good_for_two_directions(look: Look) -> None:
    good = {pose for pose in get_args(Pose) if advise(look, pose, False) == "good"}
    assert not {"left", "right"} <= good and not {"up", "down"} <= good


def test_only_what_the_pack_can_check_is_asked() -> None:
    assert poses_of(GESTURES) == ("front", "left", "right", "up", "down")
    assert poses_of(TURNS) == ("front", "left", "right") and poses_of(()) == ("front",)
