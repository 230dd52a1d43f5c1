"""The worker as a process: it keeps up by itself, and ends with whoever started it."""
from __future__ import annotations

import multiprocessing
import time
from pathlib import Path

import pytest

from central.classes.orders import add_class
from central.classes.plan import read_names, read_plan
from central.overview.beside import followed
from central.wiring import init_centre
from tests.central.helpers import write_plan

WAIT_S = 90


@pytest.mark.long
def test_the_worker_lists_and_judges_beside(tmp_path: Path) -> None:
    centre = init_centre(tmp_path / "centre", test_keys=True)
    plan, names = write_plan(tmp_path)
    verdict, until = "", time.monotonic() + WAIT_S
    with followed(centre.folder):
        add_class(centre.store, centre.names, read_plan(plan), read_names(names), plan)
        while verdict in ("", "unjudged") and time.monotonic() < until:
            time.sleep(0.2)
            with centre.store.read() as tx:
                row = tx.summary("welder-1")
            verdict = "" if row is None else row.verdict
    centre.store.close()
    assert verdict == "clear" or verdict == "review"
    assert [one for one in multiprocessing.active_children() if one.name == "overview"] == []
