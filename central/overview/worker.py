"""What keeps the overview up with the records: new ones are looked through, classes judged again, boxes looked at.

Everything it writes can be thrown away and comes again. It goes behind the newest record in steps of bounded size, and
says how far behind it is; what it has not seen yet, no page shows as seen.
"""
from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager

from central.classes.institutions import institutions_of
from central.classes.stories import Stories, Told
from central.clock import Clock
from central.errors import CannotJudge, DatabaseUnusable
from central.names import NameBox
from central.overview.boxes import box_states
from central.overview.judge import RULES, inputs_hash, judgement
from central.overview.listing import LIVE, News, listing
from central.overview.name_keys import NameKeys
from central.store.engine import FAILS
from central.store.inputs import LOOK
from central.store.store import Store
from central.store.summaries import Judgement, Listing, Summary, Wanted
from central.store.tables import Tx
from common.logs import Log
from evidence.bodies import Alarm, body_of
from evidence.errors import ZaitangError
from evidence.policy import Policy, parse_policy
from evidence.seal import read_sealed
from evidence.times import HOUR, MINUTE, SECOND

CURSOR, VERSION = "overview.leaf", "overview.rules"
AT_ONCE, SWEPT, LISTED = 5000, 200, 100
"""Records looked through, classes compared with what they were judged from, classes listed, in one transaction."""
AGAIN_US = 10 * MINUTE
"""A class that runs gets records all the time; it is judged again after so long, or when a class-hour ends."""
NEAR_US, OLD_US = 12 * HOUR, 48 * HOUR
TICK_S, JUDGE_S, BOXES_US = 2.0, 5.0, 10 * SECOND
RECENT = 500
"""Records of a class that are looked through when it begins to be followed."""
_LOG = Log("overview")


@dataclasses.dataclass(frozen=True)
class Done:
    """What one step did. `behind`: classes still to be judged again; `unseen`: records not looked through."""

    judged: int
    behind: int
    unseen: int


Keep = Callable[[Told], None]


def nowhere(_: Told) -> None:
    """Keeps nothing of it."""


