"""Whether a box is quiet: nothing is recorded, no class is open, and none begins within minutes by the plan."""
from __future__ import annotations

import contextlib
import dataclasses
from pathlib import Path
from typing import Literal

from common.reaching import is_held
from common.texts import N_
from edge.control.client import ask
from edge.errors import BadBox, NoRecorder
from edge.recorder.by_plan import ByPlan
from edge.recorder.sessions import Sessions
from edge.wiring import DATABASE, RECORDER_SOCKET, Box, open_box
from evidence.times import MINUTE, utc_text

RECORDER_LOCK = "recorder.lock"
ANSWER_S = 3.0
"""Real seconds that the recorder may take to answer."""
GONE = N_("its database is not there, and yet this box ran: nobody can tell whether a class is open")
Why = Literal["", "recording", "open", "plan"]


@dataclasses.dataclass(frozen=True)
class Quiet:
    """`why` it is not quiet, empty when it is; `begins`: when a class begins by the plan, UTC."""

    busy: bool
    why: Why
    begins: str | None = None


def look(folder: Path, within_min: int) -> Quiet:
    """Asks the recorder first: that a database cannot be opened makes no recording one that may be cut.

    Raises NoRecorder of one that runs and does not say what it does; BadBox, BadShape, BadKeys, BadStore, StoreBusy."""
    if _records(folder):
        return Quiet(True, "recording")
    if not (folder / DATABASE).is_file():
        # A process of the box opens the database before it takes its lock.
        if any((folder / "run").glob("*.lock")):
            raise BadBox(folder=folder, why=GONE)
        return Quiet(False, "")  # it never ran
    box = open_box(folder)
    with contextlib.closing(box.store):
        return _by_records(box, within_min)


def _records(folder: Path) -> bool:
    """Whether the recorder writes, or would if the camera were there."""
    try:
        status = ask(folder / "run" / RECORDER_SOCKET, "status", ANSWER_S)
    except NoRecorder:
        if is_held(folder / "run" / RECORDER_LOCK):
            raise
        return False
    return bool(status.get("recording"))


def _by_records(box: Box, within_min: int) -> Quiet:
    sessions = Sessions(box.store)
    if sessions.current is not None:
        return Quiet(True, "open")
    plan = ByPlan(box.config.device, box.clock, lambda _type, _body: None)
    plan.learn(box.store)
    begin = plan.begins(sessions.ended(box.clock.stamp()), within_min * MINUTE)
    return Quiet(False, "") if begin is None else Quiet(True, "plan", utc_text(begin.start_us))
