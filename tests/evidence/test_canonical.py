"""Canonical bytes and strict reading: whatever the bytes, only our own errors come out."""
from __future__ import annotations

import contextlib
import json

import orjson
import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from evidence.canonical import MAX_BYTES, MAX_DEPTH, canonical, parse
from evidence.errors import BadRecord

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), JSON, max_size=4))
def test_parse_is_the_inverse_of_canonical(value: dict[str, object]) -> None:
    assert parse(canonical(value)) == value


@given(st.dictionaries(st.text(max_size=4), JSON, max_size=4))
@example({"\U0001f600": 1, "\uffff": 2, "\ue000": "\x7f\u2028\x1f\t\\\"/"})
def test_the_bytes_are_those_of_the_library_of_the_rfc(value: dict[str, object]) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@given(st.binary(max_size=60) | st.text(max_size=40).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_give_a_value_or_our_error(data: bytes) -> None:
    try:
        value = parse(data)
    except BadRecord:
        return
    assert canonical(value) == data


@given(st.recursive(JSON | st.floats() | st.integers(-(2**70), 2**70), lambda inner: st.lists(inner, max_size=3)
                    | st.dictionaries(st.text(max_size=3), inner, max_size=3), max_leaves=6))
def test_of_other_numbers_no_spelling_is_taken(value: object) -> None:
    """By whichever library they were written: what is taken is read as the standard library reads it, and is whole."""
    for data in spellings({"a": value}):
        try:
            read = parse(data)
        except BadRecord:
            continue
        assert read == json.loads(data, parse_float=pytest.fail, parse_constant=pytest.fail)
        assert rfc8785.dumps(read) == data


def spellings(value: object) -> list[bytes]:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    made = [text.encode("utf-8", "surrogatepass")]
    with contextlib.suppress(TypeError):
        made.append(orjson.dumps(value, option=orjson.OPT_SORT_KEYS))
    with contextlib.suppress(rfc8785.CanonicalizationError, UnicodeError):
        made.append(rfc8785.dumps(value))  # type: ignore[arg-type]
    return made


@pytest.mark.parametrize(("number", "why"), [
    (b"1.5", "whole"), (b"1e2", "whole"), (b"9007199254740992", "larger"), (b"-9007199254740992", "larger"),
    (b"18446744073709551616", "larger"), (b"-9223372036854775809", "larger")])
def test_a_number_is_refused_with_what_is_wrong_about_it(number: bytes, why: str) -> None:
    with pytest.raises(BadRecord, match=why):
        parse(b'{"a":' + number + b"}")


@pytest.mark.parametrize("data", [
    b"", b"\xff", b"\xef\xbb\xbf{}", b"null", b"[]", b'"x"', b"{} ", b"{}\n", b'{"a":1.0}', b'{"a":1e2}', b'{"a":-0}',
    b'{"a":NaN}', b'{"a":Infinity}', b'{"a":1,"a":1}', b'{"b":1,"a":1}', b'{"a":"\\u0041"}', b'{"a":"\\ud800"}',
    b'{"\\ud800":1}', b'{"a":9007199254740992}', b'{"a":-9007199254740992}', b'{"a":' + b"9" * 5000 + b"}",
    b'{"a":' * 5000 + b"1" + b"}" * 5000, b'{"a":' + b"[" * 100_000, b'{"a":"' + b"x" * MAX_BYTES + b'"}',
    b'{"a": 1}', b"{'a':1}", b'{"a":tru}', b'{"a":"\x00"}', b'{"a":"\xed\xa0\x80"}',
])
def test_what_is_not_canonical_is_refused(data: bytes) -> None:
    with pytest.raises(BadRecord):
        parse(data)


@pytest.mark.parametrize("value", [
    {"a": 0.5}, {"a": float("nan")}, {"a": [float("inf")]}, {"a": 2**53}, {"a": -(2**53)}, {"a": 10**400},
    {"a": "\ud800"}, {"\udfff": 1}, {1: 2}, {None: 2}, {"a": b"x"}, {"a": {1, 2}}, {"a": object()},
])
def test_what_json_cannot_say_is_refused(value: object) -> None:
    with pytest.raises(BadRecord):
        canonical(value)


def test_nesting_is_bounded_at_the_same_depth_everywhere() -> None:
    deepest = json.loads('{"a":' + "[" * (MAX_DEPTH - 1) + "1" + "]" * (MAX_DEPTH - 1) + "}")
    assert parse(canonical(deepest)) == deepest
    for empty in ("", "1"):
        with pytest.raises(BadRecord, match="deep"):
            parse(b'{"a":' + b"[" * MAX_DEPTH + empty.encode() + b"]" * MAX_DEPTH + b"}")


def test_the_largest_whole_numbers_are_exact() -> None:
    assert canonical({"a": 2**53 - 1, "b": -(2**53) + 1}) == b'{"a":9007199254740991,"b":-9007199254740991}'


def test_keys_are_sorted_by_utf16_units() -> None:
    assert canonical({"\U0001f600": 1, "\uffff": 2}) == '{"\U0001f600":1,"\uffff":2}'.encode()
