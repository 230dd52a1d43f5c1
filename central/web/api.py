"""The API for programs: classes with their findings, and segment files from the boxes."""
from __future__ import annotations

import errno
import shutil
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response
from starlette.requests import ClientDisconnect

from central.classes.orders import latest_orders
from central.classes.stories import Stories, Told
from central.errors import CannotWrite, DiskFull, UnannouncedSegment
from central.objects import Incoming
from central.web.matrix import answer_of
from central.web.pages import ClassName, names_of
from central.web.video import Sha
from central.wiring import Centre
from evidence.rules import R3Finding, finding_json
from evidence.shape import encode
from evidence.story import Attendance, Block
from evidence.times import utc_text

RESERVE = 256 << 20
"""Bytes of free space that an upload leaves to the database."""


def api(centre: Centre, stories: Stories) -> APIRouter:
    """Routes for programs."""
    router = APIRouter(prefix="/api", default_response_class=JSONResponse)

    @router.get("/classes")
    def classes() -> dict[str, Any]:
        with centre.store.read() as tx:
            orders = latest_orders(tx)
        return {"classes": [{"class": class_id, "title": order.title} for class_id, (_, order) in orders.items()]}

    @router.get("/classes/{class_id}")
    def one_class(class_id: ClassName) -> dict[str, Any]:
        return class_json(stories.tell(class_id), names_of(centre, class_id))

    @router.put("/segments/{sha256}")
    async def put_segment(request: Request, sha256: Sha) -> Response:
        try:
            created = await _take(centre, sha256, request)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
        return JSONResponse({"stored": sha256}, 201 if created else 200)

    return router


def class_json(told: Told, names: dict[str, str]) -> dict[str, Any]:
    """A class with its findings; who stands behind a pseudonym is in `names`."""
    r3 = next((finding for finding in told.findings if isinstance(finding, R3Finding)), None)
    return {
        "class": told.order.class_id, "title": told.order.title, "number": told.order.number,
        "policy": encode(told.order.policy), "as_of": utc_text(told.as_of.us),
        "simulated": told.story.simulated, "liveness_checked": told.story.liveness_checked, "waiting": told.waiting,
        "verdict": r3.verdict if r3 else None,
        "roster": [{"person": one.person, "role": one.role} for one in told.order.roster],
        "names": names,
        "blocks": [_block_json(block) for block in told.story.blocks],
        "findings": [finding_json(finding) for finding in told.findings],
    }


def _block_json(block: Block) -> dict[str, Any]:
    return {
        "block": block.id, "start": utc_text(block.span.start_us), "end": utc_text(block.span.end_us),
        "covered_us": block.covered_us, "due_us": block.due_us, "headcount": block.headcount_max,
        "roll_called": block.roll_called,
        "presences": [
            {"person": one.person, "answer": answer_of(block, one), "why": list(one.why),
             "checked_in": one.checked_in, "on_leave": one.on_leave}
            for one in block.presences
        ],
        "attendance": [_attendance_json(one) for one in block.attendance],
        "teachers": [_attendance_json(one) for one in block.teachers],
    }


def _attendance_json(one: Attendance) -> dict[str, Any]:
    in_, out = (None if at_us is None else utc_text(at_us) for at_us in (one.in_us, one.out_us))
    return {"person": one.person, "came": one.came, "way": one.way, "in": in_, "out": out, "late": one.late}


async def _take(centre: Centre, sha256: str, request: Request) -> bool:
    """Take in a file whose hash and size an accepted record names. False if it was here already; its bytes are read to
    the end all the same, because the sender sends them before it listens."""
    with centre.store.read() as tx:
        announced = tx.announced(sha256)
    if not announced:
        raise UnannouncedSegment
    size = announced[0].size
    if await run_in_threadpool(centre.objects.intact, sha256):
        await _drain(request, size)
        await run_in_threadpool(_mark, centre, sha256)
        return False
    if shutil.disk_usage(centre.folder).free < size + RESERVE:
        raise DiskFull
    try:
        with centre.objects.receive(sha256, size) as incoming:
            await _receive(request, incoming)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull from None
        raise CannotWrite(path=centre.folder / "objects", why=error.strerror) from None
    await run_in_threadpool(_mark, centre, sha256)
    return True


async def _receive(request: Request, incoming: Incoming) -> None:
    async for chunk in request.stream():
        await run_in_threadpool(incoming.write, chunk)
    await run_in_threadpool(incoming.finish)


async def _drain(request: Request, size: int) -> None:
    read = 0
    async for chunk in request.stream():
        read += len(chunk)
        if read > size:
            return


def _mark(centre: Centre, sha256: str) -> None:
    with centre.store.write() as tx:
        tx.mark_stored(sha256)
