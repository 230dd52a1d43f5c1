"""Figures `live`: what live pictures cost a box, by CPU: the recorder and the live process while somebody watches, to
the recorder alone, by turns in the same run.

A camera of 1080p (RTSP, on the loopback) is recorded all the time; a server of ours takes what the live process sends.
"""
from __future__ import annotations

import contextlib
import dataclasses
import http.server
import select
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench.harness import Figures, Skipped
from bench.material import CLASS, Chain, Site
from bench.rows.recorder import make_film
from edge.control.client import ask
from edge.errors import NoRecorder
from edge.live.choice import Form
from edge.setup import make_box
from edge.wiring import Box, open_box
from evidence.bodies import SessionStart
from evidence.box_orders import BoxOrder, OrderAnswered, WantedLive
from evidence.times import MINUTE, utc_text

WINDOW_S, TURNS = 30.0, 3
SETTLE_S = 3.0
"""After pictures began, or nobody watches any more."""
PATIENCE_S = 90.0
FILM_S = 90
"""Longer than all windows there is a film for each, and what starts and ends before and after them."""
GOAL = 1.5
SERVER = Path(__file__).parents[2] / "tests" / "edge" / "cameras" / "rtsp_server.py"
SYSTEM_PYTHON = "/usr/bin/python3"
FORMS: tuple[Form, ...] = ("video", "pictures")


class Hub:
    """Takes every piece, until it is told that nobody watches (`watched`)."""

    def __init__(self) -> None:
        self.watched = True
        self.pieces = self.bytes = 0
        hub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_PUT(self) -> None:
                hub.bytes += len(self.rfile.read(int(self.headers["Content-Length"])))
                hub.pieces += 1
                self.send_response(204 if hub.watched else 410)
                if not hub.watched:
                    self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Nothing to say."""

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, request: object, client_address: object) -> None:
                """A box cuts the line when a look is over."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Take nothing more."""
        self._server.shutdown()
        self._server.server_close()


@dataclasses.dataclass(frozen=True)
class Turn:
    """CPU seconds in a window: of the recorder alone, then of both while somebody watches."""

    alone: float
    recorder: float
    live: float

    @property
    def ratio(self) -> float:
        """How many times as much CPU the box takes while somebody watches."""
        return (self.recorder + self.live) / self.alone


