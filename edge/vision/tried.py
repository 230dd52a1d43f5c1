"""Tries a pack before anybody comes: what its first looks take, memory above all, is taken then."""
from __future__ import annotations

import cv2
import numpy as np

from edge.vision.geometry import ARC_POINTS
from edge.vision.minifasnet import PROBE_BOX, PROBE_SIDE, probe
from edge.vision.pack import Face, Pack

HEIGHT, WIDTH = 480, 640
"""Of the picture. A camera with larger ones makes a pack take more with its first one."""
LOOKS = 2
"""ONNX Runtime and dlib take more in the second look, as large as the first one showed them to need."""


def tried(pack: Pack) -> Pack:
    """The pack, after it looked at a drawn head in every way in which the terminal looks at a face. Raises what its
    libraries raise, which they would for each face."""
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    picture[:, :HEIGHT] = cv2.resize(probe(), (HEIGHT, HEIGHT))
    box = PROBE_BOX * np.float32(HEIGHT / PROBE_SIDE)
    face = Face(box, 1.0, box[:2] + ARC_POINTS / np.float32(112) * box[2:], 1.0)
    for _ in range(LOOKS):
        pack.detect(picture, "terminal")
        pack.embed(picture, face)
        pack.passive(picture, face)
        pack.mesh(picture, face)
    return pack
