"""Playing recordings: the check of a block's files, its playlists, and the files themselves by byte range."""
from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi import Path as PathParam
from fastapi.responses import FileResponse, Response

from central.accounts.actions import Action
from central.classes.stories import Stories
from central.web.access import Routes
from central.web.class_names import ClassName
from central.web.errors import SegmentNotStored
from central.web.looking import look, look_at_file
from central.web.reels import Reel, Reels
from central.web.render import lang_of
from central.web.replay.reasons import Reasons, block_of
from central.wiring import Centre
from common.texts import words
from evidence.story import Block, Story

PLAYLIST = "application/vnd.apple.mpegurl"
Sha = Annotated[str, PathParam(pattern=r"^[0-9a-f]{64}$")]


def video(centre: Centre, stories: Stories, reels: Reels, reasons: Reasons) -> APIRouter:
    """Routes of recordings. Nothing plays before its reader said why."""
    routes = Routes(centre.store.device)

    @routes.get("/classes/{class_id}/blocks/{block}/check", Action.SEE_VIDEO)
    def check(request: Request, class_id: ClassName, block: ClassName) -> dict[str, Any]:
        story, found = _block(stories, class_id, block)
        return {"cameras": [_told(reel, lang_of(request)) for reel in reels.reels(story, found)]}

    @routes.get("/classes/{class_id}/blocks/{block}/{device}/{camera}.m3u8", Action.SEE_VIDEO)
    def playlist(
        request: Request, class_id: ClassName, block: ClassName, device: ClassName, camera: ClassName
    ) -> Response:
        story, found = _block(stories, class_id, block)
        reasons.demand(request, class_id, block)
        look(centre, request, "video", class_id=class_id, block=block)
        reel = reels.reel(story, found, device, camera)
        broken = next((piece.error for piece in reel.pieces if piece.error is not None), None)
        if broken is not None and not reel.playable:
            raise broken
        return Response(reel.playlist(class_id, block), media_type=PLAYLIST)

    @routes.get("/media/{sha256}.mp4", Action.SEE_VIDEO)
    def media(request: Request, sha256: Sha) -> Response:
        reasons.demand_for(request, sha256)
        if not centre.objects.intact(sha256):
            raise SegmentNotStored
        look_at_file(centre, request, sha256)
        return FileResponse(centre.objects.path(sha256), media_type="video/mp4")

    return routes.router


def _block(stories: Stories, class_id: str, block: str) -> tuple[Story, Block]:
    told = stories.tell(class_id)
    return told.story, block_of(told, block)


def _told(reel: Reel, lang: str) -> dict[str, Any]:
    """Where each file stands in the reel and on the wall clock, which it is, how large its picture is (pixels), and in
    words which are left out. Seconds."""
    parts = [
        {"start_us": piece.fact.span.start_us, "at_s": piece.at_s, "length_s": piece.media.seconds,
         "segment": piece.fact.segment.sha256, "width": piece.fact.segment.width, "height": piece.fact.segment.height}
        for piece in reel.pieces if piece.media is not None
    ]
    problems = [words(piece.error, lang) for piece in reel.pieces if piece.error is not None]
    return {"device": reel.device, "camera": reel.camera, "parts": parts, "problems": problems}
