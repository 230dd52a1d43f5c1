"""What `zaitang-edge rollcall` says of pictures: the same steps, for measurements that keep gallery and pictures."""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from edge.rollcall.analyse import analyse
from edge.rollcall.answer import roll_call
from edge.rollcall.pictures import Picture
from edge.vision.calibrate import Threshold
from edge.vision.gallery import Gallery
from edge.vision.pack import Pack


def asked(
    pack: Pack, gallery: Gallery, pictures: Iterable[tuple[int, Picture]], threshold: Threshold,
) -> dict[str, Any]:
    """The answer for a gallery at a threshold. `pictures`: (media time in µs, picture) in order of time."""
    measured = analyse(pictures, gallery, pack, threshold.ppm, threshold.rise_ppm)
    return roll_call(measured, gallery.people, threshold.ppm, pack.margin_ppm, pack.min_face_px,
                     rise_ppm=threshold.rise_ppm, reach_px=pack.manifest.preprocess.room_face_px)
