"""The body of every record type: measurements, never opinions. Each is described in evidence/README.md.

Shares and scores are whole parts per million (`_ppm`), spans are microseconds (`_us`), widths pixels (`_px`).
`pts_us` counts media time from the first packet of the run; `mono_us` is CLOCK_BOOTTIME of the record's boot.
"""
from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from evidence.box_orders import BoxOrder, OrderAnswered
from evidence.canonical import check_spelling, load
from evidence.errors import BadRecord, BadShape, OfRecord
from evidence.records import BootId, ChainId, Count, Id, Record, Sha256, Utc, check_record
from evidence.shape import Between, Match, decode, is_known

Ppm = Annotated[int, Between(-1_000_000, 1_000_000)]
Keys = Annotated[str, Match(r"([0-9a-f]{24})*", "24 hex digits for each keyframe")]
FileName = Annotated[
    str, Match(r"[a-z0-9][a-z0-9._-]{0,99}(/[a-z0-9][a-z0-9._-]{0,99}){0,3}", "a relative path of plain names")
]


@dataclasses.dataclass(frozen=True)
class Genesis:
    """Record 0 of a chain. `certificate`: PEM; `root`: fingerprint of the root certificate that issued it.

    `sealing_key`: X25519 public key (hex) to which name sheets are encrypted; none at a centre. `intermediates`: PEM of
    the certificates between this one and the root, None where the root issued it itself."""

    keyid: Sha256
    certificate: str
    root: Sha256
    software: str
    sealing_key: str | None = None
    intermediates: tuple[str, ...] | None = None


@dataclasses.dataclass(frozen=True)
class PolicyRef:
    """Which policy: its id and the SHA-256 of its TOML bytes."""

    id: Id
    sha256: Sha256


@dataclasses.dataclass(frozen=True)
class Place:
    """A box that serves the class, and the room it stands in."""

    device: Id
    room: str


@dataclasses.dataclass(frozen=True)
class Enrolled:
    """One person of a class by pseudonym. `commitment`: SHA-256 of salt and name; the sheet opens it."""

    person: Id
    role: Literal["trainee", "instructor"]
    commitment: Sha256


@dataclasses.dataclass(frozen=True)
class Hour:
    """One planned class-hour. `make_up`: its own list of attendees if it makes up for missed ones, else none."""

    hour: Id
    kind: Literal["theory", "practical", "online"]
    start: Utc
    end: Utc
    gear: bool = False
    make_up: tuple[Id, ...] | None = None


ClassId = Annotated[str, Match(r"[a-z0-9][a-z0-9._-]{0,63}", "a class id")]
Region = Annotated[str, Match(r"[1-9][0-9]{5}", "a region of six digits, as in GB/T 2260")]


@dataclasses.dataclass(frozen=True)
class ClassOrder:
    """The signed plan of a class, a record of the centre (`order.class`). A later `number` replaces an earlier one.
    `institution`: who holds the class; None: nobody said so."""

    class_id: ClassId = dataclasses.field(metadata={"key": "class"})
    number: Count
    title: str
    policy: PolicyRef
    utc_offset_min: Annotated[int, Between(-840, 840)]
    boxes: tuple[Place, ...]
    roster: tuple[Enrolled, ...]
    hours: tuple[Hour, ...]
    institution: Id | None = None


@dataclasses.dataclass(frozen=True)
class OrderAccepted:
    """The box took an order: the SHA-256 of the order record's payload."""

    class_id: ClassId = dataclasses.field(metadata={"key": "class"})
    order: Sha256


@dataclasses.dataclass(frozen=True)
class RosterEvent:
    """A change of the roster by the centre (`roster.event`). A substitution names who comes instead."""

    class_id: ClassId = dataclasses.field(metadata={"key": "class"})
    kind: Literal["enrolment", "late_entry", "withdrawal", "substitution"]
    person: Id
    effective: Utc
    reason: str
    approver: str
    commitment: Sha256 | None = None
    substitute: Id | None = None


@dataclasses.dataclass(frozen=True)
class Leave:
    """An approved absence (`leave`), from the centre."""

    class_id: ClassId = dataclasses.field(metadata={"key": "class"})
    person: Id
    start: Utc
    end: Utc
    reason: str
    approver: str


@dataclasses.dataclass(frozen=True)
class Assessment:
    """The people of a class were assessed (`assessment`), a record of the centre. `over`: the end of that day on the
    class's own clock."""

    class_id: ClassId = dataclasses.field(metadata={"key": "class"})
    over: Utc


@dataclasses.dataclass(frozen=True)
class Dispute:
    """A dispute about a class began or ended (`dispute`), a record of the centre. `dispute`: which one."""

    class_id: ClassId = dataclasses.field(metadata={"key": "class"})
    dispute: Id
    state: Literal["opened", "closed"]
    reason: str


@dataclasses.dataclass(frozen=True)
class Hold:
    """The video of a class is held, whatever its time, or is so no more (`hold`), a record of the centre: by a court or
    an authority. `hold`: which one; `by`: the account, empty for the command line."""

    class_id: ClassId = dataclasses.field(metadata={"key": "class"})
    hold: Id
    state: Literal["placed", "lifted"]
    reason: str
    by: str = ""


