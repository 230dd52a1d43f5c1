"""What a centre keeps and what may go: gathers what `evidence.retention.apply_policy` decides on. Changes nothing.

Of a class whose time is not over by any of its plans no record is read for a removal: all of its video stays. The
others are told as their pages are, each once; so are, for people, those of which the overview does not know that
nothing is proposed, reviewed or decided.
"""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from central.classes.orders import order_of
from central.classes.stories import Told
from central.keeping.classless import Classless
from central.keeping.copies import Copies
from central.keeping.held import holding, stated, tell_or_none
from central.keeping.plans import plans_of
from central.store.removals import Held
from central.store.store import Store
from central.store.tables import Tx
from evidence.blocks import day
from evidence.bodies import Segment, body_as
from evidence.corrections import Corrections, corrections
from evidence.retention import CentreNow, Holding, Plan, Stored, Verdict, apply_policy
from evidence.rules.finding import Reason, reason

CLEAR = ("clear", "noted", "open", "none")
"""Verdicts of the overview that hold nothing."""


@dataclasses.dataclass(frozen=True)
class Group:
    """Files of one class that stay or may go for the same reasons. `class_id`: None, of no class; `until_us`: when the
    time of the last of them ends, None where nobody knows."""

    class_id: str | None
    remove: bool
    reasons: tuple[Reason, ...]
    until_us: int | None
    files: int
    bytes: int


@dataclasses.dataclass(frozen=True)
class ClassKept:
    """What of a class lies here to stay. `title`: None where nobody planned it; `until_us`: until when its video is
    kept, None where nobody knows; `held`: why all of it is held now, as far as that was asked; `copies`: how many its
    policy wants; `years`: so long, None where nobody knows."""

    held_here: Held
    title: str | None
    until_us: int | None
    utc_offset_min: int
    copies: int
    held: tuple[Reason, ...]
    groups: tuple[Group, ...]
    years: int | None = None

    @property
    def lacking_bytes(self) -> int:
        """How much of it lacks a copy that its policy wants."""
        return sum(group.bytes for group in self.groups
                   if any(one.code == "keep_lacks_copy" for one in group.reasons))

    @property
    def disputed(self) -> bool:
        """Whether its years begin when a dispute ends that is not over."""
        return any(one.code == "held_dispute" for one in self.held)


@dataclasses.dataclass(frozen=True)
class KeepPlan:
    """`goes`: the files that may go now, each once; `policies`: class → the policy of its order in force, None: the one
    that counts for video of no class; `leaf`: of the first record that came too late to count."""

    now: CentreNow
    classes: tuple[ClassKept, ...]
    goes: tuple[Verdict, ...]
    policies: Mapping[str | None, str]
    leaf: int


def keep_plan(store: Store, tx: Tx, now: CentreNow, only: str | None = None, people: bool = True) -> KeepPlan:
    """Of all classes, or of one. `people`: it is for people, who want to know all that holds a class, also before its
    time is over. Raises UnknownClass for one of which nothing was planned."""
    if only is not None:
        order_of(tx, only)
    gathered = _Gathered(store, tx, now, people)
    classes, goes = [], dict[str, Verdict]()
    for held in tx.held_by_class():
        if only is not None and held.class_id != only:
            continue
        kept, verdicts = gathered.kept(held)
        classes.append(kept)
        goes |= {one.stored.sha256: one for one in verdicts if one.action == "remove"}
    named = sorted({name for one in goes.values() for name in one.stored.classes})
    policies: dict[str | None, str] = {name: order_of(tx, name)[1].policy.sha256 for name in named}
    usual = Classless(tx).usual() if any(one.stored.nameless for one in goes.values()) else None
    policies |= {} if usual is None else {None: usual[1]}
    return KeepPlan(now, tuple(classes), tuple(goes[sha256] for sha256 in sorted(goes)), policies,
                    tx.leaves())


