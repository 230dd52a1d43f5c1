"""A clock that nobody can believe: what it leaves open is what may have been then, not the whole course."""
from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.adrift import Adrift
from evidence.story import SegmentFact, Span
from evidence.times import MINUTE
from tests.evidence.course import REAL, TRAINEES, UNSET, Course, at, codes

DAYS = ("2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05")
BUT_4 = TRAINEES[:3]


def guilty(absent_from: Sequence[str] = DAYS[:3]) -> Course:
    """Four half-days; t-4 stays away from some of them, and signs in nowhere then. Nothing is filmed yet."""
    made = Course(boxes=("box-1", "box-2"), rooms={"box-1": "101", "box-2": "workshop"})
    for day in DAYS:
        made.half_day(day)
    made.order()
    for day in DAYS:
        people = BUT_4 if day in absent_from else TRAINEES
        for person in people:
            made.check_in(person, f"{day} 07:50")
        made.film(f"{day} 07:58", "09:42", people)
    return made


def unset(made: Course, start: str, end: str, day: str | None, box: str = "box-2") -> None:
    """A start of the second box whose clock nobody set; from noon of a day on it is set again, or never."""
    chain = made.boxes[box]
    chain.clock = UNSET
    chain.restart(at(start) - MINUTE, "1f")
    made.film(start, end, (), box=box)
    if day:
        set_again(made, day, box)


def set_again(made: Course, day: str, box: str = "box-2") -> None:
    made.boxes[box].clock = REAL
    made.boxes[box].restart(at(f"{day} 12:00"), "2f")
    made.boxes[box].add("alarm", {"code": "x", "params": {}}, at(f"{day} 12:01"))


def test_half_an_hour_of_an_unset_clock_leaves_open_what_it_may_be_of_and_no_more() -> None:
    """A box whose clock was set before and after was there in between, not on every day of the course."""
    made = guilty()
    assert made.r3().verdict == "flag"
    chain = made.boxes["box-2"]
    chain.add("alarm", {"code": "x", "params": {}}, at(f"{DAYS[2]} 18:00"))
    unset(made, "2020-01-01 00:10", "00:40", DAYS[3])
    found = made.r3()
    assert found.verdict == "flag" and found.recordings == tuple(f"{day}-am" for day in DAYS[:3])
    assert [block.doubtful_us for block in made.story().blocks] == [0, 0, 0, 30 * MINUTE]


def test_where_the_chain_says_nothing_before_or_after_it_may_be_of_any_day() -> None:
    for day, told in ((DAYS[1], DAYS[:2]), (None, DAYS)):
        made = guilty()
        unset(made, "2020-01-01 00:10", "00:40", day)
        assert made.r3().open_recordings == tuple(f"{one}-am" for one in told if one in DAYS[:3])


