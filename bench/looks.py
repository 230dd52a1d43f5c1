"""Looks at people as a class camera gives them: their photographs as heads in made pictures, compressed, then found and
described again by a pack."""
from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import av
import cv2
import numpy as np

from bench.scenes import HEAD, Still, head_of, paste
from edge.vision.onnx_pack import OnnxPack

SIZE = 1920, 1080
FRAMES = 4
"""Pictures of each room; the last one is looked at, as H.264 has settled by then."""
TURN, GAMMA, GREY, APART, NOISE = 8.0, (0.75, 1.35), 20.0, 6, 2.0
"""A look differs from the next by degrees of tilt, by its light, by its place."""


@dataclasses.dataclass(frozen=True)
class Kind:
    """What the camera gives, see `bench.scenes.Scene`."""

    name: str
    face_px: int
    blur: float
    crf: int


def looks(
    pack: OnnxPack, people: Mapping[str, Sequence[Still]], kind: Kind, times: int, folder: Path,
) -> dict[str, list[tuple[int, np.ndarray]]]:
    """Of everybody (number of the photograph, description (d,)), so many `times` of each, without those that were not
    found, or are too small for the pack."""
    found: dict[str, list[tuple[int, np.ndarray]]] = {name: [] for name in people}
    for turn in range(times):
        dice = random.Random(f"{kind.name} {turn}")
        heads = [(name, number, _varied(still, dice))
                 for name, own in people.items() for number, still in enumerate(own)]
        dice.shuffle(heads)
        for (name, number, _), vector in _described(pack, heads, kind, dice, folder / "looks.mp4"):
            found[name].append((number, vector))
    return found


def _described(
    pack: OnnxPack, heads: Sequence[tuple[str, int, Still]], kind: Kind, dice: random.Random, path: Path,
) -> Iterator[tuple[tuple[str, int, Still], np.ndarray]]:
    side = round(HEAD * kind.face_px) + APART
    tall = round(1.2 * HEAD * kind.face_px) + APART
    columns, rows = SIZE[0] // side, SIZE[1] // tall
    for first in range(0, len(heads), columns * rows):
        room = heads[first : first + columns * rows]
        bgr = _filmed([still for *_, still in room], kind, (columns, side, tall), dice, path)
        free = dict(enumerate(room))
        for face in pack.detect(bgr, "room"):
            x, y = (float(value) for value in face.box[:2] + face.box[2:] / 2)
            seat = free.pop(int(y // tall) * columns + int(x // side), None)
            if seat is not None and face.width_px >= pack.min_face_px:
                yield seat, pack.embed(bgr, face)


def _filmed(
    stills: Sequence[Still], kind: Kind, grid: tuple[int, int, int], dice: random.Random, path: Path,
) -> np.ndarray:
    """The last picture of a room that was compressed, BGR."""
    columns, side, tall = grid
    cut = [head_of(still, round(kind.face_px * dice.uniform(0.9, 1.1))) for still in stills]
    noise = np.random.default_rng(dice.randrange(1 << 30))
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FRAMES)
        (stream.width, stream.height), stream.pix_fmt = SIZE, "yuv420p"
        stream.options = {"crf": str(kind.crf), "preset": "veryfast"}
        for _ in range(FRAMES):
            picture = np.full((SIZE[1], SIZE[0], 3), 120, np.uint8)
            for seat, head in enumerate(cut):
                x, y = (seat % columns + 0.5) * side, (seat // columns + 0.5) * tall
                paste(picture, *head, x + dice.uniform(-2, 2), y + dice.uniform(-2, 2))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(grained(picture, kind.blur, noise), format="bgr24")))
        container.mux(stream.encode(None))
    with av.open(str(path)) as container:
        *_, last = container.decode(video=0)
    return last.to_ndarray(format="bgr24")


def grained(picture: np.ndarray, blur: float, noise: np.random.Generator, grain: float = NOISE) -> np.ndarray:
    """A picture, BGR uint8, as through a lens (`blur`: sigma) and a sensor (`grain`: grey levels, 2 x 2 pixels)."""
    if blur:
        picture = cv2.GaussianBlur(picture, (0, 0), blur)
    height, width = picture.shape[:2]
    coarse = noise.normal(0, grain, (height // 2, width // 2)).astype(np.float32)
    fine = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_NEAREST)
    return np.clip(picture + fine[:, :, None], 0, 255).astype(np.uint8)


def _varied(still: Still, dice: random.Random) -> Still:
    """Tilted a little, in another light."""
    x, y, width, height = still.box
    turn = cv2.getRotationMatrix2D((x + width / 2, y + height / 2), dice.uniform(-TURN, TURN), 1.0)
    image = cv2.warpAffine(still.image, turn, still.image.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)
    lit = 255 * (image / 255) ** dice.uniform(*GAMMA) + dice.uniform(-GREY, GREY)
    return Still(np.clip(lit, 0, 255).astype(np.uint8), still.box)
