"""Checked decoding: every wrong value names its key; nothing but BadShape comes out."""
from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.bodies import TYPES
from evidence.errors import BadShape
from evidence.shape import MAX_INT, MAX_ITEMS, MAX_TEXT, Between, Match, decode, encode, key


@dataclasses.dataclass(frozen=True)
class Leaf:
    name: Annotated[str, Match(r"[a-z]+", "letters")]


@dataclasses.dataclass(frozen=True)
class Tree:
    class_id: str = key("class")
    count: Annotated[int, Between(1, 9)]
    kind: Literal["a", "b", 1]
    flag: bool
    leaves: tuple[Leaf, ...]
    by_name: Mapping[str, Leaf]
    free: Mapping[str, Any]
    maybe: int | None
    also: Leaf | None = None
    given: int = 7


GOOD = {"class": "c", "count": 3, "kind": "a", "flag": True, "leaves": [{"name": "x"}], "by_name": {"k": {"name": "y"}},
        "free": {"z": [1]}, "maybe": None}


def test_a_good_document_and_its_way_back() -> None:
    tree = decode(Tree, GOOD, "doc")
    assert (tree.class_id, tree.leaves, tree.given) == ("c", (Leaf("x"),), 7)
    assert encode(tree) == {**GOOD, "also": None, "given": 7}
    assert decode(Tree, encode(tree), "doc") == tree


def test_what_may_be_null_may_be_left_out() -> None:
    without = {name: value for name, value in GOOD.items() if name != "maybe"}
    assert decode(Tree, without, "doc") == decode(Tree, GOOD, "doc")


@pytest.mark.parametrize(("change", "named"), [
    ({"class": 1}, "class: expected a text in quotation marks"),
    ({"class": "x" * (MAX_TEXT + 1)}, "class: the text is too long"),
    ({"count": 0}, "count: 0 is out of range (1 to 9)"),
    ({"count": True}, "count: expected a whole number"),
    ({"count": 1.0}, "count: expected a whole number"),
    ({"count": "1"}, "count: expected a whole number"),
    ({"kind": True}, "kind: expected one of: a, b, 1"),
    ({"kind": []}, "kind: expected one of: a, b, 1"),
    ({"flag": 1}, "flag: expected true or false"),
    ({"flag": None}, "flag: expected true or false"),
    ({"leaves": {}}, "leaves: expected a list"),
    ({"leaves": [1]}, "leaves.0: expected a table"),
    ({"leaves": [{"name": "x"}, {"name": "X"}]}, "leaves.1.name: expected letters"),
    ({"leaves": [{"name": "x\n"}]}, "leaves.0.name: expected letters"),
    ({"leaves": [{}]}, "leaves.0.name: is missing"),
    ({"leaves": [{"name": "x"}] * (MAX_ITEMS + 1)}, "leaves: the list is too long"),
    ({"by_name": {"k": 1}}, "by_name.k: expected a table"),
    ({"free": []}, "free: expected a table"),
    ({"maybe": MAX_INT + 1}, "maybe: the number is too large"),
    ({"also": 5}, "also: expected a table"),
])
def test_a_wrong_value_names_document_and_key(change: dict[str, object], named: str) -> None:
    with pytest.raises(BadShape) as caught:
        decode(Tree, {**GOOD, **change}, "doc")
    assert str(caught.value) == f"doc: {named}"


def test_unknown_keys_are_refused_only_when_strict() -> None:
    assert decode(Tree, {**GOOD, "new": 1}, "doc")
    with pytest.raises(BadShape, match="doc: new: is not a known key"):
        decode(Tree, {**GOOD, "new": 1}, "doc", strict=True)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted(TYPES)), st.data())
def test_no_value_breaks_a_body(name: str, data: st.DataObject) -> None:
    keys = [field.metadata.get("key", field.name) for field in dataclasses.fields(TYPES[name])]
    value = data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(keys, VALUES)) | VALUES)
    try:
        decode(TYPES[name], value, name)
    except BadShape as error:
        assert str(error).startswith(f"{name}: ")


@pytest.mark.parametrize("text", ["\ud800", "王\udc80", "\ud83d\ude00"[:1]])
def test_half_a_character_is_no_text(text: str) -> None:
    with pytest.raises(BadShape, match="name: the text holds half a character"):
        decode(Named, {"name": text}, "it")


@dataclasses.dataclass(frozen=True)
class Named:
    name: str
