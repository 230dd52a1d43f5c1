"""What the class page shows, taken from the story and the findings: every number has been worked out, names are in."""
from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from central.classes.stories import Told
from central.web.localtime import LocalTime
from central.web.reels import cameras_of, facts_of
from central.web.timeline import CHECKIN_ANSWERS, KINDS, Timeline, gap_reason, timeline
from common.reasons import ANSWERS, READINGS, RESULTS, VERDICTS, block_words, length_words, rule_words
from common.texts import translate, words
from evidence.rules import Finding, R3Finding
from evidence.story import Block, CheckInFact, HourStory, Presence, Ref
from evidence.times import SECOND

RECORDS_SHOWN = 12


@dataclasses.dataclass(frozen=True)
class Link:
    """A record, as a link."""

    text: str
    href: str


@dataclasses.dataclass(frozen=True)
class Cell:
    """One trainee in one recording. `at_us`: the best sight, which the page can play."""

    block: str
    answer: str
    answer_words: str
    checked_in: bool
    checkin: Link | None
    on_leave: bool
    left_early: bool
    at: str
    at_us: int | None
    score: str
    record: Link | None


@dataclasses.dataclass(frozen=True)
class PersonRow:
    """A trainee's row of the matrix; a block where the trainee is not due has None."""

    person: str
    name: str
    cells: tuple[Cell | None, ...]
    missed: int


@dataclasses.dataclass(frozen=True)
class BlockView:
    """A recording: its state for R3 and what is there to play."""

    id: str
    name: str
    state: str
    covered: str
    due: str
    share: int
    headcount: int
    roster: int
    shown: int
    cameras: tuple[tuple[str, str], ...]
    doubtful: bool


@dataclasses.dataclass(frozen=True)
class HourView:
    """A class-hour in the table beside the timeline."""

    hour: str
    date: str
    planned: str
    kind: str
    kind_words: str
    covered: str
    share: int
    longest: str
    gaps: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class FindingView:
    """A finding in words."""

    rule: str
    title: str
    clause: str
    quote: str
    result: str
    result_words: str
    flag: bool
    reasons: tuple[str, ...]
    records: tuple[Link, ...]
    more: tuple[Link, ...]
    readings: tuple[tuple[str, int, int, str, str], ...]
    """Under which reading: name, missing, open, verdict, its words. The first one is the policy's own."""


@dataclasses.dataclass(frozen=True)
class CheckInView:
    """An attempt at the terminal."""

    at: str
    name: str
    answer: str
    answer_words: str
    score: str
    face_px: int
    liveness: str
    record: Link


@dataclasses.dataclass(frozen=True)
class ClassView:
    """The whole page."""

    class_id: str
    title: str
    policy_id: str
    policy: str
    number: int
    rooms: tuple[str, ...]
    utc_offset_min: int
    dates: str
    as_of: str
    simulated: bool
    liveness_checked: bool
    waiting: int
    verdict: str
    verdict_words: str
    limit: int
    missing: int
    open: int
    missed: tuple[str, ...]
    trainees: int
    share: int
    checked_in: int
    timeline: Timeline
    hours: tuple[HourView, ...]
    blocks: tuple[BlockView, ...]
    people: tuple[PersonRow, ...]
    findings: tuple[FindingView, ...]
    checkins: tuple[CheckInView, ...]
    alarms: tuple[tuple[str, str, Link], ...]


