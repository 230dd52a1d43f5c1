"""Files from boxes: HEAD says how much is here, PUT with Content-Range adds a part (RFC 9110, 14.4 and 14.5). They are
video, and contact sheets that the centre ordered.

`Upload-Offset`, `Upload-Complete` and `Upload-Length` are those of the IETF's resumable uploads (draft-ietf-httpbis-
resumable-upload-12). Its POST and PATCH are left out: a file is known by its hash before its first byte, so there is
nothing to make, and a part says itself where it belongs. Every request carries a token (evidence/uploads.py). A box
that keeps its video says `Upload-Kept: ?0`: the file comes only because it was asked for, and may go again (cache/).
"""
from __future__ import annotations

import dataclasses
import errno
import functools
import re
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect

from central.aside import tell_aside
from central.bounds import FILES, HOUR_OF_VIDEO, bring, level_of, tell_flood
from central.classes.sheets import awaited
from central.errors import CannotWrite, PartBusy, WrongSegmentBytes
from central.ingest.believed import Believed
from central.objects import Objects
from central.parts import Part, sync_place
from central.web.access import Public, Routes
from central.web.bodies import chunks, token_of
from central.web.errors import (
    BadPart,
    DiskFull,
    FileTooBig,
    NoToken,
    TokenRefused,
    TooManyUploads,
    TooMuchOfBox,
    TooSlow,
    UnannouncedSegment,
)
from central.web.video import Sha
from central.wiring import Centre
from common.logs import Log
from common.sealed_pages import BadPages, open_pages
from evidence.bodies import Alarm, body_of
from evidence.errors import BadRecord, VerificationError, ZaitangError
from evidence.sheets import MOST_BYTES
from evidence.times import MINUTE
from evidence.uploads import Upload, judge_upload

RESERVE, FULL = 256 << 20, 1 << 30
"""Bytes of free space that an upload leaves to the database; and below which it is the disk that is full, and not the
file that is large: then the centre states it."""
MOST_FILE = HOUR_OF_VIDEO
"""No segment is larger."""
FOR_OTHERS = 10
"""Of one part in so many of the disk a box gets nothing that brought more than a day's video of late."""
MOST_KEPT = 2 * MOST_FILE
"""Bytes of files of one box that are not whole yet."""
MOST_SHEETS = 4 * MOST_BYTES
"""The same of contact sheets."""
MOST_PART = 8 << 20
PER_BOX, ALL = 2, 32
"""Parts that are taken in at once."""
IDLE_S, SLOWEST = 20.0, 4096
"""Seconds without a byte, and bytes a second over a whole part, at which a sender is let go."""
KEPT, ONLY_ASKED = "upload-kept", "?0"
"""The header of a box, and what it says (RFC 9651, a boolean) of a file that comes only because it was asked for."""
SWEEP_S = 3600.0
ALARM_US = 24 * 60 * MINUTE
_RANGE = re.compile(r"bytes (\d{1,16})-(\d{1,16})/(\d{1,16})", re.ASCII)
_LOG = Log("uploads")
BOXES = Public("each request holds a token that a box signed")


STATUS: dict[type[ZaitangError], int] = {
    UnannouncedSegment: 404, FileTooBig: 413, WrongSegmentBytes: 422, DiskFull: 507, TooMuchOfBox: 507, BadPart: 400,
    NoToken: 401, TokenRefused: 401, PartBusy: 409, TooManyUploads: 429, TooSlow: 408,
}
"""What a box is answered for each error; it decides by the number alone."""


def uploads(centre: Centre) -> APIRouter:
    """Routes for the boxes."""
    routes, desk = Routes(centre.store.device, "/api"), _Desk(centre)

    @routes.add(["HEAD"], "/segments/{sha256}", BOXES)
    async def asked(request: Request, sha256: Sha) -> Response:
        upload = await run_in_threadpool(desk.admit, request.headers, sha256)
        if await run_in_threadpool(desk.whole, upload):
            return _answer(200, upload.size, upload, whole=True)
        received = await run_in_threadpool(desk.room, upload)
        if received < upload.size:
            return _answer(200, received, upload)
        received = await run_in_threadpool(desk.settle, upload)
        return _answer(200, received, upload, whole=received == upload.size)

    @routes.add(["PUT"], "/segments/{sha256}", BOXES)
    async def put(request: Request, sha256: Sha) -> Response:
        upload = await run_in_threadpool(desk.admit, request.headers, sha256)
        if await run_in_threadpool(desk.whole, upload):
            return _answer(200, upload.size, upload, whole=True)
        first, length = _range(request, upload.size)
        with desk.place(upload.device):
            await run_in_threadpool(desk.room, upload)
            try:
                return await desk.take(upload, request, first, length)
            except ClientDisconnect:
                return Response(status_code=400)  # nobody is there to read it

    return routes.router


