"""What a pack does in class videos of other face sizes: who is named, who is named wrongly, how many heads are counted.

Asked is the command `zaitang-edge rollcall`. The clips of the test data show 20 people who sit still, for 40 seconds.
Smaller faces come of the `near` clip: its pictures are shrunk into the middle of ones of the same size, and encoded
again.
"""
from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Collection, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from tqdm import tqdm

from bench.harness import Skipped
from bench.inputs import shared
from edge.rollcall.frames import frames, plan_frames

PACK = "lab"
EVERY_US = 2_000_000
SIZES = (48, 40, 32, 28, 24, 20)
"""Widths of faces in pixels that are made of the `near` clip."""
OTHERS, DRAWS = 20, 4
"""So many more people are enrolled who are not there, drawn so many times; each time a third of those who are there are
not enrolled, and so strangers."""
CRF = "26"
LIMIT_S = 600


@dataclasses.dataclass(frozen=True)
class Measured:
    """`there`, `named`: enrolled people who are there, and of them those who were named; `small`: told as not
    identifiable. Over the draws: `away`, `wrong`: enrolled people who are not there, and of them those who were named;
    `strangers`: people in view who are not enrolled. `heads`: headcount less `in_view`, the most people at once."""

    clip: str
    face_px: int
    there: int
    named: int
    small: int
    away: int
    wrong: int
    strangers: int
    heads: int
    in_view: int


def measure(folder: Path) -> list[Measured]:
    """What the pack does in every clip and size; `folder` is for what is made. Raises Skipped."""
    data = shared() / "data"
    clips, faces = data / "rollcall", data / "faces" / "lfw"
    if not clips.is_dir() or not faces.is_dir():
        raise Skipped(f"no class videos in {clips}")
    cases = [(clips / name, None) for name in ("near", "hard", "far")] + [(clips / "near", size) for size in SIZES]
    told = tqdm(cases, desc="class videos", unit="video", file=sys.stderr, disable=None)
    return [_of(clip, size, faces, folder) for clip, size in told]


def _of(clip: Path, size: int | None, faces: Path, folder: Path) -> Measured:
    truth = json.loads((clip / "truth.json").read_text())
    video, own = clip / "class.mp4", set(truth["enrolled"])
    if size is not None:
        video = smaller(video, folder / f"{size}.mp4", size / truth["face_px"])
    present, absent = set(truth["present"]), set(truth["absent"])
    whole = _answer(video, folder, clip / "enrolment", own, faces, ())
    named = {one["trainee"] for one in whole["present"]}
    away, wrong, strangers = len(absent), len(named & absent), len(truth["strangers"])
    spare = sorted({one.name for one in faces.iterdir()} - own - set(truth["strangers"]))
    lot = np.random.default_rng(size or truth["face_px"])
    for _ in range(DRAWS):
        more, out = lot.choice(spare, OTHERS, replace=False), lot.choice(sorted(present), len(present) // 3, False)
        answer = _answer(video, folder, clip / "enrolment", own - set(out), faces, more)
        away += len(absent) + OTHERS
        strangers += len(truth["strangers"]) + len(out)
        wrong += len({one["trainee"] for one in answer["present"]} - present)
    return Measured(
        clip.name if size is None else f"{clip.name}, shrunk", size or truth["face_px"], len(present),
        len(named & present), len(set(whole["not_identifiable"]) & present), away, wrong, strangers,
        whole["headcount"] - truth["in_view_max"], truth["in_view_max"])


def _answer(
    video: Path, folder: Path, enrolment: Path, own: Collection[str], faces: Path, more: Collection[str],
) -> dict[str, Any]:
    """What the command says with `own` people of the clip and `more` of another folder enrolled."""
    gallery, out = folder / "gallery", folder / "answer.json"
    gallery.mkdir()
    for name, source in (*((one, enrolment) for one in own), *((one, faces) for one in more)):
        (gallery / name).symlink_to(source / name)
    env = {**os.environ, "ZAITANG_MODEL_MIRROR": os.environ.get("ZAITANG_MODEL_MIRROR") or str(shared() / "models"),
           "ZAITANG_MODEL_CACHE": str(folder / "models")}
    command = [sys.executable, "-m", "edge.cli", "--lang", "en", "rollcall", str(video), "--gallery", str(gallery),
               "--pack", PACK, "--json", str(out)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    if done.returncode:
        raise Skipped(f"the roll call of {video.name} failed: {done.stderr.splitlines()[-1:]}")
    for link in gallery.iterdir():
        link.unlink()
    gallery.rmdir()
    answer: dict[str, Any] = json.loads(out.read_text())
    return answer


def smaller(video: Path, out: Path, scale: float) -> Path:
    """The pictures that a roll call would take, shrunk into the middle of as large a one, as H.264."""
    with av.open(str(out), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(1_000_000, EVERY_US))
        stream.options = {"preset": "veryfast", "crf": CRF}
        for number, bgr in enumerate(_shrunk(video, scale)):
            if number == 0:
                stream.height, stream.width, stream.pix_fmt = *bgr.shape[:2], "yuv420p"
            frame = av.VideoFrame.from_ndarray(bgr, "bgr24")
            frame.pts, frame.time_base = number, Fraction(EVERY_US, 1_000_000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out


def _shrunk(video: Path, scale: float) -> Iterator[np.ndarray]:
    for _, bgr in frames(video, EVERY_US, plan_frames(video, EVERY_US)):
        height, width = bgr.shape[:2]
        small = cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        top, left = (height - small.shape[0]) // 2, (width - small.shape[1]) // 2
        yield cv2.copyMakeBorder(small, top, height - small.shape[0] - top, left, width - small.shape[1] - left,
                                 cv2.BORDER_REPLICATE)
