"""Orders to the box, and who would like to give some: each is answered once, and nothing forged is."""
from __future__ import annotations

import base64
import dataclasses
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge.box_orders import Orders, accepted, in_force, wanted, watches
from edge.errors import StoreBusy
from edge.store import Store
from edge.sync.alarms import Alarms
from edge.sync.cli import lines
from edge.sync.pace import Pace
from edge.sync.process import make_inbox
from edge.sync.uploader import Limits, Uploader
from edge.sync.uploads import Job
from edge.wiring import Box
from evidence.bodies import ConsentWithdrawn, LiveEnded, SegmentRemoved
from evidence.box_orders import (
    BoxOrder,
    BoxSettings,
    Revocation,
    WantedFile,
    WantedLive,
    WantedSheet,
    WantedUpload,
)
from evidence.canonical import canonical
from evidence.records import Sealed
from evidence.seal import KeySigner
from evidence.times import MINUTE, utc_text
from tests.edge.sync.test_uploader import Carries, recorded, until

MakeBox = Callable[..., Box]
SYNC = '[sync]\nbroker = "127.0.0.1"\nsegments = "http://127.0.0.1:9"\n'
LATER = 24 * 60 * MINUTE


@pytest.fixture
def box(make_box: MakeBox) -> Box:
    made = make_box(SYNC)
    for index in range(3):
        recorded(made, index, f"{index:064x}")
    return made


def upload(box: Box, number: int, *indexes: int, ends: int = LATER, **changes: Any) -> BoxOrder:
    """An order for files of the three that the box recorded: the records 1 to 3."""
    files = tuple(WantedFile(index + 1, f"{index:064x}") for index in indexes)
    order = BoxOrder("box-1", number, utc_text(box.clock.utc_us() + ends), "upload",
                     WantedUpload(box.store.chain, files))
    return dataclasses.replace(order, **changes)


def message(centre: Any, *orders: Sealed, certificate: str = "") -> bytes:
    texts = [base64.b64encode(order.envelope).decode() for order in orders]
    return canonical({"orders": texts, "certificate": certificate or centre.certificate})


def answered(box: Box) -> list[tuple[int, str, str]]:
    bodies = [sealed.record.body for sealed in box.store.records_of("order.answered")]
    return [(body["number"], body["result"], body["why"]) for body in bodies]


def alarms(box: Box) -> list[str]:
    return [sealed.record.body["params"]["why"] for sealed in box.store.records_of("alarm")]


def nothing_taken(box: Box) -> bool:
    return answered(box) == [] and accepted(box.store) == [] and box.store.orders() == []


def test_an_order_is_answered_once_however_often_it_comes_and_whoever_restarts(box: Box, centre: Any) -> None:
    order = centre.record("order.box", upload(box, 1, 0, 2))
    inbox = make_inbox(box, "centre")
    for _ in range(3):
        inbox.box_orders(message(centre, order))
    make_inbox(box, "centre").box_orders(message(centre, order))
    assert answered(box) == [(1, "accepted", "")] and alarms(box) == []
    assert [body.sha256 for _, body in wanted(box.store)] == [f"{index:064x}" for index in (0, 2)]


def test_what_the_newest_order_wants_goes_first(box: Box, centre: Any) -> None:
    """Somebody waits for that; an order of before may want a thousand files."""
    inbox = make_inbox(box, "centre")
    for order in (upload(box, 1, 0, 1), upload(box, 2, 2, 1)):
        inbox.box_orders(message(centre, centre.record("order.box", order)))
    assert [body.sha256 for _, body in wanted(box.store)] == [f"{index:064x}" for index in (2, 1, 0)]


def test_a_replayed_order_is_refused_and_on_record(box: Box, centre: Any) -> None:
    """An earlier order, sealed by the centre and never answered, is held back and comes after a later one."""
    old, new = (centre.record("order.box", upload(box, number, 0)) for number in (1, 2))
    inbox = make_inbox(box, "centre")
    inbox.box_orders(message(centre, new))
    inbox.box_orders(message(centre, old))
    inbox.box_orders(message(centre, old, new))
    assert answered(box) == [(2, "accepted", ""), (1, "refused", "not_newer")]
    assert [order.number for order in accepted(box.store)] == [2]


def test_an_expired_order_is_refused_and_its_number_is_used_up(box: Box, centre: Any) -> None:
    orders = [centre.record("order.box", upload(box, 3, 0, ends=-1)), centre.record("order.box", upload(box, 3, 1))]
    inbox = make_inbox(box, "centre")
    if not box.clock.stamp().clock.synced:
        head = box.store.head()
        box.store.keep_receipt(*receipt(centre, head, box))
    for order in orders:
        inbox.box_orders(message(centre, order))
    assert answered(box) == [(3, "refused", "expired"), (3, "refused", "not_newer")]
    assert wanted(box.store) == []


