"""Files from boxes over HTTP: who may send what, in parts, and what is refused."""
from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections import namedtuple
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from fastapi.testclient import TestClient

import central.parts
from central.errors import DatabaseUnusable
from central.store.tables import Tx
from central.web import patience, uploads
from central.web.app import create_app
from central.web.patience import PatientProtocol
from central.web.server import _settle
from central.wiring import Centre
from evidence.seal import RECORD_TYPE, seal
from evidence.times import utc_text
from evidence.uploads import LONGEST_US
from tests.central.console import signed_in
from tests.central.dying import DIED
from tests.central.helpers import MORNING, Box, FixedClock, put, segment_of, sending, token

HERE = "http://127.0.0.1:8470"
DATA = b"the bytes of a segment"
SHA = hashlib.sha256(DATA).hexdigest()
AT = f"/api/segments/{SHA}"


@pytest.fixture
def client(centre: Centre) -> TestClient:
    return signed_in(centre, "auditor", "410000")


def announcing(centre: Centre, device: str = "box-1", data: bytes = DATA) -> Box:
    box = Box(centre, device, chain=hashlib.md5(device.encode()).hexdigest())
    box.genesis()
    box.append(segment_of(data, MORNING, 60), MORNING + 61_000_000)
    centre.collector().take(box.messages())
    return box


@pytest.fixture
def box(centre: Centre) -> Box:
    return announcing(centre)


def stored(centre: Centre) -> list[bool]:
    with centre.store.read() as tx:
        return [one.stored for one in tx.announced(SHA)]


def files(centre: Centre) -> list[str]:
    return sorted(path.name for path in (centre.folder / "objects").rglob("*") if path.is_file())


def test_a_file_comes_in_parts_and_is_seen_when_it_is_whole(centre: Centre, client: TestClient, box: Box) -> None:
    asked = client.head(AT, headers=token(box, DATA, MORNING))
    assert (asked.status_code, asked.headers["upload-offset"], asked.headers["upload-complete"]) == (200, "0", "?0")
    part = client.put(AT, content=DATA[:9], headers=sending(box, DATA, MORNING, 0, 8))
    assert (part.status_code, part.headers["upload-offset"], part.headers["upload-length"]) == (204, "9", "22")
    assert stored(centre) == [False] and not centre.objects.intact(SHA)
    assert client.head(AT, headers=token(box, DATA, MORNING)).headers["upload-offset"] == "9"
    rest = client.put(AT, content=DATA[9:], headers=sending(box, DATA, MORNING, 9))
    assert (rest.status_code, rest.headers["upload-complete"]) == (201, "?1")
    assert stored(centre) == [True] and files(centre) == [f"{SHA}.mp4"]
    asked = client.head(AT, headers=token(box, DATA, MORNING))
    assert (asked.status_code, asked.headers["upload-offset"], asked.headers["upload-complete"]) == (200, "22", "?1")
    assert client.put(AT, content=DATA, headers=sending(box, DATA, MORNING)).status_code == 200


def test_a_part_that_belongs_elsewhere_is_not_taken(centre: Centre, client: TestClient, box: Box) -> None:
    client.put(AT, content=DATA[:9], headers=sending(box, DATA, MORNING, 0, 8))
    for first in (0, 8, 10):
        answer = client.put(AT, content=DATA[first:], headers=sending(box, DATA, MORNING, first))
        assert (answer.status_code, answer.headers["upload-offset"]) == (409, "9"), first
    assert client.put(AT, content=DATA[9:], headers=sending(box, DATA, MORNING, 9)).status_code == 201


def test_bytes_with_another_hash_leave_nothing(centre: Centre, client: TestClient, box: Box) -> None:
    wrong = DATA.replace(b"the", b"THE")
    answer = client.put(AT, content=wrong, headers=sending(box, DATA, MORNING))
    assert answer.status_code == 422 and files(centre) == [] and stored(centre) == [False]
    assert client.put(AT, content=DATA, headers=sending(box, DATA, MORNING)).status_code == 201


