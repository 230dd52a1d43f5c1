"""Random days of a camera as raw packets, what a recorder states of them, and a slow judge that looks at packets only.

Times are microseconds. *True* time is what nobody on the day can see; CLOCK_BOOTTIME and the wall clock follow from it.
"""
from __future__ import annotations

import dataclasses
import itertools
import random
from collections.abc import Callable, Iterator
from typing import NamedTuple

from evidence.bodies import Segment
from evidence.continuity import Measured, Timeline
from evidence.times import MINUTE, SECOND
from tests.evidence.course import Chain, Course, at, sha

MAX_GAP, FLOOR, TOLERANCE = 2 * SECOND, SECOND // 10, 5 * SECOND
NEED = 15 * MINUTE
LIE = 150 * MINUTE
DAY = "2026-03-02"
FIRST = at(f"{DAY} 08:00")


class Packet(NamedTuple):
    """`mono_us`: CLOCK_BOOTTIME of its arrival; `true_us`: the same in true time."""

    pts_us: int
    duration_us: int
    mono_us: int
    true_us: int
    key: bool


@dataclasses.dataclass
class Life:
    """One start of a recorder, within one start of its box: `boot_us` is when that was. Killed or ended in peace."""

    boot: int
    boot_us: int
    packets: list[Packet] = dataclasses.field(default_factory=list)
    killed: bool = False


@dataclasses.dataclass
class Camera:
    """A camera with a box of its own. `max_gap_us`: a longer hole ends a run of its recorder, which may be set to let
    more pass than the policy does. `step`: when its wall clock was moved, and by how much. `loses`: the number of the
    segment that is damaged, and never stated; `gone`: the packets that were in it. `lie`: a packet that is told to last
    for hours."""

    device: str
    frame_us: int
    gop: int
    segment_us: int
    max_gap_us: int
    lives: list[Life]
    loses: int = 0
    gone: set[Packet] = dataclasses.field(default_factory=set)
    step: tuple[int, int] | None = None
    lie: Packet | None = None

    def offset_us(self, true_us: int) -> int:
        """Wall clock minus true time."""
        return self.step[1] if self.step and true_us >= self.step[0] else 0


@dataclasses.dataclass(frozen=True)
class Day:
    """`hours`: start and end of each class-hour as its clock says them."""

    hours: tuple[tuple[str, str], ...]
    cameras: tuple[Camera, ...]


# --- what may happen


def make_day(seed: int, frames_us: tuple[int, ...]) -> Day:
    """A day with everything that the issue names; the same for the same seed."""
    rng = random.Random(seed)
    edges = ["08:00", *(f"08:{minute}" for minute in rng.choice([(16,), (20,), (25,), (18, 36)]))]
    hours = tuple(itertools.pairwise(edges))
    cameras = [_Filming(rng, f"box-{n + 1}", rng.choice(frames_us)).camera(len(hours))
               for n in range(rng.choice([1, 1, 1, 2]))]
    return Day(hours, tuple(cameras))


