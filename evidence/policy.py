"""A policy: what one document demands, each number with its clause or marked as ours.

A policy is a TOML file. A rule is a table (`[r1]` … `[r9]`, `[o1]` … `[o11]`); a rule without a table is off, because
the document does not state it, and then no finding of that rule exists. A number is
`{ value = 3, clause = "三 二(三)2", quote = "3次及以上" }`, its first word a key of `documents`,
or `{ value = 60, source = "ours", why = "…" }`.
"""
from __future__ import annotations

import dataclasses
import functools
import tomllib
import typing
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from evidence.canonical import MAX_BYTES, sha256_hex
from evidence.errors import BadShape
from evidence.records import Id
from evidence.rollcall import Limits
from evidence.shape import Between, decode
from evidence.times import HOUR, MINUTE, SECOND


@dataclasses.dataclass(frozen=True)
class Number:
    """A whole number and where it comes from: a clause (with its words), or `source = "ours"` (with why)."""

    value: int
    clause: str = ""
    quote: str = ""
    source: Literal["", "ours"] = ""
    why: str = ""


@dataclasses.dataclass(frozen=True)
class Rule:
    """A rule that is on: the clause that states it, and its words."""

    clause: str
    quote: str


@dataclasses.dataclass(frozen=True)
class R1(Rule):
    """`tolerance_s`: how many seconds of a theory class-hour may be missing, in sum."""

    tolerance_s: Annotated[Number, Between(0, 600)]


@dataclasses.dataclass(frozen=True)
class R2(Rule):
    """`minutes`: length of the unbroken stretch in each practical class-hour."""

    minutes: Annotated[Number, Between(1, 240)]


@dataclasses.dataclass(frozen=True)
class R3(Rule):
    """`limit`: from how many occasions on the class loses its subsidy. `occasion`: what is counted as one."""

    limit: Annotated[Number, Between(1, 100)]
    occasion: Literal["block", "class_hour"]
    basis: Literal["enrolled"]


@dataclasses.dataclass(frozen=True)
class R7(Rule):
    """`years`: how long video is kept after the last class-hour; `copies`: in so many places a whole copy is to lie for
    so long; None: no policy asks for a second one."""

    years: Annotated[Number, Between(1, 30)]
    copies: Annotated[Number | None, Between(1, 3)] = None


@dataclasses.dataclass(frozen=True)
class R8(Rule):
    """`recorded`: a make-up class-hour is recorded in full, whatever its kind; `consent`: the authority must agree."""

    recorded: bool = False
    consent: bool = False


@dataclasses.dataclass(frozen=True)
class R9(Rule):
    """`least_pct`: answers of a smaller share of those who were asked say nothing; None in policies of before."""

    percent: Annotated[Number, Between(0, 100)]
    least_pct: Annotated[Number | None, Between(0, 100)] = None


@dataclasses.dataclass(frozen=True)
class O1(Rule):
    people: Annotated[Number, Between(1, 1000)]


@dataclasses.dataclass(frozen=True)
class O2(Rule):
    """`ratio`: trainees per teacher and per workplace. `teachers`: at least so many, where a document says it."""

    ratio: Annotated[Number, Between(1, 1000)]
    teachers: Annotated[Number | None, Between(1, 100)] = None


@dataclasses.dataclass(frozen=True)
class O3(Rule):
    minutes: Annotated[Number, Between(1, 240)]


@dataclasses.dataclass(frozen=True)
class Share(Rule):
    """O4, O5."""

    percent: Annotated[Number, Between(0, 100)]


@dataclasses.dataclass(frozen=True)
class O6(Rule):
    hours: Annotated[Number, Between(1, 10_000)]


@dataclasses.dataclass(frozen=True)
class O8(Rule):
    months: Annotated[Number, Between(1, 120)]


