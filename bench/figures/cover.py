"""Figures `cover`: how often a bare face is called covered, and how often a drawn mask or scarf is noticed."""
from __future__ import annotations

import dataclasses
import sys
from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from tqdm import tqdm

from bench.figures.masks import COVERS, cover
from bench.harness import Figures, Skipped
from bench.inputs import lab_files, shared
from edge.enrol.photos import photo_files
from edge.vision.cover import COVERED_PPM, looks
from edge.vision.onnx_pack import OnnxPack
from edge.vision.pack import Face, Pack, load_pack
from evidence.rollcall import Limits

SETS = {"western": "lfw", "western strangers": "lfw-strangers", "chinese": "casia", "actors": "sitcom"}
PER_PHOTO = 2
"""Covers drawn over each photo, by turns."""
SMALL_PX = (32, 60)
TIP, MOUTH = 0.66, 1.42
"""How far the tip of the nose and the mouth are below the eyes, when the lower end of the nose is 1 below."""
CANVAS = 256
"""Small faces are in the middle of a picture of this side."""
CRF = 32
BARE = "bare"
REMARK = ("The threshold was set on these bare faces (of the first set, every second photo) and with these covers in "
          "view, all but the beige and the green mask: only those two are held out.")


@dataclasses.dataclass
class Count:
    """Photos, those in which the face was found, those of them that look covered, and that the verdict calls so."""

    photos: int = 0
    found: int = 0
    covered: int = 0
    ruled: int = 0


Counts = dict[tuple[str, str, str], Count]
"""By set, what covers the face, and size: large as in the photo, or small and through H.264."""


def measure(folder: Path) -> tuple[list[str], dict[str, Any]]:
    """The lines to print and what bench.json holds. Raises Skipped."""
    cv2.setNumThreads(1)
    faces = shared() / "data" / "faces"
    if not all((faces / name).is_dir() for name in SETS.values()):
        raise Skipped(f"no faces in {faces}")
    lines, kept = [], []
    for pack in (OnnxPack(*lab_files(folder), only_faces=True), load_pack("builtin")):
        counts: Counts = defaultdict(Count)
        for name, place in SETS.items():
            _count(pack, name, faces / place, folder / "small.mp4", counts)
        lines += told(pack.name, counts)
        kept += [{"pack": pack.name, "set": key[0], "cover": key[1], "size": key[2], **dataclasses.asdict(count)}
                 for key, count in counts.items()]
    return [*lines, REMARK], {"counts": kept}


def _count(pack: Pack, name: str, folder: Path, scratch: Path, counts: Counts) -> None:
    """All photos of a set, bare and covered, as they are and small."""
    rng = np.random.default_rng(len(name))
    labels, small = [], []
    files = [file for files in photo_files(folder).values() for file in files]
    for label, bgr, size in _pictures(pack, files, rng, f"{pack.name} {name}"):
        _add(counts[name, label, "large"], pack, bgr, pack.detect(bgr, "photo"))
        labels.append(label)
        small.append(_shrunk(bgr, rng.uniform(*SMALL_PX) / size))
    for label, bgr in zip(labels, _through_h264(scratch, small), strict=True):
        _add(counts[name, label, "small"], pack, bgr, pack.detect(bgr, "room"))


def _pictures(
    pack: Pack, files: list[Path], rng: np.random.Generator, what: str
) -> Iterator[tuple[str, np.ndarray, float]]:
    """(what covers the face, picture, width of the face), with the face in the middle of the photo."""
    names = list(COVERS)
    for number, file in enumerate(tqdm(files, desc=what, unit="photo", file=sys.stderr, disable=None)):
        bgr = cv2.imread(str(file))
        face = _middle(bgr, pack.detect(bgr, "photo")) if bgr is not None else None
        if face is None:
            continue
        yield BARE, bgr, float(face.box[2])
        points = five_points(face)
        for turn in range(PER_PHOTO):
            name = names[(PER_PHOTO * number + turn) % len(names)]
            yield name, cover(bgr, points, name, rng), float(face.box[2])


def five_points(face: Face) -> np.ndarray:
    """Eyes, nose and corners of the mouth; dlib's five points have no mouth, which is then put where it is in a face of
    the usual proportions."""
    points = face.landmarks
    if np.ptp(points[:4, 1]) > 0.5 * np.ptp(points[:4, 0]):
        return points
    right, left, nose = points[2:4].mean(axis=0), points[0:2].mean(axis=0), points[4]
    down = nose - (right + left) / 2
    tip = (right + left) / 2 + TIP * down
    return np.stack([right, left, tip, right + MOUTH * down, left + MOUTH * down]).astype(np.float32)


def _middle(bgr: np.ndarray, faces: list[Face]) -> Face | None:
    middle = np.array(bgr.shape[1::-1]) / 2
    return min(faces, key=lambda face: float(np.abs(face.box[:2] + face.box[2:] / 2 - middle).sum()), default=None)


def _add(count: Count, pack: Pack, bgr: np.ndarray, faces: list[Face]) -> None:
    count.photos += 1
    face = _middle(bgr, faces)
    if face is not None:
        count.found += 1
        cover_ppm = looks(pack.aligned(bgr, face)).cover_ppm
        count.covered += cover_ppm >= COVERED_PPM
        count.ruled += cover_ppm >= Limits().cover_ppm


def _shrunk(bgr: np.ndarray, scale: float) -> np.ndarray:
    """The picture at a scale in the middle of a grey canvas, which cuts it."""
    small = cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)[:CANVAS, :CANVAS]
    canvas = np.full((CANVAS, CANVAS, 3), 110, np.uint8)
    top, left = ((CANVAS - length) // 2 for length in small.shape[:2])
    canvas[top : top + small.shape[0], left : left + small.shape[1]] = small
    return canvas


def _through_h264(path: Path, pictures: list[np.ndarray]) -> Iterator[np.ndarray]:
    """The pictures as a camera would give them: each a keyframe of strongly compressed H.264."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width = stream.height = CANVAS
        stream.pix_fmt, stream.gop_size = "yuv420p", 1
        stream.options = {"preset": "veryfast", "crf": str(CRF)}
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, "bgr24")
            frame.pts, frame.time_base = number, Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format="bgr24")


def told(pack: str, counts: Counts) -> list[str]:
    """Two tables: bare faces by set, covered ones by what covers them."""
    lines = [f"{pack}: called covered, of the faces found, from {COVERED_PPM} on · by the verdict, from "
             f"{Limits().cover_ppm} on; large, and {SMALL_PX[0]} to {SMALL_PX[1]} px after H.264"]
    rows = [(f"bare, {name}", [(name, BARE)]) for name in SETS]
    rows += [(label, [(name, label) for name in SETS]) for label in COVERS]
    masks = [(name, label) for name in SETS for label in COVERS if label != "visor"]
    rows += [("all bare", [(name, BARE) for name in SETS]), ("all masks and scarves", masks)]
    for title, keys in rows:
        both = (_line([counts[*key, size] for key in keys if (*key, size) in counts]) for size in ("large", "small"))
        lines.append(f"  {title:24} " + "   ".join(both))
    return lines


def _line(counts: list[Count]) -> str:
    photos, found, covered, ruled = (
        sum(getattr(count, name) for count in counts) for name in ("photos", "found", "covered", "ruled"))
    share = f"{covered / found:6.1%} · {ruled / found:6.1%}" if found else "     –"
    return f"{share} of {found:4d} (face found in {found / max(photos, 1):4.0%} of {photos})"


FIGURES = Figures("cover", "bare faces called covered, and drawn masks that are noticed", measure)
