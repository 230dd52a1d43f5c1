"""Certificates for connections renew themselves, also after their end; whoever lost the centre's trust gets none."""
from __future__ import annotations

import dataclasses
import os
import queue
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from central.clock import SystemClock
from central.config import load_config
from central.devices.broker import write_for_others
from central.devices.issue import issue
from central.wiring import Centre, init_centre, open_centre
from common.unreached import NOT_VOUCHED
from edge.box_orders import in_force
from edge.cli import main
from edge.errors import BadKeyFile
from edge.identity.errors import Refused, StillWaiting
from edge.identity.renew import Renewer, is_due, renew
from edge.identity.tls import OWN, ROOT, own_certificate, request_for
from edge.keys import certify_keys, load_device_key, load_keys
from edge.setup import make_box
from edge.sync.link import Connected, Event, Link
from edge.sync.process import make_inbox, make_sync
from edge.sync.uploads import Job
from edge.wiring import open_box
from evidence.certs import pem
from evidence.errors import ZaitangError
from evidence.records import Stamp
from evidence.renewal import RENEWAL_TYPE, Renewal, read_renewal, seal_renewal
from evidence.seal import KeySigner, seal
from tests.central.test_broker import until
from tests.contract.test_join import SERIAL, Server, joins, serving
from tests.contract.test_tls_broker import DAY, PROGRAM
from tests.contract.test_tls_broker import Site as BrokerSite


@dataclasses.dataclass
class Shifted:
    """The machine's clock, so many days off."""

    days: int = 0

    def stamp(self) -> Stamp:
        real = SystemClock().stamp()
        return dataclasses.replace(real, utc_us=real.utc_us + self.days * DAY)


@dataclasses.dataclass
class Site:
    """A centre with its server, and a box that it certified by hand."""

    centre: Centre
    clock: Shifted
    server: Server
    box: Path

    @property
    def keys(self) -> Path:
        return self.box / "keys"

    def renewer(self) -> Renewer:
        own = load_keys(self.keys)
        return Renewer(self.keys, "box-101", KeySigner(own.device), own.root_fingerprint, self.server.address,
                       lambda: time.time_ns() // 1000)

    def renew(self, days_ago: int = 0) -> None:
        """Renew as it was so many days ago."""
        self.clock.days = -days_ago
        own = load_keys(self.keys)
        renew(self.keys, "box-101", KeySigner(own.device), self.server.address, own.root_fingerprint)
        self.clock.days = 0


def certified(centre: Centre, folder: Path) -> Path:
    """A box, certified without a network."""
    make_box(folder, "box-101", "demo", "", "zh")
    certificate = issue(centre, "box-101", load_device_key(folder / "keys").public_key())
    certify_keys(folder / "keys", "box-101", certificate, pem(centre.keys.root), ("certificate", "root"))
    return folder


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Shifted]]:
    folder, clock = tmp_path_factory.mktemp("site") / "centre", Shifted()
    init_centre(folder, test_keys=True).store.close()
    centre = open_centre(folder, clock)
    with serving(centre) as server:
        yield server, clock
    centre.store.close()


@pytest.fixture
def site(running: tuple[Server, Shifted], tmp_path: Path) -> Site:
    """A new box each time; a key of its own tells it from those before."""
    server, clock = running
    clock.days = 0
    return Site(server.centre, clock, server, certified(server.centre, tmp_path / "box"))


