"""NanoDet person detection on ONNX Runtime with a decode of its own: for heads that are turned away.

Source: RangiLyu/nanodet (NanoDet-m: three strides, each side of a box as a distribution over eight distances). Its net
takes squares of one size only, so a picture is looked at whole, in one square, and again larger in overlapping squares.
"""
from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path

import cv2
import numpy as np

from edge.models.errors import ModelShape, ModelUntrue
from edge.models.manifest import Manifest
from edge.vision.geometry import suppress
from edge.vision.pack import Person
from edge.vision.runtime import Model, open_models

STRIDES = (8, 16, 32)
CLASSES, PERSON = 80, 0
BINS = 8
MEAN = np.array([103.53, 116.28, 123.675], np.float32)
SPREAD = np.array([57.375, 57.12, 58.395], np.float32)
"""What the net was trained with, in the order blue, green, red."""
NMS_OVERLAP = 0.6
NEAR_SIDE, FAR_SIDE = 960, 1280
"""The longest side of the larger look: half of the picture's own, but within these. There a seated person whose face
is 30 px wide in 1080p is 40 px wide, about as small as this net still finds people."""
SHARED = 0.25
"""How much of a square the next one shows again, at the least."""
WHOLE = 0.6
"""Who is larger than this share of a square is left to the look at the whole picture."""
EDGE_PX = 4
"""A box that comes so near to where a square cuts the picture is a part of somebody."""
PROBE_SLACK_PPM = 20_000
"""How far the score of the probe may be from the manifest's; another processor rounds differently."""


