"""Rows `recorder` and `recorder-pictures`: `zaitang-edge record`, without and with the checks of the picture, against
`ffmpeg -c copy -f segment` and `sha256sum` of its files."""
from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import av

from bench.harness import Contest, Row, Side, Skipped, cpu_s
from bench.material import CLASS
from common.hls import read_media
from edge.config import PictureConfig
from edge.picture.codes import Codes
from edge.picture.live import Live
from edge.picture.process import Worker
from edge.picture.told import TOLD, Board
from edge.recorder.journal import Journal, Mark, Run
from edge.recorder.tally import Tally
from edge.rollcall.attempts import Attempts
from edge.storage.files import AppendFile
from edge.wiring import Box, open_box
from evidence.bodies import Segment, body_of
from evidence.times import SECOND

MINUTES = 20
BASE_S = 20
GOAL, GOAL_WITH_PICTURES = 2.0, 4.0
EVERY_S = PictureConfig().every_s


def prepare(folder: Path) -> Contest:
    """A film of 1080p H.264 at 4 Mbit/s and 25 frames a second, a keyframe every two seconds."""
    film = make_film(folder, MINUTES)
    ours = Metered(lambda: record(film, folder / "ours"))
    peer = Metered(lambda: copy_and_hash(film, folder / "peer"))
    return Contest(ours, peer, MINUTES * 60, lambda: [
        compared(ours.median_s, peer.median_s, GOAL), parts(film, folder)])


def prepare_with_pictures(folder: Path) -> Contest:
    """The same film; what the picture process does, with the growing file and each finished one, comes on top."""
    film = make_film(folder, MINUTES)
    ours, pictures = Metered(lambda: record(film, folder / "ours")), Metered(lambda: check_pictures(folder / "ours"))
    peer = Metered(lambda: copy_and_hash(film, folder / "peer"))

    def both() -> None:
        ours()
        pictures()

    return Contest(both, peer, MINUTES * 60, lambda: [
        compared(ours.median_s + pictures.median_s, peer.median_s, GOAL_WITH_PICTURES),
        f"of it the pictures: {pictures.median_s * 60 / MINUTES:.1f} s per hour"])


def check_pictures(out: Path) -> None:
    """The work of the picture process while these files were written: a turn each second of them, which looks at what
    grew, and a record for each file. Its start is not in it, nor the start of Python."""
    with contextlib.closing((box := open_box(out)).store), contextlib.closing(Board(box.run_folder / TOLD)) as board:
        segments = [dataclasses.replace(body, class_id=CLASS) for sealed in box.store.records_of("segment")
                    if isinstance(body := body_of(sealed.record), Segment)]
        codes = Codes(box.store, box.find_segment, Attempts(box.run_folder / "codes.attempts"))
        worker = Worker(box.store, box.video, box.find_segment, EVERY_S, box.run_folder,
                        Live(box.store, box.clock, board, box.config.policy), codes)
        for _ in grown(box, segments):
            worker.turn() or codes.turn()
        if len(box.store.records_of("picture")) != len(segments):
            raise RuntimeError("not every file got its picture record")


def grown(box: Box, segments: Sequence[Segment]) -> Iterator[None]:
    """Tells of the files of one run as the recorder does while it writes them; yields after every second of them."""
    first, boot_id = segments[0], box.clock.stamp().boot_id
    run = Run(CLASS, None, first.camera, first.run, first.codec, first.width, first.height, first.gap_floor_us, "start",
              boot_id)
    path = box.video / "journal" / f"{run.run}.jsonl"
    with contextlib.closing(Journal(path, run, Unsynced)) as journal:
        for segment in segments:
            journal.open(segment.index, segment.file)
            with (box.segments / segment.file).open("rb") as file:
                media = read_media(file, segment.size)
            for fragment in media.fragments:
                end_us = round((fragment.start + fragment.duration) / media.timescale * SECOND)
                tally = Tally(1, 1, segment.first_pts_us, segment.first_pts_us + end_us, segment.first_mono_us,
                              segment.first_mono_us + end_us, ())
                size = fragment.offset + fragment.size
                journal.mark(mark := Mark(segment.index, segment.file, size, segment.sha256, tally))
                yield from [None] * round(fragment.duration / media.timescale)
            journal.done(dataclasses.replace(mark, cut=segment.cut))
            box.store.append("segment", dataclasses.replace(segment, boot_id=boot_id))
            yield
    path.unlink()
    yield


