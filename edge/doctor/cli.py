"""`zaitang-edge doctor --box DIR`: what ails this box, and what to do about it."""
from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from common.texts import N_, translate

if TYPE_CHECKING:
    from edge.doctor.judge import Check

STATES = {"good": N_("well"), "look": N_("look at it"), "bad": N_("mend it"), "untold": N_("not told")}
LINE = N_("[{state}] {about}: {said}")


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `doctor` to the parser of `zaitang-edge`."""
    doctor = commands.add_parser("doctor", help="what ails this box, and what to do about it; 1: something is to mend")
    doctor.add_argument("--box", type=Path, required=True, metavar="DIR")
    doctor.add_argument("--json", action="store_true", help="for programs")
    doctor.set_defaults(do=_doctor)


def _doctor(args: argparse.Namespace) -> int:
    from edge.doctor.gather import examine
    from edge.doctor.judge import worst
    from edge.wiring import open_ran

    box = open_ran(args.box)
    with contextlib.closing(box.store):
        checks = examine(box)
    if args.json:
        print(json.dumps([dataclasses.asdict(one) for one in checks], ensure_ascii=False, indent=1))
    else:
        for check in checks:
            print("\n".join(lines(check, args.lang)))
    return int(worst(checks) == "bad")


def lines(check: Check, lang: str) -> list[str]:
    """One thing as it is shown: whether it is well, what it is, and what to do."""
    params = {key: value[lang] if isinstance(value, Mapping) else value for key, value in check.params.items()}
    said = translate(check.says, lang, **params)
    shown = [translate(LINE, lang, state=translate(STATES[check.state], lang), about=translate(check.about, lang),
                       said=said)]
    return shown if not check.todo else [*shown, "    → " + translate(check.todo, lang, **params)]
