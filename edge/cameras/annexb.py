"""H.264 and H.265 as cameras send them (Annex B of both): parameter sets, the parameters of a stream from them, and
which access units a decoder can begin with."""
from __future__ import annotations

import io
from collections.abc import Iterator
from fractions import Fraction

import av

START = b"\0\0\1"
SETS = {"h264": (7, 8), "hevc": (32, 33, 34)}
"""NAL unit types of parameter sets (H.264 table 7-1: SPS, PPS; H.265 table 7-1: VPS, SPS, PPS)."""
_SPS = {"h264": 7, "hevc": 33}
_SLICES = {"h264": (1, 5), "hevc": (0, 31)}
_KEYS = {"h264": (5, 5), "hevc": (16, 23)}
"""IDR (H.264 table 7-1); IRAP, that is BLA, IDR and CRA (H.265 table 7-1)."""
TICKS = Fraction(1, 90_000)
"""RTP's clock (RFC 6184), and so the time scale of what is written."""


def parameter_sets(codec: str, unit: bytes) -> bytes:
    """The parameter sets before the first slice of an access unit, with start codes; empty without any."""
    return b"".join(b"\0" + START + nal for kind, nal in nal_units(codec, unit) if kind in SETS[codec])


def is_whole(codec: str, sets: bytes) -> bool:
    """Whether a decoder can begin with these parameter sets."""
    return {kind for kind, _ in nal_units(codec, sets)} >= set(SETS[codec])


def format_of(codec: str, unit: bytes) -> bytes:
    """What decides the picture's format: the sequence parameter sets, each once; empty without any.

    Some cameras repeat them within one keyframe, as often as they like."""
    return b"".join(sorted({nal for kind, nal in nal_units(codec, unit) if kind == _SPS[codec]}))


def parse(codec: str, unit: bytes) -> av.container.InputContainer:
    """A stream that holds one keyframe with its parameter sets: its video stream knows size and extradata.

    Raises av.FFmpegError when it is none."""
    container = av.open(io.BytesIO(unit), "r", format=codec)
    container.streams.video[0].time_base = TICKS
    return container


def length_size(codec: str, extradata: bytes) -> int:
    """How many bytes tell the length of a NAL unit in a file (ISO/IEC 14496-15, avcC and hvcC); 0 for start codes."""
    at = {"h264": 4, "hevc": 21}[codec]
    return (extradata[at] & 3) + 1 if extradata[:1] == b"\1" and len(extradata) > at else 0


def is_key(codec: str, unit: bytes, length_size: int = 0) -> bool:
    """Whether a decoder can begin with this access unit and nothing before it.

    ffmpeg also calls it a keyframe where H.264 promises a good picture only some pictures later (a recovery point, as
    a camera with intra refresh sends them): from there on nobody can decode at once. `length_size`: see above."""
    first, last = _KEYS[codec]
    return first <= _first_slice(codec, unit, length_size) <= last


def _first_slice(codec: str, unit: bytes, length_size: int) -> int:
    """The type of the first NAL unit that holds a part of the picture; -1 without any."""
    first, last = _SLICES[codec]
    for at in _by_length(unit, length_size) if length_size else _by_start(unit):
        kind = _kind(codec, unit[at])
        if first <= kind <= last:
            return kind
    return -1


def _by_start(unit: bytes) -> Iterator[int]:
    """Where NAL units begin, after start codes."""
    at = unit.find(START)
    while 0 <= at < len(unit) - len(START):
        yield at + len(START)
        at = unit.find(START, at + len(START))


def _by_length(unit: bytes, length_size: int) -> Iterator[int]:
    """Where NAL units begin, after their lengths."""
    at = length_size
    while at < len(unit) and (length := int.from_bytes(unit[at - length_size:at])):
        yield at
        at += length + length_size


def nal_units(codec: str, unit: bytes, length_size: int = 0) -> Iterator[tuple[int, bytes]]:
    """Type and bytes of the NAL units before the first slice. `length_size`: see above."""
    for kind, at, end in _spans(codec, unit, length_size):
        yield kind, unit[at:end].rstrip(b"\0")


def without_sets(codec: str, unit: bytes, length_size: int = 0) -> bytes:
    """An access unit without the parameter sets before its first slice. `length_size`: see above."""
    kept, done, before = [], 0, length_size or len(START)
    for kind, at, end in _spans(codec, unit, length_size):
        if kind in SETS[codec]:
            kept.append(unit[done : at - before])
            done = end
    return b"".join([*kept, unit[done:]])


def _spans(codec: str, unit: bytes, length_size: int) -> Iterator[tuple[int, int, int]]:
    """Type of the NAL units before the first slice, and where they begin and end."""
    first, last = _SLICES[codec]
    for at in _by_length(unit, length_size) if length_size else _by_start(unit):
        kind = _kind(codec, unit[at])
        if first <= kind <= last:
            return
        if length_size:
            end = at + int.from_bytes(unit[at - length_size : at])
        else:
            following = unit.find(START, at)
            end = following if following >= 0 else len(unit)
        yield kind, at, end


def _kind(codec: str, header: int) -> int:
    """The type in the first byte of a NAL unit."""
    return header & 0x1F if codec == "h264" else header >> 1 & 0x3F