@dataclasses.dataclass(frozen=True)
class Shot:
    """One picture of a face that was taken for an enrolment. `pose`: where the person was asked to look.

    `sharp_ppm`, `luma_ppm`, `spread_ppm`: sharpness, brightness and contrast of the aligned crop; `live_ppm`: score of
    the passive check, none without one."""

    pose: Literal["front", "left", "right", "up", "down"]
    face_px: Count
    sharp_ppm: Count
    luma_ppm: Count
    spread_ppm: Count
    live_ppm: Ppm | None = None


@dataclasses.dataclass(frozen=True)
class Enrolment:
    """A person's face was enrolled (`enrolment`): with which pack, from how many photos, anchored to what.

    `source`: photographs that somebody brought, guided shots of the terminal, or templates of another box. `anchor_by`:
    who vouches (the inspector, the card reader). `anchor_commitment`: SHA-256 of a salt and the number that was read;
    salt and number are sealed to the centre. `consent`: payload hash of the consent that was given here."""

    class_id: ClassId = dataclasses.field(metadata={"key": "class"})
    person: Id
    pack: Id
    pack_sha256: Sha256
    photos: Count
    anchor: Literal["none", "id_card", "inspector"]
    source: Literal["photos", "camera", "box"] = "photos"
    shots: tuple[Shot, ...] = ()
    anchor_by: str = ""
    anchor_commitment: Sha256 | None = None
    consent: Sha256 | None = None


@dataclasses.dataclass(frozen=True)
class Consent:
    """A person agreed to the use of the face, or refused (`consent`). `text_sha256`: of the text that was shown, in
    `lang`. `until`: how long the face is kept at most. `by`: said at the terminal, or signed on paper."""

    class_id: ClassId = dataclasses.field(metadata={"key": "class"})
    person: Id
    given: bool
    text_sha256: Sha256
    lang: Literal["zh", "en"]
    until: Utc | None
    by: Literal["terminal", "paper"]
    sheets: bool = False
    """The text said that a contact sheet with the face goes to the centre when that orders one."""


@dataclasses.dataclass(frozen=True)
class ConsentWithdrawn:
    """A person withdrew the consent (`consent.withdrawn`): from now on the face may not be used."""

    class_id: ClassId = dataclasses.field(metadata={"key": "class"})
    person: Id
    by: Literal["terminal", "command", "order"]


@dataclasses.dataclass(frozen=True)
class FaceErased:
    """A person's face data were erased on this box (`face.erased`): so many templates, shots and pictures from
    roll calls (`proofs`). That the person was on a roster, and what was recorded of the class, stays."""

    class_id: ClassId = dataclasses.field(metadata={"key": "class"})
    person: Id
    why: Literal["withdrawn", "over", "again", "order"]
    templates: Count
    shots: Count
    proofs: Count = 0


@dataclasses.dataclass(frozen=True)
class TemplatesOrder:
    """Templates of a class may move from one box to another (`order.templates`), of the centre. `to_key`: the X25519
    public key (hex) of the box that gets them; `expires`: not after."""

    class_id: ClassId = dataclasses.field(metadata={"key": "class"})
    people: tuple[Id, ...]
    source: Id
    target: Id
    to_key: Annotated[str, Match(r"[0-9a-f]{64}", "64 hex digits")]
    expires: Utc


@dataclasses.dataclass(frozen=True)
class TemplatesMoved:
    """Templates left this box, sealed to another one, or were taken over from one (`templates.moved`), by which order
    (the SHA-256 of its payload). `package`: SHA-256 of the sealed file."""

    class_id: ClassId = dataclasses.field(metadata={"key": "class"})
    people: tuple[Id, ...]
    way: Literal["out", "in"]
    order: Sha256
    package: Sha256


@dataclasses.dataclass(frozen=True)
class SessionStart:
    """A class began (`session.start`): by a press, or by the plan because nobody had pressed. A press while a session
    that the plan began is open names that session again: the first record is its start, the press makes it pressed."""

    class_id: ClassId = dataclasses.field(metadata={"key": "class"})
    session: Id
    by: Literal["button", "page", "plan"]


@dataclasses.dataclass(frozen=True)
class SessionEnd:
    """A class ended (`session.end`): by a press, or by the plan. `reason`: why it ended before its time."""

    class_id: ClassId = dataclasses.field(metadata={"key": "class"})
    session: Id
    by: Literal["button", "page", "plan"]
    reason: str = ""


@dataclasses.dataclass(frozen=True)
class SessionCorrected:
    """The wrong class was started (`session.corrected`): the session counts for `class_id`, no more for `was`."""

    class_id: ClassId = dataclasses.field(metadata={"key": "class"})
    was: ClassId
    session: Id
    reason: str
    by: Literal["button", "page"]


@dataclasses.dataclass(frozen=True)
class Gap:
    """A hole in media time: the next packet came `len_us` after the end of the packet that ends at `at_us`."""

    at_us: Count
    len_us: Count


@dataclasses.dataclass(frozen=True)
class Segment:
    """One finished file of a run (`segment`). `gaps` lists every hole of at least `gap_floor_us`, also the one before
    its first packet within the run. `began` says why the run began; `cut` why this segment is the last of it.
    `boot_id`: the start of the device to which `first_mono_us` and `last_mono_us` belong; none: that of the record."""

    class_id: ClassId | None = dataclasses.field(metadata={"key": "class"})
    session: Id | None
    camera: Id
    run: Id
    index: Count
    file: FileName
    size: Count
    sha256: Sha256
    codec: Id
    width: Count
    height: Count
    packets: Count
    keyframes: Count
    first_pts_us: Count
    end_pts_us: Count
    first_mono_us: Count
    last_mono_us: Count
    gap_floor_us: Count
    gaps: tuple[Gap, ...]
    recovered: bool
    began: Literal["start", "gap", "step", "clock", "restart"]
    cut: Literal["end", "gap", "step", "clock", "restart"] | None = None
    boot_id: BootId | None = None


