"""What an archive holds besides evidence, for programs: findings, an index, names. Pure."""
from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from central.chosen import File
from central.classes.stories import Told
from central.dossier.shape import Facts
from common.sheets import Name
from evidence.bodies import ClassOrder, Missing, RosterEvent, body_of
from evidence.records import Record
from evidence.rules import RULES_VERSION, finding_json
from evidence.story import Block, Ref, SegmentFact, Span
from evidence.times import utc_text

VERSION = 1


@dataclasses.dataclass(frozen=True)
class Shown:
    """A page of a contact sheet in the bag. `until_us`: when it must be erased, UTC."""

    block: str
    path: str
    until_us: int


@dataclasses.dataclass(frozen=True)
class Film:
    """A video file of the index. `span`, `block`: when it was filmed and for which recording; None where nobody can
    tell, or it is of none. `lacking`: why it is not in the bag."""

    file: File
    span: Span | None
    block: str | None
    lacking: Missing | None = None


def findings_json(told: Told) -> bytes:
    """The findings as `zaitang-verify --json` gives them."""
    return _json({
        "v": VERSION, "rules": RULES_VERSION, "as_of": utc_text(told.as_of.us), "class": told.order.class_id,
        "findings": [{**finding_json(one), "class": told.order.class_id} for one in told.findings]})


def films_of(told: Told, files: Iterable[File], lacking: Mapping[Ref, Missing]) -> list[Film]:
    """The files with where they belong, by box, camera and time. `lacking`: what is not in the bag."""
    placed = {fact.ref: fact for fact in told.story.segments}
    films = [_film(file, placed.get(ref := (file.device, file.chain, file.seq)), told.story.blocks, lacking.get(ref))
             for file in files]
    return sorted(films, key=lambda one: (one.file.device, one.file.segment.camera,
                                          one.span.start_us if one.span else 0, one.file.seq))


def index_json(
    told: Told, facts: Facts, export: str, films: Sequence[Film], removed: Sequence[File], sheets: Sequence[Shown],
) -> bytes:
    """What is in the bag. `export`: hash of the export record."""
    return _json({
        "v": VERSION, "class": told.order.class_id, "export": export,
        "segments": [_segment(one) for one in films if one.lacking is None],
        "removed": [{"device": one.device, "seq": one.seq, "file": one.segment.file, "sha256": one.segment.sha256,
                     "size": one.segment.size, "camera": one.segment.camera} for one in removed],
        "missing": [{**_segment(one), "why": one.lacking.why, "heard": one.lacking.heard} for one in films
                    if one.lacking is not None],
        "blocks": [{"block": one.block, "from": utc_text(one.start_us), "to": utc_text(one.end_us), "state": one.state,
                    "due": one.due, "signed": one.faces + one.pins, "shown": one.shown, "headcount": one.headcount,
                    "review": one.review,
                    "segments": sum(film.block == one.block for film in films)} for one in facts.recordings],
        "sheets": [{"block": one.block, "file": one.path, "until": utc_text(one.until_us)} for one in sheets]})


def names_json(class_id: str, names: Mapping[str, Name], records: Iterable[Record]) -> bytes:
    """Names and salts, those that give a commitment of a plan or of a change of the roster."""
    promised: set[tuple[str, str]] = set()
    for record in records:
        body = body_of(record) if record.type in ("order.class", "roster.event") else None
        if isinstance(body, ClassOrder) and body.class_id == class_id:
            promised |= {(one.person, one.commitment) for one in body.roster}
        elif isinstance(body, RosterEvent) and body.class_id == class_id and body.commitment is not None:
            promised |= {(person, body.commitment) for person in (body.person, body.substitute) if person}
    return _json({"v": VERSION, "class": class_id, "people": [
        {"person": person, "name": one.name, "salt": one.salt} for person, one in sorted(names.items())
        if (person, one.commitment) in promised]})


def _segment(one: Film) -> dict[str, Any]:
    file = one.file
    return {"device": file.device, "seq": file.seq, "file": file.segment.file, "sha256": file.segment.sha256,
            "size": file.segment.size, "camera": file.segment.camera, "block": one.block,
            "from": utc_text(one.span.start_us) if one.span else None,
            "to": utc_text(one.span.end_us) if one.span else None}


def _film(file: File, fact: SegmentFact | None, blocks: Iterable[Block], lacking: Missing | None) -> Film:
    if fact is None or not fact.certain:
        return Film(file, None, None, lacking)
    block = next((one.id for one in blocks
                  if one.span.start_us < fact.span.end_us and fact.span.start_us < one.span.end_us), None)
    return Film(file, fact.span, block, lacking)


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()
