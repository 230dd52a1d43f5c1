"""Passive liveness: the authors' crop and order of colours, their own three pictures, and what is no sight at all."""
from __future__ import annotations

import hashlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.models.errors import ModelUntrue
from edge.models.manifest import load_manifest
from edge.vision import minifasnet
from edge.vision.liveness import BadSight, PassiveScore, bad_sight
from edge.vision.minifasnet import PROBE_BOX, MiniFASNets, crop, probe
from edge.vision.pack import Face, Pack
from edge.vision.runtime import open_models
from tests.edge.vision.nets import with_file, write_net

HALF = 500_000
sizes = st.integers(24, 400)
places = st.floats(-100, 500, allow_nan=False)


def face(x: float, y: float, width: float, height: float) -> Face:
    return Face(np.array([x, y, width, height], np.float32), 1.0, np.zeros((5, 2), np.float32), 1.0)


@pytest.fixture(scope="session")
def golden(lab: Pack, shared: Path) -> dict[str, tuple[np.ndarray, Face]]:
    """The three pictures of the nets' authors, and the face on each."""
    found = {}
    for name in ("T1", "F1", "F2"):
        bgr = cv2.imread(str(shared / "data" / "spoof" / "minivision" / f"image_{name}.jpg"))
        found[name] = (bgr, lab.detect(bgr)[0])
    return found


def test_the_authors_live_picture_is_live_and_their_fakes_are_fake(lab: Pack, golden) -> None:
    scores = {name: lab.passive(bgr, one) for name, (bgr, one) in golden.items()}
    assert all(isinstance(score, PassiveScore) and len(score.models_ppm) == 2 for score in scores.values())
    assert scores["T1"].live_ppm > 990_000 and scores["F1"].live_ppm < HALF and scores["F2"].live_ppm < 10_000
    for score in scores.values():
        assert abs(score.live_ppm - sum(score.models_ppm) / 2) <= 1


def test_in_rgb_the_fakes_would_pass_without_a_murmur(lab: Pack, golden) -> None:
    """Why the order matters, and why the pack proves its own at the start."""
    for name in ("F1", "F2"):
        bgr, one = golden[name]
        assert lab.passive(np.ascontiguousarray(bgr[:, :, ::-1]), one).live_ppm > HALF


def test_the_probe_picture_is_the_same_everywhere() -> None:
    assert hashlib.sha256(probe().tobytes()).hexdigest() == PROBE_SHA256
    assert np.abs(probe().astype(int) - probe()[:, :, ::-1]).max() > 100


PROBE_SHA256 = "d5598619d36f51f841c1a88472b742ae91ba68db00a7a31a132a3db00b946426"


@pytest.fixture
def nets(shared: Path):
    manifest = load_manifest("lab", {})
    names = [file.name for file in manifest.all("liveness")]
    models, _ = open_models(manifest, {name: shared / "models" / name for name in names})
    return manifest, [models[name] for name in names]


def test_a_pack_that_swaps_colours_is_refused_at_the_start(nets, monkeypatch: pytest.MonkeyPatch) -> None:
    MiniFASNets(*nets)
    right = minifasnet._blob
    monkeypatch.setattr(minifasnet, "_blob", lambda picture: right(picture[:, :, ::-1]))
    with pytest.raises(ModelUntrue, match=r"2\.7_80x80.*colours in the wrong order"):
        MiniFASNets(*nets)


@pytest.mark.parametrize("wrong", [
    lambda picture: picture.transpose(2, 0, 1)[None].astype(np.float32) / 255,
    lambda picture: picture.transpose(2, 1, 0)[None].astype(np.float32),
])
def test_other_slips_of_the_input_are_noticed_too(nets, monkeypatch: pytest.MonkeyPatch, wrong) -> None:
    monkeypatch.setattr(minifasnet, "_blob", wrong)
    with pytest.raises(ModelUntrue):
        MiniFASNets(*nets)


def test_nets_in_the_wrong_order_or_other_ones_are_refused(nets, tmp_path: Path) -> None:
    manifest, models = nets
    with pytest.raises(ModelUntrue):
        MiniFASNets(manifest, models[::-1])
    other = with_file(manifest, "liveness", write_net(tmp_path / "other.onnx", 80, 3))
    small, _ = open_models(other, {"other.onnx": tmp_path / "other.onnx"})
    with pytest.raises(ModelUntrue, match=r"other\.onnx"):
        MiniFASNets(other, [small["other.onnx"], models[1]])


