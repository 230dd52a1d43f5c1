"""A box that sends what a centre orders live, over HTTP, and the clock of a centre at which a class goes on."""
from __future__ import annotations

import base64
import hashlib
import threading
import time
from pathlib import Path

import httpx

from central.classes.orders import add_class
from central.classes.plan import read_names, read_plan
from central.ingest.collector import Message
from central.live.decide import Form
from central.live.orders import newest_order
from central.wiring import Centre
from evidence.bodies import LiveEnded, SessionStart
from evidence.box_orders import OrderAnswered
from evidence.live import LiveFragment, seal_live
from evidence.records import Stamp
from evidence.times import MINUTE, SECOND, utc_text
from tests.central.helpers import MORNING, PLAN, REAL, Box, write_plan
from tests.central.live_film import LiveFilm, jpeg

PICTURES_S = 1.0


class RunningClock:
    """Ten minutes into the first class-hour of `tests.central.helpers.PLAN`, and on from there."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def stamp(self) -> Stamp:
        gone_us = int((time.monotonic() - self._began) * SECOND)
        return Stamp("0b", gone_us + 3600 * SECOND, MORNING + 10 * MINUTE + gone_us, REAL)


def begin_class(centre: Centre, folder: Path, plan: str = PLAN) -> Box:
    """The class of a plan, begun at its box, which was just heard."""
    paths = write_plan(folder, plan)
    add_class(centre.store, centre.names, read_plan(paths[0]), read_names(paths[1]), paths[0])
    box, now_us = Box(centre), centre.clock.stamp().utc_us
    box.genesis(now_us - 20 * MINUTE)
    box.append(SessionStart("welder-1", "s-1", "button"), now_us - 2 * MINUTE)
    centre.collector().take(box.messages())
    return box


class LiveBox:
    """Obeys the newest order of a form. `cut`: its network is; `refuses`: it answers orders so."""

    def __init__(self, centre: Centre, box: Box, address: str) -> None:
        self._centre, self._box, self._client = centre, box, httpx.Client(base_url=address, timeout=5)
        self._lock, self._over, self._answered = threading.Lock(), threading.Event(), set[str]()
        self._epochs: dict[str, int] = {}
        self._init, self._place = b"", (0, 0)
        self.cut, self.refuses, self.sent = threading.Event(), False, 0
        self._film = LiveFilm(self._video)
        self._pictures = threading.Thread(target=self._shots, daemon=True)
        self._pictures.start()

    def stop(self) -> None:
        self._over.set()
        self._film.stop()
        self._pictures.join(10)
        self._client.close()

    def order(self, form: Form) -> str | None:
        """The order of that form which it obeys now, answered."""
        now_us = self._centre.clock.stamp().utc_us
        with self._lock, self._centre.store.read() as tx:
            newest = newest_order(tx, self._box.device, form, now_us)
        if newest is None or newest.ended or self.cut.is_set():
            return None
        if newest.hash not in self._answered:
            with self._lock:
                self._answered.add(newest.hash)
                said = ("refused", "no_camera") if self.refuses else ("accepted", "")
                sealed = self._box.append(OrderAnswered(newest.hash, newest.number, *said), now_us)
            self._centre.collector().take([Message(self._box.device, sealed.envelope)])
        return None if self.refuses or newest.result == "refused" else newest.hash

    def put(self, order: str, epoch: int, number: int, what: str, data: bytes, skipped: bool = False) -> int:
        """Bring one piece; the status of the answer, 0 for none."""
        now_us = self._centre.clock.stamp().utc_us
        word = LiveFragment(1, self._box.device, "centre", order, epoch, number, utc_text(now_us - SECOND), what,
                            skipped, hashlib.sha256(data).hexdigest(), len(data), utc_text(now_us + MINUTE))
        token = base64.b64encode(seal_live(word, self._box.signer)).decode()
        try:
            answer = self._client.put(f"/api/live/{order}/{epoch}/{number}", content=data,
                                      headers={"authorization": f"Bearer {token}"})
        except httpx.HTTPError:
            return 0
        self.sent += answer.status_code == 204
        return answer.status_code

    def _video(self, number: int, piece: bytes, skipped: bool) -> None:
        """One piece of the film: an epoch begins with each order, and where the centre asks for its header."""
        if number == 0:
            self._init = piece
        order = self.order("video")
        if number == 0 or order is None:
            return
        if order not in self._epochs:
            self._begin(order)
        said = self.put(order, self._epochs[order], number, "video", piece, skipped)
        if said == 409:
            self._begin(order)
            self.put(order, self._epochs[order], number, "video", piece, skipped)
        elif said == 410:
            self._end(order, "video")

    def _end(self, order: str, form: Form) -> None:
        """Nobody watches: say so."""
        now_us = self._centre.clock.stamp().utc_us
        with self._lock:
            sealed = self._box.append(LiveEnded(order, "room", form, utc_text(now_us), 1, 1, "nobody"), now_us)
        self._centre.collector().take([Message(self._box.device, sealed.envelope)])

    def begin_anew(self) -> None:
        """As a box whose stream broke off: the next piece is of another epoch."""
        if (order := self.order("video")) is not None:
            self._begin(order)

    def _begin(self, order: str) -> None:
        self._epochs[order] = self._epochs.get(order, 0) + 1
        self.put(order, self._epochs[order], 0, "init", self._init)

    def _shots(self) -> None:
        number = 0
        while not self._over.wait(PICTURES_S):
            if (order := self.order("pictures")) is not None:
                number += 1
                if self.put(order, 0, number, "picture", jpeg(time.time())) == 410:
                    self._end(order, "pictures")