def test_a_box_that_was_certified_by_hand_gets_its_first_certificate(site: Site) -> None:
    renewer, heard = site.renewer(), []
    renewer.heard = heard.append
    assert is_due(site.keys, time.time_ns() // 1000) and renewer.look()
    assert heard == [site.centre.keys.certificate]
    assert (site.keys / ROOT).exists() and own_certificate(site.keys).subject.rfc4514_string() == "CN=box-101"
    assert (site.keys / OWN).stat().st_mode & 0o077 == 0
    before = (site.keys / OWN).read_bytes()
    assert renewer.look() and (site.keys / OWN).read_bytes() == before


@pytest.mark.parametrize(("days_ago", "renewed"), [(58, False), (61, True), (400, True)])
def test_it_is_renewed_for_a_new_key_after_two_thirds_of_its_life_and_after_its_end(
    site: Site, days_ago: int, renewed: bool
) -> None:
    site.renew(days_ago)
    before = own_certificate(site.keys)
    assert site.renewer().look()
    after = own_certificate(site.keys)
    assert (after.public_key() != before.public_key(), after != before) == (renewed, renewed)
    assert not is_due(site.keys, time.time_ns() // 1000)


def test_a_centre_that_is_away_or_refuses_costs_nothing_but_time(site: Site) -> None:
    site.renew(61)
    before = {path.name: path.read_bytes() for path in site.keys.iterdir()}
    renewer = site.renewer()
    renewer._address = "https://localhost:1"
    assert not renewer.look()
    after = {path.name: path.read_bytes() for path in site.keys.iterdir() if path.name != "tls.wait.pem"}
    assert after == before


def test_a_power_cut_in_a_renewal_leaves_the_old_certificate_and_is_made_up_for(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    class PowerCut(BaseException):
        pass

    def cut(*_: object) -> None:
        raise PowerCut

    site.renew(61)
    before = (site.keys / OWN).read_bytes()
    renewer, rename = site.renewer(), os.rename
    with monkeypatch.context() as patched:
        patched.setattr("edge.storage.files.os.rename",
                        lambda source, target: rename(source, target) if "wait" in str(target) else cut())
        with pytest.raises(PowerCut):
            renewer.look()
    assert (site.keys / OWN).read_bytes() == before
    assert site.renewer().look()
    with site.centre.store.read() as tx:
        newest = tx.newest_connection(KeySigner(load_device_key(site.keys)).keyid, time.time_ns() // 1000)
    assert newest is not None and (site.keys / OWN).read_text().endswith(newest)


def test_a_revoked_box_is_not_renewed(site: Site) -> None:
    site.centre.desk().revoke("box-101", "stolen")
    with pytest.raises(Refused, match="was revoked"):
        site.renew()
    assert not (site.keys / OWN).exists()


def test_a_revoked_box_is_told_by_an_order_that_it_can_check(site: Site) -> None:
    """The broker lets it hear nothing any more; whoever answers in the centre's place cannot say so."""
    box, came = open_box(site.box), list[bytes]()
    keyid, inbox = KeySigner(box.keys.device).keyid, make_inbox(box, "centre")
    try:
        site.centre.desk().revoke("box-101", "stolen")
        renewer = site.renewer()
        renewer.revoked = came.append
        assert not renewer.look() and renewer.failing
        (order,) = came
        inbox.box_orders(order.replace(b'"orders":["ey', b'"orders":["eX', 1))
        assert in_force(box.store).revoked == {}
        inbox.box_orders(order)
        assert in_force(box.store).revoked == {keyid: "stolen"}
        assert not renewer.look() and came == [order, order]
        inbox.box_orders(order)
        assert len(box.store.records_of("order.answered")) == 1
    finally:
        box.store.close()


def test_whose_certificate_is_refused_is_renewed_at_once_and_then_in_due_time(site: Site) -> None:
    site.renew(1)
    before, renewer = own_certificate(site.keys), site.renewer()
    renewer.start()
    try:
        renewer.context.trouble = "own"
        renewer.ask()
        until(lambda: own_certificate(site.keys) != before)
        until(lambda: renewer.context.trouble is None)
        assert not renewer.failing
        renewer.context.trouble = "own"
        renewer.ask()
        until(lambda: renewer.failing)
        renewer.taken()
        assert not renewer.failing
    finally:
        renewer.stop()
        renewer._thread.join(60)


def test_a_centre_whose_clock_was_ahead_renews_what_it_issued_then(site: Site) -> None:
    site.renew(-365)
    ahead = own_certificate(site.keys)
    assert is_due(site.keys, time.time_ns() // 1000)
    assert site.renewer().look() and own_certificate(site.keys) != ahead
    assert not is_due(site.keys, time.time_ns() // 1000)


def test_the_same_request_again_gets_the_same_and_another_key_has_to_wait(site: Site) -> None:
    signer, key = KeySigner(load_device_key(site.keys)), Ed25519PrivateKey.generate()
    envelope, desk = seal_renewal("box-101", request_for(key, "box-101"), signer), site.centre.desk()
    assert desk.renew(envelope) == desk.renew(envelope)
    other = seal_renewal("box-101", request_for(Ed25519PrivateKey.generate(), "box-101"), signer)
    with pytest.raises(ZaitangError, match="too many tries"):
        desk.renew(other)
    site.clock.days = 1
    first = desk.renew(other)
    assert desk.renew(other) == first


def test_requests_that_are_not_the_boxs_own_are_refused(site: Site) -> None:
    own, key = load_device_key(site.keys), Ed25519PrivateKey.generate()
    signer, request, desk = KeySigner(own), request_for(key, "box-101"), site.centre.desk()
    right = seal_renewal("box-101", request, signer)
    assert read_renewal(right, own.public_key()) == Renewal(1, "box-101", request)
    for envelope in (
        b"", b"x", right[:-1], right.replace(b'"sig":"', b'"sig":"A'),
        seal_renewal("box-101", request, KeySigner(key)),
        seal_renewal("box-102", request, signer),
        seal_renewal("box-101", request_for(key, "box-102"), signer),
        seal_renewal("box-101", request_for(own, "box-101"), signer),
        seal_renewal("box-101", "no request", signer),
        seal_renewal("centre", request_for(key, "centre"), site.centre.keys.signer),
        seal(b'{"v":1}', RENEWAL_TYPE, signer), seal(b"{}", "application/vnd.zaitang.record.v1+json", signer),
    ):
        with pytest.raises(ZaitangError):
            desk.renew(envelope)
    with site.centre.store.read() as tx:
        assert tx.newest_connection(signer.keyid, time.time_ns() // 1000) is None


def test_250_renewals_in_vain_shut_out_neither_a_claim_nor_an_honest_renewal(site: Site, tmp_path: Path) -> None:
    """More than all refused tries together that are borne of claims; all of one address, the honest boxes' too."""
    stranger = Ed25519PrivateKey.generate()
    forged = seal_renewal("box-101", request_for(stranger, "box-101"), KeySigner(stranger)).decode()
    with httpx.Client(base_url=site.server.address, verify=False) as client, ThreadPoolExecutor(10) as pool:
        answers = pool.map(lambda number: client.post("/devices/renew", json={
            "envelope": forged if number % 2 else f"junk {number}"}).status_code, range(250))
        assert set(answers) == {403}
    token = site.centre.desk().claim("box-7", SERIAL, 48)
    make_box(tmp_path / "box-7", "box-7", "demo", "", "zh")
    with pytest.raises(StillWaiting):
        joins(site.server, tmp_path / "box-7", token)
    assert [claim.device for claim in site.centre.desk().pending()] == ["box-7"]
    assert site.renewer().look() and not is_due(site.keys, time.time_ns() // 1000)


def test_p7_a_certificate_of_after_the_backup_is_shut_out_with_its_box(tmp_path: Path) -> None:
    """The database went back to a backup: it does not know what was issued since, and the file beside it does."""
    clock, folder = Shifted(), tmp_path / "centre"
    init_centre(folder, test_keys=True).store.close()
    centre = open_centre(folder, clock)
    box = certified(centre, tmp_path / "box")
    centre.store.close()
    shutil.copy(folder / "zaitang.db", tmp_path / "backup.db")
    centre = open_centre(folder, clock)
    with serving(centre) as server:
        site = Site(centre, clock, server, box)
        assert site.renewer().look()
    serial = own_certificate(site.keys).serial_number
    centre.store.close()
    for path in folder.glob("zaitang.db*"):
        path.unlink()
    shutil.copy(tmp_path / "backup.db", folder / "zaitang.db")
    centre = open_centre(folder, clock)
    centre.desk().revoke("box-101", "stolen")
    write_for_others(centre, tmp_path / "mosquitto")
    centre.store.close()
    lists = x509.load_pem_x509_crl((tmp_path / "mosquitto" / "revoked.pem").read_bytes())
    assert [one.serial_number for one in lists] == [serial]


@pytest.mark.skipif(PROGRAM is None, reason="Mosquitto is not installed")
def test_a_link_whose_certificate_has_ended_comes_back_by_itself(tmp_path: Path) -> None:
    running = BrokerSite(tmp_path)
    clock, events = Shifted(), queue.Queue[Event]()
    centre = dataclasses.replace(running.centre, clock=clock)
    try:
        with serving(centre) as server:
            site = Site(centre, clock, server, certified(centre, tmp_path / "box"))
            site.renew(100)
            renewer = site.renewer()
            link = Link("localhost", running.port, "box-101", events.put, renewer.context)
            link.start()
            with pytest.raises(queue.Empty):
                while not isinstance(events.get(timeout=1), Connected):
                    pass
            assert renewer.look()
            while not isinstance(events.get(timeout=60), Connected):
                pass
            link.stop()
    finally:
        running.stop()


def test_a_broker_elsewhere_is_not_reached_without_tls(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_box(tmp_path / "box", "box-1", "demo", "", "zh")
    toml = tmp_path / "box" / "box.toml"
    toml.write_text(toml.read_text() + '\n[sync]\nbroker = "broker.example"\n')
    assert main(["--lang", "en", "people", "--box", str(tmp_path / "box")]) == 2
    assert "sync.tls: a broker on another machine is reached by TLS only" in capsys.readouterr().err
    (tmp_path / "centre.toml").write_text('device = "c"\nname = "c"\n[broker]\nhost = "broker.example"\n')
    with pytest.raises(ZaitangError, match=r"broker\.tls: a broker on another machine"):
        load_config(tmp_path)


def test_a_box_that_can_never_reach_its_broker_says_so_at_once(site: Site) -> None:
    sync = '[sync]\nbroker = "b.example"\ntls = true\n'
    (site.box / "box.toml").write_text(f'device = "box-101"\npolicy = "demo"\n{sync}')
    box = open_box(site.box)
    assert box.config.sync is not None
    with pytest.raises(BadKeyFile, match="names no centre"):
        make_sync(box, box.config.sync)
    box.store.close()


def test_video_of_a_box_that_was_certified_by_hand_goes_once_it_has_its_first_certificate(site: Site) -> None:
    """With that comes the root by which it knows whoever takes video, after the box has started."""
    address, film = site.server.address, site.box / "film"
    sync = f'[sync]\nbroker = "b.example"\ntls = true\ndevices = "{address}"\nsegments = "{address}"\n'
    (site.box / "box.toml").write_text(f'device = "box-101"\npolicy = "demo"\n{sync}')
    film.write_bytes(b"film")
    box = open_box(site.box)
    assert box.config.sync is not None
    made = make_sync(box, box.config.sync)
    carrier = made._uploader._carrier  # type: ignore[union-attr]
    job = Job(1, "ab" * 32, "r-1/1.mp4", 4)
    with pytest.raises(httpx.ConnectError):
        carrier.carry(job, film, lambda *_: None)
    assert carrier.away == NOT_VOUCHED  # type: ignore[attr-defined]
    assert made._renewer is not None and made._renewer.look()
    assert carrier.carry(job, film, lambda *_: None) in range(400, 500), "it answers: nobody announced that file"
    assert carrier.away is None  # type: ignore[attr-defined]
    carrier.close()
    box.store.close()
