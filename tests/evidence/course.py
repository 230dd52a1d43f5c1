"""A synthetic class course, as records: plan, video, roll calls, check-ins. No seals (the fold takes verified records).

Times are given on the class's own clock (UTC+8) as "2026-03-02 08:00"; several boxes and the centre have a chain each.
"""
from __future__ import annotations

import dataclasses
import functools
import hashlib
import itertools
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from common.policies import load_policy
from common.reasons import REASONS
from common.texts import words
from evidence.bodies import (
    Assessment,
    BareFace,
    Candidate,
    CentreLook,
    CheckIn,
    ClassOrder,
    Consent,
    ConsentWithdrawn,
    Enrolled,
    Enrolment,
    Gap,
    Genesis,
    Hour,
    Imported,
    Inspection,
    Leave,
    PassiveLook,
    Picture,
    PictureSample,
    PinCheckIn,
    Place,
    Pointed,
    PolicyRef,
    Review,
    RollCall,
    RosterEvent,
    Segment,
    SegmentRemoved,
    SessionEnd,
    SessionStart,
    Survey,
    Track,
    body_of,
)
from evidence.canonical import sha256_hex
from evidence.fold import fold
from evidence.policy import Policy
from evidence.receipts import Receipt, by_chain
from evidence.records import NO_PREV, ClockState, Record, record_bytes
from evidence.rules import Finding, R3Finding, findings
from evidence.shape import encode
from evidence.story import Story
from evidence.times import MINUTE, SECOND, utc_text, utc_us

OFFSET_MIN = 480
REAL = ClockState(synced=True, max_error_us=1500, source="kernel", rate=1)
UNSET = ClockState(synced=False, max_error_us=16_000_000, source="kernel", rate=1)
SIMULATED = ClockState(synced=True, max_error_us=0, source="simulated", rate=60)
BOOT_US = utc_us("2026-03-01T00:00:00.000000Z")
THRESHOLD, MARGIN = 400_000, 50_000
ALIVE = PassiveLook(5, 0, 5, 500_000, 900_000)
SHA = "a" * 64
THUMB = "".join(f"{800 + cell * 977 % 1900:03x}" for cell in range(144))
"""A room with corners."""
TRAINEES = ("t-1", "t-2", "t-3", "t-4")


def at(local: str) -> int:
    """UTC microseconds of a time on the class's own clock."""
    return utc_us(local.replace(" ", "T") + ":00.000000Z") - OFFSET_MIN * MINUTE


def sha(name: object) -> str:
    return hashlib.sha256(str(name).encode()).hexdigest()


_policy = functools.cache(load_policy)


class Chain:
    """Records of one device, numbered as they are added."""

    def __init__(self, device: str, clock: ClockState, is_box: bool, boot_us: int = BOOT_US) -> None:
        self.device, self.clock, self.boot_us = device, clock, boot_us
        self.boot_id = "0f"
        self.records: list[Record] = []
        key = sha(device)
        self.add("genesis", Genesis(key, "PEM", SHA, "test", key if is_box else None), boot_us + SECOND)

    def restart(self, boot_us: int, boot_id: str) -> None:
        """The device starts again: CLOCK_BOOTTIME begins anew."""
        self.boot_us, self.boot_id = boot_us, boot_id

    def add(self, type: str, body: object, at_us: int) -> Record:
        """The next record; its `prev` is right for the number only (the fold asks for no links)."""
        seq = len(self.records)
        record = Record(
            v=1, type=type, device=self.device, chain=sha(self.device)[:32], seq=seq, prev=sha(seq) if seq else NO_PREV,
            boot_id=self.boot_id, mono_us=at_us - self.boot_us, utc=utc_text(at_us), clock=self.clock,
            body=encode(body),
        )
        self.records.append(record)
        return record


@dataclasses.dataclass
class Filmed:
    """A run that was filmed: its segment bodies, in order."""

    segments: list[Segment]
    start_us: int


