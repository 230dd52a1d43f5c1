"""The demo's gallery and films: made once, with progress, by two processes; a second start finds them."""
from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import Manager, get_context
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import cv2
from tqdm import tqdm

from provisioning.demo import day, film, people

FPS = 2
TERMINAL_STEP_S = 12.0
FORMAT = 4
"""Counts up whenever the films change."""


@dataclasses.dataclass(frozen=True)
class Media:
    """Where the films and photos lie. Films by name of half-day; gallery: one folder of photos per trainee."""

    room: dict[str, Path]
    terminal: dict[str, Path]
    gallery: Path


def paths(folder: Path) -> Media:
    """Where a complete set lies in `folder`."""
    return Media({h.name: folder / f"room-{h.name}.mp4" for h in day.COURSE},
                 {h.name: folder / f"terminal-{h.name}.mp4" for h in day.COURSE}, folder / "gallery")


def prepare(folder: Path) -> Media:
    """Make the built-in course's films and gallery unless they are there already."""
    media, mark = paths(folder), folder / "complete.json"
    recipe = {"digest": _recipe()}
    if mark.is_file() and json.loads(mark.read_text()) == recipe:
        return media
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    _gallery(people.load_cast(), media.gallery)
    _films(media)
    mark.write_text(json.dumps(recipe))
    return media


def _recipe() -> str:
    plan = repr((FORMAT, FPS, TERMINAL_STEP_S, day.COURSE, day.CHECK_IN_EACH_S, day.CHECK_IN_PAUSE_S))
    return hashlib.sha256(plan.encode()).hexdigest()


def _gallery(cast: people.Cast, folder: Path) -> None:
    for number, portrait in enumerate(cast.portraits):
        own = folder / day.person_id(number)
        own.mkdir(parents=True)
        cv2.imwrite(str(own / "1.png"), cv2.resize(portrait, None, fx=2, fy=2))
        cv2.imwrite(str(own / "2.png"), cv2.convertScaleAbs(cv2.resize(portrait, None, fx=1.5, fy=1.5), alpha=0.9))


def _films(media: Media) -> None:
    total = sum(room_seconds(h) * FPS for h in day.COURSE)
    with Manager() as manager, ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        ticks = manager.Queue()
        longest_first = sorted(day.COURSE, key=room_seconds, reverse=True)
        jobs = [pool.submit(_film, h, media.room[h.name], media.terminal[h.name], ticks) for h in longest_first]
        with tqdm(total=total, unit="frame", desc="making the films (once)", mininterval=5) as bar:
            while not all(job.done() for job in jobs):
                _drain(ticks, bar)
            _drain(ticks, bar)
        for job in jobs:
            job.result()


def _drain(ticks: Queue[int], bar: Any) -> None:
    try:
        while True:
            bar.update(ticks.get(timeout=0.3))
    except Empty:
        return


def room_seconds(half_day: day.HalfDay) -> int:
    """How long a half-day's room film is."""
    # A minute longer than the session on both sides: the camera runs before the start press and after the end press.
    return round((half_day.presses[1] - half_day.presses[0]).total_seconds()) + 120


def room_start(half_day: day.HalfDay) -> Any:
    """Local time of the first frame of a half-day's room film."""
    return half_day.presses[0] - day.timedelta(seconds=60)


def _film(half_day: day.HalfDay, room: Path, terminal: Path, ticks: Queue[int]) -> None:
    cv2.setNumThreads(1)
    cast, start, counted = people.load_cast(), room_start(half_day), 0

    def tick(frames: int) -> None:
        nonlocal counted
        counted += frames
        if counted % 50 == 0:
            ticks.put(50)

    holes = [tuple((end - start).total_seconds() for end in half_day.hole)] if half_day.hole else []
    film.room_film(room, people.classroom(cast, half_day.everyone), start, room_seconds(half_day), FPS, holes, tick)
    there = [p for n, p in enumerate(cast.portraits) if half_day.everyone or n != people.ABSENTEE]
    film.terminal_film(terminal, there, day.CHECK_IN_EACH_S, day.CHECK_IN_PAUSE_S, TERMINAL_STEP_S, lambda n: None)
