"""Figures `day`: eight hours of class in two rooms under one centre, at twenty times the speed. In the first room and
at the centre a process is killed every few minutes, the disk is filled, the broker stays away; the second has only
what the centre does to it. What must be found is worked out from the pictures in the files: docs/reliability.md."""
from __future__ import annotations

import contextlib
import datetime
import os
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.day import film, plan
from bench.day.judge import Verdict, judge
from bench.day.memory import Growth, Memory
from bench.day.site import BOOT_S, PARTS, Centre, Room
from bench.day.troubles import Troubles, small_volume
from bench.harness import Figures, Skipped
from edge.clock import boottime_us
from edge.config import load_box
from edge.wiring import make_clock
from evidence.times import SECOND, utc_us
from provisioning.demo import day, people
from provisioning.demo.services import NoMosquitto, Services, mosquitto
from provisioning.demo.site import PageRefused, PageSilent

FILMS = Path(__file__).parents[2] / "build" / "day-films"
LOOK_S = 10.0
"""Real seconds between two looks at the memory of all processes."""
DRAIN_S = 600
GROWS_MB = 5
"""What a process may have grown by: within a life, from its second quarter to the last; and from the first quarter of
the day to the last, at the same age."""


def measure(folder: Path) -> tuple[list[str], dict[str, Any]]:
    """Play the day, and judge it. Raises Skipped, ZaitangError."""
    if os.geteuid() != 0:
        raise Skipped("only root may mount the small volume that is filled")
    try:
        mosquitto(folder / "broker", 1)
    except NoMosquitto as error:
        raise Skipped(str(error)) from None
    films, memory, seed = film.prepare(FILMS), Memory(), random.SystemRandom().randrange(1 << 31)
    seed = int(os.environ.get("ZAITANG_DAY_SEED", seed))
    began_s = time.monotonic()
    with contextlib.ExitStack() as stack:
        services = stack.enter_context(Services(folder / "logs"))
        centre = Centre(folder / "centre", services)
        rooms = [Room(folder, services, centre, device) for device in ("box-101", "box-102")]
        centre.start()
        for room in rooms:
            room.join()
            if room is rooms[0]:
                stack.enter_context(small_volume(room.box / "video"))
            room.begin_class(films, list(people.NAMES))
        begins_us = boottime_us() + BOOT_S * SECOND
        for room in rooms:
            room.switch_on(films, begins_us)
        troubles = Troubles(centre, rooms[0], seed)
        _play(rooms, centre, troubles, memory)
        _drain(rooms, centre)
        verdicts = [judge(room, films, folder / f"export-{room.device}") for room in rooms]
    return _told(rooms, verdicts, memory, troubles, seed, time.monotonic() - began_s)


def _play(rooms: list[Room], centre: Centre, troubles: Troubles, memory: Memory) -> None:
    clock = make_clock(load_box(rooms[0].box).clock, "box.toml")
    looks_at = 0.0

    def until(moment: datetime.datetime) -> None:
        nonlocal looks_at
        while clock.utc_us() < utc_us(day.utc(moment)):
            troubles.due(datetime.datetime.fromtimestamp(clock.utc_us() / SECOND, plan.CHINA))
            if time.monotonic() >= looks_at:
                looks_at = time.monotonic() + LOOK_S
                _look(rooms, centre, memory)
            time.sleep(0.2)

    for half_day in plan.DAY:
        until(half_day.presses[0])
        for room in rooms:
            room.press_until("start", _start(room))
        print(f"{half_day.name}: started", flush=True)
        until(half_day.presses[1])
        for room in rooms:
            room.press_until("end", _end)
        print(f"{half_day.name}: ended; broken so far: {sum(troubles.done.values())}", flush=True)
    troubles.end()


def _start(room: Room) -> Callable[[dict[str, Any]], dict[str, str] | None]:
    return lambda state: None if state["session"] is not None else {"class": room.class_id}


def _end(state: dict[str, Any]) -> dict[str, str] | None:
    session = state["session"]
    if session is None:
        return None
    return {"session": session["id"], **({"reason": "the day is over"} if session.get("early") else {})}


def _look(rooms: list[Room], centre: Centre, memory: Memory) -> None:
    for name in (*PARTS, "mosquitto"):
        memory.look(f"centre {name}", centre.pid(name))
    for room in rooms:
        for role, pid in room.roles().items():
            memory.look(f"{room.device} {role}", pid)


def _drain(rooms: list[Room], centre: Centre) -> None:
    """Everything is sealed, looked at, called, sent and receipted: as long as that gets on."""
    deadline, least = time.monotonic() + DRAIN_S, 1 << 60
    while (left := sum(_left(room) for room in rooms)) and time.monotonic() < deadline:
        if left < least:
            deadline, least = time.monotonic() + DRAIN_S, left
        centre.mend()
        time.sleep(1)


def _left(room: Room) -> int:
    """Segments to seal, to look at, to call; records without a receipt, files to send."""
    try:
        recorder, state, counts = room.recorder(), room.state("en"), room.counts()
    except (PageSilent, PageRefused, OSError):
        return 1 << 50
    segments = counts.get("segment", 0)
    return int(recorder["pending"] + (recorder["session"] is not None) + state["sync"]["waiting"]
               + 2 * segments - counts.get("rollcall", 0) - counts.get("picture", 0) + room.unsent())


def _told(rooms: list[Room], verdicts: list[Verdict], memory: Memory, troubles: Troubles, seed: int,
          seconds: float) -> tuple[list[str], dict[str, Any]]:
    grown = memory.growth()
    lines = [f"seed {seed}; {seconds / 60:.0f} minutes; broken: " + ", ".join(
        f"{what} {count}" for what, count in sorted(troubles.done.items()))]
    for room, found in zip(rooms, verdicts, strict=True):
        lines.append(f"{room.device}: {found.records} records, {found.files} files ({found.recorded_s} s) at both ends")
        lines += [f"  {hour.name:<13} {hour.missing_s:>5} s missing, {hour.longest_s:>5} s without a break"
                  for hour in found.hours]
        lines.append("  alarms: " + ", ".join(f"{code} {count}" for code, count in sorted(found.alarms.items())))
        lines += [f"  WRONG: {what}" for what in found.wrong] or ["  every finding is what the pictures say"]
    lines.append("memory (PSS) of the longest life of each process in MB: by quarters of it, the most; its minutes; "
                 "how many lives; all lives in the first and the last quarter of the day, at the same age")
    lines += [_line(one) for one in grown]
    return lines, {"seed": seed, "broken": dict(troubles.done), "wrong": [one.wrong for one in verdicts],
                   "memory": {one.name: [*one.quarters_mb, one.most_mb] for one in grown},
                   "memory_early_late": {one.name: one.early_late_mb for one in grown}}


def _line(one: Growth) -> str:
    ages = one.early_late_mb
    return (f"  {one.name:<18}" + "".join(f"{quarter:>8.1f}" for quarter in one.quarters_mb)
            + f"{one.most_mb:>9.1f}{one.samples * LOOK_S / 60:>6.0f}{one.lives:>6}"
            + ("       —       —" if ages is None else f"{ages[0]:>8.1f}{ages[1]:>8.1f}")
            + ("  GROWS" if one.grown_mb > GROWS_MB else ""))


FIGURES = Figures("day", "eight hours of class in two rooms while things are killed, full and away", measure)
