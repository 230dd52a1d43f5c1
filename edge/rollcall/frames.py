"""Frames of a video file for the roll call, some seconds apart: keyframes where there are any, decoded ones between.

A camera chooses its keyframes, and many choose a change of scene: who took only those would see what the camera liked.
So the pictures are evenly apart in time, and no part of a file is decoded that no picture needs."""
from __future__ import annotations

import bisect
import collections
import dataclasses
import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from common.texts import N_
from edge.cameras.annexb import is_key, length_size
from edge.cameras.port import CODECS
from edge.errors import BadVideo, EmptyVideo
from edge.rollcall.pictures import Picture, of_frame
from edge.video import bad_video, open_video

SECOND_US = 1_000_000
MAX_PIXELS = 64_000_000
EARLY, LATE = 8, 4
"""A keyframe may come so large a part of the interval (an eighth, a quarter) early or late and still spare decoding."""
NO_PICTURE = N_("no picture in it can be decoded")
TOO_LARGE = N_("its pictures are too large")


@dataclasses.dataclass(frozen=True)
class Plan:
    """Which frames will be read. Times in µs as the file states them, but `length_us`: from first packet to the end of
    the last one."""

    start_us: int
    length_us: int
    gops: dict[int, list[int]]
    """By the keyframe from which on they are decoded: the wanted moments, in order of time."""

    @property
    def frames(self) -> int:
        """How many pictures that is."""
        return sum(len(moments) for moments in self.gops.values())


@dataclasses.dataclass(frozen=True)
class Closer:
    """Within `windows` (from … to before, media time in µs from the first packet) the pictures are so near together."""

    every_us: int
    windows: Sequence[tuple[int, int]]


def plan_frames(path: Path, every_us: int, closer: Closer | None = None) -> Plan:
    """Look at the packets of a file (nothing is decoded). Raises BadVideo, EmptyVideo."""
    times, whole, keys = _packet_times(path)
    if not times:
        raise EmptyVideo(source=path)
    step = (times[-1] - times[0]) // max(1, len(times) - 1)
    gops: dict[int, list[int]] = {}

    def every_at(moment: int) -> int:
        if closer is None or not any(start <= moment - times[0] < end for start, end in closer.windows):
            return every_us
        return closer.every_us

    for moment in _moments(whole, keys, every_at):
        gops.setdefault(keys[bisect.bisect_right(keys, moment) - 1], []).append(moment)
    return Plan(times[0], times[-1] - times[0] + step, gops)


