"""The headcount of sampled pictures: people who turn away stay counted, posters never are, few pictures pay for it."""
from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np

from edge.rollcall.frames import frames, plan_frames
from edge.rollcall.heads import EVERY, HeadCounter
from edge.rollcall.pictures import of_array
from edge.vision.pack import Face, Person, load_pack
from evidence.headcount import Headcount

WALL = np.random.default_rng(0).integers(0, 255, (540, 960, 3), np.uint8)


class FakePack:
    """Finds the people whom the test puts into the picture; counts how often it is asked."""

    def __init__(self, people: list[tuple[int, int, int, int]] | None) -> None:
        self.here, self.asked = people, 0

    def people(self, bgr: np.ndarray) -> list[Person] | None:
        self.asked += 1
        if self.here is None:
            return None
        return [Person(np.array(box, np.float32), 0.9) for box in self.here]


def face(x: int, y: int) -> Face:
    return Face(np.array([x, y, 30, 40], np.float32), 0.9, np.zeros((5, 2), np.float32), 1.0)


def moving(number: int, *boxes: tuple[int, int, int, int]) -> np.ndarray:
    """The same wall each time, other pixels where the boxes are."""
    picture = WALL.copy()
    for x, y, width, height in boxes:
        picture[y : y + height, x : x + width] = (number * 90) % 255
    return picture


def test_who_turns_away_stays_counted_and_once() -> None:
    left, right = (100, 100, 100, 150), (400, 100, 100, 150)
    counter = HeadCounter(FakePack([left, right]))  # type: ignore[arg-type]
    for number in range(4 * EVERY):
        faces = [face(135, 115)] if number % 3 else [face(135, 115), face(435, 115)]
        counter.see(of_array(moving(number, left, right)), faces)
    told = counter.told()
    assert (told.headcount_max, told.headcount_mean_ppm) == (2, 2_000_000) and told.faceless_max in (0, 1)


def test_a_poster_is_not_counted_and_a_person_beside_it_is() -> None:
    poster, person = (600, 50, 120, 160), (100, 100, 100, 150)
    counter = HeadCounter(FakePack([poster, person]))  # type: ignore[arg-type]
    for number in range(3 * EVERY):
        counter.see(of_array(moving(number, person)), [])
    assert counter.told() == Headcount(1, 1_000_000, 0, 1, 1, 1, 1), "and one that may be somebody asleep"


def test_one_picture_says_nothing_of_what_moves() -> None:
    counter = HeadCounter(FakePack([(100, 100, 100, 150)]))  # type: ignore[arg-type]
    counter.see(of_array(WALL), [])
    assert counter.told() == Headcount(1, 1_000_000, 0, 1, 1, 1, None)


def test_people_are_looked_for_in_some_pictures_only() -> None:
    pack = FakePack([])
    counter = HeadCounter(pack)  # type: ignore[arg-type]
    for number in range(10):
        counter.see(of_array(WALL), [face(10 * number, 0)])
    assert pack.asked == -(-10 // EVERY)
    assert counter.told() == Headcount(1, 1_000_000, 1, 0, 1, 0, 0)


def test_a_pack_that_finds_no_people_counts_faces() -> None:
    counter = HeadCounter(FakePack(None))  # type: ignore[arg-type]
    for number in range(6):
        counter.see(of_array(WALL), [face(200 * place, 0) for place in range(1 + (number > 2))])
    assert counter.told() == Headcount(2, 1_500_000, 2, None, 2, None, None)


def test_people_seen_from_behind_count_in_a_real_clip(shared: Path, tmp_path: Path, monkeypatch) -> None:
    """They come one at a time, most of them without showing a face."""
    monkeypatch.setenv("ZAITANG_MODEL_CACHE", str(tmp_path))
    pack = load_pack("lab", shared / "models", only_faces=True)
    clip = shared / "data/video/one-by-one.mp4"
    counter, every_us = HeadCounter(pack), 2_000_000
    for _, bgr in itertools.islice(frames(clip, every_us, plan_frames(clip, every_us)), 20):
        counter.see(of_array(bgr), pack.detect(bgr, "room"))
    told = counter.told()
    assert (told.headcount_max, told.faceless_max) == (1, 1) and told.headcount_mean_ppm <= 1_000_000


def test_a_picture_of_another_size_is_no_trouble() -> None:
    counter = HeadCounter(FakePack([(0, 0, 60, 90)]))  # type: ignore[arg-type]
    for number in range(2 * EVERY):
        counter.see(of_array(WALL if number < EVERY else WALL[:400, :600]), [])
    assert counter.told() == Headcount(1, 1_000_000, 0, 1, 1, 1, None)
