"""Pictures of sights: the face with a margin, small, whatever box a detector gives."""
from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edge.rollcall.crops import WIDEST, crop_of

FRAME = np.arange(300 * 400 * 3, dtype=np.uint32).astype(np.uint8).reshape(300, 400, 3)
SIDE = st.floats(-500, 900, width=32)


@given(box=st.tuples(SIDE, SIDE, st.floats(0, 900, width=32), st.floats(0, 900, width=32)))
def test_any_box_gives_a_small_picture_or_none(box: tuple[float, ...]) -> None:
    crop = crop_of(FRAME, np.array(box, np.float32))
    if crop is not None:
        assert crop.dtype == np.uint8 and crop.ndim == 3
        assert 1 <= crop.shape[1] <= WIDEST and 1 <= crop.shape[0] <= 2 * WIDEST
        assert crop.base is None or not np.shares_memory(crop, FRAME)


def test_the_face_is_in_the_middle_with_a_margin() -> None:
    frame = np.zeros((300, 400, 3), np.uint8)
    frame[100:140, 200:240] = 255
    crop = crop_of(frame, np.array([200, 100, 40, 40], np.float32))
    assert crop is not None and crop.shape == (68, 68, 3)
    assert crop[14:54, 14:54].min() == 255 and int(crop.sum()) == 40 * 40 * 3 * 255
