"""Small films in H.265 as a recorder writes them, and what is wrong with some."""
from __future__ import annotations

import functools
import io
from fractions import Fraction

import av
import numpy as np
import pytest

from evidence.times import utc_us
from tests.central import course
from tests.central.course import PEOPLE, Course
from tests.central.helpers import segment_of

FLAGS = "frag_keyframe+empty_moov+default_base_moof+skip_trailer"
QUIET = "log-level=none:keyint=20:min-keyint=20:scenecut=0"


@functools.cache
def film(
    pictures: int = 60, size: tuple[int, int] = (320, 180), codec: str = "libx265", form: str = "yuv420p",
    between: int = 0, first: int = 0, more: str = "", step: int = 9000, shade: int = 0,
) -> bytes:
    """So many pictures with a little unrest, every twentieth a keyframe; made once. `between`: B-frames; `first`,
    `step`: the first time stamp and from one to the next, in 1/90000 s; `more`: for x265; `shade`: no two films are
    alike."""
    sink = io.BytesIO()
    with av.open(sink, "w", format="mp4", options={"movflags": f"{FLAGS}+frag_discont",
                                                   "avoid_negative_ts": "disabled"}) as out:
        own = {"x265-params": f"{QUIET}:bframes={between}{more}"} if codec == "libx265" else {}
        stream = out.add_stream(codec, rate=Fraction(90000, step), options={"preset": "ultrafast", "g": "20", **own})
        stream.width, stream.height, stream.pix_fmt = *size, form
        stream.time_base = stream.codec_context.time_base = Fraction(1, 90000)
        for index in range(pictures):
            frame = av.VideoFrame.from_ndarray(picture(index + shade, size), format="rgb24")
            frame.pts, frame.time_base = first + index * step + index % 3 * 7, Fraction(1, 90000)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return sink.getvalue()


def picture(index: int, size: tuple[int, int]) -> np.ndarray:
    """A bar that moves over a ground that grows lighter."""
    width, height = size
    image = np.zeros((height, width, 3), np.uint8)
    image[:, :, 1] = 60 + index % 180
    image[height // 3:height // 2, 5 * index % width:5 * index % width + 40] = 230
    return image


def seen(data: bytes) -> list[tuple[int | None, bool, int]]:
    """Of every picture its time stamp, whether it is a keyframe, and how light it is."""
    with av.open(io.BytesIO(data)) as opened:
        return [(one.pts, bool(one.key_frame), round(float(one.to_ndarray(format="rgb24").mean())))
                for one in opened.decode(video=0)]


class InH265(Course):
    """The course's first practice alone, recorded in H.265: four files."""

    def hold(self) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(course, "segment_of", functools.partial(segment_of, codec="hevc"))
            self.half_day(utc_us("2026-03-02T05:58:00.000000Z"), [(0, 48)], PEOPLE[:-1])

    def film(self, seconds: int) -> bytes:
        self.shade += 1
        return film(seconds // 3, step=270_000, shade=self.shade)