class Worker:
    """One is enough; several are no harm. `keep` takes every class that was judged."""

    def __init__(
        self, store: Store, names: NameBox, keys: NameKeys, clock: Clock, stories: Stories, keep: Keep = nowhere,
    ) -> None:
        self._store, self._names, self._keys, self._clock = store, names, keys, clock
        self._stories, self._keep = stories, keep
        self._policies: dict[str, Policy] = {}
        self._apart: dict[str, tuple[int, int]] = {}
        self._swept, self._boxes_us, self._alarmed = "", 0, -1

    def run(self, stop: threading.Event) -> None:
        """Until it is told to stop. A database that cannot be used now is tried again; what else goes wrong is told in
        the log, and tried again too."""
        while not stop.is_set():
            try:
                done = self.step()
                busy = done.judged > 0 or done.unseen > 0
            except Exception as error:  # whatever it is: the next step may do better, and a process that ends does not
                _LOG.failed("overview.failed", error)
                busy = False
            stop.wait(0 if busy else TICK_S)

    def step(self, judge_s: float = JUDGE_S) -> Done:
        """Look through what is new, look at the boxes, judge for about so many seconds. Raises DatabaseUnusable."""
        unseen = self._look_through()
        now_us = self._clock.stamp().utc_us
        if abs(now_us - self._boxes_us) >= BOXES_US:
            self._look_at_boxes(now_us)
        self._sweep()
        judged = self._judge(judge_s)
        with self._store.read() as tx:
            return Done(judged, tx.count_behind(self._clock.stamp().utc_us, Wanted()), unseen)

    def catch_up(self, judge_s: float) -> None:
        """All that is new at once, without the patience of `step`. Raises DatabaseUnusable."""
        while self._look_through():
            pass
        self._look_at_boxes(self._clock.stamp().utc_us)
        self._sweep()
        self._judge(judge_s, again_us=0)

    # --- what is new

    def _look_through(self) -> int:
        """The next records. Returns how many are left."""
        with self._store.read() as tx:
            known, leaves = tx.meta(CURSOR), tx.leaves()
            fresh = known is None or tx.meta(VERSION) != RULES or int(known) >= leaves
        if fresh:
            self._begin()
            return 0
        assert known is not None
        with self._store.read() as tx:
            rows = tx.records_after(int(known), AT_ONCE)
            if not rows:
                return 0
            lists = sorted({class_id for _, device, type_, class_id in rows
                            if type_ == "order.class" and device == self._store.device and class_id})
            listed = _listed(tx, lists)
            moved = _moved(tx, [type_ for _, device, type_, _ in rows if device == self._store.device])
            spoken = tx.boxes_spoken_of(int(known), rows[-1][0], self._store.device)
            news = self._news(tx, ((class_id, leaf) for leaf, _, type_, class_id in rows
                                   if type_ in LIVE and class_id), {one.class_id: one.policy for one in listed})
        last = rows[-1][0]
        own = [row for row in rows if row[1] == self._store.device]
        with self._store.write() as tx:
            for one in listed:
                tx.list_class(one, last)
            self._index_names(tx, lists)
            for institution, region in moved:
                tx.place_institution(institution, region)
            tx.touch(({device for _, device, _, _ in rows} | spoken) - {self._store.device},
                     {class_id for _, _, type_, class_id in own if class_id and type_ != LOOK}, last)
            # A key that is revoked, or an alarm about the centre's clock, may tell of any class.
            if self._store.device in spoken or any(type_ == "device.revoked" for _, _, type_, _ in own):
                tx.touch_all(last)
            news.keep(tx)
            tx.set_meta(CURSOR, str(last))
            return tx.leaves() - 1 - last

    def _begin(self) -> None:
        """All of it anew: every class is listed, and to be judged; those of today are followed from now on."""
        with self._store.read() as tx:
            last = tx.leaves() - 1
            classes = sorted({one.record.body["class"] for one in tx.of_type("order.class")
                              if one.record.device == self._store.device})
        with self._store.write() as tx:
            tx.forget_summaries()
            tx.forget_live()
        for at in range(0, len(classes), LISTED):
            some = classes[at : at + LISTED]
            with self._store.read() as tx:
                listed = _listed(tx, some)
            with self._store.write() as tx:
                for one in listed:
                    tx.list_class(one, last)
                self._index_names(tx, some)
        self._follow(self._clock.stamp().utc_us)
        with self._store.write() as tx:
            tx.set_meta(CURSOR, str(last))
            tx.set_meta(VERSION, RULES)
        _LOG.info("overview.begun", classes=len(classes))

    def _follow(self, now_us: int) -> None:
        """The newest records of the classes that have class-hours about now."""
        with self._store.read() as tx:
            classes = tx.classes_near(now_us, NEAR_US)
        for at in range(0, len(classes), LISTED):
            with self._store.read() as tx:
                news = News()
                for class_id in classes[at : at + LISTED]:
                    with _alone(class_id):
                        self._follow_one(tx, class_id, news, now_us)
            with self._store.write() as tx:
                news.keep(tx)

    def _follow_one(self, tx: Tx, class_id: str, news: News, now_us: int) -> None:
        policy = self._policy(tx, tx.policy_of_class(class_id))
        if policy is None:
            return
        for envelope in tx.newest_of_class(class_id, sorted(LIVE), RECENT):
            record = read_sealed(envelope).record
            if now_us - record.utc_us > NEAR_US:
                break
            news.take(class_id, record, policy)

    def _news(self, tx: Tx, found: Iterable[tuple[str, int]], listed: Mapping[str, str]) -> News:
        """`listed`: the policies of classes whose orders are as new as these records."""
        news = News()
        for class_id, leaf in found:
            with _alone(class_id):
                policy = self._policy(tx, listed.get(class_id) or tx.policy_of_class(class_id))
                if policy is not None:
                    news.take(class_id, tx.at_leaf(leaf).record, policy)
        return news

    def _policy(self, tx: Tx, sha256: str | None) -> Policy | None:
        """The policy of a class; None: it has no order, or the policy is gone."""
        if sha256 is None:
            return None
        if sha256 not in self._policies:
            toml = tx.policy(sha256)
            if toml is None:
                return None
            self._policies[sha256] = parse_policy(toml, f"{sha256[:16]}.toml")
        return self._policies[sha256]

    def _index_names(self, tx: Tx, classes: Iterable[str]) -> None:
        for class_id in classes:
            with _alone(class_id):
                named = self._names.open_all(class_id, tx.sealed_names(class_id))
                tx.put_name_keys(class_id, [(token, person) for person, one in named.items()
                                            for token in self._keys.of_name(class_id, one.name)])

    # --- boxes

    def _learn_apart(self, tx: Tx) -> None:
        """What alarms say of clocks, which each worker reads for itself: what it knew ends with it, and records that
        another one looked through are not looked through again."""
        last = tx.leaves() - 1
        for leaf in tx.own_alarms(self._store.device, self._alarmed if self._alarmed <= last else -1, AT_ONCE):
            record = tx.at_leaf(leaf).record
            body = body_of(record)
            if isinstance(body, Alarm) and body.code == "clock.apart":
                device, apart_s = body.params.get("device"), body.params.get("apart_s")
                if isinstance(device, str) and isinstance(apart_s, int):
                    self._apart[device] = (apart_s, record.utc_us)
        self._alarmed = last

    def _look_at_boxes(self, now_us: int) -> None:
        self._boxes_us = now_us
        with self._store.read() as tx:
            self._learn_apart(tx)
            apart = {device: apart_s for device, (apart_s, us) in self._apart.items() if now_us - us <= 24 * HOUR}
            states = box_states(tx, self._store.device, now_us, apart)
        with self._store.write() as tx:
            tx.put_box_states(states)
            tx.forget_live(now_us - OLD_US)

    # --- judging

    def _sweep(self) -> None:
        """Compare some classes with what they were judged from: whatever changes a story without a new record (a
        receipt that came late, a database that was set back) is found within some minutes."""
        with self._store.read() as tx:
            some = tx.class_ids_after(self._swept, SWEPT)
            rows = tx.summaries_of(some)
            boxes = tx.boxes_of_classes(some)
            inputs = tx.inputs(boxes, self._store.device)
            last = tx.leaves() - 1
        changed = [class_id for class_id, row in rows.items()
                   if row.inputs and row.touched_leaf < row.judged_leaf and row.inputs != inputs_hash(inputs[class_id])]
        if changed:
            with self._store.write() as tx:
                tx.touch((), changed, last)
        self._swept = some[-1] if len(some) == SWEPT else ""

    def _judge(self, seconds: float, again_us: int = AGAIN_US) -> int:
        """Judge classes again, each with those that share its boxes. Returns how many judgements were kept."""
        until, count = time.monotonic() + seconds, 0
        while time.monotonic() < until:
            now_us = self._clock.stamp().utc_us
            with self._store.read() as tx:
                first = next(iter(tx.behind(now_us, again_us, 1)), None)
                if first is None:
                    break
                rows = tx.summaries_of(tx.beside(first.class_id))
            some = [first.class_id, *(one.class_id for one in rows.values()
                                      if one.class_id != first.class_id and _wants(one, now_us, again_us))]
            found = [self._judged(class_id) for class_id in some]
            with self._store.write() as tx:
                kept = sum(tx.put_judgement(one, self._clock.stamp().utc_us) for one in found)
            if not kept:  # another worker was faster: what is left is looked for anew after a pause
                break
            count += kept
        return count

    def _judged(self, class_id: str) -> Judgement:
        now_us = self._clock.stamp().utc_us
        with self._store.read() as tx:
            leaves = tx.leaves()
            inputs = tx.inputs(tx.boxes_of_classes([class_id]), self._store.device)[class_id]
        try:
            told = self._stories.tell(class_id)
            found = judgement(told, now_us)
        except DatabaseUnusable:
            raise
        except Exception as error:  # one class must not take the judgements of all others with it
            if not isinstance(error, ZaitangError):  # what failed in telling it is in the log already
                _LOG.failed("class.unjudged", error, **{"class": class_id})
            return Judgement(class_id, leaves, now_us, None, inputs_hash(inputs), "error", error=_kind(error))
        try:
            self._keep(told)
        except Exception as error:  # nor must one page
            _LOG.failed("overview.unkept", error, **{"class": class_id})
        return found


