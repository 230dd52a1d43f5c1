"""What a bag derives from its class, against what is derived anew: findings, index, and names by their commitments."""
from __future__ import annotations

import dataclasses
import itertools
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from common.reasons import RESULTS, VERDICTS
from common.sheets import Name
from common.texts import N_
from evidence.bodies import ClassId, ClassOrder, RosterEvent, body_of
from evidence.canonical import canonical
from evidence.errors import BadRecord, BadShape, VerificationError
from evidence.records import Id
from evidence.rules import RULES_VERSION
from evidence.shape import Between, Match, decode
from evidence.times import utc_text
from verify.bag import FINDINGS, INDEX, NAMES, Bag
from verify.errors import (
    DerivedOther,
    DerivedUnreadable,
    FileRefused,
    FindingGrounds,
    FindingOther,
    Flagged,
    IndexAdds,
    IndexLacks,
    IndexOther,
    NameWrong,
    WithVerdict,
)
from verify.findings import Judged
from verify.folder import Folder, shown
from verify.lines import MOST_WRONG
from verify.material import Expected, Material

MAX_DERIVED = 32 << 20
"""No file of these has more bytes: a class of sixty half-days in files of one minute has an index of some 10 MB."""


@dataclasses.dataclass(frozen=True)
class _Named:
    person: Id
    name: str
    salt: Annotated[str, Match(r"(?:[0-9a-f]{2}){16,64}", "a salt of hex digits")]


@dataclasses.dataclass(frozen=True)
class _Names:
    v: Annotated[int, Between(1, 1)]
    class_id: ClassId = dataclasses.field(metadata={"key": "class"})
    people: tuple[_Named, ...] = ()


class _Unusable(Exception):
    """A derived file that is none; `why` in words."""

    def __init__(self, error: VerificationError) -> None:
        super().__init__()
        self.error = error


@dataclasses.dataclass(frozen=True)
class Names:
    """Pseudonym → name, each as the class commits to it; `nameless`: who is told by the pseudonym."""

    known: Mapping[str, str]
    nameless: tuple[str, ...]
    problems: tuple[VerificationError, ...]


@dataclasses.dataclass(frozen=True)
class Derived:
    """What a bag holds beside the class, checked. `same_rules`: False where other rules made its findings."""

    problems: tuple[VerificationError, ...]
    names: Names
    same_rules: bool


def check_derived(
    bag: Bag, material: Material, expected: Sequence[Expected], judged: Sequence[Judged],
) -> Derived:
    """Everything that the bag derives from its class, against what is derived anew. `judged`: empty where the evidence
    does not hold, so that there is nothing to compare."""
    names, same_rules = read_names(bag, material), True
    problems = [*names.problems]
    for one in judged:
        (case,) = material.cases
        wrong, same_rules = check_findings(bag, one, None if case.as_of_us is None else utc_text(case.as_of_us))
        problems += [*wrong, *check_index(bag, material, expected, one)]
    return Derived(tuple(problems), names, same_rules)


def read_names(bag: Bag, material: Material) -> Names:
    """The names of a bag that hold. A bag from which they were taken has none, which is no problem."""
    promised = _commitments(material)
    known: dict[str, str] = {}
    problems: list[VerificationError] = []
    if NAMES in bag.folder.sizes:
        try:
            for one in _names(bag.folder, material.only_class):
                if Name(one.name, one.salt).commitment in promised.get(one.person, ()):
                    known[one.person] = one.name
                else:
                    problems.append(NameWrong(who=one.person))
        except _Unusable as unusable:
            problems.append(unusable.error)
    return Names(known, tuple(sorted(promised.keys() - known.keys())), tuple(problems))


def _names(folder: Folder, class_id: str | None) -> tuple[_Named, ...]:
    """Raises _Unusable."""
    value = _json(folder, NAMES)
    try:
        read = decode(_Names, value, NAMES, strict=True)
    except BadShape as error:
        raise _Unusable(DerivedUnreadable(file=NAMES, why=error)) from None
    if class_id not in (None, read.class_id):
        raise _Unusable(DerivedOther(file=NAMES, key="class", want=class_id, have=read.class_id))
    if len({one.person for one in read.people}) < len(read.people):
        raise _Unusable(DerivedUnreadable(file=NAMES, why="it names somebody twice"))
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


def check_findings(bag: Bag, judged: Judged, as_of: str | None) -> tuple[list[VerificationError], bool]:
    """The findings of the bag against those that its records give, and whether the same rules made them: of others
    nobody can tell."""
    if FINDINGS not in bag.folder.sizes:
        return [], True
    try:
        value = _json(bag.folder, FINDINGS)
        given = value.get("findings")
        if type(given) is not list or not all(type(one) is dict and type(one.get("rule")) is str for one in given):
            raise _Unusable(DerivedUnreadable(file=FINDINGS, why="it holds no list of findings"))
        problems = list(_others(FINDINGS, value, {"v": 1, "class": judged.class_id, "as_of": as_of}))
    except _Unusable as unusable:
        return [unusable.error], True
    rules = value.get("rules")
    if type(rules) is int and rules != RULES_VERSION:
        return problems, False
    problems += _others(FINDINGS, value, {"rules": RULES_VERSION})
    return problems + list(itertools.islice(_compared(given, judged), MOST_WRONG)), True


