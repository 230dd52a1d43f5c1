"""The names of a bag, `data/names.json`: each as a plan or a roster event of the class commits to it."""
from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Mapping
from typing import Annotated, Any

from common.sheets import Name
from evidence.bodies import ClassId, ClassOrder, RosterEvent, body_of
from evidence.errors import BadRecord, BadShape, VerificationError
from evidence.records import Id
from evidence.shape import Between, Match, decode
from verify.bag import NAMES, Bag
from verify.errors import DerivedOther, DerivedUnreadable, NameWrong
from verify.material import Material


@dataclasses.dataclass(frozen=True)
class _Named:
    person: Id
    name: str
    salt: Annotated[str, Match(r"(?:[0-9a-f]{2}){16,64}", "a salt of hex digits")]


@dataclasses.dataclass(frozen=True)
class _Names:
    v: Annotated[int, Between(1, 1)]
    class_id: ClassId = dataclasses.field(metadata={"key": "class"})
    people: tuple[_Named, ...]


@dataclasses.dataclass(frozen=True)
class Names:
    """Pseudonym → name, each as the class commits to it; `nameless`: who is told by the pseudonym."""

    known: Mapping[str, str]
    nameless: tuple[str, ...]
    problems: tuple[VerificationError, ...]


def read_names(bag: Bag, material: Material) -> Names:
    """The names of a bag that hold. A bag from which they were taken has none, which is no problem."""
    promised = _commitments(material)
    known: dict[str, str] = {}
    problems: list[VerificationError] = []
    value = bag.derived.get(NAMES)
    if isinstance(value, VerificationError):
        problems.append(value)
    elif value is not None:
        try:
            for one in _names(value, material.only_class):
                if Name(one.name, one.salt).commitment in promised.get(one.person, ()):
                    known[one.person] = one.name
                else:
                    problems.append(NameWrong(who=one.person))
        except (DerivedOther, DerivedUnreadable) as error:
            problems.append(error)
    return Names(known, tuple(sorted(promised.keys() - known.keys())), tuple(problems))


def _names(value: dict[str, Any], class_id: str | None) -> tuple[_Named, ...]:
    """Raises DerivedOther, DerivedUnreadable."""
    try:
        read = decode(_Names, value, NAMES, strict=True)
    except BadShape as error:
        raise DerivedUnreadable(file=NAMES, why=error) from None
    if class_id not in (None, read.class_id):
        raise DerivedOther(file=NAMES, key="class", want=class_id, have=read.class_id)
    if len({one.person for one in read.people}) < len(read.people):
        raise DerivedUnreadable(file=NAMES, why="it names somebody twice")
    return read.people


def _commitments(material: Material) -> Mapping[str, set[str]]:
    """What the plans and roster events of the class commit to, by pseudonym."""
    found: dict[str, set[str]] = defaultdict(set)
    for chain in material.chains:
        for one in chain.sealed if chain.of_centre else ():
            try:
                body = body_of(one.record) if one.record.type in ("order.class", "roster.event") else None
            except BadRecord:
                continue  # named where the story is told
            if isinstance(body, ClassOrder) and body.class_id == material.only_class:
                for enrolled in body.roster:
                    found[enrolled.person].add(enrolled.commitment)
            elif isinstance(body, RosterEvent) and body.class_id == material.only_class and body.commitment:
                found[body.substitute or body.person].add(body.commitment)
    return found
