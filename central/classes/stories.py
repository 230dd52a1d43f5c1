"""The story of a class from the receipted records of its boxes and of the centre, and what the rules find in it."""
from __future__ import annotations

import dataclasses
import functools
from collections.abc import Collection, Iterable, Mapping

from central.classes.as_of import AsOf, as_of
from central.classes.chains import MOST_BYTES, Chains, Read
from central.classes.kept import Kept, no_search, settle
from central.classes.kept_files import KeptFiles
from central.classes.orders import boxes_of, order_of
from central.clock import Clock
from central.errors import CannotJudge, PolicyGone
from central.store.inputs import Inputs, count, said
from central.store.store import Store
from central.store.tables import Tx
from common.logs import Log
from evidence.bodies import Body, CentreLook, ClassOrder, JudgedChain, body_of
from evidence.errors import ZaitangError
from evidence.fold import fold
from evidence.policy import Policy, parse_policy
from evidence.records import Record
from evidence.rules import Finding, findings, findings_with_looks
from evidence.rules.edges import next_edge_us
from evidence.seal import read_sealed
from evidence.stated import looks
from evidence.story import Story

STORY = "story"
"""The part of what is kept in files of a class."""


@dataclasses.dataclass(frozen=True)
class Told:
    """A class as of one moment. `waiting`: records of its boxes that are here but whose turn in the chain has not come,
    because an earlier one is missing; they are left out. `chains`: how far everything rests on which chains. `inputs`:
    what the story was made of, but for looks, of which `looked` is the newest leaf; `leaves`: how many records were
    here then. `until_us`: when time alone may change a finding, or make a decision final; None: never. `boxes`: devices
    of all its plans."""

    order: ClassOrder
    policy: Policy
    story: Story
    as_of: AsOf
    findings: tuple[Finding, ...]
    waiting: int
    boxes: tuple[str, ...] = ()
    chains: tuple[JudgedChain, ...] = ()
    inputs: Inputs = ()
    leaves: int = 0
    until_us: int | None = None
    size: int = 0
    """Bytes of the envelopes about it."""
    looked: int = -1

    def stands(self, now_us: int) -> bool:
        """Whether the findings are the same at that moment."""
        return self.as_of.simulated or (
            self.as_of.us <= now_us and (self.until_us is None or now_us < self.until_us))

    def at(self, now_us: int, timed: bool = True) -> Told:
        """The same story as of another moment. What is simulated stays at its own."""
        now = AsOf(now_us, False, timed)
        if self.as_of.simulated or self.as_of == now:
            return self
        if self.stands(now_us):
            return dataclasses.replace(self, as_of=now)
        return dataclasses.replace(
            self, as_of=now, findings=findings(self.story, self.policy, now_us),
            until_us=next_edge_us(self.story, self.policy, now_us))


class Stories:
    """Tells classes, and remembers those that were asked for last, each for as long as its story is made of the same
    records. `files`: where whoever folds ahead keeps stories. `most_bytes`: of the envelopes behind what is remembered,
    of stories and of chains each."""

    def __init__(
        self, store: Store, clock: Clock, files: KeptFiles | None = None, most_bytes: int = MOST_BYTES,
    ) -> None:
        self._store, self._clock, self._files = store, clock, files
        self._kept: Kept[Told] = Kept(most_bytes)
        self._chains = Chains(most_bytes)
        self._log = Log("classes.stories")

    def tell(self, class_id: str) -> Told:
        """The class now. Raises UnknownClass, PolicyGone; CannotJudge where judging fails as nobody foresaw: one class
        must not take the others with it."""
        try:
            return self._tell(class_id)
        except ZaitangError:
            raise
        except Exception as error:
            self._log.failed("class.unjudged", error, **{"class": class_id})
            raise CannotJudge(class_id=class_id, error=type(error).__name__) from error

    def still(self, told: Told) -> Told | None:
        """The same now, where it is made of the same records but for looks, and no finding can have changed by time
        alone; None: it has to be told anew. No more is read of its story than looks and whether there are
        class-hours."""
        now_us = self._clock.stamp().utc_us
        if not told.stands(now_us) or not told.story.hours:
            return None
        with self._store.read() as tx:
            if _inputs(self._store, tx, told.order.class_id, told.boxes) != told.inputs:
                return None
            return _with_looks(self._store, tx, told).at(now_us, self._store.timed)

    def later(self, told: Told) -> int | None:
        """How many records of its boxes came since; None where the centre itself said something since, which is what
        people say."""
        with self._store.read() as tx:
            now = _inputs(self._store, tx, told.order.class_id, told.boxes)
        return max(0, count(now) - count(told.inputs)) if said(now) == said(told.inputs) else None

    def keep(self, told: Told) -> None:
        """Put a story into the files, for whoever is asked for it next."""
        if self._files is not None:
            self._files.put(told.order.class_id, STORY, told.inputs, told)

    def _tell(self, class_id: str) -> Told:
        now_us = self._clock.stamp().utc_us
        kept = self._kept.get(class_id)
        with self._store.read() as tx:
            # An order is among what the centre says of the class: the boxes are the same while that is.
            found = kept
            if found is None or _inputs(self._store, tx, class_id, found.boxes) != found.inputs:
                found = self._from_files(tx, class_id) or self._anew(tx, class_id, now_us)
            found = _with_looks(self._store, tx, found).at(now_us, self._store.timed)
        if kept is None or found.findings is not kept.findings or found.looked != kept.looked:
            self._kept.put(class_id, found, found.size)
            settle(found.size)
        return found

    def _anew(self, tx: Tx, class_id: str, now_us: int) -> Told:
        with no_search():
            return tell(self._store, tx, class_id, now_us, self._chains)

    def _from_files(self, tx: Tx, class_id: str) -> Told | None:
        if self._files is None:
            return None
        inputs = _inputs(self._store, tx, class_id, boxes_of(tx, class_id))
        found: Told | None = self._files.get(class_id, STORY, inputs)
        return found


