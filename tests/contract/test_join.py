"""A box joins a centre over HTTPS, both as they are: nothing is told to a stranger, and no step can be lost."""
from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn

from central.cli import main as central_main
from central.devices.own import server_context
from central.devices.server import make_app
from central.ingest.collector import Message
from central.wiring import Centre, init_centre
from edge.config import load_box
from edge.identity.centre import CentreOverHttps, fetch_root
from edge.identity.errors import (
    CentreAway,
    JoinedAlready,
    NotThePinned,
    Refused,
    RefusedByPerson,
    StillWaiting,
    StrangeAnswer,
)
from edge.identity.join import Joined, join
from edge.identity.tls import own_certificate, request_for, waiting_key
from edge.keys import load_device_key
from edge.setup import make_box
from edge.sync.carrier import Carrier
from edge.sync.client import make_client
from edge.sync.pace import Pace
from edge.sync.uploads import Job
from edge.wiring import open_box
from evidence.bodies import Alarm, DeviceApproved, DeviceRefused, body_of
from evidence.seal import KeySigner, keyid_of
from tests.central.helpers import MORNING, segment_of

SERIAL = "100000003d1d1c36"


class Server:
    """The centre's HTTPS server in a thread."""

    def __init__(self, centre: Centre) -> None:
        self.centre = centre
        centre.keep_certificate()
        context = server_context(centre.folder / "keys")
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.address = f"https://localhost:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(make_app(centre, context), log_level="error", ssl_context_factory=lambda *_: context)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],))
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(60)
        assert not self._thread.is_alive()
        self._socket.close()

    def alarms(self) -> list[Alarm]:
        with self.centre.store.read() as tx:
            return [body for one in tx.of_type("alarm") if isinstance(body := body_of(one.record), Alarm)]


@contextlib.contextmanager
def serving(centre: Centre) -> Iterator[Server]:
    server = Server(centre)
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Server]:
    centre = init_centre(tmp_path / "centre", test_keys=True)
    with serving(centre) as server:
        yield server
    centre.store.close()


@pytest.fixture
def box(tmp_path: Path) -> Path:
    make_box(tmp_path / "box", "box-101", "demo", "101 教室", "zh")
    return tmp_path / "box"


def joins(
    site: Server, box: Path, token: str, meanwhile: Callable[[], object] | None = None, serial: str = SERIAL,
    address: str = "", pin: str = "",
) -> Joined:
    """Join; `meanwhile` is what happens while the box waits, once."""
    def sleep(_: float) -> None:
        assert meanwhile is not None
        meanwhile()

    wait_s = 60.0 if meanwhile else 0.0
    return join(box, address or site.address, token, pin or site.centre.root_fingerprint, serial, wait_s,
                lambda: None, sleep)


