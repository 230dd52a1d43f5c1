"""Which stored files are not what was recorded any more, as boxes and centres state when they read them again, and of
which none says that it was made good since."""
from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable

from evidence.bodies import Alarm
from evidence.story import Ref

AT_BOX = {"storage.rotten": True, "segment.lost": True, "storage.repaired": False}
"""Codes of the box that recorded a file: whether its copy is spoilt from then on."""
AT_CENTRE = {"centre.file_rotten": True, "centre.file_lost": True, "centre.file_repaired": False}
"""The same of a centre."""


@dataclasses.dataclass(frozen=True)
class Damage:
    """A file by its hash, and the records by which it is spoilt at the box that recorded it, and at the centre."""

    segment: str
    box: Ref | None
    centre: Ref | None


def damages(alarms: Iterable[tuple[Ref, Alarm, int]], owners: dict[str, str], boxes: Collection[str]) -> list[Damage]:
    """`alarms`: with their records and times, in any order; `owners`: hash → the box that recorded it; `boxes`: all
    whose word of a centre's copy counts for nothing. In order of the hashes."""
    box: dict[str, Ref | None] = {}
    centre: dict[str, Ref | None] = {}
    for ref, alarm, _ in sorted(alarms, key=lambda one: one[0]):
        segment = alarm.params.get("segment")
        if not isinstance(segment, str) or segment not in owners:
            continue
        if alarm.code in AT_BOX and ref[0] == owners[segment]:
            box[segment] = ref if AT_BOX[alarm.code] else None
        elif alarm.code in AT_CENTRE and ref[0] not in boxes:
            centre[segment] = ref if AT_CENTRE[alarm.code] else None
    found = [Damage(segment, box.get(segment), centre.get(segment)) for segment in sorted({*box, *centre})]
    return [one for one in found if one.box is not None or one.centre is not None]
