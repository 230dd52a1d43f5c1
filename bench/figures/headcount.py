"""Figures `headcount`: people counted in the real and the made clips, and people seen who are none in group photos."""
from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import cv2

from bench.harness import Figures, Skipped, cpu_s
from bench.inputs import lab_files, shared
from edge.rollcall.frames import pictures, plan_frames
from edge.rollcall.heads import HeadCounter
from edge.rollcall.pictures import of_array
from edge.vision.onnx_pack import OnnxPack

CLIPS = {"rollcall/near/class.mp4": 2_000_000, "rollcall/hard/class.mp4": 2_000_000,
         "rollcall/far/class.mp4": 2_000_000, "video/classroom-ceiling.mp4": 500_000,
         "video/one-by-one.mp4": 2_000_000, "video/family-dinner.mp4": 2_000_000, "video/arcade.mp4": 250_000}
"""Time between pictures in µs; less where the clip is short."""


def measure(folder: Path) -> tuple[list[str], dict[str, Any]]:
    """The lines to print and what bench.json holds. Raises Skipped."""
    cv2.setNumThreads(1)
    data = shared() / "data"
    if missing := [name for name in CLIPS if not (data / name).is_file()]:
        raise Skipped(f"no {', '.join(missing)} in {data}")
    pack = OnnxPack(*lab_files(folder), only_faces=True)
    lines = ["clip: people at once, on average | faces, people without a face at once | truth | CPU per picture"]
    kept = []
    for name, every_us in CLIPS.items():
        counter, start, count = HeadCounter(pack), cpu_s(), 0
        for _, picture in pictures(data / name, plan_frames(data / name, every_us)):
            counter.see(picture, pack.detect(picture.bgr, "room"))
            count += 1
        told, used = counter.told(), (cpu_s() - start) / max(count, 1)
        truth = _truth(data / name)
        lines.append(f"  {name}: {told.headcount_max}, {told.headcount_mean_ppm / 1e6:.1f} | {told.faces_max}, "
                     f"{told.faceless_max} | {truth} | {used * 1e3:.0f} ms")
        kept.append({"clip": name, **dataclasses.asdict(told), "truth": truth, "cpu_s": used})
    faces, without = _groups(pack, data / "groups")
    lines.append(f"  groups/*.jpg, where everybody shows the face: {faces} faces, and {without} people without one")
    return lines, {"clips": kept, "groups": {"faces": faces, "faceless": without}}


def _truth(video: Path) -> str:
    path = video.parent / "truth.json"
    if not path.is_file():
        return "not known"
    truth = json.loads(path.read_text("utf-8"))
    return f"{truth['in_view_max']}, {truth['in_view_mean']} in view"


def _groups(pack: OnnxPack, folder: Path) -> tuple[int, int]:
    """Faces, and people found without one, over all photos."""
    faces = without = 0
    for file in sorted(folder.glob("*.jpg")):
        bgr = cv2.imread(str(file))
        counter = HeadCounter(pack)
        if bgr is not None:
            counter.see(of_array(bgr), pack.detect(bgr, "room"))
        faces, without = faces + counter.told().faces_max, without + (counter.told().faceless_max or 0)
    return faces, without


FIGURES = Figures("headcount", "people at once, by faces and by people whose face is not seen, with lab", measure)
