"""Everything that a dossier shows, from the story and the findings of a class. Pure."""
from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping

from central.classes.stories import Told
from central.dossier import stated
from central.dossier.shape import (
    NO_PROOF,
    ClassHour,
    Facts,
    Files,
    Gap,
    Head,
    Judged,
    Mark,
    Opening,
    Proof,
    Recording,
    RosterEntry,
    SignIn,
    Trainee,
)
from central.dossier.text import MOST_OF_NAME, clean
from central.web.gaps import gaps_of, uncertain_of
from central.web.matrix import answer_of, state_of
from central.web.signs import Signed, signed
from evidence.attendance import Sign
from evidence.bodies import Institution
from evidence.canonical import sha256_hex
from evidence.rates import Rate, rates
from evidence.roster import instructors
from evidence.rules import Finding, R3Finding
from evidence.rules.o7 import headcounts, opening_of
from evidence.standing import findings_hash, r3_of
from evidence.story import Block, HourStory, PinFact
from evidence.times import utc_us


def facts_of(
    told: Told, names: Mapping[str, str], order_sha256: str, institution: Institution | None, proof: Proof,
    here: Callable[[str], bool],
) -> Facts:
    """The dossier of a class. `order_sha256`: of the record of the plan in force; `here`: whether the file with that
    hash is at the centre."""
    shown = {person: clean(name, MOST_OF_NAME) for person, name in names.items()}
    return Facts(
        head=_head(told, shown, order_sha256, institution), proof=proof,
        documents=dict(told.policy.documents), names=shown, opening=_opening(told),
        files=_files(told, here), headcounts=headcounts(told.story, told.as_of.us),
        inspections=stated.inspections(told), objections=stated.objections(told),
        decisions=tuple(stated.decisions(told)), findings=tuple(_judged(told, finding) for finding in told.findings),
        findings_sha256=findings_hash(told.findings),
        need_min=told.policy.r2.minutes.value if told.policy.r2 else None,
        trainees=tuple(_trainees(told, shown)), hours=tuple(_hour(told, hour) for hour in told.story.hours),
        recordings=tuple(_recording(told, block) for block in told.story.blocks),
        signs=tuple(map(_sign, told.story.signs)),
        roster=tuple(sorted(_roster(told), key=lambda one: (one.start_us, one.ref, one.kind))),
    )


