"""Which of the records say something of one class: each once, with its body, from whoever may say it.

A session that was put right counts for the right class (corrections.py).

Plans, roster events, leave, assessments, disputes, reviews, objections, decisions, inspections, surveys, imported facts
and who was pointed out in a frame come from a centre's chain (its genesis has no sealing key); video, check-ins,
enrolments, roll calls and presses count from the boxes that a plan of the class names.
"""
from __future__ import annotations

import dataclasses
import functools
import itertools
import typing
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from evidence.bodies import (
    TYPES,
    AccountChanged,
    BareFace,
    Body,
    ChainBegun,
    CheckIn,
    CheckpointSeen,
    CodeRead,
    CodeShown,
    Consent,
    ConsentWithdrawn,
    Decision,
    Enrolment,
    Genesis,
    Look,
    Picture,
    PinCheckIn,
    PinSet,
    RollCall,
    Segment,
    SegmentRemoved,
    SessionCorrected,
    SessionEnd,
    SessionStart,
    Sheet,
    TemplatesMoved,
    body_as,
    body_of,
)
from evidence.brackets import Chains, seen
from evidence.centre_times import NOTHING, Contradicted, ahead, contradictions
from evidence.chain import ChainKey
from evidence.clocks import ChainClock
from evidence.corrections import MOVED, Correction, Session, corrections
from evidence.errors import BadRecord
from evidence.notes import NoteKey
from evidence.places import stands_rightly
from evidence.policy import Policy
from evidence.progress import latest
from evidence.records import Record, record_bytes
from evidence.revoked import TELLS, Cut, believed
from evidence.revoked import cuts as cut_chains
from evidence.story import Ref, RevokedFact, WatchedFact
from evidence.watched import watched

B = typing.TypeVar("B", bound=Body)
FROM_BOX = (
    Segment, CheckIn, PinCheckIn, Consent, ConsentWithdrawn, Enrolment, TemplatesMoved, RollCall, Picture, CodeShown,
    CodeRead, BareFace, Look, SessionStart, SessionEnd, SessionCorrected, PinSet,
    CheckpointSeen, ChainBegun, Sheet,
)


@dataclasses.dataclass(frozen=True)
class Told:
    """The records of one class with their bodies, in the order of their keys."""

    items: tuple[tuple[Record, Body], ...]
    clocks: Mapping[tuple[str, str], ChainClock]
    last_us: Mapping[str, int]
    """Device → its latest record whose clock can be believed."""
    corrected: tuple[Correction, ...]
    """Sessions that were put right, if they counted or count for the class."""
    started_us: Mapping[Session, int]
    """When the sessions of `corrected` were started."""
    unknown: int
    bad: tuple[Ref, ...]
    revoked: tuple[RevokedFact, ...]
    """Boxes whose key was revoked."""
    watched: tuple[WatchedFact, ...]
    """What a centre stated of the chains of boxes."""
    centre_wrong: tuple[Ref, ...]
    """What the centre said of the time and contradicts itself: records up to which a receipt was given, or of a
    checkpoint."""
    centre_ahead: tuple[Ref, ...]
    """What the centre said of the class at a time that is later than a later alarm about its clock."""
    calls: tuple[Record, ...]
    """The roll calls, also those whose bodies nobody gave."""
    accounts: tuple[tuple[Record, AccountChanged], ...]
    """Changes of accounts, where somebody decided about the class."""

    def of(self, cls: type[B]) -> list[tuple[Record, B]]:
        """The records of one type."""
        return typing.cast(list[tuple[Record, B]], list(self._by_type.get(cls, ())))

    @functools.cached_property
    def _by_type(self) -> Mapping[type, list[tuple[Record, Body]]]:
        found: dict[type, list[tuple[Record, Body]]] = defaultdict(list)
        for record, body in self.items:
            found[type(body)].append((record, body))
        return found

    def of_boxes(self, devices: set[str]) -> Told:
        """Without what boxes say that no plan of the class names, and without removals of other classes' video, or by
        another chain than the one that stated it."""
        items = [(r, b) for r, b in self.items if not isinstance(b, FROM_BOX) or r.device in devices]
        ours = {(r.device, r.chain, body.sha256) for r, body in items if isinstance(body, Segment)}
        items = [(r, b) for r, b in items
                 if not isinstance(b, SegmentRemoved) or (r.device, r.chain, b.segment) in ours]
        corrected = tuple(one for one in self.corrected if one.session[0] in devices)
        revoked = tuple(one for one in self.revoked if one.device in devices)
        calls = tuple(record for record in self.calls if record.device in devices)
        stated = tuple(one for one in self.watched if one.device in devices)
        return dataclasses.replace(
            self, items=tuple(items), corrected=corrected, revoked=revoked, watched=stated, calls=calls)

    def clock_of(self, record: Record) -> ChainClock:
        """The clock of the device that made a record."""
        return self.clocks[record.device, record.chain]

    def used_records(self) -> list[Record]:
        """Those that the story is made of."""
        return [record for record, _ in self.items]


