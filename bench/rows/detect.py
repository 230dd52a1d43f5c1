"""Row `detect`: YuNet decoded by our own code on ONNX Runtime against cv2.FaceDetectorYN; both on one thread."""
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from bench.harness import Contest, Row, Skipped
from bench.inputs import lab_files, shared
from edge.models.manifest import Manifest
from edge.vision.geometry import overlap
from edge.vision.runtime import open_models
from edge.vision.yunet import NMS_OVERLAP, YuNet

SIZE = (640, 360)
PICTURES = 24
SAME = 0.95
TOP_K = 5000


def prepare(folder: Path) -> Contest:
    """Frames of a dinner at a quarter of their area; both are given the same pixels."""
    manifest, files = lab_files(folder)
    model, score = files[manifest.file("detector").name], manifest.preprocess.detector_score_ppm / 1e6
    ours, peer = _ours(manifest, model, score), _peer(model, score)
    frames = pictures(shared() / "data/video/family-dinner.mp4")
    return Contest(
        ours=lambda: [ours.find(frame, 1.0) for frame in frames],
        peer=lambda: [peer.detect(frame) for frame in frames],
        amount=len(frames),
        remarks=lambda: [agreement([(ours.find(frame, 1.0)[0], _boxes(peer, frame)) for frame in frames])],
    )


def agreement(found: Sequence[tuple[np.ndarray, np.ndarray]]) -> str:
    """How many of the peer's boxes (x, y, width, height) we have too, and how many we have. Pairs: ours, the peer's."""
    best = np.concatenate([
        overlap(theirs, own).max(axis=1) if len(own) else np.zeros(len(theirs)) for own, theirs in found])
    ours, same = sum(len(own) for own, _ in found), best[best >= SAME]
    lowest = f" (overlap at least {np.floor(same.min() * 1000) / 1000:.3f})" if len(same) else ""
    return f"{len(same)} of {len(best)} boxes of the peer are ours too{lowest}; {ours} boxes of ours"


def pictures(video: Path) -> list[np.ndarray]:
    """Frames spread over a video, BGR, `SIZE`. Raises Skipped when there is no such file."""
    capture = cv2.VideoCapture(str(video))
    total = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    found = []
    for number in range(PICTURES):
        capture.set(cv2.CAP_PROP_POS_FRAMES, (number + 0.5) * total // PICTURES)
        good, frame = capture.read()
        if good:
            found.append(cv2.resize(frame, SIZE, interpolation=cv2.INTER_AREA))
    capture.release()
    if not found:
        raise Skipped(f"no frames in {video}")
    return found


def _ours(manifest: Manifest, model: Path, score: float) -> YuNet:
    models, _ = open_models(manifest, {model.name: model})
    return YuNet(models[model.name], score)


def _peer(model: Path, score: float) -> cv2.FaceDetectorYN:
    cv2.setNumThreads(1)
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)  # it warns of a target that nobody asked for
    return cv2.FaceDetectorYN.create(str(model), "", SIZE, score, NMS_OVERLAP, TOP_K)


def _boxes(detector: cv2.FaceDetectorYN, frame: np.ndarray) -> np.ndarray:
    faces = detector.detect(frame)[1]
    return np.empty((0, 4), np.float32) if faces is None else faces[:, :4]


ROW = Row("detect", "YuNet with our own decode", "cv2.FaceDetectorYN with the same model on the same 640x360 pictures",
          "pictures", prepare, clock="cpu", repetitions=9)
