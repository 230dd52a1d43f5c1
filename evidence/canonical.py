"""Canonical bytes: RFC 8785 (JCS) JSON, whole numbers only, and strict reading back."""
from __future__ import annotations

import hashlib
import json
from typing import Any

import rfc8785

from evidence.errors import BadRecord

MAX_BYTES = 1 << 20
"""No record is larger; a bigger message is refused before it is parsed."""


def canonical(value: object) -> bytes:
    """RFC 8785 bytes of a JSON value without floating-point numbers. Raises BadRecord."""
    _whole_numbers_only(value)
    try:
        return rfc8785.dumps(value)  # type: ignore[arg-type]
    except (rfc8785.CanonicalizationError, RecursionError, UnicodeError) as error:
        raise BadRecord(why=str(error)) from None


def parse(data: bytes) -> dict[str, Any]:
    """The object in canonical bytes; anything not exactly canonical is refused, so one fact has one spelling."""
    if len(data) > MAX_BYTES:
        raise BadRecord(why=f"{len(data)} bytes is more than {MAX_BYTES}")
    try:
        value = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise BadRecord(why=f"not JSON ({type(error).__name__})") from None
    if not isinstance(value, dict):
        raise BadRecord(why="not a JSON object")
    if canonical(value) != data:
        raise BadRecord(why="not in canonical form (RFC 8785)")
    return value


def sha256_hex(data: bytes) -> str:
    """Lower-case hex SHA-256."""
    return hashlib.sha256(data).hexdigest()


def _whole_numbers_only(value: object) -> None:
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, float):
            raise BadRecord(why="numbers in records are whole; put the unit into the name")
        if isinstance(item, dict):
            stack.extend(item.values())
        elif isinstance(item, (list, tuple)):
            stack.extend(item)