@given(sizes, sizes, places, places, st.floats(20, 300), st.floats(20, 300), st.sampled_from([2.7, 4.0]))
def test_the_crop_keeps_to_the_picture_and_to_the_face(
    width: int, height: int, x: float, y: float, box_width: float, box_height: float, scale: float
) -> None:
    box = np.array([x, y, box_width, box_height], np.float32)
    columns = np.broadcast_to(np.arange(width, dtype=np.float32), (height, width))
    rows = np.broadcast_to(np.arange(height, dtype=np.float32)[:, None], (height, width))
    picture = np.dstack([columns, rows, columns])
    if bad_sight(np.zeros((height, width, 3), np.uint8), box, 20):
        return
    seen = crop(picture, box, scale)
    assert seen.shape == (80, 80, 3) and seen.min() >= 0
    assert seen[:, :, 0].max() <= width - 1 and seen[:, :, 1].max() <= height - 1
    real = min((height - 1) / box_height, (width - 1) / box_width, scale)
    middle = x + box_width / 2
    if box_width * real / 2 < middle < width - 1 - box_width * real / 2:
        assert abs(float(seen[:, :, 0].mean()) - middle) <= 1.5


def test_the_crop_is_the_authors_one_by_hand() -> None:
    """A box of 100 x 120 in 640 x 480 by their arithmetic: free, moved back into the picture, and cut to its height."""
    grid = np.dstack([*np.meshgrid(np.arange(640), np.arange(480)), np.zeros((480, 640))]).astype(np.float32)
    for box, scale, (left, top, right, bottom) in (
        ([300, 200, 100, 120], 2.7, (215, 98, 485, 422)),
        ([10, 20, 100, 120], 2.7, (0, 0, 270, 324)),
        ([500, 300, 100, 120], 4.0, (239, 0, 638, 478)),
    ):
        wanted = cv2.resize(grid[top : bottom + 1, left : right + 1], (80, 80))
        assert np.abs(crop(grid, np.array(box, np.float32), scale) - wanted).max() <= 1.0


BGR = np.zeros((200, 300, 3), np.uint8)


@pytest.mark.parametrize(("picture", "box", "why"), [
    (BGR.astype(np.uint16), (10, 10, 90, 90), "not_bgr"),
    (BGR.astype(np.float32), (10, 10, 90, 90), "not_bgr"),
    (BGR[:, :, 0], (10, 10, 90, 90), "not_bgr"),
    (BGR[:, :, :2], (10, 10, 90, 90), "not_bgr"),
    (np.zeros((200, 300, 4), np.uint8), (10, 10, 90, 90), "not_bgr"),
    (np.zeros((0, 300, 3), np.uint8), (10, 10, 90, 90), "not_bgr"),
    (BGR, (10, 10, 39, 90), "too_small"),
    (BGR, (10, 10, 90, 30), "too_small"),
    (BGR, (400, 10, 90, 90), "outside"),
    (BGR, (-40, 10, 90, 90), "outside"),
    (BGR, (10, 10, float("nan"), 90), "outside"),
    (BGR, (float("inf"), 10, 90, 90), "outside"),
    (BGR, (10, 10, -90, -90), "outside"),
    (BGR, (-500, -500, 2000, 2000), "outside"),
])
def test_bad_input_is_told_apart_from_a_fake(lab: Pack, picture: np.ndarray, box, why: str) -> None:
    assert lab.passive(picture, face(*box)) == BadSight(why)
    assert lab.mesh(picture, face(*box)) is None


def test_every_face_in_a_picture_gets_a_score_and_builtin_none(lab: Pack, builtin: Pack, pictures) -> None:
    for one in lab.detect(pictures.group, "room"):
        assert isinstance(lab.passive(pictures.group, one), PassiveScore)
    one = builtin.detect(pictures.astronaut, "photo")[0]
    assert builtin.passive(pictures.astronaut, one) is None
    assert (lab.liveness, builtin.liveness) == ("passive", "none")


def test_the_clip_of_a_replay_is_fake_and_the_live_one_is_live(lab: Pack, shared: Path) -> None:
    shares = {}
    for name in ("turns-real", "turns-fake", "phone-real", "phone-fake"):
        capture = cv2.VideoCapture(str(shared / "data" / "spoof" / f"{name}.mp4"))
        scores = []
        for number in range(32):
            good, bgr = capture.read()
            if good and number % 8 == 0:
                scores.append(lab.passive(bgr, max(lab.detect(bgr), key=lambda one: one.score)).live_ppm)
        capture.release()
        shares[name] = np.mean(np.array(scores) > HALF)
    assert shares["turns-fake"] == shares["phone-fake"] == 0
    assert shares["turns-real"] >= 0.9 and shares["phone-real"] == 1


def test_the_probe_stands_in_its_picture() -> None:
    assert bad_sight(probe(), PROBE_BOX, 40) is None
