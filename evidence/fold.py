"""The fold: verified records in, the story of one class out. Any order, any duplication, the chains of any boxes.

`told.py` says whose records count for what.
"""
from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from evidence.adrift import adrift
from evidence.attendance import Said, Sign, face_facts, faceless, pin_facts
from evidence.blocks import PlannedBlock, hour_span, plan_blocks
from evidence.bodies import (
    Alarm,
    Assessment,
    BareFace,
    Body,
    CentreLook,
    CheckIn,
    ClassOrder,
    CodeRead,
    CodeShown,
    Consent,
    ConsentWithdrawn,
    Decision,
    Dispute,
    Enrolment,
    Hold,
    Hour,
    Imported,
    Inspection,
    Leave,
    Objection,
    Picture,
    PinCheckIn,
    Pointed,
    Review,
    RollCall,
    RosterEvent,
    Segment,
    SegmentRemoved,
    SessionEnd,
    SessionStart,
    Survey,
    TemplatesMoved,
    TemplatesOrder,
    VideoRemoved,
    VideoReused,
    body_of,
)
from evidence.brackets import Chains
from evidence.called import Called, called, left_out, pack_refused
from evidence.decisions import decided
from evidence.enrolled import enrolment_facts
from evidence.errors import BadInput
from evidence.facts import Facts
from evidence.heads import with_usual
from evidence.held import bareface_facts
from evidence.keeping import holds, longer
from evidence.notes import NoteKey
from evidence.objections import objection_facts
from evidence.occasions import block_story, hour_story, window
from evidence.pictures import first_of
from evidence.placing import place
from evidence.policy import Policy
from evidence.posters import always_still
from evidence.progress import progress
from evidence.records import Record
from evidence.reused import copied
from evidence.reviews import counted
from evidence.roster import Order, changes, instructors, trainees
from evidence.screen_code import code_facts
from evidence.sightings import Seen, seen
from evidence.stated import imported, inspections, looks, survey
from evidence.story import (
    Block,
    CheckInFact,
    CodeFact,
    CorrectionFact,
    HourStory,
    PinFact,
    Ref,
    RemovalFact,
    SegmentFact,
    SessionFact,
    Sighting,
    Span,
    Story,
)
from evidence.times import MINUTE
from evidence.told import Told, read
from evidence.watched import silences


class NoSuchClass(BadInput):
    text = "there is no plan of class {class_id} among these records"


