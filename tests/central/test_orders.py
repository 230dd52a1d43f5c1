"""Orders on their way to the boxes: each once to a connection, and nothing is read again without a reason."""
from __future__ import annotations

import time
from pathlib import Path

import pytest

from central.classes.orders import OrderMessage, add_class
from central.classes.plan import read_names, read_plan
from central.classes.statements import open_dispute
from central.ingest import orders
from central.ingest.orders import Orders
from central.orders.boxes import order_settings
from central.wiring import Centre
from evidence.bodies import Consent
from evidence.box_orders import BoxSettings
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
