"""What every process of the box does alike."""
from __future__ import annotations

import fcntl
import platform
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from common.reaching import is_held
from edge.child import none_of, only_one
from edge.errors import AlreadyRunning, StillRuns


def test_an_unforeseen_error_in_a_thread_ends_the_process_and_tells_no_name() -> None:
    script = textwrap.dedent("""
        import threading
        from common import logs
        from edge.child import die_with_thread, stop_on_signal
        logs.setup()
        die_with_thread()
        stop = stop_on_signal()
        threading.Thread(target=lambda: {}["王秀英"]).start()
        assert stop.wait(60)
    """)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0 and "thread.failed" in done.stderr
    assert "Traceback" not in done.stderr and "王秀英" not in done.stderr


@pytest.mark.parametrize("one", [False, True])
def test_threads_share_one_heap(one: bool, tmp_path: Path) -> None:
    """By what the C library says of itself."""
    if platform.libc_ver()[0] != "glibc":
        pytest.skip("of glibc alone")
    script = textwrap.dedent("""
        import ctypes, sys, threading
        from edge.child import one_heap
        if sys.argv[1] == "True":
            one_heap()
        libc, all_here = ctypes.CDLL(None), threading.Barrier(6)
        libc.malloc.restype = libc.fopen.restype = ctypes.c_void_p
        libc.malloc_info.argtypes, libc.fclose.argtypes = [ctypes.c_int, ctypes.c_void_p], [ctypes.c_void_p]

        def work():
            libc.malloc(5000)
            all_here.wait(20)

        threads = [threading.Thread(target=work) for _ in range(6)]
        [one.start() for one in threads]
        [one.join() for one in threads]
        told = libc.fopen(sys.argv[2].encode(), b"w")
        libc.malloc_info(0, told)
        libc.fclose(told)
    """)
    told = tmp_path / "told.xml"
    subprocess.run([sys.executable, "-c", script, str(one), str(told)], timeout=30, check=True)
    heaps = told.read_text().count("<heap ")
    assert (heaps == 1) is one, heaps


def test_only_one_holds_the_lock(tmp_path: Path) -> None:
    first = only_one(tmp_path / "lock", "sync")
    with first, pytest.raises(AlreadyRunning), only_one(tmp_path / "lock", "sync", 0.2):
        raise AssertionError
    with only_one(tmp_path / "lock", "sync"):
        assert (tmp_path / "lock").read_text()


def test_who_needs_a_box_that_is_stopped_says_how_it_is_stopped(tmp_path: Path) -> None:
    with only_one(tmp_path / "sync.lock", "sync"), pytest.raises(StillRuns, match=r"stop zaitang-box\.target"), \
            none_of(tmp_path, ("box", "sync")):
        raise AssertionError
    with none_of(tmp_path, ("box", "sync")), pytest.raises(AlreadyRunning), only_one(tmp_path / "box.lock", "box"):
        raise AssertionError


def test_who_looks_whether_a_process_runs_keeps_none_from_starting(tmp_path: Path) -> None:
    (tmp_path / "lock").touch()
    with (tmp_path / "lock").open() as look:
        fcntl.flock(look, fcntl.LOCK_SH)
        threading.Timer(0.05, fcntl.flock, (look, fcntl.LOCK_UN)).start()
        with only_one(tmp_path / "lock", "sync"):
            assert is_held(tmp_path / "lock")


def test_a_process_that_does_not_end_says_where_it_is() -> None:
    script = textwrap.dedent("""
        import os, signal, threading
        from edge import child

        def held_up():
            threading.Event().wait(50)

        child.LONG_S = 0.2
        child.stop_on_signal()
        os.kill(os.getpid(), signal.SIGTERM)
        held_up()
    """)
    with subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE, text=True) as held:
        assert held.stderr is not None and any("in held_up" in line for line in held.stderr)
        held.kill()