def fold(
    records: Iterable[Record], class_id: str, policy: Policy, typed: Callable[[Record], Body | None] = body_of,
    receipts: Chains = MappingProxyType({}), log: NoteKey | None = None, whole: bool = True,
) -> Story:
    """The story of a class from verified records. Raises NoSuchClass without a plan of it. `typed`: what gives their
    bodies, for whoever folds again and again and remembers them; a record of which it gives none is not told. But of
    every roll call `segment` and `still_peak` count, as they stand in its record (posters.py).
    `receipts`: what a centre gave for the chains, seals checked; they bracket the clocks of the boxes. `log`: the
    verifier key of that centre's tree; without it no checkpoint that a box says it saw counts. `whole`: no receipt was
    left out."""
    told = read(records, class_id, policy, typed, receipts, log)
    orders = _orders(told)
    if not orders:
        raise NoSuchClass(class_id=class_id)
    told = told.of_boxes({place.device for _, _, order in orders for place in order.boxes})
    facts, faces, pins = _facts(told, orders, policy)
    facts = facts.chained()
    hours, blocks = _occasions(facts, orders[-1][2], policy)
    used = told.used_records()
    objections, objections_void = objection_facts(told.of(Objection))
    by_two = decided([*told.of(Decision), *told.of(Objection), *told.of(Review), *told.accounts], policy)
    return Story(
        class_id=class_id,
        order=orders[-1][2],
        order_ref=orders[-1][0],
        roster_changes=facts.changes,
        plan_changed=_plan_changed(orders),
        policy_changed=tuple(b[0] for a, b in itertools.pairwise(orders) if a[2].policy != b[2].policy),
        roster_events=tuple((record.key, body) for record, body in told.of(RosterEvent)),
        leaves=facts.leaves,
        sessions=_sessions(told),
        corrections=_corrected(told),
        segments=facts.segments,
        reused=_reused(told, facts.segments),
        reused_elsewhere=_elsewhere(told, facts),
        copied=tuple(copy for copy in facts.copied if copy.proven),
        pictured_twice=first_of(told.of(Picture), facts.segments)[1] if policy.picture else (),
        removed=_removed(told),
        codes=_codes(told, facts.segments, policy),
        checkins=faces,
        pins=pins,
        enrolments=enrolment_facts(
            told.of(Enrolment), told.of(Consent), told.of(TemplatesMoved), told.of(TemplatesOrder)),
        faceless=faceless(_consents(told)),
        longer=longer([*told.of(Assessment), *told.of(Dispute)]),
        holds=holds(told.of(Hold)),
        rollcalls=tuple(sorted(
            ((one.ref, one.call) for calls in facts.rollcalls.values() for one in calls), key=lambda item: item[0])),
        rollcalls_void=facts.rollcalls_void,
        pointed_void=facts.pointed_void,
        reviews_void=facts.reviews_void,
        alarms=tuple((record.key, body, record.utc_us) for record, body in told.of(Alarm)),
        hours=hours,
        blocks=blocks,
        simulated=any(record.clock.source == "simulated" for record in used),
        liveness_checked=all(c.liveness == "live" for c in faces if c.answer == "accepted"),
        last_us=max(record.utc_us for record in used),
        unknown_records=told.unknown,
        bad_records=told.bad,
        revoked=told.revoked,
        watched=tuple(one for one in told.watched if one.at_us >= orders[0][1]),
        centre_wrong=told.centre_wrong,
        centre_ahead=told.centre_ahead,
        reviewed=tuple((record.key, body) for record, body in told.of(Review)),
        objections=objections,
        objections_void=objections_void,
        decisions=by_two.decisions,
        round=by_two.round,
        inspections=inspections(told.of(Inspection), [order for _, _, order in orders], policy),
        survey=survey(told.of(Survey), policy),
        imported=imported(told.of(Imported)),
        looks=looks(told.of(CentreLook)),
        receipts_whole=whole,
    )


def _orders(told: Told) -> list[Order]:
    """The plans by number; of two with one number the later record stands last."""
    found = [(record.key, record.utc_us, body) for record, body in told.of(ClassOrder)]
    return sorted(found, key=lambda order: (order[2].number, order[1], order[0]))


def _plan_changed(orders: Sequence[Order]) -> tuple[tuple[Ref, Hour], ...]:
    found = []
    for (_, _, before), (ref, at_us, after) in itertools.pairwise(orders):
        kept = set(after.hours)
        found += [(ref, hour) for hour in before.hours if hour_span(hour).start_us <= at_us and hour not in kept]
    return tuple(sorted(found, key=lambda item: (item[0], item[1].start, item[1].hour)))


