"""Looking: what moved is looked at again and nothing else, and nobody is lost by it."""
from __future__ import annotations

import cv2
import numpy as np
import pytest

from edge.rollcall import look as looking
from edge.rollcall.look import ANEW, Looker
from edge.rollcall.pictures import of_array
from edge.vision.pack import Face

ROOM = cv2.GaussianBlur(np.random.default_rng(0).integers(60, 180, (720, 1280, 3), np.uint8), (0, 0), 8)
NOISE = np.random.default_rng(1).normal(0, 4, ROOM.shape).round().astype(int)
SIDE = 24


class Blobs:
    """Finds bright squares. Counts the pixels that it was shown."""

    def __init__(self) -> None:
        self.shown: list[int] = []

    def detect(self, bgr: np.ndarray, view: str) -> list[Face]:
        self.shown.append(bgr.shape[0] * bgr.shape[1])
        _, _, stats, _ = cv2.connectedComponentsWithStats((bgr[:, :, 0] > 240).astype(np.uint8))
        boxes = [np.array(row[:4], np.float32) for row in stats[1:]]
        return [Face(box, 0.9, np.zeros((5, 2), np.float32) + box[:2], 1.0) for box in boxes]


def scene(*places: tuple[int, int], side: int = SIDE, noise: int = 0) -> np.ndarray:
    image = ROOM.astype(int)
    if noise:
        image = image + np.roll(NOISE, 997 * noise)
    image = np.clip(image, 0, 235).astype(np.uint8)
    for x, y in places:
        image[y : y + side, x : x + side] = 255
    return image


def places(faces: list[Face]) -> list[tuple[int, int]]:
    return sorted((round(float(face.box[0])), round(float(face.box[1]))) for face in faces)


@pytest.fixture
def pack() -> Blobs:
    return Blobs()


def test_a_picture_that_stays_the_same_is_looked_at_once(pack: Blobs) -> None:
    looker = Looker(pack)
    faces = looker.look(of_array(scene((100, 100), (640, 300))))
    for number in range(1, ANEW):
        again = looker.look(of_array(scene((100, 100), (640, 300), noise=number)))
        assert [id(face) for face in again] == [id(face) for face in faces], "noise is no movement"
    assert len(pack.shown) == 1 and len(faces) == 2
    looker.look(of_array(scene((100, 100), (640, 300))))
    assert len(pack.shown) == 2, "now and then all of it is looked at anew"


@pytest.mark.parametrize("side", [16, 24, 90])
def test_who_comes_goes_or_moves_is_noticed_at_once_wherever_it_is(pack: Blobs, side: int) -> None:
    """Against looking at all of every picture."""
    random, looker = np.random.default_rng(side), Looker(pack)
    for _ in range(16):
        here = [(int(x), int(y)) for x, y in zip(
            random.integers(0, 5, 6) * 200 + random.integers(0, 60), random.integers(0, 4, 6) * 160, strict=True)]
        image = scene(*set(here[: random.integers(0, 7)]), side=side)
        assert places(looker.look(of_array(image))) == places(Blobs().detect(image, "room"))


def test_only_what_moved_is_looked_at_and_a_face_beside_it_stays_the_same(pack: Blobs) -> None:
    looker = Looker(pack)
    before = looker.look(of_array(scene((100, 100), (160, 100), (900, 500))))
    after = looker.look(of_array(scene((112, 100), (160, 100), (900, 500))))
    assert places(after) == [(112, 100), (160, 100), (900, 500)]
    same = {id(face) for face in before} & {id(face) for face in after}
    assert places([face for face in after if id(face) in same]) == [(160, 100), (900, 500)]
    assert sum(pack.shown[1:]) < 0.05 * pack.shown[0]


def test_slow_changes_add_up(pack: Blobs) -> None:
    """A face that fades in by a grey level at a time is found when it is there."""
    looker, image = Looker(pack), scene()
    assert looker.look(of_array(image)) == []
    found = []
    for step in range(1, ANEW):
        part = image.copy()
        part[200:224, 300:324] = np.clip(image[200:224, 300:324].astype(int) + 13 * step, 0, 255)
        found.append(len(looker.look(of_array(part))))
    assert found[-1] == 1 and 0 < len(pack.shown) - 1 <= ANEW


def test_much_movement_is_one_look_at_all_of_it(pack: Blobs) -> None:
    looker = Looker(pack)
    looker.look(of_array(scene((100, 100))))
    looker.look(of_array(255 - scene()))
    assert pack.shown == [720 * 1280, 720 * 1280]


def test_a_picture_of_another_size_is_another_view(pack: Blobs) -> None:
    looker = Looker(pack)
    looker.look(of_array(scene((100, 100))))
    assert places(looker.look(of_array(scene((40, 40))[:480, :640]))) == [(40, 40)]


def test_parts_that_overlap_become_one() -> None:
    assert looking._apart([(0, 0, 64, 64), (300, 0, 364, 64), (32, 32, 96, 96), (90, 90, 210, 128)]) == [
        (300, 0, 364, 64), (0, 0, 210, 128)]
