"""The story of a class: what the records, folded, say happened. Facts with their records beside them, no verdicts."""
from __future__ import annotations

import dataclasses
import functools
from typing import Literal

from evidence.bodies import (
    Alarm,
    CheckIn,
    ClassOrder,
    Decision,
    Enrolment,
    Hour,
    Imported,
    Inspection,
    Leave,
    PinCheckIn,
    Review,
    RollCall,
    RosterEvent,
    Segment,
    Survey,
)
from evidence.checkin import CheckInAnswer
from evidence.liveness import Liveness
from evidence.rollcall import Answer, Why

Ref = tuple[str, str, int]
"""A record by device, chain and sequence number."""


@dataclasses.dataclass(frozen=True)
class Span:
    """From `start_us` to before `end_us`, UTC microseconds."""

    start_us: int
    end_us: int

    @property
    def length_us(self) -> int:
        return max(0, self.end_us - self.start_us)


@dataclasses.dataclass(frozen=True)
class Stretch(Span):
    """Video of one run without a gap above the policy's limit. `media_us` is its length in media time, never longer
    than CLOCK_BOOTTIME agrees to; `start_us`, `end_us` are wall-clock labels for it."""

    run: str
    camera: str
    device: str
    media_us: int
    segments: tuple[str, ...]
    refs: tuple[Ref, ...]


Doubt = Literal["simulated", "clock", "moved", "early", "ahead", "offline", "boot", "late", "step", "gaps", "revoked"]
"""Why a time is uncertain: a simulated clock that the policy does not accept; a clock that was not set, or
that was moved; a wall clock that a centre's checkpoint or receipt contradicts, or a record that came so late that
only its box says when it was made; a start of the device whose time no record tells; stated long after it was filmed;
media time and CLOCK_BOOTTIME disagree; holes above the limit are not listed."""


@dataclasses.dataclass(frozen=True)
class SegmentFact:
    """A segment record, placed on the wall clock. A segment in `doubt` is never counted as evidence."""

    ref: Ref
    segment: Segment
    span: Span
    rate: int
    """Simulated microseconds per real one; 1 on a real clock."""
    doubt: Doubt | None
    error_us: int = 0
    """By how much its place may be wrong, where it is certain: two boxes may tell one moment so differently."""

    @property
    def certain(self) -> bool:
        """False when the time of this video is uncertain."""
        return self.doubt is None

    @property
    def offset_us(self) -> int:
        """Wall clock minus CLOCK_BOOTTIME."""
        return self.span.start_us - self.segment.first_mono_us


CodeAnswer = Literal["seen", "not_seen", "not_recorded", "not_read"]


@dataclasses.dataclass(frozen=True)
class CodeFact(Span):
    """A code that the terminal showed to the room camera. "not_recorded": there is no video of all of that time;
    "not_read": nobody has looked yet."""

    ref: Ref
    answer: CodeAnswer


@dataclasses.dataclass(frozen=True)
class PictureFact(Span):
    """A time in which a camera's picture did not count, or was only marked. `ref`: the record that says it first."""

    what: Literal[
        "black", "covered", "frozen", "looped", "reused", "shared", "looped_like", "glare", "smoke", "defocus"]
    breaks: bool
    camera: str
    device: str
    ref: Ref

    @property
    def stale(self) -> bool:
        """It shows something, but not what was there then."""
        return self.what in ("frozen", "looped", "reused")

    @property
    def doubted(self) -> bool:
        """Another class or box has it too, and says that it filmed it earlier; that is not proved."""
        return self.what == "shared"


@dataclasses.dataclass(frozen=True)
class Copied:
    """A segment (its hash) of which `device` has these keyframes too (their hashes; None: the whole file), and filmed
    them earlier. `proven`: the centre held them before this segment was filmed; else `device` only says so.
    `refs`: the centre's record, and that of the box of which it speaks."""

    segment: str
    names: frozenset[str] | None
    device: str
    proven: bool
    refs: tuple[Ref, ...]