def class_view(told: Told, names: Mapping[str, str], lang: str) -> ClassView:
    """The page of a class in one language."""
    story, order = told.story, told.order
    local = LocalTime(order.utc_offset_min, lang)
    r3 = next((finding for finding in told.findings if isinstance(finding, R3Finding)), None)
    due_us, covered_us = (sum(getattr(block, field) for block in story.blocks) for field in ("due_us", "covered_us"))
    return ClassView(
        class_id=order.class_id,
        title=order.title,
        policy_id=told.policy.id,
        policy=told.policy.title_en if lang == "en" else told.policy.title,
        number=order.number,
        rooms=tuple(f"{place.room} · {place.device}" for place in order.boxes),
        utc_offset_min=order.utc_offset_min,
        dates=_dates(told, local),
        as_of=local.full(told.as_of.us),
        simulated=story.simulated,
        liveness_checked=story.liveness_checked,
        waiting=told.waiting,
        verdict=r3.verdict if r3 else "none",
        verdict_words=translate(VERDICTS[r3.verdict], lang) if r3 else "",
        limit=told.policy.r3.limit.value if told.policy.r3 else 0,
        missing=len(r3.recordings) if r3 else 0,
        open=len(r3.open_recordings) if r3 else 0,
        missed=tuple(names.get(person, person) for person in r3.trainees) if r3 else (),
        trainees=sum(one.role == "trainee" for one in order.roster),
        share=_percent(covered_us, due_us),
        checked_in=len({fact.person for fact in story.checkins if fact.answer == "accepted"}),
        timeline=timeline(story, local, names),
        hours=tuple(_hour(told, hour, local) for hour in story.hours),
        blocks=tuple(_block(told, block, r3, local) for block in story.blocks),
        people=tuple(_people(told, names, local)),
        findings=tuple(_finding(told, finding, names, lang) for finding in told.findings),
        checkins=tuple(_checkin(fact, names, local) for fact in story.checkins),
        alarms=tuple((local.full(at_us), code, link(ref)) for ref, code, at_us in story.alarms),
    )


def link(ref: Ref) -> Link:
    """The page of a record."""
    device, chain, seq = ref
    return Link(f"{device} #{seq}", f"/records/{device}/{chain}/{seq}")


def _percent(part: int, whole: int) -> int:
    """Rounded down, so that 100 means all of it."""
    return 100 * part // whole if whole else 0


def _dates(told: Told, local: LocalTime) -> str:
    hours = told.story.hours
    if not hours:
        return ""
    first, last = local.date(hours[0].span.start_us), local.date(hours[-1].span.start_us)
    return first if first == last else f"{first} – {last}"