def verdicts_of(
    store: Store, tx: Tx, now: CentreNow, files: Iterable[tuple[str, int]],
) -> tuple[tuple[Verdict, ...], int]:
    """What becomes of files (hash and size), whether rows say that they are here or not; and the leaf of the first
    record that came too late to count."""
    gathered = _Gathered(store, tx, now, people=False)
    return gathered.judged([gathered.item(*one) for one in files]), tx.leaves()


class _Gathered:
    """What was read for one plan, each class once."""

    def __init__(self, store: Store, tx: Tx, now: CentreNow, people: bool) -> None:
        self._store, self._tx, self._now, self._people = store, tx, now, people
        self._plans: dict[str, tuple[Plan, ...]] = {}
        self._told: dict[str, Told | None] = {}
        self._holding: dict[str, frozenset[Holding]] = {}
        self._facts: dict[str, dict[tuple[str, str, int], tuple[int, bool]]] = {}
        self._copies, self._classless = Copies(tx), Classless(tx)
        self._corrections: Corrections | None = None

    def kept(self, held: Held) -> tuple[ClassKept, tuple[Verdict, ...]]:
        """A class, and of each of its files what becomes of it, where they were looked at one by one."""
        name = held.class_id
        plans = () if name is None else self.plans(name)
        untils = [plan.until_us for plan in plans]
        until_us = None if not untils or None in untils else max(one for one in untils if one is not None)
        offset = plans[-1].utc_offset_min if plans else 0
        copies = max((plan.copies for plan in plans), default=1)
        years = max((plan.years for plan in plans if plan.years is not None), default=None)
        why = self._before(name) if name is not None else frozenset()
        if until_us is not None and self._now.us < until_us:
            reasons = [reason("keep_until", until=day(until_us, offset)), *_reasons(why)]
            groups = self._lacking(held, until_us, reasons)
            verdicts: tuple[Verdict, ...] = ()
        else:
            verdicts = self._verdicts(name)
            groups = _groups(name, verdicts)
            why = why | self._holding.get(name or "", frozenset())
        title = order_of(self._tx, name)[1].title if name is not None and plans else None
        return ClassKept(held, title, until_us, offset, copies, tuple(_reasons(why)), tuple(groups), years), verdicts

    def _lacking(self, held: Held, until_us: int, reasons: list[Reason]) -> list[Group]:
        """Of a class whose time is not over: those with all copies that its policy wants, then the others."""
        name = held.class_id
        lack = self._copies.lacking(name, self._now.us) if name is not None and self._people else []
        there = sorted({(one.wanted, one.there) for one in lack})
        some = [(reason("keep_lacks_copy", wanted=wanted, there=here),
                 [one.size for one in lack if one.there == here]) for wanted, here in there]
        files, bytes_ = held.files - len(lack), held.bytes - sum(one.size for one in lack)
        first = [Group(name, False, tuple(reasons), until_us, files, bytes_)] if files else []
        return first + [Group(name, False, (*reasons, why), until_us, len(sizes), sum(sizes)) for why, sizes in some]

    def plans(self, class_id: str) -> tuple[Plan, ...]:
        """What every plan of a class says; none where nobody planned it."""
        if class_id not in self._plans:
            self._plans[class_id] = plans_of(self._tx, class_id)
        return self._plans[class_id]

    def _verdicts(self, class_id: str | None) -> tuple[Verdict, ...]:
        return self.judged([self.item(sha256, size, class_id is None) for sha256, size in self._tx.stays_of(class_id)])

    def judged(self, items: Sequence[Stored]) -> tuple[Verdict, ...]:
        """What becomes of files, by all the classes that they belong to, or may."""
        names = {name for one in items for name in one.bound}
        plans = {name: self.plans(name) for name in names}
        found = self._classless.usual() if any(one.nameless for one in items) else None
        usual = None if found is None else found[0]
        if not self._people:  # what stays anyway need not be told
            first = apply_policy(items, plans, {}, self._now, usual)
            names = {name for one in first if one.action == "remove" for name in one.stored.bound}
        return apply_policy(items, plans, {name: self._held(name) for name in names}, self._now, usual)

    def item(self, sha256: str, size: int, nameless: bool = False) -> Stored:
        """A file by all records that name it. Where one of them is not told with its class nobody is sure of its
        time."""
        classes: set[str] = set()
        near: set[str] = set()
        ends, sure = [0], True
        for named in self._tx.announced(sha256):
            sealed = self._tx.record(named.device, named.chain, named.seq)
            body = None if sealed is None else body_as(sealed.record, Segment)
            if sealed is None or body is None:
                nameless, sure = True, False
                continue
            # Whether a correction counts is not asked: every class that one names keeps the video for its time.
            moved = self._corrected().by_session.get((named.device, named.chain, str(body.session)))
            mine = {*(() if moved is None else moved.classes), *(() if body.class_id is None else (body.class_id,))}
            classes |= mine
            if body.class_id is None:
                filmed = self._classless.filmed(sealed.record, body)
                nameless, sure = True, sure and filmed is not None
                ends += [] if filmed is None else [filmed.end_us]
                near |= set() if filmed is None else set(filmed.near)
                continue
            facts = [fact for name in sorted(mine) if (fact := self._fact(name, sealed.record.key)) is not None]
            ends += [end_us for end_us, _ in facts]
            sure = sure and any(certain for _, certain in facts)
        copies = self._copies.elsewhere(sha256)
        return Stored(sha256, size, tuple(sorted(classes)), max(ends), sure, nameless, copies,
                      tuple(sorted(near - classes)))

    def _fact(self, class_id: str, key: tuple[str, str, int]) -> tuple[int, bool] | None:
        """When a segment ends, and whether that is sure, as the story of this class tells it. None: not told there."""
        if class_id not in self._facts:
            told = self._tell(class_id)
            self._facts[class_id] = {} if told is None else {
                one.ref: (one.span.end_us, one.certain) for one in told.story.segments}
        return self._facts[class_id].get(key)

    def _corrected(self) -> Corrections:
        if self._corrections is None:
            self._corrections = corrections(one.record for one in self._tx.of_type("session.corrected"))
        return self._corrections

    def _tell(self, class_id: str) -> Told | None:
        """A class with all that is here; None where that cannot be judged."""
        if class_id not in self._told:
            self._told[class_id] = tell_or_none(self._store, self._tx, class_id, self._now.us)
        return self._told[class_id]

    def _before(self, class_id: str) -> frozenset[Holding]:
        """What holds a class, where its time need not be over: what the overview knows is enough where nothing is
        proposed, reviewed or decided."""
        if not self._people:
            return frozenset(stated(self._tx, class_id))
        known = self._tx.summary(class_id)
        if known is None or known.judged_leaf < known.touched_leaf or known.round not in ("", "none") \
                or known.verdict not in CLEAR or (known.due_us is not None and known.due_us <= self._now.us):
            return self._held(class_id)
        objected: set[Holding] = {"objection"} if known.objections else set()
        return frozenset(stated(self._tx, class_id) | objected)

    def _held(self, class_id: str) -> frozenset[Holding]:
        if class_id not in self._holding:
            told = self._tell(class_id)
            found: set[Holding] = {"unjudged"} if told is None or told.waiting else set()
            found |= stated(self._tx, class_id) | (set() if told is None else holding(told))
            self._holding[class_id] = frozenset(found)
        return self._holding[class_id]


def _reasons(held: Iterable[Holding]) -> list[Reason]:
    return [reason(f"held_{one}") for one in sorted(held)]


def _groups(class_id: str | None, verdicts: Iterable[Verdict]) -> list[Group]:
    """Those that may go, then those that stay, together by their reasons."""
    found: dict[str, list[Verdict]] = {}
    for one in verdicts:
        found.setdefault(repr(one.reasons), []).append(one)
    groups = [Group(class_id, some[0].action == "remove", some[0].reasons,
                    max((one.until_us for one in some if one.until_us is not None), default=None),
                    len(some), sum(one.stored.size for one in some)) for some in found.values()]
    return sorted(groups, key=lambda one: not one.remove)

