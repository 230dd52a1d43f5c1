"""The straight code and the readers that have words for everything are of one mind, about every type of record."""
from __future__ import annotations

import copy
import dataclasses
import json
import types
import typing
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from evidence.bodies import TYPES, body_of, class_of, is_known_body, read_known
from evidence.canonical import canonical, parse, written
from evidence.errors import BadRecord, BadShape
from evidence.records import read_record
from evidence.seal import KeySigner, read_sealed, seal_record
from evidence.shape import MAX_INT, MAX_TEXT, Between, Match, _worded, decode, encode, is_known
from tests.evidence.making import Site, seed
from tests.evidence.test_golden import golden
from tests.evidence.test_shape import VALUES

BODIES = sorted(TYPES)
TEXTS = st.text(max_size=4) | st.sampled_from(["", "x", "王", "\ud800", "\U0001f600", '"\\\n'])
NUMBERS = st.sampled_from([0, 1, 7, -1, 999, MAX_INT, -MAX_INT, MAX_INT + 1, -MAX_INT - 1, True, 1.0])
SEALED = Site().box().alarms(1).sealed[-1]
SIGNER = KeySigner(Ed25519PrivateKey.from_private_bytes(seed("straight")))


class Text(str):
    """No text of JSON, though it looks like one."""


class Number(int):
    """No number of JSON."""


def right(hint: Any) -> st.SearchStrategy[Any]:
    """JSON-like values that a hint allows, and now and then one that it does not."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        ranges = [rule for rule in args[1:] if isinstance(rule, Between)]
        if ranges:
            return st.integers(ranges[0].low, ranges[0].high)
        if args[0] is str:
            pattern = next(rule.pattern for rule in args[1:] if isinstance(rule, Match))
            sample = "2026-03-02T00:40:00.000000Z" if "T" in pattern else None
            return st.just(sample) if sample else st.from_regex(pattern.replace(r"\d", "[0-9]"), fullmatch=True)
        return right(args[0])
    if origin is Literal:
        return st.sampled_from(args)
    if origin in (types.UnionType, typing.Union):
        return st.none() | right(next(arg for arg in args if arg is not types.NoneType))
    if origin is tuple:
        return st.lists(right(args[0]), max_size=2)
    if dataclasses.is_dataclass(hint):
        return documents(hint)
    plain = {bool: st.booleans(), int: st.integers(-MAX_INT, MAX_INT), str: st.text(
        st.characters(exclude_categories=["Cs"]), max_size=5)}
    return plain[hint] if hint in plain else st.dictionaries(st.text(max_size=3), VALUES, max_size=2)


def documents(cls: Any) -> st.SearchStrategy[dict[str, Any]]:
    hints = typing.get_type_hints(cls, include_extras=True)
    return st.fixed_dictionaries(
        {field.metadata.get("key", field.name): right(hints[field.name]) for field in dataclasses.fields(cls)})


RIGHT = {name: documents(cls) for name, cls in TYPES.items()}


@st.composite
def nearly(draw: st.DrawFn) -> tuple[str, Any]:
    """A type and a body of it, mostly with something wrong, missing or new somewhere in it."""
    name = draw(st.sampled_from(BODIES))
    value = copy.deepcopy(draw(RIGHT[name]))
    for _ in range(draw(st.integers(0, 2))):
        at: Any = value
        while True:
            parts = at.values() if isinstance(at, dict) else at
            inner = [one for one in parts if isinstance(one, (dict, list)) and one]
            if not inner or draw(st.booleans()):
                break
            at = draw(st.sampled_from(inner))
        place = draw(st.sampled_from(sorted(at) if isinstance(at, dict) else range(len(at)))) if at else None
        change = draw(st.sampled_from(["other", "gone", "new"]))
        if change == "new" and isinstance(at, dict):
            at[draw(TEXTS)] = draw(VALUES)
        elif place is not None and change == "gone" and isinstance(at, dict):
            del at[place]
        elif place is not None:
            at[place] = draw(TEXTS | NUMBERS | VALUES)
    return name, value


def said(read: Any, *values: Any) -> object:
    """What it makes of them: the value, or the words of the refusal."""
    try:
        return read(*values)
    except (BadShape, BadRecord) as error:
        return str(error)


ODD: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 59, 10**6 + 1, MAX_INT, MAX_INT + 1, -MAX_INT - 1, 1.0, "", "a", "A\n", "王", "\ud800",
    "x" * (MAX_TEXT + 1), "0" * 64, "0" * 64 + "\n", [], [None], ["a", 1], {}, {"a": 1}, b"x", Text("a"), Number(1))


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every table and list within, and each of its places."""
    for place in list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, place
        yield from places(value[place])


