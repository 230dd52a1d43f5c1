"""The recorder's one decision, packet by packet: belongs it to a session, does it continue the run, can it be written.

It calls nobody who may be slow but the disk. Times are µs of the box's clock unless a name says otherwise.
"""
from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable
from pathlib import Path

from av.error import FFmpegError

from common.logs import Log
from edge.cameras.again import Absent
from edge.cameras.port import Packet, Source
from edge.cameras.relay import Relay
from edge.clock import Clock
from edge.config import RecorderConfig
from edge.errors import BadStore, CannotWrite, StoreBusy, VolumeFull, WriteFailed, WrongVolume
from edge.recorder.gops import Gops
from edge.recorder.journal import Began, Cut, Run
from edge.recorder.recover import Known, recover
from edge.recorder.run_writer import RunWriter, new_run_id
from edge.recorder.sealer import Item, Sealer
from edge.recorder.sessions import Demand, Session
from edge.storage.files import AppendFile
from edge.storage.volume import Volume
from edge.store import Store
from evidence.bodies import Alarm
from evidence.continuity import Timeline
from evidence.errors import ZaitangError
from evidence.times import SECOND

JITTER_US = 2 * SECOND
"""Real time by which packets may be late on a busy machine before a camera is called silent."""
PREROLL_US = 2 * SECOND
"""Real time for which packets are kept in memory, so that a start press loses nothing while its record is read; with
them the GOP in which it lies."""
PREROLL_BYTES = 64_000_000
"""More is never kept: a camera that sends no keyframes must not fill the memory."""
RETRY_S, LONGEST_RETRY_S = 2, 64
"""Real seconds until a volume that refused is tried again: twice as long each time."""


ALARMS: dict[type[ZaitangError], str] = {
    VolumeFull: "storage.full", WrongVolume: "storage.wrong_volume", CannotWrite: "storage.failed",
    WriteFailed: "storage.failed",
}


