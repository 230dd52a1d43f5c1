"""What a dossier shows, as values: whole numbers, codes of the catalogue, instants in UTC microseconds. No words."""
from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Literal

from evidence.rates import Rate
from evidence.rules import Finding
from evidence.rules.o7 import Headcounts
from evidence.story import ObjectionStep, Ref

Mark = Literal["both", "shown", "signed", "leave", "absent", "open", "pending"]
"""One trainee in one recording: shown and signed in; only one of them; on leave; neither; undecided; not over yet."""


@dataclasses.dataclass(frozen=True)
class Proof:
    """What paper can be checked against: a checkpoint of the centre's tree that holds all records behind the dossier.

    `root`: base64; `signed_us`: when it was signed; `key`: the verifier key; `fingerprint`: of the root certificate;
    `address`: where the centre shows the checkpoint."""

    origin: str
    size: int
    root: str
    signed_us: int
    key: str
    fingerprint: str
    address: str


NO_PROOF = Proof("", 0, "", 0, "", "", "")
"""Of what is told without a checkpoint."""


@dataclasses.dataclass(frozen=True)
class Head:
    """Which class, by which plan. `first_us`, `last_us`: from the first class-hour to the end of the last one."""

    class_id: str
    title: str
    institution_id: str | None
    institution: str | None
    """Its name."""
    region: str | None
    centre: str
    """The name of the centre in records."""
    policy: str
    policy_title: str
    policy_title_en: str
    policy_sha256: str
    order_number: int
    order_sha256: str
    utc_offset_min: int
    places: tuple[tuple[str, str], ...]
    """Boxes and their rooms."""
    first_us: int | None
    last_us: int | None
    trainees: int
    instructors: tuple[str, ...]
    as_of_us: int
    simulated: bool
    liveness_checked: bool
    waiting: int
    """Records that are here but wait for an earlier one, and are left out."""


@dataclasses.dataclass(frozen=True)
class Opening:
    """The first recording of the class. `teachers`: instructors who signed in."""

    block: str
    start_us: int
    over: bool
    due: int
    faces: int
    pins: int
    late: int
    teachers: int

    @property
    def came(self) -> int:
        """Who signed in, by face or PIN."""
        return self.faces + self.pins


@dataclasses.dataclass(frozen=True)
class Files:
    """Video files: on record, of these said to be removed, and here at the centre."""

    on_record: int
    removed: int
    here: int


@dataclasses.dataclass(frozen=True)
class Inspection:
    """An inspection of the class as it was stated last. `kind`: at the place (`field`), from afar (`remote`), on the
    day of the opening; `teachers`, `people`: how many were found; `workplaces`: None where nobody counted them;
    `ref`: its newest record."""

    kind: str
    at_us: int
    end_us: int
    place: str
    teachers: int
    people: int
    workplaces: int | None
    remark: str
    by: str
    ref: Ref


@dataclasses.dataclass(frozen=True)
class Objection:
    """What a school or a trainee objects, and how it was handled (`handling` empty: not yet). `ref`: its newest
    record; `steps`: all that was said of it, in order."""

    objection: str
    at_us: int
    source: str
    by: str
    text: str
    state: str
    handling: str
    handled_by: str
    ref: Ref
    steps: tuple[ObjectionStep, ...]


@dataclasses.dataclass(frozen=True)
class Decision:
    """What one of two persons (`first`: 初审人, `second`: 复核人) decides on a flag, in the round that stands.
    `outcome`: `withdraw`, `keep`, `correct`; `state`: of the round; `final`: it is in effect;
    `final_us`: from when it is, None while it cannot be."""

    at_us: int
    stage: str
    by: str
    account: str
    outcome: str
    reason: str
    state: str
    final: bool
    final_us: int | None
    ref: Ref


@dataclasses.dataclass(frozen=True)
class Trainee:
    """A trainee over the whole class. `blocks_due` … count recordings that are over. `marks`: one for each recording of
    the class, None where the trainee was not due."""

    person: str
    name: str
    hours: Rate
    blocks_due: int
    blocks_signed: int
    blocks_late: int
    blocks_shown: int
    marks: tuple[Mark | None, ...]


@dataclasses.dataclass(frozen=True)
class Gap:
    """What no camera recorded of a class-hour. `why`: a sentence of the catalogue; `late`: the video may still come."""

    start_us: int
    end_us: int
    why: str
    late: bool


@dataclasses.dataclass(frozen=True)
class ClassHour:
    """A class-hour. `uncertain_us`: recorded by video of uncertain time only, which does not count."""

    hour: str
    kind: str
    make_up: bool
    start_us: int
    end_us: int
    over: bool
    planned_us: int
    covered_us: int
    longest_us: int
    uncertain_us: int
    gaps: tuple[Gap, ...]


@dataclasses.dataclass(frozen=True)
class Recording:
    """A block. `state`: of R3; `review`: what a reviewer answered, and who."""

    block: str
    start_us: int
    end_us: int
    state: str
    due: int
    faces: int
    pins: int
    late: int
    absent: int
    """Did not sign in and had no approved leave."""
    teachers: int
    shown: int
    headcount: int
    due_us: int
    covered_us: int
    review: str | None
    reviewer: str


@dataclasses.dataclass(frozen=True)
class SignIn:
    """An attempt to sign in or out. `answer`: a key of `words.SIGNS`; `by`: who confirmed a PIN, a pseudonym."""

    at_us: int
    person: str | None
    way: Literal["face", "pin"]
    direction: Literal["in", "out"]
    answer: str
    counts: bool
    by: str
    score_ppm: int | None
    face_px: int | None
    ref: Ref


@dataclasses.dataclass(frozen=True)
class RosterEntry:
    """A change of the roster, or a leave (`kind`): pseudonyms, from when (and to when), why, approved by whom."""

    kind: str
    joins: str | None
    leaves: str | None
    start_us: int
    end_us: int | None
    reason: str
    approver: str
    ref: Ref


@dataclasses.dataclass(frozen=True)
class Judged:
    """A finding with the words of its clause, and R3's verdict (None for other rules)."""

    finding: Finding
    quote: str
    verdict: str | None


@dataclasses.dataclass(frozen=True)
class Facts:
    """A whole dossier. `need_min`: unbroken minutes that each practical class-hour needs, None without that rule."""

    head: Head
    proof: Proof
    documents: Mapping[str, str]
    """Short name in clauses → document number."""
    names: Mapping[str, str]
    opening: Opening | None
    files: Files
    headcounts: Headcounts
    inspections: tuple[Inspection, ...]
    objections: tuple[Objection, ...]
    decisions: tuple[Decision, ...]
    findings: tuple[Judged, ...]
    findings_sha256: str
    need_min: int | None
    trainees: tuple[Trainee, ...]
    hours: tuple[ClassHour, ...]
    recordings: tuple[Recording, ...]
    signs: tuple[SignIn, ...]
    roster: tuple[RosterEntry, ...]

    @property
    def rate_ppm(self) -> int | None:
        """到课率 of the class: of all class-hours that were due to anybody, how many count; rounded down."""
        due = sum(one.hours.due for one in self.trainees)
        return 1_000_000 * sum(one.hours.attended + one.hours.made_up for one in self.trainees) // due if due else None