def read(
    records: Iterable[Record], class_id: str, policy: Policy, typed: Callable[[Record], Body | None] = body_of,
    receipts: Chains = MappingProxyType({}), log: NoteKey | None = None,
) -> Told:
    """What verified records say of one class, each record once. `typed`: what gives their bodies; `receipts`: those of
    a centre whose seals hold; `log`: the key of its tree."""
    unique: dict[Ref, Record] = {}
    for record in records:
        known = unique.setdefault(record.key, record)
        if known is not record and known != record:
            unique[record.key] = min(known, record, key=record_bytes)
    ordered = [unique[key] for key in sorted(unique)]
    chains: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for record in ordered:
        chains[record.device, record.chain].append(record)
    boxes = {name for name, chain in chains.items() if _is_box(chain[0])}
    wrong = _contradicted(chains, receipts, log, policy)
    cuts = cut_chains(ordered, itertools.chain.from_iterable(receipts.values()), wrong.early)
    sure = [record for record in ordered if believed(record, cuts)] if cuts else ordered
    counted = corrections(sure)
    items, bad, calls = [], [], []
    named = {key for key, one in counted.by_session.items() if class_id in one.classes}
    for record in ordered:
        if record.body.get("class") == class_id and record.type in MOVED:
            named |= {counted.session_of(record)} & counted.by_session.keys()
        if cuts and record.type not in TELLS and not believed(record, cuts):
            continue
        if record.type != "segment.removed" and counted.class_of(record) != class_id:
            continue
        calls += [record] if record.type == "rollcall" else []
        try:
            body = typed(record)
        except BadRecord:
            bad += [record.key] if record.body.get("class") == class_id else []
            continue
        if body is not None and ((record.device, record.chain) not in boxes or _may_say(record)):
            items.append((record, body))
    clocks = {name: ChainClock(
        chain, policy, receipts.get(name, ()), cuts[name].first if name in cuts else None, log, wrong)
        for name, chain in chains.items()}
    unknown = sum(record.type not in TYPES for record in ordered)
    corrected = tuple(counted.by_session[key] for key in sorted(named))
    started_us: dict[Session, int] = {}
    for record in sure:
        if record.type == "session.start" and (session := counted.session_of(record)) in named:
            started_us.setdefault(session, record.utc_us)
    revoked = tuple(RevokedFact(name[0], cut.keyid, cut.since_us, _beyond(chains[name], cut), cut.said)
                    for name, cut in cuts.items() if name in chains)
    stated = watched((record for record in ordered if (record.device, record.chain) not in boxes),
                     itertools.chain.from_iterable(receipts.values()))
    accounts = _accounts(ordered, boxes) if any(isinstance(body, Decision) for _, body in items) else ()
    return Told(
        tuple(items), clocks, latest(ordered, clocks), corrected, started_us, unknown, tuple(bad), revoked, stated,
        _wrong_refs(chains, log, wrong), _ahead(chains, boxes, items, policy), tuple(calls), accounts)


def _accounts(ordered: Iterable[Record], boxes: set[ChainKey]) -> tuple[tuple[Record, AccountChanged], ...]:
    """What a centre says of its accounts; what cannot be read says nothing."""
    found = ((record, body_as(record, AccountChanged)) for record in ordered
             if record.type == "account" and (record.device, record.chain) not in boxes)
    return tuple((record, body) for record, body in found if body is not None)


def _contradicted(
    chains: Mapping[ChainKey, list[Record]], receipts: Chains, log: NoteKey | None, policy: Policy
) -> Contradicted:
    """What of the centre's times contradicts itself; nothing under a policy that does not ask."""
    if policy.bracket_us is None:
        return NOTHING
    told = ((size, us) for chain in chains.values() for _, size, us in seen(chain, log))
    return contradictions(itertools.chain.from_iterable(receipts.values()), told, policy.bracket_us[0])


def _ahead(
    chains: Mapping[ChainKey, list[Record]], boxes: set[ChainKey], items: Iterable[tuple[Record, Body]], policy: Policy
) -> tuple[Ref, ...]:
    found = {name: ahead(chain, policy.step_tolerance_us) for name, chain in chains.items() if name not in boxes}
    return tuple(record.key for record, _ in items if record.seq in found.get((record.device, record.chain), ()))


def _wrong_refs(
    chains: Mapping[ChainKey, list[Record]], log: NoteKey | None, wrong: Contradicted
) -> tuple[Ref, ...]:
    """The records of such checkpoints, and those up to which such receipts were given."""
    named = {(one.device, one.chain, one.up_to) for one in wrong.late | wrong.early.keys()}
    if wrong.checkpoints_late:
        named |= {record.key for chain in chains.values() for record, size, us in seen(chain, log)
                  if (size, us) in wrong.checkpoints_late}
    return tuple(sorted(named))


def _beyond(chain: list[Record], cut: Cut) -> int:
    return sum(record.seq >= cut.first for record in chain)


def _may_say(record: Record) -> bool:
    """Whether a box's word counts for this. It may note whom a person pointed out, but vouches for nobody."""
    return stands_rightly(record, of_centre=False) and record.type != "pointed"


def _is_box(first: Record) -> bool:
    """Whether a chain is a box's: its genesis, where it is at hand, has a key for name sheets."""
    try:
        body = body_of(first)
    except BadRecord:
        return False
    return isinstance(body, Genesis) and body.sealing_key is not None
