"""What stands beside the rules: left early, a roster that shrank, a changed plan, classes that nobody started or that
were put right, pictures, codes on the screen, clocks, revoked keys, chains that are not whole, unreadable records."""
from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from evidence.blocks import day, hour_span
from evidence.policy import Policy
from evidence.rules.finding import Finding, Reason, Result, reason, refs
from evidence.rules.hours import moment, named, shown_badly, times
from evidence.story import Block, RosterChange, SessionFact, Story
from evidence.times import MINUTE


def judge(story: Story, policy: Policy, as_of_us: int) -> tuple[Finding, ...]:
    """Findings that no clause states; each only where there is something to say. None of them ever flags."""
    clause = policy.r3.clause if policy.r3 else ""
    over = [block for block in story.blocks if block.over(as_of_us)]
    found = (
        _finding("left_early", clause, "warning", _left_early(story, policy, over)),
        _finding("roster", clause, "warning", _roster(story, over)),
        _finding("plan", clause, "warning", _plan(story)),
        _finding("unpressed", "", "warning", _unpressed(story)),
        _finding("corrected", "", "warning", _corrected(story)),
        _finding("video", "", "warning", _video(story)),
        _finding("picture", "", "warning", _picture(story)),
        _finding("screen_code", "", "warning", _codes(story, policy, over)),
        _finding("clock", "", "open", _clock(story, policy)),
        _finding("keys", "", "open", _keys(story)),
        _finding("chains", "", "warning", _chains(story)),
        _finding("records", "", "warning", _records(story)),
    )
    return tuple(finding for finding in found if finding.reasons)


EXPECTED_CODES = 5
"""A recording in which so many codes are expected has none by chance once in 150 times (e⁻⁵)."""
QUIET_US = 5 * MINUTE
"""A box that is switched on or off with the class may be heard so much later or earlier (ours)."""
Told = Iterator[tuple[Reason, tuple[tuple[str, str, int], ...]]]


def _finding(rule: str, clause: str, result: Result, told: Told) -> Finding:
    items = list(told)
    reasons = tuple(one for one, _ in items)
    return Finding(rule, clause, result, False, reasons, refs(found for _, found in items))


def _left_early(story: Story, policy: Policy, over: list[Block]) -> Told:
    for block in over:
        for one in block.presences:
            if one.left_early:
                said = reason("left_early", **named(story, block), trainee=one.person)
                yield said, tuple(sighting.ref for sighting in one.sightings)
        away = {one.person for one in block.presences if one.on_leave}
        edge_us = block.span.length_us * policy.block.left_early_pct.value // 100
        for who in block.attendance if policy.judges_checkins else ():
            if who.out_us is not None and who.out_us < block.span.end_us - edge_us and who.person not in away:
                at_time = moment(story, who.out_us)
                yield reason("signed_out_early", **named(story, block), trainee=who.person, at_time=at_time), who.refs


def _roster(story: Story, over: list[Block]) -> Told:
    for change in story.roster_changes:
        said = _said(story, change)
        begun = [block for block in story.blocks if change.effective_us <= block.span.start_us < change.recorded_us]
        if begun:
            yield reason("roster_backdated", **said, recorded=_day(story, change.recorded_us)), (change.ref,)
        missed = [block for block in over if block.span.start_us < change.applied_us and _misses(block, change.leaves)]
        if missed:
            told = reason("roster_shrank", **said, blocks=tuple(block.id for block in missed), count=len(missed))
            yield told, (change.ref, *refs(block.refs for block in missed))


def _misses(block: Block, person: str | None) -> bool:
    return any(one.person == person and one.answer != "shown" for one in block.presences)


def _said(story: Story, change: RosterChange) -> dict[str, str]:
    return {
        "trainee": change.leaves or change.joins or "",
        "date": _day(story, change.effective_us),
        "why": change.reason,
        "approver": change.approver,
    }


def _plan(story: Story) -> Told:
    hours = [hour for _, hour in story.plan_changed]
    if hours:
        when = tuple(times(story, hour_span(hour)) for hour in hours)
        said = reason("plan_changed", hours=tuple(hour.hour for hour in hours), when=when, count=len(hours))
        yield said, tuple(ref for ref, _ in story.plan_changed)
    if story.policy_changed:
        yield reason("policy_changed", count=len(story.policy_changed)), story.policy_changed


def _unpressed(story: Story) -> Told:
    """Recordings that the plan began and that nobody joined by a press."""
    pressed = [one for one in story.sessions if one.pressed_us is not None]
    for one in story.sessions:
        if one.pressed_us is None and not any(_together(story, one, other) for other in pressed):
            at_time = moment(story, one.start_us)
            yield reason("session_unpressed", date=_day(story, one.start_us), at_time=at_time), one.refs


def _together(story: Story, one: SessionFact, other: SessionFact) -> bool:
    """Two sessions that ran at once: the press crossed the planned start, or came in the other room of the class."""
    return max(one.start_us, other.start_us) < min(_until_us(story, one), _until_us(story, other))


def _until_us(story: Story, one: SessionFact) -> int:
    """Its end; without one that of the block for which it was begun on its day, so that it hides no later session."""
    if one.end_us is not None:
        return one.end_us
    date = _day(story, one.start_us)
    ends_us = [block.span.end_us for block in story.blocks if _day(story, block.span.start_us) == date]
    return min((end_us for end_us in ends_us if end_us > one.start_us), default=one.start_us)


