"""Gathers what `evidence.retention` decides on: the box's records, its plans and policies, and the centre's word."""
from __future__ import annotations

import dataclasses
import functools
import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from common.policies import load_policy
from edge.box_orders import wanted
from edge.policies import very_policy
from edge.storage.shelf import OFFSET_MIN, plans
from edge.storage.volume import Volume
from edge.store import Store
from edge.store.begun import Beginning, beginnings
from edge.store.lean import Read
from edge.sync.errors import Refused
from edge.sync.receipts import check_receipt
from edge.wiring import Box
from evidence.blocks import hour_span
from evidence.bodies import Assessment, ClassOrder, Dispute, Segment, body_of
from evidence.bodies import Hold as HoldStated
from evidence.chain import next_record
from evidence.clocks import ChainClock
from evidence.corrections import Corrections, corrections
from evidence.errors import BadInput, ZaitangError
from evidence.fold import fold
from evidence.keeping import holds, kept_until_us, longer, near_of
from evidence.placing import boot_of, place
from evidence.policy import Policy
from evidence.receipts import Receipt
from evidence.records import Record, Sealed
from evidence.retention import Decision, Hold, Now, Plan, Recorded, decide, named_twice, plan_of, usual_plan
from evidence.rules import R3Finding, findings
from evidence.story import SegmentFact
from evidence.thinned import ASIDE_US, thinned
from evidence.times import utc_us


@dataclasses.dataclass(frozen=True)
class _Class:
    """A class with the policy of its newest plan. `held`: what the centre stated that holds its video now; `span`: from
    its first class-hour to its last, by all plans; None without any."""

    plans: tuple[Plan, ...]
    policy: Policy | None
    held: frozenset[Hold]
    span: tuple[int, int] | None


def decisions(box: Box, volume: Volume) -> Iterator[Decision]:
    """One for each segment of the box, in the order of their records; changes nothing. What may go is known when this
    returns; each decision is read and made when it is asked for, for those of years do not fit into the memory.

    Raises WrongVolume, CannotWrite, StoreBusy, also while they are asked for."""
    volume.must_be_here()
    orders = box.store.orders()
    classes = {name: _class(box.store, of, orders) for name, of in _by_class(plans(orders)).items()}
    vouched, usual, told = newest_receipt(box), load_policy(box.config.policy), _read(box.store)
    clocks = _Clocks(told.records)
    loose, now = _loose(usual), _now(box, told.head, clocks, usual, vouched)
    kept = {name: one.plans for name, one in classes.items()}
    recorded = functools.partial(_recorded, box, told, classes, usual, clocks, vouched, volume)
    free, going = set[str](), set[str]()
    every, again = itertools.tee(recorded())
    for one, decision in zip(every, decide(again, kept, told.removed, {}, now, loose), strict=True):
        if decision.action == "remove":
            free |= set(one.classes)
            going |= {one.segment.sha256, one.segment.file}
    begins = beginnings(box.store, free) if free else {}
    held = {name: found for name in free if (found := _holds(box, name, classes[name], begins[name], now))}
    twice = named_twice((body for _, body in _segments(box.store)), going) if going else ()
    return _asked(decide(recorded(), kept, told.removed, held, now, loose, twice), going)


def _asked(found: Iterable[Decision], going: Collection[str]) -> Iterator[Decision]:
    """Nothing goes of which nobody asked what holds it: what came to be free only since (its file was sent, its run is
    over) is left out until the next time."""
    return (one for one in found if one.action != "remove" or one.segment.sha256 in going)


def _loose(usual: Policy) -> Plan:
    """What counts for video of no class: the policy of the box."""
    return usual_plan(OFFSET_MIN, usual.r7.years.value if usual.r7 else None)


@dataclasses.dataclass(frozen=True)
class _Told:
    """The chains, read once. `records`: of each chain what says all of its clock, without bodies (thinned.py). `head`:
    of the present chain."""

    records: dict[str, list[Record]]
    removed: Collection[str]
    corrected: Corrections
    head: Sealed


def _read(store: Store) -> _Told:
    # Whether they count is not asked: every class that they name keeps the video for its time.
    corrected = corrections(sealed.record for sealed in (
        *store.past("session.corrected"), *store.records_of("session.corrected")))
    head = store.head()
    records = {chain: list(thinned(dataclasses.replace(sealed.record, body={}) for sealed in store.each_of(chain)))
               for chain in store.chains()}
    return _Told(records, store.all_removed(), corrected, head)


