"""Which alarms people are told by mail and webhook, and whether somebody must act now: the one table. Pure.

An alarm that is not told stands in the console all the same. docs/alarms.md says of each what to do.
"""
from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Urgency = Literal["now", "later", "never"]

CONDITIONS: Mapping[str, Urgency] = {
    "box.away": "now", "centre.deaf": "now", "box.expired": "now", "box.full": "later", "box.expires": "later",
}
"""What begins and is over again, as the centre sees it now. None of these is a record."""

RECORDS: Mapping[str, Urgency] = {
    **dict.fromkeys((
        "camera.broken", "camera.no_keyframes", "camera.silent", "recorder.stuck", "storage.full", "storage.failed",
        "storage.wrong_volume", "hour.at_risk", "hour.lost", "picture.black", "picture.covered", "picture.frozen",
        "picture.looped", "rollcall.pack_refused", "chain.fork", "chain.cut", "chain.broken", "centre.rolled_back",
        "centre.two_trees", "tree.damaged", "centre.clock", "centre.full", "centre.stranger", "broker.away",
        "broker.dates", "broker.disk", "broker.own", "broker.refused", "broker.stranger", "database.set_back",
        "box.floods", "quarantine.full", "update.stays",
    ), "now"),
    **dict.fromkeys((
        "box.silent", "camera.overrun", "centre.dates", "centre.file_changed", "centre.file_lost", "centre.file_rotten",
        "centre.lost", "certificate.not_renewed", "chain.hole", "chain.left", "claim.refused", "clock.apart",
        "database.failed", "order.refused", "receipt.refused", "checkpoint.refused", "gap.refused", "segment.damaged",
        "segment.lost", "segment.quarantined", "storage.days_left", "storage.rotten", "storage.second_away",
        "storage.second_full", "store.full", "template.unreadable", "upload.refused", "picture.segment_differs",
        "rollcall.segment_differs", "sheet.unmade", "update.rolled_back",
    ), "later"),
    **dict.fromkeys((
        "broker.dropped", "camera.stepped", "centre.file_repaired", "clock.set", "enrol.other_face", "enrol.overruled",
        "enrol.same_face", "enrol.two_faces", "picture.died", "picture.segment_gone", "picture.unreadable",
        "pin.locked", "pin.wrong",
        "rollcall.died", "rollcall.segment_gone", "rollcall.unreadable", "sheet.refused",
        "storage.removal_held", "storage.repaired",
    ), "never"),
}
"""Alarms of records, of boxes and of the centre: every code of `common.alarms` (a test holds them together)."""
KNOWN = frozenset({*CONDITIONS, *RECORDS})
UNSAID = frozenset({"centre.clock:put_right", "centre.clock:trusted"})
"""`code:why` of what somebody did, and is no trouble."""


def urgency(code: str, why: object = None) -> Urgency:
    """Of an alarm; one that this version does not know is told, but nobody is called for it."""
    if f"{code}:{why}" in UNSAID:
        return "never"
    return CONDITIONS.get(code) or RECORDS.get(code, "later")
