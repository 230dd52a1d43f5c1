"""Contact sheets that the centre ordered: made once, sealed, only of who agreed, and gone with anybody's erasure."""
from __future__ import annotations

import dataclasses
import hashlib
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from common.sealed_pages import open_pages
from edge.child import only_one
from edge.enrol import forget
from edge.enrol.erase import finish, withdraw
from edge.errors import AlreadyRunning
from edge.rollcall import ordered
from edge.rollcall.contact import told
from edge.rollcall.errors import FacesChanged
from edge.rollcall.ordered import TRIES, Maker, in_a_child, main, make_one
from edge.rollcall.sheet import make_sheet
from edge.sheets import SheetFiles, may_lie, to_make, why_no_sheet
from evidence.bodies import Alarm, Consent, Sheet, body_of
from evidence.box_orders import BoxOrder, OrderAnswered, WantedSheet
from evidence.chain import next_record
from evidence.seal import KeySigner, seal_record
from evidence.shape import encode
from evidence.sheets import DAY_US
from evidence.times import MINUTE, utc_text, utc_us
from tests.common.test_sealed_pages import png
from tests.edge.rollcall.conftest import BLOCK, CLASS, Course, filmed
from tests.edge.rollcall.test_sheet import level
from tests.edge.storage.conftest import START, HandClock

KEY = X25519PrivateKey.generate()
TO = KEY.public_key().public_bytes_raw().hex()
WANTED = WantedSheet(CLASS, BLOCK, TO, "en", "li.ming")
AGREED = ("p-1", "p-3", "t-1")


def agree(course: Course, *people: str, until: str | None = None) -> None:
    """They consent to a text that speaks of sheets for the centre."""
    for person in people:
        course.box.store.append("consent", Consent(CLASS, person, True, "0" * 64, "zh", until, "terminal", True))


def order(course: Course, number: int = 1, result: str = "accepted", expires: str = "") -> str:
    """The box has answered an order of a sheet; its hash."""
    body = BoxOrder("box-1", number, expires or utc_text(course.box.clock.utc_us() + DAY_US), "sheet", sheet=WANTED)
    record = next_record(None, device="centre", chain="0" * 32, type="genesis", body={}, stamp=HandClock().stamp())
    record = dataclasses.replace(record, type="order.box", seq=10 + number, prev="1" * 64, body=encode(body))
    sealed = seal_record(record, KeySigner(Ed25519PrivateKey.generate()))
    course.box.store.answer(sealed, OrderAnswered(sealed.hash, number, result), ())  # type: ignore[arg-type]
    return sealed.hash


def sheets(course: Course) -> list[Sheet]:
    return [body for one in course.box.store.records_of("sheet") if isinstance(body := body_of(one.record), Sheet)]


def files(course: Course) -> list[str]:
    return [path.name for path in SheetFiles(course.box.folder).all()]


def now(course: Course) -> int:
    return course.box.clock.utc_us()


@pytest.fixture
def ended(course: Course) -> Course:
    """The block is over."""
    course.clock.forward(10 * MINUTE)
    return course


def test_a_sheet_is_made_sealed_and_on_record_and_made_once(ended: Course) -> None:
    agree(ended, *AGREED, until=utc_text(now(ended) + 9 * DAY_US))
    wanted = order(ended)
    make_one(ended.box, wanted)
    (made,) = sheets(ended)
    path = SheetFiles(ended.box.folder).path(made.sha256)
    data = path.read_bytes()
    assert (made.class_id, made.block, made.order, made.size) == (CLASS, BLOCK, wanted, len(data))
    assert hashlib.sha256(data).hexdigest() == made.sha256 and path.stat().st_mode & 0o777 == 0o600
    assert made.people == AGREED and utc_us(made.until) == now(ended) + 9 * DAY_US
    assert made.rests_on == make_sheet(ended.box, CLASS, BLOCK).rests_on
    pages = open_pages(data, KEY, wanted)
    assert pages and all(page.startswith(b"\x89PNG") for page in pages) and b"\x89PNG\r\n" not in data
    make_one(ended.box, wanted)
    assert len(sheets(ended)) == 1 and to_make(ended.box.store, now(ended)) == []
    assert [one.sheet for one in may_lie(ended.box.store, now(ended))] == [made]


