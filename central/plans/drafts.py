"""The draft of a class within one transaction: opened or begun, kept with its names and numbers, and shown."""
from __future__ import annotations

from collections.abc import Callable, Mapping

from central.classes.orders import policy_toml
from central.classes.stories import policy_of
from central.names import NameBox
from central.plans.changes import changes
from central.plans.draft import TITLE, Draft, Published, draft_of, joining, plain, read_draft, write_draft
from central.plans.errors import ClassIdTaken, DraftChanged, DraftOutdated, NoDraft, OffRoster, PlanError
from central.plans.foresight import foreseen, too_few
from central.plans.ids import IdBox, IdNumber
from central.plans.overlaps import earlier, published_of, with_name
from central.plans.refusals import order_of_draft, refusals
from central.plans.roster_changes import enrolled
from central.plans.views import ClassSpec, Shown
from central.store.plans import KeptNumber
from central.store.tables import Tx
from common.sheets import Name
from evidence.bodies import ClassOrder, PolicyRef, body_of
from evidence.policy import Policy, parse_policy


class Drafts:
    """All drafts of a centre, as one transaction has them. `now`: tells UTC in microseconds."""

    def __init__(self, names: NameBox, ids: IdBox, now: Callable[[], int]) -> None:
        self._names, self._ids, self._now = names, ids, now

    def known(self, tx: Tx, class_id: str) -> tuple[dict[str, Name], dict[str, str]]:
        """The names of a class, and the markers of its ID numbers, both by pseudonym."""
        names = self._names.open_all(class_id, tx.sealed_names(class_id))
        return names, {person: one.marker for person, one in tx.numbers(class_id).items()}

    def open(self, tx: Tx, class_id: str) -> tuple[Draft, int, Published]:
        """The draft, its version, and what is published; the draft of what is published where none is kept. Raises
        NoDraft."""
        kept, published = tx.draft(class_id), published_of(tx, class_id)
        if kept is not None:
            return read_draft(kept.body), kept.version, published
        if published.order is None:
            raise NoDraft(class_id=class_id[:80])
        return draft_of(published), 0, published

    def seen(self, tx: Tx, class_id: str, version: int | None) -> tuple[Draft, int, Published]:
        """The same, to be changed by somebody who saw that version. Raises NoDraft, DraftChanged, DraftOutdated."""
        draft, read, published = self.open(tx, class_id)
        if version is not None and version != read:
            raise DraftChanged(class_id=class_id)
        if draft.based_on != (published.order.number if published.order else 0):
            raise DraftOutdated(class_id=class_id)
        return draft, read, published

    def base(self, tx: Tx, spec: ClassSpec, version: int | None, fresh: bool) -> tuple[Draft, int, Published]:
        """The same, or a new draft where the class is new. Raises as `seen` does, ClassIdTaken, BadText, NoSuchPolicy,
        CannotRead."""
        if tx.draft(spec.class_id) is not None or published_of(tx, spec.class_id).order is not None:
            if fresh:
                raise ClassIdTaken(class_id=spec.class_id)
            return self.seen(tx, spec.class_id, version)
        toml = policy_toml(spec.policy or "", spec.beside)
        ref = ref_of(toml, spec.policy)
        assert ref is not None
        draft = Draft(spec.class_id, plain(spec.title or "", TITLE), ref, spec.utc_offset_min, spec.boxes or (),
                      spec.institution, (), ())
        return draft, 0, Published()

    def keep(
        self, tx: Tx, draft: Draft, read: int, published: Published, names: Mapping[str, Name],
        numbers: Mapping[str, IdNumber],
    ) -> None:
        """Keep it as version `read` + 1, with new names and numbers. Raises DraftChanged."""
        class_id, body = draft.class_id, write_draft(draft)
        read_draft(body)  # what cannot be read again, like a box's id of other letters, is told now
        if not tx.save_draft(class_id, read, self._now(), body):
            raise DraftChanged(class_id=class_id)
        for person, name in names.items():
            tx.put_name(class_id, person, self._names.seal(class_id, person, name))
        for person, number in numbers.items():
            sealed = self._ids.seal(class_id, person, number)
            tx.put_number(KeptNumber(class_id, person, self._ids.marker(number), sealed))
        self.forget(tx, class_id, published, draft)

    def forget(self, tx: Tx, class_id: str, published: Published, draft: Draft | None) -> None:
        """Erase names and numbers of people who are in no order, no event and not in the draft."""
        orders = [body_of(sealed.record) for sealed in tx.of_type("order.class", class_id)]
        needed = {one.person for body in orders if isinstance(body, ClassOrder) for one in body.roster}
        needed |= {person for event in published.events for person in (event.person, event.substitute) if person}
        if draft is not None:
            needed |= {one.person for one in (*draft.people, *joining(draft))}
        for person in {*tx.sealed_names(class_id), *tx.numbers(class_id)} - needed:
            tx.erase_name(class_id, person)
            tx.forget_number(class_id, person)

    def policy(self, tx: Tx, draft: Draft) -> Policy:
        """The policy that it names. Raises PolicyGone."""
        return policy_of(tx, order_of_draft(draft, Published(), 0))

    def shown(
        self, tx: Tx, draft: Draft, version: int, published: Published, known: Mapping[str, Name] | None = None,
        markers: Mapping[str, str] | None = None, policy: Policy | None = None,
    ) -> Shown:
        """It, with what follows from it. `known`, `markers`, `policy`: looked up where they are not given."""
        now_us = self._now()
        if known is None or markers is None:
            known, markers = self.known(tx, draft.class_id)
        policy = policy or self.policy(tx, draft)
        refused = [with_name(one, plain_names(known)) for one in refusals(tx, draft, published, markers, now_us)]
        people = enrolled(published, draft) if published.order else set(draft.of("trainee"))
        before = earlier(tx, draft, people, markers, policy.o8.months.value) if policy.o8 else []
        order = order_of_draft(draft, published, now_us)
        return Shown(draft, version, published, plain_names(known),
                     changes(draft, published, now_us), tuple(refused),
                     foreseen(order, policy, now_us), too_few(order, policy), tuple(before), policy)


def ref_of(toml: bytes | None, name: str | None) -> PolicyRef | None:
    """What an order says of a policy; None of none."""
    if toml is None:
        return None
    policy = parse_policy(toml, name or "policy")
    return PolicyRef(policy.id, policy.sha256)


def person_of(who: str, known: Mapping[str, Name], class_id: str) -> str:
    """The pseudonym of somebody, by pseudonym or name. Raises OffRoster."""
    name = " ".join(who.split())
    found = who if who in known else next((one for one, kept in known.items() if kept.name == name), None)
    if found is None:
        raise OffRoster(person=name[:100], class_id=class_id)
    return found


def named(change: Callable[[], Draft], known: Mapping[str, Name]) -> Draft:
    """What `change` comes to; what it raises of somebody says the name, not the pseudonym."""
    try:
        return change()
    except PlanError as error:
        raise with_name(error, plain_names(known)) from None


def plain_names(known: Mapping[str, Name]) -> dict[str, str]:
    """Pseudonym → name."""
    return {person: one.name for person, one in known.items()}
