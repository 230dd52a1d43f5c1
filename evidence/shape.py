"""Checked decoding of JSON-like values into frozen dataclasses, for records, orders, policies and configuration.

What a value may be is said by the type hints alone: `bool`, `int`, `str`, `Literal`, `X | None`, `tuple[X, ...]`,
`Mapping[str, X]`, dataclasses, and `Annotated[int, Between(...)]`, `Annotated[str, Match(...), Such(...)]`.
A key whose value may be None may be left out.
"""
from __future__ import annotations

import dataclasses
import functools
import re
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from evidence.errors import BadInput, BadShape, Expected, ExpectedOneOf, OutOfRange
from evidence.limits import MAX_INT as MAX_INT
from evidence.limits import MAX_ITEMS as MAX_ITEMS
from evidence.limits import MAX_TEXT as MAX_TEXT
from evidence.limits import Between as Between
from evidence.limits import Match as Match
from evidence.limits import Such as Such
from evidence.limits import is_whole_text as is_whole_text
from evidence.straight import Unusual, checker, straight, writer

T = TypeVar("T")


def key(name: str, **options: Any) -> Any:
    """A dataclass field whose key in the document is `name` (for names that Python reserves)."""
    return dataclasses.field(metadata={"key": name}, **options)


def decode(cls: type[T], value: object, where: str, strict: bool = False) -> T:
    """Build `cls` from a parsed document. `strict` refuses unknown keys; records keep them for later versions.

    Raises BadShape with the document's name and the key's path.
    """
    try:
        return typing.cast(T, _straight(typing.cast(Any, cls), strict)(value))
    except (Unusual, KeyError, _Bad):
        return _worded(cls, value, where, strict)


def _worded(cls: type[T], value: object, where: str, strict: bool) -> T:
    """The same by those who say what is wrong, or that nothing is."""
    try:
        return typing.cast(T, _reader(typing.cast(Any, cls), strict)(value))
    except _Bad as bad:
        raise BadShape(where=where, key=".".join(reversed(bad.path)) or "(whole)", why=bad.why) from None


def is_known(cls: type, value: object) -> bool:
    """Whether a document holds every key that the fields of `cls` have, nothing else and no free table, with values
    that `decode` takes: in a third of its time. Then it is plain JSON of whole numbers, no larger and no deeper than a
    record's, and nobody need look again."""
    try:
        _checker(typing.cast(Any, cls))(value)
    except (Unusual, KeyError):
        return False
    return True


@functools.cache
def _straight(hint: Any, strict: bool) -> Reader:
    if not dataclasses.is_dataclass(hint):
        return _reader(hint, strict)
    return straight(typing.cast(type, hint), lambda inner: _straight(inner, strict), strict)


@functools.cache
def _checker(hint: Any) -> Reader:
    if not dataclasses.is_dataclass(hint):
        return _never
    return checker(typing.cast(type, hint), _checker)


def _never(value: object) -> object:
    raise Unusual


class _Bad(Exception):
    """A wrong value; `path` grows from the value outwards while this passes through what holds it."""

    def __init__(self, why: str | BadInput, *path: str) -> None:
        super().__init__(why)
        self.why, self.path = why, [*path]


Reader = Callable[[Any], object]
"""Reads a parsed value into its checked one. Readers are built once for each type: records are read by the thousand."""


@functools.cache
def _reader(hint: Any, strict: bool) -> Reader:
    origin = typing.get_origin(hint)
    if origin is typing.Annotated:
        return _annotated(hint, strict)
    if origin is typing.Literal:
        return _literal(hint)
    if origin in (types.UnionType, typing.Union):
        read = _reader(next(arg for arg in typing.get_args(hint) if arg is not type(None)), strict)
        return lambda value: None if value is None else read(value)
    if origin is tuple:
        return _items(_reader(typing.get_args(hint)[0], strict))
    if origin is Mapping or hint is Mapping:
        return _mapping(hint, strict)
    if dataclasses.is_dataclass(hint):
        return _dataclass(typing.cast(type, hint), strict)
    return _plain(hint)


def _plain(hint: Any) -> Reader:
    words = {bool: "true or false", int: "a whole number", str: "a text in quotation marks"}

    def read(value: Any) -> object:
        if type(value) is hint and (hint is bool or (hint is str and value.isascii() and len(value) <= MAX_TEXT)):
            return typing.cast(object, value)
        if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
            raise _Bad(Expected(what=words.get(hint, str(hint))))
        if hint is int and abs(value) > MAX_INT:
            raise _Bad("the number is too large")
        if hint is str and len(value) > MAX_TEXT:
            raise _Bad("the text is too long")
        if hint is str and not is_whole_text(value):
            raise _Bad("the text holds half a character")
        return typing.cast(object, value)

    return read


