"""Checkpoints for the boxes: every box hears of the newest, not too often, and again after the broker forgot."""
from __future__ import annotations

from central.tree.announce import EVERY_S, Announcer
from central.wiring import Centre
from evidence.bodies import Alarm
from evidence.checkpoint import open_checkpoint
from tests.central.helpers import MORNING, Box
from tests.central.test_tree import NOW_S


class Broker:
    """Keeps the last message of each topic while it has room."""

    def __init__(self) -> None:
        self.kept, self.room, self.now_s = dict[str, bytes](), 100, 0.0

    def publish(self, topic: str, payload: bytes) -> bool:
        if not self.room:
            return False
        self.room -= 1
        self.kept[topic] = payload
        return True


def test_every_box_hears_of_the_newest_checkpoint(centre: Centre) -> None:
    boxes = [Box(centre, f"box-{number}", f"{number}" * 32) for number in (1, 2)]
    for box in boxes:
        box.genesis()
        centre.collector().take(box.messages())
    broker = Broker()
    announcer = Announcer(centre.store, lambda: broker.now_s)

    def turn(after_s: float, room: int = 100) -> int:
        broker.now_s, broker.room = broker.now_s + after_s, room
        announcer.turn(broker.publish)
        return room - broker.room

    assert turn(0) == 0
    first = centre.tree().issue(NOW_S)
    assert (turn(0, room=1), turn(1), turn(1)) == (1, 1, 0)
    assert set(broker.kept) == {"zaitang/v1/box-1/checkpoint", "zaitang/v1/box-2/checkpoint"}
    assert {open_checkpoint(one, centre.tree().key) for one in broker.kept.values()} == {first}
    boxes[0].append(Alarm("camera.silent", {}), MORNING)
    centre.collector().take(boxes[0].messages())
    centre.tree().issue(NOW_S + 60)
    assert (turn(EVERY_S / 2), turn(EVERY_S / 2), turn(2 * EVERY_S)) == (0, 2, 0)
    announcer.forget()
    assert turn(0) == 2
