"""The recorder process of a box: owns the room camera, answers on its socket, does what the records ask for."""
from __future__ import annotations

import threading

from common.logs import Log
from common.texts import N_
from edge.cameras.file import FileSource, open_file
from edge.child import ready, stop_on_signal
from edge.config import CameraConfig
from edge.control.server import Answer, ControlServer
from edge.errors import BadBox, BadSource, BadStore, BadVideo, StoreBusy
from edge.recorder.by_plan import ByPlan
from edge.recorder.recorder import Recorder
from edge.recorder.sealer import Sealer
from edge.recorder.sessions import Sessions
from edge.storage.volume import open_volume
from edge.wiring import Box
from evidence.times import utc_us

READ_S = 0.05
"""Longest wait for a packet in one step: how quickly a press or a signal is noticed."""
LOOK_S = 0.5
"""The records are read again at least this often, should a press not reach the socket."""
AGAIN_S = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Waits between attempts to open a broken camera again."""
NO_CAMERA = N_("it names no room camera")
REAL_CLOCK = N_("a file is no camera: it can be played on a simulated clock only")


def run(box: Box, stop: threading.Event | None = None) -> None:
    """Until SIGTERM (or `stop`). Raises the errors of a box that cannot record at all."""
    stop = stop or stop_on_signal()
    camera = box.config.camera("room")
    if camera is None:
        raise BadBox(folder=box.folder, why=NO_CAMERA)
    source = open_camera(box, camera)
    volume = open_volume(box.video, box.config.device, box.store, box.config.recorder.reserve_mb)
    volume.check()
    sealer = Sealer(box.second_store())
    sessions = Sessions(box.store, ByPlan(box.config.device, box.clock, sealer.state))
    recorder = Recorder(
        camera.id, box.config.device, box.clock, source, volume, box.store, sealer, sessions, box.config.recorder)
    look = threading.Event()
    control = ControlServer(box.recorder_socket, {"status": recorder.status, "look": _told(look)})
    try:
        ready()
        _Loop(box, camera, recorder, sessions, source, look, stop).run()
    finally:
        control.close()
        recorder.close("restart")
        sealer.close()


def open_camera(box: Box, camera: CameraConfig) -> FileSource:
    """Open the camera that the configuration names. Raises BadSource, BadVideo, EmptyVideo, WrongCodec."""
    if camera.source.startswith("file:") and box.config.clock.source != "simulated":
        raise BadSource(source=camera.source, why=REAL_CLOCK)
    start = None if camera.start is None else box.clock.mono_at(utc_us(camera.start))
    return open_file(camera.source, box.clock, start)


class _Loop:
    """Steps the recorder, reads the records again when told to, and opens a broken camera again."""

    def __init__(
        self, box: Box, camera: CameraConfig, recorder: Recorder, sessions: Sessions, source: FileSource,
        look: threading.Event, stop: threading.Event,
    ) -> None:
        self._box, self._camera, self._recorder, self._sessions = box, camera, recorder, sessions
        self._source, self._look, self._stop = source, look, stop
        self._log = Log("recorder")
        self._looked_us = 0
        self._broken = 0

    def run(self) -> None:
        while not self._stop.is_set():
            self._read_records()
            try:
                self._recorder.step(READ_S)
            except BadVideo as error:
                self._log.failed("camera.broken", error)
                self._open_again()

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

    def _open_again(self) -> None:
        self._recorder.broken()
        self._source.close()
        while not self._stop.wait(AGAIN_S[min(self._broken, len(AGAIN_S) - 1)]):
            self._broken += 1
            try:
                self._source = open_camera(self._box, self._camera)
            except (BadVideo, BadSource) as error:
                self._log.failed("camera.broken", error)
                continue
            self._recorder.mended(self._source)
            return


def _told(look: threading.Event) -> Answer:
    def answer() -> dict[str, object]:
        look.set()
        return {"ok": True}

    return answer
