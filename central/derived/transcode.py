"""The process that makes a copy in H.264 of one file in H.265: `python -m central.derived.transcode SOURCE TARGET
COMMENT SECONDS`. It may take only so much memory, disk and time of the processor, and is shut in (shut_in.py) with the
two files that it opened before it reads a byte of them.

The file is hostile: what a broken decoder does happens here. Each picture keeps its time stamp, and keyframes stay
keyframes; a damaged picture is left out. It writes a line for each per mille that is done, one that begins with
`OPEN` when the machine lacks a lock; and when it fails, the reason: a key of `WHY`.
"""
from __future__ import annotations

import errno
import importlib
import os
import pkgutil
import resource
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from central.derived.shut_in import shut_in
from common.texts import N_

if TYPE_CHECKING:
    import av

MOST_MEMORY, MOST_MORE, TIMES_LARGER = 3 << 30, 64 << 20, 8
"""Bytes that it may map; the copy may have so many times the bytes of the file and so many more."""
MOST_PIXELS = 4096 * 4096
THREADS = 2
COLOURS = ("color_range", "color_primaries", "color_trc", "colorspace")
"""What the numbers of a picture mean; they stay as they are."""
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
FAILED = 3
"""The status with which it ends when the file is to blame."""
OPEN = "open"
WHY = {
    "no_hevc": N_("it holds no video in H.265"),
    "too_large": N_("its picture is larger than 16 million pixels, or has an odd number of them in a row"),
    "other_size": N_("its picture changes its size"),
    "nothing": N_("none of its pictures can be decoded"),
    "unreadable": N_("it is no whole file of video"),
    "memory": N_("it takes more memory than one file may"),
    "long": N_("it takes longer than its length allows"),
    "room": N_("the copy becomes larger than it may, or the disk is full"),
}
"""What a person is told."""
_OUT = {"movflags": "frag_keyframe+empty_moov+default_base_moof+skip_trailer+frag_discont",
        "avoid_negative_ts": "disabled", "frag_duration": "10000000", "frag_size": "64000000"}
"""As the recorder writes; the two that differ leave each time stamp as it is."""


class Refused(Exception):
    """The file is to blame. Its first part: a key of `WHY`."""


def main(source: str, target: str, comment: str, seconds: str) -> int:
    """The status of the process."""
    _load()
    why = _tried(Path(source), Path(target), comment, int(seconds))
    if why is None:
        return 0
    print(why, flush=True)
    return FAILED


def _load() -> None:
    """All of PyAV, which loads parts of itself when they are wanted: nothing can be loaded once this is shut in."""
    import av

    for module in pkgutil.walk_packages(av.__path__, "av."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def _tried(source: Path, target: Path, comment: str, seconds: int) -> str | None:
    import av

    try:
        with source.open("rb") as file, target.open("wb") as out:
            size = os.fstat(file.fileno()).st_size
            _bound(size, seconds)
            if missing := shut_in():
                print(OPEN, *missing, flush=True)
            copy(file, size, out, comment)
    except Refused as refused:
        return str(refused.args[0])
    except (MemoryError, av.error.MemoryError):
        return "memory"
    except (av.error.FFmpegError, OSError) as error:
        return "room" if error.errno in NO_ROOM else "unreadable"
    return None


def _bound(size: int, seconds: int) -> None:
    """What the process may take from here on. A crash leaves no picture of its memory: that holds faces."""
    for what, most in (
        (resource.RLIMIT_AS, MOST_MEMORY), (resource.RLIMIT_CPU, seconds * THREADS), (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, TIMES_LARGER * size + MOST_MORE), (resource.RLIMIT_NOFILE, 64),
    ):
        resource.setrlimit(what, (most, most))
    os.nice(19)


def copy(source: BinaryIO, size: int, target: BinaryIO, comment: str) -> None:
    """Make the copy of a file of that size, bytes. Raises Refused, MemoryError, av.error.FFmpegError, OSError."""
    import av

    with av.open(source, "r", format="mp4", metadata_errors="ignore") as film:
        stream = next(iter(film.streams.video), None)
        if stream is None or stream.codec_context.name != "hevc" or stream.time_base is None:
            raise Refused("no_hevc")
        context = stream.codec_context
        width, height = context.width, context.height
        if not 0 < width * height <= MOST_PIXELS or width % 2 or height % 2:
            raise Refused("too_large")
        context.thread_count, context.thread_type = THREADS, "FRAME"
        with av.open(target, "w", format="mp4", options={
            **_OUT, "video_track_timescale": str(stream.time_base.denominator)}) as out:
            out.metadata["comment"] = comment
            _encode(out, stream, _pictures(film.demux(stream), size))


def _encode(out: av.container.OutputContainer, stream: Any, pictures: Iterator[av.VideoFrame]) -> None:
    """One picture in, one out: no picture waits for another, so each is written with its own time stamp."""
    import av

    context = stream.codec_context
    made = out.add_stream("libx264", rate=stream.average_rate or 25, options={
        "preset": "veryfast", "tune": "zerolatency", "crf": "23", "sc_threshold": "0", "g": "100000", "forced-idr": "1",
        "threads": str(THREADS)})
    made.width, made.height, made.pix_fmt = context.width, context.height, "yuv420p"
    made.time_base = made.codec_context.time_base = stream.time_base
    for name in COLOURS:
        setattr(made.codec_context, name, getattr(context, name))
    last, duration = None, 0
    for picture in pictures:
        if (picture.width, picture.height) != (made.width, made.height):
            raise Refused("other_size")
        if picture.pts is None or (last is not None and picture.pts <= last):
            continue
        key = picture.key_frame or last is None
        plain = picture if picture.format.name == "yuv420p" else picture.reformat(format="yuv420p")
        plain.pts, plain.time_base = picture.pts, stream.time_base
        plain.pict_type = av.video.frame.PictureType.I if key else av.video.frame.PictureType.NONE
        last, duration = picture.pts, picture.duration
        for packet in made.encode(plain):
            packet.duration = duration
            out.mux(packet)
    if last is None:
        raise Refused("nothing")
    for packet in made.encode(None):
        packet.duration = duration
        out.mux(packet)


def _pictures(packets: Iterable[Any], size: int) -> Iterator[av.VideoFrame]:
    """What can be decoded, in order; tells how far it is."""
    import av

    told = -1
    for packet in packets:
        done = 1000 * (packet.pos or 0) // max(1, size)
        if done > told:
            print(done, flush=True)
            told = done
        try:
            yield from packet.decode()
        except av.error.InvalidDataError:
            continue


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:5]))
