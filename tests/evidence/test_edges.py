"""Between two edges time alone changes no finding: what was judged once is judged again only when one has passed."""
from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.rules import findings
from evidence.rules.edges import next_edge_us, running
from evidence.times import MINUTE
from tests.evidence.course import Course, at

DAYS = ("2026-03-02", "2026-03-03", "2026-03-04")
SHOWN = st.sets(st.sampled_from(("t-1", "t-2", "t-3", "t-4")))


@st.composite
def courses(draw: st.DrawFn) -> Course:
    """A class of three half-days of which some are filmed, with some of the people, and roll calls or none."""
    course = Course(policy=draw(st.sampled_from(("sanmenxia-2023", "zhengzhou-2022", "demo"))))
    for day in DAYS:
        course.half_day(day, kind=draw(st.sampled_from(("theory", "practical"))))
    course.order()
    for day in DAYS:
        if draw(st.booleans()):
            for person in sorted(draw(SHOWN)):
                course.check_in(person, f"{day} 07:50")
            course.film(f"{day} 07:55", draw(st.sampled_from(("08:20", "09:42"))), shows=sorted(draw(SHOWN)),
                        roll_call=draw(st.booleans()))
    course.silent = draw(st.booleans())
    return course


@settings(max_examples=15, deadline=None)
@given(courses())
def test_findings_change_at_edges_alone(course: Course) -> None:
    story, edges = course.story(), []
    us: int | None = at("2026-03-01 00:00")
    while us is not None:
        edges.append(us)
        us = next_edge_us(story, us)
    assert len(edges) > 3 * 4
    for first, last in itertools.pairwise([*edges, edges[-1] + 10_000 * MINUTE]):
        judged = findings(story, course.policy, first)
        for moment in {first + 1, (first + last) // 2, last - 1}:
            assert findings(story, course.policy, moment) == judged


def test_a_class_runs_within_its_class_hours() -> None:
    course = Course()
    course.half_day(DAYS[0])
    course.order()
    story = course.story()
    told = {clock: running(story, at(f"{DAYS[0]} {clock}")) for clock in ("07:59", "08:00", "08:44", "08:45", "08:55")}
    assert told == {"07:59": False, "08:00": True, "08:44": True, "08:45": False, "08:55": True}
    assert next_edge_us(story, at("2027-01-01 00:00")) is None
