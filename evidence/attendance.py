"""Who signed in and out, by the face or by a PIN: which attempts count, when they were, and for which block.

A sign-in is *by the face*, when the policy accepts the attempt, or *by PIN*, when an instructor of the class confirmed
it. A confirmed PIN is a check-in in the sense of R3 (“neither shown nor checked in”). Nobody has to give a face; who
does not has no template, so the roll call can never show them, and a class would lose its subsidy because somebody used
a right that the law gives. It makes nobody shown: with a full headcount such a recording stays undecided and people
look at it; with a low one it is missing, PIN or not. So an invented trainee with a PIN acquits nobody. A PIN that
nobody confirmed, or that the person confirmed alone, is no check-in.
"""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence

from evidence.bodies import CheckIn, Consent, ConsentWithdrawn, PinCheckIn
from evidence.checkin import answer_of
from evidence.clocks import ChainClock
from evidence.liveness import liveness_of
from evidence.policy import Policy
from evidence.records import Record
from evidence.story import Attendance, CheckInFact, PinFact, Span, Void
from evidence.times import MINUTE

SEEN_US = 20 * MINUTE
"""A first sight may lie so long before its record, in real time (ours): a queue of 80 people takes a quarter of an
hour, a challenge a minute, a locked store the rest."""
Sign = CheckInFact | PinFact
Clocks = Callable[[Record], ChainClock]
Said = tuple[Record, Consent | ConsentWithdrawn]


def first_sight(record: Record, seen_mono_us: int, windows: Collection[Span]) -> tuple[int, bool]:
    """When a face was first seen, UTC microseconds, and whether what the record claims is not believed: later than the
    record, longer before it than `SEEN_US`, or before the check-in was open for which the record was made. Then it was
    when the record was made, so that nobody is in time by a number that a box may write as it likes."""
    seen_us = record.utc_us - record.mono_us + seen_mono_us
    opened_us = [one.start_us for one in windows if one.start_us <= record.utc_us <= one.end_us]
    earliest_us = max(record.utc_us - SEEN_US * record.clock.rate, min(opened_us, default=0))
    if earliest_us <= seen_us <= record.utc_us:
        return seen_us, False
    return record.utc_us, True


def face_facts(
    found: Sequence[tuple[Record, CheckIn]], said: Sequence[Said], clocks: Clocks, windows: Collection[Span],
    policy: Policy,
) -> tuple[CheckInFact, ...]:
    """The attempts in order of time. `said`: consents, refusals and withdrawals of the class; `windows`: when the
    check-in was open for each block."""
    facts = []
    for record, body in found:
        answer, person = answer_of(body, policy)
        at_us, unlikely = first_sight(record, body.seen_mono_us, windows)
        forbidden = person is not None and refused(person, record, said)
        doubt = clocks(record).doubt(record)
        liveness = liveness_of(body, policy)
        facts.append(CheckInFact(record.key, body, at_us, answer, person, doubt, liveness, unlikely, forbidden))
    return tuple(sorted(facts, key=lambda fact: (fact.at_us, fact.ref)))


def pin_facts(
    found: Sequence[tuple[Record, PinCheckIn]], clocks: Clocks, windows: Collection[Span], instructors: Collection[str],
) -> tuple[PinFact, ...]:
    """The sign-ins by PIN in order of time. `instructors`: of any plan of the class."""
    facts = []
    for record, body in found:
        at_us, unlikely = first_sight(record, body.seen_mono_us, windows)
        void = _void(body, instructors)
        facts.append(PinFact(record.key, body, at_us, clocks(record).doubt(record), unlikely, void))
    return tuple(sorted(facts, key=lambda fact: (fact.at_us, fact.ref)))


def faceless(said: Iterable[Said]) -> tuple[str, ...]:
    """Who refused the use of the face or withdrew the consent, as their last word."""
    people: dict[str, list[Said]] = defaultdict(list)
    for one in said:
        people[one[1].person].append(one)
    return tuple(sorted(person for person, words in people.items() if not _given(_last(words))))


def attended(
    person: str, signs: Sequence[Sign], window: Span, span: Span, after_us: int, late_min: int | None
) -> Attendance:
    """How a person signed in and out for `span`. `signs`: of anybody, in order of time; `window`: when the check-in is
    open for it; a sign-out counts until `after_us` after the end, if nothing of the person stands between.
    A sign-out alone shows that the person came, but not in time."""
    own = [one for one in signs if one.person == person and one.counts and window.start_us <= one.at_us]
    inside = [one for one in own if one.at_us <= span.end_us]
    later = next((one for one in own if one.at_us > span.end_us), None)
    while inside and inside[0].direction == "out" and inside[0].at_us <= span.start_us:
        inside.pop(0)  # it ends the block before
    since, last = _entered(inside, span.start_us), inside[-1] if inside else None
    came = last is not None and (last.direction == "in" or last.at_us > span.start_us)
    if came and later is not None and later.direction == "out" and later.at_us <= span.end_us + after_us:
        last, inside = later, [*inside, later]
    late_us = None if late_min is None else span.start_us + late_min * MINUTE
    return Attendance(
        person=person,
        came=came,
        way="none" if not came else "face" if any(isinstance(one, CheckInFact) for one in inside) else "pin",
        in_us=since.at_us if came and since is not None else None,
        out_us=last.at_us if came and last is not None and last.direction == "out" else None,
        late=came and late_us is not None and (since is None or since.at_us > late_us),
        refs=tuple(one.ref for one in inside),
    )


def _entered(signs: Sequence[Sign], start_us: int) -> Sign | None:
    """The sign-in by which the person was there at the start; else the first one after it."""
    since: Sign | None = None
    for one in signs:
        if one.at_us > start_us and since is not None:
            break
        since = None if one.direction == "out" else since or one
    return since


def _void(body: PinCheckIn, instructors: Collection[str]) -> Void | None:
    if body.confirmed_by is None:
        return "unconfirmed"
    if body.confirmed_by == body.person:
        return "self"
    return None if body.confirmed_by in instructors else "stranger"


def refused(person: str, record: Record, said: Sequence[Said]) -> bool:
    """Whether the person's last word before a record was that the face may not be used."""
    earlier = [one for one in said if one[1].person == person and before(one[0], record)]
    return bool(earlier) and not _given(_last(earlier))


def before(one: Record, other: Record) -> bool:
    """By their numbers in one chain; else by their wall clocks."""
    if (one.device, one.chain) == (other.device, other.chain):
        return one.seq < other.seq
    return one.utc_us < other.utc_us


def _last(said: Sequence[Said]) -> Said:
    """The last word: in each chain the highest number, of these the latest by the wall clock."""
    heads: dict[tuple[str, str], Said] = {}
    for one in said:
        place = (one[0].device, one[0].chain)
        heads[place] = max(heads.get(place, one), one, key=lambda item: item[0].seq)
    return max(heads.values(), key=lambda item: (item[0].utc_us, item[0].key))


def _given(said: Said) -> bool:
    return isinstance(said[1], Consent) and said[1].given
