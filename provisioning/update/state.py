"""How far an update is, and the one table of what comes next. Pure: whoever is killed between two rows reads the state
again, looks at the machine again, and goes on.

What a row does may be done again, and is noted when it is done. `switched` and `rolling_back` are noted before the link
moves, so whichever release it names after a power cut, the state says which one it is to be. What could be done in part
alone, as on a full disk, is the same as a kill: the phase stays.
"""
from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Literal

from provisioning.release.about import version_key

Phase = Literal["idle", "checked", "built", "waiting", "switched", "proving", "kept", "rolling_back", "rolled_back",
                "stays"]
Act = Literal["check", "build", "try", "switch", "link", "restart", "note_start", "prove", "go_back", "link_back",
              "restart_back", "tell", "tidy", "nothing"]
AT_REST: tuple[Phase, ...] = ("idle", "kept", "rolled_back", "stays")
NOT_SWITCHED: tuple[Phase, ...] = (*AT_REST, "checked", "built", "waiting")
"""What runs was not touched yet, or is not any more."""
WHILE_STARTING: frozenset[Act] = frozenset(("note_start", "go_back", "link_back", "nothing"))
"""What is done before the processes of both ends start: quick, and by the disk alone."""
STARTS = 2
"""At the second start of the machine after a switch a release that was not proved goes back."""


@dataclasses.dataclass(frozen=True)
class State:
    """`version`: the release that this update brings, `old`: the one before. `bundle`: where somebody said it lies;
    `asked`: it is to be done now, not in the night; `one_way`: also if there is no way back. `seen`: the bundle that
    was looked at last, and `said`: why it was not taken, by language. `waits_since`: Unix seconds. `starts`: ids of the
    starts of the machine, first that of the switch. `stale`: what runs is older than where the link leads. `ailed`:
    what was bad before the switch. `why`: a code, why the release did not hold; `troubles`: what was seen then. `told`,
    `tidy`: it is stated; old releases are gone. `broken`: releases that did not hold, and why."""

    phase: Phase = "idle"
    version: str = ""
    old: str = ""
    bundle: str = ""
    asked: bool = False
    one_way: bool = False
    seen: str = ""
    said: Mapping[str, str] = dataclasses.field(default_factory=dict)
    waits_since: int = 0
    starts: tuple[str, ...] = ()
    stale: bool = False
    ailed: tuple[str, ...] = ()
    why: str = ""
    troubles: tuple[str, ...] = ()
    told: bool = True
    tidy: bool = True
    broken: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Facts:
    """What the machine shows now. `current`: the release to which the link leads; `whole`: releases that are built to
    their end; `offered`: what tells the bundle that lies ready from others, empty without one; `quiet`: nothing is
    recorded, open or about to begin; `records`: the recorder writes; `hour`: it is time for it; `start`: the id of this
    start of the machine; `way_back`: the old release opens the databases as they are; `starting`: the processes of both
    ends do not run yet."""

    current: str
    whole: frozenset[str]
    offered: str = ""
    quiet: bool = False
    records: bool = False
    hour: bool = False
    start: str = ""
    way_back: bool = True
    starting: bool = False


@dataclasses.dataclass(frozen=True)
class Row:
    """In `phase`, if `when`: do `act`. Then the phase is `then`, or `failed` where it could not be done."""

    phase: Phase
    when: Callable[[State, Facts], bool]
    act: Act
    then: Phase
    failed: Phase


def step(state: State, facts: Facts) -> Row | None:
    """What is to be done now: the first row that fits. None: nothing, or not yet."""
    row = next((row for row in TABLE if row.phase == state.phase and row.when(state, facts)), None)
    return None if row is None or (facts.starting and row.act not in WHILE_STARTING) else row


def done(state: State, facts: Facts, row: Row, found: Mapping[str, Any]) -> State:
    """The state after a row was done; `found`: fields that only doing it could tell."""
    changed = {**_changed(state, facts, row.act), **found}
    return _entered(state, dataclasses.replace(state, phase=row.then, **changed))


def failed(state: State, row: Row, found: Mapping[str, Any]) -> State:
    """The state after a row that could not be done; `found`: why."""
    new = _entered(state, dataclasses.replace(state, phase=row.failed, **found))
    return _rested(new) if row.act == "check" else new


def go_back(state: State, current: str, to: str) -> State:
    """Somebody wants the release `to` again, which ran before `current`."""
    return dataclasses.replace(state, phase="rolling_back", version=current, old=to, why="asked", troubles=(),
                               stale=True, broken={**state.broken, current: "asked"})


def kept(current: str, whole: frozenset[str], broken: Mapping[str, str]) -> frozenset[str]:
    """Which releases stay on the disk: the one that runs, and the newest other one that held."""
    return frozenset({current, before(current, whole, broken)} - {""})


