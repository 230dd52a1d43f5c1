"""Who is who when a list comes: the same number is the same person in a class, whatever else changed. Pure."""
from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Callable, Mapping, Sequence

from central.plans.draft import Draft, Published, joining
from central.plans.errors import RosterPublished
from central.plans.ids import IdNumber
from central.plans.roster import Listed
from central.plans.roster_changes import enrolled
from common.namesakes import apart, without_suffix
from common.sheets import Name
from evidence.bodies import Enrolled

SALT_BYTES = 16


@dataclasses.dataclass(frozen=True)
class Matched:
    """The people of a list by pseudonym. `names`, `numbers`: what is to be kept of them, where it is new."""

    people: tuple[Enrolled, ...]
    names: Mapping[str, Name]
    numbers: Mapping[str, IdNumber]


def matched(
    listed: Sequence[Listed], names: Mapping[str, Name], markers: Mapping[str, str],
    marker_of: Callable[[IdNumber], str], reserved: Sequence[str] = (),
) -> Matched:
    """`names`, `markers`: pseudonym → what is kept of the people of the class. Who has no number yet is known by name.
    `reserved`: names that nobody else may get."""
    by_marker = {marker: person for person, marker in markers.items()}
    by_name = {named.name: person for person, named in names.items() if person not in markers}
    persons = [by_marker.get(marker_of(one.number)) or by_name.pop(one.name, None) for one in listed]
    kept = [_same(one, names.get(person or "")) for one, person in zip(listed, persons, strict=True)]
    free = iter(apart([one.name for one, name in zip(listed, kept, strict=True) if name is None],
                      [*reserved, *(name.name for name in kept if name is not None)]))
    people, new_names, numbers = [], dict[str, Name](), dict[str, IdNumber]()
    for one, known, name in zip(listed, persons, kept, strict=True):
        person = known or new_pseudonym()
        if name is None:
            name = new_names[person] = Name(next(free), secrets.token_hex(SALT_BYTES))
        if markers.get(person) != marker_of(one.number):
            numbers[person] = one.number
        people.append(Enrolled(person, one.role, name.commitment))
    return Matched(tuple(people), new_names, numbers)


def new_pseudonym() -> str:
    """A random pseudonym."""
    return f"p-{secrets.token_hex(6)}"


def _same(one: Listed, known: Name | None) -> Name | None:
    """The name that is kept, unless it is another one now."""
    return known if known is not None and without_suffix(known.name) == without_suffix(one.name) else None


def of_draft(
    people: Sequence[Enrolled], draft: Draft, published: Published, names: Mapping[str, Name]
) -> tuple[Enrolled, ...]:
    """The people of a list as a draft has them; the trainees of a published class are the same.
    Raises RosterPublished."""
    if published.order is not None:
        old = enrolled(published, draft)
        new = {one.person for one in people if one.role == "trainee"}
        if old != new:
            said = {key: "、".join(sorted(names[one].name if one in names else one for one in those)) or "-"
                    for key, those in (("joins", new - old), ("leaves", old - new))}
            raise RosterPublished(class_id=draft.class_id, **said)
        joined = {one.person for one in joining(draft)}
        return tuple(one for one in people if one.person not in joined)
    return tuple(people)
