"""Where things stand on the timeline, and why nothing was recorded."""
from __future__ import annotations

import dataclasses

import pytest

from central.classes.as_of import AsOf
from central.classes.stories import Stories, Told
from central.web.api import people_of
from central.web.gaps import MAYBE_HERE, NO_VIDEO, NOT_BEGUN, NOT_DUE, REASONS, STILL_COMING, gap_reason, gaps_of
from central.web.localtime import LocalTime
from central.web.render import environment
from central.web.timeline import timeline
from central.web.view import class_view
from central.wiring import Centre
from evidence.rules import findings
from evidence.story import PackRefusedFact, PictureFact, Span
from evidence.times import MINUTE, utc_us

LOCAL = LocalTime(480, "en")


@pytest.fixture
def told(played: Centre) -> Told:
    return Stories(played.store, played.clock).tell("welder-1")


def test_days_share_the_hours_of_the_clock(told: Told) -> None:
    picture = timeline(told.story, LOCAL, {}, told.as_of.us)
    days = [(row.date, row.weekday, len(row.hours)) for row in picture.rows]
    assert days == [("Mar 2", "Mon", 3), ("Mar 3", "Tue", 2)]
    first, second = (row.hours[0] for row in picture.rows)
    assert (first.x, first.width) == (second.x, second.width)
    for row in picture.rows:
        for bar in (*row.hours, *row.stretches, *row.gaps, *row.sessions):
            assert 0 <= bar.x <= bar.x + bar.width <= 100.2


def test_nobody_who_came_early_is_cut_off(told: Told) -> None:
    early = tuple(dataclasses.replace(fact, at_us=fact.at_us - 50 * MINUTE) for fact in told.story.checkins)
    story = dataclasses.replace(told.story, checkins=early)
    shown = sum(len(row.checkins) for row in timeline(story, LOCAL, {}, told.as_of.us).rows)
    assert shown == len(early) > 0


def test_the_hole_is_drawn_with_its_reason(told: Told) -> None:
    row = timeline(told.story, LOCAL, {}, told.as_of.us).rows[0]
    assert [gap.title for gap in row.gaps] == ["not recorded 09:40:00–09:47:00: the camera sent no picture"]


def test_a_picture_that_does_not_count_is_drawn_with_its_reason(told: Told) -> None:
    hour = told.story.hours[0]
    ref, start_us = told.story.segments[0].ref, hour.span.start_us
    facts = tuple(
        PictureFact(start_us + first * MINUTE, start_us + last * MINUTE, what, breaks, "room", "box-1", ref)
        for first, last, what, breaks in ((-5, 5, "frozen", True), (10, 11, "glare", False)))
    story = dataclasses.replace(
        told.story, hours=(dataclasses.replace(hour, pictures=facts), *told.story.hours[1:]))
    picture = timeline(story, LOCAL, {}, told.as_of.us)
    frozen, glare = picture.rows[0].pictures
    assert picture.pictures and not timeline(told.story, LOCAL, {}, told.as_of.us).pictures
    assert frozen.kind == "unseen" and frozen.x == picture.rows[0].hours[0].x
    assert "picture: frozen" in frozen.title and "does not count" in frozen.title
    assert glare.kind == "marked" and "only marked" in glare.title


@pytest.mark.parametrize("cut", ["gap", "step", "clock", "restart", "end", None])
def test_why_nothing_is_recorded(told: Told, cut: str | None) -> None:
    last = told.story.segments[0]
    fact = dataclasses.replace(last, segment=dataclasses.replace(last.segment, cut=cut))
    story = dataclasses.replace(told.story, segments=(fact,))
    assert gap_reason(story, Span(fact.span.end_us, fact.span.end_us + 5 * MINUTE)) == REASONS[cut]
    opening, practice = story.blocks[:2]
    before = Span(opening.span.start_us - 9 * MINUTE, opening.span.start_us)
    assert gap_reason(story, before) == NOT_BEGUN
    # The half-day before is another recording: its end says nothing about this one.
    assert gap_reason(story, practice.span) == NO_VIDEO
    assert gap_reason(dataclasses.replace(story, sessions=()), practice.span) == NOT_BEGUN


@pytest.mark.parametrize(("lang", "words"), [
    ("en", "recorded 08:30:00–09:15:00, but its time is uncertain: it does not count"),
    ("zh", "08:30:00–09:15:00 有录像，但时间无法确认，不计入"),
])
def test_video_of_uncertain_time_is_not_called_missing(told: Told, lang: str, words: str) -> None:
    """A box whose clock was not set filmed the whole class-hour."""
    first = told.story.hours[0]
    doubted = dataclasses.replace(
        first, stretches=(), gaps=(), uncertain=(first.span,), covered_us=0, doubtful_us=first.span.length_us)
    story = dataclasses.replace(told.story, hours=(doubted, *told.story.hours[1:]))
    row = timeline(story, LocalTime(480, lang), {}, told.as_of.us).rows[0]
    assert ("uncertain", words) in [(bar.kind, bar.title) for bar in row.gaps]
    (said, *_) = class_view(dataclasses.replace(told, story=story), {}, lang).hours[0].gaps
    assert said == words


