"""The check in the room: somebody sits down at place after place, and each is measured and told at once."""
from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from typing import Any, Protocol

import cv2
import numpy as np

from edge.placement.looks import Look
from edge.placement.stops import COLUMNS, ROWS, Sight, Stop, Stops
from edge.vision.calibrate import ROLL_CALL_FPIR_PPM, calibrate
from edge.vision.gallery import Gallery
from edge.vision.pack import Face, Pack
from evidence.errors import ZaitangError
from evidence.rollcall import identify

WHITE = 255


class Known(Protocol):
    """Whose faces can be recognised, asked anew for each picture: who is erased meanwhile is looked for no more."""

    def __call__(self) -> Gallery | None: ...


class Recogniser:
    """Whom a face shows, as the roll call would say of one picture alone."""

    def __init__(self, pack: Pack, known: Known) -> None:
        self._pack, self._known = pack, known
        self._of: Gallery | None = None
        self._threshold_ppm = 0

    def person(self, bgr: np.ndarray, face: Face) -> str | None:
        """None for nobody known, and for a face that is too small."""
        gallery = self._known()
        if gallery is None or not gallery.people or face.width_px < self._pack.min_face_px:
            return None
        if gallery is not self._of:
            self._of, self._threshold_ppm = gallery, calibrate(self._pack, gallery, ROLL_CALL_FPIR_PPM).ppm
        best, second = gallery.rank(self._pack.embed(bgr, face))
        return identify(best, second, self._threshold_ppm, self._pack.margin_ppm)


def measure(at_us: int, bgr: np.ndarray, face: Face, person: str | None) -> Sight:
    """What one face in a picture is: numbers alone."""
    x, y, width, height = (float(value) for value in face.box)
    crop = bgr[max(0, round(y)): max(0, round(y + height)), max(0, round(x)): max(0, round(x + width))]
    light = float(cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY).mean()) / WHITE if crop.size else 0.0
    return Sight(at_us, x + width / 2, y + height / 2, width, round(light * 1e6), round(face.frontal * 1e6), person)


def walk(
    looks: Iterable[Look], pack: Pack, known: Known, names: Iterable[str], told: Callable[[Stop, Stops], None],
    looked: Callable[[list[Sight]], None],
) -> tuple[Stops | None, ZaitangError | None]:
    """Look until the pictures end, somebody presses Ctrl-C, or the camera breaks: what was measured until then (None:
    no picture came), and what broke. `told` hears of each stop at once, `looked` of each picture."""
    stops: Stops | None = None
    recogniser = Recogniser(pack, known)
    with contextlib.suppress(KeyboardInterrupt):
        try:
            for at_us, bgr in looks:
                stops = stops or Stops((bgr.shape[1], bgr.shape[0]), pack.min_face_px, tuple(names))
                gallery = known()
                stops.compared = gallery is not None and bool(gallery.people)
                sights = [measure(at_us, bgr, face, recogniser.person(bgr, face)) for face in pack.detect(bgr, "room")]
                for stop in stops.step(sights):
                    told(stop, stops)
                looked(sights)
        except ZaitangError as error:
            return stops, error
    return stops, None


def document(stops: Stops, pack: Pack) -> dict[str, Any]:
    """What was measured, for programs. Places in px of the picture; no picture."""
    return {
        "pack": pack.name, "min_face_px": pack.min_face_px, "named_px": stops.named_px,
        "width_px": stops.size[0], "height_px": stops.size[1],
        "stops": [
            {"name": stop.name, "x_px": round(stop.x), "y_px": round(stop.y), "face_px": round(stop.face_px, 1),
             "light_ppm": stop.light_ppm, "frontal_ppm": stop.frontal_ppm, "sights": stop.sights,
             "recognised": [{"person": person, "sights": count} for person, count in stop.people],
             "verdict": stop.verdict, "reason": stop.why}
            for stop in stops.stops()],
        "unreached": list(stops.unreached),
        "grid": {
            "columns": COLUMNS, "rows": ROWS,
            "cells": [{"column": cell.column, "row": cell.row, "face_px": round(cell.face_px, 1), "faces": cell.faces}
                      for cell in stops.cells()]},
    }
