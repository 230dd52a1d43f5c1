"""Models on ONNX Runtime: another provider is taken if it computes what the CPU does; files that lie are refused."""
from __future__ import annotations

import dataclasses
import logging
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from common.texts import words
from edge.models.errors import ModelBroken, ModelShape
from edge.models.manifest import Execution, Manifest, load_manifest
from edge.vision import runtime
from edge.vision.runtime import open_models
from tests.edge.models.pth import HEAD, small_net, write_pth
from tests.edge.vision.nets import write_net

CUDA, TENSORRT = "CUDAExecutionProvider", "TensorrtExecutionProvider"


@pytest.fixture
def net(tmp_path: Path) -> Path:
    return write_net(tmp_path / "net.onnx", 16, 4)


def manifest(*providers: str) -> Manifest:
    return dataclasses.replace(load_manifest("lab", {}), execution=Execution(providers))  # type: ignore[arg-type]


class Elsewhere:
    """What a provider that this machine lacks would be: the CPU's session, its answers bent by a factor."""

    def __init__(self, session: Any, factor: float) -> None:
        self._session, self._factor = session, factor

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def run(self, names: object, feed: object) -> list[np.ndarray]:
        return [self._factor * answer for answer in self._session.run(names, feed)]


def pretend(monkeypatch: pytest.MonkeyPatch, factors: dict[str, float | Exception]) -> None:
    real = onnxruntime.InferenceSession

    def session(source: object, options: object, providers: list[str]) -> Any:
        made = real(source, options, providers=["CPUExecutionProvider"])
        factor = factors.get(providers[0])
        if isinstance(factor, Exception):
            raise factor
        return made if factor is None else Elsewhere(made, factor)

    monkeypatch.setattr(runtime.onnxruntime, "InferenceSession", session)
    monkeypatch.setattr(runtime.onnxruntime, "get_available_providers", lambda: [*factors, "CPUExecutionProvider"])


@pytest.mark.parametrize(("wanted", "here", "taken"), [
    (("cpu",), {CUDA: 1.0}, "CPUExecutionProvider"),
    (("tensorrt", "cuda", "cpu"), {}, "CPUExecutionProvider"),
    (("tensorrt", "cuda", "cpu"), {CUDA: 1.0}, CUDA),
    (("tensorrt", "cuda", "cpu"), {TENSORRT: 1.005, CUDA: 1.0}, TENSORRT),
    (("tensorrt", "cuda", "cpu"), {TENSORRT: 1.1, CUDA: 1.0}, CUDA),
    (("tensorrt", "cuda", "cpu"), {TENSORRT: float("nan"), CUDA: RuntimeError("no driver")}, "CPUExecutionProvider"),
])
def test_the_best_provider_that_computes_the_same_is_taken(
    net: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
    wanted: tuple[str, ...], here: dict[str, Any], taken: str,
) -> None:
    pretend(monkeypatch, here)
    with caplog.at_level(logging.WARNING):
        models, provider = open_models(manifest(*wanted), {"net.onnx": net})
    assert provider == f"onnxruntime {onnxruntime.__version__} {taken}"
    passed_over = [name for name in here if "cuda" in wanted and name != taken and name == TENSORRT]
    assert all(any(name in record.getMessage() for record in caplog.records) for name in passed_over)
    assert models["net.onnx"].run(np.ones((1, 3, 16, 16), np.float32))[0].shape == (1, 4)


@pytest.mark.parametrize("data", [b"", b"no model", b"\x08\x07" * 100])
def test_an_onnx_file_that_is_none_is_refused_by_name(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "net.onnx").write_bytes(data)
    with pytest.raises(ModelBroken, match=r"net\.onnx of the model pack lab"):
        open_models(manifest("cpu"), {"net.onnx": tmp_path / "net.onnx"})


@pytest.mark.parametrize(("data", "why"), [
    (b"", "PyTorch"), (b"no pickle", "PyTorch"), (HEAD + b"\x80\x02cos\nsystem\n.", "os system"),
    (write_pth({"a": np.zeros(3, np.float32)}), "MiniFASNet"),
])
def test_a_pth_file_that_is_none_is_refused_by_name(tmp_path: Path, data: bytes, why: str) -> None:
    (tmp_path / "net.pth").write_bytes(data)
    with pytest.raises(ModelBroken, match=rf"net\.pth of the model pack lab.*{why}") as refused:
        open_models(manifest("cpu"), {"net.pth": tmp_path / "net.pth"})
    assert "模型包 lab 的文件 net.pth 无法加载" in words(refused.value, "zh")


def test_a_pth_file_runs_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "net.pth").write_bytes(write_pth(small_net(True)))
    models, _ = open_models(manifest("cpu"), {"net.pth": tmp_path / "net.pth"})
    models["net.pth"].check((1, 3, 80, 80), {"logits": (1, 3)})


def test_shapes_that_lie_are_refused(tmp_path: Path) -> None:
    nets = {
        "size": write_net(tmp_path / "size.onnx", 16, 5),
        "two": write_net(tmp_path / "two.onnx", 16, 4, ("out", "more")),
        "grey": write_net(tmp_path / "grey.onnx", 16, 4, channels=1),
        "nan": write_net(tmp_path / "nan.onnx", 16, 4, factor=float("inf")),
    }
    models, _ = open_models(manifest("cpu"), {path.name: path for path in nets.values()})
    shape = (1, 3, 16, 16)
    with pytest.raises(ModelShape, match="1 x 4 is needed, it has 1 x 5"):
        models["size.onnx"].check(shape, {"out": (1, 4)})
    with pytest.raises(ModelShape, match="other is needed, it has out"):
        models["size.onnx"].check(shape, {"other": (1, 4)})
    with pytest.raises(ModelShape, match="2 outputs"):
        models["two.onnx"].check(shape, 2)
    with pytest.raises(ModelBroken, match=r"grey\.onnx"):
        models["grey.onnx"].check(shape, 2)
    with pytest.raises(ModelBroken, match="NaN"):
        models["nan.onnx"].check(shape, 2)
    models["size.onnx"].check(shape, 2)
