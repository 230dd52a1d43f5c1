"""The played course runs beside the other tests: started when the tests start, awaited by the journeys at the end."""
from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
DEMO_S = 560
LOG, CODE = ROOT / "build" / "demo.log", ROOT / "build" / "demo.code"
DEMO = pytest.StashKey[subprocess.Popen[str]]()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What looks at the course comes last: it takes minutes."""
    items.sort(key=lambda item: "report" in getattr(item, "fixturenames", ()))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Start `DEMO=once make demo` if a journey will be run: the first of several workers does."""
    wanted = any("report" in getattr(item, "fixturenames", ()) for item in session.items)
    if not wanted or session.config.option.collectonly or os.environ.get("PYTEST_XDIST_WORKER", "gw0") != "gw0":
        return
    LOG.parent.mkdir(exist_ok=True)
    CODE.unlink(missing_ok=True)
    with LOG.open("w") as output:
        # As whoever reads the README calls it, in the language of the machine; but nothing is installed amid tests.
        command = ["make", "--no-print-directory", "--old-file=setup", "demo"]
        own = {name: value for name, value in os.environ.items() if name != "MAKEFLAGS"}  # those of another `make`
        demo = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output, text=True, env={**own, "DEMO": "once"})
    session.config.stash[DEMO] = demo
    threading.Thread(target=lambda: CODE.write_text(str(demo.wait())), daemon=True).start()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Another worker may still want the course; nobody does once the tests were interrupted."""
    demo = session.config.stash.get(DEMO, None)
    if demo is not None and "PYTEST_XDIST_WORKER" in os.environ and exitstatus in (0, 1):
        demo.wait(DEMO_S)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing running, whatever became of the tests."""
    demo = config.stash.get(DEMO, None)
    if demo is not None and demo.poll() is None:
        demo.terminate()
        demo.wait(30)


@pytest.fixture(scope="session")
def report() -> dict[str, Any]:
    """The report of the course, once it is over."""
    until = time.monotonic() + DEMO_S
    while not CODE.is_file() or not CODE.read_text():
        assert time.monotonic() < until, "the course does not end"
        time.sleep(0.5)
    assert CODE.read_text() == "0", LOG.read_text()[-4000:]
    return dict(json.loads((ROOT / "build" / "demo" / "report.json").read_text()))
