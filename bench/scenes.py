"""Made class videos with exact truth: stills of people drift in their seats, come and go, and are compressed."""
from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

HEAD = 2.0
"""A still is shown in an ellipse so many face widths wide: hair and collar are in it, neighbours are not."""
SPELL_S = 4.0
"""How long somebody stays in view, or away, at least."""


@dataclasses.dataclass(frozen=True)
class Scene:
    """What a video is like. `face_px`: width of each face box, by person in turn. `share`: of the time that each person
    is in view. `blur`: sigma in picture pixels. `crf`: x264's, the higher the coarser. `turn`: degrees of rotation that
    the file states, 0 or 90."""

    face_px: tuple[int, ...] = (60,)
    seconds: int = 30
    fps: int = 12
    gop: int = 24
    crf: int = 26
    width: int = 1920
    height: int = 1080
    share: float = 0.8
    blur: float = 0.0
    noise: float = 2.0
    turn: int = 0
    seed: int = 0


@dataclasses.dataclass(frozen=True)
class Still:
    """A photograph, BGR uint8, and where the face is in it: x, y, width, height."""

    image: np.ndarray
    box: tuple[float, float, float, float]


@dataclasses.dataclass(frozen=True)
class Truth:
    """`in_view`: seconds by person; `in_view_max`: most people at once."""

    in_view: dict[str, float]
    in_view_max: int


def film(path: Path, scene: Scene, people: Mapping[str, Sequence[Still]]) -> Truth:
    """Write an MP4 of `people`, each with a seat of their own. Encodes with libx264."""
    dice = random.Random(scene.seed)
    frames = scene.seconds * scene.fps
    views = {name: _spells(dice, frames, scene) for name in people}
    seats = _seats(scene, people)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=scene.fps)
        stream.width, stream.height = scene.width, scene.height
        if scene.turn:
            stream.width, stream.height = scene.height, scene.width
        stream.pix_fmt, stream.time_base = "yuv420p", Fraction(1, scene.fps)
        stream.codec_context.gop_size = scene.gop
        stream.codec_context.options = {"crf": str(scene.crf), "preset": "veryfast", "sc_threshold": "0"}
        for picture in _pictures(scene, people, views, seats, dice):
            if scene.turn:
                picture = cv2.rotate(picture, cv2.ROTATE_90_COUNTERCLOCKWISE)
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="bgr24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    if scene.turn:
        _state_turn(path, scene.turn)
    return Truth({name: sum(view) / scene.fps for name, view in views.items()},
                 max(sum(view[at] for view in views.values()) for at in range(frames)))


