"""What the collector keeps, refuses, receipts and alarms about."""
from __future__ import annotations

import dataclasses
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from central.classes.orders import add_class
from central.classes.plan import read_names, read_plan
from central.classes.stories import Stories
from central.devices.errors import BadMoment, NoSuchKey, RevokedAlready
from central.ingest import keyring
from central.ingest.collector import MAX_MESSAGE, MAX_RECORDS, Message
from central.wiring import Centre, init_centre, open_centre
from evidence.bodies import ChainBegun, CheckpointSeen, Genesis, Review, SessionStart
from evidence.certs import split_chain
from evidence.chain import next_record
from evidence.checkpoint import seen_of
from evidence.receipts import Receipt, read_receipt
from evidence.records import Stamp
from evidence.seal import KeySigner, seal_record
from evidence.shape import encode
from evidence.times import HOUR, MINUTE, SECOND, utc_text
from tests.central.helpers import MORNING, REAL, Box, FixedClock, segment_of, write_plan


def filled(centre: Centre, records: int = 5) -> Box:
    box = Box(centre)
    box.genesis()
    for number in range(records - 1):
        box.append(SessionStart("welder-1", f"s-{number}", "button"), MORNING + number)
    return box


def receipts(centre: Centre, given: list) -> list[Receipt]:
    return [read_receipt(one.envelope, centre.keys.public_key, "test") for one in given]


def test_a_batch_is_kept_and_receipted_once(centre: Centre) -> None:
    box = filled(centre)
    (receipt,) = receipts(centre, centre.collector().take(box.messages()))
    assert (receipt.device, receipt.chain, receipt.up_to) == ("box-1", box.chain, 4)
    assert receipt.head_hash == box.sealed[4].hash
    with centre.store.read() as tx:
        assert tx.chain_envelopes("box-1", box.chain, 99) == [sealed.envelope for sealed in box.sealed]
        assert receipt.leaf_index == tx.leaf_of("box-1", box.chain, 4)


def test_a_message_of_many_records_is_kept_record_by_record(centre: Centre) -> None:
    """What one of them lacks costs no other one anything."""
    box, collector = filled(centre, 6), centre.collector()
    envelopes = [sealed.envelope for sealed in box.sealed]
    spoilt = envelopes[3].replace(b"ed25519", b"ed25518")
    whole = Message("box-1", b"\n".join([*envelopes[:3], spoilt, envelopes[2], envelopes[4]]))
    assert [r.up_to for r in receipts(centre, collector.take([whole]))] == [2]
    assert [r.up_to for r in receipts(centre, collector.take([Message("box-1", b"\n".join(envelopes))]))] == [5]
    with centre.store.read() as tx:
        assert tx.chain_envelopes("box-1", box.chain, 99) == envelopes
        assert [error for error, _, _ in tx.quarantined()] == ["BadRecord"]


def test_two_records_of_one_number_in_one_message_are_a_fork(centre: Centre) -> None:
    box, collector = filled(centre), centre.collector()
    kept = box.sealed.pop()
    box.append(SessionStart("welder-1", "s-other", "page"), MORNING + 99)
    envelopes = [*[sealed.envelope for sealed in box.sealed[:4]], kept.envelope, box.sealed[4].envelope]
    (receipt,) = receipts(centre, collector.take([Message("box-1", b"\n".join(envelopes))]))
    assert (receipt.up_to, receipt.head_hash) == (4, kept.hash)
    with centre.store.read() as tx:
        assert [sealed.record.body["code"] for sealed in tx.of_type("alarm")] == ["chain.fork"]


def test_a_message_of_too_many_records_is_refused_as_a_whole(centre: Centre) -> None:
    assert centre.collector().take([Message("box-1", b"\n" * MAX_RECORDS)]) == []
    with centre.store.read() as tx:
        assert [(error, times) for error, _, times in tx.quarantined()] == [("BadRecord", 1)]


def test_the_same_again_is_receipted_again_and_kept_once(centre: Centre) -> None:
    box, collector = filled(centre), centre.collector()
    first = collector.take(box.messages())
    assert collector.take(box.messages()) == first
    with centre.store.read() as tx:
        assert len(tx.chain_envelopes("box-1", box.chain, 99)) == 5
        assert tx.quarantined() == []


