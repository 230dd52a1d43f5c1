"""Packs: `builtin` on pictures of dependencies, `lab` beside the detector that it was decoded after."""
from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.models.errors import ModelBroken
from edge.models.fetch import fetch
from edge.models.manifest import load_manifest
from edge.vision.dlib_pack import DlibPack
from edge.vision.gallery import Gallery
from edge.vision.geometry import overlap
from edge.vision.onnx_pack import OnnxPack
from edge.vision.pack import Pack
from edge.vision.quality import shot_quality, shows_nothing


@pytest.fixture(params=["builtin", "lab"])
def pack(request: pytest.FixtureRequest) -> Pack:
    return request.getfixturevalue(request.param)


def test_six_people_are_found_and_nobody_in_an_empty_picture(pack: Pack, pictures) -> None:
    faces = pack.detect(pictures.group, "room")
    assert len(faces) == 6
    assert [face.width_px for face in faces] == sorted((face.width_px for face in faces), reverse=True)
    assert pack.detect(np.full((480, 640, 3), 90, np.uint8)) == []


def test_a_face_resembles_itself_on_another_day_of_the_same_picture(pack: Pack, pictures) -> None:
    noise = np.random.default_rng(1).normal(0, 6, pictures.group.shape)
    other = cv2.resize(np.clip(pictures.group + noise, 0, 255).astype(np.uint8), None, fx=0.9, fy=0.9)
    people = {}
    for person, image in pictures.portraits.items():
        people[person] = pack.embed(image, pack.detect(image, "photo")[0])[None]
    gallery = Gallery(pack, people)
    named = []
    for face in pack.detect(other, "room"):
        best, second = gallery.rank(pack.embed(other, face))
        assert best.score_ppm >= pack.threshold_ppm and second.score_ppm < best.score_ppm - pack.margin_ppm
        named.append(best.person)
    assert sorted(named) == ["p-1", "p-2", "p-3", "p-4", "p-5", "p-6"]


def test_odd_sizes_and_channels_of_grey_are_no_trouble(pack: Pack) -> None:
    for shape in ((33, 47, 3), (8, 2000, 3), (1, 1, 3)):
        assert pack.detect(np.zeros(shape, np.uint8), "room") == []


def test_builtin_embedding_of_a_crop_is_that_of_the_whole_picture(builtin: Pack, pictures) -> None:
    import dlib

    face = builtin.detect(pictures.group, "room")[0]
    x, y, w, h = (round(float(v)) for v in face.box)
    points = [dlib.point(round(float(px)), round(float(py))) for px, py in face.landmarks]
    shape = dlib.full_object_detection(dlib.rectangle(x, y, x + w, y + h), points)
    rgb = cv2.cvtColor(pictures.group, cv2.COLOR_BGR2RGB)
    whole = np.array(builtin._identity.compute_face_descriptor(rgb, shape))
    assert np.linalg.norm(builtin.embed(pictures.group, face) - whole) < 0.02


def test_lab_boxes_are_those_of_opencv(lab: Pack, shared: Path, pictures) -> None:
    height, width = pictures.group.shape[:2]
    reference = cv2.FaceDetectorYN.create(
        str(shared / "models" / "face_detection_yunet_2026may.onnx"), "", (width, height), 0.6, 0.3)
    _, theirs = reference.detect(pictures.group)
    ours = lab.detect(pictures.group, "room")
    assert len(ours) == len(theirs)
    assert overlap(np.stack([face.box for face in ours]), theirs[:, :4]).max(axis=1).min() > 0.85


def test_lab_keeps_landmarks_of_a_face_that_fills_a_large_picture(lab: Pack, pictures) -> None:
    small = pictures.astronaut[:300, 80:380]
    large = cv2.resize(small, None, fx=8, fy=8, interpolation=cv2.INTER_CUBIC)
    one, other = lab.detect(small, "photo")[0], lab.detect(large, "room")[0]
    assert np.abs(other.landmarks / 8 - one.landmarks).max() < 0.08 * one.box[2]


def test_lab_refuses_models_that_do_not_fit(lab: Pack, shared: Path) -> None:
    manifest = load_manifest("lab")
    paths = {file.name: shared / "models" / file.name for file in manifest.files}
    swapped = dict(zip(paths, reversed(paths.values()), strict=True))
    with pytest.raises(ModelBroken, match="lab"):
        OnnxPack(manifest, swapped)


def test_builtin_refuses_a_file_that_is_no_model(tmp_path: Path) -> None:
    manifest = load_manifest("builtin")
    files = fetch(manifest)
    broken = tmp_path / "broken.dat"
    broken.write_bytes(b"no model")
    with pytest.raises(ModelBroken, match="builtin"):
        DlibPack(manifest, {**files, manifest.file("identity").name: broken})


def test_a_blurred_or_small_shot_is_worse(builtin: Pack, pictures) -> None:
    face = builtin.detect(pictures.astronaut, "photo")[0]
    sharp = shot_quality(pictures.astronaut, face)
    assert 0 < shot_quality(cv2.GaussianBlur(pictures.astronaut, (0, 0), 4), face) < 0.5 * sharp <= 1


def test_a_dark_or_blank_frame_shows_nothing(pictures) -> None:
    assert shows_nothing(np.full((720, 1280, 3), 120, np.uint8)) and shows_nothing(pictures.group // 16)
    assert not shows_nothing(pictures.group)