def _pictures(
    scene: Scene, people: Mapping[str, Sequence[Still]], views: dict[str, list[bool]],
    seats: dict[str, tuple[int, int, int]], dice: random.Random,
) -> Iterator[np.ndarray]:
    noise = np.random.default_rng(scene.seed)
    room = _room(scene, seats)
    heads = {name: [head_of(still, seats[name][2]) for still in stills] for name, stills in people.items()}
    chosen = dict.fromkeys(people, 0)
    phase = {name: (dice.uniform(0, 6), dice.uniform(0.2, 0.9)) for name in people}
    for at in range(scene.seconds * scene.fps):
        picture: np.ndarray = room.copy()
        for name in people:
            if not views[name][at]:
                continue
            if at == 0 or not views[name][at - 1]:
                chosen[name] = dice.randrange(len(heads[name]))
            x, y, face_px = seats[name]
            start, speed = phase[name]
            sway = 0.25 * face_px * np.sin(start + speed * at / scene.fps)
            paste(picture, *heads[name][chosen[name]], x + sway, y + 0.3 * sway)
        if scene.blur:
            picture = cv2.GaussianBlur(picture, (0, 0), scene.blur)
        if scene.noise:
            coarse = noise.normal(0, scene.noise, (scene.height // 2, scene.width // 2)).astype(np.float32)
            grain = cv2.resize(coarse, (scene.width, scene.height), interpolation=cv2.INTER_NEAREST)
            picture = np.clip(picture + grain[:, :, None], 0, 255).astype(np.uint8)
        yield picture


def _spells(dice: random.Random, frames: int, scene: Scene) -> list[bool]:
    """When one person is in view: spells that together are about `share` of the time, at least one."""
    spell = SPELL_S * scene.fps
    away = spell * (1 - scene.share) / scene.share
    there = dice.random() < scene.share
    before = dice.randrange(round(spell + away))
    view: list[bool] = []
    while len(view) < before + frames:
        view += [there] * max(1, round((spell if there else away) * dice.uniform(1, 2)))
        there = not there
    view = view[before : before + frames]
    if not any(view):
        at = dice.randrange(max(1, frames - round(spell)))
        view[at : at + round(spell)] = [True] * min(round(spell), frames - at)
    return view


def _seats(scene: Scene, people: Mapping[str, Sequence[Still]]) -> dict[str, tuple[int, int, int]]:
    """Middle of the face and its width, by person: rows and columns that fill the picture."""
    count = len(people)
    columns = max(1, round((count * scene.width / scene.height) ** 0.5))
    rows = -(-count // columns)
    found = {}
    for index, name in enumerate(people):
        x = (index % columns + 0.5) * scene.width / columns
        y = (index // columns + 0.5) * scene.height / rows
        found[name] = round(x), round(y), scene.face_px[index % len(scene.face_px)]
    return found


def _room(scene: Scene, seats: dict[str, tuple[int, int, int]]) -> np.ndarray:
    """A wall that darkens upwards, things on it, and a desk before each seat."""
    grey = np.linspace(90, 150, scene.height, dtype=np.float32)[:, None]
    tint = np.array([0.95, 1.0, 1.03], np.float32)
    room: np.ndarray = np.clip(np.repeat(grey, scene.width, axis=1)[:, :, None] * tint, 0, 255).astype(np.uint8)
    dice = random.Random(scene.seed + 1)
    for _ in range(14):
        x, y = dice.randrange(scene.width), dice.randrange(scene.height)
        colour = tuple(dice.randrange(40, 200) for _ in range(3))
        cv2.rectangle(room, (x, y), (x + dice.randrange(20, 300), y + dice.randrange(10, 120)), colour, -1)
    for x, y, face_px in seats.values():
        cv2.rectangle(room, (x - face_px, y + face_px), (x + face_px, y + round(1.4 * face_px)), (60, 85, 120), -1)
    return room


def head_of(still: Still, face_px: int) -> tuple[np.ndarray, np.ndarray]:
    """The head cut out at its size, and how opaque it is: float32 (h, w, 3) and (h, w, 1)."""
    x, y, width, height = still.box
    scale = face_px / width
    side = round(HEAD * face_px)
    middle = np.array([x + width / 2, y + height / 2])
    move = np.array([[scale, 0, side / 2 - scale * middle[0]], [0, scale, side * 0.6 - scale * middle[1]]])
    tall = round(side * 1.2)
    # Shrunk by areas first: a warp alone would leave out most pixels of a large still.
    shrunk = min(1.0, scale * 1.0)
    image = cv2.resize(still.image, None, fx=shrunk, fy=shrunk, interpolation=cv2.INTER_AREA)
    move[:, :2] /= shrunk
    head = cv2.warpAffine(image, move, (side, tall), borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
    opaque = np.zeros((tall, side), np.float32)
    cv2.ellipse(opaque, (side // 2, tall // 2), (round(side * 0.42), round(tall * 0.45)), 0, 0, 360, 1, -1)
    return head, cv2.GaussianBlur(opaque, (0, 0), max(0.8, face_px / 20))[:, :, None]


def paste(picture: np.ndarray, head: np.ndarray, opaque: np.ndarray, x: float, y: float) -> None:
    """Put a head so that its face is at a place, cut off at the edges of the picture."""
    tall, side = head.shape[:2]
    left, top = round(x - side / 2), round(y - tall / 2)
    x0, y0, x1, y1 = max(0, left), max(0, top), min(picture.shape[1], left + side), min(picture.shape[0], top + tall)
    if x0 >= x1 or y0 >= y1:
        return
    cut = np.s_[y0 - top : y1 - top, x0 - left : x1 - left]
    below = picture[y0:y1, x0:x1]
    picture[y0:y1, x0:x1] = np.rint(head[cut] * opaque[cut] + below * (1 - opaque[cut])).astype(np.uint8)


def _state_turn(path: Path, turn: int) -> None:
    """State in the file that its pictures are to be turned before they are shown."""
    data = path.read_bytes()
    plain = b"".join(value.to_bytes(4, "big") for value in (0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000))
    matrices = {90: (0, 0x10000, 0, 0xFFFF0000, 0, 0, 0, 0, 0x40000000),
                270: (0, 0xFFFF0000, 0, 0x10000, 0, 0, 0, 0, 0x40000000)}
    turned = b"".join(value.to_bytes(4, "big") for value in matrices[turn])
    at = data.index(plain, data.index(b"tkhd"))
    path.write_bytes(data[:at] + turned + data[at + len(plain) :])
