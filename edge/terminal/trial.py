"""A test check-in: somebody looks into the camera, and it is told how large and how alive the face looks.

It runs in the desk's thread, which alone uses the pack. Nobody is compared with anybody, and nothing is kept.
"""
from __future__ import annotations

from collections.abc import Callable

import numpy as np

from common.texts import LANGS, words
from edge.handover import results
from edge.handover.results import Result
from edge.terminal.desk import Guided
from edge.vision.liveness import PassiveScore
from edge.vision.pack import Pack
from evidence.errors import ZaitangError

LOOKS, WITHIN_S = 10, 20.0
"""So many pictures with a face are enough, and so many real seconds."""


class Trial:
    """`pack`: raises what is wrong with it."""

    def __init__(self, pack: Callable[[], Pack], monotonic: Callable[[], float]) -> None:
        self._pack, self._monotonic = pack, monotonic
        self._until: float | None = None
        self._widths: list[int] = []
        self._live: list[int] = []
        self.result: Result | None = None

    @property
    def active(self) -> bool:
        """Whether pictures are wanted."""
        return self._until is not None

    def begin(self) -> None:
        """Look from now on."""
        self.result, self._widths, self._live = None, [], []
        self._until = self._monotonic() + WITHIN_S

    def frame(self, bgr: np.ndarray | None) -> None:
        """One picture, or none where the camera is silent."""
        if self._until is None:
            return
        try:
            pack = self._pack()
            if bgr is not None:
                self._look(pack, bgr)
            if len(self._widths) >= LOOKS or self._monotonic() >= self._until:
                self._end(results.face(self._widths, self._live, pack.min_face_px, pack.liveness == "passive"))
        except ZaitangError as error:
            self._end(results.failed(results.FACE, {lang: words(error, lang) for lang in LANGS}))

    def _look(self, pack: Pack, bgr: np.ndarray) -> None:
        faces = pack.detect(bgr)
        if not faces:
            return
        self._widths.append(faces[0].width_px)
        score = pack.passive(bgr, faces[0])
        if isinstance(score, PassiveScore):
            self._live.append(score.live_ppm)

    def _end(self, result: Result) -> None:
        self.result, self._until = result, None


class Either:
    """Two that want pictures in place of the check-in; the first that does gets them."""

    def __init__(self, first: Guided, second: Guided) -> None:
        self._first, self._second = first, second

    @property
    def active(self) -> bool:
        """Whether one of them does."""
        return self._first.active or self._second.active

    def frame(self, bgr: np.ndarray | None) -> None:
        """One picture, or none where the camera is silent."""
        (self._first if self._first.active else self._second).frame(bgr)
