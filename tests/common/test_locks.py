"""The lock of a process of which there may be one."""
from __future__ import annotations

import fcntl
import threading
from pathlib import Path

from common.locks import taken


def test_only_one_has_it_until_it_ends(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as first, (tmp_path / "lock").open("w") as second:
        assert taken(first.fileno(), 0) and not taken(second.fileno(), 0)
        first.close()
        assert taken(second.fileno(), 0)


def test_who_only_looks_is_waited_for(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as mine, (tmp_path / "lock").open() as look:
        fcntl.flock(look, fcntl.LOCK_SH)
        threading.Timer(0.05, fcntl.flock, (look, fcntl.LOCK_UN)).start()
        assert taken(mine.fileno(), 10)