def _wants(row: Summary, now_us: int, again_us: int) -> bool:
    """As `Tx.behind` chooses."""
    due, never = row.due_us is not None and row.due_us <= now_us, row.judged_leaf < 0
    touched = row.touched_leaf >= row.judged_leaf and (never or row.judged_us <= now_us - again_us)
    return due or row.judged_us > now_us or touched


def _listed(tx: Tx, classes: Collection[str]) -> list[Listing]:
    known, found = institutions_of(tx) if classes else {}, []
    for class_id in classes:
        with _alone(class_id):
            one = listing(tx, class_id, known)
            found += [one] if one else []
    return found


@contextmanager
def _alone(class_id: str) -> Iterator[None]:
    """What fails at one class is told in the log and must not hold up the others. A database that fails, fails all."""
    try:
        yield
    except (*FAILS, DatabaseUnusable):
        raise
    except Exception as error:
        _LOG.failed("class.unlisted", error, **{"class": class_id})


def _moved(tx: Tx, types: Collection[str]) -> list[tuple[str, str]]:
    """Institutions with their regions, if any of these records may be of one."""
    return [(id_, one.region) for id_, one in institutions_of(tx).items()] if "institution" in types else []


def _kind(error: Exception) -> str:
    """Which error it was; of one that nobody foresaw, its own kind."""
    return str(error.params["error"]) if isinstance(error, CannotJudge) else type(error).__name__
