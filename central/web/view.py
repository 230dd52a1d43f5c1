"""What the class page shows, taken from the story and the findings: every number has been worked out, names are in."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

from central.classes.stories import Told
from central.web.charts import Coverage, HeatMap, coverage, heat_map
from central.web.decisions import DecidedView, decided_view
from central.web.findings import FindingView, finding_view
from central.web.gaps import NOT_DUE, gaps_of, is_due, uncertain_of
from central.web.links import Link, link, percent, score
from central.web.localtime import LocalTime
from central.web.matrix import NOT_OVER, BlockView, PersonRow, block_view, people_rows
from central.web.signs import answer_kind, answer_words
from central.web.timeline import KINDS, Timeline, picture_words, timeline, uncertain_words
from common.alarms import alarm_words
from common.reasons import length_words
from common.texts import translate
from evidence.attendance import Sign
from evidence.bodies import Alarm
from evidence.rules import R3Finding
from evidence.story import HourStory, PinFact, Ref
from evidence.times import SECOND


@dataclasses.dataclass(frozen=True)
class HourView:
    """A class-hour in the table beside the timeline. `due`: it has to be recorded."""

    date: str
    planned: str
    kind_words: str
    covered: str
    share: int
    longest: str
    gaps: tuple[str, ...]
    pictures: tuple[str, ...]
    due: bool


@dataclasses.dataclass(frozen=True)
class CheckInView:
    """An attempt at the terminal."""

    at: str
    name: str
    answer: str
    answer_words: str
    score: str
    face: str
    """The width of the face."""
    liveness: str
    """Empty for a PIN."""
    record: Link


@dataclasses.dataclass(frozen=True)
class AlarmView:
    """An alarm of a box. `at`: the moment, or from when to when a camera was silent."""

    at: str
    sentence: str
    record: Link


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClassHead:
    """What stands before and between the long sections."""

    class_id: str
    title: str
    policy: str
    number: int
    rooms: tuple[str, ...]
    dates: str
    as_of: str
    as_of_boxes: bool
    """That moment is one of its boxes, because their clock was simulated."""
    simulated: bool
    liveness_checked: bool
    waiting: int
    verdict: str
    """Of R3: flag, review or clear; noted where that is clear, but other findings are violated; none without R3."""
    violated: int
    """So many findings are violated."""
    depends: bool
    """Under another reading of the clause, the verdict would be another one."""
    limit: int
    missing: int
    open: int
    missed: tuple[str, ...]
    findings: tuple[FindingView, ...]
    decided: DecidedView


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClassView(ClassHead):
    """The whole page."""

    utc_offset_min: int
    trainees: int
    share: int | None
    """Percent recorded of the class-hours that are over; None before the first one is."""
    checked_in: int
    timeline: Timeline
    hours: tuple[HourView, ...]
    blocks: tuple[BlockView, ...]
    people: tuple[PersonRow, ...]
    heat: HeatMap
    cover: Coverage
    checkins: tuple[CheckInView, ...]
    alarms: tuple[AlarmView, ...]


def head_of(view: ClassView) -> ClassHead:
    """The page without its long sections, and without what its findings say."""
    said = {field.name: getattr(view, field.name) for field in dataclasses.fields(ClassHead)}
    return ClassHead(**{**said, "findings": tuple(one.short for one in view.findings)})


def class_view(told: Told, names: Mapping[str, str], lang: str, has: Callable[[str], bool] | None = None) -> ClassView:
    """The page of a class in one language. `has`: whether the file with that hash is at the centre, where that is asked
    for."""
    story, order = told.story, told.order
    local = LocalTime(order.utc_offset_min, lang)
    r3 = next((finding for finding in told.findings if isinstance(finding, R3Finding)), None)
    people = people_rows(told, names, r3, local)
    violated = sum(finding.result == "violated" for finding in told.findings)
    over = [hour for hour in story.hours if hour.span.end_us <= told.as_of.us and is_due(hour)]
    return ClassView(
        class_id=order.class_id,
        title=order.title,
        policy=told.policy.title_en if lang == "en" else told.policy.title,
        number=order.number,
        rooms=tuple(f"{place.room} · {place.device}" for place in order.boxes),
        utc_offset_min=order.utc_offset_min,
        dates=_dates(told, local),
        as_of=local.full(told.as_of.us),
        as_of_boxes=told.as_of.simulated,
        simulated=story.simulated,
        liveness_checked=story.liveness_checked,
        waiting=told.waiting,
        verdict="none" if r3 is None else "noted" if r3.verdict == "clear" and violated else r3.verdict,
        violated=violated,
        depends=any(reading.verdict != r3.verdict for reading in r3.readings) if r3 else False,
        limit=told.policy.r3.limit.value if told.policy.r3 else 0,
        missing=len(r3.recordings) if r3 else 0,
        open=len(r3.open_recordings) if r3 else 0,
        missed=tuple(names.get(person, person) for person in r3.trainees) if r3 else (),
        trainees=sum(one.role == "trainee" for one in order.roster),
        share=percent(sum(h.covered_us for h in over), sum(h.span.length_us for h in over)) if over else None,
        checked_in=len({fact.person for fact in story.signs if fact.accepted}),
        timeline=timeline(story, local, names, told.as_of.us),
        hours=tuple(_hour(told, hour, local) for hour in story.hours),
        blocks=tuple(block_view(told, block, r3, local) for block in story.blocks),
        people=tuple(people),
        heat=heat_map(told, people, lang),
        cover=coverage(told, lang),
        findings=tuple(finding_view(told, finding, names, lang, has) for finding in told.findings),
        decided=decided_view(told, local, names),
        checkins=tuple(_checkin(fact, names, local) for fact in story.signs),
        alarms=tuple(_alarm(told, ref, alarm, at_us, local) for ref, alarm, at_us in story.alarms),
    )


def _dates(told: Told, local: LocalTime) -> str:
    hours = told.story.hours
    if not hours:
        return ""
    return local.dates(hours[0].span.start_us, hours[-1].span.start_us)


def _hour(told: Told, hour: HourStory, local: LocalTime) -> HourView:
    gaps = [
        f"{local.seconds(gap.span.start_us)}–{local.seconds(gap.span.end_us)} {translate(gap.why, local.lang)}"
        for gap in gaps_of(told.story, hour, told.as_of.us)
    ]
    gaps += [uncertain_words(part, local) for part in uncertain_of(hour, told.as_of.us)]
    if not is_due(hour):
        gaps.append(translate(NOT_DUE, local.lang))
    elif hour.span.end_us > told.as_of.us:
        gaps.append(translate(NOT_OVER, local.lang))
    return HourView(
        date=local.date(hour.span.start_us),
        planned=f"{local.clock(hour.span.start_us)}–{local.clock(hour.span.end_us)}",
        kind_words=translate(KINDS[hour.hour.kind], local.lang),
        covered=length_words(hour.covered_us // SECOND, local.lang),
        share=percent(hour.covered_us, hour.span.length_us),
        longest=length_words(hour.longest_us // SECOND, local.lang),
        gaps=tuple(gaps),
        pictures=tuple(picture_words(fact, hour, local) for fact in hour.pictures),
        due=is_due(hour),
    )


def _checkin(fact: Sign, names: Mapping[str, str], local: LocalTime) -> CheckInView:
    face = None if isinstance(fact, PinFact) else fact
    best = face.checkin.best if face else None
    return CheckInView(
        at=f"{local.date(fact.at_us)} {local.seconds(fact.at_us)}",
        name=names.get(fact.person, fact.person) if fact.person else "—",
        answer=answer_kind(fact),
        answer_words=answer_words(fact, names, local.lang),
        score=score(best.score_ppm) if best else "—",
        face=f"{face.checkin.face_px} px" if face else "—",
        liveness=face.liveness if face else "",
        record=link(fact.ref),
    )


def _alarm(told: Told, ref: Ref, alarm: Alarm, at_us: int, local: LocalTime) -> AlarmView:
    sentence = alarm_words(alarm.code, alarm.params, local.lang)
    camera = alarm.params.get("camera")
    spans = [f.span for f in told.story.segments if (f.ref[0], f.segment.camera) == (ref[0], camera)]
    last = max((span.end_us for span in spans if span.end_us <= at_us), default=None)
    again = min((span.start_us for span in spans if last is not None and span.start_us > last), default=None)
    if alarm.code != "camera.silent" or last is None or again is None or local.day(last) != local.day(again):
        return AlarmView(local.full(at_us), sentence, link(ref))
    return AlarmView(f"{local.full(last)}–{local.seconds(again)}", sentence, link(ref))