@dataclasses.dataclass(frozen=True)
class CheckInFact:
    """An attempt at the terminal with the answer that the policy gives it. `at_us`: the first sight of the face."""

    ref: Ref
    checkin: CheckIn
    at_us: int
    answer: CheckInAnswer
    person: str | None
    doubt: Doubt | None
    """Why its time is uncertain; then it is not counted."""
    liveness: Liveness
    unlikely: bool = False
    """The first sight that it claims is not believed; `at_us` is when its record was made."""
    forbidden: bool = False
    """The person had refused the use of the face, or withdrawn the consent: it is not counted."""

    @property
    def counts(self) -> bool:
        """Whether it signs anybody in or out."""
        return self.accepted and self.doubt is None

    @property
    def accepted(self) -> bool:
        """The same, whatever its time."""
        return self.answer == "accepted" and not self.forbidden

    @property
    def direction(self) -> Literal["in", "out"]:
        return self.checkin.direction


Void = Literal["unconfirmed", "stranger", "self"]
"""Why a PIN does not count: nobody confirmed it; who did is no instructor of the class, or the very person."""


@dataclasses.dataclass(frozen=True)
class PinFact:
    """Somebody signed in or out without the face. `void`: why it does not count."""

    ref: Ref
    pin: PinCheckIn
    at_us: int
    doubt: Doubt | None
    unlikely: bool
    void: Void | None

    @property
    def counts(self) -> bool:
        """Whether it signs anybody in or out."""
        return self.accepted and self.doubt is None

    @property
    def accepted(self) -> bool:
        """The same, whatever its time."""
        return self.void is None

    @property
    def person(self) -> str:
        return self.pin.person

    @property
    def direction(self) -> Literal["in", "out"]:
        return self.pin.direction


@dataclasses.dataclass(frozen=True)
class RevokedFact:
    """The centre revoked the key of a chain of a box. `count`: its records that are not believed; `since_us`: from when
    the key may have been in other hands; `refs`: the records that revoked it."""

    device: str
    keyid: str
    since_us: int
    count: int
    refs: tuple[Ref, ...]


@dataclasses.dataclass(frozen=True)
class WatchedFact:
    """The centre stated of a chain of a box that it was cut, forked or left early, or of a box that it was silent.
    `code`: of the alarm; `at_us`: when it was stated; `since_us`, `until_us`: of a silence, None: until now."""

    code: str
    device: str
    at_us: int
    since_us: int
    until_us: int | None
    ref: Ref


@dataclasses.dataclass(frozen=True)
class Attendance:
    """How one person signed in and out for one block (or class-hour). `came`: signed in for it, or signed out of it;
    `way`: by the face, if any of that was by the face. `in_us`, `out_us`: first sight at the sign-in; at the sign-out
    after which they did not come back. `late`: came, but no sign-in until the policy's `late_min` after its start."""

    person: str
    came: bool
    way: Literal["face", "pin", "none"]
    in_us: int | None
    out_us: int | None
    late: bool
    refs: tuple[Ref, ...]


@dataclasses.dataclass(frozen=True)
class EnrolmentFact:
    """A face was enrolled. `consented`: a record of the person's consent stands behind it; `ordered`: for templates of
    another box, whether an order of the centre let them move here."""

    ref: Ref
    enrolment: Enrolment
    at_us: int
    consented: bool
    ordered: bool


@dataclasses.dataclass(frozen=True)
class SessionFact:
    """From its start, by a press or by the plan, to its end; `end_us` is None while it runs."""

    session: str
    device: str
    start_us: int
    end_us: int | None
    refs: tuple[Ref, ...]
    pressed_us: int | None
    """When somebody first pressed start; None: nobody did, the plan began it."""
    reason: str = ""
    """Why it was ended before its time."""


@dataclasses.dataclass(frozen=True)
class CorrectionFact:
    """A session whose class was put right. `was`: for which class it counted before the latest correction. `void`: why
    that does not count; then `counts_for` is only what it says."""

    session: str
    device: str
    counts_for: str
    was: str
    start_us: int | None
    """When it was started, if its start is among the records."""
    corrected_us: int
    reason: str
    segments: int
    """How many of its files count for the class of the story."""
    refs: tuple[Ref, ...]
    """Its corrections."""
    void: Literal["late", "unsure", "unstarted"] | None = None


