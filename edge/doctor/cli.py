"""`zaitang-edge doctor --box DIR`: what ails this box, and what to do about it."""
from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
from pathlib import Path

from common.health import by_need, lines, worst


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
    if args.json:
        print(json.dumps([dataclasses.asdict(one) for one in checks], ensure_ascii=False, indent=1))
    else:
        for check in by_need(checks):
            print("\n".join(lines(check, args.lang)))
    return int(worst(checks) == "bad")
