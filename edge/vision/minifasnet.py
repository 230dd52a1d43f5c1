"""Passive liveness by two MiniFASNets, which look at a face with little and with much of its surroundings.

Source: minivision-ai/Silent-Face-Anti-Spoofing (crop, scales, softmax, mean of both, class 1 = live). The nets want
BGR 0–255, 80 x 80; fed RGB they call fakes real without a murmur, so a probe picture of ours is scored at the start.
"""
from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from edge.models.errors import ModelBroken, ModelUntrue
from edge.models.manifest import Manifest
from edge.vision.liveness import BadSight, PassiveScore, bad_sight
from edge.vision.runtime import Model

SIDE = 80
CLASSES = 3
LIVE = 1
PROBE_SIDE = 160
PROBE_BOX = np.array([60, 50, 40, 50], np.float32)
PROBE_SLACK_PPM = 20_000
"""How far a score of the probe may be from the manifest's; another processor rounds differently."""


class MiniFASNets:
    """The nets of a manifest, in its order. Raises ModelShape, ModelBroken, ModelUntrue."""

    def __init__(self, manifest: Manifest, models: Sequence[Model]) -> None:
        assert manifest.passive is not None
        self._rules, self._models = manifest.passive, models
        self._scales = [scale / 1e6 for scale in manifest.passive.crop_scales_ppm]
        for model in models:
            model.check((1, 3, SIDE, SIDE), {model.outputs[0]: (1, CLASSES)})
        self._prove(manifest)

    def score(self, bgr: np.ndarray, box: np.ndarray) -> PassiveScore | BadSight:
        """How live the face in a box (x, y, width, height) of a BGR picture looks."""
        bad = bad_sight(bgr, box, self._rules.min_face_px)
        return bad or self._score(bgr, box)

    def _score(self, bgr: np.ndarray, box: np.ndarray) -> PassiveScore:
        live = []
        for model, scale in zip(self._models, self._scales, strict=True):
            live.append(_softmax(model.run(_blob(crop(bgr, box, scale)))[0][0])[LIVE])
        if not np.isfinite(live).all():
            raise ModelBroken(pack=self._models[0].pack, file=self._models[0].file, why="NaN")
        each = tuple(round(1e6 * value) for value in live)
        return PassiveScore(round(1e6 * sum(live) / len(live)), each)

    def _prove(self, manifest: Manifest) -> None:
        """Score the probe picture the way every picture is scored. Raises ModelUntrue."""
        found = self._score(probe(), PROBE_BOX).models_ppm
        for model, got, wanted in zip(self._models, found, self._rules.probe_ppm, strict=True):
            if abs(got - wanted) > PROBE_SLACK_PPM:
                raise ModelUntrue(pack=manifest.id, file=model.file, got=got, wanted=wanted)


def crop(bgr: np.ndarray, box: np.ndarray, scale: float) -> np.ndarray:
    """The authors' crop, uint8 (80, 80, 3): the box times `scale` about its middle, moved back into the picture; no
    larger than the picture. Its proportions are the box's until it is resized."""
    height, width = bgr.shape[:2]
    x, y, box_width, box_height = (float(value) for value in box)
    scale = min((height - 1) / box_height, (width - 1) / box_width, scale)
    left, right = _inside(x + box_width / 2, box_width * scale, width)
    top, bottom = _inside(y + box_height / 2, box_height * scale, height)
    return cv2.resize(bgr[top : bottom + 1, left : right + 1], (SIDE, SIDE))


def probe() -> np.ndarray:
    """A drawn head of our own, BGR uint8 (160, 160, 3), by whole numbers alone: the same on every machine.

    Its colours were chosen so that both nets are undecided: colours swapped, another scale of values, another way round
    or the nets in the wrong order move a score by 38 % or more, and are noticed before the first face.
    """
    y, x = np.mgrid[0:PROBE_SIDE, 0:PROBE_SIDE]
    head = (x - 80) ** 2 * 25 + (y - 75) ** 2 * 16 < 10_000
    skin, wall, dark = np.array([238, 244, 114]), np.array([42, 144, 86]), np.array([89, 71, 98])
    shade, light = (abs(x - 80) + abs(y - 75))[..., None], ((x + 4 * y) // 4)[..., None]
    picture = np.where(head[..., None], skin - shade, wall + light)
    for eye in (65, 95):
        picture[(x - eye) ** 2 + (y - 65) ** 2 < 50] = dark
    picture[(x - 80) ** 2 + (y - 95) ** 2 * 9 < 750] = dark // 2
    shown: np.ndarray = np.clip(picture, 0, 255).astype(np.uint8)
    return shown


def _inside(middle: float, length: float, limit: int) -> tuple[int, int]:
    low, high = middle - length / 2, middle + length / 2
    if low < 0:
        low, high = 0.0, high - low
    if high > limit - 1:
        low, high = low - (high - limit + 1), limit - 1.0
    return int(low), int(high)


def _blob(picture: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(picture.transpose(2, 0, 1)[None], np.float32)


def _softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits.astype(np.float64) - logits.max())
    return np.asarray(powers / powers.sum())
