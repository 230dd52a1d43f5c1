"""Orders to move templates: who may be named, to which key, and that both boxes are told all of them."""
from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from central.classes.errors import BadMove, NoSealingKey, SameBox
from central.classes.moves import move_messages as messages
from central.classes.moves import order_move
from central.cli import main
from central.errors import UnknownClass
from central.wiring import Centre
from evidence.bodies import TemplatesOrder
from evidence.seal import read_sealed
from evidence.times import utc_text
from tests.central.helpers import MORNING, NAMES, PLAN, Box, write_plan

DAY = 86_400_000_000


@pytest.fixture
def taught(centre: Centre, tmp_path: Path) -> Centre:
    """A centre with the class welder-1 and two boxes that have introduced themselves."""
    plan, names = write_plan(tmp_path, PLAN, NAMES)
    assert main(["class", "add", str(plan), "--names", str(names), "--centre", str(centre.folder)]) == 0
    for device in ("box-1", "box-2"):
        box = Box(centre, device)
        box.genesis()
        centre.collector().take(box.messages())
    return centre


def people(centre: Centre) -> list[str]:
    with centre.store.read() as tx:
        return sorted(tx.sealed_names("welder-1"))


def test_an_order_names_the_key_of_the_target_and_everybody_or_some(taught: Centre) -> None:
    with taught.store.read() as tx:
        key = tx.heads("box-2")[-1].sealing_key
    everybody = people(taught)
    _, body = order_move(taught.store, "welder-1", "box-1", "box-2", (), 7, MORNING)
    assert body == TemplatesOrder("welder-1", tuple(everybody), "box-1", "box-2", str(key), utc_text(MORNING + 7 * DAY))
    _, some = order_move(taught.store, "welder-1", "box-1", "box-2", everybody[:1], 1, MORNING)
    assert some.people == (everybody[0],)


def test_what_makes_no_sense_is_refused_and_not_kept(taught: Centre) -> None:
    one = people(taught)[:1]
    for class_id, source, target, who, days, error in (
        ("nowhere", "box-1", "box-2", (), 7, UnknownClass), ("welder-1", "box-1", "box-1", (), 7, SameBox),
        ("welder-1", "box-1", "box-9", (), 7, NoSealingKey), ("welder-1", "box-9", "box-2", (), 7, NoSealingKey),
        ("welder-1", "box-1", "box-2", ["p-0"], 7, BadMove), ("welder-1", "box-1", "box-2", one, 0, BadMove),
        ("welder-1", "box-1", "box-2", one, 91, BadMove),
    ):
        with pytest.raises(error):
            order_move(taught.store, class_id, source, target, who, days, MORNING)
    with taught.store.read() as tx:
        assert tx.of_type("order.templates") == []


def test_both_boxes_are_told_all_orders_in_one_message(taught: Centre) -> None:
    made = [order_move(taught.store, "welder-1", "box-1", "box-2", (), days, MORNING)[0] for days in (1, 2)]
    with taught.store.read() as tx:
        found = messages(tx, "pem", ())
        assert messages(tx, "pem", found) == {}
    assert sorted(message.topic for message in found.values()) == [
        "zaitang/v1/box-1/moves/welder-1", "zaitang/v1/box-2/moves/welder-1"]
    for message in found.values():
        payload = json.loads(message.payload)
        hashes = [read_sealed(base64.b64decode(text)).hash for text in payload["moves"]]
        assert hashes == [sealed.hash for sealed in made] and payload["certificate"] == "pem"


def test_the_command_prints_the_hash_that_the_box_asks_for(taught: Centre, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["--lang", "en", "order-templates", "welder-1", "--from", "box-1", "--to", "box-2", "--centre",
               str(taught.folder)]
    assert main(command) == 0
    with taught.store.read() as tx:
        (sealed,) = tx.of_type("order.templates")
    assert sealed.hash in capsys.readouterr().out
    assert main([*command, "--people", "p-0"]) == 2 and "p-0" in capsys.readouterr().err
