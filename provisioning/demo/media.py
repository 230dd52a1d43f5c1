"""The demo's gallery and films: made once, with progress, by two processes; a second start finds them.

One film per camera tells the whole course. Its time counts from the moment that the box is switched on; between the
half-days there is nothing in it.
"""
from __future__ import annotations

import dataclasses
import datetime
import hashlib
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from multiprocessing import Manager, active_children, get_context
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import cv2
from tqdm import tqdm

from common.texts import N_, translate
from provisioning.demo import day, film, people

FPS = 2
TERMINAL_STEP_S = 12.0
FORMAT = 8
"""Counts up whenever the films change."""
SPARE_S = 60
"""The room camera runs so long before the start press and after the end press."""


@dataclasses.dataclass(frozen=True)
class Media:
    """The two films, and the gallery: one folder of photos per trainee."""

    room: Path
    terminal: Path
    gallery: Path

    def cameras(self) -> tuple[tuple[str, Path, datetime.datetime], ...]:
        """Role, film, and when the film's first packet is due."""
        room, terminal = room_span(day.COURSE[0])[0], terminal_offset(day.COURSE[0])
        return (("room", self.room, day.SWITCHED_ON + timedelta(seconds=room)),
                ("terminal", self.terminal, day.SWITCHED_ON + timedelta(seconds=terminal)))


def paths(folder: Path) -> Media:
    """Where a complete set lies in `folder`."""
    return Media(folder / "room.mp4", folder / "terminal.mp4", folder / "gallery")


def prepare(folder: Path, lang: str) -> Media:
    """Make the built-in course's films and gallery unless they are there already."""
    media, mark = paths(folder), folder / "complete.json"
    recipe = {"digest": _recipe()}
    if mark.is_file() and json.loads(mark.read_text()) == recipe:
        return media
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    _gallery(people.load_cast(), media.gallery)
    _films(folder, media, lang)
    mark.write_text(json.dumps(recipe))
    return media


def room_span(half_day: day.HalfDay) -> tuple[float, float]:
    """From when to when the room camera is on, in seconds of its film."""
    start, end = ((press - day.SWITCHED_ON).total_seconds() for press in half_day.presses)
    return start - SPARE_S, end + SPARE_S


def camera_on(at: float) -> bool:
    """Whether the room camera delivers at that second of its film: never in a hole."""
    for half_day in day.COURSE:
        if half_day.hole:
            start, end = ((edge - day.SWITCHED_ON).total_seconds() for edge in half_day.hole)
            if start <= at < end:
                return False
    return any(start <= at < end for start, end in map(room_span, day.COURSE))


def terminal_offset(half_day: day.HalfDay) -> float:
    """When the first person stands before the terminal, in seconds of its film."""
    return (half_day.check_in - day.SWITCHED_ON).total_seconds()


def _recipe() -> str:
    plan = repr((FORMAT, FPS, TERMINAL_STEP_S, SPARE_S, day.COURSE, day.SWITCHED_ON, day.CHECK_IN_EACH_S))
    return hashlib.sha256(plan.encode()).hexdigest()


def _gallery(cast: people.Cast, folder: Path) -> None:
    for name, portrait in zip(people.NAMES, cast.portraits, strict=True):
        own = folder / name
        own.mkdir(parents=True)
        cv2.imwrite(str(own / "1.png"), cv2.resize(portrait, None, fx=2, fy=2))
        cv2.imwrite(str(own / "2.png"), cv2.convertScaleAbs(cv2.resize(portrait, None, fx=1.5, fy=1.5), alpha=0.9))


def _films(folder: Path, media: Media, lang: str) -> None:
    parts = {half_day.name: folder / f"part-{half_day.name}.mp4" for half_day in day.COURSE}
    visits = {half_day.name: folder / f"visit-{half_day.name}.mp4" for half_day in day.COURSE}
    half_day_by_half_day(_part, {h.name: (parts[h.name], visits[h.name]) for h in day.COURSE}, lang)
    film.join(media.room, [(parts[h.name], room_span(h)[0]) for h in day.COURSE], camera_on)
    film.join(media.terminal, [(visits[h.name], terminal_offset(h)) for h in day.COURSE])
    for part in (*parts.values(), *visits.values()):
        part.unlink()


def half_day_by_half_day(make: Callable[..., None], files: Mapping[str, Sequence[Path]], lang: str) -> None:
    """Call `make(half_day, *files, tick)` for each half-day, in two processes; `tick` takes a count of room frames."""
    total = round(sum(end - start for start, end in map(room_span, day.COURSE)) * FPS)
    with Manager() as manager, ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        ticks = manager.Queue()
        longest_first = sorted(day.COURSE, key=lambda h: h.presses[0] - h.presses[1])
        jobs = [pool.submit(_counted, make, h, files[h.name], ticks) for h in longest_first]
        desc = translate(N_("making the films (once)"), lang)
        try:
            with tqdm(total=total, unit="frame", desc=desc, mininterval=5) as bar:
                while not all(job.done() for job in jobs):
                    _drain(ticks, bar)
                _drain(ticks, bar)
        except BaseException:
            # Whoever ends the demo does not wait for films that nobody will see: the pool would.
            for child in active_children():
                child.terminate()
            raise
        for job in jobs:
            job.result()


def _counted(make: Callable[..., None], half_day: day.HalfDay, files: Sequence[Path], ticks: Queue[int]) -> None:
    cv2.setNumThreads(1)
    counted = 0

    def tick(frames: int) -> None:
        nonlocal counted
        counted += frames
        if counted % 50 == 0:
            ticks.put(50)

    make(half_day, *files, tick)


def _drain(ticks: Queue[int], bar: Any) -> None:
    try:
        while True:
            bar.update(ticks.get(timeout=0.3))
    except Empty:
        return


def _part(half_day: day.HalfDay, room: Path, visits: Path, tick: Callable[[int], None]) -> None:
    cast = people.load_cast()
    start, end = room_span(half_day)
    clock = day.SWITCHED_ON + timedelta(seconds=start)
    film.room_film(room, people.classroom(cast, half_day.everyone), clock, round(end - start), FPS, tick)
    there = [p for n, p in enumerate(cast.portraits) if half_day.everyone or n != people.ABSENTEE]
    empty_s = (half_day.presses[1] - half_day.check_in).total_seconds() - len(there) * day.VISIT_S
    film.terminal_film(visits, there, day.CHECK_IN_EACH_S, TERMINAL_STEP_S, empty_s)
