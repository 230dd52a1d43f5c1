"""A recording as its reviewer sees it: what the records say of it and why, who is shown when, who else was there."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

from central.classes.reviews import occasions_of
from central.classes.stories import Told
from central.errors import UnknownBlock
from central.store.tables import Tx
from central.web.findings import finding_view
from central.web.links import Link, link, percent, score
from central.web.localtime import LocalTime
from central.web.matrix import CELLS, STATES, answer_in
from central.web.reels import cameras_of
from central.web.signs import answer_kind, answer_words, left_words, signed_words
from common.alarms import alarm_words
from common.reasons import ANSWERS, block_words, length_words, rule_words
from common.reasons import answer_words as presence_words
from common.texts import N_, translate, words
from evidence.bodies import Review, RollCall, Track
from evidence.rules import R3Finding
from evidence.rules.r3 import Judged, judge_occasion
from evidence.story import Block, HourStory, Presence, SegmentFact, Sighting
from evidence.times import MINUTE, SECOND

AROUND_US = 60 * MINUTE
"""Check-ins and alarms so long before and after a recording stand on its page (ours)."""
NAMELESS = 40
"""Faces without a name that the page lists of a recording."""
HOUR = N_("{date} {from_time}–{to_time} ({block})")
UNIT = N_("The policy counts other recordings; this one counts only under another reading")


@dataclasses.dataclass(frozen=True)
class Moment:
    """Somebody is seen: `at_us` UTC, which the player can show."""

    at: str
    at_us: int
    score: str
    by: str
    """Who pointed the person out; empty for what the roll call saw."""
    record: Link


@dataclasses.dataclass(frozen=True)
class Due:
    """A trainee who is due in the recording."""

    person: str
    name: str
    answer: str
    answer_words: str
    doubtful: bool
    moments: tuple[Moment, ...]
    signed: str
    left: str
    late: bool
    on_leave: bool


@dataclasses.dataclass(frozen=True)
class Line:
    """A check-in, an alarm, an earlier review."""

    at: str
    text: str
    kind: str
    record: Link


@dataclasses.dataclass(frozen=True)
class File:
    """A video file of the recording."""

    sha256: str
    name: str
    begins: str
    length_s: int
    size: str
    record: Link


@dataclasses.dataclass(frozen=True)
class UnitView:
    """The whole page."""

    id: str
    block: str
    name: str
    state: str
    state_words: str
    own: str
    """What the records alone say, where a reviewer answered; else empty."""
    over: bool
    counted: str
    """A sentence where the policy counts other recordings."""
    reasons: tuple[str, ...]
    beside: tuple[tuple[str, str], ...]
    """What other rules say of it: the rule's title, a sentence."""
    readings: tuple[tuple[str, int, int, str, str], ...]
    covered: str
    due: str
    share: int
    cameras: tuple[tuple[str, str], ...]
    people: tuple[Due, ...]
    shown: int
    others: tuple[tuple[str, tuple[Moment, ...]], ...]
    nameless: tuple[Moment, ...]
    nameless_more: int
    heads: tuple[tuple[str, str], ...]
    heads_note: str
    checkins: tuple[Line, ...]
    alarms: tuple[Line, ...]
    reviews: tuple[Line, ...]
    files: tuple[File, ...]
    before: str
    """The recording before this one, and the one after it; empty where there is none."""
    after: str


def unit_of(told: Told, block: str) -> Block | HourStory:
    """A block or class-hour of a class. Raises UnknownBlock."""
    found = next((one for one in occasions_of(told) if one.id == block), None)
    if found is None:
        raise UnknownBlock(class_id=told.story.class_id, block=block[:64])
    return found