def receipt(centre: Any, head: Sealed, box: Box) -> tuple[bytes, Any]:
    from evidence.receipts import peek_receipt

    envelope = centre.receipt(head, time=utc_text(box.clock.utc_us()))
    return envelope, peek_receipt(envelope)


def test_a_receipt_tells_a_box_without_a_clock_that_an_order_is_over(
    box: Box, centre: Any, monkeypatch: pytest.MonkeyPatch,
) -> None:
    stamp = box.clock.stamp()
    unset = dataclasses.replace(stamp, utc_us=0, clock=dataclasses.replace(stamp.clock, synced=False))
    one, two = (centre.record("order.box", upload(box, number, 0, ends=-1)) for number in (1, 2))
    envelope, body = receipt(centre, box.store.head(), box)
    monkeypatch.setattr(type(box.clock), "stamp", lambda self: unset)
    inbox = make_inbox(box, "centre")
    inbox.box_orders(message(centre, one))
    box.store.keep_receipt(envelope, body)
    inbox.box_orders(message(centre, two))
    assert answered(box) == [(1, "accepted", ""), (2, "refused", "expired")]


def test_an_order_for_another_box_is_an_alarm(box: Box, centre: Any) -> None:
    order = centre.record("order.box", upload(box, 1, 0, device="box-2"))
    for _ in range(2):
        make_inbox(box, "centre").box_orders(message(centre, order))
    assert nothing_taken(box) and alarms(box) == ["not_this_box"]


def test_an_altered_order_is_an_alarm(box: Box, centre: Any) -> None:
    """The number, the end, the files: any other byte than the centre signed."""
    sealed = centre.record("order.box", upload(box, 1, 0))
    inbox = make_inbox(box, "centre")
    for old, new in ((b'"number":1', b'"number":9'), (b'"kind":"upload"', b'"kind":"uplaod"'), (b"000", b"001")):
        payload = sealed.payload.replace(old, new, 1)
        envelope = sealed.envelope.replace(base64.b64encode(sealed.payload), base64.b64encode(payload))
        assert envelope != sealed.envelope
        inbox.box_orders(message(centre, dataclasses.replace(sealed, envelope=envelope)))
    assert nothing_taken(box) and set(alarms(box)) == {"not_the_centre"}


def test_an_order_that_another_box_or_another_site_signed_is_an_alarm(box: Box, centre: Any) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from evidence.certs import make_root

    key = Ed25519PrivateKey.generate()
    other_box = type(centre)(centre.root, centre.root_key, name="box-2")
    other_site = type(centre)(make_root(key, "site", 1, 0, 36500, True), key)
    inbox = make_inbox(box, "centre")
    for signer in (other_box, other_site):
        order = signer.record("order.box", upload(box, 1, 0))
        inbox.box_orders(message(signer, order))
        inbox.box_orders(message(centre, order))
    assert nothing_taken(box) and set(alarms(box)) == {"not_the_centre"}


@pytest.mark.parametrize("payload", [
    b"", b"{}", b"[" * 90_000, b'{"certificate":"x","orders":[]}', b"\xff" * 2_000_000,
])
def test_bytes_that_are_no_message_are_an_alarm(box: Box, payload: bytes) -> None:
    make_inbox(box, "centre").box_orders(payload)
    assert nothing_taken(box) and len(alarms(box)) == 1


def test_another_record_of_the_centre_is_no_order(box: Box, centre: Any) -> None:
    make_inbox(box, "centre").box_orders(message(centre, centre.order()))
    assert nothing_taken(box) and alarms(box) == ["not_a_message"]


def test_an_order_that_the_box_cannot_follow_is_refused_with_its_reason(box: Box, centre: Any) -> None:
    orders = [upload(box, 1, 0, kind="live", upload=None), upload(box, 2, 0, upload=None),
              upload(box, 3, 0, upload=WantedUpload("ab" * 16, ()))]
    inbox = make_inbox(box, "centre")
    inbox.box_orders(message(centre, *[centre.record("order.box", order) for order in reversed(orders)]))
    assert answered(box) == [(1, "refused", "unknown_kind"), (2, "refused", "unclear"), (3, "refused", "other_chain")]