@dataclasses.dataclass(frozen=True)
class Sighting:
    """When in which segment a trainee was shown, and how sure the match was."""

    person: str
    segment: str
    ref: Ref
    first_us: int
    last_us: int
    shown_us: int
    """UTC of the best sight."""
    score_ppm: int
    pointed: bool
    """True when a person pointed the trainee out in a frame."""
    by: str = ""
    """That person."""
    proof: str | None = None
    """SHA-256 of the sealed picture of the best sight, as it lies on the box; None: none was kept."""


@dataclasses.dataclass(frozen=True)
class BareFaceFact(Span):
    """A bare-face roll call for which the terminal asked, and when it was held (else when it was answered). One that
    does not count was not over when it was stated, or its time is uncertain, or it is called held without the word of
    an instructor of the class."""

    ref: Ref
    result: Literal["held", "put_off", "unanswered"]
    confirmed_by: str | None
    counts: bool

    @property
    def held(self) -> bool:
        """Whether it was held, and that counts."""
        return self.counts and self.result == "held"


@dataclasses.dataclass(frozen=True)
class LeftOutFact:
    """The roll call left out a segment (its record), and alarms (`refs`) say why. `start_us`: UTC, of the segment."""

    refs: tuple[Ref, ...]
    segment: Ref
    start_us: int
    why: Literal["gone", "differs", "died", "unreadable"]


@dataclasses.dataclass(frozen=True)
class PackRefusedFact:
    """A box makes no roll call of the class with its model pack (`ref`: its alarm): `few` have a face there, or they
    show that the pack is too `loose`. It said so after its last roll call of the class."""

    ref: Ref
    device: str
    why: Literal["few", "loose"]


@dataclasses.dataclass(frozen=True)
class PosterFact:
    """So many things that look like people a camera always shows. `refs`: the roll calls of the first and the last
    segment that tell it, and of the one that shows fewest."""

    device: str
    camera: str
    count: int
    refs: tuple[Ref, ...]


@dataclasses.dataclass(frozen=True)
class RosterChange:
    """Somebody joined or left the roster. It holds from `applied_us`: its effective time, never before its record."""

    ref: Ref
    kind: Literal["enrolment", "late_entry", "withdrawal", "substitution", "order"]
    """"order": a later plan of the class has another roster, and no roster event had said so."""
    joins: str | None
    leaves: str | None
    effective_us: int
    recorded_us: int
    reason: str
    approver: str

    @property
    def applied_us(self) -> int:
        return max(self.effective_us, self.recorded_us)


