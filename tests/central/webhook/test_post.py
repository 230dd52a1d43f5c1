"""A signed POST to somebody who is not trusted: what counts as taken, what is tried again, what is never reached."""
from __future__ import annotations

import base64
import dataclasses
import hashlib
import hmac
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from central.errors import BadTarget
from central.webhook import post as module
from central.webhook.post import PRIVATE, SLOW, Place, place_of, post, signature
from tests.central.webhook.receiver import Act, Receiver, drip, hang_up, receiving, say_nothing, slow_body, status

SECRET, BODY, NOW_S = b"s" * 32, b'{"v":1}', 1_772_412_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    with receiving(tmp_path_factory.mktemp("receiver")) as one:
        yield one


@pytest.fixture
def receiver(server: Receiver) -> Receiver:
    server.came.clear()
    server.acts.clear()
    return server


@pytest.fixture
def place(receiver: Receiver) -> Place:
    return place_of(receiver.url, True, receiver.ca)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SILENT_S", 0.3)
    monkeypatch.setattr(module, "WHOLE_S", 0.5)


def test_what_arrives_is_signed_as_the_standard_says(place: Place, receiver: Receiver) -> None:
    """Standard Webhooks: HMAC-SHA256 of id, timestamp and body, here computed by hand."""
    assert post(place, SECRET, "evt_1", BODY, NOW_S).taken
    (came,) = receiver.came
    mac = hmac.new(SECRET, b"evt_1.1772412000." + BODY, hashlib.sha256).digest()
    assert (came.id, came.time_s, came.body) == ("evt_1", NOW_S, BODY)
    assert came.signature == "v1," + base64.b64encode(mac).decode()


def test_the_vector_of_the_standard() -> None:
    """Of the specification's own example (standard-webhooks, spec/standard-webhooks.md)."""
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    assert signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body) == (
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")


@pytest.mark.parametrize(("act", "taken", "again", "why"), [
    (status(200), True, True, "HTTP 200"), (status(202), True, True, "HTTP 202"),
    (slow_body, True, True, "HTTP 200"),
    (status(500), False, True, "HTTP 500"), (status(503), False, True, "HTTP 503"),
    (status(404), False, True, "HTTP 404"), (status(429), False, True, "HTTP 429"),
    (status(302, Location="https://localhost:1/"), False, True, "HTTP 302"),
    (status(400), False, False, "HTTP 400"), (status(422), False, False, "HTTP 422"),
    (hang_up, False, True, None),
])
def test_what_counts_as_taken_and_what_is_tried_again(
    place: Place, receiver: Receiver, act: Act, taken: bool, again: bool, why: str | None
) -> None:
    receiver.acts.append(act)
    answer = post(place, SECRET, "evt_1", BODY, NOW_S)
    assert (answer.taken, answer.again) == (taken, again) and answer.why
    assert why is None or answer.why == why
    assert len(receiver.came) == 1, "no redirect is followed, nothing is sent twice"


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(("act", "why"), [(say_nothing, "timed out"), (drip, SLOW)])
def test_whoever_takes_too_long_is_left(place: Place, receiver: Receiver, act: Act, why: str) -> None:
    receiver.acts.append(act)
    answer = post(place, SECRET, "evt_1", BODY, NOW_S)
    assert (answer.taken, answer.again, answer.why) == (False, True, why)


def test_nobody_is_told_whose_certificate_does_not_hold(place: Place, receiver: Receiver, tmp_path: Path) -> None:
    for other in (dataclasses.replace(place, ca=None), dataclasses.replace(place, host="127.0.0.2"),
                  dataclasses.replace(place, ca=tmp_path / "none.pem")):
        answer = post(other, SECRET, "evt_1", BODY, NOW_S)
        assert not answer.taken and answer.again and answer.why
    assert receiver.came == []


def test_an_address_of_a_private_network_is_not_reached_unless_it_is_meant(place: Place, receiver: Receiver) -> None:
    answer = post(dataclasses.replace(place, private=False), SECRET, "evt_1", BODY, NOW_S)
    assert (answer.taken, answer.again, answer.why) == (False, True, PRIVATE) and receiver.came == []


@pytest.mark.parametrize("address", [
    "127.0.0.1", "10.1.2.3", "192.168.1.1", "172.16.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1",
    "::1", "fe80::1%eth0", "fd00::1", "::ffff:127.0.0.1", "64:ff9b::a00:1", "::",
    "fec0::1", "::7f00:1", "::ffff:0:7f00:1", "64:ff9b:1::a00:1", "2002:7f00:1::1", "2002:a00:1::1",
])
def test_what_a_name_may_lead_to(address: str, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever owns the name decides where it leads; what was looked at is what is connected to."""
    def found(*args: Any, **more: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443))]

    monkeypatch.setattr(socket, "getaddrinfo", found)
    monkeypatch.setattr(socket, "create_connection", lambda *args, **more: pytest.fail("connected"))
    answer = post(dataclasses.replace(place, private=False), SECRET, "evt_1", BODY, NOW_S)
    assert answer.why == PRIVATE


def test_a_public_address_is_reached_at_that_address(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[Any] = []

    def connect(address: Any, *args: Any, **more: Any) -> Any:
        tried.append(address)
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **more: [
        (0, 0, 0, "", ("10.0.0.1", 443)), (0, 0, 0, "", ("1.1.1.1", 443)),
        (0, 0, 0, "", ("2606:4700::1111", 443)), (0, 0, 0, "", ("8.8.8.8", 443))])
    monkeypatch.setattr(socket, "create_connection", connect)
    answer = post(dataclasses.replace(place, private=False), SECRET, "evt_1", BODY, NOW_S)
    assert (answer.why, tried) == ("Connection refused", [
        ("1.1.1.1", 443), ("2606:4700::1111", 443), ("8.8.8.8", 443)])


@pytest.mark.parametrize("url", [
    "http://x.example/", "https://", "https://a:b@x.example/", "https://x.example/#a", "https://x.example:99999/",
    "https://x.example/a b", "https://x.example/\r\nHost: y", "ftp://x.example/", "https://[::1",
])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(BadTarget):
        place_of(url, False, None)


def test_an_address_with_port_and_query() -> None:
    assert place_of("https://x.example:8443/a/b?c=d", False, None) == Place("x.example", 8443, "/a/b?c=d", False, None)
    assert place_of("https://x.example", True, None) == Place("x.example", 443, "/", True, None)
