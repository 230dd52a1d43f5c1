"""Goes through an update step by step, noting each one that is done, as far as it goes now."""
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from provisioning.install.said import InstallError, Said
from provisioning.update.kept import save
from provisioning.update.machine import Machine, NotProved
from provisioning.update.state import Row, State, done, failed, step


def run(machine: Machine, state: State, path: Path, say: Callable[[Said], None]) -> State:
    """The state in which it waits or rests. `path`: where it is noted. Raises InstallError, OSError."""
    while True:
        facts = machine.facts(state)
        row = step(state, facts)
        if row is None:
            return state
        try:
            found = machine.do(row.act, state)
        except (InstallError, OSError) as error:
            why = error.said if isinstance(error, InstallError) else Said(str(error), str(error))
            say(why)
            after = failed(state, row, _lesson(row, why, error, facts.offered))
            if after == state:
                return state  # it is tried again the next time
        else:
            after = done(state, facts, row, found)
        save(path, after)
        state = after


def _lesson(row: Row, why: Said, error: Exception, offered: str) -> dict[str, Any]:
    """What is noted of a step that failed."""
    if isinstance(error, NotProved):
        return {"why": error.why, "troubles": error.troubles}
    if row.act in ("check", "build", "try"):
        return {"said": {"zh": why.zh, "en": why.en}, **({"seen": offered} if row.act == "check" else {})}
    return {}
