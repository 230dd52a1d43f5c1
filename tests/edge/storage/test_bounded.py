"""What may go is decided by few of the records of years: as by all of them, or more carefully."""
from __future__ import annotations

import dataclasses
import hashlib
import random

import pytest

from common.policies import load_policy
from edge.storage import due
from edge.store import Store
from edge.store.begun import Beginning, beginnings
from edge.store.lean import Read
from evidence.bodies import (
    Alarm,
    Body,
    Candidate,
    ClassOrder,
    Hour,
    OrderAccepted,
    RollCall,
    Segment,
    SegmentRemoved,
    SessionCorrected,
    SessionEnd,
    SessionStart,
    Track,
    body_of,
)
from evidence.fold import fold
from evidence.receipts import Receipt
from evidence.records import Record
from evidence.retention import Decision
from evidence.story import Story
from evidence.times import HOUR, MINUTE, SECOND, utc_text
from tests.edge.storage.conftest import CLASS, OVER, START, MakeSite, Site

DAY = 24 * HOUR


class Whole:
    """All records of the box as they are, in place of `Read`."""

    def __init__(self, store: Store, class_id: str, begins: tuple[Beginning, ...]) -> None:
        self.records = [one.record for one in (*store.past(), *store.each())]
        self.receipts: dict[tuple[str, str], list[Receipt]] = {
            ("box-1", chain): store.receipts_above(chain, -1) for chain in store.chains()}

    def typed(self, record: Record) -> Body | None:
        return body_of(record)


def film(site: Site, segment: Segment) -> None:
    """A segment and its roll call, of which each looks like the one before."""
    site.box.store.append("segment", segment)
    if segment.class_id is None:
        return
    track = Track(0, SECOND, 0, 20, 90, Candidate("p-1", 900_000), None)
    site.box.store.append("rollcall", RollCall(
        segment.class_id, segment.run, segment.sha256, "builtin", "0" * 64, "cpu", 600_000, 50_000, 40, 30, 0, 1,
        1_000_000, (track,)))


