"""Tensors out of .pth files: whole files are read, and a file with code, a torn or a lying one is refused, unrun."""
from __future__ import annotations

import io
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.models.errors import HoldsCode, NotTensors
from edge.models.torch_file import read_tensors
from tests.edge.models.pth import HEAD, number, text, write_pth

TENSORS = {
    "a.weight": np.arange(24, dtype=np.float32).reshape(2, 3, 4), "b": np.array(9, np.int64),
    "c": np.linspace(-1, 1, 5, dtype=np.float32),
}
WHOLE = write_pth(TENSORS)


def test_a_whole_file_is_read() -> None:
    found = read_tensors(WHOLE)
    assert list(found) == list(TENSORS)
    for name, value in TENSORS.items():
        assert found[name].dtype == value.dtype and found[name].shape == value.shape
        assert np.array_equal(found[name], value)


class Evil:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> object:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("place", ["instead", "inside", "sizes"])
def test_code_is_refused_and_not_run(place: str, tmp_path: Path) -> None:
    evil = pickle.dumps(Evil(tmp_path / "run"), 2)
    data = {
        "instead": HEAD + evil, "sizes": pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2) + evil,
        "inside": write_pth(TENSORS, extra=text("x") + evil[2:-1] + b"s"),
    }[place]
    with pytest.raises(HoldsCode, match="mkdir"):
        read_tensors(data)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("instruction", [
    b"i" + b"os\nsystem\n", b"\x82\x01", b"cos\nsystem\n", b"\x93", b"(cbuiltins\neval\no", b"\x81", b"\x92", b"P1\n",
    b"ctorch\nload\n", b"ctorch._utils\n_rebuild_parameter\n", b"\x8e" + b"\0" * 8,
])
def test_instructions_that_no_tensor_needs_are_refused(instruction: bytes) -> None:
    with pytest.raises((HoldsCode, NotTensors)):
        read_tensors(write_pth(TENSORS, extra=instruction))


def test_a_function_is_called_with_what_it_takes_only() -> None:
    with pytest.raises(HoldsCode, match="OrderedDict"):
        read_tensors(HEAD + b"\x80\x02ccollections\nOrderedDict\n(" + text("x") + b"tR.")
    with pytest.raises(HoldsCode, match="FloatStorage"):
        read_tensors(HEAD + b"\x80\x02ctorch\nFloatStorage\n)R.")


def test_a_zip_and_other_files_are_refused() -> None:
    bundle = io.BytesIO()
    with zipfile.ZipFile(bundle, "w") as file:
        file.writestr("archive/data.pkl", pickle.dumps({}))
    for data in (b"", b"no pickle", bundle.getvalue(), pickle.dumps({"a": 1}, 2), HEAD, HEAD + b"\x80\x02}.\x80\x02]."):
        with pytest.raises(NotTensors):
            read_tensors(data)


def test_a_file_that_is_cut_off_or_goes_on_is_refused() -> None:
    for data in (WHOLE[:-1], WHOLE[: len(WHOLE) // 2], WHOLE + b"x"):
        with pytest.raises(NotTensors):
            read_tensors(data)


def test_lengths_that_lie_cost_no_memory() -> None:
    huge = write_pth({"a": np.zeros(4, np.float32)})
    for count in (-1, 2**31 - 1):
        with pytest.raises(NotTensors):
            read_tensors(huge.replace(number(4), number(count)))
    with pytest.raises(NotTensors):  # a place in the memo is a key, not a size
        read_tensors(HEAD + b"\x80\x02" + b"r\xff\xff\xff\xff.")
    with pytest.raises(NotTensors):
        read_tensors(HEAD + b"\x80\x02" + b"(" * 300_000 + b".")


def test_a_tensor_must_be_the_whole_of_its_storage() -> None:
    part = write_pth({"a": np.zeros((2, 3), np.float32)})
    for old, new in ((number(2) + number(3), number(3) + number(1)), (number(3) + number(1), number(0) + number(0))):
        assert old in part
        with pytest.raises(NotTensors):
            read_tensors(part.replace(old, new))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=4))
def test_no_damage_gets_past_our_own_errors(damage: list[tuple[int, int]]) -> None:
    data = bytearray(WHOLE)
    for place, value in damage:
        data[place] = value
    try:
        found = read_tensors(bytes(data))
    except (NotTensors, HoldsCode):
        return
    assert all(isinstance(value, np.ndarray) and value.size <= 24 for value in found.values())


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_no_pickle_gets_past_our_own_errors(program: bytes) -> None:
    with pytest.raises((NotTensors, HoldsCode)):
        read_tensors(HEAD + program)


DEEP = b")" + b"\x85" * 150_000
NEW_DICT = b"ccollections\nOrderedDict\n)R"


@pytest.mark.parametrize("pickled", [
    NEW_DICT + DEEP + b"K\x01s.", NEW_DICT + text("a") + DEEP + b"s.", DEEP + b".", b"]" + DEEP + b"a.",
    b"](" + DEEP + b"e.", b"]" + b"]" * 1000 + b"a" * 1000 + b".", b"(" + text("storage") + DEEP + b"tQ.",
    b"(" + text("storage") + DEEP + text("0") + text("cpu") + b"K\x01NtQ.", NEW_DICT + b"K\x01K\x01s.",
    NEW_DICT * 1000 + b".", NEW_DICT + b"(" + DEEP + b"K\x01u.",
])
@pytest.mark.parametrize("place", ["magic", "sizes", "tensors", "keys"])
def test_what_is_too_deep_to_be_hashed_or_shown_is_refused(pickled: bytes, place: str) -> None:
    """In a process of its own this was a segmentation fault."""
    before = {"magic": b"", "sizes": pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2), "tensors": HEAD,
              "keys": WHOLE[: WHOLE.rindex(b"\x80\x02")]}[place]
    with pytest.raises((NotTensors, HoldsCode)):
        read_tensors(before + b"\x80\x02" + pickled)


@given(st.lists(st.sampled_from([
    b")", b"\x85", b"\x86", b"(", b"t", b"]", b"a", b"e", b"}", b"s", b"u", b"N", b"\x88", b"K\x01", b"Q", b"R", b"b",
    b"q\x00", b"h\x00", text("storage"), text("0"), b"ctorch\nFloatStorage\n", b"ccollections\nOrderedDict\n",
    b"ctorch._utils\n_rebuild_tensor_v2\n",
]), max_size=60).map(b"".join))
@settings(max_examples=300, deadline=None)
def test_any_program_of_known_instructions_is_tensors_or_one_of_our_errors(program: bytes) -> None:
    for before in (b"", HEAD):
        with pytest.raises((NotTensors, HoldsCode)):
            read_tensors(before + b"\x80\x02" + program + b".")