def test_whatever_stands_at_one_place_of_a_body_both_say_the_same() -> None:
    """Of every type, at every place, and with a key too few or too many in every table."""
    records = map(json.loads, golden("payload"))
    bodies = {record["type"]: record["body"] for record in records if record["type"] in TYPES}
    assert bodies.keys() == TYPES.keys()
    for name, body in bodies.items():
        agree(name, body)
        assert name == "alarm" or is_known_body(name, encode(decode(TYPES[name], body, name)))
        for at, place in list(places(body)):
            kept = at[place]
            for odd in ODD:
                at[place] = odd
                agree(name, body)
            at[place] = kept
            if isinstance(at, dict):
                at["new"] = kept
                agree(name, body)
                del at["new"], at[place]
                agree(name, body)
                at["new"] = kept
                agree(name, body)
                del at["new"]
                at[place] = kept


def agree(name: str, body: Any) -> None:
    cls = TYPES[name]
    read = said(decode, cls, body, name)
    assert read == said(_worded, cls, body, name, False)
    if is_known(cls, body):
        assert encode(decode(cls, body, name, strict=True)) == body
        assert canonical(body) == written(body)


@given(nearly())
def test_straight_code_reads_what_the_others_read(it: tuple[str, Any]) -> None:
    name, value = it
    assert said(decode, TYPES[name], value, name) == said(_worded, TYPES[name], value, name, False)


@given(nearly())
def test_what_is_known_is_plain_and_read_whole(it: tuple[str, Any]) -> None:
    name, value = it
    if is_known(TYPES[name], value):
        known = decode(TYPES[name], value, name, strict=True)
        assert json.loads(canonical(value)) == encode(known) == value


@given(st.sampled_from(BODIES).flatmap(lambda name: st.tuples(st.just(name), RIGHT[name])))
def test_a_right_body_is_known_and_its_way_back_is_itself(it: tuple[str, Any]) -> None:
    name, value = it
    if name != "alarm":
        assert is_known(TYPES[name], value)


@given(nearly())
def test_what_is_sealed_is_what_a_reader_takes(it: tuple[str, Any]) -> None:
    """And what a reader refuses is refused before it is sealed."""
    name, value = it
    record = dataclasses.replace(SEALED.record, type=name, body=value)
    if not isinstance(value, dict) or name == "genesis":
        return
    try:
        sealed = seal_record(record, SIGNER)
    except BadRecord:
        assert refused({**encode(dataclasses.replace(record, body={})), "body": value})
        return
    assert read_sealed(sealed.envelope).record == sealed.record
    assert sealed.payload == canonical(parse(sealed.payload))
    assert read_known(sealed.payload) == (read_record(sealed.payload), is_known_body(name, value))


@given(nearly(), st.booleans())
def test_a_record_with_its_body_is_the_record_read_alone(it: tuple[str, Any], spaced: bool) -> None:
    name, value = it
    whole = {**json.loads(SEALED.payload), "type": name, "body": value}
    separators = None if spaced else (",", ":")
    text = json.dumps(whole, sort_keys=True, ensure_ascii=spaced, default=str, separators=separators)
    data = text.encode("utf-8", "surrogatepass")
    alone = said(read_record, data)
    both = said(read_known, data)
    assert (both[0] if isinstance(both, tuple) else both) == alone
    if isinstance(both, tuple):
        body = said(body_of, both[0])
        assert not (both[1] and isinstance(body, str))
        assert isinstance(body, str) or class_of(both[0]) == getattr(body, "class_id", None)


def refused(value: dict[str, Any]) -> bool:
    """Whether no reader takes it."""
    try:
        body_of(read_record(canonical(value)))
    except BadRecord:
        return True
    return False
