"""Look-alikes: pairs over the threshold, with the margin also those who come near it, the nearest first."""
from __future__ import annotations

import numpy as np

from edge.vision.gallery import Gallery
from edge.vision.look_alikes import LookAlikes, look_alikes
from edge.vision.pack import Pack
from tests.edge.vision.test_calibrate import at


def test_the_nearest_photos_of_two_people_count(builtin: Pack) -> None:
    gallery = Gallery(builtin, {
        "a": np.stack([at(0.0), at(0.2)]), "b": at(0.6)[None], "c": at(1.05)[None], "d": at(3.0)[None]})
    assert look_alikes(gallery, 590_000) == [LookAlikes("a", "b", 600_000)]
    assert look_alikes(gallery, 590_000, 50_000) == [LookAlikes("a", "b", 600_000), LookAlikes("b", "c", 550_000)]
    assert look_alikes(gallery, 610_000) == [] == look_alikes(Gallery(builtin, {"a": at(0.0)[None]}), 0)
