"""Row `bag`: zaitang-verify on a large bag against sha256sum over the same files on all cores."""
from __future__ import annotations

import contextlib
import io
import os
import shutil
import subprocess
import time
from pathlib import Path

from bench.bagging import write_bag
from bench.harness import Busy, Contest, Row, Skipped
from bench.rows.verify import make_export
from verify.cli import verify

FILES, FILE_BYTES, RECORDS = 48, 16 << 20, 150
GOAL = 0.9


def prepare(folder: Path) -> Contest:
    """A bag of random bytes for video, made on the spot."""
    if not all(map(shutil.which, ("find", "xargs", "sha256sum"))):
        raise Skipped("it needs find, xargs and sha256sum")
    make_export(folder / "export", FILES, FILE_BYTES, RECORDS)
    bag = write_bag(folder / "bag", folder / "export")
    cores = len(os.sched_getaffinity(0))

    def verified() -> None:
        with contextlib.redirect_stderr(io.StringIO()):
            result = verify(bag, None, "en")
        if not result.ok:
            raise AssertionError(f"the bag does not hold: {result.problems[0]}")

    size = sum(path.stat().st_size for path in bag.rglob("*") if path.is_file())
    ours, peer = Busy(verified), Busy(lambda: hashed(bag, cores, "sha256sum"))
    return Contest(ours, peer, size / 1e6, lambda: [
        f"{FILES} segments, {size / 1e6:.0f} MB; chains, story and findings included; {cores} at a time on both sides;"
        f" goal {GOAL}", ours.against(peer, size / 1e6, "MB"), *_openssl(bag, cores, size)])


def hashed(bag: Path, cores: int, *program: str) -> None:
    """Every file of the bag by a program that takes names, as many at a time as there are cores."""
    subprocess.run(["sh", "-c", 'find . -type f -print0 | xargs -0 -n 1 -P "$0" "$@"', str(cores), *program], cwd=bag,
                   check=True, stdout=subprocess.DEVNULL)


def _openssl(bag: Path, cores: int, size: int) -> list[str]:
    """Many a sha256sum does not know what the processor can do; openssl does."""
    if not shutil.which("openssl"):
        return []
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        hashed(bag, cores, "openssl", "dgst", "-sha256")
        seconds.append(time.perf_counter() - start)
    return [f"openssl dgst -sha256 in place of sha256sum: {size / 1e6 / sorted(seconds)[1]:,.0f} MB a second"]


ROW = Row("bag", "zaitang-verify of a bag", "sha256sum over its files on all cores", "MB", prepare)
