"""Frames of a video file for the roll call: keyframes some seconds apart, or decoded ones where keyframes are rare."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from common.texts import N_
from edge.errors import BadVideo, EmptyVideo
from edge.video import bad_video, open_video

SECOND_US = 1_000_000
MAX_PIXELS = 64_000_000
ENOUGH = 0.5
"""Keyframes are enough when they give at least this share of the frames asked for."""
SLACK = 8
"""A keyframe may come this fraction of the interval early: cameras that put one every 1.9 s count as every 2 s."""
NO_PICTURE = N_("no picture in it can be decoded")
TOO_LARGE = N_("its pictures are too large")
_TURNS = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_CLOCKWISE}


@dataclasses.dataclass(frozen=True)
class Plan:
    """Which frames will be read. `length_us`: media time from first packet to the end of the last one."""

    length_us: int
    frames: int
    keyframes: bool


def plan_frames(path: Path, every_us: int) -> Plan:
    """Look at the packets of a file (nothing is decoded). Raises BadVideo, EmptyVideo."""
    times, keys = _packet_times(path)
    if not times:
        raise EmptyVideo(source=path)
    step = (times[-1] - times[0]) // max(1, len(times) - 1)
    length = times[-1] - times[0] + step
    wanted = -(-length // every_us)
    chosen = len(_apart(keys, every_us))
    if chosen >= ENOUGH * wanted:
        return Plan(length, chosen, keyframes=True)
    return Plan(length, min(wanted, len(times)), keyframes=False)


def frames(path: Path, every_us: int, plan: Plan) -> Iterator[tuple[int, np.ndarray]]:
    """(media time in µs from the first packet, BGR uint8 picture), about `every_us` apart.

    Pictures that cannot be decoded are left out. Raises BadVideo when none could be, or the file breaks off.
    """
    given = 0
    try:
        container, stream = _open(path)
        with container:
            for pts_us, frame in (_keyframes if plan.keyframes else _decoded)(container, stream, every_us):
                given += 1
                yield pts_us, _upright(frame)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise bad_video(path, error) from None
    if not given:
        raise BadVideo(source=path, why=NO_PICTURE)


def _packet_times(path: Path) -> tuple[list[int], list[int]]:
    """Presentation times in µs of all packets and of the keyframes, in order of time."""
    times: list[int] = []
    keys: list[int] = []
    try:
        container, stream = _open(path)
        with container:
            for packet in container.demux(stream):
                if packet.pts is not None and packet.size:
                    times.append(_us(packet))
                    if packet.is_keyframe:
                        keys.append(times[-1])
    except (av.FFmpegError, OSError, ValueError) as error:
        raise bad_video(path, error) from None
    return sorted(times), sorted(keys)


def _open(path: Path) -> tuple[av.container.InputContainer, VideoStream]:
    container, stream = open_video(path)
    if stream.width * stream.height > MAX_PIXELS:
        container.close()
        raise BadVideo(source=path, why=TOO_LARGE)
    return container, stream


def _keyframes(
    container: av.container.InputContainer, stream: VideoStream, every_us: int
) -> Iterator[tuple[int, VideoFrame]]:
    """Only the packets of the chosen keyframes reach the decoder, each decoded by itself."""
    codec = stream.codec_context
    codec.thread_type = "NONE"
    start: int | None = None
    due = 0
    for packet in container.demux(stream):
        if packet.pts is None or not packet.size:
            continue
        start = _us(packet) if start is None else start
        at = _us(packet) - start
        if not packet.is_keyframe or at < due:
            continue
        frame = _one(codec, packet)
        if frame is not None:
            due = at + every_us - every_us // SLACK
            yield max(0, at), frame


def _one(codec: av.VideoCodecContext, packet: av.Packet[VideoStream]) -> VideoFrame | None:
    try:
        found = codec.decode(packet) + codec.decode(None)
    except av.FFmpegError:
        found = []
    codec.flush_buffers()
    return found[0] if found else None


def _decoded(
    container: av.container.InputContainer, stream: VideoStream, every_us: int
) -> Iterator[tuple[int, VideoFrame]]:
    stream.thread_type = "NONE"
    start: int | None = None
    due = 0
    for packet in container.demux(stream):
        try:
            found = packet.decode()
        except av.FFmpegError:
            continue
        for frame in found:
            if frame.pts is None or frame.time_base is None:
                continue
            moment = round(frame.pts * frame.time_base * SECOND_US)
            start = moment if start is None else start
            if moment - start >= due:
                due = moment - start + every_us - every_us // SLACK
                yield moment - start, frame


def _upright(frame: VideoFrame) -> np.ndarray:
    bgr = frame.to_ndarray(format="bgr24")
    turn = _TURNS.get(int(frame.rotation) % 360)
    return bgr if turn is None else cv2.rotate(bgr, turn)


def _apart(times: list[int], every_us: int) -> list[int]:
    chosen: list[int] = []
    for moment in times:
        if not chosen or moment - chosen[-1] >= every_us - every_us // SLACK:
            chosen.append(moment)
    return chosen


def _us(packet: av.Packet[VideoStream]) -> int:
    """When the packet is shown; the caller has made sure that it says so."""
    assert packet.pts is not None and packet.time_base is not None
    return round(packet.pts * packet.time_base * SECOND_US)
