"""Packs out of files: `opencv` computes what OpenCV does, `insightface` what it brings; a pack that lies is refused."""
from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from common.texts import words
from edge.cli import main
from edge.models import fetch as fetching
from edge.models import manifest as manifests
from edge.models.errors import LicenceNotAccepted, ModelBroken, ModelMissing, ModelShape, ModelUntrue, WrongModel
from edge.models.manifest import Manifest, load_manifest
from edge.vision.geometry import overlap
from edge.vision.insight_pack import InsightPack
from edge.vision.liveness import GESTURES, FaceMesh, PassiveScore
from edge.vision.onnx_pack import OnnxPack
from edge.vision.pack import Pack, load_pack
from evidence.errors import BadShape
from tests.edge.vision.nets import with_file, write_net

YUNET = "face_detection_yunet_2026may.onnx"
PEOPLE = "nanodet_m_416.onnx"
NETS = ("2.7_80x80_MiniFASNetV2.pth", "4_0_0_80x80_MiniFASNetV1SE.pth", "face_landmarker.task")


@pytest.fixture
def mirror(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files of `opencv` as far as they are here, an own small net in place of SFace."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    for name in (YUNET, PEOPLE, *NETS):
        shutil.copy(shared / "models" / name, folder)
    write_net(folder / "face.onnx", 112, 128)
    monkeypatch.setenv("ZAITANG_MODEL_CACHE", str(tmp_path / "cache"))
    return folder


@pytest.fixture
def opencv(mirror: Path) -> Manifest:
    manifest = with_file(load_manifest("opencv", {}), "detector", mirror / YUNET)
    manifest = with_file(manifest, "person", mirror / PEOPLE)
    return with_file(manifest, "identity", mirror / "face.onnx")


def files(manifest: Manifest, mirror: Path) -> dict[str, Path]:
    return {file.name: mirror / file.name for file in manifest.files}


def test_opencv_is_a_whole_pack(opencv: Manifest, mirror: Path, lab: Pack, pictures) -> None:
    pack = OnnxPack(opencv, files(opencv, mirror))
    assert pack.liveness == "passive" and pack.challenge == GESTURES
    ours, theirs = pack.detect(pictures.group, "room"), lab.detect(pictures.group, "room")
    assert [face.box.tolist() for face in ours] == [face.box.tolist() for face in theirs]
    for face in ours:
        score, reference = pack.passive(pictures.group, face), lab.passive(pictures.group, face)
        assert isinstance(score, PassiveScore) and abs(score.live_ppm - reference.live_ppm) < 100
        assert isinstance(pack.mesh(pictures.group, face), FaceMesh)


def test_only_faces_leaves_the_liveness_away(opencv: Manifest, mirror: Path, pictures) -> None:
    for name in NETS:
        (mirror / name).unlink()
    pack = OnnxPack(opencv, files(opencv, mirror), only_faces=True)
    face = pack.detect(pictures.astronaut, "photo")[0]
    assert (pack.liveness, pack.challenge) == ("none", frozenset())
    assert pack.passive(pictures.astronaut, face) is None and pack.mesh(pictures.astronaut, face) is None


def test_sface_is_fed_as_opencv_feeds_it(opencv: Manifest, mirror: Path, pictures) -> None:
    """Alignment, order of channels and scale against cv2.FaceRecognizerSF with the same file."""
    pack = OnnxPack(opencv, files(opencv, mirror), only_faces=True)
    peer = cv2.FaceRecognizerSF.create(str(mirror / "face.onnx"), "")
    vectors = []
    for face in pack.detect(pictures.group, "room"):
        row = np.concatenate([face.box, face.landmarks.reshape(-1), [face.score]]).astype(np.float32)
        theirs = peer.feature(peer.alignCrop(pictures.group, row)).reshape(-1)
        ours = pack.embed(pictures.group, face)
        assert np.dot(ours, theirs / np.linalg.norm(theirs)) > 0.9999
        vectors.append(ours)
        swapped = pack.embed(np.ascontiguousarray(pictures.group[:, :, ::-1]), face)
        assert np.dot(swapped, theirs / np.linalg.norm(theirs)) < 0.999
    likeness = peer.match(vectors[0][None], vectors[1][None], cv2.FaceRecognizerSF_FR_COSINE)
    assert pack.similarity(vectors[0], np.stack(vectors))[1] == pytest.approx(1e6 * likeness, abs=10)


Lie = Callable[[Manifest, Path], Manifest]


def _swap(role: str, name: str, at: int = 0) -> Lie:
    return lambda manifest, mirror: with_file(manifest, role, mirror / name, at)


def _net(role: str, side: int, size: int, at: int = 0, **more: object) -> Lie:
    def lie(manifest: Manifest, mirror: Path) -> Manifest:
        return with_file(manifest, role, write_net(mirror / "lie.onnx", side, size, **more), at)  # type: ignore[arg-type]

    return lie


def _bytes(role: str, suffix: str, data: bytes, at: int = 0) -> Lie:
    def lie(manifest: Manifest, mirror: Path) -> Manifest:
        (mirror / f"lie{suffix}").write_bytes(data)
        return with_file(manifest, role, mirror / f"lie{suffix}", at)

    return lie


@pytest.mark.parametrize(("lie", "error", "file"), [
    pytest.param(_swap("detector", "face.onnx"), ModelShape, "face.onnx", id="a detector without its outputs"),
    pytest.param(_swap("identity", YUNET), ModelShape, YUNET, id="a detector as identity"),
    pytest.param(_net("identity", 112, 128, outputs=("a", "b")), ModelShape, "lie.onnx", id="two outputs"),
    pytest.param(_net("identity", 96, 128), ModelBroken, "lie.onnx", id="another size of picture"),
    pytest.param(_net("identity", 112, 128, factor=float("nan")), ModelBroken, "lie.onnx", id="no numbers"),
    pytest.param(_net("liveness", 80, 2), ModelShape, "lie.onnx", id="two classes"),
    pytest.param(_net("liveness", 80, 3, factor=float("nan")), ModelBroken, "lie.onnx", id="liveness of no numbers"),
    pytest.param(_net("liveness", 80, 3, at=1), ModelUntrue, "lie.onnx", id="other weights"),
    pytest.param(_swap("liveness", NETS[1]), ModelUntrue, NETS[1], id="one net twice"),
    pytest.param(_bytes("identity", ".onnx", b"no model"), ModelBroken, "lie.onnx", id="an ONNX that is none"),
    pytest.param(_bytes("liveness", ".pth", b"no pickle"), ModelBroken, "lie.pth", id="a .pth that is none"),
    pytest.param(_bytes("liveness", ".pth", b"cos\nsystem\n."), ModelBroken, "lie.pth", id="a .pth with code"),
    pytest.param(_bytes("challenge", ".task", b"no zip"), ModelBroken, "lie.task", id="a .task that is none"),
])
def test_a_pack_that_lies_is_refused_with_its_name_and_the_file(
    opencv: Manifest, mirror: Path, lie: Lie, error: type[Exception], file: str
) -> None:
    lying = lie(opencv, mirror)
    with pytest.raises(error) as refused:
        OnnxPack(lying, files(lying, mirror))
    for lang, pack in (("en", "model pack opencv"), ("zh", "模型包 opencv")):
        assert file in words(refused.value, lang) and pack in words(refused.value, lang)


def test_a_wrong_hash_and_a_missing_file_are_refused_at_the_start(
    opencv: Manifest, mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifests, "parse_manifest", lambda data, where: opencv)
    other = mirror / NETS[1]
    other.write_bytes(other.read_bytes()[:-1] + b"x")
    with pytest.raises(WrongModel, match=rf"{NETS[1]} that the model pack opencv names"):
        load_pack("opencv", mirror)
    other.unlink()
    local = tuple(dataclasses.replace(file, url=None) for file in opencv.files)
    monkeypatch.setattr(manifests, "parse_manifest", lambda data, where: dataclasses.replace(opencv, files=local))
    with pytest.raises(ModelMissing, match=rf"{NETS[1]} of the model pack opencv"):
        load_pack("opencv", mirror)


@pytest.fixture
def brought(mirror: Path, shared: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What an institution brings: a small SCRFD, and an own small net as ArcFace. The person detector of `lab`."""
    real = manifests.parse_manifest
    monkeypatch.setattr(
        manifests, "parse_manifest", lambda data, where: with_file(real(data, where), "person", mirror / PEOPLE))
    shutil.copy(shared / "models" / "scrfd_500m_bnkps.onnx", mirror)
    return mirror


def bring(folder: Path, *more: str, detector: str = "scrfd_500m_bnkps.onnx", identity: str = "face.onnx") -> int:
    return main(["models", "bring", str(folder), "--detector", detector, "--identity", identity, *more])


def test_the_licence_is_shown_and_must_be_accepted(brought: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(LicenceNotAccepted, match="non-commercial research only"):
        load_pack("insightface", brought)
    assert bring(brought) == 2 and not (brought / "insightface.toml").exists()
    assert "仅限非商业研究" in capsys.readouterr().out
    assert bring(brought, "--accepted-by", "  ") == 2 and not (brought / "insightface.toml").exists()
    assert bring(brought, "--accepted-by", "x", identity="absent.onnx") == 2
    assert bring(brought, "--accepted-by", "x", identity="../mirror/face.onnx") == 2
    assert not (brought / "insightface.toml").exists()


def test_insightface_finds_and_describes_what_others_find(brought: Path, lab: Pack, pictures, monkeypatch) -> None:
    assert bring(brought, "--accepted-by", "院长“甲”\\") == 0
    monkeypatch.setattr(fetching.urllib.request, "urlopen", lambda *a, **b: pytest.fail("the network was asked"))
    pack = load_pack("insightface", brought)
    assert pack.manifest.accepted == "院长“甲”\\" and pack.liveness == "passive" and pack.challenge == GESTURES
    assert pack.sha256 != load_manifest("insightface", {}).sha256
    assert all(pack.detect(np.full((*shape, 3), 127, np.uint8), view) == []
               for shape in ((2, 16_000), (16_000, 2)) for view in ("terminal", "room"))
    faces, theirs = pack.detect(pictures.group, "room"), lab.detect(pictures.group, "room")
    assert len(faces) == 6
    boxes = np.stack([face.box for face in faces])
    assert overlap(boxes, np.stack([face.box for face in theirs])).max(axis=1).min() > 0.5
    for face in faces:
        vector = pack.embed(pictures.group, face)
        assert vector.shape == (128,) and np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
        nearest = theirs[int(overlap(face.box, np.stack([one.box for one in theirs])).argmax())]
        assert np.abs(face.landmarks - nearest.landmarks).max() < 0.15 * nearest.box[2]
        assert isinstance(pack.passive(pictures.group, face), PassiveScore)
    assert pack.detect(np.full((480, 640, 3), 90, np.uint8)) == []
    for shape in ((33, 47, 3), (8, 2000, 3), (9, 9, 3)):
        assert pack.detect(np.zeros(shape, np.uint8), "room") == []


def test_arcface_is_fed_as_insightface_feeds_it(brought: Path, pictures) -> None:
    from insightface.app.common import Face as TheirFace
    from insightface.model_zoo import get_model

    bring(brought, "--accepted-by", "x")
    pack = load_pack("insightface", brought, only_faces=True)
    peer = get_model(str(brought / "face.onnx"), providers=["CPUExecutionProvider"])
    for face in pack.detect(pictures.group, "room"):
        theirs = peer.get(pictures.group, TheirFace(kps=face.landmarks))
        assert np.dot(pack.embed(pictures.group, face), theirs / np.linalg.norm(theirs)) > 0.999


@pytest.mark.parametrize(("detector", "identity", "file"), [
    ("face.onnx", "face.onnx", "face.onnx"),
    ("scrfd_500m_bnkps.onnx", "scrfd_500m_bnkps.onnx", "scrfd_500m_bnkps.onnx"),
    (YUNET, "face.onnx", YUNET),
])
def test_models_of_the_wrong_kind_are_refused_by_name(brought: Path, detector: str, identity: str, file: str) -> None:
    assert bring(brought, "--accepted-by", "x", detector=detector, identity=identity) == 0
    manifest = load_manifest("insightface", {"ZAITANG_MODEL_MIRROR": str(brought)})
    with pytest.raises((ModelShape, ModelBroken), match=rf"{file} of the model pack insightface"):
        InsightPack(manifest, files(manifest, brought), only_faces=True)


@pytest.mark.parametrize(("old", "new", "key"), [
    ('role = "detector"', 'role = "liveness"', "files"), ("accepted", "agreed", "accepted"),
    ("[[files]]", "[[files", "("),
    ("size = ", 'url = "https://example.org/x"\nsize = ', "files"), ('accepted = "x"', 'accepted = ""', "accepted"),
])
def test_what_the_institution_wrote_is_read_strictly(brought: Path, old: str, new: str, key: str) -> None:
    bring(brought, "--accepted-by", "x")
    told = brought / "insightface.toml"
    told.write_text(told.read_text().replace(old, new, 1))
    with pytest.raises(BadShape, match=r"insightface\.toml") as refused:
        load_pack("insightface", brought)
    assert str(refused.value.params["key"]).startswith(key)