def facts_hash(facts: Facts) -> str:
    """SHA-256 of what a dossier says, whenever it is made: without the moment and the checkpoint."""
    head = dataclasses.replace(facts.head, as_of_us=0)
    said = dataclasses.asdict(dataclasses.replace(facts, head=head, proof=NO_PROOF))
    return sha256_hex(json.dumps(said, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode())


def _head(told: Told, names: Mapping[str, str], order_sha256: str, institution: Institution | None) -> Head:
    order, policy = told.order, told.policy
    return Head(
        class_id=order.class_id, title=order.title, institution_id=order.institution,
        institution=institution.name if institution else None, region=institution.region if institution else None,
        centre=told.story.order_ref[0], policy=policy.id,
        policy_title=policy.title, policy_title_en=policy.title_en, policy_sha256=policy.sha256,
        order_number=order.number, order_sha256=order_sha256, utc_offset_min=order.utc_offset_min,
        places=tuple((place.device, place.room) for place in order.boxes),
        first_us=min((utc_us(hour.start) for hour in order.hours), default=None),
        last_us=max((utc_us(hour.end) for hour in order.hours), default=None),
        trainees=sum(one.role == "trainee" for one in order.roster),
        instructors=tuple(names.get(person, person) for person in instructors(order)), as_of_us=told.as_of.us,
        simulated=told.story.simulated, liveness_checked=told.story.liveness_checked, waiting=told.waiting,
    )


def _opening(told: Told) -> Opening | None:
    """As O7 takes it."""
    block = opening_of(told.story)
    if block is None:
        return None
    said = signed(block)
    return Opening(block.id, block.span.start_us, block.over(told.as_of.us), len(block.roster), said.faces, said.pins,
                   said.late, said.teachers)


def _files(told: Told, here: Callable[[str], bool]) -> Files:
    files = {fact.segment.sha256 for fact in told.story.segments}
    removed = files & {fact.segment for fact in told.story.removed}
    return Files(len(files), len(removed), sum(here(sha256) for sha256 in sorted(files - removed)))


def _judged(told: Told, finding: Finding) -> Judged:
    rule = dict(told.policy.rules()).get(finding.rule)
    return Judged(finding, rule.quote if rule else "", finding.verdict if isinstance(finding, R3Finding) else None)


def _trainees(told: Told, names: Mapping[str, str]) -> Iterator[Trainee]:
    """Everybody who is or was a trainee, in the order of the plan."""
    listed = [one.person for one in told.order.roster if one.role == "trainee"]
    later = [person for block in told.story.blocks for person in block.roster]
    marks = [_marks(told, block) for block in told.story.blocks]
    hours = {one.person: one for one in rates(told.story, told.as_of.us).people}
    over = [block for block in told.story.blocks if block.over(told.as_of.us)]
    for person in dict.fromkeys([*listed, *later]):
        came = [one for block in over for one in block.attendance if one.person == person]
        yield Trainee(
            person=person, name=names.get(person, person), hours=hours.get(person, Rate(person, *[0] * 9)),
            blocks_due=len(came), blocks_signed=sum(one.came for one in came),
            blocks_late=sum(one.late for one in came),
            blocks_shown=sum(one.person == person and one.answer == "shown" for b in over for one in b.presences),
            marks=tuple(of_block.get(person) for of_block in marks),
        )


def _marks(told: Told, block: Block) -> dict[str, Mark]:
    """The marks of who is due in a recording."""
    came, r3 = {one.person for one in block.attendance if one.came}, r3_of(told.findings)
    found: dict[str, Mark] = {}
    for one in block.presences:
        shown, in_ = one.answer == "shown", one.person in came
        answer = answer_of(told, block, one, r3)
        if shown or in_:
            found[one.person] = "both" if shown and in_ else "shown" if shown else "signed"
        elif one.on_leave:
            found[one.person] = "leave"
        else:
            over = block.over(told.as_of.us)
            found[one.person] = "absent" if over and answer == "absent" else "open" if over else "pending"
    return found


def _hour(told: Told, hour: HourStory) -> ClassHour:
    as_of_us = told.as_of.us
    gaps = tuple(Gap(gap.span.start_us, gap.span.end_us, gap.why, gap.late)
                 for gap in gaps_of(told.story, hour, as_of_us))
    return ClassHour(
        hour=hour.id, kind=hour.hour.kind, make_up=hour.make_up, start_us=hour.span.start_us, end_us=hour.span.end_us,
        over=hour.span.end_us <= as_of_us, planned_us=hour.span.length_us, covered_us=hour.covered_us,
        longest_us=hour.longest_us, uncertain_us=sum(part.length_us for part in uncertain_of(hour, as_of_us)),
        gaps=gaps,
    )


def _recording(told: Told, block: Block) -> Recording:
    said: Signed = signed(block)
    return Recording(
        block=block.id, start_us=block.span.start_us, end_us=block.span.end_us, state=state_of(told, block),
        due=len(block.roster), faces=said.faces, pins=said.pins, late=said.late, absent=said.absent,
        teachers=said.teachers, shown=sum(one.answer == "shown" for one in block.presences),
        headcount=block.headcount_max, due_us=block.due_us, covered_us=block.covered_us,
        review=block.review.answer if block.review else None, reviewer=block.review.reviewer if block.review else "",
    )


def _sign(fact: Sign) -> SignIn:
    if isinstance(fact, PinFact):
        return SignIn(fact.at_us, fact.person, "pin", fact.direction, fact.void or f"pin_{fact.direction}", fact.counts,
                      fact.pin.confirmed_by or "", None, None, fact.ref)
    answer = ("forbidden" if fact.forbidden
              else "no_response" if (fact.answer, fact.liveness) == ("not_live", "no_response")
              else "out" if fact.accepted and fact.direction == "out" else fact.answer)
    best = fact.checkin.best
    return SignIn(fact.at_us, fact.person, "face", fact.direction, answer, fact.counts, "",
                  best.score_ppm if best else None, fact.checkin.face_px, fact.ref)


def _roster(told: Told) -> Iterator[RosterEntry]:
    for change in told.story.roster_changes:
        yield RosterEntry(change.kind, change.joins, change.leaves, change.applied_us, None, change.reason,
                          change.approver, change.ref)
    for ref, leave in told.story.leaves:
        yield RosterEntry("leave", None, leave.person, utc_us(leave.start), utc_us(leave.end), leave.reason,
                          leave.approver, ref)
