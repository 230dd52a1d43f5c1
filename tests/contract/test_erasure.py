"""A face is erased by order of the centre: of two real boxes each byte of it, and nothing else; then a certificate."""
from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from central.classes.orders import add_class, order_messages, order_of
from central.classes.plan import read_names, read_plan
from central.cli import main as central
from central.devices.issue import issue
from central.export import export_class
from central.ingest.collector import Message
from central.keeping.asking import erase_face
from central.keeping.erasing import erasures, finish_erasures
from central.orders.boxes import box_order_messages
from central.wiring import Centre, init_centre
from edge.enrol.erase import finish
from edge.keys import make_box_keys
from edge.store.people import NewFace
from edge.sync.process import make_inbox
from edge.wiring import Box, open_box
from evidence.bodies import Enrolment, PersonErased, body_of
from evidence.certs import pem
from tests.central.helpers import PLAN, write_plan

CLASS = "welder-1"
TWO = PLAN.replace('room = "101 教室" }', 'room = "101 教室" }, { device = "box-2", room = "102 教室" }')


class Ends:
    """A centre and two boxes that took a class of it, each with the faces of two trainees."""

    def __init__(self, folder: Path) -> None:
        self.centre: Centre = init_centre(folder / "centre", test_keys=True)
        plan, names = write_plan(folder, TWO)
        add_class(self.centre.store, self.centre.names, read_plan(plan), read_names(names), plan)
        self.boxes = [self._box(folder, name) for name in ("box-1", "box-2")]
        self.send()
        with self.centre.store.read() as tx:
            told = order_messages(tx, self.centre.names, self.centre.keys.certificate, set())
            order = order_of(tx, CLASS)[1]
        self.people = [one.person for one in order.roster if one.role == "trainee"]
        for box in self.boxes:
            inbox = make_inbox(box, "centre")
            for (device, *_), message in told.items():
                if device == box.config.device:
                    inbox.order(message.payload)
            box.store.enrol([NewFace(np.random.default_rng(number).random((2, 128), np.float32),
                                     Enrolment(CLASS, person, "builtin", "0" * 64, 2, "none"), shot=b"a picture" * 99)
                             for number, person in enumerate(self.people[:2])])
        self.send()

    def _box(self, folder: Path, name: str) -> Box:
        home = folder / name
        home.mkdir()
        (home / "box.toml").write_text(f'device = "{name}"\npolicy = "demo"\n[sync]\nbroker = "127.0.0.1"\n')
        make_box_keys(home / "keys", lambda key: (issue(self.centre, name, key), pem(self.centre.keys.root)))
        (home / "keys" / "centre.crt").write_text(self.centre.keys.certificate)
        return open_box(home)

    def send(self) -> None:
        """Every record to the centre, every receipt back."""
        for box in self.boxes:
            name, inbox = box.config.device, make_inbox(box, "centre")
            messages = [Message(name, one.envelope) for one in box.store.records(box.store.receipted_up_to())]
            for said in self.centre.collector().take(messages):
                if said.topic == "receipts":
                    inbox.receipt(said.envelope)

    def carry(self, box: Box) -> None:
        """The orders that wait for a box, and its answers; its eraser has its turn."""
        with self.centre.store.read() as tx:
            waiting = box_order_messages(tx, self.centre.keys.certificate, set(), box.clock.utc_us())
        for (device, *_), message in waiting.items():
            if device == box.config.device:
                make_inbox(box, "centre").box_orders(message.payload)
        finish(box.store, box.folder)
        self.send()

    def finish(self) -> list[PersonErased]:
        return finish_erasures(self.centre.store, self.centre.sheets, self.centre.clock.stamp().utc_us)

    def states(self) -> list[tuple[str, str]]:
        with self.centre.store.read() as tx:
            found = erasures(self.centre.store, tx, self.centre.clock.stamp().utc_us, CLASS)
        return [(box.device, box.state) for one in found for box in one.boxes]


