"""What the replay page shows of a block: its files by camera as they are now, the bar, where each trainee was shown."""
from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from typing import Any

from central.classes.stories import Told
from central.store.tables import Tx
from central.web.errors import NoMoment
from central.web.localtime import DAY, LocalTime
from central.web.reels import Reels, cameras_of, facts_of, media_address
from central.web.replay.bar import ReplayBar, extent, part_words
from central.web.replay.coming import Paces, box_now
from central.web.replay.parts import PartView, parts_of
from central.wiring import Centre
from common.texts import N_, translate
from evidence.canonical import canonical, sha256_hex
from evidence.story import Block, HourStory, Sighting
from evidence.times import MINUTE, SECOND

Parts = dict[tuple[str, str], list[PartView]]
OF_DAY = re.compile(r"([01]?[0-9]|2[0-3])[:：]([0-5][0-9])(?:[:：]([0-5][0-9]))?")
OF_UTC = re.compile(r"[0-9]{10,17}")
MOVING = ("asked", "coming")
UNSEEN = {
    "none": N_("roll call not made yet"), "some": N_("not shown so far; the roll call is not finished"),
    "all": N_("not shown"),
}


@dataclasses.dataclass(frozen=True)
class Shown:
    """A moment in which somebody was shown, and by which camera; that is empty where its file is not of the block."""

    at: str
    at_us: int
    device: str
    camera: str


@dataclasses.dataclass(frozen=True)
class PersonShown:
    """A trainee who is due, and when they were shown."""

    person: str
    name: str
    moments: tuple[Shown, ...]


def parts_now(
    tx: Tx, centre: Centre, reels: Reels, paces: Paces, told: Told, block: Block, local: LocalTime, h264: bool = False,
) -> Parts:
    """All files of a block as they are now, by device and camera. `h264`: for a browser that plays no H.265."""
    now_us, objects = centre.clock.stamp().utc_us, centre.objects
    hashes: dict[str, list[str]] = {}
    for fact in facts_of(told.story, block):
        hashes.setdefault(fact.ref[0], []).append(fact.segment.sha256)
    boxes = {device: box_now(tx, objects, paces, device, named, now_us) for device, named in hashes.items()}
    return {(device, camera): parts_of(told.story, block, reels.reel(told.story, block, device, camera, h264),
                                       boxes[device], now_us, local)
            for device, camera in cameras_of(told.story, block)}


def state_of(class_id: str, block: str, parts: Parts, bar: ReplayBar) -> dict[str, Any]:
    """The same for the script of the page. `version`: of what plays; `moving`: more was asked for; `coming`: and is
    being sent; `copy`: where a copy in H.264 is. Moments: UTC microseconds; `at_s`, `length_s`: seconds of the reel."""
    cameras = []
    for (device, camera), found in parts.items():
        plays = [[one.fact.segment.sha256, one.derived] for one in found if one.kind == "here"]
        cameras.append({
            "device": device, "camera": camera, "src": f"/classes/{class_id}/blocks/{block}/{device}/{camera}.m3u8",
            "version": sha256_hex(canonical(plays))[:16] if plays else "",
            "parts": [{
                "start_us": one.fact.span.start_us, "end_us": one.fact.span.end_us, "kind": one.kind,
                "words": one.words, "may_ask": one.may_ask, "at_s": one.at_s, "length_s": one.length_s,
                "segment": one.fact.segment.sha256, "codec": one.fact.segment.codec,
                "derived": one.derived, "copy": media_address(one.fact, class_id, block, True),
            } for one in found]})
    gaps = [{"start_us": span.start_us, "end_us": span.end_us, "late": kind == "late", "words": said}
            for span, kind, said in bar.said]
    kinds = {one.kind for found in parts.values() for one in found}
    return {"cameras": cameras, "gaps": gaps, "moving": not kinds.isdisjoint(MOVING), "coming": "coming" in kinds}


def rows_of(parts: Parts, local: LocalTime) -> list[tuple[str, str, str, str]]:
    """The bar in words: device, camera, kind, from when to when and how it stands with it; what stands the same one
    after the other as one row."""
    rows: list[tuple[str, str, str, str]] = []
    for (device, camera), found in parts.items():
        for one in _joined(found):
            rows.append((device, camera, one.kind, part_words(one, local)))
    return rows


def _joined(parts: Sequence[PartView]) -> list[PartView]:
    joined: list[PartView] = []
    for part in parts:
        last = joined[-1] if joined else None
        near = last is not None and part.fact.span.start_us - last.fact.span.end_us < 2 * SECOND
        if last is not None and near and (last.kind, last.words) == (part.kind, part.words):
            span = dataclasses.replace(last.fact.span, end_us=part.fact.span.end_us)
            joined[-1] = dataclasses.replace(last, fact=dataclasses.replace(last.fact, span=span))
        else:
            joined.append(part)
    return joined


def people_shown(
    told: Told, unit: Block | HourStory, names: Mapping[str, str], local: LocalTime
) -> tuple[PersonShown, ...]:
    """Each trainee who is due, with the moments of the roll call, and those in which a person pointed them out."""
    cameras = {fact.segment.sha256: (fact.ref[0], fact.segment.camera) for fact in told.story.segments}

    def shown(one: Sighting) -> Shown:
        device, camera = cameras.get(one.segment, ("", ""))
        return Shown(local.seconds(one.shown_us), one.shown_us, device, camera)

    return tuple(PersonShown(each.person, names.get(each.person, each.person), tuple(
        shown(one) for one in sorted(each.sightings, key=lambda one: one.shown_us))) for each in unit.presences)


def unseen_words(unit: Block | HourStory, lang: str) -> str:
    """What is said of who is not shown: whether anybody looked."""
    called = "all" if unit.looked_through else "some" if unit.calls else "none"
    return translate(UNSEEN[called], lang)


def moment(text: str, told: Told, block: Block, local: LocalTime) -> int | None:
    """What `at` names: UTC microseconds, or a time of day of the class on the day of the block; None for nothing.
    Raises NoMoment."""
    said = text.strip()
    if not said:
        return None
    whole, offset = extent(told, block), local.offset_min * MINUTE
    clock = OF_DAY.fullmatch(said)
    at_us = -1
    if clock is not None:
        midnight = (block.span.start_us + offset) // DAY * DAY - offset
        hour, minute, second = (int(one or 0) for one in clock.groups())
        at_us = midnight + ((hour * 60 + minute) * 60 + second) * SECOND
    elif OF_UTC.fullmatch(said):
        at_us = int(said)
    if not whole.start_us <= at_us <= whole.end_us:
        start, end = (local.seconds(us) for us in (whole.start_us, whole.end_us))
        raise NoMoment(value=said[:40], start=start, end=end)
    return at_us


def files_around(parts: Sequence[PartView], at_us: int) -> list[str]:
    """Hashes of what an order brings for that moment: the file that holds it, then its neighbours; none where it is
    here, under way, or can be asked for no more."""
    place = next((number for number, one in enumerate(parts)
                  if one.fact.span.start_us <= at_us < one.fact.span.end_us), None)
    if place is None or not parts[place].may_ask:
        return []
    beside = [parts[one] for one in (place + 1, place - 1) if 0 <= one < len(parts)]
    return [one.fact.segment.sha256 for one in (parts[place], *(one for one in beside if one.kind == "away"))]