def _facts(
    told: Told, orders: Sequence[Order], policy: Policy
) -> tuple[Facts, tuple[CheckInFact, ...], tuple[PinFact, ...]]:
    """What the occasions are made of; the attempts by the face and by PIN."""
    segments = _segments(told, policy)
    by_hash = {fact.segment.sha256: fact for fact in segments}
    pictures, _ = first_of(told.of(Picture), segments)
    events = [(record.key, record.utc_us, body) for record, body in told.of(RosterEvent)]
    windows = _windows(orders[-1][2], policy)
    teachers = {person for _, _, order in orders for person in instructors(order)}
    changed = changes(orders, events)
    roster = _ever(orders, {change.joins for change in changed if change.joins})
    rollcalls, rollcalls_void = called(told.of(RollCall), by_hash, roster, told.of(Enrolment), _consents(told))
    shown = _seen(told, rollcalls, by_hash, orders, roster)
    reviews, reviews_void = counted(told.of(Review), orders, policy)
    faces = face_facts(told.of(CheckIn), _consents(told), told.clock_of, windows, policy)
    pins = pin_facts(told.of(PinCheckIn), told.clock_of, windows, teachers)
    both: list[Sign] = [*faces, *(pins if policy.judges_checkins else ())]
    signs = tuple(sorted(both, key=lambda one: (one.at_us, one.ref)))
    facts = Facts(
        policy=policy,
        first_order=orders[0][2],
        plans=tuple((at_us, order) for _, at_us, order in orders),
        changes=changed,
        leaves=tuple((record.key, body) for record, body in told.of(Leave)),
        sessions=_sessions(told),
        segments=segments,
        adrift=adrift(told.of(Segment), segments, [record for record, _ in (*told.of(CheckIn), *told.of(PinCheckIn))],
                      signs, told.clock_of),
        rollcalls=rollcalls,
        rollcalls_void=rollcalls_void,
        left_out=left_out(told.of(Alarm), by_hash, rollcalls),
        pack_refused=pack_refused(told.of(Alarm), told.calls),
        pictures=pictures,
        copied=copied(told.of(VideoReused), segments, pictures, _own(told)),
        views=shown.views,
        posters=always_still(told.calls, by_hash),
        sightings=_by_segment(shown.sightings),
        contradictions=shown.contradictions,
        pointed_void=shown.pointed_void,
        bareface=bareface_facts(told.of(BareFace), told.clock_of, teachers),
        signs=signs,
        places=orders[-1][2].boxes,
        progress=progress(told.last_us, _sessions(told), told.of(Segment)),
        reviews=_latest(reviews, lambda body: body.block),
        reviews_void=reviews_void,
        silences=silences(told.watched),
    )
    return facts, faces, pins


def _consents(told: Told) -> list[Said]:
    return [*told.of(Consent), *told.of(ConsentWithdrawn)]


def _by_segment(sightings: Iterable[Sighting]) -> dict[str, tuple[Sighting, ...]]:
    found: dict[str, list[Sighting]] = defaultdict(list)
    for one in sightings:
        found[one.segment].append(one)
    return {sha: tuple(items) for sha, items in found.items()}


def _latest(found: Sequence[tuple[Record, Any]], name: Any) -> dict[str, tuple[Ref, Any]]:
    """The latest of the records about the same thing."""
    ordered = sorted(found, key=lambda item: (item[0].utc_us, item[0].key))
    return {name(body): (record.key, body) for record, body in ordered}


def _segments(told: Told, policy: Policy) -> tuple[SegmentFact, ...]:
    """In order of time. The same bytes count once: video that is used again is not evidence a second time."""
    placed = [place(r, body, told.clocks[r.device, r.chain], policy) for r, body in told.of(Segment)]
    unique: dict[str, SegmentFact] = {}
    for fact in sorted(placed, key=lambda fact: (fact.span.start_us, fact.ref)):
        unique.setdefault(fact.segment.sha256, fact)
    return tuple(unique.values())


def _reused(told: Told, segments: Sequence[SegmentFact]) -> tuple[Ref, ...]:
    """Records of video that another record has as another file: bytes that were used again."""
    first = {fact.segment.sha256: (fact.ref, fact.segment.file) for fact in segments}
    found = []
    for record, body in told.of(Segment):
        (device, _, _), file = first[body.sha256]
        if (record.device, body.file) != (device, file):
            found.append(record.key)
    return tuple(found)


def _own(told: Told) -> set[Ref]:
    return {record.key for cls in (Segment, Picture) for record, _ in told.of(cls)}


def _elsewhere(told: Told, facts: Facts) -> tuple[Ref, ...]:
    """What the centre says of video that this class and another one have, and that proves nothing against this one."""
    own, proven = _own(told), {copy.refs[0] for copy in facts.copied if copy.proven}
    found = []
    for record, body in told.of(VideoReused):
        mine = [(one.device, one.chain, one.seq) in own for one in (body.record, body.first)]
        if record.key not in proven and not all(mine):
            found.append(record.key)
    return tuple(found)


def _removed(told: Told) -> tuple[RemovalFact, ...]:
    """What boxes say of their own video, and what a centre certifies of that of the class."""
    ours = {body.sha256 for _, body in told.of(Segment)}
    said = [(record, body.segment) for record, body in told.of(SegmentRemoved)]
    said += [(record, one.segment) for record, body in told.of(VideoRemoved) for one in body.files
             if one.segment in ours]
    return tuple(RemovalFact(record.key, segment, *told.clocks[record.device, record.chain].ordered(record))
                 for record, segment in said)