def hash_of(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


class Life:
    """A box on which classes come and go; the clock may be set, and chains begin anew."""

    def __init__(self, site: Site, seed: int, moves: bool) -> None:
        self.site, self.random, self.moves = site, random.Random(seed), moves
        self.count, self.boots, self.wrong_us = 0, 0, 0
        self.classes = [CLASS]

    def live(self, steps: int) -> None:
        happen = [self.teach, self.teach, self.teach, self.film_nobody, self.restart, self.gap, self.receipt, self.anew,
                  self.remove, self.new_class, *([self.move, self.move_back] if self.moves else [])]
        for _ in range(steps):
            self.random.choice(happen)()
        self.move_back()
        self.site.clock.synced = True

    def teach(self) -> None:
        """A part of a class, sometimes under the wrong name, now and then recovered after a power cut."""
        store, class_id = self.site.box.store, self.random.choice(self.classes)
        right, session = self.random.choice(self.classes), f"s-{self.count}"
        store.append("session.start", SessionStart(class_id, session, "page"))
        for _ in range(self.random.randrange(1, 6)):
            self.film(class_id, session)
        store.append("session.end", SessionEnd(class_id, session, "page"))
        if self.random.random() < 0.3:
            store.append("session.corrected", SessionCorrected(right, class_id, session, "pressed it", "page"))
            self.film(class_id, session)

    def film_nobody(self) -> None:
        self.film(None, "s-none")

    def film(self, class_id: str | None, session: str) -> None:
        self.count += 1
        clock, run = self.site.clock, f"r-{self.boots}"
        clock.forward(5 * MINUTE)
        began, boot = clock.mono - 5 * MINUTE, clock.boot
        if self.random.random() < 0.1:
            self.restart()
        film(self.site, Segment(
            class_id, session, "room", run, self.count, f"{run}/{self.count:06}.mp4", 10, hash_of(str(self.count)),
            "h264", 64, 48, 9000, 9000, 0, 5 * MINUTE, began, began + 5 * MINUTE - SECOND, 100_000, (),
            boot != clock.boot, "start", boot_id=boot))

    def restart(self) -> None:
        clock = self.site.clock
        self.boots += 1
        clock.now += self.random.randrange(1, 600) * SECOND
        clock.boot, clock.mono = f"{self.boots:x}", 20 * SECOND
        clock.synced = self.random.random() < 0.8
        self.state()

    def gap(self) -> None:
        self.site.clock.forward(self.random.randrange(1, 72) * HOUR)
        self.state()

    def move(self) -> None:
        us = self.random.choice((-2 * DAY, -30 * MINUTE, 20 * SECOND, 2 * HOUR, 400 * DAY))
        self.site.clock.now += us
        self.wrong_us += us
        self.state()

    def move_back(self) -> None:
        self.site.clock.now -= self.wrong_us
        self.wrong_us = 0
        self.state()

    def state(self) -> None:
        self.site.box.store.append("alarm", Alarm("camera.silent", {"camera": "room"}))

    def receipt(self) -> None:
        self.site.receipt(self.site.clock.now - self.wrong_us)

    def anew(self) -> None:
        if self.random.random() < 0.3:
            self.receipt()
            self.site.box.store.begin_chain("set back to a backup")

    def remove(self) -> None:
        found = list(self.site.box.store.each("segment"))
        if found:
            sha256 = str(self.random.choice(found).record.body["sha256"])
            self.site.box.store.append("segment.removed", SegmentRemoved(sha256, "R7", "box box-1"))

    def new_class(self) -> None:
        if len(self.classes) < 4:
            plan(self.site, name := f"welding-{len(self.classes) + 1}", self.site.clock.now - self.wrong_us)
            self.classes.append(name)


def plan(site: Site, class_id: str, begin_us: int) -> None:
    """A class that begins so, of one class-hour."""
    site.centre.head = site.box.store.orders()[-1]
    order = body_of(site.centre.order(class_id=class_id).record)
    assert isinstance(order, ClassOrder)
    hour = Hour("h-1", "theory", utc_text(begin_us), utc_text(begin_us + 45 * MINUTE))
    site.centre.head = sealed = site.centre.record("order.class", dataclasses.replace(order, hours=(hour,)))
    site.box.store.put_order(sealed)
    site.box.store.append("order.accepted", OrderAccepted(class_id, sealed.hash))


def decided(site: Site) -> list[Decision]:
    return list(site.keeper.decisions(site.keeper.first()))


def by_all_records(site: Site, monkeypatch: pytest.MonkeyPatch) -> list[Decision]:
    with monkeypatch.context() as patch:
        patch.setattr(due, "thinned", list)
        patch.setattr(due, "Read", Whole)
        patch.setattr(due, "ASIDE_US", 0)
        return decided(site)


def told(site: Site, class_id: str, of: type[Read] | type[Whole]) -> Story:
    """But for when removed video was: what came to the centre late is put between wider moments (prefix.py)."""
    store = site.box.store
    read = of(store, class_id, beginnings(store, [class_id])[class_id])
    records = [*(one.record for one in store.orders()), *read.records]
    story = fold(records, class_id, load_policy("demo"), read.typed, read.receipts, site.box.log())
    return dataclasses.replace(story, removed=())


@pytest.mark.parametrize("moves", [False, True])
@pytest.mark.parametrize("seed", range(2))
def test_what_may_go_is_decided_as_by_all_records(
    make_site: MakeSite, monkeypatch: pytest.MonkeyPatch, seed: int, moves: bool,
) -> None:
    """Where somebody sets the clock back, more may be kept; nothing ever goes that would not by all records."""
    site = make_site()
    life = Life(site, seed, moves)
    for years in range(3):
        life.live(20)
        site.clock.forward(OVER - START if years == 1 else 20 * DAY)
        life.restart()
        site.clock.synced = True
        site.receipt(site.clock.now)
        few, whole = decided(site), by_all_records(site, monkeypatch)
        assert [one.segment for one in few] == [one.segment for one in whole]
        for one, other in zip(few, whole, strict=True):
            assert one.action != "remove" or other.action == "remove"
            assert moves or (one.action, one.reasons) == (other.action, other.reasons)
        for name in life.classes if not moves else ():
            assert told(site, name, Read) == told(site, name, Whole)


def lesson(site: Site, class_id: str, number: int) -> None:
    """Two hours of video and its roll calls, and a day later."""
    store, session = site.box.store, f"l-{number}"
    store.append("session.start", SessionStart(class_id, session, "page"))
    for part in range(24):
        site.clock.forward(5 * MINUTE)
        film(site, Segment(
            class_id, session, "room", session, part, f"{session}/{part:06}.mp4", 10, hash_of(f"{session} {part}"),
            "h264", 64, 48, 9000, 9000, 0, 5 * MINUTE, site.clock.mono - 5 * MINUTE, site.clock.mono - SECOND, 100_000,
            (), False, "start", boot_id=site.clock.boot))
    store.append("session.end", SessionEnd(class_id, session, "page"))
    site.clock.forward(DAY)


def test_what_is_held_hardly_grows_with_the_age_of_the_box(make_site: MakeSite) -> None:
    """Of the lessons of others: the ends of their hours, and what is said of their sessions."""
    site = make_site()
    plan(site, "welding-2", START)
    lesson(site, CLASS, 0)
    held, records = list[tuple[int, int]](), list[int]()
    for lessons in (1, 8):
        for number in range(lessons):
            lesson(site, "welding-2", lessons + number)
        store = site.box.store
        read = Read(store, CLASS, beginnings(store, [CLASS])[CLASS])
        held.append((len(read.records), sum(map(len, due._read(store).records.values()))))
        records.append(store.head_seq())
    assert records[1] - records[0] == 8 * 50
    for few, many in zip(*held, strict=True):
        assert 0 < many - few <= 8 * 7
