"""Parsers of how boxes get in: claims and renewals at the centre, its answers at a box, keys of both."""
from __future__ import annotations

import contextlib
import dataclasses
import functools
import itertools
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.types import ASGIApp

from central.authority import TLS_CA, load_authority, load_root, tls_authorities
from central.devices.app import Told, _told, create_app
from central.devices.claims import Presented, key_of_request
from central.devices.desk import Desk
from central.devices.errors import BadRequest
from central.devices.limits import Tries
from central.devices.own import OWN as CENTRE_TLS
from central.devices.own import keep_certificate, server_context
from central.errors import BadKeyFile, NoIntermediate
from central.files import private_pem
from central.wiring import init_centre
from edge.config import load_box
from edge.errors import BadKeyFile as BadBoxKeyFile
from edge.errors import BadKeys
from edge.identity.centre import _read, checked_address
from edge.identity.errors import BadAddress, Refused, StrangeAnswer
from edge.identity.join import decoded, take
from edge.identity.renew import is_due
from edge.identity.tls import client_context, own_certificate, request_for, take_certificate, waiting_key
from edge.keys import load_keys
from edge.setup import make_box
from evidence.certs import fingerprint, read_certificate
from evidence.errors import BadCertificate, BadRecord
from evidence.renewal import RENEWAL_TYPE, read_renewal, seal_renewal
from evidence.seal import KeySigner, seal
from tests.central.helpers import MORNING, FixedClock
from tests.fuzz.asgi import ask, request
from tests.fuzz.parser import Bench, Parser

OWN, TLS = (Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in (7, 8))
ADDRESS, HOST = "https://centre.example:8471", {"host": "centre.example:8471"}
TOLD = Told("centre", None, 8883, True)


@dataclasses.dataclass(frozen=True)
class Joined:
    """What a box `box-1` of a centre gets. `pin`: the fingerprint of the root; `answer`: to its claim."""

    pin: str
    answer: dict[str, object]


@contextlib.contextmanager
def a_desk(folder: Path) -> Iterator[tuple[Desk, ASGIApp, str, Path]]:
    """Where boxes are let in, the server before it, a token that is open, and the folder of the keys."""
    centre = init_centre(folder / "centre", test_keys=True, clock=FixedClock())
    centre.keep_certificate()
    hours = itertools.count(0, 3600)
    keys, desk = centre.folder / "keys", centre.desk()
    tries, introductions = (Tries(lambda: float(next(hours))) for _ in range(2))
    app = create_app(desk, centre.welcome(), keys, TOLD, tries, introductions)
    yield desk, app, desk.claim("box-1", "ab12", 1), keys
    centre.store.close()


def _claim(token: str) -> dict[str, str]:
    return {"token": token, "serial": "ab12", "device": "box-1", "request": request_for(OWN, "box-1"),
            "tls_request": request_for(TLS, "box-1")}


def _introduction() -> bytes:
    told = _claim("")
    return json.dumps({key: told[key] for key in ("serial", "request", "tls_request")}).encode()


@functools.cache
def _joined() -> Joined:
    with tempfile.TemporaryDirectory() as folder, a_desk(Path(folder)) as (desk, app, token, keys):
        assert ask(app, request("POST", "/devices/claim", HOST, json.dumps(_claim(token)))) == 200
        desk.approve("box-1")
        claim = desk.present(token, _presented(), "")
        return Joined(fingerprint(read_certificate((keys / "root.pem").read_text())), _told(claim, keys, TOLD))


def _presented() -> Presented:
    return Presented("box-1", "ab12", OWN.public_key(), TLS.public_key())


def _request(data: bytes, bench: Bench) -> None:
    """Whole requests."""
    _, app, _, _ = bench.kept(a_desk)
    status = ask(app, data)
    assert status < 500, f"{status}"


def _asks(path: str) -> Callable[[bytes, Bench], None]:
    """What a request holds. In a claim TOKEN is the one that is open."""
    def read(data: bytes, bench: Bench) -> None:
        _, app, token, _ = bench.kept(a_desk)
        body = data.decode("utf-8", "replace").replace("TOKEN", token)
        status = ask(app, request("POST", path, HOST, body))
        assert status < 500, f"{status}"

    return read