@dataclasses.dataclass(frozen=True)
class Candidate:
    """A person and the similarity to that person's template."""

    person: Id
    score_ppm: Ppm


Gesture = Literal["turn_left", "turn_right", "blink", "open_mouth"]
"""What a challenge can ask for. Left and right are the person's own."""


@dataclasses.dataclass(frozen=True)
class PassiveLook:
    """What the passive liveness check said of the frames of a window. `frames`: looked at; `bad`: of them not fit to be
    scored; `live`: of them scored at least `threshold_ppm`; `median_ppm`: of the scores, none without any."""

    frames: Count
    bad: Count
    live: Count
    threshold_ppm: Ppm
    median_ppm: Ppm | None = None


@dataclasses.dataclass(frozen=True)
class Asked:
    """A gesture of a challenge. `at_us`: when it was asked, since the challenge began; `done_us`: when it was made.
    `compared`: frames that show it and were compared with the face at rest; `alike`: of them similar to it."""

    gesture: Gesture
    at_us: Count
    done_us: Count | None = None
    compared: Count = 0
    alike: Count = 0


@dataclasses.dataclass(frozen=True)
class Challenge:
    """An active challenge: gestures in random order, `limit_us` for each. `why`: it was asked of everybody, because the
    passive check was unsure or is missing, by chance, or again: of a face that shortly before did not look alive, or
    was asked and did not answer.

    `other`: a gesture that was seen though another one was asked. `frames`: with the face; `compared`: of them those
    that look ahead; `alike`: of these similar enough to the person of the attempt (`best`) by `threshold_ppm`. `lost`:
    how often the face was gone or another one came. `ahead`: what the passive check said of the frames alike; none
    without such a check."""

    why: Literal["always", "unsure", "missing", "random", "again"]
    limit_us: Count
    asked: tuple[Asked, ...]
    frames: Count
    compared: Count
    alike: Count
    lost: Count
    other: Gesture | None = None
    ahead: PassiveLook | None = None


@dataclasses.dataclass(frozen=True)
class CheckIn:
    """One attempt at the terminal (`checkin`), accepted or not: `evidence.checkin` computes the answer.

    `seen_mono_us`: first sight of the face. `votes`: frames of the window that named `best`.
    `named`: only frames that show `best` by `threshold_ppm` and `margin_ppm` are in `votes` and in `passive`; else (as
    in records of before) `votes` are frames whose best candidate was `best`, `passive` all frames of the visit.
    `liveness`: what the box made of `passive` and `challenge`; where they are there, a reader computes it anew.
    `threshold_from`: whether the threshold came from the pack or from the people who are enrolled. `alike`: enrolled
    people who look too much like `best` to be told apart by a face; `pin`: the own PIN was given besides the face.
    `left`: the face left before it was decided; `visits`: how many visits of that person, which left within the same
    minute, are in this record, which tells of the last."""

    class_id: ClassId = dataclasses.field(metadata={"key": "class"})
    session: Id | None
    attempt: Id
    pack: Id
    pack_sha256: Sha256
    provider: str
    threshold_ppm: Ppm
    margin_ppm: Ppm
    frames: Count
    votes: Count
    face_px: Count
    seen_mono_us: Count
    liveness: Literal["live", "fake", "no_response", "bad_input", "not_checked"]
    best: Candidate | None = None
    second: Candidate | None = None
    direction: Literal["in", "out"] = "in"
    passive: PassiveLook | None = None
    challenge: Challenge | None = None
    threshold_from: Literal["pack", "people"] | None = None
    alike: tuple[Id, ...] = ()
    pin: bool = False
    left: bool = False
    named: bool = False
    visits: Annotated[int, Between(1, 2**53 - 1)] = 1


@dataclasses.dataclass(frozen=True)
class PinCheckIn:
    """Somebody signed in without the face (`checkin.pin`): by a PIN, and an instructor confirmed it.

    `confirmed_by`: the instructor, none where nobody did. `why`: the face is not used (no consent), cannot be used, was
    not recognised, or there is no camera. `failed`: wrong PINs before this one."""

    class_id: ClassId = dataclasses.field(metadata={"key": "class"})
    session: Id | None
    attempt: Id
    person: Id
    direction: Literal["in", "out"]
    why: Literal["no_consent", "cannot", "not_recognised", "no_camera"]
    confirmed_by: Id | None
    failed: Count
    seen_mono_us: Count


@dataclasses.dataclass(frozen=True)
class PinSet:
    """Somebody's PIN was set or replaced at a terminal (`pin.set`): nothing of the PIN itself.

    `first`: there was none. `by`: the person alone (the old PIN, where there was one), an instructor who confirmed
    (`confirmed_by`), or the maintenance code of the box."""

    class_id: ClassId = dataclasses.field(metadata={"key": "class"})
    person: Id
    first: bool
    by: Literal["self", "instructor", "code"]
    confirmed_by: Id | None


