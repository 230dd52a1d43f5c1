"""Figures `identify`: FNIR and FPIR at the threshold that each gallery gives itself, over many random galleries."""
from __future__ import annotations

import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from tqdm import tqdm

from bench.figures.splits import Case, Described, Outcome, held, mean, middle, outcome
from bench.harness import Figures, Skipped
from bench.inputs import lab_files, shared
from common.policies import load_policy
from edge.enrol.photos import describe, photo_files
from edge.vision.onnx_pack import OnnxPack
from edge.vision.pack import Pack, load_pack
from evidence.errors import BadInput

SPLITS = 100
POLICY = "sanmenxia-2023"
"""Whose FPIR a pack must hold on the people of a class before it is used."""
SETS = {"western": ("lfw", "lfw-strangers"), "chinese": ("casia", None)}
"""The folder whose people are enrolled or, by lot, strangers; and one whose people are all strangers."""
CASES = {
    "western": (Case("60 of 100 Western people, 2 photos each; 190 strangers", 60, 2, 0.02, 0.01),),
    "chinese": (Case("12 of 20 Chinese people, 2 photos each; 8 strangers", 12, 2, 0.10, 0.015),
                Case("12 of 20 Chinese people, 3 photos each; 8 strangers", 12, 3, 0.10, 0.015)),
}


def measure(folder: Path) -> tuple[list[str], dict[str, Any]]:
    """The lines to print and what bench.json holds. Every photo is described once for each pack. Raises Skipped."""
    cv2.setNumThreads(1)
    faces = shared() / "data" / "faces"
    if not all((faces / name).is_dir() for name in ("lfw", "lfw-strangers", "casia")):
        raise Skipped(f"no faces in {faces}")
    packs: list[Pack] = [OnnxPack(*lab_files(folder), only_faces=True), load_pack("builtin")]
    lines, kept = [], []
    for pack in packs:
        for name, (own, others) in SETS.items():
            people, strangers = described(pack, faces / own), described(pack, faces / others) if others else {}
            for case in CASES[name]:
                made = [outcome(pack, case, people, strangers, seed) for seed in range(SPLITS)]
                lines += told(pack.name, case, made)
                kept.append({"pack": pack.name, "case": dataclasses.asdict(case),
                             "splits": [dataclasses.asdict(one) for one in made]})
    return [*lines, "Splits share their people, so their spread is less than that between sites."], {"cases": kept}


def described(pack: Pack, folder: Path) -> Described:
    """Every photo of a set once."""
    people = photo_files(folder)
    found: dict[str, list[np.ndarray | None]] = {name: [] for name in people}
    photos = [(name, file) for name, files in people.items() for file in files]
    for name, file in tqdm(photos, desc=f"{pack.name} {folder.name}", unit="photo", file=sys.stderr, disable=None):
        try:
            found[name].append(describe(pack, file, strict=False))
        except BadInput:
            found[name].append(None)
    return found


def told(pack: str, case: Case, made: Sequence[Outcome]) -> list[str]:
    """What many splits of one case show."""
    threshold = middle([one.threshold for one in made])
    allowed = load_policy(POLICY).checkin.false_match_ppm
    wanted = 1.0 if allowed is None else allowed.value / 1e6
    passed = sum(one.expected is not None and one.expected <= wanted for one in made)
    expected = middle([one.expected for one in made if one.expected is not None])[0]
    return [
        f"{pack}: {case.name}; {len(made)} random splits",
        f"  T      median {threshold[0]:.3f} ({threshold[1]:.3f} to {threshold[2]:.3f} in nine of ten)",
        f"  rank-1 {_figures([one.rank1 for one in made])}",
        f"  FNIR   {_figures([one.fnir for one in made])}; wanted at most {case.fnir:.1%}",
        f"  FPIR   {_figures([one.fpir for one in made])}; wanted at most {case.fpir:.1%}",
        f"  both held in {held(case, made)} of {len(made)} splits; FPIR expected from the gallery alone: median "
        f"{expected:.2%}, at most {wanted:.1%} (policy {POLICY}) in {passed}",
    ]


def _figures(values: Sequence[float]) -> str:
    half, low, high = middle(values)
    average, least, most = mean(values)
    return (f"median {half:6.2%} ({low:.2%} to {high:.2%} in nine of ten), "
            f"mean {average:6.2%} (95 %: {least:.2%} to {most:.2%})")


FIGURES = Figures("identify", "identification at the threshold calibrated from the gallery alone", measure)
