"""An alarm for other systems: an event of the webhook. Pure; nobody's name."""
from __future__ import annotations

import dataclasses

from central.alarms.words import clean, sentence
from central.store.alarms import Alarmed
from evidence.canonical import canonical, parse, sha256_hex
from evidence.times import utc_text


@dataclasses.dataclass(frozen=True)
class AlarmEvent:
    """`id`: the same however often it is sent. `body`: canonical JSON."""

    id: str
    kind: str
    body: bytes


def alarm_event(alarm: Alarmed, number: int, centre: str) -> AlarmEvent:
    """`number`: the place of the alarm among all of this centre."""
    params = parse(alarm.params.encode())
    body = {
        "v": 1, "kind": "alarm", "centre": centre, "number": number, "state": alarm.state, "code": clean(alarm.code),
        "urgent": alarm.urgent, "device": clean(alarm.device), "room": params.get("room"), "class": alarm.class_id,
        "institution": alarm.institution, "at": utc_text(alarm.at_us), "text": sentence(alarm, "en"),
        "text_zh": sentence(alarm, "zh"),
    }
    name = f"evt_{sha256_hex(canonical(body))[:32]}"
    return AlarmEvent(name, "alarm", canonical({"id": name, **body}))
