"""A box reads the roll calls of some blocks alone: its sheet and its terminal say of these what the console says."""
from __future__ import annotations

from pathlib import Path

import pytest

from edge.config import parse_box
from edge.keys import make_box_keys, self_certified
from edge.rollcall.sheet import make_sheet
from edge.terminal.memory import Memory
from edge.wiring import Box, open_store
from evidence.bodies import Alarm, ClassOrder, OrderAccepted, body_of
from evidence.fold import fold
from evidence.rules import R3Finding, findings
from evidence.times import HOUR
from tests.edge.storage.conftest import START, HandClock
from tests.edge.terminal.conftest import sealed_order
from tests.evidence.course import TRAINEES, Course

DAYS = tuple(f"2026-03-0{day}" for day in range(2, 6))
CLASS, DAY_US = "c-1", 24 * HOUR


def box_of(made: Course, folder: Path) -> Box:
    """A box with the records of the first one of a course, and of its plans, a day later."""
    folder.mkdir()
    clock, config = HandClock(), parse_box(b'device = "box-1"\npolicy = "sanmenxia-2023"\n', "box.toml")
    keys = make_box_keys(folder / "keys", self_certified("box-1", START))
    clock.now, clock.mono = made.boxes["box-1"].records[0].utc_us, made.boxes["box-1"].records[0].mono_us
    box = Box(folder, config, keys, clock, open_store(folder, config, keys, clock))
    for record in made.centre.records:
        order = body_of(record)
        if isinstance(order, ClassOrder):
            sealed = sealed_order(order)
            box.store.put_order(sealed)
            box.store.append("order.accepted", OrderAccepted(CLASS, sealed.hash))
    for record in sorted(made.boxes["box-1"].records[1:], key=lambda one: one.utc_us):
        clock.now, clock.mono = record.utc_us, record.mono_us
        box.store.append(record.type, body_of(record))
    clock.forward(DAY_US)
    box.store.append("alarm", Alarm("camera.silent", {}))
    return box


@pytest.mark.parametrize(("posters", "state"), [(1, "missing"), (0, "open")])
def test_a_poster_that_hangs_there_on_four_days_is_one_on_the_sheet_and_at_the_terminal_too(
    tmp_path: Path, posters: int, state: str,
) -> None:
    """The fourth signed in and is in no picture. What never moved in any of them is a poster; where it was not there
    one afternoon, it may be somebody asleep."""
    made = Course()
    for day in DAYS:
        made.half_day(day)
    made.order()
    for day in DAYS:
        made.film(f"{day} 07:58", "09:42", TRAINEES[:3], still=1)
        for person in TRAINEES:
            made.check_in(person, f"{day} 07:50")
    if not posters:
        made.film(f"{DAYS[0]} 14:00", "14:20", (), still=0)
    box = box_of(made, tmp_path / "box")
    records = [one.record for one in (*box.store.orders(), *box.store.records())]
    whole = fold(records, CLASS, made.policy)
    memory, now_us = Memory(box.store), box.clock.utc_us()
    memory.look()
    terminal = memory.story(CLASS, made.policy)
    assert len(terminal.rollcalls) < len(whole.rollcalls) and terminal.blocks[-2:] == whole.blocks[-2:]
    for story, blocks in ((whole, whole.blocks), (terminal, terminal.blocks[-2:])):
        (r3,) = (one for one in findings(story, made.policy, now_us) if isinstance(one, R3Finding))
        found = r3.recordings if state == "missing" else r3.open_recordings
        assert {block.id for block in blocks} <= set(found)
    for block in whole.blocks:
        sheet = make_sheet(box, CLASS, block.id)
        assert (sheet.state, sheet.block) == (state, block)
        assert [row.presence.answer for row in sheet.missed if row.presence] == [
            "absent" if posters else "not_identifiable"]
    box.store.close()
