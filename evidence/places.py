"""Whose word counts for what: record types that only a box states, and those that only a centre states.

Every certificate of a site is of the same root, so without this a box could answer for its own reviewer.
"""
from __future__ import annotations

from collections.abc import Iterable

from evidence.errors import WrongPlace
from evidence.records import Record, Sealed

CENTRE_TYPES = frozenset({
    "order.class", "order.templates", "roster.event", "leave", "assessment", "dispute", "review", "objection",
    "decision", "video.reused", "export", "device.approved", "device.refused", "device.revoked", "order.box",
    "institution", "account", "look.centre", "inspection", "survey", "imported", "hold", "video.removed",
    "erasure.asked", "person.erased",
})
BOX_TYPES = frozenset({
    "order.accepted", "consent", "consent.withdrawn", "enrolment", "face.erased", "templates.moved", "session.start",
    "session.end", "session.corrected", "segment", "checkin", "checkin.pin", "pin.set", "rollcall", "picture",
    "bareface", "look", "code.shown", "code.read", "checkpoint.seen", "chain.begun",
    "order.answered", "sheet", "live.ended",
})


def stands_rightly(record: Record, of_centre: bool) -> bool:
    """Whether a record of this type may stand in the chain of a centre, or else in that of a box.

    The genesis record says which of the two a chain is: only a box has a key for name sheets.
    """
    if record.type == "genesis":
        return (record.body.get("sealing_key") is None) == of_centre
    return record.type not in (BOX_TYPES if of_centre else CENTRE_TYPES)


def check_places(sealed: Iterable[Sealed], of_centre: bool) -> tuple[WrongPlace, ...]:
    """Every record of one chain that only the other kind of chain may hold."""
    return tuple(
        WrongPlace(seq=one.record.seq, device=one.record.device, type=one.record.type)
        for one in sealed if not stands_rightly(one.record, of_centre)
    )
