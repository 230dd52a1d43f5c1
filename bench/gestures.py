"""`python -m bench.gestures [PACK]`: what heads, eyes and mouths do in the real clips, as a table.

The thresholds of `evidence/challenge.py` come from it, and the figures of docs/liveness.md.
"""
from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from bench.harness import Skipped
from bench.inputs import shared
from edge.checkin.alive import look, score
from edge.rollcall.frames import frames, plan_frames
from edge.vision.liveness import LIVE_PPM
from edge.vision.pack import Pack, load_pack
from evidence.challenge import REST_DEG, TURN_DEG, Look

EVERY_US = 100_000
CLIPS = ("spoof/*.mp4", "video/live/*.mp4")
HEAD = ("| clip | frames | passive ≥ 0.5 | yaw ° least, median, most | eyes shut % median, 95 %, most | mouth open % | "
        "rest, turned |", "| --- | --- | --- | --- | --- | --- | --- |")


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status 2 when the clips are not here."""
    parser = argparse.ArgumentParser(prog="bench.gestures", description=__doc__)
    parser.add_argument("pack", nargs="?", default="lab", metavar="PACK", help="default: %(default)s")
    chosen = parser.parse_args(argv)
    try:
        place = shared()
    except Skipped as why:
        print(why, file=sys.stderr)
        return 2
    pack = load_pack(chosen.pack, place / "models" if chosen.pack == "lab" else None)
    print("\n".join(HEAD), flush=True)
    for file in sorted(file for pattern in CLIPS for file in (place / "data").glob(pattern)):
        print(line(file.stem, *measure(pack, file)), flush=True)
    return 0


def measure(pack: Pack, file: Path) -> tuple[list[Look], list[int | None]]:
    """What the largest face of each picture does, and its passive scores (none of a pack without them)."""
    looks: list[Look] = []
    scores: list[int | None] = []
    for at_us, bgr in frames(file, EVERY_US, plan_frames(file, EVERY_US)):
        faces = pack.detect(bgr, "terminal")
        if not faces:
            looks.append(Look(at_us, here=False))
            continue
        looks.append(look(at_us, pack.mesh(bgr, faces[0]), None))
        if pack.liveness == "passive":
            scores.append(score(pack, bgr, faces[0]))
    return looks, scores


def line(name: str, looks: Sequence[Look], scores: Sequence[int | None]) -> str:
    """One row of the table. *rest, turned*: pictures in which the face looks ahead or is turned, by the thresholds."""
    yaws = [one.yaw_deg for one in looks if one.yaw_deg is not None]
    passed = sum(one is not None and one >= LIVE_PPM for one in scores)
    rest, turned = sum(abs(yaw) <= REST_DEG for yaw in yaws), sum(abs(yaw) >= TURN_DEG for yaw in yaws)
    return " | ".join((
        f"| {name}", f"{sum(one.here for one in looks)} of {len(looks)}",
        f"{passed} of {len(scores)}" if scores else "–",
        _spread(yaws, (0, 50, 100)),
        _spread([one.shut_ppm / 10_000 for one in looks if one.shut_ppm is not None], (50, 95, 100)),
        _spread([one.jaw_ppm / 10_000 for one in looks if one.jaw_ppm is not None], (50, 95, 100)),
        f"{rest}, {turned} |",
    ))


def _spread(values: Iterable[float], percentiles: Sequence[int]) -> str:
    found = list(values)
    return ", ".join(f"{value:.0f}" for value in np.percentile(found, percentiles)) if found else "–"


if __name__ == "__main__":
    sys.exit(main())