def _compared(given: Sequence[dict[str, Any]], judged: Judged) -> Iterator[VerificationError]:
    """Rule by rule; where one has several findings, in their order."""
    have, want = defaultdict(list), defaultdict(list)
    for one in given:
        have[one["rule"]].append(one)
    for finding in judged.findings:
        want[finding["rule"]].append({**finding, "class": judged.class_id})
    for rule in dict.fromkeys((*want, *have)):
        for at in range(max(len(have[rule]), len(want[rule]))):
            theirs, ours = (one[rule][at] if at < len(one[rule]) else None for one in (have, want))
            if theirs is None or ours is None or _said(theirs) != _said(ours):
                yield FindingOther(rule=shown(rule)[:100], have=_words(theirs), want=_words(ours))
            elif _text(theirs) != _text(ours):
                yield FindingGrounds(rule=rule, have=_words(ours))


def _said(finding: Mapping[str, Any]) -> list[Any]:
    """What a finding comes to."""
    return [finding.get("result"), finding.get("verdict"), finding.get("flag") is True]


def _words(finding: Mapping[str, Any] | None) -> object:
    if finding is None:
        return N_("nothing")
    result = str(finding.get("result"))
    said: object = RESULTS.get(result, shown(result)[:100])
    verdict = VERDICTS.get(str(finding.get("verdict")))
    said = said if verdict is None else WithVerdict(result=said, verdict=verdict)
    return Flagged(said=said) if finding.get("flag") is True else said


def check_index(bag: Bag, material: Material, expected: Sequence[Expected], judged: Judged | None
                ) -> list[VerificationError]:
    """The index for programs against the records. `judged`: tells where each segment lies in time."""
    if INDEX not in bag.folder.sizes:
        return []
    try:
        value = _json(bag.folder, INDEX)
        given = value.get("segments")
        if type(given) is not list or not all(type(one) is dict for one in given):
            raise _Unusable(DerivedUnreadable(file=INDEX, why="it holds no list of segments"))
    except _Unusable as unusable:
        return [unusable.error]
    export = None if material.manifest is None else material.manifest.hash
    problems = list(_others(INDEX, value, {"v": 1, "class": material.only_class, "export": export}))
    theirs = {_text([one.get("device"), one.get("file")]): one for one in given}
    if len(theirs) < len(given):
        problems.append(DerivedUnreadable(file=INDEX, why="it names a segment twice"))
    for one in expected:
        entry = theirs.pop(_text([one.device, one.segment.file]), None)
        if entry is None:
            problems += [] if one.removed else [IndexLacks(seq=one.seq, device=one.device)]
            continue
        problems += [IndexOther(seq=one.seq, device=one.device, key=key) for key, want in _entry(one, judged).items()
                     if _text(entry.get(key)) != _text(want)]
    adds = (IndexAdds(file=shown(str(one.get("file")))[:100], device=shown(str(one.get("device")))[:100])
            for one in theirs.values())
    return problems + list(itertools.islice(adds, MOST_WRONG))


def _entry(one: Expected, judged: Judged | None) -> dict[str, Any]:
    """What the index should say of a segment."""
    found: dict[str, Any] = {"seq": one.seq, "sha256": one.segment.sha256, "size": one.segment.size,
                             "camera": one.segment.camera}
    return found


def _others(file: str, value: Mapping[str, Any], wanted: Mapping[str, object]) -> Iterator[VerificationError]:
    for key, want in wanted.items():
        if _text(value.get(key)) != _text(want):
            yield DerivedOther(file=file, key=key, want=want, have=shown(str(value.get(key)))[:100])


def _json(folder: Folder, name: str) -> dict[str, Any]:
    """The object in a file; one key stands there once, so that no two readers see different ones. Raises _Unusable."""
    try:
        value = json.loads(folder.read(name, MAX_DERIVED).decode(), object_pairs_hook=_once)
        canonical(value)
    except FileRefused as error:
        raise _Unusable(error) from None
    except BadRecord as error:
        raise _Unusable(DerivedUnreadable(file=name, why=error.params["why"])) from None
    except (ValueError, RecursionError):
        raise _Unusable(DerivedUnreadable(file=name, why="not JSON")) from None
    if not isinstance(value, dict):
        raise _Unusable(DerivedUnreadable(file=name, why="not a JSON object"))
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Raises ValueError."""
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("a key stands there twice")
    return value


def _text(value: object) -> bytes:
    """One spelling of a JSON value, in which 1 and true are two."""
    return canonical(value)
