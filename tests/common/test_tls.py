"""Why a connection failed by a certificate, as the context remembers it; and dates, which a clock that is not set does
not judge."""
from __future__ import annotations

import contextlib
import datetime
import socket
import ssl
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from central.devices import connections
from central.files import private_pem
from common.tls import Trouble, client_context, trouble_of
from evidence.certs import make_root, pem
from evidence.times import SECOND

DAY = 86_400 * SECOND
NOW = int(datetime.datetime.now(datetime.UTC).timestamp()) * SECOND


class Site:
    """A root and its authority, from long before to long after now."""

    def __init__(self, folder: Path) -> None:
        key, own = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
        root = connections.Authority(make_root(key, "root", 7, NOW - 900 * DAY, 3000, True), key)
        self.root = connections.make_tls_root(root, "root", NOW - 900 * DAY, 3000)
        self.authority = connections.Authority(
            connections.make_tls_authority(root, own.public_key(), "authority", NOW - 900 * DAY, 3000), own)
        self.folder = folder
        folder.mkdir()

    def certificate(self, name: str, days_ago: int = 0, server: bool = False) -> Path:
        """Of somebody, made so many days ago: it holds for 90."""
        key, at = Ed25519PrivateKey.generate(), NOW - days_ago * DAY
        own = (connections.issue_server(self.authority, key.public_key(), name, ["localhost"], at) if server
               else connections.issue_client(self.authority, key.public_key(), name, at))
        file = self.folder / f"{name}{days_ago}.pem"
        file.write_bytes(private_pem(key) + pem(own).encode() + pem(self.authority.certificate).encode())
        return file


def met(site: Site, server: Path, client: Path, other: Site | None = None, is_set: bool = True) -> Trouble | None:
    """What ails one connection to a server with that certificate, which answers with a byte."""
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.verify_mode, theirs.minimum_version = ssl.CERT_REQUIRED, ssl.TLSVersion.TLSv1_3
    theirs.load_cert_chain(server)
    theirs.load_verify_locations(cadata=pem(site.root))
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        raw, _ = listening.accept()
        with contextlib.suppress(OSError), theirs.wrap_socket(raw, server_side=True) as tls:
            tls.sendall(tls.recv(1))

    thread = threading.Thread(target=serve)
    thread.start()
    ours = client_context(lambda: is_set)
    ours.trouble = "own"
    ours.load_verify_locations(cadata=pem((other or site).root))
    ours.load_cert_chain(client)
    with (contextlib.suppress(OSError), socket.create_connection(listening.getsockname(), 10) as raw,
          ours.wrap_socket(raw, server_hostname="localhost") as tls):
        tls.sendall(b"x")
        assert tls.recv(1) == b"x"
    thread.join(60)
    listening.close()
    return ours.trouble


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "site")


def test_what_ails_a_connection_is_remembered_until_one_is_good(site: Site, tmp_path: Path) -> None:
    server, client = site.certificate("centre", 1, server=True), site.certificate("box-1")
    assert met(site, server, client) is None
    assert met(site, server, site.certificate("box-1", 95)) == "own"
    assert met(site, server, site.certificate("box-1", -9)) == "own"
    assert met(site, server, client, other=Site(tmp_path / "other")) == "stranger"


@pytest.mark.parametrize("days_ago", [100, -100])
def test_dates_are_judged_by_a_clock_that_is_set_only(site: Site, days_ago: int) -> None:
    server, client = site.certificate("centre", days_ago, server=True), site.certificate("box-1")
    assert met(site, server, client) == "dates"
    assert met(site, server, client, is_set=False) is None


def test_what_is_not_of_certificates_says_nothing() -> None:
    for error in (ssl.SSLError(1, "eof"), ssl.SSLZeroReturnError(), ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] x")):
        assert trouble_of(error) is None