def _corrected(story: Story) -> Told:
    for one in story.corrections:
        start_us = one.corrected_us if one.start_us is None else one.start_us
        said = {"date": _day(story, start_us), "at_time": moment(story, start_us),
                "recorded": _day(story, one.corrected_us), "why": one.reason}
        if one.void is not None:
            yield reason(f"corrected_{one.void}", **said, was=one.was, counts_for=one.counts_for), one.refs
        elif one.counts_for == story.class_id:
            yield reason("corrected_in", **said, was=one.was, count=one.segments), one.refs
        else:
            yield reason("corrected_out", **said, counts_for=one.counts_for), one.refs


def _video(story: Story) -> Told:
    if story.reused:
        yield reason("video_reused", count=len(story.reused)), story.reused
    if story.copied:
        count, boxes = len({copy.segment for copy in story.copied}), sorted({copy.device for copy in story.copied})
        yield reason("video_copied", count=count, boxes=tuple(boxes)), refs(copy.refs for copy in story.copied)
    if story.reused_elsewhere:
        yield reason("video_reused_elsewhere", count=len(story.reused_elsewhere)), story.reused_elsewhere


def _codes(story: Story, policy: Policy, over: list[Block]) -> Told:
    """Codes that the recording does not show, or that fell into a hole of a block that was recorded otherwise; blocks
    so long that some should have been shown, and none was."""
    percent = policy.video.usable_pct.value
    recorded = [block.span for block in over if block.covered_us * 100 >= percent * block.due_us]
    for answer in ("not_seen", "not_read", "not_recorded"):
        found = [code for code in story.codes if code.answer == answer and (answer != "not_recorded" or any(
            span.start_us <= code.start_us and code.end_us <= span.end_us for span in recorded))]
        if found:
            when = tuple(f"{_day(story, one.start_us)} {moment(story, one.start_us)}" for one in found)
            yield reason(f"code_{answer}", count=len(found), when=when), tuple(one.ref for one in found)
    rules = policy.screen_code
    for block in over if rules else ():
        shown = any(block.span.start_us <= code.start_us < block.span.end_us for code in story.codes)
        if rules and not shown and block.covered_us >= EXPECTED_CODES * rules.every_min.value * MINUTE:
            yield reason("code_never_shown", **named(story, block)), block.refs


def _picture(story: Story) -> Told:
    """Recorded, but nothing to be seen; then what is only marked; what nobody looked at, or twice."""
    for breaks in (True, False):
        for hour in story.hours:
            for said, ref in shown_badly(story, hour, [fact for fact in hour.pictures if fact.breaks == breaks]):
                yield said, (ref,)
    missing = refs(hour.unpictured for hour in story.hours)
    if missing:
        yield reason("picture_missing", count=len(missing)), missing
    if story.pictured_twice:
        yield reason("picture_twice", count=len(story.pictured_twice)), story.pictured_twice


def _clock(story: Story, policy: Policy) -> Told:
    items = [(fact.doubt, fact.ref) for fact in story.segments if fact.doubt]
    items += [(fact.doubt, fact.ref) for fact in story.checkins if fact.doubt]
    for doubt, count in sorted(Counter(doubt for doubt, _ in items).items()):
        yield reason(f"doubt_{doubt}", count=count), tuple(ref for why, ref in items if why == doubt)
    if story.centre_wrong:
        yield reason("centre_clock", count=len(story.centre_wrong)), story.centre_wrong
    if story.centre_ahead:
        yield reason("centre_ahead", count=len(story.centre_ahead)), story.centre_ahead
    if policy.bracket_us is not None and not story.receipts_whole:
        yield reason("receipts_unknown"), ()


def _keys(story: Story) -> Told:
    for one in story.revoked:
        since = f"{_day(story, one.since_us)} {moment(story, one.since_us)}"
        yield reason("key_revoked", device=one.device, since=since, count=one.count), one.refs


def _chains(story: Story) -> Told:
    """What the centre stated of the chains of the boxes; of their silence what fell into a class-hour."""
    for code in ("chain.cut", "chain.fork", "chain.left"):
        found = [one for one in story.watched if one.code == code]
        if found:
            boxes = tuple(sorted({one.device for one in found}))
            yield reason(code.replace(".", "_"), count=len(found), boxes=boxes), tuple(one.ref for one in found)
    spans = [hour_span(hour.hour) for hour in story.hours]
    silent = [one for one in story.watched if one.code == "box.silent" and any(
        one.since_us < span.end_us - QUIET_US and (one.until_us is None or one.until_us > span.start_us + QUIET_US)
        for span in spans)]
    if silent:
        boxes = tuple(sorted({one.device for one in silent}))
        since = tuple(f"{_day(story, one.since_us)} {moment(story, one.since_us)}" for one in silent)
        yield reason("box_silent", count=len(silent), boxes=boxes, since=since), tuple(one.ref for one in silent)


def _records(story: Story) -> Told:
    if story.bad_records:
        yield reason("records_unreadable", count=len(story.bad_records)), story.bad_records


def _day(story: Story, utc_us: int) -> str:
    return day(utc_us, story.order.utc_offset_min)
