"""Between two edges time alone changes no finding: what was judged once is judged again only when one has passed."""
from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.rules import findings
from evidence.rules.edges import next_edge_us, running
from evidence.standing import standing
from evidence.story import Story
from evidence.times import HOUR, MINUTE
from tests.evidence.course import Course, at
from tests.evidence.deciding import AS_OF, decide, flagged

DAYS = ("2026-03-02", "2026-03-03", "2026-03-04")
SHOWN = st.sets(st.sampled_from(("t-1", "t-2", "t-3", "t-4")))


@st.composite
def courses(draw: st.DrawFn) -> Course:
    """A class of three half-days of which some are filmed, with some of the people, and roll calls or none."""
    course = Course(policy=draw(st.sampled_from(("sanmenxia-2023", "zhengzhou-2022", "demo"))))
    for day in DAYS:
        course.half_day(day, kind=draw(st.sampled_from(("theory", "practical"))))
    if draw(st.booleans()):
        course.hour("2026-03-05 14:00", "14:45", "practical", make_up=("t-4",))
    course.order()
    for day in DAYS:
        if draw(st.booleans()):
            for person in sorted(draw(SHOWN)):
                course.check_in(person, f"{day} 07:50")
            course.film(f"{day} 07:55", draw(st.sampled_from(("08:20", "09:42"))), shows=sorted(draw(SHOWN)),
                        roll_call=draw(st.booleans()))
    course.silent = draw(st.booleans())
    stated(draw, course)
    return course


def stated(draw: st.DrawFn, course: Course) -> None:
    """What the centre states: some of it before it was, or of other days."""
    when = st.sampled_from(("2026-03-01 12:00", "2026-03-03 08:20", "2026-03-20 09:00"))
    for kind in draw(st.sets(st.sampled_from(("opening", "field", "remote")))):
        course.inspect(f"{draw(st.sampled_from((*DAYS, '2026-03-09')))} 08:10", "08:40", kind=kind, workplaces=1,
                       stated=draw(when))
    if draw(st.booleans()):
        course.survey(draw(when), 3, 4, 4, stated=draw(when))
    if draw(st.booleans()):
        course.assessed(draw(st.sampled_from((DAYS[1], "2026-03-06"))))
    if draw(st.booleans()):
        course.look(draw(st.sampled_from(("live", "video", "class"))), draw(when))
    if draw(st.booleans()):
        course.leave("t-2", f"{DAYS[1]} 00:00", f"{DAYS[1]} 23:00")
        course.roster_event("withdrawal", "t-1", f"{DAYS[2]} 00:00", f"{DAYS[1]} 10:00")
    if draw(st.booleans()):
        course.enrol("t-3", draw(when), anchor="inspector", by="1107")


def edges_of(story: Story, course: Course) -> list[int]:
    """All of them, and moments of the longest silences between the last one and for ever."""
    edges: list[int] = []
    us: int | None = at("2026-03-01 00:00")
    while us is not None:
        edges.append(us)
        us = next_edge_us(story, course.policy, us)
    return [*edges, edges[-1] + 10_000 * MINUTE, edges[-1] + 5 * 365 * 24 * HOUR]


@settings(max_examples=15, deadline=None)
@given(courses())
def test_findings_change_at_edges_alone(course: Course) -> None:
    story = course.story()
    edges = edges_of(story, course)
    assert len(edges) > 3 * 4 + 2
    for first, last in itertools.pairwise(edges):
        judged = findings(story, course.policy, first)
        for moment in {first + 1, (first + last) // 2, last - 1}:
            assert findings(story, course.policy, moment) == judged


def test_a_decision_becomes_final_at_an_edge() -> None:
    """Nothing comes when the public notice ends, and the page must not go on saying that it runs."""
    made = flagged()
    first = decide(made, "first", "withdraw", "a")
    decide(made, "second", "withdraw", "b", first)
    story, final = made.story(), standing(made.story(), made.findings(AS_OF), made.policy, at(AS_OF)).final_us
    edges = edges_of(story, made)
    assert final in edges and made.policy.notice_us > 0
    for first_us, last_us in itertools.pairwise(edges):
        told = [standing(story, findings(story, made.policy, us), made.policy, us) for us in (first_us, last_us - 1)]
        assert told[0] == told[1] and told[0].final is (first_us >= final)


def test_a_class_runs_within_its_class_hours() -> None:
    course = Course()
    course.half_day(DAYS[0])
    course.order()
    story = course.story()
    told = {clock: running(story, at(f"{DAYS[0]} {clock}")) for clock in ("07:59", "08:00", "08:44", "08:45", "08:55")}
    assert told == {"07:59": False, "08:00": True, "08:44": True, "08:45": False, "08:55": True}
    assert next_edge_us(story, course.policy, at("2027-01-01 00:00")) is None
