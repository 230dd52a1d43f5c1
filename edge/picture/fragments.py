"""Keyframes of a fragmented MP4 that may still grow: only box headers and first samples are read, nothing is decoded.

Every fragment (moof + mdat) of our recorder holds one track (ISO/IEC 14496-12) and begins with a keyframe, but for
those within a GOP that was too long for one.
"""
from __future__ import annotations

import dataclasses
import io
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import av
from av.error import FFmpegError

from common.hls import BadMedia, begins_with_keyframe
from common.texts import N_
from edge.errors import BadVideo

HEADER = 8
LARGEST_HEADER = 4_000_000
"""No `moov` or `moof` of ours comes near this; a longer one is not read into memory."""
LARGEST_KEYFRAME = 50_000_000
MAX_PIXELS = 64_000_000
NO_HEADER = N_("its header is missing")
NO_FRAGMENT = N_("a fragment of it cannot be read")
TOO_LARGE = N_("its pictures are too large")
HAS_OFFSET, HAS_FIRST_FLAGS, HAS_SIZE, HAS_COMPOSITION = 0x1, 0x4, 0x200, 0x800
TRUN_FIELDS = (0x100, HAS_SIZE, 0x400, HAS_COMPOSITION)
"""Flags of a `trun` for a sample's duration, size, flags and composition offset, in the order in which they lie."""


@dataclasses.dataclass(frozen=True)
class Keyframe:
    """`at_us`: presentation time in the file's own time. `data`: the packet as it lies in the file."""

    at_us: int
    data: bytes


class Fragments:
    """Reads one file from its beginning, as far as it is whole. Methods raise BadVideo, and OSError."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = 0
        self._header = bytearray()
        self._time_base_s = 0.0
        self.codec: av.VideoCodecContext | None = None
        """Made of the file's header; no picture was put into it."""

    def read(self, size: int) -> Iterator[Keyframe]:
        """The keyframes of the fragments that end within the first `size` bytes and were not read before."""
        with self._path.open("rb") as file:
            while (found := self._fragment(file, size)) is not None:
                yield from found

    def _fragment(self, file: BinaryIO, size: int) -> list[Keyframe] | None:
        """The next fragment, or an empty list for another box; None when it is not whole yet."""
        start = self._at
        kind, length = _box(file, start, size)
        if kind == b"" or start + length > size:
            return None
        if kind in (b"ftyp", b"moov") and self.codec is None:
            self._header += self._bytes(file, start, length)
            if kind == b"moov":
                self._open()
        if kind != b"moof":
            self._at = start + length
            return []
        data_kind, data_length = _box(file, start + length, size)
        if data_kind == b"" or start + length + data_length > size:
            return None
        self._at = start + length + data_length
        if self.codec is None or data_kind != b"mdat":
            raise BadVideo(source=self._path, why=NO_HEADER)
        moof = self._bytes(file, start, length)[HEADER:]
        try:
            begins = begins_with_keyframe(moof)
        except BadMedia:
            raise BadVideo(source=self._path, why=NO_FRAGMENT) from None
        return [self._keyframe(file, moof, start + length + HEADER)] if begins else []

    def _keyframe(self, file: BinaryIO, moof: bytes, data_at: int) -> Keyframe:
        try:
            ticks, size = _first_sample(moof)
        except (struct.error, KeyError, IndexError):
            raise BadVideo(source=self._path, why=NO_FRAGMENT) from None
        if size > LARGEST_KEYFRAME:
            raise BadVideo(source=self._path, why=TOO_LARGE)
        file.seek(data_at)
        return Keyframe(round(ticks * self._time_base_s * 1_000_000), file.read(size))

    def _bytes(self, file: BinaryIO, at: int, length: int) -> bytes:
        if length > LARGEST_HEADER:
            raise BadVideo(source=self._path, why=NO_FRAGMENT)
        file.seek(at)
        return file.read(length)

    def _open(self) -> None:
        """A decoder for the one video track that the header tells of."""
        try:
            container = av.open(io.BytesIO(bytes(self._header)), "r", format="mp4")
        except (FFmpegError, ValueError):
            raise BadVideo(source=self._path, why=NO_HEADER) from None
        with container:
            stream = container.streams.video[0] if container.streams.video else None
            # Of a codec that it does not know PyAV makes a stream without a context.
            if stream is None or stream.time_base is None or stream.codec_context is None:
                raise BadVideo(source=self._path, why=NO_HEADER)
            if stream.width * stream.height > MAX_PIXELS:
                raise BadVideo(source=self._path, why=TOO_LARGE)
            codec = av.CodecContext.create(stream.codec_context.name, "r")
            codec.extradata = stream.codec_context.extradata
            codec.thread_type = "NONE"
            # Intra prediction needs no deblocked pixels: leaving it out changes the look of block edges only.
            codec.options = {"skip_loop_filter": "all"}
            self._time_base_s = float(stream.time_base)
        assert isinstance(codec, av.VideoCodecContext)
        self.codec = codec


def decode(codec: av.VideoCodecContext, data: bytes) -> av.VideoFrame | None:
    """One keyframe by itself; None where it cannot be decoded."""
    try:
        found = codec.decode(av.Packet(data)) + codec.decode(None)
    except FFmpegError:
        found = []
    codec.flush_buffers()
    return found[0] if found else None


def _box(file: BinaryIO, at: int, size: int) -> tuple[bytes, int]:
    """Kind and length of the box at `at`; an empty kind when its header is not whole."""
    if at + HEADER > size:
        return b"", 0
    file.seek(at)
    head = file.read(HEADER)
    if len(head) < HEADER:
        return b"", 0
    length, kind = struct.unpack(">I4s", head)
    # Length 0 or 1 (to the end of the file, 64 bits) is never written by our recorder.
    return (kind, length) if length >= HEADER else (b"", 0)


def _first_sample(moof: bytes) -> tuple[int, int]:
    """Presentation time in ticks and size in bytes of the first sample. Raises KeyError, IndexError, struct.error."""
    boxes = dict(_children(dict(_children(moof))[b"traf"]))
    tfhd, tfdt, trun = boxes[b"tfhd"], boxes[b"tfdt"], boxes[b"trun"]
    ticks = struct.unpack_from(">Q" if tfdt[0] else ">I", tfdt, 4)[0]
    flags = struct.unpack_from(">I", trun)[0] & 0xFFFFFF
    at = 8 + 4 * bool(flags & HAS_OFFSET) + 4 * bool(flags & HAS_FIRST_FLAGS)
    values = {}
    for field in TRUN_FIELDS:
        if flags & field:
            values[field] = struct.unpack_from(">i" if field == HAS_COMPOSITION else ">I", trun, at)[0]
            at += 4
    size = values[HAS_SIZE] if HAS_SIZE in values else _default_size(tfhd)
    return ticks + values.get(HAS_COMPOSITION, 0), size


def _default_size(tfhd: bytes) -> int:
    """The size that all samples of the fragment have."""
    flags = struct.unpack_from(">I", tfhd)[0] & 0xFFFFFF
    if not flags & 0x10:
        raise KeyError("size")
    at = 8 + 8 * bool(flags & 0x1) + 4 * bool(flags & 0x2) + 4 * bool(flags & 0x8)
    return int(struct.unpack_from(">I", tfhd, at)[0])


def _children(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + HEADER <= len(content):
        length, kind = struct.unpack_from(">I4s", content, at)
        yield kind, content[at + HEADER: at + length]
        at += max(length, HEADER)