@dataclasses.dataclass(frozen=True)
class Presence:
    """One trainee in one block (or class-hour): the roll call's answer, and whether the person checked in."""

    person: str
    answer: Answer
    checked_in: bool
    on_leave: bool
    sightings: tuple[Sighting, ...]
    proven: bool
    """Whether any sighting is in video whose picture was looked at: nobody sees of a face that its picture is old."""
    left_early: bool
    why: tuple[Why, ...] = ()
    """Why the person is not identifiable, or covered."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Occasion:
    """What was recorded, and who was shown, within a part of the plan: a block, or one class-hour."""

    id: str
    span: Span
    block: str
    """The block it is, or lies in."""
    roster: tuple[str, ...]
    """The trainees who are due: the roster in force when it starts, or the list of a make-up."""
    presences: tuple[Presence, ...]
    """One for each of the roster."""
    others: tuple[Sighting, ...]
    """Where those are shown who are not due, like instructors: a name that does not hold shows nobody."""
    attendance: tuple[Attendance, ...]
    """One for each of the roster: how they signed in and out."""
    teachers: tuple[Attendance, ...]
    """One for each instructor of the plan that was in force when it starts."""
    headcount_max: int
    """Most people in view at one moment, all cameras and rooms together, smoothed: to be shown, nothing is decided by
    it."""
    headcount_due: int
    """Never fewer heads than any one picture shows at a moment, all cameras and rooms together, without those who are
    named and not due: instructors, and who is not on the roster. What looks like a person and never moved counts, but
    for what never does. What is compared with the roster."""
    still_heads: int
    """How many of these are there only because what never moved counts."""
    posters: tuple[PosterFact, ...]
    """What always stands before the cameras of its video and is in no headcount."""
    counted: bool
    """The headcount counts people, not faces alone: of who looks away or sits far off a face is not seen."""
    in_view: int
    """As `headcount_due`, with everybody, and without what never moved. 0: nobody was found at all, and nobody can say
    whether the room was empty or the camera looked elsewhere."""
    mean_ppm: tuple[int, int] | None
    """The mean number of people in view, without instructors, and of named instructors, times a million."""
    in_two_rooms: tuple[str, ...]
    """Who was named in two rooms at the same time. Neither counts."""
    gear: bool
    """Protective gear is worn."""
    bareface: tuple[BareFaceFact, ...]
    """The bare-face roll calls asked for within it."""
    bareface_looked: tuple[BareFaceFact, ...]
    """Those of them that say how many people there were: held, seen well, and looked at for people."""
    bareface_heads: int | None
    """As `headcount_due`, while any of these was held, the most. None: there were no two of them far enough apart."""
    alone: bool
    """In gear: people were counted, faces or not, and nobody was ever in view but whom the roll calls name."""
    lacking: tuple[str, ...]
    """Cameras that showed a whole block of the class before, and now clearly less than others of their box: what they
    would show is missing from the headcount."""
    unfilmed: tuple[str, ...]
    """Rooms with a box that recorded nothing for more of it than a good picture may lack, though it had a session or
    was off, and somebody who signed in and may sit there is shown nowhere (heads.py)."""
    hazy: tuple[str, ...]
    """Cameras whose picture was dark, dazzled, as in smoke, out of focus, covered or an old one for more of it than a
    good picture may be."""
    due_us: int
    """Sum of its class-hours."""
    covered_us: int
    """Recorded time inside its class-hours: the union of all cameras."""
    usable_us: int
    """The same without what shows nothing: black, covered, frozen, looped or reused pictures."""
    pictured_us: int
    """Of that, what has a picture record, under a policy that judges these."""
    doubtful_us: int
    """Video that may belong here, but whose time is uncertain."""
    roll_called: bool
    """Every segment of it has its roll call, or was left out."""
    pack_refused: tuple[PackRefusedFact, ...]
    """Of the boxes whose video still waits for its roll call, those that make none."""
    unlooked: tuple[Ref, ...]
    """Its segments of which the roll call could not look at all the pictures that it was to look at, or at none."""
    left_out: tuple[LeftOutFact, ...]
    """Of these, those of which it looked at none."""
    unlooked_us: int
    """How much of it is in these, and in no other video of that time."""
    pictures: tuple[PictureFact, ...]
    """What does not count, or is marked, within it; in order of time."""
    whole: bool
    """Nearly all of it was recorded."""
    picture_good: bool
    maybe_signed: tuple[str, ...]
    """Who is due, is not shown, and has no sign-in but one whose time is uncertain, that may be of it."""
    time_certain: bool
    """Nothing of it is in doubt by its time: neither too much of its video, nor a sign-in."""
    make_up: bool
    review: Review | None
    review_old: bool
    """The roll calls are other ones now than when it was reviewed."""
    refs: tuple[Ref, ...]
    """The records it rests on."""
    films: tuple[Ref, ...]
    """Of these, the ones of its video."""
    calls: tuple[Ref, ...]
    """Of these, the roll calls of its video."""
    counting: tuple[Ref, ...]
    """Of these, the one of each segment that counts its heads, and the faces without a name."""
    awaited: tuple[str, ...]
    """The rooms whose box has not reported past its end."""
    settled_us: int
    """From then on it is judged: at its end, or a while later when a box has not reported past it."""

    @property
    def looked_through(self) -> bool:
        """There is video whose time is certain, and all of it has its roll call. Else nobody is absent from it."""
        return bool(self.calls) and self.roll_called

    @property
    def tells_absent(self) -> bool:
        """Whether somebody may be called absent from it: nearly all was recorded and looked through, with nothing left
        out, and every time is certain, or somebody reviewed it."""
        return self.review is not None or (
            self.whole and self.looked_through and not self.unlooked and self.time_certain)

    def fewer_than(self, due: int) -> bool:
        """Whether there were surely fewer people than so many all along. Where faces alone were counted in a part of
        it, the bare-face roll calls must say so, in which people were."""
        if not self.in_view or self.headcount_due >= due:
            return False
        return self.counted or (self.bareface_heads is not None and self.bareface_heads < due)

    def over(self, as_of_us: int) -> bool:
        """Whether it is over, and its records are here or late."""
        return self.settled_us <= as_of_us


@dataclasses.dataclass(frozen=True, kw_only=True)
class HourStory(Occasion):
    """One class-hour of the plan: what was recorded inside it, who was shown inside it."""

    hour: Hour
    stretches: tuple[Stretch, ...]
    """Clipped to the class-hour; those of all cameras, in order of time."""
    longest_us: int
    """Media time of the longest single stretch; what breaks it does not count."""
    looked_us: int
    """The same of what somebody looked at, and what is not in doubt: its segments have a picture record (under a policy
    that judges no picture: a roll call), and nobody says to have filmed it earlier."""
    unpictured: tuple[Ref, ...]
    """Its segments without a picture record, though the policy judges these and their box has reported past them."""
    fresh_us: int
    """Recorded time (the union of all cameras) without frozen, looped and reused pictures and what is in doubt."""
    sure_us: int
    """Of that, what has a picture record, under a policy that judges these."""
    gaps: tuple[Span, ...]
    """What no camera recorded."""
    uncertain: tuple[Span, ...]
    """What is recorded by video of uncertain time only; it does not count."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Block(Occasion):
    """Contiguous class-hours of one half-day: what R3 calls one recording. `id` like 2026-03-02-am."""

    hours: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class RemovalFact:
    """A record says that a segment (its hash) was removed: not before `least_us`, not after `most_us` (None: nobody
    knows), UTC microseconds. Where the clock is believed both are the same."""

    ref: Ref
    segment: str
    least_us: int
    most_us: int | None


