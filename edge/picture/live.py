"""What ails the picture right now: told in BOX/run/picture.json as long as it lasts, and as one alarm record each."""
from __future__ import annotations

import dataclasses
import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from common.policies import load_policy
from edge.clock import Clock
from edge.recorder.journal import Mark, Run
from edge.storage.files import replace
from edge.store import Store
from evidence.bodies import Alarm, ClassOrder, Picture, Segment, body_of
from evidence.errors import BadInput
from evidence.looped import Earlier, looped
from evidence.picture import Look, seen
from evidence.policy import PictureRules
from evidence.records import Record

WINDOW = 10
"""So many finished segments of a run are judged together with the one that grows."""
PICTURE = "picture."
"""What the codes of these alarms begin with."""
CLASSES = 3
"""So many classes are remembered at once."""


@dataclasses.dataclass(frozen=True)
class Trouble:
    """A breaking span that has not ended. `since_us`: media time of the run."""

    what: str
    camera: str
    run: str
    class_id: str
    since_us: int


class Live:
    """`path`: where the troubles are told. `policy_id`: for classes whose plan is not here. May raise StoreBusy."""

    def __init__(self, store: Store, clock: Clock, path: Path, policy_id: str) -> None:
        self._store, self._clock, self._path, self._policy_id = store, clock, path, policy_id
        self._path.unlink(missing_ok=True)
        self._earlier: dict[str, Earlier] = defaultdict(Earlier)
        self._finished: dict[str, list[Look]] = defaultdict(list)
        self._troubles: dict[str, Trouble] = {}
        self._told: tuple[Trouble, ...] = ()
        self._rules: dict[str, PictureRules | None] = {}
        alarms = (body_of(sealed.record) for sealed in store.each("alarm"))
        self._said = {(alarm.code, str(alarm.params.get("run"))) for alarm in alarms
                      if isinstance(alarm, Alarm) and alarm.code.startswith(PICTURE)}

    def take_in(self, segment: Segment, picture: Picture, record: Record) -> None:
        """A finished segment; `record`: the one of its picture."""
        wall_us = record.utc_us - record.mono_us + segment.first_mono_us - segment.first_pts_us
        look = Look("", segment.sha256, segment.first_pts_us, segment.end_pts_us, wall_us, picture)
        self._earlier[picture.class_id].add(look)
        while len(self._earlier) > CLASSES:
            self._earlier.pop(next(iter(self._earlier)))
        self._finished[picture.run] = [*self._finished[picture.run], look][-WINDOW:]
        if segment.cut:
            self._finished.pop(picture.run)
            self._troubles.pop(picture.run, None)

    def look(self, run: Run, mark: Mark, picture: Picture) -> None:
        """The file that is being written, as far as it was looked at."""
        tally = mark.tally
        wall_us = self._clock.utc_us() - self._clock.mono_us() + tally.first_mono_us - tally.first_pts_us
        growing = Look("", mark.sha256, tally.first_pts_us, tally.end_pts_us, wall_us, picture)
        rules = self._rules_of(picture.class_id)
        if rules is None:
            return
        part = [*self._finished[run.run], growing]
        spans = seen(part, rules, looped(part, self._earlier[picture.class_id], rules))
        newest_us = max((sample.at_us for one in part for sample in one.picture.samples), default=0)
        lasting = next((span for span in spans if span.breaks and span.end_us > newest_us), None)
        before = self._troubles.pop(run.run, None)
        if lasting is None:
            self._said = {(code, which) for code, which in self._said if which != run.run}
            return
        same = before is not None and before.what == lasting.what
        since_us = before.since_us if before is not None and same else lasting.start_us
        self._troubles[run.run] = Trouble(lasting.what, run.camera, run.run, picture.class_id, since_us)

    def tell(self, runs: Iterable[str]) -> None:
        """Write what ails the runs that are being written, and state what is new. Raises StoreBusy."""
        self._troubles = {run: self._troubles[run] for run in runs if run in self._troubles}
        troubles = tuple(self._troubles.values())
        for one in troubles:
            code = f"{PICTURE}{one.what}"
            if (code, one.run) not in self._said:
                params = {"camera": one.camera, "run": one.run, "since_us": one.since_us}
                self._store.append("alarm", Alarm(code, params, one.class_id))
                self._said.add((code, one.run))
        if troubles != self._told:
            told = [{"what": one.what, "camera": one.camera, "run": one.run} for one in troubles]
            replace(self._path, json.dumps({"troubles": told}).encode())
            self._told = troubles

    def _rules_of(self, class_id: str) -> PictureRules | None:
        if class_id not in self._rules:
            orders = [body_of(sealed.record) for sealed in self._store.orders()]
            ours = [order for order in orders if isinstance(order, ClassOrder) and order.class_id == class_id]
            try:
                self._rules[class_id] = load_policy(ours[-1].policy.id if ours else self._policy_id).picture
            except BadInput:
                self._rules[class_id] = load_policy(self._policy_id).picture
        return self._rules[class_id]
