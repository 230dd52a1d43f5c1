"""One block of a class as records, folded and judged by R3 itself: what the product says of what was drawn."""
from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Sequence

from evidence.bodies import (
    Alarm,
    BareFace,
    Candidate,
    CheckIn,
    ClassOrder,
    Enrolled,
    Genesis,
    Hour,
    PassiveLook,
    Picture,
    PictureSample,
    Place,
    PolicyRef,
    RollCall,
    Segment,
    Track,
)
from evidence.fold import fold
from evidence.policy import Policy
from evidence.records import NO_PREV, ClockState, Record
from evidence.rules.r3 import Judged, judge_occasion
from evidence.shape import encode
from evidence.times import MINUTE, SECOND, utc_text, utc_us

START = utc_us("2026-03-02T01:00:00.000000Z")
LENGTH_US = 100 * MINUTE
SHA = "a" * 64
CLOCK = ClockState(True, 1000, "kernel", 1)
THRESHOLD, MARGIN, SURE = 400_000, 50_000, 800_000
ALIVE = PassiveLook(5, 0, 5, 500_000, 900_000)
EVERY_US = 15 * SECOND
SAMPLES, SMALL_PX, NEAR_PX = 3000, 18, 60
WHOLE_MIN = (0, 100)
GEAR_MIN = (0, 29, 32, 79, 82, 100)
"""Where the files of a block in gear begin and end: in the second and the fourth faces are bare."""
BARE_MIN = ((30, 31), (80, 81))
"""When the bare-face roll calls are held."""
MONO_US = 2880 * MINUTE
"""CLOCK_BOOTTIME at the start of the block."""


@dataclasses.dataclass(frozen=True)
class Drawn:
    """`trainees` are due. Of them `signed` are not shown and signed in, `unsigned` neither; all others both. `unnamed`
    faces too small to tell anything are in view all along; the headcount is `heads`; so much is recorded, and so much
    of that dark."""

    trainees: int
    signed: int
    unsigned: int
    unnamed: int
    heads: int
    cover_pct: int
    dark_pct: int
    gear: bool = False
    """All wear helmets, and count without a face, but for two bare-face roll calls."""


def judged(drawn: Drawn, policy: Policy) -> Judged:
    """What R3 says of the block."""
    block = fold(list(_records(drawn, policy)), "c-1", policy).blocks[0]
    return judge_occasion(block, block.presences, policy)


def _records(drawn: Drawn, policy: Policy) -> Iterator[Record]:
    """The chain of the centre, then that of the box, which has reported past the block."""
    people = [f"t-{number}" for number in range(drawn.trainees)]
    hour = Hour("h-1", "practical", utc_text(START), utc_text(START + LENGTH_US), drawn.gear)
    order = ClassOrder(
        "c-1", 1, "c", PolicyRef(policy.id, policy.sha256), 480, (Place("box", "r"),),
        (*(Enrolled(person, "trainee", SHA) for person in people), Enrolled("teacher", "instructor", SHA)), (hour,))
    for seq, (type, body) in enumerate((("genesis", Genesis(SHA, "PEM", SHA, "bench")), ("order.class", order))):
        yield _record("centre", seq, START - 1440 * MINUTE, type, body)
    for seq, (at_us, type, body) in enumerate(_box(drawn, people)):
        yield _record("box", seq, at_us, type, body)


def _record(device: str, seq: int, at_us: int, type: str, body: object) -> Record:
    """No seal and no links: the fold takes what was verified."""
    prev = "b" * 64 if seq else NO_PREV
    return Record(1, type, device, "c" * 32, seq, prev, "0", at_us - START + MONO_US, utc_text(at_us), CLOCK,
                  encode(body))


