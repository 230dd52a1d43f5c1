"""What a form says of a class for one rule (R8, O5, O6, O8, O10, O11), as `state_import` takes it. Pure."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from central.classes.imports import ImportSaid
from central.web.errors import BadNumber, FactLacks
from common.texts import N_
from evidence.canonical import canonical
from evidence.shape import decode, encode

ROWS, FIRST, PLATFORMS = 8, 3, 3
"""So many earlier trainings, of which so many are in view at once, and so many platforms a form has room for; more are
brought as a file."""
MOST_NUMBER = 100_000
Fields = Callable[[str], str]
"""The text in a field, empty where there is none."""
HOURS, APPROVER, PERSON, TRAINING = N_("make-up class-hours"), N_("Approver"), N_("Trainee"), N_("Earlier training")
NAMED, YEAR, COUNT, CAP = N_("Platform"), N_("Year"), N_("Apprentices of that year"), N_("Cap of that year")
ATTENDED, MINUTES = N_("Class-hours learnt"), N_("Minutes learnt")
CONTROLS = {
    "fast_forward": N_("Lessons can be wound forward"), "windows": N_("Several windows can be open at once"),
    "live_face": N_("A live face is compared"), "in_order": N_("Lessons come in their order"),
    "photos": N_("Pictures are taken and kept"),
}
EXPRESSLY, STUDENTS, MISMATCHED, PROMPT = (
    N_("Class-hours that another document states (may stay empty)"), N_("In-school students among them"),
    N_("People whose job does not match"), N_("Longest minutes without a prompt"))


def said_of(rule: str, at: Fields, all_of: Callable[[str], Sequence[str]], people: Sequence[str]) -> dict[str, Any]:
    """The part of a rule, as a file would have it. `at`: one field; `all_of`: all boxes of a name that are ticked;
    `people`: the trainees of the class. Raises FactLacks, BadNumber."""
    return PARTS[rule](at, all_of, people)


def import_of(rule: str, source: str, part: Mapping[str, Any]) -> tuple[ImportSaid, bytes]:
    """What is stated, without the paper it rests on; and its text, which is that paper where no other one is brought.
    Raises BadShape."""
    value = {"rule": rule, "source": source, rule.lower(): part}
    said = decode(ImportSaid, value | {"file": "0" * 64}, rule, strict=True)
    plain = {key: one for key, one in encode(said).items() if key != "file" and one is not None}
    return said, canonical(plain)


def _consented(at: Fields, all_of: Callable[[str], Sequence[str]], _: Sequence[str]) -> dict[str, Any]:
    hours = list(all_of("hours"))
    if not hours:
        raise FactLacks(key=HOURS)
    return {"hours": hours, "approver": _text(at, "approver", APPROVER)}


def _online(at: Fields, _: Callable[[str], Sequence[str]], people: Sequence[str]) -> dict[str, Any]:
    platforms = [{"name": at(f"platform.{n}"), "listed": at(f"listed.{n}") == "yes"} for n in range(PLATFORMS)
                 if at(f"platform.{n}")]
    if not platforms:
        raise FactLacks(key=NAMED)
    learnt = []
    for person in people:
        hours = _number(at, f"learnt.{person}", ATTENDED)
        minutes = _number(at, f"minutes.{person}", MINUTES)
        if hours is not None or minutes is not None:
            learnt.append({"person": person, "hours": hours or 0} | ({} if minutes is None else {"minutes": minutes}))
    return {"platforms": platforms, "people": learnt}


def _certificate(at: Fields, _: Callable[[str], Sequence[str]], __: Sequence[str]) -> dict[str, Any]:
    hours = _number(at, "hours", EXPRESSLY)
    return {"certificate": _answer(at, "certificate", N_("Certificate course"))} | (
        {} if hours is None else {"hours": hours})


def _compared(at: Fields, all_of: Callable[[str], Sequence[str]], people: Sequence[str]) -> dict[str, Any]:
    earlier = []
    for n in range(ROWS):
        person, training, assessed = (at(f"{name}.{n}") for name in ("person", "training", "assessed"))
        if not (person or training or assessed):
            continue
        if not person or not training:
            raise FactLacks(key=TRAINING if person else PERSON)
        earlier.append({"person": person, "training": training} | ({"assessed": assessed} if assessed else {}))
    left = set(all_of("left"))
    who = {"people": [one for one in people if one not in left]} if left else {}
    return {"earlier": earlier} | who


def _admitted(at: Fields, _: Callable[[str], Sequence[str]], __: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "surveyed": _answer(at, "surveyed", N_("People were surveyed before the opening")),
        "compared": _answer(at, "compared", N_("People were compared with other data before the opening"))}
    for name, key in (("students", STUDENTS), ("mismatched", MISMATCHED)):
        number = _number(at, name, key)
        found |= {} if number is None else {name: number}
    apprentices = {name: _number(at, name, key) for name, key in (("year", YEAR), ("count", COUNT), ("cap", CAP))}
    given = {name: number for name, number in apprentices.items() if number is not None}
    if given and len(given) < len(apprentices):
        raise FactLacks(key={"year": YEAR, "count": COUNT, "cap": CAP}[next(
            name for name in apprentices if name not in given)])
    return found | ({"apprentices": given} if given else {})


def _controls(at: Fields, _: Callable[[str], Sequence[str]], __: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {name: at(name) == "yes" for name in CONTROLS if at(name) in ("yes", "no")}
    minutes = _number(at, "popup_min", PROMPT)
    return found | ({} if minutes is None else {"popup_min": minutes})


PARTS: Mapping[str, Callable[[Fields, Callable[[str], Sequence[str]], Sequence[str]], dict[str, Any]]] = {
    "R8": _consented, "O5": _online, "O6": _certificate, "O8": _compared, "O10": _admitted, "O11": _controls}


def _text(at: Fields, name: str, key: str) -> str:
    if not at(name):
        raise FactLacks(key=key)
    return at(name)


def _answer(at: Fields, name: str, key: str) -> bool:
    if at(name) not in ("yes", "no"):
        raise FactLacks(key=key)
    return at(name) == "yes"


def _number(at: Fields, name: str, key: str) -> int | None:
    said = at(name)
    if not said:
        return None
    if not (said.isascii() and said.isdigit() and len(said) < 10 and int(said) <= MOST_NUMBER):
        raise BadNumber(key=key, limit=MOST_NUMBER)
    return int(said)
