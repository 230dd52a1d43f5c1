"""YuNet with its size left open: the same net as one that was fixed to 640 x 640."""
from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from edge.models.yunet import free_size
from edge.vision.yunet import OUTPUTS
from tests.edge.vision.nets import write_net


def run(model: bytes, blob: np.ndarray) -> list[np.ndarray]:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    answer: list[np.ndarray] = session.run(OUTPUTS, {"input": blob})
    return answer


def test_a_file_of_one_size_finds_in_pictures_of_any(shared: Path) -> None:
    """The file of 2023 is not here: that of 2026 is fixed to 640 x 640 as that one is, and freed again."""
    open_size = (shared / "models" / "face_detection_yunet_2026may.onnx").read_bytes()
    model = onnx.load_model_from_string(open_size)
    for axis in (2, 3):
        model.graph.input[0].type.tensor_type.shape.dim[axis].dim_value = 640
    for output in model.graph.output:
        stride = int(output.name.split("_")[1])
        output.type.tensor_type.shape.dim[1].dim_value = (640 // stride) ** 2
    fixed = onnx.shape_inference.infer_shapes(model).SerializeToString()
    blob = np.random.default_rng(1).integers(0, 256, (1, 3, 96, 160)).astype(np.float32)
    with pytest.raises(Exception, match="invalid dimensions"):
        run(fixed, blob)
    for ours, theirs in zip(run(free_size(fixed), blob), run(open_size, blob), strict=True):
        assert np.array_equal(ours, theirs)
    assert free_size(open_size) == open_size


def test_what_is_no_model_of_pictures_is_left_to_be_refused(tmp_path: Path) -> None:
    assert free_size(b"no model") == b"no model" and free_size(b"") == b""
    small = write_net(tmp_path / "net.onnx", 16, 4).read_bytes()
    assert onnx.load_model_from_string(free_size(small)).graph.node == onnx.load_model_from_string(small).graph.node
