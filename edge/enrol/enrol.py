"""Enrols people of a class from photographs: everything is checked first, then templates and records are stored."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from edge.enrol.consent import Shown
from edge.enrol.consents import consents
from edge.enrol.errors import (
    NobodyHere,
    NoConsent,
    NoSuchClass,
    OddPhoto,
    PersonTwice,
    PhotosRefused,
    SamePerson,
    SeveralOfName,
    UnknownPerson,
)
from edge.enrol.photos import describe_photos, label
from edge.enrol.same import odd_ones
from edge.plans import newest_orders
from edge.store import Store
from edge.store.people import NewFace
from edge.vision.calibrate import calibrate
from edge.vision.gallery import Gallery
from edge.vision.look_alikes import look_alikes
from edge.vision.pack import Pack
from evidence.bodies import ClassOrder, Enrolment, RosterEvent, body_of
from evidence.errors import BadInput


def enrol(
    store: Store, pack: Pack, class_id: str, people: Mapping[str, list[Path]], done: Callable[[], object],
    paper: Shown | None = None,
) -> list[str]:
    """Enrol everybody in `people` (photo files by pseudonym or name); returns the pseudonyms. `paper`: the text to
    which all of them have consented on paper, which is recorded.

    Raises NoSuchClass, or PhotosRefused with all that is wrong; then nothing was stored.
    """
    files, problems = _by_pseudonym(store, class_id, people)
    if paper is None:
        problems += _without_consent(store, class_id, files)
    templates: dict[str, np.ndarray] = {}
    try:
        templates = describe_photos(pack, files, strict=True, done=done).templates
    except PhotosRefused as refused:
        problems += refused.problems
    if not problems:
        problems += _not_one_each(store, pack, class_id, templates, files)
    if problems:
        raise PhotosRefused(problems)
    store.enrol(
        NewFace(vectors, Enrolment(class_id, person, pack.name, pack.sha256, len(vectors), "none"),
                None if paper is None else paper.said(class_id, person, True, "paper"))
        for person, vectors in templates.items())
    return list(templates)


def roster_of(store: Store, class_id: str) -> set[str]:
    """Everybody whom the newest order for this class names or a roster event brought. Raises NoSuchClass."""
    bodies = [body_of(sealed.record) for sealed in store.orders()]
    orders = [body for body in bodies if isinstance(body, ClassOrder) and body.class_id == class_id]
    if not orders:
        raise NoSuchClass(class_id=class_id)
    events = [body for body in bodies if isinstance(body, RosterEvent) and body.class_id == class_id]
    newest = max(orders, key=lambda order: order.number)
    later = {person for event in events for person in (event.person, event.substitute) if person}
    return {enrolled.person for enrolled in newest.roster} | later


def classes_of(store: Store, person: str) -> list[str]:
    """The classes of this box in which somebody is, or has a face or a PIN. Raises NobodyHere."""
    kept = {class_id for class_id, one in store.kept() if one == person}
    found = kept | {class_id for class_id in newest_orders(store.orders()) if person in roster_of(store, class_id)}
    if not found:
        raise NobodyHere(person=person)
    return sorted(found)


def _without_consent(store: Store, class_id: str, files: Mapping[str, list[Path]]) -> list[BadInput]:
    """Whoever refused or withdrew must have agreed anew before a photograph may be used."""
    said = consents(store, class_id)
    return [NoConsent(file=label(photos[0]), name=person) for person, photos in files.items()
            if person in said and said[person].said != "given"]


def _by_pseudonym(
    store: Store, class_id: str, people: Mapping[str, list[Path]],
) -> tuple[dict[str, list[Path]], list[BadInput]]:
    """The files of those who are in the class, and what is wrong with the names of the others."""
    roster, names = roster_of(store, class_id), store.names(class_id)
    called: dict[str, list[str]] = {}
    for person, name in names.items():
        if person in roster:
            called.setdefault(name, []).append(person)
    files: dict[str, list[Path]] = {}
    problems: list[BadInput] = []
    for name, photos in people.items():
        found = [name] if name in roster else called.get(name, [])
        if len(found) > 1:
            problems.append(SeveralOfName(file=label(photos[0]), name=name, people=", ".join(sorted(found))))
        elif not found:
            problems.append(UnknownPerson(file=label(photos[0]), class_id=class_id, name=name))
        elif found[0] in files:
            problems.append(PersonTwice(file=label(photos[0]), name=name))
        else:
            files[found[0]] = photos
    return files, problems


def _not_one_each(
    store: Store, pack: Pack, class_id: str, templates: Mapping[str, np.ndarray], files: Mapping[str, list[Path]]
) -> list[BadInput]:
    """Photos of two people under one name would let both come in as one. One face under two names would break the
    margin between them for ever: everybody is searched before anybody is stored."""
    gallery = Gallery(pack, {**store.templates(class_id, pack.name), **templates})
    limit, problems = calibrate(pack, gallery).ppm, list[BadInput]()
    for person, vectors in templates.items():
        odd, photos = odd_ones(pack, vectors, limit), files[person]
        if odd is not None:
            right = next(photo for index, photo in enumerate(photos) if index not in odd.pictures)
            problems += [OddPhoto(file=label(photos[index]), other=label(right)) for index in odd.pictures]
    names = store.names(class_id)
    return problems + [
        SamePerson(file=_label(pair.one, files, names), other=_label(pair.other, files, names))
        for pair in look_alikes(gallery, limit) if pair.one in files or pair.other in files
    ]


def _label(person: str, files: Mapping[str, list[Path]], names: Mapping[str, str]) -> str:
    if person in files:
        return label(files[person][0])
    return f"{names[person]} ({person})" if person in names else person
