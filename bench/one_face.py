"""`python -m bench.one_face [PACK]`: how alike the pictures of one person's enrolment are, and those of two people's.

The figures of docs/acceptance.md on clips: of each clip of a living person the front frame and those most turned to
either side, up and down, as a guided enrolment takes them; and all mixed sets, three frames of one person and the other
two of another.
"""
from __future__ import annotations

import argparse
import bisect
import sys
from collections.abc import Mapping, Sequence
from itertools import permutations
from pathlib import Path

import numpy as np

from bench.harness import Skipped
from bench.inputs import shared
from edge.enrol.same import odd_ones
from edge.rollcall.frames import frames, plan_frames
from edge.vision.liveness import FaceMesh
from edge.vision.pack import Pack, load_pack

EVERY_US = 200_000
CLIPS = ("spoof/*real*.mp4", "video/live/*.mp4")
SPLITS = ((0, 1, 2), (0, 3, 4))
"""Which of front, left, right, up and down are the one person's; the others are somebody else's."""


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status 2 when the clips are not here."""
    parser = argparse.ArgumentParser(prog="bench.one_face", description=__doc__)
    parser.add_argument("pack", nargs="?", default="lab", metavar="PACK", help="default: %(default)s")
    chosen = parser.parse_args(argv)
    try:
        place = shared()
    except Skipped as why:
        print(why, file=sys.stderr)
        return 2
    pack = load_pack(chosen.pack, place / "models" if chosen.pack == "lab" else None)
    people: dict[str, np.ndarray] = {}
    for file in sorted(file for pattern in CLIPS for file in (place / "data").glob(pattern)):
        people[file.stem] = posed(pack, file)
        print(f"{file.stem}: {least_ppm(pack, people[file.stem]) / 1e6:.2f}", flush=True)
    both = mixed(people)
    own, others = ([least_ppm(pack, one) / 1e6 for one in sets] for sets in (people.values(), both))
    print(f"one person: {len(own)} sets, least {min(own):.2f}; two people: {len(others)} sets, most {max(others):.2f}")
    return 0


def posed(pack: Pack, file: Path) -> np.ndarray:
    """Descriptions (5, d) of the frames of a clip that look most ahead, to the left, to the right, up and down."""
    seen: list[tuple[FaceMesh, np.ndarray]] = []
    for _, bgr in frames(file, EVERY_US, plan_frames(file, EVERY_US)):
        for face in pack.detect(bgr, "terminal")[:1]:
            mesh = pack.mesh(bgr, face)
            if mesh is not None:
                seen.append((mesh, pack.embed(bgr, face)))
    return np.stack([seen[at][1] for at in extremes([mesh for mesh, _ in seen])])


def extremes(heads: Sequence[FaceMesh]) -> list[int]:
    """Which heads look most ahead, to the own left, right, up and down. Of a pack that tells no pitch the last two are
    the first one again."""
    yaw = np.array([head.yaw_deg for head in heads])
    pitch = np.array([head.pitch_deg or 0.0 for head in heads])
    ahead = int(np.hypot(yaw, pitch).argmin())
    nods = [int(pitch.argmax()), int(pitch.argmin())] if pitch.any() else [ahead, ahead]
    return [ahead, int(yaw.argmax()), int(yaw.argmin()), *nods]


def mixed(people: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    """Every set (5, d) of three pictures of one person and the other two of another."""
    return [np.stack([people[one if at in mine else other][at] for at in range(5)])
            for one, other in permutations(people, 2) for mine in SPLITS]


def least_ppm(pack: Pack, vectors: np.ndarray) -> int:
    """The highest limit in ppm by which descriptions (n, d) still are one person's: of the two groups least alike."""
    limits = range(-1_000_000, 1_000_002)
    return limits[bisect.bisect_left(limits, True, key=lambda limit: odd_ones(pack, vectors, limit) is not None)] - 1


if __name__ == "__main__":
    sys.exit(main())