@dataclasses.dataclass(frozen=True)
class Longer:
    """What keeps the video of a class beyond its last class-hour. `known_us`: when the centre first stated it;
    `until_us`: the years count from then on at the earliest, None while a dispute is not over."""

    what: Literal["assessment", "dispute"]
    known_us: int
    until_us: int | None
    reason: str
    refs: tuple[Ref, ...]


@dataclasses.dataclass(frozen=True)
class HoldFact:
    """A hold of the video of a class, once for each time that it was placed: from `from_us`, when the centre stated it,
    to `until_us`, when it stated that it is lifted; None while it is not. `reason`: why it was placed."""

    hold: str
    from_us: int
    until_us: int | None
    reason: str
    refs: tuple[Ref, ...]

    def when(self, at_us: int) -> bool:
        """Whether it was placed at that moment."""
        return self.from_us <= at_us and (self.until_us is None or at_us < self.until_us)


@dataclasses.dataclass(frozen=True)
class ObjectionStep:
    """One thing that was said of an objection: how it stood from then on, who said what (`text`: the objection itself,
    or an answer to it)."""

    state: Literal["raised", "answered", "withdrawn", "upheld", "rejected"]
    at_us: int
    by: str
    text: str
    ref: Ref


@dataclasses.dataclass(frozen=True)
class ObjectionFact:
    """An objection of a school or of a trainee (`person`), and what became of it. `by`: who brought it; `handled_by`,
    `answer`: of the last word; `dispute`: what holds the video for it; `refs`: its records, in order; `steps`: all
    that was said of it, in the same order; `timed`: it was put on record by a clock that was set, so that it may be
    late."""

    objection: str
    source: Literal["school", "trainee"]
    person: str | None
    text: str
    by: str
    dispute: str | None
    raised_us: int
    state: Literal["raised", "answered", "withdrawn", "upheld", "rejected"]
    changed_us: int
    answer: str
    handled_by: str
    refs: tuple[Ref, ...]
    steps: tuple[ObjectionStep, ...]
    timed: bool = True

    @property
    def open(self) -> bool:
        """Whether it has not come to an end."""
        return self.state in ("raised", "answered")


