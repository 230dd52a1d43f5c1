"""`python -m bench.gestures [PACK]`: what heads, eyes and mouths do in the real clips, as a table.

The thresholds of `evidence/challenge.py` come from it, and the figures of docs/liveness.md.
"""
from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from bench.harness import Skipped
from bench.inputs import shared
from edge.checkin.alive import look, score
from edge.models.fetch import fetch
from edge.models.manifest import load_manifest
from edge.rollcall.frames import frames, plan_frames
from edge.vision.landmarker import Landmarker
from edge.vision.liveness import LIVE_PPM
from edge.vision.pack import Pack, load_pack
from evidence.challenge import AWAKE_PPM, REST_DEG, SHUT_PPM, TURN_DEG, Look, looks_ahead

EVERY_US = 100_000
CLIPS = ("spoof/*.mp4", "video/live/*.mp4")
HEAD = ("| clip | frames | passive ≥ 0.5 | yaw ° least, median, most | eyes shut % median, 95 %, most | mouth open % | "
        "rest, turned | lids of shut eyes, most; of open ones, least |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |")


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
    folder = place / "models" if chosen.pack == "lab" else None
    pack, eyes = load_pack(chosen.pack, folder), landmarker(chosen.pack, folder)
    print("\n".join(HEAD), flush=True)
    for file in sorted(file for pattern in CLIPS for file in (place / "data").glob(pattern)):
        print(line(file.stem, *measure(pack, eyes, file)), flush=True)
    return 0


def landmarker(name: str, folder: Path | None) -> Landmarker | None:
    """What sees lids by themselves; None of a pack that sees none."""
    env = {**os.environ, "ZAITANG_MODEL_MIRROR": str(folder)} if folder else os.environ
    manifest = load_manifest(name, env)
    if not manifest.all("challenge"):
        return None
    file = manifest.file("challenge").name
    return Landmarker(manifest, file, fetch(manifest, env)[file])


def measure(
    pack: Pack, eyes: Landmarker | None, file: Path,
) -> tuple[list[Look], list[int | None], list[tuple[int, float]]]:
    """What the largest face of each picture does, its passive scores (none of a pack without them), and how far its
    eyes are shut by the blendshape alone (ppm), with how far their lids are apart (lengths of the nose)."""
    looks: list[Look] = []
    scores: list[int | None] = []
    lids: list[tuple[int, float]] = []
    for at_us, bgr in frames(file, EVERY_US, plan_frames(file, EVERY_US)):
        faces = pack.detect(bgr, "terminal")
        if not faces:
            looks.append(Look(at_us, here=False))
            continue
        looks.append(look(at_us, pack.mesh(bgr, faces[0]), None))
        if pack.liveness == "passive":
            scores.append(score(pack, bgr, faces[0]))
        seen = eyes.see(bgr, faces[0].box) if eyes is not None and looks_ahead(looks[-1]) else None
        if seen is not None:
            lids += [(seen.blink_left_ppm, seen.left_gap), (seen.blink_right_ppm, seen.right_gap)]
    return looks, scores, lids


def line(
    name: str, looks: Sequence[Look], scores: Sequence[int | None], lids: Sequence[tuple[int, float]] = (),
) -> str:
    """One row of the table. *rest, turned*: pictures in which the face looks ahead or is turned, by the thresholds."""
    shut = [gap for shut_ppm, gap in lids if shut_ppm >= SHUT_PPM]
    open_ = [gap for shut_ppm, gap in lids if shut_ppm <= AWAKE_PPM]
    yaws = [one.yaw_deg for one in looks if one.yaw_deg is not None]
    passed = sum(one is not None and one >= LIVE_PPM for one in scores)
    rest, turned = sum(abs(yaw) <= REST_DEG for yaw in yaws), sum(abs(yaw) >= TURN_DEG for yaw in yaws)
    return " | ".join((
        f"| {name}", f"{sum(one.here for one in looks)} of {len(looks)}",
        f"{passed} of {len(scores)}" if scores else "–",
        _spread(yaws, (0, 50, 100)),
        _spread([one.shut_ppm / 10_000 for one in looks if one.shut_ppm is not None], (50, 95, 100)),
        _spread([one.jaw_ppm / 10_000 for one in looks if one.jaw_ppm is not None], (50, 95, 100)),
        f"{rest}, {turned}",
        f"{f'{max(shut):.3f}' if shut else '–'}; {f'{min(open_):.3f}' if open_ else '–'} |",
    ))


def _spread(values: Iterable[float], percentiles: Sequence[int]) -> str:
    found = list(values)
    return ", ".join(f"{value:.0f}" for value in np.percentile(found, percentiles)) if found else "–"


if __name__ == "__main__":
    sys.exit(main())
