"""What every process of the box does alike."""
from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from edge.child import only_one
from edge.errors import AlreadyRunning


def test_an_unforeseen_error_in_a_thread_ends_the_process_and_tells_no_name() -> None:
    script = textwrap.dedent("""
        import threading
        from common import logs
        from edge.child import die_with_thread, stop_on_signal
        logs.setup()
        die_with_thread()
        stop = stop_on_signal()
        threading.Thread(target=lambda: {}["王秀英"]).start()
        assert stop.wait(20)
    """)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0 and "thread.failed" in done.stderr
    assert "Traceback" not in done.stderr and "王秀英" not in done.stderr


def test_only_one_holds_the_lock(tmp_path: Path) -> None:
    first = only_one(tmp_path / "lock", "sync")
    with first, pytest.raises(AlreadyRunning), only_one(tmp_path / "lock", "sync", 0.2):
        raise AssertionError
    with only_one(tmp_path / "lock", "sync"):
        assert (tmp_path / "lock").read_text()
