"""YuNet face detection on ONNX Runtime with a decode of its own: three strides, boxes and five points."""
from __future__ import annotations

import cv2
import numpy as np

from edge.vision.geometry import suppress
from edge.vision.runtime import Model

STRIDES = (8, 16, 32)
OUTPUTS = [f"{kind}_{stride}" for kind in ("cls", "obj", "bbox", "kps") for stride in STRIDES]
NMS_OVERLAP = 0.3


class YuNet:
    """Finds faces in BGR pictures of any size. Raises ModelShape, ModelBroken."""

    def __init__(self, model: Model, min_score: float) -> None:
        self._model, self._min_score = model, min_score
        widths = {"cls": 1, "obj": 1, "bbox": 4, "kps": 10}
        side = 2 * STRIDES[-1]
        model.check((1, 3, side, side), {
            f"{kind}_{stride}": (1, (side // stride) ** 2, width)
            for kind, width in widths.items() for stride in STRIDES})

    def find(self, bgr: np.ndarray, scale: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Boxes (n, 4), scores (n,) and points (n, 5, 2) in pixels of the picture, which is scaled by `scale` first.

        Points: right eye, left eye (of the person), nose, right and left corner of the mouth.
        """
        blob, fx, fy = _blob(bgr, scale)
        outputs = dict(zip(OUTPUTS, self._model.run(blob, OUTPUTS), strict=True))
        parts = [self._decode(outputs, stride, blob.shape[3] // stride) for stride in STRIDES]
        boxes, scores, points = (np.concatenate(part) for part in zip(*parts, strict=True))
        kept = suppress(boxes, scores, NMS_OVERLAP)
        unscale = np.array([fx, fy], np.float32)
        return boxes[kept] / np.tile(unscale, 2), scores[kept], points[kept] / unscale

    def _decode(
        self, outputs: dict[str, np.ndarray], stride: int, columns: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What passes the score on one stride; everything else is dropped before any arithmetic."""
        both = np.clip(outputs[f"cls_{stride}"][0, :, 0], 0, 1) * np.clip(outputs[f"obj_{stride}"][0, :, 0], 0, 1)
        chosen = np.flatnonzero(both >= self._min_score**2)
        anchors = np.stack([chosen % columns, chosen // columns], axis=1).astype(np.float32)
        raw = outputs[f"bbox_{stride}"][0, chosen]
        middle, size = (anchors + raw[:, :2]) * stride, np.exp(raw[:, 2:]) * stride
        points = (outputs[f"kps_{stride}"][0, chosen].reshape(-1, 5, 2) + anchors[:, None]) * stride
        return np.concatenate([middle - size / 2, size], axis=1), np.sqrt(both[chosen]), points


def _blob(bgr: np.ndarray, scale: float) -> tuple[np.ndarray, float, float]:
    """Float32 (1, 3, h, w) with sides padded to whole strides, and the scale in x and y that was really used."""
    height, width = bgr.shape[:2]
    inner = (max(1, round(width * scale)), max(1, round(height * scale)))
    if inner != (width, height):
        bgr = cv2.resize(bgr, inner, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    step = STRIDES[-1]
    outer = (-(-inner[1] // step) * step, -(-inner[0] // step) * step)
    blob = np.zeros((1, 3, *outer), np.float32)
    blob[0, :, : inner[1], : inner[0]] = cv2.split(bgr)  # twice as fast as a transposed view
    return blob, inner[0] / width, inner[1] / height
