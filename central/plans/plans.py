"""Drafts of classes at this centre: imported, changed, shown with what they would change, published, followed.

Whoever changes a draft names the version that he saw; if somebody was faster, nothing is changed. Names and ID numbers
are kept encrypted beside it; a draft itself holds pseudonyms.
"""
from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeVar

from central.classes.orders import policy_toml
from central.classes.stories import policy_of
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
    joining,
    plain,
    read_draft,
    replace_hours,
    write_draft,
)
from central.plans.errors import (
    ClassIdTaken,
    DraftChanged,
    DraftOutdated,
    NoDraft,
    NothingToPublish,
    NotOne,
    NumbersLocked,
    OffRoster,
    PlanError,
    PlanRefused,
    RosterPublished,
)
from central.plans.foresight import foreseen, too_few
from central.plans.ids import IdBox, IdNumber
from central.plans.importing import hours_of, problems_of
from central.plans.overlaps import earlier, published_of, published_with, with_name
from central.plans.people import matched, of_draft
from central.plans.refusals import order_of_draft, refusals
from central.plans.roster import Listed, read_roster, typed_person
from central.plans.roster_changes import Kind, Why, add_event, enrolled
from central.plans.schedule import Looked, in_order, look_through
from central.plans.table_errors import FileRefused, InCell
from central.plans.views import BoxState, ClassSpec, File, Publication, Shown
from central.store.plans import KeptDraft, KeptNumber
from central.store.store import Store
from central.store.tables import Tx
from common.sheets import Name
from evidence.bodies import Alarm, ClassOrder, Leave, OrderAccepted, PolicyRef, RosterEvent, body_of
from evidence.errors import BadInput
from evidence.policy import Policy, parse_policy
from evidence.records import Sealed

T = TypeVar("T")
Edit = Callable[[Draft, Published, int], Draft]
"""A change of a draft: the draft, what is published and now (UTC in microseconds) in, another draft out."""


@dataclasses.dataclass(frozen=True)
class _Read:
    """What two tables say by themselves. `problems`: all that is wrong in them as tables."""

    listed: tuple[Listed, ...] | None
    looked: Looked | None
    problems: tuple[BadInput, ...]

    @contextmanager
    def beside(self) -> Iterator[None]:
        """Where the class itself is refused in here, what is wrong in the tables is told with that; not where somebody
        else was faster, for then all is looked at again."""
        try:
            yield
        except (DraftChanged, DraftOutdated):
            raise
        except PlanError as error:
            wrong = in_order(self.looked.problems) if self.looked else []
            raise _refused_for([error, *self.problems, *wrong]) from None