def test_what_came_out_of_order_is_kept_and_receipted_once_contiguous(centre: Centre) -> None:
    box, collector = filled(centre), centre.collector()
    messages = box.messages()
    assert receipts(centre, collector.take([messages[4], messages[2]])) == []
    assert [r.up_to for r in receipts(centre, collector.take([messages[0], messages[1]]))] == [2]
    assert [r.up_to for r in receipts(centre, collector.take([messages[3]]))] == [4]


def test_another_record_with_the_same_number_is_a_fork_and_never_overwrites(centre: Centre) -> None:
    box, collector = filled(centre), centre.collector()
    collector.take(box.messages())
    kept = box.sealed.pop()
    other = box.append(SessionStart("welder-1", "s-other", "page"), MORNING + 99)
    assert collector.take([Message("box-1", other.envelope)]) == []
    assert collector.take([Message("box-1", other.envelope)]) == []
    with centre.store.read() as tx:
        assert tx.hashes_at("box-1", box.chain, [4]) == {4: kept.hash}
        assert [(error, times) for error, _, times in tx.quarantined()] == [("Fork", 2)]
        (alarm,) = tx.of_type("alarm")
    assert alarm.record.body["code"] == "chain.fork"
    assert alarm.record.body["params"] == {
        "device": "box-1", "chain": box.chain, "seq": 4, "kept": kept.hash, "refused": other.hash,
    }


def test_a_record_that_does_not_follow_stops_the_receipts_and_alarms_once(centre: Centre) -> None:
    box, collector = filled(centre, 3), centre.collector()
    foreign = dataclasses.replace(
        next_record(box.sealed[2], device="box-1", chain=box.chain, type="session.start",
                    body=encode(SessionStart("welder-1", "s-x", "page")), stamp=Stamp("b0", 1, MORNING, REAL)),
        prev="ab" * 32,
    )
    messages = [*box.messages(), Message("box-1", seal_record(foreign, box.signer).envelope)]
    assert [r.up_to for r in receipts(centre, collector.take(messages))] == [2]
    collector.take(messages)
    with centre.store.read() as tx:
        assert [sealed.record.body["code"] for sealed in tx.of_type("alarm")] == ["chain.broken"]


@pytest.mark.parametrize("payload, error", [
    (b"", "BadRecord"), (b"{}", "BadRecord"), (b"\xff\xfe", "BadRecord"), (b"[" * 5000, "BadRecord"),
    (b"x" * (MAX_MESSAGE + 1), "BadRecord"),
])
def test_what_is_no_record_is_quarantined_with_its_reason(centre: Centre, payload: bytes, error: str) -> None:
    assert centre.collector().take([Message("box-1", payload)]) == []
    with centre.store.read() as tx:
        ((name, reason, times),) = tx.quarantined()
    assert (name, times) == (error, 1)
    assert reason


