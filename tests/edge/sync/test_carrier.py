"""One file to the centre, against answers of every kind: what is asked, what is sent, when it gives up."""
from __future__ import annotations

import base64
import contextlib
import dataclasses
import email.utils
import hashlib
import socket
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.asking import Within
from edge.sync import carrier as carrying
from edge.sync.carrier import Carrier
from edge.sync.client import make_client
from edge.sync.pace import Pace
from edge.sync.uploads import Job
from evidence.seal import KeySigner
from evidence.times import MINUTE, utc_us
from evidence.uploads import read_upload
from tests.edge.test_asking import Serve, dripping, serving

KEY = Ed25519PrivateKey.generate()
DATA = bytes(range(250)) * 10
JOB = Job(1, hashlib.sha256(DATA).hexdigest(), "r/1.mp4", len(DATA))
Answer = Callable[[httpx.Request], httpx.Response]


class Shelf:
    """A centre in memory. `odd`: what it answers instead, request by request, None for the right thing."""

    def __init__(self, odd: list[httpx.Response | Exception | None] | None = None, date: str = "") -> None:
        self.data, self.odd, self.date, self.asked, self.kept = b"", odd or [], date, [], list[str | None]()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        body = request.read()
        self.asked.append((request.method, request.headers.get("content-range")))
        self.kept.append(request.headers.get("upload-kept"))
        self.token = read_upload(base64.b64decode(request.headers["authorization"][7:]), KEY.public_key())
        odd = self.odd.pop(0) if self.odd else None
        if isinstance(odd, Exception):
            raise odd
        if odd is not None:
            return odd
        if request.method == "HEAD":
            return self.told(200)
        first = int(request.headers["content-range"].split()[1].split("-")[0])
        if first != len(self.data):
            return self.told(409)
        self.data += body
        return self.told(201 if len(self.data) == len(DATA) else 204)

    def told(self, status: int) -> httpx.Response:
        whole = len(self.data) == len(DATA)
        headers = {"upload-offset": str(len(self.data)), "upload-complete": "?1" if whole else "?0"}
        return httpx.Response(status, headers={**headers, **({"date": self.date} if self.date else {})})


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying, "PART", 1000)
    monkeypatch.setattr(carrying, "CHUNK", 300)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "film").write_bytes(DATA)
    return tmp_path / "film"


def carrier(shelf: Answer) -> Carrier:
    def over_the_line(request: httpx.Request) -> httpx.Response:
        answer = shelf(request)
        return httpx.Response(answer.status_code, headers=answer.headers.raw, stream=httpx.ByteStream(answer.content))

    client = httpx.Client(transport=httpx.MockTransport(over_the_line))
    return Carrier("http://127.0.0.1:9/", client, "box-1", "centre", KeySigner(KEY), Pace(None))


def test_it_goes_in_parts_and_says_how_far_it_is(path: Path) -> None:
    shelf, told = Shelf(), []
    assert carrier(shelf).carry(JOB, path, lambda job, sent: told.append(sent)) == 201
    assert shelf.data == DATA and told == [0, 1000, 2000]
    assert shelf.asked == [("HEAD", None), ("PUT", "bytes 0-999/2500"), ("PUT", "bytes 1000-1999/2500"),
                           ("PUT", "bytes 2000-2499/2500")]
    assert (shelf.token.device, shelf.token.centre, shelf.token.sha256, shelf.token.size) == (
        "box-1", "centre", JOB.sha256, len(DATA))


def test_it_says_of_a_file_that_it_keeps_that_it_was_only_asked_for(path: Path) -> None:
    shelf, only_asked = Shelf(), Shelf()
    carrier(shelf).carry(JOB, path, lambda *_: None)
    carrier(only_asked).carry(dataclasses.replace(JOB, kept=False), path, lambda *_: None)
    assert (shelf.kept, only_asked.kept) == ([None] * 4, ["?0"] * 4)


def test_it_goes_on_where_it_was(path: Path) -> None:
    shelf = Shelf([None, None, httpx.ReadError("cut")])
    mover = carrier(shelf)
    with pytest.raises(httpx.ReadError):
        mover.carry(JOB, path, lambda *_: None)
    assert mover.carry(JOB, path, lambda *_: None) == 201
    assert shelf.data == DATA and shelf.asked[3:] == [
        ("HEAD", None), ("PUT", "bytes 1000-1999/2500"), ("PUT", "bytes 2000-2499/2500")]


def test_what_is_there_already_is_not_sent(path: Path) -> None:
    shelf = Shelf()
    shelf.data = DATA
    assert carrier(shelf).carry(JOB, path, lambda *_: None) == 200
    assert shelf.asked == [("HEAD", None)]