def _annotated(hint: Any, strict: bool) -> Reader:
    base, *rules = typing.get_args(hint)
    inner = _reader(base, strict)
    ranges = [rule for rule in rules if isinstance(rule, Between)]
    matches = [(re.compile(rule.pattern, re.ASCII), rule.what) for rule in rules if isinstance(rule, Match)]
    tests = [rule for rule in rules if isinstance(rule, Such)]
    low, high = max((rule.low for rule in ranges), default=0), min((rule.high for rule in ranges), default=-1)

    def read(value: Any) -> object:
        if base is int and not tests and type(value) is int and low <= value <= high:
            return value
        result = inner(value)
        for rule in ranges:
            if isinstance(result, int) and not rule.low <= result <= rule.high:
                raise _Bad(OutOfRange(value=result, low=rule.low, high=rule.high))
        for pattern, what in matches:
            if isinstance(result, str) and not pattern.fullmatch(result):
                raise _Bad(Expected(what=what))
        for test in tests:
            if isinstance(result, str) and not test.holds(result):
                raise _Bad(Expected(what=test.what))
        return result

    return read


def _literal(hint: Any) -> Reader:
    choices = typing.get_args(hint)

    def read(value: Any) -> object:
        for choice in choices:
            if type(choice) is type(value) and choice == value:
                return typing.cast(object, choice)
        raise _Bad(ExpectedOneOf(choices=", ".join(str(choice) for choice in choices)))

    return read


def _items(item: Reader) -> Reader:
    def read(value: Any) -> object:
        if not isinstance(value, list):
            raise _Bad("expected a list")
        if len(value) > MAX_ITEMS:
            raise _Bad("the list is too long")
        return tuple(_inside(item, one, index) for index, one in enumerate(value))

    return read


def _mapping(hint: Any, strict: bool) -> Reader:
    args = typing.get_args(hint)
    inner = None if not args or args[1] in (object, Any) else _reader(args[1], strict)

    def read(value: Any) -> object:
        if not isinstance(value, dict):
            raise _Bad("expected a table")
        if inner is None:
            return types.MappingProxyType(value)
        return types.MappingProxyType({name: _inside(inner, one, name) for name, one in value.items()})

    return read


def _dataclass(cls: type, strict: bool) -> Reader:
    hints = typing.get_type_hints(cls, include_extras=True)
    fields = [_Field(field, hints[field.name], _reader(hints[field.name], strict)) for field in dataclasses.fields(cls)]
    known = {field.key for field in fields}

    def read(value: Any) -> object:
        if not isinstance(value, dict):
            raise _Bad("expected a table")
        found = {}
        for field in fields:
            if field.key in value:
                try:
                    found[field.name] = field.read(value[field.key])
                except _Bad as bad:
                    bad.path.append(field.key)
                    raise
            elif field.optional:
                found[field.name] = None
            elif field.needed:
                raise _Bad("is missing", field.key)
        if strict and not known.issuperset(value):
            raise _Bad("is not a known key", min(set(value) - known))
        if len(found) < len(fields):
            return cls(**found)
        # What a frozen dataclass does in its constructor, without a call for each field.
        made: object = object.__new__(cls)
        made.__dict__.update(found)
        return made

    return read


class _Field:
    def __init__(self, field: dataclasses.Field[Any], hint: Any, read: Reader) -> None:
        self.name, self.key, self.read = field.name, field.metadata.get("key", field.name), read
        self.optional = type(None) in typing.get_args(hint)
        self.needed = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _inside(read: Reader, value: Any, part: object) -> object:
    try:
        return read(value)
    except _Bad as bad:
        bad.path.append(str(part))
        raise


def encode(value: object) -> Any:
    """The plain JSON-like value of a dataclass tree: the inverse of `decode`."""
    if type(value) in _PLAIN:
        return value
    write = _writer(typing.cast(Any, type(value)))
    if write is not None:
        return write(value)
    if isinstance(value, Mapping):
        return {name: encode(item) for name, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [encode(item) for item in value]
    return value


_PLAIN: frozenset[type] = frozenset({str, int, bool, type(None)})


@functools.cache
def _writer(cls: Any) -> Reader | None:
    return writer(typing.cast(type, cls), _PLAIN, encode) if dataclasses.is_dataclass(cls) else None
