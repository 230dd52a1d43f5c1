"""Figures `facesize`: how many people in made class videos the roll call names, by the width of a face."""
from __future__ import annotations

import dataclasses
import random
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from tqdm import tqdm

from bench.asked import asked
from bench.harness import Figures, Skipped
from bench.inputs import lab_files, shared
from bench.scenes import Scene, Still, Truth, film
from edge.enrol.photos import describe_photos, photo_files
from edge.rollcall.cli import EVERY_US
from edge.rollcall.frames import pictures, plan_frames
from edge.vision.calibrate import ROLL_CALL_FPIR_PPM, calibrate
from edge.vision.gallery import Gallery
from edge.vision.onnx_pack import OnnxPack
from edge.vision.pack import Pack, load_pack

SIZES = (16, 20, 24, 28, 32, 38, 48, 60)
"""Widths of the detected box, in picture pixels."""
ENROLLED, PRESENT, STRANGERS, PHOTOS = 20, 16, 4, 3
KINDS = {
    "clear": Scene(seconds=16, fps=8, gop=16, crf=26, share=0.7),
    "hard": Scene(seconds=16, fps=8, gop=16, crf=31, share=0.4, blur=0.8),
}
"""What the camera gives: as a good one does, or blurred and much compressed."""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """Of one video: people of the class who are in it, how many of them are named, how many names are wrong."""

    pack: str
    kind: str
    face_px: int
    present: int
    named: int
    wrong: int
    headcount: int
    in_view_max: int


def measure(folder: Path) -> tuple[list[str], dict[str, Any]]:
    """The lines to print and what bench.json holds. Raises Skipped."""
    cv2.setNumThreads(1)
    faces = shared() / "data" / "faces"
    if not (faces / "lfw").is_dir() or not (faces / "lfw-strangers").is_dir():
        raise Skipped(f"no faces in {faces}")
    lab = OnnxPack(*lab_files(folder), only_faces=True)
    class_, cast = _class(lab, faces)
    sides = [(pack, Gallery(pack, describe_photos(pack, class_, strict=False).templates))
             for pack in (lab, load_pack("builtin"))]
    made: list[Outcome] = []
    videos = [(kind, size) for kind in KINDS for size in SIZES]
    for kind, face_px in tqdm(videos, unit="video", file=sys.stderr, disable=None):
        path = folder / "class.mp4"
        truth = film(path, dataclasses.replace(KINDS[kind], face_px=(face_px,), seed=SIZES.index(face_px)), cast)
        made += [_outcome(*side, path, kind, face_px, set(class_) & set(cast), truth) for side in sides]
    return table(made), {"videos": [dataclasses.asdict(one) for one in made]}


def _class(finder: Pack, faces: Path) -> tuple[dict[str, list[Path]], dict[str, list[Still]]]:
    """The photos of those enrolled, and other stills of those who are in the videos: most of them, and strangers."""
    dice = random.Random(0)
    own = {name: files for name, files in photo_files(faces / "lfw").items() if len(files) > PHOTOS}
    others = photo_files(faces / "lfw-strangers")
    enrolled = dice.sample(sorted(own), ENROLLED)
    cast = {name: stills(finder, own[name][PHOTOS:]) for name in enrolled[:PRESENT]}
    cast |= {name: stills(finder, others[name]) for name in dice.sample(sorted(others), STRANGERS)}
    return {name: own[name][:PHOTOS] for name in enrolled}, {name: found for name, found in cast.items() if found}


def _outcome(
    pack: Pack, gallery: Gallery, path: Path, kind: str, face_px: int, present: set[str], truth: Truth
) -> Outcome:
    threshold = calibrate(pack, gallery, ROLL_CALL_FPIR_PPM)
    answer = asked(pack, gallery, pictures(path, plan_frames(path, EVERY_US)), threshold)
    said = {one["trainee"] for one in answer["present"]}
    return Outcome(pack.name, kind, face_px, len(present), len(said & present), len(said - present),
                   answer["headcount"], truth.in_view_max)


def stills(finder: Pack, files: list[Path]) -> list[Still]:
    """The photographs with the face nearest to their middle; those without one are left out."""
    found = []
    for file in files:
        image = cv2.imread(str(file))
        if image is None or not (faces := finder.detect(image, "photo")):
            continue
        middle = np.array([image.shape[1] / 2, image.shape[0] / 2])
        box = min((face.box for face in faces), key=lambda box: float(np.abs(box[:2] + box[2:] / 2 - middle).sum()))
        found.append(Still(image, (float(box[0]), float(box[1]), float(box[2]), float(box[3]))))
    return found


def table(made: list[Outcome]) -> list[str]:
    """Rows by size; for each pack and kind of video how many are named, how many wrongly, and the headcount."""
    columns = sorted({(one.pack, one.kind) for one in made}, key=lambda pair: (pair[0] != "lab", pair))
    by = {(one.pack, one.kind, one.face_px): one for one in made}
    lines = ["| face px | " + " | ".join(f"{pack}, {kind}" for pack, kind in columns) + " |",
             "| ---: |" + " ---: |" * len(columns)]
    for size in sorted({one.face_px for one in made}):
        cells = [by[pack, kind, size] for pack, kind in columns]
        said = [f"{one.named} of {one.present} · {one.wrong} · {one.headcount} of {one.in_view_max}" for one in cells]
        lines.append(f"| {size} | {' | '.join(said)} |")
    return lines


FIGURES = Figures("facesize", "what size of face gives what recall, in made class videos", measure)