def test_a_checkpoint_that_the_centre_never_signed_is_quarantined(centre: Centre) -> None:
    """A year ahead it would say of every receipt behind it that the centre's clock was wrong."""
    box, collector = filled(centre, 2), centre.collector()
    (first,) = receipts(centre, collector.take(box.messages()))
    honest = seen_of(centre.tree().issue(MORNING // SECOND), centre.store.log)
    box.append(honest, MORNING + 2)
    (second,) = receipts(centre, collector.take(box.messages()))
    box.append(dataclasses.replace(honest, size=1, time=utc_text(MORNING + 9000 * HOUR)), MORNING + 3)
    box.append(CheckpointSeen("zaitang/x", 1, "0" * 64, utc_text(MORNING), "A" * 86 + "=="), MORNING + 4)
    (third,) = receipts(centre, collector.take(box.messages()))
    assert [one.up_to for one in (first, second, third)] == [1, 2, 2]
    with centre.store.read() as tx:
        assert [error for error, _, _ in tx.quarantined()] == ["BadCheckpoint"] * 2


def test_a_second_copy_of_a_chain_is_told_once_however_many_records_it_makes(centre: Centre) -> None:
    """One box, or who holds its key, fills neither the centre's chain nor its disk."""
    box = filled(centre)
    centre.collector().take(box.messages())
    forks = []
    for number in range(9):
        box.sealed.pop()
        forks.append(box.append(SessionStart("welder-1", f"s-other-{number}", "page"), MORNING + 99))
    for collector in (centre.collector(), centre.collector()):
        collector.take([Message("box-1", fork.envelope) for fork in forks])
    with centre.store.read() as tx:
        assert [sealed.record.body["code"] for sealed in tx.of_type("alarm")] == ["chain.fork"]
        assert [(error, times) for error, _, times in tx.quarantined()] == [("Fork", 2)] * 9


def test_an_alarm_of_a_batch_that_was_not_kept_is_told_with_the_batch(
    centre: Centre, monkeypatch: pytest.MonkeyPatch,
) -> None:
    box, collector = filled(centre), centre.collector()
    collector.take(box.messages())
    box.sealed.pop()
    fork = Message("box-1", box.append(SessionStart("welder-1", "s-other", "page"), MORNING + 99).envelope)
    with monkeypatch.context() as broken:
        broken.setattr(collector, "_receipt", lambda *_: (_ for _ in ()).throw(OSError))
        with pytest.raises(OSError):
            collector.take([fork, *box.messages()[:1]])
    collector.take([fork])
    with centre.store.read() as tx:
        assert [sealed.record.body["code"] for sealed in tx.of_type("alarm")] == ["chain.fork"]
        assert [error for error, _, _ in tx.quarantined()] == ["Fork"]


def test_certificates_are_read_again_once_for_a_batch_of_strangers(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    collector, stranger, box = centre.collector(), KeySigner(Ed25519PrivateKey.generate()), filled(centre)
    monkeypatch.setattr(collector, "refresh", lambda refresh=collector.refresh: (reads.append(1), refresh()))
    reads: list[int] = []
    collector.take([Message("box-1", seal_record(sealed.record, stranger).envelope) for sealed in box.sealed[1:]])
    assert reads == [1]


def test_strangers_have_no_certificate_looked_at_twice(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of thousands of boxes that took seconds, for each batch with one message of a stranger."""
    collector, stranger, looked = centre.collector(), KeySigner(Ed25519PrivateKey.generate()), []
    first, second = filled(centre), Box(centre, "box-2", "cd" * 16)
    monkeypatch.setattr(keyring, "identity", lambda *some, real=keyring.identity: looked.append(1) or real(*some))
    for sealed in first.sealed[1:]:
        collector.take([Message("box-1", seal_record(sealed.record, stranger).envelope)])
    assert len(looked) == 2
    second.genesis()
    collector.take(second.messages())
    with centre.store.read() as tx:
        assert tx.hashes_at("box-2", second.chain, [0]) == {0: second.sealed[0].hash}, "one that was added is known"


def test_a_bad_message_does_not_keep_a_good_one_out(centre: Centre) -> None:
    box = filled(centre)
    messages = box.messages()
    given = centre.collector().take([*messages[:2], Message("box-1", b"junk"), *messages[2:]])
    assert [r.up_to for r in receipts(centre, given)] == [4]


def test_a_forged_record_is_refused(centre: Centre) -> None:
    box, stranger = filled(centre), KeySigner(Ed25519PrivateKey.generate())
    forged = seal_record(box.sealed[2].record, stranger)
    centre.collector().take([box.messages()[0], Message("box-1", forged.envelope)])
    with centre.store.read() as tx:
        assert [error for error, _, _ in tx.quarantined()] == ["UnknownSigner"]
        assert tx.hashes_at("box-1", box.chain, [2]) == {}


def test_a_box_cannot_speak_for_another_nor_for_the_centre(centre: Centre) -> None:
    box = filled(centre)
    other = Box(centre, "box-2", chain="cd" * 16)
    own = centre.store.device
    with centre.store.read() as tx:
        genesis = tx.chain_envelopes(own, centre.store.chain, 0)[0]
    centre.collector().take([
        Message("box-2", box.sealed[0].envelope), Message("box-1", other.genesis().envelope), Message(own, genesis),
    ])
    with centre.store.read() as tx:
        assert sorted(error for error, _, _ in tx.quarantined()) == ["BadCertificate", "WrongTopic", "WrongTopic"]
        assert tx.heads("box-1") == tx.heads("box-2") == []


def test_a_box_of_another_root_is_refused(centre: Centre, tmp_path: Path) -> None:
    elsewhere = init_centre(tmp_path / "elsewhere", test_keys=True)
    box = filled(elsewhere)
    assert centre.collector().take(box.messages()) == []
    with centre.store.read() as tx:
        assert tx.heads("box-1") == []
        assert len(tx.quarantined()) == 5


def test_a_centre_that_takes_no_test_keys_opens_none(centre: Centre) -> None:
    path = centre.folder / "centre.toml"
    path.write_text(path.read_text().replace("accept_test_keys = true", "accept_test_keys = false"))
    with pytest.raises(Exception, match="test key"):
        open_centre(centre.folder)


def test_a_box_added_while_the_collector_runs_is_known(centre: Centre) -> None:
    collector = centre.collector()
    box = filled(centre)
    given = collector.take(box.messages()[1:])
    assert given == []
    with centre.store.read() as tx:
        assert tx.quarantined() == []
        assert tx.waiting({"box-1"}) == 4


def test_a_box_cannot_answer_for_the_centre(centre: Centre) -> None:
    box = filled(centre, 2)
    box.append(Review("welder-1", "2026-03-02-am", "complete", "all there", "myself"), MORNING + 9)
    centre.collector().take(box.messages())
    with centre.store.read() as tx:
        assert [error for error, _, _ in tx.quarantined()] == ["WrongPlace"]
        assert tx.of_type("review") == []


def test_a_box_cannot_begin_a_chain_that_looks_like_a_centre(centre: Centre) -> None:
    box = Box(centre)
    own, between = split_chain(box.certificate)
    box.append(Genesis(box.signer.keyid, own, box.root, "test", None, between), MORNING)
    assert centre.collector().take(box.messages()) == []
    with centre.store.read() as tx:
        assert [error for error, _, _ in tx.quarantined()] == ["WrongPlace"]


def test_no_bytes_stop_the_collector(centre: Centre) -> None:
    """Damage anywhere in an envelope is refused by our own errors, and what is whole is kept."""
    box, collector = filled(centre), centre.collector()
    good = box.sealed[1].envelope
    places = [(at, flip) for at in range(0, len(good), 7) for flip in (1, 128)]
    damaged = [good[:at] + bytes([good[at] ^ flip]) + good[at + 1:] for at, flip in places]
    damaged += [good[:at] for at in range(0, len(good), 31)]
    given = collector.take([Message("box-1", data) for data in damaged] + box.messages())
    assert [r.up_to for r in receipts(centre, given)] == [4]
    with centre.store.read() as tx:
        assert tx.chain_envelopes("box-1", box.chain, 99) == [sealed.envelope for sealed in box.sealed]
        assert tx.quarantine_size() + tx.let_go() == len(set(damaged))


def test_video_that_another_class_or_box_has_already_is_told_to_both_classes(centre: Centre) -> None:
    collector = centre.collector()
    first, second = filled(centre, 2), Box(centre, "box-2", "cd" * 16)
    second.genesis()
    here = segment_of(b"film", MORNING, 60)
    first.append(here, MORNING + MINUTE)
    second.append(dataclasses.replace(here, class_id="welder-2"), MORNING + 2 * MINUTE)
    first.append(dataclasses.replace(here, index=1, file="r-1/000001.mp4"), MORNING + 3 * MINUTE)
    collector.take(first.messages()[:3])
    collector.take(second.messages())
    collector.take([*first.messages(), *second.messages()])
    with centre.store.read() as tx:
        told = [sealed.record.body for sealed in tx.of_type("video.reused")]
    # The same class and box are the matter of the fold.
    assert [one["class"] for one in told] == ["welder-1", "welder-2"]
    assert {(one["record"]["device"], one["first"]["device"]) for one in told} == {("box-2", "box-1")}
    assert {one["segment"] for one in told} == {here.sha256}


def test_a_revoked_key_is_denied_from_the_next_message_on(centre: Centre) -> None:
    box, collector = Box(centre), centre.collector()
    box.genesis()
    assert collector.take(box.messages())
    box.append(SessionStart("welder-1", "s-1", "button"), MORNING)
    (body,) = centre.desk().revoke("box-1", "stolen")
    assert body.keyid == box.signer.keyid
    assert collector.take(box.messages()[1:]) == []
    with centre.store.read() as tx:
        assert [error for error, _, _ in tx.quarantined()] == ["RevokedKey"]
        assert len(tx.chain_envelopes("box-1", box.chain, 9)) == 1
        assert len(tx.of_type("device.revoked")) == 1


def test_a_key_that_is_revoked_while_its_records_are_checked_is_denied_too(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    box, collector = Box(centre), centre.collector()
    box.genesis()
    check, calls = collector._check_all, []

    def checking(batch: Sequence[Message], *who: object) -> object:
        found = check(batch, *who)
        if not calls:
            centre.desk().revoke("box-1", "stolen")
        calls.append(len(batch))
        return found

    monkeypatch.setattr(collector, "_check_all", checking)
    assert collector.take(box.messages()) == []
    assert calls == [1, 1]
    with centre.store.read() as tx:
        assert tx.chain_envelopes("box-1", box.chain, 9) == []
        assert [error for error, _, _ in tx.quarantined()] == ["RevokedKey"]


def test_another_key_of_the_same_box_goes_on(centre: Centre) -> None:
    stolen, fresh = Box(centre), Box(centre, chain="cd" * 16)
    stolen.genesis()
    fresh.genesis()
    centre.desk().revoke("box-1", "stolen", stolen.signer.keyid)
    assert [given.device for given in centre.collector().take([*stolen.messages(), *fresh.messages()])] == ["box-1"]
    with pytest.raises(RevokedAlready):
        centre.desk().revoke("box-1", "again", stolen.signer.keyid)
    with pytest.raises(NoSuchKey):
        centre.desk().revoke("centre", "no box")
    for moment in ("2999-01-01T00:00:00.000000Z", "yesterday", "2026-02-30T00:00:00.000000Z"):
        with pytest.raises(BadMoment):
            centre.desk().revoke("box-1", "x", None, moment)


def _new_chain_at_another(centre: Centre, clock: FixedClock, resent: bool) -> list[dict[str, object]]:
    """The end of a chain is in work at one collector while a new chain comes to another one: what the alarms
    `chain.left` say then. `resent`: the broker sends the other one all that the first has not acknowledged, as to
    whoever takes its place; else the other one never had it."""
    box = filled(centre)
    centre.collector().take(box.messages()[:3])
    again = Box(centre, chain="cd" * 16)
    again.signer, again.certificate = box.signer, box.certificate
    again.genesis()
    again.append(ChainBegun(box.chain, 4, box.sealed[4].hash, 2, "its card was set back"), MORNING)
    slow, checked, go = centre.collector(), threading.Event(), threading.Event()
    check_all = slow._check_all

    def checking(*some: Sequence[Message]) -> object:
        found = check_all(*some)
        checked.set()
        assert go.wait(60)
        return found

    slow._check_all = checking  # type: ignore[assignment]
    working = threading.Thread(target=slow.take, args=(box.messages()[3:],))
    working.start()
    assert checked.wait(60)
    centre.collector().take([*(box.messages()[3:] if resent else ()), *again.messages()])
    go.set()
    working.join()
    with centre.store.read() as tx:
        assert [head.up_to for head in tx.heads("box-1")] == [4, 1]
        alarms = [one.record.body for one in tx.of_type("alarm")]
    return [dict(one["params"]) for one in alarms if one["code"] == "chain.left"]


def test_a_collector_that_takes_the_place_of_one_in_work_accuses_no_box(centre: Centre, clock: FixedClock) -> None:
    """The broker knows a centre's collector by one name, and sends what was not acknowledged again, before the rest."""
    assert _new_chain_at_another(centre, clock, resent=True) == []


def test_a_chain_that_was_told_as_left_and_comes_after_all_is_no_finding(
    centre: Centre, clock: FixedClock, tmp_path: Path,
) -> None:
    """As with two collectors that each have a name of their own."""
    plan, names = write_plan(tmp_path)
    add_class(centre.store, centre.names, read_plan(plan), read_names(names), plan)
    (told,) = _new_chain_at_another(centre, clock, resent=False)
    assert (told["last"], told["have"]) == (4, 2)
    assert "chains" not in {one.rule for one in Stories(centre.store, clock).tell("welder-1").findings}


def test_two_collectors_over_one_database_keep_one_order_of_acceptance(centre: Centre) -> None:
    """Only one may run for a centre; should two do so, no record is lost and no leaf given twice."""
    boxes = [Box(centre, f"box-{number}", f"{number:032x}") for number in range(2)]
    for box in boxes:
        box.genesis()
        for number in range(60):
            box.append(SessionStart("welder-1", f"s-{number}", "button"), MORNING + number)

    def collect(box: Box) -> None:
        collector, messages = centre.collector(), box.messages()
        for at in range(0, len(messages), 7):
            collector.take([*messages[at : at + 7], *boxes[0].messages()[at : at + 7]])

    threads = [threading.Thread(target=collect, args=(box,)) for box in boxes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with centre.store.read() as tx:
        heads = {head.device: head.up_to for head in tx.heads()}
        assert (heads["box-0"], heads["box-1"]) == (60, 60)
        leaves = [tx.at_leaf(leaf).record.key for leaf in range(tx.leaves())]
    assert len(set(leaves)) == len(leaves) == 3 + 2 * 61  # the centre began and certified two boxes
