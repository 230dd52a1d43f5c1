"""The geometry of the charts: everything is drawn once, within its picture."""
from __future__ import annotations

import re
from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from central.dossier.charts import BARS, COLUMNS, ROWS, Chart, cell, coverage, heat_maps
from central.dossier.shape import ClassHour, Mark, Trainee
from common.commands import columns
from evidence.rates import Rate
from evidence.times import MINUTE

MARKS = list(get_args(Mark))


def trainee(name: str, marks: tuple[Mark | None, ...]) -> Trainee:
    return Trainee("p-1", name, Rate("p-1", *[0] * 9), 0, 0, 0, 0, marks)


def drawn(charts: list[Chart]) -> int:
    """How many marks stand in all of them: a cross begins with one M, as every other shape."""
    return sum(d.count("M") for chart in charts for d in chart.paths.values())


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2 * COLUMNS + 3), st.integers(1, 2 * ROWS + 3), st.text(max_size=40))
def test_a_heat_map_shows_every_mark_once(blocks: int, people: int, name: str) -> None:
    marks = tuple((*MARKS, None)[number % 8] for number in range(blocks))
    charts = heat_maps([trainee(name, marks)] * people, ["03-02 am"] * blocks)
    assert drawn(charts) == people * sum(mark is not None for mark in marks)
    assert len(charts) == -(-blocks // COLUMNS) * -(-people // ROWS)
    assert all(columns(label.text) <= 18 for chart in charts for label in chart.rows)
    for chart in charts:
        places = [float(x) for d in chart.paths.values() for x in re.findall(r"M(-?[0-9.]+) ", d)]
        assert all(0 <= x <= chart.used <= chart.width for x in places)


def test_every_mark_has_a_shape_of_its_own() -> None:
    assert len({cell(mark, 0, 0) for mark in MARKS}) == len(MARKS)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 45), st.integers(0, 45), st.booleans()), max_size=2 * BARS + 1))
def test_a_column_is_as_high_as_its_class_hour(parts: list[tuple[int, int, bool]]) -> None:
    hours = [ClassHour("h", "practical", False, n, n + 1, over, 45 * MINUTE, covered * MINUTE, 0,
                       min(uncertain, 45 - covered) * MINUTE, ()) for n, (covered, uncertain, over) in enumerate(parts)]
    charts = coverage(hours, lambda hour: "3-2")
    heights = [float(h) for chart in charts for d in chart.paths.values() for h in re.findall(r"v([0-9.]+)h", d)]
    assert abs(sum(heights) - 24.0 * len(hours)) < 0.02 * (len(hours) + 1) * 3
    assert len(charts) == -(-len(hours) // BARS)


def test_an_online_class_hour_is_no_missing_one() -> None:
    hour = ClassHour("h", "online", False, 0, 1, True, 45 * MINUTE, 0, 0, 0, ())
    assert set(coverage([hour], lambda hour: "")[0].paths) == {"online"}
