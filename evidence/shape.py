"""Checked decoding of JSON-like values into frozen dataclasses, for records, orders, policies and configuration.

What a value may be is said by the type hints alone: `bool`, `int`, `str`, `Literal`, `X | None`, `tuple[X, ...]`,
`Mapping[str, X]`, dataclasses, and `Annotated[int, Between(...)]`, `Annotated[str, Match(...)]`.
A key whose value may be None may be left out.
"""
from __future__ import annotations

import dataclasses
import functools
import re
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from evidence.errors import BadShape

MAX_INT = 2**53 - 1
MAX_TEXT = 65536
MAX_ITEMS = 100_000

T = TypeVar("T")


@dataclasses.dataclass(frozen=True)
class Between:
    """An integer from `low` to `high`, both included."""

    low: int
    high: int = MAX_INT


@dataclasses.dataclass(frozen=True)
class Match:
    """A text that the whole pattern matches; `what` says it in words."""

    pattern: str
    what: str


def key(name: str, **options: Any) -> Any:
    """A dataclass field whose key in the document is `name` (for names that Python reserves)."""
    return dataclasses.field(metadata={"key": name}, **options)


def decode(cls: type[T], value: object, where: str, strict: bool = False) -> T:
    """Build `cls` from a parsed document. `strict` refuses unknown keys; records keep them for later versions.

    Raises BadShape with the document's name and the key's path.
    """
    return typing.cast(T, _value(cls, value, _At(where, "", strict)))


@dataclasses.dataclass(frozen=True)
class _At:
    where: str
    path: str
    strict: bool

    def __truediv__(self, part: object) -> _At:
        return dataclasses.replace(self, path=f"{self.path}.{part}" if self.path else str(part))

    def bad(self, why: str) -> BadShape:
        return BadShape(where=self.where, key=self.path or "(whole)", why=why)


@functools.cache
def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls, include_extras=True)


def _value(hint: Any, value: object, at: _At) -> object:
    origin = typing.get_origin(hint)
    if origin is typing.Annotated:
        return _annotated(hint, value, at)
    if origin is typing.Literal:
        return _literal(hint, value, at)
    if origin in (types.UnionType, typing.Union):
        inner = [arg for arg in typing.get_args(hint) if arg is not type(None)]
        return None if value is None else _value(inner[0], value, at)
    if origin is tuple:
        return _items(typing.get_args(hint)[0], value, at)
    if origin is Mapping or hint is Mapping:
        return _mapping(hint, value, at)
    if dataclasses.is_dataclass(hint):
        return _dataclass(typing.cast(type, hint), value, at)
    return _plain(hint, value, at)


def _plain(hint: Any, value: object, at: _At) -> object:
    if hint is bool and isinstance(value, bool):
        return value
    if hint is int and isinstance(value, int) and not isinstance(value, bool):
        if abs(value) > MAX_INT:
            raise at.bad("the number is too large")
        return value
    if hint is str and isinstance(value, str):
        if len(value) > MAX_TEXT:
            raise at.bad("the text is too long")
        return value
    words = {bool: "true or false", int: "a whole number", str: "a text"}
    raise at.bad(f"expected {words.get(hint, hint)}")


def _annotated(hint: Any, value: object, at: _At) -> object:
    base, *rules = typing.get_args(hint)
    result = _value(base, value, at)
    for rule in rules:
        if isinstance(rule, Between) and isinstance(result, int) and not rule.low <= result <= rule.high:
            raise at.bad(f"{result} is out of range ({rule.low} to {rule.high})")
        if isinstance(rule, Match) and isinstance(result, str) and not re.fullmatch(rule.pattern, result, re.ASCII):
            raise at.bad(f"expected {rule.what}")
    return result


def _literal(hint: Any, value: object, at: _At) -> object:
    choices = typing.get_args(hint)
    for choice in choices:
        if type(choice) is type(value) and choice == value:
            return value
    raise at.bad("expected one of: " + ", ".join(str(choice) for choice in choices))


def _items(hint: Any, value: object, at: _At) -> tuple[object, ...]:
    if not isinstance(value, list):
        raise at.bad("expected a list")
    if len(value) > MAX_ITEMS:
        raise at.bad("the list is too long")
    return tuple(_value(hint, item, at / index) for index, item in enumerate(value))


def _mapping(hint: Any, value: object, at: _At) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise at.bad("expected a table")
    args = typing.get_args(hint)
    if not args or args[1] in (object, Any):
        return types.MappingProxyType(value)
    return types.MappingProxyType({name: _value(args[1], item, at / name) for name, item in value.items()})


def _dataclass(cls: type, value: object, at: _At) -> object:
    if not isinstance(value, dict):
        raise at.bad("expected a table")
    hints, fields, known = _hints(cls), {}, set()
    for field in dataclasses.fields(cls):
        name = field.metadata.get("key", field.name)
        known.add(name)
        if name in value:
            fields[field.name] = _value(hints[field.name], value[name], at / name)
        elif type(None) in typing.get_args(hints[field.name]):
            fields[field.name] = None
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise (at / name).bad("is missing")
    unknown = sorted(set(value) - known)
    if at.strict and unknown:
        raise (at / unknown[0]).bad("is not a known key")
    return cls(**fields)


def encode(value: object) -> Any:
    """The plain JSON-like value of a dataclass tree: the inverse of `decode`."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.metadata.get("key", f.name): encode(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {name: encode(item) for name, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [encode(item) for item in value]
    return value
