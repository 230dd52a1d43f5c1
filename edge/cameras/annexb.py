"""H.264 and H.265 as cameras send them (Annex B of both): parameter sets, and the parameters of a stream from them."""
from __future__ import annotations

import io
from collections.abc import Iterator
from fractions import Fraction

import av

START = b"\0\0\1"
SETS = {"h264": (7, 8), "hevc": (32, 33, 34)}
"""NAL unit types of parameter sets (H.264 table 7-1: SPS, PPS; H.265 table 7-1: VPS, SPS, PPS)."""
_SPS = {"h264": 7, "hevc": 33}
_LAST_SLICE = {"h264": (1, 5), "hevc": (0, 31)}
TICKS = Fraction(1, 90_000)
"""RTP's clock (RFC 6184), and so the time scale of what is written."""


def parameter_sets(codec: str, unit: bytes) -> bytes:
    """The parameter sets before the first slice of an access unit, with start codes; empty without any."""
    return b"".join(b"\0" + START + nal for kind, nal in _headers(codec, unit) if kind in SETS[codec])


def is_whole(codec: str, sets: bytes) -> bool:
    """Whether a decoder can begin with these parameter sets."""
    return {kind for kind, _ in _headers(codec, sets)} >= set(SETS[codec])


def format_of(codec: str, unit: bytes) -> bytes:
    """What decides the picture's format: the sequence parameter sets, each once; empty without any.

    Some cameras repeat them within one keyframe, as often as they like."""
    return b"".join(sorted({nal for kind, nal in _headers(codec, unit) if kind == _SPS[codec]}))


def parse(codec: str, unit: bytes) -> av.container.InputContainer:
    """A stream that holds one keyframe with its parameter sets: its video stream knows size and extradata.

    Raises av.FFmpegError when it is none."""
    container = av.open(io.BytesIO(unit), "r", format=codec)
    container.streams.video[0].time_base = TICKS
    return container


def _headers(codec: str, unit: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and bytes of the NAL units before the first slice."""
    first, last = _LAST_SLICE[codec]
    at = unit.find(START)
    while 0 <= at < len(unit) - len(START):
        at += len(START)
        kind = unit[at] & 0x1F if codec == "h264" else unit[at] >> 1 & 0x3F
        if first <= kind <= last:
            return
        following = unit.find(START, at)
        yield kind, unit[at : following if following >= 0 else None].rstrip(b"\0")
        at = following
