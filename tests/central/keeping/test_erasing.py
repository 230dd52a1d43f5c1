"""What the centre makes of a wish that a face be erased: on record at once, ordered as soon as nothing holds it, and no
certificate before each box has said that it is gone."""
from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from central.classes.errors import NoTrainee, UnknownPerson
from central.classes.holds import lift_hold, place_hold
from central.classes.moves import order_move
from central.classes.objections import handle_objection, raise_objection
from central.classes.orders import add_class, order_of
from central.classes.plan import read_names, read_plan
from central.classes.statements import close_dispute, open_dispute
from central.cli import main
from central.errors import CannotWrite, UnknownClass
from central.keeping import asking
from central.keeping.asking import ask_erasure, erase_face, order_due
from central.keeping.beside import turn
from central.keeping.erasing import FaceErasing, erasures, finish_erasures
from central.keeping.errors import BadTeller
from central.keeping.words import erasing_words
from central.orders.boxes import orders
from central.wiring import Centre
from evidence.bodies import ErasureAsked, FaceErased, OrderAccepted, PersonErased, Sheet, body_of
from evidence.box_orders import OrderAnswered, Why
from evidence.times import utc_text
from tests.central.helpers import Box, write_plan
from tests.central.keeping.conftest import CLASS, DAY, Keeping
from tests.central.test_decisions import decided
from tests.central.test_reviews import NOW

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
        return [one.device for one in erase_face(self.centre, CLASS, who, "wang")[1]]

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

    def found(self) -> list[FaceErasing]:
        with self.centre.store.read() as tx:
            return erasures(self.centre.store, tx, self.clock.utc_us)

    def states(self) -> dict[str, str]:
        return {box.device: box.state for one in self.found() for box in one.boxes}

    def waits(self) -> list[str]:
        return [reason.code for one in self.found() for reason in one.waits]


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
        erase_face(centre, class_id, who, by)

    for error, asked in ((UnknownClass, ("none", "张伟")), (UnknownPerson, (CLASS, "nobody")),
                         (NoTrainee, (CLASS, "陈老师")), (BadTeller, (CLASS, "张伟", "")),
                         (BadTeller, (CLASS, "张伟", "王 主任"))):
        with pytest.raises(error):
            ask(*asked)
    with centre.store.read() as tx:
        assert orders(tx) == [] and tx.erasing() == []
        assert [tx.of_type(one) for one in ("erasure.asked", "person.erased")] == [[], []]


def asked(faces: Faces) -> list[ErasureAsked]:
    with faces.centre.store.read() as tx:
        bodies = [body_of(one.record) for one in tx.of_type("erasure.asked")]
    return [body for body in bodies if isinstance(body, ErasureAsked)]


def test_while_something_holds_the_class_it_waits_and_goes_on_by_itself(faces: Faces, tmp_path: Path) -> None:
    store, wei = faces.centre.store, faces.people[0]
    place_hold(store, CLASS, "case 114")
    open_dispute(store, CLASS, "why")
    raise_objection(store, CLASS, "school", None, "no", "school")
    data = DATA + b"held"
    path = faces.centre.sheets.path(hashlib.sha256(data).hexdigest())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    faces.box.append(Sheet(CLASS, "2026-03-02-am", "ef" * 32, path.stem, len(data), "0" * 64, (wei,),
                           utc_text(faces.clock.utc_us + DAY)), faces.clock.utc_us)
    faces.take()
    assert faces.order("张伟") == [] and asked(faces) == [ErasureAsked(CLASS, wei, "wang")]
    assert faces.waits() == ["waits_objection", "waits_dispute", "waits_hold"]
    assert faces.order("张伟") == [] and len(asked(faces)) == 1, "it is on record already"
    assert order_due(faces.centre) == 0 and faces.finish() == [] and path.exists(), "a held face stays here, too"
    handle_objection(store, CLASS, "o-1", "rejected", "no", "wang")
    close_dispute(store, CLASS, "settled", "d-1")
    assert faces.waits() == ["waits_hold"] and order_due(faces.centre) == 0 and faces.states() == {}
    faces.clock.utc_us += DAY
    lift_hold(store, CLASS, "judged", None)
    assert faces.waits() == [] and order_due(faces.centre) == 1 and order_due(faces.centre) == 0
    assert faces.states() == {"box-1": "asked", "box-2": "asked"} and not path.exists()
    (one,) = faces.found()
    assert one.asked is not None and one.ordered_us == faces.clock.utc_us == one.asked.record.utc_us + DAY
    place_hold(store, CLASS, "case 115")
    assert faces.waits() == [], "what was ordered is not taken back"


def test_a_flag_holds_a_face_until_two_persons_have_decided(played: Centre) -> None:
    def waits() -> list[str]:
        with played.store.read() as tx:
            (one,) = erasures(played.store, tx, NOW)
        return [reason.code for reason in one.waits]

    assert erase_face(played, CLASS, "张伟", "wang")[1] == () and waits() == ["waits_flag"]
    decided(played)
    assert waits() == ["waits_flag", "waits_undecided"] and order_due(played) == 0
    decided(played, "second", by="zhao")
    assert waits() == [] and order_due(played) == 1


def test_a_flag_holds_a_face_and_a_review_does_not(faces: Faces, monkeypatch: pytest.MonkeyPatch) -> None:
    held = {"flag", "review", "unjudged"}
    monkeypatch.setattr("central.keeping.held.holding", lambda _: held)
    assert faces.order("张伟") == [] and faces.waits() == ["waits_flag"]
    held.remove("flag")
    assert order_due(faces.centre) == 1


