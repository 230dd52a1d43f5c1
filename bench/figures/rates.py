"""What a pack does in class videos of other face sizes: who is named, who is named wrongly, how many heads are counted.

Asked is what the command `zaitang-edge rollcall` asks. The clips of the test data show 20 people who sit still, for 40
seconds. Smaller faces come of the `near` clip: its pictures are shrunk into the middle of ones of the same size, and
encoded again. More people come of films like `hard`, made of other stills. Where faces are large enough, other
thresholds are tried beside the product's own.
"""
from __future__ import annotations

import dataclasses
import hashlib
import json
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from tqdm import tqdm

from bench.asked import asked
from bench.figures.facesize import stills
from bench.harness import Skipped
from bench.inputs import lab_files, shared
from bench.scenes import Scene, film
from edge.enrol.photos import describe_photos, photo_files
from edge.rollcall.cli import EVERY_US
from edge.rollcall.frames import frames, pictures, plan_frames
from edge.rollcall.pictures import Picture
from edge.vision.calibrate import ROLL_CALL_FPIR_PPM, calibrate
from edge.vision.gallery import Gallery
from edge.vision.onnx_pack import OnnxPack
from edge.vision.pack import Face, Person, View

PACK = "lab"
SIZES = (48, 40, 32, 28, 24, 20)
"""Widths of faces in pixels that are made of the `near` clip."""
FPIRS_PPM = (10_000, 20_000, 50_000)
OTHERS, DRAWS = 20, 4
"""So many more people are enrolled who are not there, drawn so many times; each time a third of those who are there are
not enrolled, and so strangers."""
CRF = "26"
CASTS = 4
HARD = Scene(seconds=30, fps=4, gop=8, crf=31, share=0.3, blur=0.8, face_px=(38,))
PRESENT, PHOTOS = 16, 3
"""Films of so many casts, each of 16 who are there, four who are not, and six strangers; enrolled by three photos."""


@dataclasses.dataclass(frozen=True)
class Measured:
    """At a threshold that lets `fpir_ppm` of strangers be taken for somebody. `there`, `named`: enrolled people who are
    there, and of them those who were named; `absent`: told as absent, the others as not identifiable. Over the draws:
    `away`, `wrong`: enrolled people who are not there, and of them those who were named; `strangers`: people in view
    who are not enrolled; `again`, `again_named`: `there` and `named` once more. `heads`: headcount less `in_view`, the
    most people at once."""

    clip: str
    face_px: int
    fpir_ppm: int
    there: int
    named: int
    absent: int
    again: int
    again_named: int
    away: int
    wrong: int
    strangers: int
    heads: int
    in_view: int


class Remembering(OnnxPack):
    """A pack that looks at each picture of one clip once: the same ones are asked about with many galleries. A picture
    is known by its place in memory, so all of them must be kept."""

    def __init__(self, *files: Any) -> None:
        super().__init__(*files, only_faces=True)
        self._found: dict[object, Any] = {}

    def detect(self, bgr: np.ndarray, view: View = "terminal") -> list[Face]:
        key = view, bgr.shape, hashlib.blake2b(np.ascontiguousarray(bgr)).digest()
        if key not in self._found:
            self._found[key] = super().detect(bgr, view)
        return list(self._found[key])

    def people(self, bgr: np.ndarray) -> list[Person] | None:
        key = "people", id(bgr)
        if key not in self._found:
            self._found[key] = super().people(bgr)
        return self._found[key]  # type: ignore[no-any-return]

    def embed(self, bgr: np.ndarray, face: Face) -> np.ndarray:
        key = id(bgr), face.box.tobytes(), face.landmarks.tobytes()
        if key not in self._found:
            self._found[key] = super().embed(bgr, face)
        return self._found[key]  # type: ignore[no-any-return]


@dataclasses.dataclass(frozen=True)
class Clip:
    """The pictures of a class video, who is in it, and the descriptions of the people of its test data and of others.
    """

    name: str
    pictures: Sequence[tuple[int, Picture]]
    face_px: int
    truth: Mapping[str, Any]
    own: Mapping[str, np.ndarray]
    others: Mapping[str, np.ndarray]


def measure(folder: Path) -> list[Measured]:
    """What the pack does in every clip and size; `folder` is for what is made. Raises Skipped."""
    data = shared() / "data"
    clips, faces = data / "rollcall", data / "faces"
    if not clips.is_dir() or not (faces / "lfw").is_dir() or not (faces / "lfw-strangers").is_dir():
        raise Skipped(f"no class videos in {clips}, or no faces in {faces}")
    cv2.setNumThreads(1)
    files = lab_files(folder)
    pack = OnnxPack(*files, only_faces=True)
    photos = photo_files(faces / "lfw")
    others = describe_photos(pack, {name: own[:PHOTOS] for name, own in photos.items()}, strict=False).templates
    cases = [lambda name=name, size=size: _clip(pack, clips / name, size, others, folder)
             for name, size in (("near", None), ("hard", None), ("far", None), *(("near", size) for size in SIZES))]
    casts = [lambda seed=seed: _made(pack, faces, seed, others, folder) for seed in range(CASTS)]
    told = [_asked(Remembering(*files), make())
            for make in tqdm([*cases, *casts], desc="class videos", file=sys.stderr, disable=None)]
    return [one for same in (*([one] for one in told[:-CASTS]), told[-CASTS:]) for one in _whole(same)]


