"""Withdrawals at one box reach the other boxes of an order to move, and nobody else."""
from __future__ import annotations

import base64
import json
from pathlib import Path

from central.classes.moves import order_move
from central.classes.withdrawals import withdrawal_messages
from central.cli import main
from central.wiring import Centre
from evidence.bodies import Consent, ConsentWithdrawn
from evidence.seal import read_sealed
from evidence.times import SECOND
from tests.central.helpers import MORNING, NAMES, PLAN, Box, write_plan

CLASS = "welder-1"


def test_the_other_box_of_a_move_is_told_of_refusals_and_withdrawals(centre: Centre, tmp_path: Path) -> None:
    plan, names = write_plan(tmp_path, PLAN, NAMES)
    assert main(["class", "add", str(plan), "--names", str(names), "--centre", str(centre.folder)]) == 0
    boxes = [Box(centre, device, chain) for device, chain in (("box-1", "a1" * 16), ("box-2", "b2" * 16),
                                                              ("box-3", "c3" * 16))]
    for box in boxes:
        box.genesis()
    with centre.store.read() as tx:
        one, two, three, _ = sorted(tx.sealed_names(CLASS))
    first, second, _ = boxes
    kept = [first.append(ConsentWithdrawn(CLASS, one, "terminal"), MORNING),
            first.append(Consent(CLASS, two, False, "0" * 64, "zh", None, "terminal"), MORNING + SECOND)]
    first.append(Consent(CLASS, two, True, "0" * 64, "zh", None, "terminal"), MORNING + 2 * SECOND)
    first.append(ConsentWithdrawn(CLASS, three, "terminal"), MORNING + 3 * SECOND)  # is in no order
    second.append(ConsentWithdrawn(CLASS, one, "order"), MORNING + 4 * SECOND)  # followed the first: no news
    for box in boxes:
        centre.collector().take(box.messages())
    with centre.store.read() as tx:
        assert withdrawal_messages(tx, ()) == {}
    order_move(centre.store, CLASS, "box-1", "box-2", (one, two), 7, MORNING)
    with centre.store.read() as tx:
        found = withdrawal_messages(tx, ())
        assert withdrawal_messages(tx, found) == {}
    ((key, message),) = found.items()
    assert key == ("box-2", second.chain, f"withdrawn/{CLASS}", 2)
    assert message.topic == f"zaitang/v1/box-2/withdrawn/{CLASS}"
    items = json.loads(message.payload)["withdrawn"]
    assert {read_sealed(base64.b64decode(item["record"])).hash for item in items} == {sealed.hash for sealed in kept}
    assert {item["certificate"] for item in items} == {first.certificate}


def test_a_box_that_withdraws_without_end_keeps_no_withdrawal_from_others(centre: Centre, tmp_path: Path) -> None:
    """A box takes so many in one message, and refuses a longer one as a whole."""
    plan, names = write_plan(tmp_path, PLAN, NAMES)
    assert main(["class", "add", str(plan), "--names", str(names), "--centre", str(centre.folder)]) == 0
    first, second, third = (Box(centre, f"box-{number}", f"{number:032x}") for number in (1, 2, 3))
    for box in (first, second, third):
        box.genesis()
    with centre.store.read() as tx:
        one, two, *_ = sorted(tx.sealed_names(CLASS))
    kept = [first.append(ConsentWithdrawn(CLASS, one, "terminal"), MORNING + number) for number in range(1001)]
    kept.append(second.append(ConsentWithdrawn(CLASS, two, "terminal"), MORNING))
    for box in (first, second, third):
        centre.collector().take(box.messages())
    order_move(centre.store, CLASS, "box-2", "box-3", (one, two), 7, MORNING)
    with centre.store.read() as tx:
        found = {key[0]: message for key, message in withdrawal_messages(tx, ()).items()}
    items = json.loads(found["box-3"].payload)["withdrawn"]
    assert [read_sealed(base64.b64decode(item["record"])).hash for item in items] == [
        sealed.hash for sealed in kept[-2:]]


def test_a_box_of_another_class_withdraws_nobodys_consent(centre: Centre, tmp_path: Path) -> None:
    """It has a key of the site, and signs that somebody of this class withdrew."""
    plan, names = write_plan(tmp_path, PLAN, NAMES)
    assert main(["class", "add", str(plan), "--names", str(names), "--centre", str(centre.folder)]) == 0
    boxes = [Box(centre, device, chain) for device, chain in (("box-1", "a1" * 16), ("box-2", "b2" * 16),
                                                              ("outside", "c3" * 16))]
    for box in boxes:
        box.genesis()
    with centre.store.read() as tx:
        one, *_ = sorted(tx.sealed_names(CLASS))
    boxes[2].append(ConsentWithdrawn(CLASS, one, "terminal"), MORNING)
    for box in boxes:
        centre.collector().take(box.messages())
    order_move(centre.store, CLASS, "box-1", "box-2", (one,), 7, MORNING)
    with centre.store.read() as tx:
        assert withdrawal_messages(tx, ()) == {}
