"""Which seats will be identified: limits from the manifests, verdicts with reasons, advice that holds when followed."""
from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.models.manifest import load_manifest, pack_ids
from edge.placement.advice import advise, changed
from edge.placement.geometry import hidden_by
from edge.placement.judge import (
    FACE_M,
    MARGIN,
    VERDICTS,
    Needs,
    eye_of,
    heads_of,
    height_without_hiding,
    judge,
    needs_of,
    reach_m,
    rows,
    worst,
)
from edge.placement.room import Block, Camera, Room, Size
from tests.edge.placement.conftest import FRONT, NEEDS, a_room, rooms, with_camera


def verdicts(room: Room, needs: Needs) -> list[int]:
    return [VERDICTS.index(one.verdict) for one in judge(room, needs)]


@pytest.mark.parametrize("pack", pack_ids())
def test_what_a_pack_needs_comes_from_its_manifest(pack: str) -> None:
    manifest = load_manifest(pack)
    needs = needs_of(manifest)
    assert needs.min_face_px == manifest.similarity.min_face_px and needs.face_m == FACE_M[manifest.engine]
    assert needs.found_px == manifest.preprocess.room_face_px
    assert needs.named_px == max(MARGIN * manifest.similarity.min_face_px, manifest.preprocess.room_face_px)


def test_a_seat_by_hand() -> None:
    # 960 px of focal length, a box of 0.131 m: 40 px at 3.144 m, 18 px at 6.99 m.
    assert reach_m(FRONT, NEEDS) == (pytest.approx(3.144), pytest.approx(6.987, abs=1e-3))
    near, far = 3.1, 3.2
    for distance, verdict, reason in ((near, "identified", None), (far, "counted", "small"), (7.1, "unseen", "tiny")):
        camera = dataclasses.replace(FRONT, height_m=1.2)
        one, = judge(Room(Size(8, 10, 3), (Block(1, 1, distance, 1, 0),), (camera,)), NEEDS)
        assert (one.verdict, one.reason) == (verdict, reason)
        assert one.face_px == pytest.approx(960 * 0.131 / distance) and one.distance_m == pytest.approx(distance)


@pytest.mark.parametrize(("camera", "reason"), [
    (dataclasses.replace(FRONT, at_x_m=0.0, at_y_m=0.5), "beside"),
    (dataclasses.replace(FRONT, at_height_m=6.0), "above"),
    (dataclasses.replace(FRONT, y_m=4.5, at_y_m=2.5, height_m=1.3), "turned"),
    (dataclasses.replace(FRONT, height_m=2.9, y_m=1.4, at_y_m=2.0), "steep"),
])
def test_each_reason_is_told(camera: Camera, reason: str) -> None:
    one, = judge(Room(Size(8, 10, 3), (Block(1, 1, 2.5, 1, 0),), (camera,)), NEEDS)
    assert one.reason == reason and one.verdict == ("unseen" if reason in ("beside", "above") else "counted")


@given(rooms())
@settings(max_examples=40)
def test_rows_hold_every_seat_once_and_their_worst(room: Room) -> None:
    seen = judge(room, NEEDS)
    assert [one.seat for one in seen] == list(room.all_seats())
    for members in rows(seen).values():
        assert {VERDICTS.index(one.verdict) for one in members} <= set(range(VERDICTS.index(worst(members)), 3))
    assert all((one.reason is None) == (one.verdict == "identified") for one in seen)


@given(rooms())
@settings(max_examples=40)
def test_one_more_camera_never_loses_a_seat(room: Room) -> None:
    alone = dataclasses.replace(room, cameras=room.cameras[:1])
    assert all(both >= one for both, one in zip(verdicts(room, NEEDS), verdicts(alone, NEEDS), strict=True))


@given(rooms(), st.integers(33, 100))
@settings(max_examples=40)
def test_a_pack_that_needs_more_never_identifies_more(room: Room, px: int) -> None:
    harder = dataclasses.replace(NEEDS, min_face_px=px)
    assert all(hard <= easy for hard, easy in zip(verdicts(room, harder), verdicts(room, NEEDS), strict=True))


@given(rooms())
@settings(max_examples=4, deadline=None)
def test_advice_that_is_followed_reaches_what_it_says(room: Room) -> None:
    now = verdicts(room, NEEDS).count(2)
    advice = advise(room, NEEDS)
    for change in advice.changes:
        after = changed(room, change)
        assert verdicts(after, NEEDS).count(2) == change.identified > now
        camera = after.cameras[change.index]
        assert 0 <= camera.x_m <= room.room.width_m and 0 <= camera.y_m <= room.room.depth_m
    assert (advice.best is None) == (not advice.changes)
    if advice.then is not None:
        assert advice.best is not None
        both = changed(changed(room, advice.best), advice.then)
        assert verdicts(both, NEEDS).count(2) == advice.then.identified > advice.best.identified


def test_where_all_are_identified_nothing_is_advised() -> None:
    assert advise(with_camera(a_room(), width_px=3840, height_px=2160), NEEDS).changes != ()
    assert advise(with_camera(a_room(rows=1, per_row=1), angle_deg=60.0), NEEDS).changes == ()


def test_the_height_from_which_nobody_hides_anybody_holds_and_is_the_lowest() -> None:
    room = with_camera(a_room(rows=5, per_row=3), height_m=1.5)
    assert any(one.hidden_by for one in judge(room, NEEDS))
    height = height_without_hiding(room.cameras[0], room)
    assert height is not None and 1.5 < height <= 3
    heads = heads_of(room.all_seats())
    for metres, anybody in ((height, False), (height - 0.1, True)):
        eye = eye_of(dataclasses.replace(room.cameras[0], height_m=metres))
        assert bool((hidden_by(eye, heads) >= 0).any()) is anybody
    low = dataclasses.replace(room, room=Size(8, 10, 1.6))
    assert height_without_hiding(low.cameras[0], low) is None