def _asked(pack: OnnxPack, clip: Clip) -> list[Measured]:
    """At each threshold; where faces are far too small, only at the product's own."""
    large = clip.face_px >= pack.min_face_px - 4
    return [_of(pack, clip, fpir_ppm) for fpir_ppm in FPIRS_PPM if large or fpir_ppm == ROLL_CALL_FPIR_PPM]


def _whole(clips: Sequence[Sequence[Measured]]) -> list[Measured]:
    """The sums over clips of one kind, by threshold."""
    told = ("clip", "face_px", "fpir_ppm")
    counts = [field.name for field in dataclasses.fields(Measured) if field.name not in told]
    return [dataclasses.replace(same[0], **{name: sum(getattr(one, name) for one in same) for name in counts})
            for same in zip(*clips, strict=True)]


def _clip(pack: OnnxPack, source: Path, size: int | None, others: Mapping[str, np.ndarray], folder: Path) -> Clip:
    truth, video, name = json.loads((source / "truth.json").read_text()), source / "class.mp4", source.name
    photos = photo_files(source / "enrolment")
    own = describe_photos(pack, {name: photos[name] for name in truth["enrolled"]}, strict=False).templates
    strange = {name: rows for name, rows in others.items() if name not in {*truth["enrolled"], *truth["strangers"]}}
    if size is not None:
        video, name = smaller(video, folder / f"{size}.mp4", size / truth["face_px"]), f"{name}, shrunk"
    seen = list(pictures(video, plan_frames(video, EVERY_US)))
    return Clip(name, seen, size or truth["face_px"], truth, own, strange)


def _made(pack: OnnxPack, faces: Path, seed: int, others: Mapping[str, np.ndarray], folder: Path) -> Clip:
    """A film like `hard` of other people, each shown by stills that are not enrolled."""
    dice = random.Random(seed)
    photos, unknown = photo_files(faces / "lfw"), photo_files(faces / "lfw-strangers")
    enrolled = dice.sample(sorted(name for name, own in photos.items() if len(own) > PHOTOS and name in others), 20)
    cast = {name: stills(pack, photos[name][PHOTOS:]) for name in enrolled[:PRESENT]}
    cast |= {name: stills(pack, unknown[name]) for name in dice.sample(sorted(unknown), 6)}
    cast = {name: found for name, found in cast.items() if found}
    video = folder / "made.mp4"
    most = film(video, dataclasses.replace(HARD, seed=seed), cast).in_view_max
    there = [name for name in enrolled if name in cast]
    truth = {"present": there, "absent": [name for name in enrolled if name not in cast],
             "strangers": [name for name in cast if name not in enrolled], "in_view_max": most}
    own = {name: others[name] for name in enrolled}
    return Clip("made like hard", list(pictures(video, plan_frames(video, EVERY_US))), HARD.face_px[0], truth, own,
                {name: rows for name, rows in others.items() if name not in own and name not in cast})


def _of(pack: OnnxPack, clip: Clip, fpir_ppm: int) -> Measured:
    present, absent, strangers = (set(clip.truth[key]) for key in ("present", "absent", "strangers"))
    whole = _answer(pack, clip, clip.own, fpir_ppm)
    named = {one["trainee"] for one in whole["present"]}
    away, wrong, strange, again, again_named = len(absent), len(named & absent), len(strangers), 0, 0
    lot = np.random.default_rng(clip.face_px)
    for _ in range(DRAWS):
        more = lot.choice(sorted(clip.others), OTHERS, replace=False)
        out = set(lot.choice(sorted(present), len(present) // 3, replace=False))
        people = {name: clip.own[name] for name in clip.own if name not in out} | {
            name: clip.others[name] for name in more}
        said = {one["trainee"] for one in _answer(pack, clip, people, fpir_ppm)["present"]}
        away, strange = away + len(absent) + OTHERS, strange + len(strangers) + len(out)
        wrong, again = wrong + len(said - present), again + len(present - out)
        again_named += len(said & present)
    return Measured(
        clip.name, clip.face_px, fpir_ppm, len(present), len(named & present), len(set(whole["absent"]) & present),
        again, again_named, away, wrong, strange, whole["headcount"] - clip.truth["in_view_max"],
        clip.truth["in_view_max"])


def _answer(pack: OnnxPack, clip: Clip, people: Mapping[str, np.ndarray], fpir_ppm: int) -> dict[str, Any]:
    """What the command would say with these people enrolled."""
    gallery = Gallery(pack, people)
    return asked(pack, gallery, clip.pictures, calibrate(pack, gallery, fpir_ppm))


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
