"""Templates to another box: only by order, in time, with consent, to the right box, unchanged, and once."""
from __future__ import annotations

import base64
import dataclasses
import errno
import hashlib
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.cli import main
from edge.clock import SystemClock, boottime_us, machine_boot_id
from edge.config import parse_box
from edge.enrol.consent import consent_text
from edge.enrol.erase import finish, withdraw
from edge.enrol.errors import (
    AlreadyMoved,
    BadPackage,
    ClockNotSet,
    FaceKnown,
    NobodyToMove,
    NoSuchOrder,
    NotForThisBox,
    OrderExpired,
    OtherBoxSends,
    WrongPack,
)
from edge.enrol.move import receive, send
from edge.enrol.package import Carried, open_package, read_cover, write_package
from edge.errors import FacesChanged
from edge.keys import make_box_keys
from edge.plans import newest_orders
from edge.store.people import NewFace
from edge.sync.process import make_inbox
from edge.wiring import Box, open_store
from evidence.bodies import ConsentWithdrawn, Enrolment, TemplatesMoved, TemplatesOrder, body_of
from evidence.canonical import canonical
from evidence.certs import make_root, pem
from evidence.records import ClockState, Sealed
from evidence.seal import KeySigner
from evidence.times import utc_text
from tests.edge.sync.conftest import Centre

CLASS = "welding-1"
HOUR = 3_600_000_000


class Clock(SystemClock):
    """The real clock, set, and moved by the test."""

    shift_us, synced = 0, True

    def stamp(self) -> Any:
        stamp = super().stamp()
        clock = ClockState(self.synced, 0, "kernel", 1)
        return dataclasses.replace(stamp, utc_us=stamp.utc_us + self.shift_us, clock=clock)


@pytest.fixture
def site() -> Centre:
    key = Ed25519PrivateKey.generate()
    return Centre(make_root(key, "site", 1, 0, 36500, True), key)


@dataclasses.dataclass
class Two:
    """Two boxes of one site that have taken the plan of the same class; p-1 and p-2 are enrolled on the first."""

    site: Centre
    source: Box
    target: Box

    def order(self, people: tuple[str, ...] = ("p-1", "p-2"), **changes: Any) -> Sealed:
        """An order of the centre that both boxes take."""
        body = TemplatesOrder(CLASS, people, "box-1", "box-2", self.target.keys.sealing_key, utc_text(
            SystemClock().utc_us() + HOUR))
        sealed = self.site.record("order.templates", dataclasses.replace(body, **changes))
        message = canonical({"moves": [encoded(sealed)], "certificate": self.site.certificate})
        for box in (self.source, self.target):
            make_inbox(box, "centre").moves(message)
        return sealed


def encoded(sealed: Sealed) -> str:
    return base64.b64encode(sealed.envelope).decode()


@pytest.fixture
def two(tmp_path: Path, site: Centre, builtin: Any, templates: dict[str, np.ndarray]) -> Any:
    boxes = []
    plan = site.order()
    body = body_of(plan.record)
    assert dataclasses.is_dataclass(body)
    both = dataclasses.replace(body, boxes=tuple(  # type: ignore[type-var]
        dataclasses.replace(body.boxes[0], device=name) for name in ("box-1", "box-2")))  # type: ignore[attr-defined]
    plan = site.record("order.class", both)
    for name in ("box-1", "box-2"):
        folder = tmp_path / name
        (folder / "run").mkdir(parents=True)
        text = f'device = "{name}"\npolicy = "demo"\n'
        (folder / "box.toml").write_text(text)
        keys = make_box_keys(
            folder / "keys", lambda key, name=name: (site.certify(key, name), pem(site.root)))  # type: ignore[misc]
        config, clock = parse_box(text.encode(), "box.toml"), Clock()
        box = Box(folder, config, keys, clock, open_store(folder, config, keys, clock))
        make_inbox(box, "centre").order(site.message(plan))
        boxes.append(box)
    source = boxes[0]
    shown = consent_text(newest_orders(source.store.orders())[CLASS], "", "", "zh")
    for person in ("p-1", "p-2"):
        enrolment = Enrolment(CLASS, person, "builtin", builtin.sha256, 1, "inspector", "camera", (), "赵检查")
        source.store.enrol([NewFace(templates[person], enrolment, shown.said(CLASS, person, True), b"\xff\xd8 shot")])
    yield Two(site, *boxes)
    for box in boxes:
        box.store.close()


