"""What a box takes from whoever answers: bounded, in one shape, or one of our own errors."""
from __future__ import annotations

import base64
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import BadKeyFile
from edge.identity.centre import MAX_ANSWER, _answer, checked_address
from edge.identity.errors import WHY, BadAddress, BadPin, CentreAway, NoSerial, Refused, StrangeAnswer
from edge.identity.join import Broker, _sync_toml, checked_pin, decoded
from edge.identity.serial import machine_serial
from edge.identity.tls import client_context, own_certificate, take_certificate, waiting_key
from evidence.certs import pem
from evidence.errors import ZaitangError
from tests.evidence.making import Site


def answered(status: int, body: bytes) -> dict[str, object]:
    transport = httpx.MockTransport(lambda _request: httpx.Response(status, stream=httpx.ByteStream(body)))
    with httpx.Client(transport=transport) as client:
        return _answer(client, "POST", "https://centre.example", "/devices/claim", {})


@pytest.mark.parametrize(("status", "body", "error"), [
    (200, b"x" * (MAX_ANSWER + 1), StrangeAnswer), (200, b"[]", StrangeAnswer), (200, b"\xff", StrangeAnswer),
    (200, b"[" * 50_000, StrangeAnswer), (502, b"<html>", StrangeAnswer), (403, b'{"error": "TokenUsed"}', Refused),
    (403, b'{"error": ["x"]}', Refused), (500, b"{}", Refused),
])
def test_an_answer_that_is_none_is_one_of_our_errors(status: int, body: bytes, error: type[ZaitangError]) -> None:
    with pytest.raises(error):
        answered(status, body)


def test_a_refusal_is_told_in_words_of_our_own_whatever_the_centre_writes() -> None:
    with pytest.raises(Refused) as refused:
        answered(403, b'{"error": "TokenUsed", "why": "<script>"}')
    assert refused.value.params["why"] == WHY["TokenUsed"]


def test_a_centre_that_does_not_answer_is_away() -> None:
    def broken(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with httpx.Client(transport=httpx.MockTransport(broken)) as client, pytest.raises(CentreAway):
        _answer(client, "GET", "https://centre.example", "/devices/root", None)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=9), lambda inner: st.lists(
    inner, max_size=3) | st.dictionaries(st.sampled_from(["state", "broker", "host", "port"]), inner, max_size=4)))
def test_any_json_is_an_answer_or_strange(value: object) -> None:
    try:
        decoded(value if isinstance(value, dict) else {"state": value})
    except StrangeAnswer:
        return


@pytest.mark.parametrize("address", [
    "http://centre.example", "centre.example", "https://", "https://a:b@centre.example", "https://centre.example/x",
    "https://centre.example?x", "https://[::1", "https://centre.example:port", "",
])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(BadAddress):
        checked_address(address)


def test_a_fingerprint_may_be_spelled_as_people_do() -> None:
    assert checked_pin(":".join(["AB"] * 32)) == checked_pin("ab" * 32) == "ab" * 32
    for wrong in ("", "ab" * 31, "zz" * 32, "ab" * 33):
        with pytest.raises(BadPin):
            checked_pin(wrong)


@pytest.mark.parametrize(("host", "centre"), [('x"\ny = 1', "centre"), ("a b", "centre"), ("x", 'c"')])
def test_nothing_that_is_told_can_write_other_settings(host: str, centre: str) -> None:
    with pytest.raises(StrangeAnswer):
        _sync_toml(Broker(host, 1, True), centre, "h", "https://h")


@pytest.mark.parametrize(("said", "serial"), [
    (b"100000003d1d1c36\0", "100000003d1d1c36"), (b"VMware-56 4d\n", None), (b"None\n", None), (b"0000000000\n", None),
    (b"\xff\xfe", None), (b"ABC-123\n", "ABC-123"),
])
def test_the_serial_number_is_what_the_machine_tells_if_it_is_one(
    tmp_path: Path, said: bytes, serial: str | None
) -> None:
    (tmp_path / "first").write_bytes(said)
    (tmp_path / "last").write_bytes(b"fallback\n")
    found = machine_serial([tmp_path / "absent", tmp_path / "first", tmp_path / "last"])
    assert found == (serial or "fallback")
    with pytest.raises(NoSerial):
        machine_serial([tmp_path / "absent"])


def test_damaged_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "tls.pem").write_bytes(b"half a fi")
    with pytest.raises(BadKeyFile, match=r"tls\.pem"):
        own_certificate(tmp_path)
    key = waiting_key(tmp_path)
    assert waiting_key(tmp_path).private_bytes_raw() == key.private_bytes_raw()
    for text in ("", "x", "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"):
        with pytest.raises(BadKeyFile):
            take_certificate(tmp_path, text)
        with pytest.raises(BadKeyFile):
            client_context(text)
    (tmp_path / "tls.wait.pem").write_bytes(b"half a ke")
    with pytest.raises(BadKeyFile, match=r"tls\.wait\.pem"):
        waiting_key(tmp_path)


def test_a_root_among_other_letters_is_damaged(tmp_path: Path) -> None:
    with pytest.raises(BadKeyFile):
        client_context("根 -----BEGIN CERTIFICATE-----\n")


def altered(data: bytes, before: bytes = b"+ep", after: bytes = b"'ep") -> bytes:
    """The same DER, altered, in PEM again; by itself with keys of a kind that nobody knows."""
    begin, *middle, end = data.splitlines()
    whole = base64.b64decode(b"".join(middle))
    assert before in whole
    return b"\n".join([begin, base64.b64encode(whole.replace(before, after)), end, b""])


def test_a_key_of_an_unknown_kind_is_damaged(tmp_path: Path) -> None:
    waiting_key(tmp_path)
    whole = (tmp_path / "tls.wait.pem").read_bytes()
    (tmp_path / "tls.wait.pem").write_bytes(altered(whole))
    with pytest.raises(BadKeyFile):
        waiting_key(tmp_path)


@pytest.mark.parametrize(("before", "after"), [(b"+ep", b"'ep"),
                                               (b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x05")])
def test_a_certificate_of_a_kind_that_nobody_knows_is_damaged(tmp_path: Path, before: bytes, after: bytes) -> None:
    certificate = altered(pem(Site().root).encode(), before, after)
    with pytest.raises(BadKeyFile):
        take_certificate(tmp_path, certificate.decode())
    assert not (tmp_path / "tls.pem").exists()
