"""Rows `terminal-…`: a frame of the check-in terminal (detect, align, embed, passive liveness), one face, one thread.

Against the bare `session.run` of the same networks on the same numbers, against insightface's FaceAnalysis with SCRFD,
and against the calls that the package face_recognition makes on dlib.
"""
from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import dlib
import numpy as np
import onnxruntime

from bench.harness import Contest, Row, Skipped
from bench.inputs import lab_files, shared
from edge.models.errors import PackageMissing
from edge.models.fetch import fetch
from edge.models.manifest import load_manifest
from edge.vision.onnx_pack import OnnxPack
from edge.vision.runtime import Model

SIZE = (640, 480)
CLIPS = ("spoof/phone-real.mp4", "spoof/turns-real.mp4", "video/live/d14.mp4", "video/live/d9.mp4")
PER_CLIP = 6
SCRFD = "scrfd_500m_bnkps.onnx"
NAME = "small-pack"
Frames = Sequence[np.ndarray]


def step(pack: OnnxPack, bgr: np.ndarray) -> tuple[np.ndarray, object]:
    """What the terminal does with a frame: the largest face, its description, its passive liveness."""
    face = pack.detect(bgr, "terminal")[0]
    return pack.embed(bgr, face), pack.passive(bgr, face)


def frames(data: Path) -> list[np.ndarray]:
    """Frames of people before a camera, BGR, fitted into 640 x 480. Raises Skipped."""
    found = []
    for clip in CLIPS:
        capture = cv2.VideoCapture(str(data / clip))
        total = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
        for number in range(PER_CLIP):
            # The first third: later the person of one clip looks away.
            capture.set(cv2.CAP_PROP_POS_FRAMES, (number + 0.5) * total // (3 * PER_CLIP))
            good, frame = capture.read()
            if good:
                found.append(fit(frame))
        capture.release()
    if not found:
        raise Skipped(f"no frames in {data}")
    return found


def fit(frame: np.ndarray) -> np.ndarray:
    """A BGR picture in 640 x 480, its shape kept; what is left over is black."""
    scale = min(SIZE[0] / frame.shape[1], SIZE[1] / frame.shape[0])
    small = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)[: SIZE[1], : SIZE[0]]
    right, bottom = SIZE[0] - small.shape[1], SIZE[1] - small.shape[0]
    return cv2.copyMakeBorder(small, 0, bottom, 0, right, cv2.BORDER_CONSTANT)


def prepare(folder: Path) -> Contest:
    """The peer is given the blobs that the networks got from the pack, and does nothing but run them."""
    cv2.setNumThreads(1)
    pack, seen = OnnxPack(*lab_files(folder)), frames(shared() / "data")
    given = [_runs(pack, frame) for frame in seen]
    return Contest(
        ours=lambda: [step(pack, frame) for frame in seen],
        peer=lambda: [model.run(blob, names) for runs in given for model, blob, names in runs],
        amount=len(seen),
        remarks=lambda: [
            _medians(pack, seen), f"{statistics.mean(len(runs) for runs in given):.1f} networks run a frame"],
    )


Run = tuple[Model, np.ndarray, list[str] | None]


def _runs(pack: OnnxPack, frame: np.ndarray) -> list[Run]:
    """What the networks are given in one step, by listening to it."""
    given: list[Run] = []
    plain = Model.run

    def listen(model: Model, blob: np.ndarray, outputs: list[str] | None = None) -> list[np.ndarray]:
        given.append((model, blob.copy(), outputs))
        return plain(model, blob, outputs)

    Model.run = listen  # type: ignore[method-assign]
    try:
        step(pack, frame)
    finally:
        Model.run = plain  # type: ignore[method-assign]
    return given


def _medians(pack: OnnxPack, seen: Frames) -> str:
    """The parts of the step in ms of elapsed time, p50 over the frames."""
    faces = [pack.detect(frame)[0] for frame in seen]
    pairs = list(zip(seen, faces, strict=True))
    parts: dict[str, list[Callable[[], object]]] = {
        "detect": [lambda f=frame: pack.detect(f) for frame in seen],  # type: ignore[misc]
        "embed": [lambda f=frame, one=face: pack.embed(f, one) for frame, face in pairs],  # type: ignore[misc]
        "passive": [lambda f=frame, one=face: pack.passive(f, one) for frame, face in pairs],  # type: ignore[misc]
        "mesh, only in a challenge": [lambda f=frame, one=face: pack.mesh(f, one) for frame, face in pairs],  # type: ignore[misc]
    }
    return "p50 in ms: " + ", ".join(f"{name} {_p50_ms(calls):.1f}" for name, calls in parts.items())