class Recorder:
    """`step` again and again; `close` at the end. Everything that it states goes through the sealer."""

    def __init__(
        self, camera: str, device: str, clock: Clock, source: Source, volume: Volume, sealer: Sealer,
        demand: Demand, config: RecorderConfig, create: Callable[[Path], AppendFile] = AppendFile,
        relay: Relay | None = None,
    ) -> None:
        """`relay`: hears every packet as it came, whether or not it is recorded."""
        self.refused: ZaitangError | None = None
        """Why nothing can be written just now."""
        self._camera, self._device, self._clock, self._source = camera, device, clock, source
        self._volume, self._sealer = volume, sealer
        self._demand, self._config, self._create, self._relay = demand, config, create, relay
        self._log = Log("recorder")
        self._session: Session | None = None
        self._run: RunWriter | None = None
        self._gops = Gops()
        self._inbox: deque[Packet] = deque()
        self._inbox_bytes = 0
        self._began: Began = "start"
        self._heard_us = clock.mono_us()
        self._silent = False
        self._alarms: dict[str, int] = {}
        self._unrecovered = True
        self._spare: set[str] = set()
        self._known = Known()
        self._retry_us, self._recover_us, self._retry_s = 0, 0, RETRY_S

    def step(self, wait_s: float) -> None:
        """Take the next packet, or notice that none comes within `wait_s` real seconds. Raises BadVideo."""
        now_us = self._clock.mono_us()
        self._recover(now_us)
        packet = self._source.read(wait_s)
        if packet is not None:
            # Before anything is written: a muxer changes the time stamps.
            if self._relay is not None and self._relay.wanted:
                self._relay.take(self._source.info, packet)
            self._hear(packet)
        while (session := self._demand.current) is not None:
            if session is not self._session:
                self._begin_session(session)
            end_us = session.end_mono_us
            while self._inbox and (end_us is None or self._inbox[0].mono_us < end_us):
                self._record(self._take(), session)
            # The clock was read before the source: whatever was due before the end has been taken.
            if end_us is None or not (self._inbox or (packet is None and now_us >= end_us)):
                break
            self._end_run("end")
            self._session = None
            self._demand.done()
        if session is None:
            self._forget_old(now_us)
        elif packet is None:
            self._mind_silence(now_us)

    def broken(self) -> None:
        """The camera broke: what it sent is sealed at once, not when it comes back."""
        # Said once, as broken: that nothing comes now is no news.
        self._source, self._silent = Absent(), True
        self._end_run("gap")
        self._began = "gap"
        self._drop(len(self._inbox))
        self._alarm("camera.broken", {"camera": self._camera})

    def mended(self, source: Source) -> None:
        """The camera was opened again: what comes now is another run."""
        self._source = source

    def close(self, cut: Cut) -> None:
        """Finish what is being written."""
        self._end_run(cut)

    def settle(self, wait_s: float = 5.0) -> None:
        """Try at once to recover what a failing volume left, for a recorder that will not go on."""
        if self._sealer.wait_idle(wait_s) and self._unrecovered:
            self._retry_us = self._recover_us = 0
            self._recover(self._clock.mono_us())
            self._sealer.wait_idle(wait_s)

    @property
    def heard_us(self) -> int:
        """When the last packet came, in the clock's monotonic time."""
        return self._heard_us

    @property
    def alarms(self) -> frozenset[str]:
        """The codes of the alarms that last."""
        return frozenset(self._alarms)

    def status(self) -> dict[str, object]:
        """What the terminal and the maintenance page show; plain JSON values. `pending`: segments not yet recorded."""
        session, run = self._demand.current, self._run
        return {
            "camera": self._camera, "mono_us": self._clock.mono_us(),
            "class": session.class_id if session else None, "session": session.session if session else None,
            "recording": run is not None, "run": run.run.run if run else None,
            "stretch_us": run.media_us if run else 0, "segment": run.file if run else None,
            "last_packet_mono_us": self._heard_us, "silent": self._silent,
            "refused": str(self.refused) if self.refused else None,
            # A copy in one go: the control thread asks while the main one changes them.
            "alarms": [{"code": code, "since_mono_us": since} for code, since in self._alarms.copy().items()],
            "pending": self._sealer.pending + (run.unsealed if run is not None else 0),
            "store_stuck": self._sealer.failure is not None,
        }

    # --- packets

    def _hear(self, packet: Packet) -> None:
        self._inbox.append(packet)
        self._inbox_bytes += packet.av.size
        self._heard_us = max(self._heard_us, packet.mono_us)
        self._forget_silence()

    def _forget_silence(self) -> None:
        self._silent = False
        for code in ("camera.silent", "camera.broken"):
            self._alarms.pop(code, None)

    def _take(self) -> Packet:
        packet = self._inbox.popleft()
        self._inbox_bytes -= packet.av.size
        return packet

    def _drop(self, count: int) -> None:
        for _ in range(count):
            self._take()

    def _forget_old(self, now_us: int) -> None:
        """While nobody records, only the newest packets are kept, from a keyframe on."""
        self._forget_before(now_us - PREROLL_US * self._clock.rate)
        while self._inbox_bytes > PREROLL_BYTES:
            self._take()

    def _forget_before(self, mono_us: int) -> None:
        """Drop what came before the GOP that was running at `mono_us`."""
        gop = 0
        for index, packet in enumerate(self._inbox):
            if packet.mono_us > mono_us:
                break
            gop = index if packet.key else gop
        self._drop(gop)

    def _begin_session(self, session: Session) -> None:
        self._end_run("end")
        self._session = session
        self._began = "restart" if session.resumed else "start"
        self._heard_us = max(self._heard_us, session.start_mono_us)
        self._forget_before(session.start_mono_us)
        # A camera that still sends nothing is told to this class too.
        self._forget_silence()

    def _record(self, packet: Packet, session: Session) -> None:
        """Write one packet, in this run or the next. A run begins with a keyframe."""
        wall_us = self._clock.utc_us() - self._clock.mono_us()
        self._cut_if_broken(packet, wall_us)
        self._mind_keyframes(packet)
        try:
            if self._run is None:
                if not packet.key or not self._may_write(packet.mono_us):
                    return
                self._run = self._new_run(session)
                self._run.judge(packet, wall_us)
            more = self._run.add(packet)
            if self.refused is not None and self._run.durable:
                self._forgive()
            if more:
                self._volume.check_room()
        except VolumeFull as error:
            self._end_run("restart")
            self._refuse(error)
        except (OSError, FFmpegError) as error:
            self._failed(error)

    def _cut_if_broken(self, packet: Packet, wall_us: int) -> None:
        if self._run is None:
            return
        verdict = self._run.judge(packet, wall_us)
        if verdict == "continue":
            return
        self._began = verdict
        self._end_run(verdict)
        code = {"gap": "camera.silent", "step": "camera.stepped", "clock": "clock.set"}[verdict]
        self._alarm(code, {"camera": self._camera})
        self._alarms.pop(code, None)

    def _mind_keyframes(self, packet: Packet) -> None:
        """Without keyframes no file can begin: somebody must set the camera."""
        often = self._gops.add(packet)
        if often is False:
            self._alarm("camera.no_keyframes", {"camera": self._camera})
        elif often:
            self._alarms.pop("camera.no_keyframes", None)

    def _mind_silence(self, now_us: int) -> None:
        """Nothing came. Once that cannot be a busy machine's delay, the run is over."""
        patience_us = self._config.max_gap_ms * 1000 + JITTER_US * self._clock.rate
        if self._silent or now_us - self._heard_us <= patience_us:
            return
        self._silent = True
        if self._run is not None:
            self._began = "gap"
            self._end_run("gap")
        self._alarm("camera.silent", {"camera": self._camera})

    # --- runs

    def _new_run(self, session: Session) -> RunWriter:
        info, config = self._source.info, self._config
        run = Run(session.class_id, session.session, self._camera, new_run_id(), info.codec, info.width, info.height,
                  config.gap_floor_ms * 1000, self._began, self._clock.stamp().boot_id)
        # Packets of a file come when they are due, however fast its clock runs: the tolerance needs no rate.
        timeline = Timeline(config.max_gap_ms * 1000, config.gap_floor_ms * 1000, config.step_tolerance_ms * 1000)
        self._spare.add(run.run)
        self._log.info("run.began", run=run.run, began=run.began)
        return RunWriter(self._volume, run, info, timeline, config.segment_s * SECOND, self._sealer.segment,
                         self._device, self._create)

    def _end_run(self, cut: Cut) -> None:
        self._gops.forget()
        run, self._run = self._run, None
        if run is None:
            return
        try:
            run.finish(cut)
            self._log.info("run.ended", run=run.run.run, cut=cut, media_us=run.media_us)
        except (OSError, FFmpegError) as error:
            self._run = run
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        """The volume did not take the bytes: leave the run to recovery, and try another one later."""
        run, self._run = self._run, None
        self._began, self._unrecovered = "restart", True
        if run is not None:
            with contextlib.suppress(OSError, FFmpegError):
                run.abandon()
        self._log.failed("volume.failed", error)
        self._refuse(WriteFailed(why=getattr(error, "strerror", None) or str(error)))

    # --- the volume

    def _may_write(self, now_us: int) -> bool:
        if self.refused is not None and now_us < self._retry_us:
            return False
        try:
            self._volume.check()
        except (WrongVolume, CannotWrite, VolumeFull) as error:
            self._refuse(error)
            return False
        return True

    def _forgive(self) -> None:
        """The volume took a fragment again."""
        self.refused, self._retry_s = None, RETRY_S
        for code in ALARMS.values():
            self._alarms.pop(code, None)

    def _refuse(self, error: ZaitangError) -> None:
        self.refused = error
        self._began = "restart"
        self._retry_us = self._clock.mono_us() + self._retry_s * SECOND * self._clock.rate
        self._retry_s = min(LONGEST_RETRY_S, 2 * self._retry_s)
        params = {key: value if isinstance(value, int) else str(value) for key, value in error.params.items()}
        self._alarm(ALARMS[type(error)], {key: value for key, value in params.items() if key != "folder"})

    def _recover(self, now_us: int) -> None:
        """Have finished what a crash or a failing volume left unfinished; packets do not wait for it."""
        if not self._unrecovered or now_us < max(self._retry_us, self._recover_us):
            return
        self._unrecovered = False
        self._spare = spare = set() if self._run is None else {self._run.run.run}
        self._sealer.work(lambda store: self._recovered(store, spare))

    def _recovered(self, store: Store, spare: set[str]) -> list[Item]:
        """In the sealer's thread: what to state, and which journals to drop then."""
        try:
            found = recover(self._volume, self._known.read(store), spare)
        except (OSError, StoreBusy, BadStore) as error:
            self._log.failed("recovery.failed", error)
            self._recover_us = self._clock.mono_us() + RETRY_S * SECOND * self._clock.rate
            self._unrecovered = True
            return []
        for segment in found.segments:
            self._log.warning("segment.recovered", run=segment.run, index=segment.index)
        return [
            *(("segment", segment, None) for segment in found.segments),
            *(("alarm", alarm, None) for alarm in found.alarms),
            *(("", None, journal) for journal in found.journals),
        ]

    def _alarm(self, code: str, params: dict[str, object]) -> None:
        """State an alarm once, until it is over."""
        if code in self._alarms:
            return
        self._alarms[code] = self._clock.mono_us()
        self._log.warning(code)
        self._sealer.state("alarm", Alarm(code, params, self._session.class_id if self._session else None))
