"""What one box in the network of a school does to the others there, asked as boxes ask: over HTTP, from one address."""
from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from fastapi.testclient import TestClient

from central.devices import introductions
from central.devices.app import Told, create_app
from central.devices.introductions import Named
from central.devices.limits import ALL, EACH, Tries
from central.wiring import Centre
from evidence.claim_code import claim_code


def request_of(number: int, device: str = "unnamed") -> dict[str, Any]:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, device)])
    keys = [Ed25519PrivateKey.from_private_bytes(bytes([number, which]) + bytes(30)) for which in (0, 1)]
    requests = [x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, None) for key in keys]
    pems = [one.public_bytes(Encoding.PEM).decode() for one in requests]
    return {"serial": f"s{number}", "request": pems[0], "tls_request": pems[1]}


@pytest.fixture
def client(centre: Centre) -> Iterator[TestClient]:
    tries, introduced = Tries(time.monotonic), Tries(time.monotonic)
    app = create_app(centre.desk(), centre.welcome(), centre.folder / "keys", Told("centre", None, 8883, True), tries,
                     introduced)
    with TestClient(app) as made:
        yield made


def introduce(client: TestClient, number: int) -> tuple[int, str]:
    answer = client.post("/devices/introduce", json=request_of(number))
    return answer.status_code, answer.json().get("state") or answer.json()["error"]


def approve(centre: Centre, device: str) -> None:
    with centre.store.read() as tx:
        (claim,) = [one for one in tx.claims("introduced") if one.serial == "s1"]
    code = claim_code(bytes.fromhex(claim.evidence_key or ""), bytes.fromhex(claim.tls_key or ""), "s1")
    centre.welcome().claim(code, claim.evidence_key or "", Named(device, "", None, "demo", "zh"), "admin", True)
    centre.desk().approve(device)


def test_who_finds_no_room_shuts_nobody_out_however_often_it_asks(
    centre: Centre, client: TestClient, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(introductions, "EACH", 2)
    for number in (1, 2):
        assert introduce(client, number) == (200, "introduced")
    for _ in range(EACH + 2):
        assert introduce(client, 3) == (403, "NoRoom")
    approve(centre, "box-1")
    assert introduce(client, 1) == (200, "approved")
    assert introduce(client, 3) == (200, "introduced")


def test_one_machine_with_many_ipv6_addresses_shuts_nobody_else_out(centre: Centre) -> None:
    app = create_app(centre.desk(), centre.welcome(), centre.folder / "keys", Told("centre", None, 8883, True),
                     Tries(time.monotonic), Tries(time.monotonic))
    bad = request_of(9) | {"request": "x"}
    for number in range(ALL + 1):
        client = TestClient(app, client=(f"2001:db8::{number:x}", 50000))
        client.post("/devices/introduce", json=bad)
    assert introduce(client, 1) == (429, "TooManyTries")
    assert introduce(TestClient(app, client=("2001:db8:0:1::1", 50000)), 1) == (200, "introduced")


def test_bad_posts_from_their_network_keep_no_known_box_from_its_approval(centre: Centre, client: TestClient) -> None:
    for number in (1, 2):
        assert introduce(client, number) == (200, "introduced")
    bad = request_of(9) | {"request": "x"}
    assert [client.post("/devices/introduce", json=bad).status_code for _ in range(EACH + 1)] == [403] * EACH + [429]
    assert introduce(client, 3) == (429, "TooManyTries")
    other = request_of(1) | {"tls_request": request_of(9)["tls_request"]}
    assert client.post("/devices/introduce", json=other).status_code == 429
    assert introduce(client, 2) == (200, "introduced")
    approve(centre, "box-1")
    assert introduce(client, 1) == (200, "approved")


def test_guesses_from_their_network_keep_no_box_with_a_token_from_its_approval(
    centre: Centre, client: TestClient,
) -> None:
    token = centre.desk().claim("box-1", "s1", 1)
    asks = request_of(1, "box-1") | {"device": "box-1", "token": token}
    assert client.post("/devices/claim", json=asks).json()["state"] == "waiting"
    guess = request_of(2, "box-1") | {"device": "box-1", "token": "AAAA"}
    assert [client.post("/devices/claim", json=guess).status_code for _ in range(EACH + 1)] == [403] * EACH + [429]
    stolen = request_of(2, "box-1") | {"device": "box-1", "token": token}
    assert client.post("/devices/claim", json=stolen).status_code == 429
    centre.desk().approve("box-1")
    assert client.post("/devices/claim", json=asks).json()["state"] == "approved"


def test_guesses_from_one_machine_with_many_ipv6_addresses_shut_out_no_box_with_a_token(centre: Centre) -> None:
    tries = Tries(time.monotonic)
    app = create_app(centre.desk(), centre.welcome(), centre.folder / "keys", Told("centre", None, 8883, True), tries,
                     Tries(time.monotonic))
    asks = request_of(1, "box-1") | {"device": "box-1", "token": centre.desk().claim("box-1", "s1", 1)}
    guess = asks | {"token": "AAAA"}
    for number in range(ALL):
        TestClient(app, client=(f"2001:db8::{number:x}", 50000)).post("/devices/claim", json=guess)
    other = TestClient(app, client=("2001:db8:0:1::1", 50000))
    assert other.post("/devices/claim", json=asks).json()["state"] == "waiting"
