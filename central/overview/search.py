"""Search: a class by its id or title; a person by name or pseudonym, for those who may ask for people."""
from __future__ import annotations

import dataclasses

from central.names import NameBox
from central.overview.name_keys import NameKeys, normalised
from central.overview.overview import ClassLine, lines_of
from central.store.summaries import Wanted
from central.store.tables import Tx

MOST_TEXT, MOST_CLASSES, MOST_PEOPLE = 100, 50, 100


@dataclasses.dataclass(frozen=True)
class Person:
    """Somebody who was found, in one class."""

    class_id: str
    title: str
    person: str
    name: str


@dataclasses.dataclass(frozen=True)
class Found:
    """What a search found. `more`: there is more of it than is shown."""

    text: str
    classes: tuple[ClassLine, ...]
    people: tuple[Person, ...]
    more: bool


def search(
    tx: Tx, scope: Wanted, text: str, centre: str, now_us: int, names: NameBox | None, keys: NameKeys | None,
) -> Found:
    """`scope`: what the person may see; nothing outside is looked for. `names`, `keys`: None for who may not ask for
    people. A name is found by the whole of it or its first Chinese characters, a pseudonym as a whole."""
    plain = text.strip()[:MOST_TEXT]
    if not plain:
        return Found("", (), (), False)
    rows = tx.summaries(dataclasses.replace(scope, text=plain), "date", True, None, MOST_CLASSES + 1)
    found: list[tuple[str, str]] = []
    if names is not None and keys is not None:
        found = [(one, plain) for one in tx.classes_of_person(plain, scope)]
        found += tx.people_by_keys(keys.searched(tx.class_ids(scope), plain), MOST_PEOPLE + 1)
    shown = sorted(set(found))[:MOST_PEOPLE]
    people = _named(tx, shown, names, plain) if names is not None else []
    return Found(plain, tuple(lines_of(tx, rows[:MOST_CLASSES], centre, now_us)), tuple(people),
                 len(rows) > MOST_CLASSES or len(found) > MOST_PEOPLE)


def _named(tx: Tx, found: list[tuple[str, str]], names: NameBox, text: str) -> list[Person]:
    """With their names. Who is found by a hash must bear that name: a hash that was forged finds nobody."""
    sealed = tx.sealed_of(found)
    titles = {one: row.title for one, row in tx.summaries_of({class_id for class_id, _ in found}).items()}
    people = []
    for class_id, person in found:
        data = sealed.get((class_id, person))
        if data is None or class_id not in titles:
            continue
        name = names.open(class_id, person, data).name
        if person == text or normalised(name).startswith(normalised(text)):
            people.append(Person(class_id, titles[class_id], person, name))
    return people