def traces(box: Box, person: str) -> list[bytes]:
    """What is kept of a face, as it lies on the disk."""
    with sqlite3.connect(f"file:{box.store.path}?mode=ro", uri=True) as db:
        rows = [row[0] for table, column in (("templates", "vectors"), ("shots", "sealed"))
                for row in db.execute(f"SELECT {column} FROM {table} WHERE person = ?", (person,))]
    db.close()
    return [row[at:at + 24] for row in rows for at in (0, len(row) // 2, len(row) - 24)]


def everything(folder: Path) -> bytes:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.parent.name != "keys"]
    return b"".join(path.read_bytes() for path in files)


@pytest.fixture
def ends(tmp_path: Path) -> Ends:
    return Ends(tmp_path)


def test_a_face_is_erased_everywhere_before_it_is_certified(ends: Ends, tmp_path: Path) -> None:
    centre, (first, second), (wei, fang, _) = ends.centre, ends.boxes, ends.people
    gone = {box.config.device: traces(box, wei) for box in ends.boxes}
    stay = {box.config.device: traces(box, fang) for box in ends.boxes}
    assert all(len(found) == 6 for found in (*gone.values(), *stay.values()))
    one, ordered = erase_face(centre, CLASS, "张伟", "wang")
    assert one.person == wei and [one.device for one in ordered] == ["box-1", "box-2"]
    assert erase_face(centre, CLASS, wei, "wang")[1] == (), "all have their order already"
    assert ends.finish() == [] and ends.states() == [("box-1", "asked"), ("box-2", "asked")]
    ends.carry(first)
    assert ends.finish() == [] and ends.states() == [("box-1", "erased"), ("box-2", "asked")]
    ends.carry(second)
    (body,) = ends.finish()
    assert (body.class_id, body.person, body.why, body.by) == (CLASS, wei, "withdrawn", "wang")
    said = {box.store.records_of("face.erased")[0].hash for box in ends.boxes}
    assert set(body.erased) == said and ends.finish() == [] and ends.states() == []
    for box in ends.boxes:
        left = everything(box.folder)
        assert not any(one in left for one in gone[box.config.device])
        assert all(one in left for one in stay[box.config.device])
        assert box.store.names(CLASS)[wei] == "张伟" and list(box.store.templates(CLASS, "builtin")) == [fang]
    with centre.store.read() as tx:
        assert wei in {one.person for one in order_of(tx, CLASS)[1].roster}
        certificates = [body_of(one.record) for one in tx.of_type("person.erased", CLASS)]
    assert certificates == [body]
    export_class(centre, CLASS, tmp_path / "export")
    pulled = everything(tmp_path / "export")
    assert not any(one in pulled for found in (*gone.values(), *stay.values()) for one in found)


def test_a_box_that_holds_nothing_says_so_and_holds_nothing_up(ends: Ends) -> None:
    """The third trainee has no face anywhere: the boxes know the name, and say that nothing was there."""
    centre, li = ends.centre, ends.people[2]
    erase_face(centre, CLASS, li, "wang")
    for box in ends.boxes:
        ends.carry(box)
    (body,) = ends.finish()
    assert len(body.erased) == 2
    for box in ends.boxes:
        (record,) = box.store.records_of("face.erased")
        assert (record.record.body["templates"], record.record.body["shots"]) == (0, 0)
        assert len(box.store.templates(CLASS, "builtin")) == 2


def test_a_withdrawal_at_the_terminal_of_before_is_no_answer_to_an_order(ends: Ends) -> None:
    """The face was erased once, enrolled anew, and only then ordered to be erased."""
    centre, box, wei = ends.centre, ends.boxes[0], ends.people[0]
    box.store.ask_erasure(CLASS, [wei], "withdrawn")
    finish(box.store, box.folder)
    ends.send()
    erase_face(centre, CLASS, wei, "wang")
    assert ("box-1", "asked") in ends.states()


def test_the_command_orders_it_and_tells_how_far_it_is(ends: Ends, capsys: pytest.CaptureFixture[str]) -> None:
    def run(*args: str) -> tuple[int, str]:
        rc = central(["--lang", "en", "erase", *args, "--centre", str(ends.centre.folder)])
        said = capsys.readouterr()
        return rc, said.out + said.err

    assert run("--status") == (0, "No face was ordered to be erased.\n")
    ends.centre.account_desk().add("wang", "supervisor", "410000", None)
    assert run(CLASS)[0] == 2 and run(CLASS, "张伟")[0] == 2 and run(CLASS, "nobody", "--by", "wang")[0] == 2
    rc, said = run(CLASS, "张伟", "--by", "wang")
    assert rc == 0 and "ordered of: box-1, box-2" in said
    assert "no box anew" in run(CLASS, "张伟", "--by", "wang")[1]
    assert "has not answered yet" in run(CLASS, "--status")[1]
    for box in ends.boxes:
        ends.carry(box)
    assert "says that it is erased" in run("--status")[1]
    ends.finish()
    assert "certifies it" in run("--status")[1]
