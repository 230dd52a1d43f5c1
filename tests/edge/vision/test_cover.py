"""Covered faces: drawn masks and scarves are noticed on the faces of the samples, bare and odd ones are not."""
from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.figures.cover import five_points
from bench.figures.masks import COVERS, cover
from edge.vision.cover import COVERED_PPM, Looks, looks
from edge.vision.pack import Face, Pack

CLOTH = [name for name in COVERS if name not in ("visor", "beige mask")]
"""A visor hides the face from the detector, and a mask of the colour of skin from this measure too often."""


@pytest.fixture(scope="module", params=["builtin", "lab"])
def pack(request: pytest.FixtureRequest) -> Pack:
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def bare(pack: Pack, pictures) -> list[tuple[np.ndarray, Face]]:
    """The seven portraits and their faces. They are hard: heads that lean and turn, strong light, closed eyes."""
    return [(image, pack.detect(image, "photo")[0]) for image in pictures.portraits.values()]


def crops(pack: Pack, bare: list[tuple[np.ndarray, Face]], name: str | None, scale: float = 1.0) -> list[np.ndarray]:
    """Aligned faces, covered or bare; seen at a scale and through strong JPEG where it is not 1."""
    made = []
    for number, (image, face) in enumerate(bare):
        shown = cover(image, five_points(face), name, np.random.default_rng(number)) if name else image
        if scale != 1:
            small = cv2.resize(shown, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            small = cv2.imdecode(cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 40])[1], cv2.IMREAD_COLOR)
            face = Face(face.box * scale, face.score, face.landmarks * scale, face.frontal)
            shown = small
        made.append(pack.aligned(shown, face))
    return made


@pytest.mark.parametrize("scale", [1.0, 0.45])
def test_bare_faces_do_not_look_covered_and_masks_do(pack: Pack, bare, scale: float) -> None:
    """Three points, which is all that dlib gives, align a head that leans less well than five."""
    called = sum(looks(crop).cover_ppm >= COVERED_PPM for crop in crops(pack, bare, None, scale))
    assert called <= (2 if pack.name == "builtin" else 0)
    noticed = {name: sum(looks(crop).cover_ppm >= COVERED_PPM for crop in crops(pack, bare, name, scale))
               for name in CLOTH}
    assert sum(noticed.values()) >= 0.8 * 7 * len(CLOTH), noticed
    assert noticed["blue mask"] >= 6, noticed


def test_a_beard_is_no_cover(pack: Pack, bare) -> None:
    """Dark hair of its own grain on cheeks and chin, lips and nose bare."""
    called = 0
    for crop in crops(pack, bare, None):
        rng = np.random.default_rng(1)
        hair = np.zeros((112, 112), np.uint8)
        cv2.ellipse(hair, (56, 84), (30, 30), 0, 0, 180, 255, -1)
        cv2.ellipse(hair, (56, 92), (14, 5), 0, 0, 360, 0, -1)
        alpha = cv2.GaussianBlur(hair, (0, 0), 4)[..., None] / 255 * 0.8
        dark = 35 + rng.normal(0, 14, (112, 112, 1))
        bearded = np.clip(alpha * dark + (1 - alpha) * crop, 0, 255).astype(np.uint8)
        called += looks(crop).cover_ppm < COVERED_PPM <= looks(bearded).cover_ppm
    assert called <= (1 if pack.name == "builtin" else 0)


def test_light_is_the_grey_of_the_face(pack: Pack, bare) -> None:
    crop = crops(pack, bare, None)[0]
    dark = (crop * 0.25).astype(np.uint8)
    assert looks(dark).light_ppm == pytest.approx(looks(crop).light_ppm / 4, rel=0.05)
    assert looks(dark).cover_ppm < COVERED_PPM
    assert looks(np.full((112, 112, 3), 255, np.uint8)) == Looks(0, 1_000_000)
    assert looks(np.zeros((112, 112, 3), np.uint8)) == Looks(0, 0)


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(0, 255))
def test_any_picture_gives_two_shares(seed: int, contrast: int) -> None:
    noise = np.random.default_rng(seed).integers(0, contrast + 1, (112, 112, 3), np.uint8)
    seen = looks(noise)
    assert 0 <= seen.cover_ppm <= 1_000_000 and 0 <= seen.light_ppm <= 1_000_000
    assert looks(noise) == seen


def test_both_packs_put_eyes_and_nose_in_the_same_place(builtin: Pack, lab: Pack, pictures) -> None:
    image = pictures.astronaut
    one = builtin.aligned(image, builtin.detect(image, "photo")[0])
    other = lab.aligned(image, lab.detect(image, "photo")[0])
    assert one.shape == other.shape == (112, 112, 3)
    small = [cv2.resize(crop, (28, 28), interpolation=cv2.INTER_AREA).astype(float).ravel() for crop in (one, other)]
    assert np.corrcoef(small[0], small[1])[0, 1] > 0.9
