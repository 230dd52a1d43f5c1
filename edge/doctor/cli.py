"""`zaitang-edge doctor --box DIR`: what ails this box, and what to do about it."""
from __future__ import annotations

import argparse
import contextlib
from pathlib import Path

from common.health import report, worst


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `doctor` to the parser of `zaitang-edge`."""
    doctor = commands.add_parser("doctor", help="what ails this box, and what to do about it; 1: something is to mend")
    doctor.add_argument("--box", type=Path, required=True, metavar="DIR")
    doctor.add_argument("--json", action="store_true", help="for programs")
    doctor.set_defaults(do=_doctor)


def _doctor(args: argparse.Namespace) -> int:
    from edge.doctor.gather import examiner
    from edge.wiring import open_ran

    box = open_ran(args.box)
    with contextlib.closing(box.store):
        checks = examiner(box).examine().checks
    print(report(checks, args.json, args.lang))
    return int(worst(checks) == "bad")
