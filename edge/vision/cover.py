"""How covered mouth and nose of a face look, and how much light is on it: by colours and edges, with no model.

What lies over mouth and nose (mask, scarf, raised collar) has another colour than the skin between the eyes, begins at
an edge that runs across nose and both cheeks, and hides the dark line between the lips. A beard has the first of the
three only. A visor before the whole face is not for this: no face is found behind it.
"""
from __future__ import annotations

import dataclasses

import cv2
import numpy as np

SIDE = 112
COVERED_PPM = 500_000
"""From here on a face looks covered. Measured: see docs/roll-call.md."""
COVERED = 14.0
"""The sum of the three signs that is so much, in units of CIE L*a*b*, where 2 is a difference that an eye just sees."""
LIGHT_COUNTS = 0.35
"""Lightness counts less than colour: one face has light and shade."""
SKIN = ((slice(46, 60), slice(50, 62)), (slice(58, 64), slice(34, 46)), (slice(58, 64), slice(66, 78)))
"""Rows and columns of an aligned face that no mask hides: bridge of the nose, and below both eyes."""
LOWER = ((slice(77, 86), slice(48, 64)), (slice(86, 98), slice(44, 68)), (slice(99, 109), slice(46, 66)))
"""Under the nose, mouth, chin."""
CHEEKS = ((slice(74, 86), slice(30, 42)), (slice(74, 86), slice(70, 82)))
ACROSS = (slice(34, 46), slice(46, 66), slice(66, 78))
"""Cheek, nose and cheek, where the edge of a mask runs."""
EDGE_ROWS = (56, 84)
EDGE_SLANT = 4
"""How many rows lower or higher the edge may be on one cheek than on the other."""
LIPS = slice(46, 66)
LINE_ROWS = (76, 110)
LINE = 6
"""How many rows above and below the line between the lips there is skin."""


@dataclasses.dataclass(frozen=True)
class Looks:
    """`cover_ppm`: how covered mouth and nose look, `COVERED_PPM` and more is covered. `light_ppm`: mean grey of the
    face in ppm of white."""

    cover_ppm: int
    light_ppm: int


def looks(aligned: np.ndarray) -> Looks:
    """Of a face as `Pack.aligned` gives it: BGR uint8 (112, 112, 3)."""
    lab = cv2.cvtColor(cv2.GaussianBlur(aligned, (0, 0), 1.5).astype(np.float32) / 255, cv2.COLOR_BGR2LAB)
    lab = lab * np.array([LIGHT_COUNTS, 1, 1], np.float32)
    signs = _apart(lab) + _edge(lab) - _line(lab)
    grey = float(cv2.cvtColor(aligned, cv2.COLOR_BGR2GRAY)[20:, 20:92].mean())
    cover_ppm = round(COVERED_PPM * signs / COVERED)
    return Looks(min(max(cover_ppm, 0), 1_000_000), round(1e6 * grey / 255))


def _apart(lab: np.ndarray) -> float:
    """How far the colour below is from the skin above, where it is least far: a beard leaves some skin, a mask none."""
    skin = np.median(np.concatenate([lab[part].reshape(-1, 3) for part in SKIN]), axis=0)
    away = np.sqrt(((lab - skin) ** 2).sum(axis=2))
    return min(*(float(away[part].mean()) for part in LOWER), max(float(away[part].mean()) for part in CHEEKS))


def _edge(lab: np.ndarray) -> float:
    """The step of colour from above to below that runs all the way across, where it is greatest."""
    first, last = EDGE_ROWS
    rows = np.arange(first, last)
    strips = np.stack([lab[:, part].mean(axis=1) for part in ACROSS])
    above = np.mean([strips[:, rows - back] for back in range(2, 6)], axis=0)
    below = np.mean([strips[:, rows + on] for on in range(1, 5)], axis=0)
    steps = np.sqrt(((above - below) ** 2).sum(axis=2))
    near = np.lib.stride_tricks.sliding_window_view(
        np.pad(steps, ((0, 0), (2, 0))), 2 * EDGE_SLANT + 1, axis=1).max(axis=2)
    return float(near.min(axis=0).max())


def _line(lab: np.ndarray) -> float:
    """How much darker the line between the lips is than what is above and below it, in L*."""
    light = lab[LINE_ROWS[0] : LINE_ROWS[1], LIPS, 0].mean(axis=1) / LIGHT_COUNTS
    darker = (light[: -2 * LINE] + light[2 * LINE :]) / 2 - light[LINE:-LINE]
    return float(darker.max())
