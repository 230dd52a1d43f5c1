"""`python -m tests.faults.failing FLAG FOLDER ARGUMENT…`: zaitang-edge on a disk that fails while FLAG names an errno.

A real process and its real code; only the system calls that change something below FOLDER answer as a failing disk
(EIO) or one that the kernel has turned read-only under open files (EROFS) would. No test may bring a real disk to that.
"""
from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import Any

from edge.cli import main


def fail_below(folder: Path, flag: Path) -> None:
    """Replace the calls for the rest of this process."""
    for name in ("write", "fsync", "fdatasync", "ftruncate"):
        _wrap(name, lambda handle, *_: Path(os.readlink(f"/proc/self/fd/{handle}")), folder, flag)
    for name in ("mkdir", "rename", "unlink"):
        _wrap(name, lambda path, *_: Path(path), folder, flag)
    _wrap("open", lambda path, flags, *_: Path(path) if flags & os.O_CREAT else Path(), folder, flag)


def _wrap(name: str, path_of: Any, folder: Path, flag: Path) -> None:
    real = getattr(os, name)

    def call(*args: Any, **more: Any) -> Any:
        path = path_of(*args)
        if path.is_relative_to(folder) and flag.exists():
            code = getattr(errno, flag.read_text())
            raise OSError(code, os.strerror(code), str(path))
        return real(*args, **more)

    setattr(os, name, call)


if __name__ == "__main__":
    fail_below(Path(sys.argv[2]), Path(sys.argv[1]))
    sys.exit(main(sys.argv[3:]))
