"""A process that does not end fails its test with the place at which each of its processes stands."""
from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from tests.ending import end, offspring

DEAF = textwrap.dedent("""
    import signal, subprocess, sys, time

    def deaf_{name}():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        {child}
        print("up", flush=True)
        time.sleep(60)

    deaf_{name}()
""")


def test_who_does_not_end_tells_where_it_stands_and_its_children_do() -> None:
    inner = DEAF.format(name="child", child="")
    script = DEAF.format(name="parent", child=f"subprocess.Popen([sys.executable, '-c', {inner!r}])")
    deaf = subprocess.Popen([sys.executable, "-c", script], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert deaf.stdout is not None and [deaf.stdout.readline() for _ in range(2)] == ["up\n"] * 2
    assert len(offspring(deaf.pid)) == 1
    with pytest.raises(AssertionError, match="did not end") as told:
        end(deaf, 0.1)
    assert "in deaf_parent" in str(told.value) and "in deaf_child" in str(told.value)


def test_who_ends_says_what_it_said() -> None:
    script = ("import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(3)); print('up', flush=True); "
              "signal.pause()")
    child = subprocess.Popen([sys.executable, "-c", script], text=True, stdout=subprocess.PIPE)
    assert child.stdout is not None and child.stdout.readline() == "up\n"
    assert end(child) == (3, "", None)
