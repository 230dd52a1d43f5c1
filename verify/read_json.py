"""JSON files beside the evidence: bounded, each key once, whole numbers; some of their values against those wanted."""
from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from evidence.canonical import canonical
from evidence.errors import BadRecord, VerificationError
from verify.errors import DerivedOther, DerivedUnreadable, FileRefused
from verify.folder import Folder, shown

MAX_DERIVED = 32 << 20
"""No file of these has more bytes: a class of sixty half-days in files of one minute has an index of some 10 MB."""


def not_as(file: str, value: Mapping[str, Any], wanted: Mapping[str, object]) -> Iterator[VerificationError]:
    """The keys of a file that should have these values and do not. 1 and true are two."""
    for key, want in wanted.items():
        if canonical(value.get(key)) != canonical(want):
            yield DerivedOther(file=file, key=key, want=want, have=shown(str(value.get(key)))[:100])


def read_json(folder: Folder, name: str) -> dict[str, Any] | VerificationError:
    """The object in a file, or what is wrong with it. One key stands there once, so that no two readers see different
    ones."""
    try:
        value = json.loads(folder.read(name, MAX_DERIVED).decode(), object_pairs_hook=_once)
        canonical(value)
    except FileRefused as error:
        return error
    except BadRecord as error:
        return DerivedUnreadable(file=name, why=error.params["why"])
    except (ValueError, RecursionError):
        return DerivedUnreadable(file=name, why="not JSON")
    return value if isinstance(value, dict) else DerivedUnreadable(file=name, why="not a JSON object")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Raises BadRecord."""
    value = dict(pairs)
    if len(value) < len(pairs):
        raise BadRecord(why="a key stands there twice")
    return value
