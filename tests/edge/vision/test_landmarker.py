"""Head pose and gestures: angles by construction, the person's own left and right, and who is there at all."""
from __future__ import annotations

import io
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.models.errors import ModelBroken
from edge.models.manifest import load_manifest
from edge.vision.geometry import pose_by_points
from edge.vision.landmarker import MEMBERS, SIDE, Landmarker, angles, square
from edge.vision.liveness import GESTURES, TURNS, FaceMesh
from edge.vision.pack import Face, Pack

degrees = st.floats(-60, 60)


def turned(yaw: float, pitch: float, roll: float) -> np.ndarray:
    """A head that first leans, then looks up, then turns to its own left: camera x right, y up, z to the camera."""
    y, p, r = np.radians([yaw, pitch, roll])
    lean = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    up = np.array([[1, 0, 0], [0, np.cos(p), np.sin(p)], [0, -np.sin(p), np.cos(p)]])
    left = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    return left @ up @ lean


@given(degrees, degrees, st.floats(0.1, 20))
def test_turn_and_nod_are_read_off_the_nose(yaw: float, pitch: float, size: float) -> None:
    found = angles(size * turned(yaw, pitch, 0))
    assert found[:2] == pytest.approx((yaw, pitch), abs=1e-6)


@given(degrees)
def test_a_lean_is_read_off_the_line_of_the_eyes(roll: float) -> None:
    assert angles(turned(0, 0, roll)) == pytest.approx((0, 0, roll), abs=1e-6)


@given(st.floats(-45, 45), st.floats(-60, 60), st.floats(10, 200))
def test_five_points_tell_turn_and_lean(yaw: float, roll: float, eyes: float) -> None:
    """A head of two eyes and a nose, turned in space and seen from afar; y of a picture goes down."""
    head = eyes * np.array([[-0.5, 0, 0], [0.5, 0, 0], [0, 0, 0.63]])
    y = np.radians(yaw)
    left = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    r = np.radians(roll)
    lean = np.array([[np.cos(r), -np.sin(r)], [np.sin(r), np.cos(r)]])
    right_eye, left_eye, nose = ((head @ left.T)[:, :2] @ lean.T) * [1, -1] + [300, 200]
    assert pose_by_points(right_eye, left_eye, nose) == pytest.approx((yaw, roll), abs=1e-3)
    assert pose_by_points(nose, nose, nose) == (0, 0)


@given(st.integers(1, 900), st.integers(1, 900), st.floats(-50, 900), st.floats(-50, 900), st.floats(33, 900))
def test_the_crop_is_square_and_about_the_face(width: int, height: int, x: float, y: float, size: float) -> None:
    if x + size < 1 or y + size < 1 or x > width - 1 or y > height - 1:
        return
    assert square(np.full((height, width, 3), 7, np.uint8), np.array([x, y, size, size])).shape == (SIDE, SIDE, 3)


def test_the_crop_is_rgb_and_keeps_places() -> None:
    bgr = np.zeros((400, 600, 3), np.uint8)
    bgr[190:210, 290:310] = (10, 20, 200)
    found = square(bgr, np.array([250, 150, 100, 100], np.float32))
    assert found[SIDE // 2, SIDE // 2].tolist() == [200, 20, 10] and found[5, 5].tolist() == [0, 0, 0]
    corner = square(bgr, np.array([270, 170, 100, 100], np.float32))
    assert corner[round(SIDE / 2 - 20 * SIDE / 160)][round(SIDE / 2 - 20 * SIDE / 160)].tolist() == [200, 20, 10]


def test_a_mirrored_picture_swaps_left_and_right(lab: Pack, pictures) -> None:
    """On one person each: what leans or turns one way does so the other way in a mirror."""
    for bgr in (pictures.portraits["p-1"], pictures.astronaut):
        mirrored = np.ascontiguousarray(bgr[:, ::-1])
        one, other = (lab.mesh(seen, lab.detect(seen, "photo")[0]) for seen in (bgr, mirrored))
        assert isinstance(one, FaceMesh) and isinstance(other, FaceMesh)
        assert one.yaw_deg == pytest.approx(-other.yaw_deg, abs=6)
        assert one.roll_deg == pytest.approx(-other.roll_deg, abs=6)
        assert one.pitch_deg == pytest.approx(other.pitch_deg, abs=6)


def test_what_a_pack_can_ask_for(lab: Pack, builtin: Pack, pictures) -> None:
    assert lab.challenge == GESTURES and builtin.challenge == TURNS
    one = builtin.detect(pictures.astronaut, "photo")[0]
    mesh = builtin.mesh(pictures.astronaut, one)
    assert mesh.blink_left_ppm is mesh.blink_right_ppm is mesh.jaw_open_ppm is mesh.pitch_deg is None
    reference = lab.mesh(pictures.astronaut, lab.detect(pictures.astronaut, "photo")[0])
    assert mesh.yaw_deg == pytest.approx(reference.yaw_deg, abs=10)
    assert mesh.roll_deg == pytest.approx(reference.roll_deg, abs=6)


def test_no_face_is_no_mesh(lab: Pack) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (300, 300, 3)).astype(np.uint8)
    box = Face(np.array([80, 80, 120, 120], np.float32), 1.0, np.zeros((5, 2), np.float32), 1.0)
    assert lab.mesh(noise, box) is None


