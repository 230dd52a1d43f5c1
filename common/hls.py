"""HLS of fragmented MP4 by byte range: finds the fragments of a file and writes playlists. No file is copied or cut.
Init section and fragments that come one by one are read as well.

The files are read as hostile: every length is checked against its surroundings, and nothing large is held in memory.
"""
from __future__ import annotations

import dataclasses
import io
import itertools
import math
import struct
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from common.texts import N_
from evidence.errors import BadInput

MAX_HEADER = 1 << 20
"""No moov or moof of video is larger."""
MAX_BOXES = 200_000
MAX_INIT, MAX_MOOF, MAX_PAIRS = 32 << 10, 64 << 10, 64
"""Bytes of an init section and of a moof that come alone, and fragments of a piece. The centre holds eight of the first
for each room: of a camera it has less than two thousand."""
TARGET_S = 2
"""The target duration of every live playlist: it must not change while one lives (RFC 8216, 6.2.1), and no piece that
comes alone, rounded to whole seconds, may be longer (4.3.3.1)."""
_SAMPLE_FIELDS = (0x100, 0x200, 0x400, 0x800)
_DURATION = 0x100
NON_SYNC = 0x10000
"""`sample_is_non_sync_sample` of ISO/IEC 14496-12, 8.8.3."""


class BadMedia(BadInput):
    text = "this is not a fragmented MP4 file: {why}"


@dataclasses.dataclass(frozen=True)
class Fragment:
    """One moof with its mdat: `size` bytes from `offset` on; `start` and `duration` in units of the timescale. `key`:
    whether it begins with a keyframe, as all do but those of a GOP that was too long for one."""

    offset: int
    size: int
    start: int
    duration: int
    key: bool = True


@dataclasses.dataclass(frozen=True)
class Media:
    """A file: `init_size` bytes of ftyp and moov, then fragments. `timescale`: units a second."""

    init_size: int
    timescale: int
    fragments: tuple[Fragment, ...]

    @property
    def seconds(self) -> float:
        """Length of the video."""
        return sum(fragment.duration for fragment in self.fragments) / self.timescale

    def follows(self, before: Media) -> bool:
        """Whether the timestamps go on where those of `before` end, to a hundredth of a second."""
        if not self.fragments or not before.fragments:
            return False
        last = before.fragments[-1]
        end_s, start_s = (last.start + last.duration) / before.timescale, self.fragments[0].start / self.timescale
        return abs(end_s - start_s) < 0.01


@dataclasses.dataclass(frozen=True)
class Init:
    """An init section that came alone: of one video track, and nothing else."""

    track: _Track

    @property
    def timescale(self) -> int:
        """Units a second."""
        return self.track.timescale


@dataclasses.dataclass(frozen=True)
class Part:
    """A file in a playlist, by its address."""

    uri: str
    media: Media


def read_media(file: BinaryIO, size: int) -> Media:
    """Find init section and fragments in a seekable file of `size` bytes. Raises BadMedia."""
    header: _Track | None = None
    fragments: list[Fragment] = []
    init_size, moof = 0, None
    for kind, offset, length in _top_boxes(file, size):
        if kind == b"moov" and header is None:
            header = _Track.read(_body(file, offset, length))
            init_size = offset + length
        elif kind == b"moof":
            if header is None:
                raise BadMedia(why=N_("a fragment comes before the header"))
            moof = (offset, *header.timing(_body(file, offset, length)))
        elif kind == b"mdat" and moof is not None:
            fragments.append(Fragment(moof[0], offset + length - moof[0], *moof[1:]))
            moof = None
    if header is None or not fragments:
        raise BadMedia(why=N_("it has no fragments"))
    return Media(init_size, header.timescale, tuple(fragments))


def read_init(data: bytes) -> Init:
    """An init section alone: ftyp and moov, with one video track and no sound. Raises BadMedia."""
    boxes = list(itertools.islice(_top_boxes(io.BytesIO(data), len(data)), 3))
    if len(data) > MAX_INIT or [kind for kind, _, _ in boxes] != [b"ftyp", b"moov"]:
        raise BadMedia(why=N_("it is no init section"))
    moov = _body(io.BytesIO(data), *boxes[1][1:])
    if len(list(itertools.islice(_children(moov, b"trak"), 2))) != 1:
        raise BadMedia(why=N_("it has other tracks than one of video"))
    return Init(_Track.read(moov))


