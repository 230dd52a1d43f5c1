"""Removes what may go, in steps that survive a cut: the certificate first; the file only when somebody else has seen a
signed tree that holds it, and it may still go then.

A removal is durable at each step: the row says that the file goes (from then on it is not here), the file goes, its
folder is synced, the row goes. `settle` ends what a crash left in between, but for a file that is whole still and
that something holds since.
"""
from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import Literal

from central.bucket.bucket import Bucket
from central.bucket.errors import BucketRefuses, NotInBucket
from central.cache.cache import Cache
from central.clock import Clock
from central.keeping.aside import end_aside
from central.keeping.now import centre_now, witnessed_size
from central.keeping.plan import KeepPlan, keep_plan, verdicts_of
from central.objects import Objects
from central.store.removals import Removal
from central.store.store import Store
from central.store.tables import Tx
from common.logs import Log
from evidence.bodies import RemovedFile, VideoRemoved
from evidence.retention import Verdict
from evidence.times import utc_text

MOST = 1000
"""Files that one certificate names."""
Outcome = Literal["removed", "changed", "later"]


@dataclasses.dataclass(frozen=True)
class Done:
    """What one turn came to: files and bytes. `waiting`: their certificate was seen by nobody else yet; `stay`: a
    certificate names them, and something keeps them since; `changed`: somebody changed them, which is evidence of
    that; `later`: something was stated of their class meanwhile, or the bucket in which they lie is not in the
    configuration any more or refuses to remove them, so that the next turn looks at them again."""

    removed: int = 0
    removed_bytes: int = 0
    certified: int = 0
    waiting: int = 0
    stay: int = 0
    changed: int = 0
    later: int = 0