VoidDecision = Literal[
    "unsaid", "nothing", "no_ground", "running", "no_first", "same_person", "reviewer", "objection", "not_final",
    "clock", "one_hand", "fresh"]
"""Why a decision does not count: without a reason or an account; R3 was clear; too few recordings for the consequence;
another one runs; it names no first one that runs; both by one account; its maker reviewed; an objection was open; it
reopens what is not final; no clock says from when the notice runs; one of both accounts was opened by the other; its
account was made or opened just before."""


@dataclasses.dataclass(frozen=True)
class DecisionFact:
    """What somebody decided. `hash`: of the record's payload; `void`: why it does not count; `opened_by`: the accounts
    that had made that of the decider, or opened it (hands.py)."""

    ref: Ref
    at_us: int
    hash: str
    decision: Decision
    void: VoidDecision | None
    opened_by: tuple[str, ...] = ()


RoundState = Literal["none", "first", "decided", "returned", "disagreed", "stale"]
RoundChange = Literal["verdict", "recordings", "policy", "objection", "reopened"]


@dataclasses.dataclass(frozen=True)
class Round:
    """The last round of two persons, and where it stands. `changed`: what made it stale; `since_us`: from when its
    public notice runs, no earlier than anything that was said before; `reopening`: somebody says that what is final be
    decided anew, and a second person has not answered."""

    state: RoundState = "none"
    first: DecisionFact | None = None
    second: DecisionFact | None = None
    changed: tuple[RoundChange, ...] = ()
    since_us: int = 0
    reopening: DecisionFact | None = None


@dataclasses.dataclass(frozen=True)
class InspectionFact(Span):
    """An inspection as the centre stated it last. `void`: why it does not count: it was not over when it was stated, it
    ends before it begins, or no plan has a class-hour on its days. `refs`: its records, the newest last."""

    inspection: Inspection
    void: Literal["ahead", "backwards", "outside"] | None
    refs: tuple[Ref, ...]


@dataclasses.dataclass(frozen=True)
class SurveyFact:
    """The newest survey of the class. `void`: it was not closed when it was stated, or its numbers cannot be: more
    people answered than were asked, or more are satisfied than answered."""

    ref: Ref
    survey: Survey
    closed_us: int
    void: Literal["ahead", "numbers"] | None


@dataclasses.dataclass(frozen=True)
class ImportFact:
    """What another system or paper says for one rule, as it was stated last. `whole`: it has the part of its rule, and
    no other; else it does not count."""

    ref: Ref
    imported: Imported
    whole: bool


@dataclasses.dataclass(frozen=True)
class LookFact:
    """A supervisor looked: at a live picture, at a recording, at check-ins (`what`)."""

    ref: Ref
    what: str
    at_us: int


