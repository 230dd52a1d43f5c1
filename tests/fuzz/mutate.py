"""Hostile bytes near valid ones: damage to bytes, and damage to the structure of JSON, TOML, PEM and MP4 boxes.

A mutation is drawn as a few small numbers, so Hypothesis shrinks a finding to one or two steps from a valid input.
"""
from __future__ import annotations

import base64
import copy
import dataclasses
import json
import struct
from collections.abc import Callable, Sequence
from typing import Any, Literal

from hypothesis import strategies as st

Form = Literal["bytes", "json", "lines", "toml", "pem", "boxes", "text"]

DEEP = 5000
"""Deeper than any interpreter that recurses goes."""
LONG = 70_000
HOSTILE: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**53 - 1, 2**53, -(2**63), 10**400, 1.5, -0.0, 1e308, float("inf"),
    float("nan"), "", "\0", "\ud800", "\U0001f600", "../../etc/passwd", "a" * LONG, "１２", "-", "0" * 33, "0" * 64,
    "2026-02-30T00:00:00.000000Z", "0001-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z", [], {}, [[]],
    [None], {"": ""}, {"\ud800": 1}, [0] * 3000,
)
"""Values for the place of any other."""
CHUNKS = (
    b"", b"\0", b"\xff\xfe", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"9" * 5000, b"[" * DEEP, b'{"a":' * DEEP, b"\n",
    b"\r\n",
    b'"', b"'", b"\\", b"{", b"}", b"=", b"a=" + b"[" * DEEP, b"a=" + b"9" * 5000, b"\x7fELF", b"PK\x03\x04",
    b"\x1f\x8b",
    b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
    b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    b"\0\0\0\0moov", b"\0\0\0\1mdat\xff\xff\xff\xff\xff\xff\xff\xff", b"\0\0\0\x08traf", b"\xff" * 64, b"\0" * 4096,
)
"""Bytes to put in anywhere."""


@dataclasses.dataclass(frozen=True)
class Step:
    """One small damage: what, where (as a share of 65,536), with which of the things to put there."""

    kind: int
    at: int
    what: int


STEPS = st.lists(st.builds(Step, st.integers(0, 15), st.integers(0, 65535), st.integers(0, 65535)), min_size=1,
    max_size=4)


def apply(seed: bytes, form: Form, steps: Sequence[Step]) -> bytes:
    """The seed after these steps, each a small damage.

    An odd `kind` damages the structure where the form has one, an even one the bytes."""
    for step in steps:
        change = STRUCTURE.get(form) if step.kind % 2 else None
        seed = (change or _bytes)(seed, step)
    return seed


def _place(step: Step, count: int) -> int:
    return step.at * count >> 16 if count else 0


