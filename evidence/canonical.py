"""Canonical bytes: RFC 8785 (JCS) JSON, whole numbers only, and strict reading back."""
from __future__ import annotations

import hashlib
import json
import typing
from collections.abc import Iterable
from typing import Any

import rfc8785

from evidence.errors import BadRecord, LargerThan, NestedDeeper

MAX_BYTES = 1 << 20
"""No record and no envelope is larger; a bigger message is refused before it is parsed."""
MAX_DEPTH = 32
"""Nesting of objects and lists; deeper ones are refused, the same on every machine."""


def canonical(value: object) -> bytes:
    """RFC 8785 bytes of a JSON value without floating-point numbers. Raises BadRecord."""
    _plain_values_only(value)
    try:
        return rfc8785.dumps(value)  # type: ignore[arg-type]
    except (rfc8785.CanonicalizationError, UnicodeError):
        raise BadRecord(why="no canonical JSON") from None


def parse(data: bytes) -> dict[str, Any]:
    """The object in canonical bytes; anything not exactly canonical is refused, so one fact has one spelling."""
    if len(data) > MAX_BYTES:
        raise BadRecord(why=LargerThan(size=len(data), most=MAX_BYTES))
    try:
        value = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        raise BadRecord(why="not JSON") from None
    if not isinstance(value, dict):
        raise BadRecord(why="not a JSON object")
    if canonical(value) != data:
        raise BadRecord(why="not in canonical form (RFC 8785)")
    return value


def sha256_hex(data: bytes) -> str:
    """Lower-case hex SHA-256."""
    return hashlib.sha256(data).hexdigest()


def _plain_values_only(value: object) -> None:
    level = _containers([value])
    for _ in range(MAX_DEPTH):
        if not level:
            return
        level = [inner for item in level for inner in _containers(_children(item))]
    if level:
        raise BadRecord(why=NestedDeeper(most=MAX_DEPTH))


def _containers(items: Iterable[object]) -> list[object]:
    """The objects and lists among `items`; the others must be plain values."""
    found: list[object] = []
    for item in items:
        if isinstance(item, (dict, list, tuple)):
            found.append(item)
        elif isinstance(item, float):
            raise BadRecord(why="numbers in records are whole; put the unit into the name")
        elif not (item is None or isinstance(item, (bool, int, str))):
            raise BadRecord(why=f"a {type(item).__name__} is not a JSON value")
    return found


def _children(item: object) -> Iterable[object]:
    if not isinstance(item, dict):
        return typing.cast(Iterable[object], item)
    if not all(isinstance(name, str) for name in item):
        raise BadRecord(why="a key is not a text")
    return item.values()