def test_what_says_no_time_of_the_plan_may_be_of_any_class_hour(told: Told) -> None:
    """A clock that begins in 1970: nobody can say that recording had not begun."""
    hour = dataclasses.replace(told.story.hours[0], stretches=(), gaps=(told.story.hours[0].span,))
    empty = dataclasses.replace(told.story, segments=(), sessions=())
    assert [gap.why for gap in gaps_of(empty, hour, told.as_of.us)] == [NOT_BEGUN]
    unplaced = dataclasses.replace(hour, doubtful_us=45 * MINUTE)
    assert [gap.why for gap in gaps_of(empty, unplaced, told.as_of.us)] == [MAYBE_HERE]


def as_of(told: Told, time: str) -> Told:
    us = utc_us(time)
    return dataclasses.replace(told, as_of=AsOf(us, True), findings=findings(told.story, told.policy, us))


def test_what_is_still_to_come_is_no_gap(told: Told) -> None:
    now = as_of(told, "2026-03-03T00:50:00.000000Z")
    rows = timeline(told.story, LOCAL, {}, now.as_of.us).rows
    assert [len(row.gaps) for row in rows] == [1, 0]
    view = class_view(now, {}, "en")
    assert view.hours[-1].gaps == ("not over yet",)
    assert (view.share, class_view(as_of(told, "2026-03-01T00:00:00.000000Z"), {}, "en").share) == (94, None)


def test_video_that_may_still_come_is_not_called_missing(told: Told) -> None:
    """The camera is recording: its first file is finished, the one that it writes now is not."""
    facts = [fact for fact in told.story.segments if fact.span.start_us >= utc_us("2026-03-03T05:00:00.000000Z")][:1]
    hour = told.story.hours[-1]
    late = dataclasses.replace(hour, gaps=(Span(facts[0].span.end_us, hour.span.end_us),))
    story = dataclasses.replace(told.story, segments=tuple(facts))
    (gap,) = gaps_of(story, late, facts[0].span.end_us + MINUTE)
    assert (gap.why, gap.late, gap.span.length_us) == (STILL_COMING, True, MINUTE)


def test_a_block_that_is_not_over_holds_nothing_against_anybody(told: Told) -> None:
    view = class_view(as_of(told, "2026-03-03T00:50:00.000000Z"), {}, "zh")
    assert [block.state for block in view.blocks] == ["complete", "missing", "pending", "pending"]
    away = next(row for row in view.people if row.cells[1] is not None and row.cells[1].answer == "absent")
    assert [(cell.answer, cell.answer_words) for cell in away.cells[2:] if cell] == [("pending", "尚未结束")] * 2


def with_block(told: Told, index: int, **changes: object) -> Told:
    blocks = list(told.story.blocks)
    blocks[index] = dataclasses.replace(blocks[index], **changes)  # type: ignore[arg-type]
    story = dataclasses.replace(told.story, blocks=tuple(blocks))
    return dataclasses.replace(told, story=story, findings=findings(story, told.policy, told.as_of.us))


@pytest.mark.parametrize(("lang", "words"), [("zh", "尚未点名"), ("en", "not looked at yet")])
def test_while_a_roll_call_is_not_finished_nobody_is_called_absent(told: Told, lang: str, words: str) -> None:
    unfinished = with_block(told, 1, roll_called=False)
    view = class_view(unfinished, {}, lang)
    assert (view.blocks[1].state, view.blocks[1].roll_called) == ("open", False)
    cells = [row.cells[1] for row in view.people]
    assert {cell.answer for cell in cells if cell} == {"shown", "not_looked_at"}
    assert {cell.answer_words for cell in cells if cell and cell.answer != "shown"} == {words}
    told_answers = {one["answer"] for one in people_of(unfinished, unfinished.story.blocks[1])["presences"]}
    assert told_answers == {"shown", "not_looked_at"}


def test_where_a_box_makes_no_roll_call_the_class_page_and_the_finding_say_so(told: Told) -> None:
    refused = PackRefusedFact(("room-1", "c", 9), "room-1", "few")
    found = with_block(told, 1, roll_called=False, pack_refused=(refused,))
    view = class_view(found, {}, "zh")
    assert [block.pack_refused for block in view.blocks] == [False, True, False, False]
    said = [line for finding in view.findings if finding.rule == "R3" for line in finding.reasons]
    assert any("不进行点名" in line for line in said) and any("请登记至少十人" in line for line in said)


