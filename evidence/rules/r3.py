"""R3: recordings that do not show everyone who is due. How they are counted is ours; every other reading stands beside.

Per occasion, first match wins: a reviewer's answer; open, where everyone is shown, but somebody only in video whose
picture nobody has looked at (it may be an old one); complete; open (no usable video for most of it, time uncertain,
records or roll call still to come, most of the picture not looked at); missing; open otherwise. Per class, limit n:
missing >= n is a flag; missing + open < n is clear; anything else asks for a review. With a limit of one a flag is
always a review: no single occasion convicts by itself.

Missing is who is neither shown nor signed in (whose only sign-in is of uncertain time may be); and who, signed in or
not, is not shown where the picture was good, fewer people than are due were in view all along, and nothing in view may
be that person (the answer is *absent*): a head that is overlooked must not turn a face that could not be told into a
miss. *Fewer people than are due* is said of an upper bound of people, not of faces alone, and where anybody was in
view: a camera that looks elsewhere shows nobody, too. evidence/README.md, “How many people there were”.
"""
from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Literal

from evidence.heads import OPEN_US
from evidence.held import APART_US, two_apart
from evidence.policy import R3, Policy
from evidence.rules.finding import Finding, Param, R3Finding, Reading, Reason, Result, Verdict, reason, refs
from evidence.rules.hours import moment, named, waiting
from evidence.story import Block, HourStory, Occasion, Presence, Story
from evidence.times import MINUTE

State = Literal["complete", "missing", "open"]
RESULTS: dict[Verdict, Result] = {"flag": "violated", "review": "open", "clear": "satisfied"}


@dataclasses.dataclass(frozen=True)
class Judged:
    """One occasion and its state; `why` a code of reasons; `missed`: who is missing in it. `own`: what the records
    alone say, where a reviewer answered."""

    occasion: Occasion
    state: State
    why: str
    missed: tuple[str, ...]
    own: State | None = None


def judge(story: Story, policy: Policy, rule: R3, as_of_us: int) -> Finding:
    """The finding over all occasions that are over."""
    units = occasions(story, rule.occasion)
    over = [unit for unit in units if unit.over(as_of_us)]
    judged = [judge_occasion(unit, unit.presences, policy) for unit in over]
    verdict = verdict_of(judged, rule.limit.value)
    readings = _readings(story, policy, rule, as_of_us)
    reasons = [*_reasons(story, judged, rule), *_depends(verdict, readings, rule)]
    if len(over) < len(units):
        reasons.append(reason("occasions_pending", count=len(units) - len(over)))
    return R3Finding(
        rule="R3",
        clause=rule.clause,
        result=RESULTS[verdict] if over else "not_recorded",
        flag=verdict == "flag",
        reasons=tuple(reasons),
        records=refs(one.occasion.refs for one in judged if one.state != "complete" or one.why == "reviewed"),
        verdict=verdict,
        recordings=tuple(one.occasion.id for one in judged if one.state == "missing"),
        open_recordings=tuple(one.occasion.id for one in judged if one.state == "open"),
        trainees=tuple(dict.fromkeys(person for one in judged for person in one.missed)),
        readings=readings,
    )


def occasions(story: Story, unit: Literal["block", "class_hour"]) -> Sequence[Occasion]:
    """What is counted: blocks, or (strict) class-hours. Online class-hours are neither."""
    blocks: tuple[Block, ...] = story.blocks
    hours: tuple[HourStory, ...] = tuple(hour for hour in story.hours if hour.block)
    return blocks if unit == "block" else hours


def judge_occasion(unit: Occasion, due: Sequence[Presence], policy: Policy) -> Judged:
    """The state of one occasion for those who are due (`due`: the presences of the basis). A reviewer says that
    somebody is missing, not who: those whom the records miss, if any, else all who are not shown."""
    own = _by_records(unit, due, policy)
    if unit.review is None:
        return own
    unseen = tuple(one.person for one in due if one.answer != "shown")
    missed = (own.missed or unseen) if unit.review.answer == "missing" else ()
    return Judged(unit, unit.review.answer, "reviewed", missed, own.state)


def _by_records(unit: Occasion, due: Sequence[Presence], policy: Policy) -> Judged:
    """What the records say where nobody has reviewed it."""
    unseen = [one for one in due if one.answer != "shown"]
    if not due:
        return Judged(unit, "open", "nobody_due", ())
    if not unseen:
        looked = all(one.proven for one in due)
        return Judged(unit, "complete", "complete", ()) if looked else Judged(unit, "open", "unpictured", ())
    if unit.usable_us * 100 < policy.video.usable_pct.value * unit.due_us:
        return Judged(unit, "open", "no_usable_video", ())
    if unit.doubtful_us * 100 > (100 - policy.video.good_cover_pct.value) * unit.due_us:
        return Judged(unit, "open", "time_uncertain", ())
    if unit.awaited:
        return Judged(unit, "open", "awaited", ())
    if unit.pack_refused:
        return Judged(unit, "open", "rollcall_refused", ())
    if not unit.roll_called:
        return Judged(unit, "open", "rollcall_pending", ())
    if unit.pictured_us * 100 < policy.video.usable_pct.value * unit.due_us:
        return Judged(unit, "open", "unpictured", ())
    if unit.unlooked_us * 100 > (100 - policy.video.usable_pct.value) * unit.due_us:
        return Judged(unit, "open", "unlooked", ())
    seen_well = unit.picture_good and unit.fewer_than(len(due))
    maybe = {one.person for one in unseen if one.person in unit.maybe_signed}
    missed = tuple(one.person for one in unseen if (seen_well and one.answer == "absent") or not (
        one.checked_in or one.person in maybe))
    if missed:
        return Judged(unit, "missing", "missing", missed)
    return Judged(unit, "open", "sign_uncertain" if maybe else "not_identified", ())