@dataclasses.dataclass(frozen=True)
class O10(Rule):
    """`small`, `middle`, `large`: the caps of apprentices a year. Which of them holds for whom the imported fact says.
    None in policies of before."""

    small: Annotated[Number | None, Between(1, 100_000)] = None
    middle: Annotated[Number | None, Between(1, 100_000)] = None
    large: Annotated[Number | None, Between(1, 100_000)] = None

    @property
    def caps(self) -> tuple[int, ...]:
        """Those that the policy names, the smallest first."""
        return tuple(sorted(one.value for one in (self.small, self.middle, self.large) if one is not None))


@dataclasses.dataclass(frozen=True)
class O11(Rule):
    minutes: Annotated[Number, Between(1, 240)]


@dataclasses.dataclass(frozen=True)
class Video:
    """When video counts. `max_gap_ms`: longest hole in a stretch; `step_tolerance_ms`: how far media time and
    CLOCK_BOOTTIME may disagree, in real time. `usable_pct`: less recorded than this share of a block is no usable
    video; `good_cover_pct`, `bad_picture_pct`: at least so much recorded and at most so many dark frames is a good
    picture; `black_pct`: from this share of dark frames on a segment is black and breaks a stretch. `settle_min`: so
    long after its end a recording is sealed and sent; a box that has not reported past it by then is late."""

    max_gap_ms: Annotated[Number, Between(100, 60_000)]
    step_tolerance_ms: Annotated[Number, Between(100, 60_000)]
    usable_pct: Annotated[Number, Between(1, 100)]
    good_cover_pct: Annotated[Number, Between(1, 100)]
    bad_picture_pct: Annotated[Number, Between(0, 100)]
    black_pct: Annotated[Number, Between(1, 100)]
    settle_min: Annotated[Number, Between(0, 240)]


@dataclasses.dataclass(frozen=True)
class ClockRules:
    """When a centre's word contradicts the clock of a box. `skew_s`: so far two clocks that are set may differ;
    `offline_h`: a record that comes later than this after its own time may have been made at any time before."""

    skew_s: Annotated[Number, Between(1, 3600)]
    offline_h: Annotated[Number, Between(1, 8760)]


@dataclasses.dataclass(frozen=True)
class PictureRules:
    """When a picture does not count. Grey levels are ppm of white, those of thumbs sixteenths of a level (of 255).

    `least_s`: black, covered and what is only marked last at least so long. `black_luma_ppm`: at most so bright is
    black; `covered_contrast_ppm`, `covered_relief`: neither black nor covered above this contrast; covered where the
    thumb bends no more than this. `frozen_change_ppm`, `frozen_s`: keyframes that differ by no more, for so long.
    `loop_keyframes`: so many different keyframes that were there before, byte for byte. `loop_pictures`: so many moving
    pictures in a row that resemble earlier ones; `loop_motion`: how unlike its neighbours such a picture must be;
    `loop_like_pct`: how like the earlier one, in percent of that. `glare_ppm`: share of bright pixels;
    `smoke_contrast_pct`, `defocus_detail_pct`: at most so much of the camera's usual contrast, detail."""

    least_s: Annotated[Number, Between(1, 600)]
    black_luma_ppm: Annotated[Number, Between(0, 500_000)]
    covered_contrast_ppm: Annotated[Number, Between(0, 500_000)]
    covered_relief: Annotated[Number, Between(0, 4080)]
    frozen_change_ppm: Annotated[Number, Between(0, 100_000)]
    frozen_s: Annotated[Number, Between(1, 600)]
    loop_keyframes: Annotated[Number, Between(2, 1000)]
    loop_pictures: Annotated[Number, Between(2, 1000)]
    loop_motion: Annotated[Number, Between(1, 4080)]
    loop_like_pct: Annotated[Number, Between(1, 99)]
    glare_ppm: Annotated[Number, Between(1, 1_000_000)]
    smoke_contrast_pct: Annotated[Number, Between(1, 99)]
    defocus_detail_pct: Annotated[Number, Between(1, 99)]


