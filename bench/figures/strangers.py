"""Figures `strangers`: how often a stranger who is seen k times is named as anybody, and who is there is shown.

Each look is a minute of its own (`bench.looks`): a face that is the only one without a name. Two answers are compared:
any look that names (what a single look would say), and the product's rule over all of them (`evidence.naming`). It was
chosen on the first cases, with all of both sets in view.
"""
from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from tqdm import tqdm

from bench.figures.facesize import stills
from bench.harness import Figures, Skipped
from bench.inputs import lab_files, shared
from bench.looks import Kind, looks
from edge.enrol.photos import describe, photo_files
from edge.vision.calibrate import ROLL_CALL_FPIR_PPM, Threshold, calibrate
from edge.vision.gallery import Gallery
from edge.vision.onnx_pack import OnnxPack
from evidence.bodies import Track
from evidence.errors import BadInput
from evidence.naming import doubts
from evidence.rollcall import Limits, Look, Named, identify
from evidence.times import MINUTE

KINDS = (Kind("near", 60, 0.0, 26), Kind("hard", 38, 0.8, 31))
TIMES, PHOTOS, DRAWS, AGAIN = 6, 3, 12, 3
SEEN = (1, 2, 4, 6, 12, 30, 100)
"""The last is a block. Of whom there are fewer looks some are drawn again: the same pose in another minute."""


@dataclasses.dataclass(frozen=True)
class Case:
    """`enrolled` people of a set: of all its people, or of every second one from `half` on."""

    what: str
    folder: str
    enrolled: int
    half: int | None


CASES = (
    Case("chosen on: Western, every second person", "lfw", 17, 0),
    Case("chosen on: Western, every second person", "lfw", 30, 0),
    Case("Western, the others", "lfw", 17, 1),
    Case("Western, the others", "lfw", 30, 1),
    Case("Western, all", "lfw", 40, None),
    Case("Chinese", "casia", 12, None),
)


@dataclasses.dataclass(frozen=True)
class Person:
    """The descriptions of somebody's photographs, and of looks at them."""

    photos: Mapping[int, np.ndarray]
    looks: Mapping[str, Sequence[tuple[int, np.ndarray]]]


@dataclasses.dataclass
class Count:
    """Of `there` draws of looks at enrolled people `any` named them, by the rule `shown`; of `strangers` draws `taken`
    had any look with a name, `wrong` by the rule."""

    there: int = 0
    any: int = 0
    shown: int = 0
    strangers: int = 0
    taken: int = 0
    wrong: int = 0


def measure(folder: Path) -> tuple[list[str], dict[str, Any]]:
    """The lines to print and what bench.json holds. Raises Skipped."""
    cv2.setNumThreads(1)
    faces = shared() / "data" / "faces"
    if not (faces / "lfw").is_dir() or not (faces / "casia").is_dir():
        raise Skipped(f"no faces in {faces}")
    pack = OnnxPack(*lab_files(folder), only_faces=True)
    people = {name: _people(pack, faces / name, folder) for name in ("lfw", "casia")}
    cells = [(case, kind.name) for case in CASES for kind in KINDS]
    told = {cell: counted(pack, people[cell[0].folder], *cell)
            for cell in tqdm(cells, unit="case", file=sys.stderr, disable=None)}
    return table(told), {"cases": [
        {**dataclasses.asdict(case), "kind": kind, "seen": seen, **dataclasses.asdict(one)}
        for (case, kind), found in told.items() for seen, one in found.items()]}


def _people(pack: OnnxPack, faces: Path, folder: Path) -> dict[str, Person]:
    files = photo_files(faces)
    photos: dict[str, dict[int, np.ndarray]] = {name: {} for name in files}
    shots = {}
    for name, own in files.items():
        good = [file for file in own if (vector := _photo(pack, file)) is not None and stills(pack, [file])
                and photos[name].setdefault(len(photos[name]), vector) is not None]
        shots[name] = [still for file in good for still in stills(pack, [file])]
    seen = {kind.name: looks(pack, shots, kind, TIMES, folder) for kind in KINDS}
    return {name: Person(photos[name], {kind: found[name] for kind, found in seen.items()}) for name in files}


