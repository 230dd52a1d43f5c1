"""What people say of a recording, each a record of the centre: a review of it, and who is pointed out in a frame."""
from __future__ import annotations

import dataclasses
import re
from typing import Literal

from central.classes.decision_errors import DecidedForGood
from central.classes.errors import (
    BadBy,
    BadFrameBox,
    MomentOutside,
    NotOver,
    NotWhileClass,
    RecordingChanged,
    RecordingsNotJudged,
    UncertainVideo,
    UnknownPerson,
    UnknownVideo,
)
from central.classes.meanwhile import append_on
from central.classes.statements import MAX_REASON, plain_text
from central.classes.stories import Told, tell
from central.errors import BadReason, NotATrainee, UnknownBlock
from central.names import NameBox
from central.store.store import Store
from evidence.blocks import local
from evidence.bodies import ClassOrder, Pointed, Review, body_of
from evidence.reviews import seen_hash
from evidence.roster import trainees
from evidence.rules import R3Finding
from evidence.rules.r3 import Judged, judge_occasion
from evidence.standing import standing
from evidence.story import Block, HourStory, Presence, SegmentFact
from evidence.times import SECOND

Answer = Literal["complete", "missing", "open"]
MAX_BY = 100


@dataclasses.dataclass(frozen=True)
class Reviewed:
    """`own`: what the records alone say; `after`: what R3 says now. `counted`: the policy counts such occasions (else
    only another reading does)."""

    body: Review
    own: Judged
    unseen: tuple[Presence, ...]
    after: R3Finding
    counted: bool


@dataclasses.dataclass(frozen=True)
class PointedOut:
    """`presence`: the answer for the person in the block of that moment now, None: not due in it."""

    body: Pointed
    block: str
    presence: Presence | None
    after: R3Finding


def state_review(
    store: Store, class_id: str, block: str, answer: Answer, reason: str, by: str, now_us: int,
    shown: str | None = None,
) -> Reviewed:
    """A person answers for a block, or a class-hour, that is over, from all roll calls that are here. `shown`: the
    `mark` of it as it was shown; None: nobody asks whether it is another one now.

    Raises UnknownClass, PolicyGone, RecordingsNotJudged, DecidedForGood, UnknownBlock, NotOver, RecordingChanged,
    StillComing, BadReason, BadBy; nothing is kept then."""
    why, who, known = plain_text(reason, MAX_REASON, BadReason), plain_text(by, MAX_BY, BadBy), shown

    def say(told: Told) -> Review:
        nonlocal known
        unit = _unit(told, block)
        known = mark(told, unit) if known is None else known
        if known != mark(told, unit):
            raise RecordingChanged
        return Review(class_id, block, answer, why, who, seen_hash(unit.calls))

    told, body = append_on(store, class_id, now_us, say)
    unit = _unit(told, block)
    alone = judge_occasion(dataclasses.replace(unit, review=None), unit.presences, told.policy)
    after = _r3(_told(store, class_id, now_us))
    rule = told.policy.r3
    counted = rule is not None and isinstance(unit, Block) == (rule.occasion == "block")
    unseen = tuple(one for one in unit.presences if one.answer != "shown")
    return Reviewed(body, alone, unseen, after, counted)


def mark(told: Told, unit: Block | HourStory) -> str:
    """What tells whether a recording is the one that was shown: its roll calls, and how often it was reviewed."""
    return f"{seen_hash(unit.calls)}.{sum(body.block == unit.id for _, body in told.story.reviewed)}"


def check_not_final(told: Told) -> None:
    """Where there is a public notice, nobody alone changes what a final decision rests on. Raises DecidedForGood."""
    now = standing(told.story, told.findings, told.policy, told.as_of.us, told.as_of.timed)
    if told.policy.notice_us and now.final:
        raise DecidedForGood(class_id=told.story.class_id)


def _unit(told: Told, block: str) -> Block | HourStory:
    """A block or class-hour that can be reviewed now. Raises RecordingsNotJudged, DecidedForGood,
    UnknownBlock, NotOver."""
    if told.policy.r3 is None:
        raise RecordingsNotJudged(policy=told.policy.id)
    check_not_final(told)
    unit = next((one for one in occasions_of(told) if one.id == block), None)
    if unit is None:
        raise UnknownBlock(class_id=told.story.class_id, block=block[:64])
    if not unit.over(told.as_of.us):
        raise NotOver(block=block)
    return unit