class Unsynced(AppendFile):
    """To write and sync is the recorder's work, which was measured there."""

    def sync(self) -> None:
        """Nothing."""


class Metered:
    """A side that remembers the CPU seconds of each run."""

    def __init__(self, side: Side) -> None:
        self._side, self._spent = side, list[float]()

    def __call__(self) -> None:
        start = cpu_s()
        self._side()
        self._spent.append(cpu_s() - start)

    @property
    def median_s(self) -> float:
        return statistics.median(self._spent)


def compared(ours_s: float, peer_s: float, goal: float) -> str:
    """The figure that the goal speaks of."""
    hours = MINUTES / 60
    return (f"CPU seconds per hour of 1080p: {ours_s / hours:.1f}, the peer {peer_s / hours:.1f}: "
            f"{ours_s / peer_s:.2f} times the peer (goal: at most {goal})")


def parts(film: Path, folder: Path) -> str:
    """Where the time goes: what the parts cost by themselves, in CPU seconds per hour; the rest is ours."""
    short = folder / "short.mp4"
    _ffmpeg("-i", str(film), "-t", "1", "-c", "copy", str(short))
    hours = MINUTES / 60
    costs = {"reading packets": demux, "SHA-256": sha256, "writing and syncing each keyframe": write_synced}
    told = [f"{name} {_cost(part, film, folder / 'part') / hours:.1f}" for name, part in costs.items()]
    start_s = _cost(record, short, folder / "start")
    return f"of it, measured alone: {', '.join(told)}; starting the program once {start_s:.1f} s, counted in"


def demux(film: Path, _: Path) -> None:
    """Read every packet with PyAV."""
    with av.open(str(film)) as container:
        for _packet in container.demux(video=0):
            pass


def sha256(film: Path, _: Path) -> None:
    """Hash the bytes once."""
    with film.open("rb") as file:
        hashlib.file_digest(file, "sha256")


def write_synced(film: Path, part: Path) -> None:
    """Write the same bytes with an fdatasync for each keyframe, and nothing else."""
    piece = film.stat().st_size // (MINUTES * 30)
    with film.open("rb") as source, part.open("wb", buffering=0) as file:
        while data := source.read(piece):
            file.write(data)
            os.fdatasync(file.fileno())
    part.unlink()


def _cost(work: Callable[[Path, Path], None], film: Path, out: Path) -> float:
    start = cpu_s()
    work(film, out)
    return cpu_s() - start


def make_film(folder: Path, minutes: int) -> Path:
    """Twenty seconds of moving pattern with noise, encoded once and repeated without encoding it again."""
    if shutil.which("ffmpeg") is None:
        raise Skipped("no ffmpeg here")
    base, film = folder / "base.mp4", folder / "film.mp4"
    _ffmpeg("-f", "lavfi", "-i", "testsrc2=s=1920x1080:r=25,noise=alls=12:allf=t", "-t", str(BASE_S), "-c:v", "libx264",
            "-preset", "superfast", "-b:v", "4M", "-maxrate", "4M", "-bufsize", "8M", "-g", "50", "-keyint_min", "50",
            "-sc_threshold", "0", "-bf", "0", "-pix_fmt", "yuv420p", str(base))
    _ffmpeg("-stream_loop", str(minutes * 60 // BASE_S - 1), "-i", str(base), "-c", "copy", str(film))
    return film


def record(film: Path, out: Path) -> None:
    """The real command, into a new folder."""
    shutil.rmtree(out, ignore_errors=True)
    command = [sys.executable, "-m", "edge.cli", "record", "--source", f"file:{film}", "--out", str(out)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def copy_and_hash(film: Path, out: Path) -> None:
    """The peer: segments of a minute, then their hashes."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    _ffmpeg("-i", str(film), "-c", "copy", "-f", "segment", "-segment_time", "60", str(out / "%03d.mp4"))
    subprocess.run(["sha256sum", *map(str, sorted(out.glob("*.mp4")))], check=True, stdout=subprocess.DEVNULL)


def _ffmpeg(*words: str) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-y", *words], check=True, stdin=subprocess.DEVNULL)


ROW = Row("recorder", "zaitang-edge record of 1080p H.264, journal and hashes included",
          "ffmpeg -c copy -f segment and sha256sum of its files", "s of video", prepare, repetitions=3, clock="cpu",
          warm_up=False)
WITH_PICTURES = Row("recorder-pictures", "the same, and the checks of the picture", "the same", "s of video",
                    prepare_with_pictures, repetitions=3, clock="cpu", warm_up=False)