def test_a_centre_that_says_where_to_go_on_is_believed_a_few_times(path: Path) -> None:
    shelf = Shelf([None, httpx.Response(409, headers={"upload-offset": "2000"}), None])
    assert carrier(shelf).carry(JOB, path, lambda *_: None) == 201
    assert shelf.data == DATA
    forth = [httpx.Response(409, headers={"upload-offset": str(n % 2)}) for n in range(50)]
    shelf = Shelf([None, *forth])
    assert carrier(shelf).carry(JOB, path, lambda *_: None) == 409
    assert len(shelf.asked) < 10 and shelf.data == b""


@pytest.mark.parametrize("odd", [
    httpx.Response(404), httpx.Response(507), httpx.Response(500), httpx.Response(302, headers={"location": "http://x"}),
    httpx.Response(409), httpx.Response(401),
])
def test_any_other_answer_ends_it(path: Path, odd: httpx.Response) -> None:
    shelf = Shelf([None, odd])
    assert carrier(shelf).carry(JOB, path, lambda *_: None) == odd.status_code
    assert len(shelf.asked) == 2 and shelf.data == b""


@pytest.mark.parametrize("odd", [
    httpx.Response(200), httpx.Response(201), httpx.Response(204), httpx.Response(204, headers={"upload-offset": "0"}),
    httpx.Response(201, headers={"upload-offset": "2500", "upload-complete": "?0"}),
    httpx.Response(204, headers={"upload-offset": "2500"}),
    httpx.Response(204, headers={"upload-offset": "-5"}), httpx.Response(204, headers={"upload-offset": "9" * 400}),
])
def test_no_success_without_the_word_that_the_file_is_whole_counts_as_one(path: Path, odd: httpx.Response) -> None:
    """A portal in between, or a centre that has all bytes and has not looked at them: the file here may be deleted."""
    asked, sent = Shelf([odd]), Shelf([None, odd])
    assert carrier(sent).carry(JOB, path, lambda *_: None) == carrying.NOT_WHOLE
    if odd.status_code != 200:
        assert carrier(asked).carry(JOB, path, lambda *_: None) == carrying.NOT_WHOLE


def test_a_clock_that_is_wrong_by_a_year_is_put_right_by_the_centres(path: Path) -> None:
    then = utc_us("2027-06-01T08:00:00.000000Z")
    date = email.utils.formatdate(then / 1e6, usegmt=True)
    shelf = Shelf([httpx.Response(401, headers={"date": date})], date)
    assert carrier(shelf).carry(JOB, path, lambda *_: None) == 201
    assert abs(utc_us(shelf.token.expires) - then - carrying.TOKEN_US) < MINUTE
    shelf = Shelf([httpx.Response(401, headers={"date": date}), httpx.Response(401)])
    assert carrier(shelf).carry(JOB, path, lambda *_: None) == 401 and len(shelf.asked) == 2


@pytest.mark.parametrize("date", [
    "", "yesterday", "Fri, 31 Dec 9999 23:59:59 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", "\xff", "Mon, 99 Foo 2026 1:2:3",
])
def test_an_odd_date_is_not_believed(path: Path, date: str) -> None:
    shelf = Shelf([httpx.Response(200, headers=[(b"date", date.encode("latin-1")), (b"upload-offset", b"0")])])
    assert carrier(shelf).carry(JOB, path, lambda *_: None) == 201
    assert abs(utc_us(shelf.token.expires) - carrying.CentreTime().now_us() - carrying.TOKEN_US) < MINUTE


def test_a_file_that_is_shorter_than_its_record_is_no_failure_of_the_centre(path: Path) -> None:
    path.write_bytes(DATA[:1500])
    with pytest.raises(OSError, match="shorter"):
        carrier(Shelf()).carry(JOB, path, lambda *_: None)


def test_attack_a_centre_that_talks_without_an_end_holds_nobody(path: Path) -> None:
    """Whether it is a head or a body that does not end; what counts is in the head."""
    def carry(serve: Serve) -> int:
        with serving(serve) as address:
            client = make_client(None, within=Within(5.0, 0.5))
            mover = Carrier(address, client, "box-1", "centre", KeySigner(KEY), Pace(None))
            with contextlib.closing(mover):
                return mover.carry(JOB, path, lambda *_: None)

    began = time.monotonic()
    with pytest.raises(httpx.ReadTimeout):
        carry(dripping(b"HTTP/1.1 200 OK\r\n", b"a: b\r\n"))
    told: list[int] = []

    def endless(line: socket.socket) -> None:
        asked = line.recv(65536)
        said = b"HTTP/1.1 200 OK\r\n" if asked.startswith(b"HEAD") else b"HTTP/1.1 503 No\r\n"
        line.sendall(said + b"Upload-Offset: 0\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
        while asked.startswith(b"PUT"):
            told.append(line.send(b"10000\r\n" + bytes(65536) + b"\r\n"))

    assert carry(endless) == 503 and sum(told) < 8 << 20
    assert time.monotonic() - began < 10


def test_certificates_that_are_none_are_refused(path: Path) -> None:
    with pytest.raises(OSError, match="certificate"):
        make_client(str(path))
