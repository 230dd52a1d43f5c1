"""`python -m tests.central.dying CENTRE STEP`: a centre that dies, as when its power fails, while it gives a file that
came again its place.

On stdin: the path of the file, and the header `authorization` of the box that asks for it. STEP: `aside`, before what
was changed is put aside; `place`, before the new one has its place; `stated`, before anything is stated."""
from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from central.web import uploads
from central.web.app import create_app
from central.wiring import open_centre
from tests.central.helpers import FixedClock

DIED = 9


def die(*_: Any, **__: Any) -> Any:
    os._exit(DIED)


def die_before(rename: int) -> None:
    real, calls = Path.rename, []

    def counted(self: Path, target: Path) -> Path:
        calls.append(target)
        return real(self, target) if len(calls) < rename else die()

    Path.rename = counted  # type: ignore[method-assign,assignment]


if __name__ == "__main__":
    folder, step = Path(sys.argv[1]), sys.argv[2]
    address, authorization = sys.stdin.read().splitlines()
    centre = open_centre(folder, FixedClock())
    app = create_app(centre)
    if step == "stated":
        uploads.tell_aside = die
    else:
        die_before({"aside": 1, "place": 2}[step])
    TestClient(app, base_url="http://127.0.0.1:8470").head(address, headers={"authorization": authorization})
