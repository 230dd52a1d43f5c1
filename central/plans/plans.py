"""Drafts of classes at this centre: imported, changed, shown with what they would change, published, followed.

Whoever changes a draft names the version that he saw; if somebody was faster, nothing is changed. Names and ID numbers
are kept encrypted beside it; a draft itself holds pseudonyms.
"""
from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

from central.classes.orders import policy_toml
from central.clock import Clock
from central.names import NameBox
from central.plans.changes import changes
from central.plans.draft import (
    TITLE,
    Draft,
    Published,
    change_class,
    class_id_of,
    draft_of,
    plain,
    read_draft,
    replace_hours,
)
from central.plans.drafts import Drafts, named, person_of, plain_names, ref_of
from central.plans.errors import (
    DraftChanged,
    NoDraft,
    NothingToPublish,
    NotOne,
    NumbersLocked,
    PlanRefused,
    RosterPublished,
)
from central.plans.ids import IdBox, IdNumber
from central.plans.importing import hours_of, problems_of
from central.plans.overlaps import published_of, with_name
from central.plans.people import matched, of_draft
from central.plans.reading import read_tables, refused_for, tomorrow
from central.plans.refusals import order_of_draft, refusals
from central.plans.roster import Listed, typed_person
from central.plans.roster_changes import Kind, Why, add_event
from central.plans.taken import taken_by_boxes
from central.plans.views import BoxState, ClassSpec, File, Publication, Shown
from central.store.plans import KeptDraft
from central.store.store import Store
from common.sheets import Name
from evidence.bodies import Leave, RosterEvent
from evidence.policy import parse_policy

Edit = Callable[[Draft, Published, int], Draft]
"""A change of a draft: the draft, what is published and now (UTC in microseconds) in, another draft out."""


