"""Writes .pth files as PyTorch did before version 1.6, and the weights of a small MiniFASNet."""
from __future__ import annotations

import math
import pickle
import struct
from collections.abc import Mapping

import numpy as np

HEAD = b"".join(
    pickle.dumps(value, 2) for value in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True, "type_sizes": {}}))


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def number(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)


def write_pth(tensors: Mapping[str, np.ndarray], extra: bytes = b"") -> bytes:
    """The bytes of a file; `extra` are instructions before the end of the dictionary of tensors."""
    program = b"\x80\x02ccollections\nOrderedDict\n)R("
    for key, (name, value) in enumerate(tensors.items()):
        kind = b"ctorch\nFloatStorage\n" if value.dtype == np.float32 else b"ctorch\nLongStorage\n"
        storage = b"(" + text("storage") + kind + text(str(key)) + text("cpu") + number(value.size) + b"NtQ"
        shape = b"(" + b"".join(map(number, value.shape)) + b"t"
        stride = b"(" + b"".join(
            number(math.prod(value.shape[axis + 1 :])) for axis in range(value.ndim)) + b"t"
        hooks = b"\x89ccollections\nOrderedDict\n)R"
        program += text(name) + b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + number(0) + shape + stride + hooks
        program += b"tR"
    program += b"u" + extra + b"."
    keys = pickle.dumps([str(key) for key in range(len(tensors))], 2)
    data = b"".join(struct.pack("<q", value.size) + value.tobytes() for value in tensors.values())
    return HEAD + program + keys + data


def small_net(squeeze: bool, width: int = 3, seed: int = 5) -> dict[str, np.ndarray]:
    """Weights of a MiniFASNet with `width` channels everywhere, with or without squeeze-and-excitation."""
    rng = np.random.default_rng(seed)
    found: dict[str, np.ndarray] = {}

    def put(name: str, *shape: int) -> None:
        found[f"module.{name}"] = rng.normal(0, 0.5, shape).astype(np.float32)

    def normal(name: str, size: int = width) -> None:
        for part in ("weight", "bias", "running_mean"):
            put(f"{name}.{part}", size)
        found[f"module.{name}.running_var"] = rng.uniform(0.5, 2, size).astype(np.float32)
        found[f"module.{name}.num_batches_tracked"] = np.array(7, np.int64)

    def conv(name: str, inputs: int, kernel: int, prelu: bool = True) -> None:
        put(f"{name}.conv.weight", width, inputs, kernel, kernel)
        normal(f"{name}.bn")
        if prelu:
            put(f"{name}.prelu.weight", width)

    def block(name: str) -> None:
        conv(f"{name}.conv", width, 1)
        conv(f"{name}.conv_dw", 1, 3)
        conv(f"{name}.project", width, 1, prelu=False)

    conv("conv1", 3, 3)
    conv("conv2_dw", 1, 3)
    for halving, stage, count in (("conv_23", "conv_3", 4), ("conv_34", "conv_4", 6), ("conv_45", "conv_5", 2)):
        block(halving)
        for number_ in range(count):
            block(f"{stage}.model.{number_}")
        if squeeze:
            module = f"{stage}.model.{count - 1}.se_module"
            put(f"{module}.fc1.weight", 2, width, 1, 1)
            normal(f"{module}.bn1", 2)
            put(f"{module}.fc2.weight", width, 2, 1, 1)
            normal(f"{module}.bn2")
    conv("conv_6_sep", width, 1)
    conv("conv_6_dw", 1, 5, prelu=False)
    put("linear.weight", 4, width)
    normal("bn", 4)
    put("prob.weight", 3, 4)
    return found
