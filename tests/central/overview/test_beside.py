"""The worker as a process: it keeps up by itself, and ends with whoever started it."""
from __future__ import annotations

import multiprocessing
import threading
import time
from pathlib import Path

import pytest

from central.classes.orders import add_class
from central.classes.plan import read_names, read_plan
from central.overview import beside
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
    assert verdict in ("clear", "noted", "review")
    assert children() == []


@pytest.mark.long
def test_a_worker_that_ended_is_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "AGAIN_S", 0.1)
    init_centre(tmp_path / "centre", test_keys=True).store.close()
    until, ids = time.monotonic() + WAIT_S, set[int | None]()
    with followed(tmp_path / "centre"):
        while len(ids) < 2 and time.monotonic() < until:
            for one in children():
                if one.pid not in ids:
                    ids.add(one.pid)
                    if len(ids) == 1:
                        one.kill()
            time.sleep(0.1)
    assert len(ids) == 2 and children() == []


def test_a_worker_that_cannot_be_started_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried, enough = [], threading.Event()

    class Full:
        def Process(self, **_: object) -> Full:
            return self

        def start(self) -> None:
            tried.append(1)
            if len(tried) == 3:
                enough.set()
            raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(beside, "AGAIN_S", 0.01)
    monkeypatch.setattr(beside.multiprocessing, "get_context", lambda _: Full())
    with followed(tmp_path):
        assert enough.wait(30)


def children() -> list[multiprocessing.process.BaseProcess]:
    return [one for one in multiprocessing.active_children() if one.name == "overview"]