@contextlib.contextmanager
def a_known_box(folder: Path) -> Iterator[Desk]:
    """A desk at which `box-1` was approved."""
    with a_desk(folder) as (desk, _, token, _):
        desk.present(token, _presented(), "")
        desk.approve("box-1")
        yield desk


def _renewal(data: bytes, bench: Bench) -> object:
    """Whatever the evidence key of a box signed."""
    envelope = seal(data[:100_000], RENEWAL_TYPE, KeySigner(OWN))
    with contextlib.suppress(BadRecord):
        read_renewal(envelope, OWN.public_key())
    return bench.kept(a_known_box).renew(envelope)


def _renewal_seeds() -> list[bytes]:
    return [json.dumps({"device": "box-1", "request": request_for(TLS, "box-1"), "v": 1}, separators=(",", ":"),
                       sort_keys=True).encode()]


def _requests() -> list[bytes]:
    envelope = seal_renewal("box-1", request_for(TLS, "box-1"), KeySigner(OWN)).decode()
    return [request("GET", "/devices/root", HOST), request("POST", "/devices/claim", HOST, json.dumps(_claim("x"))),
            request("POST", "/devices/renew", HOST, json.dumps({"envelope": envelope}))]


@contextlib.contextmanager
def a_keys_folder(folder: Path) -> Iterator[Path]:
    """CENTRE/keys and, beside it, the folder of the root."""
    centre = init_centre(folder / "centre", test_keys=True, clock=FixedClock())
    centre.keep_certificate()
    yield centre.folder
    centre.store.close()


@functools.cache
def _centre_files() -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder, a_keys_folder(Path(folder)) as made:
        return {str(path.relative_to(made)): path.read_bytes() for path in made.rglob("*.*") if path.is_file()}


def _centre_file(name: str) -> Callable[[bytes, Bench], object]:
    """All authorities of a centre with these bytes in one of its files."""
    def read(data: bytes, bench: Bench) -> object:
        folder = bench.folder / "centre"
        for other in ("root/root.key", "root/root.pem", "keys/ca.pem", f"keys/{TLS_CA}", f"keys/{CENTRE_TLS}"):
            (folder / other).parent.mkdir(parents=True, exist_ok=True)
            (folder / other).write_bytes(data if other == name else _centre_files()[other])
        if name.startswith("root/"):
            return load_root(folder / "root", None)
        if name.endswith(CENTRE_TLS):
            # What cannot be read is made anew.
            keep_certificate(folder / "keys", "centre", ("localhost",), MORNING)
            assert not keep_certificate(folder / "keys", "centre", ("localhost",), MORNING)
            return server_context(folder / "keys")
        return load_authority(folder / "keys/ca.pem"), list(tls_authorities(folder / "keys"))

    return read


@contextlib.contextmanager
def a_waiting_box(folder: Path) -> Iterator[Path]:
    """A box whose keys wait for their certificates."""
    make_box(folder / "box", "box-1", "demo", "101", "zh")
    keys = folder / "box/keys"
    (keys / "device.pem").write_bytes(private_pem(OWN))
    (keys / "tls.wait.pem").write_bytes(private_pem(TLS))
    (keys / "tls.wait.pem").chmod(0o600)
    yield folder / "box"


def _afresh(bench: Bench) -> Path:
    """That box, as it was before an answer came."""
    folder = bench.folder / "box"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(bench.kept(a_waiting_box), folder)
    return folder


def _approval(data: bytes, bench: Bench) -> None:
    """What comes to a box that asks: it joins, or is as it was and can ask again."""
    folder, pin = _afresh(bench), _joined().pin
    try:
        answer = decoded(_read(200, data))
        take(folder, load_box(folder), pin, answer, "centre.example", ADDRESS)
    except (StrangeAnswer, BadKeys):
        assert not (folder / "keys/device.crt").exists()
        assert waiting_key(folder / "keys").public_key() == TLS.public_key()
        load_box(folder)
        raise
    assert load_keys(folder / "keys").root_fingerprint == pin
    load_box(folder)
    assert own_certificate(folder / "keys").public_key() == TLS.public_key()


