"""Which recorded segments may be removed (R7), each with the reasons: whatever is not clearly free to go is kept.

A period ends only when two clocks say so: that of whoever holds the file, and that of somebody else. A box asks its
own, set and never moved, and the time in a receipt of the centre (`decide`); a centre its own, and the newest word of a
witness or a box (`apply_policy`). A clock that somebody sets years ahead, or a box that was cut off from its centre,
removes nothing.
"""
from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Literal

from evidence.blocks import day, hour_span
from evidence.bodies import ClassOrder, Segment
from evidence.keeping import counted_from_us, kept_until_us
from evidence.policy import Policy
from evidence.rules.finding import Reason, reason
from evidence.story import Doubt, Longer

Hold = Literal["flag", "review", "dispute", "hold"]
"""What keeps the video of a class after its time: its proposed consequence, a review or a dispute that is not over, a
hold of a court or an authority."""


@dataclasses.dataclass(frozen=True)
class Plan:
    """What a plan of a class that the box accepted says of keeping. `end_us`: from when the years count, None without
    a class-hour: the end of the last one, or of an assessment or a dispute that came later; `years`: R7 of its policy,
    None when that policy is not at hand or states none; `copies`: in so many places the policy wants it meanwhile."""

    end_us: int | None
    utc_offset_min: int
    years: int | None
    copies: int = 1

    @property
    def until_us(self) -> int | None:
        """The end of its time for video that ends no later than the class; None where nobody knows."""
        known = self.end_us is not None and self.years is not None
        return kept_until_us(self.end_us or 0, self.utc_offset_min, self.years or 0) if known else None


@dataclasses.dataclass(frozen=True)
class Recorded:
    """A segment that a record names. `end_us`: the wall clock at its end, `doubt`: why that is uncertain, both as
    `evidence.placing` says; `finished`: its run is over and recovered; `receipted`: the centre has its record;
    `sent`: the centre has its file, or was never to have it; `also`: other classes for which it was said to count: a
    correction must not shorten its time; `near`: of video of no class, those whose it may be (`near_of`)."""

    segment: Segment
    end_us: int
    doubt: Doubt | None
    finished: bool
    receipted: bool
    sent: bool
    also: tuple[str, ...] = ()
    near: tuple[str, ...] = ()

    @property
    def classes(self) -> tuple[str, ...]:
        """Every class whose time and holds count for it: to which it belongs, belonged or may belong."""
        return tuple(sorted({*self.also, *self.near, *([self.segment.class_id] if self.segment.class_id else [])}))


@dataclasses.dataclass(frozen=True)
class Now:
    """The box's wall clock; `certain`: it is set, and nobody moved it since the box started. `centre_us`: the time in
    the newest receipt of the centre whose seal holds; None without one."""

    us: int
    certain: bool
    centre_us: int | None


@dataclasses.dataclass(frozen=True)
class Decision:
    """`until_us`: when its time ends, None where nobody knows. `reasons`: all that keep it, or why it may go."""

    segment: Segment
    action: Literal["keep", "remove", "gone"]
    reasons: tuple[Reason, ...]
    until_us: int | None = None


def plan_of(order: ClassOrder, policy: Policy | None, longer: Sequence[Longer] = ()) -> Plan:
    """`policy`: that of the order in its very version, None when it is not at hand. `longer`: the assessments and
    disputes of the class; one that is not over holds the video (`holds` of `decide`) and moves nothing here."""
    end_us = max((hour_span(hour).end_us for hour in order.hours), default=None)
    if end_us is not None:
        end_us = counted_from_us(end_us, [one for one in longer if one.until_us is not None])
    rule = policy.r7 if policy else None
    copies = rule.copies.value if rule and rule.copies else 1
    return Plan(end_us, order.utc_offset_min, rule.years.value if rule else None, copies)


def usual_plan(utc_offset_min: int, years: int | None) -> Plan:
    """What counts for video of no class: so many years from its own end."""
    return Plan(0, utc_offset_min, years)


def named_twice(segments: Iterable[Segment], of: Collection[str]) -> set[str]:
    """Which of these hashes and files more than one of all segments has."""
    counts = Counter(name for one in segments for name in (one.sha256, one.file) if name in of)
    return {name for name, count in counts.items() if count > 1}


