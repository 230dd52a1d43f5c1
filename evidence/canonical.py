"""Canonical bytes: RFC 8785 (JCS) JSON, whole numbers only, and strict reading back."""
from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Sequence
from typing import Any

import orjson
import rfc8785

from evidence.errors import BadRecord, LargerThan, NestedDeeper
from evidence.shape import MAX_INT

MAX_BYTES = 1 << 20
"""No record and no envelope is larger; a bigger message is refused before it is parsed."""
MAX_DEPTH = 32
"""Nesting of objects and lists; deeper ones are refused, the same on every machine."""
_JSON: frozenset[type] = frozenset({dict, list, tuple, str, int, bool, type(None)})
_TEXT: frozenset[type] = frozenset({str})
_LISTS: frozenset[type] = frozenset({list, tuple})
_FOUR_BYTES = re.compile(b"[\xf0-\xf4]")
"""What begins a character beyond the Basic Multilingual Plane in UTF-8."""


def canonical(value: object) -> bytes:
    """RFC 8785 bytes of a JSON value without floating-point numbers. Raises BadRecord."""
    _plain_values_only(value)
    return written(value)


def parse(data: bytes) -> dict[str, Any]:
    """The object in canonical bytes; anything not exactly canonical is refused, so one fact has one spelling."""
    value = load(data)
    check_spelling(value, data)
    return value


def load(data: bytes) -> dict[str, Any]:
    """The object in JSON bytes, whatever their spelling and its numbers. Raises BadRecord."""
    if len(data) > MAX_BYTES:
        raise BadRecord(why=LargerThan(size=len(data), most=MAX_BYTES))
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise BadRecord(why="not JSON") from None
    if not isinstance(value, dict):
        raise BadRecord(why="not a JSON object")
    return value


def check_spelling(value: dict[str, Any], data: bytes, known: str = "") -> None:
    """Hold what `load` gave against its canonical bytes. `known`: the key of a part that `evidence.shape.is_known`
    has looked at, so that nobody need look at it again. Raises BadRecord."""
    _plain_values_only({**value, known: None} if known else value)
    if written(value) != data:
        raise BadRecord(why="not in canonical form (RFC 8785)")


def sha256_hex(data: bytes) -> str:
    """Lower-case hex SHA-256."""
    return hashlib.sha256(data).hexdigest()


def written(value: object) -> bytes:
    """The same of a value that was looked at, so that it holds no fraction, no larger number and nothing that is not of
    JSON. Raises BadRecord for half a character."""
    try:
        data = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
        # Of whole numbers, texts and sorted keys it writes the bytes of the RFC, as its own library does, many times as
        # fast. Only keys beyond the Basic Multilingual Plane sort in another way there.
        if data.isascii() or not _FOUR_BYTES.search(data):
            return data
        return rfc8785.dumps(value)  # type: ignore[arg-type]
    except (rfc8785.CanonicalizationError, orjson.JSONEncodeError, UnicodeError):
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
    if isinstance(strange, float) and abs(strange) > MAX_INT:  # as one is read that is whole, and beyond 64 bits
        raise BadRecord(why="a number is larger than 2^53-1")
    if isinstance(strange, float):
        raise BadRecord(why="numbers in records are whole; put the unit into the name")
    raise BadRecord(why=f"a {type(strange).__name__} is not a JSON value")
