"""Playing recordings: the check of a block's files, its playlists, and the files themselves by byte range."""
from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi import Path as PathParam
from fastapi.responses import FileResponse, Response

from central.accounts.actions import Action
from central.classes.stories import Stories
from central.derived.errors import DerivedAwaited
from central.web.access import Routes
from central.web.class_names import ClassName
from central.web.errors import SegmentNotStored
from central.web.looking import look, look_at_file
from central.web.reels import Piece, Reel, Reels
from central.web.render import lang_of
from central.web.replay.reasons import Reasons, block_of
from central.wiring import Centre
from common.texts import words
from evidence.story import Block, Story

PLAYLIST = "application/vnd.apple.mpegurl"
Sha = Annotated[str, PathParam(pattern=r"^[0-9a-f]{64}$")]


Plays = Annotated[Literal["h264"] | None, Query()]
"""`plays=h264`: the browser plays no H.265."""


def video(centre: Centre, stories: Stories, reels: Reels, reasons: Reasons) -> APIRouter:
    """Routes of recordings. Nothing plays before its reader said why."""
    routes = Routes(centre.store.device)

    @routes.get("/classes/{class_id}/blocks/{block}/check", Action.SEE_VIDEO)
    def check(request: Request, class_id: ClassName, block: ClassName, plays: Plays = None) -> dict[str, Any]:
        story, found = _block(stories, class_id, block)
        return {"cameras": [_told(reel, lang_of(request)) for reel in reels.reels(story, found, plays == "h264")]}

    @routes.get("/classes/{class_id}/blocks/{block}/{device}/{camera}.m3u8", Action.SEE_VIDEO)
    def playlist(
        request: Request, class_id: ClassName, block: ClassName, device: ClassName, camera: ClassName,
        plays: Plays = None,
    ) -> Response:
        story, found = _block(stories, class_id, block)
        reasons.demand(request, class_id, block)
        look(centre, request, "video", class_id=class_id, block=block)
        reel = reels.reel(story, found, device, camera, plays == "h264")
        broken = next((piece.error for piece in reel.pieces if piece.error is not None), None)
        if broken is not None and not reel.playable:
            raise broken
        now_us = centre.clock.stamp().utc_us
        for piece in reel.playable:  # while the first one plays, none of the others goes
            centre.cache.played(piece.fact.segment.sha256, now_us)
        return Response(reel.playlist(class_id, block), media_type=PLAYLIST)

    @routes.get("/media/{sha256}.mp4", Action.SEE_VIDEO)
    def media(request: Request, sha256: Sha) -> Response:
        reasons.demand_for(request, sha256)
        if not centre.cache.played(sha256, centre.clock.stamp().utc_us) or not centre.objects.intact(sha256):
            raise SegmentNotStored
        look_at_file(centre, request, sha256)
        return FileResponse(centre.objects.path(sha256), media_type="video/mp4")

    return routes.router


def _block(stories: Stories, class_id: str, block: str) -> tuple[Story, Block]:
    told = stories.tell(class_id)
    return told.story, block_of(told, block)


def _told(reel: Reel, lang: str) -> dict[str, Any]:
    """Where each file stands in the reel and on the wall clock, which it is, how large its picture is (pixels), its
    codec, and whether a copy plays for it; which files wait for a copy; and in words which are left out. Seconds."""
    parts = [{"at_s": piece.at_s, "length_s": piece.media.seconds, **_of(piece)}
             for piece in reel.pieces if piece.media is not None]
    waiting = [_of(piece) for piece in reel.pieces if isinstance(piece.error, DerivedAwaited)]
    problems = [words(piece.error, lang) for piece in reel.pieces
                if piece.error is not None and not isinstance(piece.error, DerivedAwaited)]
    return {"device": reel.device, "camera": reel.camera, "parts": parts, "waiting": waiting, "problems": problems}


def _of(piece: Piece) -> dict[str, Any]:
    segment = piece.fact.segment
    return {"start_us": piece.fact.span.start_us, "segment": segment.sha256, "width": segment.width,
            "height": segment.height, "codec": segment.codec, "derived": piece.derived}