def test_a_box_that_sends_no_files_says_so(make_box: MakeBox, centre: Any) -> None:
    box = make_box()
    recorded(box)
    make_inbox(box, "centre").box_orders(message(centre, centre.record("order.box", upload(box, 1, 0))))
    assert answered(box) == [(1, "refused", "no_road")]


def test_files_that_are_gone_are_named_and_the_others_sent_again_first(box: Box, centre: Any, tmp_path: Path) -> None:
    sent: list[str] = []
    carrier = Carries(lambda job, path: sent.append(job.sha256) or 201)
    uploader = Uploader(box.store, Alarms(box.store), lambda _: tmp_path, carrier, lambda: 0.0)
    uploader.start()
    seq = box.store.head_seq()
    until(lambda: len(sent) == 3 and not uploader.waiting, uploader, seq)
    box.store.append("segment.removed", SegmentRemoved(f"{1:064x}", "R7", "box"))
    order = upload(box, 1, 2, 1)
    odd = dataclasses.replace(order, upload=WantedUpload(box.store.chain, (
        *order.upload.files, WantedFile(1, "ef" * 32), WantedFile(99, "ab" * 32))))
    make_inbox(box, "centre").box_orders(message(centre, centre.record("order.box", odd)))
    answer = box.store.records_of("order.answered")[0].record.body
    assert answer["missing"] == [f"{1:064x}", "ef" * 32, "ab" * 32] and not box.store.uploaded(f"{2:064x}")
    until(lambda: box.store.uploaded(f"{2:064x}"), uploader, seq)
    uploader.stop()
    assert sent[3:] == [f"{2:064x}"] and wanted(box.store) == []


def test_wanted_files_go_before_the_others(box: Box, centre: Any, tmp_path: Path) -> None:
    make_inbox(box, "centre").box_orders(message(centre, centre.record("order.box", upload(box, 1, 2))))
    sent: list[str] = []
    carrier = Carries(lambda job, path: sent.append(job.sha256) or 201)
    uploader = Uploader(box.store, Alarms(box.store), lambda _: tmp_path, carrier, lambda: 0.0)
    uploader.start()
    until(lambda: len(sent) == 3, uploader, box.store.head_seq())
    uploader.stop()
    assert sent.index(f"{2:064x}") <= 1


def settings(box: Box, number: int, **told: Any) -> BoxOrder:
    return BoxOrder("box-1", number, utc_text(box.clock.utc_us() + LATER), "settings", settings=BoxSettings(**told))


def test_settings_hold_instead_of_box_toml_until_the_next_ones(box: Box, centre: Any) -> None:
    inbox = make_inbox(box, "centre")
    for number, told, lang, voice, upload_kbit in (
        (1, {"lang": "en", "voice": False}, "en", False, None), (2, {"upload_kbit": 64}, "zh", True, 64),
        (3, {}, "zh", True, None),
    ):
        inbox.box_orders(message(centre, centre.record("order.box", settings(box, number, **told))))
        now = box.in_force()
        assert now.sync is not None
        assert (now.lang, now.terminal.voice, now.sync.upload_kbit) == (lang, voice, upload_kbit)
    assert box.in_force() == box.config


def test_a_refused_order_sets_nothing(box: Box, centre: Any) -> None:
    inbox = make_inbox(box, "centre")
    for number in (2, 1):
        told = {"lang": "en"} if number == 1 else {"voice": False}
        inbox.box_orders(message(centre, centre.record("order.box", settings(box, number, **told))))
    assert (box.in_force().lang, box.in_force().terminal.voice) == ("zh", False)


def test_only_asked_for_files_go_where_the_centre_says_so_and_all_again(
    box: Box, centre: Any, tmp_path: Path,
) -> None:
    inbox, pace, sent, kept = make_inbox(box, "centre"), Pace(None), list[str](), list[bool]()
    carrier = Carries(lambda job, path: (sent.append(job.sha256), kept.append(job.kept)) and 201)
    limits = Limits(box.config, pace)
    inbox.box_orders(message(centre, centre.record("order.box", settings(box, 1, upload="asked", upload_kbit=640))))
    uploader = Uploader(box.store, Alarms(box.store), lambda _: tmp_path, carrier, lambda: 0.0, limits=limits)
    uploader.start()
    seq = box.store.head_seq()
    until(lambda: uploader._looked_at == seq, uploader, seq)
    assert uploader.waiting == 0 and sent == [] and pace.kbit == 640
    inbox.box_orders(message(centre, centre.record("order.box", upload(box, 2, 1))))
    until(lambda: box.store.uploaded(f"{1:064x}"), uploader, seq)
    assert sent == [f"{1:064x}"]
    inbox.box_orders(message(centre, centre.record("order.box", settings(box, 3))))
    until(lambda: len(sent) == 4 and not uploader.waiting, uploader, seq)
    uploader.stop()
    assert sorted(sent[1:]) == [f"{index:064x}" for index in range(3)] and pace.kbit is None
    assert kept == [False, True, True, True], "once because it was asked for, and then to stay"