def verdict_of(judged: Sequence[Judged], limit: int) -> Verdict:
    """The verdict over a class."""
    missing = sum(one.state == "missing" for one in judged)
    unclear = sum(one.state == "open" for one in judged)
    if missing + unclear < limit:
        return "clear"
    return "flag" if missing >= limit and limit > 1 else "review"


Basis = Callable[[Presence], bool]


def _readings(story: Story, policy: Policy, rule: R3, as_of_us: int) -> tuple[Reading, ...]:
    other: Literal["block", "class_hour"] = "class_hour" if rule.occasion == "block" else "block"
    came = _came(story)
    return (
        _reading(other, occasions(story, other), lambda one: True, policy, rule, as_of_us),
        _reading("came", occasions(story, rule.occasion), lambda one: one.person in came, policy, rule, as_of_us),
        _reading("leave", occasions(story, rule.occasion), lambda one: not one.on_leave, policy, rule, as_of_us),
    )


def _reading(
    name: str, units: Sequence[Occasion], basis: Basis, policy: Policy, rule: R3, as_of_us: int
) -> Reading:
    over = [unit for unit in units if unit.over(as_of_us)]
    judged = [judge_occasion(unit, [one for one in unit.presences if basis(one)], policy) for unit in over]
    missing, unclear = (sum(one.state == state for one in judged) for state in ("missing", "open"))
    return Reading(name, missing, unclear, verdict_of(judged, rule.limit.value))


def _came(story: Story) -> Collection[str]:
    """实到: those who checked in at the opening."""
    opening = next((block for block in story.blocks if not block.make_up), None)
    return {one.person for one in opening.presences if one.checked_in} if opening else set()


def _depends(verdict: Verdict, readings: Sequence[Reading], rule: R3) -> list[Reason]:
    differing = tuple(reading.name for reading in readings if reading.verdict != verdict)
    told = [reason("depends_on_reading", readings=differing)] if differing else []
    if rule.limit.value == 1 and verdict == "review":
        told.append(reason("limit_one_review"))
    return told


def _reasons(story: Story, judged: Sequence[Judged], rule: R3) -> list[Reason]:
    missing = sum(one.state == "missing" for one in judged)
    unclear = sum(one.state == "open" for one in judged)
    told = [reason("r3_tally", missing=missing, open=unclear, limit=rule.limit.value, count=len(judged))]
    for one in judged:
        told += [_reason(story, one)] if one.state != "complete" or one.why == "reviewed" else []
        told += [*_doubts(story, one), *_pointed(story, one.occasion)]
    void = (("rollcalls_void", len(story.rollcalls_void)), ("pointed_void", len(story.pointed_void)),
            ("reviews_void", len(story.reviews_void)))
    return told + [reason(code, count=count) for code, count in void if count]