@dataclasses.dataclass(frozen=True)
class Track:
    """One face followed through a segment: where in media time, how wide at its best, whom it resembles.

    `shown_us`: media time (of the run) of the best sight. `second` is the second person, never the same one.
    `frontal_ppm`: the most frontal sight, a million seen straight; `light_ppm`: mean grey of the best sight, ppm of
    white; `cover_ppm`: how covered mouth and nose look in it; `sharp_ppm`: how sharp its edges are, a million without
    any blur; none of them where it was not measured. `proof`: the sealed picture of the best sight, as it lies on the
    box. `moved_ppm`: how far its middle moved about, in ppm of its width: the root of the mean square of its distance
    from its mean place over the pictures, without what the camera itself shook; none where it was seen too seldom."""

    first_us: Count
    last_us: Count
    shown_us: Count
    frames: Count
    face_px: Count
    best: Candidate | None = None
    second: Candidate | None = None
    frontal_ppm: Ppm | None = None
    light_ppm: Ppm | None = None
    cover_ppm: Ppm | None = None
    proof: Sha256 | None = None
    sharp_ppm: Ppm | None = None
    moved_ppm: Count | None = None


@dataclasses.dataclass(frozen=True)
class RollCall:
    """What the roll call measured in one segment (`rollcall`). Media times count from the start of the run.

    `headcount_max`: most people in view at once, smoothed; `headcount_mean_ppm`: their mean times a million;
    `samples`: frames looked at; `dark`: how many of them were too dark or flat to show anybody. `every_us`: media time
    between frames that was asked for; while faces were bare they may be nearer together. `faces_max`: most faces at
    once, smoothed; `faceless_max`: most people at once whose face was not seen, none without a person detector: the
    headcount then counts faces alone. `headcount_peak`, `faceless_peak`: most people, and most whose face was not seen,
    in any one picture, not smoothed; `planned`: pictures that were to be looked at; `gallery`: everybody who was looked
    for; none in records from before these. `rise_ppm`: so far above the threshold strangers are taken for anybody of
    the gallery e times less often; none where its people are too few to tell. `still_peak`: most in any one picture
    that look like people without a face and never moved in the segment, who are in no headcount; none where there was
    nothing to compare. `reach_px`: the narrowest face that the pack's detector was made to find in a room; none in
    records from before it was told."""

    class_id: ClassId = dataclasses.field(metadata={"key": "class"})
    run: Id
    segment: Sha256
    pack: Id
    pack_sha256: Sha256
    provider: str
    threshold_ppm: Ppm
    margin_ppm: Ppm
    min_face_px: Count
    samples: Count
    dark: Count
    headcount_max: Count
    headcount_mean_ppm: Count
    tracks: tuple[Track, ...]
    every_us: Count | None = None
    faces_max: Count | None = None
    faceless_max: Count | None = None
    headcount_peak: Count | None = None
    planned: Count | None = None
    gallery: tuple[Id, ...] | None = None
    faceless_peak: Count | None = None
    rise_ppm: Count | None = None
    still_peak: Count | None = None
    reach_px: Count | None = None


@dataclasses.dataclass(frozen=True)
class BareFace:
    """The terminal asked for a bare-face roll call in a block with protective gear (`bareface`), stated when over.

    `held`: the instructor confirmed that it is safe, and faces were shown to the room camera from `from_mono_us` to
    `to_mono_us`; `put_off`: not now; `unanswered`: nobody answered. Both are then the moment of the answer, or of the
    end of asking. `confirmed_by`: the instructor whose word it was; none where nobody's was."""

    class_id: ClassId = dataclasses.field(metadata={"key": "class"})
    session: Id | None
    asked_mono_us: Count
    from_mono_us: Count
    to_mono_us: Count
    result: Literal["held", "put_off", "unanswered"]
    confirmed_by: Id | None


@dataclasses.dataclass(frozen=True)
class Look:
    """Somebody had kept pictures of faces shown (`look`), stated before they were. `what`: a contact sheet of a
    recording; `by`: who, in their own words; `rests_on`: the hash that the sheet prints of the records behind it."""

    class_id: ClassId = dataclasses.field(metadata={"key": "class"})
    block: Id
    what: Literal["sheet"]
    by: str
    rests_on: Sha256


@dataclasses.dataclass(frozen=True)
class Sheet:
    """A contact sheet of a block was made for the centre and sealed to it (`sheet`). `order`: payload hash of the
    `order.box` that wants it; `sha256`, `size` (bytes): of the sealed file; `rests_on`: as in `look`; `people`: whose
    pictures are on it; `until`: it may lie nowhere any longer."""

    class_id: ClassId = dataclasses.field(metadata={"key": "class"})
    block: Id
    order: Sha256
    sha256: Sha256
    size: Count
    rests_on: Sha256
    people: tuple[Id, ...]
    until: Utc


@dataclasses.dataclass(frozen=True)
class PictureSample:
    """One decoded keyframe of a segment. Shares are ppm, grey levels ppm of white; `detail_ppm`: mean of the Laplacian.

    `change_ppm`: mean difference to the sample before it in the run, none where it is not known. `thumb`: the luma of
    16 x 9 cells, row by row, three hex digits each, in sixteenths of a grey level (of 255). `core_ppm`: share of bright
    pixels with nothing but bright ones around them; none in records from before it was measured."""

    at_us: Count
    luma_ppm: Count
    contrast_ppm: Count
    detail_ppm: Count
    bright_ppm: Count
    change_ppm: Count | None
    thumb: Annotated[str, Match(r"[0-9a-f]{432}", "432 hex digits")]
    core_ppm: Count | None = None


@dataclasses.dataclass(frozen=True)
class Likeness:
    """A sample at media time t of this run resembles the one at t - `shift_us` of `run`, which is earlier."""

    run: Id
    shift_us: int


