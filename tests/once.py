"""What a centre works out once when it starts, worked out once for all centres of the tests: a process has one of them,
a worker of the tests hundreds.

How the parameters of a route are read depends on its code alone, and what a statement compiles to on the kind of
database alone.
"""
from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import fastapi.dependencies.utils
import fastapi.routing
import sqlalchemy
from fastapi.dependencies.models import Dependant

from central.store import sqlite


@functools.cache
def only_once() -> None:
    """From now on, in this process."""
    read = _of_code(fastapi.dependencies.utils.get_dependant, _for)
    for module in (fastapi.dependencies.utils, fastapi.routing):
        module.get_dependant = read  # type: ignore
    fastapi.routing.get_typed_return_annotation = _of_code(fastapi.routing.get_typed_return_annotation)  # type: ignore
    sqlite.create_engine = _engine  # type: ignore


def _of_code(real: Callable[..., Any], own: Callable[[Any, Any], Any] = lambda made, call: made) -> Callable[..., Any]:
    """The same, asked once for each code. `own`: makes of an answer that of one more callable with this code."""
    known: dict[tuple[object, str], Any] = {}

    def asked(call: Any, **more: Any) -> Any:
        code = getattr(call, "__code__", None) or getattr(type(call).__call__, "__code__", None)
        if code is None:
            return real(call=call, **more)
        key = code, repr((more, getattr(call, "__defaults__", None), getattr(call, "__kwdefaults__", None)))
        if key not in known:
            known[key] = real(call=call, **more)
        return own(known[key], call)

    return asked


def _for(made: Dependant, call: Any) -> Dependant:
    assert not made.dependencies, "what a route depends on must be its own"
    return dataclasses.replace(made, call=call, dependencies=[])


def _engine(url: str, **options: Any) -> sqlalchemy.Engine:
    """As its owner makes it, with the statements of all others."""
    engine, first = sqlalchemy.create_engine(url, **options), _first()
    engine.dialect, engine._compiled_cache = first.dialect, first._compiled_cache
    return engine


@functools.cache
def _first() -> sqlalchemy.Engine:
    engine = sqlalchemy.create_engine("sqlite://")
    engine.connect().close()
    return engine
