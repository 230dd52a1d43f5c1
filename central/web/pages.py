"""The pages that people read: one class, one record."""
from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi import Path as PathParam
from fastapi.responses import HTMLResponse, Response

from central.accounts.actions import Action
from central.classes.orders import order_of
from central.classes.stories import Stories
from central.live.desk import LiveDesk
from central.web.access import Routes, actor_of
from central.web.boxes import CHINA_MIN
from central.web.case.common import can
from central.web.class_names import ClassName, names_of
from central.web.class_pages import ClassPages
from central.web.errors import UnknownEvidence
from central.web.kinds import record_kind
from central.web.localtime import LocalTime
from central.web.looking import look, look_at_record
from central.web.render import lang_of, page
from central.wiring import Centre
from common.texts import words
from evidence.bodies import ClassOrder
from evidence.errors import ZaitangError
from evidence.receipts import Receipt, read_receipt
from evidence.records import Sealed
from evidence.seal import RECORD_TYPE, open_envelope, verify_seal
from evidence.times import utc_us

ChainName = Annotated[str, PathParam(pattern=r"^[0-9a-f]{32}$")]
Number = Annotated[int, PathParam(ge=0, lt=2**53)]


def pages(centre: Centre, stories: Stories) -> APIRouter:
    """Routes of the pages."""
    routes, shown = Routes(centre.store.device, default_response_class=HTMLResponse), ClassPages(centre, stories)

    @routes.get("/classes/{class_id}", Action.SEE_CLASS)
    def show_class(request: Request, class_id: ClassName) -> Response:
        look(centre, request, "class", class_id=class_id)
        desk: LiveDesk = request.app.state.live
        found, may = shown.of(class_id, lang_of(request)), can(actor_of(request))
        return page(request, centre, "class.html", c=found.c, more=found.more, course=found.course,
                    recordings=found.recordings if may["video"] else found.unplayed, attendance=found.attendance,
                    findings=found.findings, checkins=found.checkins, later=found.later, can=may,
                    rooms=desk.rooms_of(class_id) if may["live"] else ())

    @routes.get("/records/{device}/{chain}/{seq}", Action.SEE_RECORD)
    def show_record(request: Request, device: ClassName, chain: ChainName, seq: Number) -> Response:
        look_at_record(centre, request, device, chain, seq)
        return page(request, centre, "record.html", **_record(centre, stories, device, chain, seq, lang_of(request)))

    @routes.get("/records/{device}/{chain}/{seq}/envelope", Action.SEE_RECORD)
    def envelope(request: Request, device: ClassName, chain: ChainName, seq: Number) -> Response:
        look_at_record(centre, request, device, chain, seq)
        sealed, _ = _find(centre, device, chain, seq)
        name = f"{device}.{seq}.json"
        return Response(sealed.envelope, media_type="application/json",
                        headers={"content-disposition": f'attachment; filename="{name}"'})

    return routes.router


def _find(centre: Centre, device: str, chain: str, seq: int) -> tuple[Sealed, bytes | None]:
    with centre.store.read() as tx:
        sealed, receipt = tx.record(device, chain, seq), tx.receipt_for(device, chain, seq)
    if sealed is None:
        raise UnknownEvidence(device=device, seq=seq)
    return sealed, receipt


def _record(centre: Centre, stories: Stories, device: str, chain: str, seq: int, lang: str) -> dict[str, Any]:
    """What the page of a record shows. Its seal is checked again now, from its bytes."""
    sealed, receipt = _find(centre, device, chain, seq)
    keyring = centre.keyring()
    with centre.store.read() as tx:
        pems = [pem for _, pem in tx.certificates()]
        after = tx.record(device, chain, seq + 1)
    trouble = ""
    try:
        if device == centre.store.device:
            verify_seal(sealed.envelope, RECORD_TYPE, centre.keys.public_key, f"record {seq} of {device}")
        else:
            for pem in pems:
                keyring.learn(pem)
            keyring.check(sealed.envelope)
    except ZaitangError as error:
        trouble = words(error, lang)
    class_id = sealed.record.body.get("class")
    order = _order(centre, class_id)
    local, given = LocalTime(CHINA_MIN if order is None else order.utc_offset_min, lang), _receipt(centre, receipt)
    return {
        "record": sealed.record, "hash": sealed.hash, "trouble": trouble, "after": after is not None,
        "keyid": open_envelope(sealed.envelope, RECORD_TYPE).signatures[0][0], "own": device == centre.store.device,
        "body": json.dumps(dict(sealed.record.body), ensure_ascii=False, indent=2),
        "liveness_checked": _liveness_checked(stories, class_id),
        "kind": record_kind(sealed.record.type, lang),
        "class_id": class_id if isinstance(class_id, str) else None,
        "title": class_id if order is None else order.title,
        "local": local.exact(sealed.record.utc_us),
        "receipt": given, "given": "" if given is None else local.exact(utc_us(given.time)),
        "people": _people(centre, class_id, sealed),
    }


def _receipt(centre: Centre, envelope: bytes | None) -> Receipt | None:
    return None if envelope is None else read_receipt(envelope, centre.keys.public_key, "receipt")


def _liveness_checked(stories: Stories, class_id: object) -> bool:
    """Whether the class of a record, if it can be told, accepted no check-in without it."""
    try:
        return not isinstance(class_id, str) or stories.tell(class_id).story.liveness_checked
    except ZaitangError:
        return True


def _order(centre: Centre, class_id: object) -> ClassOrder | None:
    """The order in force of the class that a record names, if it does and there is one."""
    if not isinstance(class_id, str):
        return None
    try:
        with centre.store.read() as tx:
            return order_of(tx, class_id)[1]
    except ZaitangError:
        return None


def _people(centre: Centre, class_id: object, sealed: Sealed) -> Mapping[str, str]:
    """The names of those of whom the record speaks."""
    if not isinstance(class_id, str):
        return {}
    said = sealed.payload.decode()
    return {person: name for person, name in names_of(centre, class_id).items() if f'"{person}"' in said}