def _p50_ms(calls: Sequence[Callable[[], object]]) -> float:
    spent = []
    for call in calls:
        start = time.perf_counter()
        call()
        spent.append(time.perf_counter() - start)
    return 1000 * statistics.median(spent)


def prepare_insightface(folder: Path) -> Contest:
    """FaceAnalysis as its README uses it, on the small SCRFD and on our own identity network; it checks no liveness."""
    cv2.setNumThreads(1)
    manifest, files = lab_files(folder)
    pack, seen = OnnxPack(manifest, files), frames(shared() / "data")
    peer = _face_analysis(folder / "insightface", files[manifest.file("identity").name])
    return Contest(
        ours=lambda: [step(pack, frame) for frame in seen],
        peer=lambda: [peer.get(frame) for frame in seen],
        amount=len(seen),
        remarks=lambda: [_without_liveness(pack, peer, seen)],
    )


def _face_analysis(root: Path, identity: Path) -> Any:
    from insightface.app import FaceAnalysis

    scrfd = shared() / "models" / SCRFD
    if not scrfd.is_file():
        raise Skipped(f"no {SCRFD} in {scrfd.parent}")
    models = root / "models" / NAME
    models.mkdir(parents=True)
    for file in (scrfd, identity):
        shutil.copy(file, models)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    peer = FaceAnalysis(
        NAME, root=str(root), allowed_modules=["detection", "recognition"],
        providers=["CPUExecutionProvider"], sess_options=options)
    peer.prepare()
    return peer


def _without_liveness(pack: OnnxPack, peer: Any, seen: Frames) -> str:
    ours = _p50_ms([lambda f=frame: pack.embed(f, pack.detect(f)[0]) for frame in seen])  # type: ignore[misc]
    theirs = _p50_ms([lambda f=frame: peer.get(f) for frame in seen])  # type: ignore[misc]
    one = statistics.mean(len(peer.get(frame)) == 1 for frame in seen)
    return (f"p50 without our liveness, which it does not check: {theirs / ours:.2f} x; "
            f"it finds exactly one face on {one:.0%} of the frames")


def prepare_dlib(folder: Path) -> Contest:
    """face_recognition is not installed; these are the calls of its face_locations and face_encodings (1.3.0)."""
    cv2.setNumThreads(1)
    pack, seen = OnnxPack(*lab_files(folder)), frames(shared() / "data")
    manifest = load_manifest("builtin")
    try:
        files = fetch(manifest, {"ZAITANG_MODEL_CACHE": str(folder)})
    except PackageMissing as error:
        raise Skipped(str(error)) from None
    detector = dlib.get_frontal_face_detector()
    points = dlib.shape_predictor(str(files[manifest.file("landmarks").name]))
    encoder = dlib.face_recognition_model_v1(str(files[manifest.file("identity").name]))

    def theirs(rgb: np.ndarray) -> list[np.ndarray]:
        boxes = detector(rgb, 1)
        return [np.array(encoder.compute_face_descriptor(rgb, points(rgb, box), 1)) for box in boxes]

    pictures = [cv2.cvtColor(frame, cv2.COLOR_BGR2RGB) for frame in seen]
    return Contest(
        ours=lambda: [step(pack, frame) for frame in seen],
        peer=lambda: [theirs(picture) for picture in pictures],
        amount=len(seen),
        remarks=lambda: [f"it finds a face on {sum(bool(theirs(one)) for one in pictures)} of {len(pictures)} frames, "
                         f"we on {sum(bool(pack.detect(frame)) for frame in seen)}"],
    )


OURS = "detect, align, embed and passive liveness of one face in 640x480, pack lab"
ROW = Row("terminal-step", OURS, "the bare session.run of its networks on the same numbers; 0.91 or more is the goal",
          "frames", prepare, clock="cpu", repetitions=9)
INSIGHTFACE = Row("terminal-step-insightface", OURS,
                  "insightface FaceAnalysis with SCRFD-500M and the same identity network, without liveness",
                  "frames", prepare_insightface, clock="cpu")
DLIB = Row("terminal-step-dlib", OURS, "the calls that face_recognition makes on dlib (HOG once enlarged, 5 points, "
           "ResNet), without liveness", "frames", prepare_dlib, clock="cpu", repetitions=3)