def unit_view(told: Told, unit: Block | HourStory, names: Mapping[str, str], tx: Tx, local: LocalTime) -> UnitView:
    """The page of one block or class-hour."""
    lang, over = local.lang, unit.over(told.as_of.us)
    r3 = next((one for one in told.findings if isinstance(one, R3Finding)), None)
    judged = judge_occasion(unit, unit.presences, told.policy)
    rule = told.policy.r3
    counted = rule is None or isinstance(unit, Block) == (rule.occasion == "block")
    state = judged.state if over else "pending"
    nameless = list(_nameless(told, unit, local))
    block = next(one for one in told.story.blocks if one.id == unit.block)
    ids = [one.id for one in occasions_of(told) if isinstance(one, type(unit))]
    place = ids.index(unit.id)
    return UnitView(
        id=unit.id, block=unit.block, name=unit_words(told, unit.id, local),
        state=state, state_words=translate(STATES[state], lang),
        own=translate(STATES[judged.own], lang) if judged.own and over else "",
        over=over, counted="" if counted else translate(UNIT, lang),
        reasons=tuple(words(one, lang, names) for one in (r3.reasons if r3 else ()) if one.params.get("id") == unit.id),
        beside=tuple((rule_words(finding.rule, lang), words(one, lang, names)) for finding in told.findings
                     if finding is not r3 for one in finding.reasons if one.params.get("id") == unit.id),
        readings=finding_view(told, r3, names, lang).readings if r3 else (),
        covered=length_words(unit.covered_us // SECOND, lang), due=length_words(unit.due_us // SECOND, lang),
        share=percent(unit.covered_us, unit.due_us), cameras=tuple(cameras_of(told.story, block)),
        people=tuple(_due(told, unit, one, judged, names, local) for one in unit.presences),
        shown=sum(one.answer == "shown" for one in unit.presences),
        others=_others(unit, names, local), nameless=tuple(nameless[:NAMELESS]),
        nameless_more=max(0, len(nameless) - NAMELESS), heads=tuple(_heads(unit, lang)),
        heads_note="" if unit.counted else translate(FACES, lang),
        checkins=_checkins(told, unit, names, local), alarms=_alarms(told, unit, local),
        reviews=_reviews(told, unit, tx, local),
        files=tuple(_file(fact, local) for fact in _files(told, unit)),
        before=ids[place - 1] if place else "", after=ids[place + 1] if place + 1 < len(ids) else "",
    )


def unit_words(told: Told, unit: str, local: LocalTime) -> str:
    """The name of a block, or of a class-hour by its time."""
    hour = next((one for one in told.story.hours if one.id == unit), None)
    if hour is None:
        return block_words(unit, local.lang)
    return translate(HOUR, local.lang, date=local.date(hour.span.start_us), from_time=local.clock(hour.span.start_us),
                     to_time=local.clock(hour.span.end_us), block=block_words(hour.block, local.lang))


def _due(
    told: Told, unit: Block | HourStory, one: Presence, judged: Judged, names: Mapping[str, str], local: LocalTime
) -> Due:
    answer = answer_in(unit, one, judged.state == "missing", told.as_of.us)
    came = next(each for each in unit.attendance if each.person == one.person)
    return Due(
        one.person, names.get(one.person, one.person), answer,
        presence_words(answer, one.why, local.lang) if answer in ANSWERS else translate(CELLS[answer], local.lang),
        judged.state != "missing", _moments(one.sightings, local), signed_words(came, local), left_words(came, local),
        came.late, one.on_leave)


def _moments(sightings: tuple[Sighting, ...], local: LocalTime) -> tuple[Moment, ...]:
    return tuple(Moment(local.seconds(one.shown_us), one.shown_us, score(one.score_ppm), one.by, link(one.ref))
                 for one in sorted(sightings, key=lambda one: one.shown_us))


def _others(
    unit: Block | HourStory, names: Mapping[str, str], local: LocalTime
) -> tuple[tuple[str, tuple[Moment, ...]], ...]:
    people = dict.fromkeys(one.person for one in unit.others)
    return tuple((names.get(person, person), _moments(tuple(one for one in unit.others if one.person == person), local))
                 for person in people)


def _nameless(told: Told, unit: Block | HourStory, local: LocalTime) -> Iterator[Moment]:
    """Faces that the roll calls of its video name nobody, the longest seen first."""
    facts = {fact.segment.sha256: fact for fact in told.story.segments}
    found: list[tuple[Track, Moment]] = []
    for ref, call in told.story.rollcalls:
        fact = facts.get(call.segment)
        if ref not in unit.calls or fact is None:
            continue
        for track in call.tracks:
            at_us = fact.span.start_us + track.shown_us - fact.segment.first_pts_us
            if _unnamed(call, track) and unit.span.start_us <= at_us < unit.span.end_us:
                best = score(track.best.score_ppm) if track.best else "—"
                found.append((track, Moment(local.seconds(at_us), at_us, best, "", link(ref))))
    yield from (moment for _, moment in sorted(found, key=lambda one: (-one[0].frames, one[1].at_us)))


def _unnamed(call: RollCall, track: Track) -> bool:
    return track.best is None or track.best.score_ppm < call.threshold_ppm


HEADS = {
    "most": N_("most in view at once, all cameras together"),
    "due": N_("upper bound that is compared with the roster, without who is named and not due"),
    "still": N_("of it, what looks like a person and never moved"),
    "mean": N_("on average in view, without named instructors"),
    "teachers": N_("named instructors on average"),
    "roster": N_("due"),
}
FACES = N_("faces alone were counted: who looks away is not among them")


def _heads(unit: Block | HourStory, lang: str) -> Iterator[tuple[str, str]]:
    counts = [("roster", len(unit.roster)), ("most", unit.headcount_max), ("due", unit.headcount_due),
              *([("still", unit.still_heads)] if unit.still_heads else [])]
    for name, count in counts:
        yield translate(HEADS[name], lang), str(count)
    for name, ppm in zip(("mean", "teachers"), unit.mean_ppm or (), strict=False):
        yield translate(HEADS[name], lang), f"{ppm / 1_000_000:.1f}"


def _checkins(
    told: Told, unit: Block | HourStory, names: Mapping[str, str], local: LocalTime
) -> tuple[Line, ...]:
    near = (one for one in told.story.signs if _near(unit, one.at_us))
    return tuple(Line(local.seconds(one.at_us),
                      f"{names.get(one.person, one.person) if one.person else '—'} · "
                      + answer_words(one, names, local.lang), answer_kind(one), link(one.ref)) for one in near)


def _alarms(told: Told, unit: Block | HourStory, local: LocalTime) -> tuple[Line, ...]:
    near = (one for one in told.story.alarms if _near(unit, one[2]))
    return tuple(Line(local.seconds(at_us), alarm_words(alarm.code, alarm.params, local.lang), "", link(ref))
                 for ref, alarm, at_us in near)


def _near(unit: Block | HourStory, at_us: int) -> bool:
    return unit.span.start_us - AROUND_US <= at_us < unit.span.end_us + AROUND_US


REVIEW = N_("{by} answers: {answer}. Reason: {why}")
VOID = N_("does not count")


def _reviews(told: Told, unit: Block | HourStory, tx: Tx, local: LocalTime) -> tuple[Line, ...]:
    """Of this recording, newest first."""
    found = []
    for ref, body in told.story.reviewed:
        sealed = tx.record(*ref) if body.block == unit.id else None
        if sealed is not None:
            said = review_words(body, local.lang)
            void = f" ({translate(VOID, local.lang)})" if ref in told.story.reviews_void else ""
            found.append((ref, Line(local.full(sealed.record.utc_us), said + void, body.answer, link(ref))))
    return tuple(line for _, line in sorted(found, key=lambda one: one[0], reverse=True))


def review_words(body: Review, lang: str) -> str:
    """What somebody answered for a recording, and why."""
    return translate(REVIEW, lang, by=body.reviewer, answer=translate(STATES[body.answer], lang), why=body.reason)


def _files(told: Told, unit: Block | HourStory) -> list[SegmentFact]:
    """Its video whose time is certain: only there can somebody be pointed out."""
    removed = {fact.segment for fact in told.story.removed}
    within = [fact for fact in told.story.segments if fact.certain and fact.segment.sha256 not in removed
              and fact.span.start_us < unit.span.end_us and fact.span.end_us > unit.span.start_us]
    return sorted(within, key=lambda fact: (fact.span.start_us, fact.ref))


def _file(fact: SegmentFact, local: LocalTime) -> File:
    one = fact.segment
    return File(one.sha256, f"{fact.ref[0]} · {one.camera}", local.seconds(fact.span.start_us),
                (one.end_pts_us - one.first_pts_us) // SECOND, f"{one.width}×{one.height}", link(fact.ref))
