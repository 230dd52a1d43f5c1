"""The figures `courses`: blocks by lot are the product's own blocks, and what is drawn is what was asked for."""
from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from bench.figures import courses
from bench.figures.block import Drawn, judged
from bench.figures.courses import kinds, share
from bench.figures.courses_plot import plot
from bench.figures.drawn import (
    BLOCKS,
    TRAINEES,
    Chances,
    Judge,
    Kind,
    Outcome,
    Rates,
    chances,
    outcome,
)
from common.policies import load_policy
from tests.evidence.course import Course

POLICY = load_policy(courses.POLICY)
PERFECT = Rates(recall=1.0, false_name=0.0, short=0.0, over=0.0, unsigned=0.0, trouble=0.0)
COUNT = 150


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(POLICY)


@pytest.fixture(scope="module")
def lots() -> dict[Kind, Chances]:
    return {kind: chances(kind, COUNT, 7) for kind in kinds(3)}


@pytest.mark.parametrize(("drawn", "state"), [
    (Drawn(4, 0, 0, 0, 4, 100, 0), "complete"),
    (Drawn(4, 0, 0, 0, 3, 100, 0), "complete"),
    (Drawn(4, 0, 1, 1, 4, 100, 0), "missing"),
    (Drawn(4, 1, 0, 0, 3, 100, 0), "missing"),
    (Drawn(4, 1, 0, 1, 4, 100, 0), "open"),
    (Drawn(4, 1, 0, 1, 3, 100, 0), "open"),
    (Drawn(4, 1, 0, 0, 4, 100, 0), "open"),
    (Drawn(4, 1, 0, 0, 3, 75, 0), "open"),
    (Drawn(4, 1, 0, 0, 3, 100, 30), "open"),
    (Drawn(4, 0, 1, 0, 3, 30, 0), "open"),
    (Drawn(4, 0, 1, 0, 3, 0, 0), "open"),
])
def test_a_drawn_block_is_what_policy_section_2_says(drawn: Drawn, state: str) -> None:
    assert judged(drawn, POLICY).state == state


@pytest.mark.parametrize(("drawn", "state"), [
    (Drawn(4, 0, 0, 0, 4, 100, 0, True), "complete"),
    (Drawn(4, 0, 0, 0, 3, 100, 0, True), "complete"),
    (Drawn(4, 0, 1, 1, 4, 100, 0, True), "missing"),
    (Drawn(4, 1, 0, 0, 3, 100, 0, True), "missing"),
    (Drawn(4, 1, 0, 1, 3, 100, 0, True), "open"),
    (Drawn(4, 1, 0, 0, 4, 100, 0, True), "open"),
    (Drawn(4, 1, 0, 0, 3, 75, 0, True), "open"),
    (Drawn(4, 1, 0, 0, 3, 100, 19, True), "open"),
    (Drawn(4, 1, 0, 0, 3, 100, 8, True), "missing"),
    (Drawn(4, 0, 1, 0, 3, 0, 0, True), "open"),
])
def test_a_drawn_block_in_gear_is_judged_by_its_bare_face_roll_calls(drawn: Drawn, state: str) -> None:
    assert judged(drawn, POLICY).state == state


@pytest.mark.parametrize(
    ("signed", "unsigned", "unnamed", "heads"), [(0, 0, 0, 4), (1, 0, 0, 3), (1, 0, 1, 3), (1, 0, 1, 4), (0, 1, 1, 4)])
def test_a_drawn_block_is_judged_as_the_same_one_in_a_course_of_records(
    signed: int, unsigned: int, unnamed: int, heads: int,
) -> None:
    made = Course()
    made.half_day("2026-03-02")
    made.order()
    made.film("2026-03-02 07:58", "09:42", made.trainees[signed + unsigned:], headcount=heads, unnamed=unnamed)
    for person in (*made.trainees[:signed], *made.trainees[signed + unsigned:]):
        made.check_in(person, "2026-03-02 07:50")
    found, drawn = made.r3(), judged(Drawn(4, signed, unsigned, unnamed, heads, 100, 0), POLICY)
    assert (bool(found.recordings), bool(found.open_recordings)) == (drawn.state == "missing", drawn.state == "open")


