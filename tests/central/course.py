"""A class of four half-days as a centre receives it: small real video, roll calls, check-ins, one trainee away.

Theory on the first morning, its recording with a hole; then three practices that the last trainee misses.
"""
from __future__ import annotations

import functools
import io
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from central.classes.orders import add_class
from central.classes.plan import read_names, read_plan
from central.wiring import Centre
from evidence.bodies import Alarm, Candidate, CheckIn, ClassOrder, RollCall, Segment, SessionEnd, SessionStart, Track
from evidence.times import MINUTE, SECOND, utc_us
from tests.central.helpers import MORNING, SIMULATED, Box, put, segment_of, write_plan
from tests.evidence.course import picture_of

PEOPLE = ("张伟", "王芳", "李娜", "刘洋", "陈静", "赵敏")
AWAY = "赵敏"
PLAN = """\
class = "welder-1"
title = "焊工（初级）2026 年第 3 期"
policy = "demo"
boxes = [{ device = "box-1", room = "101 教室" }]
hours = [
  { kind = "theory", start = 2026-03-02T08:30:00, end = 2026-03-02T09:15:00 },
  { kind = "theory", start = 2026-03-02T09:25:00, end = 2026-03-02T10:10:00 },
  { kind = "practical", start = 2026-03-02T14:00:00, end = 2026-03-02T14:45:00 },
  { kind = "practical", start = 2026-03-03T08:30:00, end = 2026-03-03T09:15:00 },
  { kind = "practical", start = 2026-03-03T14:00:00, end = 2026-03-03T14:45:00 },
]
"""
PACK, PACK_HASH = "lab", "ab" * 32
SEGMENT_MIN = 15


