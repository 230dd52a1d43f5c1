"""Rooms for the placement check, drawn by hand and by chance."""
from __future__ import annotations

import dataclasses

import pytest
from hypothesis import strategies as st

from edge.models.manifest import load_manifest
from edge.placement.judge import Needs, needs_of
from edge.placement.room import Block, Camera, Room, Size

NEEDS = needs_of(load_manifest("lab"))
FRONT = Camera("front", 4.0, 0.0, 2.2, 4.0, 4.0, 1920, 1080, angle_deg=90.0)


def a_room(cameras: tuple[Camera, ...] = (FRONT,), rows: int = 4, per_row: int = 5) -> Room:
    """8 m wide, 10 m deep, 3 m high."""
    return Room(Size(8.0, 10.0, 3.0), (Block(rows, per_row, 2.5, 1.2, 5.0),), cameras)


@pytest.fixture(scope="session")
def lab_needs() -> Needs:
    return NEEDS


@st.composite
def rooms(draw: st.DrawFn) -> Room:
    """A room with seats and one or two cameras that look somewhere."""
    width, depth = draw(st.floats(4, 12)), draw(st.floats(6, 15))
    rows, per_row = draw(st.integers(1, 5)), draw(st.integers(1, 6))
    first = draw(st.floats(1, 3))
    block = Block(rows, per_row, first, (depth - first - 0.5) / rows, width * 0.8)
    cameras = []
    for name in ("a", "b")[: draw(st.integers(1, 2))]:
        x, y, height = draw(st.floats(0, width)), draw(st.floats(0, depth)), draw(st.floats(1.5, 2.9))
        at_x, at_y = draw(st.floats(0, width)), draw(st.floats(0, depth))
        if abs(at_x - x) + abs(at_y - y) < 0.5:
            at_x = x + 1 if x < width / 2 else x - 1
        large = draw(st.booleans())
        cameras.append(Camera(
            name, x, y, height, at_x, at_y, 3840 if large else 1920, 2160 if large else 1080,
            angle_deg=draw(st.floats(20, 120))))
    return Room(Size(width, depth, 3.0), (block,), tuple(cameras))


def with_camera(room: Room, **changes: object) -> Room:
    """The room with its first camera changed."""
    return dataclasses.replace(room, cameras=(dataclasses.replace(room.cameras[0], **changes), *room.cameras[1:]))
