"""What the page of the guided enrolment shows: whom a class has, the text of consent, what stands in the way. It
changes nothing."""
from __future__ import annotations

from collections.abc import Mapping

from edge.enrol.consent import Shown, consent_text
from edge.enrol.consents import consents
from edge.enrol.enrol import roster_of
from edge.enrol.guided import GuideView, Lang, Listed, Place, Sitting
from edge.enrol.steps import State
from edge.store import Store
from evidence.blocks import local
from evidence.bodies import ClassOrder
from evidence.times import utc_us


def view_of(
    store: Store, place: Place, order: ClassOrder, state: State, sitting: Sitting, lang: Lang
) -> GuideView:
    """The page in a state of the guide; the text of consent in its language."""
    names, shots, person = store.names(order.class_id), sitting.shots, sitting.person
    asks = state == "consent"
    return GuideView(
        state, order.class_id, order.title, _people(store, order, names) if person is None else (), person,
        names.get(person or "", person or ""), text_of(place, order, lang).text if asks else "",
        shots.pose if shots else None, sitting.advice, len(shots.taken) if shots else 0,
        len(shots.poses) if shots else 0, sitting.found, sitting.anchor.anchor, bool(place.reader.name),
        opening(place, order), _said(store, order, person) if asks else None, sitting.told,
    )


def text_of(place: Place, order: ClassOrder, lang: Lang) -> Shown:
    """The text to which the person consents."""
    return consent_text(order, place.who, place.contact, lang)


def opening(place: Place, order: ClassOrder) -> bool:
    """Whether it is the day on which the class opens."""
    first = min((hour.start for hour in order.hours), default=None)
    today = local(place.utc_us(), order.utc_offset_min).date()
    return first is not None and local(utc_us(first), order.utc_offset_min).date() == today


def _people(store: Store, order: ClassOrder, names: Mapping[str, str]) -> tuple[Listed, ...]:
    class_id = order.class_id
    enrolled, pins = store.enrolled(class_id), store.pins(class_id)
    roles = {one.person: one.role for one in order.roster}
    later = sorted(roster_of(store, class_id) - set(roles))
    return tuple(
        Listed(person, names.get(person, person), roles.get(person, "trainee"), person in enrolled, person in pins)
        for person in (*roles, *later))


def _said(store: Store, order: ClassOrder, person: str | None) -> str | None:
    """Shown beside the text of consent: at the list anybody could read who of the others refused."""
    said = None if person is None else consents(store, order.class_id).get(person)
    return None if said is None else said.said