def decide(
    recorded: Iterable[Recorded], plans: Mapping[str, Sequence[Plan]], removed: Collection[str],
    holds: Mapping[str, Collection[Hold]], now: Now, usual: Plan | None = None, twice: Collection[str] = (),
) -> Iterator[Decision]:
    """One decision for each segment, in order, each when it is asked for.

    `plans`: class → every plan of it that the box accepted: the latest end and the longest period count, so that a
    later plan cannot shorten what was promised. `removed`: hashes that a record says were removed. `holds`: class →
    why all of its video is held. `usual`: what counts for video of no class (`usual_plan`); None: it stays. `twice`:
    hashes and files that several segments have (`named_twice`).
    """
    for one in recorded:
        segment = one.segment
        if segment.sha256 in removed:
            yield Decision(segment, "gone", (reason("removed_already"),))
            continue
        loose = usual if segment.class_id is None else None
        known = _known(one.classes, plans, loose)
        until_us = _until_us(one.end_us, known)
        keep = [*_unknown(one, plans, loose), *_unsafe(one), *_too_early(until_us, known, now)]
        if segment.sha256 in twice or segment.file in twice:
            keep.append(reason("keep_twice"))
        held = {hold for name in one.classes for hold in holds.get(name, ())}
        keep += [reason(f"held_{hold}") for hold in sorted(held)]
        if keep or until_us is None:
            yield Decision(segment, "keep", tuple(keep), until_us)
        else:
            over = reason("remove_over", until=day(until_us, known[-1].utc_offset_min))
            yield Decision(segment, "remove", (over,), until_us)


def _until_us(video_end_us: int, plans: Sequence[Plan]) -> int | None:
    """The end of its time: counted from the end of the class, or of the video itself if that is later."""
    ends = [plan.end_us for plan in plans if plan.end_us is not None]
    years = [plan.years for plan in plans if plan.years is not None]
    if not ends or len(years) < len(plans):
        return None
    last_us = max(*ends, video_end_us)
    return max(kept_until_us(last_us, plan.utc_offset_min, max(years)) for plan in plans)


def _known(names: Sequence[str], plans: Mapping[str, Sequence[Plan]], usual: Plan | None) -> list[Plan]:
    """The plans that count. `usual`: of video of no class."""
    return [*(plan for name in names for plan in plans.get(name, ())), *([] if usual is None else [usual])]


def _unknown(one: Recorded, plans: Mapping[str, Sequence[Plan]], usual: Plan | None) -> list[Reason]:
    if usual is None and one.segment.class_id is None:
        return [reason("keep_no_class")]
    if not all(plans.get(name) for name in one.classes):
        return [reason("keep_no_plan")]
    found = []
    if any(plan.years is None for plan in _known(one.classes, plans, usual)):
        found.append(reason("keep_no_period"))
    if _endless(one.classes, plans):
        found.append(reason("keep_no_end"))
    return found + ([reason("keep_time_uncertain")] if one.doubt is not None else [])


def _endless(names: Sequence[str], plans: Mapping[str, Sequence[Plan]]) -> bool:
    """Whether there are classes, and none of them has a class-hour."""
    planned = _known(names, plans, None)
    return bool(planned) and all(plan.end_us is None for plan in planned)


def _unsafe(one: Recorded) -> list[Reason]:
    told = (("keep_unfinished", one.finished), ("keep_no_receipt", one.receipted), ("keep_not_sent", one.sent))
    return [reason(code) for code, good in told if not good]


def _too_early(until_us: int | None, plans: Sequence[Plan], now: Now) -> list[Reason]:
    if until_us is None:
        return []
    until = day(until_us, plans[-1].utc_offset_min)
    if now.us < until_us:
        return [reason("keep_until", until=until)]
    found = [] if now.certain else [reason("keep_clock_unsure")]
    if now.centre_us is None or now.centre_us < until_us:
        found.append(reason("keep_centre_time", until=until))
    return found


Holding = Literal["flag", "review", "undecided", "objection", "dispute", "hold", "unjudged"]
"""What keeps the video of a class at a centre after its time: what `Hold` says, findings on which two persons have
begun and not ended, an objection that is open, or that it cannot be judged with all that is here."""


WAITS: tuple[Holding, ...] = ("flag", "undecided", "objection", "dispute", "hold")
"""What an erasure of a face waits for (POLICY 5: an open flag, a dispute)."""


def erasure_waits(holds: Collection[Holding]) -> tuple[Reason, ...]:
    """For what the erasure of a face waits that somebody asked for; for nothing: it may go now. `holds`: why the video
    of the class is held. Of a review, or that records are missing, nobody has made a flag or a dispute: whoever asks
    does not wait for these."""
    return tuple(reason(f"waits_{one}") for one in WAITS if one in holds)


