"""Row `archive`: an archive that is pulled, against a plain copy of the same files, each synced."""
from __future__ import annotations

import hashlib
import itertools
import os
import shutil
import threading
import time
from pathlib import Path

from bench.harness import Busy, Contest, Row
from bench.material import BOX, CLASS, POLICY, POLICY_REF, plan
from bench.rows.collect import sealed
from central.archive.decide import Wish
from central.archive.pace import Ended
from central.archive.pieces import work_folder
from central.archive.progress import Progress
from central.archive.pull import Terms, pull
from central.ingest.collector import Message
from central.wiring import Centre, init_centre
from common.policies import policy_bytes

FILES, FILE_BYTES = 48, 8 << 20


def prepare(folder: Path) -> Contest:
    """A centre with a class whose video is here, and the plan of its archive."""
    centre, decided = make_centre(folder / "centre", FILES, FILE_BYTES), folder / "decided"
    began_s = time.monotonic()
    _decide(centre, decided)
    took_s = time.monotonic() - began_s
    sources = sorted(path for path in (folder / "centre" / "objects").glob("??/*.mp4"))
    numbers = itertools.count()
    last = [folder / "none", folder / "none"]

    def pulled() -> None:
        target = _anew(last, 0, folder / f"bag-{next(numbers)}")
        shutil.copytree(work_folder(decided), work_folder(target))
        pull(centre, CLASS, target, Wish("zh"), Terms(wait_s=0), Progress("zh", None))

    def copied() -> None:
        target = _anew(last, 1, folder / f"copy-{next(numbers)}")
        target.mkdir()
        for source in sources:
            shutil.copyfile(source, target / source.name)
            with (target / source.name).open("rb") as file:
                os.fsync(file.fileno())

    size = FILES * FILE_BYTES
    ours, peer = Busy(pulled), Busy(copied)
    return Contest(ours, peer, size / 1e6, lambda: [
        f"{FILES} segments, {size / 1e6:.0f} MB; what is no video was decided before, in {took_s:.1f} s",
        "ours hashes each byte, and copies several files at a time; the peer copies one after the other, as cp does",
        ours.against(peer, size / 1e6, "MB")])


def _anew(last: list[Path], side: int, target: Path) -> Path:
    """Remove what the side wrote before: both pay for it."""
    shutil.rmtree(last[side], ignore_errors=True)
    last[side] = target
    return target


def make_centre(folder: Path, files: int, file_bytes: int) -> Centre:
    """A centre with a class of so many minutes, each a file of random bytes that is here."""
    centre, videos = init_centre(folder, test_keys=True), []
    for _ in range(files):
        data = os.urandom(file_bytes)
        sha256 = hashlib.sha256(data).hexdigest()
        videos.append((file_bytes, sha256))
        path = centre.objects.path(sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    with centre.store.write() as tx:
        tx.know_policy(POLICY_REF.sha256, policy_bytes(POLICY))
        centre.store.append(tx, plan(files))
    chain = [Message(BOX, one.envelope) for one in sealed(centre, 3 * files, videos)]
    centre.collector().take(chain)
    return centre


def _decide(centre: Centre, target: Path) -> None:
    stop = threading.Event()
    stop.set()
    try:
        pull(centre, CLASS, target, Wish("zh"), Terms(wait_s=0), Progress("zh", None), stop)
    except Ended:
        return
    raise AssertionError("it was to end before the video")


ROW = Row("archive", "an archive that is pulled, its plan decided", "a plain copy of the same files, each synced", "MB",
          prepare)