@dataclasses.dataclass(frozen=True)
class RollCallRules:
    """Why somebody is not identified. `frontal_ppm`: a face never seen straighter is turned away; `light_ppm`: no
    brighter is dark; `sharp_ppm`: less sharp is blurred; `cover_ppm`: so covered wears a mask. `near_ppm`: so close
    below the threshold a face may be the trainee whom it resembles most. `often_pct`: from so many faces a picture on,
    in percent, that tell nothing, anybody may be among them. `still_ppm`: a face that moves less, in ppm of its width,
    is a still picture; `reach_pct`: nobody is absent by models that find no face narrower than so many percent of
    what they can name (`evidence.rollcall.reaches`). None in policies under which nobody asks."""

    frontal_ppm: Annotated[Number, Between(0, 1_000_000)]
    light_ppm: Annotated[Number, Between(0, 1_000_000)]
    sharp_ppm: Annotated[Number, Between(0, 1_000_000)]
    cover_ppm: Annotated[Number, Between(1, 1_000_000)]
    near_ppm: Annotated[Number, Between(0, 1_000_000)]
    often_pct: Annotated[Number, Between(1, 10_000)]
    still_ppm: Annotated[Number | None, Between(1, 1_000_000)] = None
    reach_pct: Annotated[Number | None, Between(1, 100)] = None


@dataclasses.dataclass(frozen=True)
class Blocks:
    """What a block is. `pause_min`: a longer pause between class-hours divides a half-day; `checkin_before_min`: how
    long before its start a check-in counts; `left_early_pct`: shown only in the first or only in the last such share of
    it is told as left early."""

    pause_min: Annotated[Number, Between(0, 240)]
    checkin_before_min: Annotated[Number, Between(0, 240)]
    left_early_pct: Annotated[Number, Between(1, 50)]


@dataclasses.dataclass(frozen=True)
class CheckIns:
    """`liveness_required`: no check-in is accepted without a passed check. `min_votes`: frames that must agree.

    None in policies from before they were judged: `late_min`: so long after the start of a block nobody is late;
    `pin_share_pct`: more sign-ins by PIN than this share are told; `false_match_ppm`: a pack is used only where the
    share of strangers that its threshold would take for somebody is at most this."""

    liveness_required: bool
    min_votes: Annotated[Number, Between(1, 100)]
    late_min: Annotated[Number | None, Between(0, 240)] = None
    pin_share_pct: Annotated[Number | None, Between(0, 100)] = None
    false_match_ppm: Annotated[Number | None, Between(1, 1_000_000)] = None


@dataclasses.dataclass(frozen=True)
class LivenessRules:
    """When a face is alive. `live_pct`: at least this share of a window's scored frames passes the passive check;
    `fake_pct`: at most this share passes, then no gesture makes it live; `bad_pct`: with more frames than this share
    unfit to be scored, nothing is said.

    `challenge`: gestures are asked of everybody, only when the passive check is unsure or missing, or besides of one in
    `one_in` by chance. `gestures`: how many, one after the other; `gesture_s`: seconds for each; `alike_pct`: share of
    the frames in which the face must still be that of the person, of those at rest and of those of each gesture."""

    live_pct: Annotated[Number, Between(1, 100)]
    fake_pct: Annotated[Number, Between(0, 99)]
    bad_pct: Annotated[Number, Between(0, 100)]
    challenge: Literal["always", "unsure", "random"]
    one_in: Annotated[Number, Between(1, 1000)]
    gestures: Annotated[Number, Between(1, 4)]
    gesture_s: Annotated[Number, Between(2, 60)]
    alike_pct: Annotated[Number, Between(1, 100)]


