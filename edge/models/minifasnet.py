"""The authors' MiniFASNet weights (.pth) as an ONNX graph, without PyTorch.

Source: minivision-ai/Silent-Face-Anti-Spoofing, src/model_lib/MiniFASNet.py. Widths come from the weights themselves;
strides, paddings and the order of the blocks are the authors'. Batch normalisation stays a node of its own: ONNX
Runtime folds it. Which net it is shows in the weights: the SE one has squeeze-and-excitation at the end of its stages.
"""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from edge.models.errors import NotMiniFASNet
from edge.models.torch_file import read_tensors

OPSET = 17
IR_VERSION = 8
EPSILON = 1e-5
STAGES = (("conv_23", "conv_3", 4), ("conv_34", "conv_4", 6), ("conv_45", "conv_5", 2))
"""A block that halves the picture, then residual blocks, and how many of them."""
PREFIX = "module."
INPUT = (1, 3, 80, 80)
CLASSES = 3


def to_onnx(pth: bytes) -> bytes:
    """The ONNX model: `input` float32 (1, 3, 80, 80), BGR 0-255; `logits` (1, 3). Raises NotTensors, HoldsCode,
    NotMiniFASNet."""
    tensors = {name.removeprefix(PREFIX): value for name, value in read_tensors(pth).items()}
    graph = _Graph(tensors)
    try:
        graph.net()
        onnx.checker.check_model(model := graph.model(), full_check=True)
    except KeyError as error:
        raise NotMiniFASNet(why=str(error.args[0])[:100]) from None
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise NotMiniFASNet(why=str(error).splitlines()[0][:100]) from None
    if left := set(tensors) - graph.used - {name for name in tensors if name.endswith(".num_batches_tracked")}:
        raise NotMiniFASNet(why=min(left)[:100])
    return bytes(model.SerializeToString())


class _Graph:
    """Nodes in order; each method adds some behind `at` and returns the name of their output."""

    def __init__(self, tensors: Mapping[str, np.ndarray]) -> None:
        self._tensors = tensors
        self.used: set[str] = set()
        self._nodes: list[onnx.NodeProto] = []
        self._weights: dict[str, onnx.TensorProto] = {}

    def net(self) -> None:
        """The whole net, from `input` to `logits`."""
        at = self._prelu(self._conv_bn("input", "conv1", stride=2, pad=1), "conv1")
        at = self._prelu(self._conv_bn(at, "conv2_dw", pad=1), "conv2_dw")
        for halving, stage, count in STAGES:
            at = self._block(at, halving, stride=2)
            for number in range(count):
                name = f"{stage}.model.{number}"
                inner = self._block(at, name, stride=1)
                if f"{name}.se_module.fc1.weight" in self._tensors:
                    inner = self._squeeze(inner, f"{name}.se_module")
                at = self._add("Add", [at, inner], f"{name}.sum")
        at = self._prelu(self._conv_bn(at, "conv_6_sep"), "conv_6_sep")
        at = self._add("Flatten", [self._conv_bn(at, "conv_6_dw")], "flat", axis=1)
        at = self._add("Gemm", [at, self._weight("linear.weight")], "embedding", transB=1)
        at = self._normal(at, "bn")
        self._add("Gemm", [at, self._weight("prob.weight")], "logits", transB=1)

    def model(self) -> onnx.ModelProto:
        """The nodes so far as a model."""
        given = helper.make_tensor_value_info("input", TensorProto.FLOAT, INPUT)
        said = helper.make_tensor_value_info("logits", TensorProto.FLOAT, (1, CLASSES))
        graph = helper.make_graph(self._nodes, "minifasnet", [given], [said], list(self._weights.values()))
        return helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="zaitang")

    def _block(self, at: str, name: str, stride: int) -> str:
        """Depth_Wise: widen, filter each channel, narrow."""
        at = self._prelu(self._conv_bn(at, f"{name}.conv"), f"{name}.conv")
        at = self._prelu(self._conv_bn(at, f"{name}.conv_dw", stride, pad=1), f"{name}.conv_dw")
        return self._conv_bn(at, f"{name}.project")

    def _squeeze(self, at: str, name: str) -> str:
        """SEModule: weigh the channels by what all of the picture says."""
        inner = self._add("GlobalAveragePool", [at], f"{name}.pool")
        inner = self._normal(self._conv(inner, f"{name}.fc1"), f"{name}.bn1")
        inner = self._add("Relu", [inner], f"{name}.relu")
        inner = self._normal(self._conv(inner, f"{name}.fc2"), f"{name}.bn2")
        inner = self._add("Sigmoid", [inner], f"{name}.sigmoid")
        return self._add("Mul", [at, inner], f"{name}.scaled")

    def _conv_bn(self, at: str, name: str, stride: int = 1, pad: int = 0) -> str:
        return self._normal(self._conv(at, f"{name}.conv", stride, pad), f"{name}.bn")

    def _conv(self, at: str, name: str, stride: int = 1, pad: int = 0) -> str:
        """A depthwise one has weights for one channel and as many groups as it has filters."""
        weight = self._tensors[f"{name}.weight"]
        depthwise = weight.ndim == 4 and weight.shape[1] == 1
        return self._add(
            "Conv", [at, self._weight(f"{name}.weight")], name, strides=[stride] * 2, pads=[pad] * 4,
            group=weight.shape[0] if depthwise else 1)

    def _normal(self, at: str, name: str) -> str:
        weights = [self._weight(f"{name}.{part}") for part in ("weight", "bias", "running_mean", "running_var")]
        return self._add("BatchNormalization", [at, *weights], name, epsilon=EPSILON)

    def _prelu(self, at: str, name: str) -> str:
        return self._add("PRelu", [at, self._weight(f"{name}.prelu.weight", (-1, 1, 1))], f"{name}.prelu")

    def _weight(self, name: str, shape: tuple[int, ...] | None = None) -> str:
        value = self._tensors[name]
        self.used.add(name)
        self._weights[name] = numpy_helper.from_array(value.reshape(shape) if shape else value, name)
        return name

    def _add(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self._nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output
