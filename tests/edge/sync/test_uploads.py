"""Which segment file goes next."""
from __future__ import annotations

import dataclasses

from edge.sync.uploads import AWAY_S, RETRY, Job, Queue

ONE, TWO = (Job(n, f"{n:064x}", "x", 1) for n in (1, 2))


def test_oldest_first_and_done_is_done() -> None:
    queue = Queue().with_more([ONE]).with_more([TWO])
    assert queue.next(0.0) == ONE
    assert queue.after_success().next(0.0) == TWO
    assert queue.after_success().after_success().next(0.0) is None


def test_a_file_that_is_refused_does_not_block_the_others() -> None:
    queue = Queue((ONE, TWO)).after_failure(10.0, chance=1.0)
    assert queue.next(10.0) is None
    assert queue.next(10.0 + RETRY.first) == TWO
    assert queue.after_success().next(10.0) == ONE


def test_a_centre_that_is_away_is_asked_ever_more_slowly() -> None:
    queue, waits = Queue((ONE, TWO)), []
    for _ in range(12):
        queue = queue.after_failure(0.0, chance=1.0)
        waits.append(queue.not_before)
    assert waits == sorted(waits) and waits[-1] == RETRY.longest


def test_files_that_are_away_let_the_others_pass_and_are_looked_for_again() -> None:
    queue = Queue((ONE, TWO)).after_away(10.0)
    assert queue.next(10.0) == TWO and queue.failures == 0
    queue = queue.after_success()
    assert queue.looked_for(10.0 + AWAY_S - 1).next(1000.0) is None
    assert queue.looked_for(10.0 + AWAY_S).next(1000.0) == ONE


def test_what_somebody_asked_for_waits_for_nothing() -> None:
    queue = Queue((ONE,)).after_failure(10.0, chance=1.0)
    assert queue.next(10.0) is None
    asked = queue.with_first([TWO])
    assert asked.next(10.0) == ONE and asked.jobs == (ONE, TWO)
    assert queue.with_first([]).next(10.0) is None, "nobody asked for anything"


def test_while_somebody_waits_no_try_is_far_away() -> None:
    late, waited = Queue((ONE, TWO)), Queue((ONE, dataclasses.replace(TWO, awaited=True)))
    for _ in range(20):
        late, waited = late.after_failure(0.0, 1.0), waited.after_failure(0.0, 1.0)
    assert (late.not_before, waited.not_before) == (600.0, 30.0)
