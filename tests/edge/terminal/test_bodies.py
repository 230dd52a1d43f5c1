"""What the screen says rests on the newest blocks alone: the same as if every roll call and picture were remembered."""
from __future__ import annotations

import dataclasses
import itertools
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.policies import load_policy
from edge.config import parse_box
from edge.keys import make_box_keys, self_certified
from edge.store import Store
from edge.store.lean import lean
from edge.terminal.bodies import BLOCKS, since
from edge.terminal.memory import STORIES, Memory
from edge.terminal.screen import Screen
from edge.wiring import open_store
from evidence.bodies import (
    Candidate,
    Hour,
    Likeness,
    OrderAccepted,
    Picture,
    PictureSample,
    RollCall,
    Segment,
    SessionCorrected,
    SessionEnd,
    SessionStart,
    Track,
)
from evidence.canonical import sha256_hex
from evidence.fold import fold
from evidence.policy import Policy
from evidence.records import Record
from evidence.rules import R3Finding, findings
from evidence.story import Story
from evidence.times import MINUTE, SECOND, utc_text

from .conftest import CLASS, NAMES, START, FixedDesk, HandClock, Room, order_body, sealed_order

DEMO, OTHER, DAY_US = load_policy("demo"), "fitting-1", 24 * 60 * MINUTE
PART_US, EVERY_US, KEYS_US = 5 * MINUTE, 15 * SECOND, 10 * SECOND


