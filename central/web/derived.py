"""Copies in H.264 of files in H.265: `GET /media/SHA256.h264.mp4` has one made, tells how far it is, then plays it."""
from __future__ import annotations

import shutil
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, JSONResponse, Response

from central.accounts.actions import Action
from central.derived.desk import DerivedDesk, State
from central.derived.errors import NothingToDerive
from central.web.access import Routes
from central.web.errors import DiskFull, SegmentNotStored
from central.web.looking import look_at_file
from central.web.reels import HEVC
from central.web.render import lang_of
from central.web.replay.reasons import Reasons
from central.web.uploads import FULL
from central.web.video import Sha
from central.wiring import Centre
from common.texts import N_, translate
from evidence.bodies import Segment, body_of
from evidence.times import SECOND

ASK_AGAIN_S = 2
SAYS = {
    "waiting": N_("A copy in H.264 will be made of this file when those before it are done."),
    "making": N_("A copy in H.264 is being made of this file: {percent} %."),
}


def derived(centre: Centre, desk: DerivedDesk, reasons: Reasons) -> APIRouter:
    """The route of copies. It goes before that of recorded files."""
    routes = Routes(centre.store.device)

    @routes.get("/media/{sha256}.h264.mp4", Action.SEE_VIDEO)
    def copy(request: Request, sha256: Sha) -> Response:
        reasons.demand_for(request, sha256)
        segment = _named(centre, sha256)
        if segment.codec != HEVC:
            raise NothingToDerive
        if not centre.cache.played(sha256, centre.clock.stamp().utc_us) or not centre.objects.intact(sha256):
            raise SegmentNotStored
        path = desk.here(sha256)
        if path is None:
            return _awaited(_asked(centre, desk, segment), lang_of(request))
        look_at_file(centre, request, sha256)
        return FileResponse(path, media_type="video/mp4", headers={"X-Zaitang-Derived": sha256})

    return routes.router


def _named(centre: Centre, sha256: str) -> Segment:
    """What the first record says that names this file. Raises SegmentNotStored."""
    with centre.store.read() as tx:
        for one in tx.announced(sha256):
            sealed = tx.record(one.device, one.chain, one.seq)
            body = None if sealed is None else body_of(sealed.record)
            if isinstance(body, Segment):
                return body
    raise SegmentNotStored


def _asked(centre: Centre, desk: DerivedDesk, segment: Segment) -> State:
    """Raises TooManyDerived, DerivedFailed, DiskFull."""
    if shutil.disk_usage(centre.folder).free < FULL + segment.size:
        raise DiskFull
    state = desk.ask(segment.sha256, (segment.end_pts_us - segment.first_pts_us) / SECOND)
    if state.error is not None:
        raise state.error
    return state


def _awaited(state: State, lang: str) -> JSONResponse:
    told: dict[str, Any] = {"state": state.what, "percent": state.permille // 10}
    text = translate(SAYS[state.what], lang, percent=told["percent"])
    return JSONResponse({**told, "text": text}, 202, {"Retry-After": str(ASK_AGAIN_S), "Cache-Control": "no-store"})