def _seen(
    told: Told, rollcalls: Mapping[str, tuple[Called, ...]], by_hash: Mapping[str, SegmentFact],
    orders: Sequence[Order], roster: set[str],
) -> Seen:
    rooms = {place.device: place.room for _, _, order in orders for place in order.boxes}
    return seen(rollcalls, by_hash, rooms, told.of(Pointed), roster)


def _ever(orders: Sequence[Order], joined: set[str]) -> set[str]:
    """Everybody who was ever on the roster, or on the list of a make-up."""
    attendees = {person for _, _, order in orders for hour in order.hours for person in hour.make_up or ()}
    return joined | attendees | {person for _, _, order in orders for person in trainees(order)}


def _codes(told: Told, segments: Sequence[SegmentFact], policy: Policy) -> tuple[CodeFact, ...]:
    read = {sha: body for sha, (_, body) in _latest(told.of(CodeRead), lambda body: body.segment).items()}
    return code_facts(told.of(CodeShown), segments, read, policy)


def _sessions(told: Told) -> tuple[SessionFact, ...]:
    """One for each id; of several starts the first begins it, and one by a press makes it pressed."""
    starts: dict[tuple[str, str], list[tuple[Record, SessionStart]]] = defaultdict(list)
    for record, start in told.of(SessionStart):
        starts[record.device, start.session].append((record, start))
    ends: dict[tuple[str, str], tuple[Record, SessionEnd]] = {}
    for record, body in told.of(SessionEnd):
        ends.setdefault((record.device, body.session), (record, body))
    found = []
    for (device, session), begun in starts.items():
        end = ends.get((device, session))
        pressed = next((record.utc_us for record, start in begun if start.by != "plan"), None)
        refs = tuple(record.key for record, _ in [*begun, *([end] if end else [])])
        end_us, why = (end[0].utc_us, end[1].reason) if end else (None, "")
        found.append(SessionFact(session, device, begun[0][0].utc_us, end_us, refs, pressed, why))
    return tuple(sorted(found, key=lambda fact: (fact.start_us, fact.refs)))


def _corrected(told: Told) -> tuple[CorrectionFact, ...]:
    files = Counter((record.device, record.chain, str(body.session)) for record, body in told.of(Segment))
    found = []
    for one in told.corrected:
        counted = one.counted
        parts = [counted] if counted else []
        for said in (*parts, *((void,) for void in one.said if void.void)):
            record, body = said[-1].record, said[-1].body
            found.append(CorrectionFact(
                session=body.session, device=record.device, counts_for=body.class_id, was=body.was,
                start_us=told.started_us.get(one.session), corrected_us=record.utc_us, reason=body.reason,
                segments=files[one.session], refs=tuple(each.record.key for each in said), void=said[-1].void,
            ))
    return tuple(sorted(found, key=lambda fact: (fact.corrected_us, fact.refs)))


def _occasions(facts: Facts, order: ClassOrder, policy: Policy) -> tuple[tuple[HourStory, ...], tuple[Block, ...]]:
    planned = plan_blocks(order, policy.block.pause_min.value * MINUTE)
    facts = with_usual(facts, planned)
    before = {block.id: _before_us(block, planned) for block in planned}
    where = {hour.hour: block for block in planned for hour in block.hours}
    blocks = tuple(block_story(facts, block, before[block.id]) for block in planned)
    hours = []
    for hour in sorted(order.hours, key=lambda h: (hour_span(h).start_us, h.hour)):
        block = where.get(hour.hour)
        hours.append(hour_story(facts, block, hour, before[block.id] if block else 0))
    return tuple(hours), blocks


def _windows(order: ClassOrder, policy: Policy) -> tuple[Span, ...]:
    """When the check-in is open, for each block."""
    planned = plan_blocks(order, policy.block.pause_min.value * MINUTE)
    return tuple(window(policy, block, block.span, _before_us(block, planned)) for block in planned)


def _before_us(block: PlannedBlock, planned: Sequence[PlannedBlock]) -> int:
    """When the block before ended, 0 for the first."""
    return max((other.span.end_us for other in planned if other.span.end_us <= block.span.start_us), default=0)
