"""Orders on their way to the boxes: each once to a connection, and nothing is read again without a reason."""
from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event

from central.classes.orders import OrderMessage, Told, add_class
from central.classes.plan import read_names, read_plan
from central.classes.statements import open_dispute
from central.ingest import orders
from central.ingest.orders import Orders
from central.orders.boxes import order_settings
from central.wiring import Centre
from evidence.bodies import Consent
from evidence.box_orders import BoxSettings, OrderAnswered
from tests.central.helpers import MORNING, Box, write_plan


@pytest.fixture
def box(centre: Centre, tmp_path: Path) -> Box:
    """A box of a class, with one order of its own."""
    made = Box(centre)
    made.genesis()
    made.append(Consent("welder-1", "p-1", False, "ab" * 32, "zh", None, "paper"), MORNING)
    centre.collector().take(made.messages()[:1])
    plan, names = write_plan(tmp_path)
    add_class(centre.store, centre.names, read_plan(plan), read_names(names), plan)
    order_settings(centre.store, "box-1", BoxSettings(lang="en"), 7, time.time_ns() // 1000)
    return made


def test_nothing_is_read_again_for_a_record_that_changes_nothing_of_it(
    centre: Centre, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With years of classes that would hold up every receipt."""
    read, sent = [], []
    for name in ("order_messages", "statement_messages", "move_messages", "withdrawal_messages", "box_order_messages"):
        one = getattr(orders, name)
        monkeypatch.setattr(orders, name, lambda *some, name=name, one=one: read.append(name) or one(*some))

    def publish(message: OrderMessage) -> bool:
        sent.append(message.topic.removeprefix("zaitang/v1/box-1/"))
        return True

    out = Orders(centre.store, centre.names, centre.keys.certificate)
    out.send(publish)
    assert len(set(read)) == 5 and set(sent) == {"orders/welder-1", "orders/_box"}
    for change, again, told in (
        (lambda: None, [], []),
        (lambda: centre.collector().take(box.messages()), ["withdrawal_messages"], []),
        (lambda: open_dispute(centre.store, "welder-1", "x"), ["statement_messages"], ["stated/welder-1"]),
        (out.forget, ["order_messages"], ["orders/welder-1", "stated/welder-1", "orders/_box"]),
    ):
        change()
        read.clear()
        sent.clear()
        out.send(publish)
        assert sent == told and set(again) <= set(read) and (len(read) == len(again) or change == out.forget)


def test_what_found_no_room_goes_later_and_nothing_goes_twice(centre: Centre, box: Box) -> None:
    out, sent, room = Orders(centre.store, centre.names, centre.keys.certificate), [], [1, 0, 1, 1, 1]

    def publish(message: OrderMessage) -> bool:
        fits = bool(room.pop(0))
        sent.extend([message.topic] * fits)
        return fits

    for _ in range(4):
        out.send(publish)
    assert sent == ["zaitang/v1/box-1/orders/welder-1", "zaitang/v1/box-1/orders/_box"] and len(room) == 2


def test_a_look_that_takes_long_is_followed_by_a_rest(
    centre: Centre, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A box that begins a chain, or answers, again and again keeps no collector from taking records."""
    now, looks = [0.0], []

    def slow(*_: object) -> dict[Told, OrderMessage]:
        looks.append(now[0])
        now[0] += 3.0
        return {}

    monkeypatch.setattr(orders, "withdrawal_messages", slow)
    out = Orders(centre.store, centre.names, centre.keys.certificate, lambda: now[0])
    for number in range(40):
        other = Box(centre, f"box-{number}", f"{number:032x}")
        other.genesis()
        centre.collector().take(other.messages())
        out.send(lambda _: True)
        now[0] += 1.0
    assert looks == [0.0, 33.0]


@contextmanager
def steps(centre: Centre) -> Iterator[list[int]]:
    """What SQLite does meanwhile, in tens of its own steps."""
    count = [0]

    def stepped() -> None:
        count[0] += 1

    def watch(connection: sqlite3.Connection, *_: object) -> None:
        connection.set_progress_handler(stepped, 10)

    event.listen(centre.store._engine, "checkout", watch)
    yield count
    event.remove(centre.store._engine, "checkout", watch)
    with centre.store._engine.connect() as one:
        one.connection.dbapi_connection.set_progress_handler(None, 0)


def test_a_wave_of_orders_to_boxes_costs_what_it_holds(centre: Centre) -> None:
    """Each of them was read again for each order and each answer."""

    def wave(boxes: int) -> int:
        made = [Box(centre, f"w-{boxes}-{number}", f"{boxes:016x}{number:016x}") for number in range(boxes)]
        for one in made:
            one.genesis()
        collector = centre.collector()
        collector.take([message for one in made for message in one.messages()])
        out = Orders(centre.store, centre.names, centre.keys.certificate)
        out.send(lambda _: True)
        with steps(centre) as count:
            for one in made:
                order_settings(centre.store, one.device, BoxSettings(lang="en"), 7, time.time_ns() // 1000)
                out.send(lambda _: True)
            for one in made:
                with centre.store.read() as tx:
                    (sealed,) = tx.orders_to(one.device)
                one.append(OrderAnswered(sealed.hash, 1, "accepted"), MORNING)
                collector.take(one.messages()[-1:])
                out.send(lambda _: True)
        return count[0]

    small, large = wave(4), wave(16)
    assert large <= 4.2 * small
