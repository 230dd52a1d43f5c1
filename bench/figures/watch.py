"""Row `watch`: what somebody who looks into a room live costs the centre, with one box that sends."""
from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from bench.harness import Figures
from bench.live_site import DEVICE, LiveBox, live_film, make_site, viewer
from central.orders.boxes import orders
from evidence.records import Sealed

VIEWERS, FOR_S, SETTLE_S, WARM_S, FILM_S = (0, 1, 5, 20), 15, 3, 2, 12
"""Of 0 viewers the box alone sends: somebody is kept watching by a question every few seconds."""
TICKS = os.sysconf("SC_CLK_TCK")


def measure(folder: Path) -> tuple[list[str], dict[str, Any]]:
    """Serve a centre as `zaitang-central serve` does; look in with ever more people, each as a player does."""
    centre, box = make_site(folder)
    try:
        with _served(folder / "centre") as (address, pid):
            people = [viewer(centre, address, f"viewer-{number}") for number in range(max(VIEWERS))]
            with centre.store.read() as tx:
                order, body = orders(tx, DEVICE)[-1]
            box.take(order, body.number)
            _watched(people, people[-1], box, order, address, pid, WARM_S)
            found = {number: _watched(people[:number], people[-1], box, order, address, pid) for number in VIEWERS}
        with centre.store.read() as tx:
            made, looks = len(orders(tx, DEVICE)), len(tx.of_type("look.centre"))
    finally:
        centre.store.close()
    bare = found[0]["cpu_ms"]
    lines = [f"CPU of `zaitang-central serve` for each second, of one box that sends; orders: {made}, looks on record: "
             f"{looks}",
             f"{'viewers':>8} {'CPU ms':>8} {'per viewer':>11} {'uploads':>8} {'pieces':>7} {'answers':>8}"]
    for number, one in found.items():
        one["per_viewer_ms"] = (one["cpu_ms"] - bare) / number if number else 0.0
        lines.append(f"{number:8} {one['cpu_ms']:8.1f} {one['per_viewer_ms']:11.1f} {one['uploads']:8} "
                     f"{one['pieces']:7} {one['answers']:8}")
    return lines, {"orders": made, "looks": looks, "viewers": found}


def _watched(
    people: list[httpx.Client], keeper: httpx.Client, box: LiveBox, order: Sealed, address: str, pid: int,
    for_s: float = FOR_S,
) -> dict[str, Any]:
    stop, got, threads = threading.Event(), [_Player(one) for one in people], list[threading.Thread]()
    init, cut = live_film(FILM_S)
    uploads = _Uploads(box, order, address, init, cut)
    threads = [threading.Thread(target=one.play, args=(stop,)) for one in (*got, uploads)]
    if not people:
        threads.append(threading.Thread(target=_keep, args=(keeper, stop)))
    for thread in threads:
        thread.start()
    time.sleep(SETTLE_S)
    before, begun, sent = _cpu_s(pid), time.perf_counter(), uploads.sent
    asked, pieces = sum(one.answers for one in got), sum(one.pieces for one in got)
    time.sleep(for_s)
    used, took = _cpu_s(pid) - before, time.perf_counter() - begun
    said = {"cpu_ms": 1000 * used / took, "uploads": uploads.sent - sent,
            "pieces": sum(one.pieces for one in got) - pieces, "answers": sum(one.answers for one in got) - asked}
    stop.set()
    for thread in threads:
        thread.join()
    return said


class _Uploads:
    """The box: a piece each second, from the newest number on that it sent."""

    number = 0

    def __init__(self, box: LiveBox, order: Sealed, address: str, init: bytes, cut: list[bytes]) -> None:
        self._box, self._order, self._address, self._init, self._cut = box, order, address, init, cut
        self.sent = 0

    def play(self, stop: threading.Event) -> None:
        """Until it is told to stop."""
        with httpx.Client(base_url=self._address, timeout=30) as client:
            if _Uploads.number == 0:
                self._box.put(client, self._order, 0, self._init)
            while not stop.wait(1):
                _Uploads.number += 1
                data = self._cut[_Uploads.number % len(self._cut)]
                code = self._box.put(client, self._order, _Uploads.number, data)
                assert code == 204, code
                self.sent += 1


class _Player:
    """Asks for the list each second, for each piece once, and every two seconds how the room stands."""

    def __init__(self, client: httpx.Client) -> None:
        self._client, self._seen, self.answers, self.pieces = client, set[str](), 0, 0

    def play(self, stop: threading.Event) -> None:
        """Until it is told to stop."""
        turn = 0
        while not stop.wait(1):
            turn += 1
            if turn % 2:
                self._get("/state")
            for name in re.findall(r"^/live/\S+\.m4s$", self._get("/stream.m3u8"), re.MULTILINE)[-3:]:
                if name not in self._seen:
                    self._seen.add(name)
                    self._client.get(name).raise_for_status()
                    self.answers, self.pieces = self.answers + 1, self.pieces + 1

    def _get(self, what: str) -> str:
        self.answers += 1
        return self._client.get(f"/live/{DEVICE}{what}").text


def _keep(client: httpx.Client, stop: threading.Event) -> None:
    while not stop.wait(5):
        client.get(f"/live/{DEVICE}/state")


@contextmanager
def _served(folder: Path) -> Iterator[tuple[str, int]]:
    command = [sys.executable, "-m", "central.cli", "serve", "--lang", "en", "--centre", str(folder), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as serving:
        try:
            assert serving.stdout is not None
            said = re.search(r"http://\S+", serving.stdout.readline())
            assert said is not None
            yield said[0].rstrip("/"), serving.pid
        finally:
            serving.terminate()


def _cpu_s(pid: int) -> float:
    """CPU seconds of a process so far, all its threads, without its children."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


FIGURES = Figures("watch", "what a viewer of live pictures costs the centre", measure)