def test_a_clock_that_is_a_day_behind_leaves_the_day_open_on_which_it_was() -> None:
    """Today's video says that it is yesterday's."""
    made = guilty(DAYS[1:2])
    chain = made.boxes["box-2"]
    chain.add("alarm", {"code": "x", "params": {}}, at(f"{DAYS[0]} 18:00"))
    unset(made, f"{DAYS[0]} 07:58", "09:42", DAYS[1])
    found = made.r3()
    assert (found.recordings, found.open_recordings) == ((), (f"{DAYS[1]}-am",))
    assert [block.doubtful_us // MINUTE for block in made.story().blocks] == [100, 104, 0, 0]


def test_who_signed_in_at_such_a_terminal_may_have_come_on_the_day_on_which_that_was() -> None:
    made = guilty(DAYS[1:2])
    chain = made.boxes["box-2"]
    chain.add("alarm", {"code": "x", "params": {}}, at(f"{DAYS[0]} 18:00"))
    assert made.r3().recordings == (f"{DAYS[1]}-am",)
    chain.clock = UNSET
    chain.restart(at("2020-01-01 00:00"), "1f")
    made.check_in("t-4", "2020-01-01 00:05", box="box-2")
    set_again(made, DAYS[1])
    found = made.r3()
    assert (found.recordings, found.open_recordings) == ((), (f"{DAYS[1]}-am",))
    told = next(one for one in found.reasons if one.code == "sign_uncertain")
    assert told.params["trainees"] == ("t-4",) and "sign_uncertain" in codes(found)
    block = next(one for one in made.story().blocks if one.id == f"{DAYS[1]}-am")
    assert block.maybe_signed == ("t-4",) and not block.time_certain and not block.tells_absent, "nor on any page"


def test_who_signed_in_at_such_a_terminal_shields_nobody_who_did_not() -> None:
    made = guilty(DAYS[:1])
    made.order("2026-03-01 19:00", (*TRAINEES, "t-5"))
    chain = made.boxes["box-2"]
    chain.restart(at(f"{DAYS[0]} 07:00"), "1f")
    chain.clock = UNSET
    made.check_in("t-4", f"{DAYS[0]} 08:00", box="box-2")
    set_again(made, DAYS[0])
    assert made.r3().recordings[0] == f"{DAYS[0]}-am" and made.r3().trainees == ("t-5",)


@pytest.mark.parametrize(("person", "more", "told"), [
    ("t-1", {}, "missing"), ("t-4", {}, "open"), ("t-4", {"liveness": "fake"}, "missing"),
    ("nobody", {}, "missing")])
def test_a_sign_in_of_uncertain_time_excuses_its_person_and_nobody_else(
    person: str, more: dict[str, str], told: str,
) -> None:
    """One attempt at a box without a time, by anybody, would keep a class from ever being judged."""
    made = guilty(DAYS[:1])
    made.boxes["box-2"].clock = UNSET
    made.boxes["box-2"].restart(at(f"{DAYS[0]} 07:00"), "1f")
    made.check_in(person, f"{DAYS[0]} 08:00", box="box-2", **more)  # type: ignore[arg-type]
    set_again(made, DAYS[0])
    found = made.r3()
    assert (found.recordings if told == "missing" else found.open_recordings) == (f"{DAYS[0]}-am",)


SPANS = st.tuples(st.integers(0, 20), st.integers(0, 20)).map(lambda pair: Span(min(pair), max(pair)))


@given(st.lists(st.tuples(SPANS, st.integers(0, 9)), max_size=8), SPANS, st.integers(0, 8))
def test_what_may_be_of_a_time_is_all_that_shares_any_of_it(
    films: list[tuple[Span, int]], span: Span, here: int,
) -> None:
    """Counted one by one."""
    if span.length_us == 0:
        return
    facts = [fact_of(index) for index in range(len(films))]
    drift = Adrift({fact.ref: film for fact, film in zip(facts, films, strict=True)})
    shares = [may.start_us < span.end_us and span.start_us < may.end_us for may, _ in films]
    assert drift.elsewhere_us(facts[:here], span) == sum(
        length for (_, length), share in list(zip(films, shares, strict=True))[here:] if share)


def fact_of(index: int) -> SegmentFact:
    return dataclasses.replace(guiltless, ref=("box-2", "c", index))


guiltless = next(iter(guilty(()).story().segments))



@pytest.mark.parametrize(("box", "told"), [("box-1", "missing"), ("box-2", "open")])
def test_who_is_surely_absent_from_the_room_of_that_terminal_is_missing_signed_in_or_not(box: str, told: str) -> None:
    """Else a PIN on a clock that nobody set would hide who stays away: the same PIN at its time does not. But of the
    room of the second terminal there is no video: who signed in there may sit there."""
    made = guilty(DAYS[:1])
    chain = made.boxes[box]
    chain.clock = UNSET
    chain.restart(at(f"{DAYS[0]} 07:00"), "1f")
    made.pin("t-4", f"{DAYS[0]} 07:55", box=box)
    set_again(made, DAYS[3], box)
    assert made.story().blocks[0].maybe_signed == ("t-4",)
    found = made.r3()
    assert (found.recordings if told == "missing" else found.open_recordings) == (f"{DAYS[0]}-am",)