def sent(two: Two, order: Sealed, builtin: Any, tmp_path: Path, name: str = "out.bin") -> bytes:
    send(two.source, order.hash, tmp_path / name, "builtin", builtin.sha256)
    return (tmp_path / name).read_bytes()


def moves(box: Box) -> list[TemplatesMoved]:
    return [body_of(sealed.record) for sealed in box.store.records_of("templates.moved")]  # type: ignore[misc]


def test_who_consented_moves_and_both_boxes_say_so(two: Two, builtin: Any, tmp_path: Path, templates: Any) -> None:
    order, out = two.order(), tmp_path / "class.templates"
    moved, target = send(two.source, order.hash, out, "builtin", builtin.sha256)
    assert (moved.people, moved.left_out, target) == (("p-1", "p-2"), (), "box-2")
    data = out.read_bytes()
    assert out.stat().st_mode & 0o077 == 0 and templates["p-1"].tobytes()[:32] not in data and b"p-1" not in data
    assert receive(two.target, data, builtin).people == ("p-1", "p-2")
    there = two.target.store.templates(CLASS, "builtin")
    assert np.array_equal(there["p-1"], templates["p-1"]) and list(there) == ["p-1", "p-2"]
    assert two.target.store.shot(CLASS, "p-1") is None  # the picture stays where it was taken
    body = body_of(two.target.store.records_of("enrolment")[0].record)
    given = two.source.store.records_of("consent")[0]
    assert isinstance(body, Enrolment) and (body.source, body.consent) == ("box", given.hash)
    assert (body.anchor, body.anchor_by) == ("inspector", "赵检查")
    sha = hashlib.sha256(data).hexdigest()
    assert moves(two.source) == [TemplatesMoved(CLASS, ("p-1", "p-2"), "out", order.hash, sha)]
    assert moves(two.target) == [TemplatesMoved(CLASS, ("p-1", "p-2"), "in", order.hash, sha)]
    accepted = [sealed.record.body["order"] for sealed in two.target.store.records_of("order.accepted")]
    assert accepted[-1] == order.hash


