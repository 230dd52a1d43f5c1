"""`zaitang-central doctor --centre DIR`: what ails this centre, and what to do about it."""
from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable

from common.health import report, worst


def add_commands(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], command: Callable[..., argparse.ArgumentParser],
) -> None:
    """Add `doctor` to the parser of `zaitang-central`."""
    doctor = command(commands, "doctor", _doctor,
                     "what ails this centre, and what to do about it; 1: something is to mend")
    doctor.add_argument("--json", action="store_true", help="for programs")


def _doctor(args: argparse.Namespace) -> int:
    from central.commands import opened
    from central.doctor.gather import examiner

    centre = opened(args)
    with contextlib.closing(centre.store):
        checks = examiner(centre).examine().checks
    print(report(checks, args.json, args.lang))
    return int(worst(checks) == "bad")