def test_a_changed_file_is_mended_by_sending_it_again(centre: Centre, client: TestClient, box: Box) -> None:
    client.put(AT, content=DATA, headers=sending(box, DATA, MORNING))
    centre.objects.path(SHA).write_bytes(b"another thing")
    assert not centre.objects.intact(SHA)
    assert client.head(AT, headers=token(box, DATA, MORNING)).headers["upload-complete"] == "?0"
    assert client.put(AT, content=DATA, headers=sending(box, DATA, MORNING)).status_code == 201
    assert centre.objects.intact(SHA) and centre.objects.path(SHA).read_bytes() == DATA
    assert (centre.folder / "objects/aside" / f"{SHA}.1").read_bytes() == b"another thing", "kept, and said"
    with centre.store.read() as tx:
        (alarm,) = tx.of_type("alarm")
    assert alarm.record.body == {"code": "centre.file_changed", "params": {"segment": SHA, "aside": f"{SHA}.1"},
                                 "class": None}
    centre.objects.path(SHA).write_bytes(b"a third thing")
    assert client.put(AT, content=DATA, headers=sending(box, DATA, MORNING)).status_code == 201
    assert (centre.folder / "objects/aside" / f"{SHA}.2").read_bytes() == b"a third thing"
    assert client.put(AT, content=DATA, headers=sending(box, DATA, MORNING)).status_code == 200


def test_the_same_file_that_another_box_brought_meanwhile_is_not_put_aside(centre: Centre, box: Box) -> None:
    with centre.objects.parts.open(SHA, "box-1", len(DATA), centre.objects.path(SHA)) as part:
        part.write(DATA)
        put(centre, DATA)
        part.finish()
    assert files(centre) == [f"{SHA}.mp4"]


def changed(centre: Centre) -> list[object]:
    """What is stated of changed files."""
    with centre.store.read() as tx:
        return [one.record.body["params"] for one in tx.of_type("alarm")
                if one.record.body["code"] == "centre.file_changed"]


@pytest.mark.parametrize(("step", "left"), [
    ("aside", [f"{SHA}.box-1.part", f"{SHA}.mp4"]), ("place", [f"{SHA}.1", f"{SHA}.box-1.part"]),
    ("stated", [f"{SHA}.1", f"{SHA}.mp4"]),
])
@pytest.mark.parametrize("first", ["box", "start"])
def test_a_changed_file_is_stated_once_wherever_the_centre_died(
    centre: Centre, client: TestClient, box: Box, step: str, left: list[str], first: str,
) -> None:
    client.put(AT, content=DATA, headers=sending(box, DATA, MORNING))
    centre.objects.path(SHA).write_bytes(b"another thing")
    part = centre.objects.parts.path(SHA, "box-1")
    part.write_bytes(DATA)
    asked = token(box, DATA, MORNING)
    died = subprocess.run([sys.executable, "-m", "tests.central.dying", centre.folder, step], timeout=60, check=False,
                          input=f"{AT}\n{asked['authorization']}\n", text=True, cwd=Path(__file__).parents[2])
    assert died.returncode == DIED and files(centre) == left and changed(centre) == []
    if first == "start":
        _settle(centre)
        assert len(changed(centre)) == (step != "aside"), "as soon as it starts again, whenever the box comes back"
    for _ in range(2):
        assert client.head(AT, headers=asked).headers["upload-complete"] == "?1"
    assert changed(centre) == [{"segment": SHA, "aside": f"{SHA}.1"}]
    _settle(centre)
    assert len(changed(centre)) == 1 and files(centre) == [f"{SHA}.1", f"{SHA}.mp4"]
    assert (centre.folder / "objects/aside" / f"{SHA}.1").read_bytes() == b"another thing" and stored(centre) == [True]


