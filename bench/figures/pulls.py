"""Figures `pulls`: what an archive of many small files costs to pull and to verify, in time and memory, by how many;
beside it the same files copied one after the other, each synced, and hashed by sha256sum."""
from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.harness import Figures, Skipped
from bench.material import CLASS
from bench.rows.archive import make_centre

COUNTS = (720, 2880)
"""60 half-days of three cameras, with four files each, and with sixteen."""
FILE_BYTES = 64 << 10


def measure(folder: Path) -> tuple[list[str], dict[str, Any]]:
    """The lines to print and what bench.json holds. Raises Skipped."""
    if not shutil.which("sha256sum"):
        raise Skipped("it needs sha256sum")
    found = [{"files": count, **_of(folder / str(count), count)} for count in COUNTS]
    fewer, more = found
    lines = [f"files of {FILE_BYTES >> 10} KiB: " + "  ".join(f"{one['files']:>9}" for one in found) + "    growth"]
    lines += [f"{key:<18} " + "  ".join(f"{one[key]:>9.2f}" for one in found) + f"  {more[key] / fewer[key]:>7.2f} x"
              for key in fewer if key != "files"]
    return [*lines, f"growth of files: {COUNTS[1] / COUNTS[0]:.2f} x; what is linear grows by no more"], {"rows": found}


def _of(folder: Path, count: int) -> dict[str, float]:
    """Seconds (wall and CPU) and megabytes of each step, each a process of its own."""
    folder.mkdir()
    centre = make_centre(folder / "centre", count, FILE_BYTES)
    centre.store.close()
    sources = sorted((folder / "centre" / "objects").glob("??/*.mp4"))
    bag, copy = folder / "bag", folder / "copy"
    pulled = _run("-m", "central.cli", "archive", "pull", CLASS, "--centre", folder / "centre", "--to", bag)
    verified = _run("-m", "verify.cli", bag)
    copied = _timed(lambda: _copy(sources, copy))
    hashed = _timed(lambda: subprocess.run(["sha256sum", *sources], check=True, stdout=subprocess.DEVNULL))
    return {"pull s": pulled[0], "pull CPU s": pulled[1], "pull MB": pulled[2], "verify s": verified[0],
            "verify CPU s": verified[1], "verify MB": verified[2], "copy, synced s": copied, "sha256sum s": hashed}


def _run(*words: object) -> tuple[float, float, float]:
    """A command of the product: seconds, CPU seconds, the most memory that it had (MB)."""
    began_s = time.perf_counter()
    child = subprocess.Popen([sys.executable, *map(str, words)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise AssertionError(f"{words[1]}: exit status {child.returncode}")
    return time.perf_counter() - began_s, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def _copy(sources: Sequence[Path], target: Path) -> None:
    target.mkdir()
    for source in sources:
        shutil.copyfile(source, target / source.name)
        with (target / source.name).open("rb") as file:
            os.fsync(file.fileno())


def _timed(work: Any) -> float:
    began_s = time.perf_counter()
    work()
    return time.perf_counter() - began_s


FIGURES = Figures("pulls", "an archive of many files: time and memory by how many", measure)