def _box(drawn: Drawn, people: list[str]) -> Iterator[tuple[int, str, object]]:
    yield START - 60 * MINUTE, "genesis", Genesis(SHA, "PEM", SHA, "bench", SHA)
    away = people[drawn.signed : drawn.signed + drawn.unsigned]
    for number, person in enumerate(people):
        if person not in away:
            yield START - 5 * MINUTE, "checkin", _check_in(person, number)
    end_us = LENGTH_US * drawn.cover_pct // 100
    for index, (first_min, last_min) in enumerate(itertools.pairwise(GEAR_MIN if drawn.gear else WHOLE_MIN)):
        times = first_min * MINUTE, min(end_us, last_min * MINUTE)
        if times[0] < times[1]:
            helmets, shown = drawn.gear and index % 2 == 0, people[drawn.signed + drawn.unsigned:]
            yield START + times[1], "segment", _segment(index, *times)
            yield START + times[1], "rollcall", _roll_call(drawn, () if helmets else shown, helmets, index, *times)
            yield START + times[1], "picture", _picture(_lit_us(drawn), index, *times)
    for from_min, to_min in BARE_MIN if drawn.gear else ():
        held = (MONO_US + from_min * MINUTE - 5 * SECOND, MONO_US + from_min * MINUTE, MONO_US + to_min * MINUTE)
        yield START + to_min * MINUTE, "bareface", BareFace("c-1", None, *held, "held", "teacher")
    yield START + LENGTH_US + 60 * MINUTE, "alarm", Alarm("camera.silent", {}, None)


def _check_in(person: str, number: int) -> CheckIn:
    mono_us = MONO_US - 6 * MINUTE
    return CheckIn("c-1", None, f"a-{number}", "lab", SHA, "cpu", THRESHOLD, MARGIN, 5, 5, 120, mono_us, "live",
                   Candidate(person, SURE), passive=ALIVE)


def _lit_us(drawn: Drawn) -> int:
    """Until when the lights are on, of what is recorded."""
    return LENGTH_US * drawn.cover_pct // 100 * (100 - drawn.dark_pct) // 100


def _sha(index: int) -> str:
    return f"{index:x}" * 64


def _segment(index: int, first_us: int, end_us: int) -> Segment:
    return Segment(
        "c-1", None, "room", "r-1", index, f"r-1/{index:06}.mp4", 1000, _sha(index), "h264", 1920, 1080,
        (end_us - first_us) // 100_000, 10, first_us, end_us, MONO_US + first_us, MONO_US + end_us - 100_000, 500_000,
        (), False, "start", "end")


def _roll_call(
    drawn: Drawn, shown: Sequence[str], helmets: bool, index: int, first_us: int, end_us: int,
) -> RollCall:
    samples = SAMPLES * (end_us - first_us) // LENGTH_US
    times = first_us, end_us, (first_us + end_us) // 2, samples
    tracks = [Track(*times, NEAR_PX, Candidate(person, SURE)) for person in shown]
    if not helmets:
        tracks += [Track(*times, SMALL_PX) for _ in range(drawn.unnamed)]
        # Who else is counted shows a clear face that is like nobody.
        tracks += [Track(*times, NEAR_PX, Candidate("t-0", 1000)) for _ in range(drawn.heads - len(tracks))]
    dark = samples * max(0, end_us - max(first_us, _lit_us(drawn))) // (end_us - first_us)
    return RollCall("c-1", "r-1", _sha(index), "lab", SHA, "cpu", THRESHOLD, MARGIN, 32, samples, dark, drawn.heads,
                    drawn.heads * 1_000_000, tuple(tracks), faceless_max=drawn.heads if helmets else 0)


def _picture(lit_us: int, index: int, first_us: int, end_us: int) -> Picture:
    """A room in which people move, while the lights are on."""
    room = "".join(f"{800 + cell * 977 % 1900:03x}" for cell in range(144))
    black = "028" * 144
    times = (*range(first_us, end_us, EVERY_US), end_us - 1)
    samples = tuple(
        PictureSample(at_us, 450_000, 220_000, 6_000, 2_000, 20_000, room) if at_us < lit_us
        else PictureSample(at_us, 9_000, 4_000, 200, 0, 300, black) for at_us in times)
    return Picture("c-1", "r-1", _sha(index), EVERY_US, samples, "")
