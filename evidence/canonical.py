"""Canonical bytes: RFC 8785 (JCS) JSON, whole numbers only, and strict reading back."""
from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections.abc import Sequence
from typing import Any

import rfc8785

from evidence.errors import BadRecord, LargerThan, NestedDeeper
from evidence.shape import MAX_INT

MAX_BYTES = 1 << 20
"""No record and no envelope is larger; a bigger message is refused before it is parsed."""
MAX_DEPTH = 32
"""Nesting of objects and lists; deeper ones are refused, the same on every machine."""
_JCS = json.JSONEncoder(ensure_ascii=False, check_circular=False, sort_keys=True, separators=(",", ":"))
_JSON: frozenset[type] = frozenset({dict, list, tuple, str, int, bool, type(None)})
_TEXT: frozenset[type] = frozenset({str})
_LISTS: frozenset[type] = frozenset({list, tuple})
_FOUR_BYTES = re.compile(b"[\xf0-\xf4]")
"""What begins a character beyond the Basic Multilingual Plane in UTF-8."""
_SEEN = bytes.maketrans(b"123456789,[-", b"000000000:::")
_LARGE = b":" + b"0" * len(str(MAX_INT))
"""A number with as many digits as the largest one, seen through `_SEEN`."""


class _Fraction(Exception):
    """A number that is not whole."""


def _refuse_fraction(_text: str) -> Any:
    raise _Fraction


_WHOLE = json.JSONDecoder(parse_float=_refuse_fraction, parse_constant=_refuse_fraction)


def canonical(value: object, known: str = "") -> bytes:
    """RFC 8785 bytes of a JSON value without floating-point numbers. Raises BadRecord.

    `known`: the key of a part that `evidence.shape.decode_known` has read, so that nobody need look at it again.
    """
    _plain_values_only(_but(value, known))
    return _written(value)


def parse(data: bytes) -> dict[str, Any]:
    """The object in canonical bytes; anything not exactly canonical is refused, so one fact has one spelling."""
    value, plain = load(data)
    check_spelling(value, data, plain)
    return value


def load(data: bytes) -> tuple[dict[str, Any], bool]:
    """The object in JSON bytes, whatever their spelling, and whether nobody need look for what `canonical` refuses.
    Raises BadRecord."""
    if len(data) > MAX_BYTES:
        raise BadRecord(why=LargerThan(size=len(data), most=MAX_BYTES))
    try:
        text = data.decode("utf-8")
        try:
            value, whole = _WHOLE.decode(text), True
        except _Fraction:
            value, whole = json.loads(text), False
    except (ValueError, RecursionError):
        raise BadRecord(why="not JSON") from None
    if not isinstance(value, dict):
        raise BadRecord(why="not a JSON object")
    # Brackets and numbers in texts count as well: then it is looked at, and found to be plain.
    shallow = data.count(b"{") + data.count(b"[") <= MAX_DEPTH
    return value, whole and shallow and _LARGE not in data.translate(_SEEN)


def check_spelling(value: dict[str, Any], data: bytes, plain: bool, known: str = "") -> None:
    """Hold what `load` gave against its canonical bytes; `known` as in `canonical`. Raises BadRecord."""
    if not plain:
        _plain_values_only(_but(value, known))
    if _written(value) != data:
        raise BadRecord(why="not in canonical form (RFC 8785)")


def sha256_hex(data: bytes) -> str:
    """Lower-case hex SHA-256."""
    return hashlib.sha256(data).hexdigest()


def _but(value: object, known: str) -> object:
    return {**value, known: None} if known and isinstance(value, dict) else value


def _written(value: object) -> bytes:
    try:
        data = _JCS.encode(value).encode("utf-8")
        # Of whole numbers, texts and sorted keys the standard library writes the same bytes, ten times as fast. Only
        # keys beyond the Basic Multilingual Plane sort in another way there.
        if data.isascii() or not _FOUR_BYTES.search(data):
            return data
        return rfc8785.dumps(value)  # type: ignore[arg-type]
    except (rfc8785.CanonicalizationError, UnicodeError):
        raise BadRecord(why="no canonical JSON") from None


def _plain_values_only(value: object) -> None:
    """A level of the tree at a time, by calls that loop in C: this is done for every record that is made or read."""
    level: list[object] = [value]
    for depth in range(MAX_DEPTH + 1):
        kinds = set(map(type, level))
        if not kinds <= _JSON:
            _refuse_strange(level)
        if int in kinds:
            numbers: list[int] = [item for item in level if type(item) is int]
            if min(numbers) < -MAX_INT or max(numbers) > MAX_INT:
                raise BadRecord(why="a number is larger than 2^53-1")
        objects: list[dict[str, object]] = [item for item in level if type(item) is dict] if dict in kinds else []
        if not set(map(type, itertools.chain.from_iterable(objects))) <= _TEXT:
            raise BadRecord(why="a key is not a text")
        lists: list[Sequence[object]] = (
            [item for item in level if isinstance(item, (list, tuple))] if kinds & _LISTS else [])
        if not objects and not lists:
            return
        if depth == MAX_DEPTH:
            raise BadRecord(why=NestedDeeper(most=MAX_DEPTH))
        level = [*itertools.chain(*map(dict.values, objects)), *itertools.chain(*lists)]


def _refuse_strange(level: Sequence[object]) -> None:
    """Raises BadRecord for the first of these that no record may hold."""
    strange = next(item for item in level if type(item) not in _JSON)
    if isinstance(strange, float):
        raise BadRecord(why="numbers in records are whole; put the unit into the name")
    raise BadRecord(why=f"a {type(strange).__name__} is not a JSON value")
