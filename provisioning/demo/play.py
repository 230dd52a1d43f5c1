"""Plays the course: people come, the instructor presses start and end, the box does the rest."""
from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from pathlib import Path

from edge.config import load_box
from edge.wiring import make_clock
from evidence.errors import ZaitangError
from evidence.times import utc_us
from provisioning.demo import day
from provisioning.demo.services import CommandFailed, Services, run
from provisioning.demo.site import Site

DRAIN_S = 90
Say = Callable[[str], None]


class NotFinished(ZaitangError):
    text = "the box did not finish within {seconds} s: {what}"


def play(site: Site, services: Services, say: Say) -> None:
    """Press the buttons at their simulated times and tell what happens."""
    clock = make_clock(load_box(site.box).clock, "box.toml")

    def until(moment: datetime.datetime) -> None:
        due = utc_us(day.utc(moment))
        while (now := clock.utc_us()) < due:
            services.check()
            time.sleep(min(1.0, max(0.02, (due - now) / 1e6 / clock.rate)))

    for number, half_day in enumerate(day.COURSE, 1):
        title = f"{number}/{len(day.COURSE)} {half_day.presses[0]:%m-%d %H:%M} {half_day.name}"
        until(half_day.presses[0])
        state = site.state("en")
        say(f"{title}: {state['people']['trainees_in']} of {state['people']['due']} checked in; start pressed")
        site.press("start", {"class": day.CLASS_ID})
        if half_day.hole:
            until(half_day.hole[1])
            say(f"{title}: the camera was unplugged for a while; recording: {site.state('en')['recording']['text']}")
        until(half_day.presses[1])
        state = site.state("en")
        site.press("end", {"session": state["session"]["id"]})
        say(f"{title}: end pressed; {_unseen(state)}")


def drain(site: Site, services: Services) -> None:
    """Wait until every segment has its roll call and every record its receipt. Raises NotFinished."""
    deadline = time.monotonic() + DRAIN_S
    while True:
        services.check()
        recorder, counts, waiting = site.recorder(), site.counts(), site.state()["sync"]["waiting"]
        behind = counts.get("segment", 0) - counts.get("rollcall", 0)
        if recorder["session"] is None and recorder["pending"] == behind == waiting == 0:
            return
        if time.monotonic() > deadline:
            raise NotFinished(seconds=DRAIN_S, what=f"{behind} segments without roll call, {waiting} without receipt")
        time.sleep(0.3)


def export(site: Site, services: Services, target: Path) -> None:
    """Export the class as soon as the last segment has reached the centre. Raises CommandFailed."""
    deadline = time.monotonic() + DRAIN_S
    while True:
        services.check()
        try:
            run("zaitang-central", "export", "--centre", site.centre, day.CLASS_ID, "--to", target)
            return
        except CommandFailed:
            if time.monotonic() > deadline:
                raise
            time.sleep(1)


def _unseen(state: dict[str, dict[str, object]]) -> str:
    return f"roll call so far: {state['unseen']['text']}"
