"""What an inspector should know of the check-ins at the terminal: the share of PINs, what did not count and why, and
how many attempts were refused. That attempts were refused is a number and says nothing against a class."""
from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from evidence.policy import Policy
from evidence.rules.finding import Finding, Reason, reason, refs
from evidence.rules.hours import named
from evidence.story import Block, PinFact, Ref, Story

Told = Iterator[tuple[Reason, tuple[Ref, ...]]]


def judge(story: Story, policy: Policy, as_of_us: int) -> tuple[Finding, ...]:
    """One finding `checkins` where there is something to say, under a policy that judges check-ins."""
    if not policy.judges_checkins:
        return ()
    over = [block for block in story.blocks if block.over(as_of_us)]
    warned = [*_pin_share(policy, over), *_confirmed_from_afar(story, over), *_void(story), *_not_counted(story)]
    found = [*warned, *_refused(story)]
    if not found:
        return ()
    reasons, records = tuple(said for said, _ in found), refs(refs for _, refs in found)
    return (Finding("checkins", "", "warning" if warned else "satisfied", False, reasons, records),)


def _pin_share(policy: Policy, over: list[Block]) -> Told:
    """Sign-ins of trainees, one for each block. Whoever has a right to the PIN is counted too: people look why."""
    limit = policy.checkin.pin_share_pct
    signed = [one for block in over for one in block.attendance if one.came]
    pins = [one for one in signed if one.way == "pin"]
    if limit is not None and len(pins) * 100 > limit.value * len(signed):
        share = len(pins) * 100 // len(signed)
        said = reason("pin_share", pins=len(pins), count=len(signed), percent=share, limit=limit.value)
        yield said, refs(one.refs for one in pins)


def _confirmed_from_afar(story: Story, over: list[Block]) -> Told:
    """PINs that an instructor confirmed who did not sign in to that block."""
    for block in over:
        here, refs_here = {one.person for one in block.teachers if one.came}, set(block.refs)
        found = [pin for pin in story.pins if pin.counts and pin.ref in refs_here and pin.pin.confirmed_by not in here]
        if found:
            who = tuple(sorted({str(pin.pin.confirmed_by) for pin in found}))
            said = reason("pin_confirmer_away", **named(story, block), trainees=who, count=len(found))
            yield said, tuple(pin.ref for pin in found)


def _void(story: Story) -> Told:
    for void in ("unconfirmed", "self", "stranger"):
        found = [pin for pin in story.pins if pin.void == void]
        if found:
            yield reason(f"pin_{void}", count=len(found), trainees=_people(found)), tuple(pin.ref for pin in found)


def _not_counted(story: Story) -> Told:
    forbidden = [fact for fact in story.checkins if fact.forbidden]
    if forbidden:
        who = tuple(sorted({str(fact.person) for fact in forbidden}))
        said = reason("checkins_forbidden", count=len(forbidden), trainees=who)
        yield said, tuple(fact.ref for fact in forbidden)
    unlikely = tuple(fact.ref for fact in story.signs if fact.unlikely)
    if unlikely:
        yield reason("checkins_unlikely", count=len(unlikely)), unlikely


def _refused(story: Story) -> Told:
    """Every answer but accepted, in the order of how often it came."""
    counted = Counter(str(fact.answer) for fact in story.checkins if fact.answer != "accepted")
    for answer, count in sorted(counted.items(), key=lambda item: (-item[1], item[0])):
        yield reason(f"refused_{answer}", count=count), tuple(f.ref for f in story.checkins if f.answer == answer)


def _people(found: list[PinFact]) -> tuple[str, ...]:
    return tuple(sorted({pin.person for pin in found}))