def tell(store: Store, tx: Tx, class_id: str, now_us: int, chains: Chains | None = None) -> Told:
    """Fold the records and evaluate the rules. Raises UnknownClass, PolicyGone."""
    _, order = order_of(tx, class_id)
    policy = policy_of(tx, order)
    boxes = boxes_of(tx, class_id)
    devices = set(boxes)
    # Whole chains, as an auditor folds them: what belongs to no class may still tell about a clock.
    heads = [head for device in sorted(devices) for head in tx.heads(device)]
    read = {(head.device, head.chain): (chains or Chains(0)).read(tx, head) for head in heads}
    records = [record for one in read.values() for record in one.records]
    records += of_centre(store, tx, class_id, devices)
    moment = as_of(records, policy, store.device, now_us, store.timed)
    receipts = {place: list(one.receipts) for place, one in read.items()}
    story = fold(records, class_id, policy, functools.partial(_typed, read), receipts=receipts, log=store.log)
    return Told(
        order, policy, story, moment, findings(story, policy, moment.us), tx.waiting(devices), tuple(boxes),
        chains_of(tx, {*devices, store.device}), _inputs(store, tx, class_id, boxes), tx.leaves(),
        None if moment.simulated else next_edge_us(story, policy, moment.us),
        sum(one.sizes.get(class_id, 0) for one in read.values()), tx.newest_look(class_id, store.device))


def _inputs(store: Store, tx: Tx, class_id: str, boxes: Collection[str]) -> Inputs:
    return tx.inputs({class_id: boxes}, store.device)[class_id]


def _typed(read: Mapping[tuple[str, str], Read], record: Record) -> Body | None:
    own = read.get((record.device, record.chain))
    return own.body(record) if own else body_of(record)


def of_centre(store: Store, tx: Tx, class_id: str, devices: Iterable[str]) -> list[Record]:
    """What of the centre's own chain a story of this class is made of: its beginning, which keys it revoked, what it
    says of the class, of its clock, and of the chains of these boxes. A centre of a city has thousands of other
    classes, and nothing of them tells of this one (tests/central/test_stories.py compares both). Where somebody
    decided, the changes of accounts, too: they tell whether two persons did."""
    first = [sealed for head in tx.heads(store.device) if (sealed := tx.record(head.device, head.chain, 0))]
    revoked = [sealed for sealed in tx.of_type("device.revoked") if sealed.record.device == store.device]
    own = [read_sealed(envelope) for envelope in tx.said_of(class_id, store.device)]
    boxes = [read_sealed(envelope) for envelope in tx.said_of_boxes({*devices, store.device}, store.device)]
    accounts = tx.of_type("account") if any(one.record.type == "decision" for one in own) else []
    return [sealed.record for sealed in (*first, *revoked, *own, *boxes, *accounts)
            if sealed.record.device == store.device]


def _with_looks(store: Store, tx: Tx, told: Told) -> Told:
    """The same with the looks that were stated since: of the rules only R5 speaks of them, so that nobody's look makes
    a story be folded anew (tests/central/test_stories.py compares both)."""
    newest, class_id = tx.newest_look(told.order.class_id, store.device), told.order.class_id
    if newest == told.looked:
        return told
    records = [read_sealed(one).record for one in tx.looks_after(class_id, store.device, told.looked)]
    new = looks([(record, body) for record in records if isinstance(body := body_of(record), CentreLook)])
    facts = sorted((*told.story.looks, *new), key=lambda fact: (fact.at_us, fact.ref))
    last_us = max(told.story.last_us, *(record.utc_us for record in records))
    story = dataclasses.replace(told.story, looks=tuple(facts), last_us=last_us)
    # Of no class-hours, the last record says when they would have ended.
    found = (findings_with_looks(told.findings, story, told.policy, told.as_of.us) if story.hours
             else findings(story, told.policy, told.as_of.us))
    return dataclasses.replace(told, story=story, looked=newest, findings=found, leaves=tx.leaves(),
                               chains=chains_of(tx, {*told.boxes, store.device}))


def chains_of(tx: Tx, devices: Iterable[str]) -> tuple[JudgedChain, ...]:
    """How far the chains of these devices are here without a hole, and receipted."""
    heads = [head for device in sorted(devices) for head in tx.heads(device) if head.up_to >= 0]
    return tuple(JudgedChain(
        head.device, head.chain, head.up_to, head.head_hash, tx.receipted_up_to(head.device, head.chain))
        for head in heads)


def policy_of(tx: Tx, order: ClassOrder) -> Policy:
    """The policy that an order refers to, from the bytes that were kept with it. Raises PolicyGone."""
    toml = tx.policy(order.policy.sha256)
    if toml is None:
        raise PolicyGone(policy=order.policy.id, class_id=order.class_id)
    return parse_policy(toml, f"{order.policy.id}.toml")
