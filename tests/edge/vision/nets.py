"""Small ONNX files with the inputs and outputs of real models, and manifests that name them."""
from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from edge.models.manifest import Manifest, ModelFile


def write_net(
    path: Path, side: int, size: int, outputs: Sequence[str] = ("out",), seed: int = 1, factor: float = 1.0,
    channels: int = 3,
) -> Path:
    """Float32 (1, channels, side, side) in; each output (1, size), linear in the picture, told apart by its place."""
    count = side // 8
    rng = np.random.default_rng(seed)
    weights = [numpy_helper.from_array(
        (factor * rng.normal(0, 0.01, (2, channels, 8, 8))).astype(np.float32), "filter")]
    weights.append(numpy_helper.from_array(
        rng.normal(0, 0.05, (2 * count * count, size)).astype(np.float32), "mix"))
    nodes = [
        helper.make_node("Conv", ["data", "filter"], ["conv"], strides=[8, 8]),
        helper.make_node("Flatten", ["conv"], ["flat"]),
        *(helper.make_node("MatMul", ["flat", "mix"], [name]) for name in outputs),
    ]
    given = [helper.make_tensor_value_info("data", TensorProto.FLOAT, [1, channels, side, side])]
    said = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, size]) for name in outputs]
    graph = helper.make_graph(nodes, "small", given, said, weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def with_file(manifest: Manifest, role: str, path: Path, at: int = 0) -> Manifest:
    """The manifest with another file of a role, the one at a place among its like."""
    data = path.read_bytes()
    old = manifest.all(role)[at]
    new = ModelFile(old.role, path.name, hashlib.sha256(data).hexdigest(), len(data))
    return dataclasses.replace(manifest, files=tuple(new if file == old else file for file in manifest.files))
