"""`python -m tests.faults.clocked central|edge|disciplined ARGUMENT…`: one of the two programs under libfaketime.

`disciplined`: zaitang-edge on a machine whose kernel believes its clock, as with a time server that lies: no test may
discipline the clock of the machine that it runs on.
"""
from __future__ import annotations

import select
import sys
import time

import central.cli
import edge.cli
import edge.clock
import edge.identity.tls
from evidence.records import ClockState


def believed() -> ClockState:
    """What the kernel says of a clock that a time server keeps."""
    return ClockState(True, 1000, "kernel", 1)


def sleep(seconds: float) -> None:
    """libfaketime 0.9 answers EINVAL to clock_nanosleep(2) until a moment, by which Python sleeps."""
    select.select([], [], [], seconds)


if __name__ == "__main__":
    time.sleep = sleep
    program, *arguments = sys.argv[1:]
    if program == "disciplined":
        edge.clock.kernel_clock_state = edge.identity.tls.kernel_clock_state = believed
    sys.exit(central.cli.main(arguments) if program == "central" else edge.cli.main(arguments))