def read_piece(init: Init, data: bytes) -> Fragment:
    """A piece alone: pairs of moof and mdat of the track of its init section, as one fragment. Raises BadMedia."""
    boxes = list(itertools.islice(_top_boxes(io.BytesIO(data), len(data)), 2 * MAX_PAIRS + 1))
    kinds = [kind for kind, _, _ in boxes]
    if not boxes or len(boxes) > 2 * MAX_PAIRS or kinds != [b"moof", b"mdat"] * (len(boxes) // 2):
        raise BadMedia(why=N_("it is no piece of video"))
    timings = [_alone(init.track, io.BytesIO(data), offset, length) for _, offset, length in boxes[::2]]
    duration = sum(timing[1] for timing in timings)
    if not 0 < 2 * duration < (2 * TARGET_S + 1) * init.timescale:
        raise BadMedia(why=N_("it lasts no time, or too long"))
    return Fragment(0, len(data), timings[0][0], duration, timings[0][2])


def _alone(track: _Track, file: BinaryIO, offset: int, length: int) -> tuple[int, int, bool]:
    if length > MAX_MOOF:
        raise BadMedia(why=N_("a header is too large"))
    moof = _body(file, offset, length)
    if len(list(itertools.islice(_children(moof, b"traf"), 2))) != 1:
        raise BadMedia(why=N_("it has other tracks than one of video"))
    return track.timing(moof)


def playlist(parts: Sequence[Part]) -> str:
    """A complete playlist (RFC 8216, version 7) that plays the parts one after the other."""
    longest = max((f.duration / p.media.timescale for p in parts for f in p.media.fragments), default=1)
    lines = [
        "#EXTM3U", "#EXT-X-VERSION:7", f"#EXT-X-TARGETDURATION:{max(1, math.ceil(longest))}",
        "#EXT-X-MEDIA-SEQUENCE:0", "#EXT-X-PLAYLIST-TYPE:VOD",
    ]
    if all(fragment.key for part in parts for fragment in part.media.fragments):
        lines.append("#EXT-X-INDEPENDENT-SEGMENTS")
    before: Media | None = None
    for part in parts:
        if before is not None and not part.media.follows(before):
            lines.append("#EXT-X-DISCONTINUITY")
        lines.append(f'#EXT-X-MAP:URI="{part.uri}",BYTERANGE="{part.media.init_size}@0"')
        for fragment in part.media.fragments:
            lines.append(f"#EXTINF:{fragment.duration / part.media.timescale:.6f},")
            lines.append(f"#EXT-X-BYTERANGE:{fragment.size}@{fragment.offset}")
            lines.append(part.uri)
        before = part.media
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""])


@dataclasses.dataclass(frozen=True)
class _Track:
    """The video track of a moov."""

    track: int
    timescale: int
    default_duration: int
    default_flags: int

    @classmethod
    def read(cls, moov: bytes) -> _Track:
        found = None
        for trak in _children(moov, b"trak"):
            mdia = _one(trak, b"mdia")
            if _one(mdia, b"hdlr")[8:12] == b"vide":
                found = (_track_id(_one(trak, b"tkhd")), _timescale(_one(mdia, b"mdhd")))
                break
        if found is None:
            raise BadMedia(why=N_("it has no video track"))
        trexes = (trex for mvex in _children(moov, b"mvex") for trex in _children(mvex, b"trex"))
        defaults = {_u32(trex, 4): (_u32(trex, 12), _u32(trex, 20)) for trex in trexes}
        return cls(*found, *defaults.get(found[0], (0, 0)))

    def timing(self, moof: bytes) -> tuple[int, int, bool]:
        """Start and duration of the track in a moof, and whether it begins with a keyframe."""
        for traf in _children(moof, b"traf"):
            tfhd = _one(traf, b"tfhd")
            if _u32(tfhd, 4) != self.track:
                continue
            tfdt = _one(traf, b"tfdt")
            start = _u64(tfdt, 4) if tfdt[0] else _u32(tfdt, 4)
            default = _default(tfhd, 0x8, self.default_duration)
            flags = _default(tfhd, 0x20, self.default_flags)
            truns = list(_children(traf, b"trun"))
            return start, sum(_duration(trun, default) for trun in truns), not truns or _sync(truns[0], flags)
        raise BadMedia(why=N_("a fragment holds no video"))