def test_who_did_not_agree_to_that_has_no_picture_on_a_sheet_that_leaves(ended: Course) -> None:
    """All five are on the box's own sheet; p-2 agreed to an earlier text, of p-3 and t-1 there is no word at all."""
    agree(ended, "p-1")
    own, leaves = (make_sheet(ended.box, CLASS, BLOCK, for_centre) for for_centre in (False, True))
    pictures = {row.person: (level(row.photo), level(row.sight.picture if row.sight else None))
                for row in (*leaves.shown, *leaves.others)}
    assert pictures == {"p-1": (0, 60), "p-2": (None, None), "t-1": (None, None)} and leaves.pictured == ("p-1",)
    assert [level(one.picture) for one in leaves.unnamed] == [160] and leaves.omitted == 1
    assert [level(one.picture) for one in own.unnamed] == [120, 160] and "p-2" in own.pictured
    blanks = {cell.head: cell.blanks for section in told(leaves, "box-1", "x", "en").sections for cell in section.cells}
    assert blanks["李强"] == ("did not agree to pictures",) * 2 and "did not agree to pictures" not in blanks["王秀英"]
    words = told(leaves, "box-1", "x", "en").lines
    assert "For the centre: pictures of those alone who agreed to that" in words
    assert "只含同意送交者的图片" in "".join(told(leaves, "box-1", "x", "zh").lines)


def test_why_this_box_makes_none(course: Course, tmp_path: Path) -> None:
    store = course.box.store

    def why(now_us: int | None = START + 10 * MINUTE, **changes: Any) -> str:
        return why_no_sheet(store, dataclasses.replace(WANTED, **changes), now_us)

    assert why() == "" and why(class_id="weld-2") == "no_class" and why(block="2026-03-02-pm") == "no_block"
    assert why(START + MINUTE) == "not_over" == why(None)


