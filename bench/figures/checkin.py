"""Figures `checkin`: from a face in view to its sealed record, in frames and in ms: the terminal's desk, engine, store.

Nothing waits: the rhythm of the desk is reckoned, its work is measured. A face comes into view just after a look, so a
whole pause passes before the first one. Nobody is asked for a gesture: a still cannot make one, and how long a person
takes to make it is no figure of a machine.
"""
from __future__ import annotations

import dataclasses
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from tqdm import tqdm

from bench.harness import Figures, Skipped
from bench.inputs import lab_files, shared
from bench.rows.terminal import fit
from common.policies import load_policy
from edge.checkin.engine import LEFT_AFTER, WINDOW, Engine
from edge.clock import SystemClock
from edge.config import BoxConfig, CheckInConfig
from edge.enrol.photos import describe, photo_files, read_photo
from edge.keys import make_box_keys, self_certified
from edge.rollcall.frames import frames, plan_frames
from edge.store import Store
from edge.terminal.desk import Desk, Target
from edge.vision.onnx_pack import OnnxPack
from edge.vision.pack import Pack, load_pack
from edge.wiring import open_store
from evidence.errors import BadInput
from evidence.policy import Policy

EVERY_MS = CheckInConfig().every_ms
LEAST_PAUSE_MS = 10.0
"""The desk rests for so long between two looks, however slow it is."""
PEOPLE = {"Western": ("lfw", 60, 1), "Chinese": ("casia", 20, 2)}
"""The folder; how many of its people are enrolled, with two photos each; with how many others each of them comes."""
ENROLLED = 2
CLIPS = ("spoof/phone-real", "spoof/turns-real", "video/live/d9", "video/live/d11", "video/live/d13", "video/live/d14",
         "video/live/hai1", "video/live/s18")
CLIP_S, CLIP_ENROLLED_AT, EACH_CLIP = 9.0, (0, 3), 6
"""So much of the beginning of a clip is used (later the person of one looks away); two of its frames are enrolled, and
so many visits begin at other moments of it."""
LONGEST = WINDOW + 2
"""Frames after which a visit is given up."""
SHIFT_PX, NOISE = 3.0, 3.0
"""Standing people sway and cameras have noise: standard deviations, pixels and grey levels."""
EMPTY = np.zeros((480, 640, 3), np.uint8)


@dataclasses.dataclass(frozen=True)
class Visit:
    """What came of one face before the terminal. `ms`: until its record was committed, and `cpu_ms` the CPU time of
    its last look, sealing included; None without a record."""

    answer: str
    frames: int
    ms: float | None = None
    cpu_ms: float | None = None


Film = Sequence[np.ndarray]


@dataclasses.dataclass(frozen=True)
class Case:
    """A class and those who come. `films`: the pictures of each visit."""

    title: str
    pack: Pack
    policy: Policy
    templates: Mapping[str, np.ndarray]
    films: Sequence[Film]


class Played:
    """A camera that shows what it is told (`edge.terminal.desk.Frames`)."""

    silent = False

    def __init__(self) -> None:
        self.number, self.bgr, self.mono_us = 0, EMPTY, 0

    def show(self, bgr: np.ndarray, mono_us: int) -> None:
        """The newest frame."""
        self.number, self.bgr, self.mono_us = self.number + 1, bgr, mono_us

    def newest(self, after: int) -> tuple[int, np.ndarray, int] | None:
        """As a camera's."""
        return (self.number, self.bgr, self.mono_us) if self.number > after else None


class Terminal:
    """A box's store, desk and engine for one class. A visit is a block of its own, so that nobody is only greeted."""

    def __init__(self, folder: Path, pack: Pack, policy: Policy, templates: Mapping[str, np.ndarray]) -> None:
        clock = SystemClock()
        keys = make_box_keys(folder / "keys", self_certified("box-1", clock.utc_us()))
        self._store: Store = open_store(folder, BoxConfig(device="box-1"), keys, clock)
        self._camera, self._ms, self._visits = Played(), 0.0, 0
        self._policy = policy
        self._desk = Desk(
            self._camera, self._target, lambda target: Engine(pack, policy, target.class_id, None, templates),
            self._store, clock.utc_us, time.monotonic, EVERY_MS / 1000)
        self._look(EMPTY)

    def _target(self) -> Target:
        return Target("class-1", self._policy, None, f"block-{self._visits}", frozenset())

    def close(self) -> None:
        """The store is closed."""
        self._store.close()

    def visit(self, film: Iterable[np.ndarray]) -> Visit:
        """A face stands before the terminal until its attempt is sealed, a gesture is asked or the film ends."""
        self._visits += 1
        began, before, count = self._ms - EVERY_MS, self._store.head().hash, 0
        made = None
        for count, bgr in enumerate(film, 1):
            done_ms, cpu_ms = self._look(bgr)
            seen = self._desk.sight()
            if self._store.head().hash != before:
                assert seen.result is not None
                made = Visit(seen.result.answer, count, done_ms - began, cpu_ms)
            elif seen.state in ("challenge", "pin_wanted"):
                made = Visit(seen.state, count)
            if made:
                break
        for _ in range(LEFT_AFTER):
            self._look(EMPTY)
        while self._desk.sight().state != "look":
            self._look(EMPTY)
        return made or Visit("undecided", count)

    def _look(self, bgr: np.ndarray) -> tuple[float, float]:
        """One turn of the desk: when its work was done, and its CPU time. The next one begins when the rhythm says."""
        self._camera.show(bgr, round(self._ms * 1000))
        began, cpu = time.perf_counter(), time.process_time()
        self._desk.turn()
        spent, cpu = (time.perf_counter() - began) * 1000, (time.process_time() - cpu) * 1000
        done = self._ms + spent
        self._ms += max(float(EVERY_MS), spent + LEAST_PAUSE_MS)
        return done, cpu