def begins_with_keyframe(moof: bytes) -> bool:
    """Whether a fragment of our recorder does, from the content of its moof box: the flags are in the fragment itself.

    Raises BadMedia."""
    for traf in _children(moof, b"traf"):
        truns = list(_children(traf, b"trun"))
        return not truns or _sync(truns[0], _default(_one(traf, b"tfhd"), 0x20, 0))
    raise BadMedia(why=N_("a fragment holds no video"))


def _top_boxes(file: BinaryIO, size: int) -> Iterator[tuple[bytes, int, int]]:
    """(kind, offset, length) of the boxes of a file; the last one may reach to its end."""
    offset = 0
    for _ in range(MAX_BOXES):
        if offset == size:
            return
        file.seek(offset)
        length, kind = _length(file.read(16), size - offset)
        yield kind, offset, length
        offset += length
    raise BadMedia(why=N_("it has too many boxes"))


def _length(head: bytes, room: int) -> tuple[int, bytes]:
    if len(head) < 8:
        raise BadMedia(why=N_("it ends within a box"))
    length, least = _u32(head, 0), 8
    if length == 1:
        length, least = _u64(head, 8), 16
    elif length == 0:
        length = room
    if not least <= length <= room:
        raise BadMedia(why=N_("a box is longer than what is left"))
    return length, head[4:8]


def _body(file: BinaryIO, offset: int, length: int) -> bytes:
    if length > MAX_HEADER:
        raise BadMedia(why=N_("a header is too large"))
    file.seek(offset)
    data = file.read(length)
    if len(data) != length:
        raise BadMedia(why=N_("it ends within a box"))
    return data[16:] if _u32(data, 0) == 1 else data[8:]


def _children(data: bytes, kind: bytes) -> Iterator[bytes]:
    """Bodies of the boxes of one kind that lie directly within `data`."""
    offset = 0
    while offset < len(data):
        length, found = _length(data[offset:offset + 16], len(data) - offset)
        if found == kind:
            yield data[offset + (16 if _u32(data, offset) == 1 else 8):offset + length]
        offset += length


def _one(data: bytes, kind: bytes) -> bytes:
    found = next(_children(data, kind), None)
    if not found:
        raise BadMedia(why=N_("a box that must be there is missing"))
    return found


def _track_id(tkhd: bytes) -> int:
    return _u32(tkhd, 20 if tkhd[0] else 12)


def _timescale(mdhd: bytes) -> int:
    timescale = _u32(mdhd, 20 if mdhd[0] else 12)
    if timescale == 0:
        raise BadMedia(why=N_("its timescale is 0"))
    return timescale


def _default(tfhd: bytes, field: int, otherwise: int) -> int:
    """A default of the samples of a fragment; `field`: its flag. The fields lie in the order of their flags."""
    flags = _u32(tfhd, 0) & 0xFFFFFF
    if not flags & field:
        return otherwise
    before = (8 if flags & 0x1 else 0) + 4 * sum(bool(flags & one) for one in (0x2, 0x8, 0x10) if one < field)
    return _u32(tfhd, 8 + before)


def _sync(trun: bytes, default: int) -> bool:
    """Whether the first sample of a run of samples is a sync sample: a keyframe."""
    flags = _u32(trun, 0) & 0xFFFFFF
    at = 8 + (4 if flags & 0x1 else 0)
    if flags & 0x4:
        default = _u32(trun, at)
    elif flags & 0x400:
        default = _u32(trun, at + 4 * sum(bool(flags & field) for field in (0x100, 0x200)))
    return not default & NON_SYNC


def _duration(trun: bytes, default: int) -> int:
    """Sum of the sample durations of a run of samples."""
    flags, count = _u32(trun, 0) & 0xFFFFFF, _u32(trun, 4)
    if not flags & _DURATION:
        return count * default
    first = 8 + (4 if flags & 0x1 else 0) + (4 if flags & 0x4 else 0)
    stride = 4 * sum(bool(flags & field) for field in _SAMPLE_FIELDS)
    if first + count * stride > len(trun):
        raise BadMedia(why=N_("a run of samples is longer than its box"))
    return sum(_u32(trun, first + index * stride) for index in range(count))


def _u32(data: bytes, offset: int) -> int:
    if offset + 4 > len(data):
        raise BadMedia(why=N_("a box is too short"))
    return int(struct.unpack_from(">I", data, offset)[0])


def _u64(data: bytes, offset: int) -> int:
    if offset + 8 > len(data):
        raise BadMedia(why=N_("a box is too short"))
    return int(struct.unpack_from(">Q", data, offset)[0])
