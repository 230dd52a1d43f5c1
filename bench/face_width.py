"""`python -m bench.face_width [PACK …]`: how wide a detector's box of a face is on a person; how dark a face may be.

The widths of `edge/placement/judge.py` and the limit of darkness of `edge/placement/stops.py` come from it, and the
figures of docs/placement.md.
"""
from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from bench.harness import Skipped
from bench.inputs import shared
from edge.enrol.photos import read_photo
from edge.vision.pack import Face, Pack, load_pack

PHOTOS = (("Western", "faces/lfw/*/*_0001.jpg", 60), ("Chinese", "faces/casia/*/*.png", 100))
STRAIGHT = 0.8
EYES_MM = 62.5
"""Between the pupils of adults: Dodgson, "Variation and extrema of human interpupillary distance", 2004: mean 63 mm."""
GREYS = (110, 60, 40, 30, 20, 12, 8)
"""Mean grey levels (of 255) to which a face is darkened."""
READ_NOISE, SHOT_NOISE, JPEG = 2.0, 0.15, 60


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status 2 when the photos are not here."""
    parser = argparse.ArgumentParser(prog="bench.face_width", description=__doc__)
    parser.add_argument("packs", nargs="*", default=["lab", "builtin"], metavar="PACK", help="default: %(default)s")
    chosen = parser.parse_args(argv)
    try:
        place = shared()
    except Skipped as why:
        print(why, file=sys.stderr)
        return 2
    for name in chosen.packs:
        pack = load_pack(name, place / "models" if name == "lab" else None, only_faces=True)
        for people, pattern, most in PHOTOS:
            files = sorted((place / "data").glob(pattern))[:most]
            ratios = [ratio for file in files if (ratio := _ratio(pack, file))]
            print(width_line(f"{name}, {people}", ratios), flush=True)
        for grey, found, of, likeness in darkened(pack, sorted((place / "data" / "faces/casia").iterdir())):
            print(f"{name}, grey {grey}: {found} of {of} faces found, likeness {likeness:.3f}", flush=True)
    return 0


def width_line(name: str, ratios: Sequence[float]) -> str:
    """The width of the box in distances of the eyes (median, eight of ten), and in mm."""
    low, middle, high = np.percentile(ratios, (10, 50, 90))
    said = f"{middle:.2f} ({low:.2f}–{high:.2f}) distances of the eyes"
    return f"{name}: {len(ratios)} faces, {said}, {middle * EYES_MM:.0f} mm"


def eyes(pack: Pack, face: Face) -> float:
    """Distance of the eyes, px. dlib gives two corners of each eye, the others one point."""
    points = face.landmarks
    dlib = pack.manifest.engine == "dlib"
    one, other = (points[:2].mean(axis=0), points[2:4].mean(axis=0)) if dlib else (points[0], points[1])
    return float(np.linalg.norm(one - other))


def _ratio(pack: Pack, file: Path) -> float | None:
    faces = pack.detect(read_photo(file), "photo")
    return float(faces[0].box[2]) / eyes(pack, faces[0]) if faces and faces[0].frontal >= STRAIGHT else None


def darkened(pack: Pack, people: Sequence[Path]) -> Iterator[tuple[int, int, int, float]]:
    """Mean grey, faces found, photos, median likeness to another photo of the same person."""
    pairs = [[read_photo(file) for file in sorted(folder.glob("*.png"))[:2]] for folder in people if folder.is_dir()]
    for grey in GREYS:
        chance = np.random.default_rng(grey)
        likeness: list[float] = []
        of = 0
        for first, second in pairs:
            known, shown = pack.detect(first, "photo"), pack.detect(second, "photo")
            if not (known and shown):
                continue
            of += 1
            dark = _dark(second, shown[0], grey, chance)
            if found := pack.detect(dark, "photo"):
                vector = pack.embed(first, known[0])
                likeness.append(float(pack.similarity(pack.embed(dark, found[0]), vector[None])[0]) / 1e6)
        yield grey, len(likeness), of, float(np.median(likeness)) if likeness else float("nan")


def _dark(bgr: np.ndarray, face: Face, grey: int, chance: np.random.Generator) -> np.ndarray:
    """The picture as a sensor with less light would give it: shot and read noise, then 8 bits and JPEG."""
    x, y, width, height = (max(0, round(float(value))) for value in face.box)
    less = bgr * min(1.0, grey / max(1.0, float(bgr[y:y + height, x:x + width].mean())))
    noisy = less + chance.normal(0, 1, less.shape) * np.sqrt(READ_NOISE + SHOT_NOISE * less)
    _, data = cv2.imencode(".jpg", np.clip(noisy, 0, 255).round().astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, JPEG])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))


if __name__ == "__main__":
    sys.exit(main())
