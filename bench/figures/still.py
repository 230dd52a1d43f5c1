"""Figures `still`: how much faces move about, of people and of pictures of people, as a roll call measures it.

Clips of real people and photographs that never move sit in one made room, of a camera that shakes or not; each face
is followed as in any segment (`edge/rollcall/tracks.py`). The clips are short, and looked at once a second.
"""
from __future__ import annotations

import dataclasses
import itertools
import sys
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from tqdm import tqdm

from bench.figures.facesize import stills
from bench.harness import Figures, Skipped
from bench.inputs import lab_files, shared
from bench.looks import grained
from bench.scenes import Still, head_of, paste
from edge.rollcall.frames import frames, plan_frames
from edge.rollcall.look import Looker
from edge.rollcall.pictures import of_array
from edge.rollcall.tracks import Tracker
from edge.vision.gallery import Gallery
from edge.vision.onnx_pack import OnnxPack
from evidence.rollcall import Limits

EVERY_US = 1_000_000
SECONDS, PICTURES = 30, 40
WIDTH, HEIGHT, COLUMNS, ROWS = 1920, 1080, 10, 5


@dataclasses.dataclass(frozen=True)
class Room:
    """`shake`: how far the camera moves between pictures, sigma in pixels; `flicker`: by how much the light does."""

    face_px: int
    blur: float
    crf: int
    shake: float
    flicker: float
    noise: float


ROOMS = [Room(px, *rest) for px, rest in itertools.product(
    (60, 38), ((0.0, 26, 0.0, 0.0, 2.0), (0.8, 31, 0.0, 0.0, 2.0), (0.0, 26, 1.5, 0.1, 4.0), (0.8, 31, 1.5, 0.1, 4.0)))]


@dataclasses.dataclass(frozen=True)
class Moved:
    """One face in one room: how long it was followed at most, and how much it moved (ppm of its width)."""

    who: str
    lives: bool
    room: Room
    seconds: int
    ppm: int


def measure(folder: Path) -> tuple[list[str], dict[str, Any]]:
    """The lines to print and what bench.json holds. Raises Skipped."""
    cv2.setNumThreads(1)
    data = shared() / "data"
    clips = [*sorted((data / "video" / "live").glob("*.mp4")), *sorted((data / "spoof").glob("*-real.mp4"))]
    photos = sorted((data / "faces" / "lfw").glob("*/*"))[::12]
    if not clips or not photos:
        raise Skipped(f"no clips or faces in {data}")
    pack = OnnxPack(*lab_files(folder), only_faces=True)
    living = {f"{clip.parent.name}/{clip.stem}": _clip(pack, clip) for clip in clips}
    pictures = {f"{still}": [one] for still, one in enumerate(stills(pack, photos)[:PICTURES])}
    found = [one for room in tqdm(ROOMS, unit="room", file=sys.stderr, disable=None)
             for one in _room(pack, room, living, pictures, folder / "room.mp4")]
    return table(found), {"faces": [dataclasses.asdict(one) for one in found]}


def _clip(pack: OnnxPack, clip: Path) -> list[Still]:
    """A picture a second, all with the place of the face in the first one: what moves there moves in the room."""
    images = [bgr for _, bgr in frames(clip, EVERY_US, plan_frames(clip, EVERY_US))]
    face = next(faces[0] for image in images if (faces := pack.detect(image, "photo")))
    x, y, width, height = (float(value) for value in face.box)
    return [Still(image, (x, y, width, height)) for image in images]


def _room(
    pack: OnnxPack, room: Room, living: Mapping[str, list[Still]], pictures: Mapping[str, list[Still]], path: Path,
) -> list[Moved]:
    """Everybody keeps a seat; a clip that is over leaves it empty."""
    seats = [*living.items(), *pictures.items()]
    _film(room, [[head_of(still, room.face_px) for still in own] for _, own in seats], path)
    looker, tracker = Looker(pack), Tracker(pack, Gallery(pack, {}), pack.threshold_ppm)
    for pts_us, bgr in frames(path, EVERY_US, plan_frames(path, EVERY_US)):
        picture = of_array(bgr)
        tracker.step(pts_us, picture, looker.look(picture))
    longest: dict[int, Moved] = {}
    for track in tracker.followed():
        x, y, width, height = (float(value) for value in track.box)
        seat = int((y + height / 2) * ROWS / HEIGHT) * COLUMNS + int((x + width / 2) * COLUMNS / WIDTH)
        moved = track.moved_ppm()
        if moved is not None and seat < len(seats) and (seat not in longest or longest[seat].seconds < track.frames):
            longest[seat] = Moved(seats[seat][0], seat < len(living), room, track.frames, moved)
    return [longest[seat] for seat in sorted(longest)]


def _film(room: Room, seats: Sequence[Sequence[tuple[np.ndarray, np.ndarray]]], path: Path) -> None:
    noise = np.random.default_rng(1)
    wall = cv2.resize(noise.integers(40, 200, (27, 48, 3)).astype(np.uint8), (WIDTH, HEIGHT),
                      interpolation=cv2.INTER_CUBIC)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(1))
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.options = {"crf": str(room.crf), "preset": "veryfast", "g": "4", "bf": "0"}
        for second in range(SECONDS):
            picture = wall.copy()
            for seat, heads in enumerate(seats):
                if second < len(heads) or len(heads) == 1:
                    x, y = (seat % COLUMNS + 0.5) * WIDTH / COLUMNS, (seat // COLUMNS + 0.5) * HEIGHT / ROWS
                    paste(picture, *heads[min(second, len(heads) - 1)], x, y)
            shift = np.array([[1, 0, noise.normal(0, 1) * room.shake], [0, 1, noise.normal(0, 1) * room.shake]])
            picture = cv2.warpAffine(picture, shift, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
            lit = picture * noise.uniform(1 - room.flicker, 1 + room.flicker)
            lit = grained(np.clip(lit, 0, 255).astype(np.uint8), room.blur, noise, room.noise)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(lit, format="bgr24")))
        container.mux(stream.encode(None))


def table(found: Sequence[Moved]) -> list[str]:
    """By room the pictures' median and most, and each clip; in percent of the width of the face."""
    clips = list(dict.fromkeys(one.who for one in found if one.lives))
    lines = ["| face px | camera | pictures | of them, median · most | " + " | ".join(clips) + " |",
             "| ---: | --- | ---: | ---: |" + " ---: |" * len(clips)]
    for room in dict.fromkeys(one.room for one in found):
        pictures = [one.ppm for one in found if one.room == room and not one.lives]
        own = {one.who: f"{one.ppm / 1e4:.1f} ({one.seconds} s)" for one in found if one.room == room and one.lives}
        camera = f"{'blurred, ' if room.blur else ''}{'shaking' if room.shake else 'firm'}"
        lines.append(f"| {room.face_px} | {camera} | {len(pictures)} | {np.median(pictures) / 1e4:.1f} · "
                     f"{max(pictures) / 1e4:.1f} | {' | '.join(own.get(clip, '–') for clip in clips)} |")
    return [*lines, f"the limit is {Limits().still_ppm / 1e4:.1f}, over at least two minutes"]


FIGURES = Figures("still", "how far faces move about, % of their width: people, and pictures of people", measure)
