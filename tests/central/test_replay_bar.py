"""The bar of a recording: everything lies within it, in order, whatever there is; moments; files to ask."""
from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.classes.stories import Stories, Told
from central.web.errors import NoMoment
from central.web.localtime import LocalTime
from central.web.reels import facts_of
from central.web.replay.bar import replay_bar
from central.web.replay.page import files_around, moment, rows_of
from central.web.replay.parts import PartView
from central.wiring import open_centre
from evidence.story import Block, SegmentFact, Span
from evidence.times import SECOND

KINDS = ("here", "changed", "away", "asked", "coming", "gone", "removed")
LOCAL = LocalTime(480, "en")


@pytest.fixture(scope="module")
def told(course_folder: Path) -> Told:
    centre = open_centre(course_folder)
    found = Stories(centre.store, centre.clock).tell("welder-1")
    centre.store.close()
    return found


def block_of(told: Told) -> Block:
    return told.story.blocks[0]


def fact_of(told: Told) -> SegmentFact:
    return facts_of(told.story, block_of(told))[0]


@given(data=st.data())
def test_bars_lie_within_and_say_when(told: Told, data: st.DataObject) -> None:
    block, fact = block_of(told), fact_of(told)
    spans = data.draw(st.lists(st.tuples(st.integers(-7200, 7200), st.integers(0, 900)), max_size=6))
    parts = [PartView(dataclasses.replace(fact, span=Span(
        block.span.start_us + start * SECOND, block.span.start_us + (start + length) * SECOND)),
        data.draw(st.sampled_from(KINDS)), "x") for start, length in spans]
    bar = replay_bar(told, block, {("box-1", "room"): parts}, {}, LOCAL)
    assert len(bar.lanes[0].bars) == len(parts)
    for one in (*bar.lanes[0].bars, *bar.gaps):
        assert 0 <= one.x <= 100 and one.width > 0 and one.x + one.width <= 100.2 and one.title
    assert [x for x, _ in bar.ticks] == sorted(x for x, _ in bar.ticks) and len(bar.ticks) <= 12
    assert all(0 <= one.dot.x <= 100 for one in bar.checkins)


def test_a_box_that_recorded_nothing_has_a_lane(told: Told) -> None:
    bar = replay_bar(told, block_of(told), {}, {}, LOCAL)
    assert [(one.device, one.camera, one.bars) for one in bar.lanes] == [("box-1", "", ())]
    assert [words for _, _, words in bar.said] == ["not recorded 09:40:00–09:47:00: the camera sent no picture"]


def parts(told: Told, kinds: str) -> list[PartView]:
    """Files of a minute each, one after the other: h here, a away, x gone, c changed, w on its way."""
    start, fact = block_of(told).span.start_us, fact_of(told)
    names = {"h": "here", "a": "away", "x": "gone", "c": "changed", "w": "asked"}
    return [PartView(
        dataclasses.replace(fact, span=Span(start + 60 * n * SECOND, start + 60 * (n + 1) * SECOND),
                            segment=dataclasses.replace(fact.segment, sha256=f"{n:064x}")),
        names[kind], names[kind], kind in "axc") for n, kind in enumerate(kinds)]  # type: ignore[arg-type]


@pytest.mark.parametrize(("kinds", "second", "asked"), [
    ("aaa", 61, [1, 2, 0]), ("aaa", 0, [0, 1]), ("aaa", 179, [2, 1]), ("hah", 61, [1]), ("aha", 61, []),
    ("awa", 61, []), ("xca", 61, [1, 2]), ("aaa", 180, []), ("", 0, []),
])
def test_the_minute_is_asked_for_then_its_neighbours(told: Told, kinds: str, second: int, asked: list[int]) -> None:
    at_us = block_of(told).span.start_us + second * SECOND
    assert files_around(parts(told, kinds), at_us) == [f"{n:064x}" for n in asked]


def test_files_that_stand_alike_are_one_row(told: Told) -> None:
    rows = rows_of({("box-1", "room"): parts(told, "hhaah")}, LOCAL)
    assert [(kind, text) for _, _, kind, text in rows] == [
        ("here", "08:30:00–08:32:00: here"), ("away", "08:32:00–08:34:00: away"), ("here", "08:34:00–08:35:00: here")]


@given(st.text(max_size=30))
def test_attack_any_moment_is_one_of_the_recording_or_is_refused(told: Told, text: str) -> None:
    block = block_of(told)
    try:
        at_us = moment(text, told, block, LOCAL)
    except NoMoment:
        return
    assert at_us is None or block.span.start_us - 3600 * SECOND <= at_us <= block.span.end_us + 3600 * SECOND