def test_absent_in_an_undecided_recording_is_no_reproach(told: Told) -> None:
    view = class_view(with_block(told, 1, awaited=("room-1",)), {}, "en")
    cells = [cell for row in view.people for cell in row.cells[1:3] if cell is not None and cell.answer == "absent"]
    assert [view.blocks[1].state, view.blocks[2].state] == ["open", "missing"]
    assert [(cell.block, cell.doubtful) for cell in cells] == [("2026-03-02-pm", True), ("2026-03-03-am", False)]


def test_an_alarm_says_camera_and_time_in_words(told: Told) -> None:
    (alarm,) = class_view(told, {}, "zh").alarms
    assert alarm.sentence == "摄像头曾有一段时间没有画面（教室摄像头）"
    assert alarm.at == "2026年3月2日 09:40:00–09:47:00"


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


@pytest.mark.parametrize(("lang", "words"), [
    ("zh", "未判断：有时间无法确认"), ("en", "not judged: a time is uncertain")])
def test_where_a_time_is_uncertain_nobody_is_called_absent(told: Told, lang: str, words: str) -> None:
    unsure = with_block(told, 1, time_certain=False, doubtful_us=60 * MINUTE)
    view = class_view(unsure, {}, lang)
    cells = [cell for row in view.people if (cell := row.cells[1])]
    assert view.blocks[1].state == "open" and {cell.answer for cell in cells} == {"shown", "not_judged"}
    assert {cell.answer_words for cell in cells if cell.answer != "shown"} == {words}
    told_answers = {one["answer"] for one in people_of(unsure, unsure.story.blocks[1])["presences"]}
    assert told_answers == {"shown", "not_judged"}


@pytest.mark.parametrize(("lang", "words"), [
    ("zh", "在已查看的画面中未见到"), ("en", "not seen in what was looked at")])
def test_where_the_roll_call_left_something_out_nobody_is_called_absent(
    told: Told, lang: str, words: str,
) -> None:
    block = told.story.blocks[1]
    signed = tuple(dataclasses.replace(one, checked_in=True) for one in block.presences)
    short = with_block(told, 1, unlooked=block.films[:1], picture_good=False, presences=signed)
    view = class_view(short, {}, lang)
    cells = [cell for row in view.people if (cell := row.cells[1])]
    assert view.blocks[1].state == "open" and {cell.answer for cell in cells} == {"shown", "not_all"}
    assert {cell.answer_words for cell in cells if cell.answer != "shown"} == {words}
    assert {one["answer"] for one in people_of(short, short.story.blocks[1])["presences"]} == {"shown", "not_all"}
    missed = with_block(told, 1, unlooked=block.films[:1], picture_good=False)
    assert class_view(missed, {}, lang).blocks[1].state == "missing", "who did not sign in is missing all the same"
    assert {one["answer"] for one in people_of(missed, missed.story.blocks[1])["presences"]} == {"shown", "absent"}


def test_page_and_json_say_the_same_of_everybody_also_before_a_block_is_over(told: Told) -> None:
    """While it runs nobody is absent."""
    early = dataclasses.replace(told, as_of=dataclasses.replace(told.as_of, us=told.story.blocks[1].span.end_us - 1))
    for one in (told, early):
        rows = {row.person: row.cells for row in class_view(one, {}, "en").people}
        for number, block in enumerate(one.story.blocks):
            for presence in people_of(one, block)["presences"]:
                cell = rows[presence["person"]][number]
                assert cell is not None and cell.answer == presence["answer"]
    assert {cell.answer for cells in rows.values() if (cell := cells[1])} == {"shown", "pending"}


def test_of_an_online_class_hour_no_video_is_missed(told: Told) -> None:
    """No rule asks for any (R1 to R3), so no page may call it a gap, nor count it in what is recorded."""
    hours = told.story.hours
    online = dataclasses.replace(hours[-1], hour=dataclasses.replace(hours[-1].hour, kind="online"), covered_us=0,
                                 stretches=(), gaps=(hours[-1].span,))
    mixed = dataclasses.replace(told, story=dataclasses.replace(told.story, hours=(*hours[:-1], online)))
    without = dataclasses.replace(told, story=dataclasses.replace(told.story, hours=hours[:-1]))
    assert not list(gaps_of(mixed.story, online, told.as_of.us))
    view, before = class_view(mixed, {}, "en"), class_view(without, {}, "en")
    assert (view.share, view.cover.mean) == (before.share, before.cover.mean) and view.share
    assert view.cover.bars[-1].words == NOT_DUE == view.hours[-1].gaps[0] and not view.hours[-1].due
    assert [row.gaps for row in view.timeline.rows] == [row.gaps for row in before.timeline.rows]
    html = environment().get_template("class_charts.html").render(_=lambda text, **said: text.format(**said), c=view)
    assert html.count(NOT_DUE) == 3, "in the legend, the chart and the table"
