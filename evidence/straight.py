"""Readers and writers of dataclasses as straight code, made once for each: records go through them by the thousand.

The readers say yes or nothing. Of whatever is unusual they raise `Unusual`, or KeyError, and the readers of `shape`,
who have the words for it, look again: this refuses nothing that they take, and takes nothing that they refuse.
"""
from __future__ import annotations

import dataclasses
import re
import types
import typing
from collections.abc import Callable
from typing import Any

from evidence.limits import MAX_INT, MAX_ITEMS, MAX_TEXT, Between, Match, Such, is_whole_text

Reader = Callable[[Any], Any]


class Unusual(Exception):
    """Not a value that the straight code knows."""


def straight(cls: type, inner: Callable[[Any], Reader], only: bool) -> Reader:
    """The reader of a dataclass. `inner`: gives the reader of what else a field holds. `only`: the value has every key
    that the fields have, and no other."""
    found = ", ".join(f"{field.name!r}: v{number}" for number, field in enumerate(dataclasses.fields(cls)))
    # What a frozen dataclass does in its constructor, without a call for each field.
    made = [" made = new(cls)", f" made.__dict__.update({{{found}}})", " return made"]
    return _reading(cls, inner, only, made)


def checker(cls: type, inner: Callable[[Any], Reader]) -> Reader:
    """What looks at all that a reader made with `only` looks at, and makes nothing."""
    return _reading(cls, inner, True, [])


def _reading(cls: type, inner: Callable[[Any], Reader], only: bool, made: list[str]) -> Reader:
    code, hints, fields = _Code(inner, only), typing.get_type_hints(cls, include_extras=True), dataclasses.fields(cls)
    for number, field in enumerate(fields):
        code.field(f"v{number}", field, hints[field.name])
    shape = f"type(value) is not dict or len(value) != {len(fields)}" if only else "type(value) is not dict"
    lines = [
        "def read(value):", f" if {shape}: raise Unusual", *code.gets,
        f" if not ({' and '.join(code.tests) or True}): raise Unusual", *code.reads, *made]
    names = {**code.names, "cls": cls, "new": object.__new__}
    exec("\n".join(lines), names)
    return typing.cast(Reader, names["read"])


def writer(cls: type, plain: frozenset[type], encode: Callable[[Any], Any]) -> Reader:
    """What gives the JSON-like value of a dataclass. `encode`: gives that of what is not `plain`."""
    fields = [(field.metadata.get("key", field.name), field.name) for field in dataclasses.fields(cls)]
    items = ", ".join(f"{key!r}: one if type(one := it.{name}) in plain else encode(one)" for key, name in fields)
    names = {"plain": plain, "encode": encode}
    exec(f"def write(it): return {{{items}}}", names)
    return typing.cast(Reader, names["write"])


class _Code:
    """The lines for one dataclass. Only numbers, names of its own, and keys of the class as literals go into them."""

    def __init__(self, inner: Callable[[Any], Reader], only: bool) -> None:
        self._inner, self._only = inner, only
        self.names: dict[str, Any] = {"Unusual": Unusual, "whole": is_whole_text, "odd": _odd}
        self.gets: list[str] = []
        self.tests: list[str] = []
        self.reads: list[str] = []

    def field(self, name: str, field: dataclasses.Field[Any], hint: Any) -> None:
        """The lines for a field whose value is called `name`."""
        key, optional = repr(field.metadata.get("key", field.name)), _optional(hint)
        if optional:
            hint = next(arg for arg in typing.get_args(hint) if arg is not type(None))
        default = None if optional else field.default
        left_out = f"value.get({key}, {self._name(default)})"
        needed = self._only or default is dataclasses.MISSING
        self.gets.append(f" {name} = value[{key}]" if needed else f" {name} = {left_out}")
        test = self._test(name, hint)
        if test is not None:
            self.tests.append(f"({name} is None or {test})" if optional else test)
        else:
            self.reads += [f" if {name} is not None:" if optional else " if True:", *self._read(name, hint)]

    def _read(self, name: str, hint: Any) -> list[str]:
        """What reads a value that no test alone can check."""
        if typing.get_origin(hint) is not tuple:
            return [f"  {name} = {self._name(self._inner(hint))}({name})"]
        item = typing.get_args(hint)[0]
        test = None if _optional(item) else self._test("one", item)
        one = f"{self._name(self._inner(item))}(one)" if test is None else f"one if {test} else odd()"
        return [f"  if type({name}) is not list or len({name}) > {MAX_ITEMS}: raise Unusual",
                f"  {name} = tuple([{one} for one in {name}])"]

    def _test(self, name: str, hint: Any) -> str | None:
        """What is true of a right value; None where only a reader can say it."""
        origin, args = typing.get_origin(hint), typing.get_args(hint)
        if origin is typing.Annotated:
            return self._ruled(name, args[0], args[1:])
        if origin is typing.Literal and {type(arg) for arg in args} == {str}:
            return f"type({name}) is str and {name} in {self._name(frozenset(args))}"
        if hint is bool:
            return f"type({name}) is bool"
        if hint is int:
            return f"type({name}) is int and {-MAX_INT} <= {name} <= {MAX_INT}"
        if hint is str:
            return f"type({name}) is str and len({name}) <= {MAX_TEXT} and ({name}.isascii() or whole({name}))"
        return None

    def _ruled(self, name: str, base: Any, rules: tuple[Any, ...]) -> str | None:
        ranges = [rule for rule in rules if isinstance(rule, Between)]
        if base is int and len(ranges) == len(rules) == 1:
            low, high = max(ranges[0].low, -MAX_INT), min(ranges[0].high, MAX_INT)
            return f"type({name}) is int and {low} <= {name} <= {high}"
        tests = [self._test(name, base)]
        for rule in rules:
            if isinstance(rule, Match) and base is str:
                tests.append(f"{self._name(re.compile(rule.pattern, re.ASCII).fullmatch)}({name})")
            elif isinstance(rule, Such) and base is str:
                tests.append(f"{self._name(rule.holds)}({name})")
            else:
                return None
        return None if None in tests else " and ".join(str(test) for test in tests)

    def _name(self, value: object) -> str:
        name = f"n{len(self.names)}"
        self.names[name] = value
        return name


def _optional(hint: Any) -> bool:
    return typing.get_origin(hint) in (types.UnionType, typing.Union)


def _odd() -> typing.NoReturn:
    raise Unusual
