"""A flat photograph that is tilted: held straight it is itself, turned it is narrower or lower, and not upside down."""
from __future__ import annotations

import numpy as np

from bench.tilted import GREY, covered, tilted
from edge.vision.pack import Face


def card() -> np.ndarray:
    picture = np.full((200, 200, 3), 250, np.uint8)
    picture[:100] = (0, 0, 250)
    return picture


def test_held_straight_nothing_changes() -> None:
    assert np.array_equal(tilted(card(), 0, 0)[1:-1, 1:-1], card()[1:-1, 1:-1])


def test_turned_it_is_narrower_and_bent_it_is_lower() -> None:
    background = np.array(GREY, np.uint8)
    for around, over, axis in ((50, 0, 1), (-50, 0, 1), (0, 60, 0), (0, -60, 0)):
        shown = (tilted(card(), around, over) != background).any(axis=2)
        spans = [int(np.ptp(np.flatnonzero(shown.any(axis=side)))) for side in (1, 0)]
        assert spans[axis] < 160 <= spans[1 - axis]
        assert tilted(card(), around, over)[80, 100].tolist() == [0, 0, 250]


def test_a_strip_hides_the_eyes_in_the_colour_of_the_skin_and_nothing_else() -> None:
    points = np.array([[70, 80], [130, 80], [100, 120], [80, 150], [120, 150]], np.float32)
    face = Face(np.array([50, 40, 100, 130], np.float32), 1.0, points, 1.0)
    picture = np.full((200, 200, 3), (90, 120, 180), np.uint8)
    picture[76:84, 60:80] = picture[76:84, 120:140] = 0
    picture[145:155, 80:120] = (30, 30, 120)
    seen = covered(picture, face, 0.1)
    assert (seen[78:82, 62:78] == (90, 120, 180)).all() and (seen[148:152, 85:115] == (30, 30, 120)).all()
