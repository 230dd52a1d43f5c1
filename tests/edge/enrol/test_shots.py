"""The guided shots of a real person, and of the same turns replayed from a monitor."""
from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from edge.enrol.gates import DARK_PPM, SHARP_PPM, Advice, poses_of
from edge.enrol.look import KEPT_PX, aligned, eyes_and_nose, light, measure
from edge.enrol.same import odd_ones
from edge.enrol.shots import Shots
from edge.vision.pack import Pack

EVERY, FPS = 10, 30


def frames(path: Path) -> Iterator[np.ndarray]:
    with av.open(str(path)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number % EVERY == 0:
                yield frame.to_ndarray(format="bgr24")


def shoot(pack: Pack, path: Path, most: int = 1000) -> tuple[Shots, list[Advice]]:
    shots, said = Shots(pack, poses_of(pack.challenge)), []
    for number, bgr in enumerate(itertools.islice(frames(path), most)):
        if shots.pose is not None:
            said.append(shots.offer(bgr, measure(pack, bgr), number * EVERY / FPS))
    return shots, said


@pytest.mark.long
def test_a_person_who_turns_as_asked_gives_five_shots(lab: Pack, shared: Path) -> None:
    shots, said = shoot(lab, shared / "data" / "spoof" / "turns-real.mp4")
    assert [taken.shot.pose for taken in shots.taken][:3] == ["front", "left", "right"]
    assert not {"other", "again"} & set(said)
    assert all((taken.shot.live_ppm or 0) > 300_000 for taken in shots.taken)
    near = lab.similarity(shots.vectors[0], shots.vectors)
    assert int(near.min()) > lab.threshold_ppm and odd_ones(lab, shots.vectors, lab.threshold_ppm) is None


def test_the_same_turns_on_a_monitor_give_none(lab: Pack, shared: Path) -> None:
    shots, said = shoot(lab, shared / "data" / "spoof" / "turns-fake.mp4", 25)
    assert shots.taken == [] and "good" not in said and "not_live" in said


def test_eyes_are_found_where_they_are_with_both_kinds_of_landmarks(builtin: Pack, lab: Pack, pictures: Any) -> None:
    picture = pictures.portraits["p-3"]
    points = [eyes_and_nose(pack, pack.detect(picture, "photo")[0]) for pack in (builtin, lab)]
    assert float(np.abs(points[0][:2] - points[1][:2]).max()) < 6  # of 48 px between the eyes
    assert (points[0][0, 0] < points[0][1, 0]) and points[0][2, 1] > points[0][:2, 1].max()
    for pack in (builtin, lab):
        crop = aligned(pack, picture, pack.detect(picture, "photo")[0])
        assert crop.shape == (KEPT_PX, KEPT_PX, 3) and crop.dtype == np.uint8


def test_a_blurred_crop_is_less_sharp_and_a_dark_one_darker(builtin: Pack, pictures: Any) -> None:
    picture = pictures.portraits["p-3"]
    crop = aligned(builtin, picture, builtin.detect(picture, "photo")[0])
    sharp, luma, spread = light(crop)
    assert light(cv2.GaussianBlur(crop, (0, 0), 4))[0] < SHARP_PPM < sharp
    assert light(crop // 4)[1] < DARK_PPM < luma and light(crop // 4)[2] < spread