def test_a_box_joins_and_opens_with_what_it_was_given(
    site: Server, box: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = site.centre.desk()
    token = desk.claim("box-101", SERIAL, 48)
    with pytest.raises(StillWaiting):
        joins(site, box, token)
    (waits,) = desk.pending()
    keyid = keyid_of(load_device_key(box / "keys").public_key())
    assert (waits.device, waits.serial) == ("box-101", SERIAL)
    assert central_main(["box", "pending", "--centre", str(site.centre.folder)]) == 0
    told = capsys.readouterr().out.splitlines()[1].split()
    assert (told[:3], told[-2:]) == (["box-101", SERIAL, "127.0.0.1"], ["0", keyid])
    joined = joins(site, box, token, lambda: desk.approve("box-101"))
    assert joined.to_set is None and "#[sync]" not in (box / "box.toml").read_text()
    opened = open_box(box)
    genesis, sync = opened.store.records(limit=1)[0], opened.config.sync
    opened.store.close()
    assert sync is not None and (sync.broker, sync.centre, sync.devices) == ("localhost", "centre", site.address)
    assert genesis.record.body["keyid"] == keyid and len(genesis.record.body["intermediates"]) == 1
    assert site.centre.keyring().check(genesis.envelope) == genesis
    with site.centre.store.read() as tx:
        (record,) = tx.of_type("device.approved")
        assert tx.denied_connections() == []
    body = body_of(record.record)
    assert isinstance(body, DeviceApproved) and (body.device, body.serial, body.keyid) == ("box-101", SERIAL, keyid)
    assert body.certificate == genesis.record.body["certificate"]
    private = [path for path in (box / "keys").iterdir() if b"PRIVATE" in path.read_bytes()]
    assert {path.name for path in private} == {"device.pem", "sealing.pem", "tls.pem"}
    assert all(path.stat().st_mode & 0o077 == 0 for path in private)
    assert own_certificate(box / "keys").subject.rfc4514_string() == "CN=box-101"
    with pytest.raises(JoinedAlready):
        joins(site, box, token)


def test_a_box_that_has_a_sync_section_keeps_it_and_is_told_the_difference(site: Server, box: Path) -> None:
    text = (box / "box.toml").read_text() + '\n[sync]\nbroker = "127.0.0.1"\nport = 1884\n'
    (box / "box.toml").write_text(text)
    desk = site.centre.desk()
    joined = joins(site, box, desk.claim("box-101", SERIAL, 1), lambda: desk.approve("box-101"))
    assert joined.to_set is not None and "port = 1883" in joined.to_set
    assert (box / "box.toml").read_text() == text


def test_a_power_cut_at_any_step_is_as_if_nothing_had_happened(
    site: Server, box: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class PowerCut(BaseException):
        pass

    desk, rename, left = site.centre.desk(), os.rename, 0
    token = desk.claim("box-101", SERIAL, 48)

    def renaming(source: Path, target: Path) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise PowerCut
        rename(source, target)

    with monkeypatch.context() as patched:
        patched.setattr("edge.storage.files.os.rename", renaming)
        with pytest.raises(PowerCut):
            joins(site, box, token)  # the key of the connections was not kept, and nothing asked for it
    with pytest.raises(StillWaiting):
        joins(site, box, token)
    desk.approve("box-101")
    for step in range(6):
        tried = tmp_path / f"box-{step}"
        shutil.copytree(box, tried)
        with monkeypatch.context() as patched:
            left = step
            patched.setattr("edge.storage.files.os.rename", renaming)
            with pytest.raises(PowerCut):
                joins(site, tried, token)
        load_box(tried)
        assert not (tried / "keys" / "device.crt").exists()
        assert joins(site, tried, token).to_set is None
        open_box(tried).store.close()
    with site.centre.store.read() as tx:
        assert len(tx.of_type("device.approved")) == 1
    assert site.alarms() == []


def test_a_certificate_of_the_centre_is_pinned_only_if_the_pinned_root_vouches_for_it(
    site: Server, box: Path, tmp_path: Path,
) -> None:
    """Nobody but the holder of the centre's name gives receipts and orders, whoever answers."""
    other, desk, path = init_centre(tmp_path / "other", test_keys=True), site.centre.desk(), "keys/centre.pem"
    other.store.close()
    token, right = desk.claim("box-101", SERIAL, 48), (site.centre.folder / path).read_text()
    with pytest.raises(StillWaiting):
        joins(site, box, token)
    own = desk.approve("box-101")
    for wrong in ((other.folder / path).read_text(), own.certificate + "".join(own.intermediates or ()), "", "x"):
        (site.centre.folder / path).write_text(wrong)
        with pytest.raises(StrangeAnswer):
            joins(site, box, token)
        assert not {"centre.crt", "device.crt"} & {one.name for one in (box / "keys").iterdir()}
    (site.centre.folder / path).write_text(right)
    joins(site, box, token)
    assert (box / "keys" / "centre.crt").read_text() == right


def test_a_person_may_refuse(site: Server, box: Path) -> None:
    desk = site.centre.desk()
    token = desk.claim("box-101", SERIAL, 1)
    with pytest.raises(RefusedByPerson, match="not ours"):
        joins(site, box, token, lambda: desk.refuse("box-101", "not ours"))
    with site.centre.store.read() as tx:
        (record,) = tx.of_type("device.refused")
    assert isinstance(body := body_of(record.record), DeviceRefused) and body.reason == "not ours"
    with pytest.raises(RefusedByPerson):
        joins(site, box, token)


def test_a_token_serves_one_pair_of_keys(site: Server, box: Path, tmp_path: Path) -> None:
    desk = site.centre.desk()
    token = desk.claim("box-101", SERIAL, 1)
    with pytest.raises(StillWaiting):
        joins(site, box, token)
    make_box(tmp_path / "thief", "box-101", "demo", "", "zh")
    with pytest.raises(Refused, match="used already"):
        joins(site, tmp_path / "thief", token)
    assert [alarm.params["why"] for alarm in site.alarms()] == ["token_used"]
    joins(site, box, token, lambda: desk.approve("box-101"))


def test_a_token_for_another_machine_or_name_is_refused_and_recorded(site: Server, box: Path) -> None:
    desk = site.centre.desk()
    with pytest.raises(Refused, match="another machine"):
        joins(site, box, desk.claim("box-101", "abcd", 1))
    with pytest.raises(Refused, match="another name"):
        joins(site, box, desk.claim("box-102", SERIAL, 1))
    assert [alarm.params["why"] for alarm in site.alarms()] == ["other_serial", "other_name"]
    assert desk.pending() == []


def test_who_guesses_tokens_is_locked_out_and_recorded(site: Server, box: Path) -> None:
    desk = site.centre.desk()
    for _ in range(10):
        with pytest.raises(Refused, match="not known there"):
            joins(site, box, "AAAA-BBBB")
    right = desk.claim("box-101", SERIAL, 1)
    with pytest.raises(Refused, match="too many tries"):
        joins(site, box, right)
    assert [alarm.params["why"] for alarm in site.alarms()] == ["too_many_tries"]
    assert desk.pending() == []


def test_a_centre_with_another_fingerprint_hears_nothing(site: Server, box: Path) -> None:
    token = site.centre.desk().claim("box-101", SERIAL, 1)
    with pytest.raises(NotThePinned, match="nothing was sent"):
        joins(site, box, token, pin="ab" * 32)
    assert site.centre.desk().pending() == []


def test_whoever_shows_a_root_that_is_not_its_own_hears_no_token(site: Server, box: Path, tmp_path: Path) -> None:
    other = init_centre(tmp_path / "other", test_keys=True)
    token = other.desk().claim("box-101", SERIAL, 1)
    with serving(other) as liar:
        shutil.copy(site.centre.folder / "keys" / "tls-root.pem", other.folder / "keys" / "tls-root.pem")
        with pytest.raises(CentreAway, match="vouches for its certificate"):
            joins(site, box, token, address=liar.address)
        assert other.desk().pending() == []
    other.store.close()


def test_the_server_speaks_tls_1_3_alone(site: Server) -> None:
    context = ssl.create_default_context(cafile=str(site.centre.folder / "keys" / "tls-root.pem"))
    port = int(site.address.rpartition(":")[2])
    with socket.create_connection(("localhost", port)) as plain, context.wrap_socket(
            plain, server_hostname="localhost") as secure:
        assert secure.version() == "TLSv1.3"
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with socket.create_connection(("localhost", port)) as plain, pytest.raises(ssl.SSLError):
        context.wrap_socket(plain, server_hostname="localhost")


def test_no_bytes_do_more_than_get_a_refusal(site: Server) -> None:
    context = ssl.create_default_context(cafile=str(site.centre.folder / "keys" / "tls-root.pem"))
    shaped = b'{"token":"A","serial":"s","device":"box-101","request":"x","tls_request":"y"}'
    with httpx.Client(verify=context, trust_env=False) as client:
        for body in (b"", b"x", b"[]", b"[" * 9000, b'{"token": 1}', b"\xff" * 20_000, shaped):
            answer = client.post(f"{site.address}/devices/claim", content=body)
            assert (answer.status_code, answer.json()["error"]) == (403, "BadRequest")
        assert client.get(f"{site.address}/nothing").status_code == 404


def test_a_request_must_be_signed_by_the_key_that_it_names(site: Server, box: Path) -> None:
    token = site.centre.desk().claim("box-101", SERIAL, 1)
    centre = CentreOverHttps(site.address, fetch_root(site.address, site.centre.root_fingerprint))
    own, tls = request_for(load_device_key(box / "keys"), "box-101"), request_for(waiting_key(box / "keys"), "box-101")
    asks = {"token": token, "serial": SERIAL, "device": "box-101", "request": own, "tls_request": tls}
    at = own.index("\n", 200) - 9
    for wrong in (
        {"request": own[:at] + ("A" if own[at] != "A" else "B") + own[at + 1:]}, {"tls_request": own},
        {"request": request_for(load_device_key(box / "keys"), "box-102")},
    ):
        with pytest.raises(Refused):
            centre.post("/devices/claim", {**asks, **wrong})
    assert site.centre.desk().pending() == []
    assert centre.post("/devices/claim", asks) == {"state": "waiting"}
    centre.close()


def test_a_box_that_joined_sends_its_video_to_the_same_server_and_trusts_nobody_else(
    site: Server, box: Path, tmp_path: Path,
) -> None:
    token = site.centre.desk().claim("box-101", SERIAL, 48)
    joins(site, box, token, lambda: site.centre.desk().approve("box-101"))
    film = os.urandom(300_000)
    job = Job(1, hashlib.sha256(film).hexdigest(), "r-1/000000.mp4", len(film))
    (tmp_path / "film").write_bytes(film)
    opened = open_box(box)
    opened.store.append("segment", segment_of(film, MORNING, 60))
    opened.store.append("alarm", Alarm("camera.silent", {}))
    messages = [Message("box-101", one.envelope) for one in opened.store.records()]
    opened.store.close()
    site.centre.collector().take(messages)
    sync = opened.config.sync
    assert sync is not None and sync.segments == site.address
    signer, root = KeySigner(opened.keys.device), (box / "keys" / "tls-root.crt").read_text()

    def carried(name: str, trusted: str | None) -> int:
        carrier = Carrier(site.address, make_client(None, trusted), name, "centre", signer, Pace(None))
        with contextlib.closing(carrier):
            return carrier.carry(job, tmp_path / "film", lambda *_: None)

    assert carried("box-102", root) == 401
    with pytest.raises(httpx.ConnectError):
        carried("box-101", None)
    assert carried("box-101", root) == 201
    assert site.centre.objects.intact(job.sha256)
    site.centre.desk().revoke("box-101", "stolen")
    assert carried("box-101", root) == 401