class Whole(Memory):
    """Remembers everything and folds it anew each time."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._all = store

    def story(self, class_id: str, policy: Policy, fresh: bool = True) -> Story:
        sealed = [*self._all.orders(), *self._all.records()]
        return fold([one.record for one in sealed], class_id, policy)


@dataclasses.dataclass(frozen=True)
class Part:
    """Five minutes of video. `called`: when its roll call comes; `picture`: what it shows: itself, a frozen picture,
    or the bytes, or the moving pictures, of the block so many before."""

    called: str
    people: tuple[str, ...]
    picture: str
    back: int


@dataclasses.dataclass(frozen=True)
class Day:
    """A block. `wrong`: it was begun as the other class and put right."""

    class_id: str
    parts: tuple[Part, ...]
    wrong: bool


class Course:
    """A box that records one block a day; two memories and two screens of it."""

    def __init__(self, folder: Path) -> None:
        config = parse_box(b'device = "box-1"\npolicy = "demo"\n', "box.toml")
        keys = make_box_keys(folder / "keys", self_certified("box-1", START))
        self.clock = HandClock(START - 60 * MINUTE)
        self.store = open_store(folder, config, keys, self.clock)
        self.recorder: dict[str, Any] = {"recording": False, "session": None, "silent": False, "refused": None,
                                         "alarms": []}
        self.lean, self.whole = Memory(self.store, itertools.count(step=100).__next__), Whole(self.store)
        self.screens = [self.screen(config, memory) for memory in (self.lean, self.whole)]
        self.late: list[tuple[str, object]] = []
        self.seq = 0

    def screen(self, config: Any, memory: Memory) -> Screen:
        said = itertools.count()
        screen = Screen(config, self.clock, memory, lambda: self.recorder, lambda: float(next(said)), True)
        screen.desk = FixedDesk()
        return screen

    def plan(self, days: list[str]) -> None:
        for class_id in (CLASS, OTHER):
            begin = [START + number * DAY_US for number, day in enumerate(days) if day == class_id]
            hours = [Hour(f"h-{at}-{kind}", kind, utc_text(at + from_us * MINUTE),  # type: ignore[arg-type]
                          utc_text(at + (from_us + 45) * MINUTE))
                     for at in begin for kind, from_us in (("practical", 0), ("theory", 55))]
            sealed = sealed_order(dataclasses.replace(order_body(class_id), hours=tuple(hours)))
            self.store.put_order(sealed)
            self.store.append("order.accepted", OrderAccepted(class_id, sealed.hash))

    def record(self, number: int, day: Day) -> Iterator[None]:
        """The records of a block; it pauses where the screen is looked at."""
        start_us, run, session = START + number * DAY_US, f"r-{number}", f"s-{number}"
        self.clock.utc = start_us - 2 * MINUTE
        begun = (OTHER if day.class_id == CLASS else CLASS) if day.wrong else day.class_id
        self.store.append("session.start", SessionStart(begun, session, "page"))
        for index, part in enumerate(day.parts):
            self.clock.utc = start_us + (index + 1) * PART_US
            self.put(number, index, day.class_id, begun, part)
            self.recorder |= {
                "recording": True, "session": session, "run": run, "stretch_us": (index + 1) * PART_US,
                "last_packet_mono_us": self.clock.mono_us()}
        if day.wrong:
            self.store.append("session.corrected", SessionCorrected(day.class_id, begun, session, "pressed it", "page"))
        yield
        self.clock.utc = start_us + 60 * MINUTE
        yield
        self.recorder |= {"recording": False, "session": None}
        self.clock.utc = start_us + 101 * MINUTE
        self.store.append("session.end", SessionEnd(day.class_id, session, "page"))
        yield
        self.store.append_many(self.late) if self.late else None
        self.late = []
        self.clock.utc = start_us + 10 * 60 * MINUTE
        yield

    def put(self, number: int, index: int, class_id: str, begun: str, part: Part) -> None:
        run, first_us, mono_us = f"r-{number}", index * PART_US, self.clock.mono_us()
        segment = Segment(
            begun, f"s-{number}", "room", run, index, f"{run}/{index:06}.mp4", 1, sha256_hex(f"{run}{index}".encode()),
            "h264", 640, 360, 3000, 30, first_us, first_us + PART_US, mono_us - PART_US, mono_us - 100_000, 500_000,
            (), False, "start")
        tracks = tuple(Track(first_us, first_us + MINUTE, first_us, 20, 90, Candidate(person, 900_000), None)
                       for person in part.people)
        call = RollCall(class_id, run, segment.sha256, "builtin", "0" * 64, "cpu", 600_000, 50_000, 40, 30, 0,
                        len(tracks), len(tracks) * 1_000_000, tracks)
        self.store.append("segment", segment)
        made: list[tuple[str, object]] = [("picture", picture_of(segment, number, part))]
        made += [("rollcall", call)] if part.called == "now" else []
        self.late += [("rollcall", call)] if part.called == "late" else []
        self.store.append_many(made)

    def told(self, screen: Screen) -> list[Any]:
        """Everything that anybody is told."""
        target = screen.target()
        return [
            screen.state("en"), screen.pulse(), target, screen.due_warning(), screen.code_wanted(),
            screen.bareface_wanted(), screen.early_end(), screen.class_here(), screen.correctable(),
            *([] if target is None else [screen.signed_by_pin(target, "p-1", False)])]

    def agrees(self) -> None:
        lean, whole = map(self.told, self.screens)
        assert lean == whole


def picture_of(segment: Segment, number: int, part: Part) -> Picture:
    """What a segment shows: pictures that all differ, and keyframes of their own bytes, unless it repeats others."""
    again = max(0, number - part.back)
    shows = again if part.picture in ("bytes", "like") else number
    times = (*range(segment.first_pts_us, segment.end_pts_us, EVERY_US), segment.end_pts_us - 1)
    still = part.picture == "frozen"
    samples = tuple(PictureSample(at_us, 450_000, 220_000, 6_000, 2_000, 0 if still else 20_000,
                                  thumb(f"{number} still" if still else f"{shows} {at_us}")) for at_us in times)
    bytes_of = again if part.picture == "bytes" else number
    keys = "".join(f"{at_us // 1000:08x}{sha256_hex(f'{bytes_of} {segment.index} {at_us}'.encode())[:16]}"
                   for at_us in range(0, PART_US, KEYS_US))
    like = Likeness(f"r-{again}", 0) if part.picture == "like" and again != number else None
    return Picture(segment.class_id or "", segment.run, segment.sha256, EVERY_US, samples, keys, like)


def thumb(name: str) -> str:
    chance = random.Random(name)
    return "".join(f"{chance.randrange(4096):03x}" for _ in range(144))


PARTS = st.builds(
    Part, st.sampled_from(["now", "late", "never"]),
    st.sets(st.sampled_from(sorted(NAMES))).map(lambda found: tuple(sorted(found))),
    st.sampled_from(["own", "bytes", "like", "frozen"]), st.integers(1, 4))
DAYS = st.builds(Day, st.sampled_from([CLASS, CLASS, OTHER]), st.lists(PARTS, max_size=3).map(tuple), st.booleans())


@pytest.fixture
def course(tmp_path: Path) -> Iterator[Course]:
    made = Course(tmp_path)
    yield made
    made.store.close()


@pytest.mark.long
@settings(max_examples=5, deadline=None)
@given(st.lists(DAYS, min_size=4, max_size=5), st.integers(0, 3))
def test_the_screen_says_the_same_without_the_bodies_of_older_blocks(days: list[Day], restart: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        course = Course(Path(folder))
        course.plan([day.class_id for day in days])
        for number, day in enumerate(days):
            for _ in course.record(number, day):
                course.agrees() if number > 1 else course.told(course.screens[0])
            if number == restart:
                course.screens[0]._memory = course.lean = Memory(course.store)
        course.store.close()


OWN = Part("now", ("p-1", "p-2"), "own", 1)


def played(course: Course, *last: Part) -> None:
    """Four blocks of one class as they should be, then one with these parts, looked at in its first class-hour."""
    course.plan([CLASS] * 5)
    for number in range(4):
        list(course.record(number, Day(CLASS, (OWN, OWN), False)))
    next(course.record(4, Day(CLASS, last, False)))
    course.lean.look()


@pytest.mark.parametrize("what", ["bytes", "like"])
def test_a_picture_of_the_first_block_that_comes_again_is_told_in_the_fifth(course: Course, what: str) -> None:
    """A look at the newest blocks alone would take it for a new one."""
    played(course, Part("now", (), what, 4), Part("now", (), what, 4))
    story = course.lean.story(CLASS, DEMO)
    assert {fact.what for fact in story.hours[-2].pictures} == {"looped"}
    course.agrees()


def test_only_the_newest_blocks_have_roll_calls_and_nobody_is_missed_in_the_others(course: Course) -> None:
    played(course, OWN)
    story = course.lean.story(CLASS, DEMO)
    assert {call.run for _, call in story.rollcalls} == {"r-3", "r-4"} and len(story.segments) == 9
    assert [block.roll_called for block in story.blocks] == [False] * 3 + [True] * 2
    assert len(course.whole.story(CLASS, DEMO).rollcalls) == 9
    (r3,) = (one for one in findings(story, DEMO, course.clock.utc) if isinstance(one, R3Finding))
    assert (r3.result, r3.flag) == ("open", False) and {one.missing for one in r3.readings} == {0}


def test_what_is_kept_of_a_heavy_record_has_no_tracks_and_no_small_pictures(course: Course) -> None:
    played(course, OWN)
    heavy = [sealed.record for sealed in course.store.records() if sealed.record.type in ("rollcall", "picture")]
    assert len(heavy) == 18
    for record in heavy:
        kept = lean(record)
        assert len(str(kept.body)) < len(str(record.body)) and kept.key == record.key
        assert kept.body["segment"] == record.body["segment"] and kept.body.get("keys") == record.body.get("keys")
        assert not kept.body.get("tracks") and not kept.body.get("samples")


def test_a_body_is_read_back_once(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    played(course, OWN)
    asked: list[int] = []
    real = course.store.records

    def records(after: int = -1, limit: int | None = None) -> Any:
        asked.extend([after + 1] if limit == 1 else [])
        return real(after, limit)

    monkeypatch.setattr(course.store, "records", records)
    course.agrees()
    first = len(asked)
    course.put(4, 1, CLASS, CLASS, OWN)
    course.agrees()
    types = [real(seq - 1, 1)[0].record.type for seq in asked]
    assert first == 6 and len(set(asked)) == len(asked) == 8 and set(types) == {"rollcall", "picture"}


def test_the_stories_of_a_few_classes_are_kept(room: Room) -> None:
    for number in range(STORIES + 2):
        room.take_order(f"class-{number}")
    room.memory.look()
    stories = [room.memory.story(f"class-{number}", DEMO) for number in range(STORIES + 2)]
    assert room.memory.story(f"class-{STORIES + 1}", DEMO) is stories[-1]
    assert room.memory.story("class-0", DEMO) is not stories[0]


def test_of_blocks_that_are_over_no_bodies_are_kept(course: Course) -> None:
    """Two classes come and go for sixteen days; of each the newest blocks are told whole, and no more is kept."""
    course.plan([CLASS, OTHER] * 8)
    kept = []
    for number in range(16):
        class_id = (CLASS, OTHER)[number % 2]
        list(course.record(number, Day(class_id, (OWN,), False)))
        course.lean.look()
        course.lean.story(class_id, DEMO)
        kept.append(sum(len(folded.whole) for folded in course.lean._stories.values()))
    assert max(kept) == kept[-1] == 2 * BLOCKS * 2


def test_two_blocks_are_told_whole() -> None:
    order, hour = order_body(), 60 * MINUTE
    days = [dataclasses.replace(one, start=utc_text(START + at_us), end=utc_text(START + at_us + 45 * MINUTE))
            for at_us in (0, DAY_US, 2 * DAY_US) for one in order.hours[:1]]
    order = dataclasses.replace(order, hours=tuple(days))
    assert BLOCKS == 2 and since(None, DEMO, START) == 0
    assert [since(order, DEMO, START + at_us) for at_us in (-1, 0, DAY_US - 1)] == [0, 0, 0]
    assert since(order, DEMO, START + DAY_US) == START and since(order, DEMO, START + 3 * DAY_US) == START + DAY_US
    assert since(order, DEMO, START + DAY_US + hour) == START


def test_a_body_that_cannot_be_read_stops_nothing(course: Course) -> None:
    played(course, OWN)
    own = course.lean._course(CLASS).own
    own[:] = [broken(one) for one in own]
    story = course.lean.story(CLASS, DEMO)
    assert len(story.bad_records) == 9 and not story.segments


def broken(record: Record) -> Record:
    return dataclasses.replace(record, body={**record.body, "index": -1}) if record.type == "segment" else record