def before(current: str, whole: frozenset[str], broken: Mapping[str, str]) -> str:
    """The newest release that held and is older than `current`; empty if there is none."""
    older = [one for one in whole if version_key(one) < version_key(current) and one not in broken]
    return max(older, key=version_key, default="")


def _changed(state: State, facts: Facts, act: Act) -> dict[str, Any]:
    """What a row that was done changes beside the phase."""
    match act:
        case "switch":
            return {"starts": (facts.start,), "stale": True, "why": "", "troubles": ()}
        case "note_start":
            goal = state.old if state.phase == "rolling_back" else state.version
            return {"starts": (*state.starts, facts.start), "stale": facts.current != goal}
        case "go_back":
            why = state.why or "starts"
            return {"why": why, "broken": {**state.broken, state.version: why}, "stale": not facts.starting}
        case "link_back" if facts.starting:
            return {"stale": False}
        case "restart" | "restart_back":
            return {"stale": False}
        case "tell":
            return {"told": True}
        case "tidy":
            return {"tidy": True}
    return {}


def _entered(old: State, new: State) -> State:
    """What is due in a phase that begins."""
    if new.phase == old.phase:
        return new
    if new.phase in ("rolled_back", "stays"):
        new = dataclasses.replace(new, told=False)
    return _rested(new) if new.phase in AT_REST else new


def _rested(state: State) -> State:
    """Nobody wants anything any more, and what was for it goes."""
    return dataclasses.replace(state, tidy=False, bundle="", asked=False, one_way=False)


def _is_new(state: State, facts: Facts) -> bool:
    return facts.current == state.version


def _started_anew(state: State, facts: Facts) -> bool:
    return facts.start not in state.starts


def _in_vain(state: State, facts: Facts) -> bool:
    return len(state.starts) > STARTS and facts.way_back


def _may_cut(_state: State, facts: Facts) -> bool:
    """A release that fails is put back as soon as that cuts no recording."""
    return facts.starting or not facts.records


def _rest(phase: Phase) -> tuple[Row, ...]:
    return (
        Row(phase, lambda state, _: not state.told, "tell", phase, phase),
        Row(phase, lambda state, _: not state.tidy, "tidy", phase, phase),
        Row(phase, lambda state, facts: facts.offered not in ("", state.seen), "check", "checked", "idle"),
    )


TABLE: tuple[Row, ...] = (
    *(row for phase in AT_REST for row in _rest(phase)),
    Row("checked", lambda state, facts: state.version in facts.whole, "nothing", "built", "checked"),
    Row("checked", lambda state, facts: facts.quiet, "build", "built", "idle"),
    Row("built", lambda state, facts: facts.quiet, "try", "waiting", "idle"),
    Row("waiting", lambda state, facts: state.version not in facts.whole, "nothing", "idle", "idle"),
    Row("waiting", lambda state, facts: facts.hour and facts.quiet, "switch", "switched", "waiting"),
    Row("switched", _started_anew, "note_start", "switched", "switched"),
    Row("switched", lambda state, facts: not _is_new(state, facts) and not facts.quiet, "nothing", "waiting",
        "waiting"),
    Row("switched", lambda state, facts: not _is_new(state, facts), "link", "switched", "switched"),
    Row("switched", _in_vain, "go_back", "rolling_back", "switched"),
    Row("switched", lambda state, facts: not state.stale, "nothing", "proving", "switched"),
    Row("switched", lambda state, facts: bool(state.why), "nothing", "proving", "switched"),
    Row("switched", lambda state, facts: facts.quiet, "restart", "proving", "switched"),
    Row("proving", _started_anew, "note_start", "proving", "proving"),
    Row("proving", lambda state, facts: not _is_new(state, facts), "nothing", "idle", "idle"),
    Row("proving", _in_vain, "go_back", "rolling_back", "proving"),
    Row("proving", lambda state, facts: bool(state.why) and facts.way_back, "go_back", "rolling_back", "proving"),
    Row("proving", lambda state, facts: bool(state.why), "nothing", "stays", "proving"),
    Row("proving", lambda state, facts: True, "prove", "kept", "proving"),
    Row("rolling_back", _started_anew, "note_start", "rolling_back", "rolling_back"),
    Row("rolling_back", lambda state, facts: facts.current != state.old and _may_cut(state, facts), "link_back",
        "rolling_back", "rolling_back"),
    Row("rolling_back", lambda state, facts: facts.current == state.old and not state.stale, "nothing", "rolled_back",
        "rolling_back"),
    Row("rolling_back", lambda state, facts: facts.current == state.old and _may_cut(state, facts), "restart_back",
        "rolled_back", "rolling_back"),
)