def _reason(story: Story, one: Judged) -> Reason:
    unit = one.occasion
    name = named(story, unit)
    if one.why == "reviewed" and unit.review is not None:
        said = {"reviewer": unit.review.reviewer, "why": unit.review.reason, "own": str(one.own)}
        return reason(f"reviewed_{one.state}", **name, **said)
    if one.why == "missing":
        return reason("someone_missing", **name, **_counts(unit), trainees=one.missed)
    if one.why == "no_usable_video":
        return reason("no_usable_video", **name, usable_min=unit.usable_us // MINUTE, due_min=unit.due_us // MINUTE)
    if one.why == "time_uncertain":
        return reason("time_uncertain", **name, doubtful_min=unit.doubtful_us // MINUTE)
    if one.why == "sign_uncertain":
        return reason("sign_uncertain", **name, trainees=unit.maybe_signed)
    if one.why == "not_identified":
        unseen = tuple(p.person for p in unit.presences if p.answer != "shown")
        return reason("not_identified", **name, **_counts(unit), trainees=unseen)
    return reason(f"occasion_{one.why}", **name, **(waiting(unit) if one.why == "awaited" else {}))


def _counts(unit: Occasion) -> dict[str, int]:
    return {"headcount": unit.headcount_due, "due": len(unit.roster)}


def _doubts(story: Story, one: Judged) -> list[Reason]:
    """Beside the state of an occasion: a review that is older than the roll calls; names in two rooms at once; and, of
    one that is missing or not identified, why who is not shown may be there all the same."""
    unit, name = one.occasion, named(story, one.occasion)
    told = [reason("reviewed_before", **name)] if one.why == "reviewed" and unit.review_old else []
    if unit.in_two_rooms:
        told.append(reason("in_two_rooms", **name, trainees=unit.in_two_rooms))
    if one.why in ("missing", "not_identified", "unlooked", "unpictured"):
        told += _unlooked(story, unit)
    if one.why == "rollcall_refused":
        told += _refused(story, unit)
    if one.why not in ("missing", "not_identified"):
        return told
    whys: dict[str, list[str]] = defaultdict(list)
    for presence in unit.presences:
        for why in presence.why:
            whys[why].append(presence.person)
    told += [reason(f"unseen_{why}", **name, trainees=tuple(people)) for why, people in sorted(whys.items())
             if why != "two_rooms"]
    if unit.gear:
        told += _bareface(story, unit)
    if unit.lacking:
        told.append(reason("camera_lacking", **name, cameras=unit.lacking))
    if unit.unfilmed:
        told.append(reason("room_unfilmed", **name, rooms=unit.unfilmed))
    if silent := _silent(story, unit):
        told.append(reason("room_silent", **name, rooms=silent))
    if unit.hazy:
        told.append(reason("camera_hazy", **name, cameras=unit.hazy))
    rooms = {place.device: place.room for place in story.order.boxes}
    told += [reason("always_still", **name, camera=poster.camera, device=poster.device,
                    room=rooms.get(poster.device, poster.device), count=poster.count) for poster in unit.posters]
    if unit.still_heads:
        told.append(reason("still_heads", **name, count=unit.still_heads))
    if any(one.checked_in and one.answer == "absent" for one in unit.presences):
        told += _unproven(unit, name)
    return told


def _silent(story: Story, unit: Occasion) -> tuple[str, ...]:
    """Rooms of the plan with neither video nor a session of it. No record tells a box without power from a class that
    was elsewhere, so nothing follows from it but a question."""
    heard = {ref[0] for ref in unit.films} | {
        one.device for one in story.sessions
        if one.start_us < unit.span.end_us
        and unit.span.start_us < (one.start_us + OPEN_US if one.end_us is None else one.end_us)}
    rooms = {place.device: place.room for place in story.order.boxes}
    known = {room for device, room in rooms.items() if device in heard} | {*unit.unfilmed}
    return tuple(sorted({*rooms.values()} - known))


def _unlooked(story: Story, unit: Occasion) -> list[Reason]:
    """What the roll call could not look at."""
    name, short = named(story, unit), len(unit.unlooked) - len(unit.left_out)
    told = [reason("rollcall_short", **name, count=short)] if short else []
    whys = defaultdict(list)
    for one in unit.left_out:
        whys[one.why].append(moment(story, one.start_us))
    return told + [reason(f"left_out_{why}", **name, count=len(times), at_time=tuple(times))
                   for why, times in sorted(whys.items())]


def _refused(story: Story, unit: Occasion) -> list[Reason]:
    """Why no roll call of it is made, and in which rooms."""
    rooms = {place.device: place.room for place in story.order.boxes}
    whys = defaultdict(set)
    for one in unit.pack_refused:
        whys[one.why].add(rooms.get(one.device, one.device))
    return [reason(f"pack_refused_{why}", **named(story, unit), rooms=tuple(sorted(found)))
            for why, found in sorted(whys.items())]


def _unproven(unit: Occasion, name: Mapping[str, Param]) -> list[Reason]:
    """Why the headcount of an occasion proves nothing against who signed in."""
    if not unit.in_view:
        return [reason("nobody_in_view", **name)]
    if not unit.counted and unit.bareface_heads is None:
        return [reason("faces_only", **name)]
    return []


def _bareface(story: Story, unit: Occasion) -> list[Reason]:
    """What became of the bare-face roll call of an occasion in protective gear."""
    name = named(story, unit)
    held = [fact for fact in unit.bareface if fact.held]
    if unit.bareface_heads is not None:
        times = tuple(moment(story, fact.start_us) for fact in held)
        return [reason("bareface_held", **name, count=len(held), at_time=times, headcount=unit.bareface_heads,
                       due=len(unit.roster))]
    if held and not two_apart(held):
        times = tuple(moment(story, fact.start_us) for fact in held)
        return [reason("bareface_once", **name, at_time=times, count=len(held), apart_min=APART_US // MINUTE)]
    if held:
        return [reason("bareface_unlooked", **name, count=len(held))]
    off, unanswered = (sum(fact.result == result for fact in unit.bareface) for result in ("put_off", "unanswered"))
    return [reason("bareface_none", **name, put_off=off, unanswered=unanswered)]


def _pointed(story: Story, unit: Occasion) -> list[Reason]:
    """Who is shown by a person's word alone, and whose."""
    told = []
    for presence in unit.presences:
        if presence.sightings and all(one.pointed for one in presence.sightings):
            first = presence.sightings[0]
            told.append(reason("pointed_out", **named(story, unit), trainee=presence.person, who=first.by,
                               at_time=moment(story, first.shown_us)))
    return told
