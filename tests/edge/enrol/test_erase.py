"""Erasure: every trace of a face is looked for, after every way in which it can be interrupted; and names stay gone."""
from __future__ import annotations

import gc
import secrets
import shutil
import sqlite3
import threading
import time
import weakref
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from common.policies import load_policy
from common.sheets import Name, seal_sheet
from edge.checkin.engine import Engine
from edge.child import only_one
from edge.cli import main
from edge.enrol import cli as enrol_cli
from edge.enrol import erase, forget
from edge.enrol.consent import consent_text
from edge.enrol.consents import consents
from edge.enrol.enrol import enrol
from edge.enrol.erase import Eraser, due, finish, held, over, withdraw
from edge.enrol.errors import CopyLeft, PhotosRefused, StillRead
from edge.enrol.ordered import why_no_erasure
from edge.enrol.photos import photo_files
from edge.enrol.pins import Pins
from edge.errors import AlreadyRunning, FaceErasing, VolumeAway
from edge.plans import newest_orders
from edge.rollcall.errors import FacesChanged
from edge.rollcall.proofs import Proofs
from edge.storage.proofs import places
from edge.storage.volume import open_volume
from edge.store import database
from edge.store.people import NewFace
from edge.terminal.desk import Desk, Target
from edge.wiring import Box, open_store
from evidence.bodies import Candidate, ConsentWithdrawn, Enrolment, FaceErased, RollCall, SegmentRemoved, Track, body_of
from evidence.box_orders import OrderAnswered, WantedErasure
from evidence.chain import next_record
from evidence.records import record_bytes
from evidence.seal import RECORD_TYPE, KeySigner, read_sealed, seal
from evidence.times import utc_us
from tests.edge.rollcall.conftest import flat

CLASS = "class-1"
NAME = "王秀英"