class NanoDet:
    """Finds people in BGR pictures of any size. Raises ModelShape, ModelBroken, ModelUntrue."""

    def __init__(self, manifest: Manifest, model: Model) -> None:
        assert manifest.people is not None
        self._model, self._min_score = model, manifest.people.score_ppm / 1e6
        self._side, self._places = _check(model)
        if manifest.people.probe_ppm is not None:
            self._prove(manifest.people.probe_ppm)

    def find(self, bgr: np.ndarray) -> list[Person]:
        """The people in a picture, surest first, in pixels of the picture. One may be found more than once: whole and
        in part."""
        height, width = bgr.shape[:2]
        longest = max(height, width)
        boxes, scores = self._look(bgr, self._side / longest, whole=True)
        larger = min(max(longest // 2, NEAR_SIDE), FAR_SIDE)
        if larger > self._side:
            more_boxes, more_scores = self._look(bgr, larger / longest, whole=False)
            boxes, scores = np.concatenate([boxes, more_boxes]), np.concatenate([scores, more_scores])
        low = np.maximum(boxes[:, :2], 0)
        boxes = np.concatenate([low, np.minimum(boxes[:, :2] + boxes[:, 2:], [width, height]) - low], axis=1)
        kept = [index for index in suppress(boxes, scores, NMS_OVERLAP) if boxes[index, 2:].min() > 0]
        return [Person(boxes[index].astype(np.float32), float(scores[index])) for index in kept]

    def _look(self, bgr: np.ndarray, scale: float, whole: bool) -> tuple[np.ndarray, np.ndarray]:
        """Boxes (n, 4) and scores (n,) of the picture at a scale, square by square. Not `whole`: without those whom a
        square cuts or who nearly fill it."""
        size = [max(1, round(length * scale)) for length in bgr.shape[:2]]
        scaled = cv2.resize(bgr, (size[1], size[0]), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        found = [(np.zeros((0, 4), np.float32), np.zeros(0, np.float32))]
        for top in _starts(size[0], self._side):
            for left in _starts(size[1], self._side):
                boxes, scores = self._square(scaled[top : top + self._side, left : left + self._side])
                ends = (left + self._side < size[1], top + self._side < size[0])
                kept = slice(None) if whole else _uncut(boxes, (left > 0, top > 0), ends, self._side)
                found.append((boxes[kept] + np.array([left, top, 0, 0], np.float32), scores[kept]))
        boxes, scores = (np.concatenate(part) for part in zip(*found, strict=True))
        return boxes * np.array([bgr.shape[1] / size[1], bgr.shape[0] / size[0]] * 2, np.float32), scores

    def _square(self, bgr: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Boxes and scores of a picture no larger than the net's square."""
        outputs = self._model.run(self._blob(bgr))
        parts = [self._decode(outputs, *place) for place in self._places]
        boxes, scores = (np.concatenate(part) for part in zip(*parts, strict=True))
        kept = suppress(boxes, scores, NMS_OVERLAP)
        return boxes[kept], scores[kept]

    def _blob(self, bgr: np.ndarray) -> np.ndarray:
        blob = np.zeros((1, 3, self._side, self._side), np.float32)
        blob[0, :, : bgr.shape[0], : bgr.shape[1]] = ((bgr - MEAN) / SPREAD).transpose(2, 0, 1)
        return blob

    def _decode(
        self, outputs: list[np.ndarray], stride: int, classes_at: int, sides_at: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Who passes the score on one stride and is a person rather than anything else."""
        classes = outputs[classes_at].reshape(-1, CLASSES)
        scores = classes[:, PERSON]
        likely = np.flatnonzero(scores >= self._min_score)
        chosen = likely[classes[likely].argmax(axis=1) == PERSON]
        columns = self._side // stride
        middle = np.stack([chosen % columns, chosen // columns], axis=1) * stride + 0.5 * (stride - 1)
        powers = np.exp(outputs[sides_at].reshape(-1, 4, BINS)[chosen])
        away = (powers @ np.arange(BINS, dtype=np.float32)) / powers.sum(axis=2) * stride
        boxes = np.concatenate([middle - away[:, :2], away[:, :2] + away[:, 2:]], axis=1)
        return boxes.astype(np.float32), scores[chosen].astype(np.float32)

    def _prove(self, wanted: int) -> None:
        """Score the probe picture as every picture is scored. Raises ModelUntrue."""
        outputs = self._model.run(self._blob(probe()))
        best = max(float(outputs[at].reshape(-1, CLASSES)[:, PERSON].max()) for _, at, _ in self._places)
        if not abs(round(1e6 * best) - wanted) <= PROBE_SLACK_PPM:
            raise ModelUntrue(pack=self._model.pack, file=self._model.file, got=round(1e6 * best), wanted=wanted)


def open_people(manifest: Manifest, files: Mapping[str, Path]) -> NanoDet | None:
    """The person detector of a pack; None where its manifest names no file for it, or the file is not to be had. On the
    best provider that computes what the CPU computes. Raises ModelShape, ModelBroken, ModelUntrue."""
    for file in (one for one in manifest.all("person") if one.name in files):
        models, _ = open_models(manifest, {file.name: files[file.name]})
        return NanoDet(manifest, models[file.name])
    return None


def probe() -> np.ndarray:
    """A drawn person of our own, BGR uint8 (256, 256, 3), by whole numbers alone: the same on every machine.

    Its colours were chosen so that the net is undecided: colours swapped or values that are not scaled move the score
    by 26 % or more.
    """
    y, x = np.mgrid[0:256, 0:256]
    aside = abs(x - 128)
    head = (x - 128) ** 2 * 9 + (y - 60) ** 2 * 6 < 6000
    trunk = (aside * 2 < 60 + (y - 92) // 4) & (y >= 90) & (y < 170)
    arms = (abs(aside - 40) < 8) & (y >= 95) & (y < 165)
    legs = (abs(aside - 15) < 12) & (y >= 170) & (y < 240)
    picture = np.array([87, 102, 63]) + ((x + y) // 8)[..., None]
    for part, colour in ((trunk | arms, (112, 34, 98)), (legs, (238, 105, 156)), (head, (109, 101, 113)),
                         (head & (y < 52), (25, 139, 52))):
        picture[part] = colour
    picture[trunk | arms | legs | head] -= (aside // 3)[trunk | arms | legs | head, None]
    drawn: np.ndarray = np.clip(picture, 0, 255).astype(np.uint8)
    return drawn


def _check(model: Model) -> tuple[int, list[tuple[int, int, int]]]:
    """The side of the net's square, and for each stride the places of its classes and of its sides among the outputs.
    Exporters name outputs as they like, so they are told by their sizes. Raises ModelShape, ModelBroken."""
    side = model.input_shape[-1]
    step = STRIDES[-1]
    if len(model.input_shape) != 4 or not isinstance(side, int) or side % step or model.input_shape[2] != side:
        got = " x ".join(str(size) for size in model.input_shape)
        raise ModelShape(pack=model.pack, file=model.file, wanted=f"1 x 3 x n x n, n whole times {step}", got=got)
    sizes = [shape[-2:] for shape in model.check((1, 3, side, side), dict.fromkeys(model.outputs))]
    wanted = [((side // stride) ** 2, width) for stride in STRIDES for width in (CLASSES, 4 * BINS)]
    if sorted(sizes) != sorted(wanted):
        told = ", ".join(" x ".join(str(length) for length in size) for size in sizes)[:200]
        raise ModelShape(pack=model.pack, file=model.file, wanted="NanoDet's six outputs", got=told)
    at = [sizes.index(size) for size in wanted]
    return side, list(zip(STRIDES, at[::2], at[1::2], strict=True))


def _starts(length: int, side: int) -> Iterator[int]:
    """Where squares begin that cover a length and share at least `SHARED` of themselves with their neighbours."""
    steps = max(0, math.ceil((length - side) / (side * (1 - SHARED))))
    return (round(number * (length - side) / steps) if steps else 0 for number in range(steps + 1))


def _uncut(boxes: np.ndarray, begins: tuple[bool, bool], ends: tuple[bool, bool], side: int) -> np.ndarray:
    """Which boxes (n, 4) of a square are whole people, where the picture goes on to the left and above (`begins`) or to
    the right and below (`ends`): bool (n,)."""
    low, high = boxes[:, :2] < EDGE_PX, boxes[:, :2] + boxes[:, 2:] > side - EDGE_PX
    cut = (low & np.array(begins)) | (high & np.array(ends))
    return np.asarray(~cut.any(axis=1) & (boxes[:, 2:].max(axis=1, initial=0) <= WHOLE * side))
