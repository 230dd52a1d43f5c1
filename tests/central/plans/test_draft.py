"""The draft of a class: what may be changed, patterns, roster events, leave, and what two classes cannot share."""
from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from central.plans.changes import WORDS, change_words, changes
from central.plans.clashes import HourTaken, Taken, clashes
from central.plans.draft import (
    Draft,
    DraftHour,
    Published,
    add_hours,
    change_class,
    draft_of,
    move_hour,
    read_draft,
    remove_hour,
    replace_people,
    write_draft,
)
from central.plans.errors import (
    BadText,
    BoxNamedTwice,
    BoxTaken,
    HourBackward,
    HourIdTwice,
    HoursCross,
    HourTooLong,
    LateOrEarly,
    LeaveBackward,
    LeaveOver,
    LeavesMeet,
    MakeUpEmpty,
    NoSubstitute,
    NoSuchChange,
    NotATeacher,
    NotATrainee,
    NotYetPublished,
    OffRoster,
    OnRoster,
    PatternEmpty,
    PatternTooLong,
    PatternWrong,
    RoomTaken,
    UnknownHour,
)
from central.plans.pattern import Pattern, hours_by
from central.plans.roster_changes import Why, add_event, add_leave, drop_change, enrolled
from evidence.bodies import ClassOrder, Enrolled, Leave, Place, PolicyRef
from evidence.errors import BadShape
from evidence.times import HOUR, MINUTE, utc_text, utc_us

SHA = "ab" * 32
NOW = utc_us("2026-03-01T00:00:00.000000Z")
DAY = 24 * HOUR
WHY = Why("a reason", "Wang")
PEOPLE = (Enrolled("t-1", "trainee", SHA), Enrolled("t-2", "trainee", SHA), Enrolled("i-1", "instructor", SHA))
EMPTY = Draft("c-1", "Welding", PolicyRef("demo", SHA), 480, (Place("box-1", "101"),), None, PEOPLE, ())


def hour(start_us: int, minutes: int = 45, **changes: object) -> DraftHour:
    return dataclasses.replace(
        DraftHour("", "theory", utc_text(start_us), utc_text(start_us + minutes * MINUTE)), **changes)  # type: ignore[arg-type]


def planned(*starts: int) -> Draft:
    return add_hours(EMPTY, [hour(start) for start in starts or (NOW + DAY, NOW + 2 * DAY)], NOW)


def published(draft: Draft, leaves: Sequence[Leave] = ()) -> tuple[Draft, Published]:
    order = ClassOrder(draft.class_id, 1, draft.title, draft.policy, 480, draft.boxes, draft.people,
                       tuple(one.ordered for one in draft.hours), draft.institution)
    base = Published(order, (), tuple(leaves))
    return draft_of(base, draft), base


def test_a_draft_is_kept_as_it_is() -> None:
    draft, base = published(planned())
    draft = add_event(draft, base, "withdrawal", "t-1", None, NOW, WHY, NOW)
    draft = add_leave(draft, base, "t-2", NOW, NOW + HOUR, WHY, NOW)
    assert read_draft(write_draft(draft)) == draft
    for text in ("", "[]", "[" * 100_000, write_draft(draft).replace("theory", "music")):
        with pytest.raises(BadShape):
            read_draft(text)


@pytest.mark.parametrize("wrong, error", [
    (hour(NOW + DAY + 44 * MINUTE), HoursCross), (hour(NOW + 3 * DAY, 0), HourBackward),
    (hour(NOW + 3 * DAY, 121), HourTooLong),
    (hour(NOW + 3 * DAY, make_up=()), MakeUpEmpty), (hour(NOW + 3 * DAY, make_up=("t-9",)), NotATrainee),
    (hour(NOW + 3 * DAY, make_up=("i-1",)), NotATrainee), (hour(NOW + 3 * DAY, teachers=("t-1",)), NotATeacher),
    (hour(NOW + 3 * DAY, hour="h1"), HourIdTwice),
])
def test_a_class_hour_that_cannot_be(wrong: DraftHour, error: type[Exception]) -> None:
    with pytest.raises(error):
        add_hours(planned(), [wrong], NOW)


