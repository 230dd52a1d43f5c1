"""A camera's keyframes as single live pictures: now and then one is decoded, shrunk, and made a JPEG."""
from __future__ import annotations

import av
import cv2
from av.error import FFmpegError

from common.logs import Log
from common.texts import N_
from edge.cameras.port import Packet, StreamInfo
from edge.errors import BadVideo
from edge.live.video import Made
from edge.picture.fragments import MAX_PIXELS, decode
from evidence.times import SECOND

EVERY_US = 3 * SECOND
SLACK = 10
"""A keyframe comes a little early or late: a tenth of the time between two pictures is let pass."""
WIDTH, HEIGHT, QUALITY = 480, 960, 70
"""As wide and as high at most, in pixels, as a centre takes them."""
TOO_LARGE = N_("its pictures are too large")


class Pictures:
    """`add` every packet; only a keyframe that is due is decoded. `every_us`: between two pictures."""

    def __init__(self, info: StreamInfo, every_us: int = EVERY_US) -> None:
        """Raises BadVideo."""
        if info.width * info.height > MAX_PIXELS:
            raise BadVideo(source="camera", why=TOO_LARGE)
        codec = av.CodecContext.create(info.codec, "r")
        assert isinstance(codec, av.VideoCodecContext)
        codec.extradata, codec.thread_type = info.template.codec_context.extradata, "NONE"
        # A picture that is shrunk shows no block edges.
        codec.options = {"skip_loop_filter": "all"}
        self._codec = codec
        self._every_us, self._due_us = every_us, 0
        self._log = Log("live")

    def add(self, packet: Packet) -> list[Made]:
        """The picture that is due, if this packet gives it."""
        if not packet.key or packet.mono_us < self._due_us:
            return []
        try:
            return self._picture(packet)
        # However odd a picture is, the next one may be good.
        except (ValueError, MemoryError, FFmpegError, cv2.error) as error:
            self._log.failed("live.odd", error)
            return []

    def _picture(self, packet: Packet) -> list[Made]:
        frame = decode(self._codec, bytes(packet.av))
        if frame is None:
            return []
        self._due_us = packet.mono_us + self._every_us - self._every_us // SLACK
        if frame.width * frame.height > MAX_PIXELS:
            return []
        share = min(1.0, WIDTH / frame.width, HEIGHT / frame.height)
        width, height = max(1, round(frame.width * share)), max(1, round(frame.height * share))
        small = frame.to_ndarray(width=width, height=height, format="bgr24", interpolation="AREA")
        done, data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        return [Made(data.tobytes(), packet.mono_us, True)] if done else []

    def finish(self) -> list[Made]:
        """Nothing is left over."""
        return []