def test_without_errors_every_verdict_is_the_truth(judge: Judge, lots: dict[Kind, Chances]) -> None:
    for kind, own in lots.items():
        ends = outcome(kind, own, PERFECT, judge)
        if kind.honest:
            assert (ends.clear, ends.missing, ends.open) == (COUNT, kind.away, 0)
        elif kind.seat:
            assert ends.review == COUNT and ends.open == kind.away, "somebody sits there: the headcount is full"
        else:
            assert (ends.flag, ends.missing, ends.open) == (COUNT, kind.away, 0)


def test_misses_and_false_names_come_as_often_as_asked(judge: Judge) -> None:
    kind = kinds(3)[-1]
    own = chances(kind, 400, 3)
    rates = dataclasses.replace(PERFECT, false_name=0.2, by_person=0.5)
    named = 1 - outcome(kind, own, rates, judge).missing / BLOCKS
    assert 0.16 < named < 0.24
    whole = kinds(3)[0]
    rates = dataclasses.replace(PERFECT, recall=0.999, by_person=0.3, by_block=0.1)
    blocks = outcome(whole, chances(whole, 400, 4), rates, judge).open / BLOCKS
    assert 0.02 < blocks < 1 - 0.999**TRAINEES + 0.01, "alike misses fall into fewer blocks than independent ones"


def test_more_recall_clears_more(judge: Judge, lots: dict[Kind, Chances]) -> None:
    kind = kinds(3)[0]
    cleared = [outcome(kind, lots[kind], dataclasses.replace(PERFECT, recall=recall), judge).clear
               for recall in (0.998, 0.9995, 1.0)]
    assert cleared == sorted(cleared) and cleared[0] < COUNT // 2 < cleared[-1]


def test_a_low_headcount_flags_only_where_nothing_in_view_may_be_who_is_missed(
    judge: Judge, lots: dict[Kind, Chances],
) -> None:
    kind = kinds(3)[0]
    base = dataclasses.replace(PERFECT, recall=0.998, hidden=0.0, unlike=0.0)

    def flagged(words: bool = False, **changed: float) -> int:
        return outcome(kind, lots[kind], dataclasses.replace(base, **changed), judge, words).flag

    assert flagged(short=1.0) == 0, "of everybody who is missed a face is in view that may be anybody"
    assert flagged(short=1.0, words=True) > COUNT // 2, "by the words of POLICY.md alone they would be missing"
    assert flagged(short=0.0, unlike=0.5) == 0, "nobody may be missing while as many are in view as are due"
    some, all_ = flagged(short=0.3, unlike=0.5), flagged(short=1.0, unlike=0.5)
    assert 0 < some < all_, "a clear face like nobody tells nothing against a short headcount"
    assert 0 < flagged(hidden=0.5) == flagged(hidden=0.5, short=1.0) <= all_, "who is hidden is not counted either"


def test_the_same_seed_draws_the_same_courses(judge: Judge) -> None:
    kind = kinds(3)[2]
    one, other = (outcome(kind, chances(kind, 30, 5), Rates(), judge) for _ in range(2))
    assert one == other != outcome(kind, chances(kind, 30, 6), Rates(), judge)
    assert np.array_equal(np.sort((chances(kind, 30, 5).away >= 0).sum(axis=1)), np.full(30, 3))


def test_an_interval_of_nothing_found_is_the_rule_of_three() -> None:
    assert share(0, 2000)[:2] == (0.0, 0.0) and 0.0018 < share(0, 2000)[2] < 0.0019
    assert share(2000, 2000)[2] == 1.0 and share(20, 2000) == pytest.approx((0.01, 0.0061, 0.0154), abs=1e-4)


def test_the_plot_is_the_same_bytes_for_the_same_numbers(tmp_path: Path) -> None:
    recalls = (0.99, 1.0)
    grid = {(kind, recall, short, Rates().false_name): Outcome(number, 50, 50 - number, 1.0, 1.0)
            for number, kind in enumerate(kinds(3)) for recall in recalls for short in (0.1, 1.0)}
    for name in ("a.svg", "b.svg"):
        plot(grid, recalls, Rates(), tmp_path / name)
    svg = (tmp_path / "a.svg").read_text()
    assert svg == (tmp_path / "b.svg").read_text() and all(kind.name in svg for kind in kinds(3))
