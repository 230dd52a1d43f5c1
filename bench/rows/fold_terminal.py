"""Row `fold-terminal`: what the terminal does when a minute of video is looked through late in a course, against merely
parsing the records once."""
from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.harness import Contest, Row
from bench.material import BOX, CENTRE, CLASS, CLOCK, POLICY, START, Chain, Site, plan, roll_call, segment
from common.policies import load_policy
from edge.config import parse_box
from edge.keys import make_box_keys, self_certified
from edge.terminal.memory import Memory
from edge.wiring import open_store
from evidence.bodies import Body, Candidate, Hour, Picture, PictureSample, Track
from evidence.records import Stamp
from evidence.times import MINUTE, SECOND, utc_text

BLOCKS, MINUTES, TRACKS = 60, 45, 80
"""A course, one block a day; and what a full class of forty leaves behind in a minute."""
DAY_US, EVERY_US = 86400 * SECOND, 5 * SECOND


class Hand:
    """The clock of the box: it stands at the minute that was filmed."""

    rate = 1

    def __init__(self) -> None:
        self.us = 0

    def stamp(self) -> Stamp:
        return Stamp("6f1c2d3e-0000-4000-8000-000000000001", DAY_US + self.us, self.utc_us(), CLOCK)

    def utc_us(self) -> int:
        return START + self.us

    def mono_us(self) -> int:
        return DAY_US + self.us

    def mono_at(self, utc_us: int) -> int:
        return DAY_US + utc_us - START

    def seconds_until(self, mono_us: int) -> float:
        return 0.0


def prepare(folder: Path) -> Contest:
    """The store of a box near the end of a course, and a terminal that has told its story once."""
    clock, policy = Hand(), load_policy(POLICY)
    config = parse_box(f'device = "{BOX}"\npolicy = "{POLICY}"\n'.encode(), "box.toml")
    store = open_store(folder, config, make_box_keys(folder / "keys", self_certified(BOX, START)), clock)
    hours = [Hour(f"h-{day}", "practical", utc_text(START + day * DAY_US),
                  utc_text(START + day * DAY_US + MINUTES * MINUTE)) for day in range(BLOCKS)]
    centre = Chain(Site(), CENTRE, "c" * 32, False)
    store.put_order(centre.add("order.class", dataclasses.replace(plan(45), hours=tuple(hours)), 0))
    for day in range(BLOCKS):
        for minute in range(MINUTES):
            clock.us = day * DAY_US + (minute + 1) * MINUTE
            store.append_many(list(filmed(day, minute)))
    payloads = [sealed.payload for sealed in store.records()]
    memory = Memory(store)
    held_mb, parsed_mb = (taken_mb(make) for make in (
        lambda: (memory.look(), memory.story(CLASS, policy)), lambda: list(map(json.loads, payloads))))
    late = iter(range(MINUTES, 10 ** 6))

    def hear() -> None:
        minute = next(late)
        clock.us = (BLOCKS - 1) * DAY_US + (minute + 1) * MINUTE
        store.append_many(list(filmed(BLOCKS - 1, minute)))
        memory.look()
        assert len(memory.story(CLASS, policy).segments) == BLOCKS * MINUTES + minute - MINUTES + 1

    return Contest(
        ours=hear,
        peer=lambda: list(map(json.loads, payloads)),
        amount=len(payloads),
        remarks=lambda: [
            f"{BLOCKS} blocks of {MINUTES} min, {TRACKS} tracks a minute: {sum(map(len, payloads)) / 1e6:.0f} MB of "
            f"records", f"the terminal holds {held_mb:.0f} MB, the parsed records would take {parsed_mb:.0f} MB"],
    )


def taken_mb(make: Callable[[], object]) -> float:
    """How much memory what was made takes, megabytes."""
    tracemalloc.start()
    try:
        made = make()
        return tracemalloc.get_traced_memory()[0] / 1e6 if made else 0.0
    finally:
        tracemalloc.stop()


def filmed(day: int, minute: int) -> Iterator[tuple[str, Body]]:
    """A minute of video, its roll call and its picture record, as type and body."""
    sha256, run, first_us = hashlib.sha256(b"%d %d" % (day, minute)).hexdigest(), f"r-{day}", minute * MINUTE
    mono_us = DAY_US + day * DAY_US + first_us
    yield "segment", dataclasses.replace(
        segment(minute, 1000, sha256), run=run, file=f"{run}/{minute:06}.mp4", first_mono_us=mono_us,
        last_mono_us=mono_us + MINUTE - 100_000)
    people = [f"t-{number}" for number in range(TRACKS // 2)]
    tracks = [Track(
        from_us, from_us + 28 * SECOND, from_us, 14, 80, Candidate(person, 700_000), Candidate(other, 200_000), 900_000,
        500_000, 0, None, 900_000)
        for from_us in (first_us, first_us + 30 * SECOND) for person, other in zip(people, people[1:] + people[:1],
                                                                                  strict=True)]
    yield "rollcall", dataclasses.replace(roll_call(minute, sha256), run=run, tracks=tuple(tracks))
    samples = [PictureSample(at_us, 450_000, 220_000, 6_000, 2_000, 20_000, _thumb(at_us))
               for at_us in range(first_us, first_us + MINUTE, EVERY_US)]
    keys = [f"{at * 2000:08x}{hashlib.sha256(b'%d %d %d' % (day, minute, at)).hexdigest()[:16]}" for at in range(30)]
    yield "picture", Picture(CLASS, run, sha256, EVERY_US, tuple(samples), "".join(keys))


@functools.cache
def _thumb(at_us: int) -> str:
    return "".join(f"{800 + (cell * 977 + at_us // 1000) % 1900:03x}" for cell in range(144))


ROW = Row("fold-terminal", "edge.terminal.memory tells a minute more of a long course",
          "json.loads of all its records", "records", prepare, repetitions=3)
