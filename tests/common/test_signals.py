"""A process is told to end at any instruction, and ends: real signals, in processes of their own."""
from __future__ import annotations

import subprocess
import sys
import textwrap

EVERYWHERE = textwrap.dedent("""
    import signal, sys, threading
    from common.signals import on_signal

    stop = threading.Event()
    on_signal(stop.set)

    def told_at(place):
        '''SIGTERM at this line of the standard library under `stop.wait`; whether that has so many.'''
        left = place

        def trace(frame, event, _):
            nonlocal left
            if frame.f_code.co_filename != threading.__file__:
                return None
            if event == "line":
                left -= 1
                if left == 0:
                    signal.raise_signal(signal.SIGTERM)
            return trace

        sys.settrace(trace)
        stop.wait(0.01)
        sys.settrace(None)
        return left <= 0

    place = 1
    while told_at(place):
        assert stop.wait(20), place
        stop.clear()
        place += 1
    print(place)
""")


def run(script: str) -> str:
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True).stdout


def test_a_signal_is_heard_wherever_in_its_wait_the_main_thread_is() -> None:
    assert int(run(EVERYWHERE)) > 10


def test_each_signal_is_heard_also_in_a_wait_without_end() -> None:
    script = textwrap.dedent("""
        import os, signal, threading
        from common.signals import on_signal

        told = threading.Semaphore(0)
        on_signal(told.release)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGTERM):
            threading.Timer(0.05, os.kill, (os.getpid(), number)).start()
            told.acquire()
        on_signal(told.release, signal.SIGUSR1)
        os.kill(os.getpid(), signal.SIGUSR1)
        told.acquire()
        print("heard")
    """)
    assert run(script) == "heard\n"