def _moments(times: list[int], keys: list[int], every_at: Callable[[int], int]) -> Iterator[int]:
    """From the first keyframe on: the next keyframe if it comes about when a picture is due, else the packet that is
    due. So there are never more of them than packets, whatever times these state. `every_at`: how far apart from a
    moment on."""
    moment = keys[0]
    while True:
        yield moment
        every_us = every_at(moment)
        due = bisect.bisect_left(times, moment + every_us)
        after = bisect.bisect_left(keys, moment + every_us - every_us // EARLY)
        late = max(moment + every_us + every_us // LATE, times[due] if due < len(times) else 0)
        if after < len(keys) and keys[after] <= late:
            moment = keys[after]
        elif due < len(times):
            moment = times[due]
        else:
            return


def frames(path: Path, every_us: int, plan: Plan) -> Iterator[tuple[int, np.ndarray]]:
    """(media time in µs from the first packet, BGR uint8 picture): `pictures` in colour."""
    for pts_us, picture in pictures(path, plan):
        yield pts_us, picture.bgr


def pictures(path: Path, plan: Plan) -> Iterator[tuple[int, Picture]]:
    """(media time in µs from the first packet, picture) of a plan.

    Pictures that cannot be decoded are left out. Raises BadVideo when none could be, or the file breaks off.
    """
    given = 0
    try:
        container, stream = _open(path)
        with container:
            for moment_us, frame in _pictures(container, stream, plan):
                given += 1
                yield max(0, moment_us - plan.start_us), of_frame(frame)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise bad_video(path, error) from None
    if not given:
        raise BadVideo(source=path, why=NO_PICTURE)


def _packet_times(path: Path) -> tuple[list[int], list[int], list[int]]:
    """Presentation times in µs of all packets, of those that can be decoded from the keyframe before them in the file,
    and of the keyframes: the first packet where there is none.

    A picture that follows a keyframe and is shown before it (H.265, 3.1: RASL) leans on the GOP before."""
    times: list[int] = []
    whole: list[int] = []
    keys: list[int] = []
    try:
        container, stream = _open(path)
        with container:
            for packet in container.demux(stream):
                if packet.pts is not None and packet.size:
                    times.append(_us(packet))
                    if _is_key(stream, packet):
                        keys.append(times[-1])
                    if not keys or times[-1] >= keys[-1]:
                        whole.append(times[-1])
    except (av.FFmpegError, OSError, ValueError) as error:
        raise bad_video(path, error) from None
    return sorted(times), sorted(whole), sorted(keys or times[:1])


def _open(path: Path) -> tuple[av.container.InputContainer, VideoStream]:
    container, stream = open_video(path)
    if stream.width * stream.height > MAX_PIXELS:
        container.close()
        raise BadVideo(source=path, why=TOO_LARGE)
    return container, stream


def _pictures(
    container: av.container.InputContainer, stream: VideoStream, plan: Plan
) -> Iterator[tuple[int, VideoFrame]]:
    """(time in µs as stated, frame) of the wanted moments. Where a keyframe's packets give no picture at all, the next
    keyframe gives one."""
    stream.codec_context.thread_type = "NONE"
    broken = False
    for packets in _gops(container, stream):
        first = next(packets)
        moments = plan.gops.get(_us(first), [_us(first)] if broken else [])
        if not moments:
            continue
        broken = True
        for found in _among(stream, itertools.chain([first], packets), moments):
            broken = False
            yield found


def _gops(
    container: av.container.InputContainer, stream: VideoStream
) -> Iterator[Iterator[av.Packet[VideoStream]]]:
    """The packets from each keyframe to the next; those of one are gone when the next are asked for."""
    number = 0

    def counted(packet: av.Packet[VideoStream]) -> int:
        nonlocal number
        number += _is_key(stream, packet)
        return number

    packets = (packet for packet in container.demux(stream) if packet.pts is not None and packet.size)
    return (group for _, group in itertools.groupby(packets, counted))


def _among(
    stream: VideoStream, packets: Iterator[av.Packet[VideoStream]], moments: list[int]
) -> Iterator[tuple[int, VideoFrame]]:
    """The first picture at or after each of the moments, and the last one of all where there is none after it. Nothing
    is decoded that comes after the last moment."""
    left = collections.deque(moments)
    last: tuple[int, VideoFrame] | None = None
    for frame in _decoded(stream, packets, moments[-1]):
        if frame.pts is None or stream.time_base is None or not left:
            continue
        last = round(frame.pts * stream.time_base * SECOND_US), frame
        if last[0] >= left[0]:
            while left and last[0] >= left[0]:
                left.popleft()
            yield last
            last = None
    if left and last is not None:
        yield last


def _decoded(
    stream: VideoStream, packets: Iterator[av.Packet[VideoStream]], until_us: int
) -> Iterator[VideoFrame]:
    """The pictures of these packets, those up to a moment at least. A picture with B-frames before it lies before them
    in the file; but nothing is shown before it is decoded, so from a decoding time on no packet is shown earlier."""
    codec = stream.codec_context
    for packet in packets:
        yield from _decode(codec, packet)
        if packet.dts is not None and min(_us(packet), _micros(packet, packet.dts)) >= until_us:
            break
    yield from _decode(codec, None)
    codec.flush_buffers()


def _decode(codec: av.VideoCodecContext, packet: av.Packet[VideoStream] | None) -> list[VideoFrame]:
    try:
        return codec.decode(packet)
    except av.FFmpegError:
        return []


def _is_key(stream: VideoStream, packet: av.Packet[VideoStream]) -> bool:
    """Whether pictures can be decoded from this packet on."""
    codec = stream.codec_context.name
    if not packet.is_keyframe or codec not in CODECS:
        return packet.is_keyframe
    return is_key(codec, bytes(packet), length_size(codec, stream.codec_context.extradata or b""))


def _us(packet: av.Packet[VideoStream]) -> int:
    """When the packet is shown; the caller has made sure that it says so."""
    assert packet.pts is not None
    return _micros(packet, packet.pts)


def _micros(packet: av.Packet[VideoStream], ticks: int) -> int:
    assert packet.time_base is not None
    return round(ticks * packet.time_base * SECOND_US)