def _bytes(data: bytes, step: Step) -> bytes:
    """Flip, set, cut, drop, repeat or insert."""
    at = _place(step, len(data) + 1)
    size = 1 + step.what % 40
    kind = step.kind // 2 % 7
    if kind == 0 and at < len(data):
        return data[:at] + bytes([data[at] ^ 1 << step.what % 8]) + data[at + 1:]
    if kind == 1:
        return data[:at] + bytes([step.what % 256]) + data[at + 1:]
    if kind == 2:
        return data[:at]
    if kind == 3:
        return data[:at] + data[at + size:]
    if kind == 4:
        return data[:at] + data[at:at + size] * (1 + step.what % 50) + data[at + size:]
    return data[:at] + CHUNKS[step.what % len(CHUNKS)] + data[at + (step.what // 64 % 3):]


def _json(data: bytes, step: Step) -> bytes:
    """Another value, a lost, doubled or renamed key, a value within itself; written as JSON again, mostly canonical."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return _bytes(data, step)
    return _written(_changed(value, step), step)


def _changed(value: Any, step: Step) -> Any:
    value = copy.deepcopy(value)
    places = _places(value)
    if not places:
        return HOSTILE[step.what % len(HOSTILE)]
    holder, key = places[_place(step, len(places))]
    kind = step.kind // 2 % 8
    if kind <= 2:
        holder[key] = HOSTILE[step.what % len(HOSTILE)]
    elif kind == 3 and isinstance(holder, dict):
        del holder[key]
    elif kind == 4 and isinstance(holder, list):
        holder[key:key] = [holder[key]] * (1 + step.what % 60)
    elif kind == 5 and isinstance(holder[key], str):
        holder[key] = _text(holder[key], step)
    elif kind == 6 and type(holder[key]) is int:
        holder[key] += (step.what % 2001 - 1000) ** 3
    else:
        other, name = places[step.what % len(places)]
        holder[key] = copy.deepcopy(other[name])
    return value


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every holder and key of a tree."""
    found, level = [], [value]
    while level:
        holder = level.pop()
        inner = holder.items() if isinstance(holder, dict) else enumerate(holder) if isinstance(holder, list) else ()
        for key, one in inner:
            found.append((holder, key))
            if isinstance(one, (dict, list)):
                level.append(one)
    return found


def _text(text: str, step: Step) -> str:
    if step.what % 4 == 0:
        try:
            raw = base64.b64decode(text, validate=True)
        except ValueError:
            raw = b""
        if raw:
            return base64.b64encode(_bytes(raw, dataclasses.replace(step, kind=step.what % 16))).decode()
    return _bytes(text.encode("utf-8", "surrogatepass"), dataclasses.replace(step, kind=step.what % 12)).decode(
        "utf-8", "surrogateescape")


def _written(value: Any, step: Step) -> bytes:
    """In one of the spellings that somebody may send, half of them canonical; some with every key twice."""
    raw = step.what // 256 % 2 == 0
    text = json.dumps(value, ensure_ascii=not raw, separators=(",", ":"), sort_keys=isinstance(value, dict))
    if step.what // 2048 % 8 == 7 and text.startswith("{") and len(text) > 2:
        text = "{" + text[1:-1] + "," + text[1:-1] + "}"
    return text.encode("utf-8", "surrogatepass")


def _lines(data: bytes, step: Step) -> bytes:
    """Lines that are lost, doubled, swapped, joined; JSON in one of them damaged."""
    lines = data.split(b"\n")
    at, kind = _place(step, len(lines)), step.kind // 2 % 5
    if kind == 0:
        del lines[at]
    elif kind == 1:
        lines.insert(at, lines[step.what % len(lines)])
    elif kind == 2:
        other = step.what % len(lines)
        lines[at], lines[other] = lines[other], lines[at]
    elif kind == 3 and len(lines) > 1:
        lines[at:at + 2] = [b"".join(lines[at:at + 2])]
    else:
        lines[at] = _json(lines[at], step) if lines[at].startswith(b"{") else _bytes(lines[at], step)
    return b"\n".join(lines)


TOML_VALUES = (
    b"1", b"-1", b"9" * 5000, b"1e400", b"inf", b"nan", b"true", b'""', b'"\\u0000"', b'"\\U0010ffff"', b"[]", b"{}",
    b"[[1]]", b"[" * 200 + b"]" * 200, b"[" * DEEP, b"2026-03-02T08:30:00", b"2026-03-02", b"08:30:00",
    b"9999-12-31T23:59:59-14:00", b"0001-01-01T00:00:00+14:00", b'"' + b"a" * LONG + b'"', b"'../..'",
    b"0x" + b"f" * 40,
    b'"\xe2\x80\xae"', b"[1, 'a', {b = 2}]", b"1_000", b"-0.0", b"1e-400", b"2e22222",
)


def _toml(data: bytes, step: Step) -> bytes:
    """Lines that are lost, doubled or swapped, and other values behind an equals sign."""
    lines = data.split(b"\n")
    at = _place(step, len(lines))
    if step.kind // 2 % 4 and b"=" in lines[at]:
        name = lines[at].partition(b"=")[0]
        lines[at] = name + b"= " + TOML_VALUES[step.what % len(TOML_VALUES)]
        return b"\n".join(lines)
    return _lines(data, dataclasses.replace(step, kind=step.kind % 8))


def _pem(data: bytes, step: Step) -> bytes:
    """Damage inside the base64, so that DER is damaged and PEM is not; blocks doubled, renamed, with headers."""
    kind = step.kind // 2 % 5
    if kind == 0:
        return data + data
    if kind == 1:
        return data.replace(b"CERTIFICATE", (b"PUBLIC KEY", b"X509 CRL", b"TRUSTED CERTIFICATE", b"")[step.what % 4])
    if kind == 2:
        return data.replace(b"-----\n", b"-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n", 1)
    head, _, rest = data.partition(b"-----\n")
    body, dashes, tail = rest.partition(b"-----END")
    try:
        der = base64.b64decode(body)
    except ValueError:
        return _bytes(data, step)
    der = _bytes(der, dataclasses.replace(step, kind=step.what % 12))
    return head + b"-----\n" + base64.encodebytes(der) + dashes + tail


def _boxes(data: bytes, step: Step) -> bytes:
    """Lengths and kinds of MP4 boxes: other numbers, boxes emptied, doubled or renamed, at any depth."""
    found = list(_box_places(data, 0, len(data)))
    if not found:
        return _bytes(data, step)
    at, length = found[_place(step, len(found))]
    kind = step.kind // 2 % 6
    if kind == 0:
        wrong = (0, 1, 7, 8, length - 1, length + 1, 2**31, 2**32 - 1)[step.what % 8]
        return data[:at] + struct.pack(">I", wrong & 0xFFFFFFFF) + data[at + 4:]
    if kind == 1:  # empty, with a right length
        return data[:at] + struct.pack(">I", 8) + data[at + 4:at + 8] + data[at + length:]
    if kind == 2:
        return data[:at + length] + data[at:at + length] + data[at + length:]
    if kind == 3:
        name = (b"moof", b"mdat", b"traf", b"trun", b"tfhd", b"tfdt", b"moov", b"free")[step.what % 8]
        return data[:at + 4] + name + data[at + 8:]
    if kind == 4:  # shorter, with a right length
        less = min(length - 8, step.what % 40)
        end = at + length - less
        return data[:at] + struct.pack(">I", length - less) + data[at + 4:end] + data[at + length:]
    inside = at + 8 + step.what % max(1, length - 8)
    return data[:inside] + (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff")[step.what % 3] + data[inside + 4:]


HOLDERS = {b"moov", b"trak", b"mdia", b"mvex", b"moof", b"traf", b"minf", b"stbl"}


def _box_places(data: bytes, at: int, end: int) -> list[tuple[int, int]]:
    found = []
    while at + 8 <= end:
        length, kind = struct.unpack_from(">I4s", data, at)
        if not 8 <= length <= end - at:
            break
        found.append((at, length))
        if kind in HOLDERS:
            found += _box_places(data, at + 8, at + length)
        at += length
    return found


STRUCTURE: dict[Form, Callable[[bytes, Step], bytes]] = {
    "json": _json, "lines": _lines, "toml": _toml, "pem": _pem, "boxes": _boxes, "text": _lines,
}
