"""The person detector finds people whichever way they look, in squares that cut nobody; wrong files are refused."""
from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from edge.models.errors import ModelBroken, ModelShape, ModelUntrue
from edge.models.manifest import Manifest, People, load_manifest
from edge.vision.geometry import overlap
from edge.vision.nanodet import STRIDES, NanoDet, _starts, _uncut, open_people, probe
from edge.vision.onnx_pack import OnnxPack
from edge.vision.pack import Pack, load_pack
from evidence.headcount import Box, distinct
from tests.edge.vision.nets import with_file, write_net


@pytest.fixture(scope="module")
def rooms(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Pack:
    """`lab` as those load it who read recordings."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZAITANG_MODEL_CACHE", str(tmp_path_factory.mktemp("models")))
        return load_pack("lab", shared / "models", only_faces=True)


def blurred_faces(pack: Pack, bgr: np.ndarray) -> np.ndarray:
    """The picture without any face in it."""
    hidden = bgr.copy()
    for face in pack.detect(bgr, "room"):
        x, y, width, height = (int(value) for value in face.box)
        part = hidden[y : y + height, x : x + width]
        part[:] = cv2.GaussianBlur(part, (0, 0), width / 3)
    return hidden


def test_people_are_found_with_their_faces_and_without(rooms: Pack, pictures) -> None:
    for picture in (pictures.group, blurred_faces(rooms, pictures.group)):
        people = rooms.people(picture)
        assert people is not None and len(people) >= 3
        for person in people:
            assert person.box.min() >= 0 and 0.4 <= person.score <= 1
            assert (person.box[:2] + person.box[2:] <= np.array(picture.shape[1::-1]) + 1).all()
    assert [person.score for person in people] == sorted((person.score for person in people), reverse=True)
    assert rooms.people(np.full((720, 1280, 3), 120, np.uint8)) == []


def test_a_person_is_found_wherever_a_large_picture_has_them(rooms: Pack, pictures) -> None:
    """Small in 1080p, across the borders of the squares too: one person, however many boxes."""
    small = cv2.resize(pictures.astronaut, (200, 200), interpolation=cv2.INTER_AREA)
    for x, y in ((20, 40), (560, 300), (940, 600), (1400, 700)):
        picture = np.full((1080, 1920, 3), 120, np.uint8)
        picture[y : y + 200, x : x + 200] = small
        people = rooms.people(picture)
        assert people and overlap(people[0].box, np.array([x, y, 200, 200])).item() > 0.4
        assert len(distinct(Box(*map(round, person.box.tolist())) for person in people)) == 1


@pytest.mark.parametrize("shape", [(1, 1, 3), (3, 900, 3), (700, 2, 3), (31, 33, 3)])
def test_odd_sizes_are_no_trouble(rooms: Pack, shape: tuple[int, int, int]) -> None:
    assert rooms.people(np.zeros(shape, np.uint8)) == []


def test_only_who_reads_recordings_looks_for_people(lab: Pack, builtin: Pack, pictures) -> None:
    assert lab.people(pictures.group) is None and builtin.people(pictures.group) is None


@pytest.mark.parametrize(("length", "side"), [(1, 320), (320, 320), (321, 320), (540, 320), (960, 320), (1280, 416)])
def test_squares_cover_the_picture_and_share_a_quarter(length: int, side: int) -> None:
    starts = list(_starts(length, side))
    assert starts[0] == 0 and starts[-1] == max(0, length - side)
    assert all(next_ - this <= 0.75 * side + 1 for this, next_ in itertools.pairwise(starts))


def test_who_is_cut_by_a_square_is_left_to_its_neighbour() -> None:
    boxes = np.array([[0, 50, 40, 80], [280, 50, 39, 80], [100, 50, 40, 80], [100, 20, 200, 250]], np.float32)
    assert _uncut(boxes, (True, False), (True, False), 320).tolist() == [False, False, True, False]
    assert _uncut(boxes, (False, False), (False, False), 320).tolist() == [True, True, True, False]
    assert _uncut(np.zeros((0, 4), np.float32), (True, True), (True, True), 320).tolist() == []


def write_nanodet(path: Path, side: int, batch: bool, person: float = 0.9, classes: int = 80) -> Path:
    """A file with NanoDet's outputs, `batch`: with a first axis of 1. Whatever it sees, it says one person in the
    middle of the coarsest stride, whose sides are two steps away; and a cow there, less surely."""
    nodes, outputs, weights = [], [], []
    for stride in STRIDES:
        count = (side // stride) ** 2
        scores, sides = np.zeros((count, classes), np.float32), np.full((count, 4, 8), -50, np.float32)
        sides[:, :, 2] = 0
        if stride == STRIDES[-1]:
            middle = (side // stride + 1) * (side // stride // 2)
            scores[middle, 0], scores[middle, 19] = person, 0.3
        for kind, values in (("c", scores), ("b", sides.reshape(count, 32))):
            name = f"{kind}{stride}"
            values = values[None] if batch else values
            weights.append(numpy_helper.from_array(values, f"{name}_is"))
            nodes.append(helper.make_node("Add", [f"{name}_is", "nothing"], [name]))
            outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, values.shape))
    zero = numpy_helper.from_array(np.array(0, np.float32), "zero")
    axes = numpy_helper.from_array(np.array([0, 1, 2, 3], np.int64), "axes")
    nodes = [helper.make_node("Mul", ["picture", "zero"], ["zeros"]),
             helper.make_node("ReduceSum", ["zeros", "axes"], ["nothing"], keepdims=0), *nodes]
    given = [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, side, side])]
    graph = helper.make_graph(nodes, "nanodet", given, outputs[::-1], [*weights, zero, axes])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def opened(path: Path, manifest: Manifest | None = None) -> NanoDet | None:
    manifest = with_file(manifest or load_manifest("opencv", {}), "person", path)
    return open_people(manifest, {path.name: path})


@pytest.mark.parametrize(("side", "batch"), [(416, True), (320, False)])
def test_both_sizes_of_the_net_and_both_ways_to_write_it_are_read(tmp_path: Path, side: int, batch: bool) -> None:
    """Outputs are told by their sizes, and come in any order."""
    found = opened(write_nanodet(tmp_path / "net.onnx", side, batch)).find(np.zeros((side, side, 3), np.uint8))
    at = side // 32 // 2 * 32 + 15.5 - 64
    whole = [person for person in found if person.box[2] == pytest.approx(128, abs=0.1)]
    assert len(whole) == 1 and whole[0].score == pytest.approx(0.9)
    assert whole[0].box == pytest.approx([at, at, 128, 128], abs=0.1)


def test_what_is_rather_a_cow_or_unsure_is_no_person(tmp_path: Path) -> None:
    manifest = load_manifest("opencv", {})
    likely = dataclasses.replace(manifest, people=People(100_000))
    nothing = np.zeros((320, 320, 3), np.uint8)
    for score, rules, people in ((0.29, likely, 0), (0.31, likely, 1), (0.39, manifest, 0), (0.41, manifest, 1)):
        net = opened(write_nanodet(tmp_path / f"net{score}.onnx", 320, False, score), rules)
        assert min(1, len(net.find(nothing))) == people


def test_wrong_files_are_refused(shared: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelShape, match="six outputs"):
        opened(write_nanodet(tmp_path / "classes.onnx", 320, False, classes=20))
    with pytest.raises(ModelShape, match="whole times 32"):
        opened(write_net(tmp_path / "side.onnx", 112, 128))
    with pytest.raises(ModelBroken):
        opened(write_nanodet(tmp_path / "nan.onnx", 320, False, float("nan")))
    with pytest.raises(ModelUntrue):
        opened(write_nanodet(tmp_path / "other.onnx", 320, False), load_manifest("lab"))
    (tmp_path / "text.onnx").write_text("no model")
    with pytest.raises(ModelBroken):
        opened(tmp_path / "text.onnx")


def test_colours_in_the_wrong_order_fail_the_probe(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = load_manifest("lab")
    files = {file.name: shared / "models" / file.name for file in manifest.files}
    assert open_people(manifest, files) is not None
    monkeypatch.setattr("edge.vision.nanodet.probe", lambda: probe()[:, :, ::-1])
    with pytest.raises(ModelUntrue):
        OnnxPack(manifest, files, only_faces=True)


def test_a_pack_without_a_person_detector_is_a_pack(shared: Path, pictures) -> None:
    manifest = load_manifest("lab")
    bare = dataclasses.replace(
        manifest, people=None, files=tuple(file for file in manifest.files if file.role != "person"))
    pack = OnnxPack(bare, {file.name: shared / "models" / file.name for file in bare.files}, only_faces=True)
    assert pack.people(pictures.group) is None and bare.sha256 != manifest.sha256