def test_the_commands_do_the_same_on_boxes_whose_clock_is_set(
    two: Two, tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    order, out = two.order(("p-1", "p-9")), tmp_path / "class.templates"
    for box in (two.source, two.target):
        now = utc_text(SystemClock().utc_us())
        with (box.folder / "box.toml").open("a") as file:
            file.write(f'[clock]\nsource = "simulated"\nstart = "{now}"\nanchor_boot_us = {boottime_us()}\n'
                       f'boot_id = "{machine_boot_id()}"\n')
    send_it = ["--lang", "en", "templates", "send", "--box", str(two.source.folder), "--order", order.hash]
    assert main([*send_it, "--out", str(out)]) == 0
    told = capsys.readouterr().out
    assert f"1 people are in {out}, sealed to box-2" in told and "left out" in told and "p-9" in told
    assert main([*send_it, "--out", str(out)]) == 2 and "exists already" in capsys.readouterr().err
    receive_it = ["--lang", "en", "templates", "receive", "--box", str(two.target.folder), str(out)]
    assert main(receive_it) == 0 and "1 people were taken over" in capsys.readouterr().out
    assert main(receive_it) == 2 and "already" in capsys.readouterr().err
    assert list(two.target.store.templates(CLASS, "builtin")) == ["p-1"]


def test_a_pipe_is_no_package_and_holds_nothing_up(
    two: Two, tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    os.mkfifo(tmp_path / "pipe")
    command = ["--lang", "en", "templates", "receive", "--box", str(two.target.folder), str(tmp_path / "pipe")]
    assert main(command) == 1 and "pipe: it is not a plain file" in capsys.readouterr().err


def test_no_package_lies_anywhere_before_its_record(
    two: Two, builtin: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A power cut between the two leaves a record of what did not leave, never a package without a record."""
    order, real, left = two.order(), two.source.store.append, dict[str, bytes]()

    def cut(kind: str, body: Any) -> Any:
        left.update({file.name: file.read_bytes() for file in tmp_path.iterdir() if file.is_file()})
        real(kind, body)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(two.source.store, "append", cut)
        with pytest.raises(KeyboardInterrupt):
            sent(two, order, builtin, tmp_path)
    assert left["out.bin"] == b"" and len(left) == 2 and len(moves(two.source)) == 1
    assert [file for file in tmp_path.iterdir() if file.is_file()] == []
    (part,) = set(left) - {"out.bin"}
    for name, data in left.items():
        (tmp_path / name).write_bytes(data)  # what the cut leaves
        with pytest.raises(BadPackage):
            read_cover(data, two.site.root)
        with pytest.raises(BadPackage):
            receive(two.target, data, builtin)
    (tmp_path / "out.bin").unlink()
    data = sent(two, order, builtin, tmp_path)
    assert moves(two.source)[-1].package == hashlib.sha256(data).hexdigest() and len(data) == len(left[part])
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["out.bin"]


def test_a_package_takes_the_place_of_no_other_file(
    two: Two, builtin: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    order, real = two.order(), two.source.store.append
    for name in ("out.bin.new", "out.new", "out.part", "out.bin.part"):
        (tmp_path / name).write_bytes(b"somebody's notes")
    data = sent(two, order, builtin, tmp_path)
    assert len(list(tmp_path.glob("out*"))) == 5
    with pytest.raises(FileExistsError):
        sent(two, order, builtin, tmp_path)
    assert (tmp_path / "out.bin").read_bytes() == data and len(moves(two.source)) == 1

    def beside(kind: str, body: Any) -> Any:
        with pytest.raises(FileExistsError):
            (tmp_path / "late.bin").open("xb")  # another program that wants the same name meanwhile
        return real(kind, body)

    monkeypatch.setattr(two.source.store, "append", beside)
    assert sent(two, order, builtin, tmp_path, "late.bin") and len(moves(two.source)) == 2


def test_a_face_that_comes_between_search_and_store_stops_the_move(
    two: Two, builtin: Any, tmp_path: Path, templates: Any, monkeypatch: pytest.MonkeyPatch,
) -> None:
    data, store = sent(two, two.order(("p-1",)), builtin, tmp_path), two.target.store
    real = store.enrol

    def late(*told: Any) -> None:
        real([NewFace(templates["p-1"], Enrolment(CLASS, "p-2", "builtin", builtin.sha256, 1, "none"))])
        real(*told)

    with monkeypatch.context() as patch:
        patch.setattr(store, "enrol", late)
        with pytest.raises(FacesChanged):
            receive(two.target, data, builtin)
    assert list(store.templates(CLASS, "builtin")) == ["p-2"] and moves(two.target) == []
    with pytest.raises(FaceKnown):
        receive(two.target, data, builtin)


def test_no_consent_stays_at_home(two: Two, builtin: Any, tmp_path: Path) -> None:
    order = two.order()
    withdraw(two.source.store, CLASS, "p-1", "command")
    moved, _ = send(two.source, order.hash, tmp_path / "a", "builtin", builtin.sha256)
    assert (moved.people, moved.left_out) == (("p-2",), ("p-1",))
    finish(two.source.store, two.source.folder)
    withdraw(two.source.store, CLASS, "p-2", "command")
    with pytest.raises(NobodyToMove):
        send(two.source, order.hash, tmp_path / "b", "builtin", builtin.sha256)
    assert not (tmp_path / "b").exists() and len(moves(two.source)) == 1


def test_photographs_without_a_recorded_consent_do_not_move(
    two: Two, builtin: Any, tmp_path: Path, templates: Any,
) -> None:
    enrolment = Enrolment(CLASS, "p-9", "builtin", builtin.sha256, 1, "none")
    two.source.store.enrol([NewFace(templates["p-3"], enrolment)])
    order = two.order(("p-9",))
    with pytest.raises(NobodyToMove):
        send(two.source, order.hash, tmp_path / "a", "builtin", builtin.sha256)


def test_who_withdrew_at_the_target_is_not_taken_over(two: Two, builtin: Any, tmp_path: Path) -> None:
    data = sent(two, two.order(), builtin, tmp_path)
    withdraw(two.target.store, CLASS, "p-1", "terminal")
    finish(two.target.store, two.target.folder)
    assert receive(two.target, data, builtin).people == ("p-2",)


def test_without_an_order_of_the_centre_nothing_moves(two: Two, builtin: Any, tmp_path: Path) -> None:
    with pytest.raises(NoSuchOrder):
        send(two.source, "0" * 64, tmp_path / "a", "builtin", builtin.sha256)
    data = sent(two, two.order(), builtin, tmp_path)
    with pytest.raises(OtherBoxSends):
        receive(two.source, data, builtin)
    for changes in ({"source": "box-2", "target": "box-1", "to_key": two.source.keys.sealing_key}, {"source": "box-2"}):
        order = two.order(**changes)
        with pytest.raises((OtherBoxSends, NoSuchOrder)):
            send(two.source, order.hash, tmp_path / "b", "builtin", builtin.sha256)


def test_an_order_for_another_key_or_box_is_refused_with_an_alarm(two: Two) -> None:
    wrong = two.order(to_key=two.source.keys.sealing_key)
    assert wrong.hash not in {sealed.hash for sealed in two.target.store.orders()}
    assert [sealed.record.body["params"]["why"] for sealed in two.target.store.records_of("alarm")] == ["wrong_key"]
    two.order(source="box-8", target="box-9")
    assert [sealed.record.body["params"]["why"] for sealed in two.source.store.records_of("alarm")] == ["not_this_box"]
    forged = Centre(two.site.root, two.site.root_key, name="box-2")
    body = TemplatesOrder(CLASS, ("p-1",), "box-1", "box-2", two.target.keys.sealing_key, utc_text(2**50))
    sealed = forged.record("order.templates", body)
    make_inbox(two.source, "centre").moves(canonical({"moves": [encoded(sealed)], "certificate": forged.certificate}))
    make_inbox(two.source, "centre").moves(canonical({"moves": [7], "certificate": two.site.certificate}))
    make_inbox(two.source, "centre").moves(canonical(
        {"moves": [encoded(two.site.order())], "certificate": two.site.certificate}))
    why = [sealed.record.body["params"]["why"] for sealed in two.source.store.records_of("alarm")][1:]
    assert why == ["not_the_centre", "not_a_message", "not_a_message"]
    assert sealed.hash not in {one.hash for one in two.source.store.orders()}


def test_an_expired_order_and_a_clock_that_is_not_set_move_nothing(two: Two, builtin: Any, tmp_path: Path) -> None:
    order = two.order()
    data = sent(two, order, builtin, tmp_path)
    for box, act in ((two.source, lambda: sent(two, order, builtin, tmp_path, "late")),
                     (two.target, lambda: receive(two.target, data, builtin))):
        clock: Any = box.clock
        clock.shift_us = HOUR + 1_000_000
        with pytest.raises(OrderExpired):
            act()
        clock.shift_us, clock.synced = 0, False
        with pytest.raises(ClockNotSet):
            act()
        clock.synced = True
    assert two.target.store.templates(CLASS, "builtin") == {}


def test_the_same_package_and_an_older_one_of_the_order_come_once(two: Two, builtin: Any, tmp_path: Path) -> None:
    order = two.order()
    first, second = (sent(two, order, builtin, tmp_path, name) for name in ("a", "b"))
    receive(two.target, second, builtin)
    for data in (second, first):
        with pytest.raises(AlreadyMoved):
            receive(two.target, data, builtin)
    assert len(two.target.store.records_of("enrolment")) == 2


@pytest.mark.parametrize("at", [0, 50, 400, 1500, -1, -600])
def test_a_changed_byte_is_refused(two: Two, builtin: Any, tmp_path: Path, at: int) -> None:
    data = bytearray(sent(two, two.order(), builtin, tmp_path))
    data[at] ^= 1
    with pytest.raises(BadPackage):
        receive(two.target, bytes(data), builtin)
    for bad in (b"", b"\n", bytes(data[:700]), b"{}\n" + bytes(99), bytes(data) + b"x"):
        with pytest.raises(BadPackage):
            receive(two.target, bad, builtin)
    assert two.target.store.templates(CLASS, "builtin") == {} and moves(two.target) == []


def _package(two: Two, by: Sealed, builtin: Any, vectors: np.ndarray, **changes: Any) -> bytes:
    carried = Carried("p-1", *vectors.shape, "none", "", None, "0" * 64)
    fields = {
        "order": by.hash, "to_key": two.target.keys.sealing_key, "device": "box-1",
        "certificate": two.source.keys.certificate, "signer": KeySigner(two.source.keys.device), "pack": "builtin",
        "pack_sha256": builtin.sha256, "people": [(carried, vectors)],
    }
    return write_package(**{**fields, **changes})


def test_only_the_box_that_the_order_names_may_sign(two: Two, builtin: Any, templates: Any) -> None:
    order, vectors = two.order(), templates["p-1"]
    target = two.target.keys
    for changes, error in (
        ({"certificate": target.certificate, "signer": KeySigner(target.device)}, BadPackage),
        ({"certificate": target.certificate, "signer": KeySigner(target.device), "device": "box-2"}, OtherBoxSends),
        ({"signer": KeySigner(Ed25519PrivateKey.generate())}, BadPackage),
        ({"to_key": two.source.keys.sealing_key}, NotForThisBox),
        ({"pack": "lab"}, WrongPack), ({"pack_sha256": "f" * 64}, WrongPack), ({"order": "e" * 64}, NoSuchOrder),
    ):
        with pytest.raises(error):
            receive(two.target, _package(two, order, builtin, vectors, **changes), builtin)
    assert receive(two.target, _package(two, order, builtin, vectors), builtin).people == ("p-1",)


def test_what_is_inside_must_fit_together(two: Two, builtin: Any, templates: Any) -> None:
    order, good = two.order(("p-1",)), templates["p-1"]
    stranger = Carried("p-2", 1, 128, "none", "", None, "0" * 64)
    odd = Carried("p-1", 2, 128, "none", "", None, "0" * 64)
    huge = Carried("p-1", 1, 10**9, "none", "", None, "0" * 64)
    once = Carried("p-1", 1, 128, "none", "", None, "0" * 64)
    for people in ([(stranger, good)], [(odd, good)], [(huge, good)], [(once, good), (once, good)],
                   [(once, good * np.nan)], [(once, np.concatenate([good, good]))]):
        with pytest.raises(BadPackage):
            receive(two.target, _package(two, order, builtin, good, people=people), builtin)
    assert two.target.store.templates(CLASS, "builtin") == {}


def test_descriptions_that_the_pack_does_not_make_are_refused(two: Two, builtin: Any, templates: Any) -> None:
    order, good = two.order(("p-1",)), templates["p-1"]
    for vectors in (np.ones((1, 3), np.float32), good[:, :64], good * 1e6, good * 0):
        with pytest.raises(BadPackage, match="p-1 is not described as the pack builtin does"):
            receive(two.target, _package(two, order, builtin, vectors), builtin)
    assert two.target.store.templates(CLASS, "builtin") == {}


def test_a_face_that_is_known_at_the_target_under_another_name_stops_the_move(
    two: Two, builtin: Any, tmp_path: Path, templates: Any,
) -> None:
    enrolment = Enrolment(CLASS, "p-2", "builtin", builtin.sha256, 1, "none")
    two.target.store.enrol([NewFace(templates["p-1"], enrolment)])
    with pytest.raises(FaceKnown, match="p-1 and p-2"):
        receive(two.target, sent(two, two.order(("p-1",)), builtin, tmp_path), builtin)
    assert list(two.target.store.templates(CLASS, "builtin")) == ["p-2"] and moves(two.target) == []


def test_a_record_that_cannot_be_made_leaves_no_file(
    two: Two, builtin: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    order = two.order()

    def fails(*_: object) -> None:
        raise OSError("no space")

    monkeypatch.setattr(two.source.store, "append", fails)
    with pytest.raises(OSError, match="no space"):
        sent(two, order, builtin, tmp_path)
    assert list(tmp_path.glob("out*")) == []


def test_a_stick_that_is_pulled_out_is_told_as_what_it_is(
    two: Two, builtin: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    order, stick = two.order(), tmp_path / "stick"
    stick.mkdir()

    def pulled(*_: object) -> None:
        shutil.rmtree(stick)
        raise OSError(errno.EIO, "the stick is gone")

    monkeypatch.setattr(two.source.store, "append", pulled)
    with pytest.raises(OSError, match="the stick is gone"):
        sent(two, order, builtin, stick)


def test_a_package_opens_for_the_target_alone(two: Two, builtin: Any, tmp_path: Path) -> None:
    data = sent(two, two.order(), builtin, tmp_path)
    cover = read_cover(data, two.site.root)
    assert set(open_package(data, cover, two.target.keys.sealing).templates) == {"p-1", "p-2"}
    with pytest.raises(NotForThisBox):
        open_package(data, cover, two.source.keys.sealing)
    with pytest.raises(NotForThisBox):
        open_package(data, dataclasses.replace(cover, order="d" * 64), two.target.keys.sealing)


def test_a_package_of_a_revoked_box_is_refused(two: Two, builtin: Any, tmp_path: Path) -> None:
    data = sent(two, two.order(), builtin, tmp_path)
    keyid = KeySigner(two.source.keys.device).keyid
    assert read_cover(data, two.site.root, {"ab" * 32}).device == "box-1"
    with pytest.raises(BadPackage, match="revoked"):
        read_cover(data, two.site.root, {keyid})


def passed_on(two: Two, said: Sealed, certificate: str = "") -> bytes:
    """What the centre makes of a record of the first box."""
    item = {"record": encoded(said), "certificate": certificate or two.source.keys.certificate}
    return canonical({"withdrawn": [item]})


def erased(box: Box) -> list[Any]:
    finish(box.store, box.folder)
    return [body_of(sealed.record) for sealed in box.store.records_of("face.erased")]


def test_a_withdrawal_at_one_box_erases_the_face_at_the_other_once(two: Two, builtin: Any, tmp_path: Path) -> None:
    receive(two.target, sent(two, two.order(), builtin, tmp_path), builtin)
    withdraw(two.source.store, CLASS, "p-1", "terminal")
    (said,) = two.source.store.records_of("consent.withdrawn")
    for _ in range(2):
        make_inbox(two.target, "centre").withdrawn(passed_on(two, said))
    assert [one.person for one in erased(two.target)] == ["p-1"]
    assert list(two.target.store.templates(CLASS, "builtin")) == ["p-2"]
    (told,) = two.target.store.records_of("consent.withdrawn")
    assert body_of(told.record) == ConsentWithdrawn(CLASS, "p-1", "order")
    assert two.target.store.records_of("order.accepted")[-1].record.body["order"] == said.hash


def test_a_refusal_at_one_box_stops_a_package_on_its_way(two: Two, builtin: Any, tmp_path: Path) -> None:
    data = sent(two, two.order(), builtin, tmp_path)
    refused = dataclasses.replace(body_of(two.source.store.records_of("consent")[0].record), given=False, until=None)
    make_inbox(two.target, "centre").withdrawn(passed_on(two, two.source.store.append("consent", refused)))
    assert receive(two.target, data, builtin).people == ("p-2",) and erased(two.target) == []


def test_who_consented_again_at_the_other_box_afterwards_stays(
    two: Two, builtin: Any, tmp_path: Path, templates: Any,
) -> None:
    withdraw(two.source.store, CLASS, "p-1", "terminal")
    (said,) = two.source.store.records_of("consent.withdrawn")
    given = body_of(two.source.store.records_of("consent")[0].record)
    body = Enrolment(CLASS, "p-1", "builtin", builtin.sha256, 1, "inspector", "camera", (), "赵检查")
    two.target.store.enrol([NewFace(templates["p-1"], body, given)])  # type: ignore[arg-type]
    make_inbox(two.target, "centre").withdrawn(passed_on(two, said))
    assert list(two.target.store.templates(CLASS, "builtin")) == ["p-1"] and erased(two.target) == []
    assert two.target.store.records_of("order.accepted")[-1].record.body["order"] == said.hash


def test_only_a_box_of_this_site_withdraws_for_itself(two: Two, builtin: Any, tmp_path: Path) -> None:
    receive(two.target, sent(two, two.order(), builtin, tmp_path), builtin)
    withdraw(two.source.store, CLASS, "p-1", "terminal")
    (said,) = two.source.store.records_of("consent.withdrawn")
    stranger_key = Ed25519PrivateKey.generate()
    stranger = Centre(make_root(stranger_key, "site", 1, 0, 36500, True), stranger_key, name="box-1")
    forged = stranger.record("consent.withdrawn", body_of(said.record))
    inbox = make_inbox(two.target, "centre")
    for message in (
        passed_on(two, forged, stranger.certificate), passed_on(two, forged), passed_on(two, said, "no PEM"),
        passed_on(two, said, two.target.keys.certificate), passed_on(two, two.source.store.records_of("consent")[0]),
        canonical({"withdrawn": 7}), canonical({"withdrawn": [{"record": 1, "certificate": "x"}]}), b"\xff",
        canonical({"withdrawn": [7]}),
    ):
        inbox.withdrawn(message)
    assert list(two.target.store.templates(CLASS, "builtin")) == ["p-1", "p-2"]
    assert two.target.store.records_of("consent.withdrawn") == [] and erased(two.target) == []
    assert {sealed.record.body["code"] for sealed in two.target.store.records_of("alarm")} == {"order.refused"}