def test_without_a_roll_call_there_is_none(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    records_of = type(course.box.store).each

    def none(store: Any, kind: str | None = None, after: int = -1) -> Any:
        return (one for one in records_of(store, kind, after) if one.record.type != "rollcall")

    monkeypatch.setattr(type(course.box.store), "each", none)
    assert why_no_sheet(course.box.store, WANTED, START + 10 * MINUTE) == "no_roll_call"


def test_a_refused_or_expired_order_makes_nothing(ended: Course) -> None:
    refused, late = order(ended, 1, "refused"), order(ended, 2)
    assert [one.order for one in to_make(ended.box.store, now(ended))] == [late]
    assert to_make(ended.box.store, now(ended) + DAY_US) == []
    make_one(ended.box, refused)
    assert sheets(ended) == [] and files(ended) == []


def test_an_erasure_takes_the_sheets_that_show_the_person_before_it_is_said_to_be_done(
    ended: Course, monkeypatch: pytest.MonkeyPatch,
) -> None:
    agree(ended, *AGREED)
    make_one(ended.box, order(ended))
    withdraw(ended.box.store, CLASS, "p-2", "terminal")
    finish(ended.box.store, ended.box.folder)
    assert len(files(ended)) == 1, "p-2 is not on it"
    withdraw(ended.box.store, CLASS, "p-3", "terminal")
    assert may_lie(ended.box.store, now(ended)) == []
    monkeypatch.setattr(forget, "LOCK_S", 0.05)
    with only_one(ended.box.proofs_lock, "proofs"), pytest.raises(AlreadyRunning):
        finish(ended.box.store, ended.box.folder)
    assert len(files(ended)) == 1 and ended.box.store.erasures() != []
    assert [one.person for one in finish(ended.box.store, ended.box.folder)] == ["p-3"]
    assert files(ended) == [] and not (ended.box.folder / "sheets").exists()


def test_a_sheet_is_never_kept_of_who_withdraws_while_it_is_made(
    ended: Course, monkeypatch: pytest.MonkeyPatch,
) -> None:
    agree(ended, *AGREED)
    wanted = order(ended)

    def drawn(*_: Any) -> list[bytes]:
        withdraw(ended.box.store, CLASS, "p-1", "terminal")
        return [png()]

    monkeypatch.setattr("edge.rollcall.draw.draw", drawn)
    with pytest.raises(FacesChanged):
        make_one(ended.box, wanted)
    assert files(ended) == [] and sheets(ended) == []
    monkeypatch.setattr("edge.rollcall.draw.draw", lambda *_: [png()])
    make_one(ended.box, wanted)
    assert sheets(ended)[0].people == ("p-3", "t-1")


def maker(course: Course, make: Any) -> tuple[Maker, list[float]]:
    at = [0.0]
    return Maker(course.box.store, SheetFiles(course.box.folder), make, lambda: now(course), lambda: at[0]), at


def test_the_maker_works_off_what_is_ordered_and_removes_what_may_not_lie_here(ended: Course) -> None:
    agree(ended, *AGREED)
    first, second = order(ended), order(ended, 2)
    done: list[str] = []

    def make(one: str) -> bool:
        done.append(one)
        make_one(ended.box, one)
        return True

    made, at = maker(ended, make)
    assert made.turn() and not made.turn(), "it does not look every moment"
    at[0] += 10
    assert made.turn()
    at[0] += 10
    assert not made.turn() and done == [first, second] and len(files(ended)) == 2
    (ended.box.folder / "sheets" / "left by a kill.sealed.new").write_bytes(b"half")
    ended.box.store.mark_uploaded(sheets(ended)[0].sha256)
    at[0] += 10
    made.turn()
    assert files(ended) == [f"{sheets(ended)[1].sha256}.sealed"]
    ended.clock.forward(31 * DAY_US)
    at[0] += 10
    made.turn()
    assert files(ended) == []


def test_a_sheet_that_cannot_be_made_is_tried_again_and_then_told(ended: Course) -> None:
    wanted, tries = order(ended), [0]

    def make(_: str) -> bool:
        tries[0] += 1
        return False

    made, at = maker(ended, make)
    for _ in range(200):
        assert not made.turn()
        at[0] += 60
    alarms = [body for one in ended.box.store.records_of("alarm") if isinstance(body := body_of(one.record), Alarm)]
    assert tries == [TRIES] and [(one.code, one.params, one.class_id) for one in alarms] == [
        ("sheet.unmade", {"order": wanted}, CLASS)]


def test_being_told_to_end_is_no_failed_try(ended: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither where the child was stopped here, nor where it heard of it first."""
    order(ended)
    made, at = maker(ended, in_a_child(ended.box.folder, lambda: True))
    for instead in ("exec sleep 600", "exit 143") * TRIES:
        monkeypatch.setattr(ordered, "OUTLIVES_NOBODY", ("sh", "-c", instead))
        assert not made.turn()
        at[0] += 1000
    assert ended.box.store.records_of("alarm") == [] and len(to_make(ended.box.store, now(ended))) == 1


@pytest.mark.long
def test_the_child_makes_it_alone_and_says_when_it_cannot(ended: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real process, with the machine's own clock: by that the block of 2026-03-02 is long over."""
    agree(ended, *AGREED)
    wanted = order(ended, expires="2126-01-01T00:00:00.000000Z")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    assert in_a_child(ended.box.folder, lambda: True)(wanted) is None, "who is asked to stop waits for no child"
    assert in_a_child(ended.box.folder / "nowhere", lambda: False)(wanted) is False
    assert in_a_child(ended.box.folder, lambda: False)(wanted)
    (made,) = sheets(ended)
    assert files(ended) == [f"{made.sha256}.sealed"] and made.people == AGREED
    monkeypatch.setattr(ordered, "OUTLIVES_NOBODY", ("no such program",))
    assert in_a_child(ended.box.folder, lambda: False)(wanted) is False


def test_main_says_by_its_exit_whether_the_sheet_is_there(ended: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    agree(ended, *AGREED)
    wanted = order(ended)
    monkeypatch.setattr("edge.wiring.open_box", lambda _: ended.box)
    monkeypatch.setattr("edge.rollcall.sheet.make_sheet", fails)
    assert main(str(ended.box.folder), wanted) == 1
    assert not (ended.box.folder / "sheets").exists()


def fails(*_: Any, **__: Any) -> None:
    raise OSError(5, "the disk does not answer")


def test_a_box_that_never_answered_an_order_does_nothing(tmp_path: Path) -> None:
    with filmed(tmp_path) as made:
        turning, _ = maker(made, pytest.fail)
        assert not turning.turn()
