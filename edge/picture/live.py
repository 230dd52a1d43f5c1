"""What ails the recorded picture right now: told to the terminal as long as it lasts, and as one alarm record each."""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from common.policies import load_policy
from edge.clock import Clock
from edge.picture.told import Board, Trouble
from edge.policies import policy_of
from edge.recorder.journal import Mark, Run
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


class Live:
    """`board`: where the troubles are told. `policy_id`: for classes whose plan is not here. May raise StoreBusy."""

    def __init__(self, store: Store, clock: Clock, board: Board, policy_id: str) -> None:
        self._store, self._clock, self._board, self._policy_id = store, clock, board, policy_id
        self._earlier: dict[str, Earlier] = defaultdict(Earlier)
        self._finished: dict[str, list[Look]] = defaultdict(list)
        self._ahead: dict[str, int] = {}
        """By start of the box: how far its wall clock was ahead of CLOCK_BOOTTIME, as the newest picture says."""
        self._troubles: dict[str, tuple[Trouble, str]] = {}
        """By run: a breaking span that has not ended, and its class."""
        self._rules: dict[str, PictureRules | None] = {}
        alarms = (body_of(sealed.record) for sealed in store.each("alarm"))
        self._said = {(alarm.code, str(alarm.params.get("run"))) for alarm in alarms
                      if isinstance(alarm, Alarm) and alarm.code.startswith(PICTURE)}

    def take_in(self, segment: Segment, picture: Picture, record: Record) -> None:
        """A finished segment; `record`: the one of its picture, which may be of a later start of the box."""
        self._ahead[record.boot_id] = record.utc_us - record.mono_us
        boot_id = segment.boot_id or ("" if segment.recovered else record.boot_id)
        if boot_id in self._ahead:
            wall_us = self._ahead[boot_id] + segment.first_mono_us - segment.first_pts_us
            look = Look("", segment.sha256, segment.first_pts_us, segment.end_pts_us, wall_us, picture)
            self._earlier[picture.class_id].add(look)
            self._finished[picture.run] = [*self._finished[picture.run], look][-WINDOW:]
        if segment.cut:
            self._finished.pop(picture.run, None)
            self._troubles.pop(picture.run, None)

    def forget(self, class_id: str) -> None:
        """What was taken in of a class; it may be taken in again."""
        self._earlier.pop(class_id, None)
        for run in [run for run, looks in self._finished.items() if looks[-1].picture.class_id == class_id]:
            del self._finished[run]

    def look(self, run: Run, mark: Mark, picture: Picture) -> None:
        """The file that is being written, as far as it was looked at."""
        tally = mark.tally
        wall_us = self._clock.utc_us() - self._clock.mono_us() + tally.first_mono_us - tally.first_pts_us
        growing = Look("", mark.sha256, tally.first_pts_us, tally.end_pts_us, wall_us, picture)
        rules = self._rules_of(picture.class_id)
        if rules is None:
            return
        part = [*self._finished[run.run], growing]
        spans = seen(part, rules, looped(part, self._earlier[picture.class_id], rules, marks=False))
        newest_us = max((sample.at_us for one in part for sample in one.picture.samples), default=0)
        lasting = next((span for span in spans if span.breaks and span.end_us > newest_us), None)
        before, _ = self._troubles.pop(run.run, (None, ""))
        if lasting is None:
            self._said = {(code, which) for code, which in self._said if which != run.run}
            return
        same = before is not None and before.what == lasting.what
        since_us = before.since_us if before is not None and same else lasting.start_us
        self._troubles[run.run] = Trouble(lasting.what, run.camera, run.run, since_us), picture.class_id

    def tell(self, runs: Iterable[str]) -> None:
        """Write what ails the runs that are being written, and state what is new. Raises StoreBusy."""
        self._troubles = {run: self._troubles[run] for run in runs if run in self._troubles}
        for one, class_id in self._troubles.values():
            code = f"{PICTURE}{one.what}"
            if (code, str(one.run)) not in self._said:
                params = {"camera": one.camera, "run": one.run, "since_us": one.since_us}
                self._store.append("alarm", Alarm(code, params, class_id))
                self._said.add((code, str(one.run)))
        self._board.tell("recorded", [one for one, _ in self._troubles.values()])

    def _rules_of(self, class_id: str) -> PictureRules | None:
        if class_id not in self._rules:
            orders = [body_of(sealed.record) for sealed in self._store.orders()]
            ours = [order for order in orders if isinstance(order, ClassOrder) and order.class_id == class_id]
            try:
                policy = policy_of(self._store, ours[-1]) if ours else load_policy(self._policy_id)
            except BadInput:
                policy = load_policy(self._policy_id)
            self._rules[class_id] = policy.picture
        return self._rules[class_id]