def measure(folder: Path) -> tuple[list[str], dict[str, Any]]:
    """Both forms, by turns. Raises Skipped without GStreamer's RTSP server."""
    film = make_film(folder, -(-round(FILM_S + TURNS * len(FORMS) * (2 * WINDOW_S + 4 * SETTLE_S)) // 60))
    hub = Hub()
    with contextlib.ExitStack() as stack:
        stack.callback(hub.close)
        box = boxed(folder / "box", stack.enter_context(served(film)), hub.address)
        stack.callback(box.store.close)
        pids = {role: stack.enter_context(running(box, role)) for role in ("recorder", "live")}
        until_recording(box)
        centre = Chain(Site(), "centre", "0" * 32, False)
        turns: dict[Form, list[Turn]] = {form: [] for form in FORMS}
        sent: dict[Form, tuple[int, int]] = {}
        for number in range(TURNS * len(FORMS)):
            form = FORMS[number % len(FORMS)]
            time.sleep(SETTLE_S)
            alone = used(pids, WINDOW_S)["recorder"]
            hub.watched, hub.pieces, hub.bytes = True, 0, 0
            order(box, centre, number + 1, form)
            until(lambda: hub.pieces > 1)
            time.sleep(SETTLE_S)
            before = hub.pieces, hub.bytes
            both = used(pids, WINDOW_S)
            sent[form] = hub.pieces - before[0], hub.bytes - before[1]
            turns[form].append(Turn(alone, both["recorder"], both["live"]))
            hub.watched = False
            until(lambda: len(box.store.records_of("live.ended")) > number)  # noqa: B023
    return told(turns, sent), {form: [dataclasses.asdict(turn) for turn in of] for form, of in turns.items()}


def told(turns: dict[Form, list[Turn]], sent: dict[Form, tuple[int, int]]) -> list[str]:
    """A line for each form, at the medians."""
    lines = []
    for form, of in turns.items():
        ratios = sorted(turn.ratio for turn in of)
        alone, recorder, live = (100 / WINDOW_S * statistics.median(values) for values in zip(
            *(dataclasses.astuple(turn) for turn in of), strict=True))
        pieces, size = sent[form]
        lines.append(
            f"{form}: {statistics.median(ratios):.2f} times the recorder alone ({ratios[0]:.2f}–{ratios[-1]:.2f}; "
            f"goal: at most {GOAL}); of a core: alone {alone:.2f} %, watched {recorder:.2f} % and {live:.2f} % for the "
            f"live process; {pieces} pieces and {size / 1000:.0f} kB in {WINDOW_S:.0f} s")
    return lines


def order(box: Box, centre: Chain, number: int, form: Form) -> None:
    """Let the box have taken an order."""
    wanted = WantedLive("room", form, 1800, "a-1")
    body = BoxOrder("box-1", number, utc_text(box.clock.utc_us() + MINUTE), "watch", watch=wanted)
    sealed = centre.add("order.box", body, number)
    box.store.answer(sealed, OrderAnswered(sealed.hash, number, "accepted"), ())


def boxed(folder: Path, camera: str, address: str) -> Box:
    """A box whose class has begun."""
    make_box(folder, "box-1", "demo", "", "en", time.time_ns() // 1000)
    with (folder / "box.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n[sync]\nbroker = "127.0.0.1"\nsegments = "{address}"\n\n'
                   f'[[cameras]]\nid = "room"\nsource = "{camera}"\n')
    box = open_box(folder)
    box.store.append("session.start", SessionStart(CLASS, "s-1", "page"))
    return box


@contextlib.contextmanager
def served(film: Path) -> Iterator[str]:
    """The address of an RTSP camera that plays the film."""
    pipeline = f"filesrc location={film} ! qtdemux ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1"
    try:
        server = subprocess.Popen([SYSTEM_PYTHON, str(SERVER), "0", pipeline], stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL)
    except OSError as error:
        raise Skipped(f"no {SYSTEM_PYTHON} here: {error.strerror}") from None
    try:
        assert server.stdout is not None
        told = select.select([server.stdout], [], [], PATIENCE_S)[0] and server.stdout.readline()
        if not told:
            raise Skipped("no RTSP server of GStreamer with its Python bindings here (provisioning/apt-test.txt)")
        yield f"rtsp://127.0.0.1:{int(told)}/cam"
    finally:
        server.kill()
        server.communicate()


@contextlib.contextmanager
def running(box: Box, role: str) -> Iterator[int]:
    """The id of a process of the box that runs."""
    with (box.folder / f"{role}.log").open("wb") as log:
        child = subprocess.Popen([sys.executable, "-m", "edge.cli", "process", role, "--box", str(box.folder)],
                                 stdout=log, stderr=log)
        try:
            yield child.pid
        finally:
            child.terminate()
            child.wait(PATIENCE_S)


def used(pids: dict[str, int], seconds: float) -> dict[str, float]:
    """The CPU seconds that each process takes in so many real ones."""
    before = {role: cpu_s(pid) for role, pid in pids.items()}
    time.sleep(seconds)
    return {role: cpu_s(pid) - before[role] for role, pid in pids.items()}


def cpu_s(pid: int) -> float:
    """CPU seconds of all threads of another process, finer than the ticks of /proc (Linux: its CPU-time clock)."""
    return time.clock_gettime(~pid << 3 | 2)


def until_recording(box: Box) -> None:
    """Wait until the recorder writes."""
    def recording() -> object:
        try:
            return ask(box.recorder_socket, "status")["recording"]
        except NoRecorder:
            return False

    until(recording)


def until(wanted: Callable[[], object]) -> None:
    """Wait until that is so."""
    deadline = time.monotonic() + PATIENCE_S
    while not wanted():
        if time.monotonic() > deadline:
            raise RuntimeError("it takes too long")
        time.sleep(0.1)


FIGURES = Figures("live", "CPU of a box while somebody watches live, to its recorder alone", measure)