@dataclasses.dataclass(frozen=True)
class Picture:
    """What the keyframes of one segment look like (`picture`). `every_us`: media time between samples that was asked
    for. `keys`: of every keyframe 24 hex digits: media time in ms since the segment began (8), the first of the SHA-256
    of its bytes (16). `like`: the earlier video that the moving picture resembles most."""

    class_id: ClassId = dataclasses.field(metadata={"key": "class"})
    run: Id
    segment: Sha256
    every_us: Count
    samples: tuple[PictureSample, ...]
    keys: Keys
    like: Likeness | None = None


@dataclasses.dataclass(frozen=True)
class CodeShown:
    """The terminal showed a code to the room camera (`code.shown`): ArUco marks of the dictionary 4×4_1000, one after
    the other, each for the same part of the time. Stated when it was over."""

    class_id: ClassId = dataclasses.field(metadata={"key": "class"})
    session: Id | None
    marks: tuple[Annotated[int, Between(0, 999)], ...]
    from_mono_us: Count
    to_mono_us: Count


@dataclasses.dataclass(frozen=True)
class MarkSeen:
    """A mark in a frame. `at_us`: media time of the run."""

    at_us: Count
    mark: Annotated[int, Between(0, 999)]


@dataclasses.dataclass(frozen=True)
class CodeRead:
    """Which marks the frames of a segment show while a code was shown (`code.read`). `samples`: frames looked at."""

    class_id: ClassId = dataclasses.field(metadata={"key": "class"})
    run: Id
    segment: Sha256
    samples: Count
    marks: tuple[MarkSeen, ...]


@dataclasses.dataclass(frozen=True)
class Pointed:
    """A person pointed out a trainee in a frame (`pointed`): that trainee is shown."""

    class_id: ClassId = dataclasses.field(metadata={"key": "class"})
    person: Id
    segment: Sha256
    at_us: Count
    box: tuple[Count, ...]
    by: str


@dataclasses.dataclass(frozen=True)
class Review:
    """A reviewer's answer for one block, or one class-hour (`review`), from the centre. `seen`: what it was made on:
    `evidence.reviews.seen_hash` of the roll calls that were there."""

    class_id: ClassId = dataclasses.field(metadata={"key": "class"})
    block: Id
    answer: Literal["complete", "missing", "open"]
    reason: str
    reviewer: str
    seen: Sha256 | None = None


@dataclasses.dataclass(frozen=True)
class Objection:
    """A school or a trainee objects to what is found of a class (`objection`), from the centre, or that goes on:
    `state`. `person`: the trainee; `by`: who brought it; `dispute`: what holds the video for it."""

    class_id: ClassId = dataclasses.field(metadata={"key": "class"})
    objection: Id
    state: Literal["raised", "answered", "withdrawn", "upheld", "rejected"]
    source: Literal["school", "trainee"] | None = dataclasses.field(default=None, metadata={"key": "from"})
    person: Id | None = None
    text: str = ""
    by: str = ""
    dispute: Id | None = None
    answer: str = ""
    handled_by: str = ""


@dataclasses.dataclass(frozen=True)
class JudgedChain:
    """A chain as far as findings rest on it. `receipted`: the `up_to` of the newest receipt that was counted."""

    device: Id
    chain: ChainId
    up_to: Count
    head_hash: Sha256
    receipted: Count | None = None


@dataclasses.dataclass(frozen=True)
class Decision:
    """What one of two persons decides about a flag or a review of R3 (`decision`), from the centre. `findings`:
    `evidence.standing.findings_hash` of what was judged, as of `as_of`, by version `rules`, on `chains`; `verdict` and
    `recordings`: what R3 says in it. `first`: the payload's hash of the first decision, in the second one. `reopen`: of
    a decision that is final, to be decided anew; `stand`: the second person says that it stays."""

    class_id: ClassId = dataclasses.field(metadata={"key": "class"})
    stage: Literal["first", "second"]
    answer: Literal["withdraw", "keep", "correct", "reopen", "stand"]
    reason: str
    by: str
    by_name: str
    findings: Sha256
    verdict: Literal["clear", "flag", "review"]
    recordings: tuple[Id, ...]
    policy: PolicyRef
    rules: Annotated[int, Between(1, 1_000_000)]
    as_of: Utc
    chains: tuple[JudgedChain, ...]
    first: Sha256 | None = None


@dataclasses.dataclass(frozen=True)
class Inspection:
    """Somebody inspected a class (`inspection`), a record of the centre. `inspection`: which one; the newest record of
    one counts. `kind`: at the place, from afar, or on the day of the opening. `teachers`, `headcount`: teachers and
    trainees who were there; `workplaces`: null where nobody counted them. `signature`: SHA-256 of the scanned
    sheet, the drawn signature or the typed one. `numbers`, `people`: inspectors' numbers, and trainees, for whose
    enrolment at the box the centre vouches. `by`: the account that stated it."""

    class_id: ClassId = dataclasses.field(metadata={"key": "class"})
    inspection: Id
    kind: Literal["field", "remote", "opening"]
    start: Utc
    end: Utc
    place: str
    teachers: Count
    headcount: Count
    workplaces: Count | None
    remark: str
    inspector: str
    signature: Sha256 | None = None
    numbers: tuple[str, ...] = ()
    people: tuple[Id, ...] = ()
    by: Id | None = None


