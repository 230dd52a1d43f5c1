"""What is compared at the end of the day: records, files, pictures and findings, of each room."""
from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.day import film, oracle, plan
from bench.day.site import Room
from common.policies import load_policy
from evidence.bodies import Alarm, Segment, body_of
from evidence.seal import read_sealed
from provisioning.demo import media, people
from provisioning.demo.services import run, tool


@dataclasses.dataclass
class Verdict:
    """Of one room. `wrong`: what is not as it should be, in words; nothing if all is."""

    records: int = 0
    files: int = 0
    recorded_s: int = 0
    hours: list[oracle.Hour] = dataclasses.field(default_factory=list)
    alarms: Counter[str] = dataclasses.field(default_factory=Counter)
    wrong: list[str] = dataclasses.field(default_factory=list)


def judge(room: Room, films: media.Media, export: Path) -> Verdict:
    """Everything, once nothing is on its way any more."""
    found = Verdict()
    at_box, at_centre = _records(room.box / "zaitang.db"), _records(room.centre / "zaitang.db", room.device)
    found.records = len(at_box)
    if at_box != at_centre:
        found.wrong.append(f"{len(set(at_box) ^ set(at_centre))} records are at one end only")
    bodies = [body_of(read_sealed(envelope).record) for envelope in at_box]
    found.alarms = Counter(body.code for body in bodies if isinstance(body, Alarm))
    _files(room, films, [body for body in bodies if isinstance(body, Segment)], found)
    _findings(room, export, found)
    return found


def _records(database: Path, device: str | None = None) -> list[bytes]:
    """The envelopes of a box's records, in order."""
    where = "" if device is None else f" WHERE device = '{device}'"
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as database_:
        return [bytes(row[0]) for row in database_.execute(f"SELECT envelope FROM records{where} ORDER BY seq")]


def _files(room: Room, films: media.Media, segments: list[Segment], found: Verdict) -> None:
    """Each file is at both ends, what its record says, and a part of the film; no picture was recorded twice."""
    origin = film.room_second(plan.DAY[0])
    played = film.pictures(films.room)
    digests, seconds = [digest for _, digest in played], [round(at - played[0][0] + origin) for at, _ in played]
    runs: dict[str, list[bytes]] = {}
    for one in sorted(segments, key=lambda one: (one.run, one.index)):
        path = room.centre / "objects" / one.sha256[:2] / f"{one.sha256}.mp4"
        for place in (path, room.box / "video" / "segments" / one.file):
            if not place.is_file() or hashlib.sha256(place.read_bytes()).hexdigest() != one.sha256:
                found.wrong.append(f"{one.file} is not what its record says, or is not there: {place.parent.name}")
                return
        runs.setdefault(one.run, []).extend(digest for _, digest in film.pictures(path))
    parts = {run_: oracle.part(digests, its) for run_, its in runs.items()}
    found.wrong += [f"the run {run_} is no part of the film" for run_, (first, last) in parts.items() if first == last]
    filmed = [seconds[first:last] for first, last in parts.values()]
    everything = [at for its in filmed for at in its]
    if len(set(everything)) != len(everything):
        found.wrong.append("a picture was recorded twice")
    found.files, found.recorded_s, found.hours = len(segments), len(everything), oracle.hours(filmed)


def _findings(room: Room, export: Path, found: Verdict) -> None:
    """The class is exported and verified; its findings are compared with what the pictures say."""
    run("zaitang-central", "export", "--centre", room.centre, room.class_id, "--to", export)
    told = export.with_suffix(".json")
    for what in (room.box, export):
        done = subprocess.run([tool("zaitang-verify"), what, "--root", room.root, "--json", told, "--lang", "en"],
                              capture_output=True, text=True, check=False)
        if done.returncode:
            found.wrong.append(f"zaitang-verify of {what.name}: {done.stdout.strip()[-400:]}")
            return
    findings: list[Mapping[str, Any]] = json.loads(told.read_text())["findings"]
    rows = [line.split("\t") for line in run(
        "zaitang-central", "class", "show", "--centre", room.centre, room.class_id).splitlines()]
    absent = next(row[0] for row in rows if len(row) == 3 and row[2] == people.NAMES[people.ABSENTEE])
    policy = load_policy("demo")
    assert policy.r1 is not None and policy.r2 is not None
    found.wrong += oracle.differences(found.hours, findings, policy.r1.tolerance_s.value, policy.r2.minutes.value * 60,
                                      absent)