def test_what_else_lies_aside_is_nothing_and_no_number_comes_twice(
    centre: Centre, client: TestClient, box: Box,
) -> None:
    folder = centre.folder / "objects/aside"
    folder.mkdir(parents=True)
    for name in ("x", f"{SHA}.txt", f"{SHA}.01", f"{SHA}.7"):
        (folder / name).write_bytes(b"")
    client.put(AT, content=DATA, headers=sending(box, DATA, MORNING))
    centre.objects.path(SHA).write_bytes(b"another thing")
    assert client.put(AT, content=DATA, headers=sending(box, DATA, MORNING)).status_code == 201
    assert changed(centre) == [{"segment": SHA, "aside": f"{SHA}.{number}"} for number in (7, 8)]


def test_a_file_that_a_killed_centre_had_finished_is_marked_when_it_is_asked_for(
    centre: Centre, client: TestClient, box: Box,
) -> None:
    path = centre.objects.path(SHA)
    path.parent.mkdir(parents=True)
    path.write_bytes(DATA)
    assert stored(centre) == [False]
    assert client.head(AT, headers=token(box, DATA, MORNING)).headers["upload-complete"] == "?1"
    assert stored(centre) == [True]


@pytest.fixture
def all_here(centre: Centre, box: Box) -> Path:
    """A part with all its bytes that nobody has finished: the centre was killed before, or the box went away."""
    part = centre.objects.parts.path(SHA, "box-1")
    part.parent.mkdir(parents=True, exist_ok=True)
    part.write_bytes(DATA)
    return part


def head(client: TestClient, box: Box) -> tuple[int, str, str]:
    answer = client.head(AT, headers=token(box, DATA, MORNING))
    return answer.status_code, answer.headers.get("upload-offset", ""), answer.headers.get("upload-complete", "")


def test_as_many_bytes_as_the_file_has_are_not_the_file(
    centre: Centre, client: TestClient, box: Box, all_here: Path,
) -> None:
    all_here.write_bytes(bytes(len(DATA)))
    assert head(client, box) == (200, "0", "?0") and stored(centre) == [False] and files(centre) == []
    assert client.put(AT, content=DATA, headers=sending(box, DATA, MORNING)).status_code == 201


def test_a_part_that_a_killed_centre_had_not_finished_is_finished_when_it_is_asked_for(
    centre: Centre, client: TestClient, box: Box, all_here: Path,
) -> None:
    assert head(client, box) == (200, "22", "?1")
    assert stored(centre) == [True] and files(centre) == [f"{SHA}.mp4"]


def test_a_file_that_is_just_being_finished_is_not_called_whole(
    centre: Centre, client: TestClient, box: Box, all_here: Path,
) -> None:
    with centre.objects.parts.open(SHA, "box-1", len(DATA), centre.objects.path(SHA)):
        assert head(client, box)[0] == 409
        assert client.put(AT, content=DATA[21:], headers=sending(box, DATA, MORNING, 21)).status_code == 409
    assert stored(centre) == [False] and head(client, box) == (200, "22", "?1")


@pytest.mark.parametrize(("call", "number", "status"), [("fsync", 5, 500), ("fsync", 28, 507), ("rename", 30, 500)])
def test_a_disk_that_does_not_finish_a_file_is_not_said_to_hold_it(
    centre: Centre, client: TestClient, box: Box, all_here: Path, monkeypatch: pytest.MonkeyPatch,
    call: str, number: int, status: int,
) -> None:
    def fails(*_: object) -> None:
        raise OSError(number, "it fails")

    where = central.parts.os if call == "fsync" else Path
    for send in (lambda: head(client, box)[0],
                 lambda: client.put(AT, content=DATA[9:], headers=sending(box, DATA, MORNING, 9)).status_code):
        with monkeypatch.context() as patch:
            patch.setattr(where, call, fails)
            assert send() == status
        all_here.write_bytes(DATA[:9])
        assert stored(centre) == [False] and head(client, box) == (200, "9", "?0")


def test_a_new_folder_of_objects_survives_a_power_cut(
    centre: Centre, client: TestClient, box: Box, monkeypatch: pytest.MonkeyPatch,
) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(central.parts, "sync_folder", synced.append)
    assert client.put(AT, content=DATA, headers=sending(box, DATA, MORNING)).status_code == 201
    assert synced == [centre.folder / "objects", centre.folder / "objects" / SHA[:2]]


