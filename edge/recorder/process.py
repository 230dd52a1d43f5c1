"""The recorder process of a box: owns the room camera, answers on its socket, does what the records ask for."""
from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping

from common.logs import Log
from common.notify import Watchdog
from common.texts import LANGS, words
from edge.cameras.address import is_live, scheme_of
from edge.cameras.again import Absent
from edge.cameras.lores import NAME, Handing
from edge.cameras.open import check_address, must_be_camera, open_source
from edge.cameras.port import Source
from edge.cameras.relay import Relay
from edge.child import ready, stop_on_signal
from edge.config import CameraConfig
from edge.control.server import Answer, ControlServer
from edge.errors import BadStore, NoRoomCamera, StoreBusy, VolumeFull
from edge.recorder.by_plan import ByPlan
from edge.recorder.feed import Alarmed, Feed
from edge.recorder.recorder import Recorder
from edge.recorder.sealer import Sealer
from edge.recorder.sessions import Sessions
from edge.storage.volume import open_volume
from edge.wiring import Box
from evidence.bodies import Alarm
from evidence.times import utc_us

READ_S = 0.05
"""Longest wait for a packet in one step: how quickly a press or a signal is noticed."""
LOOK_S = 0.5
"""The records are read again at least this often, should a press not reach the socket."""


def run(box: Box, stop: threading.Event | None = None) -> None:
    """Until SIGTERM (or `stop`). Raises the errors of a box that cannot record at all."""
    stop = stop or stop_on_signal()
    camera = box.config.camera("room")
    if camera is None:
        raise NoRoomCamera(folder=box.folder)
    # A file is there or it is not; a camera may come later, and the box starts without it.
    check_address(camera.source, box.clock)
    source = None if is_live(camera.source) else open_camera(box, camera)
    volume = open_volume(box.video, box.config.device, box.store, box.config.recorder.reserve_mb)
    with contextlib.suppress(VolumeFull):
        # The recorder says so with an alarm as soon as something is to be recorded, and goes on when there is room.
        volume.check()
    sealer = Sealer(box.second_store())
    sessions = Sessions(box.store, ByPlan(box.config.device, box.clock, sealer.state))
    relay = Relay(box.relay_socket(camera.id))
    recorder = Recorder(
        camera.id, box.config.device, box.clock, source or Absent(), volume, sealer, sessions,
        box.config.recorder, relay=relay)
    feed = Feed(recorder, camera.id, source, lambda: open_camera(box, camera), overrun(recorder, sealer))
    look, watchdog = threading.Event(), Watchdog()
    control = ControlServer(box.recorder_socket, {"status": _status(recorder, feed, watchdog), "look": _told(look)})
    handing = None
    if scheme_of(camera.source) == "picamera2":
        handing = Handing(box.run_folder / NAME.format(camera=camera.id), feed.sub_picture)
    try:
        ready(box.run_folder, "recorder")
        _Loop(box, feed, sessions, look, stop, watchdog).run()
    finally:
        if handing is not None:
            handing.close()
        control.close()
        watchdog.close()
        relay.close()
        recorder.close("restart")
        feed.close()
        sealer.close()


def open_camera(box: Box, camera: CameraConfig, keys_only: bool = False) -> Source:
    """Open the camera that the configuration names; `keys_only` as for `open_source`.

    Raises BadSource, BadVideo, EmptyVideo, WrongCodec."""
    must_be_camera(camera.source, box.config.clock.source == "simulated")
    start = None if camera.start is None else box.clock.mono_at(utc_us(camera.start))
    return open_source(camera.source, box.clock, start, keys_only)


def overrun(recorder: Recorder, sealer: Sealer) -> Alarmed:
    """States alarms of a camera's queue, with the class of the session that is recorded."""
    def state(code: str, params: Mapping[str, object]) -> None:
        class_id = recorder.status()["class"]
        sealer.state("alarm", Alarm(code, dict(params), None if class_id is None else str(class_id)))

    return state


class _Loop:
    """Feeds the recorder, and reads the records again when told to."""

    def __init__(
        self, box: Box, feed: Feed, sessions: Sessions, look: threading.Event, stop: threading.Event,
        watchdog: Watchdog,
    ) -> None:
        self._box, self._feed, self._sessions = box, feed, sessions
        self._look, self._stop, self._watchdog = look, stop, watchdog
        self._log = Log("recorder")
        self._looked_us = 0

    def run(self) -> None:
        while not self._stop.is_set():
            self._read_records()
            self._feed.step(READ_S)
            # Only now: a step is over when the disk has confirmed what it wrote.
            self._watchdog.step()

    def _read_records(self) -> None:
        now_us = self._box.clock.mono_us()
        if not self._look.is_set() and now_us - self._looked_us < LOOK_S * 1e6 * self._box.clock.rate:
            return
        self._look.clear()
        self._looked_us = now_us
        self._sessions.follow()
        try:
            self._sessions.look()
        except (StoreBusy, BadStore) as error:
            # Whatever ails the database, the recording that runs goes on.
            self._log.failed("store.unread", error)


def _status(recorder: Recorder, feed: Feed, watchdog: Watchdog) -> Answer:
    """What the recorder says; why there is no picture, by language, null while there is one; the age of its last step,
    real time."""
    def answer() -> dict[str, object]:
        trouble = feed.trouble
        said = None if trouble is None else {lang: words(trouble, lang) for lang in LANGS}
        return {**recorder.status(), "camera_trouble": said, "step_age_ms": round(watchdog.age_s * 1000)}

    return answer


def _told(look: threading.Event) -> Answer:
    def answer() -> dict[str, object]:
        look.set()
        return {"ok": True}

    return answer
