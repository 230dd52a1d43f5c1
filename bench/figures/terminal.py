"""Figures `terminal`: what memory (PSS) the terminal of a box has after each class-hour of a full class, as a process
of its own whose page is asked; and by how much it grows."""
from __future__ import annotations

import dataclasses
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx

from bench.day.memory import pss_mb
from bench.harness import Figures
from bench.material import BOX, CENTRE, CLASS, POLICY, START, ZERO, Chain, Site, plan
from bench.rows.fold_terminal import DAY_US, TRACKS, Hand, filmed
from edge.clock import boottime_us, machine_boot_id
from edge.config import parse_box
from edge.keys import make_box_keys, self_certified
from edge.store import Store
from edge.wiring import open_store
from evidence.bodies import Enrolled, Hour, OrderAccepted, SessionEnd, SessionStart
from evidence.times import MINUTE, utc_text

HOURS, MINUTES, STEP = 24, 45, 15
"""Class-hours, one a day; minutes of each; so many come at once."""
REST_S, LOOKS = 5.0, 12
"""What a story takes while it is made is not counted: real seconds after a class-hour, the least of so many looks."""
PAGES = ("/state.json", "/live-sign.json", "/camera.jpg")
LIMIT_S = 60.0
ANEW = httpx.Limits(max_keepalive_connections=0)
"""The page closes what was not used for five seconds, perhaps while it is asked again."""


def measure(folder: Path) -> tuple[list[str], dict[str, Any]]:
    """The lines to print and what bench.json holds."""
    clock, port = Hand(), _free_port()
    with closing(_box(folder, clock, port)) as store, _terminal(folder, port) as (pid, page):
        found = [_at_rest(pid)]
        for day in range(HOURS):
            _teach(store, clock, page, day)
            found.append(_at_rest(pid))
    return table(found), {"pss_mb": found, "slope_mb": slope_mb(found), "ratio": ratio(found)}


def slope_mb(found: Sequence[float]) -> float:
    """MB for each class-hour, over the last two thirds. `found`: before the first one, and after each."""
    late = found[len(found) // 3:]
    return statistics.linear_regression(range(len(late)), late).slope


def ratio(found: Sequence[float]) -> float:
    """The last third of the class-hours to the first, at the medians."""
    hours = found[1:]
    third = max(1, len(hours) // 3)
    return statistics.median(hours[-third:]) / statistics.median(hours[:third])


def table(found: Sequence[float]) -> list[str]:
    """The lines. `found`: as above."""
    people = f"{TRACKS // 2} people, {MINUTES} min, {3 * MINUTES} records a class-hour, one a day"
    rows = [found[1:][at:at + 8] for at in range(0, len(found) - 1, 8)]
    return [
        f"{people}; PSS in MB, {found[0]:.1f} before the first",
        *(f"after {8 * number + 1:3}. on: " + " ".join(f"{one:6.1f}" for one in row)
          for number, row in enumerate(rows)),
        f"last two thirds: {slope_mb(found):+.2f} MB a class-hour; last third to first: {ratio(found):.3f}"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _box(folder: Path, clock: Hand, port: int) -> Store:
    """The store of a box where one class is taught once a day; the box's own clock stands at the last day."""
    text = f"""device = "{BOX}"
policy = "{POLICY}"
terminal = {{ port = {port} }}
[clock]
source = "simulated"
start = "{utc_text(START + (HOURS - 1) * DAY_US + MINUTE)}"
anchor_boot_us = {boottime_us()}
boot_id = "{machine_boot_id()}"
"""
    (folder / "run").mkdir()
    (folder / "box.toml").write_text(text)
    keys = make_box_keys(folder / "keys", self_certified(BOX, START))
    store = open_store(folder, parse_box(text.encode(), "box.toml"), keys, clock)
    begins = range(START, START + HOURS * DAY_US, DAY_US)
    hours = [Hour(f"h-{at}", "practical", utc_text(at), utc_text(at + MINUTES * MINUTE)) for at in begins]
    roster = tuple(Enrolled(f"t-{number}", "trainee", ZERO) for number in range(TRACKS // 2))
    order = dataclasses.replace(plan(MINUTES), hours=tuple(hours), roster=roster)
    sealed = Chain(Site(), CENTRE, "c" * 32, False).add("order.class", order, 0)
    store.put_order(sealed)
    store.append("order.accepted", OrderAccepted(CLASS, sealed.hash))
    return store


@contextmanager
def _terminal(folder: Path, port: int) -> Iterator[tuple[int, httpx.Client]]:
    """The process as its unit starts it: its id, and its page, once that answers."""
    command = [sys.executable, "-m", "edge.cli", "process", "terminal", "--box", str(folder)]
    with (subprocess.Popen(command, stderr=subprocess.DEVNULL) as process,
          httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=LIMIT_S, limits=ANEW) as page):
        try:
            until = time.monotonic() + LIMIT_S
            while not _answers(page):
                assert process.poll() is None and time.monotonic() < until, "the terminal did not start"
                time.sleep(0.2)
            yield process.pid, page
        finally:
            process.terminate()


def _answers(page: httpx.Client) -> bool:
    try:
        return page.get(PAGES[0]).is_success
    except httpx.TransportError:
        return False


def _teach(store: Store, clock: Hand, page: httpx.Client, day: int) -> None:
    """A class-hour; the page is asked after each step of it."""
    clock.us = day * DAY_US
    store.append("session.start", SessionStart(CLASS, f"s-{day}", "page"))
    for first in range(0, MINUTES, STEP):
        clock.us = day * DAY_US + (first + STEP) * MINUTE
        store.append_many([one for minute in range(first, first + STEP) for one in filmed(day, minute)])
        for path in PAGES:
            page.get(path).raise_for_status()
    store.append("session.end", SessionEnd(CLASS, f"s-{day}", "page"))


def _at_rest(pid: int) -> float:
    looks = []
    for _ in range(LOOKS):
        time.sleep(REST_S / LOOKS)
        looks.append(pss_mb(pid))
    return min(looks)


FIGURES = Figures("terminal", "what memory the terminal has after each class-hour", measure)
