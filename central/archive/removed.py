"""What of a class was removed, by the records that certify it: for people, who must not take an archive for all that
there was. Pure."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from central.chosen import Gone
from common.clauses import AND
from common.texts import N_, translate
from evidence.blocks import day
from evidence.records import Id

REMOVED = N_("{count} files were removed ({records}): their video is not in it.")
RECORDS = N_("records of {device}: {seqs}, {days}")


@dataclasses.dataclass(frozen=True)
class Certified:
    """Files that records of one device say are gone, from the record `first` to `last`, stated on these days by the
    calendar of the class."""

    device: Id
    count: int
    first: int
    last: int
    first_day: str
    last_day: str


def certified(removed: Iterable[Gone], offset_min: int) -> tuple[Certified, ...]:
    """By the device that says so. `offset_min`: of the class's clock, minutes east of UTC."""
    by: dict[str, list[Gone]] = {}
    for one in removed:
        by.setdefault(one.by.device, []).append(one)
    found = []
    for device, files in sorted(by.items()):
        seqs, days = [one.by.seq for one in files], [day(one.by.utc_us, offset_min) for one in files]
        found.append(Certified(device, len(files), min(seqs), max(seqs), min(days), max(days)))
    return tuple(found)


def removed_words(removed: Sequence[Certified], lang: str) -> str:
    """One sentence; empty where nothing was removed."""
    records = AND[lang].join(
        translate(RECORDS, lang, device=one.device, seqs=_span(one.first, one.last),
                  days=_span(one.first_day, one.last_day)) for one in removed)
    count = sum(one.count for one in removed)
    return translate(REMOVED, lang, count=count, records=records) if count else ""


def _span(first: object, last: object) -> str:
    return str(first) if first == last else f"{first} – {last}"