class Course:
    """Sends everything through the collector and the object store of `centre`. Whoever has a box of another kind gives
    it as `box`, says in `keep` where its files go, and calls `hold`."""

    def __init__(self, centre: Centre, folder: Path) -> None:
        self.centre = centre
        plan, names = write_plan(folder, PLAN, "people = [" + ", ".join(f'{{ name = "{n}" }}' for n in PEOPLE) + "]")
        self.order: ClassOrder = add_class(centre.store, centre.names, read_plan(plan), read_names(names), plan)
        with centre.store.read() as tx:
            named = centre.names.open_all("welder-1", tx.sealed_names("welder-1"))
        self.persons = {one.name: person for person, one in named.items()}
        self.box = Box(centre, clock=SIMULATED)
        self.shade = 0

    def play(self) -> None:
        """The whole class."""
        self.box.genesis(utc_us("2026-03-02T00:00:00.000000Z"))
        self.hold()
        self.centre.collector().take(self.box.messages())

    def hold(self) -> None:
        """What the box states of the four half-days."""
        opening, *practices = ("2026-03-02T00", "2026-03-02T06", "2026-03-03T00", "2026-03-03T06")
        start = utc_us(f"{opening}:28:00.000000Z")
        self.half_day(start, [(0, 72), (79, 104)], PEOPLE)
        for hour in practices:
            minute = "28" if hour.endswith("00") else "58"
            hour = hour if minute == "28" else f"{hour[:-2]}05"
            self.half_day(utc_us(f"{hour}:{minute}:00.000000Z"), [(0, 48)], PEOPLE[:-1])

    def keep(self, segment: Segment, data: bytes) -> None:
        """Put the file of a segment where it is found."""
        put(self.centre, data)

    def half_day(self, start: int, runs: list[tuple[int, int]], present: tuple[str, ...]) -> None:
        """Check-ins, video from minute to minute, the roll call of each file."""
        session = f"s-{start // SECOND}"
        self.box.append(SessionStart("welder-1", session, "button"), start)
        for number, name in enumerate(present):
            self.check_in(name, session, start + 20 * SECOND * (number + 1))
        for first, last in runs:
            self.run(session, start, first, last, present, last_run=(first, last) == runs[-1])
            if (first, last) != runs[-1]:
                self.box.append(Alarm("camera.silent", {"camera": "room"}, "welder-1"), start + last * MINUTE)
        self.box.append(SessionEnd("welder-1", session, "button"), start + runs[-1][1] * MINUTE)

    def run(self, session: str, start: int, first: int, last: int, present: tuple[str, ...], last_run: bool) -> None:
        run = f"r-{(start + first * MINUTE) // SECOND:x}"
        for index, minute in enumerate(range(first, last, SEGMENT_MIN)):
            minutes = min(SEGMENT_MIN, last - minute)
            data, seconds = self.film(minutes * 60), minutes * 60
            at = start + minute * MINUTE
            ends = minute + minutes == last
            segment = segment_of(
                data, at, seconds, index, run, session=session, began="start" if first == 0 else "gap",
                cut=("end" if last_run else "gap") if ends else None,
                first_pts_us=index * SEGMENT_MIN * MINUTE, end_pts_us=(index * SEGMENT_MIN + minutes) * MINUTE,
                last_mono_us=at - MORNING + (7200 + seconds) * SECOND,
            )
            self.keep(segment, data)
            self.box.append(segment, at + seconds * SECOND)
            self.roll_call(segment.sha256, run, segment.first_pts_us, present, at + seconds * SECOND)
            self.box.append(picture_of(segment), at + seconds * SECOND)

    def check_in(self, name: str, session: str, at: int) -> None:
        others = [one for one in PEOPLE if one != name]
        self.box.append(CheckIn(
            class_id="welder-1", session=session, attempt=f"a-{at // SECOND}", pack=PACK, pack_sha256=PACK_HASH,
            provider="CPUExecutionProvider", threshold_ppm=363_000, margin_ppm=50_000, frames=10, votes=9, face_px=142,
            seen_mono_us=at - MORNING + 7200 * SECOND, liveness="not_checked",
            best=Candidate(self.persons[name], 712_000), second=Candidate(self.persons[others[0]], 141_000),
        ), at)

    def roll_call(self, sha256: str, run: str, first_us: int, present: tuple[str, ...], at: int) -> None:
        tracks = tuple(
            Track(
                first_us=first_us + number * SECOND, last_us=first_us + 50 * SECOND,
                shown_us=first_us + (10 + number) * SECOND, frames=40, face_px=64,
                best=Candidate(self.persons[name], 600_000 + 13_000 * number), second=None,
            )
            for number, name in enumerate(present)
        )
        self.box.append(RollCall(
            class_id="welder-1", run=run, segment=sha256, pack=PACK, pack_sha256=PACK_HASH,
            provider="CPUExecutionProvider", threshold_ppm=363_000, margin_ppm=50_000, min_face_px=32, samples=60,
            dark=0, headcount_max=len(present), headcount_mean_ppm=len(present) * 1_000_000, tracks=tracks,
        ), at)

    def film(self, seconds: int) -> bytes:
        """No two films alike."""
        self.shade += 1
        return film(seconds, self.shade)


@functools.cache
def film(seconds: int, shade: int) -> bytes:
    """A frame every three seconds, a keyframe every fifteen. The same for each course of a process: encoding costs."""
    sink = io.BytesIO()
    flags = "frag_keyframe+empty_moov+default_base_moof+skip_trailer"
    with av.open(sink, "w", format="mp4", options={"movflags": flags}) as out:
        options = {"g": "5", "bf": "0", "preset": "ultrafast"}
        stream = out.add_stream("libx264", rate=Fraction(1, 3), options=options)
        stream.width, stream.height, stream.pix_fmt, stream.time_base = 320, 180, "yuv420p", Fraction(1, 1)
        for index in range(0, seconds, 3):
            frame = av.VideoFrame.from_ndarray(picture(index, shade), format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, 1)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return sink.getvalue()


def picture(index: int, shade: int) -> np.ndarray:
    """180 × 320 RGB: a room-like gradient with a bar that moves."""
    image = np.zeros((180, 320, 3), np.uint8)
    image[:, :, 0] = 90 + np.arange(180)[:, None] // 3
    image[:, :, 1] = 110 + shade % 60
    image[:, :, 2] = 100 + np.arange(320)[None, :] // 5
    image[120:150, index % 300:index % 300 + 20] = (235, 225, 200)
    return image


