"""`python -m tests.faults.writer BOX`: a process of a box that appends records without end, as its own processes do."""
from __future__ import annotations

import itertools
import sys
import time
from pathlib import Path

from edge.wiring import open_box
from evidence.bodies import Alarm


def main(folder: Path) -> None:
    store = open_box(folder).store
    for number in itertools.count():
        store.append_many([("alarm", Alarm("camera.overrun", {"number": number, "part": part})) for part in range(20)])
        time.sleep(0.1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