def test_class_hours_stand_back_to_back_and_in_the_order_of_time() -> None:
    draft = add_hours(planned(), [hour(NOW + DAY + 45 * MINUTE), hour(NOW + HOUR)], NOW)
    assert [one.hour for one in draft.hours] == ["h4", "h1", "h3", "h2"]
    moved = move_hour(draft, "h4", utc_text(NOW + 5 * DAY), utc_text(NOW + 5 * DAY + HOUR), NOW)
    assert [one.hour for one in moved.hours] == ["h1", "h3", "h2", "h4"]
    # An id is given once.
    again = add_hours(remove_hour(moved, "h4", NOW), [hour(NOW + 6 * DAY)], NOW)
    assert [one.hour for one in again.hours] == ["h1", "h3", "h2", "h5"]
    with pytest.raises(UnknownHour):
        remove_hour(again, "h4", NOW)


def test_other_words_about_a_class() -> None:
    assert change_class(EMPTY, title=" 新 标题 ").title == "新 标题"
    for title in ("", " ", "a\u202eb", "a" * 201):
        with pytest.raises(BadText):
            change_class(EMPTY, title=title)
    with pytest.raises(BoxNamedTwice):
        change_class(EMPTY, boxes=[Place("box-1", "101"), Place("box-1", "102")])
    with pytest.raises(NotATeacher):
        replace_people(add_hours(EMPTY, [hour(NOW + DAY, teachers=("i-1",))], NOW), PEOPLE[:2])


# --- patterns

MONDAYS = Pattern(frozenset({0, 2}), datetime.date(2026, 3, 2), datetime.date(2026, 12, 31), datetime.time(8, 30),
                  datetime.time(12), 4, 45, 10, "practical", most=40)