def point_out(
    store: Store, names: NameBox, class_id: str, person: str, segment: str, at_s: float,
    box: str, by: str, now_us: int,
) -> PointedOut:
    """A person says who is seen in a frame: `at_s` seconds from the beginning of the file `segment` (its hash), in
    `box` of it (“x,y,width,height” in pixels; empty: nobody says where). `person`: pseudonym, or name.

    Raises UnknownClass, PolicyGone, RecordingsNotJudged, DecidedForGood, UnknownPerson, NotATrainee, UnknownVideo,
    UncertainVideo, MomentOutside, NotWhileClass, BadFrameBox, BadBy; nothing is kept then."""
    who = plain_text(by, MAX_BY, BadBy)
    told = _told(store, class_id, now_us)
    check_not_final(told)
    one = _person(store, names, told, person)
    fact = next((one for one in told.story.segments if one.segment.sha256 == segment), None)
    if fact is None:
        raise UnknownVideo(class_id=class_id, segment=segment[:64])
    body = Pointed(class_id, one, segment, _at_us(fact, at_s), _box(fact, box), who)
    block = _block(told, fact, body.at_us)
    with store.write() as tx:
        store.append(tx, body)
    told = _told(store, class_id, now_us)
    presences = next(one for one in told.story.blocks if one.id == block).presences
    return PointedOut(body, block, next((each for each in presences if each.person == one), None), _r3(told))


def _told(store: Store, class_id: str, now_us: int) -> Told:
    """The class now. Not within a writing transaction: a long class takes seconds, and records come in meanwhile."""
    with store.read() as tx:
        told = tell(store, tx, class_id, now_us)
    if told.policy.r3 is None:
        raise RecordingsNotJudged(policy=told.policy.id)
    return told


def _r3(told: Told) -> R3Finding:
    return next(one for one in told.findings if isinstance(one, R3Finding))


def occasions_of(told: Told) -> tuple[Block | HourStory, ...]:
    """What can be reviewed; nobody is seen in an online class-hour."""
    return (*told.story.blocks, *(hour for hour in told.story.hours if hour.block))


def _person(store: Store, names: NameBox, told: Told, who: str) -> str:
    """The trainee of that pseudonym or name: who ever was on the roster, or is asked to a make-up."""
    class_id = told.story.class_id
    with store.read() as tx:
        bodies = [body_of(sealed.record) for sealed in tx.of_type("order.class", class_id)]
        named = names.open_all(class_id, tx.sealed_names(class_id))
    orders = [order for order in bodies if isinstance(order, ClassOrder)]
    due = {change.joins for change in told.story.roster_changes if change.joins}
    for order in orders:
        due |= {*trainees(order), *(person for hour in order.hours for person in hour.make_up or ())}
    others = {one.person for order in orders for one in order.roster} - due
    found = who if who in due | others else next((one for one, name in named.items() if name.name == who), None)
    if found in others:
        raise NotATrainee(class_id=class_id, person=who)
    if found not in due:
        raise UnknownPerson(class_id=class_id, person=who[:100])
    return found


def _at_us(fact: SegmentFact, at_s: float) -> int:
    """Media time of the run."""
    if not fact.certain:
        raise UncertainVideo(file=fact.segment.file)
    length_us = fact.segment.end_pts_us - fact.segment.first_pts_us
    if not 0 <= at_s * SECOND < length_us:
        raise MomentOutside(file=fact.segment.file, seconds=length_us // SECOND)
    return fact.segment.first_pts_us + int(at_s * SECOND)


def _box(fact: SegmentFact, text: str) -> tuple[int, ...]:
    if not text:
        return ()
    width, height = fact.segment.width, fact.segment.height
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 4 or not all(re.fullmatch(r"[0-9]{1,6}", part) for part in parts):
        raise BadFrameBox(width=width, height=height)
    x, y, wide, high = (int(part) for part in parts)
    if min(wide, high) < 1 or x + wide > width or y + high > height:
        raise BadFrameBox(width=width, height=height)
    return x, y, wide, high


def _block(told: Told, fact: SegmentFact, at_us: int) -> str:
    utc_us = fact.span.start_us + at_us - fact.segment.first_pts_us
    found = next((one.id for one in told.story.blocks if one.span.start_us <= utc_us < one.span.end_us), None)
    if found is None:
        moment = f"{local(utc_us, told.order.utc_offset_min):%Y-%m-%d %H:%M:%S}"
        raise NotWhileClass(class_id=told.story.class_id, moment=moment)
    return found
