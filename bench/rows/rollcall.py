"""Rows `rollcall…`: a roll call of a video against decoding all of it and looking twice a second, by the same nets."""
from __future__ import annotations

import functools
import json
import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from bench.asked import asked
from bench.harness import Contest, Row, Skipped, cpu_s
from bench.inputs import lab_files, shared
from edge.enrol.photos import describe_photos, photo_files
from edge.rollcall.cli import EVERY_US
from edge.rollcall.frames import pictures, plan_frames
from edge.vision.calibrate import ROLL_CALL_FPIR_PPM, calibrate
from edge.vision.gallery import Gallery
from edge.vision.onnx_pack import OnnxPack

PEER_EVERY_S = 0.5
CORES = 2


def prepare(folder: Path, people: bool = True) -> Contest:
    """The made class `near`; its people are enrolled before anything is measured. Not `people`: faces by both."""
    cv2.setNumThreads(1)
    place = shared() / "data/rollcall/near"
    video = place / "class.mp4"
    if not video.is_file():
        raise Skipped(f"no {video}")
    manifest, files = lab_files(folder)
    detector = {file.name for file in manifest.all("person")}
    pack = OnnxPack(manifest, {name: path for name, path in files.items() if people or name not in detector}, True)
    gallery = Gallery(pack, describe_photos(pack, photo_files(place / "enrolment"), strict=False).templates)
    threshold = calibrate(pack, gallery, ROLL_CALL_FPIR_PPM)
    plan = plan_frames(video, EVERY_US)
    said: dict[str, Any] = {}
    spent: dict[str, list[float]] = {"ours": [], "peer": []}

    def ours() -> None:
        start = cpu_s()
        sampled = pictures(video, plan_frames(video, EVERY_US))
        said.update(asked(pack, gallery, sampled, threshold))
        spent["ours"].append(cpu_s() - start)

    def peer() -> None:
        start = cpu_s()
        for frame in sampled(video, PEER_EVERY_S):
            pack.detect(frame, "room")
            pack.people(frame)
        spent["peer"].append(cpu_s() - start)

    truth = set(json.loads((place / "truth.json").read_text("utf-8"))["present"])
    seconds = plan.length_us / 1e6
    return Contest(ours, peer, seconds, lambda: [
        f"{seconds:.0f} s of 1080p, {plan.frames} pictures looked at; {correct(said, truth)}",
        costs(spent["ours"], spent["peer"], seconds)])


def sampled(video: Path, every_s: float) -> Iterator[np.ndarray]:
    """Decodes every frame at full size, and gives one of each `every_s`."""
    due = 0.0
    with av.open(str(video)) as container:
        for frame in container.decode(video=0):
            if frame.time is not None and frame.time >= due:
                due += every_s
                yield frame.to_ndarray(format="bgr24")


def costs(ours_s: Sequence[float], peer_s: Sequence[float], video_s: float) -> str:
    """What the roll call takes, against the plain way and against real time on two cores. CPU seconds by repetition,
    those of one place measured one after the other."""
    share = statistics.median(ours / peer for ours, peer in zip(ours_s, peer_s, strict=True))
    whole = statistics.median(ours_s)
    return (f"{whole * 3600 / video_s:.0f} CPU seconds per hour of video: {share:.2f} of the plain way (goal 0.25), "
            f"{whole / video_s / CORES:.3f} of real time on {CORES} cores (goal 0.1)")


def correct(answer: dict[str, Any], truth: set[str]) -> str:
    """How many of those who are there the roll call says, and how many who are not."""
    said = {one["trainee"] for one in answer["present"]}
    return f"{len(said & truth)} of {len(truth)} present people named, {len(said - truth)} wrongly"


ROW = Row("rollcall", "roll call of ../shared/data/rollcall/near with lab",
          "decoding every frame at full size, and looking for faces and people at 2 fps with the same models",
          "s of video", prepare, repetitions=3, clock="cpu", warm_up=False)
FACES = Row("rollcall-faces", "the same by a pack without a person detector",
            "decoding every frame at full size, and looking for faces at 2 fps with the same models",
            "s of video", functools.partial(prepare, people=False), repetitions=3, clock="cpu", warm_up=False)
