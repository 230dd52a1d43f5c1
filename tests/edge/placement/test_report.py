"""The words of a plan: why a face must be so wide."""
from __future__ import annotations

import dataclasses

from edge.models.manifest import load_manifest
from edge.placement.judge import Seen, needs_of
from edge.placement.report import _need, row_line
from edge.placement.room import Seat, parse_room, template


def test_why_a_face_must_be_so_wide_is_the_true_reason() -> None:
    camera = parse_room(template("en").encode(), "room.toml").cameras[0]
    builtin = needs_of(load_manifest("builtin"))
    assert "60 px wide to be identified (48 px and a margin of 25 %)" in _need(camera, builtin, "en")
    found = _need(camera, dataclasses.replace(builtin, found_px=64), "en")
    assert "64 px wide" in found and "not found in the picture of a room" in found and "margin" not in found


def test_one_width_is_no_range() -> None:
    seat = Seat(1, 1, 2.0, 3.0, 1.2)
    members = [Seen(seat, 0, "identified", None, 2.96, width, 0.0, 0.0, 0.0, None) for width in (17.2, 17.9)]
    assert row_line(1, members, "en") == "row 1 (3.0 m): identifiable; face 17 px"
    wider = [*members, dataclasses.replace(members[0], face_px=19.0)]
    assert row_line(1, wider, "zh") == "第 1 排（3.0 米）：可识别；人脸 17–19 像素"