def _segments(store: Store) -> Iterator[tuple[Record, Segment]]:
    """All of the box, in the order of their records."""
    for sealed in itertools.chain(store.past("segment"), store.each("segment")):
        if isinstance(body := body_of(sealed.record), Segment):
            yield sealed.record, body


def any_due(box: Box) -> bool:
    """Whether the time of any plan, or of what was filmed without one, is over by the box's own clock: without that
    nothing is removed."""
    now_us = box.clock.utc_us()
    loose = _loose(load_policy(box.config.policy))
    oldest = next((sealed.record.utc_us for sealed in itertools.chain(
        box.store.past("segment"), box.store.each("segment"))), None)
    if oldest is not None and loose.years is not None \
            and kept_until_us(oldest, loose.utc_offset_min, loose.years) <= now_us:
        return True
    told = [plan_of(order, _policy(box.store, order)) for order in plans(box.store.orders())]
    return any(plan.end_us is not None and plan.years is not None
               and kept_until_us(plan.end_us, plan.utc_offset_min, plan.years) <= now_us for plan in told)


def newest_receipt(box: Box) -> Receipt | None:
    """The centre's newest receipt, if its seal holds and it speaks of this chain."""
    envelope, centre = box.store.latest_receipt(), box.centre()
    if envelope is None or centre is None:
        return None
    try:
        receipt = check_receipt(envelope, *centre)
    except Refused:
        return None
    return receipt if _of_our_chain(box.store, receipt) else None


def _of_our_chain(store: Store, receipt: Receipt) -> bool:
    found = store.records(receipt.up_to - 1, 1)
    return bool(found) and (found[0].record.chain, found[0].hash) == (receipt.chain, receipt.head_hash)


class _Clocks:
    """The clock of each chain as each policy judges it, made once for each."""

    def __init__(self, records: Mapping[str, Sequence[Record]]) -> None:
        self._records = records
        self._made: dict[tuple[str, str], ChainClock] = {}

    def by(self, policy: Policy, chain: str, *more: Record) -> ChainClock:
        """`more`: what stands behind the chain for this question only."""
        if more:
            return ChainClock([*self._records[chain], *more], policy)
        if (policy.sha256, chain) not in self._made:
            self._made[policy.sha256, chain] = ChainClock(self._records[chain], policy)
        return self._made[policy.sha256, chain]


def _by_class(orders: Sequence[ClassOrder]) -> dict[str, list[ClassOrder]]:
    found: dict[str, list[ClassOrder]] = {}
    for order in sorted(orders, key=lambda one: one.number):
        found.setdefault(order.class_id, []).append(order)
    return found


def _class(store: Store, orders: Sequence[ClassOrder], stated: Sequence[Sealed]) -> _Class:
    """`stated`: all that the centre stated here; what of it is about the class keeps its video longer, or holds it."""
    bodies = [(sealed.record, body_of(sealed.record)) for sealed in stated]
    said = [(record, body) for record, body in bodies if getattr(body, "class_id", None) == orders[0].class_id]
    later = longer([(record, body) for record, body in said if isinstance(body, Assessment | Dispute)])
    placed = holds([(record, body) for record, body in said if isinstance(body, HoldStated)])
    policies = [_policy(store, order) for order in orders]
    told = tuple(plan_of(order, policy, later) for order, policy in zip(orders, policies, strict=True))
    held: set[Hold] = {"dispute"} if any(one.until_us is None for one in later) else set()
    held |= {"hold"} if any(one.until_us is None for one in placed) else set()
    return _Class(told, policies[-1], frozenset(held), _span(orders))


def _span(orders: Sequence[ClassOrder]) -> tuple[int, int] | None:
    hours = [hour_span(hour) for order in orders for hour in order.hours]
    return (min(one.start_us for one in hours), max(one.end_us for one in hours)) if hours else None


def spans(store: Store, names: Collection[str]) -> dict[str, tuple[int, int]]:
    """From the first class-hour to the last of each of these classes that has any, by all plans. Raises StoreBusy."""
    found = {name: _span(orders) for name, orders in _by_class(plans(store.orders())).items() if name in names}
    return {name: span for name, span in found.items() if span is not None}


