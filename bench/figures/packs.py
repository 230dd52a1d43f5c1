"""Figures `packs`: the clips of the test data that have a goal, answered by `lab` and by `builtin`, side by side.

Asked is what `zaitang-edge rollcall` asks. Each pack answers at the threshold that the enrolled people of the clip give
it, which is the product's own, and again at that of its manifest, which holds where fewer than ten are enrolled.
"""
from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
from tqdm import tqdm

from bench.asked import asked
from bench.harness import Figures, Skipped, cpu_s
from bench.inputs import lab_files, shared
from common.policies import load_policy
from edge.rollcall.cli import EVERY_US
from edge.rollcall.frames import pictures, plan_frames
from edge.vision.admit import refusal
from edge.vision.calibrate import ROLL_CALL_FPIR_PPM, Threshold, calibrate
from edge.vision.cli import read_gallery
from edge.vision.gallery import Gallery
from edge.vision.onnx_pack import OnnxPack
from edge.vision.pack import Pack, load_pack

POLICY = "sanmenxia-2023"
"""Whose FPIR a pack must hold on the people of a class before it takes check-ins of it."""
DINNER = ("0008_jessica", "0009_louis", "0010_grandma", "0011_evan", "0012_eddie", "0013_emery")
AT_TABLE, AT_DESKS = 5, 14
"""People in view at once in the two clips without a truth file, counted by eye: those who sit at the table of six in
the one picture that shows most of them, and the classroom."""


@dataclasses.dataclass(frozen=True)
class Clip:
    """A video, the folder of who is enrolled, who of them is `there`, and how many people are in view at once at most.

    The goal: nobody is named wrongly, and `recall` of those who are there are named; the headcount is within `heads` of
    `in_view`, where it is asked for; `told`: everybody who is not named is told as not identifiable."""

    name: str
    video: Path
    gallery: Path
    there: frozenset[str]
    in_view: int
    recall: float = 0.0
    heads: int | None = None
    told: bool = False


@dataclasses.dataclass(frozen=True)
class Outcome:
    """One pack in one clip. `usable`: enrolled people with a template. `right`, `wrong`: people named. `unsure`: told
    as not identifiable or covered; `absent`: told as absent though they are there. `door_fpir_ppm`: what the check-in's
    threshold lets pass, by the gallery alone; `admitted`: whether the policy takes that."""

    clip: str
    pack: str
    source: str
    threshold_ppm: int
    enrolled: int
    usable: int
    there: int
    right: int
    wrong: int
    unsure: int
    absent: int
    headcount: int
    in_view: int
    cpu_s: float
    video_s: float
    door_ppm: int
    door_fpir_ppm: int | None
    admitted: bool


def clips(data: Path) -> list[Clip]:
    """The five clips, with the goals of the roll call. Raises Skipped."""
    films, video = data / "rollcall", data / "video"
    found = [_film(films / "near", recall=1.0, heads=2), _film(films / "hard", recall=0.9),
             _film(films / "far", heads=4, told=True),
             Clip("family-dinner", video / "family-dinner.mp4", video / "family-dinner-enrolment", frozenset(DINNER),
                  AT_TABLE, recall=1.0),
             Clip("classroom-ceiling", video / "classroom-ceiling.mp4", films / "far" / "enrolment", frozenset(),
                  AT_DESKS)]
    if missing := [f"{path}" for clip in found for path in (clip.video, clip.gallery) if not path.exists()]:
        raise Skipped(f"no {', '.join(missing)}")
    return found


def _film(folder: Path, **goal: Any) -> Clip:
    if not (folder / "truth.json").is_file():
        raise Skipped(f"no truth.json in {folder}")
    truth = json.loads((folder / "truth.json").read_text("utf-8"))
    return Clip(folder.name, folder / "class.mp4", folder / "enrolment", frozenset(truth["present"]),
                truth["in_view_max"], **goal)


def measure(folder: Path) -> tuple[list[str], dict[str, Any]]:
    """The lines to print and what bench.json holds. Raises Skipped."""
    cv2.setNumThreads(1)
    wanted = clips(shared() / "data")
    packs: list[Pack] = [OnnxPack(*lab_files(folder), only_faces=True), load_pack("builtin", only_faces=True)]
    cases = [(clip, pack) for clip in wanted for pack in packs]
    made = [one for clip, pack in tqdm(cases, unit="clip", file=sys.stderr, disable=None) for one in _both(pack, clip)]
    return table(wanted, made), {"clips": [
        {**dataclasses.asdict(one), "missed": missed(clip, one)}
        for clip in wanted for one in made if one.clip == clip.name]}