def measure(folder: Path) -> tuple[list[str], dict[str, Any]]:
    """The lines to print and what bench.json holds. Raises Skipped."""
    cv2.setNumThreads(1)
    data = shared() / "data"
    wanted = [*(f"faces/{name}" for name, _, _ in PEOPLE.values()), *(f"{name}.mp4" for name in CLIPS)]
    if missing := [name for name in wanted if not (data / name).exists()]:
        raise Skipped(f"no {', '.join(missing)} in {data}")
    lines, kept = [], []
    for number, case in enumerate(cases(OnnxPack(*lab_files(folder)), load_pack("builtin"), data)):
        terminal = Terminal(folder / f"box-{number}", case.pack, case.policy, case.templates)
        try:
            visits = [terminal.visit(film) for film in tqdm(
                case.films, desc=case.title, unit="visit", file=sys.stderr, disable=None)]
        finally:
            terminal.close()
        lines += told(case.title, visits)
        kept.append({"case": case.title, "visits": [dataclasses.asdict(one) for one in visits]})
    return [*lines, f"A look every {EVERY_MS} ms; a face comes just after one. Pictures are decoded beforehand."], {
        "every_ms": EVERY_MS, "cases": kept}


def cases(lab: Pack, builtin: Pack, data: Path) -> Iterator[Case]:
    """Photos that are held before the terminal, where no liveness is wanted; and living people, where it is."""
    demo, real = load_policy("demo"), load_policy("sanmenxia-2023")
    for pack, whose in ((lab, "Western"), (lab, "Chinese"), (builtin, "Chinese")):
        name, count, visits = PEOPLE[whose]
        templates, photos = split(pack, data / "faces" / name, count, visits)
        yield Case(f"{pack.name}, {count} {whose} people, photos, no liveness", pack, demo, templates,
                   [sway(read_photo(file), seed) for seed, file in enumerate(photos)])
    name, count, _ = PEOPLE["Western"]
    templates, _ = split(lab, data / "faces" / name, count - len(CLIPS), 0)
    films = []
    for clip in CLIPS:
        pictures = read(data / f"{clip}.mp4")
        enrolled = [pictures[at] for at in CLIP_ENROLLED_AT]
        templates[Path(clip).name] = np.stack([lab.embed(bgr, lab.detect(bgr)[0]) for bgr in enrolled])
        first, last = CLIP_ENROLLED_AT[-1] + 1, len(pictures) - LONGEST
        films += [pictures[at : at + LONGEST] for at in sorted({*np.linspace(first, last, EACH_CLIP, dtype=int)})]
    yield Case(f"{lab.name}, {len(CLIPS)} living people on clips among {count} enrolled, passive liveness", lab, real,
               templates, films)


def split(pack: Pack, folder: Path, count: int, visits: int) -> tuple[dict[str, np.ndarray], list[Path]]:
    """The descriptions (2, d) of the first people of a set, and the photos with which they come."""
    templates: dict[str, np.ndarray] = {}
    photos: list[Path] = []
    for files in photo_files(folder).values():
        good = []
        for file in files[:-visits] if visits else files:
            try:
                good.append(describe(pack, file, strict=False))
            except BadInput:
                continue
            if len(good) == ENROLLED:
                break
        if len(good) == ENROLLED and len(templates) < count:
            templates[f"{folder.name}-{len(templates)}"] = np.stack(good)
            photos += files[len(files) - visits :]
    return templates, photos


def sway(photo: np.ndarray, seed: int) -> Film:
    """A photo as a camera sees somebody who stands still: shifted a little and noisy, each frame anew."""
    rng, still = np.random.default_rng(seed), fit(photo)
    film = []
    for _ in range(LONGEST):
        moved = np.float32([[1, 0, rng.normal(0, SHIFT_PX)], [0, 1, rng.normal(0, SHIFT_PX)]])
        shifted = cv2.warpAffine(still, moved, (still.shape[1], still.shape[0]), borderMode=cv2.BORDER_REPLICATE)
        noise = rng.normal(0, NOISE, still.shape)
        film.append(np.clip(shifted + noise, 0, 255).astype(np.uint8))
    return film


def read(clip: Path) -> Film:
    """The beginning of a clip in the rhythm of the desk, as its camera gave it: the passive check wants what is around
    a face."""
    every_us = EVERY_MS * 1000
    plan = plan_frames(clip, every_us)
    return [bgr for at_us, bgr in frames(clip, every_us, plan) if at_us < CLIP_S * 1e6]


def told(title: str, visits: Sequence[Visit]) -> list[str]:
    """What the visits of one case show; times of those that were accepted."""
    good = [one for one in visits if one.answer == "accepted"]
    others = Counter(one.answer for one in visits if one.answer != "accepted")
    lines = [f"{title}: {len(good)} of {len(visits)} visits accepted"
             + "".join(f", {count} {answer}" for answer, count in sorted(others.items()))]
    if good:
        parts = {
            "frames": [one.frames for one in good],
            "ms as it went": [one.ms for one in good],
            "ms with a core to itself": [one.frames * EVERY_MS + (one.cpu_ms or 0) for one in good],
            "ms of CPU for the last look, with sealing": [one.cpu_ms for one in good]}
        lines.append("  " + "; ".join(
            f"p50 {np.quantile(values, 0.5):.0f}, p95 {np.quantile(values, 0.95):.0f} {unit}"  # type: ignore[arg-type]
            for unit, values in parts.items()))
    return lines


FIGURES = Figures("checkin", "from a face in view to the record sealed and committed, at the terminal", measure)
