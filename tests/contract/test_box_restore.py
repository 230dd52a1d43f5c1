"""A box whose card died: a new one under its name gets back what its centre holds of it, and the video that survived.
"""
from __future__ import annotations

import base64
import contextlib
import dataclasses
import io
import os
import shutil
import signal
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from central.classes.orders import add_class, order_messages
from central.classes.plan import read_names, read_plan
from central.classes.stories import Stories
from central.cli import main as central_main
from central.devices.issue import issue
from central.devices.pack import pack_box
from central.export import export_class
from central.ingest.collector import Message
from central.orders.boxes import box_order_messages, order_settings, order_upload
from central.orders.errors import FilesNotOfBox
from central.wiring import Centre, init_centre
from edge import cli
from edge.box_orders import in_force, wanted
from edge.child import only_one
from edge.keys import make_box_keys
from edge.recorder.recover import Known
from edge.restore.errors import LacksOrders, NoPack, OtherBox, OtherCentre, OtherRecords, PackBroken
from edge.restore.pack import read_pack_file
from edge.restore.restore import REASON, Done, restore
from edge.storage import volume as volumes
from edge.storage.due import decisions
from edge.storage.keeper import Keeper
from edge.storage.volume import IDENTITY, add_second, open_volume
from edge.store import Moved
from edge.sync.process import make_inbox
from edge.sync.pulse import Pulse
from edge.wiring import Box, open_box
from evidence.bodies import (
    Alarm,
    ChainBegun,
    Consent,
    OrderAccepted,
    SegmentRemoved,
    SessionEnd,
    SessionStart,
    body_of,
)
from evidence.box_orders import BoxSettings, OrderAnswered
from evidence.box_packs import MANIFEST, ORDERS, VIDEO, PackFile, peek_pack, seal_pack
from evidence.canonical import sha256_hex
from evidence.certs import pem
from evidence.receipts import peek_receipt, seal_receipt
from evidence.seal import RECORD_TYPE, KeySigner, open_envelope, seal
from tests.central.helpers import MORNING, NAMES, PLAN, put, segment_of
from verify.cli import main as verify

FILMS = [b"the first film", b"the second film", b"the third film", b"the fourth film"]
"""Segments of one run: the first two are moved to the second volume, the others lie on the card; the centre has the
first and the third."""


class Place:
    """A centre, and a box that can lose its card."""

    def __init__(self, folder: Path, second: Path, centre: str = "centre") -> None:
        self.centre: Centre = init_centre(folder / centre, test_keys=True)
        self.collector = self.centre.collector()
        self.folder, self.second = folder / f"box-of-{centre}", second
        self.pack = folder / f"{centre}.pack"
        self.new_card()

    def new_card(self, device: str = "box-1", second: bool = True) -> None:
        """A folder with new keys that the centre certified under this name; the second disk is plugged in."""
        self.folder.mkdir()
        toml = f'device = "{device}"\npolicy = "demo"\n[recorder]\nreserve_mb = 1\n'
        toml += '[sync]\nbroker = "127.0.0.1"\nsegments = "http://127.0.0.1:1"\n'
        storage = f'[storage]\nsecond = "{self.second}"\n' if second else ""
        (self.folder / "box.toml").write_text(toml + storage)
        keys = self.folder / "keys"
        make_box_keys(keys, lambda key: (issue(self.centre, device, key), pem(self.centre.keys.root)))
        (keys / "centre.crt").write_text(self.centre.keys.certificate)
        self.open()

    def open(self) -> None:
        self.box: Box = open_box(self.folder)
        self.inbox = make_inbox(self.box, "centre")

    def dies(self, second: bool = True) -> None:
        """The card is lost with all that was on it, and a new one joins."""
        self.box.store.close()
        shutil.rmtree(self.folder)
        self.new_card(second=second)

    def send(self) -> bool:
        store = self.box.store
        messages = [Message("box-1", one.envelope) for one in store.records(store.receipted_up_to())]
        for said in self.collector.take(messages):
            if said.topic == "receipts":
                self.inbox.receipt(said.envelope)
        return store.receipted_up_to() == store.head_seq()

    def told(self) -> list[str]:
        with self.centre.store.read() as tx:
            return [str(one.record.body["code"]) for one in tx.of_type("alarm") if one.record.device == "centre"]

    def plan(self, folder: Path) -> None:
        """A class for the box, which takes its order."""
        (folder / "plan.toml").write_text(PLAN)
        (folder / "people.toml").write_text(NAMES)
        add_class(self.centre.store, self.centre.names, read_plan(folder / "plan.toml"),
                  read_names(folder / "people.toml"), folder / "plan.toml")
        self.orders()

    def orders(self) -> None:
        certificate = self.centre.keys.certificate
        with self.centre.store.read() as tx:
            classes = order_messages(tx, self.centre.names, certificate, set())
            to_box = box_order_messages(tx, certificate, set(), self.box.clock.utc_us())
        for message in classes.values():
            self.inbox.order(message.payload)
        for told in to_box.values():
            self.inbox.box_orders(told.payload)

    def packed(self) -> Path:
        self.pack.unlink(missing_ok=True)
        pack_box(self.centre, "box-1", self.pack)
        assert self.pack.stat().st_mode & 0o077 == 0
        return self.pack

    def restore(self, path: Path | None = None) -> Done:
        return restore(self.box, path or self.pack)

    def past(self) -> list[bytes]:
        return [one.envelope for one in self.box.store.past()]


