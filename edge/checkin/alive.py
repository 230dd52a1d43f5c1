"""Joins a pack's word on one frame to what `evidence` judges: a passive score, a look of a challenge."""
from __future__ import annotations

import numpy as np

from edge.vision.liveness import BadSight, FaceMesh
from edge.vision.pack import Face, Pack
from evidence.challenge import Look


def score(pack: Pack, bgr: np.ndarray, face: Face) -> int | None:
    """The passive score of one frame in ppm; None: it cannot be scored (*bad input*). Only of a pack that has one."""
    said = pack.passive(bgr, face)
    return None if said is None or isinstance(said, BadSight) else said.live_ppm


def look(at_us: int, mesh: FaceMesh | None, alike: bool | None) -> Look:
    """A frame in which the face is there. An eye that winks is no blink: the wider open one counts."""
    if mesh is None:
        return Look(at_us, True, alike)
    lids = (mesh.blink_left_ppm, mesh.blink_right_ppm)
    shut = None if lids[0] is None or lids[1] is None else min(lids[0], lids[1])
    return Look(at_us, True, alike, mesh.yaw_deg, shut, mesh.jaw_open_ppm, mesh.lips_apart_ppm)
