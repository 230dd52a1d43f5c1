"""Reads the tensors of a .pth file without PyTorch and without running anything that stands in it.

A .pth of PyTorch before 1.6 is four pickles (magic number, version, sizes, the tensors' names and shapes), the list of
storages, then each storage: its length and its numbers, little-endian (torch/serialization.py, `_legacy_save`). A
pickle is a program; ours is a machine of its own that knows some twenty of its instructions and two functions:
OrderedDict and the rebuilding of a tensor, which both only make entries here. Everything else is refused.
What is thousands of levels deep kills Python when it is hashed or shown: keys are texts, a list holds texts, and a
tuple in a tuple holds no further one.
"""
from __future__ import annotations

import io
import math
import pickletools
from typing import Any

import numpy as np

from edge.models.errors import HoldsCode, NotTensors

MAX_BYTES = 64 << 20
MAX_STEPS = 200_000
MAX_AXES = 5
MAGIC = 0x1950A86A20F9469CFC6C
VERSION = 1001
DTYPES: dict[str, np.dtype[Any]] = {"torch FloatStorage": np.dtype("<f4"), "torch LongStorage": np.dtype("<i8")}
DICT, TENSOR = "collections OrderedDict", "torch._utils _rebuild_tensor_v2"
CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
SELF_CONTAINED = {"BININT", "BININT1", "BININT2", "LONG1", "BINUNICODE"}
_MARK = object()


class _Name(str):
    """A global that a pickle asked for: its name alone."""


class _Dict(dict[str, Any]):
    """An OrderedDict, or what stands for the attributes of one."""


class _Storage:
    def __init__(self, kind: str, key: str, count: int) -> None:
        self.kind, self.key, self.count = kind, key, count


class _Tensor:
    def __init__(self, storage: _Storage, shape: tuple[int, ...]) -> None:
        self.storage, self.shape = storage, shape


def read_tensors(data: bytes) -> dict[str, np.ndarray]:
    """The tensors by name, float32 or int64. Raises NotTensors, HoldsCode."""
    if len(data) > MAX_BYTES:
        raise NotTensors(why=f"{len(data)} bytes")
    if data.startswith(b"PK"):  # P would be an order of pickle, and what follows depends on the time of day
        raise NotTensors(why="a zip of a later version")
    stream = io.BytesIO(data)
    if _pickle(stream) != MAGIC or _pickle(stream) != VERSION:
        raise NotTensors(why="magic number")
    sizes = _pickle(stream)
    if not isinstance(sizes, dict) or sizes.get("little_endian") is not True:
        raise NotTensors(why="byte order")
    named, keys = _pickle(stream), _pickle(stream)
    if not isinstance(named, _Dict) or not named or not all(isinstance(one, _Tensor) for one in named.values()):
        raise NotTensors(why="no tensors")
    storages = _storages(stream, keys, [tensor.storage for tensor in named.values()])
    return {name: storages[tensor.storage.key].reshape(tensor.shape) for name, tensor in named.items()}


def _storages(stream: io.BytesIO, keys: object, wanted: list[_Storage]) -> dict[str, np.ndarray]:
    """The numbers behind the pickles, by key. Every storage stands there once, and nothing after the last."""
    told = {storage.key: storage for storage in wanted}
    if not isinstance(keys, list) or sorted(keys) != sorted(told):
        raise NotTensors(why="storages")
    found = {}
    for key in keys:
        storage, count = told[key], stream.read(8)
        numbers = stream.read(storage.count * DTYPES[storage.kind].itemsize)
        if int.from_bytes(count, "little") != storage.count:
            raise NotTensors(why=f"length of {key}")
        if len(numbers) != storage.count * DTYPES[storage.kind].itemsize:
            raise NotTensors(why="it is cut off")
        found[key] = np.frombuffer(numbers, DTYPES[storage.kind])
    if stream.read(1):
        raise NotTensors(why="more bytes than it tells of")
    return found


def _pickle(stream: io.BytesIO) -> Any:
    """The value of the pickle that begins here. Raises NotTensors, HoldsCode."""
    machine = _Machine()
    try:
        for number, (opcode, argument, _) in enumerate(pickletools.genops(stream)):
            if number > MAX_STEPS:
                raise NotTensors(why="too long")
            if opcode.name == "STOP":
                return machine.pop()
            machine.step(opcode.name, argument)
    except (ValueError, IndexError, KeyError, TypeError, OverflowError) as error:
        raise NotTensors(why=str(error)[:100] or type(error).__name__) from None
    raise NotTensors(why="no end")


