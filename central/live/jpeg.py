"""Whether bytes of a box may be shown as a small JPEG: by its header alone, nothing is decoded. Pure."""
from __future__ import annotations

from central.live.errors import BadPicture
from common.texts import N_

MOST_BYTES = 512 << 10
MOST_WIDE, MOST_HIGH, LEAST = 480, 960, 16
"""Pixels."""
MOST_PARTS = 64
"""Of a header."""
_START, _END = b"\xff\xd8", b"\xff\xd9"
_SOF, _SOS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}, 0xDA
_PLAIN = frozenset((0xC0, 0xC1))
"""Baseline and extended sequential, as boxes make them. Of a progressive one a browser goes over the whole picture
again for every few bytes: tens of thousands of times in a small file."""
_BARE = frozenset((0x00, 0x01, 0xFF, *range(0xD0, 0xDA)))
"""No part of a header begins with these: they have no length (ISO/IEC 10918-1, B.1.1.3)."""


def check_picture(data: bytes) -> tuple[int, int]:
    """Width and height in pixels. Raises BadPicture."""
    if len(data) > MOST_BYTES or not data.startswith(_START) or not data.endswith(_END):
        raise BadPicture(why=N_("it is no JPEG, or too large"))
    size, at = None, 2
    for _ in range(MOST_PARTS):
        if at + 4 > len(data) or data[at] != 0xFF or data[at + 1] in _BARE:
            raise BadPicture(why=N_("its header is broken"))
        kind, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if length < 2 or at + 2 + length > len(data):
            raise BadPicture(why=N_("its header is broken"))
        if kind in _SOF:
            if kind not in _PLAIN:
                raise BadPicture(why=N_("it is a progressive or lossless JPEG"))
            size = _size(data[at + 4 : at + 2 + length], size)
        if kind == _SOS:
            break
        at += 2 + length
    else:
        raise BadPicture(why=N_("its header is broken"))
    if size is None:
        raise BadPicture(why=N_("its header is broken"))
    return size


def _size(frame: bytes, before: tuple[int, int] | None) -> tuple[int, int]:
    if len(frame) < 6 or before is not None:
        raise BadPicture(why=N_("its header is broken"))
    high, wide = int.from_bytes(frame[1:3], "big"), int.from_bytes(frame[3:5], "big")
    if not (LEAST <= wide <= MOST_WIDE and LEAST <= high <= MOST_HIGH):
        raise BadPicture(why=N_("it is larger or smaller than a small picture"))
    return wide, high