def _photo(pack: OnnxPack, file: Path) -> np.ndarray | None:
    try:
        return describe(pack, file, strict=False)
    except BadInput:
        return None


def counted(pack: OnnxPack, people: Mapping[str, Person], case: Case, kind: str) -> dict[int, Count]:
    """By how often a face is seen. Everybody has three photographs enrolled, and is seen by the others."""
    names = sorted(people) if case.half is None else sorted(people)[case.half :: 2]
    names = [name for name in names if len(people[name].photos) > PHOTOS]
    found = {seen: Count() for seen in SEEN}
    for draw in range(DRAWS):
        lot = np.random.default_rng(draw)
        enrolled = set(lot.choice(names, case.enrolled, replace=False))
        taken = {name: set(lot.permutation(sorted(people[name].photos))[:PHOTOS]) for name in sorted(enrolled)}
        gallery = Gallery(pack, {
            name: np.stack([people[name].photos[at] for at in sorted(own)]) for name, own in taken.items()})
        threshold = calibrate(pack, gallery, ROLL_CALL_FPIR_PPM)
        for name in names:
            own = [vector for at, vector in people[name].looks[kind] if at not in taken.get(name, ())]
            sights = [_named(gallery.rank(vector), threshold, pack.margin_ppm) for vector in own]
            for seen, count in found.items():
                for _ in range(AGAIN):
                    _judge(count, name if name in enrolled else None, sights, seen, threshold, lot)
    return found


def _judge(
    count: Count, person: str | None, sights: Sequence[Named], seen: int, threshold: Threshold,
    lot: np.random.Generator,
) -> None:
    """Some of the looks, each in a minute of its own; who was never found was not seen."""
    drawn = lot.choice(len(sights), seen, replace=seen > len(sights)) if sights else ()
    chosen = [sights[at] for at in drawn]
    named = {one.person for one in chosen if one.person}
    held = named - doubts([[_look(at, one, threshold) for at, one in enumerate(chosen)]], Limits()).keys()
    if person is None:
        count.strangers, count.taken, count.wrong = (
            count.strangers + 1, count.taken + bool(named), count.wrong + bool(held))
    else:
        count.there, count.any, count.shown = (
            count.there + 1, count.any + (person in named), count.shown + (person in held))


def _named(ranked: tuple[Any, Any], threshold: Threshold, margin_ppm: int) -> Named:
    best, second = ranked
    return Named(Track(0, 0, 0, 5, 60, best, second), identify(best, second, threshold.ppm, margin_ppm))


def _look(at: int, one: Named, threshold: Threshold) -> Look:
    start_us = at * MINUTE
    track = dataclasses.replace(one.track, first_us=start_us, last_us=start_us, shown_us=start_us)
    return Look(start_us, start_us + MINUTE, (Named(track, one.person),), threshold.ppm, 0, 0, 5, 0, 1, 1_000_000,
                rise_ppm=threshold.rise_ppm)


def table(told: Mapping[tuple[Case, str], Mapping[int, Count]]) -> list[str]:
    """A row for each case and kind of look: the shares in percent, any look · the rule, by number of looks."""
    lines = ["| people | enrolled | looks | of | " + " | ".join(f"{seen} times" for seen in SEEN) + " |",
             "| --- | ---: | --- | --- |" + " ---: |" * len(SEEN)]
    for (case, kind), found in told.items():
        there = [f"{100 * one.any / one.there:.1f} · {100 * one.shown / one.there:.1f}" for one in found.values()]
        strange = [f"{100 * one.taken / one.strangers:.1f} · {100 * one.wrong / one.strangers:.1f}" if one.strangers
                   else "–" for one in found.values()]
        lines.append(f"| {case.what} | {case.enrolled} | {kind} | strangers named | {' | '.join(strange)} |")
        lines.append(f"| | | | there, shown | {' | '.join(there)} |")
    return lines


FIGURES = Figures("strangers", "what many looks at one face give: any look · the rule over all of them, %", measure)
