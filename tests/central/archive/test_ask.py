"""What a pull asks of boxes: in batches, no more than is let through, and nothing twice."""
from __future__ import annotations

from pathlib import Path

import pytest

from central.archive.ask import AHEAD_S, OTHER_CHAIN, Boxes
from central.archive.plan import Wanted
from central.orders.asked import GONE, PATIENCE_US
from central.wiring import Centre
from evidence.bodies import SessionStart, body_of
from evidence.box_orders import BoxOrder, OrderAnswered
from evidence.canonical import sha256_hex
from tests.central.helpers import MORNING, Box, FixedClock, put, segment_of
from tests.central.test_classes import add

VIDEO = [bytes([at]) * 1000 for at in range(10)]


@pytest.fixture
def box(centre: Centre, tmp_path: Path) -> Box:
    add(centre, tmp_path)
    made = Box(centre)
    made.genesis()
    made.append(SessionStart("welder-1", "s-1", "button"), MORNING)
    for index, data in enumerate(VIDEO):
        made.append(segment_of(data, MORNING, 60, index), MORNING + 61_000_000 * (index + 1))
    centre.collector().take(made.messages())
    return made


def wanted(box: Box, *numbers: int, chain: str = "") -> list[Wanted]:
    return [Wanted(f"data/{at}", sha256_hex(VIDEO[at]), 1000, box.device, chain or box.chain, at + 2)
            for at in numbers or range(len(VIDEO))]


def ordered(centre: Centre) -> list[list[int]]:
    """The files of each order, by their numbers."""
    hashes = [sha256_hex(data) for data in VIDEO]
    with centre.store.read() as tx:
        bodies = [body_of(one.record) for one in tx.of_type("order.box")]
    return [[hashes.index(one.sha256) for one in body.upload.files] for body in bodies
            if isinstance(body, BoxOrder) and body.upload is not None]


def answer(centre: Centre, box: Box, clock: FixedClock, **what: object) -> None:
    with centre.store.read() as tx:
        order = tx.of_type("order.box")[-1]
    body = body_of(order.record)
    assert isinstance(body, BoxOrder)
    box.append(OrderAnswered(order.hash, body.number, **{"result": "accepted", **what}), clock.utc_us)  # type: ignore[arg-type]
    centre.collector().take(box.messages()[-1:])


def test_everything_is_asked_once(centre: Centre, box: Box, clock: FixedClock) -> None:
    boxes = Boxes(centre, None)
    (away,), _ = boxes.ask(wanted(box))
    boxes.ask(wanted(box))
    assert ordered(centre) == [list(range(10))]
    assert (away.device, away.count, away.refused) == ("box-1", 10, 0) and away.heard_us is not None


def test_no_more_is_asked_than_is_let_through_and_the_next_when_half_has_come(
    centre: Centre, box: Box, clock: FixedClock,
) -> None:
    boxes = Boxes(centre, rate=4000 // AHEAD_S + 1)
    boxes.ask(wanted(box))
    assert ordered(centre) == [[0, 1, 2, 3]]
    answer(centre, box, clock)
    boxes.ask(wanted(box, *range(1, 10)))
    assert len(ordered(centre)) == 1
    _, moved = boxes.ask(wanted(box, *range(2, 10)))
    assert moved and ordered(centre)[1:] == [[4, 5]]


def test_one_file_is_asked_however_slow_it_is(centre: Centre, box: Box) -> None:
    Boxes(centre, rate=1).ask(wanted(box))
    assert ordered(centre) == [[0]]


def test_an_order_that_nothing_comes_of_is_made_again_and_not_while_files_move(
    centre: Centre, box: Box, clock: FixedClock,
) -> None:
    boxes = Boxes(centre, None)
    boxes.ask(wanted(box))
    answer(centre, box, clock)
    clock.utc_us += PATIENCE_US - 1
    boxes.ask(wanted(box, *range(1, 10)))  # one came
    clock.utc_us += PATIENCE_US - 1
    boxes.ask(wanted(box, *range(1, 10)))
    assert len(ordered(centre)) == 1
    clock.utc_us += PATIENCE_US
    boxes.ask(wanted(box, *range(1, 10)))
    assert ordered(centre)[1:] == [list(range(1, 10))]


def test_what_a_box_says_that_it_lacks_is_not_asked_again(centre: Centre, box: Box, clock: FixedClock) -> None:
    boxes = Boxes(centre, None)
    boxes.ask(wanted(box, 0, 1))
    answer(centre, box, clock, missing=(sha256_hex(VIDEO[0]),))
    clock.utc_us += 2 * PATIENCE_US
    (away,), _ = boxes.ask(wanted(box, 0, 1))
    assert (away.count, away.refused, away.why) == (2, 1, GONE) and ordered(centre)[1:] == [[1]]


def test_a_refusal_is_told(centre: Centre, box: Box, clock: FixedClock) -> None:
    boxes = Boxes(centre, None)
    boxes.ask(wanted(box, 0))
    answer(centre, box, clock, result="refused", why="no_road")
    (away,), _ = boxes.ask(wanted(box, 0))
    assert (away.refused, away.why) == (1, "no_road")


def test_of_an_earlier_chain_nothing_can_be_asked(centre: Centre, box: Box) -> None:
    put(centre, VIDEO[0])
    (away,), _ = Boxes(centre, None).ask(wanted(box, 0, chain="ef" * 16))
    assert (away.refused, away.why) == (1, OTHER_CHAIN) and ordered(centre) == []
