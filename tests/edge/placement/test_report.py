"""The words of a plan: why a face must be so wide."""
from __future__ import annotations

import dataclasses

from edge.models.manifest import load_manifest
from edge.placement.judge import needs_of
from edge.placement.report import _need
from edge.placement.room import parse_room, template


def test_why_a_face_must_be_so_wide_is_the_true_reason() -> None:
    camera = parse_room(template("en").encode(), "room.toml").cameras[0]
    builtin = needs_of(load_manifest("builtin"))
    assert "60 px wide to be identified (48 px and a margin of 25 %)" in _need(camera, builtin, "en")
    found = _need(camera, dataclasses.replace(builtin, found_px=64), "en")
    assert "64 px wide" in found and "not found in the picture of a room" in found and "margin" not in found