@dataclasses.dataclass(frozen=True)
class Survey:
    """The trainees of a class were asked whether they are satisfied (`survey`), stated once it was closed, of the
    centre. `denominator`: so many were asked; `questionnaire`: SHA-256 of what they were asked."""

    class_id: ClassId = dataclasses.field(metadata={"key": "class"})
    closed: Utc
    respondents: Count
    denominator: Count
    satisfied: Count
    questionnaire: Sha256


@dataclasses.dataclass(frozen=True)
class Consented:
    """R8: the authority agreed to make-up class-hours (their ids)."""

    hours: tuple[Id, ...]
    approver: str


@dataclasses.dataclass(frozen=True)
class Platform:
    """An online platform, and whether it is in the catalogue of the authority."""

    name: str
    listed: bool


@dataclasses.dataclass(frozen=True)
class Learnt:
    """What a platform credits to a trainee: class-hours, and minutes where it tells them."""

    person: Id
    hours: Count
    minutes: Count | None = None


@dataclasses.dataclass(frozen=True)
class Online:
    """O5: the platforms, and what they credit to whom."""

    platforms: tuple[Platform, ...]
    people: tuple[Learnt, ...] = ()


@dataclasses.dataclass(frozen=True)
class Certificate:
    """O6: whether this is a certificate course; `hours`: class-hours that another document states for it."""

    certificate: bool
    hours: Count | None = None


@dataclasses.dataclass(frozen=True)
class Earlier:
    """An earlier subsidised training of a trainee. `assessed`: the end of the day of its assessment, null: it was not
    assessed; `class_id`: where it was a class of this centre."""

    person: Id
    training: str
    assessed: Utc | None = None
    class_id: ClassId | None = dataclasses.field(default=None, metadata={"key": "class"})


@dataclasses.dataclass(frozen=True)
class Compared:
    """O8: who was compared with earlier trainings, and what was found."""

    people: tuple[Id, ...]
    earlier: tuple[Earlier, ...] = ()


@dataclasses.dataclass(frozen=True)
class Apprentices:
    """How many apprentices one enterprise or institution trains in a year, this class included, and its cap."""

    year: Annotated[int, Between(2000, 2200)]
    count: Count
    cap: Count


@dataclasses.dataclass(frozen=True)
class Admitted:
    """O10: whether people were surveyed and compared before the opening; how many of them are in-school students, and
    of how many the job does not match; null: not known. `apprentices`: null where it is no class of apprentices."""

    surveyed: bool
    compared: bool
    students: Count | None = None
    mismatched: Count | None = None
    apprentices: Apprentices | None = None


@dataclasses.dataclass(frozen=True)
class Controls:
    """O11: what the platform lets pass, and what it keeps; null: not known. `popup_min`: longest time in minutes
    without a prompt."""

    fast_forward: bool | None = None
    windows: bool | None = None
    popup_min: Count | None = None
    live_face: bool | None = None
    in_order: bool | None = None
    photos: bool | None = None


@dataclasses.dataclass(frozen=True)
class Imported:
    """What another system or paper says of a class (`imported`), of the centre. The part named as `rule` is there, and
    no other; of several for one rule the newest counts. `source`: which system or paper; `file`: SHA-256 of it;
    `by`: the account that stated it."""

    class_id: ClassId = dataclasses.field(metadata={"key": "class"})
    rule: Literal["R8", "O5", "O6", "O8", "O10", "O11"]
    source: str
    file: Sha256
    r8: Consented | None = None
    o5: Online | None = None
    o6: Certificate | None = None
    o8: Compared | None = None
    o10: Admitted | None = None
    o11: Controls | None = None
    by: Id | None = None


@dataclasses.dataclass(frozen=True)
class Alarm:
    """Something went wrong on the box (`alarm`): a code of the catalogue and its parameters."""

    code: Id
    params: Mapping[str, Any]
    class_id: ClassId | None = dataclasses.field(default=None, metadata={"key": "class"})


@dataclasses.dataclass(frozen=True)
class CheckpointSeen:
    """The newest checkpoint of the centre's tree that this box has seen (`checkpoint.seen`): what follows in the chain
    was made later. `signature`: the centre's over the checkpoint and the time, so that anybody can check it."""

    origin: Annotated[str, Match(r"[!-~]{1,255}", "the name of a tree")]
    size: Count
    root_hash: Sha256
    time: Utc
    signature: Annotated[str, Match(r"[A-Za-z0-9+/]{86}==", "64 bytes in base64")]


@dataclasses.dataclass(frozen=True)
class ChainBegun:
    """This chain goes on for another one of the same box (`chain.begun`), which ended with record `up_to` and its
    payload hash `head_hash`. `receipted`: up to where the centre's receipts covered it here; None without any.
    `reason`: as a person gave it."""

    chain: ChainId
    up_to: Count
    head_hash: Sha256
    receipted: Count | None
    reason: str


@dataclasses.dataclass(frozen=True)
class SegmentRemoved:
    """A segment was deleted (`segment.removed`), by whose order and why."""

    segment: Sha256
    reason: str
    by: str


@dataclasses.dataclass(frozen=True)
class RecordRef:
    """Which record: device, chain, number."""

    device: Id
    chain: Annotated[str, Match(r"[0-9a-f]{32}", "a chain id")]
    seq: Count


@dataclasses.dataclass(frozen=True)
class RemovedFile:
    """A segment that was deleted at a centre: its hash and size; `until`: up to when it had to be kept."""

    segment: Sha256
    size: Count
    until: Utc


