"""The seven people of the played course, cut from pictures that come with dependencies.

Six are on the sample picture of `insightface`, one is the astronaut of scikit-image. They are photographs, not live
people: every screen of the demo says that liveness was not checked.
"""
from __future__ import annotations

import dataclasses
import importlib.util
from pathlib import Path

import cv2
import numpy as np

from evidence.errors import BadInput

HEIGHT, WIDTH = 720, 1280
WALL = (92, 104, 118)
"""BGR of the empty wall."""
NAMES = ("学员甲", "学员乙", "学员丙", "学员丁", "学员戊", "学员己", "学员庚")
INSTRUCTOR = "教师甲"
"""Of the roster alone: no face of one is there, so nobody recognises this person."""
ABSENTEE = 6
"""The person who misses all practice: the astronaut."""

# Where the faces are on the sample picture (x, y, width, height of a portrait around each), left to right.
_GROUP_PORTRAITS = (
    (10, 230, 230, 230), (240, 110, 230, 230), (430, 210, 230, 230),
    (710, 280, 230, 230), (880, 0, 230, 230), (1080, 230, 200, 230),
)
_ASTRONAUT_PORTRAIT = (120, 10, 210, 240)


class PictureMissing(BadInput):
    text = "the picture {name} of the package {package} is not here: run `make setup`"


@dataclasses.dataclass(frozen=True)
class Cast:
    """`group`: uint8 BGR picture of six people; `single`: uint8 BGR picture of the seventh; one portrait per person."""

    group: np.ndarray
    single: np.ndarray
    portraits: tuple[np.ndarray, ...]


def load_cast() -> Cast:
    """Read the pictures from the installed packages. Raises PictureMissing."""
    group = _picture("insightface", "data/images/t1.jpg")
    single = _picture("skimage", "data/astronaut.png")
    portraits = [_cut(group, box) for box in _GROUP_PORTRAITS] + [_cut(single, _ASTRONAUT_PORTRAIT)]
    return Cast(group, single, tuple(portraits))


def classroom(cast: Cast, with_absentee: bool) -> np.ndarray:
    """The room camera's view, uint8 BGR (720, 1280, 3): the group, and the seventh person beside it or nobody."""
    table = cv2.resize(cast.group, (round(cast.group.shape[1] * HEIGHT / cast.group.shape[0]), HEIGHT))
    side = WIDTH - table.shape[1]
    panel = np.full((HEIGHT, side, 3), WALL, np.uint8)
    if with_absentee:
        person = cast.single[:, 100:320]
        person = cv2.resize(person, (side, round(person.shape[0] * side / person.shape[1])))
        panel[HEIGHT - person.shape[0]:] = person[:HEIGHT]
    return np.hstack([table, panel])


def _picture(package: str, name: str) -> np.ndarray:
    spec = importlib.util.find_spec(package)
    places = spec.submodule_search_locations if spec else None
    image = cv2.imread(str(Path(places[0]) / name)) if places else None
    if image is None:
        raise PictureMissing(package=package, name=name)
    return image


def _cut(image: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    x, y, w, h = box
    return image[y:y + h, x:x + w].copy()