@dataclasses.dataclass(frozen=True)
class Stored:
    """A file of a box that lies at a centre to stay. `classes`: every class for which a record that names it counts or
    counted; `end_us`: the latest end of its video by the wall clock; `certain`: that is sure, and by all records that
    name it; `nameless`: one of them names it for no class; `copies`: whole copies elsewhere, as far as records say;
    `near`: of such a one, the classes whose it may be (`near_of`)."""

    sha256: str
    size: int
    classes: tuple[str, ...]
    end_us: int
    certain: bool = True
    nameless: bool = False
    copies: int = 0
    near: tuple[str, ...] = ()

    @property
    def bound(self) -> tuple[str, ...]:
        """Every class whose time and holds count for it."""
        return tuple(sorted({*self.classes, *self.near}))

    @property
    def stated(self) -> tuple[str | None, ...]:
        """For whom a certificate of its removal is made: its classes, and nobody (None) where a record names none."""
        return (*self.classes, *([None] if self.nameless else []))


@dataclasses.dataclass(frozen=True)
class CentreNow:
    """A centre's wall clock; `certain`: it is set, and not before a time that the centre signed. `witness_us`: the
    earliest of the newest times that others said by clocks of their own, witnesses in cosignatures and boxes in
    records; None without any. `behind`: where it is not certain, whether for such a time."""

    us: int
    certain: bool
    witness_us: int | None
    behind: bool = False


@dataclasses.dataclass(frozen=True)
class Verdict:
    """`until_us`: when its time ends, None where nobody knows. `reasons`: all that keep it, or why it may go."""

    stored: Stored
    action: Literal["keep", "remove"]
    reasons: tuple[Reason, ...]
    until_us: int | None = None


def apply_policy(
    items: Sequence[Stored], plans: Mapping[str, Sequence[Plan]], holds: Mapping[str, Collection[Holding]],
    now: CentreNow, usual: Plan | None = None,
) -> tuple[Verdict, ...]:
    """One verdict for each file at a centre, in order.

    `plans`: class → every plan of it: the latest end and the longest period of all its classes count. `holds`: class →
    why all of its video is held. `usual`: what counts for video of no class (`usual_plan`); None: it stays."""
    return tuple(_verdict(one, plans, holds, now, usual if one.nameless else None) for one in items)


def _verdict(
    one: Stored, plans: Mapping[str, Sequence[Plan]], holds: Mapping[str, Collection[Holding]], now: CentreNow,
    usual: Plan | None,
) -> Verdict:
    known = _known(one.bound, plans, usual)
    until_us = _until_us(one.end_us, known)
    keep = [*_unplanned(one, plans, usual), *_not_over(until_us, known, now)]
    held = {hold for name in one.bound for hold in holds.get(name, ())}
    keep += [reason(f"held_{hold}") for hold in sorted(held)]
    if not keep and until_us is not None:
        over = reason("remove_over", until=day(until_us, known[-1].utc_offset_min))
        return Verdict(one, "remove", (over,), until_us)
    wanted = max((plan.copies for plan in known), default=1)
    if 1 + one.copies < wanted:
        keep.append(reason("keep_lacks_copy", wanted=wanted, there=1 + one.copies))
    return Verdict(one, "keep", tuple(keep), until_us)


def _unplanned(one: Stored, plans: Mapping[str, Sequence[Plan]], usual: Plan | None) -> list[Reason]:
    if usual is None and (one.nameless or not one.classes):
        return [reason("keep_no_class")]
    if not all(plans.get(name) for name in one.bound):
        return [reason("keep_unplanned")]
    years = [plan.years for plan in _known(one.bound, plans, usual)]
    found = [reason("keep_policy_gone")] if None in years else []
    if _endless(one.bound, plans):
        found.append(reason("keep_no_end"))
    return found + ([] if one.certain else [reason("keep_time_uncertain")])


def _not_over(until_us: int | None, plans: Sequence[Plan], now: CentreNow) -> list[Reason]:
    if until_us is None:
        return []
    until = day(until_us, plans[-1].utc_offset_min)
    if now.us < until_us:
        return [reason("keep_until", until=until)]
    found = [] if now.certain else [reason("keep_clock_behind" if now.behind else "keep_own_clock")]
    if now.witness_us is None or now.witness_us < until_us:
        found.append(reason("keep_no_witness", until=until))
    return found