@dataclasses.dataclass(frozen=True)
class ScreenCode:
    """The terminal shows a code to the room camera, on average every `every_min` minutes, at random: `marks` marks one
    after the other, each for `mark_s` seconds."""

    every_min: Annotated[Number, Between(1, 600)]
    marks: Annotated[Number, Between(1, 8)]
    mark_s: Annotated[Number, Between(2, 60)]


@dataclasses.dataclass(frozen=True)
class BareFaceRules:
    """In a block with protective gear the terminal asks for a bare-face roll call `after_min` minutes after the gear is
    first worn, again `again_min` after it was put off, for `answer_min` each time; faces are shown for `show_s`."""

    after_min: Annotated[Number, Between(1, 240)]
    again_min: Annotated[Number, Between(1, 240)]
    answer_min: Annotated[Number, Between(1, 60)]
    show_s: Annotated[Number, Between(10, 600)]


@dataclasses.dataclass(frozen=True)
class DecisionRules:
    """`notice_days`: so long after the second decision is the public notice (公示), before it is final.
    `account_hours`: so long after it was made or opened an account decides nothing; None: not asked."""

    notice_days: Annotated[Number, Between(0, 365)]
    account_hours: Annotated[Number | None, Between(0, 720)] = None


@dataclasses.dataclass(frozen=True)
class Policy:
    """One document, made computable. `documents`: short name in clauses → document number."""

    id: Id
    title: str
    title_en: str
    documents: Mapping[str, str]
    video: Video
    block: Blocks
    checkin: CheckIns
    clock: ClockRules | None = None
    """None in policies from before receipts and checkpoints were held against the clock of a box."""
    picture: PictureRules | None = None
    """None in policies from before pictures were judged: only the roll call's dark frames count then."""
    rollcall: RollCallRules | None = None
    """None in policies from before it was told why somebody is not identified: the limits of `evidence.rollcall`."""
    screen_code: ScreenCode | None = None
    bareface: BareFaceRules | None = None
    """None in policies from before bare-face roll calls were asked for."""
    liveness: LivenessRules | None = None
    """None in policies from before liveness was judged from measurements: the word of the record counts."""
    decision: DecisionRules | None = None
    """None in policies from before decisions were recorded: they are final at once."""
    accept_test_keys: bool = False
    accept_simulated: bool = False
    r1: R1 | None = None
    r2: R2 | None = None
    r3: R3 | None = None
    r4: Rule | None = None
    r5: Rule | None = None
    r6: Rule | None = None
    r7: R7 | None = None
    r8: R8 | None = None
    r9: R9 | None = None
    o1: O1 | None = None
    o2: O2 | None = None
    o3: O3 | None = None
    o4: Share | None = None
    o5: Share | None = None
    o6: O6 | None = None
    o7: Rule | None = None
    o8: O8 | None = None
    o9: Rule | None = None
    o10: O10 | None = None
    o11: O11 | None = None
    sha256: str = ""

    @property
    def max_gap_us(self) -> int:
        """Longest hole in media time inside one stretch."""
        return self.video.max_gap_ms.value * 1000

    @property
    def step_tolerance_us(self) -> int:
        """How far media time and CLOCK_BOOTTIME may disagree at rate 1; multiply by the clock's rate."""
        return self.video.step_tolerance_ms.value * 1000

    @property
    def bracket_us(self) -> tuple[int, int] | None:
        """How far the clocks of a box and its centre may differ, and how late a record may come; None: not judged."""
        return None if self.clock is None else (self.clock.skew_s.value * SECOND, self.clock.offline_h.value * HOUR)

    @property
    def settle_us(self) -> int:
        """How long after its end a recording is sealed and sent."""
        return self.video.settle_min.value * MINUTE

    @property
    def notice_us(self) -> int:
        """How long after the second decision it is final."""
        return 0 if self.decision is None else self.decision.notice_days.value * 24 * HOUR

    @property
    def account_us(self) -> int:
        """How long after it was made or opened an account decides nothing."""
        hours = None if self.decision is None else self.decision.account_hours
        return 0 if hours is None else hours.value * HOUR

    @property
    def limits(self) -> Limits:
        """From when on a face tells nothing."""
        dark_pct, rules = self.video.bad_picture_pct.value, self.rollcall
        if rules is None:
            return Limits(dark_pct=dark_pct)
        return Limits(rules.frontal_ppm.value, rules.light_ppm.value, rules.cover_ppm.value, rules.near_ppm.value,
                      rules.often_pct.value, dark_pct, rules.sharp_ppm.value,
                      rules.still_ppm.value if rules.still_ppm else 0,
                      rules.reach_pct.value if rules.reach_pct else 0)

    @property
    def judges_checkins(self) -> bool:
        """Whether sign-ins by PIN count, and whether check-ins, teachers and enrolments are judged."""
        return self.checkin.late_min is not None

    @property
    def liveness_required(self) -> bool:
        return self.checkin.liveness_required

    def rules(self) -> tuple[tuple[str, Rule], ...]:
        """The rules that are on, as (`R1`, rule), in the order of their numbers, R before O."""
        fields = ((field.name.upper(), getattr(self, field.name)) for field in dataclasses.fields(self))
        return tuple((name, rule) for name, rule in fields if isinstance(rule, Rule))


