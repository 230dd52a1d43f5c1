"""Where things stand on the timeline, and why nothing was recorded."""
from __future__ import annotations

import dataclasses

import pytest

from central.classes.stories import Stories, Told
from central.web.localtime import LocalTime
from central.web.timeline import NOT_BEGUN, REASONS, gap_reason, timeline
from central.web.view import class_view
from central.wiring import Centre
from evidence.story import Span
from evidence.times import MINUTE, utc_us

LOCAL = LocalTime(480, "en")


@pytest.fixture
def told(played: Centre) -> Told:
    return Stories(played.store, played.clock).tell("welder-1")


def test_days_share_the_hours_of_the_clock(told: Told) -> None:
    picture = timeline(told.story, LOCAL, {})
    days = [(row.date, row.weekday, len(row.hours)) for row in picture.rows]
    assert days == [("Mar 2", "Mon", 3), ("Mar 3", "Tue", 2)]
    first, second = (row.hours[0] for row in picture.rows)
    assert (first.x, first.width) == (second.x, second.width)
    for row in picture.rows:
        for bar in (*row.hours, *row.stretches, *row.gaps, *row.sessions):
            assert 0 <= bar.x <= bar.x + bar.width <= 100.2


def test_the_hole_is_drawn_with_its_reason(told: Told) -> None:
    row = timeline(told.story, LOCAL, {}).rows[0]
    assert [gap.title for gap in row.gaps] == ["not recorded 09:40:00–09:47:00: the camera was silent"]


@pytest.mark.parametrize("cut", ["gap", "step", "restart", "end", None])
def test_why_nothing_is_recorded(told: Told, cut: str | None) -> None:
    last = told.story.segments[0]
    fact = dataclasses.replace(last, segment=dataclasses.replace(last.segment, cut=cut))
    gap = Span(fact.span.end_us, fact.span.end_us + 5 * MINUTE)
    assert gap_reason(gap, [fact]) == REASONS[cut]
    assert gap_reason(Span(fact.span.start_us - 9 * MINUTE, fact.span.start_us - MINUTE), [fact]) == NOT_BEGUN


def test_local_times_cross_midnight() -> None:
    us = utc_us("2026-03-02T16:05:07.000000Z")
    assert (LOCAL.day(us), LOCAL.seconds(us)) == ("2026-03-03", "00:05:07")
    west = LocalTime(-300, "zh")
    assert (west.day(us), west.clock(us), west.weekday(us)) == ("2026-03-02", "11:05", "周一")


def test_the_view_speaks_both_languages(told: Told) -> None:
    zh, en = (class_view(told, {}, lang) for lang in ("zh", "en"))
    for view in (zh, en):
        assert (view.share, view.missing, view.limit, view.verdict) == (96, 3, 3, "flag")
    assert zh.blocks[0].name == "2026年3月2日上午"
    assert en.blocks[0].name == "Mar 2, 2026, morning"
    assert [block.state for block in zh.blocks] == ["complete", "missing", "missing", "missing"]
