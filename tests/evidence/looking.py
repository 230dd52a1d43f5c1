"""Pictures as numbers: samples of a camera that films people, a lens cap, a still, and the segments they lie in."""
from __future__ import annotations

import dataclasses
import hashlib
import random
from collections.abc import Iterable, Sequence

from common.policies import load_policy
from evidence.bodies import Likeness, Picture, PictureSample
from evidence.picture import Look
from evidence.policy import PictureRules
from evidence.times import SECOND

RULES: PictureRules = load_policy("sanmenxia-2023").picture  # type: ignore[assignment]
EVERY_US = 5 * SECOND
CELLS = 144
ROOM = [800 + (cell * 977 % 1900) for cell in range(CELLS)]
"""A room with corners, in sixteenths of a grey level."""


def text(cells: Iterable[int]) -> str:
    return "".join(f"{min(4080, max(0, cell)):03x}" for cell in cells)


def sample(at_us: int, cells: Sequence[int] = ROOM, change: int | None = 20_000, **other: int) -> PictureSample:
    """A sample of a lit room, unless told otherwise."""
    made = PictureSample(at_us, 450_000, 220_000, 6_000, 2_000, change, text(cells))
    return dataclasses.replace(made, **other)


def people(seed: int, at: int, count: int = 4) -> list[int]:
    """The room with people who stand somewhere else at every moment `at`."""
    chance = random.Random(f"{seed} {at}")
    cells = list(ROOM)
    for _ in range(count):
        left, top = chance.randrange(15), chance.randrange(7)
        for cell in (top * 16 + left, top * 16 + left + 1, top * 16 + left + 16, top * 16 + left + 17,
                     top * 16 + left + 32, top * 16 + left + 33):
            cells[cell] = chance.randrange(300, 3500)
    return cells


def live(count: int, seed: int = 1, start_us: int = 0) -> list[PictureSample]:
    return [sample(start_us + at * EVERY_US, people(seed, at)) for at in range(count)]


def black(at_us: int) -> PictureSample:
    return sample(at_us, [40] * CELLS, 300, luma_ppm=9_000, contrast_ppm=4_000, detail_ppm=200)


def covered(at_us: int) -> PictureSample:
    """A hand: light falls off towards one corner."""
    cells = [700 + 12 * (cell % 16) + 20 * (cell // 16) for cell in range(CELLS)]
    return sample(at_us, cells, 9_000, luma_ppm=180_000, contrast_ppm=18_000, detail_ppm=900)


def name(data: object) -> str:
    return hashlib.sha256(repr(data).encode()).hexdigest()[:16]


def keys_of(names: Sequence[str], step_ms: int = 5000) -> str:
    return "".join(f"{number * step_ms:08x}{one}" for number, one in enumerate(names))


def look(
    samples: Sequence[PictureSample], names: Sequence[str] | None = None, *, run: str = "r-1", first_us: int = 0,
    end_us: int | None = None, wall_us: int = 0, like: Likeness | None = None, device: str = "box-1",
) -> Look:
    """One segment. Without `names` its keyframes have never been seen."""
    end_us = first_us + len(samples) * EVERY_US if end_us is None else end_us
    names = [name((run, first_us, number)) for number in range(len(samples))] if names is None else names
    picture = Picture("c-1", run, "0" * 64, EVERY_US, tuple(samples), keys_of(names), like)
    return Look(device, name((run, first_us)) * 4, first_us, end_us, wall_us, picture)
