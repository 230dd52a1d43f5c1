"""Plays the course: people come, the instructor presses start and end, the box does the rest."""
from __future__ import annotations

import datetime
import sys
import time
from pathlib import Path
from typing import Any, Protocol

from common.texts import N_, translate
from edge.config import load_box
from edge.wiring import make_clock
from evidence.errors import ZaitangError
from evidence.times import utc_us
from provisioning.demo import day
from provisioning.demo.services import CommandFailed, Services, run
from provisioning.demo.site import PageRefused, Site

DRAIN_S = 90
OVER = N_("The demonstration was ended early")


class Say(Protocol):
    """Tells a person how far the demo is: a sentence of the catalogue and its parameters."""

    def __call__(self, msgid: str, **params: object) -> None: ...


class NotFinished(ZaitangError):
    text = ("the box got no further for {seconds} s: {pending} segments are not sealed, {behind} have no roll call, "
            "{unseen} have no picture record, {waiting} records have no receipt")


def play(site: Site, services: Services, say: Say, lang: str) -> None:
    """Press the buttons at their simulated times and tell what happens."""
    clock = make_clock(load_box(site.box).clock, "box.toml")

    def until(moment: datetime.datetime) -> None:
        due = utc_us(day.utc(moment))
        while (now := clock.utc_us()) < due:
            services.check()
            time.sleep(min(1.0, max(0.02, (due - now) / 1e6 / clock.rate)))

    def part(number: int) -> str:
        """Which half-day, and the clock of the demo now."""
        now = datetime.datetime.fromtimestamp(clock.utc_us() / 1e6, day.CHINA)
        return f"{number}/{len(day.COURSE)} {now:%m-%d %H:%M}"

    for number, half_day in enumerate(day.COURSE, 1):
        until(half_day.presses[0])
        people = site.state(lang)["people"]
        say(N_("{part}: {come} of {due} checked in; start pressed"), part=part(number), come=people["trainees_in"],
            due=people["due"])
        site.press("start", {"class": day.CLASS_ID}, lang)
        if half_day.hole:
            until(half_day.hole[1] + datetime.timedelta(seconds=30))
            say(N_("{part}: the camera was unplugged for eight minutes and is back: {state}"), part=part(number),
                state=site.state(lang)["recording"]["text"])
        until(half_day.presses[1])
        seen = end(site, lang)["unseen"]["text"]
        say(N_("{part}: end pressed. Roll call so far: {seen}"), part=part(number), seen=seen)


def end(site: Site, lang: str) -> dict[str, Any]:
    """Press the end button, unless somebody at the terminal page has ended the class already. What the page showed.

    Raises PageSilent, PageRefused."""
    state = site.state(lang)
    if state["session"] is not None:
        try:
            early = {"reason": translate(OVER, lang)} if state["session"].get("early") else {}
            site.press("end", {"session": state["session"]["id"], **early}, lang)
        except PageRefused:
            if site.state(lang)["session"] is not None:
                raise
    return state


def drain(site: Site, services: Services, seconds: int = DRAIN_S, roll_call: bool = True) -> None:
    """Wait until every segment has its picture record and its roll call (if there will be one) and every record its
    receipt: as long as a slow machine needs, while it gets on.

    Raises NotFinished when nothing more was done for `seconds`."""
    deadline, least = time.monotonic() + seconds, sys.maxsize
    while True:
        services.check()
        recorder, counts, waiting = site.recorder(), site.counts(), site.state()["sync"]["waiting"]
        behind = counts.get("segment", 0) - counts.get("rollcall", 0) if roll_call else 0
        unseen = counts.get("segment", 0) - counts.get("picture", 0)
        if recorder["session"] is None and recorder["pending"] == behind == unseen == waiting == 0:
            return
        if (left := recorder["pending"] + behind + unseen + waiting) < least:
            deadline, least = time.monotonic() + seconds, left
        if time.monotonic() > deadline:
            raise NotFinished(
                seconds=seconds, behind=behind, unseen=unseen, waiting=waiting, pending=recorder["pending"])
        time.sleep(0.3)


def export(site: Site, services: Services, target: Path) -> None:
    """Export the class as soon as the last segment has reached the centre. Raises CommandFailed."""
    deadline = time.monotonic() + DRAIN_S
    while True:
        services.check()
        try:
            run("zaitang-central", "export", "--centre", site.centre, site.plan.class_id, "--to", target)
            return
        except CommandFailed:
            if time.monotonic() > deadline:
                raise
            time.sleep(1)