def parse_policy(data: bytes, where: str) -> Policy:
    """The policy in TOML bytes. `where` names the file in errors. Raises BadShape naming file and key."""
    if len(data) > MAX_BYTES:
        raise BadShape(where=where, key="(whole)", why="the text is too long")
    return _parsed(data, where)


@functools.lru_cache(maxsize=8)
def _parsed(data: bytes, where: str) -> Policy:
    """Whoever judges classes asks for the same few policies over and over; reading one takes milliseconds."""
    try:
        document = tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:  # of numbers with thousands of digits, too, and of deep nesting
        raise BadShape(where=where, key="(whole)", why=f"not a TOML document: {error}") from None
    if "sha256" in document:
        raise BadShape(where=where, key="sha256", why="is not a known key")
    policy = decode(Policy, document, where, strict=True)
    if policy.id != "demo" and (policy.accept_test_keys or policy.accept_simulated):
        key = "accept_test_keys" if policy.accept_test_keys else "accept_simulated"
        raise BadShape(where=where, key=key, why="only the demo policy may accept what is not real")
    _check(policy, policy, where, "")
    return dataclasses.replace(policy, sha256=sha256_hex(data))


def _check(policy: Policy, table: Any, where: str, path: str) -> None:
    """Every number in range and with a source; every clause of a document that is named."""
    if isinstance(table, Rule):
        _check_clause(policy, table.clause, where, f"{path}clause")
    for name, hint in _hints(typing.cast(Any, type(table))).items():
        value = getattr(table, name)
        if isinstance(value, Number):
            _check_number(policy, value, typing.get_args(hint)[1], where, path + name)
        elif dataclasses.is_dataclass(value):
            _check(policy, value, where, f"{path}{name}.")


@functools.cache
def _hints(cls: Any) -> dict[str, Any]:
    return typing.get_type_hints(cls, include_extras=True)


def _check_number(policy: Policy, number: Number, between: Between, where: str, key: str) -> None:
    if not between.low <= number.value <= between.high:
        why = f"{number.value} is out of range ({between.low} to {between.high})"
        raise BadShape(where=where, key=f"{key}.value", why=why)
    if bool(number.clause) == bool(number.source):
        raise BadShape(where=where, key=key, why='needs either a clause or source = "ours"')
    if number.clause:
        _check_clause(policy, number.clause, where, f"{key}.clause")


def _check_clause(policy: Policy, clause: str, where: str, key: str) -> None:
    for part in clause.split(";"):
        if part.split()[:1] == [] or part.split()[0] not in policy.documents:
            raise BadShape(where=where, key=key, why=f"{clause!r} names no document of `documents`")