def _hour(told: Told, hour: HourStory, local: LocalTime) -> HourView:
    gaps = tuple(
        f"{local.seconds(gap.start_us)}–{local.seconds(gap.end_us)} "
        f"{translate(gap_reason(gap, told.story.segments), local.lang)}"
        for gap in hour.gaps
    )
    return HourView(
        hour=hour.hour.hour,
        date=local.date(hour.span.start_us),
        planned=f"{local.clock(hour.span.start_us)}–{local.clock(hour.span.end_us)}",
        kind=hour.hour.kind,
        kind_words=translate(KINDS[hour.hour.kind], local.lang),
        covered=length_words(hour.covered_us // SECOND, local.lang),
        share=_percent(hour.covered_us, hour.span.length_us),
        longest=length_words(hour.longest_us // SECOND, local.lang),
        gaps=gaps,
    )


def _block(told: Told, block: Block, r3: R3Finding | None, local: LocalTime) -> BlockView:
    return BlockView(
        id=block.id,
        name=block_words(block.id, local.lang),
        state=_state(block, r3, told.as_of.us),
        covered=length_words(block.covered_us // SECOND, local.lang),
        due=length_words(block.due_us // SECOND, local.lang),
        share=_percent(block.covered_us, block.due_us),
        headcount=block.headcount_max,
        roster=len(block.roster),
        shown=sum(one.answer == "shown" for one in block.presences),
        cameras=tuple(cameras_of(told.story, block)),
        doubtful=any(not fact.certain for fact in facts_of(told.story, block)),
    )


def _state(block: Block, r3: R3Finding | None, as_of_us: int) -> str:
    if r3 is None or block.span.end_us > as_of_us:
        return "pending"
    if block.id in r3.recordings:
        return "missing"
    return "open" if block.id in r3.open_recordings else "complete"


def _people(told: Told, names: Mapping[str, str], local: LocalTime) -> list[PersonRow]:
    rows = []
    trainees = [one.person for one in told.order.roster if one.role == "trainee"]
    later = [person for block in told.story.blocks for person in block.roster if person not in trainees]
    for person in dict.fromkeys([*trainees, *later]):
        cells = tuple(_cell(told, block, person, local) for block in told.story.blocks)
        missed = sum(cell is not None and cell.answer != "shown" for cell in cells)
        rows.append(PersonRow(person, names.get(person, person), cells, missed))
    return rows


def _cell(told: Told, block: Block, person: str, local: LocalTime) -> Cell | None:
    presence = next((one for one in block.presences if one.person == person), None)
    if presence is None:
        return None
    best = max(presence.sightings, key=lambda one: (one.pointed, one.score_ppm), default=None)
    checkin = _checkin_of(told, block, presence)
    return Cell(
        block=block.id,
        answer=presence.answer,
        answer_words=translate(ANSWERS[presence.answer], local.lang),
        checked_in=presence.checked_in,
        checkin=link(checkin.ref) if checkin else None,
        on_leave=presence.on_leave,
        left_early=presence.left_early,
        at=local.seconds(best.shown_us) if best else "",
        at_us=best.shown_us if best else None,
        score=_score(best.score_ppm) if best and not best.pointed else "",
        record=link(best.ref) if best else None,
    )


def _checkin_of(told: Told, block: Block, presence: Presence) -> CheckInFact | None:
    """The check-in that stands behind a presence: the person's last accepted one before the block ends."""
    if not presence.checked_in:
        return None
    found = [fact for fact in told.story.checkins if fact.answer == "accepted" and fact.person == presence.person
             and fact.at_us < block.span.end_us]
    return found[-1] if found else None


def _score(ppm: int) -> str:
    return f"{ppm / 1_000_000:.2f}"


def _finding(told: Told, finding: Finding, names: Mapping[str, str], lang: str) -> FindingView:
    links = tuple(link(ref) for ref in finding.records)
    rule: Any = dict(told.policy.rules()).get(finding.rule)
    return FindingView(
        rule=finding.rule,
        title=rule_words(finding.rule, lang),
        clause=finding.clause,
        quote=rule.quote if rule else "",
        result=finding.result,
        result_words=translate(RESULTS[finding.result], lang),
        flag=finding.flag,
        reasons=tuple(words(reason, lang, names) for reason in finding.reasons),
        records=links[:RECORDS_SHOWN],
        more=links[RECORDS_SHOWN:],
        readings=tuple(_readings(told, finding, lang)) if isinstance(finding, R3Finding) else (),
    )


def _readings(told: Told, finding: R3Finding, lang: str) -> list[tuple[str, int, int, str, str]]:
    own = told.policy.r3.occasion if told.policy.r3 else "block"
    missing, unclear = len(finding.recordings), len(finding.open_recordings)
    rows: list[tuple[str, int, int, str]] = [(own, missing, unclear, finding.verdict)]
    rows += [(reading.name, reading.missing, reading.open, reading.verdict) for reading in finding.readings]
    return [(translate(READINGS[name], lang), missing, unclear, verdict, translate(VERDICTS[verdict], lang))
            for name, missing, unclear, verdict in rows]


def _checkin(fact: CheckInFact, names: Mapping[str, str], local: LocalTime) -> CheckInView:
    best = fact.checkin.best
    return CheckInView(
        at=f"{local.date(fact.at_us)} {local.seconds(fact.at_us)}",
        name=names.get(fact.person, fact.person) if fact.person else "—",
        answer=fact.answer,
        answer_words=translate(CHECKIN_ANSWERS[fact.answer], local.lang),
        score=_score(best.score_ppm) if best else "—",
        face_px=fact.checkin.face_px,
        liveness=fact.checkin.liveness,
        record=link(fact.ref),
    )