def everything(folder: Path) -> bytes:
    """Every byte of every file of the box, its keys aside."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.parent.name != "keys"]
    return b"".join(path.read_bytes() for path in files)


def pieces(box: Box, person: str) -> list[bytes]:
    """What is kept of a person, as it lies on the disk: encrypted templates, shot, PIN, and the class's names."""
    found = []
    with sqlite3.connect(f"file:{box.store.path}?mode=ro", uri=True) as db:
        for table, column in (("templates", "vectors"), ("shots", "sealed"), ("pins", "sealed"), ("anchors", "sealed")):
            found += [row[0] for row in db.execute(f"SELECT {column} FROM {table} WHERE person = ?", (person,))]
        found += [row[0] for row in db.execute("SELECT sheet FROM names")]
    db.close()
    return [piece[at : at + 24] for piece in found for at in (0, len(piece) // 2, len(piece) - 24)]


def faces(box: Box, person: str) -> list[bytes]:
    """The same of the face: a PIN is none, and neither are names."""
    found = pieces(box, person)
    return [*found[:6], *found[9:12]]


def reopened(box: Box) -> Box:
    """The box as a process finds it that starts after a kill."""
    return Box(box.folder, box.config, box.keys, box.clock, open_store(box.folder, box.config, box.keys, box.clock))


@pytest.fixture
def enrolled(named_box: Box, builtin: Any, templates: dict[str, np.ndarray]) -> Box:
    """p-1 and p-3 are enrolled, p-1 twice; p-1 also has a PIN and an anchor's sealed number."""
    store = named_box.store
    shown = consent_text(newest_orders(store.orders())[CLASS], "", "", "zh")
    for person in ("p-1", "p-3", "p-1"):
        body = Enrolment(CLASS, person, "builtin", builtin.sha256, 1, "id_card", "camera", (), "file")
        shot = b"\xff\xd8" + secrets.token_bytes(3000)
        given = shown.said(CLASS, person, True)
        store.enrol([NewFace(templates[person], body, given, shot, anchor=secrets.token_bytes(80))])
    Pins(store, named_box.keys.data, named_box.clock).choose(CLASS, "p-1", "271828")
    named_box.segments.rmdir()
    open_volume(named_box.video, "box-1", store, 1)
    named_box.segments.mkdir()
    for number in range(2):
        call_the_roll(named_box, number)
    return named_box


def call_the_roll(box: Box, number: int) -> None:
    """A roll call with its pictures: p-1 named, p-1 not quite recognised, p-3 named, somebody too small to compare."""
    who: list[tuple[str | None, int]] = [("p-1", 500_000), ("p-1", 300_000), ("p-3", 500_000), (None, 0)]
    tracks = tuple(
        Track(at, at, at, 1, 40, best=Candidate(person, score) if person else None)
        for at, (person, score) in enumerate(who))
    call = RollCall(CLASS, f"r-{number}", f"{number}" * 64, "builtin", "b" * 64, "cpu", 400_000, 50_000, 20, 1, 0, 4,
                    4_000_000, tracks)
    crops = [flat(20 + 40 * at) for at in range(len(who))]
    Proofs(box.video, box.first_volume, box.keys.data, box.proofs_lock).state(
        box.store, f"r-{number}/000000.mp4", call, crops, box.store.erasures_asked())


def pictured(box: Box) -> list[tuple[int, list[int]]]:
    """Of each roll call, how many pictures its record names, and which of its tracks still have theirs."""
    proofs, found = Proofs(box.video, box.first_volume, box.keys.data, box.proofs_lock), []
    for call in bodies(box, "rollcall"):
        kept = proofs.pictures(call, {track.proof for track in call.tracks})
        found.append((sum(track.proof is not None for track in call.tracks),
                      [at for at, track in enumerate(call.tracks) if track.proof in kept]))
    return found


def sealed_pictures(box: Box, person: str | None) -> list[bytes]:
    """What lies on the disk of the faces that resemble a person, as roll calls name it: parts of it, as above."""
    wanted = {track.proof for call in bodies(box, "rollcall") for track in call.tracks
              if (track.best.person if track.best else None) == person}
    found = []
    for path in (box.video / "proofs").rglob("*.faces"):
        data = path.read_bytes()
        found += [piece for at, length in places(data) if sha256(piece := data[at : at + length]).hexdigest() in wanted]
    return [piece[at : at + 24] for piece in found for at in (0, len(piece) // 2, len(piece) - 24)]


def bodies(box: Box, kind: str) -> list[Any]:
    return [body_of(sealed.record) for sealed in box.store.records_of(kind)]


def test_every_trace_is_gone_and_nobody_elses(enrolled: Box, capsys: pytest.CaptureFixture[str]) -> None:
    traces, kept = pieces(enrolled, "p-1"), pieces(enrolled, "p-3")[:3]
    shown, others = sealed_pictures(enrolled, "p-1"), sealed_pictures(enrolled, "p-3") + sealed_pictures(enrolled, None)
    assert (len(shown), len(others)) == (12, 12)
    vector = enrolled.store.templates(CLASS, "builtin")["p-1"]
    (enrolled.folder / "video" / "segments" / "left.jsonl").write_text("no trace")
    before = everything(enrolled.folder)
    assert len(traces) == 15 and all(piece in before for piece in traces + kept + shown + others)
    assert vector.tobytes()[:64] not in before and NAME.encode() not in before
    command = ["--lang", "en", "erase", "--box", str(enrolled.folder), "--person", "p-1", "--names"]
    assert main(command) == 0
    assert f"erased: p-1, class {CLASS}: 1 face descriptions, 1 pictures" in capsys.readouterr().out
    after = everything(enrolled.folder)
    assert [piece for piece in traces + shown if piece in after] == []
    assert all(piece in after for piece in kept + others) and pictured(enrolled) == [(4, [2, 3])] * 2
    assert NAME.encode() not in after and b"271828" not in after
    store = enrolled.store
    assert list(store.templates(CLASS, "builtin")) == ["p-3"] and store.shot(CLASS, "p-1") is None
    assert store.pin(CLASS, "p-1") is None and store.anchor(CLASS, "p-1") is None and "p-1" not in store.names(CLASS)
    assert bodies(enrolled, "consent.withdrawn") == [ConsentWithdrawn(CLASS, "p-1", "command")]
    assert bodies(enrolled, "face.erased")[-1] == FaceErased(CLASS, "p-1", "withdrawn", 1, 1, 4)
    assert {one.person for one in bodies(enrolled, "enrolment")} == {"p-1", "p-3"}  # that they were there, stays


def test_the_photograph_of_who_was_enrolled_from_a_folder_goes_with_the_face(
    enrolled: Box, photo_folder: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    for path in photo_folder.iterdir():
        if path.name != "p-2.png":
            path.unlink()
    where = ["--box", str(enrolled.folder)]
    assert main(["enrol", *where, "--class", CLASS, "--photos", str(photo_folder), "--consent-on-paper"]) == 0
    shot, traces = enrolled.store.shot(CLASS, "p-2"), pieces(enrolled, "p-2")[:6]
    before = everything(enrolled.folder)
    assert shot is not None and shot[:2] == b"\xff\xd8" and shot[-400:] not in before
    assert all(piece in before for piece in traces)
    capsys.readouterr()
    assert main(["--lang", "en", "erase", *where, "--person", "p-2"]) == 0
    assert "1 face descriptions, 1 pictures" in capsys.readouterr().out
    after = everything(enrolled.folder)
    assert [piece for piece in traces if piece in after] == [] and enrolled.store.shot(CLASS, "p-2") is None
    assert bodies(enrolled, "face.erased")[-1] == FaceErased(CLASS, "p-2", "withdrawn", 1, 1)


def test_a_name_that_was_erased_does_not_come_back_with_the_centres_sheet(enrolled: Box) -> None:
    sheet = seal_sheet({"p-1": Name(NAME, "01" * 16), "p-2": Name("李强", "02" * 16)}, enrolled.keys.sealing_key, CLASS)
    assert main(["erase", "--box", str(enrolled.folder), "--person", "p-1", "--names"]) == 0
    enrolled.store.put_names(CLASS, sheet)
    assert enrolled.store.names(CLASS) == {"p-2": "李强"} and sheet[:40] not in everything(enrolled.folder)
    assert main(["erase", "--box", str(enrolled.folder), "--person", "p-3"]) == 0
    enrolled.store.put_names(CLASS, seal_sheet({"p-3": Name("欧阳", "03" * 16)}, enrolled.keys.sealing_key, CLASS))
    assert enrolled.store.names(CLASS) == {"p-3": "欧阳"}  # only the face was to go


def test_an_erasure_is_taken_up_again_wherever_it_was_cut_off(enrolled: Box) -> None:
    traces, store = faces(enrolled, "p-1") + sealed_pictures(enrolled, "p-1"), enrolled.store
    withdraw(store, CLASS, "p-1", "command")
    assert list(reopened(enrolled).store.templates(CLASS, "builtin")) == ["p-3"]
    again = reopened(enrolled)
    (asked,) = [one for one in again.store.erasures() if one.why == "withdrawn"]
    again.store.erase(asked)
    again.store.close()
    assert bodies(enrolled, "face.erased")[-1].why == "again"
    last = reopened(enrolled)
    Eraser(last.store, last.folder, lambda: None).turn(0.0)
    assert bodies(last, "face.erased")[-1] == FaceErased(CLASS, "p-1", "withdrawn", 1, 1, 4)
    assert [piece for piece in traces if piece in everything(last.folder)] == [] and last.store.erasures() == []
    finish(last.store, last.folder)
    assert [one.why for one in bodies(last, "face.erased")].count("withdrawn") == 1


def test_two_processes_that_erase_at_once_say_it_once(enrolled: Box) -> None:
    withdraw(enrolled.store, CLASS, "p-1", "command")
    boxes = [reopened(enrolled) for _ in range(3)]

    def erase(box: Box) -> None:
        for _ in range(50):
            try:
                finish(box.store, box.folder)
            except StillRead:
                continue

    threads = [threading.Thread(target=erase, args=(box,)) for box in boxes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.why for one in bodies(enrolled, "face.erased")].count("withdrawn") == 1


def test_nothing_is_said_while_a_reader_or_a_copy_keeps_traces(
    enrolled: Box, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(database, "WAIT_S", 0.05)
    monkeypatch.setattr(enrol_cli, "PATIENCE_S", 0.1)
    finish(enrolled.store, enrolled.folder)
    reader = sqlite3.connect(enrolled.store.path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM templates").fetchall()
    command = ["--lang", "en", "erase", "--box", str(enrolled.folder), "--person", "p-1"]
    assert main(command) == 1 and "traces remain" in capsys.readouterr().err
    reader.execute("COMMIT")
    reader.close()
    copy = enrolled.folder / "backup" / "old.db"
    copy.parent.mkdir()
    shutil.copy(enrolled.store.path, copy)
    with pytest.raises(CopyLeft, match=r"old\.db"):
        finish(enrolled.store, enrolled.folder)
    assert main(command) == 2 and str(copy) in capsys.readouterr().err
    assert [one.why for one in bodies(enrolled, "face.erased")] == ["again"]
    assert len(bodies(enrolled, "consent.withdrawn")) == 1  # asked for once, whoever runs it again
    copy.unlink()
    assert main(command) == 0 and bodies(enrolled, "face.erased")[-1].why == "withdrawn"


def test_the_pictures_of_a_class_are_gone_when_nobody_of_it_is_left(enrolled: Box) -> None:
    assert len(list((enrolled.video / "proofs").rglob("*.faces"))) == 2
    for person in ("p-1", "p-3"):
        over(enrolled.store, CLASS, person)
    finish(enrolled.store, enrolled.folder)
    assert list((enrolled.video / "proofs").iterdir()) == []
    said = [(one.why, one.proofs) for one in bodies(enrolled, "face.erased")]
    assert said == [("again", 0), ("over", 4), ("over", 2)]


def test_pictures_of_removed_video_that_nobody_swept_yet_go_and_are_not_counted(enrolled: Box) -> None:
    enrolled.store.append("segment.removed", SegmentRemoved("0" * 64, "R7: 2029-03-02", "test"))
    withdraw(enrolled.store, CLASS, "p-1", "command")
    finish(enrolled.store, enrolled.folder)
    assert pictured(enrolled) == [(4, [2, 3])] * 2 and bodies(enrolled, "face.erased")[-1].proofs == 2


def test_a_picture_that_was_being_written_goes_too(enrolled: Box) -> None:
    left = enrolled.video / "proofs" / "r-9" / "000001.ab.faces"
    left.parent.mkdir()
    half = left.with_suffix(".new")
    for path in (left, half):
        path.write_bytes(secrets.token_bytes(500))
    enrolled.store.put_note("rollcall.proofs", "r-9/000001.ab.faces")
    withdraw(enrolled.store, CLASS, "p-3", "command")
    finish(enrolled.store, enrolled.folder)
    assert not left.parent.exists() and enrolled.store.note("rollcall.proofs") == ""


def test_nothing_is_said_to_be_gone_while_the_disk_with_the_pictures_is_away(enrolled: Box) -> None:
    away = enrolled.folder / "away"
    enrolled.video.rename(away)
    enrolled.video.mkdir()
    withdraw(enrolled.store, CLASS, "p-1", "command")
    for _ in range(2):
        with pytest.raises(VolumeAway):
            finish(enrolled.store, enrolled.folder)
    assert [one.why for one in bodies(enrolled, "face.erased")] == ["again"]
    assert list(enrolled.store.templates(CLASS, "builtin")) == ["p-3"]
    enrolled.video.rmdir()
    away.rename(enrolled.video)
    finish(enrolled.store, enrolled.folder)
    assert bodies(enrolled, "face.erased")[-1].proofs == 4 and pictured(enrolled) == [(4, [2, 3])] * 2


def test_an_erasure_waits_for_a_roll_call_that_writes_and_nothing_comes_after_it(
    enrolled: Box, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(forget, "LOCK_S", 0.05)
    before = enrolled.store.erasures_asked()
    with only_one(enrolled.proofs_lock, "proofs"):
        withdraw(enrolled.store, CLASS, "p-1", "command")
        with pytest.raises(AlreadyRunning):
            finish(enrolled.store, enrolled.folder)
    assert [one.why for one in bodies(enrolled, "face.erased")] == ["again"]
    late = Proofs(enrolled.video, enrolled.first_volume, enrolled.keys.data, enrolled.proofs_lock)
    with pytest.raises(FacesChanged):
        late.state(enrolled.store, "r-0/000000.mp4", bodies(enrolled, "rollcall")[0], [], before)
    finish(enrolled.store, enrolled.folder)
    assert bodies(enrolled, "face.erased")[-1].proofs == 4 and len(bodies(enrolled, "rollcall")) == 2


class Still:
    """A camera that shows one picture."""

    silent = False

    def __init__(self, picture: np.ndarray) -> None:
        self._picture, self._count = picture, 0

    def newest(self, after: int) -> tuple[int, np.ndarray, int]:
        self._count += 1
        return self._count, self._picture, self._count * 200_000


@pytest.mark.long
def test_a_running_terminal_forgets_the_face_at_its_next_look(enrolled: Box, no_pose: Any, portraits: Any) -> None:
    target = Target(CLASS, load_policy("demo"), None, "b-1", frozenset())
    made: list[weakref.ref[Engine]] = []

    def make(target: Target) -> Engine:
        engine = Engine(no_pose, target.policy, CLASS, None, enrolled.store.templates(CLASS, "builtin"))
        made.append(weakref.ref(engine))
        return engine

    desk = Desk(Still(portraits["p-1"]), lambda: target, make, enrolled.store, enrolled.clock.utc_us, lambda: 0.0, 0.2)
    for _ in range(4):
        desk.turn()
    first = made[0]()
    assert first is not None and first.people == ("p-1", "p-3") and len(made) == 1
    seen = len(enrolled.store.records_of("checkin"))
    assert bodies(enrolled, "checkin")[0].best.person == "p-1"
    del first
    withdraw(reopened(enrolled).store, CLASS, "p-1", "command")
    for _ in range(9):
        desk.turn()
    gc.collect()
    assert made[0]() is None, "the old engine, its gallery and its visit are still in memory"
    last = made[-1]()
    assert last is not None and last.people == ("p-3",)
    assert all(one.best.person != "p-1" for one in bodies(enrolled, "checkin")[seen:] if one.best)


def test_nobody_is_enrolled_while_being_erased_nor_from_photographs_after_a_withdrawal(
    enrolled: Box, builtin: Any, photo_folder: Path,
) -> None:
    store, files = enrolled.store, photo_files(photo_folder)
    withdraw(store, CLASS, "p-1", "command")
    new = NewFace(np.ones((1, 128), np.float32), Enrolment(CLASS, "p-1", "builtin", "0" * 64, 1, "none"))
    with pytest.raises(FaceErasing):
        store.enrol([new])
    finish(store, enrolled.folder)
    with pytest.raises(PhotosRefused, match="withdrew"):
        enrol(store, builtin, CLASS, {"p-1": files["p-1"]}, lambda: None)
    command = ["enrol", "--box", str(enrolled.folder), "--class", CLASS, "--photos", str(photo_folder)]
    for name in ("p-2", "p-3", "p-4", "p-5", "p-6", "p-7"):
        (photo_folder / f"{name}.png").unlink()
    assert main(command) == 2 and main([*command, "--consent-on-paper"]) == 0
    standing, body = consents(store, CLASS)["p-1"], bodies(enrolled, "enrolment")[-1]
    assert standing.said == "given" and bodies(enrolled, "consent")[-1].by == "paper"
    assert (body.source, body.consent) == ("photos", standing.consent)
    assert set(store.templates(CLASS, "builtin")) == {"p-1", "p-3"}


def test_the_end_of_the_purpose_erases_by_itself_once_the_clock_is_set(enrolled: Box) -> None:
    until = utc_us("2026-04-01T01:25:00.000000Z")
    assert due(enrolled.store, until - 1) == [] and due(enrolled.store, until) == [(CLASS, "p-1"), (CLASS, "p-3")]
    Eraser(enrolled.store, enrolled.folder, lambda: None).turn(0.0)
    assert set(enrolled.store.templates(CLASS, "builtin")) == {"p-1", "p-3"}
    Eraser(enrolled.store, enrolled.folder, lambda: until).turn(0.0)
    assert enrolled.store.templates(CLASS, "builtin") == {} and bodies(enrolled, "consent.withdrawn") == []
    assert [one.why for one in bodies(enrolled, "face.erased")] == ["again", "over", "over"]


@pytest.mark.parametrize(("kind", "began", "ended"), [("dispute", "opened", "closed"), ("hold", "placed", "lifted")])
def test_the_end_of_the_purpose_and_a_withdrawal_wait_for_a_dispute_and_for_a_hold(
    enrolled: Box, kind: str, began: str, ended: str, capsys: pytest.CaptureFixture[str],
) -> None:
    until, head = utc_us("2026-04-01T01:25:00.000000Z"), enrolled.store.orders()[-1]
    traces = faces(enrolled, "p-1")

    def state(said: str) -> None:
        nonlocal head
        body = {"class": CLASS, kind: "x-1", "state": said, "reason": "…"} | ({"by": ""} if kind == "hold" else {})
        record = next_record(head, device="centre", chain="0" * 32, type=kind, body=body, stamp=enrolled.clock.stamp())
        head = read_sealed(seal(record_bytes(record), RECORD_TYPE, KeySigner(enrolled.keys.device)))
        enrolled.store.put_order(head)

    for said, waits in ((began, True), (ended, False), (began, True)):
        state(said)
        assert (due(enrolled.store, until) == []) is waits
    assert main(["--lang", "en", "erase", "--box", str(enrolled.folder), "--person", "p-1"]) == 0
    assert "the face is erased by itself as soon as that is over" in capsys.readouterr().out
    eraser = Eraser(enrolled.store, enrolled.folder, lambda: None)
    assert eraser.turn(0.0) and [one.person for one in held(enrolled.store)] == ["p-1"]
    assert [one.why for one in bodies(enrolled, "face.erased")] == ["again"]
    assert list(enrolled.store.templates(CLASS, "builtin")) == ["p-3"], "it is used no more"
    assert all(one in everything(enrolled.folder) for one in traces)
    state(ended)
    assert not eraser.turn(1.0) and bodies(enrolled, "face.erased")[-1].why == "withdrawn"
    assert not any(one in everything(enrolled.folder) for one in traces)


def test_the_centre_orders_an_erasure_and_nothing_of_the_face_is_left(enrolled: Box) -> None:
    """As the inbox takes it: the answer, the withdrawal and the erasure at once; the eraser does the rest."""
    traces, others = faces(enrolled, "p-1"), faces(enrolled, "p-3")
    assert traces and all(one in everything(enrolled.folder) for one in traces)
    wanted = WantedErasure(CLASS, "p-1", "wang")
    assert why_no_erasure(enrolled.store, wanted) == ""
    order = enrolled.store.orders()[-1]
    enrolled.store.answer(order, OrderAnswered(order.hash, 1, "accepted"), (), wanted)
    said = [one.record for one in enrolled.store.records()[-2:]]
    assert [one.type for one in said] == ["order.answered", "consent.withdrawn"]
    assert said[1].body == {"class": CLASS, "person": "p-1", "by": "order"}
    assert enrolled.store.templates(CLASS, "builtin").keys() == {"p-3"}, "from now on no template is given out"
    finish(enrolled.store, enrolled.folder)
    left = everything(enrolled.folder)
    assert not any(one in left for one in traces) and all(one in left for one in others)
    assert [(one.person, one.why) for one in bodies(enrolled, "face.erased")][-1] == ("p-1", "withdrawn")
    assert enrolled.store.names(CLASS)["p-1"] == NAME, "that the person was on the roster stays"


@pytest.mark.parametrize(("class_id", "person", "why"), [
    ("class-9", "p-1", "no_class"), (CLASS, "p-99", "no_person"), (CLASS, "p-2", ""),
])
def test_an_order_to_erase_is_taken_of_whoever_is_known_here(
    enrolled: Box, class_id: str, person: str, why: str,
) -> None:
    assert why_no_erasure(enrolled.store, WantedErasure(class_id, person, "wang")) == why


def test_somebody_whom_no_class_knows_is_told(enrolled: Box, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "en", "erase", "--box", str(enrolled.folder), "--person", "p-99"]) == 2
    assert "p-99" in capsys.readouterr().err and enrolled.store.erasures()[0].why == "again"
    over(enrolled.store, CLASS, "p-5")
    assert finish(enrolled.store, enrolled.folder)[-1].templates == 0


def face_of(person: str) -> NewFace:
    return NewFace(np.ones((1, 128), np.float32), Enrolment(CLASS, person, "builtin", "0" * 64, 1, "none"))


def erase_of(box: Box, capsys: pytest.CaptureFixture[str], person: str, *more: str) -> tuple[int, str]:
    status = main(["--lang", "en", "erase", "--box", str(box.folder), "--person", person, *more])
    return status, "".join(capsys.readouterr())


def test_a_face_that_replaced_another_is_erased_and_only_what_was_asked_for_is_told(
    enrolled: Box, capsys: pytest.CaptureFixture[str],
) -> None:
    """p-1 was enrolled twice: what the second enrolment replaced is still unfinished when the erasure is asked for."""
    assert [(one.why, one.state) for one in enrolled.store.erasures()] == [("again", "deleted")]
    status, told = erase_of(enrolled, capsys, "p-3")
    assert status == 0 and "erased: p-3" in told and "erased: p-1" not in told
    store = enrolled.store
    for person in ("p-3", "p-1", "p-1"):  # the last one replaces the one before, and leaves a row behind
        store.enrol([face_of(person)])
    status, told = erase_of(enrolled, capsys, "p-1")
    assert status == 0 and told.count("erased: p-1") == 1 and list(store.templates(CLASS, "builtin")) == ["p-3"]


def test_a_face_that_came_back_while_an_erasure_was_unfinished_is_erased_too(enrolled: Box, capsys: Any) -> None:
    store = enrolled.store
    withdraw(store, CLASS, "p-1", "command")
    (asked,) = [one for one in store.erasures() if one.why == "withdrawn"]
    store.erase(asked)
    store.enrol([face_of("p-1")])
    assert erase_of(enrolled, capsys, "p-1")[0] == 0 and list(store.templates(CLASS, "builtin")) == ["p-3"]


def test_who_has_no_face_here_is_told_and_nothing_is_written(enrolled: Box, capsys: Any) -> None:
    before = enrolled.store.head().record.seq
    status, told = erase_of(enrolled, capsys, "p-5")
    assert status == 0 and "nothing is here of the face of p-5" in told and enrolled.store.head().record.seq == before


def test_a_withdrawal_keeps_the_pin_and_the_end_of_the_purpose_does_not(enrolled: Box, capsys: Any) -> None:
    pins = Pins(enrolled.store, enrolled.keys.data, enrolled.clock)
    status, told = erase_of(enrolled, capsys, "p-1")
    assert status == 0 and "goes on signing in" in told and pins.check(CLASS, "p-1", "271828") == 0
    pins.choose(CLASS, "p-1", "314159", "271828")
    assert erase_of(enrolled, capsys, "p-1", "--why", "over")[0] == 0 and not pins.has(CLASS, "p-1")
    pins.choose(CLASS, "p-3", "271828")
    assert erase_of(enrolled, capsys, "p-3", "--names")[0] == 0 and not pins.has(CLASS, "p-3")


def test_people_are_named_and_listed(enrolled: Box, capsys: Any) -> None:
    assert erase_of(enrolled, capsys, NAME)[0] == 0 and "p-1" not in enrolled.store.enrolled(CLASS)
    assert main(["people", "--box", str(enrolled.folder), "--class", CLASS]) == 0
    head, *rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert head == ["班次", "人员", "姓名", "身份", "人脸", "密码"]
    assert rows[0] == [CLASS, "p-1", NAME, "学员", "—", "有"] and rows[2][4:] == ["有", "—"] and len(rows) == 7
    names = {"p-2": Name("李强", "01" * 16), "p-3": Name("李强", "02" * 16)}
    enrolled.store.put_names(CLASS, seal_sheet(names, enrolled.keys.sealing_key, CLASS))
    status, told = erase_of(enrolled, capsys, "李强")
    assert status == 2 and "p-2, p-3" in told and "p-3" in enrolled.store.enrolled(CLASS)


def test_the_running_thread_finishes_what_was_asked_elsewhere(enrolled: Box) -> None:
    traces, eraser = faces(enrolled, "p-1"), Eraser(reopened(enrolled).store, enrolled.folder, lambda: None)
    eraser.start()
    withdraw(enrolled.store, CLASS, "p-1", "command")
    deadline = time.monotonic() + 60
    while enrolled.store.erasures() and time.monotonic() < deadline:
        time.sleep(0.05)
    eraser.stop()
    assert bodies(enrolled, "face.erased")[-1].why == "withdrawn"
    assert [piece for piece in traces if piece in everything(enrolled.folder)] == []


def test_a_description_that_cannot_be_read_is_left_out_told_once_and_can_be_erased(enrolled: Box) -> None:
    store = enrolled.store
    with sqlite3.connect(store.path) as db:
        db.execute("UPDATE templates SET vectors = zeroblob(length(vectors)) WHERE person = 'p-1'")
    db.close()
    for _ in range(2):
        assert list(store.templates(CLASS, "builtin")) == ["p-3"]
        assert list(store.all_templates("builtin")) == [(CLASS, "p-3")]
    (alarm,) = store.records_of("alarm")
    assert (alarm.record.body["code"], alarm.record.body["params"]) == ("template.unreadable", {"person": "p-1"})
    withdraw(store, CLASS, "p-1", "command")
    done = finish(store, enrolled.folder)[-1]
    assert (done.person, done.why, done.templates, store.enrolled(CLASS)) == ("p-1", "withdrawn", 1, {"p-3"})


def test_a_description_of_an_odd_shape_is_left_out(enrolled: Box, templates: dict[str, np.ndarray]) -> None:
    enrolled.store.put_templates(CLASS, "builtin", {
        "p-1": templates["p-1"][None], "p-2": templates["p-1"] * np.nan, "p-4": np.empty((0, 128), np.float32)})
    assert list(enrolled.store.templates(CLASS, "builtin")) == ["p-3"]


def test_the_pin_of_who_has_no_face_here_goes_at_the_end_of_the_purpose_too(named_box: Box) -> None:
    store = named_box.store
    shown = consent_text(newest_orders(store.orders())[CLASS], "", "", "zh")
    store.append("consent", shown.said(CLASS, "p-5", False))
    Pins(store, named_box.keys.data, named_box.clock).choose(CLASS, "p-5", "271828")
    until, traces = utc_us(shown.until), pieces(named_box, "p-5")
    assert due(store, until - 1) == [] and due(store, until) == [(CLASS, "p-5")]
    Eraser(store, named_box.folder, lambda: until).turn(0.0)
    assert store.pins(CLASS) == {} and due(store, until) == []
    assert not any(trace in everything(named_box.folder) for trace in traces[:3])


def test_a_file_that_cannot_be_read_delays_the_erasure_and_ends_nothing(
    enrolled: Box, monkeypatch: pytest.MonkeyPatch,
) -> None:
    failed, is_sqlite = threading.Event(), erase._is_sqlite

    def fails(path: Path) -> bool:
        if not failed.is_set():
            failed.set()
            raise OSError(5, "Input/output error")
        return is_sqlite(path)

    monkeypatch.setattr(erase, "_is_sqlite", fails)
    monkeypatch.setattr(erase, "EVERY_S", 0.01)
    withdraw(enrolled.store, CLASS, "p-1", "command")
    eraser = Eraser(enrolled.store, enrolled.folder, lambda: None)
    eraser.start()
    try:
        deadline = time.monotonic() + 60
        while enrolled.store.erasures() and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        eraser.stop()
    assert failed.is_set() and enrolled.store.erasures() == []