@pytest.mark.parametrize(("name", "start", "yaw", "pitch"), [
    ("turns-real", 95, (30, 60), (-15, 15)), ("turns-real", 285, (-40, -10), (-15, 15)),
    ("turns-real", 370, (-15, 15), (-60, -20)), ("turns-real", 450, (-15, 15), (15, 60)),
    ("turns-fake", 0, (-20, 20), (-20, 20)),
])
def test_a_person_who_turns_left_right_down_up(
    lab: Pack, shared: Path, name: str, start: int, yaw: tuple[float, float], pitch: tuple[float, float]
) -> None:
    bgr = _frame(shared / "data" / "spoof" / f"{name}.mp4", start)
    mesh = lab.mesh(bgr, lab.detect(bgr)[0])
    assert yaw[0] < mesh.yaw_deg < yaw[1] and pitch[0] < mesh.pitch_deg < pitch[1]


def test_builtin_sees_the_same_turns(builtin: Pack, lab: Pack, shared: Path) -> None:
    for start in (20, 72, 240):
        bgr = _frame(shared / "data" / "spoof" / "turns-real.mp4", start)
        ours, reference = (pack.mesh(bgr, pack.detect(bgr)[0]) for pack in (builtin, lab))
        assert ours.yaw_deg == pytest.approx(reference.yaw_deg, abs=10)


def test_shut_eyes_are_shut(lab: Pack, shared: Path) -> None:
    meshes = []
    for start in (29, 191):
        bgr = _frame(shared / "data" / "video" / "live" / "d14.mp4", start)
        meshes.append(lab.mesh(bgr, lab.detect(bgr)[0]))
    wide, shut = meshes
    assert max(wide.blink_left_ppm, wide.blink_right_ppm) < 100_000
    assert min(shut.blink_left_ppm, shut.blink_right_ppm) > 500_000 and shut.jaw_open_ppm < 100_000


def _frame(video: Path, number: int) -> np.ndarray:
    capture = cv2.VideoCapture(str(video))
    capture.set(cv2.CAP_PROP_POS_FRAMES, number)
    good, bgr = capture.read()
    capture.release()
    assert good
    return bgr


def _zip(members: dict[str, bytes]) -> bytes:
    bundle = io.BytesIO()
    with zipfile.ZipFile(bundle, "w") as file:
        for name, data in members.items():
            file.writestr(name, data)
    return bundle.getvalue()


def _of_later_version(bundle: bytes) -> bytes:
    """A zip that says that nobody can unpack its first member yet."""
    at = bundle.index(b"PK\x01\x02") + 6
    return bundle[:at] + b"\xff" + bundle[at + 1:]


@pytest.mark.parametrize("data", [
    b"", b"no zip at all", _zip({}), _zip({"face_detector.tflite": b"x"}),
    _zip({**dict.fromkeys(MEMBERS, b"x"), "more": b"x"}), _zip(dict.fromkeys(MEMBERS, b"no model")),
    _zip(dict.fromkeys(MEMBERS, b"x"))[:-30], _of_later_version(_zip(dict.fromkeys(MEMBERS, b"x"))),
])
def test_a_task_file_that_is_none_is_refused_by_name(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "face_landmarker.task"
    path.write_bytes(data)
    with pytest.raises(ModelBroken, match=r"face_landmarker\.task of the model pack lab"):
        Landmarker(load_manifest("lab", {}), path.name, path)