def _both(pack: Pack, clip: Clip) -> list[Outcome]:
    """At the threshold of the gallery, and at that of the manifest."""
    without: list[str] = []
    gallery = read_gallery(pack, clip.gallery, "en", without)
    of_manifest = Threshold(pack.threshold_ppm, "manifest", len(gallery.people))
    return [_of(pack, clip, gallery, threshold, len(without))
            for threshold in (calibrate(pack, gallery, ROLL_CALL_FPIR_PPM), of_manifest)]


def _of(pack: Pack, clip: Clip, gallery: Gallery, threshold: Threshold, without: int) -> Outcome:
    start, plan = cpu_s(), plan_frames(clip.video, EVERY_US)
    answer = asked(pack, gallery, pictures(clip.video, plan), threshold)
    used, door = cpu_s() - start, calibrate(pack, gallery)
    return Outcome(
        clip.name, pack.name, threshold.source, threshold.ppm, len(gallery.people) + without, len(gallery.people),
        **held(answer, clip.there), headcount=answer["headcount"], in_view=clip.in_view, cpu_s=round(used, 1),
        video_s=round(plan.length_us / 1e6, 1), door_ppm=door.ppm, door_fpir_ppm=door.fpir_ppm,
        admitted=refusal(door, load_policy(POLICY)) is None)


def held(answer: Mapping[str, Any], there: frozenset[str]) -> dict[str, int]:
    """An answer against who is there, as the fields of the same names in an `Outcome`."""
    named = {one["trainee"] for one in answer["present"]}
    return {"there": len(there), "right": len(named & there), "wrong": len(named - there),
            "unsure": len(answer["not_identifiable"]) + len(answer["covered"]),
            "absent": len(there.intersection(answer["absent"]))}


def missed(clip: Clip, one: Outcome) -> list[str]:
    """What of the clip's goal is not reached, in words."""
    off = abs(one.headcount - one.in_view)
    untold = one.enrolled - one.right - one.wrong - one.unsure
    return [
        *([f"{one.wrong} named wrongly"] if one.wrong else []),
        *([f"recall {_recall(one)} of {clip.recall:g}"] if one.right < clip.recall * one.there else []),
        *([f"headcount off by {off}, allowed {clip.heads}"] if clip.heads is not None and off > clip.heads else []),
        *([f"{untold} not told as not identifiable"] if clip.told and untold else []),
    ]


def _recall(one: Outcome) -> str:
    return f"{one.right / one.there:.2f}" if one.there else "–"


def table(wanted: Sequence[Clip], made: Sequence[Outcome]) -> list[str]:
    """A row for each clip, pack and threshold; then what the check-in of each pack would do with these people."""
    lines = ["| clip | pack | threshold | enrolled | there | named, right · wrong | recall | not identifiable "
             "| there, told absent | headcount (truth) | CPU s (video s) | goal |",
             "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |"]
    goals = {clip.name: clip for clip in wanted}
    for one in made:
        gaps = missed(goals[one.clip], one)
        lines.append(
            f"| {one.clip} | `{one.pack}` | {one.threshold_ppm / 1e6:.3f}, {one.source} | {one.enrolled} | {one.there} "
            f"| {one.right} · {one.wrong} | {_recall(one)} | {one.unsure} | {one.absent} "
            f"| {one.headcount} ({one.in_view}) | {one.cpu_s:.1f} ({one.video_s:.0f}) "
            f"| {'missed: ' + ', '.join(gaps) if gaps else 'met'} |")
    return [*lines, *(_door(one) for one in made if one.source == "gallery")]


def _door(one: Outcome) -> str:
    found = "nobody can tell" if one.door_fpir_ppm is None else f"{one.door_fpir_ppm / 1e4:.2f} % of strangers pass"
    return (f"check-in with the {one.usable} people of {one.clip}, {one.pack}: threshold {one.door_ppm / 1e6:.3f}, "
            f"by the gallery {found}: {'taken' if one.admitted else 'refused'} by {POLICY}")


FIGURES = Figures("packs", "the clips that have a goal, answered by lab and by builtin", measure)
