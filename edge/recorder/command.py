"""`zaitang-edge record`: one source into a folder of its own that `zaitang-verify` can check."""
from __future__ import annotations

import contextlib
import errno
import logging
import os
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

from tqdm import tqdm

from common import logs
from common.texts import N_, translate
from edge.cameras.address import is_live, shown
from edge.cameras.again import Opening, Waits
from edge.cameras.errors import LivePace
from edge.cameras.open import check_address, open_source
from edge.cameras.port import Source
from edge.child import only_one, stop_on_signal
from edge.clock import AutojumpClock, Clock, SimulatedClock, SystemClock, boottime_us
from edge.config import BOX_FILE, load_box
from edge.errors import BadBox, BadLength, BadPace, VolumeFull
from edge.keys import load_keys, make_box_keys, self_certified
from edge.recorder.feed import Feed
from edge.recorder.process import READ_S, overrun
from edge.recorder.recorder import Recorder
from edge.recorder.sessions import OneSession
from edge.recorder.telling import Telling
from edge.storage.files import make_folder, replace
from edge.storage.volume import open_volume
from edge.wiring import Box, open_store
from evidence.bodies import Segment
from evidence.errors import ZaitangError
from evidence.times import SECOND

DEVICE = CAMERA = "record"
BEGUN = {"keys", "keys.new", "run", f"{BOX_FILE}.new"}
"""What a call that was cut off may have left of a folder of its own."""
INTERRUPTED = 130
TOP_PACE = 100_000
LONGEST_S = 1e9
REAL_BOX = N_("it is the folder of a box in a classroom; give another folder")
NOT_EMPTY = N_("it holds other things; give an empty or a new folder")
RECORDING = N_("recording to {folder}; Ctrl-C ends it")


def record(url: str, out: Path, seconds: float | None, pace: int | None, lang: str) -> int:
    """Record `url` into `out`, made if need be; recover first what an earlier call left there.

    `seconds`: of media. `pace`: of a file, how many times as fast as real time; 0 or None: as fast as it can. A live
    source that breaks is opened again and again, and a volume that refuses is tried again and again, until a signal
    or until the time is over; a file ends there. 0; 130 after a signal that came before a camera was open. Raises
    ZaitangError.
    """
    if sys.stderr.isatty():
        # Whoever watches reads sentences; the lines for programs would hide them.
        logs.setup(level=logging.CRITICAL)
    stop = stop_on_signal()
    if seconds is not None and not 0 < seconds < LONGEST_S:
        raise BadLength(seconds=seconds, most=round(LONGEST_S))
    clock = _clock(url, pace)
    check_address(url, clock)
    must_be_its_own(out)
    sealed: list[Segment] = []
    with _held(out):
        source = _open(url, clock, stop)
        if source is None:
            return INTERRUPTED
        try:
            make_folder_of_its_own(out)
            print(translate(RECORDING, lang, folder=out), flush=True)
            failure = _record(_box(out, clock), url, source, seconds, stop.is_set, sealed, lang)
        finally:
            source.close()
    again = [segment for segment in sealed if segment.recovered]
    fresh = [segment for segment in sealed if not segment.recovered]
    if again:
        print(translate("recovered: {seconds} seconds of video (segments: {segments})", lang, **_sums(again)))
    print(translate("recorded: {seconds} seconds of video (segments: {segments}), in {folder}", lang, folder=out,
                    **_sums(fresh)))
    if failure is not None:
        raise failure
    return 0


@contextlib.contextmanager
def _held(out: Path) -> Iterator[None]:
    """Hold the lock of the folder, before any camera is opened: some break their stream for a second viewer.

    Of a folder that is made here nothing stays when no recording begins in it. Raises AlreadyRunning."""
    run = out / "run"
    lock = run / "recorder.lock"
    made = [folder for folder in (run, out, *out.parents) if not folder.exists()]
    make_folder(run)
    with only_one(lock, "recorder"):
        try:
            yield
        finally:
            if run in made and not (out / BOX_FILE).exists():
                lock.unlink()
                for folder in made:
                    if not any(folder.iterdir()):
                        folder.rmdir()