@dataclasses.dataclass(frozen=True)
class Story:
    """Everything that a page or a rule needs to know of one class."""

    class_id: str
    order: ClassOrder
    order_ref: Ref
    roster_changes: tuple[RosterChange, ...]
    """In the order in which they apply."""
    plan_changed: tuple[tuple[Ref, Hour], ...]
    """Class-hours that had begun when a later plan (the record) changed or dropped them."""
    policy_changed: tuple[Ref, ...]
    """Later plans under another policy, or another version of it."""
    roster_events: tuple[tuple[Ref, RosterEvent], ...]
    leaves: tuple[tuple[Ref, Leave], ...]
    sessions: tuple[SessionFact, ...]
    corrections: tuple[CorrectionFact, ...]
    """Sessions that were put right, and count or counted for this class."""
    segments: tuple[SegmentFact, ...]
    reused: tuple[Ref, ...]
    """Records of video whose bytes another record has as another file."""
    reused_elsewhere: tuple[Ref, ...]
    """Records of the centre: video of this class has the bytes of video of another class or another box."""
    copied: tuple[Copied, ...]
    """Video of this class that the centre held as that of another class or box before it was filmed. What of it does
    not count stands with the pictures."""
    pictured_twice: tuple[Ref, ...]
    """Picture records that say something else than the first one of their segment. They count for nothing."""
    removed: tuple[RemovalFact, ...]
    codes: tuple[CodeFact, ...]
    checkins: tuple[CheckInFact, ...]
    """By the face, refused ones too; in order of time."""
    pins: tuple[PinFact, ...]
    """In order of time; under a policy from before they were judged none counts."""
    enrolments: tuple[EnrolmentFact, ...]
    """In order of time."""
    faceless: tuple[str, ...]
    """Who refused the use of the face or withdrew the consent, as their last word."""
    longer: tuple[Longer, ...]
    """Assessments and disputes, which keep the video longer."""
    holds: tuple[HoldFact, ...]
    """In order of time."""
    rollcalls: tuple[tuple[Ref, RollCall], ...]
    rollcalls_void: tuple[Ref, ...]
    """Roll calls that do not count: of another box than the one that filmed, or with numbers that cannot be."""
    pointed_void: tuple[Ref, ...]
    """Records of pointing somebody out that do not count: nobody of the roster, no moment of video of the class whose
    time is certain, or nobody says who pointed."""
    reviews_void: tuple[Ref, ...]
    """Reviews that do not count: without a reason, or without a name, or of what the plan had at another time then."""
    alarms: tuple[tuple[Ref, Alarm, int], ...]
    """Record, what it says, UTC."""
    hours: tuple[HourStory, ...]
    blocks: tuple[Block, ...]
    simulated: bool
    """Some record was made with a simulated clock: this is not real."""
    liveness_checked: bool
    """False if any accepted check-in had no liveness check."""
    last_us: int
    """UTC of the latest record."""
    unknown_records: int
    """Records of types that this version does not know; verified, kept, not told."""
    bad_records: tuple[Ref, ...]
    """Records of this class whose body cannot be read; verified, kept, not told."""
    revoked: tuple[RevokedFact, ...] = ()
    """Boxes of the class whose key was revoked."""
    watched: tuple[WatchedFact, ...] = ()
    """What the centre stated of the chains of its boxes since the class was planned; in order of time."""
    centre_wrong: tuple[Ref, ...] = ()
    """Receipts (the record up to which each was given) and checkpoints (the record that names each) whose times
    contradict each other: the clock of the centre was wrong."""
    centre_ahead: tuple[Ref, ...] = ()
    """Records of the centre about the class that say a later time than a later alarm about its clock."""
    reviewed: tuple[tuple[Ref, Review], ...] = ()
    """Every review of the class, also those that do not count (any more)."""
    objections: tuple[ObjectionFact, ...] = ()
    objections_void: tuple[Ref, ...] = ()
    """Records of objections that do not count."""
    decisions: tuple[DecisionFact, ...] = ()
    round: Round = Round()
    """By the records of the decisions alone; `evidence.standing` holds it against the findings of now."""
    inspections: tuple[InspectionFact, ...] = ()
    """In order of time."""
    survey: SurveyFact | None = None
    imported: tuple[ImportFact, ...] = ()
    """One for each rule at most."""
    looks: tuple[LookFact, ...] = ()
    """Of supervisors, in order of time."""
    receipts_whole: bool = True
    """False if nobody vouches that all receipts are here: what came late cannot be told from what came in time."""

    def fact_of(self, rule: str) -> ImportFact | None:
        """What was imported for a rule."""
        return next((one for one in self.imported if one.imported.rule == rule), None)

    @functools.cached_property
    def signs(self) -> tuple[CheckInFact | PinFact, ...]:
        """All attempts to sign in or out, by the face and by PIN, in order of time."""
        return tuple(sorted((*self.checkins, *self.pins), key=lambda one: (one.at_us, one.ref)))
