"""Pulls the archive of a class: decided once, worked off file by file; one that was ended goes on where it stopped and
ends with the same bag."""
from __future__ import annotations

import dataclasses
import shutil
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from pathlib import Path
from typing import NoReturn

from central.archive.ask import Away, Boxes
from central.archive.bag import OF_CLASS, lacks, said_of, tag_files
from central.archive.copying import Copier
from central.archive.decide import SHEETS, Wish, decide, wanted_of
from central.archive.errors import ArchiveFailed, FilesAway, FilesGone, NoRoom, OtherPull, StoreSilent
from central.archive.pace import Pace, Window
from central.archive.pieces import Pieces, locked, work_folder
from central.archive.plan import Plan, Wanted, read_plan, write_plan
from central.archive.progress import Progress, amount
from central.archive.removed import Certified
from central.archive.shown import ended_since
from central.bucket.errors import BucketAway
from central.chosen import choose
from central.classes.orders import order_of
from central.errors import FolderNotEmpty
from central.wiring import Centre
from evidence.bodies import Missing

AT_ONCE = 4
"""So many files are copied at the same time: a disk that turns is no faster with more."""
LOOK_S = 3.0
"""So often somebody looks whether a file came."""
SPARE = 64 << 20
"""Bytes that stay free, for what is no video."""
FOR_BOXES = 20
"""One part in so many of the disk stays free where the centre keeps its video, too: a copy must not keep boxes from
bringing what nobody else has."""


@dataclasses.dataclass(frozen=True)
class Terms:
    """`wait_s`: how long the boxes are waited for while nothing comes; `rate`: bytes a second; `anew`: decide again
    what belongs into the bag, and keep the video that is in it; `without`: what boxes do not bring by then is named in
    the bag as missing."""

    wait_s: float = 3600.0
    rate: int | None = None
    window: Window | None = None
    anew: bool = False
    without: bool = False


@dataclasses.dataclass(frozen=True)
class Pulled:
    """A finished bag. `contradicted`: as in `Exported`; `removed`, `missing`: as in
    `Plan`."""

    folder: Path
    files: int
    size: int
    contradicted: int | None
    removed: tuple[Certified, ...] = ()
    missing: tuple[Missing, ...] = ()


def pull(
    centre: Centre, class_id: str, target: Path, wish: Wish, terms: Terms, progress: Progress,
    stop: threading.Event | None = None,
) -> Pulled:
    """Write the archive of a class to `target`, which must not exist yet, or be one that lacks files: it stays until
    another one can take its place, and what is in it is not fetched again.

    Raises FolderNotEmpty, PullRuns, OtherPull, NoRoom, PullDamaged, FilesAway, FilesGone, StoreSilent, ArchiveFailed,
    BucketRefuses, what `decide` raises; Ended where `stop` is set. What is there stays then, for the next time."""
    target, stop = target.absolute(), stop or threading.Event()
    if not target.name:
        raise FolderNotEmpty(folder=target)
    with centre.store.read() as tx:
        order_of(tx, class_id)
    folder = work_folder(target)
    try:
        if target.exists() and not folder.exists() and not lacks(target):
            raise FolderNotEmpty(folder=target)
        with locked(folder) as pieces:
            if target.exists() and not pieces.bag.exists() and (plan := read_plan(pieces.folder)) is not None:
                pieces.remove()  # a pull was ended just when it tidied up
                return _pulled(plan, target)
            if target.exists() and not lacks(target):
                raise FolderNotEmpty(folder=target)
            return _Pull(centre, class_id, target, pieces, wish, terms, progress, stop).run()
    except BucketAway:
        raise StoreSilent(folder=folder) from None
    except OSError as error:
        raise ArchiveFailed(folder=target, why=error.strerror or str(error)) from None


def _pulled(plan: Plan, target: Path) -> Pulled:
    return Pulled(target, len(plan.segments), sum(one.size for one in plan.payload), plan.contradicted,
                  plan.removed, plan.missing)


