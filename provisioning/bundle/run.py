"""Programs that make parts of a bundle: run to their end, quiet when all is well."""
from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from provisioning.bundle.errors import CommandFailed, ToolMissing

LAST_LINES = 15


def run(what: str, command: Sequence[str | Path], env: Mapping[str, str] | None = None, cwd: Path | None = None) -> str:
    """Its output. `what`: its name for people; `env`: beside this process's own. Raises CommandFailed, ToolMissing."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", cwd=cwd, umask=0o022,
                              env={**os.environ, **(env or {})}, check=False)
    except FileNotFoundError:
        raise ToolMissing(tool=command[0]) from None
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()[-LAST_LINES:]
        raise CommandFailed(what=what, words="\n".join(said))
    return done.stdout