def test_a_file_that_is_on_its_way_while_the_centre_changes_its_mind_is_told_again(
    box: Box, centre: Any, tmp_path: Path,
) -> None:
    inbox, sent, going, go = make_inbox(box, "centre"), list[tuple[str, bool]](), threading.Event(), threading.Event()

    def answer(job: Job, path: Path) -> int:
        sent.append((job.sha256, job.kept))
        going.set()
        return 201 if go.wait(60) else 0

    inbox.box_orders(message(centre, centre.record("order.box", settings(box, 1, upload="asked"))))
    inbox.box_orders(message(centre, centre.record("order.box", upload(box, 2, 1))))
    uploader = Uploader(box.store, Alarms(box.store), lambda _: tmp_path, Carries(answer), lambda: 0.0,
                        limits=Limits(box.config, Pace(None)))
    uploader.start()
    seq = box.store.head_seq()
    until(going.is_set, uploader, seq)
    inbox.box_orders(message(centre, centre.record("order.box", settings(box, 3, upload="all"))))
    seq = box.store.head_seq()
    uploader.tick(seq)
    go.set()
    until(lambda: len(sent) == 4 and not uploader.waiting, uploader, seq)
    uploader.stop()
    assert sent[0] == (f"{1:064x}", False)
    assert sorted(sent[1:]) == [(f"{index:064x}", True) for index in range(3)]
    assert all(box.store.kept_there(f"{index:064x}") for index in range(3))


def revocation(box: Box, number: int, keyid: str, device: str = "box-1") -> BoxOrder:
    return BoxOrder("box-1", number, utc_text(box.clock.utc_us() + LATER), "revocation",
                    revocation=Revocation(device, (keyid,), "stolen"))


def test_a_box_whose_key_is_revoked_knows_it_after_every_restart(box: Box, centre: Any) -> None:
    keyid, orders = KeySigner(box.keys.device).keyid, Orders(box.store)
    assert keyid not in orders.look().revoked
    make_inbox(box, "centre").box_orders(message(centre, centre.record("order.box", revocation(box, 1, keyid))))
    assert orders.look().revoked == in_force(box.store).revoked == {keyid: "stolen"}
    assert "takes no check-ins (stolen)" in "".join(text.format(**params) for text, params in lines(box))


def test_what_a_revoked_box_signed_is_not_followed_and_the_others_are(
    box: Box, centre: Any,
) -> None:
    stolen, honest = (type(centre)(centre.root, centre.root_key, name=name) for name in ("box-2", "box-3"))
    gone = [signer.record("consent.withdrawn", ConsentWithdrawn("welding-1", person, "terminal"))
            for signer, person in ((stolen, "p-1"), (honest, "p-2"))]
    keyid = KeySigner(stolen.key).keyid
    inbox = make_inbox(box, "centre")
    inbox.box_orders(message(centre, centre.record("order.box", revocation(box, 1, keyid, "box-2"))))
    inbox.withdrawn(canonical({"withdrawn": [
        {"record": base64.b64encode(sealed.envelope).decode(), "certificate": signer.certificate}
        for sealed, signer in zip(gone, (stolen, honest), strict=True)]}))
    withdrawn = [sealed.record.body["person"] for sealed in box.store.records_of("consent.withdrawn")]
    assert withdrawn == ["p-2"] and alarms(box) == ["revoked_signer"]


def test_a_power_cut_between_keeping_and_answering_leaves_neither(
    box: Box, centre: Any, monkeypatch: pytest.MonkeyPatch,
) -> None:
    order = centre.record("order.box", upload(box, 1, 0))
    box.store.mark_uploaded(f"{0:064x}")

    def cut(self: Store, items: Any, head: Any) -> Any:
        raise sqlite3.OperationalError("cut")

    monkeypatch.setattr(Store, "_add", cut)
    with pytest.raises(sqlite3.OperationalError):
        make_inbox(box, "centre").box_orders(message(centre, order))
    monkeypatch.undo()
    assert nothing_taken(box) and box.store.uploaded(f"{0:064x}")
    make_inbox(box, "centre").box_orders(message(centre, order))
    assert answered(box) == [(1, "accepted", "")] and not box.store.uploaded(f"{0:064x}")