class _Pull:
    """One pull, which holds its folder."""

    def __init__(
        self, centre: Centre, class_id: str, target: Path, pieces: Pieces, wish: Wish, terms: Terms,
        progress: Progress, stop: threading.Event,
    ) -> None:
        self._centre, self._class, self._target, self._pieces = centre, class_id, target, pieces
        self._wish, self._terms, self._progress, self._stop = wish, terms, progress, stop
        self._boxes = Boxes(centre, terms.rate)
        with centre.store.read() as tx:
            self._offset_min = order_of(tx, class_id)[1].utc_offset_min
        self._pace = Pace(terms.rate, terms.window, self._offset_min, self._now_us, self._closed, stop)
        self._copier = Copier(centre, target, pieces, self._pace, progress)

    def run(self) -> Pulled:
        """All of it."""
        if self._target.exists() and said_of(self._target, OF_CLASS) != self._class:
            raise FolderNotEmpty(folder=self._target)
        if self._terms.anew:
            self._pieces.clear()
        self._pieces.begin()
        plan = self._without_erased(self._filled(self._plan()))
        tags = tag_files(plan)
        self._pieces.leave_only({*(one.path for one in (*plan.small, *plan.segments)), *tags})
        for name, data in tags.items():
            self._pieces.put(name, data)
        self._pieces.finish(self._target)
        self._pieces.remove()
        return _pulled(plan, self._target)

    def _filled(self, plan: Plan) -> Plan:
        """The plan that is there with all its video: another one where what is missing is left out."""
        while True:
            left = self._left(plan)
            try:
                self._copy(left)
                return plan
            except FilesAway:
                if not self._terms.without:
                    raise
            self._pieces.clear()
            plan = decide(self._centre, self._class, self._pieces, self._wish, self._boxes.missing(left.values()))

    def _left(self, plan: Plan) -> dict[str, Wanted]:
        """What is still to be copied, for which there is room. Raises NoRoom."""
        left = {one.path: one for one in plan.segments if not self._pieces.has(one)}
        self._room(left.values())
        size, rest = (sum(one.size for one in some) for some in (plan.segments, left.values()))
        self._progress.begin(self._pieces.folder, (size - rest, len(plan.segments) - len(left)),
                             (size, len(plan.segments)))
        return left

    def _plan(self) -> Plan:
        plan = read_plan(self._pieces.folder)
        if plan is not None:
            if plan.class_id != self._class:
                raise OtherPull(folder=self._pieces.folder, class_id=plan.class_id)
            self._pieces.check(plan.small)
            return plan
        with self._centre.store.read() as tx:
            self._room(wanted_of(choose(self._centre, tx, self._class)))  # before anything is stated
        return decide(self._centre, self._class, self._pieces, self._wish)

    def _without_erased(self, plan: Plan) -> Plan:
        """Without contact sheets, where they may not be shown any more since it was decided which may: days may lie
        between."""
        if not any(one.path.startswith(SHEETS) for one in plan.small):
            return plan
        with self._centre.store.read() as tx:
            if not ended_since(tx, self._class, plan.export, self._centre.clock.stamp().utc_us):
                return plan
        left = dataclasses.replace(
            plan, small=tuple(one for one in plan.small if not one.path.startswith(SHEETS)))
        write_plan(self._pieces.folder, left)
        return left

    def _room(self, wanted: Iterable[Wanted]) -> None:
        """What comes from a box lies at the centre, too. Raises NoRoom."""
        folder, objects = self._pieces.folder, self._centre.folder
        twice = folder.stat().st_dev == objects.stat().st_dev
        disk = shutil.disk_usage(folder)
        need = SPARE + (disk.total // FOR_BOXES if twice else 0) + sum(
            one.size * (1 + (twice and not self._copier.here(one))) for one in wanted if not self._pieces.has(one))
        free = disk.free
        if need > free:
            raise NoRoom(need=amount(need), free=amount(free), folder=self._target.parent)

    def _copy(self, left: dict[str, Wanted]) -> None:
        """Until nothing is left, as it comes. Raises FilesAway, FilesGone, BucketAway, Ended, OSError."""
        since_s = time.monotonic()
        while left:
            self._pace.open()
            looked_s = time.monotonic()
            here = [one for one in left.values() if self._copier.here(one)]
            named = {one.path for one in here}
            away, moved = self._boxes.ask(one for one in left.values() if one.path not in named)
            self._progress.stands("copying" if here else "waiting", tuple(away))
            for one in self._copy_some(here):
                del left[one.path]
                moved = True
            # One that was spoilt is asked of its box next.
            moved |= any(one.path in left and not self._copier.here(one) for one in here)
            if moved:
                since_s = time.monotonic()
            elif all(one.refused == one.count for one in away) or time.monotonic() - since_s >= self._terms.wait_s:
                self._give_up(left, away)
            if left:
                self._pace.rest(looked_s + LOOK_S - time.monotonic())

    def _copy_some(self, here: Iterable[Wanted]) -> list[Wanted]:
        """Those that are in the bag now. Whatever goes wrong with one ends the others."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            try:
                done = {pool.submit(self._copier.copy, one): one for one in here}
                over, _ = wait(done, return_when=FIRST_EXCEPTION)
                for future in over:
                    future.result()
                return [one for future, one in done.items() if future.result()]
            except BaseException:
                self._stop.set()
                raise

    def _give_up(self, left: Mapping[str, Wanted], away: Sequence[Away]) -> NoReturn:
        with self._centre.store.read() as tx:
            gone = {(file.device, file.segment.sha256) for file in choose(self._centre, tx, self._class).removed}
        count = sum((one.device, one.sha256) in gone for one in left.values())
        if count:
            raise FilesGone(class_id=self._class, count=count)
        self._progress.stands("away", tuple(away))
        raise FilesAway(away, class_id=self._class, count=len(left), folder=self._pieces.folder)

    def _closed(self, opens_us: int | None) -> None:
        if opens_us is None:
            self._progress.stands("copying")
        else:
            self._progress.waits(opens_us, self._offset_min)

    def _now_us(self) -> int:
        return self._centre.clock.stamp().utc_us
