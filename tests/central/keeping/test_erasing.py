"""What the centre makes of the words of boxes about a face: no certificate before each has said that it is gone."""
from __future__ import annotations

import hashlib

import pytest

from central.classes.errors import NoTrainee, UnknownPerson
from central.classes.moves import order_move
from central.classes.orders import order_of
from central.errors import UnknownClass
from central.keeping.erasing import erasures, finish_erasures, order_erasure
from central.keeping.errors import BadTeller, NoBoxKnows
from central.orders.boxes import orders
from evidence.bodies import FaceErased, OrderAccepted, PersonErased, Sheet, body_of
from evidence.box_orders import OrderAnswered, Why
from evidence.times import utc_text
from tests.central.helpers import Box
from tests.central.keeping.conftest import CLASS, DAY, Keeping

DATA = b"a sealed sheet"


class Faces(Keeping):
    """The same centre; its box took the class, and a second one, too."""

    def begin(self) -> None:
        self.other = Box(self.centre, "box-2", "cd" * 16)
        self.other.genesis()
        for box in (self.box, self.other):
            box.append(OrderAccepted(CLASS, "ab" * 32), self.clock.utc_us)
        self.take()
        with self.centre.store.read() as tx:
            self.people = [one.person for one in order_of(tx, CLASS)[1].roster if one.role == "trainee"]

    def take(self) -> None:
        super().take()
        self.centre.collector().take(self.other.messages())

    def order(self, who: str) -> list[str]:
        return [one.device for one in order_erasure(
            self.centre.store, self.centre.sheets, self.centre.names, CLASS, who, "wang", self.clock.utc_us)[1]]

    def answer(self, box: Box, why: Why = "") -> None:
        with self.centre.store.read() as tx:
            sealed, body = orders(tx, box.device)[-1]
        box.append(OrderAnswered(sealed.hash, body.number, "refused" if why else "accepted", why), self.clock.utc_us)
        self.take()

    def erased(self, box: Box, person: str, why: str = "withdrawn") -> str:
        said = box.append(FaceErased(CLASS, person, why, 2, 1, 0), self.clock.utc_us)  # type: ignore[arg-type]
        self.take()
        return said.hash

    def finish(self) -> list[PersonErased]:
        return finish_erasures(self.centre.store, self.centre.sheets, self.clock.utc_us)

    def states(self) -> dict[str, str]:
        with self.centre.store.read() as tx:
            return {box.device: box.state for one in erasures(tx, self.clock.utc_us) for box in one.boxes}


@pytest.fixture
def faces(keeping: Keeping) -> Faces:
    made = Faces(keeping.centre, keeping.box, keeping.clock)
    made.begin()
    return made


def test_only_when_each_box_has_said_so_there_is_a_certificate(faces: Faces) -> None:
    wei = faces.people[0]
    faces.erased(faces.box, wei)
    assert faces.order("张伟") == ["box-1", "box-2"]
    faces.answer(faces.box)
    assert faces.states() == {"box-1": "taken", "box-2": "asked"}, "what was erased before says nothing of now"
    faces.erased(faces.box, wei, "again")
    assert faces.states()["box-1"] == "taken", "a face that was replaced is no face that is gone"
    faces.erased(faces.box, faces.people[1])
    assert faces.states()["box-1"] == "taken" and faces.finish() == []
    said = faces.erased(faces.box, wei)
    faces.answer(faces.other, "no_person")
    assert faces.states() == {"box-1": "erased", "box-2": "nothing"}
    assert faces.finish() == [PersonErased(CLASS, wei, "withdrawn", (said,), (), "wang")] and faces.finish() == []
    assert faces.order(wei) == ["box-1", "box-2"], "who was enrolled anew may say so again"
    assert faces.states() == {"box-1": "asked", "box-2": "asked"}


def test_a_box_that_refuses_or_never_answers_holds_the_certificate_up_and_is_asked_again(faces: Faces) -> None:
    faces.order(faces.people[0])
    faces.answer(faces.box, "unknown_kind")
    assert faces.states() == {"box-1": "refused", "box-2": "asked"} and faces.finish() == []
    assert faces.order(faces.people[0]) == ["box-1"]
    faces.clock.utc_us += 400 * DAY
    assert faces.states() == {"box-1": "expired", "box-2": "expired"}
    assert faces.order(faces.people[0]) == ["box-1", "box-2"] and faces.finish() == []


def test_a_box_to_which_templates_may_be_on_their_way_is_asked_too_and_nothing_there_is_no_answer(
    faces: Faces,
) -> None:
    wei = faces.people[0]
    third = Box(faces.centre, "box-3", "ef" * 16)
    third.genesis()
    faces.centre.collector().take(third.messages())
    order_move(faces.centre.store, CLASS, "box-1", "box-3", [wei], 7, faces.clock.utc_us)
    assert faces.order(faces.people[1]) == ["box-1", "box-2"] and faces.order(wei) == ["box-1", "box-2", "box-3"]
    for box in (faces.box, faces.other):
        faces.answer(box, "no_person")
    with faces.centre.store.read() as tx:
        sealed, body = orders(tx, "box-3")[-1]
    third.append(OrderAnswered(sealed.hash, body.number, "refused", "no_class"), faces.clock.utc_us)
    faces.centre.collector().take(third.messages())
    assert faces.states()["box-3"] == "refused"
    faces.clock.utc_us += 8 * DAY
    assert faces.states()["box-3"] == "nothing", "the order that they may move has ended"


def test_sheets_that_show_the_face_go_at_once_and_stand_in_the_certificate(faces: Faces) -> None:
    wei, fang = faces.people[:2]
    hashes = []
    for shown in ((wei, fang), (fang,)):
        data = DATA + shown[0].encode()
        hashes.append(hashlib.sha256(data).hexdigest())
        path = faces.centre.sheets.path(hashes[-1])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        faces.box.append(Sheet(CLASS, "2026-03-02-am", "ef" * 32, hashes[-1], len(data), "0" * 64, shown,
                               utc_text(faces.clock.utc_us + DAY)), faces.clock.utc_us)
    faces.take()
    faces.order(wei)
    assert [faces.centre.sheets.has(one) for one in hashes] == [False, True]
    for box in (faces.box, faces.other):
        faces.answer(box, "no_person")
    faces.centre.sheets.path(hashes[0]).write_bytes(DATA + wei.encode())  # it was on its way
    (body,) = faces.finish()
    assert body.sheets == (hashes[0],) and not faces.centre.sheets.has(hashes[0])


def test_what_cannot_be_ordered_is_refused_and_nothing_is_kept(faces: Faces, keeping: Keeping) -> None:
    centre = faces.centre

    def ask(class_id: str, who: str, by: str = "wang") -> None:
        order_erasure(centre.store, centre.sheets, centre.names, class_id, who, by, faces.clock.utc_us)

    for error, asked in ((UnknownClass, ("none", "张伟")), (UnknownPerson, (CLASS, "nobody")),
                         (NoTrainee, (CLASS, "陈老师")), (BadTeller, (CLASS, "张伟", "")),
                         (BadTeller, (CLASS, "张伟", "王 主任"))):
        with pytest.raises(error):
            ask(*asked)
    with centre.store.read() as tx:
        assert orders(tx) == [] and tx.erasing() == []
        assert [body_of(one.record) for one in tx.of_type("person.erased")] == []


def test_a_class_that_no_box_took_has_no_face(keeping: Keeping) -> None:
    with pytest.raises(NoBoxKnows):
        order_erasure(keeping.centre.store, keeping.centre.sheets, keeping.centre.names, CLASS, "张伟", "wang",
                      keeping.clock.utc_us)
