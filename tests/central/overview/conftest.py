"""A centre with classes of several institutions, and a worker beside it."""
from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from central.classes.orders import add_class
from central.classes.plan import read_names, read_plan
from central.classes.stories import Stories
from central.overview.name_keys import NameKeys
from central.overview.worker import Worker
from central.wiring import Centre
from evidence.bodies import Candidate, CheckIn, ClassOrder, RollCall, SessionEnd, SessionStart, Track
from evidence.times import MINUTE, SECOND
from tests.central.helpers import MORNING, NAMES, PLAN, Box, FixedClock, segment_of, write_plan

INSTITUTIONS = {"school-a": "411202", "school-b": "411281", "school-c": "410105"}
BELONGS = {"welder-1": "school-a", "welder-2": "school-b", "cook-1": "school-c"}


@dataclasses.dataclass
class City:
    """The centre, what its boxes send, and the worker."""

    centre: Centre
    clock: FixedClock
    folder: Path
    worker: Worker

    def add(
        self, class_id: str, box: str = "box-1", names: str = NAMES, title: str | None = None, shared: bool = False,
    ) -> ClassOrder:
        """`shared`: another class has the box on the first day, so that this one comes on the next."""
        plan = PLAN.replace("welder-1", class_id).replace("box-1", box).replace('"焊工', f'"{title or "焊工"}')
        plan = f'institution = "{BELONGS[class_id]}"\n{plan}' if class_id in BELONGS else plan
        plan = plan.replace("2026-03-02", "2026-03-03") if shared else plan
        path, people = write_plan(self.folder, plan, names)
        return add_class(self.centre.store, self.centre.names, read_plan(path), read_names(people), path)

    def box(self, device: str = "box-1") -> Box:
        box = Box(self.centre, device, chain=device.encode().hex().ljust(32, "0")[:32])
        box.genesis()
        self.send(box)
        return box

    def send(self, box: Box) -> None:
        self.centre.collector().take(box.messages())

    def teach(self, box: Box, class_id: str, people: list[str], ends: bool = True, start: int = MORNING) -> None:
        """A morning: presses, check-ins, a file of 100 minutes that shows these people."""
        box.append(SessionStart(class_id, f"s-{class_id}", "button"), start)
        for number, person in enumerate(people):
            box.append(CheckIn(
                class_id, f"s-{class_id}", f"a-{number}", "lab", "a" * 64, "cpu", 400_000, 50_000, 5, 5, 120,
                start - MORNING + 7200 * SECOND, "not_checked", Candidate(person, 900_000), None), start + SECOND)
        segment = segment_of(class_id.encode(), start, 100 * 60, class_id=class_id, session=f"s-{class_id}",
                             cut="end" if ends else None)
        box.append(segment, start + 100 * MINUTE)
        tracks = tuple(Track(0, 6_000_000_000, 1, 50, 80, Candidate(person, 800_000)) for person in people)
        box.append(RollCall(class_id, "r-1", segment.sha256, "lab", "a" * 64, "cpu", 400_000, 50_000, 40, 100, 0,
                            len(people), len(people) * 1_000_000, tracks, faceless_max=0), start + 101 * MINUTE)
        if ends:
            box.append(SessionEnd(class_id, f"s-{class_id}", "button"), start + 101 * MINUTE)
        self.send(box)

    def follow(self) -> None:
        """Until nothing is left to do."""
        for _ in range(100):
            done = self.worker.step()
            if not done.judged and not done.unseen:
                return
        raise AssertionError("the worker never ends")


@pytest.fixture
def city(centre: Centre, clock: FixedClock, tmp_path: Path) -> City:
    return City(centre, clock, tmp_path, worker_of(centre, clock))


def worker_of(centre: Centre, clock: FixedClock) -> Worker:
    for institution, region in INSTITUTIONS.items():
        centre.account_desk().put_institution(institution, institution, region, None)
    return Worker(centre.store, centre.names, NameKeys(centre.keys.names_key), clock, Stories(centre.store, clock))
