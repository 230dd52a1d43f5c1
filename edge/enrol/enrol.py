"""Enrols people of a class from photographs: everything is checked first, then templates and records are stored."""
from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from edge.enrol.consent import Shown
from edge.enrol.consents import consents
from edge.enrol.errors import (
    BadClassId,
    NobodyHere,
    NoConsent,
    NoSuchClass,
    OddPhoto,
    OtherFace,
    PersonTwice,
    PhotosRefused,
    SamePerson,
    SeveralHere,
    SeveralOfName,
    UnknownPerson,
)
from edge.enrol.look import jpeg
from edge.enrol.photos import Described, describe_photos, label
from edge.enrol.same import odd_ones, same_limit
from edge.enrol.search import Found, limit_of, search
from edge.errors import FacesChanged
from edge.plans import newest_orders
from edge.store import Store
from edge.store.people import NewFace
from edge.vision.calibrate import calibrate
from edge.vision.gallery import Gallery
from edge.vision.look_alikes import look_alikes
from edge.vision.pack import Pack
from evidence.bodies import ClassId, ClassOrder, Enrolment, RosterEvent, body_of
from evidence.errors import BadInput
from evidence.shape import Match

CLASS_ID: Match = get_args(ClassId)[1]
"""The format's own rule."""
SEARCHES = 3
"""So often everybody is searched, where other faces come or go on this box meanwhile."""


def enrol(
    store: Store, pack: Pack, class_id: str, people: Mapping[str, list[Path]], done: Callable[[], object],
    paper: Shown | None = None,
) -> list[str]:
    """Enrol everybody in `people` (photo files by pseudonym or name); returns the pseudonyms. `paper`: the text to
    which all of them have consented on paper, which is recorded; only then the best photo's crop is kept.

    Raises NoSuchClass, FacesChanged, or PhotosRefused with all that is wrong; then nothing was stored.
    """
    files, problems = _by_pseudonym(store, class_id, people)
    if paper is None:
        problems += _without_consent(store, class_id, files)
    described = Described({}, {}, ())
    try:
        described = describe_photos(pack, files, strict=True, done=done)
    except PhotosRefused as refused:
        problems += refused.problems
    if problems:
        raise PhotosRefused(problems)
    templates = described.templates
    faces = [NewFace(vectors, Enrolment(class_id, person, pack.name, pack.sha256, len(vectors), "none"),
                     None if paper is None else paper.said(class_id, person, True, "paper"),
                     None if paper is None else jpeg(described.crops[person]))
             for person, vectors in templates.items()]
    for left in reversed(range(SEARCHES)):
        searched = store.faces_version()
        if problems := _not_one_each(store, pack, class_id, templates, files):
            raise PhotosRefused(problems)
        try:
            store.enrol(faces, (), searched)
            break
        except FacesChanged:
            if not left:
                raise
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


def checked(class_id: str) -> str:
    """A class id from a command line, which may become part of a file's name. Raises BadClassId."""
    if not re.fullmatch(CLASS_ID.pattern, class_id, re.ASCII):
        raise BadClassId(class_id=class_id)
    return class_id


def whom(store: Store, said: str) -> tuple[str, list[str]]:
    """The person whom a command names, by pseudonym or by a name that only one person here has, and the classes in
    which that person is, or has a face or a PIN. Raises NobodyHere, SeveralHere."""
    classes = sorted(newest_orders(store.orders()))
    names = {class_id: store.names(class_id) for class_id in {*classes, *(one for one, _ in store.kept())}}
    called = sorted({person for known in names.values() for person, name in known.items() if name == said})
    if len(called) > 1:
        raise SeveralHere(name=said, people=", ".join(called))
    person = called[0] if called else said
    kept = {class_id for class_id, one in store.kept() if one == person}
    found = kept | {class_id for class_id in classes if person in roster_of(store, class_id)}
    if not found:
        raise NobodyHere(person=said)
    return person, sorted(found)


def keeps(store: Store, class_id: str, person: str, why: Literal["withdrawn", "over"]) -> bool:
    """Whether there is anything to erase: face data; a consent that can be withdrawn; a PIN when the purpose is over.
    What is being erased already is not counted."""
    if why == "over":
        return (class_id, person) in store.kept()
    standing = consents(store, class_id).get(person)
    return (class_id, person) in store.kept_faces() or (standing is not None and standing.said == "given")


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
        odd, photos = odd_ones(pack, vectors, same_limit(pack, limit)), files[person]
        if odd is not None:
            right = next(photo for index, photo in enumerate(photos) if index not in odd.pictures)
            problems += [OddPhoto(file=label(photos[index]), other=label(right)) for index in odd.pictures]
    names = store.names(class_id)
    pairs = [pair for pair in look_alikes(gallery, limit) if pair.one in files or pair.other in files]
    problems += [SamePerson(file=_label(pair.one, files, names), other=_label(pair.other, files, names))
                 for pair in pairs]
    told = {known for pair in pairs for known in ((pair.one, pair.other), (pair.other, pair.one))}
    for person, found in _found(store, pack, class_id, templates).items():
        name = store.names(found.class_id).get(found.person, found.person)
        if found.why == "other_face":
            problems.append(OtherFace(file=_label(person, files, {}), name=name, person=found.person,
                                      class_id=found.class_id))
        elif found.class_id != class_id or (person, found.person) not in told:
            problems.append(SamePerson(file=_label(person, files, {}),
                                       other=f"{name} ({found.person}, {found.class_id})"))
    return problems


def _found(
    store: Store, pack: Pack, class_id: str, templates: Mapping[str, np.ndarray],
) -> dict[str, Found]:
    """Faces that this box knows under another name, and people whom it knows with another face, as at the terminal."""
    new = {(class_id, person): rows for person, rows in templates.items()}
    earlier = store.all_templates(pack.name)
    names = {(one, person): name for one in {class_id, *(one for one, _ in earlier)}
             for person, name in store.names(one).items()}
    everybody = {**earlier, **new}
    limit = limit_of(pack, everybody, names)
    found = {me[1]: search(pack, rows, me, {**everybody, me: earlier.get(me, rows)}, names, limit)
             for me, rows in new.items()}
    return {person: one for person, one in found.items() if one is not None}


def _label(person: str, files: Mapping[str, list[Path]], names: Mapping[str, str]) -> str:
    if person in files:
        return label(files[person][0])
    return f"{names[person]} ({person})" if person in names else person
