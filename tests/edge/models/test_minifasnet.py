"""MiniFASNet as ONNX: computes what the authors' layers compute, and what a converter with PyTorch made of them."""
from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import pytest

from edge.models.errors import NotMiniFASNet
from edge.models.minifasnet import to_onnx
from tests.edge.models.pth import small_net, write_pth


def run(model: bytes | str, blob: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    answer: np.ndarray = session.run(None, {"input": blob})[0]
    return answer


class Plain:
    """The authors' net, layer by layer in NumPy: one picture (channels, height, width), float64."""

    def __init__(self, weights: Mapping[str, np.ndarray]) -> None:
        self._weights = {name.removeprefix("module."): value.astype(np.float64) for name, value in weights.items()}

    def run(self, x: np.ndarray) -> np.ndarray:
        w = self._weights
        x = self._conv(self._conv(x, "conv1", 2, 1), "conv2_dw", 1, 1)
        for halving, stage, count in (("conv_23", "conv_3", 4), ("conv_34", "conv_4", 6), ("conv_45", "conv_5", 2)):
            x = self._block(x, halving, 2)
            for number in range(count):
                inner, module = self._block(x, f"{stage}.model.{number}", 1), f"{stage}.model.{number}.se_module"
                if f"{module}.fc1.weight" in w:
                    weight = inner.mean(axis=(1, 2))
                    weight = self._normal(w[f"{module}.fc1.weight"][:, :, 0, 0] @ weight, f"{module}.bn1")
                    weight = np.maximum(weight, 0)
                    weight = self._normal(w[f"{module}.fc2.weight"][:, :, 0, 0] @ weight, f"{module}.bn2")
                    inner = inner / (1 + np.exp(-weight))[:, None, None]
                x = x + inner
        x = self._conv(self._conv(x, "conv_6_sep", 1, 0), "conv_6_dw", 1, 0)
        return w["prob.weight"] @ self._normal(w["linear.weight"] @ x.reshape(-1), "bn")

    def _block(self, x: np.ndarray, name: str, stride: int) -> np.ndarray:
        x = self._conv(self._conv(x, f"{name}.conv", 1, 0), f"{name}.conv_dw", stride, 1)
        return self._conv(x, f"{name}.project", 1, 0)

    def _conv(self, x: np.ndarray, name: str, stride: int, pad: int) -> np.ndarray:
        weight = self._weights[f"{name}.conv.weight"]
        kernel = weight.shape[2]
        x = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))
        seen = np.lib.stride_tricks.sliding_window_view(x, (kernel, kernel), (1, 2))[:, ::stride, ::stride]
        depthwise = weight.shape[1] == 1 and x.shape[0] == weight.shape[0]
        if depthwise:
            out = np.einsum("chwij,cij->chw", seen, weight[:, 0])
        else:
            out = np.einsum("chwij,dcij->dhw", seen, weight)
        out = self._normal(out, f"{name}.bn")
        slope = self._weights.get(f"{name}.prelu.weight")
        return out if slope is None else np.where(out > 0, out, out * slope[:, None, None])

    def _normal(self, x: np.ndarray, name: str) -> np.ndarray:
        weight, bias, mean, var = (
            self._weights[f"{name}.{part}"].reshape((-1,) + (1,) * (x.ndim - 1))
            for part in ("weight", "bias", "running_mean", "running_var"))
        return (x - mean) / np.sqrt(var + 1e-5) * weight + bias


@pytest.mark.parametrize("squeeze", [False, True])
def test_the_graph_computes_what_the_layers_compute(squeeze: bool) -> None:
    weights = small_net(squeeze)
    blob = np.random.default_rng(2).integers(0, 256, (1, 3, 80, 80)).astype(np.float32)
    ours, plain = run(to_onnx(write_pth(weights)), blob)[0], Plain(weights).run(blob[0].astype(np.float64))
    assert np.abs(plain).max() > 0.1
    assert np.abs(ours - plain).max() < 1e-4 * max(1, np.abs(plain).max())


@pytest.mark.parametrize("name", ["2.7_80x80_MiniFASNetV2", "4_0_0_80x80_MiniFASNetV1SE"])
def test_the_authors_weights_compute_what_another_converter_made_of_them(shared: Path, name: str) -> None:
    ours = to_onnx((shared / "models" / f"{name}.pth").read_bytes())
    session = onnxruntime.InferenceSession(ours, providers=["CPUExecutionProvider"])
    other = onnxruntime.InferenceSession(
        str(shared / "models" / f"{name}.onnx"), providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(3)
    pictures = [rng.integers(0, 256, (80, 80, 3)).astype(np.uint8) for _ in range(8)]
    for file in sorted((shared / "data" / "spoof" / "minivision").glob("*.jpg")):
        pictures.append(cv2.resize(cv2.imread(str(file)), (80, 80)))
    assert len(pictures) == 11
    for picture in pictures:
        blob = picture.transpose(2, 0, 1)[None].astype(np.float32)
        apart = session.run(None, {"input": blob})[0] - other.run(None, {"input": blob})[0]
        assert np.abs(apart).max() <= 1e-4


@pytest.mark.parametrize("change", ["missing", "more", "shape", "classes", "axes"])
def test_other_weights_are_refused_by_name(change: str) -> None:
    weights = small_net(False)
    if change == "missing":
        del weights["module.conv_4.model.3.project.bn.bias"]
    elif change == "more":
        weights["module.extra.weight"] = np.zeros(3, np.float32)
    elif change == "shape":
        weights["module.conv_23.project.conv.weight"] = np.zeros((4, 3, 1, 1), np.float32)
    elif change == "classes":
        weights["module.prob.weight"] = np.zeros((2, 4), np.float32)
    else:
        weights["module.conv1.conv.weight"] = np.zeros((3, 27), np.float32)
    with pytest.raises(NotMiniFASNet):
        to_onnx(write_pth(weights))