def _open(url: str, clock: Clock, stop: threading.Event) -> Source | None:
    """The source; None when it was told to stop before that was open, which may take half a minute of a camera."""
    if not is_live(url):
        return open_source(url, clock)
    opening = Opening(lambda: open_source(url, clock), Waits(0.0))
    try:
        while not stop.wait(READ_S):
            if (source := opening.take()) is not None:
                return source
            if opening.failure is not None:
                raise opening.failure
        return None
    finally:
        opening.close()


def _record(
    box: Box, url: str, source: Source, seconds: float | None, stopped: Callable[[], bool], sealed: list[Segment],
    lang: str,
) -> ZaitangError | None:
    """Record to the end. What still kept video from being written, or stated, then."""
    config, live = box.config, is_live(url)
    volume = open_volume(box.video, config.device, box.store, config.recorder.reserve_mb)
    # A live recording waits for room, and says so.
    with contextlib.suppress(*([VolumeFull] if live else [])):
        volume.check()
    limit_us = None if seconds is None else int(seconds * SECOND)
    start_us = source.first_mono_us
    demand = OneSession(None if limit_us is None else start_us + limit_us)
    sealer = Telling(box.second_store(), sealed.append, lambda text: tqdm.write(text, file=sys.stdout), lang)
    recorder = Recorder(CAMERA, config.device, box.clock, source, volume, sealer, demand, config.recorder)
    whole_us = limit_us or source.duration_us
    feed = None
    if live:
        feed = Feed(recorder, CAMERA, source, lambda: open_source(url, box.clock), overrun(recorder, sealer))
    step = feed.step if feed else recorder.step
    try:
        with tqdm(total=whole_us and whole_us // SECOND, unit="s", disable=None, file=sys.stderr) as bar:
            while not (source.ended or stopped() or (recorder.refused and not live) or demand.current is None):
                step(READ_S)
                sealer.lasting(recorder.alarms)
                bar.update((recorder.heard_us - start_us) // SECOND - bar.n)
        recorder.close("end")
    finally:
        recorder.close("restart")
        recorder.settle()
        if feed is not None:
            feed.close()
        sealer.close()
    return recorder.refused or sealer.failure


def _clock(url: str, pace: int | None) -> Clock:
    if is_live(url):
        if pace is not None:
            raise LivePace(source=shown(url))
        return SystemClock()
    pace = pace or 0
    if not 0 <= pace <= TOP_PACE:
        raise BadPace(pace=pace, top=TOP_PACE)
    utc, boot = SystemClock().utc_us(), boottime_us()
    boot_id = str(uuid.uuid4())
    return SimulatedClock(utc, pace, boot, boot_id) if pace else AutojumpClock(utc, boot, boot_id)


def must_be_its_own(out: Path) -> None:
    """Raises BadBox when `out` holds other things than a recording of this command."""
    if (out / BOX_FILE).exists():
        if load_box(out.resolve()).device != DEVICE:
            raise BadBox(folder=out, why=REAL_BOX)
    elif out.is_dir() and {path.name for path in out.iterdir()} - BEGUN:
        raise BadBox(folder=out, why=NOT_EMPTY)
    elif out.exists() and not out.is_dir():
        raise BadBox(folder=out, why=os.strerror(errno.ENOTDIR))


def make_folder_of_its_own(out: Path) -> None:
    """Make `out` a box folder, if it is none: keys first, box.toml last, so another call can finish what one began.

    Raises BadBox when it holds other things."""
    must_be_its_own(out)
    if (out / BOX_FILE).exists():
        return
    make_folder(out)
    if (out / "keys").exists():
        load_keys(out / "keys")
    else:
        make_box_keys(out / "keys", self_certified(DEVICE, SystemClock().utc_us()))
    replace(out / BOX_FILE, f'device = "{DEVICE}"\npolicy = "demo"\n'.encode())


def _box(out: Path, clock: Clock) -> Box:
    folder = out.resolve()
    config = load_box(folder)
    keys = load_keys(folder / "keys")
    return Box(folder, config, keys, clock, open_store(folder, config, keys, clock))


def _sums(sealed: list[Segment]) -> dict[str, int]:
    media_us = sum(segment.end_pts_us - segment.first_pts_us for segment in sealed)
    return {"segments": len(sealed), "seconds": media_us // SECOND}
