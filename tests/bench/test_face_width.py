"""How wide a face's box is in distances of the eyes, as the table says it."""
from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from bench.face_width import EYES_MM, eyes, width_line


def test_a_line_of_the_table() -> None:
    said = width_line("lab", [2.0, 2.1, 2.2])
    assert said == f"lab: 3 faces, 2.10 (2.02–2.18) distances of the eyes, {2.1 * EYES_MM:.0f} mm"


@pytest.mark.parametrize(("engine", "points"), [
    ("dlib", [(70, 0), (50, 0), (10, 0), (-10, 0), (30, 40)]),
    ("yunet_sface", [(0, 0), (60, 0), (30, 40), (10, 70), (50, 70)])])
def test_eyes_are_two_corners_each_or_one_point(engine: str, points: list[tuple[int, int]]) -> None:
    pack, face = SimpleNamespace(manifest=SimpleNamespace(engine=engine)), SimpleNamespace(landmarks=np.array(points))
    assert eyes(pack, face) == 60  # type: ignore[arg-type]