class Remover:
    """One for all of a process that removes. `derived`: what was made of files of boxes, which goes with them;
    `bucket`: where files lie besides, None: nowhere; `test`: the centre's key is one for tests."""

    def __init__(
        self, store: Store, files: Objects, derived: Objects, cache: Cache, bucket: Bucket | None, clock: Clock,
        test: bool,
    ) -> None:
        self._store, self._files, self._derived, self._cache = store, files, derived, cache
        self._bucket, self._clock, self._test, self._log = bucket, clock, test, Log("keeping")

    def plan(self, only: str | None = None, people: bool = True) -> KeepPlan:
        """What stays and what may go now; `people` as in `keep_plan`. Raises UnknownClass."""
        with self._store.read() as tx:
            return keep_plan(self._store, tx, centre_now(self._store, tx, self._clock, self._test), only, people)

    def apply(self, by: str = "", told: Callable[[], None] = lambda: None) -> Done:
        """Remove what may go and was certified, and certify what else may go. `by`: the account; `told`: called after
        each file. Raises DatabaseUnusable, CannotRead, OfBucket, OSError: then the next turn goes on."""
        self.settle()
        plan = self.plan(people=False)
        free = {one.stored.sha256: one for one in plan.goes}
        with self._store.read() as tx:
            seen, all_ = witnessed_size(self._store, tx), tx.removals()
        known = [one for one in all_ if not one.going]
        done = Done(later=len(all_) - len(known))
        for one in known:
            if one.sha256 not in free:
                self._let_stay(one)
                done = dataclasses.replace(done, stay=done.stay + 1)
            elif one.leaf >= seen:
                done = dataclasses.replace(done, waiting=done.waiting + 1)
            else:
                done = _counted(done, one, self._remove(one, free[one.sha256].stored.bound, plan.leaf))
                told()
        certified = {each.sha256 for each in known}
        fresh = [one for sha256, one in free.items() if sha256 not in certified]
        stated = self._certify(fresh, plan, by)
        with self._store.read() as tx:
            now = centre_now(self._store, tx, self._clock, self._test)
        end_aside(self._store, self._files, self._cache, self._bucket, now)
        return dataclasses.replace(done, certified=stated, later=done.later + len(fresh) - stated)

    def settle(self) -> None:
        """End removals that were begun, where their files may still go; else what is whole of them stays after all.
        Raises DatabaseUnusable, CannotRead, OfBucket, OSError."""
        with self._store.read() as tx:
            begun = [one for one in tx.removals() if one.going]
            if not begun:
                return
            now = centre_now(self._store, tx, self._clock, self._test)
            verdicts, leaf = verdicts_of(self._store, tx, now, [(one.sha256, one.size) for one in begun])
        for one, verdict in zip(begun, verdicts, strict=True):
            with self._cache.alone(one.sha256):
                if not self._out_of_reach(one.sha256):
                    self._settled(one, verdict, leaf)

    def _settled(self, one: Removal, verdict: Verdict, leaf: int) -> None:
        """`leaf`: what came from there on the verdict did not know of; then the next turn looks at it again."""
        whole = self._whole(one)
        with self._store.write() as tx:
            if whole and tx.stated_since(leaf, one.sha256, verdict.stored.bound):
                return
            if whole and verdict.action == "keep":
                tx.give_back(one.sha256)
                if not self._derived.has(one.sha256):
                    tx.forget_cached(one.sha256, "derived")
                if not self._files.has(one.sha256):
                    tx.forget_cached(one.sha256, "file")
        if not whole and self._files.has(one.sha256):
            self._log.warning("changed", sha256=one.sha256)
        elif whole and verdict.action == "keep":
            self._log.warning("stays", sha256=one.sha256)
        else:
            self._ended(one)

    def _whole(self, one: Removal) -> bool:
        """Whether all of its bytes are here still, or in the bucket."""
        if self._files.has(one.sha256):
            return self._files.intact(one.sha256)
        with self._store.read() as tx:
            away = tx.bucketed(one.sha256) is not None
        try:
            return away and self._bucket is not None and self._bucket.size(one.sha256) == one.size
        except NotInBucket:
            return False

    def _certify(self, fresh: Iterable[Verdict], plan: KeepPlan, by: str) -> int:
        """State what goes, for every class that it belongs to, so that each tells it; how many files. A class at a
        time: all of it is on record, or nothing."""
        by_classes: dict[tuple[str | None, ...], list[Verdict]] = {}
        for one in fresh:
            by_classes.setdefault(one.stored.stated, []).append(one)
        stated = 0
        # What is of no class first: a certificate of a class whose it may be is something that was stated of that.
        for classes, all_ in sorted(by_classes.items(), key=lambda item: None not in item[0]):
            for at in range(0, len(all_), MOST):
                with self._store.write() as tx:
                    some = [one for one in all_[at:at + MOST]
                            if not tx.stated_since(plan.leaf, one.stored.sha256, one.stored.bound)]
                    if some:
                        self._certify_some(tx, classes, some, plan, by)
                stated += len(some)
        return stated

    def _certify_some(
        self, tx: Tx, classes: tuple[str | None, ...], some: list[Verdict], plan: KeepPlan, by: str,
    ) -> None:
        files = tuple(RemovedFile(one.stored.sha256, one.stored.size, utc_text(one.until_us or 0)) for one in some)
        for class_id in classes:
            self._store.append(tx, VideoRemoved(class_id, files, plan.policies[class_id], by))
        for one in some:
            tx.put_removal(Removal(one.stored.sha256, one.stored.size, tx.leaves() - 1))

    def _let_stay(self, one: Removal) -> None:
        """Something keeps it that came after its certificate. The file is here, and whoever reads both checks it."""
        with self._store.write() as tx:
            tx.forget_removal(one.sha256)
        self._log.warning("stays", sha256=one.sha256)

    def _remove(self, one: Removal, classes: Iterable[str], leaf: int) -> Outcome:
        """`leaf`: what came from there on the decision did not know of. Decided and begun in one transaction: a hold
        that is placed meanwhile is behind it or before it."""
        with self._cache.alone(one.sha256):
            if self._files.has(one.sha256) and not self._files.intact(one.sha256):
                self._log.warning("changed", sha256=one.sha256)
                return "changed"
            if self._out_of_reach(one.sha256):
                return "later"
            with self._store.write() as tx:
                if tx.stated_since(leaf, one.sha256, classes):
                    return "later"
                tx.begin_going(one.sha256)
            if not self._ended(one):
                return "later"
        self._log.info("removed", sha256=one.sha256, bytes=one.size)
        return "removed"

    def _ended(self, one: Removal) -> bool:
        """False where the bucket refuses to remove it, as one may that locks files: the others go all the same."""
        try:
            self._end(one)
        except BucketRefuses as error:
            self._log.failed("bucket.refuses", error, sha256=one.sha256)
            return False
        return True

    def _out_of_reach(self, sha256: str) -> bool:
        """In a bucket of which the configuration does not know any more: nobody could say that it went."""
        with self._store.read() as tx:
            away = self._bucket is None and tx.bucketed(sha256) is not None
        if away:
            self._log.warning("bucket.unknown", sha256=sha256)
        return away

    def _end(self, one: Removal) -> None:
        """What was made of it goes first, while the row still says that it goes; with it what was put aside of it."""
        for files in (self._derived, self._files):
            if files.path(one.sha256).parent.is_dir():
                files.drop(one.sha256)
        self._files.drop_aside(one.sha256)
        if self._bucket is not None:
            self._bucket.forget(one.sha256)
        with self._store.write() as tx:
            tx.forget_cached(one.sha256, "derived")
            tx.forget_cached(one.sha256, "file")
            tx.forget_bucketed(one.sha256)
            tx.forget_removal(one.sha256)


def _counted(done: Done, one: Removal, outcome: Outcome) -> Done:
    if outcome == "removed":
        return dataclasses.replace(done, removed=done.removed + 1, removed_bytes=done.removed_bytes + one.size)
    if outcome == "changed":
        return dataclasses.replace(done, changed=done.changed + 1)
    return dataclasses.replace(done, later=done.later + 1)