@dataclasses.dataclass(frozen=True)
class VideoRemoved:
    """Segments of a class were deleted at the centre (`video.removed`): the certificate, stated before the files go.
    `class_id`: None, of no class; `policy`: whose years they were kept; `by`: the account, empty where nobody
    pressed."""

    class_id: ClassId | None = dataclasses.field(metadata={"key": "class"})
    files: tuple[RemovedFile, ...]
    policy: Sha256
    by: str = ""


@dataclasses.dataclass(frozen=True)
class ErasureAsked:
    """A person asked that the face be erased (`erasure.asked`): from when on it is erased as soon as nothing holds it.
    `by`: the account to which the person said so."""

    class_id: ClassId = dataclasses.field(metadata={"key": "class"})
    person: Id
    by: Id


@dataclasses.dataclass(frozen=True)
class PersonErased:
    """A person's face data are gone (`person.erased`): the certificate of the centre. `erased`: payload hashes of the
    records by which boxes say so (`face.erased`); `sheets`: contact sheets of theirs that were deleted here; `lost`:
    boxes that never said so and never will, for the centre believes none of their keys any more."""

    class_id: ClassId = dataclasses.field(metadata={"key": "class"})
    person: Id
    why: Literal["withdrawn", "over", "again", "order"]
    erased: tuple[Sha256, ...]
    sheets: tuple[Sha256, ...] = ()
    by: str = ""
    lost: tuple[Id, ...] = ()


@dataclasses.dataclass(frozen=True)
class VideoReused:
    """The centre holds a record of this class whose bytes another one had before (`video.reused`): of another class, or
    of another box. `keys`: which keyframes of the segment, as in a `picture` record; none: all of the file. `held`: the
    time of the receipt for what was there first. `later_us`: by how much the boxes say that this was filmed later."""

    class_id: ClassId = dataclasses.field(metadata={"key": "class"})
    segment: Sha256
    record: RecordRef
    first: RecordRef
    keys: Keys | None = None
    held: Utc | None = None
    later_us: int | None = None


@dataclasses.dataclass(frozen=True)
class Head:
    """The last record of a chain, stated by somebody who signs it."""

    device: Id
    chain: Annotated[str, Match(r"[0-9a-f]{32}", "a chain id")]
    up_to: Count
    head_hash: Sha256


@dataclasses.dataclass(frozen=True)
class Missing:
    """Segments of one chain that an export lacks, by their records. `why`: the box did not bring them (`away`), does
    not have them (`gone`), sends nothing of that chain any more (`earlier`), or refused (`refused`). `heard`: when the
    centre last heard that box before the export; None: never."""

    device: Id
    chain: ChainId
    seqs: tuple[Count, ...]
    why: Literal["away", "gone", "earlier", "refused"]
    heard: Utc | None = None


@dataclasses.dataclass(frozen=True)
class Export:
    """The signed head of an exported class (`export`), the last record of the centre's chain in it. `receipts`: of each
    head the SHA-256 of the file of its receipts; None: of before, and nobody can tell whether some were left out.
    `missing`: video that could not be had, so that its files may be absent; None: all of it is there."""

    class_id: ClassId = dataclasses.field(metadata={"key": "class"})
    policy: PolicyRef
    heads: tuple[Head, ...]
    segments: Count
    as_of: Utc
    receipts: tuple[Sha256, ...] | None = None
    missing: tuple[Missing, ...] | None = None


@dataclasses.dataclass(frozen=True)
class DeviceApproved:
    """The centre certified the evidence key of a box (`device.approved`). `serial`: of the machine, as it was claimed
    for; empty: certified by hand. `certificate`, `intermediates`: as the box's genesis record will hold them. `by`,
    `claimed_by`: the accounts of who approved and who claimed it; None: whoever may give commands at the centre."""

    device: Id
    serial: str
    keyid: Sha256
    certificate: str
    intermediates: tuple[str, ...] | None = None
    by: Id | None = None
    claimed_by: Id | None = None


@dataclasses.dataclass(frozen=True)
class DeviceRefused:
    """The centre refused to certify a key that asked for it (`device.refused`)."""

    device: Id
    serial: str
    keyid: Sha256
    reason: str


@dataclasses.dataclass(frozen=True)
class DeviceRevoked:
    """The centre believes a key no longer (`device.revoked`): nothing of it that the centre had not receipted before
    `untrusted_from`; None: before this record."""

    device: Id
    keyid: Sha256
    reason: str
    untrusted_from: Utc | None = None


@dataclasses.dataclass(frozen=True)
class Institution:
    """Who holds classes, and where (`institution`), a record of the centre: the newest of an id counts. `by`: the
    account that stated it; None: a command on the centre's own machine."""

    institution: Id
    name: str
    region: Region
    by: Id | None = None


@dataclasses.dataclass(frozen=True)
class AccountChanged:
    """An account of the console was made or changed (`account`), a record of the centre. `role`, `scope`: as they are
    from then on; a scope is a region or an institution. `by`: the account that did it; None: a command on the centre's
    own machine."""

    account: Id
    what: Id
    role: Literal["supervisor", "institution", "auditor", "administrator"]
    scope: Id | None = None
    by: Id | None = None


@dataclasses.dataclass(frozen=True)
class CentreLook:
    """An account looked at something in the console (`look.centre`), stated before it was shown; again within an hour
    is not stated. `what`: of which kind; the rest names it. `why`: as the person gave it."""

    account: Id
    what: Id
    role: Literal["supervisor", "institution", "auditor", "administrator"] | None = None
    class_id: ClassId | None = dataclasses.field(default=None, metadata={"key": "class"})
    block: Id | None = None
    person: Id | None = None
    record: RecordRef | None = None
    file: Sha256 | None = None
    why: str = ""
    device: Id | None = None