class _Machine:
    """Stack and memo of one pickle. A wrong program fails with one of the errors that `_pickle` catches."""

    def __init__(self) -> None:
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def pop(self) -> Any:
        return self._stack.pop()

    def step(self, name: str, argument: Any) -> None:
        """One instruction; those that only this machine's values can be made of."""
        if name in SELF_CONTAINED:
            self._stack.append(argument)
        elif name in CONSTANTS:
            self._stack.append(CONSTANTS[name])
        elif name in ("BINPUT", "LONG_BINPUT"):
            self._memo[argument] = self._stack[-1]
        elif name in ("BINGET", "LONG_BINGET"):
            self._stack.append(self._memo[argument])
        elif name != "PROTO":
            self._build(name, argument)

    def _build(self, name: str, argument: Any) -> None:
        stack = self._stack
        if name == "MARK":
            stack.append(_MARK)
        elif name == "EMPTY_TUPLE":
            stack.append(())
        elif name in ("TUPLE1", "TUPLE2", "TUPLE"):
            items = self._last({"TUPLE1": 1, "TUPLE2": 2, "TUPLE": None}[name])
            stack.append(tuple(_flat(item) for item in items))
        elif name == "EMPTY_DICT":
            stack.append(_Dict())
        elif name == "EMPTY_LIST":
            stack.append([])
        elif name in ("SETITEM", "SETITEMS"):
            items = self._last(2 if name == "SETITEM" else None)
            keys = [_typed(key, str) for key in items[::2]]
            _typed(stack[-1], _Dict).update(zip(keys, items[1::2], strict=True))
        elif name in ("APPEND", "APPENDS"):
            items = self._last(1 if name == "APPEND" else None)
            _typed(stack[-1], list).extend(_typed(item, str) for item in items)
        else:
            self._call(name, argument)

    def _call(self, name: str, argument: Any) -> None:
        stack = self._stack
        if name == "GLOBAL":
            if argument not in (DICT, TENSOR, *DTYPES):
                raise HoldsCode(what=str(argument)[:100])
            stack.append(_Name(argument))
        elif name == "BINPERSID":
            stack.append(_storage(stack.pop()))
        elif name == "REDUCE":
            arguments, function = stack.pop(), _typed(stack.pop(), _Name)
            if function == DICT and arguments == ():
                stack.append(_Dict())
            elif function == TENSOR:
                stack.append(_tensor(arguments))
            else:
                raise HoldsCode(what=function)
        elif name == "BUILD":  # the attributes of an OrderedDict; nothing here needs them
            _typed(stack.pop(), _Dict)
            _typed(stack[-1], _Dict)
        else:
            raise HoldsCode(what=name)

    def _last(self, count: int | None) -> list[Any]:
        """The newest values, `count` of them or all down to the mark, taken off the stack."""
        at = len(self._stack) - count if count is not None else _rindex(self._stack)
        if at < 0:
            raise IndexError("the stack is empty")
        values = self._stack[at + (count is None):]
        del self._stack[at:]
        return values


def _storage(told: tuple[Any, ...]) -> _Storage:
    word, kind, key, _device, count, view = told
    if word != "storage" or not isinstance(kind, _Name) or kind not in DTYPES or view is not None:
        raise ValueError("a storage of another kind")
    if not 0 <= _typed(count, int) <= MAX_BYTES:
        raise ValueError("a storage of another size")
    return _Storage(kind, _typed(key, str), count)


def _tensor(told: tuple[Any, ...]) -> _Tensor:
    """A tensor that is the whole of its storage, row by row."""
    storage, offset, shape, stride, _grad, _hooks = told
    shape = tuple(_typed(size, int) for size in _typed(shape, tuple))
    if len(shape) > MAX_AXES or min(shape, default=1) < 1 or math.prod(shape) != _typed(storage, _Storage).count:
        raise ValueError("a tensor of another shape than its storage")
    if offset != 0 or stride != tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape))):
        raise ValueError("a tensor that is a part of its storage")
    return _Tensor(storage, shape)


def _flat(value: Any) -> Any:
    """A part of a tuple: itself at most a tuple without tuples."""
    if isinstance(value, tuple) and any(isinstance(part, tuple) for part in value):
        raise ValueError("tuples within tuples")
    return value


def _typed(value: Any, kind: type) -> Any:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError(f"{type(value).__name__} instead of {kind.__name__}")
    return value


def _rindex(stack: list[Any]) -> int:
    for at in range(len(stack) - 1, -1, -1):
        if stack[at] is _MARK:
            return at
    raise IndexError("no mark")
