"""A file from a box to a centre over real sockets, with what goes wrong on the way: cuts, kills, wrong clocks."""
from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn

from central.web import uploads
from central.web.app import create_app
from central.web.patience import PatientProtocol
from central.wiring import Centre, init_centre, open_centre
from edge.sync import client
from edge.sync.carrier import Carrier
from edge.sync.client import make_client
from edge.sync.pace import Pace
from edge.sync.uploads import Job
from tests.central.helpers import MORNING, Box, segment_of
from tests.ending import end

FILM = random.Random(1).randbytes(3_000_000)
SHA = hashlib.sha256(FILM).hexdigest()
JOB = Job(1, SHA, "r-1/000000.mp4", len(FILM))


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    opened = init_centre(tmp_path / "centre", test_keys=True)
    yield opened
    opened.store.close()


@pytest.fixture
def box(centre: Centre) -> Box:
    made = Box(centre)
    made.genesis()
    made.append(segment_of(FILM, MORNING, 60), MORNING + 61_000_000)
    centre.collector().take(made.messages())
    return made


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "film").write_bytes(FILM)
    return tmp_path / "film"


@pytest.fixture
def port(centre: Centre) -> Iterator[int]:
    server = uvicorn.Server(uvicorn.Config(create_app(centre), port=0, http=PatientProtocol, log_level="critical"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    until(lambda: server.started)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join(60)


def until(done: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def carrier(box: Box, port: int, kbit: int | None = None) -> Carrier:
    return Carrier(f"http://127.0.0.1:{port}", make_client(None), box.device, "centre", box.signer, Pace(kbit))


def whole(centre: Centre) -> bool:
    with centre.store.read() as tx:
        return centre.objects.intact(SHA) and all(one.stored for one in tx.announced(SHA))


class Line:
    """A line to the centre that is cut after so many bytes, once for each number."""

    def __init__(self, port: int, cuts: list[int]) -> None:
        self._port, self._cuts = port, cuts
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._port))
            left = self._cuts.pop(0) if self._cuts else 1 << 40
            threading.Thread(target=self._pass, args=(far, near, 1 << 40), daemon=True).start()
            threading.Thread(target=self._pass, args=(near, far, left), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, left: int) -> None:
        try:
            while left > 0 and (data := source.recv(min(left, 65536))):
                target.sendall(data)
                left -= len(data)
        except OSError as error:
            assert error.errno
        for side in (source, target):
            with contextlib.suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._listening.close()


def carried(mover: Carrier, path: Path, tries: int) -> tuple[int, int]:
    """The last answer, and after how many cuts."""
    cuts = 0
    for _ in range(tries):
        try:
            if (status := mover.carry(JOB, path, lambda *_: None)) != 409:
                return status, cuts
            time.sleep(0.05)  # the centre has not noticed the cut yet
        except httpx.HTTPError:
            cuts += 1
    pytest.fail("never through")


def cut_off(mover: Carrier, path: Path) -> None:
    with pytest.raises(httpx.HTTPError):
        mover.carry(JOB, path, lambda *_: None)


def test_a_line_that_is_cut_again_and_again_brings_it_whole(
    centre: Centre, box: Box, port: int, path: Path,
) -> None:
    line = Line(port, [300_000, 10, 900_000, 1_500_000, 700_000])
    status, cuts = carried(carrier(box, line.port), path, 60)
    line.close()
    assert status == 201 and cuts >= 4 and whole(centre)
    assert list(centre.objects.parts.path(SHA, "box-1").parent.iterdir()) == []


def test_a_clock_that_is_wrong_by_a_year_does_not_matter(
    centre: Centre, box: Box, port: int, path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = time.time_ns()
    for years in (-1, 1):
        monkeypatch.setattr(client.time, "time_ns", lambda years=years: now + years * 365 * 86400 * 10**9)
        mover = carrier(box, port)
        monkeypatch.undo()
        assert mover.carry(JOB, path, lambda *_: None) in (200, 201)
    assert whole(centre)


def test_other_bytes_than_the_record_names_are_refused_however_often(
    centre: Centre, box: Box, port: int, path: Path,
) -> None:
    path.write_bytes(FILM[:-1] + bytes([FILM[-1] ^ 1]))
    mover = carrier(box, port)
    assert [mover.carry(JOB, path, lambda *_: None) for _ in range(2)] == [422, 422]
    path.write_bytes(FILM[:2_000_000])
    with pytest.raises(OSError, match="shorter"):
        mover.carry(JOB, path, lambda *_: None)
    assert not whole(centre)
    path.write_bytes(FILM)
    assert carried(mover, path, 60)[0] == 201 and whole(centre)


def test_two_threads_of_one_box_do_not_mix_their_bytes(centre: Centre, box: Box, port: int, path: Path) -> None:
    answers: list[int] = []

    def go() -> None:
        mover = carrier(box, port)
        while not answers or answers[-1] == 409:
            answers.append(mover.carry(JOB, path, lambda *_: None))

    threads = [threading.Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert whole(centre) and set(answers) <= {200, 201, 409}


def test_a_limit_keeps_to_it(centre: Centre, box: Box, port: int, path: Path) -> None:
    started = time.monotonic()
    assert carrier(box, port, 24_000).carry(JOB, path, lambda *_: None) == 201
    assert time.monotonic() - started > 0.9, "3 MB at 24 Mbit/s take a second"


def test_a_box_that_is_refused_says_the_status(centre: Centre, box: Box, port: int, path: Path, monkeypatch) -> None:
    other = Box(centre, "box-9", chain="cd" * 16)
    monkeypatch.setattr(uploads, "RESERVE", 1 << 60)
    assert carrier(box, port).carry(JOB, path, lambda *_: None) == 507
    assert carrier(other, port).carry(JOB, path, lambda *_: None) == 404


@pytest.mark.long
def test_both_ends_killed_in_the_middle_go_on_where_they_were(
    centre: Centre, box: Box, path: Path, tmp_path: Path,
) -> None:
    port, servers = _free_port(), []
    mover = carrier(box, port, 8_000)
    command = [sys.executable, "-m", "central.cli", "serve", "--centre", str(centre.folder), "--port", str(port)]
    for _ in range(2):
        servers.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, env=os.environ))
        until(lambda: _answers(port))
        before = centre.objects.parts.received(SHA, "box-1")
        sending = threading.Thread(target=cut_off, args=(mover, path), daemon=True)
        sending.start()
        until(lambda before=before: centre.objects.parts.received(SHA, "box-1") > before + 200_000)
        servers[-1].send_signal(signal.SIGKILL)
        servers[-1].wait(60)
        sending.join(60)
        mover = carrier(box, port, 8_000)
        assert not whole(centre)
    servers.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, env=os.environ))
    until(lambda: _answers(port))
    came = centre.objects.parts.received(SHA, "box-1")
    told: list[int] = []
    assert mover.carry(JOB, path, lambda job, sent: told.append(sent)) == 201
    end(servers[-1])
    assert told[0] == came > 400_000 and whole(open_centre(centre.folder))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/api/openapi.json", trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False