@dataclasses.dataclass(frozen=True)
class _Wanted(Upload):
    """An upload that may come. `order`: the one that a contact sheet answers; None for a segment. `kept`: it comes to
    stay."""

    order: str | None = None
    kept: bool = True


class _Desk:
    """Decides who may send what, and takes it in."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._believed = Believed(centre.store, centre.keyring())
        self._busy: Counter[str] = Counter()
        self._swept = -SWEEP_S
        self._stated_us: int | None = None

    def admit(self, headers: Headers, sha256: str) -> _Wanted:
        """What a request may bring. Its token must be for this file and this moment; and an accepted record of its box
        must name the file: of a segment, or of a contact sheet that may come. Raises NoToken, TokenRefused,
        UnannouncedSegment, FileTooBig."""
        token, now_us = token_of(headers.get("authorization")), self._centre.clock.stamp().utc_us
        try:
            upload = self._believed.ask(lambda keyring: keyring.check_upload(token))
            judge_upload(upload, self._centre.store.device, sha256, now_us)
        except (BadRecord, VerificationError) as error:
            raise TokenRefused(why=error) from None
        with self._centre.store.read() as tx:
            named = [one for one in tx.announced(sha256) if (one.device, one.size) == (upload.device, upload.size)]
            sheet = None if named else awaited(tx, upload.device, sha256, now_us)
        if not named and (sheet is None or sheet.size != upload.size):
            raise UnannouncedSegment
        if upload.size > MOST_FILE:
            raise FileTooBig(most=MOST_FILE)
        return _Wanted(**dataclasses.asdict(upload), order=None if sheet is None else sheet.order,
                       kept=headers.get(KEPT) != ONLY_ASKED)

    def whole(self, upload: _Wanted) -> bool:
        """Whether the file is here already, from whichever box; its name is durable then, also where that had failed
        before. Raises CannotWrite, DiskFull."""
        objects = self._objects(upload)
        with self._centre.cache.alone(upload.sha256):
            if not objects.intact(upload.sha256):
                return False
            try:
                sync_place(objects.path(upload.sha256))
            except OSError as error:
                raise self._ours(error) from None
            objects.parts.drop(upload.sha256, upload.device)
            tell_aside(self._centre.store, objects, sha256=upload.sha256)
            self._mark(upload)
        return True

    def room(self, upload: _Wanted) -> int:
        """How much of a file is here, and that there is room for the rest. Raises DiskFull, TooMuchOfBox."""
        self._sweep()
        parts = self._objects(upload).parts
        parts.make_room(upload.sha256, upload.device, upload.size, MOST_KEPT if upload.order is None else MOST_SHEETS)
        received = parts.received(upload.sha256, upload.device)
        disk = shutil.disk_usage(self._centre.folder)
        if disk.free < upload.size - received + RESERVE:
            if disk.free < FULL:
                self._alarm()
            raise DiskFull
        self._bound(upload, disk.free < disk.total // FOR_OTHERS)
        return received

    def _bound(self, upload: Upload, scarce: bool) -> None:
        """Refuse a box that brings more than it may, and state it. `scarce`: the last of the disk is for boxes that
        bring no more than a day's video. Raises TooMuchOfBox, DiskFull."""
        now_us = self._centre.clock.stamp().utc_us
        with self._centre.store.read() as tx:
            level = level_of(tx, FILES, upload.device, now_us) + upload.size
        if level > FILES.most:
            with self._centre.store.write() as tx:
                tell_flood(self._centre.store, tx, upload.device, "files", now_us)
            raise TooMuchOfBox
        if scarce and level > FILES.day:
            self._alarm()
            raise DiskFull

    @contextmanager
    def place(self, device: str) -> Iterator[None]:
        """One of the places of a box. Raises TooManyUploads."""
        if self._busy[device] >= PER_BOX or self._busy.total() >= ALL:
            raise TooManyUploads
        self._busy[device] += 1
        try:
            yield
        finally:
            self._busy[device] -= 1

    async def take(self, upload: _Wanted, request: Request, first: int, length: int) -> Response:
        """Take in one part. Raises PartBusy, BadPart, TooSlow, WrongSegmentBytes, DiskFull, CannotWrite."""
        objects = self._objects(upload)
        goal = objects.path(upload.sha256)
        try:
            with objects.parts.open(upload.sha256, upload.device, upload.size, goal) as part:
                if part.size != first:
                    return _answer(409, part.size, upload)
                within_s = IDLE_S + length / SLOWEST
                async for chunk in chunks(request, length, IDLE_S, within_s, TooSlow(), BadPart(most=MOST_PART)):
                    await run_in_threadpool(part.write, chunk)
                if part.size < upload.size:
                    return _answer(204, part.size, upload)
                await run_in_threadpool(self._finish, part, upload)
                return _answer(201, upload.size, upload, whole=True)
        except OSError as error:
            raise await run_in_threadpool(self._ours, error) from None

    def settle(self, upload: _Wanted) -> int:
        """All bytes of a part are here, and whoever sent the last one went before it was finished: finish it now. How
        many bytes of the file are here then: all of them, or none where they were wrong. Raises PartBusy, DiskFull,
        CannotWrite."""
        objects = self._objects(upload)
        goal = objects.path(upload.sha256)
        try:
            with objects.parts.open(upload.sha256, upload.device, upload.size, goal) as part:
                if part.size == upload.size:
                    self._finish(part, upload)
                return part.size
        except WrongSegmentBytes:
            return 0
        except OSError as error:
            raise self._ours(error) from None

    def _ours(self, error: OSError) -> ZaitangError:
        """What a disk says, in our words; that it is full is stated."""
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            self._alarm()
            return DiskFull()
        return CannotWrite(path=self._centre.objects.path("00").parent.parent, why=error.strerror)

    def _finish(self, part: Part, upload: _Wanted) -> None:
        now_us = self._centre.clock.stamp().utc_us
        with self._centre.cache.alone(upload.sha256):
            part.finish(None if upload.order is None else functools.partial(self._opens, upload.order))
            tell_aside(self._centre.store, self._objects(upload), sha256=upload.sha256)
            with self._centre.store.write() as tx:
                bring(tx, FILES, upload.device, upload.size, now_us)
            self._mark(upload)
        self._centre.cache.trim(now_us)

    def _mark(self, upload: _Wanted) -> None:
        """Note that a segment is here; of a sheet its file alone says so."""
        if upload.order is None:
            self._centre.cache.came(upload.sha256, upload.size, upload.kept, self._centre.clock.stamp().utc_us)

    def _opens(self, order: str, data: bytes) -> bool:
        """Whether these are the pages of a sheet, sealed to this centre for that order: nothing readable is kept."""
        try:
            open_pages(data, self._centre.sealing_key(), order)
        except BadPages:
            return False
        return True

    def _objects(self, upload: _Wanted) -> Objects:
        return self._centre.objects if upload.order is None else self._centre.sheets

    def _sweep(self) -> None:
        if time.monotonic() >= self._swept + SWEEP_S:
            self._swept = time.monotonic()
            if swept := sum(one.parts.sweep(time.time()) for one in (self._centre.objects, self._centre.sheets)):
                _LOG.info("parts.swept", files=swept)

    def _alarm(self) -> None:
        """State that there is no room, at most once a day."""
        now_us = self._centre.clock.stamp().utc_us
        if self._stated_us is not None and now_us < self._stated_us + ALARM_US:
            return
        with self._centre.store.write() as tx:
            said = [one.record.utc_us for one in tx.of_type("alarm") if _is_full(body_of(one.record))]
            stated_us = said[-1] if said else None
            if stated_us is None or stated_us + ALARM_US <= now_us:
                self._centre.store.append(tx, Alarm("centre.full", {}))
                stated_us = now_us
        self._stated_us = stated_us


def _is_full(body: object) -> bool:
    return isinstance(body, Alarm) and body.code == "centre.full"


def _range(request: Request, size: int) -> tuple[int, int]:
    """Where a part begins, and its length. Raises BadPart."""
    match = _RANGE.fullmatch(request.headers.get("content-range", ""))
    first, last, whole = (int(number) for number in match.groups()) if match else (0, -1, size)
    length = last - first + 1
    said = request.headers.get("content-length", str(length))
    if whole != size or not 0 < length <= MOST_PART or last >= size or said != str(length):
        raise BadPart(most=MOST_PART)
    return first, length


def _answer(status: int, offset: int, upload: Upload, whole: bool = False) -> Response:
    """`whole`: the file has its place, and its bytes their hash. That all bytes came does not say so."""
    headers = {"Upload-Offset": str(offset), "Upload-Length": str(upload.size),
               "Upload-Complete": "?1" if whole else "?0"}
    return Response(status_code=status, headers=headers)
