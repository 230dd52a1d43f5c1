"""The two films of the day, made once: the room with who is there, and people who step before the terminal."""
from __future__ import annotations

import hashlib
import json
import shutil
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path

import av
import cv2
import numpy as np
from tqdm import tqdm

from bench.day import plan
from provisioning.demo import film, media, people

STEP_S = 2.0
"""Between two pictures of the terminal's film."""
SPARE_S = 60
"""The room camera runs so long before the start press and after the end press."""


def prepare(folder: Path) -> media.Media:
    """The films and the photographs for enrolment, unless they are there already."""
    made, mark, recipe = media.paths(folder), folder / "complete.json", json.dumps(_recipe())
    if mark.is_file() and mark.read_text() == recipe:
        return made
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    _gallery(made.gallery)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        jobs = [pool.submit(_part, number, folder) for number in range(len(plan.DAY))]
        for job in tqdm(as_completed(jobs), total=len(jobs), desc="making the films (once)", unit="half-day"):
            job.result()
    film.join(made.room, [(folder / f"room-{number}.mp4", room_second(one)) for number, one in enumerate(plan.DAY)])
    film.join(made.terminal, [(folder / f"terminal-{number}.mp4", plan.second_of(one.check_in))
                              for number, one in enumerate(plan.DAY)])
    for part in folder.glob("*-?.mp4"):
        part.unlink()
    mark.write_text(recipe)
    return made


def room_second(half_day: plan.HalfDay) -> float:
    """Of the film, from which on the room camera delivers."""
    return plan.second_of(half_day.presses[0]) - SPARE_S


def pictures(path: Path) -> list[tuple[int, bytes]]:
    """Each encoded picture of a film or a recorded file, in order: its second, and the SHA-256 of its bytes."""
    with av.open(str(path)) as container:
        return [(round(float(packet.pts * packet.time_base)), hashlib.sha256(bytes(packet)).digest())
                for packet in container.demux(video=0) if packet.size and packet.pts is not None]


def _part(number: int, folder: Path) -> None:
    cv2.setNumThreads(1)
    half_day, cast = plan.DAY[number], people.load_cast()
    start, end = half_day.presses
    film.room_film(folder / f"room-{number}.mp4", people.classroom(cast, half_day.everyone),
                   start - timedelta(seconds=SPARE_S), round((end - start).total_seconds()) + 2 * SPARE_S,
                   plan.FPS, lambda frames: None)
    there = [one for index, one in enumerate(cast.portraits) if half_day.everyone or index != people.ABSENTEE]
    film.terminal_film(folder / f"terminal-{number}.mp4", there, plan.VISIT_S, STEP_S, 60)


def _gallery(folder: Path) -> None:
    for name, portrait in zip(people.NAMES, people.load_cast().portraits, strict=True):
        own = folder / name
        own.mkdir(parents=True)
        cv2.imwrite(str(own / "1.png"), cv2.resize(portrait, None, fx=2, fy=2))
        cv2.imwrite(str(own / "2.png"), np.asarray(cv2.convertScaleAbs(
            cv2.resize(portrait, None, fx=1.5, fy=1.5), alpha=0.9)))


def _recipe() -> str:
    return hashlib.sha256(repr((plan.DAY, plan.FPS, plan.VISIT_S, plan.PAUSE_S, STEP_S, SPARE_S)).encode()).hexdigest()