def _said(data: bytes, _: Bench) -> object:
    status = (200, 403, 500)[len(data) % 3]
    return _read(status, data)


def _root(data: bytes, _: Bench) -> object:
    """The root that a centre shows, once it is found to be the pinned one."""
    text = data.decode("utf-8", "replace")
    if fingerprint(read_certificate(text, "root")) == _joined().pin:
        return client_context(text)
    return None


def _connection(data: bytes, bench: Bench) -> None:
    """A renewed certificate, and what a box then thinks of its own."""
    keys = _afresh(bench) / "keys"
    try:
        take_certificate(keys, data.decode("utf-8", "replace"))
    finally:
        is_due(keys, MORNING)


def _own_file(name: str) -> Callable[[bytes, Bench], object]:
    def read(data: bytes, bench: Bench) -> object:
        keys = _afresh(bench) / "keys"
        (keys / name).write_bytes(data)
        is_due(keys, MORNING)
        return waiting_key(keys) if name == "tls.wait.pem" else own_certificate(keys).public_key()

    return read


def _box_tls() -> list[bytes]:
    return [private_pem(TLS) + str(_joined().answer["tls_certificate"]).encode()]


DESK = ("central/devices/app.py", "central/devices/desk.py", "central/devices/claims.py")
HTTPS = ("edge/identity/centre.py",)

PARSERS = (
    Parser("a request of a box that wants in", DESK, "json", _requests, _request, (), 40),
    Parser("a claim", DESK, "json", lambda: [json.dumps(_claim("TOKEN")).encode()], _asks("/devices/claim"), (), 32),
    Parser("an introduction", DESK, "json", lambda: [_introduction()], _asks("/devices/introduce"), (), 32),
    Parser("a certificate request", ("central/devices/claims.py",), "pem", lambda: [request_for(TLS, "box-1").encode()],
           lambda data, _: key_of_request(data.decode("utf-8", "surrogateescape")), (BadRequest,), 80),
    Parser("a renewal that a box signed", (*DESK, "evidence/renewal.py"), "json", _renewal_seeds, _renewal,
           (BadRequest,), 60),
    *(Parser(f"the centre's {name}",
             ("central/authority.py", "central/files.py", "central/locked.py", "central/devices/own.py"), "pem",
             lambda name=name: [_centre_files()[name]], _centre_file(name),  # type: ignore[misc]
             (BadKeyFile, BadCertificate, NoIntermediate), 20)
      for name in ("root/root.key", "root/root.pem", "keys/ca.pem", f"keys/{TLS_CA}", f"keys/{CENTRE_TLS}")),
    Parser("an approval, at the box", ("edge/identity/join.py", *HTTPS, "edge/identity/tls.py"), "json",
           lambda: [json.dumps(_joined().answer).encode()], _approval, (StrangeAnswer, BadKeys), 32),
    Parser("an answer of the centre, at the box", HTTPS, "json", lambda: [b'{"a": 1 }'], _said,
           (StrangeAnswer, Refused), 40),
    Parser("the root that a centre shows", (*HTTPS, "edge/identity/tls.py"), "pem",
           lambda: [str(_joined().answer["tls_root"]).encode()], _root, (BadCertificate, BadBoxKeyFile), 80),
    Parser("the address of a centre", HTTPS, "text", lambda: [ADDRESS.encode(), b"https://[::1]:8471/"],
           lambda data, _: checked_address(data.decode("utf-8", "surrogateescape")), (BadAddress,), 60),
    Parser("a certificate for a box's connections", ("edge/identity/tls.py",), "pem",
           lambda: [str(_joined().answer["tls_certificate"]).encode()], _connection, (BadBoxKeyFile,), 60),
    Parser("a box's keys/tls.pem", ("edge/identity/tls.py",), "pem", _box_tls, _own_file("tls.pem"), (BadBoxKeyFile,),
           30),
    Parser("a box's keys/tls.wait.pem", ("edge/identity/tls.py",), "pem", lambda: [private_pem(TLS)],
           _own_file("tls.wait.pem"), (BadBoxKeyFile,), 20),
)