class Plans:
    """All drafts of a centre."""

    def __init__(self, store: Store, names: NameBox, ids: IdBox, clock: Clock) -> None:
        self._store, self._names, self._ids, self._clock = store, names, ids, clock

    # --- looking ---

    def show(self, class_id: str) -> Shown:
        """The draft of a class; what is published where nobody drafts. Raises NoDraft, PolicyGone."""
        with self._store.read() as tx:
            draft, version, published = self._open(tx, class_id)
            return self._shown(tx, draft, version, published)

    def kept(self) -> list[tuple[KeptDraft, Draft]]:
        """All drafts that are kept."""
        with self._store.read() as tx:
            return [(kept, read_draft(kept.body)) for kept in tx.drafts()]

    def state(self, class_id: str) -> tuple[int, list[BoxState]]:
        """The number of the order in force, and of each of its boxes whether it has taken it. Raises NoDraft."""
        with self._store.read() as tx:
            published, sealed = published_with(tx, class_id)
            if published.order is None or sealed is None:
                raise NoDraft(class_id=class_id)
            taken = {one.record.device: one.record.utc_us for one in tx.of_type("order.accepted", class_id)
                     if isinstance(body := body_of(one.record), OrderAccepted) and body.order == sealed.hash}
            return published.order.number, [
                BoxState(place.device, place.room, place.device in taken,
                         taken.get(place.device, sealed.record.utc_us),
                         any(head.certificate is not None for head in tx.heads(place.device)),
                         None if place.device in taken else _refused(tx, place.device, sealed))
                for place in published.order.boxes]

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
        read = self._read(schedule, roster, now_us)
        with (self._store.write() if keep else self._store.read()) as tx:
            with read.beside():
                class_id_of(spec.class_id)
                draft, seen, published = self._base(tx, spec, version, fresh)
                toml = policy_toml(spec.policy, spec.beside) if spec.policy is not None else None
                draft = change_class(draft, spec.title, spec.boxes, spec.institution, _ref(toml, spec.policy))
            known, markers = self._known(tx, spec.class_id)
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
                raise _refused_for(problems)
            if read.looked is not None:
                hours = hours_of(read.looked, draft, known)
                draft = _named(lambda: replace_hours(draft, hours, published, now_us), known)
            if toml is not None and keep:
                tx.know_policy(draft.policy.sha256, toml)
            if keep:
                self._keep(tx, draft, seen, published, names, numbers)
            policy = self._policy(tx, draft) if toml is None else parse_policy(toml, spec.policy or "policy")
            if keep:
                return self._shown(tx, draft, seen + 1, published, policy=policy)
            markers |= {person: self._ids.marker(one) for person, one in numbers.items()}
            return self._shown(tx, draft, seen, published, known, markers, policy)

    def edit(self, class_id: str, version: int | None, change: Edit) -> Shown:
        """Change a draft by a pure function of `draft.py`, `pattern.py` or `roster_changes.py`. `version`: the one that
        was seen, None: whatever it is. Raises NoDraft, DraftChanged, DraftOutdated, and what `change` raises."""
        with self._store.write() as tx:
            draft, read, published = self._seen(tx, class_id, version)
            known, _ = self._known(tx, class_id)
            changed = _named(lambda: change(draft, published, self._now_us()), known)
            self._keep(tx, changed, read, published, {}, {})
            return self._shown(tx, changed, read + 1, published)

    def event(
        self, class_id: str, version: int | None, kind: Kind, person: str | None,
        newcomer: tuple[str, IdNumber] | None, effective_us: int, why: Why,
    ) -> Shown:
        """Put a roster event into a draft. `person`: pseudonym or name of who leaves; `newcomer`: name and number of
        who joins. Raises as `edit` does, and OffRoster."""
        with self._store.write() as tx:
            draft, read, published = self._seen(tx, class_id, version)
            known, markers = self._known(tx, class_id)
            comes, names, numbers = None, dict[str, Name](), dict[str, IdNumber]()
            if newcomer is not None:
                one = Listed(0, plain(newcomer[0], TITLE, 90), newcomer[1], "trainee")
                found = matched([one], known, markers, self._ids.marker, [name.name for name in known.values()])
                (comes,), names, numbers = found.people, dict(found.names), dict(found.numbers)
            leaver = None if person is None else _person(person, known, class_id)
            changed = _named(lambda: add_event(
                draft, published, kind, leaver, comes, effective_us, why, self._now_us()), known | names)
            self._keep(tx, changed, read, published, names, numbers)
            return self._shown(tx, changed, read + 1, published)

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
        read = self._read(None, file, self._now_us())
        if read.problems:
            raise _refused_for(read.problems)
        listed = read.listed
        if listed is None or len(listed) != 1:
            raise NotOne(file=file.name)
        return listed[0].name, listed[0].number

    def typed_newcomer(
        self, form: str, typed: Mapping[str, str], headers: Mapping[str, str]
    ) -> tuple[str, IdNumber]:
        """The same of somebody who was typed into a form, as `typed_person` has it. Raises FileRefused."""
        one = typed_person(form, typed, headers, self._tomorrow(self._now_us()))
        return one.name, one.number

    def person(self, class_id: str, who: str) -> str:
        """The pseudonym of somebody of a class, by pseudonym or name. Raises OffRoster."""
        with self._store.read() as tx:
            return _person(who, self._known(tx, class_id)[0], class_id)

    def discard(self, class_id: str, version: int | None = None) -> None:
        """Forget a draft; who was in nothing but this draft is forgotten with it. Raises NoDraft, DraftChanged."""
        with self._store.write() as tx:
            kept = tx.draft(class_id)
            if kept is None:
                raise NoDraft(class_id=class_id)
            if version is not None and version != kept.version:
                raise DraftChanged(class_id=class_id)
            tx.drop_draft(class_id)
            self._forget(tx, class_id, published_of(tx, class_id), None)

    def forget_number(self, class_id: str, who: str) -> None:
        """Erase somebody's ID number: nothing finds this person in another class any more. Raises OffRoster."""
        with self._store.write() as tx:
            tx.forget_number(class_id, _person(who, self._known(tx, class_id)[0], class_id))

    # --- publishing ---

    def publish(self, class_id: str, version: int | None) -> Publication:
        """Sign what the draft changes: roster events and leaves, then the order, if it is another than the one in
        force. All of it is kept, or nothing. Raises NoDraft, DraftChanged, DraftOutdated, NothingToPublish,
        PlanRefused with all that keeps it from being published."""
        now_us = self._now_us()
        with self._store.write() as tx:
            draft, read, published = self._seen(tx, class_id, version)
            known, markers = self._known(tx, class_id)
            problems = refusals(tx, draft, published, markers, now_us)
            if problems:
                raise PlanRefused([with_name(one, _plain(known)) for one in problems])
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
            self._keep(tx, draft_of(done, draft), read, done, {}, {})
            assert done.order is not None
            return Publication(done.order.number, fresh, len(draft.events), len(draft.leaves))

    # --- inside ---

    def _now_us(self) -> int:
        return self._clock.stamp().utc_us

    @staticmethod
    def _tomorrow(now_us: int) -> datetime.date:
        """Nobody is born later, on whatever clock."""
        return datetime.datetime.fromtimestamp(now_us / 1e6, datetime.UTC).date() + datetime.timedelta(days=1)

    def _read(self, schedule: File | None, roster: File | None, now_us: int) -> _Read:
        today = self._tomorrow(now_us)
        problems: list[BadInput] = []

        def tried(file: File | None, read: Callable[[File], T]) -> T | None:
            try:
                return None if file is None else read(file)
            except FileRefused as error:
                problems.extend(error.problems)
            except PlanError as error:
                problems.append(error)
            return None

        listed = tried(roster, lambda file: read_roster(file.data, file.name, today))
        # Who is in the class is not known of a roster with mistakes, and so is no name of the schedule.
        return _Read(listed, tried(schedule, lambda file: look_through(file.data, file.name)), tuple(problems))

    def _known(self, tx: Tx, class_id: str) -> tuple[dict[str, Name], dict[str, str]]:
        names = self._names.open_all(class_id, tx.sealed_names(class_id))
        return names, {person: one.marker for person, one in tx.numbers(class_id).items()}

    def _open(self, tx: Tx, class_id: str) -> tuple[Draft, int, Published]:
        kept, published = tx.draft(class_id), published_of(tx, class_id)
        if kept is not None:
            return read_draft(kept.body), kept.version, published
        if published.order is None:
            raise NoDraft(class_id=class_id[:80])
        return draft_of(published), 0, published

    def _seen(self, tx: Tx, class_id: str, version: int | None) -> tuple[Draft, int, Published]:
        draft, read, published = self._open(tx, class_id)
        if version is not None and version != read:
            raise DraftChanged(class_id=class_id)
        if draft.based_on != (published.order.number if published.order else 0):
            raise DraftOutdated(class_id=class_id)
        return draft, read, published

    def _base(self, tx: Tx, spec: ClassSpec, version: int | None, fresh: bool) -> tuple[Draft, int, Published]:
        if tx.draft(spec.class_id) is not None or published_of(tx, spec.class_id).order is not None:
            if fresh:
                raise ClassIdTaken(class_id=spec.class_id)
            return self._seen(tx, spec.class_id, version)
        toml = policy_toml(spec.policy or "", spec.beside)
        ref = _ref(toml, spec.policy)
        assert ref is not None
        draft = Draft(spec.class_id, plain(spec.title or "", TITLE), ref, spec.utc_offset_min, spec.boxes or (),
                      spec.institution, (), ())
        return draft, 0, Published()

    def _keep(
        self, tx: Tx, draft: Draft, read: int, published: Published, names: Mapping[str, Name],
        numbers: Mapping[str, IdNumber],
    ) -> None:
        class_id, body = draft.class_id, write_draft(draft)
        read_draft(body)  # what cannot be read again, like a box's id of other letters, is told now
        if not tx.save_draft(class_id, read, self._now_us(), body):
            raise DraftChanged(class_id=class_id)
        for person, name in names.items():
            tx.put_name(class_id, person, self._names.seal(class_id, person, name))
        for person, number in numbers.items():
            sealed = self._ids.seal(class_id, person, number)
            tx.put_number(KeptNumber(class_id, person, self._ids.marker(number), sealed))
        self._forget(tx, class_id, published, draft)

    def _forget(self, tx: Tx, class_id: str, published: Published, draft: Draft | None) -> None:
        """Erase names and numbers of people who are in no order, no event and not in the draft."""
        orders = [body_of(sealed.record) for sealed in tx.of_type("order.class", class_id)]
        needed = {one.person for body in orders if isinstance(body, ClassOrder) for one in body.roster}
        needed |= {person for event in published.events for person in (event.person, event.substitute) if person}
        if draft is not None:
            needed |= {one.person for one in (*draft.people, *joining(draft))}
        for person in {*tx.sealed_names(class_id), *tx.numbers(class_id)} - needed:
            tx.erase_name(class_id, person)
            tx.forget_number(class_id, person)

    def _policy(self, tx: Tx, draft: Draft) -> Policy:
        return policy_of(tx, order_of_draft(draft, Published(), 0))

    def _shown(
        self, tx: Tx, draft: Draft, version: int, published: Published, known: Mapping[str, Name] | None = None,
        markers: Mapping[str, str] | None = None, policy: Policy | None = None,
    ) -> Shown:
        now_us = self._now_us()
        if known is None or markers is None:
            known, markers = self._known(tx, draft.class_id)
        policy = policy or self._policy(tx, draft)
        refused = [with_name(one, _plain(known)) for one in refusals(tx, draft, published, markers, now_us)]
        people = enrolled(published, draft) if published.order else set(draft.of("trainee"))
        before = earlier(tx, draft, people, markers, policy.o8.months.value) if policy.o8 else []
        order = order_of_draft(draft, published, now_us)
        return Shown(draft, version, published, _plain(known),
                     changes(draft, published, now_us), tuple(refused),
                     foreseen(order, policy, now_us), too_few(order, policy), tuple(before), policy)