def test_a_name_that_could_not_be_made_durable_is_no_file_yet(
    centre: Centre, client: TestClient, box: Box, monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(_: Path) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(central.parts, "sync_folder", fails)
        assert client.put(AT, content=DATA, headers=sending(box, DATA, MORNING)).status_code == 500
        assert files(centre) == [f"{SHA}.mp4"] and head(client, box)[0] == 500 and stored(centre) == [False]
    assert head(client, box) == (200, "22", "?1") and stored(centre) == [True]


def test_a_wrong_range_is_refused(client: TestClient, box: Box) -> None:
    for wrong in ("", "bytes 0-21/23", "bytes 0-22/22", "bytes 5-4/22", "bytes */22", "bytes 0-21/*", "items 0-21/22",
                  "bytes -1-21/22", "bytes 0-99999999999999999999/22", "bytes 0-3/22", "bytes ٠-21/22"):
        headers = {**token(box, DATA, MORNING), "content-range": wrong.encode()}
        assert client.put(AT, content=DATA, headers=headers).status_code == 400, wrong  # type: ignore[arg-type]


def test_a_part_holds_so_much_and_no_more(centre: Centre, client: TestClient) -> None:
    data = b"x" * (uploads.MOST_PART + 1)
    box, at = announcing(centre, data=data), f"/api/segments/{hashlib.sha256(data).hexdigest()}"
    assert client.put(at, content=b"", headers={
        **sending(box, data, MORNING), "content-length": str(len(data))}).status_code == 400
    assert files(centre) == []


def test_a_token_for_something_else_or_another_time_is_refused(
    centre: Centre, client: TestClient, box: Box,
) -> None:
    changes = [{"centre": "another"}, {"sha256": "ab" * 32}, {"size": 23}, {"expires": utc_text(MORNING)},
               {"expires": utc_text(MORNING + LONGEST_US + 1)}]
    for change in changes:
        headers, status = token(box, DATA, MORNING, **change), 404 if "size" in change else 401
        assert client.head(AT, headers=headers).status_code == status
        headers["content-range"] = "bytes 0-21/22"
        assert client.put(AT, content=DATA, headers=headers).status_code == status
    assert files(centre) == []


def test_what_is_no_token_is_refused(client: TestClient, box: Box) -> None:
    good = token(box, DATA, MORNING)["authorization"]
    record = seal(box.sealed[0].payload, RECORD_TYPE, box.signer)
    bad = [None, "", "Bearer", "Bearer ", "Basic YTpi", good[:-8], good.replace("Bearer", "Token"), "Bearer !!!!",
           "Bearer " + "A" * 20_000, f"Bearer {record.hex()}", good + "=" * 8]
    for authorization in bad:
        headers = {} if authorization is None else {"authorization": authorization}
        assert client.head(AT, headers=headers).status_code == 401, authorization
    assert "token" in client.put(AT, params={"lang": "en"}).json()["error"]


def test_a_token_of_another_box_does_not_bring_this_file(centre: Centre, client: TestClient, box: Box) -> None:
    other = announcing(centre, "box-2", b"something else")
    assert client.head(AT, headers=token(other, DATA, MORNING)).status_code == 404
    other.device = "box-1"
    assert client.head(AT, headers=token(other, DATA, MORNING)).status_code == 401


def test_a_stranger_makes_the_certificates_be_read_once_in_a_while(
    centre: Centre, client: TestClient, box: Box, monkeypatch: pytest.MonkeyPatch,
) -> None:
    learned: list[int] = []
    monkeypatch.setattr(type(centre.keyring()), "learn_all", lambda self, pems: learned.append(len(list(pems))))
    for _ in range(5):
        assert client.head(AT, headers=token(box, DATA, MORNING)).status_code == 401
    assert len(learned) == 1


def test_two_that_come_first_at_the_same_time_are_both_known(
    centre: Centre, client: TestClient, box: Box, monkeypatch: pytest.MonkeyPatch,
) -> None:
    keyring, entered = type(centre.keyring()), threading.Event()
    learn_all = keyring.learn_all

    def slowly(self: object, certificates: list[str]) -> None:
        entered.set()
        time.sleep(0.2)
        learn_all(self, certificates)  # type: ignore[arg-type]

    monkeypatch.setattr(keyring, "learn_all", slowly)
    answers: list[int] = []
    first = threading.Thread(target=lambda: answers.append(
        client.head(AT, headers=token(box, DATA, MORNING)).status_code))
    first.start()
    assert entered.wait(60)
    answers.append(client.head(AT, headers=token(box, DATA, MORNING)).status_code)
    first.join(60)
    assert answers == [200, 200]


def test_two_boxes_that_name_one_file_do_not_spoil_each_other(centre: Centre, client: TestClient, box: Box) -> None:
    other = announcing(centre, "box-2")
    assert client.put(AT, content=b"garbage!!", headers=sending(other, DATA, MORNING, 0, 8)).status_code == 204
    assert client.put(AT, content=DATA[:9], headers=sending(box, DATA, MORNING, 0, 8)).status_code == 204
    assert client.put(AT, content=DATA[9:], headers=sending(box, DATA, MORNING, 9)).status_code == 201
    assert client.put(AT, content=DATA[9:], headers=sending(other, DATA, MORNING, 9)).status_code == 200
    assert stored(centre) == [True, True] and files(centre) == [f"{SHA}.mp4"]


def test_a_segment_that_no_record_names_is_refused(centre: Centre, client: TestClient) -> None:
    box = announcing(centre, data=b"something else")
    assert client.put(AT, content=DATA, headers=sending(box, DATA, MORNING)).status_code == 404
    assert client.put("/api/segments/../../etc/passwd", content=DATA).status_code in (404, 405)
    assert client.put(f"/api/segments/{SHA.upper()}", content=DATA).status_code == 404


def test_a_full_disk_is_said_and_stated_once_a_day(
    centre: Centre, client: TestClient, box: Box, clock: FixedClock, monkeypatch: pytest.MonkeyPatch,
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(1 << 40, 0, uploads.RESERVE + 21))
    for hours in (0, 1, 23, 25):
        clock.utc_us = MORNING + hours * 3_600_000_000
        assert client.head(AT, headers=token(box, DATA, clock.utc_us)).status_code == 507
        assert client.put(AT, content=DATA, headers=sending(box, DATA, clock.utc_us)).status_code == 507
    with centre.store.read() as tx:
        assert [one.record.body["code"] for one in tx.of_type("alarm")] == ["centre.full", "centre.full"]
    monkeypatch.undo()
    assert client.put(AT, content=DATA, headers=sending(box, DATA, clock.utc_us)).status_code == 201


def test_one_box_cannot_make_the_centre_state_that_its_disk_is_full(
    centre: Centre, client: TestClient, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It announces a file that no disk holds, and one that is larger than the room that there is."""
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(1 << 40, 0, 2 << 30))
    box, sizes = Box(centre, "box-1"), {2**52: 413, uploads.MOST_FILE + 1: 413, 4 << 30: 507}
    box.genesis()
    for index, size in enumerate(sizes):
        segment = dataclasses.replace(segment_of(str(size).encode(), MORNING, 60, index), size=size)
        box.append(segment, MORNING + 61_000_000)
    centre.collector().take(box.messages())
    for size, status in sizes.items():
        data = str(size).encode()
        at = f"/api/segments/{hashlib.sha256(data).hexdigest()}"
        assert client.head(at, headers=token(box, data, MORNING, size=size)).status_code == status
    with centre.store.read() as tx:
        assert tx.of_type("alarm") == []


def test_that_it_is_full_is_not_looked_up_for_every_file(
    centre: Centre, client: TestClient, box: Box, monkeypatch: pytest.MonkeyPatch,
) -> None:
    usage, writes = namedtuple("usage", "total used free"), []
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(1 << 40, 0, 0))
    real = type(centre.store).write
    monkeypatch.setattr(type(centre.store), "write", lambda self: writes.append(1) or real(self))
    for _ in range(5):
        assert client.head(AT, headers=token(box, DATA, MORNING)).status_code == 507
    assert len(writes) == 1


def test_what_one_box_begins_and_does_not_finish_does_not_fill_the_disk(
    centre: Centre, client: TestClient, box: Box, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(uploads, "MOST_KEPT", 50)
    films = [f"film {index} of the box".encode() for index in range(5)]
    other = announcing(centre, "1.box-1")
    for index, film in enumerate(films):
        box.append(segment_of(film, MORNING, 60, index + 1), MORNING + 122_000_000)
    centre.collector().take(box.messages())
    assert client.put(AT, content=DATA[:15], headers=sending(other, DATA, MORNING, 0, 14)).status_code == 204
    parts = centre.objects.parts
    for age, film in enumerate(films):
        sha256 = hashlib.sha256(film).hexdigest()
        answer = client.put(f"/api/segments/{sha256}", content=film[:15], headers=sending(box, film, MORNING, 0, 14))
        assert answer.status_code == 204
        os.utime(parts.path(sha256, "box-1"), (age, age))
        assert sum(size for size in (parts.received(hashlib.sha256(one).hexdigest(), "box-1") for one in films)) <= 50
    begun = [parts.received(hashlib.sha256(film).hexdigest(), "box-1") for film in films]
    assert begun == [15, 15, 0, 0, 15], "the oldest is the one to which the box comes back first"
    assert parts.received(SHA, "1.box-1") == 15, "another box keeps what it sent"
    first = hashlib.sha256(films[0]).hexdigest()
    rest = client.put(f"/api/segments/{first}", content=films[0][15:], headers=sending(box, films[0], MORNING, 15))
    assert rest.status_code == 201


def test_a_disk_that_fills_up_in_the_middle_keeps_what_came(
    centre: Centre, client: TestClient, box: Box, monkeypatch: pytest.MonkeyPatch,
) -> None:
    from central.parts import Part

    def full(self: Part, chunk: bytes) -> None:
        raise OSError(28, "No space left on device")

    client.put(AT, content=DATA[:9], headers=sending(box, DATA, MORNING, 0, 8))
    monkeypatch.setattr(Part, "write", full)
    assert client.put(AT, content=DATA[9:], headers=sending(box, DATA, MORNING, 9)).status_code == 507
    monkeypatch.undo()
    assert client.put(AT, content=DATA[9:], headers=sending(box, DATA, MORNING, 9)).status_code == 201


# --- over real sockets


class Served:
    """The application behind a real server on a free port."""

    def __init__(self, centre: Centre) -> None:
        config = uvicorn.Config(create_app(centre), port=0, http=PatientProtocol, log_level="critical")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=lambda: asyncio.run(self._server.serve()), daemon=True)
        self._thread.start()
        deadline = time.monotonic() + 60
        while not self._server.started:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(60)

    def open(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), 10)

    def begin(self, headers: dict[str, str], length: int = len(DATA), at: str = AT) -> socket.socket:
        connection = self.open()
        lines = [f"PUT {at} HTTP/1.1", "host: 127.0.0.1", f"content-length: {length}",
                 *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        connection.sendall("\r\n".join(lines).encode())
        return connection


@pytest.fixture
def served(centre: Centre) -> Iterator[Served]:
    served = Served(centre)
    yield served
    served.stop()


def answer(connection: socket.socket) -> bytes:
    said = b""
    while chunk := connection.recv(65536):
        said += chunk
        if b"\r\n\r\n" in said:
            break
    return said.split(b"\r\n", 1)[0]


def test_a_head_that_never_ends_is_not_waited_for(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "HEAD_S", 0.3)
    with served.open() as silent, served.open() as slow:
        slow.sendall(b"PUT /api/segments/x HTTP/1.1\r\nhost: 127.0.0.1\r\nx: ")
        for connection in (silent, slow):
            assert connection.recv(100) == b""


def test_bytes_that_come_too_slowly_are_not_waited_for_and_kept(
    centre: Centre, served: Served, box: Box, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(uploads, "IDLE_S", 0.5)
    with served.begin(sending(box, DATA, MORNING)) as connection:
        connection.sendall(DATA[:9])
        assert b" 408 " in answer(connection)
    assert centre.objects.parts.received(SHA, "box-1") == 9


def test_a_cut_in_the_middle_keeps_what_came(centre: Centre, served: Served, box: Box) -> None:
    with served.begin(sending(box, DATA, MORNING)) as connection:
        connection.sendall(DATA[:9])
        deadline = time.monotonic() + 60
        while centre.objects.parts.received(SHA, "box-1") < 9:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    with served.begin(sending(box, DATA, MORNING, 9), len(DATA) - 9) as connection:
        connection.sendall(DATA[9:])
        assert b" 201 " in answer(connection)


def test_a_huge_length_is_refused_before_a_byte_is_read(centre: Centre, served: Served, box: Box) -> None:
    with served.begin(sending(box, DATA, MORNING), 10**15) as connection:
        assert b" 400 " in answer(connection)
    assert files(centre) == []


def test_one_box_holds_two_places_and_leaves_the_others_theirs(
    centre: Centre, served: Served, box: Box, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(uploads, "IDLE_S", 60.0)
    films = [b"one", b"two", b"three"]
    for index, film in enumerate(films):
        box.append(segment_of(film, MORNING, 60, index + 1), MORNING + 122_000_000)
    centre.collector().take(box.messages())
    hashes, other = [hashlib.sha256(film).hexdigest() for film in films], announcing(centre, "box-2")
    begun = [served.begin(sending(box, film, MORNING), len(film), f"/api/segments/{sha256}")
             for film, sha256 in zip(films[:2], hashes[:2], strict=True)]
    deadline = time.monotonic() + 60
    while not all(centre.objects.parts.path(sha256, "box-1").exists() for sha256 in hashes[:2]):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    with served.begin(sending(box, films[2], MORNING), 5, f"/api/segments/{hashes[2]}") as third:
        assert b" 429 " in answer(third)
    with served.begin(sending(other, DATA, MORNING)) as another:
        another.sendall(DATA)
        assert b" 201 " in answer(another)
    for connection in begun:
        connection.close()


def test_the_whole_part_has_its_time_however_steady_the_drops(
    centre: Centre, served: Served, box: Box, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(uploads, "IDLE_S", 0.5)
    monkeypatch.setattr(uploads, "SLOWEST", 200)
    with served.begin(sending(box, DATA, MORNING)) as connection:
        connection.settimeout(0.1)
        for byte in DATA:
            connection.sendall(bytes([byte]))
            try:
                assert b" 408 " in answer(connection)
                break
            except TimeoutError:
                continue
        else:
            pytest.fail("it was waited for")
    assert 0 < centre.objects.parts.received(SHA, "box-1") < len(DATA)


def test_the_folder_of_parts_is_beside_the_objects(centre: Centre) -> None:
    """A rename must give a file its place at once."""
    assert centre.objects.parts.path(SHA, "box-1").parent.parent == centre.folder / "objects"
    assert Path(centre.objects.path(SHA)).parent.parent == centre.folder / "objects"


def test_that_a_disk_is_full_is_stated_though_the_database_failed_at_the_first_time(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, write = uploads._Desk(centre), centre.store.write

    @contextmanager
    def failing() -> Iterator[Tx]:
        with write() as tx:
            yield tx
            raise DatabaseUnusable(why="busy")

    monkeypatch.setattr(centre.store, "write", failing)
    with pytest.raises(DatabaseUnusable):
        desk._alarm()
    monkeypatch.undo()
    for _ in range(2):
        desk._alarm()
    with centre.store.read() as tx:
        assert [one.record.body["code"] for one in tx.of_type("alarm")] == ["centre.full"]
