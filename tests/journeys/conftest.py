"""The played course runs beside the other tests: started when the tests start, awaited by the journeys at the end."""
from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
DEMO_S = 560
HERE = Path(__file__).parent
DEMO = pytest.StashKey[subprocess.Popen[str]]()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Journeys come last: the course takes minutes."""
    items.sort(key=lambda item: HERE in item.path.parents)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Start `DEMO=once make demo` if a journey will be run."""
    wanted = any("report" in getattr(item, "fixturenames", ()) for item in session.items)
    if not wanted or session.config.option.collectonly:
        return
    log = ROOT / "build" / "demo.log"
    log.parent.mkdir(exist_ok=True)
    with log.open("w") as output:
        session.config.stash[DEMO] = subprocess.Popen(
            [sys.executable, "-m", "provisioning.demo"], cwd=ROOT, stdout=output, stderr=output, text=True,
            env={**os.environ, "DEMO": "once", "LANG": "en_US.UTF-8"},
        )


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing running, whatever became of the tests."""
    demo = config.stash.get(DEMO, None)
    if demo is not None and demo.poll() is None:
        demo.terminate()
        demo.wait(30)


@pytest.fixture(scope="session")
def report(pytestconfig: pytest.Config) -> Iterator[dict[str, Any]]:
    """The report of the course, once it is over."""
    code = pytestconfig.stash[DEMO].wait(DEMO_S)
    assert code == 0, (ROOT / "build" / "demo.log").read_text()[-4000:]
    yield dict(json.loads((ROOT / "build" / "demo" / "report.json").read_text()))