def test_a_pattern_until_enough_class_hours_are_planned() -> None:
    hours = hours_by(MONDAYS, 480)
    assert len(hours) == 40
    assert [one.start for one in hours[:5]] == [
        f"2026-03-0{day}T{time}:00.000000Z" for day, time in (
            (2, "00:30"), (2, "01:25"), (2, "02:20"), (2, "03:15"), (4, "00:30"))]
    assert {(one.end_us - one.start_us) // MINUTE for one in hours} == {45}
    draft = add_hours(EMPTY, hours, NOW)
    assert len(draft.hours) == 40 and draft.hours[-1].hour == "h40"


@pytest.mark.parametrize("wrong, error", [
    ({"end": datetime.time(11, 30)}, PatternTooLong), ({"weekdays": frozenset[int]()}, PatternWrong),
    ({"weekdays": frozenset({7})}, PatternWrong), ({"count": 0}, PatternWrong), ({"minutes": 121}, PatternWrong),
    ({"pause": -1}, PatternWrong), ({"last": datetime.date(2026, 3, 1)}, PatternWrong),
    ({"last": datetime.date(2036, 3, 1)}, PatternWrong),
    ({"first": datetime.date(2026, 3, 3), "last": datetime.date(2026, 3, 3)}, PatternEmpty),
    ({"last": datetime.date(2026, 3, 2), "without": frozenset({datetime.date(2026, 3, 2)})}, PatternEmpty),
])
def test_a_pattern_that_gives_nothing_is_refused(wrong: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        hours_by(dataclasses.replace(MONDAYS, **wrong), 480)  # type: ignore[arg-type]


@settings(max_examples=50)
@given(st.sets(st.integers(0, 6), min_size=1), st.integers(1, 8), st.integers(10, 60), st.integers(0, 20),
       st.integers(0, 30), st.integers(-720, 720))
def test_class_hours_of_a_pattern_never_overlap_and_lie_where_it_says(
    weekdays: set[int], count: int, minutes: int, pause: int, days: int, offset: int
) -> None:
    one = dataclasses.replace(
        MONDAYS, weekdays=frozenset(weekdays), count=count, minutes=minutes, pause=pause, most=0,
        last=MONDAYS.first + datetime.timedelta(days=days), begin=datetime.time(6), end=datetime.time(23, 59))
    try:
        hours = hours_by(one, offset)
    except (PatternTooLong, PatternEmpty):
        return
    draft = add_hours(EMPTY, hours, utc_us(hours[0].start) - 1)
    assert len(draft.hours) == len(hours)
    for each in draft.hours:
        moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=each.start_us + offset * MINUTE)
        assert moment.weekday() in weekdays and moment.time() >= one.begin


# --- roster events and leave


def test_roster_events_one_after_another() -> None:
    draft, base = published(planned())
    new, other = (Enrolled(person, "trainee", SHA) for person in ("t-8", "t-9"))
    draft = add_event(draft, base, "enrolment", None, new, NOW, WHY, NOW)
    draft = add_event(draft, base, "substitution", "t-1", other, NOW + DAY + HOUR, WHY, NOW)
    draft = add_event(draft, base, "withdrawal", "t-8", None, NOW + 2 * DAY, WHY, NOW)
    draft = add_event(draft, base, "late_entry", None, new, NOW + 3 * DAY, WHY, NOW)
    assert enrolled(base, draft) == {"t-2", "t-8", "t-9"}
    assert [one.substitute for one in draft.events] == [None, "t-9", None, None]
    assert enrolled(base, drop_change(draft, 2)) == {"t-1", "t-2", "t-8"}
    with pytest.raises(NoSuchChange):
        drop_change(draft, 5)


@pytest.mark.parametrize("kind, person, newcomer, at_us, error", [
    ("withdrawal", "t-9", None, NOW, OffRoster), ("withdrawal", "i-1", None, NOW, OffRoster),
    ("withdrawal", "t-1", "t-9", NOW, NoSubstitute), ("withdrawal", None, None, NOW, NoSubstitute),
    ("substitution", "t-1", None, NOW, NoSubstitute), ("substitution", "t-1", "t-2", NOW, OnRoster),
    ("enrolment", None, "i-1", NOW, OnRoster), ("enrolment", "t-1", "t-9", NOW, NoSubstitute),
    ("enrolment", None, "t-9", NOW + 2 * DAY, LateOrEarly), ("late_entry", None, "t-9", NOW, LateOrEarly),
])
def test_a_roster_event_that_cannot_be(
    kind: str, person: str | None, newcomer: str | None, at_us: int, error: type[Exception]
) -> None:
    draft, base = published(planned())
    comes = None if newcomer is None else Enrolled(newcomer, "trainee", SHA)
    with pytest.raises(error):
        add_event(draft, base, kind, person, comes, at_us, WHY, NOW)  # type: ignore[arg-type]
    with pytest.raises(NotYetPublished):
        add_event(planned(), Published(), kind, person, comes, at_us, WHY, NOW)  # type: ignore[arg-type]
    with pytest.raises(BadText):
        add_event(draft, base, "withdrawal", "t-1", None, NOW, Why(" ", "Wang"), NOW)


def test_leaves_that_overlap_are_merged_or_refused() -> None:
    draft, base = published(planned())
    draft = add_leave(draft, base, "t-1", NOW + HOUR, NOW + 2 * HOUR, WHY, NOW)
    draft = add_leave(draft, base, "t-1", NOW + 2 * HOUR, NOW + 3 * HOUR, WHY, NOW)
    draft = add_leave(draft, base, "t-2", NOW + HOUR, NOW + 2 * HOUR, WHY, NOW)
    assert [(one.person, one.start, one.end) for one in draft.leaves] == [
        ("t-1", utc_text(NOW + HOUR), utc_text(NOW + 3 * HOUR)),
        ("t-2", utc_text(NOW + HOUR), utc_text(NOW + 2 * HOUR))]
    with pytest.raises(LeavesMeet):
        add_leave(draft, base, "t-1", NOW, NOW + 2 * HOUR, Why("another", "Wang"), NOW)
    with pytest.raises(LeaveBackward):
        add_leave(draft, base, "t-1", NOW + HOUR, NOW + HOUR, WHY, NOW)
    with pytest.raises(LeaveOver):
        add_leave(draft, base, "t-1", NOW - HOUR, NOW, WHY, NOW)
    with pytest.raises(NotATrainee):
        add_leave(draft, base, "i-1", NOW, NOW + HOUR, WHY, NOW)


def test_a_leave_that_goes_on_covers_the_one_that_is_on_record() -> None:
    old = Leave("c-1", "t-1", utc_text(NOW - HOUR), utc_text(NOW + HOUR), "a reason", "Wang")
    draft, base = published(planned(), [old])
    assert add_leave(draft, base, "t-1", NOW, NOW + HOUR, WHY, NOW).leaves == ()
    (longer,) = add_leave(draft, base, "t-1", NOW, NOW + 5 * HOUR, WHY, NOW).leaves
    assert (longer.start, longer.end) == (old.start, utc_text(NOW + 5 * HOUR))


def test_every_change_has_words_in_both_languages() -> None:
    draft, base = published(planned())
    assert changes(draft, base, NOW) == ()
    new = Enrolled("t-9", "trainee", SHA)
    draft = add_event(draft, base, "substitution", "t-1", new, NOW, WHY, NOW)
    draft = add_event(draft, base, "enrolment", None, Enrolled("t-8", "trainee", SHA), NOW, WHY, NOW)
    draft = add_event(draft, base, "withdrawal", "t-2", None, NOW, WHY, NOW)
    draft = add_event(draft, base, "late_entry", None, Enrolled("t-7", "trainee", SHA), NOW + 3 * DAY, WHY, NOW)
    draft = add_leave(draft, base, "t-9", NOW, NOW + HOUR, WHY, NOW)
    draft = change_class(draft, "Other", [Place("box-2", "102")], "school", PolicyRef("other", SHA))
    draft = dataclasses.replace(draft, people=(*draft.people[:2], Enrolled("i-1", "instructor", "cd" * 32)))
    draft = remove_hour(draft, "h1", NOW)
    moved = hour(NOW + 4 * DAY, hour="h2", make_up=("t-9",), gear=True, kind="practical")
    draft = dataclasses.replace(draft, hours=(moved,))
    draft = add_hours(draft, [hour(NOW + 5 * DAY)], NOW)
    told = [*changes(draft, base, NOW), *changes(EMPTY, Published(), NOW)]
    assert {one.code for one in told} == WORDS.keys()
    names = {"t-9": "赵敏"}
    for one in told:
        en, zh = (change_words(one, names, lang) for lang in ("en", "zh"))
        assert en != zh and "t-9" not in en + zh
        assert not any(word in zh for word in ("theory", "trainee", "nobody"))


# --- clashes

MARKERS = st.dictionaries(st.sampled_from(["m1", "m2", "m3"]), st.just("p"), max_size=2)
TAKEN = st.builds(
    lambda class_id, institution, places, hours: Taken(
        class_id, class_id, institution, 480, tuple(places), tuple(hours)),
    st.sampled_from("abc"), st.sampled_from([None, "s1", "s2"]),
    st.lists(st.builds(Place, st.sampled_from(["b1", "b2"]), st.sampled_from(["", "101", "102"])), max_size=2),
    st.lists(st.builds(
        lambda at, long, online, people, teachers: HourTaken("h", at, at + long, online, people, teachers),
        st.integers(0, 20), st.integers(1, 5), st.booleans(), MARKERS, MARKERS), max_size=4))


@settings(max_examples=200)
@given(TAKEN, TAKEN)
def test_what_one_class_may_not_the_other_may_not(one: Taken, two: Taken) -> None:
    def kinds(found: Sequence[Exception]) -> list[str]:
        return sorted(type(error).__name__ for error in found)

    assert kinds(clashes(one, two)) == kinds(clashes(two, one))


@settings(max_examples=200)
@given(TAKEN, TAKEN)
def test_a_clash_is_an_overlap_of_two_hours_and_of_something(one: Taken, two: Taken) -> None:
    meets = [(a, b) for a in one.hours for b in two.hours if a.start_us < b.end_us and b.start_us < a.end_us]
    taught = [(a, b) for a, b in meets if not a.online and not b.online]
    shared = {place.device for place in one.boxes} & {place.device for place in two.boxes}
    found = clashes(one, two)
    assert any(isinstance(error, BoxTaken) for error in found) == bool(taught and shared)
    people = any({*a.people, *a.teachers} & {*b.people, *b.teachers} for a, b in meets)
    assert people == any(not isinstance(error, BoxTaken | RoomTaken) for error in found)


def test_a_room_is_taken_by_its_name_within_one_institution() -> None:
    hours = (HourTaken("h", 0, 10, False, {}, {}),)
    one = Taken("a", "A", "s1", 480, (Place("b1", "101"),), hours)
    two = Taken("b", "B", "s1", 480, (Place("b2", "101"),), hours)
    assert [type(error) for error in clashes(one, two)] == [RoomTaken]
    assert clashes(one, dataclasses.replace(two, institution="s2")) == []
    assert clashes(*(dataclasses.replace(each, institution=None) for each in (one, two))) == []
