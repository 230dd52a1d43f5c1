"""Stops of a walk: a face that stays is one, faces that pass are none; medians, verdicts, the grid."""
from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.placement.stops import COLUMNS, HELD, MOST_PLACES, ROWS, Sight, Stops

SECOND = 1_000_000
SIZE = (1600, 900)
GOOD = Sight(0, 400, 300, 60, 500_000, 800_000)


def sat(at_s: float, **changes: object) -> Sight:
    return dataclasses.replace(GOOD, at_us=round(at_s * SECOND), **changes)


def walked(*pictures: list[Sight], names: tuple[str, ...] = (), least: int = 32) -> Stops:
    stops = Stops(SIZE, least, names)
    for picture in pictures:
        stops.step(picture)
    return stops


def test_a_face_that_stays_is_told_once_and_measured_on() -> None:
    stops = Stops(SIZE, 32, ("1-1", "1-8"))
    told = [stops.step([sat(second, face_px=width, person="p-1" if second > 1 else None)])
            for second, width in enumerate((58, 60, 62, 70, 70, 70))]
    assert [len(one) for one in told] == [0, 0, 0, 1, 0, 0] and told[3][0].face_px == 61
    stop, = stops.stops()
    assert (stop.name, stop.sights, stop.face_px, stop.people) == ("1-1", 6, 66, (("p-1", 4),))
    assert (stop.verdict, stop.why) == ("identified", None) and stops.next_name == "1-8"


@pytest.mark.parametrize(("changes", "why"), [
    ({"face_px": 39.0}, "small"), ({"face_px": 40.0}, None), ({"frontal_ppm": 50_000}, "turned"),
    ({"light_ppm": 100_000}, "dark"), ({"light_ppm": 130_000}, None)])
def test_what_is_wrong_with_a_stop_is_told(changes: dict[str, object], why: str | None) -> None:
    stop, = walked(*([sat(second, **changes)] for second in range(5))).stops()
    assert stop.why == why and stop.verdict == ("counted" if why else "identified")


def test_who_walks_by_makes_no_stop() -> None:
    assert walked(*([sat(second, x=100 + 70 * second)] for second in range(20))).stops() == []
    # Three people who pass the same place, minutes apart.
    assert walked(*([sat(60 * minute)] for minute in range(5))).stops() == []


def test_two_people_side_by_side_are_two_and_coming_back_is_the_same_stop() -> None:
    both = [[sat(second), sat(second, x=600)] for second in range(5)]
    stops = walked(*both, *([sat(second, x=604)] for second in range(300, 310)))
    assert [(stop.name, stop.sights) for stop in stops.stops()] == [("1", 5), ("2", 15)]
    assert len(walked(*([sat(second), sat(second)] for second in range(5))).stops()) == 2, "one face each, never both"


def test_farther_away_at_the_same_spot_is_another_stop() -> None:
    stops = walked(*([sat(second)] for second in range(5)), *([sat(second, face_px=25)] for second in range(5, 10)))
    assert [stop.face_px for stop in stops.stops()] == [60, 25]


def test_a_crowd_that_flickers_takes_no_more_memory_than_is_bounded() -> None:
    stops = Stops(SIZE, 32)
    for second in range(30):
        stops.step([sat(second, x=(37 * n + 11 * second) % 1600, y=(53 * n) % 900, face_px=4) for n in range(60)])
    assert len(stops._passed) <= MOST_PLACES + 60


sights = st.builds(Sight, st.just(0), st.floats(-50, 1700), st.floats(-50, 950), st.floats(0.5, 300),
                   st.integers(0, 1_000_000), st.integers(0, 1_000_000))


@given(st.lists(st.lists(sights, max_size=5), max_size=12))
def test_every_sight_is_in_the_grid_and_a_stop_holds_only_sights(pictures: list[list[Sight]]) -> None:
    timed = [[dataclasses.replace(one, at_us=second * SECOND) for one in picture]
             for second, picture in enumerate(pictures)]
    stops = walked(*timed)
    cells = stops.cells()
    assert sum(cell.faces for cell in cells) == sum(map(len, pictures))
    assert all(0 <= cell.column < COLUMNS and 0 <= cell.row < ROWS for cell in cells)
    widths = [one.face_px for picture in pictures for one in picture]
    assert all(min(widths) <= cell.face_px <= max(widths) for cell in cells)
    assert all(HELD <= stop.sights <= len(pictures) for stop in stops.stops())
    assert sum(stop.sights for stop in stops.stops()) <= len(widths)


def test_whom_a_gallery_does_not_tell_is_not_identifiable_and_names_left_over_are_known() -> None:
    for compared, person, verdict, why in (
        (False, None, "identified", None), (True, None, "counted", "unknown"), (True, "p-1", "identified", None),
    ):
        stops = Stops((1920, 1080), 32, ("1-1", "1-2", "1-3"))
        stops.compared = compared
        for second in range(5):
            stops.step([Sight(second * 1_000_000, 500.0, 400.0, 80.0, 500_000, 1_000_000, person)])
        (stop,) = stops.stops()
        assert (stop.verdict, stop.why) == (verdict, why) and stops.unreached == ("1-2", "1-3")