class Course:
    """One class `c-1` with its centre and boxes. Add to it, then ask for its story or its findings."""

    def __init__(
        self, trainees: Sequence[str] = TRAINEES, boxes: Sequence[str] = ("box-1",), clock: ClockState = REAL,
        policy: str = "sanmenxia-2023", rooms: Mapping[str, str] | None = None,
    ) -> None:
        """`rooms`: device → its room; by default all are in one."""
        self.trainees = tuple(trainees)
        self.rooms = dict(rooms or {})
        self.policy: Policy = _policy(policy)
        self.centre = Chain("centre", REAL, is_box=False)
        self.boxes = {device: Chain(device, clock, is_box=True) for device in boxes}
        self.hours: list[Hour] = []
        self.orders = 0
        self.silent = False
        self.receipts: list[Receipt] = []
        self._count = itertools.count(1)

    # the plan

    def hour(
        self, start: str, end: str, kind: str = "practical", make_up: Sequence[str] | None = None, gear: bool = False,
    ) -> str:
        """A class-hour from "2026-03-02 08:00" to "08:45" of the same day; its id."""
        hour_id = f"h-{len(self.hours) + 1}"
        times = [utc_text(at(start)), utc_text(at(f"{start[:10]} {end}"))]
        attendees = None if make_up is None else tuple(make_up)
        self.hours.append(Hour(hour_id, kind, times[0], times[1], gear, attendees))  # type: ignore[arg-type]
        return hour_id

    def half_day(self, day: str, half: str = "am", kind: str = "practical", gear: bool = False) -> str:
        """Two class-hours of 45 minutes with a break of ten; the id of their block."""
        first = 8 if half == "am" else 14
        self.hour(f"{day} {first:02}:00", f"{first:02}:45", kind, gear=gear)
        self.hour(f"{day} {first:02}:55", f"{first + 1:02}:40", kind, gear=gear)
        return f"{day}-{half}"

    def order(self, at_local: str = "2026-03-01 18:00", trainees: Sequence[str] | None = None) -> Record:
        """Put the plan as it stands now into the centre's chain, as the next number."""
        self.orders += 1
        roster = [Enrolled(person, "trainee", SHA) for person in trainees or self.trainees]
        roster.append(Enrolled("teacher", "instructor", SHA))
        body = ClassOrder(
            "c-1", self.orders, "Welding", PolicyRef(self.policy.id, self.policy.sha256), OFFSET_MIN,
            tuple(Place(device, self.rooms.get(device, "101")) for device in self.boxes), tuple(roster),
            tuple(self.hours),
        )
        return self.centre.add("order.class", body, at(at_local))

    def roster_event(
        self, kind: Any, person: str, effective: str, recorded: str, substitute: str | None = None
    ) -> None:
        body = RosterEvent("c-1", kind, person, utc_text(at(effective)), "moved away", "Li", SHA, substitute)
        self.centre.add("roster.event", body, at(recorded))

    def leave(self, person: str, start: str, end: str) -> None:
        body = Leave("c-1", person, utc_text(at(start)), utc_text(at(end)), "ill", "Li")
        self.centre.add("leave", body, at(start) - MINUTE)

    def review(
        self, block: str, answer: str, at_local: str = "2026-03-20 09:00", reason: str = "looked",
        reviewer: str = "Wang", seen: str | None = None, class_id: str = "c-1",
    ) -> Record:
        body = Review(class_id, block, answer, reason, reviewer, seen)  # type: ignore[arg-type]
        return self.centre.add("review", body, at(at_local))

    def inspect(
        self, start: str, end: str, headcount: int = 4, kind: str = "field", stated: str | None = None,
        inspection: str | None = None, **more: Any,
    ) -> Record:
        """An inspection from "2026-03-02 08:10" to "08:30" of the same day, by default stated when it was over."""
        over_us = at(f"{start[:10]} {end}")
        said = {"teachers": 2, "workplaces": None, "remark": "", **more}
        body = Inspection("c-1", inspection or f"i-{next(self._count)}", kind,  # type: ignore[arg-type]
                          utc_text(at(start)), utc_text(over_us), "101", headcount=headcount, inspector="Sun", **said)
        return self.centre.add("inspection", body, at(stated) if stated else over_us + MINUTE)

    def survey(
        self, closed: str, satisfied: int, respondents: int, denominator: int, stated: str | None = None
    ) -> Record:
        body = Survey("c-1", utc_text(at(closed)), respondents, denominator, satisfied, SHA)
        return self.centre.add("survey", body, at(stated or closed) + MINUTE)

    def imported(self, rule: str, part: object, when: str = "2026-03-20 09:00", **more: Any) -> Record:
        """What another system says for a rule; `part` goes where it belongs."""
        body = Imported("c-1", rule, "the platform", SHA, **{rule.lower(): part, **more})  # type: ignore[arg-type]
        return self.centre.add("imported", body, at(when))

    def assessed(self, on: str) -> Record:
        """The class is assessed on that day."""
        over_us = at(f"{on} 00:00") + 24 * 60 * MINUTE
        return self.centre.add("assessment", Assessment("c-1", utc_text(over_us)), over_us)

    def look(
        self, what: str, when: str, role: str = "supervisor", device: str | None = None, file: str | None = None,
    ) -> Record:
        """Somebody looks at the centre; at `device`, if it is at a room, live; at `file`, if it is at one of video."""
        body = CentreLook("sun", what, role, "c-1", device=device, file=file)  # type: ignore[arg-type]
        return self.centre.add("look.centre", body, at(when))

    # what the box states

    def film(
        self, start: str, end: str, shows: Sequence[str] | None = None, *, headcount: int | None = None,
        unnamed: int = 0, dark: int = 0, roll_call: bool = True, box: str = "box-1", camera: str = "room",
        segment_s: int = 600, run: str | None = None, gaps: Sequence[Gap] = (), seen: tuple[str, str] | None = None,
        pictured: bool | None = None, faceless: int | None = 0, still: int | None = None,
    ) -> Filmed:
        """An unbroken run from "2026-03-02 07:58" to "09:42", in segments; each shows `shows` (by default everyone).
        `seen`: between which times of day they are shown. `dark`: dark frames of a hundred. `pictured`: somebody looked
        at the picture, and it lives; by default where there is a roll call that saw anything. `faceless`: most people
        at once whose face was not seen; they are in the headcount, which counts faces alone where it is None. `still`:
        what looks like people and never moved, in none of these."""
        start_us, end_us = at(start), at(f"{start[:10]} {end}")
        shown = self.trainees if shows is None else tuple(shows)
        run = run or f"r-{next(self._count)}"
        sight = (at(f"{start[:10]} {seen[0]}"), at(f"{start[:10]} {seen[1]}")) if seen else (start_us, end_us)
        filmed = Filmed([], start_us)
        for index, first_us in enumerate(range(start_us, end_us, segment_s * SECOND)):
            last_us = min(end_us, first_us + segment_s * SECOND)
            body = self.segment(run, index, first_us - start_us, last_us - start_us, start_us, box, camera, gaps)
            self.boxes[box].add("segment", body, last_us + SECOND)
            filmed.segments.append(body)
            if roll_call:
                inside = (max(first_us, sight[0]) - start_us, min(last_us, sight[1]) - start_us)
                people = shown if inside[1] > inside[0] else ()
                call = roll_call_of(body, people, inside, headcount, unnamed, dark, faceless, still)
                self.boxes[box].add("rollcall", call, last_us + 30 * SECOND)
            if pictured or (pictured is None and roll_call and dark < 90):
                self.boxes[box].add("picture", picture_of(body), last_us + 31 * SECOND)
        return filmed

    def call_rolls(self, pictured: bool = True) -> None:
        """A picture record, and a roll call that sees nobody, for every segment of the class so far that has no roll
        call."""
        for box in self.boxes.values():
            called = {record.body["segment"] for record in box.records if record.type == "rollcall"}
            for record in [one for one in box.records if one.type == "segment"]:
                body = body_of(record)
                if isinstance(body, Segment) and body.sha256 not in called:
                    box.add("rollcall", roll_call_of(body, (), (0, 0)), record.utc_us + 20 * SECOND)
                    if pictured:
                        box.add("picture", picture_of(body), record.utc_us + 20 * SECOND)

    def segment(
        self, run: str, index: int, first_us: int, end_us: int, start_us: int, box: str, camera: str = "room",
        gaps: Sequence[Gap] = (), **changes: Any,
    ) -> Segment:
        """The body of a segment with packets every 100 ms; media times from the start of the run at `start_us`."""
        mono_us = start_us - self.boxes[box].boot_us
        body = Segment(
            class_id="c-1", session=None, camera=camera, run=run, index=index, file=f"{run}/{index:06}.mp4", size=1000,
            sha256=sha((box, run, index)), codec="h264", width=1280, height=720,
            packets=max(1, (end_us - first_us) // 100_000), keyframes=10, first_pts_us=first_us, end_pts_us=end_us,
            first_mono_us=mono_us + first_us, last_mono_us=mono_us + end_us - 100_000, gap_floor_us=500_000,
            gaps=tuple(gap for gap in gaps if first_us <= gap.at_us < end_us), recovered=False, began="start",
        )
        return dataclasses.replace(body, **changes)

    def session(
        self, start: str, end: str | None = None, box: str = "box-1", by: Literal["button", "plan"] = "button",
    ) -> None:
        """Somebody presses start, and end: times of one day, "2026-03-02 07:58" and "09:42"."""
        name = f"s-{next(self._count)}"
        self.boxes[box].add("session.start", SessionStart("c-1", name, by), at(start))
        if end is not None:
            self.boxes[box].add("session.end", SessionEnd("c-1", name, by), at(f"{start[:10]} {end}"))

    def check_in(
        self, person: str, when: str, liveness: str = "live", score: int = 900_000, box: str = "box-1",
        seen: str | None = None, direction: str = "in", **more: Any,
    ) -> Record:
        """An attempt of that person at the terminal. `seen`: when the face was seen first."""
        chain = self.boxes[box]
        body = CheckIn(
            "c-1", None, f"a-{next(self._count)}", "lab", SHA, "cpu", THRESHOLD, MARGIN, 5, 5, 120,
            at(seen or when) - chain.boot_us, liveness, Candidate(person, score), None,  # type: ignore[arg-type]
            direction, **({"passive": ALIVE} if liveness == "live" else {}) | more,  # type: ignore[arg-type]
        )
        return chain.add("checkin", body, at(when))

    def pin(
        self, person: str, when: str, confirmed_by: str | None = "teacher", why: str = "no_consent",
        direction: str = "in", box: str = "box-1",
    ) -> Record:
        """Somebody signs in or out by a PIN."""
        chain = self.boxes[box]
        body = PinCheckIn(
            "c-1", None, f"a-{next(self._count)}", person, direction, why,  # type: ignore[arg-type]
            confirmed_by, 0, at(when) - chain.boot_us)
        return chain.add("checkin.pin", body, at(when))

    def consent(self, person: str, when: str, given: bool = True, box: str = "box-1") -> Record:
        body = Consent("c-1", person, given, SHA, "zh", None, "terminal")
        return self.boxes[box].add("consent", body, at(when))

    def withdraw(self, person: str, when: str, box: str = "box-1") -> Record:
        return self.boxes[box].add("consent.withdrawn", ConsentWithdrawn("c-1", person, "terminal"), at(when))

    def enrol(
        self, person: str, when: str, anchor: str = "id_card", source: str = "camera", consent: Record | None = None,
        box: str = "box-1", by: str = "",
    ) -> Record:
        """A face is enrolled, by default with a consent given just before."""
        given = consent or self.consent(person, when, box=box)
        body = Enrolment("c-1", person, "lab", SHA, 5, anchor, source,  # type: ignore[arg-type]
                         consent=sha256_hex(record_bytes(given)), anchor_by=by)
        return self.boxes[box].add("enrolment", body, at(when))

    def point_out(self, person: str, filmed: Filmed, when: str, by: str = "Wang") -> None:
        at_us = at(when) - filmed.start_us
        segment = next(one for one in filmed.segments if one.first_pts_us <= at_us < one.end_pts_us)
        self.centre.add("pointed", Pointed("c-1", person, segment.sha256, at_us, (1, 2, 3, 4), by), at(when))

    def bare_face(
        self, start: str, end: str, result: str = "held", confirmed_by: str | None = "teacher", box: str = "box-1",
        stated: str | None = None,
    ) -> Record:
        """A bare-face roll call from "2026-03-02 08:30" to "08:31" of the same day, stated when it was over."""
        chain, end_us = self.boxes[box], at(f"{start[:10]} {end}")
        body = BareFace("c-1", None, at(start) - chain.boot_us - 5 * SECOND, at(start) - chain.boot_us,
                        end_us - chain.boot_us, result, confirmed_by)  # type: ignore[arg-type]
        return chain.add("bareface", body, at(stated) if stated else end_us + SECOND)

    def remove(self, segment: Segment, when: str) -> None:
        self.boxes["box-1"].add("segment.removed", SegmentRemoved(segment.sha256, "full disk", "Zhao"), at(when))

    # what it comes to

    @property
    def records(self) -> list[Record]:
        """All of them. Unless `silent`, each box has gone on after the course, and so has reported past it."""
        boxes = [record for box in self.boxes.values() for record in box.records]
        return [*self.centre.records, *boxes, *(() if self.silent else map(_later, self.boxes.values()))]

    def story(self) -> Story:
        return fold(self.records, "c-1", self.policy, receipts=by_chain(self.receipts))

    def findings(self, as_of: str = "2026-04-01 00:00") -> tuple[Finding, ...]:
        return findings(self.story(), self.policy, at(as_of))

    def finding(self, rule: str, as_of: str = "2026-04-01 00:00") -> Finding:
        return next(one for one in self.findings(as_of) if one.rule == rule)

    def r3(self, as_of: str = "2026-04-01 00:00") -> R3Finding:
        found = self.finding("R3", as_of)
        assert isinstance(found, R3Finding)
        return found


def _later(box: Chain) -> Record:
    """A record of the box, which belongs to no class, from after the course; it is not kept."""
    later_us = max(at("2026-03-31 08:00"), box.records[-1].utc_us)
    box.add("alarm", {"code": "camera.silent", "params": {}}, later_us)
    return dataclasses.replace(box.records.pop(), seq=box.records[-1].seq + 1)


def roll_call_of(
    segment: Segment, people: Sequence[str], inside: tuple[int, int], headcount: int | None = None, unnamed: int = 0,
    dark: int = 0, faceless: int | None = 0, still: int | None = None,
) -> RollCall:
    """A roll call that sees `people` (all the time `inside`, media times) and so many faces without a name."""
    middle = (inside[0] + inside[1]) // 2
    tracks = [Track(inside[0], inside[1], middle, 50, 80, Candidate(person, 800_000), None) for person in people]
    first_us, end_us = segment.first_pts_us, segment.end_pts_us
    tracks += [Track(first_us, end_us, first_us, 50, 18, None, None) for _ in range(unnamed)]
    count = len(people) + unnamed + (faceless or 0) if headcount is None else headcount
    return RollCall(
        "c-1", segment.run, segment.sha256, "lab", SHA, "cpu", THRESHOLD, MARGIN, 40, 100, dark, count,
        count * 1_000_000, tuple(tracks), faceless_max=faceless, still_peak=still,
    )


Shade = Literal["", "black", "covered"]
SHADES: Mapping[Shade, tuple[int, ...]] = {
    "": (450_000, 220_000, 6_000, 2_000, 20_000), "black": (9_000, 4_000, 200, 0, 300),
    "covered": (450_000, 4_000, 200, 0, 300)}
"""What a sample measures of a room in which people move, of a dark one, of a cloth before the camera."""
THUMBS: Mapping[Shade, str] = {"": THUMB, "black": "028" * 144, "covered": "700" * 144}


def picture_of(segment: Segment, shade: Shade = "", within: tuple[int, int] | None = None) -> Picture:
    """A picture record of a room in which people move; of another shade within a time (media time)."""
    times = (*range(segment.first_pts_us, segment.end_pts_us, 15 * SECOND), segment.end_pts_us - 1)
    shades: list[Shade] = [shade if within is None or within[0] <= at_us < within[1] else "" for at_us in times]
    samples = tuple(PictureSample(at_us, *SHADES[one], THUMBS[one])
                    for at_us, one in zip(times, shades, strict=True))
    return Picture(str(segment.class_id), segment.run, segment.sha256, 15 * SECOND, samples, "")


def codes(finding: Finding) -> list[str]:
    """The codes of its reasons, for each of which there are words with just its parameters."""
    for one in finding.reasons:
        said = words(one, "zh")
        assert one.code in REASONS and "{" not in said, one
    return [one.code for one in finding.reasons]
