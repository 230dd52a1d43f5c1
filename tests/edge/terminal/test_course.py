"""What the terminal holds is of the classes that it shows, however old the box is; and it tells the same of them."""
from __future__ import annotations

import dataclasses
import gc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from common.policies import load_policy
from edge.config import parse_box
from edge.keys import make_box_keys, self_certified
from edge.store import Store, begun
from edge.terminal import memory as memory_file
from edge.terminal.memory import STORIES, Memory
from edge.wiring import open_store
from evidence.bodies import (
    Alarm,
    Candidate,
    CheckIn,
    Hour,
    OrderAccepted,
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
from evidence.records import ClockState, Record, Stamp
from evidence.story import Story
from evidence.times import HOUR, MINUTE, SECOND, utc_text

from .conftest import START, order_body, sealed_order

REAL = ClockState(True, 1500, "kernel", 1)
UNSET = ClockState(False, 16_000_000, "kernel", 1)
POLICY: Policy = load_policy("sanmenxia-2023")
DAY_US = 24 * HOUR
OF_A_CHAIN = 8
"""So many records stand for a chain of before that does not name the class, at most."""


class RealClock:
    """The clock of a board: what it says, and how long it has been on."""

    rate = 1

    def __init__(self) -> None:
        self.utc, self.mono, self.boot, self.state = START - 400 * DAY_US, 60 * SECOND, 0, REAL

    def go(self, us: int) -> None:
        self.utc, self.mono = self.utc + us, self.mono + us

    def restart(self, off_us: int = MINUTE, state: ClockState = REAL) -> None:
        self.utc, self.mono, self.boot, self.state = self.utc + off_us, 20 * SECOND, self.boot + 1, state

    def stamp(self) -> Stamp:
        return Stamp(f"{self.boot:x}", self.mono, self.utc, self.state)

    def utc_us(self) -> int:
        return self.utc

    def mono_us(self) -> int:
        return self.mono

    def mono_at(self, utc_us: int) -> int:
        return self.mono + utc_us - self.utc

    def seconds_until(self, mono_us: int) -> float:
        return 0.0


class Box:
    """A box that teaches one class after the other, one block each."""

    def __init__(self, folder: Path) -> None:
        config = parse_box(b'device = "box-1"\npolicy = "sanmenxia-2023"\n', "box.toml")
        self.clock, self.made, self.runs = RealClock(), 0, 0
        self.store: Store = open_store(
            folder, config, make_box_keys(folder / "keys", self_certified("box-1", self.clock.utc)), self.clock)
        self.memory = Memory(self.store)

    def plan(self, class_id: str) -> None:
        """A plan of one class-hour in an hour from now."""
        begin_us = self.clock.utc + HOUR
        hour = Hour("h-1", "practical", utc_text(begin_us), utc_text(begin_us + 45 * MINUTE))
        body = dataclasses.replace(order_body(class_id), hours=(hour,))
        body = dataclasses.replace(body, policy=dataclasses.replace(body.policy, id=POLICY.id, sha256=POLICY.sha256))
        sealed = sealed_order(body)
        self.store.put_order(sealed)
        self.store.append("order.accepted", OrderAccepted(class_id, sealed.hash))

    def start(self, class_id: str) -> str:
        self.made += 1
        self.store.append("session.start", SessionStart(class_id, f"s-{self.made}", "page"))
        return f"s-{self.made}"

    def film(self, class_id: str, session: str, parts: int = 4, called: str | None = None) -> None:
        """Parts of five minutes, each with its roll call (of the class `called`), and a face at the terminal."""
        self.runs += 1
        run = f"r-{self.runs}"
        for index in range(parts):
            self.clock.go(5 * MINUTE)
            sha256, first_us, mono = sha256_hex(f"{run}{index}".encode()), index * 5 * MINUTE, self.clock.mono
            self.store.append("segment", Segment(
                class_id, session, "room", run, index, f"{run}/{index:06}.mp4", 1, sha256, "h264", 640, 360, 3000, 30,
                first_us, first_us + 5 * MINUTE, mono - 5 * MINUTE, mono - 100_000, 500_000, (), False, "start"))
            track = Track(first_us, first_us + MINUTE, first_us, 20, 90, Candidate("p-1", 900_000), None)
            self.store.append("rollcall", RollCall(
                called or class_id, run, sha256, "builtin", "0" * 64, "cpu", 600_000, 50_000, 40, 30, 0, 1, 1_000_000,
                (track,)))
            self.store.append("checkin", CheckIn(
                called or class_id, session, f"a-{index}", "builtin", "0" * 64, "cpu", 600_000, 50_000, 5, 5, 150, mono,
                "not_checked", Candidate("p-1", 900_000), None, "in"))

    def teach(self, class_id: str, parts: int = 4) -> None:
        """A whole class, and a day later."""
        self.plan(class_id)
        self.clock.go(HOUR)
        session = self.start(class_id)
        self.film(class_id, session, parts)
        self.store.append("session.end", SessionEnd(class_id, session, "page"))
        self.clock.go(DAY_US)

    def agrees(self, class_id: str, memory: Memory | None = None) -> Story:
        """The story, which is that of all records."""
        memory = memory or self.memory
        memory.look()
        told = memory.story(class_id, POLICY)
        sealed = [*self.store.orders(), *self.store.past(), *self.store.records()]
        receipts = {("box-1", chain): self.store.receipts_above(chain, -1) for chain in self.store.chains()}
        assert told == fold([one.record for one in sealed], class_id, POLICY, receipts=receipts)
        return told


def held(memory: Memory) -> int:
    """How many records it holds, beside the plans."""
    gc.collect()
    found = sum(isinstance(one, Record) for one in gc.get_objects())
    return found - len(memory._orders)


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    made = Box(tmp_path)
    yield made
    made.store.close()


@pytest.mark.parametrize("before", [False, True])
def test_what_is_held_does_not_grow_with_the_age_of_the_box(
    box: Box, monkeypatch: pytest.MonkeyPatch, before: bool,
) -> None:
    """Neither with its chain nor, `before`, with the chains that it had before."""
    monkeypatch.setattr(begun, "BEFORE", STORIES)
    sizes, records = list[int](), list[int]()
    for classes in (4, 40):
        for _ in range(classes):
            box.teach(f"old-{box.made}", parts=1)
        if before:
            box.store.begin_chain("set back to a backup")
        box.teach(new := f"new-{box.made}")
        memory, empty = Memory(box.store), held(box.memory)
        memory.look()
        memory.story(new, POLICY)
        sizes.append(held(memory) - empty)
        records.append(len([*box.store.past(), *box.store.records()]))
        del memory
    assert records[1] > 5 * records[0]
    assert sizes[1] <= sizes[0] + (OF_A_CHAIN if before else 0)


def test_a_class_is_told_as_by_all_records_after_years_of_others(box: Box) -> None:
    for _ in range(3):
        box.teach(f"old-{box.made}", parts=1)
    box.clock.restart()
    box.teach("new")
    story = box.agrees("new")
    assert len(story.segments) == 4 and all(fact.certain for fact in story.segments) and story.blocks[0].roll_called
    assert len(box.memory._courses["new"].own) < len(box.store.records()) - 10
    assert box.agrees("new", Memory(box.store)) == story


def test_the_first_look_says_that_it_goes_on(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_file, "STEP", 1)
    box.teach("old", parts=1)
    box.store.begin_chain("set back to a backup")
    memory, steps = Memory(box.store), list[int]()
    memory.look(lambda: steps.append(1))
    memory.look(lambda: steps.append(1))
    assert len(steps) == len([*box.store.past(), *box.store.records()])


def restart(box: Box) -> None:
    box.clock.restart()


def power_cut_without_a_time_server(box: Box) -> None:
    box.clock.restart(state=UNSET)


def set_back(box: Box) -> None:
    box.clock.utc -= 30 * MINUTE


def set_ahead_and_back(box: Box) -> None:
    box.clock.utc += DAY_US
    box.store.append("alarm", Alarm("camera.silent", {}))
    box.clock.utc -= DAY_US


@pytest.mark.parametrize("what", [restart, power_cut_without_a_time_server, set_back, set_ahead_and_back])
@pytest.mark.parametrize("when", ["before", "between", "within"])
def test_whatever_happens_to_the_clock(box: Box, what: Callable[[Box], None], when: str) -> None:
    """Before the class is known, between its plan and its start, within it."""
    box.teach("old", parts=1)
    for moment in ("before", "between", "within"):
        if moment == "between":
            box.plan("new")
            box.clock.go(HOUR)
        elif moment == "within":
            session = box.start("new")
            box.film("new", session, 2)
            box.agrees("new")
        if moment == when:
            what(box)
    box.film("new", session, 2)
    assert len(box.agrees("new").segments) == 4
    assert box.agrees("new", Memory(box.store)) == box.agrees("new")


@pytest.mark.parametrize("looked", [False, True])
def test_a_session_of_another_class_that_is_put_right(box: Box, looked: bool) -> None:
    """`looked`: the right class was shown before, without what was filmed for it."""
    box.teach("old", parts=1)
    box.plan("other")
    box.plan("right")
    box.clock.go(HOUR)
    session = box.start("other")
    box.film("other", session, called="right")
    if looked:
        assert box.agrees("right").segments == ()
    box.store.append("session.corrected", SessionCorrected("right", "other", session, "pressed it", "page"))
    assert len(box.agrees("right").segments) == 4
    assert box.agrees("other").segments == ()
    assert box.memory.correctable(session, box.clock.stamp())


def test_a_class_that_was_named_only_after_its_session_had_begun(box: Box) -> None:
    box.teach("old", parts=1)
    box.plan("other")
    session = box.start("other")
    box.film("other", session, called="other")
    box.memory.look()
    box.plan("right")
    box.store.append("session.corrected", SessionCorrected("right", "other", session, "pressed it", "page"))
    assert len(box.agrees("right").segments) == 4
    assert box.memory.correctable(session, box.clock.stamp())


def test_a_chain_that_began_anew_within_the_class(box: Box) -> None:
    box.teach("old", parts=1)
    box.plan("new")
    box.clock.go(HOUR)
    box.film("new", box.start("new"), 2)
    box.store.begin_chain("set back to a backup")
    box.memory = Memory(box.store)
    box.clock.restart()
    box.film("new", box.start("new"), 2)
    box.memory.look()
    story = box.memory.story("new", POLICY)
    assert [fact.doubt for fact in story.segments] == [None] * 4 and len(story.checkins) == 4


def test_the_classes_that_were_shown_last_are_held(box: Box) -> None:
    for _ in range(STORIES + 2):
        box.teach(f"c-{box.made}", parts=1)
        box.agrees(f"c-{box.made - 1}")
    assert len(box.memory._courses) == len(box.memory._stories) == STORIES
    box.agrees("c-0")
    assert list(box.memory._courses) == ["c-3", "c-4", "c-0"]