def test_a_busy_store_refuses_nothing(box: Box, centre: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    order, inbox = centre.record("order.box", upload(box, 1, 0)), make_inbox(box, "centre")

    def busy(*_: Any) -> None:
        raise StoreBusy()

    monkeypatch.setattr(Store, "answer", busy)
    with pytest.raises(StoreBusy):
        inbox.box_orders(message(centre, order))
    monkeypatch.undo()
    inbox.box_orders(message(centre, order))
    assert answered(box) == [(1, "accepted", "")]


@pytest.mark.parametrize(("known", "why"), [(False, "not_over"), (True, "no_roll_call")])
def test_a_sheet_is_ordered_only_of_what_this_box_can_show_and_each_refusal_says_why(
    box: Box, centre: Any, monkeypatch: pytest.MonkeyPatch, known: bool, why: str,
) -> None:
    """The plan of the box is long over, if it knows the time; nobody called the roll of anything."""
    monkeypatch.setattr("edge.sync.inbox.known_us", lambda *_: box.clock.utc_us() if known else None)
    orders = [centre.order(), *(
        centre.record("order.box", BoxOrder("box-1", number, utc_text(box.clock.utc_us() + LATER), "sheet",
                                            sheet=WantedSheet(class_id, block, "ab" * 32, "zh", "li.ming")))
        for number, class_id, block in ((1, "welding-9", "2026-03-02-am"), (2, "welding-1", "2026-03-02-pm"),
                                        (3, "welding-1", "2026-03-02-am")))]
    inbox = make_inbox(box, "centre")
    inbox.order(centre.message(orders[0]))
    for sealed in orders[1:]:
        inbox.box_orders(message(centre, sealed))
        inbox.box_orders(message(centre, sealed))
    assert answered(box) == [(1, "refused", "no_class"), (2, "refused", "no_block"), (3, "refused", why)]
    assert [order.sheet for order in accepted(box.store)] == []


def test_a_sheet_is_not_ordered_of_a_box_that_sends_nothing(make_box: MakeBox, centre: Any) -> None:
    box = make_box('[sync]\nbroker = "127.0.0.1"\n')
    order = BoxOrder("box-1", 1, utc_text(box.clock.utc_us() + LATER), "sheet",
                     sheet=WantedSheet("welding-1", "2026-03-02-am", "ab" * 32, "zh", "li.ming"))
    make_inbox(box, "centre").box_orders(message(centre, centre.record("order.box", order)))
    assert answered(box) == [(1, "refused", "no_road")]


def watch(box: Box, number: int, camera: str = "room") -> BoxOrder:
    wanted = WantedLive(camera, "video", 60, "a-1")
    return BoxOrder("box-1", number, utc_text(box.clock.utc_us() + LATER), "watch", watch=wanted)


def test_live_pictures_of_a_room_camera_are_wanted_until_a_record_says_that_they_are_over(
    make_box: MakeBox, centre: Any,
) -> None:
    box = make_box(SYNC + '[[cameras]]\nid = "room"\nsource = "rtsp://127.0.0.1:9/cam"\n'
                   '[[cameras]]\nid = "desk"\nrole = "terminal"\nsource = "rtsp://127.0.0.1:9/desk"\n')
    orders = [centre.record("order.box", watch(box, number, camera))
              for number, camera in enumerate(("room", "desk", "other", "room"), 1)]
    inbox = make_inbox(box, "centre")
    inbox.box_orders(message(centre, *orders))
    assert answered(box) == [
        (1, "accepted", ""), (2, "refused", "no_camera"), (3, "refused", "no_camera"), (4, "accepted", "")]
    first, second = watches(box.store)
    assert (first.order, second.order) == (orders[0].hash, orders[3].hash)
    taken = box.store.records_of("order.answered")[0].record
    assert (first.taken.boot_id, first.taken.mono_us, first.taken.utc_us) == (
        taken.boot_id, taken.mono_us, taken.utc_us)
    box.store.append("live.ended", LiveEnded(first.order, "room", "video", None, 0, 0, "newer"))
    assert [one.number for one in watches(box.store)] == [4]
    box.store.begin_chain("backup")
    assert [one.number for one in watches(box.store)] == [4], "what an earlier chain says holds on"


def test_a_box_that_sends_nothing_anywhere_sends_no_live_pictures(make_box: MakeBox, centre: Any) -> None:
    box = make_box('[[cameras]]\nid = "room"\nsource = "rtsp://127.0.0.1:9/cam"\n')
    make_inbox(box, "centre").box_orders(message(centre, centre.record("order.box", watch(box, 1))))
    assert answered(box) == [(1, "refused", "no_road")] and watches(box.store) == []