class _Filming:
    """A camera's day as it happens."""

    def __init__(self, rng: random.Random, device: str, frame_us: int) -> None:
        self._rng, self._frame_us, self._gop = rng, frame_us, rng.randint(2, 8)
        self._ppm = rng.choice([0, 0, 0, 200, -200, 500, -500, rng.randint(-500, 500)])
        self._late_us = rng.choice([0, 0, 0, 300_000])
        self._reorders = frame_us * 2 < TOLERANCE and rng.random() < 0.3
        self._true_us = FIRST + rng.choice([0, 0, 0, -30 * SECOND, 45 * SECOND, rng.randint(-MINUTE, 3 * MINUTE)])
        self._pts_us = rng.choice([0, rng.randint(0, 1 << 40)])
        self._held_until_us = 0
        self._count = 0
        self._camera = Camera(device, frame_us, self._gop, rng.choice([120, 240, 600]) * SECOND,
                              rng.choice([1, 1, 1, 2]) * MAX_GAP, [])
        self._camera.loses = rng.choice([0, 0, 0, rng.randint(1, 12)])
        self._live(1, self._true_us - rng.randint(20, 40_000) * SECOND)

    def camera(self, hours: int) -> Camera:
        rng = self._rng
        events: tuple[Callable[[], None], ...] = (
            self._hole, self._hole, self._stall, self._jump, self._repeat, self._restart, self._step)
        self._film(self._piece())
        for _ in range(rng.choice([0, 0, 1, 1, 2, 3]) * hours):
            rng.choice(events)()
            self._film(self._piece())
        packets = rng.choice(self._camera.lives).packets
        if packets and rng.random() < 0.15:
            self._camera.lie = rng.choice([packets[0], packets[-1], rng.choice(packets)])
        return self._camera

    def _piece(self) -> int:
        """How many frames until something happens: often about fifteen minutes."""
        enough = NEED // self._frame_us
        return self._rng.choice([
            enough, enough + self._rng.randint(-2, 2), self._rng.randint(1, enough // 2),
            self._rng.randint(enough // 2, enough + enough // 5)])

    def _live(self, boot: int, boot_us: int) -> None:
        self._life = Life(boot, boot_us)
        self._camera.lives.append(self._life)
        self._count = 0

    def _film(self, frames: int) -> None:
        made = []
        for _ in range(frames):
            made.append((self._pts_us, self._count % self._gop == 0))
            self._count += 1
            self._pts_us += self._frame_us
        arrivals = []
        for _ in made:
            self._true_us += self._frame_us + self._frame_us * self._ppm // 1_000_000
            late_us = self._rng.randint(0, self._late_us) if self._late_us else 0
            arrivals.append(max(self._true_us + late_us, self._held_until_us, arrivals[-1] if arrivals else 0))
        for (pts_us, key), true_us in zip(self._decoding_order(made), arrivals, strict=True):
            self._life.packets.append(
                Packet(pts_us, self._frame_us, true_us - self._life.boot_us, true_us, key))

    def _decoding_order(self, made: list[tuple[int, bool]]) -> list[tuple[int, bool]]:
        """With B-frames the picture that others lean on comes before them."""
        if not self._reorders:
            return made
        order = list(made)
        for n in range(len(order) - 2):
            if n % 3 == 1 and not any(key for _, key in order[n : n + 3]):
                order[n], order[n + 1], order[n + 2] = order[n + 2], order[n], order[n + 1]
        return order

    def _hole(self) -> None:
        """The camera sends nothing for a while, and its clock goes on."""
        rng = self._rng
        length_us = rng.choice([
            MAX_GAP, MAX_GAP - 1, MAX_GAP + 1, MAX_GAP + 1, rng.randint(FLOOR, MAX_GAP), rng.randint(MAX_GAP, MINUTE)])
        self._pts_us += length_us
        self._true_us += length_us

    def _stall(self) -> None:
        """Packets wait somewhere, and come in a burst with the PTS they always had."""
        self._held_until_us = self._true_us + self._rng.choice([
            self._rng.randint(0, TOLERANCE * 9 // 10), self._rng.randint(0, TOLERANCE * 9 // 10),
            self._rng.randint(0, 4 * TOLERANCE)])

    def _jump(self) -> None:
        """The camera's clock is set; no packet is missing."""
        rng = self._rng
        length_us = rng.choice([rng.randint(0, MAX_GAP), MAX_GAP + 1, rng.randint(MAX_GAP, 2 * TOLERANCE),
                                rng.randint(TOLERANCE, 3600 * SECOND)])
        self._pts_us = max(0, self._pts_us + rng.choice([1, -1]) * length_us)

    def _repeat(self) -> None:
        """The same PTS again and again while time goes on."""
        packets = self._life.packets
        if not packets:
            return
        last = packets[-1]
        for _ in range(self._rng.randint(1, 3)):
            self._true_us += self._frame_us
            true_us = max(self._true_us, self._held_until_us, packets[-1].true_us)
            packets.append(last._replace(mono_us=true_us - self._life.boot_us, true_us=true_us, key=False))
            self._pts_us += self._frame_us

    def _restart(self) -> None:
        """The recorder, or its box, goes down and comes back; a killed one lost what followed its last keyframe."""
        rng = self._rng
        self._life.killed = rng.random() < 0.7
        if self._life.killed:
            while self._life.packets and not self._life.packets.pop().key:
                continue
        down_us = rng.randint(SECOND // 2, 20 * SECOND)
        rebooted = rng.random() < 0.5
        self._true_us = max(self._true_us, self._held_until_us) + down_us
        self._pts_us += down_us
        boot, boot_us = self._life.boot, self._life.boot_us
        if rebooted:
            boot, boot_us = boot + 1, self._true_us - down_us // 2
        self._live(boot, boot_us)

    def _step(self) -> None:
        """Somebody moves the wall clock, a little or a lot."""
        if self._camera.step is None:
            by_us = self._rng.choice([self._rng.randint(0, TOLERANCE * 8 // 10), self._rng.randint(12, 7200) * SECOND])
            self._camera.step = (self._true_us, by_us * self._rng.choice([1, -1]))


# --- what a recorder states


def course_of(day: Day) -> Course:
    """The records of the day."""
    course = Course(boxes=[camera.device for camera in day.cameras])
    for start, end in day.hours:
        course.hour(f"{DAY} {start}", end)
    course.order()
    for camera in day.cameras:
        _Stating(camera, course.boxes[camera.device]).all()
    return course


class _Stating:
    """The records of one box, in the order in which it makes them."""

    def __init__(self, camera: Camera, chain: Chain) -> None:
        self._camera, self._chain = camera, chain
        self._runs = 0
        camera.gone.clear()

    def all(self) -> None:
        unsealed: list[Segment] = []
        boot = 0
        for life in self._camera.lives:
            begun_us = life.packets[0].true_us if life.packets else life.boot_us + 2 * SECOND
            if life.boot != boot:
                boot = life.boot
                self._chain.restart(0, f"{boot:02x}")
                self._add(life, "alarm", {"code": "camera.silent", "params": {}}, begun_us - SECOND)
            for body in unsealed:
                self._add(life, "segment", body, begun_us)
            unsealed = list(self._live(life))
        for body in unsealed:
            self._add(life, "segment", body, life.packets[-1].true_us + MINUTE)

    def _live(self, life: Life) -> Iterator[Segment]:
        """State the segments of a life; those that a killed recorder left to the next one are handed out."""
        writing: _Run | None = None
        for packet in life.packets:
            if writing is not None and not writing.take(packet):
                self._seal(life, writing, packet.true_us)
                writing = None
            if writing is None and packet.key:
                self._runs += 1
                writing = _Run(self._camera, life, f"r-{self._runs}")
                assert writing.take(packet)
            if writing is not None:
                self._seal(life, writing, packet.true_us)
        if writing is not None:
            writing.cut()
            if life.killed:
                yield from (dataclasses.replace(body, recovered=True) for body in writing.done)
            else:
                self._seal(life, writing, life.packets[-1].true_us)

    def _seal(self, life: Life, run: _Run, true_us: int) -> None:
        for body in run.done:
            self._add(life, "segment", body, true_us + SECOND // 5)
        run.done.clear()

    def _add(self, life: Life, type: str, body: object, true_us: int) -> None:
        offset_us = self._camera.offset_us(true_us)
        self._chain.boot_us = life.boot_us + offset_us
        self._chain.add(type, body, true_us + offset_us)


class _Run:
    """Segments of one run, measured by `evidence.continuity`. `done`: those that are finished."""

    def __init__(self, camera: Camera, life: Life, name: str) -> None:
        self._camera, self._life, self._name = camera, life, name
        self._timeline = Timeline(camera.max_gap_us, FLOOR, TOLERANCE)
        self._since_us: int | None = None
        self._index = 0
        self._packets: list[Packet] = []
        self.done: list[Segment] = []

    def take(self, packet: Packet) -> bool:
        """False when the run is over."""
        if self._since_us is None or (packet.key and packet.pts_us - self._since_us >= self._camera.segment_us):
            self.cut()
            self._since_us = packet.pts_us
        told_us = LIE if packet == self._camera.lie else packet.duration_us
        if self._timeline.feed(packet.pts_us, told_us, packet.mono_us) == "continue":
            self._packets.append(packet)
            return True
        self.cut()
        return False

    def cut(self) -> None:
        measured = self._timeline.cut()
        if measured is None:
            return
        packets, self._packets = self._packets, []
        self._index += 1
        self._camera.loses -= 1
        if self._camera.loses == 0:
            self._camera.gone.update(packets)
            return
        self.done.append(self._segment(measured, self._index - 1))

    def _segment(self, measured: Measured, index: int) -> Segment:
        name = f"{self._name}/{index:06}.mp4"
        return Segment(
            class_id="c-1", session=None, camera="room", run=self._name, index=index, file=name, size=1000,
            sha256=sha((self._camera.device, name)), codec="h264", width=1280, height=720, packets=measured.packets,
            keyframes=1, first_pts_us=measured.first_pts_us, end_pts_us=measured.end_pts_us,
            first_mono_us=measured.first_mono_us, last_mono_us=measured.last_mono_us, gap_floor_us=FLOOR,
            gaps=measured.gaps, recovered=False, began="start", boot_id=f"{self._life.boot:02x}")