class Plans:
    """All drafts of a centre."""

    def __init__(self, store: Store, names: NameBox, ids: IdBox, clock: Clock) -> None:
        self._store, self._ids, self._clock = store, ids, clock
        self._drafts = Drafts(names, ids, self._now_us)

    # --- looking ---

    def show(self, class_id: str) -> Shown:
        """The draft of a class; what is published where nobody drafts. Raises NoDraft, PolicyGone."""
        with self._store.read() as tx:
            draft, version, published = self._drafts.open(tx, class_id)
            return self._drafts.shown(tx, draft, version, published)

    def kept(self) -> list[tuple[KeptDraft, Draft]]:
        """All drafts that are kept."""
        with self._store.read() as tx:
            return [(kept, read_draft(kept.body)) for kept in tx.drafts()]

    def state(self, class_id: str) -> tuple[int, list[BoxState]]:
        """The number of the order in force, and of each of its boxes whether it has taken it. Raises NoDraft."""
        with self._store.read() as tx:
            return taken_by_boxes(tx, class_id)

    # --- changing ---

    def take(
        self, spec: ClassSpec, schedule: File | None, roster: File | None, keep: bool = True,
        version: int | None = None, fresh: bool = False,
    ) -> Shown:
        """Import tables into the draft of a class, which is made where there is none. Without `keep` it is only shown
        what would come of it. `version`: as for `edit`; `fresh`: the class must be a new one.

        Raises BadClassId, ClassIdTaken, BadText, FileRefused, PlanError, NoSuchPolicy, CannotRead; nothing is kept
        then."""
        now_us = self._now_us()
        read = read_tables(schedule, roster, now_us)
        with (self._store.write() if keep else self._store.read()) as tx:
            with read.beside():
                class_id_of(spec.class_id)
                draft, seen, published = self._drafts.base(tx, spec, version, fresh)
                toml = policy_toml(spec.policy, spec.beside) if spec.policy is not None else None
                draft = change_class(draft, spec.title, spec.boxes, spec.institution, ref_of(toml, spec.policy))
            known, markers = self._drafts.known(tx, spec.class_id)
            names, numbers, problems = dict[str, Name](), dict[str, IdNumber](), [*read.problems]
            if read.listed is not None:
                people = matched(read.listed, known, markers, self._ids.marker)
                try:
                    trainees = of_draft(people.people, draft, published, {**known, **people.names})
                except RosterPublished as error:
                    problems.append(error)
                else:
                    draft = dataclasses.replace(draft, people=trainees)
                    names, numbers = dict(people.names), dict(people.numbers)
            known |= names
            if read.looked is not None:
                who = None if problems and roster is not None else known
                problems += problems_of(read.looked, draft, who, published.order is not None, now_us)
            if problems:
                raise refused_for(problems)
            if read.looked is not None:
                hours = hours_of(read.looked, draft, known)
                draft = named(lambda: replace_hours(draft, hours, published, now_us), known)
            if toml is not None and keep:
                tx.know_policy(draft.policy.sha256, toml)
            if keep:
                self._drafts.keep(tx, draft, seen, published, names, numbers)
            policy = self._drafts.policy(tx, draft) if toml is None else parse_policy(toml, spec.policy or "policy")
            if keep:
                return self._drafts.shown(tx, draft, seen + 1, published, policy=policy)
            markers |= {person: self._ids.marker(one) for person, one in numbers.items()}
            return self._drafts.shown(tx, draft, seen, published, known, markers, policy)

    def edit(self, class_id: str, version: int | None, change: Edit) -> Shown:
        """Change a draft by a pure function of `draft.py`, `pattern.py` or `roster_changes.py`. `version`: the one that
        was seen, None: whatever it is. Raises NoDraft, DraftChanged, DraftOutdated, and what `change` raises."""
        with self._store.write() as tx:
            draft, read, published = self._drafts.seen(tx, class_id, version)
            known, _ = self._drafts.known(tx, class_id)
            changed = named(lambda: change(draft, published, self._now_us()), known)
            self._drafts.keep(tx, changed, read, published, {}, {})
            return self._drafts.shown(tx, changed, read + 1, published)

    def event(
        self, class_id: str, version: int | None, kind: Kind, person: str | None,
        newcomer: tuple[str, IdNumber] | None, effective_us: int, why: Why,
    ) -> Shown:
        """Put a roster event into a draft. `person`: pseudonym or name of who leaves; `newcomer`: name and number of
        who joins. Raises as `edit` does, and OffRoster."""
        with self._store.write() as tx:
            draft, read, published = self._drafts.seen(tx, class_id, version)
            known, markers = self._drafts.known(tx, class_id)
            comes, names, numbers = None, dict[str, Name](), dict[str, IdNumber]()
            if newcomer is not None:
                one = Listed(0, plain(newcomer[0], TITLE, 90), newcomer[1], "trainee")
                found = matched([one], known, markers, self._ids.marker, [name.name for name in known.values()])
                (comes,), names, numbers = found.people, dict(found.names), dict(found.numbers)
            leaver = None if person is None else person_of(person, known, class_id)
            changed = named(lambda: add_event(
                draft, published, kind, leaver, comes, effective_us, why, self._now_us()), known | names)
            self._drafts.keep(tx, changed, read, published, names, numbers)
            return self._drafts.shown(tx, changed, read + 1, published)

    def number_ends(self, class_id: str) -> dict[str, str]:
        """The last four characters of the ID numbers that are kept, by pseudonym; `?` of one that the key at this
        centre does not open."""
        with self._store.read() as tx:
            kept = tx.numbers(class_id)
        return {person: self._end(class_id, person, one.sealed) for person, one in kept.items()}

    def _end(self, class_id: str, person: str, sealed: bytes) -> str:
        try:
            return self._ids.open(class_id, person, sealed).number[-4:]
        except NumbersLocked:
            return "?"

    def newcomer(self, file: File) -> tuple[str, IdNumber]:
        """Name and number of the one trainee in a list. Raises FileRefused, NotOne, PlanError."""
        read = read_tables(None, file, self._now_us())
        if read.problems:
            raise refused_for(read.problems)
        listed = read.listed
        if listed is None or len(listed) != 1:
            raise NotOne(file=file.name)
        return listed[0].name, listed[0].number

    def typed_newcomer(
        self, form: str, typed: Mapping[str, str], headers: Mapping[str, str]
    ) -> tuple[str, IdNumber]:
        """The same of somebody who was typed into a form, as `typed_person` has it. Raises FileRefused."""
        one = typed_person(form, typed, headers, tomorrow(self._now_us()))
        return one.name, one.number

    def person(self, class_id: str, who: str) -> str:
        """The pseudonym of somebody of a class, by pseudonym or name. Raises OffRoster."""
        with self._store.read() as tx:
            return person_of(who, self._drafts.known(tx, class_id)[0], class_id)

    def discard(self, class_id: str, version: int | None = None) -> None:
        """Forget a draft; who was in nothing but this draft is forgotten with it. Raises NoDraft, DraftChanged."""
        with self._store.write() as tx:
            kept = tx.draft(class_id)
            if kept is None:
                raise NoDraft(class_id=class_id)
            if version is not None and version != kept.version:
                raise DraftChanged(class_id=class_id)
            tx.drop_draft(class_id)
            self._drafts.forget(tx, class_id, published_of(tx, class_id), None)

    def forget_number(self, class_id: str, who: str) -> None:
        """Erase somebody's ID number: nothing finds this person in another class any more. Raises OffRoster."""
        with self._store.write() as tx:
            tx.forget_number(class_id, person_of(who, self._drafts.known(tx, class_id)[0], class_id))

    # --- publishing ---

    def publish(self, class_id: str, version: int | None) -> Publication:
        """Sign what the draft changes: roster events and leaves, then the order, if it is another than the one in
        force. All of it is kept, or nothing. Raises NoDraft, DraftChanged, DraftOutdated, NothingToPublish,
        PlanRefused with all that keeps it from being published."""
        now_us = self._now_us()
        with self._store.write() as tx:
            draft, read, published = self._drafts.seen(tx, class_id, version)
            known, markers = self._drafts.known(tx, class_id)
            problems = refusals(tx, draft, published, markers, now_us)
            if problems:
                raise PlanRefused([with_name(one, plain_names(known)) for one in problems])
            if not changes(draft, published, now_us):
                raise NothingToPublish(class_id=class_id)
            bodies: tuple[RosterEvent | Leave, ...] = (*draft.events, *draft.leaves)
            for body in bodies:
                self._store.append(tx, body)
            order = order_of_draft(draft, published, now_us)
            fresh = published.order is None or order != dataclasses.replace(published.order, number=order.number)
            if fresh:
                self._store.append(tx, order)
                tx.book(order)
            done = published_of(tx, class_id)
            self._drafts.keep(tx, draft_of(done, draft), read, done, {}, {})
            assert done.order is not None
            return Publication(done.order.number, fresh, len(draft.events), len(draft.leaves))

    # --- inside ---

    def _now_us(self) -> int:
        return self._clock.stamp().utc_us
