"""The centre's database goes back to a backup, and nobody who was revoked comes back with it."""
from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from central.cli import main
from central.devices.broker import denied
from central.devices.errors import LedgerDamaged, LedgerUnusable
from central.devices.ledger import NAME, connection
from central.ingest.collector import Message
from central.wiring import Centre, init_centre, open_centre
from evidence.bodies import DeviceRevoked, SessionStart, body_of
from evidence.certs import pem
from evidence.times import MINUTE, utc_text
from tests.central.helpers import MORNING, Box, FixedClock


class Site:
    """A centre whose database can be set back."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._backup, self.clock = folder / "centre", folder / "backup.db", FixedClock()
        self.centre: Centre = init_centre(self.folder, test_keys=True, clock=self.clock)

    @property
    def ledger(self) -> Path:
        return self.folder / NAME

    def backup(self) -> None:
        self.centre.store.close()
        shutil.copy(self.folder / "zaitang.db", self._backup)
        self.open()

    def restore(self) -> None:
        self.set_back()
        self.open()

    def set_back(self) -> None:
        self.centre.store.close()
        for path in self.folder.glob("zaitang.db*"):
            path.unlink()
        shutil.copy(self._backup, self.folder / "zaitang.db")

    def open(self) -> None:
        self.centre = open_centre(self.folder, self.clock)

    def told(self) -> list[dict[str, object]]:
        with self.centre.store.read() as tx:
            return [dict(one.record.body["params"]) for one in tx.of_type("alarm")
                    if one.record.body["code"] == "database.set_back"]

    def revoked(self) -> list[DeviceRevoked]:
        with self.centre.store.read() as tx:
            bodies = [body_of(one.record) for one in tx.of_type("device.revoked")]
        return [body for body in bodies if isinstance(body, DeviceRevoked)]

    def up_to(self, box: Box) -> int:
        with self.centre.store.read() as tx:
            head = tx.head(box.device, box.chain)
        return -1 if head is None else head.up_to

    def connect(self, box: Box, serial: int) -> None:
        """A certificate for connections, as a renewal writes it."""
        with self.centre.store.write() as tx:
            tx.know_connection(serial, box.device, box.signer.keyid, self.clock.utc_us, pem(self.centre.keys.root))
            self.centre.ledger.note(connection(serial, box.device, box.signer.keyid, self.clock.utc_us))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.centre.store.close()


def test_p4_a_database_that_goes_back_to_a_backup_undoes_no_revocation(site: Site) -> None:
    box = Box(site.centre)
    box.genesis()
    site.centre.collector().take(box.messages())
    site.backup()
    site.clock.utc_us += 5 * MINUTE
    site.centre.desk().revoke("box-1", "stolen")
    site.restore()
    with site.centre.store.read() as tx:
        assert tx.denied() == {box.signer.keyid}
    assert site.revoked() == [DeviceRevoked("box-1", box.signer.keyid, "stolen", utc_text(MORNING + 5 * MINUTE))]
    assert site.told() == [{"approved": 0, "connections": 0, "revoked": 1}]
    box.append(SessionStart("welder-1", "after", "page"), MORNING)
    assert site.centre.collector().take(box.messages()[1:]) == [] and site.up_to(box) == 0
    site.centre.store.close()
    site.open()
    assert len(site.told()) == len(site.revoked()) == 1, "it is stated once"


def test_the_moment_that_was_said_at_the_revocation_stays(site: Site) -> None:
    Box(site.centre)
    site.backup()
    site.centre.desk().revoke("box-1", "stolen", None, utc_text(MORNING - 60 * MINUTE))
    site.restore()
    assert [one.untrusted_from for one in site.revoked()] == [utc_text(MORNING - 60 * MINUTE)]


@pytest.mark.parametrize("backup_after", [0, 1], ids=["never-revoked", "revoked-once"])
def test_a_moment_that_was_moved_earlier_stays(site: Site, backup_after: int) -> None:
    box = Box(site.centre)
    if not backup_after:
        site.backup()
    site.centre.desk().revoke("box-1", "lost")
    if backup_after:
        site.backup()
    theft = utc_text(MORNING - 60 * MINUTE)
    site.centre.desk().revoke("box-1", "stolen the day before", None, theft)
    collector = site.centre.collector()
    site.set_back()
    box.genesis()
    collector.take(box.messages())
    assert site.revoked()[-1] == DeviceRevoked("box-1", box.signer.keyid, "stolen the day before", theft)
    stated = len(site.revoked())
    site.centre.store.close()
    site.open()
    site.centre.collector().take(box.messages())
    assert len(site.revoked()) == stated == 1 + backup_after and len(site.told()) == 1, "it is stated once"


def test_an_old_copy_of_the_file_gets_the_earlier_moment(site: Site) -> None:
    Box(site.centre)
    site.backup()
    site.centre.desk().revoke("box-1", "lost")
    old = site.ledger.read_bytes()
    theft = utc_text(MORNING - 60 * MINUTE)
    site.centre.desk().revoke("box-1", "stolen", None, theft)
    site.centre.store.close()
    site.ledger.write_bytes(old)
    site.open()
    site.restore()
    assert [one.untrusted_from for one in site.revoked()] == [theft]


def test_every_box_is_ordered_again_not_to_believe_the_key(site: Site) -> None:
    stolen, other = Box(site.centre), Box(site.centre, "box-2", "cd" * 16)
    for box in (stolen, other):
        box.genesis()
        site.centre.collector().take(box.messages())
    site.backup()
    site.centre.desk().revoke("box-1", "stolen")
    site.restore()
    with site.centre.store.read() as tx:
        ordered = [one.record.body for one in tx.of_type("order.box")]
    assert [(one["device"], one["revocation"]["keyids"]) for one in ordered] == [
        ("box-1", [stolen.signer.keyid]), ("box-2", [stolen.signer.keyid])]


def test_a_running_collector_and_broker_notice_that_their_database_was_set_back(site: Site) -> None:
    """PostgreSQL goes back to a backup behind the backs of processes that run on."""
    box = Box(site.centre)
    site.connect(box, 17)
    box.genesis()
    site.backup()
    collector = site.centre.collector()
    site.centre.desk().revoke("box-1", "stolen")
    assert denied(site.centre) == {17: "box-1"}
    site.set_back()
    assert denied(site.centre) == {17: "box-1"}
    site.set_back()
    assert collector.take(box.messages()) == [] and site.up_to(box) == -1
    with site.centre.store.read() as tx:
        assert {error: times for error, _, times in tx.quarantined()} == {"RevokedKey": 1}


def test_a_box_of_after_the_backup_can_be_revoked_after_it(site: Site) -> None:
    site.backup()
    box = Box(site.centre)
    site.connect(box, 18)
    site.restore()
    assert site.told() == [{"approved": 1, "connections": 1, "revoked": 0}]
    with site.centre.store.read() as tx:
        assert tx.certificate_of(box.signer.keyid) == box.certificate
        (approved,) = [one.record.body for one in tx.of_type("device.approved")]
    assert approved["keyid"] == box.signer.keyid
    site.centre.desk().revoke("box-1", "stolen")
    assert denied(site.centre) == {18: "box-1"}


def test_a_transaction_that_ends_with_the_power_is_made_good_at_the_next_start(site: Site) -> None:
    """The line was on the disk, and the database was not told."""
    box = Box(site.centre)
    site.backup()
    site.centre.desk().revoke("box-1", "stolen")
    with site.ledger.open("ab") as file:
        file.write(b'{"revoked":{"dev')  # half a line, of which nobody was told
    site.restore()
    with site.centre.store.read() as tx:
        assert tx.denied() == {box.signer.keyid}
    site.connect(box, 19)
    site.restore()
    assert denied(site.centre) == {19: "box-1"} and site.ledger.read_bytes().count(b"\n") == 3


@pytest.mark.parametrize("left", [0, 1])
def test_a_file_that_is_new_or_an_old_copy_gets_what_the_database_knows(site: Site, left: int) -> None:
    assert site.ledger.read_bytes() == b"", "it is made with the centre"
    Box(site.centre)
    site.backup()
    old = site.ledger.read_bytes()
    site.centre.desk().revoke("box-1", "stolen")
    site.centre.store.close()
    whole = site.ledger.read_bytes()
    site.ledger.write_bytes(old) if left else site.ledger.unlink()
    site.open()
    assert site.ledger.read_bytes() == whole and site.told() == []
    assert site.ledger.stat().st_mode & 0o077 == 0
    site.restore()
    assert len(site.revoked()) == 1


@pytest.mark.parametrize("junk", [b"junk\n", b"{}\n", b'{"utc":"2026-03-02T00:30:00.000000Z","revoked":{}}\n'])
def test_a_file_that_was_changed_is_one_sentence(site: Site, junk: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    Box(site.centre)
    size = site.ledger.stat().st_size
    with site.ledger.open("ab") as file:
        file.write(junk)
    assert main(["--lang", "en", "box", "list", "--centre", str(site.folder)]) == 1
    said = capsys.readouterr().err
    assert f"from byte {size} on {site.ledger} is not what the centre wrote" in said and "Traceback" not in said
    with pytest.raises(LedgerDamaged):
        site.centre.collector().take([])


def test_a_copy_that_lost_its_last_line_feed_loses_no_revocation(site: Site) -> None:
    """As an editor or a paste does."""
    box = Box(site.centre)
    site.backup()
    site.centre.desk().revoke("box-1", "stolen")
    site.set_back()
    site.ledger.write_bytes(site.ledger.read_bytes().removesuffix(b"\n"))
    site.open()
    assert [one.keyid for one in site.revoked()] == [box.signer.keyid]
    Box(site.centre, "box-2")
    site.centre.desk().revoke("box-2", "stolen")
    assert len(site.ledger.read_bytes().splitlines()) == site.ledger.read_bytes().count(b"\n")
    site.centre.store.close()
    site.open()
    assert len(site.revoked()) == 2


def test_what_cannot_be_noted_is_not_done(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    Box(site.centre)

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(LedgerUnusable):
        site.centre.desk().revoke("box-1", "stolen")
    with site.centre.store.read() as tx:
        assert tx.denied() == frozenset()
    monkeypatch.undo()
    site.centre.store.close()
    site.open()
    assert site.revoked() == [] == site.told()


def test_nothing_is_told_done_before_it_is_on_the_disk(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line is synced, and its folder, while the transaction is open."""
    synced: list[str] = []
    real: Callable[[int], None] = os.fsync

    def seen(handle: int) -> None:
        synced.append(Path(os.readlink(f"/proc/self/fd/{handle}")).name)
        with site.centre.store.read() as tx:
            assert tx.denied() == frozenset(), "not committed yet"
        real(handle)

    Box(site.centre)
    monkeypatch.setattr(os, "fsync", seen)
    site.centre.desk().revoke("box-1", "stolen")
    assert synced == [NAME, "centre"]


def test_messages_of_others_are_not_held_up(site: Site) -> None:
    """What comes in the batch in which it is noticed is kept as ever."""
    stolen, other = Box(site.centre), Box(site.centre, "box-2", "cd" * 16)
    site.backup()
    collector = site.centre.collector()
    site.centre.desk().revoke("box-1", "stolen")
    site.set_back()
    stolen.genesis()
    other.genesis()
    given = collector.take([Message(box.device, box.sealed[0].envelope) for box in (stolen, other)])
    assert [one.device for one in given] == ["box-2"]