def _refused_for(problems: Sequence[BadInput]) -> BadInput:
    """All at once; what is about no cell, and alone, as it is."""
    return problems[0] if len(problems) == 1 and not isinstance(problems[0], InCell) else FileRefused(problems)


def _refused(tx: Tx, device: str, order: Sealed) -> str | None:
    """The reason that a box gave for taking no order, as the last one it stated since."""
    since = tx.leaf_of(order.record.device, order.record.chain, order.record.seq)
    alarms = [body_of(one.record) for one in tx.of_device(device, "alarm", since)]
    codes = [one.params.get("code") for one in alarms if isinstance(one, Alarm) and one.code == "order.refused"
             and one.params.get("order") == order.hash]
    return str(codes[-1]) if codes else None


def _ref(toml: bytes | None, name: str | None) -> PolicyRef | None:
    if toml is None:
        return None
    policy = parse_policy(toml, name or "policy")
    return PolicyRef(policy.id, policy.sha256)


def _person(who: str, known: Mapping[str, Name], class_id: str) -> str:
    name = " ".join(who.split())
    found = who if who in known else next((one for one, named in known.items() if named.name == name), None)
    if found is None:
        raise OffRoster(person=name[:100], class_id=class_id)
    return found


def _named(change: Callable[[], Draft], known: Mapping[str, Name]) -> Draft:
    try:
        return change()
    except PlanError as error:
        raise with_name(error, _plain(known)) from None


def _plain(known: Mapping[str, Name]) -> dict[str, str]:
    """Pseudonym → name."""
    return {person: one.name for person, one in known.items()}