def test_a_hold_that_is_placed_while_it_is_decided_holds_it(faces: Faces, monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*_: object) -> tuple[()]:
        place_hold(faces.centre.store, CLASS, "case 114")
        return ()

    with monkeypatch.context() as patched:
        patched.setattr(asking, "erasure_held", late)
        assert faces.order("张伟") == []
    assert faces.waits() == ["waits_hold"] and faces.states() == {}


def test_the_command_and_the_console_order_what_nothing_holds_any_more(
    faces: Faces, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("central.wiring.SystemClock", lambda: faces.clock)
    monkeypatch.setattr("os.nice", lambda _: 0)
    store, folder = faces.centre.store, faces.centre.folder

    def run(*args: str) -> str:
        assert main(["--lang", "en", *args, "--centre", str(folder)]) == 0
        return capsys.readouterr().out

    faces.centre.account_desk().add("wang", "supervisor", "410000", None)
    place_hold(store, CLASS, "case 114")
    said = run("erase", CLASS, "张伟", "--by", "wang")
    assert "is on record" in said and "waits until the hold on the class is lifted" in said
    assert "waits until the hold on the class is lifted" in run("erase", "--status")
    assert run("keep", "apply") == "Nothing may go now.\n" and not turn(folder, remove=False)
    lift_hold(store, CLASS, "judged", None)
    assert run("keep", "apply") == "Faces that nothing holds any more and that are ordered to be erased now: 1.\n"
    place_hold(store, CLASS, "case 115")
    assert faces.order(faces.people[1]) == []
    lift_hold(store, CLASS, "judged", None)
    assert not turn(folder, remove=False) and all(one.ordered for one in faces.found()), "no video is removed"


def test_a_box_that_is_lost_is_named_by_the_certificate(faces: Faces) -> None:
    wei = faces.people[0]
    faces.order(wei)
    faces.answer(faces.box)
    said = faces.erased(faces.box, wei)
    assert faces.finish() == []
    faces.centre.desk().revoke("box-2", "stolen")
    assert faces.states() == {"box-1": "erased", "box-2": "lost"}
    assert faces.finish() == [PersonErased(CLASS, wei, "withdrawn", (said,), (), "wang", ("box-2",))]
    (one,) = faces.found()
    assert "; without an answer of box-2, for the centre believes none" in erasing_words(one, "en")


def test_what_a_box_said_before_its_key_was_revoked_stands(faces: Faces) -> None:
    wei = faces.people[0]
    faces.order(wei)
    for box in (faces.box, faces.other):
        faces.answer(box, "no_person")
    faces.centre.desk().revoke("box-2", "sold")
    assert faces.states() == {"box-1": "nothing", "box-2": "nothing"}
    assert faces.finish() == [PersonErased(CLASS, wei, "withdrawn", (), (), "wang")]


def test_a_class_that_no_box_has_taken_yet(keeping: Keeping) -> None:
    """A box of its plan may have taken it, with its records on their way; one that is planned and never came cannot."""
    faces = Faces(keeping.centre, keeping.box, keeping.clock)
    faces.other = Box(faces.centre, "box-2", "cd" * 16)
    faces.people = []
    assert faces.order("张伟") == ["box-1"]
    faces.answer(faces.box, "no_class")
    assert faces.states() == {"box-1": "nothing"} and len(faces.finish()) == 1


def test_a_class_of_which_no_box_ever_came_is_certified_without_any(centre: Centre, tmp_path: Path) -> None:
    plan, names = write_plan(tmp_path)
    add_class(centre.store, centre.names, read_plan(plan), read_names(names), plan)
    one, ordered = erase_face(centre, CLASS, "张伟", "wang")
    assert ordered == ()
    assert finish_erasures(centre.store, centre.sheets, centre.clock.stamp().utc_us) == [
        PersonErased(CLASS, one.person, "withdrawn", (), (), "wang")]


def test_a_box_that_shows_only_later_that_it_took_the_class_is_ordered_to_before_the_certificate(faces: Faces) -> None:
    wei = faces.people[0]
    faces.order(wei)
    third = Box(faces.centre, "box-3", "ef" * 16)
    third.genesis()
    third.append(OrderAccepted(CLASS, "ab" * 32), faces.clock.utc_us)
    for box in (faces.box, faces.other):
        faces.answer(box, "no_person")
    faces.centre.collector().take(third.messages())
    assert faces.finish() == [] and faces.states()["box-3"] == "asked"


def test_what_cannot_be_taken_out_of_an_archive_now_is_ordered_later_and_holds_up_no_other(
    faces: Faces, monkeypatch: pytest.MonkeyPatch,
) -> None:
    place_hold(faces.centre.store, CLASS, "case 114")
    faces.order(faces.people[0])
    faces.order(faces.people[1])
    lift_hold(faces.centre.store, CLASS, "judged", None)
    tries: list[str] = []

    def full(_: Path, class_id: str) -> None:
        tries.append(class_id)
        if len(tries) == 1:
            raise CannotWrite(path=Path("x"), why="full")

    monkeypatch.setattr(asking, "erase_sheets", full)
    assert order_due(faces.centre) == 1 and [one.ordered for one in faces.found()] == [False, True]
    assert order_due(faces.centre) == 1 and all(one.ordered for one in faces.found())


def test_who_asks_while_it_is_certified_asks_anew(faces: Faces) -> None:
    one, _ = ask_erasure(faces.centre.store, faces.centre.names, CLASS, "张伟", "wang")
    with faces.centre.store.write() as tx:
        tx.forget_erasing(CLASS, one.person)
    assert asking.order_now(faces.centre, one) == () and faces.states() == {}
    assert faces.order("张伟") == ["box-1", "box-2"] and len(asked(faces)) == 2