@dataclasses.dataclass(frozen=True)
class LiveEnded:
    """Live pictures that an order wanted are over (`live.ended`). `order`: payload hash of the `order.box`; `began`:
    when the first of them was sent, null: none was, or, where the counts are null too, that is lost; `fragments`,
    `bytes`: so much the centre took, null where that is lost. `why`: nobody watches any more, its time is over, a
    newer order took its place, or the box was started again.
    """

    order: Sha256
    camera: Id
    form: Literal["video", "pictures"]
    began: Utc | None
    fragments: Count | None
    bytes: Count | None
    why: Literal["nobody", "time", "newer", "restart"]


Body = (
    Genesis | ClassOrder | OrderAccepted | RosterEvent | Leave | Assessment | Dispute | Consent | ConsentWithdrawn
    | Enrolment | FaceErased | TemplatesOrder | TemplatesMoved | SessionStart | SessionEnd | SessionCorrected | Segment
    | CheckIn | PinCheckIn | PinSet | RollCall | BareFace | Look | Picture | CodeShown | CodeRead | Pointed | Review
    | Objection | Decision | Alarm | CheckpointSeen | SegmentRemoved | VideoReused | Export | DeviceApproved
    | DeviceRefused | DeviceRevoked | BoxOrder | OrderAnswered | ChainBegun | Institution | AccountChanged | CentreLook
    | Inspection | Survey | Imported | Sheet | LiveEnded | Hold | VideoRemoved | ErasureAsked
    | PersonErased
)

TYPES: dict[str, type[Body]] = {
    "genesis": Genesis,
    "order.class": ClassOrder,
    "order.accepted": OrderAccepted,
    "roster.event": RosterEvent,
    "leave": Leave,
    "assessment": Assessment,
    "dispute": Dispute,
    "hold": Hold,
    "consent": Consent,
    "consent.withdrawn": ConsentWithdrawn,
    "enrolment": Enrolment,
    "face.erased": FaceErased,
    "order.templates": TemplatesOrder,
    "templates.moved": TemplatesMoved,
    "session.start": SessionStart,
    "session.end": SessionEnd,
    "session.corrected": SessionCorrected,
    "segment": Segment,
    "checkin": CheckIn,
    "checkin.pin": PinCheckIn,
    "pin.set": PinSet,
    "rollcall": RollCall,
    "bareface": BareFace,
    "look": Look,
    "sheet": Sheet,
    "picture": Picture,
    "code.shown": CodeShown,
    "code.read": CodeRead,
    "pointed": Pointed,
    "review": Review,
    "objection": Objection,
    "decision": Decision,
    "inspection": Inspection,
    "survey": Survey,
    "imported": Imported,
    "alarm": Alarm,
    "checkpoint.seen": CheckpointSeen,
    "chain.begun": ChainBegun,
    "segment.removed": SegmentRemoved,
    "video.removed": VideoRemoved,
    "erasure.asked": ErasureAsked,
    "person.erased": PersonErased,
    "video.reused": VideoReused,
    "export": Export,
    "device.approved": DeviceApproved,
    "device.refused": DeviceRefused,
    "device.revoked": DeviceRevoked,
    "order.box": BoxOrder,
    "order.answered": OrderAnswered,
    "live.ended": LiveEnded,
    "institution": Institution,
    "account": AccountChanged,
    "look.centre": CentreLook,
}

_OF_CLASSES = frozenset(
    name for name, cls in TYPES.items() if any(field.name == "class_id" for field in dataclasses.fields(cls)))
B = TypeVar("B", bound=Body)


def body_of(record: Record) -> Body | None:
    """The typed body, or None for a type that this version does not know. Raises BadRecord."""
    cls = TYPES.get(record.type)
    if cls is None:
        return None
    try:
        return decode(cls, dict(record.body), record.type)
    except BadShape as error:
        raise BadRecord(why=OfRecord(seq=record.seq, device=record.device, why=error)) from None


def body_as(record: Record, cls: type[B]) -> B | None:
    """The typed body of a record that is of this kind, None for any other. Raises BadRecord."""
    body = body_of(record) if TYPES.get(record.type) is cls else None
    return body if isinstance(body, cls) else None


def class_of(record: Record) -> str | None:
    """The `class_id` in the body of a record that `body_of` takes, without decoding it."""
    body: object = record.body if record.type in _OF_CLASSES else None
    if record.type == "order.box":  # of a class where it asks for a sheet of one, or for an erasure
        body = record.body.get("sheet") or record.body.get("erase")
    class_id = body.get("class") if isinstance(body, Mapping) else None
    return class_id if isinstance(class_id, str) else None


def is_known_body(type: object, body: object) -> bool:
    """Whether a body is exactly what a record of this version holds: `body_of` takes it."""
    cls = TYPES.get(type) if isinstance(type, str) else None
    return cls is not None and is_known(cls, body)


def read_known(payload: bytes) -> tuple[Record, bool]:
    """The record in payload bytes, and whether its body `is_known_body`. Raises BadRecord as
    `evidence.records.read_record` does."""
    value = load(payload)
    known = is_known_body(value.get("type"), value.get("body"))
    check_spelling(value, payload, known="body" if known else "")
    return check_record(value), known