def filmed(box: Box, files: Collection[str]) -> dict[str, tuple[int, int]]:
    """When at the earliest each of these files begins, and when at the latest it ends (UTC µs). Raises StoreBusy."""
    told, usual = _read(box.store), load_policy(box.config.policy)
    clocks = _Clocks(told.records)
    return {body.file: _filmed(record, body, clocks.by(usual, record.chain), usual)[1:]
            for record, body in _segments(box.store) if body.file in files}


def _filmed(record: Record, body: Segment, clock: ChainClock, policy: Policy) -> tuple[SegmentFact, int, int]:
    fact = place(record, body, clock, policy)
    # Of a start of the device that is over, by the record that is nearest in time of those that stayed.
    aside_us = ASIDE_US if boot_of(record, body) != record.boot_id else 0
    return fact, fact.span.start_us - aside_us, fact.span.end_us + aside_us


def _policy(store: Store, order: ClassOrder) -> Policy | None:
    """The policy of a plan in its very version, where this box has it and can read it."""
    try:
        return very_policy(store, order)
    except BadInput:
        return None


def _recorded(
    box: Box, told: _Told, classes: Mapping[str, _Class], usual: Policy, clocks: _Clocks, vouched: Receipt | None,
    volume: Volume,
) -> Iterator[Recorded]:
    unfinished = {path.stem for path in volume.journal.glob("*.jsonl")}
    sync = box.in_force().sync
    road, everything = sync is not None and sync.segments is not None, sync is not None and sync.upload == "all"
    asked = {body.sha256 for _, body in wanted(box.store)}
    up_to = {chain: box.store.past_receipted(chain) for chain in told.records}
    up_to[told.head.record.chain] = -1 if vouched is None else vouched.up_to
    spanned = {name: one.span for name, one in classes.items() if one.span is not None}
    for record, body in _segments(box.store):
        its = classes.get(body.class_id or "")
        policy = its.policy if its and its.policy else usual
        fact, start_us, end_us = _filmed(record, body, clocks.by(policy, record.chain), policy)
        yield Recorded(
            body, end_us, fact.doubt, body.run not in unfinished, record.seq <= up_to[record.chain],
            not road or not (body.sha256 in asked or (everything and not box.store.kept_there(body.sha256))),
            _also(told.corrected, record, body), near_of(spanned, start_us, end_us) if body.class_id is None else ())


def _also(corrected: Corrections, record: Record, body: Segment) -> tuple[str, ...]:
    """The classes that corrections of the segment's session name."""
    found = corrected.by_session.get((record.device, record.chain, str(body.session)))
    return () if found is None else tuple(sorted(found.classes))


def _now(box: Box, head: Sealed, clocks: _Clocks, usual: Policy, vouched: Receipt | None) -> Now:
    """This moment, judged as if a record were made now."""
    stamp = box.clock.stamp()
    record = next_record(head, device=head.record.device, chain=head.record.chain, type="alarm",
                         body={"code": "now", "params": {}}, stamp=stamp)
    certain = clocks.by(usual, record.chain, record).doubt(record) is None
    return Now(stamp.utc_us, certain, None if vouched is None else utc_us(vouched.time))


def _holds(box: Box, class_id: str, its: _Class, begins: Sequence[Beginning], now: Now) -> set[Hold]:
    """What this box can know: the centre stated a dispute or a hold; its own findings propose a consequence, or leave
    it to a review. They come of fewer records than the chain has (`Read`): by these a clock is doubted wherever it is
    by all of them, and doubt makes no recording complete. Only R3 flags, and it is clear only by complete ones: so its
    video is held wherever it would be by the whole chain.

    Whether the centre has decided since does not reach the box yet; so it stays held here."""
    held = {*its.held}
    if its.policy is None:
        return {*held, "review"}
    read = Read(box.store, class_id, begins)
    records = [*(sealed.record for sealed in box.store.orders()), *read.records]
    try:
        story = fold(records, class_id, its.policy, read.typed, read.receipts, box.log())
        found = findings(story, its.policy, now.us)
    except ZaitangError:
        return {*held, "review"}
    if any(one.flag for one in found):
        held.add("flag")
    if any(isinstance(one, R3Finding) and one.verdict == "review" for one in found):
        held.add("review")
    return held