@pytest.fixture
def second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that passes for another disk."""
    folder = tmp_path / "second"
    folder.mkdir()
    real = volumes.filesystem
    monkeypatch.setattr(volumes, "filesystem", lambda path: -real(path) if path == folder else real(path))
    return folder


@pytest.fixture
def place(tmp_path: Path, second: Path) -> Iterator[Place]:
    """A box that recorded a class with a second volume and sent all records, and of the video what the centre has."""
    place = Place(tmp_path, second)
    place.box.store.append("alarm", Alarm("camera.silent", {"camera": "room"}))
    assert place.send()
    place.plan(tmp_path)
    order_settings(place.centre.store, "box-1", BoxSettings(lang="en", upload="asked"), 7, place.box.clock.utc_us())
    place.orders()
    _record(place)
    yield place
    place.box.store.close()
    place.centre.store.close()


def _record(place: Place) -> None:
    box, second = place.box, place.second
    open_volume(box.video, "box-1", box.store, 1).check()
    add_second(second, "box-1", box.store, 1, box.video).check()
    box.store.append_many([
        ("consent", Consent("welder-1", "p-1", True, "ab" * 32, "zh", None, "paper")),
        ("session.start", SessionStart("welder-1", "s-1", "page"))])
    for index, film in enumerate(FILMS):
        last = index == len(FILMS) - 1
        body = segment_of(film, MORNING, 60, index, cut="end" if last else None)
        root = second if index < 2 else box.video
        path = root / "segments" / body.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(film)
        box.store.append("segment", body)
        if index < 2:
            box.store.put_moved(Moved(body.file, body.sha256, body.size))
            box.store.drop_garbage("first", body.file)
    box.store.append("session.end", SessionEnd("welder-1", "s-1", "page"))
    assert place.send()
    for film in (FILMS[0], FILMS[2]):
        put(place.centre, film)
        with place.centre.store.write() as tx:
            tx.mark_stored(sha256_hex(film), MORNING)


def test_a_box_with_a_new_card_gets_back_its_records_and_its_second_disk(
    place: Place, capsys: pytest.CaptureFixture[str],
) -> None:
    chain, head, old = place.box.store.chain, place.box.store.head(), [o.envelope for o in place.box.store.records()]
    receipts, orders = place.box.store.receipts(), [one.hash for one in place.box.store.orders()]
    place.packed()
    place.dies()
    assert place.send(), "it had said its first word already"
    place.box.store.close()
    assert cli.main(["--lang", "en", "restore", str(place.pack), "--box", str(place.folder)]) == 0
    said = capsys.readouterr().out
    assert f"chains: 1, records: {len(old)}, orders: 2" in said and "segments of before on its volumes: 2" in said
    assert "class welder-1: 2 files" in said and "1 of them are at the centre" in said and "no faces came back" in said
    place.open()
    store = place.box.store
    assert place.past() == old and store.chains() == [chain, store.chain] and store.chain != chain
    assert [one.record.type for one in store.records()] == ["genesis", "chain.begun", "alarm", "alarm"]
    assert body_of(store.records(0, 1)[0].record) == ChainBegun(chain, head.record.seq, head.hash, head.record.seq,
                                                                REASON)
    assert [one.hash for one in store.orders()] == orders and store.past_receipted(chain) == head.record.seq
    assert len(receipts) == len(store.receipts_above(chain, -1))
    assert in_force(store).settings == BoxSettings(lang="en", upload="asked")
    assert {one.record.body["params"]["segment"] for one in store.records_of("alarm")} == {
        segment_of(film, MORNING, 60, n).sha256 for n, film in enumerate(FILMS) if n > 1}
    assert {one.record.body["class"] for one in store.records_of("alarm")} == {"welder-1"}
    assert place.send() and place.told() == [], "nothing was left behind, and the centre has no complaint"
    told = Stories(place.centre.store, place.centre.clock).tell("welder-1")
    (kept,) = (one for one in told.findings if one.rule == "R7")
    assert kept.result == "warning", "the box's copy of two files is gone"


def test_what_survived_is_found_kept_and_read_again(place: Place) -> None:
    place.packed()
    place.dies()
    place.restore()
    box, store = place.box, place.box.store
    first, other, *lost = (segment_of(film, MORNING, 60, n) for n, film in enumerate(FILMS))
    assert [box.find_segment(one.file) for one in (first, other)] == [
        place.second / "segments" / one.file for one in (first, other)]
    assert [box.find_segment(one.file) for one in lost] == [None, None]
    assert store.uploaded(first.sha256) and not store.uploaded(other.sha256)
    assert first.file in Known().read(store)
    found = {one.segment.sha256: one for one in decisions(box, box.first_volume())}
    assert {one.action for one in found.values()} == {"keep"} and len(found) == len(FILMS)
    keeper, alarms = Keeper(box), len(store.records_of("alarm"))
    keeper.shelf.look()
    keeper.scrub(1 << 20, lambda _: None)
    assert len(store.records_of("alarm")) == alarms, "what is lost is said once, and the rest is whole"
    assert set(keeper.volumes()) == {"first", "second"}
    (place.second / "segments" / other.file).write_bytes(b"something else.")
    store.put_note("storage.scrubbed", "-1 0")
    keeper.scrub(1 << 20, lambda _: None)
    assert store.records_of("alarm")[-1].record.body["code"] == "storage.rotten"


def test_the_restored_box_is_whole_for_whoever_verifies_it(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """What is lost is told as such; what a record says is removed need not be there."""
    place.packed()
    place.dies()
    place.restore()
    for index in (2, 3):  # as if they had come back from the centre
        body = segment_of(FILMS[index], MORNING, 60, index)
        path = place.box.segments / body.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(FILMS[index])
    assert place.send()
    args = [str(place.folder), "--video", str(place.second), "--root", str(place.folder / "keys" / "root.crt")]
    status = verify([*args, "--lang", "en"])
    out = capsys.readouterr().out
    assert status == 0, out


def test_the_same_again_changes_nothing(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.packed()
    place.dies()
    place.restore()
    before = [one.envelope for one in place.box.store.records()], place.past()
    done = place.restore()
    assert (done.chains, done.goes_on, done.lost) == (0, False, [])
    assert ([one.envelope for one in place.box.store.records()], place.past()) == before
    place.box.store.close()
    assert cli.main(["--lang", "zh", "restore", str(place.pack), "--box", str(place.folder)]) == 0
    assert "没有任何变化" in capsys.readouterr().out
    place.open()


def test_a_newer_pack_of_the_restored_box_is_known_and_brings_nothing(place: Place) -> None:
    place.packed()
    place.dies()
    place.restore()
    place.box.store.append("session.start", SessionStart("welder-1", "s-2", "page"))
    assert place.send()
    assert place.restore(place.packed()).chains == 0


def test_a_second_death_brings_back_both_chains_in_their_order(place: Place) -> None:
    for _ in range(2):
        place.packed()
        place.dies()
        done = place.restore()
        assert place.send() and place.told() == []
    store = place.box.store
    assert done.chains == 2 and len(store.chains()) == 3
    assert next(one.record.type for one in store.past()) == "genesis"
    assert store.records(0, 1)[0].record.body["chain"] == store.chains()[1]
    assert len(list(store.past("segment"))) == len(FILMS)


def test_a_box_that_recorded_before_it_was_restored_keeps_its_chain(place: Place) -> None:
    place.packed()
    place.dies()
    place.box.store.append("session.start", SessionStart("welder-1", "s-2", "page"))
    chain = place.box.store.chain
    assert not place.restore().goes_on and place.box.store.chain == chain
    assert not place.box.store.records_of("chain.begun") and len(place.box.store.chains()) == 2 and place.send()


def test_older_chains_come_before_those_that_are_here(place: Place) -> None:
    place.packed()
    place.dies()
    place.box.store.append("session.start", SessionStart("welder-1", "s-2", "page"))
    place.box.store.begin_chain("somebody was too quick")
    own = place.box.store.chains()
    place.restore()
    assert place.box.store.chains()[1:] == own
    assert [one.record.chain for one in place.box.store.past()][-1] == own[0]


def test_video_of_before_can_be_asked_of_the_restored_box(place: Place) -> None:
    chain = place.box.store.chain
    place.packed()
    place.dies()
    place.restore()
    assert place.send()
    now_us = place.box.clock.utc_us()
    ((_, order),) = order_upload(place.centre.store, "box-1", [], "welder-1", 7, now_us)
    assert order.upload is not None and order.upload.chain == chain
    other, lost = (segment_of(FILMS[index], MORNING, 60, index) for index in (1, 3))
    assert [one.sha256 for one in order.upload.files] == [other.sha256, lost.sha256]
    place.orders()
    store = place.box.store
    answer = body_of(store.records_of("order.answered")[-1].record)
    assert isinstance(answer, OrderAnswered) and answer.result == "accepted" and answer.missing == (lost.sha256,)
    assert other.file in [body.file for _, body in wanted(store)]
    place.dies()
    assert place.send(), "nothing was restored, so nothing of before can be asked for"
    with pytest.raises(FilesNotOfBox):
        order_upload(place.centre.store, "box-1", [other.sha256], None, 7, now_us)


def test_a_disk_that_comes_back_later_is_adopted_by_the_same_command(place: Place) -> None:
    place.packed()
    place.dies(second=False)
    assert [one.files for one in place.restore().lost] == [4]
    place.box.store.close()
    with (place.folder / "box.toml").open("a") as file:
        file.write(f'[storage]\nsecond = "{place.second}"\n')
    place.open()
    done = place.restore()
    assert (done.chains, dict(done.adopted), done.found, done.lost) == (0, {"second": place.second}, 2, [])
    keeper = Keeper(place.box)
    keeper.shelf.look()
    keeper.scrub(1 << 20, lambda _: None)
    codes = [one.record.body["code"] for one in place.box.store.records_of("alarm")]
    assert codes == ["segment.lost"] * 4 + ["storage.repaired"] * 2


def test_a_first_volume_on_a_disk_of_its_own_survives(place: Place, tmp_path: Path) -> None:
    place.packed()
    kept = tmp_path / "kept"
    shutil.move(place.box.video, kept)
    place.box.store.close()
    shutil.rmtree(place.folder)
    place.new_card()
    shutil.move(kept, place.folder / "video")
    done = place.restore()
    assert set(done.adopted) == {"first", "second"} and done.found == 4 and not done.lost
    open_volume(place.box.video, "box-1", place.box.store, 1).check()


def test_what_was_removed_and_what_no_record_names_goes_from_the_second_disk(place: Place) -> None:
    body = segment_of(FILMS[0], MORNING, 60)
    place.box.store.append("segment.removed", SegmentRemoved(body.sha256, "R7: 2029-03-02", "box"))
    assert place.send()
    place.packed()
    strange = place.second / "segments" / "r-9" / "000000.mp4"
    strange.parent.mkdir()
    strange.write_bytes(b"of a record that never came to the centre")
    place.dies()
    done = place.restore()
    assert done.aside == 1 and not strange.exists()
    assert [one.read_bytes() for one in (place.second / "quarantine").iterdir()] == [
        b"of a record that never came to the centre"]
    assert place.box.store.garbage() == [("second", body.file)]
    keeper = Keeper(place.box)
    keeper.sweep()
    assert not (place.second / "segments" / body.file).exists() and place.box.store.garbage() == []


def test_another_boxs_disk_or_one_that_is_not_mounted_is_refused(place: Place, tmp_path: Path) -> None:
    place.packed()
    place.dies()
    identity = (place.second / IDENTITY).read_text()
    (place.second / IDENTITY).write_text(identity.replace("box-1", "box-2"))
    with pytest.raises(volumes.WrongVolume, match="another box"):
        place.restore()
    place.second.rename(tmp_path / "away")
    with pytest.raises(volumes.WrongVolume, match="no such folder"):
        place.restore()
    assert place.past() == []


def test_records_of_the_card_that_never_came_to_the_centre_are_told(place: Place) -> None:
    """A heartbeat had told of them."""
    place.packed()
    place.box.store.append("session.start", SessionStart("welder-1", "s-9", "page"))
    beat = Pulse(place.box.store, KeySigner(place.box.keys.device), {}, 60).beat(-1, 0.0)
    assert beat is not None
    place.collector.take([Message("box-1", beat, "heartbeats")])
    place.dies()
    place.restore()
    assert place.send() and place.told() == ["chain.left"]


def test_an_exported_class_will_do(place: Place, tmp_path: Path) -> None:
    for film in FILMS:
        put(place.centre, film)
    export_class(place.centre, "welder-1", tmp_path / "export")
    old = [one.envelope for one in place.box.store.records()]
    (tmp_path / "bag" / "data").mkdir(parents=True)
    shutil.copytree(tmp_path / "export", tmp_path / "bag" / "data" / "class")
    for path in (tmp_path / "export", tmp_path / "bag"):
        place.dies()
        place.restore(path)
        assert place.past() == old and len(place.box.store.orders()) == 2 and place.send()


def test_an_exported_class_that_lacks_what_the_box_followed_is_refused(
    place: Place, tmp_path: Path,
) -> None:
    for film in FILMS:
        put(place.centre, film)
    place.box.store.append("order.accepted", OrderAccepted("welder-1", "cd" * 32))
    assert place.send()
    export_class(place.centre, "welder-1", tmp_path / "export")
    place.dies()
    with pytest.raises(LacksOrders, match="box pack"):
        place.restore(tmp_path / "export")
    assert place.past() == []


def test_the_same_centre_gives_the_same_pack_without_names(place: Place, tmp_path: Path) -> None:
    first = place.packed().read_bytes()
    assert place.packed().read_bytes() == first
    assert not any(name.encode() in first for name in ("张伟", "王芳", "李娜", "陈老师"))
    target = tmp_path / "by-command"
    place.centre.store.close()
    folder = str(place.centre.folder)
    assert central_main(["box", "pack", "box-1", "--to", str(target), "--centre", folder]) == 0
    assert target.read_bytes() == first
    for device, where in (("box-9", tmp_path / "nothing"), ("box-1", target)):
        assert central_main(["box", "pack", device, "--to", str(where), "--centre", folder]) == 2
    assert not (tmp_path / "nothing").exists()


# --- attacks


Change = Callable[[Path], None]


def _rewrite(path: Path, change: Callable[[str, bytes], tuple[str, bytes] | None]) -> None:
    """Write the archive anew, each member as `change` makes it."""
    with tarfile.open(path) as tar:
        members = [(one.name, tar.extractfile(one).read()) for one in tar]  # type: ignore[union-attr]
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in filter(None, (change(*one) for one in members)):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))


def _flip_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _flip_manifest(path: Path) -> None:
    _rewrite(path, lambda name, data: (name, data.replace(b'"payload":"e', b'"payload":"f') if name == MANIFEST
                                       else data))


def _cut_chain(path: Path) -> None:
    _rewrite(path, lambda name, data: (name, b"\n".join(data.split(b"\n")[:-2]) + b"\n" if name.startswith("chains")
                                       else data))


def _half(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _no_receipts(path: Path) -> None:
    _rewrite(path, lambda name, data: None if name.startswith("receipts") else (name, data))


def _traversal(path: Path) -> None:
    _rewrite(path, lambda name, data: ("../../box.toml" if name.startswith("chains") else name, data))


def _link(path: Path) -> None:
    data = bytearray(path.read_bytes())
    at = data.index(b"chains/")
    member = tarfile.TarInfo("chains/x.jsonl")
    member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
    data[at:at + 512] = member.tobuf(tarfile.USTAR_FORMAT)
    path.write_bytes(data)


def _bomb(path: Path) -> None:
    """A header that promises more than any memory holds."""
    member = tarfile.TarInfo(MANIFEST)
    member.size = 8 ** 11 - 1
    path.write_bytes(member.tobuf(tarfile.USTAR_FORMAT) + bytes(512))


def _bomb_within(path: Path) -> None:
    data = bytearray(path.read_bytes())
    at = data.index(b"chains/")
    member = tarfile.TarInfo.frombuf(bytes(data[at:at + 512]), "ascii", "strict")
    member.size = 8 ** 11 - 1
    data[at:at + 512] = member.tobuf(tarfile.USTAR_FORMAT)
    path.write_bytes(data)


def _negative(path: Path) -> None:
    """A size in base 256, which may be below zero: to read so much is to read everything."""
    data = bytearray(path.read_bytes())
    data[124:136] = b"\xff" * 11 + b"\xf0"
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data[:512])
    path.write_bytes(data)


def _noise(path: Path) -> None:
    path.write_bytes(b"no archive" * 1000)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("change", [
    _flip_bit, _flip_manifest, _cut_chain, _half, _no_receipts, _traversal, _link, _bomb, _bomb_within, _negative,
    _noise, _empty])
def test_a_pack_that_somebody_touched_restores_nothing(place: Place, change: Change) -> None:
    place.packed()
    change(place.pack)
    place.dies()
    before = sorted(path.name for path in place.folder.parent.rglob("*"))
    with pytest.raises((PackBroken, NoPack, OtherCentre)):
        place.restore()
    assert place.past() == [] and len(place.box.store.records()) == 1 and place.box.store.orders() == []
    assert sorted(path.name for path in place.folder.parent.rglob("*")) == before


def test_every_byte_of_a_pack_counts(place: Place) -> None:
    """But for the fields of headers that say nothing, and what fills up blocks."""
    data = place.packed().read_bytes()
    with tarfile.open(place.pack) as tar:
        spans = [(one.offset_data, one.size) for one in tar]
    place.dies()
    for at in [at + size * part // 7 for at, size in spans for part in range(7) if size]:
        changed = bytearray(data)
        changed[at] ^= 4
        place.pack.write_bytes(changed)
        with pytest.raises((PackBroken, OtherCentre)):
            place.restore()
    assert place.past() == []
    place.pack.write_bytes(data)
    assert place.restore().chains == 1


def test_whatever_a_header_says_only_our_own_errors_come(place: Place) -> None:
    data = place.packed().read_bytes()
    found = place.box.centre()
    assert found is not None
    for at in range(512):
        changed = bytearray(data)
        changed[at] ^= 0x81
        place.pack.write_bytes(changed)
        with contextlib.suppress(PackBroken, NoPack, OtherCentre):
            assert read_pack_file(place.pack, *found).device == "box-1"
    os.mkfifo(place.pack.with_name("pipe"))
    for path in (place.pack.with_name("pipe"), place.pack.with_name("nowhere")):
        with pytest.raises(NoPack):
            read_pack_file(path, *found)


def _resealed(place: Place, change: Callable[[dict[str, bytes]], object]) -> None:
    """The pack with other files, and a manifest of the centre that names them: what no honest centre signs."""
    with tarfile.open(place.pack) as tar:
        files = {one.name: tar.extractfile(one).read() for one in tar}  # type: ignore[union-attr]
    pack = peek_pack(files.pop(MANIFEST))
    change(files)
    named = tuple(PackFile(name, len(data), sha256_hex(data)) for name, data in files.items())
    sealed = seal_pack(dataclasses.replace(pack, files=named), place.centre.keys.signer)
    with tarfile.open(place.pack, "w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in ((MANIFEST, sealed), *files.items()):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))


def _only(files: dict[str, bytes], folder: str) -> str:
    return next(name for name in files if name.startswith(folder))


def _cut(files: dict[str, bytes]) -> None:
    name = _only(files, "chains")
    files[name] = b"".join(files[name].splitlines(keepends=True)[:-1])


def _hole(files: dict[str, bytes]) -> None:
    name = _only(files, "chains")
    found = files[name].splitlines(keepends=True)
    files[name] = b"".join([*found[:3], *found[4:]])


def _one_letter(files: dict[str, bytes]) -> None:
    """Another payload under an old seal."""
    name = _only(files, "chains")
    found = files[name].splitlines(keepends=True)
    opened = open_envelope(found[3].rstrip(), RECORD_TYPE)
    found[3] = found[3].replace(base64.b64encode(opened.payload), base64.b64encode(
        opened.payload.replace(b'"box-1"', b'"box-7"', 1)))
    files[name] = b"".join(found)


def _strange_receipt(files: dict[str, bytes]) -> None:
    name = _only(files, "receipts")
    receipt = peek_receipt(files[name].splitlines()[-1])
    files[name] += seal_receipt(receipt, KeySigner(Ed25519PrivateKey.generate())) + b"\n"


def _strange_order(files: dict[str, bytes]) -> None:
    """The very payload, sealed by somebody else."""
    found = files[ORDERS].splitlines()
    payload = open_envelope(found[0], RECORD_TYPE).payload
    files[ORDERS] = b"\n".join([seal(payload, RECORD_TYPE, KeySigner(Ed25519PrivateKey.generate())), *found[1:], b""])


def _policy(files: dict[str, bytes]) -> None:
    files[_only(files, "policies")] += b"# years = 0"


def _no_orders(files: dict[str, bytes]) -> None:
    files[ORDERS] = b""


def _no_list(files: dict[str, bytes]) -> None:
    del files[VIDEO]


def _half_line(files: dict[str, bytes]) -> None:
    files[VIDEO] = files[VIDEO][:-1]


@pytest.mark.parametrize("change", [
    _cut, _hole, _one_letter, _strange_receipt, _strange_order, _policy, _no_orders, _no_list, _half_line])
def test_the_centre_is_believed_only_in_what_the_box_itself_sealed(
    place: Place, change: Callable[[dict[str, bytes]], object],
) -> None:
    place.packed()
    _resealed(place, change)
    place.dies()
    with pytest.raises((PackBroken, LacksOrders)):
        place.restore()
    assert place.past() == [] and len(place.box.store.records()) == 1
    place.packed()
    _resealed(place, lambda files: None)
    assert place.restore().chains == 1


def test_another_boxs_pack_is_refused(place: Place) -> None:
    place.packed()
    place.box.store.close()
    shutil.rmtree(place.folder)
    place.new_card("box-2")
    with pytest.raises(OtherBox, match="box-1"):
        place.restore()
    assert place.past() == []


def test_a_pack_of_another_site_is_refused(place: Place, tmp_path: Path, second: Path) -> None:
    """Also of one whose centre and box have the same names."""
    (tmp_path / "elsewhere").mkdir()
    other = Place(tmp_path / "elsewhere", second)
    other.box.store.append("session.start", SessionStart("welder-1", "s-1", "page"))
    assert other.send()
    other.packed()
    place.dies()
    with pytest.raises(OtherCentre):
        place.restore(other.pack)
    other.box.store.close()
    other.centre.store.close()
    assert place.past() == []


def test_other_records_under_the_number_of_a_chain_are_refused(place: Place) -> None:
    """The box was restored from an older pack; a newer one has more of that chain."""
    old = place.packed().with_name("old.pack")
    shutil.copy(place.pack, old)
    place.box.store.append("session.start", SessionStart("welder-1", "s-9", "page"))
    assert place.send()
    place.packed()
    place.dies()
    place.restore(old)
    with pytest.raises(OtherRecords):
        place.restore()


def test_nothing_is_restored_under_a_process_that_records_or_before_the_box_joined(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    place.packed()
    place.dies()
    command = ["--lang", "en", "restore", str(place.pack), "--box", str(place.folder)]
    with only_one(place.box.run_folder / "recorder.lock", "recorder"):
        assert cli.main(command) == 2
    (place.folder / "keys" / "centre.crt").unlink()
    assert cli.main(command) == 2 and "join" in capsys.readouterr().err
    assert place.past() == []


@pytest.mark.parametrize("statement", range(6))
def test_a_kill_leaves_nothing_or_all(place: Place, statement: int) -> None:
    """A child that is killed at another step of the transaction each time."""
    place.packed()
    place.dies()
    place.box.store.close()
    child = os.fork()
    if child == 0:
        box, left = open_box(place.folder), [statement]
        many = box.store._db.many

        def counted(*args: object) -> None:
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1
            many(*args)  # type: ignore[arg-type]

        box.store._db.many = counted  # type: ignore[method-assign]
        restore(box, place.pack)
        os._exit(0)
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
    place.open()
    assert place.past() == [] and place.box.store.orders() == [] and len(place.box.store.records()) == 1
    assert place.restore().chains == 1 and place.send() and place.told() == []
