"""What a video file shows that is broken or missing: when it was filmed, in which room, by which camera. Nobody
knows it by its name."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from common.texts import N_, translate
from evidence.blocks import local
from evidence.bodies import ClassOrder, body_of
from evidence.errors import BadRecord
from evidence.records import Record
from verify.folder import shown
from verify.material import Expected, Material

WHEN, ROOM, CAMERA = N_("Filmed: {when}"), N_("Room: {room}"), N_("Camera: {camera}")
CHINA_MIN = 480


def tells_where(
    material: Material, expected: Sequence[Expected], lang: str
) -> Callable[[object, object], str]:
    """What to say of a video file, by its box and its name: where and when it was filmed; empty of any other. The plans
    are looked for only once somebody asks."""
    files = {(one.device, one.segment.file): one for one in expected}
    plans: dict[str, ClassOrder] | None = None

    def where(device: object, file: object) -> str:
        nonlocal plans
        one = files.get((str(device), str(file)))
        if one is None:
            return ""
        plans = _plans(material.records()) if plans is None else plans
        return _words(one, plans.get(material.only_class or one.segment.class_id or ""), lang)

    return where


def _plans(records: Iterable[Record]) -> dict[str, ClassOrder]:
    """The plan of each class that holds."""
    found: dict[str, ClassOrder] = {}
    for record in records:
        if record.type == "order.class":
            try:
                plan = body_of(record)
            except BadRecord:
                continue  # told where it counts
            if isinstance(plan, ClassOrder) and (
                    plan.class_id not in found or found[plan.class_id].number <= plan.number):
                found[plan.class_id] = plan
    return found


def _words(one: Expected, plan: ClassOrder | None, lang: str) -> str:
    found = []
    if one.filmed_us is not None:
        begin, end = (local(us, plan.utc_offset_min if plan else CHINA_MIN) for us in one.filmed_us)
        until = f"{end:%H:%M}" if begin.date() == end.date() else f"{end:%Y-%m-%d %H:%M}"
        found.append(translate(WHEN, lang, when=f"{begin:%Y-%m-%d %H:%M}–{until}"))
    for place in plan.boxes if plan else ():
        if place.device == one.device:
            found.append(translate(ROOM, lang, room=shown(place.room)))
    found.append(translate(CAMERA, lang, camera=one.segment.camera))
    return " · ".join(found)
